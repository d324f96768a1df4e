#!/usr/bin/env python3
"""Builds server/text/models/promotion.model: what the words of promotion and of
tickets are, as weights of words and pairs of words.

    tests/train/promotion.py --data FOLDER [--out FILE]

    WGHT  32768 x int8   by the 15 highest bits of a feature's hash (MixKey of
                         the FNV-1a of its letters, server/text/key_table.h)
    BIAS  int32          added to the sum

A feature is a word of Latin letters, "#" for a number, two of these with a
space between them, or two Han characters side by side. A message's score
in logits is BIAS / 64 + the sum of its features' weights / 32 / the square root
of their number.

The idea: logistic regression by stochastic gradient descent with AdaGrad
(Duchi, Hazan, Singer 2011), features scaled by the square root of their number,
some elastic shrinking to keep rare words small. Rules find what promotion is
known to say (promotion.lexicon); these weights say whether the rest of a message
sounds like it.

The data: tests/data/promotion/train.jsonl, tests/data/messages/*-train.jsonl,
and of the data sets ordinary/*, promotion/*. Of these each fifth row is left
out, to judge by.
"""

import argparse
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

from domains import MASK
from model_file import model_file

MODEL_VERSION = 1
BITS = 15
EPOCHS = 15
RATE = 0.1
SHRINK = 2e-5
# Of a logit: the bias, and weights.
BIAS_UNIT = 64
WEIGHT_UNIT = 32
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OUT = ROOT / "server/text/models/promotion.model"

NO_WORDS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|\S*[\\/{}=<>]\S*|"
                      r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
WORD = re.compile(r"[a-zß-ÿ]+|\d[\d.,]*|[\u4e00-\u9fff]+|[.!?。！？\n]")


def bucket(letters):
    value = 0xCBF29CE484222325
    for letter in letters:
        value = ((value ^ ord(letter)) * 0x100000001B3) & MASK
    value = ((value ^ value >> 33) * 0xFF51AFD7ED558CCD) & MASK
    value = ((value ^ value >> 33) * 0xC4CEB9FE1A85EC53) & MASK
    return (value ^ value >> 33) >> (64 - BITS)


def features(text):
    text = unicodedata.normalize("NFKC", text).casefold()
    text = NO_WORDS.sub(" ", text.replace("'", "").replace("\u2019", ""))
    text = re.sub(r"(?<=[a-z])-(?=[a-z])", "", text)
    found, before = [], None
    for word in WORD.findall(text):
        if word in ".!?。！？\n":
            before = None
        elif "\u4e00" <= word[0] <= "\u9fff":
            found += [word[i:i + 2] for i in range(len(word) - 1)]
            before = None
        else:
            word = "#" if word[0].isdigit() else word
            found.append(word)
            if before:
                found.append(before + " " + word)
            before = word
    return [bucket(one) for one in found]


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
               3.0 if promotes else 2.0)
    for language in ("en", "zh"):
        for one in lines(ROOT / f"tests/data/messages/{language}-train.jsonl"):
            yield one["subject"] + "\n" + one["body"], False, 1.0


def shared(data):
    for name in ("SeaMonkey", "hadoop"):
        rows = table(data / f"ordinary/gitbugs/{name}_bugs.csv.gz")
        for row in rows[1::3]:
            yield "\n".join(row)[:600], False, 0.5
    with gzip.open(data / "ordinary/egret_wenda/egret_wenda_lines.txt.gz",
                   "rt", encoding="utf-8", errors="replace") as file:
        for line in list(file)[::2]:
            yield line.split("+++$+++")[-1], False, 0.5
    for name in ("dev", "test"):
        with gzip.open(data / f"ordinary/twitter_care/{name}.json.gz") as file:
            for talk in json.load(file):
                for turn in talk["dialogContent"]:
                    if "client" in turn or "customer" in turn:
                        yield turn["message"], False, 0.7
    for row in table(data / "promotion/sms_spam/spam.csv.gz")[1:]:
        yield row[1], row[0] == "spam", 0.25
    for path in sorted((data / "promotion/youtube_spam").glob("*.csv.gz")):
        for row in table(path)[1:]:
            yield row[3], row[4] == "1", 0.25


def examples(data):
    rows = [*own(data)]
    rows += [row for i, row in enumerate(shared(data)) if i % 5 != 0]
    for text, label, weight in rows:
        found = features(text)
        if found:
            yield found, label, weight, 1 / math.sqrt(len(found))


def train(rows):
    weights = [0.0] * (1 << BITS)
    squares = [1e-6] * (1 << BITS)
    bias = 0.0
    order = random.Random(20260501)
    for _ in range(EPOCHS):
        order.shuffle(rows)
        for found, label, weight, scale in rows:
            logit = bias + scale * sum(weights[i] for i in found)
            wrong = 1 / (1 + math.exp(-max(-30, min(30, logit)))) - label
            step = weight * wrong
            bias -= 0.01 * step
            for i in found:
                slope = step * scale + SHRINK * weights[i] * len(found)
                squares[i] += slope * slope
                weights[i] -= RATE * slope / math.sqrt(squares[i])
    return weights, bias


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", default=os.environ.get("LEVEE_DATA"),
                        help="folder of the data sets (or LEVEE_DATA)")
    parser.add_argument("--out", default=OUT)
    options = parser.parse_args()
    if not options.data:
        parser.error("say where the data is: --data FOLDER, or LEVEE_DATA")
    rows = list(examples(pathlib.Path(options.data)))
    weights, bias = train(rows)
    scaled = [max(-127, min(127, round(one * WEIGHT_UNIT)))
              for one in weights]
    made = model_file(b"PROM", MODEL_VERSION, [
        (b"WGHT", struct.pack(f"<{len(scaled)}b", *scaled)),
        (b"BIAS", struct.pack("<i", round(bias * BIAS_UNIT)))])
    pathlib.Path(options.out).write_bytes(made)
    print(f"{options.out}: {len(rows)} messages, {len(made)} bytes, "
          f"largest weight {max(weights):.2f}, bias {bias:.2f}")


if __name__ == "__main__":
    main()
