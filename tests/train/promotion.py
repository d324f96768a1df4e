#!/usr/bin/env python3
"""Builds server/text/models/promotion.model: what the words of promotion and of
tickets are, as weights of words and pairs of words.

    tests/train/promotion.py --data FOLDER [--out FILE]

    WGHT  65536 x int8   by the 16 highest bits of a feature's hash: MixKey
                         (server/text/key_table.h) of the FNV-1a of its letters,
                         or of the first word's of a pair times PAIR_STEP and
                         the second's
    DAMP  1025 x uint16  by the number of distinct features, 2^16 times what
                         each weighs: (number + 1)^-0.3
    NUMB  2 x int32      thousandths of a logit: of 256 summed weights, and what
                         is added to the sum

A feature is a word of Latin letters, "#" for a number, two of these side by
side, or two Han characters side by side. A logistic regression
(LIBLINEAR) weighs them. Rules find what promotion is known to say
(promotion.lexicon); these weights say whether a message sounds like it.

The data: tests/data/promotion/train.jsonl, tests/data/messages/*-train.jsonl,
and of the data sets ordinary/*, promotion/*. Of these each fifth row is left
out, to judge by.
"""

import argparse
import csv
import gzip
import io
import json
import os
import pathlib
import re
import struct
import unicodedata

import numpy as np
import scipy.sparse as sparse
from sklearn.linear_model import LogisticRegression

from domains import MASK
from model_file import model_file

MODEL_VERSION = 2
BITS = 16
# Chosen by five folds, as are the weights of the sets.
COST = 1.0
POWER = 0.3
# PromotionWords::kFeaturesMax.
FEATURES_MAX = 1024
# As in server/text/promotion_words.cc.
PAIR_STEP = 0x9E3779B97F4A7C15
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OUT = ROOT / "server/text/models/promotion.model"

NO_WORDS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|\S*[\\/{}=<>]\S*|"
                      r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
WORD = re.compile(r"[a-zß-ÿ]+|\d[\d.,]*|[\u4e00-\u9fff]+|[.!?。！？\n]")


def hash_of(letters):
    value = 0xCBF29CE484222325
    for letter in letters:
        value = ((value ^ ord(letter)) * 0x100000001B3) & MASK
    return value


def bucket(value):
    value = ((value ^ value >> 33) * 0xFF51AFD7ED558CCD) & MASK
    value = ((value ^ value >> 33) * 0xC4CEB9FE1A85EC53) & MASK
    return (value ^ value >> 33) >> (64 - BITS)


def features(text):
    text = unicodedata.normalize("NFKC", text).casefold()
    text = NO_WORDS.sub(" ", text.replace("'", "").replace("\u2019", ""))
    text = re.sub(r"(?<=[a-z])-(?=[a-z])", "", text)
    found, before = [], 0
    for word in WORD.findall(text):
        if word in ".!?。！？\n":
            before = 0
        elif "\u4e00" <= word[0] <= "\u9fff":
            found += [hash_of(word[i:i + 2]) for i in range(len(word) - 1)]
            before = 0
        else:
            word = hash_of("#" if word[0].isdigit() else word)
            found.append(word)
            if before:
                found.append((before * PAIR_STEP + word) & MASK)
            before = word
    return sorted({bucket(one) for one in found[:FEATURES_MAX]})


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def table(path, encoding="utf-8"):
    with gzip.open(path) as file:
        return list(csv.reader(io.TextIOWrapper(file, encoding,
                                                errors="replace")))


def own(data):
    for one in lines(ROOT / "tests/data/promotion/train.jsonl"):
        promotes = one["label"] == "promotion"
        yield (one["subject"] + "\n" + one["body"], promotes,
               3.0 if promotes else 8.0)
    for language in ("en", "zh"):
        for one in lines(ROOT / f"tests/data/messages/{language}-train.jsonl"):
            yield one["subject"] + "\n" + one["body"], False, 5.0


def shared(data):
    for name in ("SeaMonkey", "hadoop"):
        rows = table(data / f"ordinary/gitbugs/{name}_bugs.csv.gz")
        for row in rows[1::3]:
            yield "\n".join(row)[:600], False, 3.0
    with gzip.open(data / "ordinary/egret_wenda/egret_wenda_lines.txt.gz",
                   "rt", encoding="utf-8", errors="replace") as file:
        for line in list(file)[::2]:
            yield line.split("+++$+++")[-1], False, 3.0
    for name in ("dev", "test"):
        with gzip.open(data / f"ordinary/twitter_care/{name}.json.gz") as file:
            for talk in json.load(file):
                for turn in talk["dialogContent"]:
                    if "client" in turn or "customer" in turn:
                        yield turn["message"], False, 3.0
    for row in table(data / "promotion/sms_spam/spam.csv.gz")[1:]:
        yield row[1], row[0] == "spam", 0.25
    for path in sorted((data / "promotion/youtube_spam").glob("*.csv.gz")):
        for row in table(path)[1:]:
            yield row[3], row[4] == "1", 0.25


def damping(features):
    return (features + 1) ** -POWER


def train(rows):
    """Weights and bias."""
    found = [features(text) for text, _, _ in rows]
    sizes = [len(one) for one in found]
    matrix = sparse.csr_matrix(
        (np.repeat([damping(size) for size in sizes], sizes),
         np.concatenate(found).astype(np.int32),
         np.cumsum([0, *sizes]).astype(np.int32)),
        (len(rows), 1 << BITS))
    model = LogisticRegression(C=COST, solver="liblinear", random_state=0)
    model.fit(matrix, [label for _, label, _ in rows],
              sample_weight=[weight for _, _, weight in rows])
    return model.coef_[0], model.intercept_[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", default=os.environ.get("LEVEE_DATA"),
                        help="folder of the data sets (or LEVEE_DATA)")
    parser.add_argument("--out", default=OUT)
    options = parser.parse_args()
    if not options.data:
        parser.error("say where the data is: --data FOLDER, or LEVEE_DATA")
    data = pathlib.Path(options.data)
    rows = [*own(data)]
    rows += [row for i, row in enumerate(shared(data)) if i % 5 != 0]
    weights, bias = train(rows)
    unit = np.abs(weights).max() / 127
    made = model_file(b"PROM", MODEL_VERSION, [
        (b"WGHT", np.rint(weights / unit).astype(np.int8).tobytes()),
        (b"DAMP", struct.pack(f"<{FEATURES_MAX + 1}H", *(
            min(65535, round(65536 * damping(i)))
            for i in range(FEATURES_MAX + 1)))),
        (b"NUMB", struct.pack("<2i", round(unit * 1000 * 256),
                              round(bias * 1000)))])
    pathlib.Path(options.out).write_bytes(made)
    print(f"{options.out}: {len(rows)} messages, {len(made)} bytes, "
          f"largest weight {max(weights):.2f}, bias {bias:.2f}")


if __name__ == "__main__":
    main()
