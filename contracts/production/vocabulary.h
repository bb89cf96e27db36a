#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace keten::production {

/// The closed word lists of the Core Business Vocabulary 2.0 that EPCIS documents use as bare words.
enum class Vocabulary : std::uint8_t {
  biz_step,              ///< CBV 7.1, 41 words
  disposition,           ///< CBV 7.2, 33 words
  biz_transaction_type,  ///< CBV 7.3, 13 words
  party_type,            ///< CBV 7.4, source and destination: 3 words
  error_reason,          ///< CBV 7.5, 2 words
  measurement_type,      ///< EPCIS 2.0, sensorReport.type. Open: devices use more words than the 72 published ones.
  component,             ///< CBV 7.8, 15 words
  sensor_exception,      ///< EPCIS 2.0, sensorReport.exception: 2 words
};

/// One spelling for what is equal in meaning: `shipping`, `https://ref.gs1.org/cbv/BizStep-shipping`,
/// `https://ns.gs1.org/cbv/BizStep-shipping`, `cbv:BizStep-shipping` and `urn:epcglobal:cbv:bizstep:shipping` all
/// give `shipping`. Anything else is its own spelling.
std::string bare_word(Vocabulary vocabulary, std::string_view value);

/// The web address of a bare word: `https://ref.gs1.org/cbv/BizStep-shipping`, `https://gs1.org/voc/Temperature`.
std::string web_address(Vocabulary vocabulary, std::string_view word);

/// Whether `word` is a bare word of the list; every plain word is a measurement type.
bool is_standard_word(Vocabulary vocabulary, std::string_view word);

/// Spellings of standard words that the EPCIS 2.0 JSON schema refuses: `urn:epcglobal:cbv...` and
/// `https://ns.gs1.org/cbv/...` of the CBV, `https://gs1.org/voc/...` of measurement types and sensor exceptions.
bool is_refused_spelling(Vocabulary vocabulary, std::string_view value);

/// For error messages: where URIs of one's own must not lie.
std::string_view standard_namespace(Vocabulary vocabulary);

/// For error messages: the words of the list, or what they stand for.
std::string vocabulary_text(Vocabulary vocabulary);

}  // namespace keten::production
