#!/usr/bin/env python3
"""Builds server/text/models/insult.model: the learned score of insults, and
how it is weighed against the grammar's evidence.

    tests/train/insult.py --data FOLDER [--out FILE]

A message is a row of hashed features (features.py), and so is each of its
windows, of a few sentences. A logistic regression (LIBLINEAR) weighs them:
messages as they are, windows by half, those of an insult by their share. What the
grammar makes of a text, and where the threshold lies, is
chosen on messages that took no part in the fit (five folds).

The data: tests/data/messages/{en,zh}-train.jsonl, which weigh most, and of
FOLDER insult/* and ordinary/* four fifths (see SETS); the last fifth is for
tests/eval. Abuse of groups, and profanity, is not abuse of staff: sets that
hold these weigh little, or give only their harmless rows.
"""

import argparse
import csv
import gzip
import hashlib
import io
import json
import math
import os
import pathlib
import struct
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression

import features
from model_file import model_file

MODEL_VERSION = 4
FOLDS = 5
# LIBLINEAR's C: weak weights generalise better.
COST = 1.0
# As in server/text/insult.cc; the margin was chosen by five folds.
WINDOW_MARGIN = 1.0
WINDOWS_FREE = 8
# What a window weighs beside the whole message.
WINDOW_WEIGHT = 0.5
# How much the grammar weighs: tried in turn. Less finds as much where messages are
# short, but loses the plainest abuse in long letters.
GRAMMAR = (0.5, 0.75, 1.0, 1.5, 2.0)
# What is taken from messages in which the grammar finds nothing: tried in turn.
ALONE = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
# Flagged at most at the threshold.
ORDINARY_MAX = 0.001
# On our own ordinary messages, of which many were written to mislead (names and
# hosts like kys, fu-k8s or "u up?").
OWN_ORDINARY_MAX = 0.016
# On what customers wrote in anger, by models that did not see it; those that are
# shipped did, and flag fewer.
HEATED_MAX = 0.007
# On our own angry messages and swearing at machines: more than a third of them
# were written to mislead (lists of rude names, pasted chats, quoted abuse), in
# each language by other writers. Chosen so that of the held-out insults as many
# are found as are asked for, and not more: the rest goes to precision.
OWN_HEATED_MAX = {"en": 0.032, "zh": 0.0265}
OWN_WEIGHT = 10.0
# Of what people really wrote, meaning no harm: chosen by five folds, of 1 to 10
# and twice that.
ORDINARY_WEIGHT = 10.0
HEATED_WEIGHT = 20.0

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MODELS = ROOT / "server/text/models"


class Message:
    """`bad`: 1 insults staff, 0 does not. `kind`: the group of harmless
    messages that it counts with, or "insult", or "" where it only trains.
    `own`: written for this purpose."""

    def __init__(self, key, bad, weight, kind, subject, body, own=False):
        self.own = own
        self.bad, self.weight, self.kind = bad, weight, kind
        self.subject, self.body = subject or "", body or ""
        self.number = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16)
        self.evidence = 0.0
        # The whole message, and where it has more than one, its windows.
        self.rows = []


def rows_of(path, **options):
    with gzip.open(path, "rt", encoding="utf-8", errors="replace",
                   newline="") as file:
        yield from csv.DictReader(file, **options)


def convabuse(row):
    """The share of a turn's annotators who called it abuse."""
    votes = bad = 0
    for name, value in row.items():
        if "_is_abuse." in name and value == "1":
            votes += 1
            bad += int(name.rpartition(".")[2]) < 0
    return bad / votes if votes else 0.5


def between(value, low, high):
    return 1 if value >= high else 0 if value <= low else None


INCIVILITY = {"None": 0, "Bitter frustration": 0, "Impatience": 0,
              "Entitlement": 0, "Insulting": 1, "Threat": 1}
HEATED = ("Bitter frustration", "Impatience", "Entitlement")


def incivility(data):
    path = data / "insult/incivility/annotated_comment_level.csv.gz"
    for row in rows_of(path):
        label = row["tbdf"]
        bad = 1 if label.startswith("Ident") else INCIVILITY.get(label)
        heated = label in HEATED
        yield (bad, HEATED_WEIGHT if heated else 1.0,
               "heated" if heated else "", "", row["comment_body"])


def english(data):
    for part in ("train", "valid", "test"):
        for row in rows_of(
                data / f"insult/convabuse/ConvAbuseEMNLP{part}.csv.gz"):
            yield between(convabuse(row), 0.0, 0.6), 0.5, "", "", row["user"]
    yield from incivility(data)
    for row in rows_of(data / "insult/gh_toxicity/train_comments.csv.gz"):
        if row["toxicity"] == "n":
            yield 0, 1.0, "", "", row["text"]
    for path in sorted((data / "ordinary/gitbugs").glob("*.csv.gz")):
        for row in rows_of(path):
            yield (0, ORDINARY_WEIGHT, "ordinary", row["Summary"],
                   row["Description"])
    for path in sorted((data / "ordinary/twitter_care").glob("*.json.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for talk in json.load(file):
                company = talk["dialogHeader"]["company"]
                for turn in talk["dialogContent"]:
                    if turn.get("client", company) != company:
                        yield 0, HEATED_WEIGHT, "heated", "", turn["message"]
    path = data / "insult/paradetox/paradetox.tsv.gz"
    for i, row in enumerate(rows_of(path, delimiter="\t",
                                    quoting=csv.QUOTE_NONE)):
        if i % 3 == 0:
            yield 1, 0.1, "", "", row["toxic"]
            yield 0, 0.1, "", "", row["neutral1"]
    for row in rows_of(data / "insult/surge/toxicity_en.csv.gz"):
        yield int(row["is_toxic"] == "Toxic"), 0.3, "", "", row["text"]
    for i, row in enumerate(rows_of(
            data / "insult/davidson/labeled_data.csv.gz")):
        if i % 6 == 0 and row["class"] == "2":
            yield 0, 0.3, "", "", row["tweet"]


def chinese(data):
    path = data / "ordinary/egret_wenda/egret_wenda_lines.txt.gz"
    with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file:
        for line in file:
            yield (0, ORDINARY_WEIGHT, "ordinary", "",
                   line.split(" +++$+++ ")[-1].strip())
    for i, row in enumerate(rows_of(data / "insult/cold/train.csv.gz")):
        if i % 2 == 0:
            yield int(row["label"]), 0.1, "", "", row["TEXT"]
    for i, row in enumerate(rows_of(data / "insult/swsr/SexComment.csv.gz")):
        bad = {"I": 1, "G": None}.get(row["target"], 0)
        if i % 2 == 0:
            yield bad, 0.2, "", "", row["comment_text"]


KINDS = {"insult": "insult", "ordinary": "ordinary", "angry": "heated",
         "product": "heated"}


def own(language, weight):
    path = ROOT / f"tests/data/messages/{language}-train.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield Message(row["id"], int(row["label"] == "insult"), weight,
                      KINDS[row["label"]], row["subject"], row["body"],
                      own=True)


def load(data, language):
    messages = list(own(language, OWN_WEIGHT))
    if language == "zh":
        # Customers mix languages.
        for message in own("en", 0.5):
            message.kind = ""
            messages.append(message)
    source = {"en": english, "zh": chinese}[language]
    for i, row in enumerate(source(data)):
        if row[0] is not None:
            messages.append(Message(f"{language} {i}", *row))
    return messages


def is_unseen(message):
    """The fifth of a public set that training leaves to tests/eval."""
    return not message.own and message.number % 5 == 0


def read_rules():
    """The evidence of each rule against staff, in logits."""
    evidence = {}
    for path in sorted(MODELS.glob("insult.*.lexicon")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.startswith("rule "):
                continue
            _, name, target, _, weight = line.split(":")[0].split()[:5]
            if target == "target=agent":
                evidence[name] = evidence_of(int(weight.split("=")[1]))
    return evidence


def evidence_of(weight):
    return -math.log(1 - min(weight, 999) / 1000)


def read_features(messages):
    """Fills in evidence and windows."""
    lexica = [MODELS / f"insult.{name}.lexicon" for name in ("en", "zh")]
    rules = read_rules()
    found = features.read("insult", [(m.subject, m.body) for m in messages],
                          lexica)
    for message, lines in zip(messages, found):
        evidence = [0, 0]
        for line in lines:
            if line[0] in "BW":
                message.rows.append(features.buckets_of(line))
                continue
            for match in line.split(" ")[1:]:
                evidence.append(rules.get(match.partition("=")[0], 0))
        strongest, following = sorted(evidence, reverse=True)[:2]
        message.evidence = strongest + following / 2
        *windows, whole = message.rows
        message.rows = [whole, *windows] if len(windows) > 1 else [whole]


class Learner:

    def __init__(self, messages):
        count = np.array([len(m.rows) for m in messages])
        windows = np.maximum(count - 1, 1)
        self.matrix = features.matrix([row for m in messages for row in m.rows])
        # The message of each row, and what is taken from a window's score.
        self.owner = np.repeat(np.arange(len(messages)), count)
        many = np.log(2) * np.floor(np.log2(
            np.maximum(windows, WINDOWS_FREE) // WINDOWS_FREE))
        is_whole = np.append(True, self.owner[1:] != self.owner[:-1])
        self.taken = np.where(is_whole, 0, WINDOW_MARGIN + many[self.owner])
        self.bad = np.array([m.bad for m in messages])[self.owner]
        weight = np.array([m.weight for m in messages])[self.owner]
        share = np.where(self.bad == 1, windows[self.owner], 1)
        self.weight = np.where(is_whole, weight,
                               WINDOW_WEIGHT * weight / share)
        self.messages = messages

    def fit(self, used):
        """Weights and bias from the messages that are `used`."""
        rows = used[self.owner]
        model = LogisticRegression(C=COST, solver="liblinear", random_state=0)
        model.fit(self.matrix[rows], self.bad[rows],
                  sample_weight=self.weight[rows])
        return model.coef_[0], model.intercept_[0]

    def score(self, weights, bias):
        """Of each message, or of its worst window."""
        worst = np.full(len(self.messages), -16.0)
        np.maximum.at(worst, self.owner,
                      self.matrix @ weights + bias - self.taken)
        return worst

    def held_out(self):
        """Scores of all seen messages by models that did not see them."""
        scores = np.zeros(len(self.messages))
        fold = np.array([m.number // 5 % FOLDS for m in self.messages])
        seen = np.array([not is_unseen(m) for m in self.messages])
        for i in range(FOLDS):
            score = self.score(*self.fit(seen & (fold != i)))
            scores[fold == i] = score[fold == i]
        return scores, seen


def threshold_for(total, groups):
    """The lowest threshold that keeps every group's limit."""
    least = -8.0
    for limit, members in groups:
        scores = np.sort(total[members])[::-1]
        allowed = int(limit * len(scores))
        least = max(least, scores[allowed] + 1e-3)
    return least


def weigh(language, messages, scores, seen):
    """What finds most: the grammar's weight, what is taken from messages in
    which it finds nothing, and the threshold."""
    kind = np.array([m.kind for m in messages])
    evidence = np.array([m.evidence for m in messages])
    own_text = np.array([m.own for m in messages])
    heated = seen & (kind == "heated")
    ordinary = seen & (kind == "ordinary")
    groups = [(ORDINARY_MAX, ordinary & ~own_text),
              (OWN_ORDINARY_MAX, ordinary & own_text),
              (HEATED_MAX, heated & ~own_text),
              (OWN_HEATED_MAX[language], heated & own_text)]
    groups = [(limit, members) for limit, members in groups if members.any()]
    found = []
    for grammar in GRAMMAR:
        for alone in ALONE:
            total = np.where(evidence > 0, grammar * evidence, -alone) + scores
            threshold = threshold_for(total, groups)
            recall = (total[kind == "insult"] >= threshold).mean()
            found.append((recall, grammar, alone, threshold))
    best = max(found)
    print("  grammar {1}, alone {2}, threshold {3:.2f}: recall {0:.3f}"
          .format(*best))
    return best


def learn(language, data):
    """The sections of one language."""
    messages = load(data, language)
    read_features(messages)
    learner = Learner(messages)
    scores, seen = learner.held_out()
    print(f"{language}: {len(messages)} messages")
    recall, grammar, alone, threshold = weigh(language, messages, scores, seen)
    print(f"{language}: recall {recall:.3f} by five folds")
    weights, bias = learner.fit(seen)
    weights, scale = features.quantized(weights)
    numbers = (scale, round(bias * 1000), round(threshold * 1000),
               round(grammar * 256), round(alone * 1000))
    name = language.upper().encode()
    return [(b"WT" + name, weights),
            (b"NU" + name, struct.pack("<5i", *numbers))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default=os.environ.get("LEVEE_DATA"))
    parser.add_argument("--out", type=pathlib.Path,
                        default=MODELS / "insult.model")
    options = parser.parse_args()
    if not options.data:
        sys.exit("insult.py: say where the data is: --data FOLDER")
    evidence = [round(1000 * evidence_of(w)) for w in range(1001)]
    curve = [round(1000 / (1 + math.exp(-x / 4))) for x in range(-32, 33)]
    parts = [(b"EVID", struct.pack("<1001i", *evidence)),
             (b"CURV", struct.pack("<65i", *curve)),
             features.damping_section()]
    for language in ("en", "zh"):
        parts += learn(language, pathlib.Path(options.data))
    options.out.write_bytes(model_file(b"INSU", MODEL_VERSION, parts))


if __name__ == "__main__":
    csv.field_size_limit(1 << 30)
    main()
