#include "tests/scenarios/network.h"

#include <algorithm>
#include <ranges>
#include <stdexcept>

#include "consensus/recovery.h"

namespace keten::scenarios {

using consensus::Effects;
using consensus::Engine;

namespace {

constexpr std::uint64_t kDiskMs = 1;
constexpr std::uint64_t kCheckMs = 1;
constexpr std::uint64_t kTickMs = 5;
constexpr std::uint64_t kBlockIntervalMs = 50;
constexpr std::uint64_t kSyncGap = 3;  ///< blocks behind a peer that make block sync begin
constexpr Milliseconds kEpochStart = 1'000'000;

void require(bool holds, const std::string& what) {
  if (!holds) { throw std::logic_error("invariant broken: " + what); }
}

Hash state_root_after(Height height) {
  return height.value == 0 ? Hash{} : Hasher("keten/test/state").number(height.value).finish();
}

}  // namespace

Network::Network(std::size_t validators, std::size_t spares) {
  const consensus::Elector elector(test_chain(), Epoch{0}, validators);
  auto founders = cheap_validators(validators).members();
  nodes_.resize(validators + spares);
  Members first;
  first.numbers.resize(validators);
  for (std::size_t number = 0; number < nodes_.size(); ++number) {
    const auto key = number < validators ? elector.leader(View{number + 1}).value : static_cast<std::uint16_t>(number);
    nodes_[number].key = key;
    if (number >= validators) { continue; }
    founders[key].organisation = "validator";
    founders[key].node = std::to_string(number);
    founders[key].number = NodeNumber{static_cast<std::uint16_t>(number)};
    first.numbers[key] = number;
  }
  for (std::uint16_t key = 0; key < validators; ++key) { first.signers.emplace_back(ValidatorIndex{key}); }
  first.set = ValidatorSet(std::move(founders));
  epochs_.push_back(std::move(first));
}

void Network::agree_next(Height ready, const std::vector<std::size_t>& numbers, const std::set<std::size_t>& rotated) {
  Members next;
  next.ready = ready;
  std::vector<Validator> set;
  for (const auto number : numbers) {
    auto& one = node(number);
    if (rotated.contains(number)) { one.key = static_cast<std::uint16_t>(one.key + 100); }
    // Who says before the epoch that it is ready for it has signed nothing in it.
    if (rotated.contains(number) || !index_of(Epoch{epochs_.size() - 1}, number)) { one.ready_key = one.key; }
    set.push_back({.organisation = "validator",
                   .node = std::to_string(number),
                   .key = cheap_key(one.key),
                   .weight = 1,
                   .number = {static_cast<std::uint16_t>(number)}});
    next.numbers.push_back(number);
    next.signers.emplace_back(ValidatorIndex{one.key});
  }
  next.set = ValidatorSet(std::move(set));
  epochs_.push_back(std::move(next));
}

bool Network::may_be_ready(const std::vector<std::size_t>& members, const std::set<std::size_t>& rotated) const {
  std::size_t ready = 0;
  for (const auto number : members) {
    const auto& journal = nodes_[number].journal;
    const auto last = std::find_if(journal.rbegin(), journal.rend(), [](const auto& record) {
      return std::holds_alternative<consensus::Quarantine>(record) ||
             std::holds_alternative<consensus::Readmission>(record);
    });
    const bool is_in_quarantine = last != journal.rend() && std::holds_alternative<consensus::Quarantine>(*last);
    const bool joins = rotated.contains(number) || !index_of(Epoch{epochs_.size() - 1}, number);
    if (joins || (!journal.empty() && !is_in_quarantine)) { ++ready; }
  }
  return ready * 3 > members.size() * 2;
}

std::optional<ValidatorIndex> Network::index_of(Epoch epoch, std::size_t number) const {
  return members(epoch).set.find(NodeNumber{static_cast<std::uint16_t>(number)});
}

const CheapSigner* Network::signer(const Node& which) const {
  const auto index = index_of(which.epoch, number(which));
  return index ? &members(which.epoch).signers[index->value] : nullptr;
}

SetId Network::next_set(const BlockHeader& parent, Epoch epoch, Height executed) const {
  if (epoch.value + 1 >= epochs_.size()) { return {}; }
  const auto& next = epochs_[epoch.value + 1];
  const bool was_ready = parent.epoch == epoch && parent.executed_height >= next.ready;
  return executed >= next.ready && !was_ready ? next.set.id() : SetId{};
}

Network::~Network() = default;

consensus::Now Network::now(const Node& which) const {
  const auto wall = static_cast<std::int64_t>(kEpochStart + now_ms_) + which.clock_offset_ms;
  return {.steady_ms = now_ms_, .wall_ms = static_cast<Milliseconds>(std::max<std::int64_t>(wall, 0))};
}

consensus::Config Network::config(const Node& which) const {
  consensus::Config result;
  result.chain_id = test_chain();
  result.epoch = which.epoch;
  result.validators = members(which.epoch).set;
  result.self = index_of(which.epoch, number(which));
  result.timing = timing;
  return result;
}

// Life and death

consensus::Recovered Network::recover(Node& which) const {
  consensus::Recovered result;
  result.floor = genesis_floor();
  result.floor_header = test_genesis();
  for (const auto& record : which.journal) {
    const auto* floor = std::get_if<consensus::Floor>(&record);
    if (floor == nullptr || floor->finalization.subject.epoch > which.epoch) { continue; }
    result.floor = *floor;
    result.floor_header = which.blocks.at(floor->block);
  }
  consensus::read_past(which.journal, result);
  result.is_fresh = which.journal.empty();
  result.is_alone = which.is_alone;
  if (which.ready_key) { result.unused_key = cheap_key(*which.ready_key); }
  result.nonce = Hasher("keten/test/nonce").number(which.key).number(which.life).finish();
  if (result.floor_header.epoch < which.epoch) { result.floor.view = View{0}; }
  const auto is_above = [&](const Subject& subject) {
    return subject.epoch == which.epoch && subject.view > result.floor.view;
  };
  for (const auto& record : which.journal) {
    if (const auto* vote = std::get_if<consensus::OwnVote>(&record)) {
      if (is_above(vote->vote.subject)) { result.votes.push_back(*vote); }
    } else if (const auto* held = std::get_if<consensus::HeldCertificate>(&record)) {
      if (is_above(held->certificate.subject)) { result.certificates.push_back(held->certificate); }
    }
  }
  for (const auto& [id, header] : which.blocks) {
    if (header.height > result.floor.height) { result.stored.push_back(header); }
  }
  return result;
}

void Network::start() {
  for (std::size_t number = 0; number < size(); ++number) { boot(number); }
  for (std::size_t left = 0; left < size(); ++left) {
    for (std::size_t right = left + 1; right < size(); ++right) { connect(left, right); }
  }
  housekeeping();
}

void Network::boot(std::size_t number) {
  auto& one = node(number);
  // What was executed says which epoch it is.
  one.epoch = {};
  for (const auto& [epoch, header] : sealing_) {
    if (header.height <= one.executed) { one.epoch = epoch.next(); }
  }
  auto recovered = recover(one);
  one.delivered = recovered.floor.height;
  one.allowed = false;
  one.build.reset();
  one.early.clear();
  one.booted_ms = now_ms_;
  ++one.life;
  const auto floor_header = recovered.floor_header;
  one.engine = std::make_unique<Engine>(config(one), signer(one), std::move(recovered));
  carry_out(number, one.engine->start(now(one)));
  at_node(number, 0, [&one, this](Engine& engine) { return engine.on_executed(one.delivered, now(one)); });
  at_node(number, 0, [&one, this](Engine& engine) { return engine.on_work(one.pending > 0, now(one)); });
  if (one.delivered > one.executed) { execute(number, floor_header); }
}

void Network::begin_epoch(std::size_t number) {
  auto& one = node(number);
  const auto sealed = one.engine->floor();
  const bool durable = std::ranges::any_of(one.journal, [&](const auto& record) {
    const auto* floor = std::get_if<consensus::Floor>(&record);
    return floor != nullptr && floor->block == sealed.block && floor->finalization.subject.epoch == one.epoch;
  });
  require(one.engine->sealed() && durable,
          std::to_string(number) + " begins an epoch only behind a durable finalization of the sealing block");
  one.epoch = one.epoch.next();
  auto recovered = recover(one);
  require(recovered.floor.block == sealed.block && recovered.floor.view == View{0}, "an epoch begins on its floor");
  one.build.reset();
  one.engine = std::make_unique<Engine>(config(one), signer(one), std::move(recovered));
  carry_out(number, one.engine->start(now(one)));
  if (one.allowed) { carry_out(number, one.engine->allow_votes(now(one))); }
  carry_out(number, one.engine->on_executed(one.delivered, now(one)));
  carry_out(number, one.engine->on_work(one.pending > 0, now(one)));
  for (auto& [from, message] : std::exchange(one.early, {})) { receive(from, number, std::move(message)); }
}

void Network::execute(std::size_t number, const BlockHeader& header) {
  const auto& which = node(number);
  at(which.execute_ms + 2 * kDiskMs, [this, number, life = which.life, header] {
    auto& one = node(number);
    if (one.life != life || !one.engine) { return; }
    one.executed = std::max(one.executed, header.height);
    carry_out(number, one.engine->on_executed(one.executed, now(one)));
    if (one.engine->sealed() && one.engine->floor().height <= one.executed) { begin_epoch(number); }
  });
}

void Network::crash(std::size_t number) {
  node(number).engine.reset();
  ++node(number).life;
}

void Network::restart(std::size_t number) {
  crash(number);
  boot(number);
  for (std::size_t other = 0; other < size(); ++other) {
    if (other != number) { connect(number, other); }
  }
}

void Network::forget_journal(std::size_t number) {
  auto& one = node(number);
  std::vector<consensus::JournalRecord> left{consensus::Quarantine{.cause = consensus::QuarantineCause::journal_lost}};
  // What is executed is known from the database.
  for (const auto& record : one.journal) {
    if (std::holds_alternative<consensus::Floor>(record)) { left.push_back(record); }
  }
  one.journal = std::move(left);
}

void Network::wipe(std::size_t number) {
  node(number).journal.clear();
  node(number).blocks.clear();
}

void Network::back_up(std::size_t number) {
  auto& one = node(number);
  one.journal_copy = one.journal;
  one.blocks_copy = one.blocks;
}

void Network::restore(std::size_t number) {
  auto& one = node(number);
  one.journal = one.journal_copy;
  one.blocks = one.blocks_copy;
}

void Network::recover_votes(std::size_t number) {
  node(number).is_alone = true;
  restart(number);
  node(number).is_alone = false;
}

void Network::connect(std::size_t left, std::size_t right) {
  if (!is_connected(left, right)) { return; }
  for (const auto& [self, peer] : {std::pair{left, right}, std::pair{right, left}}) {
    auto& one = node(self);
    at_node(self, latency_ms_, [&one, other = peer, this](Engine& engine) {
      const auto index = index_of(one.epoch, other);
      return index ? engine.on_peer_connected(*index, now(one)) : Effects{};
    });
  }
}

void Network::partition(std::vector<std::set<std::size_t>> groups) { groups_ = std::move(groups); }

void Network::heal() {
  const auto was = groups_;
  groups_.clear();
  for (std::size_t left = 0; left < size(); ++left) {
    for (std::size_t right = left + 1; right < size(); ++right) {
      const bool was_together = was.empty() || std::any_of(was.begin(), was.end(), [&](const auto& group) {
                                  return group.contains(left) && group.contains(right);
                                });
      if (!was_together) { connect(left, right); }
    }
  }
}

bool Network::is_connected(std::size_t left, std::size_t right) const {
  if (!nodes_[left].engine || !nodes_[right].engine) { return false; }
  return groups_.empty() || std::any_of(groups_.begin(), groups_.end(), [&](const auto& group) {
           return group.contains(left) && group.contains(right);
         });
}

// Time

void Network::at(std::uint64_t delay_ms, std::function<void()> action) {
  queue_.emplace(std::pair{now_ms_ + delay_ms, ++sequence_}, std::move(action));
}

void Network::at_node(std::size_t number, std::uint64_t delay_ms, std::function<Effects(Engine&)> action) {
  at(delay_ms, [this, number, life = node(number).life, epoch = node(number).epoch, action = std::move(action)] {
    auto& one = node(number);
    if (one.life == life && one.epoch == epoch && one.engine) { carry_out(number, action(*one.engine)); }
  });
}

void Network::advance(std::uint64_t duration_ms) {
  const auto end_ms = now_ms_ + duration_ms;
  while (!queue_.empty() && queue_.begin()->first.first <= end_ms) {
    auto first = queue_.extract(queue_.begin());
    now_ms_ = first.key().first;
    first.mapped()();
  }
  now_ms_ = end_ms;
}

// Timers, the hand-shake after a start, building and block sync: what a pipeline does beside the engine.
void Network::housekeeping() {
  for (std::size_t number = 0; number < size(); ++number) {
    auto& one = node(number);
    if (!one.engine) { continue; }
    std::size_t reached = index_of(one.epoch, number) ? 1 : 0;
    std::optional<std::size_t> ahead;
    for (std::size_t other = 0; other < size(); ++other) {
      if (other == number || !is_connected(number, other)) { continue; }
      if (index_of(one.epoch, other)) { ++reached; }
      if (node(other).engine->floor().height > one.engine->floor().height && node(other).epoch > one.epoch) {
        ahead = other;
      }
      if (node(other).engine->floor().height.value >= one.engine->floor().height.value + kSyncGap) { ahead = other; }
    }
    if (!one.allowed && now_ms_ > one.booted_ms + 2 * latency_ms_ && members(one.epoch).set.has_quorum(reached)) {
      one.allowed = true;
      carry_out(number, one.engine->allow_votes(now(one)));
    }
    if (ahead) {
      const auto& source = node(*ahead);
      // As far as the set that is known here can prove.
      const bool same = source.epoch == one.epoch && source.engine->floor().view.value > 0;
      const auto top = same ? source.engine->floor_header() : sealing_.at(one.epoch);
      for (const auto& [id, header] : source.blocks) {
        if (header.height <= top.height && final_.contains(header.height) && final_[header.height] == header) {
          one.blocks[id] = header;
        }
      }
      carry_out(number, one.engine->on_synced(finalizations_.at(top.id()), top, now(one)));
    }
    if (now_ms_ >= one.engine->deadline_ms()) { carry_out(number, one.engine->on_time(now(one))); }
    build(number);
  }
  at(kTickMs, [this] { housekeeping(); });
}

// Work

void Network::work(std::uint32_t transactions) {
  for (std::size_t number = 0; number < size(); ++number) { work_at(number, transactions); }
}

void Network::work_at(std::size_t number, std::uint32_t transactions) {
  auto& one = node(number);
  one.pending += transactions;
  if (one.engine) { carry_out(number, one.engine->on_work(true, now(one))); }
}

std::vector<BlockHeader> Network::unfinalized(const Node& which, const BlockHeader& top) const {
  std::vector<BlockHeader> result;
  for (auto header = top; header.height > which.engine->floor().height;) {
    result.push_back(header);
    const auto parent = which.blocks.find(header.parent);
    if (parent == which.blocks.end()) { break; }
    header = parent->second;
  }
  return result;
}

void Network::build(std::size_t number) {
  auto& one = node(number);
  if (!one.build || !one.builds) { return; }
  const auto& request = *one.build;
  const auto wall = now(one).wall_ms;
  if (wall < request.parent.time + kBlockIntervalMs) { return; }
  const auto ancestors = unfinalized(one, request.parent);
  std::uint32_t carried = 0;
  for (const auto& header : ancestors) { carried += header.transaction_count; }
  const auto fresh = one.pending > carried ? one.pending - carried : 0;
  const bool heartbeat = wall >= request.parent.time + timing.idle_interval_ms;
  // An empty block helps a full one that did not become final by itself.
  const bool push = carried > 0 && now_ms_ >= one.build_since_ms + timing.leader_timeout_ms / 2;
  const auto executed = std::max(request.parent.executed_height, std::min(one.executed, request.parent.height));
  const bool seals = !next_set(request.parent, one.epoch, executed).is_zero();
  if (fresh == 0 && !heartbeat && !push && !seals) { return; }
  const consensus::Payload payload{.root = Hasher("keten/test/payload").number(fresh).finish(),
                                   .bytes = fresh * 100,
                                   .count = fresh,
                                   .executed_height = executed,
                                   .state_root = state_root_after(executed),
                                   .next_set = next_set(request.parent, one.epoch, executed)};
  const auto view = request.view;
  one.build.reset();
  carry_out(number, one.engine->propose(view, payload, now(one)));
}

// Effects, in their order

void Network::carry_out(std::size_t number, Effects effects) {
  auto& one = node(number);
  const auto life = one.life;
  std::vector<BlockHeader> bodies;
  if (one.engine->proposed()) { bodies.push_back(*one.engine->proposed()); }
  const auto persist = effects.persist;
  std::vector<consensus::Outgoing> held_back;
  for (const auto& outgoing : effects.send) {
    if (outgoing.after_durable) {
      held_back.push_back(outgoing);
    } else {
      post(number, outgoing);
    }
  }
  if (!persist.empty() || !held_back.empty()) {
    one.disk_free_ms = std::max(one.disk_free_ms, now_ms_ + one.disk_ms);
    at(one.disk_free_ms - now_ms_, [this, number, life, bodies, persist, held_back] {
      auto& self = node(number);
      if (self.life != life) { return; }
      for (const auto& body : bodies) { self.blocks.emplace(body.id(), body); }
      self.journal.insert(self.journal.end(), persist.begin(), persist.end());
      for (const auto& outgoing : held_back) { post(number, outgoing); }
    });
  }
  for (const auto& request : effects.verify) {
    at_node(number, kCheckMs, [&one, request, this](Engine& engine) {
      return engine.on_verified(request.ticket, cheap_verify(request), now(one));
    });
  }
  for (const auto& check : effects.check) {
    at_node(number, one.check_ms, [&one, check, this](Engine& engine) {
      const auto* parent = engine.header(check.header.parent);
      const bool valid = !one.rejects && parent != nullptr &&
                         check.header.next_set == next_set(*parent, one.epoch, check.header.executed_height);
      const auto verdict = valid ? consensus::PayloadVerdict::stored : consensus::PayloadVerdict::invalid;
      if (valid) { one.blocks.emplace(check.header.id(), check.header); }
      return engine.on_payload(check.view, check.header.id(), verdict, now(one));
    });
  }
  for (const auto& wanted : effects.fetch) { fetch(number, wanted.block); }
  if (effects.build) {
    one.build = effects.build;
    one.build_since_ms = now_ms_;
  }
  for (const auto& finalized : effects.finalized) { deliver_final(number, finalized); }
  for (const auto& alarm : effects.alarms) { alarms_.push_back(std::to_string(number) + ": " + alarm.text); }
}

void Network::fetch(std::size_t number, const BlockId& block) {
  ++fetches_;
  for (std::size_t other = 0; other < size(); ++other) {
    if (other == number || !is_connected(number, other) || silent_.contains(other)) { continue; }
    const auto found = node(other).blocks.find(block);
    if (found == node(other).blocks.end()) { continue; }
    at_node(number, 2 * latency_ms_, [this, number, header = found->second](Engine& engine) {
      auto& one = node(number);
      one.blocks.emplace(header.id(), header);
      return engine.on_block_stored(header, now(one));
    });
    return;
  }
}

void Network::deliver_final(std::size_t number, const consensus::Finalized& finalized) {
  auto& one = node(number);
  require(finalized.floor.height > one.delivered, "a floor never moves back");
  if (finalized.complete) {
    require(!finalized.headers.empty(), "a complete finalization names its blocks");
    require(finalized.headers.front().height == one.delivered.next(), "heights are delivered without gaps");
  }
  for (const auto& header : finalized.headers) {
    const auto [known, is_new] = final_.emplace(header.height, header);
    require(is_new || known->second == header, "one block a height: " + header.height.text());
    require(!finalized.complete || one.blocks.contains(header.id()) || one.engine->proposed() == header,
            "a delivered block is stored");
  }
  finalizations_[finalized.floor.block] = finalized.floor.finalization;
  const auto before = one.pending;
  for (auto height = one.delivered.next(); height <= finalized.floor.height; ++height) {
    const auto known = final_.find(height);
    if (known == final_.end()) { continue; }
    one.pending -= std::min(one.pending, known->second.transaction_count);
  }
  one.delivered = finalized.floor.height;
  const auto top = final_.at(one.delivered);
  if (!top.next_set.is_zero()) { sealing_[top.epoch] = top; }
  execute(number, top);
  if (before > 0 && one.pending == 0) {
    at_node(number, 0, [&one, this](Engine& engine) { return engine.on_work(one.pending > 0, now(one)); });
  }
}

// Messages

void Network::post(std::size_t from, const consensus::Outgoing& outgoing) {
  auto& one = node(from);
  if (const auto* vote = std::get_if<Vote>(&outgoing.message);
      vote != nullptr && vote->signer == index_of(one.epoch, from)) {
    check_cast(from, *vote);
  }
  if (const auto* proposal = std::get_if<consensus::Proposal>(&outgoing.message)) {
    check_cast(from, {proposal->subject(), *index_of(one.epoch, from), proposal->leader_notarize});
  }
  for (std::size_t to = 0; to < size(); ++to) {
    if (to == from || (outgoing.to && number_of(one.epoch, *outgoing.to) != to)) { continue; }
    post_one(from, to, outgoing.message);
  }
}

void Network::post_one(std::size_t from, std::size_t to, consensus::Message message) {
  auto& one = node(from);
  if (auto* proposal = std::get_if<consensus::Proposal>(&message)) {
    // Byzantine leaders: the honest engine's proposal, changed and signed again.
    const bool twist = one.equivocates && to % 2 == 1;
    if (twist) { proposal->header.payload_root = Hasher("keten/test/other").finish(); }
    if (one.builds_on_genesis) {
      proposal->parent_view = View{0};
      proposal->header.parent = test_genesis().id();
      proposal->header.height = Height{1};
      proposal->header.executed_height = Height{0};
      proposal->header.state_root = Hash{};
      proposal->justification.clear();
    }
    if (twist || one.builds_on_genesis) {
      one.blocks.emplace(proposal->header.id(), proposal->header);
      proposal->leader_notarize =
          signer(one)->sign(proposal->subject().signing_hash(test_chain(), members(one.epoch).set.id()));
    }
  }
  const auto kind = kind_of(message);
  ++traffic_[kind];
  if (silent_.contains(from) || !is_connected(from, to) || is_lost(from, to, kind)) { return; }
  if (loss_percent_ > 0 && draw(100) < loss_percent_) { return; }
  const auto delay_ms = latency_ms_ + (delay_ms_max_ > 0 ? draw(delay_ms_max_) : 0);
  at(delay_ms, [this, from, to, life = node(to).life, message = std::move(message)] {
    if (node(to).life == life && node(to).engine) { receive(from, to, message); }
  });
}

namespace {

std::optional<Epoch> epoch_of(const consensus::Message& message) {
  struct Asker {
    std::optional<Epoch> operator()(const Vote& vote) const { return vote.subject.epoch; }
    std::optional<Epoch> operator()(const Certificate& certificate) const { return certificate.subject.epoch; }
    std::optional<Epoch> operator()(const consensus::Proposal& proposal) const { return proposal.epoch; }
    std::optional<Epoch> operator()(const consensus::Status& status) const { return status.epoch; }
    std::optional<Epoch> operator()(const consensus::CertificateRequest& request) const { return request.epoch; }
    std::optional<Epoch> operator()(const consensus::CertificateResponse&) const { return std::nullopt; }
    std::optional<Epoch> operator()(const Evidence& evidence) const { return evidence.first.subject.epoch; }
    std::optional<Epoch> operator()(const consensus::RecoveryRequest& request) const { return request.epoch; }
    std::optional<Epoch> operator()(const consensus::RecoveryReply& reply) const { return reply.epoch; }
  };
  return std::visit(Asker{}, message);
}

}  // namespace

// As a pipeline does: what is of an epoch that has not begun here waits; what is of an ended one is answered by its end.
void Network::receive(std::size_t from, std::size_t to, consensus::Message message) {
  auto& one = node(to);
  const auto epoch = epoch_of(message);
  if (epoch && *epoch > one.epoch) {
    one.early.emplace_back(from, std::move(message));
    return;
  }
  const bool is_late = epoch && *epoch < one.epoch && kind_of(message) != "finalization";
  if (is_late) {
    const auto& seal = sealing_.at(*epoch);
    return post_one(to, from, consensus::CertificateResponse{{finalizations_.at(seal.id())}, {seal}});
  }
  if (const auto index = index_of(one.epoch, from)) {
    carry_out(to, one.engine->on_message(*index, std::move(message), now(one)));
  }
}

void Network::set_weather(std::uint64_t seed, std::uint32_t loss_percent, std::uint64_t delay_ms_max) {
  chance_ = seed;
  loss_percent_ = loss_percent;
  delay_ms_max_ = delay_ms_max;
}

std::uint64_t Network::draw(std::uint64_t below) {
  chance_ += 0x9e3779b97f4a7c15ULL;
  auto value = chance_;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebULL;
  return (value ^ (value >> 31U)) % below;
}

bool Network::is_lost(std::size_t from, std::size_t to, const std::string& kind) {
  for (auto& loss : losses_) {
    const bool matches = (loss.kind == "all" || loss.kind == kind) && loss.from.value_or(from) == from &&
                         loss.to.value_or(to) == to && loss.count.value_or(1) > 0;
    if (!matches) { continue; }
    if (loss.count) { --*loss.count; }
    return true;
  }
  return false;
}

}  // namespace keten::scenarios
