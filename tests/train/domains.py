#!/usr/bin/env python3
"""Builds server/text/models/domains.model: mail domains that anybody may use
for ten minutes and throw away.

    tests/train/domains.py --data FOLDER [--out FILE]

The names themselves are not kept, only 36 bits of a hash of each:

    BCKT  4097 x uint32   the domains whose hash begins with the 12 bits i are
                          those from BCKT[i] up to BCKT[i + 1]
    LOWS  3 bytes each    the next 24 bits of their hashes, little-endian,
                          ascending within a bucket

A domain that is not listed is taken for a listed one with a chance of n / 2^36,
which is 1 in 565,000 for the 121,570 domains of today's list. The hash is
FNV-1a, 64 bits, with the finalizer of MurmurHash3 behind it.

The data: lexica/disposable_email_domains.json.gz (MIT, see its README).
"""

import argparse
import gzip
import json
import os
import pathlib
import struct

from model_file import model_file

MODEL_VERSION = 1
BUCKET_BITS = 12
LOW_BITS = 24
MASK = (1 << 64) - 1
HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent.parent / "server/text/models/domains.model"

# People live at these, whatever a list says.
LASTING = frozenset("""
    126.com 139.com 163.com 189.cn aliyun.com aol.com btinternet.com comcast.net
    fastmail.com foxmail.com free.fr gmail.com gmx.com gmx.de gmx.net
    googlemail.com hotmail.com icloud.com laposte.net libero.it live.com
    mail.com mail.ru mailbox.org me.com msn.com naver.com orange.fr outlook.com
    pm.me posteo.de proton.me protonmail.com qq.com seznam.cz sina.cn sina.com
    sohu.com t-online.de tutanota.com vip.qq.com web.de wp.pl yahoo.com
    yandex.com yandex.ru yeah.net zoho.com
    duck.com mozmail.com passmail.net privaterelay.appleid.com simplelogin.com
    """.split())


def hash64(name):
    value = 0xCBF29CE484222325
    for byte in name:
        value = ((value ^ byte) * 0x100000001B3) & MASK
    value ^= value >> 33
    value = (value * 0xFF51AFD7ED558CCD) & MASK
    value ^= value >> 33
    value = (value * 0xC4CEB9FE1A85EC53) & MASK
    return value ^ (value >> 33)


def forms(domain):
    """The bytes under which a mail may name a domain."""
    domain = domain.strip().rstrip(".").lower()
    yield domain.encode()
    if not domain.isascii():
        try:
            yield domain.encode("idna")
        except UnicodeError:
            pass


def sections(domains):
    shift = 64 - BUCKET_BITS - LOW_BITS
    hashes = sorted({hash64(form) >> shift for domain in domains
                     if domain not in LASTING for form in forms(domain)})
    starts = [0] * ((1 << BUCKET_BITS) + 1)
    for value in hashes:
        starts[(value >> LOW_BITS) + 1] += 1
    for i in range(1, len(starts)):
        starts[i] += starts[i - 1]
    lows = b"".join((value & ((1 << LOW_BITS) - 1)).to_bytes(3, "little")
                    for value in hashes)
    return [(b"BCKT", struct.pack(f"<{len(starts)}I", *starts)),
            (b"LOWS", lows)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", default=os.environ.get("LEVEE_DATA"),
                        help="folder of the data sets (or LEVEE_DATA)")
    parser.add_argument("--out", default=OUT)
    options = parser.parse_args()
    if not options.data:
        parser.error("say where the data is: --data FOLDER, or LEVEE_DATA")
    name = "lexica/disposable_email_domains.json.gz"
    with gzip.open(pathlib.Path(options.data) / name) as file:
        domains = json.load(file)
    made = model_file(b"DOMN", MODEL_VERSION, sections(domains))
    pathlib.Path(options.out).write_bytes(made)
    print(f"{options.out}: {len(domains)} domains, {len(made)} bytes")


if __name__ == "__main__":
    main()
