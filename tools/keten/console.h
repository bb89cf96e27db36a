#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/result.h"

namespace keten::tools {

enum class OutputForm { table, json };

/// What the shell is told. docs/command-line.md, "Exit codes".
enum ExitCode : int {
  kSuccess = 0,
  kFailed = 1,
  kUsage = 2,
  kNotReady = 3,  ///< timeout, no quorum, nobody listens
  kVerificationFailed = 4,
  kNoPermission = 5,
};

ExitCode exit_code(const Error& error);

/// Where a command writes. Colour and progress only where a person looks.
class Console {
 public:
  enum class Audience { person, program };
  Console(std::ostream& out, std::ostream& err, Audience out_audience, Audience err_audience);
  /// The process's own streams, as the terminal and NO_COLOR say.
  static Console standard();

  std::ostream& out;
  std::ostream& err;

  [[nodiscard]] bool has_terminal() const { return out_audience_ == Audience::person; }
  [[nodiscard]] std::string bold(std::string_view text) const;
  [[nodiscard]] std::string dim(std::string_view text) const;

  /// `error: <reason>  <sentence>`, the violations of a document, and a hint. Returns the exit code that fits.
  int fail(const Error& error, std::string_view hint = {});

  /// Replaces the line of progress on a terminal; without one nothing is written.
  void progress(std::string_view text);
  void end_progress();

 private:
  Audience out_audience_;
  Audience err_audience_;
  bool colour_;
  bool in_progress_ = false;
};

/// Rows of text under headings, columns as wide as their widest cell.
class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string heading;
    Align align = Align::left;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// As many cells as there are columns.
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string text(std::string_view indent = "") const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// `a81f…09c2` of a long hexadecimal text.
std::string shortened(std::string_view hex);
/// Control characters as `\xNN`: what came from outside must not steer a terminal.
std::string printable(std::string_view text);

json::Value text_value(std::string_view text);
json::Value number_value(std::uint64_t number);
json::Value violations_value(const std::vector<Violation>& violations);
/// With `digits` after the point.
json::Value number_value(double number, int digits);

}  // namespace keten::tools
