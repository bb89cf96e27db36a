#include "node/http/users.h"

#include <set>
#include <utility>

#include <sodium/utils.h>
#include <sys/stat.h>

#include "core/hash.h"
#include "core/json.h"
#include "core/limits.h"
#include "node/runtime/log.h"
#include "node/runtime/secrets.h"

namespace keten::http {
namespace {

Error users_error(std::string_view pointer, std::string_view expected) {
  return invalid("USERS_INVALID", "users file, at " + std::string(pointer) + ": expected " + std::string(expected));
}

bool stays_in_folder(const std::filesystem::path& path) {
  if (path.empty() || path.is_absolute()) { return false; }
  for (const auto& part : path) {
    if (part == "..") { return false; }
  }
  return true;
}

Result<KeyPair> read_key(const std::filesystem::path& path) {
  auto seed = read_key_file(path.string());
  if (!seed) { return seed.error(); }
  auto key = KeyPair::from_seed(*seed);
  sodium_memzero(seed->bytes.data(), seed->bytes.size());
  return key;
}

Result<UserPointer> parse_user(const json::Value& entry, const std::string& at, const std::filesystem::path& folder,
                               std::string_view organisation) {
  if (!entry.is(json::Kind::object)) { return users_error(at, "an object"); }
  static const std::set<std::string_view> known = {"name", "organisation", "role", "token_hash", "key_file", "revoked"};
  for (const auto& [name, value] : entry.members()) {
    if (!known.contains(name)) {
      return users_error(json::pointer_add(at, name),
                         "no such member; known are name, organisation, role, token_hash, key_file, revoked");
    }
  }
  auto user = std::make_shared<User>();
  const auto name = entry.find_string("name");
  if (!name || name->empty() || name->size() > limits::kNameBytesMax) {
    return users_error(at + "/name", "a name of 1 to 64 bytes");
  }
  user->name = *name;
  const auto owner = entry.find_string("organisation");
  if (!owner || *owner != organisation) {
    return users_error(at + "/organisation", "this node's organisation, " + std::string(organisation));
  }
  user->organisation = *owner;
  const auto role = entry.find_string("role");
  if (role == "capture") {
    user->role = UserRole::capture;
  } else if (role != "auditor") {
    return users_error(at + "/role", "capture or auditor");
  }
  const auto hash = Hash::from_hex(entry.find_string("token_hash").value_or(""));
  if (!hash) { return users_error(at + "/token_hash", "64 hexadecimal digits"); }
  user->token_hash = *hash;
  if (const auto* revoked = entry.find("revoked")) {
    if (!revoked->is(json::Kind::boolean)) { return users_error(at + "/revoked", "true or false"); }
    user->revoked = revoked->as_bool();
  }
  const auto* key_file = entry.find("key_file");
  if (user->role == UserRole::auditor) {
    if (key_file != nullptr) { return users_error(at + "/key_file", "none, since an auditor signs nothing"); }
    return UserPointer(std::move(user));
  }
  const std::filesystem::path path = entry.find_string("key_file").value_or("");
  if (!stays_in_folder(path)) { return users_error(at + "/key_file", "a path relative to the users file, without .."); }
  if (!user->revoked) {
    auto key = read_key(folder / path);
    if (!key) { return key.error(); }
    user->key = *key;
  }
  return UserPointer(std::move(user));
}

}  // namespace

Hash token_hash(std::string_view token) { return Hasher("keten/http-token/1").sized(token).finish(); }

Result<std::vector<UserPointer>> parse_users(std::string_view text, const std::filesystem::path& folder,
                                             std::string_view organisation) {
  const auto document = json::parse(text);
  if (!document) { return document.error(); }
  if (!document->is(json::Kind::array)) { return users_error("the top", "an array of users"); }
  if (document->items().size() > kUsersMax) {
    return users_error("the top", "at most " + std::to_string(kUsersMax) + " users, found " +
                                      std::to_string(document->items().size()) + ": delete those that nobody needs");
  }
  std::vector<UserPointer> users;
  std::set<std::string_view> names;
  std::set<Hash> hashes;
  for (const auto& entry : document->items()) {
    const auto at = "/" + std::to_string(users.size());
    auto user = parse_user(entry, at, folder, organisation);
    if (!user) { return user.error(); }
    if (!names.insert((*user)->name).second) { return users_error(at + "/name", "a name that no other user has"); }
    if (!hashes.insert((*user)->token_hash).second) {
      return users_error(at + "/token_hash", "a token that no other user has");
    }
    users.push_back(std::move(*user));
  }
  return users;
}

UserStore::UserStore(std::filesystem::path file, std::string organisation)
    : file_(std::move(file)), organisation_(std::move(organisation)) {}

Result<std::unique_ptr<UserStore>> UserStore::open(std::filesystem::path file, std::string organisation) {
  std::unique_ptr<UserStore> store(new UserStore(std::move(file), std::move(organisation)));
  store->read_ = store->stamp();
  if (store->read_ != Stamp{}) {
    const auto loaded = store->load();
    if (!loaded) { return loaded.error(); }
  }
  return store;
}

UserStore::Stamp UserStore::stamp() const {
  struct stat status {};
  if (::stat(file_.c_str(), &status) != 0) { return {}; }
  return {status.st_mtim.tv_sec, status.st_mtim.tv_nsec, static_cast<std::uint64_t>(status.st_size), status.st_ino};
}

Status UserStore::load() {
  const auto text = read_secret_file(file_.string(), kUsersFileBytesMax);
  if (!text) { return text.error(); }
  auto users = parse_users(*text, file_.parent_path(), organisation_);
  if (!users) { return users.error(); }
  users_ = std::move(*users);
  return kDone;
}

void UserStore::refresh() {
  const auto now = stamp();
  if (now == read_) { return; }
  read_ = now;
  const auto loaded = load();
  if (!loaded) {
    log_error("users file not taken over, the users stay as they were: {}", loaded.error().message);
    return;
  }
  log_info("users file read again: {} users", users_.size());
}

UserPointer UserStore::find(std::string_view token) {
  const auto hash = token_hash(token);
  const std::lock_guard lock(mutex_);
  refresh();
  UserPointer found;
  // Every hash is compared in constant time and to the end: how long it takes says nothing about the token.
  for (const auto& user : users_) {
    if (sodium_memcmp(user->token_hash.bytes.data(), hash.bytes.data(), Hash::size) == 0) { found = user; }
  }
  return found;
}

}  // namespace keten::http
