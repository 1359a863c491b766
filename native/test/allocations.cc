#include "test/allocations.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace voronode::test {
namespace {

std::atomic<size_t> live{0}, bytes{0}, peak{0};
std::atomic<bool> armed{false}, forever{false}, failed{false};
std::atomic<size_t> left{0};  // allocations until one fails

bool fails() {
  if (!armed.load(std::memory_order_relaxed)) return false;
  if (forever && failed) return true;
  if (left.fetch_sub(1) != 1) return false;
  failed = true;
  return true;
}

void* allocate(size_t size, size_t alignment) {
  if (fails()) return nullptr;
  if (size == 0) size = 1;
  void* memory = nullptr;
  if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
    memory = std::malloc(size);
  } else if (posix_memalign(&memory, alignment, size) != 0) {
    return nullptr;
  }
  if (memory == nullptr) return nullptr;
  live.fetch_add(1, std::memory_order_relaxed);
  const size_t now = bytes.fetch_add(malloc_usable_size(memory)) + malloc_usable_size(memory);
  for (size_t most = peak; now > most && !peak.compare_exchange_weak(most, now);) {
  }
  return memory;
}

void* allocate_or_throw(size_t size, size_t alignment) {
  void* const memory = allocate(size, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void release(void* memory) {
  if (memory == nullptr) return;
  live.fetch_sub(1, std::memory_order_relaxed);
  bytes.fetch_sub(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

size_t live_allocations() { return live; }
size_t live_bytes() { return bytes; }
size_t peak_bytes(bool restart) {
  if (restart) peak = bytes.load();
  return peak;
}

FailingAllocations::FailingAllocations(size_t nth, bool for_good) {
  left = nth;
  forever = for_good;
  failed = false;
  armed = true;
}
FailingAllocations::~FailingAllocations() { armed = false; }
bool FailingAllocations::struck() const { return failed; }

}  // namespace voronode::test

// Every form of the global operators, so that none falls back to the library's or a sanitizer's own.
using voronode::test::allocate;
using voronode::test::allocate_or_throw;
using voronode::test::release;

void* operator new(size_t n) { return allocate_or_throw(n, 1); }
void* operator new[](size_t n) { return allocate_or_throw(n, 1); }
void* operator new(size_t n, const std::nothrow_t&) noexcept { return allocate(n, 1); }
void* operator new[](size_t n, const std::nothrow_t&) noexcept { return allocate(n, 1); }
void* operator new(size_t n, std::align_val_t a) { return allocate_or_throw(n, static_cast<size_t>(a)); }
void* operator new[](size_t n, std::align_val_t a) { return allocate_or_throw(n, static_cast<size_t>(a)); }
void* operator new(size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return allocate(n, static_cast<size_t>(a));
}
void* operator new[](size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return allocate(n, static_cast<size_t>(a));
}
void operator delete(void* p) noexcept { release(p); }
void operator delete[](void* p) noexcept { release(p); }
void operator delete(void* p, size_t) noexcept { release(p); }
void operator delete[](void* p, size_t) noexcept { release(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { release(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { release(p); }
void operator delete(void* p, std::align_val_t) noexcept { release(p); }
void operator delete[](void* p, std::align_val_t) noexcept { release(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { release(p); }
void operator delete[](void* p, size_t, std::align_val_t) noexcept { release(p); }
void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept { release(p); }
void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept { release(p); }
