#include "tests/simulator/checkers/one_certificate_kind.h"

namespace keten::simulator {

void OneCertificateKind::synced(NodeNumber /*at*/, const pipeline::Persist& persist) {
  for (const auto& record : persist.records) {
    if (const auto* held = std::get_if<consensus::HeldCertificate>(&record)) { take(held->certificate.subject); }
  }
}

void OneCertificateKind::certificate_sent(NodeNumber /*from*/, const Certificate& certificate) {
  take(certificate.subject);
}

void OneCertificateKind::take(const Subject& subject) {
  if (subject.view == View{0}) { return; }  // the genesis has an empty finalization
  auto& seen = views_[{subject.epoch, subject.view}];
  switch (subject.kind) {
    case VoteKind::notarize:
      if (seen.notarized && *seen.notarized != subject.block) {
        violated("view " + subject.view.text() + ": blocks " + short_text(*seen.notarized) + " and " +
                 short_text(subject.block) + " are both notarized");
      }
      seen.notarized = subject.block;
      break;
    case VoteKind::nullify: seen.nullified = true; break;
    case VoteKind::finalize:
      if (seen.finalized && *seen.finalized != subject.block) {
        violated("view " + subject.view.text() + ": two finalizations");
      }
      seen.finalized = subject.block;
      break;
  }
  if (seen.finalized && seen.nullified) { violated("view " + subject.view.text() + " is finalized and nullified"); }
  if (seen.finalized && seen.notarized && *seen.finalized != *seen.notarized) {
    violated("view " + subject.view.text() + ": finalized is not what was notarized");
  }
}

}  // namespace keten::simulator
