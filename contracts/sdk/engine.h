#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contracts/contract.h"
#include "contracts/guest_functions.h"
#include "contracts/rule_functions.h"
#include "contracts/sdk/frames.h"
#include "contracts/vm/machine.h"
#include "contracts/vm/module.h"
#include "core/json.h"

namespace keten::sdk {

/// The ledger's side of one native test: events recorded by the production contract over a state in memory, and each call of the
/// tested contract or rule made twice on equal state: natively, with the ledger's own host functions behind every
/// import, and as WebAssembly in the ledger's virtual machine. What the second gives is kept; a difference is told.
///
/// `answer` takes one request, the name first, and gives `ok` and its values, or `error`, reason, message:
///   new                                     an empty ledger
///   time <ms>                               of the next block
///   member <name>                           known to member_get
///   parameters <json>, agreement <json>     of the rule
///   split <document>                        the document's events, each as a document of its own
///   capture <organisation> <document>       recorded before what is tested
///   begin judge|call <organisation> <entry> <document with one event | arguments>     `not asked`: no rule judges it
///   host <function> <argument>...           arguments as in host()
///   end                                     of the native call: both outcomes are compared; answers an outcome
///   state                                   keys and values of the contract, in order
/// An outcome: native and VM equal: `` or the difference; `returned` or the reason; message; result; fuel; number of findings, for
/// each code, message, deadline; number of events, for each kind, subject, data.
class Engine {
 public:
  explicit Engine(vm::Module module);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  [[nodiscard]] Frame answer(const Frame& request);

 private:
  struct Call;
  struct Outcome {
    std::string ending = "returned";  ///< or the reason
    std::string message;
    Bytes result;
    std::vector<contracts::guest::RuleFinding> findings;
    std::vector<contracts::ContractEvent> events;
    contracts::WriteSet writes;
    std::uint64_t fuel = 0;
  };

  class State;
  class Input;

  Frame capture(const Frame& request);
  Frame begin(const Frame& request);
  Frame host(const Frame& request);
  Frame end();
  Frame split(const std::string& document) const;
  Outcome run_module(Call& call);
  contracts::BlockContext next_block();

  vm::Module module_;
  std::unique_ptr<State> state_;
  std::map<std::string, json::Value, std::less<>> members_;
  json::Value parameters_ = json::Value::object();
  json::Value agreement_ = json::Value::object();
  std::uint64_t height_ = 0;
  Milliseconds time_ = 1'767'225'600'000;  ///< 2026-01-01
  std::unique_ptr<Call> call_;
};

}  // namespace keten::sdk
