"""`levee`, the operators' tool: every command, its JSON, its exit codes, and
what it says to wrong input.
"""

import hashlib
import json
import re
import shlex
import unittest

import harness
from harness import event, new_id
from tool_test_case import (
    DENIED,
    INTERRUPTED,
    NO,
    OK,
    RULES,
    UNREACHABLE,
    USAGE,
    ToolTest,
)

# Every command. One that `levee --help` lists and this does not fails.
COMMANDS = {
    "submit": (),
    "preview": (),
    "standing": (),
    "import": (),
    "load": (),
    "rules": (
        "show",
        "check",
        "diff",
        "apply",
        "history",
        "rollback",
        "shadow",
        "precision",
    ),
    "decisions": ("list", "show"),
    "customers": ("show", "entitle", "exempt", "limits", "clear"),
    "restrictions": ("list", "show", "add", "lift", "import"),
    "reviews": ("list", "show", "release", "confirm", "watch"),
    "incidents": ("begin", "end", "list", "proposals"),
    "campaigns": ("list", "show", "hold", "undo"),
    "text": (),
    "status": (),
    "token": ("new",),
    "version": (),
}


def paths():
    for noun, verbs in COMMANDS.items():
        yield (noun,)
        for verb in verbs:
            yield (noun, verb)


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
            ["customers", "entitle", "c", "--for", "1h"],
            ["customers", "entitle", "c", "--reference", "r"],
            ["customers", "exempt", "c", "--for", "1h"],
            ["customers", "exempt", "c", "--reason", "r"],
            [*shlex.split("customers limits c --for 1h --reason r --times 1")],
            [*shlex.split("customers limits c --for 1h --reason r")],
            ["customers", "clear", "c"],
            ["rules", "shadow"],
            ["rules", "shadow", "maybe"],
            ["restrictions"],
            ["restrictions", "list", "--ip", "1.2"],
            ["restrictions", "list", "--limit", "0"],
            ["restrictions", "show", "0"],
            ["restrictions", "lift", "1"],
            *(
                ["restrictions", "add", *shlex.split(flags)]
                for flags in (
                    "--verdict reject --for 1h --reason r",
                    "--customer c --ip 192.0.2.1 --verdict reject --for 1h "
                    "--reason r",
                    "--customer c --for 1h --reason r",
                    "--customer c --verdict allow --for 1h --reason r",
                    "--customer c --verdict reject --reason r",
                    "--customer c --verdict reject --for 1h",
                    "--customer c --verdict reject --for soon --reason r",
                    "--customer c --verdict reject --until 2001-01-01 "
                    "--reason r",
                    "--customer c --verdict reject --for 1h --until "
                    "2100-01-01 --reason r",
                    "--customer c --verdict reject --for 1h --reason r "
                    "--scope maybe",
                    "--ip_prefix 192.0.2.0/25 --verdict reject --for 1h "
                    "--reason r",
                )
            ),
            ["restrictions", "import", "/nowhere/file.jsonl"],
            ["reviews"],
            ["reviews", "list", "--category", "maybe"],
            ["reviews", "release"],
            ["reviews", "confirm", "one"],
            ["reviews", "watch", "--after", "one"],
            ["incidents", "begin", "--for", "1h"],
            ["incidents", "begin", "--for", "soon", "--reason", "r"],
            ["incidents", "end"],
            ["campaigns"],
            ["campaigns", "list", "--since", "soon"],
            ["campaigns", "show", "one"],
            ["campaigns", "hold", "7", "--reason", "r"],
            ["campaigns", "undo", "7"],
            ["text"],
            ["text", "x", "--header", "no header"],
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
            ("restrictions", "show", "999"): "999",
            ("restrictions", "lift", "999", "--reason", "r"): "999",
            ("reviews", "show", "999"): "999",
            ("reviews", "release", "999"): "999",
            ("reviews", "confirm", "998", "999"): "999",
            ("incidents", "end", "999"): "999",
            ("campaigns", "show", "999"): "999",
            ("campaigns", "undo", "999", "--reason", "r"): "999",
            tuple(
                shlex.split("campaigns hold 999 --for 1h --reason r")
            ): "999",
            ("text", "x", "--subject", "x" * 4097): "subject",
            ("incidents", "begin", "--reason", "r", "--proposal", "999"): (
                "proposal_id"
            ),
            ("incidents", "begin", "--reason", "r", "--for", "32d"): "until",
            tuple(
                shlex.split("customers entitle c --reference r --for 367d")
            ): "until",
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
            ["restrictions", "list"],
            ["reviews", "list"],
            ["incidents", "list"],
            ["campaigns", "list"],
            ["text", "x"],
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
        for arguments in (
            ["status"],
            ["rules", "show"],
            ["decisions", "list"],
            ["restrictions", "list"],
            ["reviews", "list"],
            ["incidents", "list"],
            ["campaigns", "list"],
            ["text", "x"],
            ["customers", "clear", "c", "--reason", "r"],
        ):
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
        self.assertRegex(said, rf"(?m)^{re.escape(str(wrong))}:2:\d+: .*window")
        self.assertEqual(self.admin.status().rule_set_revision, before)
        self.run_tool("rules", "check", "-", stdin="rules {", code=NO)

    def test_rules_without_a_rule_are_applied_only_where_it_is_asked_for(self):
        tool = harness.Tool(self.server().start())
        run = lambda *a, **k: self.run_tool("rules", *a, tool=tool, **k)
        run("apply", "-", stdin=RULES)
        for text in ("", "# nothing\n", 'name: "empty"\n'):
            with self.subTest(text=text):
                said = run("apply", "-", stdin=text, code=NO).stderr
                self.assertIn("--allow_empty", said)
                self.assertEqual(run("show").stdout, RULES)
        run("apply", "-", "--allow_empty", stdin='name: "empty"\n')
        self.assertEqual(run("show").stdout, 'name: "empty"\n')

    def test_rules_are_put_in_shadow_and_out_of_it(self):
        tool = harness.Tool(self.server().start())
        run = lambda *a, **k: self.run_tool("rules", *a, tool=tool, **k)
        run("apply", "-", stdin=RULES)
        run("shadow", "on", "--comment", "looking into it")
        customer = ["--customer", "c", "--ticket", "t"]
        decisions = [
            self.json_of("submit", *customer, tool=tool)[0] for _ in range(3)
        ]
        self.assertEqual(decisions[2]["verdict"], "VERDICT_ALLOW")
        self.assertEqual(decisions[2]["exemption"], "EXEMPTION_SHADOW_SET")
        self.assertIn("looking into it", run("history").stdout)
        # What is applied meanwhile stays in it.
        run("apply", "-", stdin=RULES.replace("of the test", "another"))
        self.assertTrue(self.json_of("status", tool=tool)[0]["ruleSetShadow"])
        run("shadow", "off")
        told = self.json_of("submit", *customer, tool=tool)[0]
        self.assertEqual(told["verdict"], "VERDICT_THROTTLE")
        revisions = self.json_of("rules", "history", tool=tool)
        self.assertEqual(
            [one.get("shadow", False) for one in revisions],
            [False, True, True, False],
        )

    def test_a_customers_limits_are_raised(self):
        customer = new_id("c")
        flags = ["--for", "7d", "--reason", "a reseller"]
        self.run_tool("customers", "limits", customer, "--times", 2, *flags)
        for _ in range(5):
            self.assertEqual(self.submit(customer)["verdict"], "VERDICT_ALLOW")
        self.assertEqual(self.submit(customer)["verdict"], "VERDICT_THROTTLE")
        told = self.json_of("customers", "show", customer)[0]
        self.assertEqual(told["override"]["limitsTimes"], 2)

    def test_restrictions_are_imported(self):
        path = self.file(
            "block.csv",
            "subject,value,verdict,for,reason\n"
            "ip,198.51.100.9,reject,7d,bombs us\n"
            "ip,198.51.100.999,reject,7d,no address\n"
            "customer,c-imported,hold,36h,a threat\n",
        )
        told = self.json_of("restrictions", "import", path)[0]
        self.assertEqual((told["added"], told["badRows"]), (2, 1))
        self.run_tool("restrictions", "import", path, "--strict", code=NO)
        for flags in (
            ["--ip", "198.51.100.9"],
            ["--customer", "c-imported"],
        ):
            listed = self.json_of("restrictions", "list", *flags)
            self.assertEqual(len(listed), 1)
        decision = self.submit("c-imported")
        self.assertEqual(decision["verdict"], "VERDICT_HOLD")

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

    def test_the_status_of_an_empty_store_is_told(self):
        tool = harness.Tool(self.server().start())
        shown = self.run_tool("status", tool=tool).stdout
        self.assertRegex(shown, r"(?m)^journal +no entries$")

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


if __name__ == "__main__":
    unittest.main()
