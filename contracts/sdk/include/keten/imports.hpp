#pragma once
// The functions of keten_abi_1 (docs/contracts.md). In WebAssembly they are imports of the module "keten". In a native
// test they go to the host that the test kit has set, which asks the same functions of the ledger.

#include <cstddef>
#include <cstdint>
#include <string_view>

#ifndef __wasm__
#include <initializer_list>
#include <map>
#include <string>

namespace keten::native {

/// One argument as it would cross the border: places in memory, or a number.
struct Argument {
  enum class Kind : char { input = 'i', fixed_input = 'f', output = 'o', fixed_output = 'x', number = 'n' };
  Kind kind;
  const void* in = nullptr;
  void* out = nullptr;
  std::size_t length = 0;  ///< bytes of the input, capacity of the output
  std::int64_t value = 0;
};
class Host {
 public:
  virtual ~Host() = default;
  /// What the function gives; unwinds the guest when the call must end.
  virtual std::int64_t call(const char* function, std::initializer_list<Argument> arguments) = 0;
};
inline Host*& host() {
  static Host* current = nullptr;
  return current;
}

/// Exported functions by name.
using Entry = void (*)();
inline std::map<std::string, Entry>& entries() {
  static std::map<std::string, Entry> all;
  return all;
}
struct Registration {
  Registration(const char* name, Entry entry) { entries()[name] = entry; }
};

inline Argument input(std::string_view bytes) {
  return {Argument::Kind::input, bytes.data(), nullptr, bytes.size(), 0};
}
inline Argument fixed_input(const void* bytes, std::size_t length) {
  return {Argument::Kind::fixed_input, bytes, nullptr, length, 0};
}
inline Argument output(void* place, std::size_t capacity) {
  return {Argument::Kind::output, nullptr, place, capacity, 0};
}
inline Argument fixed_output(void* place, std::size_t length) {
  return {Argument::Kind::fixed_output, nullptr, place, length, 0};
}
inline Argument number(std::int64_t value) { return {Argument::Kind::number, nullptr, nullptr, 0, value}; }

}  // namespace keten::native
#endif

namespace keten::abi {

#ifdef __wasm__
#define KETEN_IMPORT(name) __attribute__((import_module("keten"), import_name(#name)))
using Size = std::size_t;
namespace raw {
KETEN_IMPORT(block_height) std::int64_t block_height();
KETEN_IMPORT(block_time_ms) std::int64_t block_time_ms();
KETEN_IMPORT(sender_organisation) std::int32_t sender_organisation(void*, Size);
KETEN_IMPORT(sender_key) void sender_key(void*);
KETEN_IMPORT(sender_roles) std::int32_t sender_roles();
KETEN_IMPORT(transaction_id) void transaction_id(void*);
KETEN_IMPORT(arguments) std::int32_t arguments(void*, Size);
KETEN_IMPORT(state_get) std::int32_t state_get(const void*, Size, void*, Size);
KETEN_IMPORT(state_put) void state_put(const void*, Size, const void*, Size);
KETEN_IMPORT(state_delete) void state_delete(const void*, Size);
KETEN_IMPORT(state_next) std::int32_t state_next(const void*, Size, const void*, Size, void*, Size);
KETEN_IMPORT(emit_event) void emit_event(const void*, Size, const void*, Size, const void*, Size);
KETEN_IMPORT(set_result) void set_result(const void*, Size);
KETEN_IMPORT(hash_blake2b) void hash_blake2b(const void*, Size, void*);
KETEN_IMPORT(hash_sha256) void hash_sha256(const void*, Size, void*);
KETEN_IMPORT(verify_ed25519) std::int32_t verify_ed25519(const void*, const void*, const void*, Size);
KETEN_IMPORT(abort) void abort(const void*, Size, const void*, Size);
KETEN_IMPORT(event_get) std::int32_t event_get(const void*, Size, void*, Size);
KETEN_IMPORT(event_count) std::int32_t event_count(const void*, Size);
KETEN_IMPORT(parameter_get) std::int32_t parameter_get(const void*, Size, void*, Size);
KETEN_IMPORT(parameter_count) std::int32_t parameter_count(const void*, Size);
KETEN_IMPORT(agreement_get) std::int32_t agreement_get(const void*, Size, void*, Size);
KETEN_IMPORT(agreement_count) std::int32_t agreement_count(const void*, Size);
KETEN_IMPORT(item_get) std::int32_t item_get(const void*, Size, const void*, Size, void*, Size);
KETEN_IMPORT(item_count) std::int32_t item_count(const void*, Size, const void*, Size);
KETEN_IMPORT(member_get) std::int32_t member_get(const void*, Size, const void*, Size, void*, Size);
KETEN_IMPORT(item_name) std::int32_t item_name(const void*, Size, void*, Size);
KETEN_IMPORT(finding) void finding(const void*, Size, const void*, Size, std::int64_t);
}  // namespace raw
#undef KETEN_IMPORT

// One list for both worlds: what the import gets, and what the native host gets.
#define KETEN_FUNCTION(result, name, parameters, in_wasm, in_native) \
  inline result name parameters { return static_cast<result>(raw::name in_wasm); }
#define KETEN_PROCEDURE(name, parameters, in_wasm, in_native) \
  inline void name parameters { raw::name in_wasm; }
#else
#define KETEN_LIST(...) __VA_ARGS__
#define KETEN_FUNCTION(result, name, parameters, in_wasm, in_native)                       \
  inline result name parameters {                                                          \
    using namespace native; /* NOLINT: the names of kinds of arguments */                  \
    return static_cast<result>(native::host()->call(#name, {KETEN_LIST in_native}));       \
  }
#define KETEN_PROCEDURE(name, parameters, in_wasm, in_native)                              \
  inline void name parameters {                                                            \
    using namespace native; /* NOLINT: the names of kinds of arguments */                  \
    (void)native::host()->call(#name, {KETEN_LIST in_native});                             \
  }
#endif

using Text = std::string_view;
using std::int32_t;
using std::int64_t;
using std::size_t;

KETEN_FUNCTION(int64_t, block_height, (), (), ())
KETEN_FUNCTION(int64_t, block_time_ms, (), (), ())
KETEN_FUNCTION(int32_t, sender_organisation, (void* out, size_t room), (out, room), (output(out, room)))
KETEN_PROCEDURE(sender_key, (void* out), (out), (fixed_output(out, 32)))
KETEN_FUNCTION(int32_t, sender_roles, (), (), ())
KETEN_PROCEDURE(transaction_id, (void* out), (out), (fixed_output(out, 32)))
KETEN_FUNCTION(int32_t, arguments, (void* out, size_t room), (out, room), (output(out, room)))
KETEN_FUNCTION(int32_t, state_get, (Text key, void* out, size_t room), (key.data(), key.size(), out, room),
               (input(key), output(out, room)))
KETEN_PROCEDURE(state_put, (Text key, Text value), (key.data(), key.size(), value.data(), value.size()),
                (input(key), input(value)))
KETEN_PROCEDURE(state_delete, (Text key), (key.data(), key.size()), (input(key)))
KETEN_FUNCTION(int32_t, state_next, (Text first, Text end, void* out, size_t room),
               (first.data(), first.size(), end.data(), end.size(), out, room),
               (input(first), input(end), output(out, room)))
KETEN_PROCEDURE(emit_event, (Text kind, Text subject, Text data),
                (kind.data(), kind.size(), subject.data(), subject.size(), data.data(), data.size()),
                (input(kind), input(subject), input(data)))
KETEN_PROCEDURE(set_result, (Text data), (data.data(), data.size()), (input(data)))
KETEN_PROCEDURE(hash_blake2b, (Text data, void* out), (data.data(), data.size(), out),
                (input(data), fixed_output(out, 32)))
KETEN_PROCEDURE(hash_sha256, (Text data, void* out), (data.data(), data.size(), out),
                (input(data), fixed_output(out, 32)))
KETEN_FUNCTION(int32_t, verify_ed25519, (const void* key, const void* signature, Text message),
               (key, signature, message.data(), message.size()),
               (fixed_input(key, 32), fixed_input(signature, 64), input(message)))
KETEN_PROCEDURE(abort, (Text code, Text message), (code.data(), code.size(), message.data(), message.size()),
                (input(code), input(message)))

// Of a rule.
KETEN_FUNCTION(int32_t, event_get, (Text path, void* out, size_t room), (path.data(), path.size(), out, room),
               (input(path), output(out, room)))
KETEN_FUNCTION(int32_t, event_count, (Text path), (path.data(), path.size()), (input(path)))
KETEN_FUNCTION(int32_t, parameter_get, (Text path, void* out, size_t room), (path.data(), path.size(), out, room),
               (input(path), output(out, room)))
KETEN_FUNCTION(int32_t, parameter_count, (Text path), (path.data(), path.size()), (input(path)))
KETEN_FUNCTION(int32_t, agreement_get, (Text path, void* out, size_t room), (path.data(), path.size(), out, room),
               (input(path), output(out, room)))
KETEN_FUNCTION(int32_t, agreement_count, (Text path), (path.data(), path.size()), (input(path)))
KETEN_FUNCTION(int32_t, item_get, (Text item, Text path, void* out, size_t room),
               (item.data(), item.size(), path.data(), path.size(), out, room),
               (input(item), input(path), output(out, room)))
KETEN_FUNCTION(int32_t, item_count, (Text item, Text path), (item.data(), item.size(), path.data(), path.size()),
               (input(item), input(path)))
KETEN_FUNCTION(int32_t, member_get, (Text organisation, Text path, void* out, size_t room),
               (organisation.data(), organisation.size(), path.data(), path.size(), out, room),
               (input(organisation), input(path), output(out, room)))
KETEN_FUNCTION(int32_t, item_name, (Text uri, void* out, size_t room), (uri.data(), uri.size(), out, room),
               (input(uri), output(out, room)))
KETEN_PROCEDURE(finding, (Text code, Text message, int64_t deadline_ms),
                (code.data(), code.size(), message.data(), message.size(), deadline_ms),
                (input(code), input(message), number(deadline_ms)))

#undef KETEN_FUNCTION
#undef KETEN_PROCEDURE
#undef KETEN_LIST

}  // namespace keten::abi
