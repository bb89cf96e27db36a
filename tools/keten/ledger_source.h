#pragma once

#include <memory>
#include <string>

#include "core/ids.h"
#include "core/result.h"
#include "node/audit/source.h"
#include "tools/keten/target.h"

namespace keten::tools {

/// The ledger that `where` names: a directory (home or data of a node), `host:port` of a gRPC API (the client certificate
/// is that of `target.home`), or a node of the dev network `target.state` by name; empty: the node that `target` names.
/// Fails with the reasons of audit::DirectorySource and of the client.
[[nodiscard]] Result<std::unique_ptr<audit::LedgerSource>> open_ledger(const std::string& where, TargetOptions target,
                                                                       const ChainId& chain);

}  // namespace keten::tools
