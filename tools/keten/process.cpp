#include "tools/keten/process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/keystore.h"

namespace keten::tools {
namespace {

using namespace std::chrono_literals;

volatile std::sig_atomic_t interrupt_seen = 0;

/// Between fork and exec only calls that are safe there.
[[noreturn]] void become(char* const* arguments, int log, int failed, Lifetime lifetime, pid_t parent) {
  ::setsid();
  if (lifetime == Lifetime::ours) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) { ::_exit(127); }
  }
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  for (const int signal : {SIGINT, SIGTERM}) { ::signal(signal, SIG_DFL); }
  ::execv(arguments[0], arguments);
  const int reason = errno;
  [[maybe_unused]] const auto told = ::write(failed, &reason, sizeof(reason));
  ::_exit(127);
}

bool is_port_free(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) { return false; }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(listener);
  return free;
}

}  // namespace

Result<pid_t> spawn(const std::vector<std::string>& arguments, const std::filesystem::path& log, Lifetime lifetime) {
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) { return invalid("FILE_UNWRITABLE", "cannot open " + log.string() + ": " + std::strerror(errno)); }
  std::vector<std::string> owned = arguments;
  std::vector<char*> pointers;
  for (auto& argument : owned) { pointers.push_back(argument.data()); }
  pointers.push_back(nullptr);
  // Closed by a successful exec, so that whoever asks for the process next finds the daemon and not a copy of this program.
  int exec_failed[2];
  if (::pipe2(exec_failed, O_CLOEXEC) != 0) {
    const auto error = invalid("SPAWN_FAILED", "cannot start a process: " + std::string(std::strerror(errno)));
    ::close(file);
    return error;
  }
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) { become(pointers.data(), file, exec_failed[1], lifetime, parent); }
  int reason = child < 0 ? errno : 0;
  ::close(file);
  ::close(exec_failed[1]);
  if (child > 0) {
    while (::read(exec_failed[0], &reason, sizeof(reason)) < 0 && errno == EINTR) {}
  }
  ::close(exec_failed[0]);
  if (reason != 0) {
    return invalid("SPAWN_FAILED", "cannot start " + arguments.front() + ": " + std::strerror(reason));
  }
  return child;
}

std::filesystem::path program_folder() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
}

Result<std::filesystem::path> daemon_program() {
  const auto program = program_folder() / "ketend";
  if (::access(program.c_str(), X_OK) != 0) {
    return failure(ErrorKind::not_found, "KETEND_MISSING", "expected the daemon at " + program.string());
  }
  return program;
}

Result<pid_t> start_node(const NetworkNode& node, Lifetime lifetime) {
  const auto program = daemon_program();
  if (!program) { return program.error(); }
  return spawn({program->string(), "start", "--home", node.home.string()}, node.home / "ketend.log", lifetime);
}

bool is_running(const NetworkNode& node) {
  if (node.pid <= 0) { return false; }
  std::ifstream file("/proc/" + std::to_string(node.pid) + "/cmdline", std::ios::binary);
  const std::string line((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  // A process that has ended and was not taken back yet has no command line.
  return line.find("ketend") != std::string::npos && line.find(node.home.string() + '\0') != std::string::npos;
}

void stop_nodes(const std::vector<NetworkNode>& nodes, std::chrono::milliseconds patience) {
  std::vector<NetworkNode> left;
  for (const auto& node : nodes) {
    if (is_running(node)) {
      ::kill(node.pid, SIGTERM);
      left.push_back(node);
    }
  }
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!left.empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(10ms);
    reap_children();
    std::erase_if(left, [](const auto& node) { return !is_running(node); });
  }
  for (const auto& node : left) { ::kill(node.pid, SIGKILL); }
  while (std::any_of(left.begin(), left.end(), [](const auto& node) { return is_running(node); })) {
    std::this_thread::sleep_for(10ms);
    reap_children();
  }
  reap_children();
}

void reap_children() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {}
}

std::string last_lines(const std::filesystem::path& file, std::size_t count) {
  auto text = client::read_file(file);
  if (!text) { return {}; }
  std::size_t start = text->size();
  for (std::size_t lines = 0; start > 0; --start) {
    if ((*text)[start - 1] == '\n' && start != text->size() && ++lines == count) { break; }
  }
  return text->substr(start);
}

Result<std::vector<std::uint16_t>> free_ports(std::size_t count) {
  constexpr std::uint16_t kFirst = 20'000;
  constexpr std::uint16_t kCount = 12'000;
  const auto seed = client::random_seed();
  const auto start = static_cast<std::uint16_t>((seed.bytes[0] << 8U | seed.bytes[1]) % kCount);
  std::vector<std::uint16_t> ports;
  for (std::uint16_t i = 0; i < kCount && ports.size() < count; ++i) {
    const auto port = static_cast<std::uint16_t>(kFirst + (start + i) % kCount);
    if (is_port_free(port)) { ports.push_back(port); }
  }
  if (ports.size() < count) { return failure(ErrorKind::unavailable, "NO_FREE_PORT", "too few free loopback ports"); }
  return ports;
}

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupt_seen = 1; };
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGHUP, &action, nullptr);
}

bool interrupted() { return interrupt_seen != 0; }

}  // namespace keten::tools
