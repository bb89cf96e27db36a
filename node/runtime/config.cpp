#include "node/runtime/config.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <functional>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace keten {
namespace {

/// How one key is read, written and explained.
struct Key {
  std::string section;
  std::string name;
  std::string comment;
  /// Stores the value, or says what was expected.
  std::function<std::string(const toml::node&, NodeConfig&)> read;
  /// The value as TOML.
  std::function<std::string(const NodeConfig&)> write;
};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

struct Range {
  std::uint64_t least;
  std::uint64_t most;
};

template <typename Section>
Key number(std::string section, Section NodeConfig::*part, std::string name, std::uint64_t Section::*member,
           Range range, std::string comment) {
  auto read = [part, member, range](const toml::node& node, NodeConfig& config) -> std::string {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < 0 || static_cast<std::uint64_t>(*value) < range.least ||
        static_cast<std::uint64_t>(*value) > range.most) {
      return fmt::format("a whole number from {} to {}", range.least, range.most);
    }
    config.*part.*member = static_cast<std::uint64_t>(*value);
    return {};
  };
  auto write = [part, member](const NodeConfig& config) { return std::to_string(config.*part.*member); };
  return {std::move(section), std::move(name), std::move(comment), read, write};
}

using TextCheck = std::string (*)(std::string_view);

template <typename Section>
Key text(std::string section, Section NodeConfig::*part, std::string name, std::string Section::*member,
         TextCheck check, std::string comment) {
  auto read = [part, member, check](const toml::node& node, NodeConfig& config) -> std::string {
    const auto value = node.value_exact<std::string>();
    if (!value) { return "a text in quotes"; }
    if (auto expected = check(*value); !expected.empty()) { return expected; }
    config.*part.*member = *value;
    return {};
  };
  auto write = [part, member](const NodeConfig& config) { return quoted(config.*part.*member); };
  return {std::move(section), std::move(name), std::move(comment), read, write};
}

std::string expect_name(std::string_view value) {
  return value.empty() || value.size() > 64 ? "a name of 1 to 64 bytes" : "";
}
std::string expect_path(std::string_view value) {
  return value.empty() || value.size() > 4096 || value.find('\0') != std::string_view::npos ? "a path" : "";
}
std::string expect_profile(std::string_view value) {
  return value == "strict" || value == "lenient" ? "" : "\"strict\" or \"lenient\"";
}
std::string expect_address(std::string_view value) { return parse_address(value) ? "" : "an address as host:port"; }

const std::vector<Key>& keys() {
  using C = NodeConfig;
  static const std::vector<Key> all = [] {
    std::vector<Key> k;
    k.push_back(text("node", &C::node, "name", &C::Node::name, expect_name, "Name of this node, as in the genesis."));
    k.push_back(text("node", &C::node, "organisation", &C::Node::organisation, expect_name,
                     "Organisation that runs it, as in the genesis."));

    k.push_back(text("api", &C::api, "grpc_listen", &C::Api::grpc_listen, expect_address,
                     "gRPC for clients, always with client certificates."));
    k.push_back(text("api", &C::api, "http_listen", &C::Api::http_listen, expect_address,
                     "HTTP: EPCIS, JSON, health, metrics, explorer. Has no TLS."));
    k.push_back({"api", "http_allow_remote",
                 "Needed for an http_listen that is not loopback: put a proxy with TLS and authentication before it.",
                 [](const toml::node& node, NodeConfig& config) -> std::string {
                   const auto value = node.value_exact<bool>();
                   if (!value) { return "true or false"; }
                   config.api.http_allow_remote = *value;
                   return {};
                 },
                 [](const NodeConfig& config) { return config.api.http_allow_remote ? "true" : "false"; }});
    k.push_back(
        text("api", &C::api, "capture_profile", &C::Api::capture_profile, expect_profile,
             "strict: captured documents follow the EPCIS 2.0 schema; lenient: CBV URNs and unknown members too."));
    k.push_back(text("api", &C::api, "clients", &C::Api::clients, expect_path,
                     "PEM file with the certificates of the clients that may call; read again when it changes."));

    k.push_back(text("peers", &C::peers, "listen", &C::Peers::listen, expect_address,
                     "Where other validators connect. Mutual TLS with the certificates of the genesis."));

    using T = C::Consensus;
    const auto timing = [&k](std::string name, std::uint64_t T::*member, Range range, std::string comment) {
      k.push_back(number("consensus", &C::consensus, std::move(name), member, range, std::move(comment)));
    };
    timing("leader_timeout_ms", &T::leader_timeout_ms, {10, 60'000}, "How long a leader may take to propose.");
    timing("view_timeout_ms", &T::view_timeout_ms, {20, 120'000}, "How long a view may take to get its certificate.");
    timing("retry_ms", &T::retry_ms, {50, 60'000}, "How often votes are repeated while a view does not end.");
    timing("skip_silent_ms", &T::skip_silent_ms, {100, 600'000}, "A leader silent for this long is skipped at once.");
    timing("status_interval_ms", &T::status_interval_ms, {50, 60'000}, "How often validators tell where they are.");
    timing("idle_interval_ms", &T::idle_interval_ms, {100, 3'600'000}, "Heartbeat block of an idle chain.");
    timing("timeout_cap_ms", &T::timeout_cap_ms, {1000, 600'000}, "Timeouts double while no view ends, up to this.");
    timing("min_block_interval_ms", &T::min_block_interval_ms, {0, 60'000},
           "This leader waits so long between blocks; at least the chain's parameter.");

    using S = C::Storage;
    const auto storage = [&k](std::string name, std::uint64_t S::*member, Range range, std::string comment) {
      k.push_back(number("storage", &C::storage, std::move(name), member, range, std::move(comment)));
    };
    storage("journal_preallocate_mb", &S::journal_preallocate_mb, {1, 1024},
            "Disk space of the vote journal, which keeps everything twice.");
    storage("segment_preallocate_mb", &S::segment_preallocate_mb, {1, 4096}, "Disk space reserved per block segment.");
    storage("cache_mb", &S::cache_mb, {4, 65'536}, "Memory for cached reads.");
    storage("write_buffer_mb", &S::write_buffer_mb, {8, 4096}, "Memory for writes on their way to the disk.");
    storage("free_min_mb", &S::free_min_mb, {1, 1'000'000},
            "With less free space no transactions are taken, with a quarter of it no votes are cast.");
    storage("free_min_percent", &S::free_min_percent, {1, 50}, "Likewise, of the disk; the smaller of both counts.");
    storage("ballast_mb", &S::ballast_mb, {0, 4096}, "Kept for the moment when the space is exhausted.");

    using M = C::Mempool;
    const auto mempool = [&k](std::string name, std::uint64_t M::*member, Range range, std::string comment) {
      k.push_back(number("mempool", &C::mempool, std::move(name), member, range, std::move(comment)));
    };
    mempool("transactions", &M::transactions, {100, 20'000}, "Transactions that may wait.");
    mempool("size_mb", &M::size_mb, {2, 64}, "Their size in all.");
    mempool("organisation_mb", &M::organisation_mb, {1, 64}, "Their size per organisation.");

    k.push_back({"log", "level", "debug, info, warning, error or off.",
                 [](const toml::node& node, NodeConfig& config) -> std::string {
                   const auto value = node.value_exact<std::string>();
                   const auto level = parse_log_level(value.value_or(""));
                   if (!level) { return "\"debug\", \"info\", \"warning\", \"error\" or \"off\""; }
                   config.log.level = *level;
                   return {};
                 },
                 [](const NodeConfig& config) { return quoted(log_level_name(config.log.level)); }});
    k.push_back(
        {"log", "format", "text or json.",
         [](const toml::node& node, NodeConfig& config) -> std::string {
           const auto value = node.value_exact<std::string>();
           const auto format = parse_log_format(value.value_or(""));
           if (!format) { return "\"text\" or \"json\""; }
           config.log.format = *format;
           return {};
         },
         [](const NodeConfig& config) { return quoted(config.log.format == LogFormat::json ? "json" : "text"); }});

    k.push_back(number("verify", &C::verify, "threads", &C::Verify::threads, {0, 256},
                       "Threads that verify signatures; 0: one per core."));
    return k;
  }();
  return all;
}

/// Levenshtein distance; names are short.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) { row[j] = j; }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

std::string nearest(std::string_view found, const std::vector<std::string>& known) {
  const auto best = std::min_element(known.begin(), known.end(), [found](const auto& a, const auto& b) {
    return distance(found, a) < distance(found, b);
  });
  return best == known.end() ? std::string() : *best;
}

/// Collects every mistake of one file.
class Reading {
 public:
  explicit Reading(std::string_view source) : source_(source) {}

  void mistake(const toml::source_region& where, std::string pointer, std::string expected, std::string found,
               std::string message) {
    if (first_.empty()) {
      first_ = where.begin.line > 0 ? fmt::format("{}:{}: {}", source_, where.begin.line, message)
                                    : fmt::format("{}: {}", source_, message);
    }
    violations_.push_back({std::move(pointer), std::move(expected), std::move(found)});
  }

  void read_section(const std::string& section, const toml::table& table, NodeConfig& config) {
    std::vector<std::string> known;
    for (const auto& key : keys()) {
      if (key.section == section) { known.push_back(key.name); }
    }
    for (const auto& [name, node] : table) {
      if (section == "peers" && name.str() == "addresses") {
        read_addresses(node, config);
        continue;
      }
      const auto key = std::find_if(keys().begin(), keys().end(), [&](const Key& candidate) {
        return candidate.section == section && candidate.name == name.str();
      });
      const auto pointer = fmt::format("/{}/{}", section, name.str());
      if (key == keys().end()) {
        const auto hint = nearest(name.str(), known);
        mistake(name.source(), pointer, "a known key, for example " + hint, std::string(name.str()),
                fmt::format("unknown key '{}' in [{}]; did you mean '{}'?", name.str(), section, hint));
        continue;
      }
      if (const auto expected = key->read(node, config); !expected.empty()) {
        const auto found = shown(node);
        mistake(node.source(), pointer, expected, found,
                fmt::format("{}.{}: expected {}, found {}", section, name.str(), expected, found));
      }
    }
  }

  void read_addresses(const toml::node& node, NodeConfig& config) {
    const auto* table = node.as_table();
    if (table == nullptr) {
      mistake(node.source(), "/peers/addresses", "a table of node = \"host:port\"", shown(node),
              "peers.addresses: expected a table of node = \"host:port\"");
      return;
    }
    for (const auto& [name, address] : *table) {
      const auto value = address.value_exact<std::string>();
      if (!value || !parse_address(*value)) {
        mistake(
            address.source(), fmt::format("/peers/addresses/{}", name.str()), "an address as host:port", shown(address),
            fmt::format("peers.addresses.{}: expected an address as host:port, found {}", name.str(), shown(address)));
        continue;
      }
      config.peers.addresses[std::string(name.str())] = *value;
    }
  }

  [[nodiscard]] bool clean() const { return violations_.empty(); }
  [[nodiscard]] Error error() const {
    auto result = invalid("CONFIG_INVALID", first_);
    if (violations_.size() > 1) { result.message += fmt::format(" ({} more)", violations_.size() - 1); }
    result.violations = violations_;
    return result;
  }

 private:
  static std::string shown(const toml::node& node) {
    std::ostringstream out;
    node.visit([&out](const auto& value) { out << value; });
    auto text = out.str();
    if (text.size() > 60) { text = text.substr(0, 60) + "..."; }
    return text;
  }

  std::string source_;
  std::string first_;
  std::vector<Violation> violations_;
};

std::vector<std::string> section_names() {
  std::vector<std::string> names;
  for (const auto& key : keys()) {
    if (names.empty() || names.back() != key.section) { names.push_back(key.section); }
  }
  return names;
}

void check_together(const NodeConfig& config, Reading& reading) {
  const auto complain = [&reading](std::string pointer, std::string expected, std::string found) {
    auto message = fmt::format("{}: expected {}", pointer.substr(1), expected);
    std::replace(message.begin(), message.end(), '/', '.');
    reading.mistake({}, std::move(pointer), std::move(expected), std::move(found), std::move(message));
  };
  if (config.node.name.empty()) { complain("/node/name", "the node's name from the genesis", ""); }
  if (config.node.organisation.empty()) {
    complain("/node/organisation", "the organisation's name from the genesis", "");
  }
  const auto http = parse_address(config.api.http_listen);
  if (http && !http->is_loopback() && !config.api.http_allow_remote) {
    complain("/api/http_listen", "a loopback address, because HTTP has no TLS (or http_allow_remote = true)",
             config.api.http_listen);
  }
  if (config.consensus.view_timeout_ms <= config.consensus.leader_timeout_ms) {
    complain("/consensus/view_timeout_ms", "more than leader_timeout_ms",
             std::to_string(config.consensus.view_timeout_ms));
  }
}

}  // namespace

Result<NodeConfig> parse_config(std::string_view text, std::string_view source) {
  if (text.size() > 256U * 1024U) { return invalid("CONFIG_INVALID", std::string(source) + ": over 256 KiB"); }
  Reading reading(source);
  toml::table parsed;
  try {
    parsed = toml::parse(text, source);
  } catch (const toml::parse_error& problem) {
    reading.mistake(problem.source(), "", "TOML 1.0", "", std::string(problem.description()));
    return reading.error();
  }
  NodeConfig config;
  const auto known = section_names();
  for (const auto& [name, node] : parsed) {
    const auto pointer = "/" + std::string(name.str());
    if (std::find(known.begin(), known.end(), name.str()) == known.end()) {
      const auto hint = nearest(name.str(), known);
      reading.mistake(name.source(), pointer, "a known section, for example [" + hint + "]", std::string(name.str()),
                      fmt::format("unknown section '{}'; did you mean [{}]?", name.str(), hint));
    } else if (const auto* table = node.as_table(); table != nullptr) {
      reading.read_section(std::string(name.str()), *table, config);
    } else {
      reading.mistake(node.source(), pointer, "a section", "a value",
                      fmt::format("expected a section [{}], found a value", name.str()));
    }
  }
  if (reading.clean()) { check_together(config, reading); }
  if (!reading.clean()) { return reading.error(); }
  return config;
}

Result<NodeConfig> load_config(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return failure(ErrorKind::not_found, "CONFIG_MISSING", path + ": cannot be read; keten init writes one");
  }
  std::ostringstream contents;
  contents << file.rdbuf();
  return parse_config(contents.str(), path);
}

std::string default_config_text(const NodeConfig& config) {
  std::string out =
      "# Configuration of one Keten node. What all validators must agree on is in genesis.json instead.\n"
      "# An unknown key stops the start. A key that is left out has the value shown by `keten init`.\n";
  std::string section;
  const auto end_section = [&] {
    if (section != "peers") { return; }
    out += "# Addresses to dial instead of those in the genesis, by node name.\n[peers.addresses]\n";
    for (const auto& [node, address] : config.peers.addresses) { out += quoted(node) + " = " + quoted(address) + "\n"; }
  };
  for (const auto& key : keys()) {
    if (key.section != section) {
      end_section();
      section = key.section;
      out += "\n[" + section + "]\n";
    }
    out += "# " + key.comment + "\n" + key.name + " = " + key.write(config) + "\n";
  }
  return out;
}

bool ListenAddress::is_loopback() const { return host.starts_with("127.") || host == "::1" || host == "localhost"; }

Result<ListenAddress> parse_address(std::string_view text) {
  const auto bad = [text] {
    return invalid("ADDRESS_INVALID",
                   "expected an address as host:port, found '" + std::string(text.substr(0, 80)) + "'");
  };
  const auto colon = text.rfind(':');
  if (text.size() > 300 || colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) { return bad(); }
  auto host = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);
  ListenAddress address;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (problem != std::errc() || end != digits.data() + digits.size()) { return bad(); }
  if (host.front() == '[') {
    if (host.size() < 4 || host.back() != ']') { return bad(); }
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad();
  }
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == ':' || c == '%';
  };
  if (!std::all_of(host.begin(), host.end(), is_allowed)) { return bad(); }
  address.host = host;
  return address;
}

}  // namespace keten
