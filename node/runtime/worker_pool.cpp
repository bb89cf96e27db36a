#include "node/runtime/worker_pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/check.h"
#include "node/runtime/threads.h"

namespace keten {

struct WorkerPool::State {
  std::size_t tasks_max = 0;
  std::mutex mutex;
  std::condition_variable filled;
  std::deque<Task> tasks;
  bool stopped = false;
  std::vector<std::jthread> threads;
  std::size_t thread_count = 0;

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      filled.wait(lock, [this] { return stopped || !tasks.empty(); });
      if (stopped) { return; }
      Task task = std::move(tasks.front());
      tasks.pop_front();
      lock.unlock();
      task();
      task = nullptr;
      lock.lock();
    }
  }
};

WorkerPool::WorkerPool(std::string name, std::size_t threads, std::size_t tasks_max)
    : state_(std::make_unique<State>()) {
  state_->tasks_max = tasks_max;
  state_->thread_count = threads > 0 ? threads : std::max<std::size_t>(1, std::thread::hardware_concurrency());
  for (std::size_t i = 0; i < state_->thread_count; ++i) {
    state_->threads.push_back(start_thread(name, [state = state_.get()](const std::stop_token&) { state->run(); }));
  }
}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::submit(Task task) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopped || state_->tasks.size() >= state_->tasks_max) { return false; }
    state_->tasks.push_back(std::move(task));
  }
  state_->filled.notify_one();
  return true;
}

bool WorkerPool::submit_batch(std::size_t count, std::size_t piece_size, Piece work, Task done) {
  CHECK(piece_size > 0);
  if (count == 0) { return submit(std::move(done)); }
  struct Batch {
    Piece work;
    Task done;
    std::atomic<std::size_t> left;
  };
  const std::size_t pieces = (count + piece_size - 1) / piece_size;
  const auto batch = std::make_shared<Batch>(std::move(work), std::move(done), pieces);
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopped || state_->tasks.size() + pieces > state_->tasks_max) { return false; }
    for (std::size_t first = 0; first < count; first += piece_size) {
      state_->tasks.push_back([batch, first, last = std::min(count, first + piece_size)] {
        batch->work(first, last);
        if (batch->left.fetch_sub(1) == 1) { batch->done(); }
      });
    }
  }
  if (pieces == 1) {
    state_->filled.notify_one();
  } else {
    state_->filled.notify_all();
  }
  return true;
}

void WorkerPool::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopped = true;
  }
  state_->filled.notify_all();
  for (auto& thread : state_->threads) {
    CHECK(thread.get_id() != std::this_thread::get_id());
    if (thread.joinable()) { thread.join(); }
  }
  // What waited may own things whose destructors call back into this pool: not under the lock.
  std::deque<Task> dropped;
  {
    const std::lock_guard lock(state_->mutex);
    dropped.swap(state_->tasks);
  }
}

std::size_t WorkerPool::threads() const { return state_->thread_count; }

std::size_t WorkerPool::waiting() const {
  const std::lock_guard lock(state_->mutex);
  return state_->tasks.size();
}

}  // namespace keten
