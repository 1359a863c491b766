// What a refusal says, and reading from files.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "io/format.h"
#include "io/index_io.h"
#include "io/reader.h"
#include "test/golden.h"

namespace voronode::test {
namespace {

std::shared_ptr<Index> read(const Bytes& bytes) { return deserialize_index(bytes.data(), bytes.size(), nullptr); }

template <class Call>
std::string refusal(Code code, Call call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(error.code() == code);
    return error.what();
  }
  return "no error";
}

std::string corruption(const Bytes& bytes) {
  return refusal(Code::kCorrupt, [&] { read(bytes); });
}

template <class T>
Bytes with(const char* name, size_t at, T value) {
  Bytes bytes = golden(name);
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return bytes;
}

int system_error(const std::string& path) {
  try {
    read_index(path, nullptr);
  } catch (const SystemError& error) {
    CHECK(error.path() == path);
    return error.err();
  }
  return 0;
}

}  // namespace

TEST_CASE("a refusal names file, section, offset, what was expected and what was found") {
  CHECK(corruption({}) == "Corrupt index in '<buffer>', section tag, byte 0: expected 4 bytes, found the end after 0");
  CHECK(corruption({'I', 'x', 0x00, 0xff}) ==
        "Corrupt index in '<buffer>', section tag, byte 0: expected the tag of a Faiss index, found \"Ix\\x00\\xff\"");
  CHECK(corruption(with<int32_t>("flat_l2", 4, 0)) ==
        "Corrupt index in '<buffer>', section IxF2.d, byte 4: expected a dimension of 1 or more, found 0");
  CHECK(corruption(with<int64_t>("flat_l2", 8, -3)) ==
        "Corrupt index in '<buffer>', section IxF2.ntotal, byte 8: expected a count of 0 or more, found -3");
  CHECK(corruption(with<uint8_t>("flat_l2", 32, 2)) ==
        "Corrupt index in '<buffer>', section IxF2.is_trained, byte 32: expected 0 or 1, found 2");
  CHECK(corruption(with<uint8_t>("flat_l2", 32, 0)) ==
        "Corrupt index in '<buffer>', section IxF2.is_trained, byte 32: expected 1, found 0");
  CHECK(corruption(with<int32_t>("flat_l2", 33, 0)) ==
        "Corrupt index in '<buffer>', section IxF2.metric_type, byte 33: expected 1 (L2), as the tag says, found 0");
  CHECK(corruption(with<int32_t>("flat_l2", 33, 19)) ==
        "Corrupt index in '<buffer>', section IxF2.metric_type, byte 33: expected the number of a metric, such as 0 "
        "(inner product) or 1 (L2), found 19");
  CHECK(corruption(with<uint64_t>("flat_l2", 37, 35)) ==
        "Corrupt index in '<buffer>', section IxF2.codes, byte 37: expected 36 items (ntotal * d), found 35");
  CHECK(corruption(with<int64_t>("flat_l2", 8, INT64_MAX)) ==
        "Corrupt index in '<buffer>', section IxF2.codes, byte 37: expected 18446744073709551615 items (ntotal * d), "
        "found 36");
}

TEST_CASE("an index must agree with the one around it") {
  // IxMp, header, IxF2 at 37; the ids' count at 226.
  CHECK(corruption(with<int32_t>("idmap_flat_l2", 41, 5)) ==
        "Corrupt index in '<buffer>', section IxMp/IxF2.d, byte 41: expected 4, as the index around it says, found 5");
  CHECK(corruption(with<int64_t>("idmap_flat_l2", 45, 8)) ==
        "Corrupt index in '<buffer>', section IxMp/IxF2.ntotal, byte 45: expected 9, as the index around it says, "
        "found 8");
  CHECK(corruption(with<int32_t>("idmap_flat_l2", 33, 0)) ==
        "Corrupt index in '<buffer>', section IxMp/IxF2.metric_type, byte 70: expected 0, as the index around it says, "
        "found 1");
  CHECK(corruption(with<int64_t>("idmap_flat_l2", 226, 10)) ==
        "Corrupt index in '<buffer>', section IxMp.id_map, byte 226: expected 9 items (ntotal), found 10");
  // IxPT, header, nt at 37, VNrm at 41, norm, d_in at 49, d_out, is_trained, IxF2 at 58.
  CHECK(
      corruption(with<float>("l2norm_flat_l2", 45, 1.0f)) ==
      "Corrupt index in '<buffer>', section IxPT/VNrm.norm, byte 45: expected 2 (the Euclidean norm), found 1.000000");
  CHECK(corruption(with<int32_t>("l2norm_flat_l2", 53, 9)) ==
        "Corrupt index in '<buffer>', section IxPT/VNrm.d_out, byte 53: expected 8, found 9");
  CHECK(corruption(with<int32_t>("l2norm_flat_l2", 37, -1)) ==
        "Corrupt index in '<buffer>', section IxPT.nt, byte 37: expected 0 to 16 transforms, found -1");
}

TEST_CASE("components that are not finite are refused by row and component") {
  const float bad[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()};
  CHECK(corruption(with("flat_l2", 45 + 4 * (2 * 4 + 3), bad[0])) ==
        "Corrupt index in '<buffer>', section IxF2.codes, byte 89: expected a finite number at row 2, component 3, "
        "found NaN");
  CHECK(
      corruption(with("idmap_flat_l2", 82, bad[1])) ==
      "Corrupt index in '<buffer>', section IxMp/IxF2.codes, byte 82: expected a finite number at row 0, component 0, "
      "found Infinity");
}

TEST_CASE("kinds, metrics and transforms that are not offered are named") {
  const auto unsupported = [](const char* name) { return refusal(Code::kUnsupported, [&] { read(golden(name)); }); };
  CHECK(unsupported("refused_ivf_pq") ==
        "Unsupported index in '<buffer>', section tag, byte 0: this version does not read IndexIVFPQ (tag \"IwPQ\")");
  CHECK(unsupported("refused_flat_lp") ==
        "Unsupported index in '<buffer>', section IxFl.metric_type, byte 33: this version does not offer METRIC_Lp");
  CHECK(unsupported("refused_itq_flat") ==
        "Unsupported index in '<buffer>', section IxPT.chain, byte 41: this version does not read ITQTransform (tag "
        "\"Viqt\")");
  CHECK(refusal(Code::kUnsupported, [] { read(with<int64_t>("idmap_flat_l2", 234 + 8 * 3, -1)); }) ==
        "Unsupported index in '<buffer>', section IxMp.id_map, byte 234: the id -1 of row 3; -1 marks missing results");
}

TEST_CASE("a map inside a map is refused, also behind a transform") {
  const Bytes inner = golden("idmap_flat_empty");
  Bytes bytes(inner.begin(), inner.begin() + 37);
  SUBCASE("at once") {}
  SUBCASE("behind a transform") {
    bytes.insert(bytes.end(), {'I', 'x', 'P', 'T'});
    bytes.insert(bytes.end(), inner.begin() + 4, inner.begin() + 37);
    bytes.insert(bytes.end(), {0, 0, 0, 0});
  }
  bytes.insert(bytes.end(), inner.begin(), inner.end());
  bytes.insert(bytes.end(), 8, 0);
  refusal(Code::kUnsupported, [&] { read(bytes); });
}

TEST_CASE("a file reads as its bytes do, and is named in refusals") {
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  for (const Golden& file : golden_files()) {
    CAPTURE(file.name);
    write_all(path, file.bytes);
    for (size_t size = file.bytes.size(); size > 0; --size) {
      std::filesystem::resize_file(path, size);
      std::string from_file = "read", from_memory = "read";
      try {
        read_index(path, nullptr);
      } catch (const Error& error) {
        from_file = error.what();
      }
      try {
        deserialize_index(file.bytes.data(), size, nullptr);
      } catch (const Error& error) {
        from_memory = error.what();
        from_memory.replace(from_memory.find("<buffer>"), std::strlen("<buffer>"), path);
      }
      CHECK(from_file == from_memory);
    }
  }
}

TEST_CASE("what is not a regular file gives the system's error") {
  const TemporaryFolder folder;
  CHECK(system_error(folder / "missing") == ENOENT);
  CHECK(system_error(folder / "") == EISDIR);
  CHECK(system_error("") == ENOENT);
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(system_error(folder / "pipe") == ESPIPE);
  CHECK(system_error("/dev/null") == ESPIPE);
  refusal(Code::kInvalidArgValue, [&] { read_index((folder / "a") + std::string("\0b", 2), nullptr); });
}

TEST_CASE("a file that shrinks while it is read is refused") {
  class Shrunk final : public Source {
   public:
    explicit Shrunk(Bytes bytes) : Source("shrunk", bytes.size()), bytes_(std::move(bytes)) {}
    size_t read_at(uint64_t offset, void* out, size_t n) override {
      const size_t left = offset < 60 ? static_cast<size_t>(60 - offset) : 0;
      std::memcpy(out, bytes_.data() + offset, std::min(n, left));
      return std::min(n, left);
    }

   private:
    Bytes bytes_;
  };
  Shrunk source(golden("flat_l2"));
  Reader reader(source, nullptr);
  CHECK(refusal(Code::kCorrupt, [&] { read_any(reader, nullptr); }) ==
        "Corrupt index in 'shrunk', section IxF2.codes, byte 45: expected 144 bytes, found the end after 15: the file "
        "was "
        "cut while it was read");
}

TEST_CASE("reading can be cancelled") {
  const TemporaryFolder folder;
  write_all(folder / "index", golden("flat_l2"));
  const Bytes bytes = golden("flat_l2");
  Cancel cancel;
  CHECK(read_index(folder / "index", &cancel)->ntotal() == 9);
  cancel.fire();
  refusal(Code::kAborted, [&] { read_index(folder / "index", &cancel); });
  refusal(Code::kAborted, [&] { deserialize_index(bytes.data(), bytes.size(), &cancel); });
}

}  // namespace voronode::test
