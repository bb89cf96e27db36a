#include "tools/keten/packages.h"

#include "client/keystore.h"
#include "contracts/packages/limits.h"

namespace keten::tools {

Result<packages::Package> read_package(const std::string& file) {
  const auto content = client::read_file(file, packages::limits::kPackageBytesMax + 1);
  if (!content) { return content.error(); }
  return packages::Package::decode(as_bytes(*content));
}

}  // namespace keten::tools
