#include <algorithm>
#include <string>

#include "io/format_ivf.h"

namespace voronode {
namespace {

constexpr Tag kArrayLists = make_tag("ilar");
constexpr Tag kNoLists = make_tag("il00");
constexpr Tag kFull = make_tag("full");
constexpr Tag kSparse = make_tag("sprs");

struct KnownTag {
  Tag tag;
  const char* name;
};

constexpr KnownTag kKnownLists[] = {
#define KNOWN_INDEX(tag, name)
#define KNOWN_TRANSFORM(tag, name)
#define KNOWN_LISTS(tag, name) {make_tag(tag), name},
#include "io/known_tags.inc"
#undef KNOWN_INDEX
#undef KNOWN_TRANSFORM
#undef KNOWN_LISTS
};

// ---- Sizes ----

ListSizes read_full_sizes(Reader& reader, size_t nlist, uint64_t ntotal) {
  reader.count("sizes", nlist, "nlist", sizeof(uint64_t));
  const uint64_t begin = reader.position();
  std::vector<uint64_t> sizes(nlist);
  reader.bytes("sizes", sizes.data(), nlist * sizeof(uint64_t));
  ListSizes parts;
  RowCount rows(reader, ntotal);
  for (size_t list = 0; list < nlist; ++list) {
    rows.add("sizes", begin + list * sizeof(uint64_t), sizes[list]);
    if (sizes[list] != 0) parts.push_back({list, static_cast<size_t>(sizes[list])});
  }
  rows.finish("sizes");
  return parts;
}

ListSizes read_sparse_sizes(Reader& reader, size_t nlist, uint64_t ntotal) {
  const uint64_t count = reader.count("sizes", sizeof(uint64_t));
  if (count % 2 != 0) reader.corrupt("pairs of list and size", std::to_string(count) + " numbers");
  const uint64_t begin = reader.position();
  std::vector<uint64_t> pairs(static_cast<size_t>(count));
  reader.bytes("sizes", pairs.data(), pairs.size() * sizeof(uint64_t));
  ListSizes parts;
  std::vector<bool> seen(nlist);
  RowCount rows(reader, ntotal);
  for (size_t i = 0; i < pairs.size(); i += 2) {
    const uint64_t at = begin + i * sizeof(uint64_t);
    const uint64_t list = pairs[i];
    if (list >= nlist) {
      reader.corrupt_at("sizes", at, "a list below " + std::to_string(nlist) + " (nlist)", std::to_string(list));
    }
    if (seen[list]) reader.corrupt_at("sizes", at, "each list once", std::to_string(list) + " again");
    seen[list] = true;
    rows.add("sizes", at + sizeof(uint64_t), pairs[i + 1]);
    if (pairs[i + 1] != 0) parts.push_back({static_cast<size_t>(list), static_cast<size_t>(pairs[i + 1])});
  }
  rows.finish("sizes");
  std::sort(parts.begin(), parts.end(),
            [](const IndexIVF::Part& a, const IndexIVF::Part& b) { return a.list < b.list; });
  return parts;
}

ListSizes read_sizes(Reader& reader, size_t nlist, uint64_t ntotal) {
  const Tag tag = reader.tag("list_type");
  if (tag == kFull) return read_full_sizes(reader, nlist, ntotal);
  if (tag == kSparse) return read_sparse_sizes(reader, nlist, ntotal);
  reader.corrupt(quoted(kFull) + " or " + quoted(kSparse), quoted(tag));
}

// ---- Rows ----

// Before memory is taken for n rows of which each has so many bytes to come.
void expect_rows(const Reader& reader, uint64_t n, size_t row_bytes) {
  const uint64_t room = reader.remaining() / row_bytes;
  if (n <= room) return;
  reader.corrupt_at("codes", reader.position(), std::to_string(n) + " rows (ntotal) to follow",
                    "room for " + std::to_string(room));
}

void read_codes(Reader& reader, const IndexIVF& index, const IndexIVF::Part& part, uint8_t* codes,
                CheckCodes check_codes) {
  const size_t code_size = index.lists().code_size();
  const size_t rows_a_chunk = std::max<size_t>(1, kChunkBytes / code_size);
  for (size_t row = 0; row < part.count; row += rows_a_chunk) {
    const size_t n = std::min(rows_a_chunk, part.count - row);
    reader.bytes("codes", codes + row * code_size, n * code_size);
    check_codes(reader, index.d(), codes + row * code_size, n, part.list, row);
  }
}

void read_list_ids(Reader& reader, const IndexIVF::Part& part, idx_t* ids) {
  reader.bytes("ids", ids, part.count * sizeof(idx_t));
  check_ids(reader, ids, part.count, 0);
}

// Codes that stay in the file. The ids are read: of an index in a map they are numbers of rows, and have to stay right
// whatever becomes of the file.
void adopt_lists(Reader& reader, const ListSizes& sizes, IndexIVF& index, CheckCodes check_codes) {
  const auto codes = [&](const IndexIVF::Part& part) {
    const auto check = [&](const uint8_t* at, size_t n, size_t row) {
      check_codes(reader, index.d(), at, n, part.list, row);
    };
    uint8_t* const at = reader.in_place("codes", {part.count, index.lists().code_size()}, check);
    return InvertedLists::Elsewhere{at, reader.spare(), reader.mapping()};
  };
  index.adopt_lists(sizes, codes, [&](const IndexIVF::Part& part, idx_t* ids) { read_list_ids(reader, part, ids); });
}

}  // namespace

void RowCount::add(const char* field, uint64_t offset, uint64_t size) {
  if (size > left_) {
    reader_.corrupt_at(field, offset, "no more than the " + std::to_string(left_) + " rows left of ntotal",
                       std::to_string(size));
  }
  left_ -= size;
}

void RowCount::finish(const char* field) const {
  if (left_ == 0) return;
  reader_.corrupt_at(field, reader_.position(), std::to_string(left_) + " rows more in the lists (ntotal)",
                     "no more lists");
}

void read_lists(Reader& reader, const IvfFile& file, IndexIVF& index, CheckCodes check_codes) {
  const Tag tag = reader.tag("lists");
  if (tag == kNoLists) {
    if (file.header.ntotal == 0) return finish_ivf(reader, file, index);
    reader.unsupported(format("the lists of %llu vectors are not in the file (tag %s)",
                              (unsigned long long)file.header.ntotal, quoted(tag).c_str()));
  }
  if (tag != kArrayLists) {
    for (const KnownTag& known : kKnownLists) {
      if (known.tag == tag) {
        reader.unsupported(std::string("this version does not read ") + known.name + " (tag " + quoted(tag) + ")");
      }
    }
    reader.corrupt("the tag of Faiss's inverted lists", quoted(tag));
  }
  {
    const Reader::Section section(reader, tag);
    const auto expect = [&](const char* field, uint64_t expected) {
      const uint64_t found = reader.number<uint64_t>(field);
      if (found != expected) reader.corrupt(std::to_string(expected), std::to_string(found));
    };
    const size_t code_size = index.lists().code_size();
    expect("nlist", file.nlist);
    expect("code_size", code_size);
    const ListSizes sizes = read_sizes(reader, file.nlist, file.header.ntotal);
    expect_rows(reader, file.header.ntotal, code_size + sizeof(idx_t));
    if (reader.maps()) {
      adopt_lists(reader, sizes, index, check_codes);
      return finish_ivf(reader, file, index);
    }
    const auto fill = [&](const IndexIVF::Part& part, uint8_t* codes, idx_t* ids) {
      read_codes(reader, index, part, codes, check_codes);
      read_list_ids(reader, part, ids);
    };
    index.restore_lists(sizes, fill, reader.cancel());
  }
  finish_ivf(reader, file, index);
}

void read_legacy_lists(Reader& reader, const IvfFile& file, IndexIVF& index, CheckCodes check_codes, size_t unit) {
  const size_t code_size = index.lists().code_size();
  expect_rows(reader, file.header.ntotal, code_size);
  size_t next = 0;  // list
  const auto read_empty_ones = [&](size_t end) {
    for (; next < end; ++next) reader.count("codes", 0, "an empty list", unit);
  };
  const idx_t* from = file.legacy_ids.data();
  const auto fill = [&](const IndexIVF::Part& part, uint8_t* codes, idx_t* ids) {
    read_empty_ones(part.list);
    reader.count("codes", uint64_t{part.count} * code_size / unit, "rows * d", unit);
    read_codes(reader, index, part, codes, check_codes);
    ++next;
    std::copy_n(from, part.count, ids);
    from += part.count;
  };
  index.restore_lists(file.legacy_sizes, fill, reader.cancel());
  read_empty_ones(file.nlist);
  finish_ivf(reader, file, index);
}

// ---- Writing ----

void write_lists(Writer& writer, const IndexIVF& index, const Moment& moment) {
  std::vector<uint64_t> sizes;
  std::vector<uint64_t> pairs;
  for (size_t l = 0; l < moment.nlist(); ++l) {
    const uint64_t n = moment.list_size(l);
    sizes.push_back(n);
    if (n != 0) pairs.insert(pairs.end(), {uint64_t{l}, n});
  }
  const size_t code_size = index.lists().code_size();
  const bool full = pairs.size() / 2 > sizes.size() / 2;  // as Faiss chooses
  const std::vector<uint64_t>& written = full ? sizes : pairs;
  writer.number(kArrayLists);
  writer.number(uint64_t{index.nlist()});
  writer.number(uint64_t{code_size});
  writer.number(full ? kFull : kSparse);
  writer.number(uint64_t{written.size()});
  writer.bytes(written.data(), written.size() * sizeof(uint64_t));
  for (size_t l = 0; l < moment.nlist(); ++l) {
    const InvertedLists::List list = moment.list(l);
    for (size_t p = 0; p < list.piece_count(); ++p) {
      const auto piece = list.piece(p);
      writer.bytes(piece.codes, piece.rows * code_size);
    }
    for (size_t p = 0; p < list.piece_count(); ++p) {
      const auto piece = list.piece(p);
      writer.bytes(piece.ids, piece.rows * sizeof(idx_t));
    }
  }
}

}  // namespace voronode
