#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <google/protobuf/stubs/logging.h>

#include "core/proof/verify.h"
#include "tests/unit/core/proof/sample_ledger.h"

// More than 100,000 changed proofs in every run: none may be believed. Changes are made to the bytes of files and to what they
// hold (which is then written canonically, so that it gets past the decoder).
namespace keten::proof {
namespace {

/// The same changes on every machine (splitmix64).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
  /// Precondition: below > 0.
  std::size_t below(std::size_t below) { return static_cast<std::size_t>(next() % below); }

 private:
  std::uint64_t state_;
};

Bytes changed_bytes(Bytes file, Dice& dice) {
  const auto place = [&] { return dice.below(file.size()); };
  const auto at = [&](std::size_t index) { return file.begin() + static_cast<std::ptrdiff_t>(index); };
  switch (dice.below(8)) {
    case 0: file[place()] ^= static_cast<std::uint8_t>(1U << dice.below(8)); break;
    case 1: file[place()] = static_cast<std::uint8_t>(dice.next()); break;
    case 2: file.resize(place()); break;
    case 3: file.insert(at(place()), static_cast<std::uint8_t>(dice.next())); break;
    case 4: file.erase(at(place())); break;
    case 5: {  // a piece of it somewhere else
      const auto from = place();
      const auto length = std::min<std::size_t>(1 + dice.below(64), file.size() - from);
      const Bytes piece(at(from), at(from + length));
      const auto to = dice.below(file.size() - length + 1);
      std::copy(piece.begin(), piece.end(), at(to));
      break;
    }
    case 6: {  // a piece of it twice
      const auto from = place();
      const Bytes piece(at(from), at(std::min(file.size(), from + 1 + dice.below(64))));
      file.insert(at(place()), piece.begin(), piece.end());
      break;
    }
    default: {
      const auto from = place();
      file.erase(at(from), at(std::min(file.size(), from + 1 + dice.below(64))));
    }
  }
  return file;
}

/// Changes one of everything that it is shown.
class Changer {
 public:
  Changer(Dice& dice, const Proof& donor) : dice_(dice), donor_(donor) {}

  void change(Proof& proof) {
    std::vector<std::function<void()>> ways;
    const auto way = [&](auto what) { ways.emplace_back(what); };
    way([&] { fixed(proof.chain_id); });
    way([&] { number(proof.first_epoch.value); });
    way([&] { header(proof.anchor); });
    way([&] { certificate(proof.finalization); });
    way([&] { fixed(proof.commitments.mountain_root); });
    way([&] { fixed(proof.commitments.map_root); });
    way([&] { fixed(proof.commitments.rest); });
    way([&] { std::swap(proof.commitments.map_root, proof.commitments.rest); });
    way([&] { proof.anchor = donor_.anchor; });
    way([&] { proof.finalization = donor_.finalization; });
    way([&] { proof.commitments = donor_.commitments; });
    way([&] { proof.statement = donor_.statement; });
    if (!proof.hand_overs.empty()) {
      way([&] { hand_over(proof.hand_overs[dice_.below(proof.hand_overs.size())]); });
      way([&] { list(proof.hand_overs); });
    }
    if (!proof.events.empty()) {
      for (int weight = 0; weight < 4; ++weight) {
        way([&] { event(proof.events[dice_.below(proof.events.size())]); });
      }
      way([&] { list(proof.events); });
    }
    if (proof.via) {
      for (int weight = 0; weight < 6; ++weight) {
        way([&] { statement(*proof.via); });
      }
    }
    for (int weight = 0; weight < 12; ++weight) {
      way([&] { std::visit([&](auto& one) { statement(one); }, proof.statement); });
    }
    ways[dice_.below(ways.size())]();
  }

 private:
  template <typename Fixed>
  void fixed(Fixed& value) {
    switch (dice_.below(4)) {
      case 0: value = {}; break;
      case 1:
        for (auto& byte : value.bytes) { byte = static_cast<std::uint8_t>(dice_.next()); }
        break;
      default: value.bytes[dice_.below(value.bytes.size())] ^= static_cast<std::uint8_t>(1U << dice_.below(8));
    }
  }
  template <typename Integer>
  void number(Integer& value) {
    switch (dice_.below(5)) {
      case 0: ++value; break;
      case 1: --value; break;
      case 2: value = static_cast<Integer>(value ^ (Integer{1} << dice_.below(sizeof(Integer) * 8))); break;
      case 3: value = 0; break;
      default: value = static_cast<Integer>(dice_.next());
    }
  }
  template <typename Text>
  void text(Text& value) {
    switch (dice_.below(4)) {
      case 0:
        if (!value.empty()) { value.pop_back(); }
        break;
      case 1: value.push_back('x'); break;
      case 2: value.clear(); break;
      default:
        if (!value.empty()) {
          auto& one = value[dice_.below(value.size())];
          one = static_cast<typename Text::value_type>(static_cast<unsigned char>(one) ^ (1U << dice_.below(8)));
        }
    }
  }
  /// What the list holds stays valid: its order, number and length change.
  template <typename Value>
  void list(std::vector<Value>& values) {
    if (values.empty()) { return; }
    const auto one = dice_.below(values.size());
    const auto other = dice_.below(values.size());
    switch (dice_.below(5)) {
      case 0: values.pop_back(); break;
      case 1: values.erase(values.begin() + static_cast<std::ptrdiff_t>(one)); break;
      case 2: values.push_back(Value(values[one])); break;
      case 3: std::swap(values[one], values[other]); break;
      default: values.insert(values.begin() + static_cast<std::ptrdiff_t>(one), Value(values[other]));
    }
  }
  void hashes(std::vector<Hash>& values) {
    if (values.empty() || dice_.below(8) == 0) {
      values.emplace_back();
    } else if (dice_.below(2) == 0) {
      list(values);
    } else {
      fixed(values[dice_.below(values.size())]);
    }
  }
  void header(BlockHeader& one) {
    switch (dice_.below(15)) {
      case 0: number(one.version); break;
      case 1: fixed(one.chain_id); break;
      case 2: number(one.epoch.value); break;
      case 3: number(one.view.value); break;
      case 4: number(one.height.value); break;
      case 5: fixed(one.parent); break;
      case 6: number(one.proposer.value); break;
      case 7: number(one.time); break;
      case 8: fixed(one.payload_root); break;
      case 9: number(one.payload_bytes); break;
      case 10: number(one.transaction_count); break;
      case 11: number(one.executed_height.value); break;
      case 12: fixed(one.state_root); break;
      case 13: fixed(one.next_set); break;
      default: fixed(one.evidence_root);
    }
  }
  void certificate(Certificate& one) {
    switch (dice_.below(9)) {
      case 0: one.subject.kind = VoteKind::notarize; break;
      case 1: number(one.subject.epoch.value); break;
      case 2: number(one.subject.view.value); break;
      case 3: number(one.subject.parent_view.value); break;
      case 4: fixed(one.subject.block); break;
      case 5:  // the same number of signers, so that the encoding holds
        if (!one.signers.empty()) {
          one.signers.back() = static_cast<std::uint8_t>((one.signers.back() << 1U) | (one.signers.back() >> 7U));
        }
        break;
      case 6:
        if (!one.signatures.empty()) { fixed(one.signatures[dice_.below(one.signatures.size())]); }
        break;
      case 7:
        if (one.signatures.size() > 1) {
          std::swap(one.signatures[0], one.signatures[1 + dice_.below(one.signatures.size() - 1)]);
        }
        break;
      default: quorum_minus_one(one);
    }
  }
  static void quorum_minus_one(Certificate& one) {
    for (auto& byte : one.signers) {
      if (byte != 0) {
        byte = static_cast<std::uint8_t>(byte & (byte - 1U));
        one.signatures.erase(one.signatures.begin());
        return;
      }
    }
  }
  void hand_over(HandOver& one) {
    switch (dice_.below(4)) {
      case 0: header(one.header); break;
      case 1: certificate(one.finalization); break;
      case 2: list(one.members); break;
      default: {
        if (one.members.empty()) { return; }
        auto& member = one.members[dice_.below(one.members.size())];
        switch (dice_.below(4)) {
          case 0: text(member.organisation); break;
          case 1: text(member.node); break;
          case 2: fixed(member.key); break;
          default: number(member.weight);
        }
      }
    }
  }
  void map_path(MapPath& path) {
    switch (dice_.below(4)) {
      case 0:
        if (path.other) {
          path.other.reset();
        } else {
          path.other = MapLeaf{Hash{{1}}, Hash{{2}}};
        }
        break;
      case 1:
        if (path.other) {
          dice_.below(2) == 0 ? fixed(path.other->key) : fixed(path.other->value);
          break;
        }
        [[fallthrough]];
      default: hashes(path.siblings);
    }
  }
  void entity(Entity& one) { dice_.below(2) == 0 ? text(one.kind) : text(one.id); }
  void head(Head& one) {
    switch (dice_.below(4)) {
      case 0: number(one.count); break;
      case 1: fixed(one.chain); break;
      case 2: number(one.height.value); break;
      default: fixed(one.state);
    }
  }
  void event(EpcisEvent& one) {
    switch (dice_.below(7)) {
      case 0: fixed(one.digest); break;
      case 1: number(one.flags); break;
      case 2: text(one.organisation); break;
      case 3: text(one.event_id); break;
      case 4: list(one.names); break;
      case 5: {
        if (one.names.empty()) { return; }
        auto& name = one.names[dice_.below(one.names.size())];
        dice_.below(2) == 0 ? number(name.roles) : text(name.key);
        break;
      }
      default:  // a file without the text says less, and is true
        if (one.text.size() > 1) { one.text[dice_.below(one.text.size())] ^= 4U; }
    }
  }

  void statement(TransactionProof& one) {
    switch (dice_.below(11)) {
      case 0: header(one.header); break;
      case 1: fixed(one.receipts_root); break;
      case 2: hashes(one.mountain_path); break;
      case 3: number(one.index); break;
      case 4: text(one.body); break;
      case 5: fixed(one.signature); break;
      case 6: hashes(one.payload_path); break;
      case 7: hashes(one.receipt_path); break;
      case 8: one.receipt.succeeded = !one.receipt.succeeded; break;
      case 9: number(one.receipt.fuel_used); break;
      default:
        if (!one.payloads.empty()) {
          dice_.below(2) == 0 ? fixed(one.payloads[0].salt) : text(one.payloads[0].content);
        }
    }
  }
  void statement(BlockProof& one) {
    switch (dice_.below(3)) {
      case 0: header(one.header); break;
      case 1: fixed(one.receipts_root); break;
      default: hashes(one.mountain_path);
    }
  }
  void fact(FactContent& one) {
    switch (dice_.below(4)) {
      case 0: text(one.what); break;
      case 1: list(one.fields); break;
      case 2:  // the boundary between two fields
        if (one.fields.size() > 1 && !one.fields[0].empty()) {
          one.fields[1].insert(one.fields[1].begin(), one.fields[0].back());
          one.fields[0].pop_back();
        } else {
          one.fields.emplace_back();
        }
        break;
      default:
        if (!one.fields.empty()) { text(one.fields[dice_.below(one.fields.size())]); }
    }
  }
  void statement(EntryProof& one) {
    switch (dice_.below(4)) {
      case 0: text(one.key); break;
      case 1:
        if (one.value) {
          text(*one.value);
        } else {
          one.value = Bytes{1};
        }
        break;
      case 2: one.value.reset(); break;
      default: map_path(one.path);
    }
  }
  void statement(HistoryProof& one) {
    switch (dice_.below(6)) {
      case 0: entity(one.entity); break;
      case 1: head(one.head); break;
      case 2: map_path(one.path); break;
      case 3: list(one.entries); break;
      default: {
        if (one.entries.empty()) { return; }
        auto& entry = one.entries[dice_.below(one.entries.size())];
        switch (dice_.below(5)) {
          case 0: number(entry.height.value); break;
          case 1: number(entry.time); break;
          case 2: fixed(entry.transaction); break;
          case 3: number(entry.event); break;
          default:
            if (auto* record = std::get_if<RecordContent>(&entry.content)) {
              dice_.below(2) == 0 ? text(record->key) : text(record->value);
            } else if (auto* place = std::get_if<EventPlace>(&entry.content)) {
              number(place->place);
            } else if (auto* said = std::get_if<FactContent>(&entry.content)) {
              fact(*said);
            }
        }
      }
    }
  }
  void statement(StateProof& one) {
    switch (dice_.below(4)) {
      case 0: entity(one.entity); break;
      case 1: head(one.head); break;
      case 2: map_path(one.path); break;
      default: text(one.value);
    }
  }
  void statement(AbsenceProof& one) { dice_.below(3) == 0 ? entity(one.entity) : map_path(one.path); }
  void statement(TraceProof& one) {
    switch (dice_.below(6)) {
      case 0: one.direction = one.direction == Direction::back ? Direction::forward : Direction::back; break;
      case 1: entity(one.entity); break;
      case 2: list(one.histories); break;
      default:
        if (one.histories.empty()) { return; }
        statement(one.histories[dice_.below(one.histories.size())]);
    }
  }

  Dice& dice_;
  const Proof& donor_;
};

BOOST_AUTO_TEST_SUITE(proof_mutants)

BOOST_AUTO_TEST_CASE(of_a_hundred_thousand_changed_proofs_none_is_believed) {
  const auto proofs = sample::sample_proofs();
  const auto root = sample::sample_ledger().root();
  google::protobuf::SetLogHandler(nullptr);  // it complains of each
  Dice dice(20260101);
  std::vector<Bytes> originals;
  for (const auto& [name, proof] : proofs) { originals.push_back(encode(proof)); }
  std::size_t tried = 0;
  std::size_t same = 0;
  std::map<std::string, std::size_t> reasons;
  const std::size_t rounds = 8000;
  for (const auto& [name, proof] : proofs) {
    const auto original = encode(proof);
    const auto unchanged = verify(original, root);
    BOOST_REQUIRE_MESSAGE(unchanged.ok(), name);
    const auto expected = unchanged->subject;
    BOOST_TEST(verify(original, root, expected).ok(), name);
    for (std::size_t round = 0; round < rounds; ++round) {
      Bytes file;
      if (round % 4 == 0) {
        file = changed_bytes(original, dice);
      } else {
        auto mutant = proof;
        Changer changer(dice, proofs[dice.below(proofs.size())].second);
        for (auto changes = 1 + dice.below(2); changes > 0; --changes) { changer.change(mutant); }
        file = encode(mutant);
      }
      if (std::find(originals.begin(), originals.end(), file) != originals.end()) {
        ++same;
        continue;
      }
      ++tried;
      const auto verdict = verify(file, root, expected);
      if (verdict.ok()) {
        BOOST_ERROR(name << " changed in round " << round << " was believed: " << verdict->text());
        continue;
      }
      ++reasons[verdict.error().reason];
      // What holds, but is about something else, must be true all the same: the absence of something else, or a lineage
      // that ends where it begins in the other direction.
      if (verdict.error().reason == "PROOF_OTHER_SUBJECT") {
        const auto other = *decode(file);
        BOOST_TEST((sample::sample_ledger().is_absent(other) || sample::sample_ledger().is_a_trace(other)),
                   name << " changed in round " << round << ": " << verdict.error().message);
      }
    }
  }
  BOOST_TEST(tried >= 100'000U);
  BOOST_TEST_MESSAGE(tried << " tried, " << same << " changed nothing");
  for (const auto& [reason, count] : reasons) { BOOST_TEST_MESSAGE(reason << ": " << count); }
  // Most get past the decoder: it is the hashes and signatures that are tested.
  BOOST_TEST(reasons["PROOF_INVALID"] > tried / 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::proof
