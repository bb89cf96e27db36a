// keten usage seal, open, check-opening: fields that stay off the chain, and are shown to one party at a time.
#include <ostream>

#include "client/key_seed.h"
#include "client/keystore.h"
#include "client/sealed_box.h"
#include "contracts/usage/ledger_records.h"
#include "contracts/usage/sealed_fields.h"
#include "tools/keten/usage_options.h"

namespace keten::tools {
namespace {

using client::Existing;
using client::FileAccess;
using json::Value;

constexpr std::size_t kPrivateBytesMax = 32U * 1024 * 1024;

struct PrivateFields {
  std::string about;
  std::vector<usage::SealedField> fields;

  [[nodiscard]] std::vector<Hash> commitments() const {
    std::vector<Hash> result;
    for (const auto& field : fields) { result.push_back(usage::field_commitment(about, field)); }
    return result;
  }
};

Value list_of(const std::vector<Hash>& hashes) {
  auto list = Value::array();
  for (const auto& hash : hashes) { list.push(text_value(hash.hex())); }
  return list;
}

Result<std::string> text_member(const Value& document, const char* name, const std::string& file) {
  const auto text = document.find_string(name);
  if (!text) { return invalid("FILE_MALFORMED", file + ": expected a text " + name); }
  return std::string(*text);
}

/// Of a file whose first member says what it is.
Result<Value> read_document(const std::string& file, const char* kind) {
  const auto text = client::read_file(file, kPrivateBytesMax);
  if (!text) { return text.error(); }
  auto document = json::parse(*text, {.bytes = kPrivateBytesMax});
  if (!document) {
    auto error = document.error();
    error.message = file + ": " + error.message;
    return error;
  }
  const auto* version = document->find(kind);
  if (version == nullptr || version->as_integer() != 1) {
    return invalid("FILE_MALFORMED", file + ": expected " + kind + " 1; is it another kind of file?");
  }
  return document;
}

Result<usage::SealedField> read_field(const Value& one, const std::string& file) {
  auto name = text_member(one, "name", file);
  auto value = text_member(one, "value", file);
  const auto salt = text_member(one, "salt", file);
  if (!name || !value || !salt) { return invalid("FILE_MALFORMED", file + ": expected fields of name, value, salt"); }
  const auto bytes = usage::FieldSalt::from_hex(*salt);
  if (!bytes) { return invalid("FILE_MALFORMED", file + ": a salt has 64 hexadecimal digits"); }
  return usage::SealedField{std::move(*name), std::move(*value), *bytes};
}

Result<PrivateFields> read_private(const std::string& file) {
  const auto document = read_document(file, "keten_private_fields");
  if (!document) { return document.error(); }
  PrivateFields result;
  auto about = text_member(*document, "about", file);
  if (!about) { return about.error(); }
  result.about = std::move(*about);
  const auto* fields = document->find("fields");
  if (fields == nullptr || !fields->is(json::Kind::array)) {
    return invalid("FILE_MALFORMED", file + ": expected fields");
  }
  for (const auto& one : fields->items()) {
    auto field = read_field(one, file);
    if (!field) { return field.error(); }
    result.fields.push_back(std::move(*field));
  }
  const auto said = document->find_string("commitment");
  if (!said || *said != usage::fields_commitment(result.about, result.commitments()).hex()) {
    return invalid("FILE_MALFORMED", file + ": its fields do not give its commitment; it was changed");
  }
  return result;
}

/// What the ledger says of a dataset now.
Result<std::string> ledger_commitment(const UsageSealOptions& options) {
  const auto target = find_target(options.target);
  if (!target) { return target.error(); }
  const auto ledger = target->ledger();
  if (!ledger) { return ledger.error(); }
  client::LedgerClient::UsageQuestion question;
  question.view = "dataset";
  question.subject = options.dataset;
  const auto record = ledger->usage(question);
  if (!record) { return record.error(); }
  return std::string(record->find_string("commitment").value_or(""));
}

}  // namespace

int run_usage_seal(Console& console, const UsageSealOptions& options) {
  const auto text = client::read_file(options.file, kPrivateBytesMax);
  if (!text) { return console.fail(text.error()); }
  const auto document = json::parse(*text);
  if (!document) { return console.fail(document.error(), options.file); }
  if (!document->is(json::Kind::object) || document->members().empty() ||
      document->members().size() > usage::kSealedFieldsMax) {
    return console.fail(invalid("FIELDS_INVALID", options.file + ": expected a JSON object of 1 to " +
                                                      std::to_string(usage::kSealedFieldsMax) + " fields"));
  }
  PrivateFields sealed{.about = options.about, .fields = {}};
  auto fields = Value::array();
  for (const auto& [name, value] : document->members()) {
    auto canonical = json::canonical(value);
    if (canonical.size() > usage::kSealedValueBytesMax) {
      return console.fail(failure(ErrorKind::too_large, "FIELD_TOO_LARGE",
                                  "field " + name + " has " + std::to_string(canonical.size()) + " bytes, at most " +
                                      std::to_string(usage::kSealedValueBytesMax) +
                                      " can be sealed; commit to a file with --content"));
    }
    usage::SealedField field{name, std::move(canonical), {}};
    field.salt.bytes = client::random_seed().bytes;
    fields.push(Value::object()
                    .set("name", text_value(field.name))
                    .set("value", text_value(field.value))
                    .set("salt", text_value(field.salt.hex())));
    sealed.fields.push_back(std::move(field));
  }
  const auto commitment = usage::fields_commitment(sealed.about, sealed.commitments()).hex();
  const auto file = json::pretty(Value::object()
                                     .set("keten_private_fields", number_value(std::uint64_t{1}))
                                     .set("about", text_value(sealed.about))
                                     .set("commitment", text_value(commitment))
                                     .set("fields", std::move(fields))) +
                    "\n";
  if (auto written = client::write_file(options.out, file, FileAccess::owner, Existing::refuse); !written) {
    return console.fail(written.error(), "a file with salts is never replaced: without it nothing can be opened");
  }
  console.out << commitment << "\n";
  console.err << sealed.fields.size() << " fields are in " << options.out
              << ", for your eyes only. The line above is what the ledger may hold: --commitment\n";
  return kSuccess;
}

int run_usage_open(Console& console, const UsageSealOptions& options) {
  const auto sealed = read_private(options.file);
  if (!sealed) { return console.fail(sealed.error()); }
  const auto recipient = parse_key_text(options.recipient);
  if (!recipient) { return console.fail(recipient.error()); }
  const usage::SealedField* chosen = nullptr;
  std::size_t place = 0;
  std::string names;
  for (std::size_t i = 0; i < sealed->fields.size(); ++i) {
    const auto& field = sealed->fields[i];
    names += (names.empty() ? "" : ", ") + field.name;
    if (field.name == options.field) {
      chosen = &field;
      place = i;
    }
  }
  if (chosen == nullptr) {
    return console.fail(failure(ErrorKind::not_found, "UNKNOWN_FIELD",
                                options.file + " has no field " + options.field + "; it has " + names));
  }
  const auto content = json::canonical(Value::object()
                                           .set("about", text_value(sealed->about))
                                           .set("name", text_value(chosen->name))
                                           .set("value", text_value(chosen->value))
                                           .set("salt", text_value(chosen->salt.hex()))
                                           .set("place", number_value(std::uint64_t{place}))
                                           .set("commitments", list_of(sealed->commitments())));
  const auto box = client::seal_for(*recipient, as_bytes(content));
  if (!box) { return console.fail(box.error()); }
  const auto file = json::pretty(Value::object()
                                     .set("keten_opening", number_value(std::uint64_t{1}))
                                     .set("for", text_value(key_text(*recipient)))
                                     .set("box", text_value(to_hex(*box)))) +
                    "\n";
  if (auto written = client::write_file(options.out, file, FileAccess::everyone, Existing::refuse); !written) {
    return console.fail(written.error());
  }
  console.out << options.out << " opens field " << printable(chosen->name) << " to " << key_text(*recipient)
              << " and nobody else\n";
  return kSuccess;
}

int run_usage_check_opening(Console& console, const UsageSealOptions& options) {
  if (options.commitment.empty() == options.dataset.empty()) {
    console.fail(invalid("USAGE", "give --commitment, or --dataset to take it from the ledger"));
    return kUsage;
  }
  const auto document = read_document(options.file, "keten_opening");
  if (!document) { return console.fail(document.error()); }
  const auto box = from_hex(document->find_string("box").value_or(""));
  if (!box) { return console.fail(invalid("FILE_MALFORMED", options.file + ": its box is not hexadecimal")); }
  const auto key = client::read_key_seed(options.key_file);
  if (!key) { return console.fail(key.error()); }
  const auto opened = client::open_sealed(*key, *box);
  if (!opened) { return console.fail(opened.error()); }
  const auto content = json::parse(as_text(*opened), {.bytes = kPrivateBytesMax});
  if (!content) { return console.fail(content.error()); }
  const auto field = read_field(*content, options.file);
  const auto about = text_member(*content, "about", options.file);
  if (!field || !about) { return console.fail(field ? about.error() : field.error()); }
  const auto* place = content->find("place");
  const auto* list = content->find("commitments");
  std::vector<Hash> commitments;
  if (list != nullptr && list->is(json::Kind::array) && list->items().size() <= usage::kSealedFieldsMax) {
    for (const auto& one : list->items()) {
      const auto hash = Hash::from_hex(one.is(json::Kind::string) ? one.text() : "");
      if (hash) { commitments.push_back(*hash); }
    }
  }
  const auto at = place == nullptr ? std::nullopt : place->as_integer();
  const bool is_there = at && *at >= 0 && static_cast<std::uint64_t>(*at) < commitments.size() &&
                        commitments[static_cast<std::size_t>(*at)] == usage::field_commitment(*about, *field);
  const auto commitment = usage::fields_commitment(*about, commitments).hex();
  const auto expected = options.dataset.empty() ? Result<std::string>(options.commitment) : ledger_commitment(options);
  if (!expected) { return console.fail(expected.error()); }
  if (!is_there || commitment != *expected || (!options.dataset.empty() && *about != options.dataset)) {
    console.fail(failure(ErrorKind::refused, "OPENING_DIFFERS",
                         "this field is not what was committed to: expected " + *expected + ", found " +
                             (is_there ? commitment + " about " + *about : "a value that gives another commitment")));
    return kVerificationFailed;
  }
  if (options.output == OutputForm::json) {
    console.out << json::pretty(Value::object()
                                    .set("about", text_value(*about))
                                    .set("name", text_value(field->name))
                                    .set("value", json::parse(field->value).ok() ? *json::parse(field->value)
                                                                                 : text_value(field->value))
                                    .set("commitment", text_value(commitment)))
                << "\n";
  } else {
    console.out << printable(field->name) << "  " << printable(field->value) << "\nof " << printable(*about)
                << ", as committed: " << commitment << "\n";
  }
  return kSuccess;
}

}  // namespace keten::tools
