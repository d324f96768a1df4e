"""`levee`, the operators' tool: every command, its JSON, its exit codes, and
what it says to wrong input.
"""

import csv
import gzip
import hashlib
import json
import os
import re
import shlex
import signal
import unittest

import harness
from harness import event, new_id

OK, NO, USAGE, UNREACHABLE, DENIED, INTERRUPTED = 0, 1, 2, 3, 4, 130

# Every command. One that `levee --help` lists and this does not fails.
COMMANDS = {
    "submit": (),
    "preview": (),
    "standing": (),
    "import": (),
    "load": (),
    "rules": ("show", "check", "diff", "apply", "history", "rollback"),
    "decisions": ("list", "show"),
    "customers": ("show",),
    "status": (),
    "token": ("new",),
    "version": (),
}

RULES = 'name: "of the test"\n' + harness.rate_rule("third", at_least=3)


def paths():
    for noun, verbs in COMMANDS.items():
        yield (noun,)
        for verb in verbs:
            yield (noun, verb)


class ToolTest(harness.TestCase):
    """Shared by the tests below: one server, its rules, and the tool."""

    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch_server(cls)
        cls.admin = cls.shared.caller()
        cls.addClassCleanup(cls.admin.close)
        cls.admin.apply_rules(RULES)
        cls.tool = harness.Tool(cls.shared)

    def run_tool(self, *arguments, code=OK, tool=None, **more):
        """Runs the tool, which must end with `code`."""
        ended = (tool or self.tool).run(*arguments, **more)
        self.assertEqual(
            ended.returncode,
            code,
            f"levee {shlex.join(map(str, arguments))}\n"
            f"{ended.stdout[-2000:]}{ended.stderr[-2000:]}",
        )
        if code not in (OK, NO) and code < 10:
            # What went wrong is said, and not where results are looked for.
            self.assertTrue(ended.stderr.strip())
            self.assertEqual(ended.stdout, "")
        return ended

    def json_of(self, *arguments, code=OK, **more):
        """The JSON objects that the tool prints, one a line."""
        ended = self.run_tool(*arguments, "-o", "json", code=code, **more)
        return [json.loads(line) for line in ended.stdout.splitlines()]

    def file(self, name, text):
        path = self.scratch() / name
        path.write_text(text, encoding="utf-8")
        return path


class HelpTest(ToolTest):
    def test_every_command_has_help_with_an_example_of_itself(self):
        for path in paths():
            with self.subTest(command=path):
                ended = self.run_tool(*path, "--help")
                examples = ended.stdout.partition("Examples:\n")[2]
                self.assertIn(f"levee {' '.join(path)}", examples)

    def test_help_lists_these_commands_and_no_others(self):
        for path in [(), *((noun,) for noun in COMMANDS)]:
            listed = self.run_tool(*path, "--help").stdout
            listed = listed.partition("ubcommands:\n")[2]
            listed = listed.partition("\n\n")[0].partition("\nE")[0]
            names = set(re.findall(r"^  (\w+)", listed, re.MULTILINE))
            expected = set(COMMANDS[path[0]] if path else COMMANDS)
            with self.subTest(command=path):
                self.assertEqual(names, expected)

    def test_help_tells_the_exit_codes(self):
        said = self.run_tool("--help").stdout
        for code in (OK, NO, USAGE, UNREACHABLE, DENIED, INTERRUPTED):
            self.assertRegex(said, rf"(?m)^ +{code}\b")

    def test_the_version_is_told(self):
        told = self.json_of("version")[0]["version"]
        self.assertRegex(told, r"^\d+\.\d+\.\d+$")
        self.assertIn(told, self.run_tool("version").stdout)
        self.assertEqual(told, self.admin.status().version)


class WrongInputTest(ToolTest):
    def test_a_wrong_command_line_ends_with_2(self):
        rules = self.file("rules", RULES)
        cases = [
            [],
            ["nothing"],
            ["rules"],
            ["rules", "nothing"],
            ["decisions"],
            ["customers"],
            ["token"],
            ["status", "--nothing"],
            ["status", "-o", "xml"],
            ["status", "--timeout", "soon"],
            ["status", "--timeout", "-1s"],
            ["status", "more"],
            ["rules", "check", "/nowhere/rules"],
            ["rules", "diff", "/nowhere/rules"],
            ["rules", "apply", "/nowhere/rules"],
            ["rules", "check"],
            ["rules", "rollback"],
            ["rules", "rollback", "0"],
            ["rules", "rollback", "-1"],
            ["rules", "rollback", "one"],
            ["rules", "show", "one"],
            ["rules", "history", "--limit", "0"],
            ["rules", "apply", rules, "--expected_revision", "one"],
            ["decisions", "list", "--verdict", "maybe"],
            ["decisions", "list", "--kind", "maybe"],
            ["decisions", "list", "--category", "maybe"],
            ["decisions", "list", "--since", "yesteryear"],
            ["decisions", "list", "--until", "99"],
            ["decisions", "list", "--limit", "0"],
            ["decisions", "show"],
            ["customers", "show"],
            ["customers", "show", "c", "--limit", "0"],
            ["standing"],
            ["submit", "--kind", "maybe"],
            ["submit", "--actor", "maybe"],
            ["submit", "--occurred_at", "maybe"],
            ["submit", "--account_created", "maybe"],
            ["submit", "--attribute", "plan"],
            ["submit", "--attribute", "servers:=many"],
            ["submit", "--json", "/nowhere/event.json"],
            ["submit", "--json", self.file("a", "{")],
            ["submit", "--json", self.file("b", '{"eventid2": 1}')],
            ["submit", "--json", self.file("c", '{"kind": "maybe"}')],
            ["token", "new", "--role", "maybe"],
            ["token", "new", "--tenant", "A Tenant"],
            ["token", "new", "--name", ""],
            ["import"],
            ["import", "/nowhere/file.jsonl"],
            ["import", self.file("a.csv", "a,b\n")],
            ["import", self.file("a.jsonl", ""), "--format", "xml"],
            ["import", self.file("b.jsonl", ""), "--mapping", "/nowhere/m"],
        ]
        for arguments in cases:
            with self.subTest(arguments=arguments):
                self.run_tool(*arguments, code=USAGE)

    def test_what_the_server_refuses_ends_with_1_and_names_the_field(self):
        cases = {
            ("submit",): "event.customer_id",
            ("submit", "--customer", "c"): "event.ticket_id",
            ("submit", "--customer", "c", "--ticket", "t", "--ip", "1.2"): (
                "event.source.ip"
            ),
            ("preview",): "event.customer_id",
            ("standing", "x" * 129): "customer_id",
            ("decisions", "show", "999999"): "sequence",
            ("decisions", "show", "none"): "event_id",
            ("customers", "show", "nobody"): "customer_id",
            ("rules", "show", "999"): "999",
            ("rules", "rollback", "999"): "999",
        }
        for arguments, word in cases.items():
            with self.subTest(arguments=arguments):
                ended = self.run_tool(*arguments, code=NO)
                self.assertIn(word, ended.stderr)

    def test_a_server_that_cannot_be_reached_ends_with_3(self):
        # Port 9 of loopback: nobody is there.
        for arguments in (
            ["status"],
            ["submit", "--customer", "c", "--ticket", "t"],
            ["decisions", "list"],
            ["rules", "show"],
            ["customers", "show", "c"],
        ):
            with self.subTest(arguments=arguments):
                ended = self.run_tool(
                    *arguments,
                    "--server",
                    "127.0.0.1:9",
                    "--timeout",
                    "2s",
                    code=UNREACHABLE,
                )
                self.assertIn("127.0.0.1:9", ended.stderr)

    def test_a_token_that_may_not_ends_with_4(self):
        helpdesk = harness.Tool(self.shared, role="helpdesk")
        for arguments in (["status"], ["rules", "show"], ["decisions", "list"]):
            with self.subTest(arguments=arguments):
                self.run_tool(*arguments, tool=helpdesk, code=DENIED)
                self.run_tool(*arguments, "--token", "no-one", code=DENIED)

    def test_a_call_without_a_token_ends_with_2(self):
        nobody = harness.Tool(self.shared)
        del nobody.environment["LEVEE_TOKEN"]
        ended = self.run_tool("status", tool=nobody, code=USAGE)
        self.assertIn("LEVEE_TOKEN", ended.stderr)
        path = self.file("token", self.shared.tokens["acme", "admin"] + "\n")
        self.run_tool("status", "--token_file", path, tool=nobody)
        nobody.environment["LEVEE_TOKEN_FILE"] = str(path)
        self.run_tool("status", tool=nobody)

    def test_what_customers_wrote_does_not_reach_the_terminal_raw(self):
        name = "c\x1b[31m\x07\u202e"
        self.admin.submit(event(customer_id=name, ticket_id="t\nu"))
        for arguments in (
            ["decisions", "list", "--limit", "3"],
            ["customers", "show", name],
            ["standing", name],
        ):
            with self.subTest(arguments=arguments):
                said = self.run_tool(*arguments).stdout
                for raw in ("\x1b", "\x07", "\u202e"):
                    self.assertNotIn(raw, said)

    def test_a_full_disk_is_no_success(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            process = self.tool.spawn("status", stdout=full)
            _, said = process.communicate(timeout=harness.PATIENCE_S)
        self.assertEqual(process.returncode, NO, said)


class CommandTest(ToolTest):
    """What each command does, when all is right."""

    def submit(self, customer, *more, **options):
        return self.json_of(
            "submit", "--customer", customer, "--ticket", new_id(), *more,
            **options,
        )[0]

    def test_submit_records_every_field(self):
        event_id = new_id()
        decision = self.submit(
            "c-all",
            *shlex.split(
                "--kind opened --actor customer --agent kim "
                "--occurred_at 5m --subject Subject --body 'The body' "
                "--ip 192.0.2.1 --email a@example.com --device d-1 "
                "--account_created 90d --attribute plan=vps-2 "
                "--attribute servers:=7 --department net --reference r-1 "
                f"--language zh-CN --event_id {event_id}"
            ),
        )
        self.assertEqual(decision["verdict"], "VERDICT_ALLOW")
        self.assertEqual(decision["eventId"], event_id)
        record = self.admin.decision(event_id=event_id, include_text=True)
        self.assertEqual(record.customer_id, "c-all")
        self.assertEqual(record.agent_id, "kim")
        self.assertEqual(record.source.ip, "192.0.2.1")
        self.assertEqual(record.source.email, "a@example.com")
        self.assertEqual(record.source.device_id, "d-1")
        self.assertEqual(record.subject, "Subject")
        self.assertEqual(record.body, "The body")
        times = record.decision
        late = (
            times.decided_at.ToDatetime() - times.effective_at.ToDatetime()
        ).total_seconds()
        self.assertAlmostEqual(late, 300, delta=10)

    def test_submit_reads_an_event_in_json(self):
        one = {
            "eventId": new_id(),
            "kind": "EVENT_KIND_OPENED",
            "actor": "ACTOR_CUSTOMER",
            "customerId": "c-json",
            "ticketId": "t-json",
        }
        path = self.file("event.json", json.dumps(one))
        first = self.json_of("submit", "--json", path)[0]
        again = self.json_of(
            "submit", "--json", "-", stdin=json.dumps(one)
        )[0]
        self.assertEqual(first, again)
        self.assertEqual(self.admin.customer("c-json").customer.opened, 1)

    def test_an_agents_solution_and_a_withdrawal_are_submitted(self):
        opened = self.submit("c-agent")
        self.submit(
            "c-agent",
            *shlex.split("--kind agent_replied --agent kim --solution"),
        )
        self.submit(
            "c-agent",
            *shlex.split("--kind abuse_reported --agent kim --not_abuse"),
            "--regards",
            opened["eventId"],
        )
        self.submit(
            "c-agent",
            *shlex.split("--kind withdrawn --agent kim"),
            "--regards",
            opened["eventId"],
        )
        kinds = [
            record["kind"].removeprefix("EVENT_KIND_")
            for record in self.json_of(
                "decisions", "list", "--customer", "c-agent"
            )
        ]
        self.assertEqual(
            kinds, ["WITHDRAWN", "ABUSE_REPORTED", "AGENT_REPLIED", "OPENED"]
        )

    def test_the_verdict_is_an_exit_code_where_it_is_asked_for(self):
        customer = new_id("c")
        flags = ["--customer", customer, "--ticket", "t", "--exit_verdict"]
        self.run_tool("submit", *flags, code=11)
        self.run_tool("preview", *flags, code=11)
        self.run_tool("submit", *flags, code=11)
        self.run_tool("preview", *flags, code=13)
        ended = self.run_tool("submit", *flags, code=13)
        self.assertIn("THROTTLE", ended.stdout)
        self.assertIn("third", ended.stdout)

    def test_preview_records_nothing(self):
        before = self.admin.status().last_sequence
        told = self.json_of("preview", "--customer", "c-p", "--ticket", "t")[0]
        self.assertEqual(told["verdict"], "VERDICT_ALLOW")
        self.assertEqual(self.admin.status().last_sequence, before)

    def test_standing_tells_of_the_next_opening(self):
        customer = new_id("c")
        self.assertFalse(
            self.json_of("standing", customer)[0].get("known", False)
        )
        shown = self.run_tool("standing", customer).stdout
        self.assertIn("nothing seen", shown)
        for _ in range(2):
            self.submit(customer)
        told = self.json_of(
            "standing", customer, "--ip", "192.0.2.1", "--language", "zh"
        )[0]
        self.assertTrue(told["known"])
        self.assertEqual(
            told["acts"][0]["decision"]["verdict"], "VERDICT_THROTTLE"
        )
        self.assertIn("THROTTLE", self.run_tool("standing", customer).stdout)

    def test_rules_are_checked_compared_applied_and_rolled_back(self):
        tool = harness.Tool(self.shared, "other")
        first = self.file("first", RULES)
        second = self.file("second", RULES.replace("of the test", "another"))
        run = lambda *a, **k: self.run_tool("rules", *a, tool=tool, **k)
        self.assertIn("1 rules", run("check", first).stdout)
        run("show", code=NO)
        run("diff", first, code=NO)
        self.assertIn("revision 1", run("apply", first).stdout)
        self.assertEqual(run("show").stdout, RULES)
        self.assertEqual(run("diff", first).stdout, "")
        diff = run("diff", second, code=NO).stdout
        self.assertIn('-name: "of the test"', diff)
        self.assertIn('+name: "another"', diff)
        run("apply", second, "--expected_revision", 0, code=NO)
        run("apply", second, "--expected_revision", 1, "--comment", "why not")
        run("rollback", 1, "--comment", "no good")
        self.assertEqual(run("show").stdout, RULES)
        self.assertEqual(run("show", 2).stdout, second.read_text())
        history = run("history").stdout
        for word in ("why not", "back to 1", "other-admin", "another"):
            self.assertIn(word, history)
        listed = self.json_of("rules", "history", "--limit", "2", tool=tool)
        self.assertEqual([one["revision"] for one in listed], ["3", "2"])
        shown = self.json_of("rules", "show", "2", tool=tool)[0]
        self.assertEqual(shown["text"], second.read_text())

    def test_wrong_rules_are_named_with_file_line_and_column(self):
        wrong = self.file("wrong", RULES.replace('"31d"', '"soon"'))
        said = self.run_tool("rules", "check", wrong, code=NO).stdout
        self.assertRegex(said, rf"(?m)^{re.escape(str(wrong))}:2:\d+: .*window")
        told = self.json_of("rules", "check", wrong, code=NO)[0]
        self.assertEqual(told["problems"][0]["line"], 2)
        before = self.admin.status().rule_set_revision
        said = self.run_tool("rules", "apply", wrong, code=NO).stderr
        self.assertIn("window", said)
        self.assertEqual(self.admin.status().rule_set_revision, before)
        self.run_tool("rules", "check", "-", stdin="rules {", code=NO)

    def test_decisions_are_listed_and_shown(self):
        customer = new_id("c")
        decisions = [
            self.submit(customer, "--body", "a secret") for _ in range(3)
        ]
        listed = self.json_of(
            *shlex.split("decisions list --since 1h --verdict throttle,hold"),
            "--customer",
            customer,
        )
        self.assertEqual([one["decision"] for one in listed], decisions[2:])
        table = self.run_tool("decisions", "list", "--customer", customer)
        self.assertEqual(table.stdout.count(customer), 3)
        self.assertIn("THROTTLE", table.stdout)
        limited = self.json_of(
            "decisions", "list", "--customer", customer, "--limit", "2"
        )
        self.assertEqual(
            [one["decision"] for one in limited], decisions[:0:-1]
        )
        key = decisions[2]["sequence"]
        shown = self.run_tool("decisions", "show", key).stdout
        for word in ("third", "THROTTLE", customer):
            self.assertIn(word, shown)
        self.assertNotIn("a secret", shown)
        shown = self.run_tool("decisions", "show", key, "--text").stdout
        self.assertIn("a secret", shown)
        by_id = self.json_of("decisions", "show", decisions[2]["eventId"])[0]
        self.assertEqual(by_id["decision"], decisions[2])
        self.run_tool("decisions", "show", key, "--event", code=NO)

    def test_a_customer_is_shown(self):
        customer = new_id("c")
        for _ in range(3):
            self.submit(customer)
        told, *timeline = self.json_of("customers", "show", customer)
        self.assertEqual(told["customerId"], customer)
        self.assertEqual((told["opened"], told["notAllowed"]), ("3", "1"))
        self.assertEqual(len(timeline), 3)
        shown = self.run_tool("customers", "show", customer, "--limit", 1)
        self.assertIn(customer, shown.stdout)
        self.assertIn("THROTTLE", shown.stdout)

    def test_status_is_told(self):
        told = self.json_of("status")[0]
        self.assertTrue(told["writable"])
        self.assertEqual(told["tenant"], "acme")
        shown = self.run_tool("status").stdout
        for word in ("acme", "of the test", "journal", "latency"):
            self.assertIn(word, shown)

    def test_a_new_token_opens_the_door(self):
        made = self.json_of(
            *shlex.split("token new --name kim --tenant acme --role operator")
        )[0]
        digest = hashlib.sha256(made["token"].encode()).hexdigest()
        self.assertEqual(made["sha256"], digest)
        other = self.json_of("token", "new")[0]
        self.assertNotEqual(made["token"], other["token"])
        server = self.server()
        path = server.write_configuration()
        path.write_text(path.read_text() + made["configuration"])
        server.write_configuration = lambda **_: path
        server.start()
        tool = harness.Tool(server)
        tool.environment["LEVEE_TOKEN"] = made["token"]
        self.assertEqual(self.json_of("status", tool=tool)[0]["tenant"], "acme")


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
        5: ('{"eventId": 7}', "eventId"),
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
    os.environ.setdefault("TZ", "UTC")
    unittest.main()
