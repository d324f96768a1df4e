"""Writes the files of server/text/models; their layout stands in
server/text/model_file.h."""

import struct

FORMAT = 1
HEADER_BYTES = 28
SECTION_BYTES = 12

_POLYNOMIAL = 0x82F63B78  # CRC-32C (RFC 3720, B.4), bits reversed


def _crc_table():
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
        table.append(crc)
    return table


_CRC_TABLE = _crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _CRC_TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def _padded(data):
    return data + bytes(-len(data) % 8)


def model_file(kind, version, parts):
    """The bytes of a file. `kind` and names: four letters, as bytes; `parts`:
    (name, bytes), in order."""
    start = HEADER_BYTES + SECTION_BYTES * len(parts)
    offset = start + -start % 8
    table, body = b"", bytes(offset - start)
    for name, data in parts:
        table += name + struct.pack("<II", offset, len(data))
        body += _padded(data)
        offset += len(_padded(data))
    checked = struct.pack("<I", len(parts)) + table + body
    return (b"LEVEETXT" + struct.pack("<I", FORMAT) + kind +
            struct.pack("<II", version, crc32c(checked)) + checked)
