#include "node/runtime/threads.h"

#include <csignal>
#include <exception>
#include <utility>

#include <pthread.h>

#include "core/check.h"
#include "node/runtime/log.h"

namespace keten {

std::jthread start_thread(std::string name, std::function<void(std::stop_token)> body) {
  CHECK(name.size() <= 15);
  // The child inherits the mask, so a signal never reaches it, not even before its first instruction.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::jthread thread([name = std::move(name), body = std::move(body)](const std::stop_token& stop) {
    pthread_setname_np(pthread_self(), name.c_str());
    try {
      body(stop);
    } catch (const std::exception& problem) {
      log_error("thread {} ended by an exception: {}", name, problem.what());
      std::terminate();
    }
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace keten
