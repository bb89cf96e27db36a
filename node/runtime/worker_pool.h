#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace keten {

/// A fixed number of threads with one bounded queue, for work that may take long: verifying signatures, reading for
/// clients. Thread-safe.
class WorkerPool {
 public:
  using Task = std::function<void()>;
  /// Works on the elements [first, last).
  using Piece = std::function<void(std::size_t first, std::size_t last)>;

  /// `threads` 0 means one per core. At most `tasks_max` tasks (pieces count one each) wait.
  WorkerPool(std::string name, std::size_t threads, std::size_t tasks_max);
  /// Finishes what has begun, drops what waits (its `done` is never called) and joins.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False when the queue is full or the pool is stopped: nothing was taken.
  [[nodiscard]] bool submit(Task task);

  /// Hands out [0, count) in pieces of at most `piece_size` to all threads; `done` runs once, on the thread that
  /// finishes last. A batch is taken as a whole or refused (false); an empty batch calls `done` on a worker.
  [[nodiscard]] bool submit_batch(std::size_t count, std::size_t piece_size, Piece work, Task done);

  /// Like the destructor, earlier. Idempotent; must not be called from a worker.
  void stop();

  [[nodiscard]] std::size_t threads() const;
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keten
