#pragma once

#include <cstddef>
#include <string_view>

#include "core/result.h"

namespace keten::http {

/// Looks at the raw header of a request, from its first byte to the empty line that ends it, for everything two programs could
/// read differently: a line end that is not CR LF, NUL and other control characters, folded lines, blanks around a field's
/// name, Content-Length that is repeated or no plain number, Transfer-Encoding other than one `chunked`, both of them together,
/// no or several Host. The parser behind is lenient on some of these. Fails with REQUEST_MALFORMED (RFC 9112, 2.2, 5, 6.3, 11.2).
Status check_header_block(std::string_view block);

}  // namespace keten::http
