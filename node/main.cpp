#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <google/protobuf/stubs/logging.h>
#include <malloc.h>
#include <unistd.h>

#include "node/daemon/node.h"
#include "node/runtime/certificates.h"
#include "node/runtime/descriptors.h"
#include "node/runtime/log.h"
#include "node/runtime/secrets.h"

namespace {

/// sysexits.h: what an operator or a service manager acts on.
constexpr int kUsage = 64;
constexpr int kDiskFailed = 74;
constexpr int kIdentityInUse = 76;
constexpr int kRefused = 78;

constexpr std::string_view kHelp =
    "Usage: ketend start --home DIR      run this validator until SIGTERM or SIGINT\n"
    "       ketend start --home DIR --recover-votes   the same; a quarantine after a foreign vote may end, because no "
    "other\n"
    "                                                 process uses this key\n"
    "       ketend start --home DIR --unused-key KEY  the same; this validator key has never signed anything: a first "
    "start,\n"
    "                                                 or a key that was made after the data was lost\n"
    "       ketend check-config --home DIR   read everything, write nothing, say what is wrong\n"
    "       ketend --version\n"
    "Everything else is done with keten. Exit codes: 0 stopped, 64 usage, 74 disk failed, 76 another process runs "
    "with\n"
    "this node's keys, 78 refused to start.\n";

int refuse(const keten::Error& error) {
  std::fprintf(stderr, "ketend: %s: %s\n", error.reason.c_str(), keten::log_escaped(error.message).c_str());
  return kRefused;
}

/// What only the operator can know; docs/operations.md, "Quarantine".
constexpr std::string_view kRecoverVotes = "--recover-votes";
constexpr std::string_view kUnusedKey = "--unused-key";

struct Assurance {
  std::string option;
  std::string value;
};

int start(const std::string& directory, const Assurance& assurance) {
  auto home = keten::node::load_home(directory);
  if (!home) { return refuse(home.error()); }
  home->is_alone = assurance.option == kRecoverVotes;
  if (assurance.option == kUnusedKey) {
    const auto key = keten::parse_key_text(assurance.value);
    if (!key) { return refuse(key.error()); }
    home->unused_key = *key;
  }
  if (auto free = keten::node::check_addresses(home->config); !free) { return refuse(free.error()); }
  const auto descriptors = keten::raise_descriptor_limit();
  const auto shares = keten::share_descriptors(descriptors);
  if (!shares) { return refuse(shares.error()); }
  home->descriptors = *shares;
  keten::start_log(home->config.log.level, home->config.log.format);
  if (descriptors < keten::kDescriptorsFull) {
    keten::log_warning(
        "this process may open {} files and connections, expected {}: it takes {} connections by HTTP, {} by gRPC, {} "
        "of "
        "peers; raise the hard limit (LimitNOFILE= of a systemd unit)",
        descriptors, keten::kDescriptorsFull, shares->http, shares->api, shares->peers);
  }

  // Before any thread: all of them inherit that these signals come to sigwait below.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const auto fatal = [](const keten::Error& error) {
    if (error.reason == "IDENTITY_IN_USE") {
      keten::log_error("{}: {}", error.reason, error.message);
      refuse(error);  // also where the log is off
      ::_exit(kIdentityInUse);
    }
    // Nothing can be promised after a failed disk: no clean-up that would touch it again.
    keten::log_error("disk: {}: {}; the node stops without another vote", error.reason, error.message);
    ::_exit(kDiskFailed);
  };
  const auto name = home->config.node.name;
  const auto chain = home->genesis.chain_name;
  auto node = keten::node::Node::open(std::move(*home), fatal);
  if (!node) { return refuse(node.error()); }
  if (auto started = (*node)->start(); !started) { return refuse(started.error()); }
  keten::log_info("{} runs on chain {}", name, chain);

  int signal = 0;
  sigwait(&signals, &signal);
  keten::log_info("{} stops", name);
  (*node)->stop();
  return 0;
}

int check(const std::string& directory) {
  const auto home = keten::node::load_home(directory);
  if (!home) { return refuse(home.error()); }
  std::printf("%s: node %s of %s, chain %s (%s): nothing is wrong\n", directory.c_str(), home->config.node.name.c_str(),
              home->config.node.organisation.c_str(), home->genesis.chain_name.c_str(), home->chain_id.hex().c_str());
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  ::mallopt(M_ARENA_MAX, 2);
  // It writes a line for every malformed text that anybody sends.
  google::protobuf::SetLogHandler(nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  const std::string first = count > 1 ? arguments[1] : "";
  if (first == "--version") {
    std::printf("ketend %s\n", std::string(keten::node::kVersion).c_str());
    return 0;
  }
  if (first == "--help" || first == "-h") {
    std::fwrite(kHelp.data(), 1, kHelp.size(), stdout);
    return 0;
  }
  std::string home;
  Assurance assurance;
  if (first == "start" && count > 4) { assurance.option = arguments[4]; }
  if (count == 6) { assurance.value = arguments[5]; }
  const bool is_known =
      (count == 5 && assurance.option == kRecoverVotes) || (count == 6 && assurance.option == kUnusedKey) || count == 4;
  if (is_known && std::string(arguments[2]) == "--home") { home = arguments[3]; }
  if ((first != "start" && first != "check-config") || home.empty()) {
    std::fwrite(kHelp.data(), 1, kHelp.size(), stderr);
    return kUsage;
  }
  if (auto protected_process = keten::protect_process(); !protected_process) {
    return refuse(protected_process.error());
  }
  keten::require_tls_1_3();
  return first == "start" ? start(home, assurance) : check(home);
}
