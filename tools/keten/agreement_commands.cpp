// keten agreement: documents that companies sign.
#include <ostream>

#include <fmt/format.h>

#include "client/keystore.h"
#include "core/limits.h"
#include "tools/keten/agreement_options.h"
#include "tools/keten/agreement_reads.h"

namespace keten::tools {
namespace {

namespace agr = keten::agreements;

constexpr std::size_t kListMax = 10'000;
constexpr std::uint64_t kFuel = 20'000'000;

/// A document as people write it: any JSON spelling. Gives its canonical bytes.
Result<std::string> read_document_file(const std::string& file) {
  const auto content = client::read_file(file);
  if (!content) { return content.error(); }
  const auto value = json::parse(*content);
  if (!value) { return value.error(); }
  auto canonical = json::canonical(*value);
  const auto document = agr::parse_document(canonical);
  if (!document) { return document.error(); }
  return canonical;
}

std::string text(const json::Value& value, std::string_view name) {
  return printable(value.find_string(name).value_or(""));
}

std::string names(const json::Value* list) {
  std::string result;
  if (list == nullptr) { return result; }
  for (const auto& item : list->items()) {
    const auto& name =
        item.is(json::Kind::string) ? item.text() : std::string(item.find_string("organisation").value_or(""));
    result += (result.empty() ? "" : ", ") + printable(name);
  }
  return result;
}

void print_version(Console& console, const std::string& heading, const json::Value& version) {
  console.out << fmt::format("{}: version {}, {}\n", heading, json::serialize(*version.find("version")),
                             text(version, "status"));
  console.out << "  hash       " << text(version, "hash") << "\n";
  console.out << "  signed by  " << names(version.find("signatures")) << "\n";
  if (const auto* missing = version.find("missing")) { console.out << "  missing    " << names(missing) << "\n"; }
  if (version.find("inForceFrom") != nullptr) {
    console.out << "  in force from " << text(version, "inForceFrom") << "\n";
  }
  console.out << json::pretty(*version.find("document")) << "\n";
}

int print_agreement(Console& console, const AgreementReads& reads, const agr::Agreement& agreement, OutputForm output) {
  const auto value = agr::to_json(reads.rows, agreement, reads.time);
  if (output == OutputForm::json) {
    console.out << json::pretty(value) << "\n";
    return kSuccess;
  }
  console.out << "Agreement " << agreement.id.hex() << "\n";
  console.out << fmt::format("{}; parties {}; {} finding{}\n", text(value, "state"), names(value.find("parties")),
                             agreement.record.findings, agreement.record.findings == 1 ? "" : "s");
  if (const auto* terminated = value.find("terminated")) {
    console.out << fmt::format("terminated by {}, ends {}{}\n", text(*terminated, "by"), text(*terminated, "ends"),
                               agreement.record.reason.empty() ? "" : ": " + text(*terminated, "reason"));
  }
  print_version(console, "Current", *value.find("current"));
  if (const auto* next = value.find("next")) { print_version(console, "Next", *next); }
  if (const auto* amendment = value.find("amendment")) { print_version(console, "Amendment", *amendment); }
  return kSuccess;
}

/// After a step: what the agreement is now.
int print_step(Console& console, const Administration& administration, const agr::AgreementId& id, OutputForm output) {
  const auto reads = AgreementReads::of(administration.ledger());
  if (!reads) { return console.fail(reads.error()); }
  const auto agreement = reads->find(id.hex());
  if (!agreement) { return console.fail(agreement.error()); }
  if (output == OutputForm::json) { return print_agreement(console, *reads, *agreement, output); }
  const auto& record = agreement->record;
  console.out << fmt::format("Agreement {}: {}\n", id.hex(), agr::state_name(record, reads->time));
  if (const auto open = record.open_version(); open != 0) {
    std::string missing;
    for (const auto& party : record.parties) {
      if (!record.versions[open - 1].has_signed(party)) { missing += (missing.empty() ? "" : ", ") + printable(party); }
    }
    console.out << fmt::format("Version {} waits for {}; they sign with: keten agreement sign {}\n", open, missing,
                               id.hex());
  }
  return kSuccess;
}

struct Opened {
  std::unique_ptr<const Administration> administration;  ///< reads borrow its ledger
  AgreementReads reads;
  agr::Agreement agreement;
};
Result<Opened> open(const AgreementOptions& options) {
  auto administration = Administration::open(options.target, options.key_file);
  if (!administration) { return administration.error(); }
  auto kept = std::make_unique<const Administration>(std::move(*administration));
  auto reads = AgreementReads::of(kept->ledger());
  if (!reads) { return reads.error(); }
  auto agreement = reads->find(options.id);
  if (!agreement) { return agreement.error(); }
  return Opened{std::move(kept), std::move(*reads), std::move(*agreement)};
}

}  // namespace

Result<AgreementReads> AgreementReads::of(const client::LedgerClient& ledger) {
  const auto status = ledger.status();
  if (!status) { return status.error(); }
  return AgreementReads{nullptr, LedgerRows(ledger), status->block_time};
}

Result<AgreementReads> AgreementReads::of(const TargetOptions& options) {
  const auto target = find_target(options);
  if (!target) { return target.error(); }
  auto ledger = target->ledger();
  if (!ledger) { return ledger.error(); }
  auto own = std::make_shared<const client::LedgerClient>(std::move(*ledger));
  auto reads = of(*own);
  if (reads) { reads->own = std::move(own); }
  return reads;
}

Result<agr::Agreement> AgreementReads::find(std::string_view id) const {
  constexpr std::size_t kDigits = 2 * agr::AgreementId::size;
  const auto wanted = std::string(id.substr(0, kDigits));
  const auto first = from_hex(wanted + std::string(kDigits - wanted.size(), '0'));
  const auto last = from_hex(wanted + std::string(kDigits - wanted.size(), 'f'));
  if (id.empty() || id.size() > kDigits || !first || !last) {
    return invalid(
        "AGREEMENT_ID_INVALID",
        "expected the id of an agreement or its beginning, hexadecimal digits, found '" + printable(id) + "'");
  }
  // Two are enough to know that there are several.
  const auto key = [](const Bytes& digits) {
    return agr::full_key(agr::agreement_key(*agr::AgreementId::from(digits)));
  };
  auto end = key(*last);
  end.push_back(0);
  std::vector<agr::AgreementId> found;
  rows.scan(key(*first), end, [&](ByteView at, ByteView) {
    if (const auto one = agr::AgreementId::from(at.last(agr::AgreementId::size))) { found.push_back(*one); }
    return found.size() < 2;
  });
  if (found.size() > 1) {
    return invalid("AGREEMENT_AMBIGUOUS", "several agreements begin with " + printable(id) + "; give more digits");
  }
  auto agreement = found.empty() ? std::nullopt : agr::read_agreement_record(rows, found.front());
  if (!agreement) {
    return failure(ErrorKind::not_found, "UNKNOWN_AGREEMENT",
                   "no agreement begins with '" + printable(id) + "'; keten agreement list shows them");
  }
  return std::move(*agreement);
}

Result<agr::Finding> AgreementReads::find_finding(std::string_view id) const {
  const auto slash = id.find('/');
  const auto agreement = find(id.substr(0, slash));
  if (!agreement) { return agreement.error(); }
  const auto number = slash == std::string_view::npos ? std::string() : std::string(id.substr(slash));
  const auto parsed = agr::FindingId::parse(agreement->id.hex() + number);
  if (!parsed) { return parsed.error(); }
  auto finding = agr::read_finding(rows, *parsed);
  if (!finding) { return failure(ErrorKind::not_found, "UNKNOWN_FINDING", "there is no finding " + printable(id)); }
  return std::move(*finding);
}

Result<std::vector<json::Value>> read_rules(const client::LedgerClient& ledger, client::RulesQuestion question,
                                            std::size_t most) {
  question.limit = limits::kPageMax;
  std::vector<json::Value> found;
  do {
    const auto page = ledger.rules(question);
    if (!page) { return page.error(); }
    for (const auto& document : page->documents) {
      auto value = json::parse(document);
      if (!value) {
        return failure(ErrorKind::corrupt, "ANSWER_INVALID", "the node answered no JSON: " + value.error().message);
      }
      found.push_back(std::move(*value));
      if (found.size() == most) { return found; }
    }
    question.after = page->next;
  } while (!question.after.empty());
  return found;
}

Result<Enacted> enact_agreement(const Administration& administration, std::string_view method, Bytes arguments) {
  return administration.enact({.contract = std::string(agr::kContractName),
                               .method = std::string(method),
                               .arguments = std::move(arguments),
                               .valid_until = {},
                               .fuel_limit = kFuel});
}

int run_agreement_new(Console& console, const AgreementOptions& options) {
  const auto document = read_document_file(options.file);
  if (!document) { return console.fail(document.error()); }
  const auto id = agr::document_hash(*document);
  if (options.check) {
    console.out << "The document is complete; its id would be " << id.hex() << "\n";
    return kSuccess;
  }
  const auto administration = Administration::open(options.target, options.key_file);
  if (!administration) { return console.fail(administration.error()); }
  const auto enacted = enact_agreement(*administration, agr::kPropose, agr::Propose{*document}.encode());
  if (!enacted) { return console.fail(enacted.error()); }
  return print_step(console, *administration, id, options.output);
}

int run_agreement_sign(Console& console, const AgreementOptions& options) {
  const auto opened = open(options);
  if (!opened) { return console.fail(opened.error()); }
  const auto& [administration, reads, agreement] = *opened;
  const auto version = options.version != 0 ? options.version : agreement.record.open_version();
  if (version == 0 || version > agreement.record.versions.size()) {
    return console.fail(
        failure(ErrorKind::refused, "VERSION_CLOSED", "no version of the agreement waits for signatures"));
  }
  // What is signed is what was read: not what the node says its hash is.
  const auto document = agr::read_version(reads.rows, agreement.id, version);
  const auto hash = agr::document_hash(document);
  if (!options.file.empty()) {
    const auto expected = read_document_file(options.file);
    if (!expected) { return console.fail(expected.error()); }
    if (*expected != document) {
      return console.fail(failure(ErrorKind::refused, "AGREEMENT_DIFFERS",
                                  fmt::format("version {} on the ledger is not what {} says", version, options.file)));
    }
  }
  const auto enacted = enact_agreement(*administration, agr::kSign, agr::Sign{agreement.id, version, hash}.encode());
  if (!enacted) { return console.fail(enacted.error()); }
  return print_step(console, *administration, agreement.id, options.output);
}

int run_agreement_show(Console& console, const AgreementOptions& options) {
  const auto reads = AgreementReads::of(options.target);
  if (!reads) { return console.fail(reads.error()); }
  const auto agreement = reads->find(options.id);
  if (!agreement) { return console.fail(agreement.error()); }
  return print_agreement(console, *reads, *agreement, options.output);
}

int run_agreement_amend(Console& console, const AgreementOptions& options) {
  const auto document = read_document_file(options.file);
  if (!document) { return console.fail(document.error()); }
  const auto opened = open(options);
  if (!opened) { return console.fail(opened.error()); }
  const auto& id = opened->agreement.id;
  const auto enacted = enact_agreement(*opened->administration, agr::kAmend, agr::Amend{id, *document}.encode());
  if (!enacted) { return console.fail(enacted.error()); }
  return print_step(console, *opened->administration, id, options.output);
}

int run_agreement_withdraw(Console& console, const AgreementOptions& options) {
  const auto opened = open(options);
  if (!opened) { return console.fail(opened.error()); }
  const auto& [administration, reads, agreement] = *opened;
  const auto version = options.version != 0 ? options.version : agreement.record.open_version();
  const auto enacted = enact_agreement(*administration, agr::kWithdraw, agr::Withdraw{agreement.id, version}.encode());
  if (!enacted) { return console.fail(enacted.error()); }
  return print_step(console, *administration, agreement.id, options.output);
}

int run_agreement_terminate(Console& console, const AgreementOptions& options) {
  const auto opened = open(options);
  if (!opened) { return console.fail(opened.error()); }
  const auto& id = opened->agreement.id;
  const auto enacted =
      enact_agreement(*opened->administration, agr::kTerminate, agr::Terminate{id, options.text}.encode());
  if (!enacted) { return console.fail(enacted.error()); }
  return print_step(console, *opened->administration, id, options.output);
}

int run_agreement_list(Console& console, const AgreementOptions& options) {
  const auto target = find_target(options.target);
  if (!target) { return console.fail(target.error()); }
  const auto ledger = target->ledger();
  if (!ledger) { return console.fail(ledger.error()); }
  const auto found = read_rules(
      *ledger, {.subject = client::RulesQuestion::Subject::agreement, .party = options.organisation}, kListMax);
  if (!found) { return console.fail(found.error()); }
  auto list = json::Value::array();
  Table table({{"ID"}, {"STATE"}, {"TITLE"}, {"PARTIES"}, {"FINDINGS", Table::Align::right}});
  for (const auto& one : *found) {
    const auto* title = one.find("current") == nullptr ? nullptr : one.find("current")->find("document");
    const auto* findings = one.find("findings");
    table.add({text(one, "id").substr(0, 12), text(one, "state"), title == nullptr ? "" : text(*title, "title"),
               names(one.find("parties")), findings == nullptr ? "" : json::serialize(*findings)});
    list.push(one);
  }
  if (options.output == OutputForm::json) {
    console.out << json::pretty(json::Value::object().set("agreements", std::move(list))) << "\n";
  } else if (table.empty()) {
    console.out << "There is no agreement.\n";
  } else {
    console.out << table.text();
  }
  return kSuccess;
}

}  // namespace keten::tools
