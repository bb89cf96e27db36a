#include "tests/simulator/checkers/certificates_valid.h"

namespace keten::simulator {

void CertificatesValid::certificate_sent(NodeNumber from, const Certificate& certificate) {
  if (certificate.subject.view == View{0} && certificate.signatures.empty()) { return; }  // the genesis needs no votes
  const auto what = text_of(from) + " sent a certificate (" + text_of(certificate.subject) + ") ";
  if (!is_well_formed(certificate, validators_)) {
    violated(what + "that is not well-formed or has no quorum");
    return;
  }
  const auto digest = certificate.subject.signing_hash(chain_, validators_.id());
  std::size_t place = 0;
  for (const auto signer : certificate.signer_indices()) {
    if (!keys_.is_valid(validators_.at(signer).key, digest, certificate.signatures[place++])) {
      violated(what + "with a wrong signature of validator " + signer.text());
    }
  }
}

}  // namespace keten::simulator
