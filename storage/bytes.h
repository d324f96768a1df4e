// Big-endian numbers in bytes, so that keys sort as their numbers do.
#ifndef LEVEE_STORAGE_BYTES_H_
#define LEVEE_STORAGE_BYTES_H_

#include <cstdint>
#include <string>

namespace levee::storage {

inline void PutBig32(uint32_t value, char* to) {
  for (int i = 3; i >= 0; --i, value >>= 8) to[i] = static_cast<char>(value);
}

inline void PutBig64(uint64_t value, char* to) {
  for (int i = 7; i >= 0; --i, value >>= 8) to[i] = static_cast<char>(value);
}

inline uint32_t GetBig32(const char* from) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i)
    value = value << 8 | static_cast<uint8_t>(from[i]);
  return value;
}

inline uint64_t GetBig64(const char* from) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i)
    value = value << 8 | static_cast<uint8_t>(from[i]);
  return value;
}

inline void AppendBig32(uint32_t value, std::string* to) {
  char bytes[4];
  PutBig32(value, bytes);
  to->append(bytes, sizeof(bytes));
}

inline void AppendBig64(uint64_t value, std::string* to) {
  char bytes[8];
  PutBig64(value, bytes);
  to->append(bytes, sizeof(bytes));
}

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_BYTES_H_
