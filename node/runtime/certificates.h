#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/result.h"

namespace keten {

/// A TLS identity: one self-signed X.509 certificate with an Ed25519 key. Whoever knows the certificate trusts exactly
/// this key: there is no authority, and it does not expire (notAfter in 9999) into a halt.
struct TlsIdentity {
  std::string certificate_pem;
  std::string key_pem;  ///< secret
};

struct CertificateOptions {
  std::optional<int> days = {};  ///< from now; it does not expire when not given
};

/// CN and DNS name are `name`: 1 to 64 letters, digits, dots, hyphens, underscores; NAME_INVALID otherwise.
[[nodiscard]] Result<TlsIdentity> make_certificate(std::string_view name, const CertificateOptions& options = {});

/// Common name of the first certificate. Fails with CERTIFICATE_INVALID, as the following do.
[[nodiscard]] Result<std::string> certificate_name(std::string_view pem);

/// H("keten/pin/1", DER): equal for equal certificates however their PEM text is wrapped.
[[nodiscard]] Result<Hash> certificate_pin(std::string_view pem);

/// The private key belongs to the certificate. Fails with CERTIFICATE_INVALID.
[[nodiscard]] Status check_identity(const TlsIdentity& identity);

/// When the certificate ends, milliseconds since 1970 UTC. It is pinned, not trusted for its dates: an end is a reason to
/// warn, never to refuse.
[[nodiscard]] Result<Milliseconds> certificate_expiry(std::string_view pem);

/// Certificates of a PEM text one by one, each as PEM.
[[nodiscard]] Result<std::vector<std::string>> split_certificates(std::string_view pem);

/// gRPC 1.51 has no setting for it: makes every TLS connection of this process speak TLS 1.3 or fail, by leaving TLS 1.2
/// without a usable cipher (environment GRPC_SSL_CIPHER_SUITES). Also silences gRPC's own log, unless GRPC_VERBOSITY is set.
/// Before the first gRPC object and the first thread.
void require_tls_1_3();

}  // namespace keten
