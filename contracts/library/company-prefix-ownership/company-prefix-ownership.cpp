#include <keten/contract.hpp>

namespace {

constexpr std::string_view kDomain = "https://id.gs1.org/";

/// The digits of a GS1 key from where its company prefix begins; empty for what has none. GS1 General Specifications 3: a GTIN-14
/// begins with an indicator digit, an SSCC with an extension digit, a GRAI with a zero.
std::string_view company_digits(std::string_view id) {
  if (!id.starts_with(kDomain)) { return {}; }
  id.remove_prefix(kDomain.size());
  const auto slash = id.find('/');
  if (slash == std::string_view::npos) { return {}; }
  const auto key = id.substr(0, slash);
  auto value = id.substr(slash + 1);
  value = value.substr(0, value.find('/'));
  const bool leads = key == "01" || key == "00" || key == "8003" || key == "8006";
  for (const char* known :
       {"01", "00", "8003", "8006", "8004", "8010", "8013", "8017", "8018", "401", "402", "414", "417", "253", "255"}) {
    if (key == known) { return leads && !value.empty() ? value.substr(1) : value; }
  }
  return {};
}

/// GS1 General Specifications 1.4.4: a company prefix has 4 to 12 digits.
bool is_prefix(std::string_view text) {
  return text.size() >= 4 && text.size() <= 12 &&
         std::all_of(text.begin(), text.end(), [](char one) { return one >= '0' && one <= '9'; });
}

/// All prefixes of the organisation, from every entry that names it.
std::vector<std::string> prefixes_of(keten::Parameters& given, const std::string& organisation) {
  std::vector<std::string> own;
  for (auto& owner : given.each("owners")) {
    const auto name = owner.text("organisation");
    for (auto& prefix : owner.texts("prefixes")) {
      if (!is_prefix(prefix)) { owner.wrong("prefixes", "company prefixes of 4 to 12 digits", prefix); }
      if (name == organisation) { own.push_back(std::move(prefix)); }
    }
    owner.need({"organisation", "prefixes"});
    (void)owner.complete();
  }
  given.need({"owners"});
  return own;
}

}  // namespace

/// Parameters: `owners`, a list of {`organisation`, `prefixes`: GS1 company prefixes of it or delegated to it}.
void on_event(const keten::Rule& rule) {
  using Part = keten::EventItem::Part;
  const auto recorder = rule.recorder();
  keten::Parameters given(rule);
  const auto own = prefixes_of(given, recorder);
  if (!given.complete()) { return; }
  const auto& event = rule.event();
  const bool adds = event.type() == "ObjectEvent" && event.action() == "ADD";
  for (const auto& one : event.items()) {
    if (rule.full()) { return; }
    if (one.part != Part::output && !(adds && one.part == Part::listed)) { continue; }
    const auto digits = company_digits(one.id);
    if (digits.empty()) {
      rule.finding("no_gs1_key", one.id + " has no GS1 key, so nobody can tell who may give it out");
      continue;
    }
    bool is_own = false;
    for (const auto& prefix : own) { is_own = is_own || digits.starts_with(prefix); }
    if (is_own) { continue; }
    rule.finding("foreign_prefix", recorder + " gives out " + one.id + ", and " +
                                       (own.empty() ? std::string("the agreement names no company prefix of it")
                                                    : "its company prefix is not one of those agreed"));
  }
}

KETEN_RULES("company-prefix-ownership", "1.0.0", on_event)
