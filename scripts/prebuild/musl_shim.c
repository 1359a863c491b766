// What Debian's libstdc++ and libgcc take from glibc and musl lacks: enough for a Bun for musl to start beside them.
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <time.h>
char __libc_single_threaded = 0;
unsigned __cpu_model[4];
unsigned __cpu_features2[4];
int __cpu_indicator_init(void) { return 0; }
unsigned long __getauxval(unsigned long type) { return getauxval(type); }
uint32_t arc4random(void) {
  uint32_t x;
  getrandom(&x, sizeof x, 0);
  return x;
}
size_t __strftime_l(char* s, size_t n, const char* f, const struct tm* t, locale_t l) {
  return strftime_l(s, n, f, t, l);
}
int __cxa_thread_atexit_impl(void (*f)(void*), void* a, void* d) { return 0; }
int _dl_find_object(void* p, void* r) { return -1; }
