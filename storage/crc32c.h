// CRC-32C (Castagnoli), as in iSCSI (RFC 3720, appendix B.4).
#ifndef LEVEE_STORAGE_CRC32C_H_
#define LEVEE_STORAGE_CRC32C_H_

#include <cstdint>
#include <string_view>

namespace levee::storage {

// The checksum of what `crc` stands for followed by `bytes`; start with 0.
uint32_t ExtendCrc32c(uint32_t crc, std::string_view bytes);

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_CRC32C_H_
