#include "node/http/capture_jobs.h"

#include <algorithm>

namespace keten::http {

void CaptureJobs::add(const CaptureJob& job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_front(job);
  if (jobs_.size() > jobs_max_) { jobs_.pop_back(); }
}

void CaptureJobs::finish(const TransactionId& id, Milliseconds at) {
  const std::lock_guard lock(mutex_);
  const auto job = std::ranges::find(jobs_, id, &CaptureJob::id);
  if (job != jobs_.end() && !job->finished_at) { job->finished_at = at; }
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
