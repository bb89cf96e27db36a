#pragma once

#include "core/transaction.h"

namespace keten {

/// A body without the envelope around it, as decode_transaction() takes it: canonical and within limits. Its payload
/// commitments are not compared with anything.
Result<TransactionBody> decode_transaction_body(ByteView body);

}  // namespace keten
