// keten debug bundle: what somebody who helps needs to see, and nothing that nobody may see.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iterator>
#include <ostream>

#include <fcntl.h>
#include <unistd.h>

#include "consensus/journal_record.h"
#include "core/genesis.h"
#include "node/storage/record_log.h"
#include "tools/keten/options.h"
#include "tools/keten/secrets.h"

namespace keten::tools {
namespace {

constexpr std::size_t kLogLines = 300;
constexpr std::size_t kLogLineBytesMax = 2000;
constexpr std::uint64_t kBlocks = 10;

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

json::Value error_value(const Error& error) {
  return json::Value::object().set("error", text_value(error.reason)).set("message", text_value(error.message));
}

/// An answer as JSON where it is, else as text; or why there is none.
json::Value ask(const Target& target, const std::string& path) {
  const auto response = target.http({.method = "GET", .target = path, .headers = {}, .body = {}});
  if (!response) { return error_value(response.error()); }
  if (auto document = json::parse(response->body)) { return std::move(*document); }
  return text_value(response->body);
}

json::Value last_lines(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::deque<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line.substr(0, kLogLineBytesMax));
    if (lines.size() > kLogLines) { lines.pop_front(); }
  }
  auto list = json::Value::array();
  for (const auto& line : lines) { list.push(text_value(printable(line))); }
  return list;
}

/// Counts and the newest of each kind; never a signature.
json::Value journal_summary(const std::filesystem::path& path) {
  const auto file = read_text(path);
  const auto bytes = as_bytes(file);
  auto summary = json::Value::object().set("bytes", number_value(std::uint64_t{bytes.size()}));
  const auto copies = storage::recover_copies(bytes.first(bytes.size() / 2), bytes.subspan(bytes.size() / 2));
  if (!copies) { return summary.set("problem", text_value(copies.error().message)); }
  std::uint64_t votes = 0;
  std::uint64_t certificates = 0;
  View newest_vote;
  Height floor;
  for (const auto& framed : copies->log.records) {
    const auto record = consensus::decode_record(framed.payload);
    if (framed.type != 2 || !record) { continue; }
    if (const auto* own = std::get_if<consensus::OwnVote>(&*record)) {
      ++votes;
      newest_vote = std::max(newest_vote, own->vote.subject.view);
    } else if (const auto* final = std::get_if<consensus::Floor>(&*record)) {
      floor = std::max(floor, final->height);
    } else {
      ++certificates;
    }
  }
  return summary.set("own_votes", number_value(votes))
      .set("other_records", number_value(certificates))
      .set("newest_own_vote_view", number_value(newest_vote.value))
      .set("final_height", number_value(floor.value))
      .set("records_good_in_one_copy_only", number_value(std::uint64_t{copies->one_sided}))
      .set("used_bytes", number_value(copies->log.valid_length));
}

json::Value files_of(const std::filesystem::path& home) {
  auto files = json::Value::object();
  std::error_code error;
  for (auto entry = std::filesystem::recursive_directory_iterator(home, error);
       !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (!entry->is_regular_file(ignored)) { continue; }
    files.set(std::filesystem::relative(entry->path(), home, ignored).string(),
              number_value(std::uint64_t{entry->file_size(ignored)}));
  }
  return files;
}

json::Value home_value(const std::filesystem::path& home) {
  auto value = json::Value::object().set("config", text_value(read_text(home / "ketend.toml")));
  if (const auto genesis = Genesis::from_json(read_text(home / "genesis.json"))) {
    value.set("genesis_id", text_value(genesis->chain_id().hex())).set("chain", text_value(genesis->chain_name));
  } else {
    value.set("genesis", error_value(genesis.error()));
  }
  std::error_code error;
  const auto space = std::filesystem::space(home, error);
  if (!error) {
    value.set("disk_free_bytes", number_value(std::uint64_t{space.available}))
        .set("disk_bytes", number_value(std::uint64_t{space.capacity}));
  }
  return value.set("journal", journal_summary(home / "data" / "journal" / "votes.log"))
      .set("files", files_of(home))
      .set("log", last_lines(home / "ketend.log"));
}

json::Value node_value(const Target& target) {
  auto value = json::Value::object()
                   .set("name", text_value(target.node.name))
                   .set("organisation", text_value(target.node.organisation));
  for (const auto* path : {"/version", "/v1/status", "/readyz", "/metrics"}) { value.set(path, ask(target, path)); }
  auto blocks = json::Value::array();
  const auto status = target.get_json("/v1/status");
  const auto* executed = status ? status->find("executedHeight") : nullptr;
  const auto newest = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, executed != nullptr ? executed->as_integer().value_or(0) : 0));
  for (auto height = newest; height > 0 && height + kBlocks > newest; --height) {
    blocks.push(ask(target, "/v1/blocks/" + std::to_string(height)));
  }
  value.set("blocks", std::move(blocks));
  if (!target.node.home.empty()) { value.set("home", home_value(target.node.home)); }
  return value;
}

Status write_new(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    return failure(ErrorKind::conflict, "FILE_EXISTS", path + " exists or cannot be made; choose another name");
  }
  std::size_t done = 0;
  while (done < text.size()) {
    const auto written = ::write(file, text.data() + done, text.size() - done);
    if (written <= 0) { break; }
    done += static_cast<std::size_t>(written);
  }
  ::close(file);
  if (done == text.size()) { return kDone; }
  return failure(ErrorKind::unavailable, "FILE_IO", path + " cannot be written");
}

}  // namespace

int run_debug_bundle(Console& console, const BundleOptions& options) {
  Scrubber scrubber;
  std::vector<Target> targets;
  const auto network = find_network(options.target);
  if (network) {
    if (!*network) { return console.fail(network->error()); }
    for (const auto& user : (*network)->users) { scrubber.add(user.token); }
    for (const auto& node : (*network)->nodes) {
      auto target = target_of(**network, node, options.target.user);
      targets.push_back(target ? std::move(*target) : Target{.node = node, .token = {}});
    }
  } else {
    auto target = find_target(options.target);
    if (!target) { return console.fail(target.error()); }
    targets.push_back(std::move(*target));
  }
  auto nodes = json::Value::array();
  for (const auto& target : targets) {
    scrubber.add(target.token);
    if (!target.node.home.empty()) { scrubber.add_home(target.node.home); }
  }
  if (const char* token = std::getenv("KETEN_TOKEN")) { scrubber.add(token); }
  for (const auto& target : targets) { nodes.push(node_value(target)); }
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  const auto document = json::Value::object()
                            .set("made_at_seconds", number_value(static_cast<std::uint64_t>(seconds.count())))
                            .set("keten", text_value(KETEN_VERSION))
                            .set("nodes", std::move(nodes));
  const auto text = scrubber.clean(json::pretty(document)) + "\n";
  if (auto written = write_new(options.file, text); !written) { return console.fail(written.error()); }
  console.out << options.file << ": " << text.size() / 1024 << " KiB about " << targets.size()
              << " nodes; keys, tokens and their hashes are left out. Look at it before you send it.\n";
  return kSuccess;
}

}  // namespace keten::tools
