#include "io/format_ivf.h"

#include <algorithm>
#include <string>

#include "index/flat.h"
#include "index/id_map.h"

namespace voronode {
namespace {

// Few bytes can say that there are many lists; more than a million get no memory on that word alone, but where as many
// centroids follow.
constexpr uint64_t kMaxListsAlone = uint64_t{1} << 20;

size_t read_nlist(Reader& reader) {
  const uint64_t nlist = reader.number<uint64_t>("nlist");
  if (nlist < 1) reader.corrupt("1 or more lists", "0");
  if (nlist > kMaxLists) {
    reader.unsupported(format("%llu lists; this version takes at most %zu", (unsigned long long)nlist, kMaxLists));
  }
  return static_cast<size_t>(nlist);
}

// ids: those of centroids, which were read last.
void check_list_numbers(const Reader& reader, const std::vector<idx_t>& ids, size_t nlist) {
  std::vector<bool> seen(nlist);
  for (size_t i = 0; i < ids.size(); ++i) {
    const uint64_t at = reader.position() - (ids.size() - i) * sizeof(idx_t);
    if (ids[i] < 0) reader.corrupt_at("quantizer", at, "the number of a list", std::to_string(ids[i]));
    if (static_cast<uint64_t>(ids[i]) >= nlist) continue;
    const auto list = static_cast<size_t>(ids[i]);
    if (seen[list]) reader.corrupt_at("quantizer", at, "each list once", std::to_string(list) + " again");
    seen[list] = true;
  }
}

std::shared_ptr<Index> read_quantizer(Reader& reader, const IvfFile& file, uint64_t nlist_at) {
  const Outer promised(file.header.d);
  const Reader::InMemory whole(reader);  // every search needs all of them, and their sketches
  std::shared_ptr<Index> quantizer = read_any(reader, &promised);
  const auto* map = dynamic_cast<const IndexIDMap*>(quantizer.get());
  const Index& inner = map != nullptr ? *map->inner() : *quantizer;
  if (dynamic_cast<const IndexFlat*>(&inner) == nullptr) {
    reader.unsupported(std::string("an ") + inner.kind() + " as the quantizer of an IVF index");
  }
  const size_t centroids = quantizer->ntotal();
  if (centroids > kMaxLists) {
    reader.unsupported(format("%zu centroids; this version takes at most %zu", centroids, kMaxLists));
  }
  if (file.nlist > kMaxListsAlone && centroids < file.nlist) {
    reader.unsupported_at("nlist", nlist_at,
                          format("%zu lists of %zu centroids; this version takes at most %zu lists unless there are as "
                                 "many centroids",
                                 file.nlist, centroids, static_cast<size_t>(kMaxListsAlone)));
  }
  if (map != nullptr) check_list_numbers(reader, map->row_ids(), file.nlist);
  return quantizer;
}

// Kept until their codes come, behind the direct map.
void read_legacy_ids(Reader& reader, IvfFile& file) {
  file.legacy_ids.reserve(std::min(file.header.ntotal, reader.remaining() / sizeof(idx_t)));
  RowCount rows(reader, file.header.ntotal);
  for (size_t list = 0; list < file.nlist; ++list) {
    const uint64_t offset = reader.position();
    const size_t n = static_cast<size_t>(reader.count("ids", sizeof(idx_t)));
    rows.add("ids", offset, n);
    if (n == 0) continue;
    file.legacy_sizes.push_back({list, n});
    const size_t begin = file.legacy_ids.size();
    file.legacy_ids.resize(begin + n);
    reader.bytes("ids", file.legacy_ids.data() + begin, n * sizeof(idx_t));
    check_ids(reader, file.legacy_ids.data() + begin, n, 0);
  }
  rows.finish("ids");
}

}  // namespace

IvfFile read_ivf(Reader& reader, const Outer* outer, bool legacy) {
  IvfFile file{};
  file.header = read_header(reader, outer, Training::kNeeded);
  if (!file.header.is_trained && file.header.ntotal != 0) {
    reader.corrupt_at("is_trained", reader.position() - 5, "1, as there are vectors", "0");
  }
  const uint64_t nlist_at = reader.position();
  file.nlist = read_nlist(reader);
  file.nprobe = reader.number<uint64_t>("nprobe");
  if (file.nprobe < 1) reader.corrupt("1 or more", "0");
  file.quantizer = read_quantizer(reader, file, nlist_at);
  if (legacy) read_legacy_ids(reader, file);
  file.direct_map = read_direct_map(reader, file.header.ntotal);
  return file;
}

void write_ivf(Writer& writer, Tag tag, const IndexIVF& index, const Moment& moment) {
  writer.number(tag);
  write_header(writer, index, moment);
  writer.number(uint64_t{index.nlist()});
  writer.number(uint64_t{index.nprobe()});
  write_any(writer, *index.quantizer(), Moment(*index.quantizer()));
  write_direct_map(writer, index.direct_map_type(), moment);
}

void finish_ivf(const Reader& reader, const IvfFile& file, IndexIVF& index) {
  const StoredDirectMap& map = file.direct_map;
  const bool hash = map.type == DirectMapType::kHashtable;
  // Of many lists a view is large.
  const auto lists = map.entries.empty() ? std::vector<InvertedLists::List>() : index.lists().view();
  for (size_t i = 0; i < map.entries.size(); i += hash ? 2 : 1) {
    const idx_t id = hash ? map.entries[i] : static_cast<idx_t>(i);
    const int64_t place = map.entries[hash ? i + 1 : i];
    if (place < 0) continue;
    const size_t list = static_cast<size_t>(place >> 32);
    const size_t row = static_cast<size_t>(place & 0xFFFFFFFF);
    if (list < lists.size() && row < lists[list].size() && (hash || lists[list].id(row) == id)) continue;
    reader.corrupt_at("direct_map", map.offset + i * sizeof(int64_t), format("the place of the id %lld", (long long)id),
                      format("list %zu, row %zu", list, row));
  }
  index.set_quantizer_trained(file.header.is_trained);
  index.set_nprobe(static_cast<size_t>(file.nprobe));
  index.set_direct_map_type(map.type);
}

// ---- The direct map ----

StoredDirectMap read_direct_map(Reader& reader, uint64_t ntotal) {
  StoredDirectMap map{};
  const uint8_t type = reader.number<uint8_t>("direct_map");
  if (type > static_cast<uint8_t>(DirectMapType::kHashtable)) {
    reader.corrupt("0 (none), 1 (array) or 2 (hash table)", std::to_string(type));
  }
  map.type = static_cast<DirectMapType>(type);
  const bool array = map.type == DirectMapType::kArray;
  uint64_t entries = array ? ntotal : 0;
  reader.count("direct_map", entries, array ? "ntotal" : "there is no array", sizeof(int64_t));
  if (map.type == DirectMapType::kHashtable) entries = 2 * reader.count("direct_map", 2 * sizeof(int64_t));
  map.offset = reader.position();
  map.entries.resize(static_cast<size_t>(entries));
  reader.bytes("direct_map", map.entries.data(), map.entries.size() * sizeof(int64_t));
  return map;
}

namespace {

int64_t place_of(size_t list, size_t row) noexcept { return static_cast<int64_t>(uint64_t{list} << 32 | row); }

// f(id, place) for all rows. Of rows with one id the last counts, here as in Faiss.
template <class F>
void for_each_place(const Moment& moment, const F& f) {
  for (size_t l = 0; l < moment.nlist(); ++l) {
    const InvertedLists::List list = moment.list(l);
    for (size_t p = 0; p < list.piece_count(); ++p) {
      const auto piece = list.piece(p);
      for (size_t i = 0; i < piece.rows; ++i) f(piece.ids[i], place_of(l, piece.begin + i));
    }
  }
}

// The place of each id; empty if they are not the numbers below ntotal (an add with other ids came just now).
std::vector<int64_t> array_of(const Moment& moment) {
  std::vector<int64_t> places(static_cast<size_t>(moment.ntotal()), -1);
  bool fits = true;
  for_each_place(moment, [&](idx_t id, int64_t place) {
    const bool below = id >= 0 && static_cast<uint64_t>(id) < moment.ntotal();
    if (below) places[static_cast<size_t>(id)] = place;
    fits = fits && below;
  });
  if (!fits) places.clear();
  return places;
}

struct IdAndPlace {
  idx_t id;
  int64_t place;
};

// In the order of ids: Faiss's own order is that of its hash table, which no other program can know.
std::vector<IdAndPlace> pairs_of(const Moment& moment) {
  std::vector<IdAndPlace> pairs;
  pairs.reserve(static_cast<size_t>(moment.ntotal()));
  for_each_place(moment, [&](idx_t id, int64_t place) { pairs.push_back({id, place}); });
  std::sort(pairs.begin(), pairs.end(),
            [](const IdAndPlace& a, const IdAndPlace& b) { return a.id != b.id ? a.id < b.id : a.place > b.place; });
  const auto same_id = [](const IdAndPlace& a, const IdAndPlace& b) { return a.id == b.id; };
  pairs.erase(std::unique(pairs.begin(), pairs.end(), same_id), pairs.end());
  return pairs;
}

}  // namespace

void write_direct_map(Writer& writer, DirectMapType type, const Moment& moment) {
  std::vector<int64_t> places;
  if (type == DirectMapType::kArray) {
    places = array_of(moment);
    if (places.size() != moment.ntotal()) type = DirectMapType::kNone;
  }
  writer.number(static_cast<uint8_t>(type));
  writer.number(uint64_t{places.size()});
  writer.bytes(places.data(), places.size() * sizeof(int64_t));
  if (type != DirectMapType::kHashtable) return;
  const std::vector<IdAndPlace> pairs = pairs_of(moment);
  writer.number(uint64_t{pairs.size()});
  writer.bytes(pairs.data(), pairs.size() * sizeof(IdAndPlace));
}

}  // namespace voronode
