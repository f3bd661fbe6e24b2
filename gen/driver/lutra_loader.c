/* The container (docs/driver.md): a fixed header, JSON, code. Behind the checksum the JSON is what the compiler wrote; still no byte
   outside of it is read. */
#include "lutra_loader.h"

#include "lutra_sha256.h"

enum { kVersion = 1, kDigestAt = 32, kHeaderBytes = 64, kInstructionBytes = 16 };

static uint64_t little_endian(const uint8_t *bytes, int count) {
  uint64_t value = 0;
  while (count-- > 0) value = value << 8 | bytes[count];
  return value;
}

/* JSON text from `at` on; at == NULL: what was looked for is not there. */
struct cursor {
  const uint8_t *at;
  const uint8_t *end;
};

static const struct cursor kNowhere = {NULL, NULL};

static int peek(struct cursor c) { return c.at != NULL && c.at < c.end ? *c.at : -1; }

static struct cursor blanks(struct cursor c) {
  while (peek(c) == ' ' || peek(c) == '\n' || peek(c) == '\r' || peek(c) == '\t') ++c.at;
  return c;
}

static struct cursor behind_string(struct cursor c) {
  for (++c.at; peek(c) != '"'; ++c.at) {
    if (peek(c) == '\\') ++c.at;
    if (peek(c) < 0) return kNowhere;
  }
  ++c.at;
  return c;
}

/* Behind the value at `c`. */
static struct cursor behind_value(struct cursor c) {
  uint32_t depth = 0;
  do {
    const int character = peek(c);
    if (character < 0) return kNowhere;
    if (character == '"') {
      c = behind_string(c);
      if (c.at == NULL) return c;
      continue;
    }
    if (depth == 0 && (character == ',' || character == '}' || character == ']')) return c;
    if (character == '{' || character == '[') ++depth;
    ++c.at;
    if (character == '}' || character == ']') {
      if (--depth == 0) return c;
    }
  } while (depth > 0 || (peek(c) != ',' && peek(c) != '}' && peek(c) != ']' && peek(c) >= 0));
  return c;
}

/* The first element of the list or object at `c`, and the one behind `c`. */
static struct cursor first(struct cursor c, int opening) {
  if (peek(c) != opening) return kNowhere;
  ++c.at;
  c = blanks(c);
  return peek(c) == opening + 2 ? kNowhere : c; /* ASCII: ']' is '[' + 2, '}' is '{' + 2 */
}

static struct cursor next(struct cursor c) {
  c = blanks(behind_value(c));
  if (peek(c) != ',') return kNowhere;
  ++c.at;
  return blanks(c);
}

static struct cursor member(struct cursor object, const char *key) {
  struct cursor c = first(object, '{');
  while (peek(c) == '"') {
    const struct cursor name = {c.at + 1, c.end};
    struct cursor value = blanks(behind_string(c));
    size_t i = 0;
    if (peek(value) != ':') return kNowhere;
    ++value.at;
    value = blanks(value);
    while (key[i] != 0 && name.at + i < name.end && name.at[i] == (uint8_t)key[i]) ++i;
    if (key[i] == 0 && name.at + i < name.end && name.at[i] == '"') return value;
    c = next(value);
  }
  return kNowhere;
}

static struct cursor element(struct cursor list, uint32_t index) {
  struct cursor c = first(list, '[');
  while (c.at != NULL && index-- > 0) c = next(c);
  return c;
}

static uint32_t elements(struct cursor list) {
  uint32_t count = 0;
  struct cursor c = first(list, '[');
  for (; c.at != NULL; c = next(c)) ++count;
  return count;
}

/* 0 where no whole number stands, else 1. */
static int number(struct cursor c, uint64_t *value) {
  int digits = 0;
  for (*value = 0; peek(c) >= '0' && peek(c) <= '9'; ++c.at, ++digits) *value = *value * 10 + (uint64_t)(peek(c) - '0');
  return digits > 0 && digits < 20;
}

/* The eight hexadecimal digits behind the quotation mark at `c`. */
static int hash_word(struct cursor c, uint32_t *value) {
  int i;
  if (peek(c) != '"') return 0;
  for (*value = 0, i = 0; i < 8; ++i) {
    int digit;
    ++c.at;
    digit = peek(c);
    if (digit >= '0' && digit <= '9')
      digit -= '0';
    else if (digit >= 'a' && digit <= 'f')
      digit -= 'a' - 10;
    else
      return 0;
    *value = *value << 4 | (uint32_t)digit;
  }
  return 1;
}

static struct cursor root(const struct lutra_program *program) {
  const struct cursor c = {program->header, program->header + program->header_bytes};
  return blanks(c);
}

/* Instructions of a kernel, 0 where it has none. */
static uint64_t kernel_length(const struct lutra_program *program, uint32_t kernel) {
  uint64_t length;
  return number(member(element(member(root(program), "kernels"), kernel), "instructions"), &length) ? length : 0;
}

static int right_checksum(const uint8_t *file, size_t size) {
  static const char kDigits[] = "0123456789abcdef";
  uint8_t digest[32];
  int i;
  lutra_sha256(file + kHeaderBytes, size - kHeaderBytes, digest);
  for (i = 0; i < 32; ++i)
    if (file[kDigestAt + i] != (uint8_t)kDigits[digest[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15]) return 0;
  return 1;
}

static enum lutra_status read_header(struct lutra_program *program) {
  const struct cursor header = root(program), memory = member(member(header, "metadata"), "memory");
  uint64_t code_bytes, length, all = 0;
  uint32_t i;
  program->kernels = elements(member(header, "kernels"));
  program->jobs = elements(member(header, "jobs"));
  if (!hash_word(member(header, "program_hash"), &program->hash) || program->kernels == 0 ||
      !number(member(memory, "code_base"), &program->code_base) || !number(member(memory, "code_bytes"), &code_bytes) ||
      !number(member(memory, "used_bytes"), &program->used_bytes))
    return LUTRA_NOT_A_PROGRAM;
  program->slot_bytes = code_bytes / program->kernels;
  for (i = 0; i < program->kernels; ++i, all += length) {
    length = kernel_length(program, i);
    if (length == 0 || length > program->instructions - all || length > program->slot_bytes / kInstructionBytes) return LUTRA_NOT_A_PROGRAM;
  }
  if (code_bytes > program->used_bytes || program->code_base > program->used_bytes - code_bytes) return LUTRA_NOT_A_PROGRAM;
  return all == program->instructions ? LUTRA_OK : LUTRA_NOT_A_PROGRAM;
}

enum lutra_status lutra_open(struct lutra_program *program, const void *bytes, size_t size) {
  static const char kMagic[] = "LUTRAPRG";
  const uint8_t *file = bytes;
  uint64_t json, code;
  size_t i;
  if (size < kHeaderBytes) return LUTRA_NOT_A_PROGRAM;
  for (i = 0; i < 8; ++i)
    if (file[i] != (uint8_t)kMagic[i]) return LUTRA_NOT_A_PROGRAM;
  json = little_endian(file + 16, 8);
  if (little_endian(file + 8, 4) != kVersion || json > size - kHeaderBytes) return LUTRA_NOT_A_PROGRAM;
  code = size - kHeaderBytes - json;
  if (code % kInstructionBytes != 0 || code / kInstructionBytes != little_endian(file + 24, 8)) return LUTRA_NOT_A_PROGRAM;
  if (!right_checksum(file, size)) return LUTRA_DAMAGED;
  program->header = file + kHeaderBytes;
  program->header_bytes = (size_t)json;
  program->code = program->header + json;
  program->instructions = code / kInstructionBytes;
  return read_header(program);
}

enum lutra_status lutra_load(const struct lutra_core *core, const struct lutra_program *program, void *memory, uint64_t memory_bytes) {
  const uint8_t *from = program->code;
  uint32_t kernel;
  if (core->read(core->context, LUTRA_PROGRAM_HASH) != program->hash) return LUTRA_OTHER_MACHINE;
  if (program->used_bytes > memory_bytes) return LUTRA_DOES_NOT_FIT;
  for (kernel = 0; kernel < program->kernels; ++kernel)
    if (kernel_length(program, kernel) > LUTRA_INSTRUCTION_WORDS) return LUTRA_DOES_NOT_FIT;
  for (kernel = 0; kernel < program->kernels; ++kernel) {
    uint8_t *to = (uint8_t *)memory + program->code_base + kernel * program->slot_bytes;
    uint64_t bytes = kernel_length(program, kernel) * kInstructionBytes;
    while (bytes-- > 0) *to++ = *from++;
  }
  return LUTRA_OK;
}

enum lutra_status lutra_job(const struct lutra_program *program, uint32_t job, struct lutra_launch *launch) {
  const struct cursor entry = element(member(root(program), "jobs"), job), arguments = member(entry, "args");
  uint64_t kernel;
  uint32_t i;
  if (job >= program->jobs) return LUTRA_NO_SUCH_JOB;
  if (!number(member(entry, "kernel"), &kernel) || kernel >= program->kernels) return LUTRA_NOT_A_PROGRAM;
  launch->code = program->code_base + kernel * program->slot_bytes;
  launch->instructions = (uint32_t)kernel_length(program, (uint32_t)kernel);
  launch->window_low = 0;
  launch->window_high = program->used_bytes;
  launch->watchdog = 0;
  for (i = 0; i < 8; ++i)
    if (!number(element(arguments, i), &launch->arguments[i])) return LUTRA_NOT_A_PROGRAM;
  return LUTRA_OK;
}
