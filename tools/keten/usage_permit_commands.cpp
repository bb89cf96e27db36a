// keten usage request, verify-permit: who asks before a use gets a file, by which a connector decides without a node.
#include <chrono>
#include <ostream>

#include "client/keystore.h"
#include "contracts/production/time.h"
#include "tools/keten/usage_options.h"
#include "tools/keten/usage_permit.h"
#include "tools/keten/usage_session.h"
#include "tools/keten/verification.h"

namespace keten::tools {

int run_usage_request(Console& console, const UsageRequestOptions& options) {
  if (options.permit_file.empty()) { return run_usage_use(console, options); }
  auto use = use_in(options);
  if (!use) { return console.fail(use.error()); }
  const auto session = open_usage_session(options);
  if (!session) { return console.fail(session.error()); }
  const auto id = agreement_id(*session, options.subject);
  if (!id) { return console.fail(id.error()); }
  const auto arguments =
      json::Value::object().set("agreement", text_value(*id)).set("uses", json::Value::array().push(std::move(*use)));
  UsageCall call;
  call.method = "permit";
  call.arguments = to_bytes(json::canonical(arguments));
  const auto answer = send_usage_call(*session, options, std::move(call));
  if (!answer) { return console.fail(answer.error()); }
  print_usage_answer(console, options, "permit", *answer);
  console.out << std::flush;
  const auto root = read_trust_root(HomeFiles{session->target.node.home}.genesis().string(), {});
  if (!root) { return console.fail(root.error()); }
  proof::Question question;
  question.kind = proof::QuestionKind::transaction;
  question.transaction = *TransactionId::from_hex(*answer->find_string("transaction"));
  const auto file = fetch_proof(
      console, [&](const proof::Question& one) { return session->ledger.proof(one); }, question, options.timeout_s);
  if (!file) { return console.fail(file.error(), "the decision is recorded; keten proof tx asks for it again"); }
  const auto block =
      session->ledger.block(Height{static_cast<std::uint64_t>(answer->find("height")->as_integer().value_or(0))});
  if (!block) { return console.fail(block.error()); }
  PermitDemand demand;
  demand.agreement = *id;
  demand.now = static_cast<std::int64_t>(block->header.time);
  demand.age_max_ms = INT64_MAX;
  const auto permit = verify_permit(*file, *root, demand);
  if (!permit) { return console.fail(permit.error(), "no permit was written"); }
  if (auto written = client::write_file(options.permit_file, as_text(*file), client::FileAccess::everyone,
                                        client::Existing::replace);
      !written) {
    return console.fail(written.error());
  }
  if (options.output == OutputForm::table) {
    console.out << "permit: " << options.permit_file << ", " << file->size() << " bytes\n";
  }
  return kSuccess;
}

int run_usage_verify_permit(Console& console, const UsagePermitOptions& options) {
  const auto root = read_trust_root(options.genesis, options.checkpoint);
  if (!root) { return console.fail(root.error()); }
  const auto text = client::read_file(options.file);
  if (!text) { return console.fail(text.error()); }
  const auto clock =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  const auto now = options.at.empty() ? std::optional<std::int64_t>(clock.count()) : production::parse_time(options.at);
  if (!now) {
    console.fail(invalid("TIME_INVALID", "expected a time such as 2026-01-02T03:04:05Z, found " + options.at));
    return kUsage;
  }
  const auto permit = verify_permit(as_bytes(*text), *root,
                                    {.agreement = options.agreement,
                                     .dataset = options.dataset,
                                     .consumer = options.consumer,
                                     .action = options.action,
                                     .use = options.use,
                                     .now = *now,
                                     .age_max_ms = static_cast<std::int64_t>(options.max_age_s * 1000)});
  if (!permit) {
    if (options.output == OutputForm::json) {
      console.out << json::pretty(json::Value::object()
                                      .set("permitted", json::Value::boolean(false))
                                      .set("reason", text_value(permit.error().reason))
                                      .set("message", text_value(permit.error().message)))
                  << "\n";
    }
    console.fail(permit.error());
    return kVerificationFailed;
  }
  const auto time = production::time_text(static_cast<std::int64_t>(permit->time));
  if (options.output == OutputForm::json) {
    auto document = json::Value::object();
    document.set("permitted", json::Value::boolean(true))
        .set("consumer", text_value(permit->consumer))
        .set("agreement", text_value(permit->agreement))
        .set("dataset", text_value(permit->dataset))
        .set("use", text_value(permit->use))
        .set("action", text_value(permit->action))
        .set("time", text_value(time));
    if (permit->until) { document.set("until", text_value(production::time_text(*permit->until))); }
    console.out << json::pretty(document) << "\n";
    return kSuccess;
  }
  console.out << console.bold("permitted") << "  " << permit->consumer << " may " << printable(permit->action) << " "
              << printable(permit->dataset) << "\n  use " << printable(permit->use) << " of agreement "
              << permit->agreement << "\n  decided at " << time
              << (permit->until ? ", ends at " + production::time_text(*permit->until) : std::string())
              << "\nServe a use once, and only to " << permit->consumer
              << ". A withdrawal after the decision is not seen: keep --max-age short.\n";
  return kSuccess;
}

}  // namespace keten::tools
