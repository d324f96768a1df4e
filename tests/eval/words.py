#!/usr/bin/env python3
"""Measures how insults, promotion and meaningless tickets are told, in the C++
that is shipped.

    tests/eval/words.py [--data FOLDER] [--program PATH] [--json]
                        [--question insult|meaningless|promotion]

For each question, language and set: how many messages, how many are flagged at
the shipped threshold, and for those that are to be flagged the area under the
curve and the recall at 1 % and at 0.1 % false positives on the ordinary texts of
that language; then the ten worst false positives of the sets that may be looked
at. Held-out parts are told by their figures alone.

FOLDER (or LEVEE_DATA): the public data sets; without it only Levee's own texts
are measured. Of sets that training saw, the fifth is measured that it left out.
Exits with 1 where a figure has fallen below what tests/eval/floor.json keeps.
"""

import argparse
import bisect
import collections
import csv
import gzip
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DATA = ROOT / "tests/data"
FLOOR = HERE / "floor.json"
# As in server/text/thresholds.h.
THRESHOLDS = {"insult": 500, "meaningless": 800, "promotion": 800}
# How text_facts_dump marks their spans: v1.TextFinding.
FINDINGS = {"meaningless": "1", "insult": "2", "promotion": "3"}


class Set:
    """Messages of one kind. `bad`: they are to be flagged. `ordinary`: false
    positives are told on them. `secret`: nobody looks at them."""

    def __init__(self, name, language, messages, bad=False, ordinary=False,
                 secret=False):
        self.name, self.language, self.messages = name, language, messages
        self.bad, self.ordinary, self.secret = bad, ordinary, secret
        self.scores = []


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def texts(rows):
    return [(row.get("subject", ""), row["body"]) for row in rows]


def own_insults():
    for language in ("en", "zh"):
        for part in ("heldout", "train"):
            rows = lines(DATA / f"messages/{language}-{part}.jsonl")
            secret = part == "heldout"
            for label in ("insult", "angry", "product", "ordinary"):
                chosen = [row for row in rows if row["label"] == label]
                yield Set(f"{part} {label}", language, texts(chosen),
                          bad=label == "insult",
                          ordinary=label == "ordinary" and secret,
                          secret=secret)
            of_label = collections.defaultdict(list)
            for row in rows:
                of_label[row["label"]].append(row)
            for padding in (1, 4):
                yield Set(f"{part} insult behind {padding} ordinary", language,
                          list(behind(of_label, padding)), bad=True,
                          secret=secret)
            yield Set(f"{part} ordinary, 20 as one", language,
                      list(joined(of_label["ordinary"], 20)), secret=secret)
            chosen = [row for row in rows if row["label"] == "insult"
                      and "disguised" in row["tags"]]
            yield Set(f"{part} insult, disguised", language, texts(chosen),
                      bad=True, secret=secret)


def joined(rows, count):
    for at in range(0, len(rows) - count + 1, count):
        yield "", "\n\n".join(row["body"] for row in rows[at:at + count])


def behind(of_label, padding):
    """Each insult behind so many ordinary messages."""
    ordinary = of_label["ordinary"]
    for i, row in enumerate(of_label["insult"]):
        before = [ordinary[(i * padding + k) % len(ordinary)]["body"]
                  for k in range(padding)]
        yield row["subject"], "\n\n".join([*before, row["body"]])


def trainer():
    """tests/train/insult.py, which needs what `deploy/dependencies train`
    installs."""
    sys.path.insert(0, str(ROOT / "tests/train"))
    import insult
    return insult


def meaningless_sets():
    """As tickets that open; a hard negative that is a reply opens none."""
    rows = lines(DATA / "meaningless/meaningless.jsonl")
    for part in ("heldout", "seen"):
        for kind in sorted({row["kind"] for row in rows}):
            chosen = [row for row in rows if row["kind"] == kind
                      and row["heldout"] == (part == "heldout")]
            yield Set(f"{part} {kind}", "en", texts(chosen), bad=True)
        chosen = [row for row in rows if row["heldout"] == (part == "heldout")]
        yield Set(f"{part} all", "en", texts(chosen), bad=True)
    hard = [row for row in lines(DATA / "meaningless/hard-negatives.jsonl")
            if row["subject"]]
    yield Set("hard negatives that open", "en", texts(hard))
    for language in ("en", "zh"):
        for part in ("heldout", "train"):
            rows = lines(DATA / f"messages/{language}-{part}.jsonl")
            yield Set(f"{part} messages", language, texts(rows),
                      ordinary=part == "heldout", secret=part == "heldout")


def public_insults(data):
    """The fifths that training left out, by what they are."""
    insult = trainer()
    for language in ("en", "zh"):
        groups = collections.defaultdict(list)
        for message in insult.load(data, language):
            if not insult.is_unseen(message):
                continue
            name = message.kind or ("bad" if message.bad else "harmless")
            groups[name].append((message.subject, message.body))
        for name, messages in sorted(groups.items()):
            yield Set(f"public {name}", language, messages, bad=name == "bad",
                      ordinary=name == "ordinary")


def whole_sets(data):
    """Ordinary texts as a whole: training has seen four fifths of them."""
    insult = trainer()
    gitbugs, care, frustrated = [], [], []
    for path in sorted((data / "ordinary/gitbugs").glob("*.csv.gz")):
        gitbugs += [(row["Summary"], row["Description"])
                    for row in insult.rows_of(path)]
    yield Set("all gitbugs", "en", gitbugs)
    for path in sorted((data / "ordinary/twitter_care").glob("*.json.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for talk in json.load(file):
                company = talk["dialogHeader"]["company"]
                care += [("", turn["message"])
                         for turn in talk["dialogContent"]
                         if turn.get("client", company) != company]
    yield Set("all twitter_care customers", "en", care)
    for bad, _, kind, subject, body in insult.incivility(data):
        if kind == "heated":
            frustrated.append((subject, body))
    yield Set("all incivility frustration", "en", frustrated)
    path = data / "ordinary/egret_wenda/egret_wenda_lines.txt.gz"
    with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file:
        egret = [("", line.split(" +++$+++ ")[-1].strip()) for line in file]
    yield Set("all egret_wenda", "zh", egret)


def promotion_sets(data):
    for part in ("heldout", "train"):
        rows = lines(DATA / f"promotion/{part}.jsonl")
        for language in ("en", "zh"):
            for label in ("promotion", "honest"):
                chosen = [row for row in rows if row["label"] == label
                          and row["language"] == language]
                yield Set(f"{part} {label}", language, texts(chosen),
                          bad=label == "promotion", secret=part == "heldout")
    for language in ("en", "zh"):
        rows = lines(DATA / f"messages/{language}-heldout.jsonl")
        yield Set("heldout messages", language, texts(rows), ordinary=True,
                  secret=True)
    if data:
        yield from whole_sets(data)
        sms = {"ham": [], "spam": []}
        path = next((data / "promotion/sms_spam").glob("*.gz"), None)
        if path is not None:
            with gzip.open(path, "rt", encoding="utf-8",
                           errors="replace") as file:
                for row in csv.reader(file):
                    if len(row) > 1 and row[0] in sms:
                        sms[row[0]].append(("", row[1]))
        for label, messages in sms.items():
            if messages:
                yield Set(f"sms {label} (no tickets)", "en", messages)


def judge(program, sets, column):
    records = []
    for one in sets:
        for subject, body in one.messages:
            subject = subject.replace("\t", " ").replace("\0", " ")
            records.append(f"o\t{subject}\t" + body.replace("\0", " "))
    done = subprocess.run([program], check=True, stdout=subprocess.PIPE,
                          input="\0".join(records).encode("utf-8", "replace"))
    header, *rows = done.stdout.decode().splitlines()
    at = header.split("\t").index(column)
    spans = header.split("\t").index("spans")
    scores = []
    for row in rows:
        values = row.split("\t") if row else ["0"] * (spans + 1)
        scores.append(int(values[at]))
        # What is flagged is explained.
        assert scores[-1] < THRESHOLDS[column] or any(
            span[0] == FINDINGS[column] for span in values[spans].split()), row
    assert len(scores) == len(records), (len(scores), len(records))
    for one in sets:
        one.scores = scores[:len(one.messages)]
        scores = scores[len(one.messages):]


def share_above(ordered, score):
    return 1 - bisect.bisect_left(ordered, score) / len(ordered)


def area(bad, harmless):
    """The chance that a bad one scores higher than a harmless one."""
    wins = 0.0
    for score in bad:
        below = bisect.bisect_left(harmless, score)
        same = bisect.bisect_right(harmless, score) - below
        wins += below + same / 2
    return wins / len(bad) / len(harmless)


def recall_at(bad, harmless, most):
    """At the lowest score with at most so many false positives."""
    allowed = int(most * len(harmless))
    threshold = harmless[len(harmless) - allowed - 1] + 1
    return sum(score >= threshold for score in bad) / len(bad)


def measure(sets, threshold):
    figures = []
    for one in sets:
        if not one.scores:
            continue
        flagged = sum(score >= threshold for score in one.scores)
        figure = {"set": one.name, "language": one.language,
                  "messages": len(one.scores), "flagged": flagged,
                  "bad": one.bad}
        harmless = sorted(score for other in sets for score in other.scores
                          if other.ordinary
                          and other.language == one.language)
        if one.bad and harmless:
            figure["auc"] = round(area(one.scores, harmless), 4)
            figure["recall_at_1"] = round(
                recall_at(one.scores, harmless, 0.01), 3)
            figure["recall_at_01"] = round(
                recall_at(one.scores, harmless, 0.001), 3)
        figures.append(figure)
    return figures


def print_table(question, figures):
    print(f"{question}, at {THRESHOLDS[question]} thousandths")
    print(f"  {'set':<40}{'messages':>9}{'flagged':>9}{'':>9}"
          f"{'AUC':>8}{'@1 %':>7}{'@0.1 %':>8}")
    for one in figures:
        rate = one["flagged"] / one["messages"]
        line = (f"  {one['language']} {one['set']:<37}{one['messages']:>9}"
                f"{one['flagged']:>9}{rate:>9.2%}")
        if "auc" in one:
            line += (f"{one['auc']:>8.3f}{one['recall_at_1']:>7.2f}"
                     f"{one['recall_at_01']:>8.2f}")
        print(line)


def print_worst(sets):
    for one in sets:
        if one.bad or one.secret or not one.scores:
            continue
        worst = sorted(zip(one.scores, one.messages), reverse=True)[:10]
        worst = [(score, text) for score, text in worst if score > 0]
        if worst:
            print(f"  worst of {one.language} {one.name}:")
        for score, (subject, body) in worst:
            words = " ".join(f"{subject} {body}".split())[:100]
            print(f"    {score:>4} {words}")


def fallen(question, figures):
    """What is worse than the floor: {"question language set": share}, a recall
    at least, or where nothing is to be flagged, a share at most."""
    floor = json.loads(FLOOR.read_text(encoding="utf-8"))
    for one in figures:
        name = f"{question} {one['language']} {one['set']}"
        if name not in floor:
            continue
        rate = one["flagged"] / one["messages"]
        worse = rate < floor[name] if one["bad"] else rate > floor[name]
        if worse:
            yield f"{name}: {rate:.4f}, and not {floor[name]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default=os.environ.get("LEVEE_DATA"))
    parser.add_argument("--program", default=str(
        ROOT / "build/release/bin/text_facts_dump"))
    parser.add_argument("--question", choices=sorted(THRESHOLDS))
    parser.add_argument("--json", action="store_true")
    flags = parser.parse_args()
    data = pathlib.Path(flags.data) if flags.data else None
    problems = []
    for question in [flags.question] if flags.question else THRESHOLDS:
        if question == "insult":
            sets = list(own_insults())
            if data:
                sets += [*public_insults(data), *whole_sets(data)]
        elif question == "meaningless":
            sets = list(meaningless_sets())
        else:
            sets = list(promotion_sets(data))
        judge(flags.program, sets, question)
        figures = measure(sets, THRESHOLDS[question])
        problems += fallen(question, figures)
        if flags.json:
            for figure in figures:
                print(json.dumps({"question": question, **figure}))
            continue
        print_table(question, figures)
        print_worst(sets)
    for problem in problems:
        print(f"fallen: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
