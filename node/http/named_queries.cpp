#include "node/http/named_queries.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "node/runtime/secrets.h"

namespace keten::http {
namespace {

Error not_found(std::string_view name) {
  return failure(ErrorKind::not_found, "QUERY_NOT_FOUND", "no query has the name " + std::string(name));
}

Error broken(const std::filesystem::path& file, const std::string& why) {
  return invalid("QUERIES_INVALID", file.string() + ": " + why + "; repair it or move it away");
}

}  // namespace

Result<std::vector<NamedQuery>> NamedQueries::read(const std::filesystem::path& file) {
  std::vector<NamedQuery> result;
  std::error_code error;
  if (!std::filesystem::exists(file, error)) { return result; }
  std::ifstream stream(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  const auto parsed = json::parse(text, {.bytes = kQueriesMax * kQueryBytesMax, .values = 10'000'000});
  if (!parsed) { return broken(file, parsed.error().message); }
  const auto* list = parsed->find("queries");
  if (list == nullptr || !list->is(json::Kind::array)) { return broken(file, "expected an array queries"); }
  for (const auto& entry : list->items()) {
    const auto name = entry.find_string("name");
    const auto user = entry.find_string("user");
    const auto* query = entry.find("query");
    if (!name || !user || query == nullptr || !query->is(json::Kind::object)) {
      return broken(file, "expected name, user and query in each entry");
    }
    result.push_back({std::string(*name), std::string(*user), *query});
  }
  return result;
}

NamedQueries::NamedQueries(std::filesystem::path file, std::vector<NamedQuery> queries) : file_(std::move(file)) {
  for (auto& query : queries) {
    auto name = query.name;
    queries_.insert_or_assign(std::move(name), std::move(query));
  }
}

std::vector<NamedQuery> NamedQueries::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<NamedQuery> result;
  for (const auto& [name, query] : queries_) { result.push_back(query); }
  return result;
}

Result<NamedQuery> NamedQueries::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = queries_.find(name);
  if (found == queries_.end()) { return not_found(name); }
  return found->second;
}

Status NamedQueries::add(NamedQuery query) {
  const std::lock_guard lock(mutex_);
  if (queries_.contains(query.name)) {
    return failure(ErrorKind::conflict, "QUERY_EXISTS", "a query has the name " + query.name + " already");
  }
  if (queries_.size() >= kQueriesMax) {
    return failure(ErrorKind::busy, "QUERIES_FULL",
                   "this node keeps " + std::to_string(kQueriesMax) + " queries; delete one first");
  }
  auto changed = queries_;
  auto name = query.name;
  changed.emplace(std::move(name), std::move(query));
  if (const auto written = write(changed); !written) { return written; }
  queries_ = std::move(changed);
  return kDone;
}

Status NamedQueries::remove(std::string_view name, std::string_view user) {
  const std::lock_guard lock(mutex_);
  const auto found = queries_.find(name);
  if (found == queries_.end()) { return not_found(name); }
  if (found->second.user != user) {
    return failure(ErrorKind::forbidden, "QUERY_NOT_YOURS",
                   "only " + found->second.user + ", who made this query, deletes it");
  }
  auto changed = queries_;
  changed.erase(changed.find(name));
  if (const auto written = write(changed); !written) { return written; }
  queries_ = std::move(changed);
  return kDone;
}

/// A new file over the old one: a crash leaves one of both.
Status NamedQueries::write(const Queries& queries) const {
  auto list = json::Value::array();
  for (const auto& [name, query] : queries) {
    auto entry = json::Value::object();
    entry.set("name", json::Value::string(name)).set("user", json::Value::string(query.user)).set("query", query.query);
    list.push(std::move(entry));
  }
  auto document = json::Value::object();
  document.set("queries", std::move(list));
  const auto fresh = file_.string() + ".new";
  std::error_code error;
  std::filesystem::remove(fresh, error);
  if (const auto written = write_secret_file(fresh, json::pretty(document) + "\n"); !written) { return written; }
  std::filesystem::rename(fresh, file_, error);
  if (error) {
    return failure(ErrorKind::unavailable, "FILE_NOT_WRITTEN",
                   "cannot replace " + file_.string() + ": " + error.message());
  }
  return kDone;
}

}  // namespace keten::http
