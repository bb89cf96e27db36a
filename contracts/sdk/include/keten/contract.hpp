#pragma once
// Contracts and rules for the Keten ledger in C++20. docs/contracts-guide.md goes from nothing to a tested rule.
//
//   void on_event(const keten::Rule& rule) { ... rule.finding("too_warm", "..."); }
//   KETEN_RULES("cold-chain", "1.0.0", on_event)
//
//   class Deliveries { public: void ship(keten::Tx& tx, const Ship& message); };
//   KETEN_CONTRACT(Deliveries, "deliveries", "1.0.0", ship)

#include <keten/parameters.hpp>
#include <keten/rule.hpp>

namespace keten::detail {

inline std::string read_arguments() {
  return *ask([](void* out, std::size_t room) { return abi::arguments(out, room); });
}

template <typename Function>
struct Method;
template <typename Class, typename Result, typename Argument>
struct Method<Result (Class::*)(Tx&, const Argument&)> {
  using Given = Result;
  using Taken = Argument;
};
template <typename Class, typename Result>
struct Method<Result (Class::*)(Tx&)> {
  using Given = Result;
  using Taken = Nothing;
};
template <typename Class, typename Result, typename Argument>
struct Method<Result (Class::*)(Tx&, const Argument&) const> : Method<Result (Class::*)(Tx&, const Argument&)> {};
template <typename Class, typename Result>
struct Method<Result (Class::*)(Tx&) const> : Method<Result (Class::*)(Tx&)> {};

template <typename Class, typename Function>
void run_method(Function function) {
  using Taken = typename Method<Function>::Taken;
  using Given = typename Method<Function>::Given;
  Class contract;
  Tx tx;
  const auto invoke = [&]() -> Given {
    if constexpr (std::is_invocable_v<Function, Class&, Tx&>) {
      return (contract.*function)(tx);
    } else {
      return (contract.*function)(tx, decode<Taken>(read_arguments(), "arguments_invalid"));
    }
  };
  if constexpr (std::is_void_v<Given>) {
    invoke();
  } else {
    abi::set_result(encode(invoke()));
  }
}

template <typename Function>
void describe_method(std::string& out, std::string_view name) {
  using Taken = typename Method<Function>::Taken;
  using Given = typename Method<Function>::Given;
  if (out.back() != '{') { out += ','; }
  write_string(out, name);
  out += R"(:{"arguments":)";
  describe<Taken>(out);
  if constexpr (!std::is_void_v<Given>) {
    out += R"(,"result":)";
    describe<Given>(out);
  }
  out += '}';
}

inline void describe_tail(std::string& out, std::string_view name, std::string_view version) {
  out += R"(,"name":)";
  write_string(out, name);
  out += R"(,"version":)";
  write_string(out, version);
  out += '}';
  abi::set_result(out);
}

}  // namespace keten::detail

#ifdef __wasm__
#define KETEN_EXPORT(name, ...)                                           \
  extern "C" __attribute__((export_name(#name))) void keten_export_##name(); \
  extern "C" void keten_export_##name() { __VA_ARGS__; }
#else
#define KETEN_EXPORT(name, ...)                                                                      \
  static void keten_export_##name() { __VA_ARGS__; }                                                 \
  static const ::keten::native::Registration keten_registration_##name{#name, &keten_export_##name};
#endif

#define KETEN_RULE_ENTRY(name) KETEN_EXPORT(name, const ::keten::Rule keten_rule; ::name(keten_rule))
#define KETEN_RULE_NAME(name) keten_text += keten_text.back() == '[' ? "\"" #name "\"" : ",\"" #name "\"";
/// `keten_describe` answers names and types as JSON, so that tools need no source.
#define KETEN_RULES(NAME, VERSION, ...)                       \
  KETEN_AT_MOST_64("rules of a module:", __VA_ARGS__)         \
  KETEN_EACH(KETEN_RULE_ENTRY, __VA_ARGS__)                   \
  KETEN_EXPORT(keten_describe, std::string keten_text = R"({"abi":"keten_abi_1","methods":{},"rules":[)"; \
               KETEN_EACH(KETEN_RULE_NAME, __VA_ARGS__) keten_text += ']'; \
               ::keten::detail::describe_tail(keten_text, NAME, VERSION))

#define KETEN_METHOD_ENTRY(name) \
  KETEN_EXPORT(name, ::keten::detail::run_method<KetenContract>(&KetenContract::name))
#define KETEN_METHOD_NAME(name) \
  ::keten::detail::describe_method<decltype(&KetenContract::name)>(keten_text, #name);
/// A method is `void|Result name(keten::Tx&)` or `void|Result name(keten::Tx&, const Message&)`. The class is made anew for
/// each call: what should stay goes into a Map or Cell.
#define KETEN_CONTRACT(CLASS, NAME, VERSION, ...)             \
  KETEN_AT_MOST_64("methods of a contract:", __VA_ARGS__)     \
  using KetenContract = CLASS;                                \
  KETEN_EACH(KETEN_METHOD_ENTRY, __VA_ARGS__)                 \
  KETEN_EXPORT(keten_describe, std::string keten_text = R"({"abi":"keten_abi_1","methods":{)"; \
               KETEN_EACH(KETEN_METHOD_NAME, __VA_ARGS__) keten_text += R"(},"rules":[])"; \
               ::keten::detail::describe_tail(keten_text, NAME, VERSION))
