#include "node/runtime/certificates.h"

#include <cstdlib>
#include <ctime>
#include <memory>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/hash.h"
#include "core/keys.h"
#include "core/names.h"
#include "node/runtime/secrets.h"

namespace keten {
namespace {

template <auto Free>
struct FreedBy {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BioPointer = std::unique_ptr<BIO, FreedBy<BIO_free_all>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using CertificatePointer = std::unique_ptr<X509, FreedBy<X509_free>>;
using ExtensionPointer = std::unique_ptr<X509_EXTENSION, FreedBy<X509_EXTENSION_free>>;

std::string text_of(BIO* bio) {
  char* begin = nullptr;
  const auto size = BIO_get_mem_data(bio, &begin);
  return {begin, static_cast<std::size_t>(size)};
}

bool add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const ExtensionPointer extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

Error unreadable() { return invalid("CERTIFICATE_INVALID", "expected an X.509 certificate as PEM"); }

CertificatePointer read_certificate(BIO* bio) {
  return CertificatePointer(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
}

CertificatePointer first_certificate(std::string_view pem) {
  if (pem.size() > 1024U * 1024U) { return nullptr; }
  const BioPointer bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return read_certificate(bio.get());
}

std::string to_pem(X509* certificate) {
  const BioPointer out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), certificate);
  return text_of(out.get());
}

}  // namespace

Result<TlsIdentity> make_certificate(std::string_view name, const CertificateOptions& options) {
  if (!is_name(name)) {
    return invalid("NAME_INVALID", "expected 1 to 64 letters, digits, dots, hyphens and underscores, found '" +
                                       std::string(name.substr(0, 80)) + "'");
  }
  const auto seed = random_fixed<KeySeed>();
  const KeyPointer key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.bytes.data(), seed.bytes.size()));
  const CertificatePointer certificate(X509_new());
  auto serial = random_fixed<FixedBytes<16, struct SerialTag>>();
  serial.bytes[0] = static_cast<std::uint8_t>((serial.bytes[0] & 0x7fU) | 0x40U);  // positive, always 16 bytes
  BIGNUM* number = BN_bin2bn(serial.bytes.data(), static_cast<int>(serial.bytes.size()), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
  BN_free(number);

  bool good = key && X509_set_version(certificate.get(), X509_VERSION_3) == 1;
  // A day back, so that a partner's clock may be behind; the end is RFC 5280's "no expiration".
  good = good && X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -86'400L) != nullptr;
  if (options.days) {
    good = good && X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86'400L * *options.days) != nullptr;
  } else {
    good = good && ASN1_TIME_set_string(X509_getm_notAfter(certificate.get()), "99991231235959Z") == 1;
  }
  const std::string text(name);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  good = good &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
  good = good && X509_set_issuer_name(certificate.get(), subject) == 1;
  good = good && X509_set_pubkey(certificate.get(), key.get()) == 1;
  // Not an authority: the key of one node can never vouch for another certificate.
  good = good && add_extension(certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
  good = good && add_extension(certificate.get(), NID_key_usage, "critical,digitalSignature");
  good = good && add_extension(certificate.get(), NID_ext_key_usage, "serverAuth,clientAuth");
  good = good && add_extension(certificate.get(), NID_subject_alt_name, "DNS:" + text);
  good = good && X509_sign(certificate.get(), key.get(), nullptr) > 0;
  CHECK(good);

  const BioPointer key_out(BIO_new(BIO_s_mem()));
  CHECK(PEM_write_bio_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return TlsIdentity{to_pem(certificate.get()), text_of(key_out.get())};
}

Result<std::string> certificate_name(std::string_view pem) {
  const auto certificate = first_certificate(pem);
  if (!certificate) { return unreadable(); }
  std::string name(256, '\0');
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name.data(),
                                             static_cast<int>(name.size()));
  if (size <= 0) { return invalid("CERTIFICATE_INVALID", "expected a common name in the certificate"); }
  name.resize(static_cast<std::size_t>(size));
  return name;
}

Result<Hash> certificate_pin(std::string_view pem) {
  const auto certificate = first_certificate(pem);
  if (!certificate) { return unreadable(); }
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  if (size <= 0) { return unreadable(); }
  const auto pin = Hasher("keten/pin/1").sized(ByteView(der, static_cast<std::size_t>(size))).finish();
  OPENSSL_free(der);
  return pin;
}

Status check_identity(const TlsIdentity& identity) {
  const auto certificate = first_certificate(identity.certificate_pem);
  if (!certificate) { return unreadable(); }
  const BioPointer bio(BIO_new_mem_buf(identity.key_pem.data(), static_cast<int>(identity.key_pem.size())));
  const KeyPointer key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!key || X509_check_private_key(certificate.get(), key.get()) != 1) {
    return invalid("CERTIFICATE_INVALID", "the private key is not the one of the certificate");
  }
  return kDone;
}

Result<Milliseconds> certificate_expiry(std::string_view pem) {
  const auto certificate = first_certificate(pem);
  if (!certificate) { return unreadable(); }
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) { return unreadable(); }
  const auto seconds = ::timegm(&end);
  return seconds < 0 ? Milliseconds{0} : static_cast<Milliseconds>(seconds) * 1000;
}

Result<std::vector<std::string>> split_certificates(std::string_view pem) {
  constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----";
  std::size_t expected = 0;
  for (auto at = pem.find(begin); at != std::string_view::npos; at = pem.find(begin, at + begin.size())) { ++expected; }
  if (pem.size() > 1024U * 1024U) { return unreadable(); }
  const BioPointer bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<std::string> found;
  while (auto certificate = read_certificate(bio.get())) { found.push_back(to_pem(certificate.get())); }
  if (found.size() != expected) {
    return invalid("CERTIFICATE_INVALID", "certificate " + std::to_string(found.size() + 1) + " of " +
                                              std::to_string(expected) + " is damaged");
  }
  return found;
}

void require_tls_1_3() {
  // TLS 1.3 suites are not part of this list; a pre-shared key is never configured, so TLS 1.2 finds nothing in common.
  ::setenv("GRPC_SSL_CIPHER_SUITES", "PSK-AES256-GCM-SHA384", 1);
  // gRPC writes to standard error by itself, unescaped; what matters arrives in our log with the peer's name.
  ::setenv("GRPC_VERBOSITY", "NONE", 0);
}

}  // namespace keten
