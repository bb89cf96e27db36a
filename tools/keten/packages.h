#pragma once

#include <string>

#include "contracts/packages/package_file.h"
#include "core/result.h"

namespace keten::tools {

/// A package file, and everything in it that can be checked without a ledger. Fails with FILE_UNREADABLE and the reasons
/// of Package::decode.
Result<packages::Package> read_package(const std::string& file);

}  // namespace keten::tools
