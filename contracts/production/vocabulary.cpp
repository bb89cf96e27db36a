#include "contracts/production/vocabulary.h"

#include <algorithm>
#include <array>
#include <span>

namespace keten::production {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 41> kBizSteps = {"accepting",
                                                        "arriving",
                                                        "assembling",
                                                        "collecting",
                                                        "commissioning",
                                                        "consigning",
                                                        "creating_class_instance",
                                                        "cycle_counting",
                                                        "decommissioning",
                                                        "departing",
                                                        "destroying",
                                                        "disassembling",
                                                        "dispensing",
                                                        "encoding",
                                                        "entering_exiting",
                                                        "holding",
                                                        "inspecting",
                                                        "installing",
                                                        "killing",
                                                        "loading",
                                                        "other",
                                                        "packing",
                                                        "picking",
                                                        "receiving",
                                                        "removing",
                                                        "repackaging",
                                                        "repairing",
                                                        "replacing",
                                                        "reserving",
                                                        "retail_selling",
                                                        "sampling",
                                                        "sensor_reporting",
                                                        "shipping",
                                                        "staging_outbound",
                                                        "stock_taking",
                                                        "stocking",
                                                        "storing",
                                                        "transporting",
                                                        "unloading",
                                                        "unpacking",
                                                        "void_shipping"};
constexpr std::array<std::string_view, 33> kDispositions = {"active",
                                                            "available",
                                                            "completeness_inferred",
                                                            "completeness_verified",
                                                            "conformant",
                                                            "container_closed",
                                                            "container_open",
                                                            "damaged",
                                                            "destroyed",
                                                            "dispensed",
                                                            "disposed",
                                                            "encoded",
                                                            "expired",
                                                            "in_progress",
                                                            "in_transit",
                                                            "inactive",
                                                            "mismatch_class",
                                                            "mismatch_instance",
                                                            "mismatch_quantity",
                                                            "needs_replacement",
                                                            "no_pedigree_match",
                                                            "non_conformant",
                                                            "non_sellable_other",
                                                            "partially_dispensed",
                                                            "recalled",
                                                            "reserved",
                                                            "retail_sold",
                                                            "returned",
                                                            "sellable_accessible",
                                                            "sellable_not_accessible",
                                                            "stolen",
                                                            "unavailable",
                                                            "unknown"};
constexpr std::array<std::string_view, 13> kBizTransactionTypes = {
    "bol",       "cert",   "desadv", "inv",     "pedigree", "po",   "poc",
    "prodorder", "recadv", "rma",    "testprd", "testres",  "upevt"};
constexpr std::array<std::string_view, 3> kPartyTypes = {"location", "owning_party", "possessing_party"};
constexpr std::array<std::string_view, 2> kErrorReasons = {"did_not_occur", "incorrect_data"};
constexpr std::array<std::string_view, 15> kComponents = {
    "altitude",      "axial_distance",   "azimuth",  "easting",   "elevation_angle",
    "geocoordinate", "height",           "latitude", "longitude", "northing",
    "polar_angle",   "spherical_radius", "x",        "y",         "z"};
constexpr std::array<std::string_view, 2> kSensorExceptions = {"ALARM_CONDITION", "ERROR_CONDITION"};

Words words_of(Vocabulary vocabulary) {
  switch (vocabulary) {
    case Vocabulary::biz_step: return kBizSteps;
    case Vocabulary::disposition: return kDispositions;
    case Vocabulary::biz_transaction_type: return kBizTransactionTypes;
    case Vocabulary::party_type: return kPartyTypes;
    case Vocabulary::error_reason: return kErrorReasons;
    case Vocabulary::component: return kComponents;
    case Vocabulary::sensor_exception: return kSensorExceptions;
    case Vocabulary::measurement_type: return {};
  }
  return {};
}

/// The name of the list inside `urn:epcglobal:cbv:<name>:` and `.../cbv/<Name>-`; empty where there is none.
struct Names {
  std::string_view urn;
  std::string_view web;
};
Names names_of(Vocabulary vocabulary) {
  switch (vocabulary) {
    case Vocabulary::biz_step: return {"bizstep:", "BizStep-"};
    case Vocabulary::disposition: return {"disp:", "Disp-"};
    case Vocabulary::biz_transaction_type: return {"btt:", "BTT-"};
    case Vocabulary::party_type: return {"sdt:", "SDT-"};
    case Vocabulary::error_reason: return {"er:", "ER-"};
    case Vocabulary::component: return {"comp:", "Comp-"};
    case Vocabulary::measurement_type:
    case Vocabulary::sensor_exception: return {};
  }
  return {};
}

bool drop_prefix(std::string_view& value, std::string_view prefix) {
  if (!value.starts_with(prefix)) { return false; }
  value.remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::string bare_word(Vocabulary vocabulary, std::string_view value) {
  auto rest = value;
  const auto names = names_of(vocabulary);
  if (names.web.empty()) {
    // Words of the GS1 web vocabulary.
    for (const std::string_view prefix :
         {"https://gs1.org/voc/", "https://www.gs1.org/voc/", "https://ref.gs1.org/voc/", "gs1:"}) {
      if (drop_prefix(rest, prefix)) { return std::string(rest); }
    }
    return std::string(value);
  }
  if (drop_prefix(rest, "urn:epcglobal:cbv:")) {
    if (drop_prefix(rest, names.urn)) { return std::string(rest); }
    return std::string(value);
  }
  for (const std::string_view prefix :
       {"https://ref.gs1.org/cbv/", "https://ns.gs1.org/cbv/", "http://ns.gs1.org/cbv/", "cbv:"}) {
    if (drop_prefix(rest, prefix) && drop_prefix(rest, names.web) && is_standard_word(vocabulary, rest)) {
      return std::string(rest);
    }
    rest = value;
  }
  return std::string(value);
}

std::string web_address(Vocabulary vocabulary, std::string_view word) {
  const auto names = names_of(vocabulary);
  std::string result = names.web.empty() ? "https://gs1.org/voc/" : "https://ref.gs1.org/cbv/";
  return (result += names.web) += word;
}

bool is_standard_word(Vocabulary vocabulary, std::string_view word) {
  if (vocabulary == Vocabulary::measurement_type) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
  }
  const auto words = words_of(vocabulary);
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_refused_spelling(Vocabulary vocabulary, std::string_view value) {
  if (vocabulary == Vocabulary::measurement_type || vocabulary == Vocabulary::sensor_exception) {
    return value.starts_with("https://gs1.org/voc/") || value.starts_with("http://gs1.org/voc/") ||
           value.starts_with("https://www.gs1.org/voc/") || value.starts_with("http://www.gs1.org/voc/");
  }
  return value.starts_with("urn:epcglobal:cbv") || value.starts_with("https://ns.gs1.org/cbv/") ||
         value.starts_with("http://ns.gs1.org/cbv/");
}

std::string_view standard_namespace(Vocabulary vocabulary) {
  return names_of(vocabulary).web.empty() ? "https://gs1.org/voc/" : "urn:epcglobal:cbv";
}

std::string vocabulary_text(Vocabulary vocabulary) {
  if (vocabulary == Vocabulary::measurement_type) { return "a measurement type such as Temperature"; }
  std::string result = "one of";
  std::string separator = " ";
  for (const auto word : words_of(vocabulary)) {
    result += separator + std::string(word);
    separator = ", ";
  }
  return result;
}

}  // namespace keten::production
