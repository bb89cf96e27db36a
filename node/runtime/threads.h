#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <thread>

namespace keten {

/// A thread with a name of at most 15 characters (as `top -H` and debuggers show it) that takes no signals: those are
/// for the main thread. An exception that leaves `body` is logged and ends the program. Joins when it is destroyed.
[[nodiscard]] std::jthread start_thread(std::string name, std::function<void(std::stop_token)> body);

}  // namespace keten
