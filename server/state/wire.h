// Writes protobuf's wire format backwards: a record's last byte first, so that
// a length is known when its turn comes and nothing is measured twice.
//
// State is encoded often (once per entity and flush), mostly as arrays of
// numbers. Written in descending order of field numbers, the bytes are those
// that protobuf itself would write.
#ifndef LEVEE_SERVER_STATE_WIRE_H_
#define LEVEE_SERVER_STATE_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace levee::state {

// Threads: belongs to one thread. Owns its buffer.
class ReverseWriter {
 public:
  ReverseWriter() = default;
  ReverseWriter(const ReverseWriter&) = delete;
  ReverseWriter& operator=(const ReverseWriter&) = delete;

  // Bytes written so far.
  size_t size() const { return static_cast<size_t>(end_ - at_); }
  std::string ToString() const { return std::string(at_, size()); }

  // Makes room; every call below needs it: kVarintMax for a varint or a tag,
  // 8 or 4 for a fixed number.
  static constexpr size_t kVarintMax = 10;
  void Reserve(size_t bytes) {
    if (static_cast<size_t>(at_ - begin_) < bytes) Grow(bytes);
  }

  void Varint(uint64_t value) {
    if (value < 0x80) {
      *--at_ = static_cast<char>(value);
      return;
    }
    char bytes[kVarintMax];
    int count = 0;
    for (; value >= 0x80; value >>= 7) {
      bytes[count++] = static_cast<char>(value | 0x80);
    }
    bytes[count++] = static_cast<char>(value);
    at_ -= count;
    for (int i = 0; i < count; ++i) at_[i] = bytes[i];
  }
  void Fixed64(uint64_t value) { Fixed<8>(value); }
  void Fixed32(uint32_t value) { Fixed<4>(value); }

  // Whole fields, with their own room; nothing is written for 0.
  void VarintField(int field, uint64_t value);
  void Fixed32Field(int field, uint32_t value);
  // As they are, with their own room.
  void Bytes(std::string_view bytes);
  // Closes a message or a packed array that began (ended, in the record) when
  // size() was `size_before`.
  void Close(int field, size_t size_before);

 private:
  enum WireType { kVarint = 0, kLengthDelimited = 2, kFixed32 = 5 };

  template <int kBytes>
  void Fixed(uint64_t value) {
    at_ -= kBytes;
    for (int i = 0; i < kBytes; ++i) {
      at_[i] = static_cast<char>(value >> (8 * i));
    }
  }
  void Tag(int field, WireType type) {
    Varint(static_cast<uint64_t>(field) << 3 | type);
  }
  void Grow(size_t bytes);

  // Most records fit.
  char inline_[1024];
  std::unique_ptr<char[]> heap_;
  char* begin_ = inline_;
  char* end_ = inline_ + sizeof(inline_);
  char* at_ = inline_ + sizeof(inline_);
};

}  // namespace levee::state

#endif  // LEVEE_SERVER_STATE_WIRE_H_
