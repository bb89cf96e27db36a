#include <array>
#include <cstdlib>
#include <new>

// The simulator's own heap: each thread keeps what it freed in lists by size and never gives it back. A run allocates small
// things all the time, and the lists are a tenth faster than the general heap. Of the program only: tests with sanitizers
// have the heap that these watch.
namespace {

constexpr std::size_t kStep = 32;
constexpr std::size_t kLists = 64;
constexpr std::size_t kChunk = 1U << 18U;

struct alignas(16) Head {
  std::size_t list;
};
struct Free {
  Free* next;
};
struct Lists {
  std::array<Free*, kLists> free{};
  char* chunk = nullptr;
  std::size_t left = 0;
};
thread_local constinit Lists lists;

void* allocate(std::size_t size) {
  const auto list = (size + kStep - 1) / kStep;
  if (list >= kLists) {
    auto* head = static_cast<Head*>(std::malloc(sizeof(Head) + size));
    if (head == nullptr) { throw std::bad_alloc(); }
    head->list = kLists;
    return head + 1;
  }
  auto& mine = lists;
  if (auto* found = mine.free[list]) {
    mine.free[list] = found->next;
    return found;
  }
  const auto bytes = sizeof(Head) + (list == 0 ? 1 : list) * kStep;
  if (mine.left < bytes) {
    mine.chunk = static_cast<char*>(std::malloc(kChunk));
    if (mine.chunk == nullptr) { throw std::bad_alloc(); }
    mine.left = kChunk;
  }
  auto* head = reinterpret_cast<Head*>(mine.chunk);
  mine.chunk += bytes;
  mine.left -= bytes;
  head->list = list;
  return head + 1;
}

void release(void* memory) noexcept {
  if (memory == nullptr) { return; }
  auto* head = static_cast<Head*>(memory) - 1;
  if (head->list == kLists) { return std::free(head); }
  auto* freed = static_cast<Free*>(memory);
  freed->next = lists.free[head->list];
  lists.free[head->list] = freed;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t /*size*/) noexcept { release(memory); }
