// An array that ends where the process may read or write no further: a step beyond its end is a fault, whatever the
// sanitizer.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace voronode::test {

// QEMU's emulation of x86-64 reads all of a vector of which AVX loads only some lanes, where a processor reads no
// other. It gives its name in a leaf of CPUID that is its own.
inline bool reads_masked_lanes() {
#if defined(__x86_64__)
  unsigned eax = 0, name[3] = {};
  __cpuid(0x40000000, eax, name[0], name[1], name[2]);
  return std::memcmp(name, "TCGTCGTCGTCG", sizeof name) == 0;
#else
  return false;
#endif
}

template <class T>
class Guarded {
 public:
  // n elements, zero at first.
  explicit Guarded(size_t n) : n_(n) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t used = (n * sizeof(T) + page - 1) / page * page;
    bytes_ = used + page;
    void* const memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    memory_ = static_cast<char*>(memory);
    if (!reads_masked_lanes() && mprotect(memory_ + used, page, PROT_NONE) != 0) throw std::bad_alloc();
    data_ = reinterpret_cast<T*>(memory_ + used - n * sizeof(T));
  }
  ~Guarded() {
    if (memory_ != nullptr) munmap(memory_, bytes_);
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  Guarded(Guarded&& other) noexcept
      : n_(other.n_), bytes_(other.bytes_), memory_(std::exchange(other.memory_, nullptr)), data_(other.data_) {}

  size_t size() const { return n_; }
  T* data() { return data_; }
  const T* data() const { return data_; }

 private:
  size_t n_;
  size_t bytes_;
  char* memory_;
  T* data_;
};

}  // namespace voronode::test
