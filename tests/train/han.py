#!/usr/bin/env python3
"""Builds server/text/models/han.model: which runs of Han were typed without
meaning through a pinyin input method.

    tests/train/han.py --data FOLDER [--out FILE]

    INIT  20992 x uint8  the first letter of the pinyin of U+4E00 to U+9FFF:
                         1 to 26 for a to z, 0 for none
    GRAM  27^4 x int8    16 times the logarithm of the ratio of two
                         probabilities: that of an initial behind three others
                         in mash, and in Chinese. Index as in latin.py
    PAIR  2^16 x uint16  pairs of characters that are usual in Chinese: 12 bits
                         of the pair's hash, then 4 bits that are 11 more than
                         what the pair adds to that; 0 is an empty slot. A pair
                         lies in the slot that its hash names or in one of the
                         seven behind it; one that does not lie there adds 6

An input method makes real words of any keys. What it cannot hide is which keys
they were: each character begins with the letter that was hit. Pairs count for
little (0.15 of what they would on their own), since an input method that knows
its Chinese chooses usual ones.

Chinese comes from texts and from a dictionary with frequencies. The mash is
what latin.py learns from, put through a simple input method.
"""

import argparse
import collections
import csv
import gzip
import io
import json
import math
import os
import pathlib
import random
import re
import struct
import unicodedata

import icu

import grams
import mash
from model_file import model_file

MODEL_VERSION = 1
HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent.parent / "server/text/models/han.model"
CUSTOMERS = HERE.parent / "data/messages"
FIRST, LAST = 0x4E00, 0x9FFF
RUN = re.compile("[\u4e00-\u9fff]+")
# Letters that begin no syllable.
NO_INITIALS = "iuv"


def syllables():
    """The pinyin of every character, without its tone; "" for none."""
    rules = icu.Transliterator.createInstance("Han-Latin")
    found = {}
    for point in range(FIRST, LAST + 1):
        latin = unicodedata.normalize("NFKD", rules.transliterate(chr(point)))
        latin = "".join(c for c in latin.lower() if "a" <= c <= "z")
        found[chr(point)] = latin
    return found


class Ime:
    """A pinyin input method: letters to words."""

    def __init__(self, frequencies, pinyin):
        self.pinyin = pinyin
        self.syllables = {s for s in pinyin.values() if s}
        self.words = collections.defaultdict(list)
        self.characters = collections.defaultdict(list)
        ranked = sorted(frequencies.items(), key=lambda row: (-row[1], row[0]))
        for word, _ in ranked:
            initials = "".join(pinyin[c][:1] for c in word)
            if len(self.words[initials]) < 40:
                self.words[initials].append(word)
            if len(word) == 1:
                self.characters[pinyin[word]].append(word)

    def units(self, letters, whole):
        """Splits letters into syllables (`whole`) or initials."""
        at, units = 0, []
        while at < len(letters):
            size = 1
            if whole:
                size = next((n for n in range(6, 0, -1)
                             if letters[at:at + n] in self.syllables), 1)
            unit = letters[at:at + size]
            at += size
            if unit[0] not in NO_INITIALS:
                units.append(unit)
        return units

    def type(self, letters, random_, whole):
        """What a hurried hand takes of what is offered."""
        units = self.units(letters, whole)
        at, text = 0, ""
        while at < len(units):
            for size in range(min(4, len(units) - at), 0, -1):
                part = units[at:at + size]
                fit = [word for word in
                       self.words.get("".join(u[0] for u in part), [])
                       if all(self.pinyin[c].startswith(u)
                              for c, u in zip(word, part))]
                if fit and (size < 3 or random_.random() < 0.8):
                    text += fit[min(int(random_.expovariate(1.5)),
                                    len(fit) - 1)]
                    at += size
                    break
            else:
                at += 1
        return text


def dictionary(data):
    """Words of one to four characters by frequency."""
    path = pathlib.Path(data) / "lexica/jieba.dict.utf8.gz"
    rows = (line.split(" ") for line in
            gzip.open(path).read().decode().splitlines())
    return {row[0]: int(row[1]) for row in rows
            if len(row[0]) <= 4 and RUN.fullmatch(row[0])}


def texts(data):
    data = pathlib.Path(data)
    lines = gzip.open(data / "ordinary/egret_wenda/egret_wenda_lines.txt.gz")
    for line in lines.read().decode("utf-8", "ignore").splitlines():
        yield "egret", line.split(" +++$+++ ")[-1]
    for name in ["insult/cold/train", "insult/cold/dev", "insult/cold/test",
                 "insult/swsr/SexComment"]:
        with gzip.open(data / f"{name}.csv.gz") as file:
            text = io.TextIOWrapper(file, encoding="utf-8-sig")
            for row in csv.DictReader(text):
                yield name, row.get("TEXT") or row.get("comment_text") or ""
    for line in (CUSTOMERS / "zh-train.jsonl").read_text().splitlines():
        row = json.loads(line)
        yield "subjects", row["subject"]
        yield "customers", row["body"]


def initials(run, pinyin):
    return "".join(pinyin[c][:1] for c in run)


WEIGHTS = {"egret": 3, "subjects": 10, "customers": 5}
# What the dictionary weighs, in runs.
DICTIONARY = 300000
PAIR_SLOTS, PAIR_PROBES, PAIR_SHARE = 1 << 16, 8, 0.15
PAIR_LEAST, PAIR_MOST, PAIR_ZERO, PAIRS = -10, 4, 11, 45000


class Runs:
    """Weighted runs of Han: their initials, and their pairs of characters."""

    def __init__(self, pinyin):
        self.pinyin = pinyin
        self.initials = collections.Counter()
        self.pairs = collections.Counter()

    def add(self, run, weight, pair_weight=None):
        letters = initials(run, self.pinyin)
        if letters:
            self.initials[letters] += weight
        for pair in zip(run, run[1:]):
            self.pairs["".join(pair)] += pair_weight or weight


def normal(data, pinyin):
    runs = Runs(pinyin)
    for name, text in texts(data):
        if not mash.held_out(text):
            for run in RUN.findall(text):
                runs.add(run, WEIGHTS.get(name, 1))
    words = dictionary(data)
    scale = DICTIONARY / sum(words.values())
    for word, count in sorted(words.items()):
        if len(word) > 1:
            runs.add(word, 0.3 + count * scale, 2 * count * scale)
    return runs


def mashed(data, pinyin):
    ime = Ime(dictionary(data), pinyin)
    random_ = random.Random(2)
    keys = [word for word in mash.typed(data) if not mash.held_out(word)]
    keys = 4 * keys + mash.made_up(random_, 40000)
    runs = Runs(pinyin)
    for word in keys:
        runs.add(ime.type(word, random_, random_.random() < 0.5), 1)
    return runs


def pair_hash(pair):
    value = (ord(pair[0]) * 0x9E3779B1 + ord(pair[1]) * 0x85EBCA6B) % (1 << 32)
    value ^= value >> 15
    value = value * 0x2C1B3C6D % (1 << 32)
    return value ^ value >> 12


def pair_table(noise, chinese):
    """The pairs that Chinese uses most, and what they say."""
    noise_sum, chinese_sum = sum(noise.values()), sum(chinese.values())
    slots = [0] * PAIR_SLOTS
    ranked = sorted(chinese, key=lambda pair: (-chinese[pair], pair))
    for pair in ranked[:PAIRS]:
        factor = ((noise[pair] + 2) / noise_sum
                  / ((chinese[pair] + 0.5) / chinese_sum))
        steps = round(math.log(factor) * grams.STEPS * PAIR_SHARE)
        level = min(max(steps, PAIR_LEAST), PAIR_MOST) + PAIR_ZERO
        value = pair_hash(pair)
        for probe in range(PAIR_PROBES):
            slot = (value + probe) % PAIR_SLOTS
            if slots[slot] == 0:
                slots[slot] = value >> 20 << 4 | level
                break
    return struct.pack(f"<{PAIR_SLOTS}H", *slots)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", default=os.environ.get("LEVEE_DATA"),
                        help="folder of the data sets (or LEVEE_DATA)")
    parser.add_argument("--out", default=OUT)
    options = parser.parse_args()
    if not options.data:
        parser.error("say where the data is: --data FOLDER, or LEVEE_DATA")
    pinyin = syllables()
    chinese, noise = normal(options.data, pinyin), mashed(options.data, pinyin)
    table = grams.ratio(
        grams.probabilities(grams.counts(noise.initials), (1, 20, 100, 100)),
        grams.probabilities(grams.counts(chinese.initials), (1, 20, 30, 30)))
    letters = bytes(ord(latin[0]) - 96 if latin else 0
                    for latin in pinyin.values())
    made = model_file(b"HANS", MODEL_VERSION,
                      [(b"INIT", letters), (b"GRAM", table.tobytes()),
                       (b"PAIR", pair_table(noise.pairs, chinese.pairs))])
    pathlib.Path(options.out).write_bytes(made)
    print(f"{options.out}: {len(made)} bytes")


if __name__ == "__main__":
    main()
