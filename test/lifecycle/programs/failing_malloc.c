// Makes allocations of the addon fail; to be preloaded into node (Linux, glibc). The calls of malloc and mmap that come from the
// code of voronode.node are counted from its loading; number FAIL_AT fails, and with FAIL_ON=1 all that follow.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

extern void* __libc_malloc(size_t bytes);

static uintptr_t code_begin, code_end;
static long fail_at;
static int fail_on;
static atomic_long count;

static int find_code(struct dl_phdr_info* info, size_t size, void* data) {
  (void)size, (void)data;
  if (info->dlpi_name == NULL || strstr(info->dlpi_name, "voronode.node") == NULL) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)* header = &info->dlpi_phdr[i];
    if (header->p_type != PT_LOAD || (header->p_flags & PF_X) == 0) continue;
    code_begin = info->dlpi_addr + header->p_vaddr;
    code_end = code_begin + header->p_memsz;
  }
  return 1;
}

void* dlopen(const char* path, int flags) {
  void* (*real)(const char*, int) = (void* (*)(const char*, int))dlsym(RTLD_NEXT, "dlopen");
  void* library = real(path, flags);
  if (library != NULL && code_end == 0) {
    fail_at = atol(getenv("FAIL_AT"));
    fail_on = getenv("FAIL_ON") != NULL;
    dl_iterate_phdr(find_code, NULL);
  }
  return library;
}

static int fails(const void* caller) {
  const uintptr_t at = (uintptr_t)caller;
  if (at < code_begin || at >= code_end) return 0;
  const long n = atomic_fetch_add(&count, 1) + 1;
  return fail_on ? n >= fail_at : n == fail_at;
}

void* malloc(size_t bytes) {
  if (!fails(__builtin_return_address(0))) return __libc_malloc(bytes);
  errno = ENOMEM;
  return NULL;
}

void* mmap(void* address, size_t bytes, int protection, int flags, int fd, off_t offset) {
  static void* (*real)(void*, size_t, int, int, int, off_t);
  if (real == NULL) real = (void* (*)(void*, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap");
  if (!fails(__builtin_return_address(0))) return real(address, bytes, protection, flags, fd, offset);
  errno = ENOMEM;
  return MAP_FAILED;
}
