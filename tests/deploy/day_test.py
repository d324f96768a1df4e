#!/usr/bin/env python3
"""Tests the made-up day of deploy/quickstart and what is told of it."""

import contextlib
import importlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from google.protobuf import json_format

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy/day"))

import report  # noqa: E402
import stories  # noqa: E402

END = 1_750_000_000


def event_class(directory):
    """The class TicketEvent, made from the proto as it is now."""
    subprocess.run(["protoc", f"-I{ROOT / 'proto'}",
                    f"--python_out={directory}", "levee/v1/event.proto"],
                   cwd=ROOT / "proto", check=True)
    sys.path.insert(0, directory)
    return importlib.import_module("levee.v1.event_pb2").TicketEvent


class Day(unittest.TestCase):

    def test_same_seed_gives_the_same_day(self):
        self.assertEqual(stories.make(7, END), stories.make(7, END))
        self.assertNotEqual(stories.make(7, END), stories.make(8, END))

    def test_events_are_what_the_proto_says(self):
        with tempfile.TemporaryDirectory() as directory:
            ticket_event = event_class(directory)
            for seed in (1, 2, 3):
                day = stories.make(seed, END)
                with self.subTest(seed=seed):
                    self.check_events(day, ticket_event)

    def check_events(self, day, ticket_event):
        seen = set()
        last = (END - stories.DAY) * 1000
        for line in day:
            event = json_format.Parse(json.dumps(line), ticket_event())
            at = event.occurred_at.ToMilliseconds()
            self.assertLessEqual(last, at)
            self.assertLess(at, END * 1000)
            last = at
            self.assertNotIn(event.event_id, seen)
            seen.add(event.event_id)
            self.assertNotIn("{", event.subject + event.body)
            if event.regards_event_id:
                self.assertIn(event.regards_event_id, seen)
        self.assertTrue(1000 < len(day) < 10000, len(day))

    def test_every_story_is_told_as_announced(self):
        for seed in range(5):
            count = {}
            for event in stories.make(seed, END):
                name, _, _ = event["eventId"].rpartition("-")
                if event["actor"] == "ACTOR_CUSTOMER":
                    key = name, event["kind"].removeprefix("EVENT_KIND_")
                    count[key] = count.get(key, 0) + 1
            with self.subTest(seed=seed):
                self.assertEqual(30, count["bomber", "OPENED"])
                self.assertEqual(80, count["accounts", "OPENED"])
                self.assertEqual(12, count["loop", "REOPENED"])
                self.assertEqual(25, count["followups", "CUSTOMER_REPLIED"])
                self.assertEqual(6, count["links", "OPENED"])
                self.assertEqual(180, count["outage", "OPENED"])
                self.assertEqual(5, count["insults", "CUSTOMER_REPLIED"])
                self.assertEqual(3, count["empty", "OPENED"])
                self.assertNotIn(("phone", "OPENED"), count)


class Report(unittest.TestCase):

    def tell(self, stopped):
        """The report where the events with these ids are stopped."""
        with tempfile.TemporaryDirectory() as directory:
            events = pathlib.Path(directory, "events")
            decisions = pathlib.Path(directory, "decisions")
            day = stories.make(1, END)
            events.write_text("".join(json.dumps(e) + "\n" for e in day))
            decisions.write_text("".join(
                json.dumps(decision(e["eventId"], e["eventId"] in stopped)) +
                "\n" for e in day))
            told = report.read(events, decisions)
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            for story in told:
                if story.first is not None:
                    report.explain(story)
            right = report.verdict_on(told)
        return right, text.getvalue()

    FLOODS = {"bomber-6", "accounts-4", "loop-5", "followups-9", "links-2",
              "insults-8", "empty-1"}

    def test_day_as_expected_is_right(self):
        right, text = self.tell(self.FLOODS)
        self.assertTrue(right, text)
        self.assertIn("the customers' act 6 of 30", text)
        self.assertIn("opened by CUSTOMER in 10m: 6", text)

    def test_flood_that_passed_is_named(self):
        right, text = self.tell(self.FLOODS - {"links-2"})
        self.assertFalse(right)
        self.assertIn("NOT AS EXPECTED: links", text)

    def test_honest_customer_who_was_stopped_is_named(self):
        right, text = self.tell(self.FLOODS | {"office-1"})
        self.assertFalse(right)
        self.assertIn("NOT AS EXPECTED: office", text)


def decision(event_id, stopped):
    answer = {"sequence": "1", "eventId": event_id,
              "verdict": "VERDICT_ALLOW"}
    if stopped:
        answer.update(
            verdict="VERDICT_THROTTLE", retryAfter="60s", message="Later.",
            findings=[{
                "ruleId": "burst", "category": "CATEGORY_BOMBING",
                "mode": "MODE_ENFORCE", "verdict": "VERDICT_THROTTLE",
                "evidence": [{"label": "opened by CUSTOMER in 10m",
                              "value": "6", "threshold": "6"}]}])
    return answer


if __name__ == "__main__":
    unittest.main()
