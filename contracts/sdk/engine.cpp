#include "contracts/sdk/engine.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "contracts/overlay.h"
#include "contracts/production/document.h"
#include "contracts/production/entity.h"
#include "contracts/production/event_record.h"
#include "contracts/production/production_contract.h"
#include "contracts/rule_views.h"
#include "core/limits.h"

namespace keten::sdk {
namespace {

constexpr std::uint64_t kFuel = limits::kFuelPerTransactionMax;
constexpr std::uint64_t kCaptureFuel = 10'000'000'000;
constexpr std::string_view kContract = "test";

Frame refused(const Error& error) { return {"error", error.reason, error.message}; }
Frame wrong(std::string message) { return {"error", "ENGINE_REQUEST", std::move(message)}; }

std::optional<std::int64_t> integer(std::string_view text) {
  std::int64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc{} || end.ptr != text.data() + text.size()) { return std::nullopt; }
  return value;
}

}  // namespace

class Engine::State final : public contracts::StateReader {
 public:
  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override {
    const auto found = rows.find(to_bytes(key));
    return found == rows.end() ? std::nullopt : std::optional(found->second);
  }
  void scan(ByteView first, ByteView end, const Visit& visit) const override {
    for (auto row = rows.lower_bound(to_bytes(first)); row != rows.end(); ++row) {
      if (!end.empty() && !contracts::key_less(row->first, end)) { return; }
      if (!visit(row->first, row->second)) { return; }
    }
  }
  void keep(const contracts::WriteSet& writes) {
    for (const auto& [key, value] : writes) {
      if (value) {
        rows[key] = *value;
      } else {
        rows.erase(key);
      }
    }
  }
  std::map<Bytes, Bytes> rows;
};

class Engine::Input final : public contracts::guest::RuleInput {
 public:
  Input(const Engine& engine, json::Value event) : engine_(engine), event_(std::move(event)) {}
  const json::Value& event() override { return event_; }
  const json::Value& parameters() override { return engine_.parameters_; }
  const json::Value& agreement() override { return engine_.agreement_; }
  Look item(std::string_view item) override {
    const auto key = production::entity_key(item);
    const auto known = items_.find(key);
    if (known != items_.end()) { return {known->second ? &*known->second : nullptr, false}; }
    auto& place = items_[key];
    if (auto view = contracts::item_view(*engine_.state_, key)) { place = std::move(view->value); }
    return {place ? &*place : nullptr, true};
  }
  Look member(std::string_view organisation) override {
    const auto found = engine_.members_.find(organisation);
    const bool first = asked_.insert_or_assign(std::string(organisation), true).second;
    return {found == engine_.members_.end() ? nullptr : &found->second, first};
  }

 private:
  const Engine& engine_;
  json::Value event_;
  std::map<std::string, std::optional<json::Value>> items_;
  std::map<std::string, bool> asked_;
};

/// A native call that has begun and not ended, and all it needs to be made again in the virtual machine.
struct Engine::Call {
  Call(const Engine& engine, contracts::BlockContext at, std::string sender, std::string entry_, Bytes arguments_,
       std::optional<json::Value> event)
      : block(at), entry(std::move(entry_)), arguments(std::move(arguments_)) {
    transaction.body.organisation = sender;
    transaction.body.contract = kContract;
    transaction.id.bytes.fill(static_cast<std::uint8_t>(block.height.value));
    caller = {.organisation = std::move(sender), .key = {}, .roles = Roles{Role::submitter}, .user = {}};
    if (event) {
      native_input = std::make_unique<Input>(engine, *event);
      module_input = std::make_unique<Input>(engine, *std::move(event));
      native_rule = std::make_unique<contracts::guest::RuleCall>(*native_input);
    }
    context = std::make_unique<contracts::Context>(block, transaction, caller, 0, *engine.state_, kFuel);
    request = {.method = entry, .arguments = arguments, .fuel_max = kFuel, .rule = native_rule.get()};
    host = contracts::guest::host_of(*context, request, limits);
  }

  contracts::BlockContext block;
  std::string entry;
  Bytes arguments;
  Transaction transaction;
  contracts::Caller caller;
  contracts::guest::Limits limits;
  std::unique_ptr<Input> native_input;
  std::unique_ptr<Input> module_input;
  std::unique_ptr<contracts::guest::RuleCall> native_rule;
  std::unique_ptr<contracts::Context> context;
  contracts::guest::Request request;
  std::unique_ptr<contracts::guest::CallHost> host;
  std::optional<Error> ended;  ///< by a host function
};

Engine::Engine(vm::Module module) : module_(std::move(module)), state_(std::make_unique<State>()) {}
Engine::~Engine() = default;

contracts::BlockContext Engine::next_block() {
  ++height_;
  return {.chain_id = {}, .height = Height{height_}, .time = time_};
}

Frame Engine::answer(const Frame& request) {
  if (request.empty()) { return wrong("expected the name of a request, found nothing"); }
  const auto& name = request.front();
  const auto has = [&](std::size_t values) { return request.size() == values + 1; };
  if (name == "new" && has(0)) {
    call_.reset();
    *state_ = State();
    members_.clear();
    parameters_ = json::Value::object();
    agreement_ = json::Value::object();
    height_ = 0;
    return {"ok"};
  }
  if (name == "time" && has(1)) {
    const auto time = integer(request[1]);
    if (!time || *time < 0) { return wrong("expected milliseconds since 1970"); }
    time_ = static_cast<Milliseconds>(*time);
    return {"ok"};
  }
  if (name == "member" && has(1)) {
    members_[request[1]] = json::Value::object()
                               .set("name", json::Value::string(request[1]))
                               .set("member", json::Value::boolean(true))
                               .set("joined", json::Value::number(std::int64_t{0}));
    return {"ok"};
  }
  if ((name == "parameters" || name == "agreement") && has(1)) {
    auto value = json::parse(request[1]);
    if (!value) { return refused(value.error()); }
    (name == "parameters" ? parameters_ : agreement_) = *std::move(value);
    return {"ok"};
  }
  if (name == "split" && has(1)) { return split(request[1]); }
  if (name == "capture" && has(2)) { return capture(request); }
  if (name == "begin" && has(4)) { return begin(request); }
  if (name == "host" && request.size() >= 2) { return host(request); }
  if (name == "end" && has(0)) { return end(); }
  if (name == "state" && has(0)) {
    Frame all = {"ok"};
    const auto prefix = to_bytes(std::string(kContract) + "/");
    const auto behind = to_bytes(std::string(kContract) + "0");
    state_->scan(prefix, behind, [&](ByteView key, ByteView value) {
      all.push_back(to_text(key.subspan(prefix.size())));
      all.push_back(to_text(value));
      return true;
    });
    return all;
  }
  return wrong(fmt::format("unknown request {} with {} values", name, request.size() - 1));
}

Frame Engine::split(const std::string& document) const {
  const auto value = json::parse(document);
  if (!value) { return refused(value.error()); }
  const auto* body = value->find("epcisBody");
  const auto* list = body == nullptr ? nullptr : body->find("eventList");
  if (list == nullptr || !list->is(json::Kind::array)) { return {"ok", document}; }
  Frame all = {"ok"};
  for (const auto& event : list->items()) {
    auto one = *value;
    one.set("epcisBody", json::Value::object().set("eventList", json::Value::array().push(event)));
    all.push_back(json::serialize(one));
  }
  return all;
}

Frame Engine::capture(const Frame& request) {
  Transaction transaction;
  transaction.body.organisation = request[1];
  transaction.body.contract = "production";
  transaction.body.method = "capture";
  transaction.body.arguments =
      production::encode({.behaviour = production::ErrorBehaviour::rollback, .profile = production::Profile::lenient});
  transaction.payloads.push_back({{}, to_bytes(request[2])});
  const auto block = next_block();
  for (std::size_t i = 0; i < 8; ++i) {
    transaction.id.bytes.at(i) = static_cast<std::uint8_t>(block.height.value >> (8 * i));
  }
  const contracts::Caller caller{request[1], {}, Roles{Role::submitter}, {}};
  contracts::Context context(block, transaction, caller, 0, *state_, kCaptureFuel);
  const production::ProductionContract contract;
  if (const auto checked = contract.check(transaction); !checked) { return refused(checked.error()); }
  try {
    if (const auto done = contract.execute(context); !done) { return refused(done.error()); }
    context.write_heads();
  } catch (const contracts::Abort& abort) { return refused(abort.error); }
  state_->keep(context.writes());
  return {"ok"};
}

Frame Engine::begin(const Frame& request) {
  const bool judges = request[1] == "judge";
  if (!judges && request[1] != "call") { return wrong("expected judge or call"); }
  std::optional<json::Value> event;
  Bytes arguments;
  if (judges) {
    const auto document = production::read_document(request[4], production::Profile::lenient);
    if (!document) { return refused(document.error()); }
    if (document->events.size() != 1) {
      return wrong(fmt::format("expected a document with one event, found {}", document->events.size()));
    }
    // A declaration of error says that something is not so: no rule stands in its way.
    if (document->events.front().declares_error()) { return {"ok", "not asked"}; }
    const auto& judged = document->events.front();
    event = contracts::event_view(judged, judged.id.empty() ? production::assigned_event_id({}, 0) : judged.id);
  } else {
    arguments = to_bytes(request[4]);
  }
  call_ = std::make_unique<Call>(*this, next_block(), request[2], request[3], std::move(arguments), std::move(event));
  return {"ok"};
}

/// Arguments: `i` and bytes that go in with their length, `f` and bytes that go in, `o` or `x` and the room (decimal) for what
/// comes out with or without its length, `n` and a number.
Frame Engine::host(const Frame& request) {
  if (!call_) { return wrong("expected begin before host"); }
  const auto offers = contracts::guest::offers();
  const auto offer =
      std::find_if(offers.begin(), offers.end(), [&](const vm::Offer& one) { return one.name == request[1]; });
  if (offer == offers.end()) { return wrong("no host function " + request[1]); }
  // The guest's memory for this one call: its inputs and outputs behind each other.
  Bytes memory(8);
  std::vector<std::uint64_t> arguments;
  struct Place {
    std::size_t first;
    std::size_t length;
  };
  std::vector<Place> outputs;
  for (std::size_t i = 2; i < request.size(); ++i) {
    if (request[i].empty()) { return wrong("an empty argument"); }
    const char kind = request[i].front();
    const auto content = std::string_view(request[i]).substr(1);
    if (kind == 'i' || kind == 'f') {
      arguments.push_back(memory.size());
      if (kind == 'i') { arguments.push_back(content.size()); }
      memory.insert(memory.end(), content.begin(), content.end());
      continue;
    }
    const auto number = integer(content);
    if (!number) { return wrong("expected a number"); }
    if (kind == 'n') {
      arguments.push_back(static_cast<std::uint64_t>(*number));
      continue;
    }
    const auto room = static_cast<std::size_t>(std::clamp<std::int64_t>(*number, 0, 4 << 20));
    outputs.push_back({memory.size(), room});
    arguments.push_back(memory.size());
    if (kind == 'o') { arguments.push_back(room); }
    memory.resize(memory.size() + room);
  }
  if (arguments.size() != offer->type.parameters.size()) {
    return wrong("wrong number of arguments for " + request[1]);
  }
  std::vector<std::uint8_t> dirty((memory.size() >> vm::kGranuleShift) + 1);
  vm::Machine machine;
  machine.memory = memory.data();
  machine.memory_bytes = memory.size();
  machine.dirty = dirty.data();
  machine.fuel = static_cast<std::int64_t>(call_->context->fuel_left());
  vm::HostCall guest(machine, arguments);
  auto result = call_->host->call(static_cast<std::uint32_t>(offer - offers.begin()), guest);
  switch (result.kind) {
    case vm::HostResult::Kind::value: break;
    case vm::HostResult::Kind::trap:
      call_->ended = failure(ErrorKind::refused, "CONTRACT_TRAP", std::string(vm::name_of(result.trapped)));
      break;
    case vm::HostResult::Kind::out_of_fuel:
      call_->ended = failure(ErrorKind::refused, "CONTRACT_OUT_OF_FUEL", "the host functions alone cost too much");
      break;
    case vm::HostResult::Kind::error: call_->ended = *result.failure; break;
    case vm::HostResult::Kind::pause: CHECK(false);  // only what keeps the beginnings of calls asks for it
  }
  if (call_->ended) { return {"ended"}; }
  const bool wide = offer->type.result == vm::ValueType::i64;
  const auto value = wide ? static_cast<std::int64_t>(result.value)
                          : std::int64_t{static_cast<std::int32_t>(static_cast<std::uint32_t>(result.value))};
  Frame answer = {"ok", std::to_string(value)};
  for (const auto& place : outputs) { answer.push_back(to_text(ByteView(memory).subspan(place.first, place.length))); }
  return answer;
}

Engine::Outcome Engine::run_module(Call& call) {
  Outcome outcome;
  contracts::Context context(call.block, call.transaction, call.caller, 0, *state_, kFuel);
  vm::Instance instance(module_);
  const auto note = [&](const Error& error) {
    outcome.ending = error.reason;
    outcome.message = error.message;
  };
  if (call.module_input) {
    auto found = contracts::guest::judge(
        context, instance, {.entry = call.entry, .input = *call.module_input, .fuel_max = kFuel}, call.limits);
    if (found) {
      outcome.findings = *std::move(found);
    } else {
      note(found.error());
    }
  } else {
    auto result = contracts::guest::call(
        context, instance, {.method = call.entry, .arguments = call.arguments, .fuel_max = kFuel}, call.limits);
    if (result) {
      outcome.result = *std::move(result);
    } else {
      note(result.error());
    }
  }
  outcome.fuel = kFuel - context.fuel_left();
  if (outcome.ending == "returned") {
    outcome.events = context.events();
    outcome.writes = context.writes();
  }
  return outcome;
}

Frame Engine::end() {
  if (!call_) { return wrong("expected begin before end"); }
  const auto call = std::move(call_);
  Outcome native;
  if (call->ended) {
    native.ending = call->ended->reason;
    native.message = call->ended->message;
  } else {
    native.result = call->host->result;
    native.events = call->context->events();
    native.writes = call->context->writes();
    if (call->native_rule) { native.findings = call->native_rule->findings; }
  }
  const auto outcome = run_module(*call);

  std::string difference;
  const auto same_event = [](const contracts::ContractEvent& left, const contracts::ContractEvent& right) {
    return left.kind == right.kind && left.subject == right.subject && left.data == right.data;
  };
  const auto codes = [](const std::vector<contracts::guest::RuleFinding>& findings) {
    std::string all;
    for (const auto& one : findings) { all += fmt::format(" {} ({})", one.code, one.message); }
    return all.empty() ? std::string(" none") : all;
  };
  if (native.ending != outcome.ending || native.message != outcome.message) {
    difference = fmt::format("ended natively with {} {}, in the virtual machine with {} {}", native.ending,
                             native.message, outcome.ending, outcome.message);
  } else if (native.findings != outcome.findings) {
    difference =
        fmt::format("findings natively:{}; in the virtual machine:{}", codes(native.findings), codes(outcome.findings));
  } else if (native.result != outcome.result) {
    difference = fmt::format("the result is natively {}, in the virtual machine {}", as_text(native.result),
                             as_text(outcome.result));
  } else if (native.writes != outcome.writes) {
    difference = "the state differs";
  } else if (!std::equal(native.events.begin(), native.events.end(), outcome.events.begin(), outcome.events.end(),
                         same_event)) {
    difference = "the emitted events differ";
  }
  state_->keep(outcome.writes);

  Frame answer = {"ok",
                  std::move(difference),
                  outcome.ending,
                  outcome.message,
                  to_text(outcome.result),
                  std::to_string(outcome.fuel)};
  answer.push_back(std::to_string(outcome.findings.size()));
  for (const auto& one : outcome.findings) {
    answer.insert(answer.end(), {one.code, one.message, std::to_string(one.deadline)});
  }
  answer.push_back(std::to_string(outcome.events.size()));
  for (const auto& one : outcome.events) {
    answer.insert(answer.end(), {one.kind.substr(kContract.size() + 1), one.subject, to_text(one.data)});
  }
  return answer;
}

}  // namespace keten::sdk
