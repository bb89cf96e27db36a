#include "tools/keten/finding.h"

#include <fmt/format.h>

namespace keten::tools {

std::string finding_text(const Console& console, const audit::Finding& finding) {
  auto where = fmt::format("WRONG at height {}", finding.height.value);
  if (finding.index) { where += fmt::format(", transaction {}", *finding.index); }
  auto text = console.bold(where) + "\n" + fmt::format("  {}  {}\n", finding.reason, printable(finding.message));
  const auto line = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) { text += fmt::format("  {:<12} {}\n", name, printable(value)); }
  };
  line("block", finding.block.is_zero() ? "" : finding.block.hex());
  line("transaction", finding.transaction ? finding.transaction->hex() : "");
  line("contract", finding.contract);
  line("key", finding.key);
  line("expected", finding.expected);
  line("found", finding.found);
  return text;
}

json::Value finding_value(const audit::Finding& finding) {
  auto value = json::Value::object()
                   .set("reason", text_value(finding.reason))
                   .set("message", text_value(finding.message))
                   .set("height", number_value(finding.height.value));
  const auto add = [&](const char* name, const std::string& text) {
    if (!text.empty()) { value.set(name, text_value(text)); }
  };
  add("block", finding.block.is_zero() ? "" : finding.block.hex());
  if (finding.index) { value.set("index", number_value(std::uint64_t{*finding.index})); }
  add("transaction", finding.transaction ? finding.transaction->hex() : "");
  add("contract", finding.contract);
  add("key", finding.key);
  add("expected", finding.expected);
  add("found", finding.found);
  return value;
}

}  // namespace keten::tools
