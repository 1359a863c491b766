// The entry of voronode_tests. `voronode_tests --help` tells how to choose test cases.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "base/thread_pool.h"

int main(int argc, char** argv) {
  const int result = doctest::Context(argc, argv).run();
  // As the last environment does: no thread is left behind, which ThreadSanitizer would report.
  voronode::ThreadPool::instance().retain();
  voronode::ThreadPool::instance().release();
  return result;
}
