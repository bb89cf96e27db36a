#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/result.h"

namespace keten::http {

/// A query that a user of this node has given a name (EPCIS 2.0, section 12.5).
struct NamedQuery {
  std::string name;
  std::string user;   ///< who made it, and who may delete it
  json::Value query;  ///< an object of parameters
};

/// The named queries of this node, kept in one file. Not on the ledger: what somebody likes to ask is his own business.
/// Thread-safe.
class NamedQueries {
 public:
  static constexpr std::size_t kQueriesMax = 1000;
  static constexpr std::size_t kNameBytesMax = 128;
  static constexpr std::size_t kQueryBytesMax = std::size_t{64} * 1024;

  /// A missing file means none yet. Fails with QUERIES_INVALID when it is not what add() writes.
  static Result<std::vector<NamedQuery>> read(const std::filesystem::path& file);

  NamedQueries(std::filesystem::path file, std::vector<NamedQuery> queries);

  /// In the order of their names.
  [[nodiscard]] std::vector<NamedQuery> all() const;
  /// Fails with QUERY_NOT_FOUND.
  [[nodiscard]] Result<NamedQuery> find(std::string_view name) const;
  /// Fails with QUERY_EXISTS (`conflict`), QUERIES_FULL (`busy`), FILE_NOT_WRITTEN.
  [[nodiscard]] Status add(NamedQuery query);
  /// Fails with QUERY_NOT_FOUND, QUERY_NOT_YOURS (`forbidden`), FILE_NOT_WRITTEN.
  [[nodiscard]] Status remove(std::string_view name, std::string_view user);

 private:
  using Queries = std::map<std::string, NamedQuery, std::less<>>;
  [[nodiscard]] Status write(const Queries& queries) const;

  const std::filesystem::path file_;
  mutable std::mutex mutex_;
  Queries queries_;
};

}  // namespace keten::http
