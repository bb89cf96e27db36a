#include <algorithm>
#include <map>
#include <set>

#include "tests/simulator/byzantine/characters.h"

namespace keten::simulator::byzantine {
namespace {

/// Certificates that are wrong in every way that a certificate can be: alone, in answers and inside its proposals.
class CertificateForger final : public Character {
 public:
  using Character::Character;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    auto changed = message;
    if (auto* proposal = std::get_if<pipeline::ProposalMessage>(&changed)) {
      if (stage_.random().chance(300)) { proposal->proposal.justification.push_back(forge()); }
    } else if (auto* response = std::get_if<consensus::CertificateResponse>(&changed)) {
      if (!response->certificates.empty()) {
        response->certificates[stage_.random().below(response->certificates.size())] = forge();
      }
    }
    stage_.send(to, changed);
  }
  void act() override {
    if (stage_.certificates().empty()) { return; }
    const auto forged = forge();
    forged_.insert(forged.subject);
    stage_.send(stage_.some_others(), forged);
  }
  /// The receiver has not that very certificate from somebody honest, so it must look at it.
  void arrived(NodeNumber /*at*/, const Message& message) override {
    const auto* certificate = std::get_if<Certificate>(&message);
    if (certificate != nullptr && forged_.contains(certificate->subject) && !true_.contains(certificate->subject)) {
      worked();
    }
  }
  void honest_certificate(const Certificate& certificate) override { true_.insert(certificate.subject); }

 private:
  /// Genuine votes of one subject, and its own: one less than a quorum or fewer.
  Certificate of_too_few(const Certificate& otherwise) {
    if (stage_.votes().empty()) { return otherwise; }
    const auto& newest = stage_.votes()[stage_.votes().size() - 1 -
                                        stage_.random().below(std::min<std::size_t>(8, stage_.votes().size()))];
    std::map<ValidatorIndex, Signature> signatures{{stage_.place(), stage_.sign(newest.subject).signature}};
    for (const auto& vote : stage_.votes()) {
      if (vote.subject == newest.subject && signatures.size() + 1 < stage_.quorum()) {
        signatures[vote.signer] = vote.signature;
      }
    }
    Certificate result{newest.subject, Bytes((stage_.validators() + 7) / 8, 0), {}};
    for (const auto& [signer, signature] : signatures) {
      auto& byte = result.signers[signer.value / 8U];
      byte = static_cast<std::uint8_t>(byte | (1U << (signer.value % 8U)));
      result.signatures.push_back(signature);
    }
    return result;
  }

  Certificate forge() {
    acted();
    auto& random = stage_.random();
    if (stage_.certificates().empty()) { return {{VoteKind::nullify, {}, stage_.view(), {}, {}}, {0x0f}, {}}; }
    auto place = stage_.certificates().begin();
    std::advance(place, static_cast<std::ptrdiff_t>(random.below(stage_.certificates().size())));
    auto result = place->second;
    switch (random.below(13)) {
      case 0: break;  // genuine and stale
      case 1:         // of the view that is open
        result.subject.view = stage_.view();
        break;
      case 2: result.subject.view = {stage_.view().value + random.below(10)}; break;
      case 3:
        result.subject.kind = static_cast<VoteKind>(random.between(1, 3));
        if (result.subject.kind == VoteKind::nullify) {
          result.subject.parent_view = {};
          result.subject.block = {};
        }
        break;
      case 4:  // the codec refuses a nullification that names a block
        if (result.subject.kind != VoteKind::nullify) { result.subject.block.bytes[0] ^= 1U; }
        break;
      case 5:
        if (!result.signatures.empty()) { result.signatures.pop_back(); }
        break;
      case 6: result.signatures.push_back({}); break;
      case 7: result.signers.push_back(0); break;
      case 8:
        if (!result.signers.empty()) { result.signers.back() ^= 0x80U; }
        break;
      case 9:  // too few, and one of them its own
        result.signers.assign((stage_.validators() + 7) / 8, 0);
        result.signers[stage_.self().value / 8U] = static_cast<std::uint8_t>(1U << (stage_.self().value % 8U));
        result.subject.view = stage_.view();
        result.signatures = {stage_.sign(result.subject).signature};
        break;
      case 11:
      case 12: return of_too_few(result);
      case 10: {  // everybody's bit over its own signature
        result.subject = {VoteKind::nullify, {}, stage_.view(), {}, {}};
        result.signers.assign((stage_.validators() + 7) / 8, 0);
        for (std::size_t i = 0; i < stage_.quorum(); ++i) {
          auto& byte = result.signers[i / 8];
          byte = static_cast<std::uint8_t>(byte | (1U << (i % 8)));
        }
        result.signatures.assign(stage_.quorum(), stage_.sign(result.subject).signature);
        break;
      }
    }
    return result;
  }

  std::set<Subject> forged_;
  std::set<Subject> true_;
};

}  // namespace

MakeCharacter certificate_forger() { return make_character<CertificateForger>; }

}  // namespace keten::simulator::byzantine
