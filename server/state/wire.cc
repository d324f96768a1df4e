#include "server/state/wire.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace levee::state {

void ReverseWriter::VarintField(int field, uint64_t value) {
  if (value == 0) return;
  Reserve(2 * kVarintMax);
  Varint(value);
  Tag(field, kVarint);
}

void ReverseWriter::Fixed32Field(int field, uint32_t value) {
  if (value == 0) return;
  Reserve(4 + kVarintMax);
  Fixed32(value);
  Tag(field, kFixed32);
}

void ReverseWriter::Bytes(std::string_view bytes) {
  Reserve(bytes.size());
  at_ -= bytes.size();
  std::memcpy(at_, bytes.data(), bytes.size());
}

void ReverseWriter::Close(int field, size_t size_before) {
  const size_t length = size() - size_before;
  Reserve(2 * kVarintMax);
  Varint(length);
  Tag(field, kLengthDelimited);
}

void ReverseWriter::Grow(size_t bytes) {
  const size_t used = size();
  const size_t capacity =
      std::max(2 * static_cast<size_t>(end_ - begin_), used + bytes);
  // Not make_unique, which would write zeros first.
  std::unique_ptr<char[]> grown(new char[capacity]);
  std::memcpy(grown.get() + capacity - used, at_, used);
  heap_ = std::move(grown);
  begin_ = heap_.get();
  end_ = begin_ + capacity;
  at_ = end_ - used;
}

}  // namespace levee::state
