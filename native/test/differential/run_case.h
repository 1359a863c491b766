// The search fuzzer: bytes become a kind of index, vectors, a history and calls; each answer is compared with that of a
// plain scan (model.h), ids and bits. fuzz_search.cc steers the bytes by coverage, differential.cc draws them.
#pragma once

#include "test/differential/calls.h"

namespace voronode::test {

// Changes and calls one after the other; how many queries were compared.
inline size_t live(Choices& choices, Subject& subject) {
  size_t compared = 0;
  for (size_t lists = choices.between(1, 4); lists > 0; --lists) subject.add();
  for (size_t steps = choices.between(1, 4); steps > 0; --steps) {
    subject.change();
    for (size_t calls = choices.between(1, 5); calls > 0; --calls) compared += Calls(choices, subject).run();
  }
  return compared;
}

// Throws Difference; else how many queries were compared.
inline size_t run_case(const uint8_t* bytes, size_t size) {
  Choices choices(bytes, size);
  const Kind kind = Kind::choose(choices);
  const Threads restore;
  constexpr size_t kThreads[] = {1, 2, 3, 4, 8};
  if (choices.one_in(16)) ThreadPool::instance().set_threads(choices.any_of(kThreads));
  try {
    Subject subject(choices, kind);
    return live(choices, subject);
  } catch (const NothingToLearn&) {
    return 0;
  } catch (const Difference& difference) {
    throw Difference(kind.name() + ": " + difference.what());
  }
}

}  // namespace voronode::test
