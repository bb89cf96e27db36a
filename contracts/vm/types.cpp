#include "contracts/vm/types.h"

namespace keten::vm {

std::string_view name_of(ValueType type) { return type == ValueType::i32 ? "i32" : "i64"; }

std::string name_of(const FunctionType& type) {
  std::string text = "(";
  for (const auto parameter : type.parameters) {
    if (text.size() > 1) { text += ", "; }
    text += name_of(parameter);
  }
  text += ") -> ";
  text += type.result ? name_of(*type.result) : "()";
  return text;
}

}  // namespace keten::vm
