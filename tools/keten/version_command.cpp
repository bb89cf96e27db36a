#include <ostream>

#include "core/block.h"
#include "tools/keten/options.h"

namespace keten::tools {

int run_version(Console& console, OutputForm output) {
  if (output == OutputForm::json) {
    console.out << json::pretty(json::Value::object()
                                    .set("program", text_value("keten"))
                                    .set("version", text_value(KETEN_VERSION))
                                    .set("protocol", number_value(std::uint64_t{kProtocolVersion})))
                << "\n";
  } else {
    console.out << "keten " << KETEN_VERSION << ", protocol " << kProtocolVersion << "\n";
  }
  return kSuccess;
}

}  // namespace keten::tools
