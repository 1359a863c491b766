// Files of inverted files: what a refusal says, forms that Faiss reads and does not write, and saving beside adds.
#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "base/gate_hold.h"
#include "index/flat.h"
#include "index/id_map.h"
#include "io/index_io.h"
#include "ivf/ivf_flat.h"
#include "test/exercise.h"
#include "test/golden.h"
#include "test/refusal.h"

namespace voronode::test {
namespace {

// Where the fields of ivf_flat_l2 begin: 3 lists of 9 vectors of 4 components.
constexpr size_t kTrained = 32, kLists = 37, kProbes = 45, kQuantizer = 53, kMap = 146, kInverted = 155;
constexpr size_t kListType = kInverted + 20, kSizes = kListType + 4;

std::string corruption(const std::string& where, const std::string& what) {
  return "Corrupt index in '<buffer>', section " + where + ": expected " + what;
}

template <class T>
Bytes with(const char* name, size_t at, T value) {
  Bytes bytes = golden(name);
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return bytes;
}

template <class T>
void append(Bytes& bytes, std::initializer_list<T> values) {
  const auto* from = reinterpret_cast<const uint8_t*>(values.begin());
  bytes.insert(bytes.end(), from, from + values.size() * sizeof(T));
}

Bytes part(const Bytes& bytes, size_t begin, size_t end = SIZE_MAX) {
  return Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
               bytes.begin() + static_cast<std::ptrdiff_t>(std::min(end, bytes.size())));
}

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& one : parts) all.insert(all.end(), one.begin(), one.end());
  return all;
}

std::vector<size_t> sizes_of(const Index& index) { return dynamic_cast<const IndexIVFFlat&>(index).list_sizes(); }

}  // namespace

TEST_CASE("refusals of inverted files name the field") {
  const auto flat = [](size_t at, auto value) { return refusal(Code::kCorrupt, with("ivf_flat_l2", at, value)); };
  CHECK(flat(kTrained, uint8_t{0}) == corruption("IwFl.is_trained, byte 32", "1, as there are vectors, found 0"));
  CHECK(flat(kLists, uint64_t{0}) == corruption("IwFl.nlist, byte 37", "1 or more lists, found 0"));
  CHECK(flat(kLists, uint64_t{4}) == corruption("IwFl/ilar.nlist, byte 159", "4, found 3"));
  CHECK(flat(kProbes, uint64_t{0}) == corruption("IwFl.nprobe, byte 45", "1 or more, found 0"));
  CHECK(flat(kQuantizer + 4, int32_t{5}) ==
        corruption("IwFl/IxF2.d, byte 57", "4, as the index around it says, found 5"));
  CHECK(flat(kMap, uint8_t{3}) ==
        corruption("IwFl.direct_map, byte 146", "0 (none), 1 (array) or 2 (hash table), found 3"));
  CHECK(flat(kMap + 1, uint64_t{9}) == corruption("IwFl.direct_map, byte 147", "0 items (there is no array), found 9"));
  CHECK(flat(kInverted, uint8_t{'j'}) ==
        corruption("IwFl.lists, byte 155", "the tag of Faiss's inverted lists, found \"jlar\""));
  CHECK(flat(kInverted + 4, uint64_t{4}) == corruption("IwFl/ilar.nlist, byte 159", "3, found 4"));
  CHECK(flat(kInverted + 12, uint64_t{15}) == corruption("IwFl/ilar.code_size, byte 167", "16, found 15"));
  CHECK(flat(kListType, uint8_t{'F'}) ==
        corruption("IwFl/ilar.list_type, byte 175", "\"full\" or \"sprs\", found \"Full\""));
  CHECK(flat(kSizes, uint64_t{2}) == corruption("IwFl/ilar.sizes, byte 179", "3 items (nlist), found 2"));
  CHECK(refusal(Code::kUnsupported, golden("refused_ivf_disk")) ==
        "Unsupported index in '<buffer>', section IwFl.lists, byte 155: this version does not read OnDiskInvertedLists "
        "(tag \"ilod\")");
}

TEST_CASE("the sizes of lists must add up to ntotal") {
  const auto sizes = sizes_of(*read(golden("ivf_flat_l2")));
  const auto with_sizes = [](uint64_t a, uint64_t b, uint64_t c) {
    Bytes bytes = with("ivf_flat_l2", kSizes + 8, a);
    std::memcpy(bytes.data() + kSizes + 16, &b, sizeof b);
    std::memcpy(bytes.data() + kSizes + 24, &c, sizeof c);
    return bytes;
  };
  CHECK(read(with_sizes(sizes[0], sizes[1], sizes[2]))->ntotal() == 9);
  CHECK(refusal(Code::kCorrupt, with_sizes(4, 4, 2)) ==
        corruption("IwFl/ilar.sizes, byte 203", "no more than the 1 rows left of ntotal, found 2"));
  CHECK(refusal(Code::kCorrupt, with_sizes(4, UINT64_MAX, 6)) ==
        corruption("IwFl/ilar.sizes, byte 195", "no more than the 5 rows left of ntotal, found 18446744073709551615"));
  CHECK(refusal(Code::kCorrupt, with_sizes(4, 4, 0)) ==
        corruption("IwFl/ilar.sizes, byte 211", "1 rows more in the lists (ntotal), found no more lists"));
  Bytes many = with("ivf_flat_l2", 8, INT64_MAX);
  const uint64_t size = static_cast<uint64_t>(INT64_MAX) - 8;
  std::memcpy(many.data() + kSizes + 8, &size, sizeof size);
  const uint64_t four[] = {4, 4};
  std::memcpy(many.data() + kSizes + 16, four, sizeof four);
  CHECK(refusal(Code::kCorrupt, many) ==
        corruption("IwFl/ilar.codes, byte 211", "9223372036854775807 rows (ntotal) to follow, found room for 9"));
}

TEST_CASE("vectors and ids in lists are checked") {
  const Bytes bytes = golden("ivf_flat_l2");
  const size_t codes = kSizes + 32;
  CHECK(refusal(Code::kCorrupt, with("ivf_flat_l2", codes + 16 + 8, std::numeric_limits<float>::quiet_NaN())) ==
        corruption("IwFl/ilar.codes, byte 235", "a finite number at row 1, component 2 of list 0, found NaN"));
  const size_t ids = codes + sizes_of(*read(bytes))[0] * 16;
  CHECK(refusal(Code::kUnsupported, with("ivf_flat_l2", ids + 8, int64_t{-1})) ==
        "Unsupported index in '<buffer>', section IwFl/ilar.ids, byte " + std::to_string(ids) +
            ": the id -1 of row 1; -1 marks missing results");
}

TEST_CASE("a direct map must say where the rows are") {
  const auto list = dynamic_cast<const IndexIVFFlat&>(*read(golden("ivf_flat_array"))).lists().list(1);
  REQUIRE(list.size() > 1);
  const size_t entry = kMap + 9 + static_cast<size_t>(list.id(1)) * 8;
  const auto array = [&](int64_t place) { return with("ivf_flat_array", entry, place); };
  CHECK(read(array((int64_t{1} << 32) + 1))->ntotal() == 9);
  CHECK(read(array(-1))->ntotal() == 9);
  for (const int64_t place : {int64_t{1} << 32, (int64_t{1} << 32) + 9, int64_t{3} << 32, INT64_MAX}) {
    CHECK(refusal(Code::kCorrupt, array(place)) ==
          corruption("IwFl.direct_map, byte " + std::to_string(entry),
                     "the place of the id " + std::to_string(list.id(1)) + ", found list " +
                         std::to_string(place >> 32) + ", row " + std::to_string(place & 0xFFFFFFFF)));
  }
  // Faiss writes wrong ids into a hash table that was there when vectors were added without ids.
  CHECK(read(with("ivf_flat_hash", kMap + 17, int64_t{12345}))->ntotal() == 8);
  CHECK(refusal(Code::kCorrupt, with("ivf_flat_hash", kMap + 25, int64_t{9})).find("found list 0, row 9") !=
        std::string::npos);
  CHECK(refusal(Code::kCorrupt, with("ivf_flat_hash", kMap + 9, UINT64_MAX)).find("items there is room for") !=
        std::string::npos);
}

TEST_CASE("sparse sizes come in any order, also of empty lists, each list once") {
  const Bytes bytes = golden("ivf_flat_l2");
  const auto sizes = sizes_of(*read(bytes));
  const auto sparse = [&](std::initializer_list<uint64_t> numbers) {
    Bytes head = part(bytes, 0, kListType);
    append(head, {'s', 'p', 'r', 's'});
    append(head, {uint64_t{numbers.size()}});
    append(head, numbers);
    return joined({head, part(bytes, kSizes + 32)});
  };
  const auto saved = [](const Bytes& some) { return serialize_index(*read(some), nullptr); };
  CHECK(saved(sparse({0, sizes[0], 1, sizes[1], 2, sizes[2]})) == bytes);
  CHECK(saved(sparse({2, sizes[2], 0, sizes[0], 1, sizes[1]})) == bytes);
  CHECK(refusal(Code::kCorrupt, sparse({2, sizes[2], 0, sizes[0], 1})) ==
        corruption("IwFl/ilar.sizes, byte 179", "pairs of list and size, found 5 numbers"));
  CHECK(refusal(Code::kCorrupt, sparse({2, sizes[2], 0, sizes[0], 3, sizes[1]})) ==
        corruption("IwFl/ilar.sizes, byte 219", "a list below 3 (nlist), found 3"));
  CHECK(refusal(Code::kCorrupt, sparse({2, sizes[2], 2, sizes[0], 1, sizes[1]})) ==
        corruption("IwFl/ilar.sizes, byte 203", "each list once, found 2 again"));
  const Bytes empty = golden("ivf_flat_empty");
  Bytes pairs = part(empty, 0, empty.size() - 8);
  append<uint64_t>(pairs, {4, 1, 0, 0, 0});
  CHECK(saved(pairs) == empty);
}

TEST_CASE("full sizes are read though sparse ones would be shorter") {
  const Bytes bytes = golden("ivf_flat_empty");
  Bytes full = part(bytes, 0, bytes.size() - 12);
  append(full, {'f', 'u', 'l', 'l'});
  append<uint64_t>(full, {3, 0, 0, 0});
  CHECK(serialize_index(*read(full), nullptr) == bytes);
}

TEST_CASE("bytes behind an IVF are ignored") {
  for (const char* name : {"ivf_flat_l2", "ivf_flat_untrained", "idmap_ivf_flat"}) {
    const Bytes bytes = golden(name);
    CHECK(serialize_index(*read(joined({bytes, {1, 2, 3}})), nullptr) == bytes);
  }
}

TEST_CASE("an index with few centroids gets no memory for lists that it only speaks of") {
  const size_t million = size_t{1} << 20;
  Bytes bytes = golden("ivf_flat_untrained");
  const auto with_lists = [&](uint64_t nlist) {
    std::memcpy(bytes.data() + kLists, &nlist, sizeof nlist);
    std::memcpy(bytes.data() + bytes.size() - 28, &nlist, sizeof nlist);
    return bytes;
  };
  CHECK(dynamic_cast<const IndexIVFFlat&>(*read(with_lists(million))).nlist() == million);
  CHECK(refusal(Code::kUnsupported, with_lists(million + 1)) ==
        "Unsupported index in '<buffer>', section IwFl.nlist, byte 37: 1048577 lists of 0 centroids; this version "
        "takes at "
        "most 1048576 lists unless there are as many centroids");
  refusal(Code::kUnsupported, with_lists(UINT64_MAX));
  refusal(Code::kUnsupported, with("ivf_flat_l2", kLists, UINT64_MAX));
  refusal(Code::kUnsupported, with("ivf_flat_l2", kLists, uint64_t{million + 1}));
}

TEST_CASE("an IndexIDMap needs an IVF whose ids are positions") {
  const Bytes map = golden("idmap_ivf_flat");
  const Bytes inner = golden("ivf_flat_ids");
  Bytes ids;
  append<int64_t>(ids, {8, 0, 1, 2, 3, 4, 5, 6, 7});
  Bytes head = part(map, 0, 37);
  head[8] = 8;   // ntotal
  head[33] = 1;  // L2
  CHECK(refusal(Code::kUnsupported, joined({head, inner, ids})).find("whose labels are not 0 to ntotal - 1") !=
        std::string::npos);
}

TEST_CASE("a wrapper that says it is trained holds an index that is") {
  CHECK(refusal(Code::kCorrupt, with("idmap_ivf_flat_untrained", kTrained, uint8_t{1})) ==
        corruption("IxMp/IwFl.is_trained, byte 69", "1, as the index around it says, found 0"));
}

TEST_CASE("an IVF that is saved beside adds is one moment of the index") {
  constexpr size_t kBatch = 7, kBatches = 2000, kDimension = 3, kQuantized = 11;
  constexpr size_t kStep = 3001;  // prime: goes through all the lists, again and again
  const bool mapped[] = {false, false, true};
  const DirectMapType types[] = {DirectMapType::kNone, DirectMapType::kArray, DirectMapType::kHashtable};
  for (size_t kind = 0; kind < 3; ++kind) {
    auto quantizer = std::make_shared<IndexFlat>(kDimension, Metric::kL2);
    for (size_t i = 0; i < kQuantized; ++i) {
      const float centroid[kDimension] = {static_cast<float>(i * kBatch * kBatches / kQuantized)};
      quantizer->add(1, centroid, nullptr);
    }
    auto ivf = std::make_shared<IndexIVFFlat>(quantizer, kQuantized, Metric::kL2);
    ivf->set_direct_map_type(types[kind]);
    std::shared_ptr<Index> index = ivf;
    if (mapped[kind]) index = std::make_shared<IndexIDMap>(ivf, false);
    const bool own_ids = kind != 1;
    std::atomic<bool> done{false};
    std::thread adder([&] {
      for (size_t b = 0; b < kBatches; ++b) {
        float x[kBatch * kDimension];
        idx_t ids[kBatch];
        for (size_t i = 0; i < kBatch; ++i) {
          const size_t number = (b * kBatch + i) * kStep % (kBatch * kBatches);
          ids[i] = static_cast<idx_t>(own_ids ? number : b * kBatch + i);
          std::fill_n(x + i * kDimension, kDimension, static_cast<float>(own_ids ? number : b * kBatch + i));
        }
        const GateHold hold(index->gate(), Access::kAppend);
        own_ids ? index->add_with_ids(kBatch, x, ids, nullptr) : index->add(kBatch, x, nullptr);
      }
      done = true;
    });
    size_t saves = 0;
    for (bool last = false; !last; ++saves) {
      last = done;
      Bytes bytes;
      {
        const GateHold hold(index->gate(), Access::kRead);
        bytes = serialize_index(*index, nullptr);
      }
      const auto again = read(bytes);
      REQUIRE(again->ntotal() % kBatch == 0);
      bool matching = true;
      for (size_t i = 0; i < again->ntotal(); ++i) {
        const auto id = static_cast<idx_t>(own_ids ? i * kStep % (kBatch * kBatches) : i);
        float row[kDimension];
        again->reconstruct(id, row);
        matching = matching && row[2] == static_cast<float>(id);
      }
      REQUIRE(matching);
    }
    adder.join();
    CHECK(saves > 1);
  }
}

}  // namespace voronode::test
