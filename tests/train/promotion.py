#!/usr/bin/env python3
"""Builds server/text/models/promotion.model: what the words of promotion and of
tickets are, as weights of words and pairs of words.

    tests/train/promotion.py --data FOLDER [--out FILE]

    DAMP, WGHT           server/text/linear_model.h
    NUMB  2 x int32      scale and bias, as there

A feature is a word, "#" for a number, two of these side by side, or two Han
characters side by side (server/text/promotion_words.cc, features.py). A logistic
regression (LIBLINEAR) weighs them. Rules find what promotion is known to say
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
import struct

from sklearn.linear_model import LogisticRegression

import features
from model_file import model_file

MODEL_VERSION = 3
# LIBLINEAR's C. Chosen by five folds, as are the weights of the sets.
COST = 1.0
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OUT = ROOT / "server/text/models/promotion.model"


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
        yield ((one["subject"], one["body"]), promotes,
               3.0 if promotes else 8.0)
    for language in ("en", "zh"):
        for one in lines(ROOT / f"tests/data/messages/{language}-train.jsonl"):
            yield (one["subject"], one["body"]), False, 5.0


def shared(data):
    for path in sorted((data / "ordinary/gitbugs").glob("*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8", errors="replace",
                       newline="") as file:
            for row in csv.DictReader(file):
                yield (row["Summary"], row["Description"]), False, 10.0
    with gzip.open(data / "ordinary/egret_wenda/egret_wenda_lines.txt.gz",
                   "rt", encoding="utf-8", errors="replace") as file:
        for line in list(file)[::2]:
            yield ("", line.split("+++$+++")[-1].strip()), False, 10.0
    for name in ("dev", "test"):
        with gzip.open(data / f"ordinary/twitter_care/{name}.json.gz") as file:
            for talk in json.load(file):
                for turn in talk["dialogContent"]:
                    if "client" in turn or "customer" in turn:
                        yield ("", turn["message"]), False, 10.0
    for row in table(data / "promotion/sms_spam/spam.csv.gz")[1:]:
        yield ("", row[1]), row[0] == "spam", 0.25
    for path in sorted((data / "promotion/youtube_spam").glob("*.csv.gz")):
        for row in table(path)[1:]:
            yield ("", row[3]), row[4] == "1", 0.25


def train(rows):
    """Weights and bias."""
    found = features.read("promotion", [text for text, _, _ in rows])
    model = LogisticRegression(C=COST, solver="liblinear", random_state=0)
    model.fit(features.matrix([features.buckets_of(one) for one, in found]),
              [label for _, label, _ in rows],
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
    quantized, scale = features.quantized(weights)
    made = model_file(b"PROM", MODEL_VERSION, [
        features.damping_section(), (b"WGHT", quantized),
        (b"NUMB", struct.pack("<2i", scale, round(bias * 1000)))])
    pathlib.Path(options.out).write_bytes(made)
    print(f"{options.out}: {len(rows)} messages, {len(made)} bytes, "
          f"largest weight {max(weights):.2f}, bias {bias:.2f}")


if __name__ == "__main__":
    csv.field_size_limit(1 << 30)
    main()
