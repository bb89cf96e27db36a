#include "node/http/header_block.h"

#include <algorithm>
#include <string>

#include "node/http/uri.h"

namespace keten::http {
namespace {

Error malformed(std::string_view what) { return invalid("REQUEST_MALFORMED", std::string(what)); }

bool is_token_character(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) { return true; }
  return c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto value = static_cast<unsigned char>(c);
    return (value < 0x20 && c != '\t') || value == 0x7F;
  });
}

struct Seen {
  std::size_t lengths = 0;
  std::size_t encodings = 0;
  std::size_t hosts = 0;
};

Status check_field(std::string_view line, Seen& seen) {
  if (line.front() == ' ' || line.front() == '\t') { return malformed("a header field is folded over several lines"); }
  const auto colon = line.find(':');
  const auto name = line.substr(0, colon);
  if (colon == std::string_view::npos || name.empty() || !std::ranges::all_of(name, is_token_character)) {
    return malformed("a header field has no valid name");
  }
  const auto value = trimmed(line.substr(colon + 1));
  if (equal_without_case(name, "Content-Length")) {
    if (value.empty() || value.size() > 18 || !std::ranges::all_of(value, is_digit)) {
      return malformed("Content-Length must be one decimal number");
    }
    if (++seen.lengths > 1) { return malformed("Content-Length comes more than once"); }
  } else if (equal_without_case(name, "Transfer-Encoding")) {
    if (!equal_without_case(value, "chunked") || ++seen.encodings > 1) {
      return malformed("the only Transfer-Encoding is chunked, once");
    }
  } else if (equal_without_case(name, "Host")) {
    if (++seen.hosts > 1) { return malformed("Host comes more than once"); }
  }
  return kDone;
}

Status check_request_line(std::string_view line) {
  // Exactly "method SP target SP HTTP/1.x": three words, two single blanks.
  if (std::ranges::count(line, ' ') != 2 || line.front() == ' ' || line.find('\t') != std::string_view::npos) {
    return malformed("the request line must be: method, blank, target, blank, version");
  }
  return kDone;
}

}  // namespace

Status check_header_block(std::string_view block) {
  Seen seen;
  bool first = true;
  bool newest_version = false;
  while (true) {
    const auto end = block.find("\r\n");
    if (end == std::string_view::npos) { return malformed("the header does not end with an empty line"); }
    const auto line = block.substr(0, end);
    block.remove_prefix(end + 2);
    if (has_control_character(line)) {
      return malformed("the header has a control character or a line end that is not CR LF");
    }
    if (line.empty()) {
      if (first) { return malformed("the request line is empty"); }
      break;
    }
    const auto checked = first ? check_request_line(line) : check_field(line, seen);
    if (!checked) { return checked.error(); }
    if (first) { newest_version = line.ends_with(" HTTP/1.1"); }
    first = false;
  }
  if (seen.lengths > 0 && seen.encodings > 0) {
    return malformed("Content-Length and Transfer-Encoding exclude each other");
  }
  if (newest_version && seen.hosts == 0) { return malformed("an HTTP/1.1 request needs a Host"); }
  if (!newest_version && seen.encodings > 0) { return malformed("Transfer-Encoding needs HTTP/1.1"); }
  return kDone;
}

}  // namespace keten::http
