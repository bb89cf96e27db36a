#pragma once

#include "core/transaction.h"

namespace keten {

/// A body without the envelope around it, as decode_transaction() takes it: canonical and within limits. Its payload
/// commitments are not compared with anything.
Result<TransactionBody> decode_transaction_body(ByteView body);

/// The body as it was signed. Borrows from the envelope.
ByteView body_bytes(const Transaction& transaction);

}  // namespace keten
