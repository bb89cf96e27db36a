#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "node/http/services.h"

namespace keten::http {
namespace {

using proof::Question;
using proof::QuestionKind;

bool has_kind(QuestionKind kind) {
  return kind == QuestionKind::history || kind == QuestionKind::state || kind == QuestionKind::absence;
}

/// `first_epoch=N`, `at_least=HEIGHT`, `via=HEIGHT`, `direction` of a trace, and `kind` of what is no item or lot.
Status read_parameters(const Request& request, Question& question) {
  for (const auto& [name, value] : request.query) {
    if (name == "first_epoch") {
      const auto epoch = parse_number(value);
      if (!epoch) { return invalid("PARAMETER_INVALID", "first_epoch must be a number"); }
      question.first_epoch = Epoch{*epoch};
    } else if (name == "at_least") {
      const auto height = parse_number(value);
      if (!height) { return invalid("PARAMETER_INVALID", "at_least must be a height"); }
      question.at_least = Height{*height};
    } else if (name == "via") {
      const auto height = parse_number(value);
      if (!height) { return invalid("PARAMETER_INVALID", "via must be a height"); }
      question.via = Height{*height};
    } else if (name == "kind" && has_kind(question.kind)) {
      question.entity_kind = value;
    } else if (name == "direction" && question.kind == QuestionKind::trace) {
      if (value != "back" && value != "forward") {
        return invalid("PARAMETER_INVALID", "direction must be back or forward");
      }
      question.direction = value == "back" ? proof::Direction::back : proof::Direction::forward;
    } else {
      return invalid("PARAMETER_UNKNOWN", std::string("known parameters are ") +
                                              (question.kind == QuestionKind::trace ? "direction, "
                                               : has_kind(question.kind)            ? "kind, "
                                                                                    : "") +
                                              "first_epoch, at_least and via");
    }
  }
  return kDone;
}

struct ProofRoute {
  std::string_view pattern;
  QuestionKind kind;
  std::string_view entity_kind = {};
};

Result<Question> read_question(const ProofRoute& route, const Request& request) {
  Question question;
  const auto kind = question.kind = route.kind;
  question.entity_kind = route.entity_kind;
  const auto& subject = request.arguments.at(0);
  if (kind == QuestionKind::transaction) {
    const auto id = TransactionId::from_hex(subject);
    if (!id) { return invalid("TRANSACTION_ID_INVALID", "a transaction id has 64 hexadecimal digits"); }
    question.transaction = *id;
  } else if (kind == QuestionKind::entry) {
    auto key = from_hex(subject);
    if (!key) { return invalid("PARAMETER_INVALID", "an entry is the hexadecimal digits of its full key"); }
    question.entry = std::move(*key);
  } else if (kind == QuestionKind::block) {
    const auto height = parse_number(subject);
    if (!height) { return invalid("PARAMETER_INVALID", "a block is named by its height"); }
    question.block = Height{*height};
  } else {
    question.entity = subject;
  }
  if (auto read = read_parameters(request, question); !read) { return read.error(); }
  return question;
}

Response get_proof(const Services& services, const ProofRoute& route, const Request& request) {
  if (const auto behind = height_not_reached(services, request)) {
    return read_problem(services, *behind, Dialect::keten);
  }
  const auto question = read_question(route, request);
  if (!question) { return read_problem(services, question.error(), Dialect::keten); }
  const auto as_of = services.gateway.status().executed_height;
  auto proof = services.backend.proof(*question);
  if (!proof) { return read_problem(services, proof.error(), Dialect::keten, as_of); }
  Response response;
  response.body.assign(as_text(proof->file));
  response.with("Content-Type", "application/vnd.keten.proof")
      .with("Content-Disposition", "attachment; filename=\"answer.ketenproof\"");
  tell_age(response, services, proof->height);
  return response;
}

}  // namespace

void add_proof_routes(Router& router, const ServicesPointer& services) {
  static constexpr std::array<ProofRoute, 10> kRoutes = {{
      {"/v1/transactions/{id}/proof", QuestionKind::transaction},
      {"/v1/history/{epc}/proof", QuestionKind::history},
      {"/v1/items/{epc}/proof", QuestionKind::state},
      {"/v1/absent/{epc}/proof", QuestionKind::absence},
      {"/v1/trace/{epc}/proof", QuestionKind::trace},
      {"/v1/contracts/{name}/proof", QuestionKind::state, proof::kContractKind},
      {"/v1/agreements/{id}/proof", QuestionKind::state, proof::kAgreementKind},
      {"/v1/datasets/{id}/proof", QuestionKind::state, proof::kDatasetKind},
      {"/v1/blocks/{height}/proof", QuestionKind::block},
      {"/v1/governance/entries/{key}/proof", QuestionKind::entry},
  }};
  for (const auto& route : kRoutes) {
    router.add({.method = Method::get,
                .pattern = std::string(route.pattern),
                .handler = [services, route](const RequestPointer& request, const Respond& respond) {
                  respond(get_proof(*services, route, *request));
                }});
  }
}

}  // namespace keten::http
