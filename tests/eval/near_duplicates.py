#!/usr/bin/env python3
"""How well near-duplicates are told from different messages.

Changes real messages as people do who send the same thing again and do not
want it seen (seeded, so that every run changes them alike), and lets
near_duplicates_eval compare what was made of them:

  recall         share of changed messages that are known again, per change and
                 length: by comparing (MinHash, exact, inner) and through the
                 index;
  false matches  share of all pairs of different messages of one set that match,
                 at each threshold. Pairs of filled-in forms, which are alike
                 because the form is, are counted apart: a form is a message
                 with at least three lines that each stand in ten messages.

    tests/eval/near_duplicates.py --data FOLDER [--program PATH] [--json]

--data (or LEVEE_DATA): the folder of data sets. Exits with 1 where a figure
falls short of what Levee promises.
"""

import argparse
import collections
import csv
import gzip
import io
import json
import os
import pathlib
import random
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEED = 20261130
# Messages of a set and a length that are changed.
CHANGED_MAX = 300
LENGTHS = {"30-79": (30, 80), "80-800": (80, 801)}
# What is promised for each change; None: reported only.
PROMISED = {
    "80-800": collections.defaultdict(lambda: 0.95),
    "30-79": collections.defaultdict(lambda: None, {"edits": 0.85}),
}
FALSE_MATCHES_MAX = 1e-4

# --- The sets ---------------------------------------------------------------


def opened(path):
    return io.TextIOWrapper(gzip.open(path), encoding="utf-8", newline="")


def gitbugs(data):
    csv.field_size_limit(1 << 24)
    for name in ("SeaMonkey_bugs.csv.gz", "hadoop_bugs.csv.gz"):
        with opened(data / "ordinary/gitbugs" / name) as file:
            for row in csv.DictReader(file):
                yield row["Summary"] + "\n" + (row["Description"] or "")


def egret_wenda(data):
    with opened(data / "ordinary/egret_wenda/egret_wenda_lines.txt.gz") as file:
        for line in file:
            yield line.rstrip("\n").split(" +++$+++ ", 2)[-1]


def twitter_care(data):
    for name in ("dev.json.gz", "test.json.gz"):
        with opened(data / "ordinary/twitter_care" / name) as file:
            for talk in json.load(file):
                for turn in talk["dialogContent"]:
                    if "client" in turn:
                        yield turn["message"]


def train(language):
    def messages(_):
        path = ROOT / f"tests/data/messages/{language}-train.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines():
            message = json.loads(line)
            yield (message["subject"] + "\n" + message["body"]).strip()
    return messages


SETS = {"gitbugs": gitbugs, "egret_wenda": egret_wenda,
        "twitter_care": twitter_care, "en_train": train("en"),
        "zh_train": train("zh")}

FORM_LINES_MIN = 3
FORM_MESSAGES_MIN = 10


def forms(texts):
    """For each text whether it is a filled-in form."""
    each = [{line.strip() for line in text.splitlines() if len(line) > 8}
            for text in texts]
    common = collections.Counter(line for lines in each for line in lines)
    return [sum(common[line] >= FORM_MESSAGES_MIN for line in lines) >=
            FORM_LINES_MIN for lines in each]


# --- The changes ------------------------------------------------------------

LOOK_ALIKES = dict(zip("aceopxyisjhBEHKMPTC", "асеорхуіѕјһВЕНКМРТС"))
LEET = {"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7", "l": "1"}
LATIN = "abcdefghijklmnopqrstuvwxyz"
HAN = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之"
ZERO_WIDTH = "\u200b\u200c\u2060"


def is_han(c):
    return "\u4e00" <= c <= "\u9fff"


def is_latin(c):
    return c.isascii() and c.isalpha()


def token(rng, text):
    if sum(map(is_han, text)) * 3 > len(text) and rng.random() < 0.5:
        return "".join(rng.choice(HAN) for _ in range(2))
    kind = rng.randrange(3)
    if kind == 0:
        return "".join(rng.choice(LATIN) for _ in range(rng.randint(3, 8)))
    if kind == 1:
        return "#" + str(rng.randrange(10, 10**6))
    return "[" + "".join(rng.choice(LATIN + "0123456789")
                         for _ in range(rng.randint(4, 8))) + "]"


def affix(rng, text):
    where = rng.randrange(3)
    before = token(rng, text) + " " if where != 1 else ""
    after = " " + token(rng, text) if where != 0 else ""
    return before + text + after


def numbers(rng, text):
    def other(match):
        size = max(1, len(match[0]) + rng.choice((-1, 0, 0, 1)))
        return "".join(rng.choice("0123456789") for _ in range(size))
    return re.sub(r"[0-9]+", other, text)


def edits(rng, text):
    """Substitutes, inserts, drops or swaps 5 of 100 characters."""
    out = list(text)
    for _ in range(max(1, round(len(text) * 0.05))):
        at = rng.randrange(len(out) - 1)
        new = rng.choice(HAN if is_han(out[at]) else LATIN)
        kind = rng.randrange(4)
        if kind == 0:
            out[at] = new
        elif kind == 1:
            out.insert(at, new)
        elif kind == 2:
            del out[at]
        else:
            out[at], out[at + 1] = out[at + 1], out[at]
    return "".join(out)


def look_alikes(rng, text):
    return "".join(LOOK_ALIKES[c] if c in LOOK_ALIKES and rng.random() < 0.4
                   else chr(ord(c) + 0xFEE0)
                   if is_latin(c) and rng.random() < 0.1 else c for c in text)


def separators(rng, text):
    """Parts the letters of three words in ten, or Han anywhere."""
    mark = rng.choice(".*-_ " + ZERO_WIDTH)

    def parted(match):
        if len(match[0]) > 2 and rng.random() < 0.3:
            return mark.join(match[0])
        return match[0]
    text = re.sub(r"[A-Za-z]+", parted, text)
    return re.sub(r"[\u4e00-\u9fff](?=[\u4e00-\u9fff])",
                  lambda m: m[0] + mark if rng.random() < 0.3 else m[0], text)


def case(rng, text):
    return "".join(rng.choice((c.upper(), c.lower())) for c in text)


def leet(rng, text):
    return "".join(LEET[c] if c in LEET and rng.random() < 0.3 else c
                   for c in text)


def marks(rng, text):
    return "".join(c + rng.choice("\u0301\u0300\u0303") if is_latin(c) and
                   rng.random() < 0.3 else c for c in text)


def styled(_, text):
    """In letters that mathematicians use, or full width."""
    def bold(c):
        if is_latin(c):
            return chr(ord(c) + (0x1D400 - 65 if c < "a" else 0x1D41A - 97))
        return chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c
    return "".join(map(bold, text))


def reorder(rng, text):
    parts = [part for part in re.split(r"(?<=[.!?。！？])\s*|\n+", text) if part]
    if len(parts) < 2:
        return text
    before = list(parts)
    while parts == before and len(set(parts)) > 1:
        rng.shuffle(parts)
    return ("" if is_han(text[0]) else " ").join(parts)


CHANGES = {"affix": affix, "numbers": numbers, "edits": edits,
           "look-alikes": look_alikes, "separators": separators, "case": case,
           "leet": leet, "marks": marks, "styled": styled, "reorder": reorder}

# --- The comparison ---------------------------------------------------------


def written(kind, name, length, change, number, text):
    text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", " ")
    text = text.replace("\0", " ").replace("\r", " ")
    return "\t".join((kind, name, length, change, str(number), text)) + "\n"


def lines(data):
    """What near_duplicates_eval reads: originals and changed messages."""
    for name, messages in SETS.items():
        texts = list(dict.fromkeys(t.strip() for t in messages(data)))
        for number, (text, form) in enumerate(zip(texts, forms(texts))):
            yield written("original", name, "form" if form else "", "", number,
                          text)
        for length, (least, beyond) in LENGTHS.items():
            rng = random.Random(f"{SEED} {name} {length}")
            fitting = [i for i, text in enumerate(texts)
                       if least <= len(text) < beyond]
            rng.shuffle(fitting)
            for number in sorted(fitting[:CHANGED_MAX]):
                for change, make in CHANGES.items():
                    changed = make(rng, texts[number])
                    if changed != texts[number]:
                        yield written("changed", name, length, change, number,
                                      changed)


def short_of_promise(report):
    for row in report["recall"]:
        promised = PROMISED[row["length"]][row["change"]]
        if row["set"] == "all" and promised and row["index"] < promised:
            yield (f"{row['change']} of {row['length']} characters: "
                   f"{row['index']:.3f} are known again, not {promised}")
    for row in report["false_matches"]:
        if row["share"] > FALSE_MATCHES_MAX:
            yield (f"{row['set']}: {row['share']:.1e} of pairs match, "
                   f"more than {FALSE_MATCHES_MAX:.0e}")


def print_report(report):
    print(f"{'recall':<12} {'length':<8} {'set':<13} {'messages':>8} "
          f"{'compared':>8} {'index':>7}")
    for row in report["recall"]:
        print(f"{row['change']:<12} {row['length']:<8} {row['set']:<13} "
              f"{row['messages']:8} {row['compared']:8.3f} {row['index']:7.3f}")
    print(f"\n{'false matches':<13} {'messages':>8} {'pairs':>9} {'match':>6} "
          f"{'share':>8} {'of forms':>8}   at thresholds "
          + " ".join(str(t) for t in report["thresholds"]))
    for row in report["false_matches"]:
        print(f"{row['set']:<13} {row['messages']:8} {row['pairs']:9} "
              f"{row['matches']:6} {row['share']:8.1e} "
              f"{row['form_matches']:8}   "
              + " ".join(f"{s:.0e}" for s in row["at"]))
    print("\nrecall (80 to 800) at these thresholds")
    for change, shares in report["curve"].items():
        print(f"{change:<12} " + " ".join(f"{s:.3f}" for s in shares))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", default=os.environ.get("LEVEE_DATA"),
                        help="folder of data sets (default: $LEVEE_DATA)")
    parser.add_argument("--program", help="path of near_duplicates_eval",
                        default=ROOT / "build/release/bin/near_duplicates_eval")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if not arguments.data:
        parser.error("--data or LEVEE_DATA is needed")
    made = "".join(lines(pathlib.Path(arguments.data)))
    done = subprocess.run([arguments.program], input=made.encode(),
                          stdout=subprocess.PIPE, check=True)
    report = json.loads(done.stdout)
    if arguments.json:
        print(json.dumps(report))
    else:
        print_report(report)
    short = list(short_of_promise(report))
    for sentence in short:
        print(sentence, file=sys.stderr)
    sys.exit(1 if short else 0)


if __name__ == "__main__":
    main()
