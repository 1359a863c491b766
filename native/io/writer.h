// Writes little-endian fields to a sink; large arrays go out in pieces, with a look at the cancel flag before each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/cancel.h"
#include "io/sink.h"

namespace voronode {

class Writer {
 public:
  // REQUIRES: both outlive the writer. cancel may be null.
  Writer(Sink& sink, const Cancel* cancel) noexcept : sink_(sink), cancel_(cancel) {}

  template <class T>
  void number(T value) {
    static_assert(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>);
    sink_.write(&value, sizeof value);
    position_ += sizeof value;
  }

  void bytes(const void* data, size_t n);

  // Of the next byte to be written.
  uint64_t position() const noexcept { return position_; }
  const Cancel* cancel() const noexcept { return cancel_; }

 private:
  Sink& sink_;
  const Cancel* cancel_;
  uint64_t position_ = 0;
};

}  // namespace voronode
