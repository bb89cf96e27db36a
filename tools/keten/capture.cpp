#include "tools/keten/capture.h"

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <utility>

#include "tools/keten/process.h"

namespace keten::tools {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kCapturePath = "/epcis/v2/capture";
constexpr std::string_view kEventsPath = "/epcis/v2/events";

/// One bare event goes to POST /events; everything else, also what is no EPCIS at all, to POST /capture, which says why not.
bool is_bare_event(std::string_view document) {
  const auto parsed = json::parse(document);
  if (!parsed) { return false; }
  const auto type = parsed->find_string("type").value_or("");
  return type.size() > 5 && type.substr(type.size() - 5) == "Event";
}

bool is_true(const json::Value& object, std::string_view name) {
  const auto* member = object.find(name);
  return member != nullptr && member->is(json::Kind::boolean) && member->as_bool();
}

Captured read_job(const json::Value& job) {
  Captured captured;
  captured.capture_id = job.find_string("captureID").value_or("");
  captured.transaction_id = job.find_string("transactionId").value_or(captured.capture_id);
  if (const auto* height = job.find("height")) {
    captured.height = static_cast<std::uint64_t>(height->as_integer().value_or(0));
  }
  if (const auto* ids = job.find("eventIDs"); ids != nullptr && ids->is(json::Kind::array)) {
    for (const auto& id : ids->items()) {
      if (id.is(json::Kind::string)) { captured.event_ids.push_back(id.text()); }
    }
  }
  return captured;
}

/// The first error of a job that ended without success.
Error job_error(const json::Value& job) {
  Error error =
      failure(ErrorKind::refused, "CAPTURE_FAILED", "the document was recorded, but its events were not stored");
  const auto* errors = job.find("errors");
  if (errors == nullptr || !errors->is(json::Kind::array) || errors->items().empty()) { return error; }
  const auto& first = errors->items().front();
  error.reason = first.find_string("reason").value_or(error.reason);
  error.message = first.find_string("detail").value_or(first.find_string("title").value_or(error.message));
  if (errors->items().size() > 1) { error.message += " (and " + std::to_string(errors->items().size() - 1) + " more)"; }
  return error;
}

Result<Captured> await_job(const Target& target, const std::string& path, Clock::time_point start, CaptureWait wait,
                           std::chrono::milliseconds timeout) {
  auto pause = 5ms;
  while (true) {
    const auto job = target.get_json(path);
    if (!job) { return job.error(); }
    auto captured = read_job(*job);
    captured.took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
    if (wait == CaptureWait::accepted) { return captured; }
    if (!is_true(*job, "running")) {
      if (!is_true(*job, "success")) { return job_error(*job); }
      return captured;
    }
    if (Clock::now() - start > timeout) {
      const auto reason = std::string(job->find_string("reason").value_or("TIMEOUT"));
      return failure(reason == "TIMEOUT" ? ErrorKind::timeout : ErrorKind::unavailable, reason,
                     "accepted as transaction " + captured.transaction_id + ", but not executed in time");
    }
    if (interrupted()) { return failure(ErrorKind::timeout, "INTERRUPTED", "stopped while waiting"); }
    std::this_thread::sleep_for(pause);
    pause = std::min<std::chrono::milliseconds>(pause * 2, 100ms);
  }
}

}  // namespace

Result<Captured> capture(const Target& target, std::string_view document, CaptureWait wait,
                         std::chrono::milliseconds timeout) {
  const auto start = Clock::now();
  const bool bare = is_bare_event(document);
  const auto response = target.http({.method = "POST",
                                     .target = std::string(bare ? kEventsPath : kCapturePath),
                                     .headers = {{"Content-Type", "application/json"}},
                                     .body = std::string(document)});
  if (!response) { return response.error(); }
  if (!response->ok()) { return problem_error(*response); }
  const auto location = response->headers.find("location");
  const std::string where = location == response->headers.end() ? "" : location->second;
  if (where.rfind(std::string(kEventsPath) + "/", 0) == 0) {
    // POST /events answers when the event is stored, with the event and not with its job.
    Captured captured;
    captured.event_ids.push_back(where.substr(kEventsPath.size() + 1));
    if (const auto height = response->headers.find("keten-height"); height != response->headers.end()) {
      captured.height = std::strtoull(height->second.c_str(), nullptr, 10);
    }
    captured.took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
    return captured;
  }
  if (where.rfind(kCapturePath, 0) != 0) {
    return failure(ErrorKind::corrupt, "RESPONSE_MALFORMED", "the node did not say where the capture job is");
  }
  return await_job(target, where, start, wait, timeout);
}

}  // namespace keten::tools
