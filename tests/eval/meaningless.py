#!/usr/bin/env python3
"""Measures the judge of meaningless tickets, in the C++ that is shipped.

    tests/eval/meaningless.py --program BUILD/bin/text_facts_dump --data FOLDER

Positives are what no training saw: a fifth of the mash that people typed
(letters only, each word a ticket), the same through the simple input method of
tests/train/han.py (by initials, and by syllables as far as there are any).
Levee's own tickets are measured by words.py. Negatives are all ordinary
texts of the data sets, as tickets that open; `unseen` is the fifth of them
that no training saw. Answers of forums and talks ("ok", "+1") count as fillers
there, so those are counted apart.
"""

import argparse
import collections
import csv
import gzip
import json
import os
import pathlib
import random
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "train"))

import han  # noqa: E402
import latin  # noqa: E402
import mash  # noqa: E402

FLAGGED = 800
KINDS = ["none", "mash", "ime_mash", "repeat", "no_letters", "test_phrase",
         "template", "filler"]


def judge(program, tickets):
    """(score, kind) of each (subject, body, opens)."""
    records = []
    for subject, body, opens in tickets:
        subject = re.sub(r"[\t\0]", " ", subject)
        records.append(f"{'o' if opens else 'r'}\t{subject}\t"
                       + body.replace("\0", " "))
    done = subprocess.run([program], check=True, stdout=subprocess.PIPE,
                          input="\0".join(records).encode("utf-8", "replace"))
    lines = done.stdout.decode().splitlines()
    names = lines[0].split("\t")
    score, kind = (names.index(name)
                   for name in ("meaningless", "meaningless_kind"))
    rows = [line.split("\t") for line in lines[1:]]
    assert len(rows) == len(tickets), (len(rows), len(tickets))
    return [(int(row[score]), KINDS[int(row[kind])]) for row in rows]


def positives(data):
    typed = [word for word in mash.typed(data) if mash.held_out(word)]
    yield "latin mash", typed
    hands = [word for word in typed
             if sum(c in "asdfghjklqweopi" for c in word) >= 0.8 * len(word)]
    yield "latin mash, by hand", hands
    pinyin = han.syllables()
    ime = han.Ime(han.dictionary(data), pinyin)
    random_ = random.Random(99)
    for name, whole in (("initials", False), ("syllables", True)):
        runs = [ime.type(word, random_, whole) for word in hands * 3]
        yield f"ime mash, {name}", [run for run in runs
                                    if 4 <= len(run) <= 30]


def negatives(data):
    """(set, text) of ordinary texts."""
    data = pathlib.Path(data)
    for path in sorted(data.glob("ordinary/gitbugs/*.csv.gz")):
        for text in latin.csv_texts(path, ["Summary"]):
            yield "gitbugs titles", text
        for text in latin.csv_texts(path, ["Summary", "Description"]):
            yield "gitbugs", text
    for path in sorted(data.glob("ordinary/twitter_care/*.json.gz")):
        for text in latin.customers(json.load(gzip.open(path))):
            yield "twitter_care", text
    for name, text in han.texts(data):
        yield name.split("/")[-2] if "/" in name else name, text
        if name in ("egret", "customers"):
            for run in han.RUN.findall(text):
                if 4 <= len(run) <= 12:
                    yield "clauses of " + name, run
    for path in sorted((HERE.parent / "data/messages").glob("*-train.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield "messages", row["subject"] + "\n" + row["body"]
            if row["subject"]:
                yield "messages' subjects", row["subject"]
    words = sorted(han.dictionary(data).items())
    for word, count in words[::5]:
        if len(word) > 1 and count > 2:
            yield "dictionary", word
    with gzip.open(data / "insult/davidson/labeled_data.csv.gz",
                   "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield "davidson", row["tweet"]


def share(part, whole):
    return f"{part} of {whole} ({100 * part / max(1, whole):.3f} %)"


class Teller:
    """Tells figures as a line of text or of JSON each."""

    def __init__(self, as_json):
        self.as_json = as_json

    def tell(self, name, flagged, messages, bad, more=""):
        if self.as_json:
            print(json.dumps({"question": "meaningless", "set": name,
                              "messages": messages, "flagged": flagged,
                              "bad": bad}))
        else:
            print(f"{name}: {share(flagged, messages)}{more}")


def print_recall(program, data, teller):
    for name, texts in positives(data):
        found = judge(program, [("", text, True) for text in texts])
        teller.tell(name, sum(s >= FLAGGED for s, _ in found), len(found),
                    True)


def print_false(program, data, teller):
    sets = collections.defaultdict(list)
    for name, text in negatives(data):
        if text.strip():
            sets[name].append(text)
            if mash.held_out(text):
                sets[name + ", unseen"].append(text)
    worst = []
    for name in sorted(sets):
        found = judge(program, [("", text, True) for text in sets[name]])
        kinds = collections.Counter(k for s, k in found if s >= FLAGGED)
        said = kinds["filler"] + kinds["no_letters"]
        teller.tell(name, sum(kinds.values()) - said, len(found), False,
                    f" and {said} fillers; {dict(sorted(kinds.items()))}")
        worst += [(s, k, name, text) for text, (s, k)
                  in zip(sets[name], found) if k not in ("filler",
                                                         "no_letters")]
    if teller.as_json:
        return
    print("worst:")
    for score, kind, name, text in sorted(set(worst), reverse=True)[:10]:
        print(f"  {score} {kind} {name}: {text[:80]!r}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--data", default=os.environ.get("LEVEE_DATA"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not options.data:
        parser.error("say where the data is: --data FOLDER, or LEVEE_DATA")
    teller = Teller(options.json)
    print_recall(options.program, options.data, teller)
    print_false(options.program, options.data, teller)


if __name__ == "__main__":
    main()
