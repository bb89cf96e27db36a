#include "contracts/vm/opcodes.h"

#include <array>
#include <string_view>

#include "contracts/vm/reader.h"

namespace keten::vm {
namespace {

// WebAssembly core specification 1.0, section 5.4, from 0x28 to 0x40 and from 0x41 to 0xC4.
constexpr std::array<std::string_view, 25> kMemory = {
    "i32.load",     "i64.load",    "f32.load",    "f64.load",     "i32.load8_s",  "i32.load8_u",  "i32.load16_s",
    "i32.load16_u", "i64.load8_s", "i64.load8_u", "i64.load16_s", "i64.load16_u", "i64.load32_s", "i64.load32_u",
    "i32.store",    "i64.store",   "f32.store",   "f64.store",    "i32.store8",   "i32.store16",  "i64.store8",
    "i64.store16",  "i64.store32", "memory.size", "memory.grow"};
constexpr std::array<std::string_view, 11> kCompare = {"eqz",  "eq",   "ne",   "lt_s", "lt_u", "gt_s",
                                                       "gt_u", "le_s", "le_u", "ge_s", "ge_u"};
constexpr std::array<std::string_view, 18> kNumeric = {"clz",   "ctz",   "popcnt", "add",   "sub",  "mul",
                                                       "div_s", "div_u", "rem_s",  "rem_u", "and",  "or",
                                                       "xor",   "shl",   "shr_s",  "shr_u", "rotl", "rotr"};

std::string typed(const char* type, std::string_view name) { return std::string(type) + std::string(name); }

}  // namespace

std::string opcode_name(std::uint8_t opcode, std::uint32_t second) {
  if (opcode >= 0x28 && opcode <= 0x40) { return std::string(kMemory.at(opcode - 0x28U)); }
  if (opcode >= 0x45 && opcode <= 0x4F) { return typed("i32.", kCompare.at(opcode - 0x45U)); }
  if (opcode >= 0x50 && opcode <= 0x5A) { return typed("i64.", kCompare.at(opcode - 0x50U)); }
  if (opcode >= 0x67 && opcode <= 0x78) { return typed("i32.", kNumeric.at(opcode - 0x67U)); }
  if (opcode >= 0x79 && opcode <= 0x8A) { return typed("i64.", kNumeric.at(opcode - 0x79U)); }
  switch (opcode) {
    case 0x00: return "unreachable";
    case 0x01: return "nop";
    case 0x02: return "block";
    case 0x03: return "loop";
    case 0x04: return "if";
    case 0x05: return "else";
    case 0x0B: return "end";
    case 0x0C: return "br";
    case 0x0D: return "br_if";
    case 0x0E: return "br_table";
    case 0x0F: return "return";
    case 0x10: return "call";
    case 0x11: return "call_indirect";
    case 0x1A: return "drop";
    case 0x1B: return "select";
    case 0x20: return "local.get";
    case 0x21: return "local.set";
    case 0x22: return "local.tee";
    case 0x23: return "global.get";
    case 0x24: return "global.set";
    case 0x41: return "i32.const";
    case 0x42: return "i64.const";
    case 0xA7: return "i32.wrap_i64";
    case 0xAC: return "i64.extend_i32_s";
    case 0xAD: return "i64.extend_i32_u";
    case 0xC0: return "i32.extend8_s";
    case 0xC1: return "i32.extend16_s";
    case 0xC2: return "i64.extend8_s";
    case 0xC3: return "i64.extend16_s";
    case 0xC4: return "i64.extend32_s";
    case 0xFC: return second == 10 ? "memory.copy" : second == 11 ? "memory.fill" : "0xfc " + std::to_string(second);
    default: return hex_byte(opcode);
  }
}

const char* outside_feature(std::uint8_t opcode) {
  if ((opcode >= 0x06 && opcode <= 0x0A) || opcode == 0x18 || opcode == 0x19 || opcode == 0x1F) { return "exceptions"; }
  if (opcode >= 0x12 && opcode <= 0x15) { return "tail calls and typed function references"; }
  if (opcode == 0x1C || opcode == 0x25 || opcode == 0x26 || (opcode >= 0xD0 && opcode <= 0xD6)) {
    return "reference types";
  }
  if (opcode == 0x2A || opcode == 0x2B || opcode == 0x38 || opcode == 0x39 || opcode == 0x43 || opcode == 0x44 ||
      (opcode >= 0x5B && opcode <= 0x66) || (opcode >= 0x8B && opcode <= 0xA6) || (opcode >= 0xA8 && opcode <= 0xAB) ||
      (opcode >= 0xAE && opcode <= 0xBF)) {
    return "floating point";
  }
  if (opcode == 0xFB) { return "garbage collection"; }
  if (opcode == 0xFD) { return "SIMD"; }
  if (opcode == 0xFE) { return "threads"; }
  return nullptr;
}

const char* outside_feature_fc(std::uint32_t second) {
  if (second <= 7) { return "floating point"; }
  if (second == 8 || second == 9 || second == 12 || second == 13) { return "passive segments"; }
  if (second >= 14 && second <= 17) { return "reference types"; }
  return nullptr;
}

}  // namespace keten::vm
