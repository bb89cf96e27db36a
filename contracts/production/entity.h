#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keten::production {

/// The GS1 Digital Link that names the same thing as an EPC URI (`urn:epc:id:...`), class URI
/// (`urn:epc:class:lgtin:...`), pattern (`urn:epc:idpat:...:*`) or Digital Link of any domain: on
/// https://id.gs1.org, with check digit, GTINs of 14 digits, only the finest identification (a serial number drops
/// the lot, the consumer product variant is always dropped), without query string. Empty when there is no such
/// mapping. GS1 EPC Tag Data Standard 2.0 section 6, GS1 Digital Link 1.1.2 section 4.
std::optional<std::string> digital_link(std::string_view uri);

/// The name under which the ledger keeps an item, lot, product, place or party: its Digital Link, or the URI itself.
std::string entity_key(std::string_view uri);

/// GS1 General Specifications 7.9: the last digit of a GTIN, GLN, SSCC and so on, from the digits before it.
char check_digit(std::string_view digits);

/// A GS1 key in a Digital Link that does not end its digits as it must.
struct WrongCheckDigit {
  std::string key;  ///< as found, up to and with the digit
  char expected = '0';
  bool is_certain = false;  ///< on id.gs1.org; under another domain the path may be something else than a key
};
/// Empty when the digit is right, or the URI is no Digital Link, or its key has none. EPC URNs leave the digit out.
std::optional<WrongCheckDigit> wrong_check_digit(std::string_view uri);

/// The lot of a product that a lot number in an event's ILMD means: `https://id.gs1.org/01/<GTIN>/10/<lot>`. Empty when
/// `instance` is no instance of a GTIN, or a lot cannot be called so (1 to 20 characters).
std::optional<std::string> lot_of_instance(std::string_view instance, std::string_view lot_number);

/// For MATCH_ parameters: a name, or the names that start with `key`.
struct EntityPattern {
  std::string key;
  bool is_prefix = false;
  /// Of a prefix: what the rest has to begin with where its digits end, as `/21/`. Empty text: nothing may follow
  /// there. None: anything may.
  std::optional<std::string> qualifier{};
  [[nodiscard]] bool matches(std::string_view entity) const;
};
/// `urn:epc:idpat:sgtin:4012345.011111.*` matches the instances of that product, `urn:epc:idpat:sgtin:4012345.*.*` of
/// all products of that company; other URIs match themselves. Several, because the indicator digit of a GTIN leads the
/// company prefix. None for a pattern that is not one of its scheme: wildcards stand at the end (GS1 EPC Tag Data
/// Standard 2.0, section 8).
std::vector<EntityPattern> entity_patterns(std::string_view uri);
/// The same for names of classes: with a serial number as only wildcard the product itself.
std::vector<EntityPattern> class_patterns(std::string_view uri);

}  // namespace keten::production
