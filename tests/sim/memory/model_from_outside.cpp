// A memory model for the external hook: seven cycles for every read, nine for every write; refuses clocks above 1 GHz.
namespace {

int instance = 0;

}  // namespace

extern "C" {

void* lutra_memory_create(double clock_mhz, int bus_bytes) { return clock_mhz > 1000 || bus_bytes < 1 ? nullptr : &instance; }
// One address answers as no model may.
long long lutra_memory_read(void*, long long cycle, unsigned long long address, int) { return address == 0xBAD000 ? cycle : cycle + 7; }
long long lutra_memory_write(void*, long long cycle, unsigned long long, int) { return cycle + 9; }
void lutra_memory_destroy(void*) {}
// Neither addresses nor time decide: there is nothing to write down.
int lutra_memory_state(void*, long long, long long*, int) { return 0; }
}
