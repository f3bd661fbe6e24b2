#include "tests/cli/slurm_cluster.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include "isa/file.h"
#include "sim/process/process.h"

namespace lutra::test {
namespace {

namespace fs = std::filesystem;

/// A port that nobody listens to now.
int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound = ::bind(fd, generic, size) == 0 && ::getsockname(fd, generic, &size) == 0;
  ::close(fd);
  return bound ? ntohs(address.sin_port) : 0;
}

std::string host_name() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  const std::string host = name;
  return host.substr(0, host.find('.'));
}

std::string last_line(const std::string& path) {
  std::ifstream file(path);
  std::string last;
  for (std::string line; std::getline(file, line);)
    if (!line.empty()) last = line;
  return last;
}

/// What Slurm 22.05 needs to run as whoever runs the test, on one host and without control groups.
constexpr const char* kConfiguration = R"(ClusterName=lutra
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={controller}
SlurmdPort={node}
AuthType=auth/munge
AuthInfo=socket={directory}/munge.socket
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0
NodeName={host} NodeAddr=127.0.0.1 CPUs=1 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:2
)";

}  // namespace

SlurmCluster::SlurmCluster() {
  for (const char* daemon : {"/usr/sbin/munged", "/usr/sbin/slurmctld", "/usr/sbin/slurmd"})
    if (::access(daemon, X_OK) != 0) {
      problem_ = fmt::format("{} is missing: scripts/setup test installs it", daemon);
      return;
    }
  configure();
  const std::string here = directory_.file("");
  start({"/usr/sbin/munged", "--foreground", "--force", "--num-threads=1", "--key-file=" + here + "munge.key",
         "--socket=" + here + "munge.socket", "--pid-file=" + here + "munge.pid", "--log-file=" + here + "munge.messages",
         "--seed-file=" + here + "munge.seed"},
        "munged.log");
  for (int i = 0; i < 200 && !fs::exists(here + "munge.socket"); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  start({"/usr/sbin/slurmctld", "-D"}, "slurmctld.log");
  start({"/usr/sbin/slurmd", "-D", "-N", host_name()}, "slurmd.log");
  for (int i = 0; i < 240; ++i) {
    const ProcessResult state = run_process({"sinfo", "--noheader", "--format=%T"});
    if (state.exit_code == 0 && state.output == "idle\n") return;
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
  }
  problem_ = "no node became idle in a minute";
  for (const char* log : {"munged.log", "slurmctld.log", "slurmd.log"}) problem_ += fmt::format("; {}: {}", log, last_line(here + log));
}

SlurmCluster::~SlurmCluster() {
  for (auto daemon = daemons_.rbegin(); daemon != daemons_.rend(); ++daemon) {
    ::kill(*daemon, SIGKILL);
    ::waitpid(*daemon, nullptr, 0);
  }
  ::unsetenv("SLURM_CONF");
}

void SlurmCluster::configure() {
  const std::string here = fs::path(directory_.file("x")).parent_path().string();
  // munged wants the way to its socket open to all, and its key to nobody.
  fs::permissions(here, fs::perms::others_exec | fs::perms::group_exec, fs::perm_options::add);
  fs::create_directories(here + "/state");
  fs::create_directories(here + "/spool");
  write_file_atomically(here + "/munge.key", std::string(1024, 'k'));
  fs::permissions(here + "/munge.key", fs::perms::owner_read | fs::perms::owner_write);
  const passwd* user = ::getpwuid(::getuid());
  write_file_atomically(here + "/slurm.conf", fmt::format(kConfiguration, fmt::arg("host", host_name()), fmt::arg("directory", here),
                                                          fmt::arg("user", user == nullptr ? "root" : user->pw_name),
                                                          fmt::arg("controller", free_port()), fmt::arg("node", free_port())));
  ::setenv("SLURM_CONF", (here + "/slurm.conf").c_str(), 1);
}

void SlurmCluster::start(const std::vector<std::string>& command, const std::string& log) {
  const std::string path = directory_.file(log);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(fd, STDOUT_FILENO);
    ::dup2(fd, STDERR_FILENO);
    ::execv(arguments[0], arguments.data());
    std::_Exit(127);
  }
  daemons_.push_back(child);
}

std::size_t SlurmCluster::array_tasks(const std::string& prefix) {
  std::istringstream lines(run_checked("list jobs", {"scontrol", "--oneliner", "show", "jobs"}));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);)
    if (line.find("JobName=" + prefix) != std::string::npos) ++count;
  return count;
}

}  // namespace lutra::test
