#include "base/aligned.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace voronode {
namespace {

#if defined(__linux__)
constexpr size_t kHugePage = size_t{2} << 20;  // of x86-64 and of AArch64 with 4 KiB pages

size_t whole_pages(size_t bytes) noexcept {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

// Maps room for one huge page more, then gives back what lies before and behind.
void* map(size_t bytes) noexcept {
  const size_t size = whole_pages(bytes);
  void* const room = mmap(nullptr, size + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) return nullptr;
  char* const begin = static_cast<char*>(room);
  const size_t before = (kHugePage - reinterpret_cast<uintptr_t>(begin) % kHugePage) % kHugePage;
  if (before != 0) munmap(begin, before);
  munmap(begin + before + size, kHugePage - before);  // before < kHugePage
  madvise(begin + before, size, MADV_HUGEPAGE);       // a wish; may be refused
  return begin + before;
}

// glibc takes larger pieces from the system in any case (DEFAULT_MMAP_THRESHOLD_MAX).
constexpr size_t kSurelyMapped = size_t{32} << 20;

bool is_mapped(size_t bytes) noexcept { return bytes >= kHugePage; }
#endif

// Not operator new(align_val_t): the memalign of glibc before 2.38 (bug 14581) asks for room to spare, cuts it off and
// then finds no freed piece to be large enough, so that the heap grows without end. The spare room stays with the piece
// here; its last word before the aligned address says where the piece begins.
void* allocate_in_room(size_t bytes) noexcept {
  static_assert(alignof(std::max_align_t) >= sizeof(void*) && alignof(std::max_align_t) < kAlignment);
  char* const room = static_cast<char*>(::operator new(bytes + kAlignment, std::nothrow));
  if (room == nullptr) return nullptr;
  char* const aligned = room + kAlignment - reinterpret_cast<uintptr_t>(room) % kAlignment;
  std::memcpy(aligned - sizeof room, &room, sizeof room);
  return aligned;
}

void free_in_room(void* aligned) noexcept {
  if (aligned == nullptr) return;
  void* room;
  std::memcpy(&room, static_cast<char*>(aligned) - sizeof room, sizeof room);
  ::operator delete(room);
}

}  // namespace

void* allocate_aligned(size_t bytes) noexcept {
#if defined(__linux__)
  if (is_mapped(bytes)) return map(bytes);
#endif
  return allocate_in_room(bytes);
}

void prefer_huge_pages(void* memory, size_t bytes) noexcept {
#if defined(__linux__)
  if (bytes < kSurelyMapped) return;
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  char* const begin = static_cast<char*>(memory);
  const size_t before = (page - reinterpret_cast<uintptr_t>(begin) % page) % page;
  madvise(begin + before, (bytes - before) / page * page, MADV_HUGEPAGE);  // a wish; may be refused
#else
  (void)memory;
  (void)bytes;
#endif
}

void free_aligned(void* memory, size_t bytes) noexcept {
#if defined(__linux__)
  if (is_mapped(bytes)) {
    munmap(memory, whole_pages(bytes));
    return;
  }
#endif
  (void)bytes;
  free_in_room(memory);
}

}  // namespace voronode
