"""`levee import`: what it reads, what it says to bad rows, and how it goes on
where it was broken off.
"""

import csv
import gzip
import json
import re
import shlex
import signal
import unittest

import harness
from tool_test_case import INTERRUPTED, NO, OK, RULES, USAGE, ToolTest


class ImportTest(ToolTest):
    def lines(self, count, customers=7, begin_s=1_600_000_000):
        """JSON lines of openings, a minute apart."""
        return [
            json.dumps(
                {
                    "eventId": f"e-{i}",
                    "kind": "EVENT_KIND_OPENED",
                    "actor": "ACTOR_CUSTOMER",
                    "customerId": f"c-{i % customers}",
                    "ticketId": f"t-{i}",
                    "occurredAt": _rfc3339(begin_s + 60 * i),
                    "body": "a body",
                }
            )
            for i in range(count)
        ]

    def setUp(self):
        # The journal of each test begins with its own events.
        self.own = self.server().start()
        self.tool = harness.Tool(self.own)
        self.admin = self.caller(self.own)
        self.admin.apply_rules(RULES)

    def opened(self):
        """How many openings each customer has."""
        listed = self.admin.list_decisions()
        return sorted(
            (
                customer,
                self.admin.customer(customer).customer.opened,
            )
            for customer in {record.customer_id for record in listed}
        )

    def test_json_lines_are_sorted_and_decided(self):
        lines = self.lines(50)
        path = self.file("events.jsonl", "\n".join(reversed(lines)) + "\n")
        decisions = path.parent / "decisions.jsonl"
        told = self.json_of("import", path, "--decisions", decisions)[0]
        self.assertEqual((told["events"], told["decided"]), (50, 50))
        self.assertEqual((told["badRows"], told["errors"]), (0, 0))
        self.assertEqual(sum(told["verdicts"].values()), 50)
        records = [
            json.loads(line) for line in decisions.read_text().splitlines()
        ]
        self.assertEqual(
            [record["decision"]["eventId"] for record in records],
            [f"e-{i}" for i in range(50)],
        )
        for record in records:
            kept = self.admin.decision(
                sequence=int(record["decision"]["sequence"])
            )
            self.assertEqual(
                record["decision"]["verdict"],
                harness.decision_pb2.Verdict.Name(kept.decision.verdict),
            )
            self.assertEqual(record["importId"], told["importId"])

    def test_run_again_it_counts_nothing_twice(self):
        path = self.file("events.jsonl", "\n".join(self.lines(50)))
        self.run_tool("import", path)
        before = self.admin.status().last_sequence
        told = self.json_of("import", path)[0]
        self.assertEqual((told["recordedBefore"], told["decided"]), (50, 0))
        self.assertEqual(self.admin.status().last_sequence, before)

    def test_gzip_and_several_files_are_one_import(self):
        lines = self.lines(40)
        first = self.scratch() / "even.jsonl.gz"
        with gzip.open(first, "wt") as file:
            file.write("\n".join(lines[::2]))
        second = self.file("odd.jsonl", "\n".join(lines[1::2]))
        told = self.json_of("import", first, second)[0]
        self.assertEqual(told["decided"], 40)

    BAD_ROWS = {
        # Line: what is wrong, and what must be named.
        3: ("{", "line 3"),
        5: ('{"eventId": 7}', "event_id"),
        8: ('{"noSuchField": "x"}', "noSuchField"),
        9: ('{"eventId": "e-x", "kind": "EVENT_KIND_OPENED"}', "line 9"),
        11: ("not json at all", "line 11"),
        12: ("[" * 5000, "line 12"),
        14: ("\x00\x01", "line 14"),
    }

    def bad_file(self):
        lines = self.lines(20)
        for number, (row, _) in sorted(self.BAD_ROWS.items()):
            lines.insert(number - 1, row)
        return self.file("bad.jsonl", "\n".join(lines) + "\n")

    def test_bad_rows_are_named_with_their_lines_and_left_out(self):
        path = self.bad_file()
        ended = self.run_tool("import", path)
        for number, (_, word) in self.BAD_ROWS.items():
            with self.subTest(line=number):
                (said,) = [
                    line
                    for line in ended.stderr.splitlines()
                    if f"line {number}:" in line
                ]
                self.assertIn(str(path), said)
                self.assertIn(word, said)
        self.assertEqual(sum(count for _, count in self.opened()), 20)
        told = self.json_of("import", path)[0]
        self.assertEqual(told["badRows"], len(self.BAD_ROWS))

    def test_strict_stops_before_anything_is_sent(self):
        before = self.admin.status().last_sequence
        ended = self.run_tool("import", self.bad_file(), "--strict", code=NO)
        self.assertIn("line 3", ended.stderr)
        self.assertEqual(self.admin.status().last_sequence, before)

    CSV_ROWS = [
        ["Nr", "When", "What", "Who", "Ticket", "Text", "Plan"],
        ["1", "01.03.2021 10:00", "opened", "c-1", "t-1", 'a "quote"', "a"],
        ["2", "01.03.2021 09:00", "OPENED", "c-2", "t-2", "two\nlines", "b"],
        ["3", "31.02.2021 09:00", "opened", "c-3", "t-3", "no such day", ""],
        ["4", "01.03.2021 11:00", "exploded", "c-4", "t-4", "what?", ""],
        ["5", "01.03.2021 12:00", "customer_replied", "c-1", "t-1", "", ""],
        ["6", "01.03.2021 13:00", "opened", "", "t-6", "nobody", ""],
        ["7", "01.03.2021 14:00", "opened", "c-7", "t-7", "last", ""],
    ]
    CSV_FLAGS = shlex.split(
        "--separator ; --time_format '%d.%m.%Y %H:%M' "
        "--time_zone Europe/Vienna --column event_id=Nr "
        "--column occurred_at=When --column kind=What "
        "--column customer_id=Who --column ticket_id=Ticket "
        "--column body=Text --column attributes.plan=Plan"
    )

    def csv_file(self):
        path = self.scratch() / "rows.csv"
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter=";").writerows(self.CSV_ROWS)
        return path

    def test_csv_is_read_by_columns_named_on_the_command_line(self):
        ended = self.run_tool("import", self.csv_file(), *self.CSV_FLAGS)
        # The second row takes two lines.
        for line, word in ((5, "When"), (6, "exploded"), (8, "Who")):
            with self.subTest(line=line):
                self.assertRegex(ended.stderr, rf"line {line}: .*{word}")
        listed = {
            record.decision.event_id: record
            for record in self.admin.list_decisions()
        }
        self.assertEqual(set(listed), {"1", "2", "5", "7"})
        # Winter in Vienna.
        first = self.admin.decision(event_id="1", include_text=True)
        self.assertEqual(
            first.decision.effective_at.ToJsonString(), "2021-03-01T09:00:00Z"
        )
        self.assertEqual(first.body, 'a "quote"')
        second = self.admin.decision(event_id="2", include_text=True)
        self.assertEqual(second.body, "two\nlines")
        self.assertLess(second.decision.sequence, first.decision.sequence)

    def test_csv_is_read_by_a_mapping_file(self):
        mapping = self.file(
            "mapping",
            'separator: ";" time_format: "%d.%m.%Y %H:%M" '
            'time_zone: "Europe/Vienna" columns { event_id: "Nr" '
            'occurred_at: "When" kind: "What" customer_id: "Who" '
            'ticket_id: "Ticket" }',
        )
        told = self.json_of("import", self.csv_file(), "--mapping", mapping)[0]
        self.assertEqual((told["decided"], told["badRows"]), (4, 3))

    def test_csv_that_grew_counts_its_old_rows_once(self):
        flags = shlex.split(
            "--time_format unix --column kind=what --column customer_id=who "
            "--column ticket_id=ticket --column occurred_at=at"
        )
        rows = ["what,who,ticket,at"] + [
            f"opened,c-{i % 3},t-{i},{1_600_000_000 + i}" for i in range(9)
        ]
        # A row of equal content is another event.
        rows.append(rows[-1])
        path = self.file("grows.csv", "\n".join(rows) + "\n")
        self.run_tool("import", path, *flags)
        self.assertEqual(self.opened(), [("c-0", 3), ("c-1", 3), ("c-2", 4)])
        # The newest first, as some exports have it.
        rows.insert(1, "opened,c-0,t-10,1600000100")
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        told = self.json_of("import", path, *flags)[0]
        self.assertEqual((told["decided"], told["errors"]), (11, 0))
        self.assertEqual(self.opened(), [("c-0", 4), ("c-1", 3), ("c-2", 4)])

    def test_rows_of_which_none_is_an_event_are_no_success(self):
        path = self.file("bad.jsonl", "{\n[]\n")
        ended = self.run_tool("import", path, code=NO)
        self.assertIn("none of 2 rows", ended.stderr)

    def test_other_input_under_one_id_is_another_import(self):
        lines = self.lines(5)
        flags = ("--import_id", "past")
        path = self.file("events.jsonl", "\n".join(lines[:3]))
        told = self.json_of("import", path, *flags)[0]
        self.assertRegex(told["importId"], "^past-[0-9a-f]{16}$")
        path.write_text("\n".join(lines[3:]), encoding="utf-8")
        told = self.json_of("import", path, *flags)[0]
        self.assertEqual((told["recordedBefore"], told["decided"]), (0, 2))
        self.assertEqual(sum(count for _, count in self.opened()), 5)
        told = self.json_of("import", path, *flags)[0]
        self.assertEqual((told["recordedBefore"], told["decided"]), (2, 0))

    def test_a_wrong_mapping_is_refused_with_its_place(self):
        wrong = self.file("mapping", 'separator: ";"\nno_such_field: 1\n')
        ended = self.run_tool(
            "import", self.csv_file(), "--mapping", wrong, code=USAGE
        )
        self.assertRegex(ended.stderr, rf"{re.escape(str(wrong))}:2:\d+")
        missing = [
            flag.replace("Who", "Whom") for flag in self.CSV_FLAGS
        ]
        ended = self.tool.run("import", self.csv_file(), *missing)
        self.assertIn(ended.returncode, (NO, USAGE))
        self.assertIn("Whom", ended.stderr)

    def test_strict_csv_sends_nothing(self):
        before = self.admin.status().last_sequence
        self.run_tool(
            "import", self.csv_file(), *self.CSV_FLAGS, "--strict", code=NO
        )
        self.assertEqual(self.admin.status().last_sequence, before)

    def test_an_event_that_the_server_refuses_is_named(self):
        lines = self.lines(3)
        other = json.loads(lines[1])
        other.update(eventId="e-0", ticketId="another")
        lines.append(json.dumps(other))
        path = self.file("again.jsonl", "\n".join(lines))
        ended = self.run_tool("import", path, code=NO)
        self.assertIn("e-0", ended.stderr)
        self.assertEqual(sum(count for _, count in self.opened()), 3)

    # Broken off.

    MANY = 100_000

    def many_file(self):
        return self.file("many.jsonl", "\n".join(self.lines(self.MANY)))

    def wait_for_entries(self, count):
        harness.wait_for(
            lambda: self.admin.status().last_sequence > count,
            f"{count} entries",
        )

    def check_all_counted_once(self, decisions):
        """Every event is recorded once, and its decision written once."""
        self.assertEqual(self.admin.status().last_sequence, self.MANY + 1)
        self.assertEqual(
            sum(
                self.admin.customer(f"c-{i}").customer.opened
                for i in range(7)
            ),
            self.MANY,
        )
        with open(decisions, encoding="utf-8") as file:
            written = [json.loads(line)["decision"] for line in file]
        self.assertEqual(
            [decision["eventId"] for decision in written],
            [f"e-{i}" for i in range(self.MANY)],
        )
        sequences = [int(decision["sequence"]) for decision in written]
        self.assertEqual(sequences, list(range(2, self.MANY + 2)))

    def test_interrupted_and_run_again_it_goes_on(self):
        path = self.many_file()
        decisions = path.parent / "decisions.jsonl"
        command = ("import", path, "--decisions", decisions)
        for number, entries in ((signal.SIGINT, 500), (signal.SIGTERM, 20_000)):
            process = self.tool.spawn(*command)
            self.wait_for_entries(entries)
            process.send_signal(number)
            _, said = process.communicate(timeout=harness.PATIENCE_S)
            self.assertEqual(process.returncode, INTERRUPTED, said)
            self.assertIn("run the same command again", said)
        told = self.json_of(*command)[0]
        self.assertGreater(told["recordedBefore"], 20_000 - 1)
        self.assertEqual(
            told["recordedBefore"] + told["decided"], self.MANY
        )
        self.check_all_counted_once(decisions)

    def test_killed_and_run_again_it_goes_on(self):
        path = self.many_file()
        decisions = path.parent / "decisions.jsonl"
        command = ("import", path, "--decisions", decisions)
        process = self.tool.spawn(*command)
        self.wait_for_entries(3_000)
        process.kill()
        process.communicate(timeout=harness.PATIENCE_S)
        self.json_of(*command)
        self.check_all_counted_once(decisions)

    def test_it_survives_a_crash_of_the_server(self):
        path = self.many_file()
        decisions = path.parent / "decisions.jsonl"
        process = self.tool.spawn("import", path, "--decisions", decisions)
        self.wait_for_entries(3_000)
        address = self.own.address
        self.own.kill()
        self.own.start(listen=address)
        self.admin = self.caller(self.own)
        _, said = process.communicate(timeout=4 * harness.PATIENCE_S)
        self.assertEqual(process.returncode, OK, said)
        self.check_all_counted_once(decisions)


def _rfc3339(seconds):
    return harness.timestamp(seconds).ToJsonString()


if __name__ == "__main__":
    unittest.main()
