#!/usr/bin/env python3
"""Holds the texts of this folder to what its README says of them."""

import collections
import json
import pathlib
import re
import unittest

HERE = pathlib.Path(__file__).resolve().parent
LANGUAGES = ("en", "zh")
# The share of each label in the held-out parts. Others hold enough of each.
LABELS = {"insult": 0.30, "angry": 0.22, "product": 0.20, "ordinary": 0.28}
TAGS = {"disguised", "severe", "telegraphic", "long", "quoted", "self",
        "third_party", "sarcasm", "technical", "typos", "mixed_language",
        "reply"}
KINDS = {"test", "repeat", "punct", "emoji", "digits", "filler", "template",
         "mash", "ime"}


def rows(name):
    with open(HERE / name, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def essence(body):
    """A text without what two writers may do differently by chance."""
    return re.sub(r"[\W_]+", "", body.lower()) or body


class Messages(unittest.TestCase):

    def test_they_are_as_described(self):
        for language in LANGUAGES:
            with self.subTest(language=language):
                heldout = self.check(rows(f"messages/{language}-heldout.jsonl"))
                self.assertEqual(sum(heldout.values()), 500)
                for label, share in LABELS.items():
                    self.assertAlmostEqual(heldout[label] / 500, share,
                                           delta=0.01)
                train = self.check(rows(f"messages/{language}-train.jsonl"))
                self.assertGreaterEqual(sum(train.values()), 7000)
                for label in LABELS:
                    self.assertGreaterEqual(train[label], 1000, label)

    def check(self, messages):
        """How many there are of each label."""
        self.assertEqual(len({one["id"] for one in messages}), len(messages))
        count = collections.Counter(one["label"] for one in messages)
        self.assertEqual(set(count), set(LABELS))
        for one in messages:
            with self.subTest(id=one["id"]):
                self.assertEqual(set(one), {"id", "label", "tags", "subject",
                                            "body"})
                self.assertTrue(one["body"].strip())
                self.assertLessEqual(set(one["tags"]), TAGS)
                if {"disguised", "severe"} & set(one["tags"]):
                    self.assertEqual(one["label"], "insult")
        disguised = sum("disguised" in one["tags"] for one in messages)
        self.assertGreater(disguised, count["insult"] // 4)
        return count

    def test_no_text_stands_twice(self):
        for language in LANGUAGES:
            seen = collections.Counter(
                essence(one["body"]) for part in ("train", "heldout")
                for one in rows(f"messages/{language}-{part}.jsonl"))
            twice = [text for text, count in seen.items() if count > 1]
            self.assertEqual(twice, [], language)


class Readme(unittest.TestCase):

    def test_it_counts_right(self):
        readme = (HERE / "README.md").read_text(encoding="utf-8")
        train = [len(rows(f"messages/{language}-train.jsonl"))
                 for language in LANGUAGES]
        self.assertIn("| {:,} and {:,} |".format(*train), readme)
        count = collections.Counter(
            (one["label"], one["language"])
            for one in rows("promotion/train.jsonl"))
        for label in ("promotion", "honest"):
            self.assertIn("{:,} en, {:,} zh".format(
                count[label, "en"], count[label, "zh"]), readme)


class Meaningless(unittest.TestCase):

    def test_there_are_two_hundred(self):
        negatives = rows("meaningless/hard-negatives.jsonl")
        self.assertEqual(len(negatives), 200)
        self.assertEqual(len({one["id"] for one in negatives}), 200)
        for one in negatives:
            self.assertTrue((one["subject"] + one["body"]).strip(), one["id"])

    def test_what_says_nothing_is_of_every_kind(self):
        tickets = rows("meaningless/meaningless.jsonl")
        self.assertGreaterEqual(len(tickets), 300)
        self.assertEqual(len({one["id"] for one in tickets}), len(tickets))
        count = collections.Counter(one["kind"] for one in tickets)
        self.assertEqual(set(count), KINDS)
        for kind, number in count.items():
            heldout = sum(one["kind"] == kind and one["heldout"]
                          for one in tickets)
            self.assertAlmostEqual(heldout / number, 0.5, delta=0.1)
        seen = collections.Counter((one["subject"], one["body"])
                                   for one in tickets)
        self.assertEqual([text for text, n in seen.items() if n > 1], [])

    def test_no_ticket_says_both_something_and_nothing(self):
        nothing = {(one["subject"], one["body"])
                   for one in rows("meaningless/meaningless.jsonl")}
        for one in rows("meaningless/hard-negatives.jsonl"):
            # In a running ticket, without a subject, "ok" is an answer.
            if one["subject"]:
                self.assertNotIn((one["subject"], one["body"]), nothing)


class Promotion(unittest.TestCase):

    LEAST = {("train", "promotion"): 125, ("train", "honest"): 75,
             ("heldout", "promotion"): 1, ("heldout", "honest"): 1}

    def test_they_are_as_described(self):
        for part in ("train", "heldout"):
            messages = rows(f"promotion/{part}.jsonl")
            self.assertEqual(len({one["id"] for one in messages}),
                             len(messages), part)
            count = collections.Counter()
            for one in messages:
                with self.subTest(part=part, id=one["id"]):
                    self.assertEqual(set(one), {"id", "label", "language",
                                                "subject", "body"})
                    self.assertIn(one["label"], ("promotion", "honest"))
                    self.assertIn(one["language"], LANGUAGES)
                    self.assertTrue(one["body"].strip())
                count[one["language"], one["label"]] += 1
            for language in LANGUAGES:
                for label in ("promotion", "honest"):
                    self.assertGreaterEqual(count[language, label],
                                            self.LEAST[part, label],
                                            (part, language, label))

    def test_no_text_stands_twice(self):
        seen = collections.Counter(
            essence(one["body"]) for part in ("train", "heldout")
            for one in rows(f"promotion/{part}.jsonl"))
        self.assertEqual([text for text, count in seen.items() if count > 1],
                         [])


if __name__ == "__main__":
    unittest.main()
