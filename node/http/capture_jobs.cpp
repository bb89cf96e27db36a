#include "node/http/capture_jobs.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>

#include "node/runtime/log.h"

namespace keten::http {
namespace {

constexpr std::size_t kLinesPerJob = 4;  // the file is written anew when it has so many times the jobs that are kept

/// `<id> rollback|proceed <created> <finished or ->`
std::string line_of(const CaptureJob& job) {
  return job.id.hex() + (job.behaviour == ErrorBehaviour::proceed ? " proceed " : " rollback ") +
         std::to_string(job.created_at) + " " + (job.finished_at ? std::to_string(*job.finished_at) : "-") + "\n";
}

std::optional<CaptureJob> read_line(const std::string& line) {
  std::istringstream words(line);
  std::string id;
  std::string behaviour;
  std::string finished;
  CaptureJob job;
  if (!(words >> id >> behaviour >> job.created_at >> finished)) { return std::nullopt; }
  const auto parsed = TransactionId::from_hex(id);
  if (!parsed || (behaviour != "proceed" && behaviour != "rollback")) { return std::nullopt; }
  job.id = *parsed;
  job.behaviour = behaviour == "proceed" ? ErrorBehaviour::proceed : ErrorBehaviour::rollback;
  if (finished == "-") { return job; }
  Milliseconds at = 0;
  if (!(std::istringstream(finished) >> at)) { return std::nullopt; }
  job.finished_at = at;
  return job;
}

}  // namespace

CaptureJobs::CaptureJobs(std::size_t jobs_max, std::filesystem::path file)
    : jobs_max_(jobs_max), path_(std::move(file)) {
  if (path_.empty()) { return; }
  read();
  rewrite();
}

void CaptureJobs::read() {
  std::ifstream input(path_);
  std::string line;
  while (std::getline(input, line)) {
    const auto job = read_line(line);
    if (!job) { continue; }
    const auto known = std::ranges::find(jobs_, job->id, &CaptureJob::id);
    if (known != jobs_.end()) {
      *known = *job;
    } else {
      jobs_.push_front(*job);
      if (jobs_.size() > jobs_max_) { jobs_.pop_back(); }
    }
  }
}

/// Beside the old one and then in its place: a start in between finds one of the two.
void CaptureJobs::rewrite() {
  const auto fresh = path_.string() + ".new";
  std::ofstream output(fresh, std::ios::trunc);
  for (auto job = jobs_.rbegin(); job != jobs_.rend(); ++job) { output << line_of(*job); }
  output.close();
  std::error_code failed;
  if (output) {
    std::filesystem::rename(fresh, path_, failed);
  } else {
    failed = std::make_error_code(std::errc::io_error);
    std::error_code ignored;
    std::filesystem::remove(fresh, ignored);  // a full disk needs no cut copy
  }
  file_ = std::ofstream(path_, std::ios::app);
  lines_ = jobs_.size();
  say(!failed && file_);
}

/// Once each time it changes.
void CaptureJobs::say(bool is_kept) {
  if (is_kept == is_kept_) { return; }
  is_kept_ = is_kept;
  if (is_kept) {
    log_info("the list of captures is kept in {} again", path_.string());
  } else {
    log_warning("the list of captures cannot be kept in {}; is the disk full? What the file holds stays",
                path_.string());
  }
}

void CaptureJobs::keep(const CaptureJob& job) {
  if (path_.empty()) { return; }
  file_ << line_of(job) << std::flush;
  if (!file_) {
    file_ = std::ofstream(path_, std::ios::app);
    say(false);
    return;
  }
  // The first line that is written again ends what is missing before it.
  if (!is_kept_ || ++lines_ > kLinesPerJob * jobs_max_) { rewrite(); }
}

void CaptureJobs::add(const CaptureJob& job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_front(job);
  if (jobs_.size() > jobs_max_) { jobs_.pop_back(); }
  keep(job);
}

void CaptureJobs::finish(const TransactionId& id, Milliseconds at) {
  const std::lock_guard lock(mutex_);
  const auto job = std::ranges::find(jobs_, id, &CaptureJob::id);
  if (job == jobs_.end() || job->finished_at) { return; }
  job->finished_at = at;
  keep(*job);
}

std::optional<CaptureJob> CaptureJobs::find(const TransactionId& id) const {
  const std::lock_guard lock(mutex_);
  const auto job = std::ranges::find(jobs_, id, &CaptureJob::id);
  if (job == jobs_.end()) { return std::nullopt; }
  return *job;
}

std::optional<std::vector<CaptureJob>> CaptureJobs::list(std::size_t count,
                                                         const std::optional<TransactionId>& after) const {
  const std::lock_guard lock(mutex_);
  auto job = jobs_.begin();
  if (after) {
    job = std::ranges::find(jobs_, *after, &CaptureJob::id);
    if (job == jobs_.end()) { return std::nullopt; }
    ++job;
  }
  std::vector<CaptureJob> page;
  for (; job != jobs_.end() && page.size() < count; ++job) { page.push_back(*job); }
  return page;
}

}  // namespace keten::http
