"""What operators and the helpdesk do beside events, with the tool and a real
store: restrictions that outlive a crash, reviews and their watch, incidents,
entitlements, and the journal that tells of all of them.
"""

import datetime
import json
import shlex
import time
import unittest

import harness
from harness import new_id, wait_for
from tool_test_case import NO, VERDICTS, ToolRunner

RULES = """\
name: "of the test"
rules {
  id: "insult"
  category: CATEGORY_INSULT
  on: EVENT_KIND_OPENED
  when { text { pattern: "idiots" } }
  then { verdict: VERDICT_HOLD }
}
rules {
  id: "third-opening"
  category: CATEGORY_BOMBING
  on: EVENT_KIND_OPENED
  when {
    rate {
      per: SUBJECT_CUSTOMER
      kinds: EVENT_KIND_OPENED
      window: "1h"
      at_least: 3
    }
  }
  then {
    verdict: VERDICT_THROTTLE
    restrict { subject: SUBJECT_CUSTOMER duration: "2h" }
  }
}
rules {
  id: "crowd"
  category: CATEGORY_BOMBING
  on: EVENT_KIND_OPENED
  when {
    rate {
      per: SUBJECT_IP
      kinds: EVENT_KIND_OPENED
      window: "1h"
      at_least: 3
      distinct: DISTINCT_CUSTOMERS
    }
  }
  then { verdict: VERDICT_REJECT }
}
"""


class ActTest(ToolRunner):
    """Each with a server of its own, which may be killed."""

    def setUp(self):
        self.leveed = self.server().start()
        self.connect()
        self.run_tool("rules", "apply", "-", stdin=RULES)

    def connect(self):
        """The tools, for the server where it listens now."""
        self.tool = harness.Tool(self.leveed, role="operator")
        self.helpdesk = harness.Tool(self.leveed, role="helpdesk")

    def crash(self):
        """SIGKILL, and a start on the same port."""
        self.leveed.kill()
        self.leveed.start(listen=self.leveed.address)
        self.connect()

    def submit(self, customer, *more, verdict="ALLOW"):
        """Opens a ticket, which must be answered so: the decision."""
        (decision,) = self.json_of(
            "submit",
            "--customer",
            customer,
            "--ticket",
            new_id("t"),
            "--exit_verdict",
            *more,
            tool=self.helpdesk,
            code=VERDICTS[verdict],
        )
        self.assertEqual(decision["verdict"], f"VERDICT_{verdict}")
        return decision

    def hold(self, customer):
        """An opening that waits for a person: the id of its review."""
        return self.submit(customer, "--body", "idiots", verdict="HOLD")[
            "sequence"
        ]

    def restrict(self, customer, reason):
        (made,) = self.json_of(
            *shlex.split("restrictions add --verdict reject --for 36h"),
            "--customer",
            customer,
            "--reason",
            reason,
        )
        return made

    def acts(self, *filters):
        """What the journal tells beside decisions, the oldest first."""
        listed = self.json_of("decisions", "list", "--acts", *filters)
        sequences = [
            int(one["sequence"] if "what" in one else
                one["decision"]["sequence"])
            for one in listed
        ]
        self.assertEqual(sequences, sorted(sequences, reverse=True))
        return [one for one in reversed(listed) if "what" in one]

    def assert_acts(self, acts, expected):
        """They are these: (author, beginning of what, reason, customer)."""
        self.assertEqual(len(acts), len(expected), acts)
        for act, (author, what, reason, customer) in zip(acts, expected):
            with self.subTest(what=what):
                self.assertEqual(act.get("author", ""), author)
                self.assertTrue(act["what"].startswith(what), act["what"])
                self.assertEqual(act.get("reason", ""), reason)
                self.assertEqual(act.get("customerId", ""), customer)


class RestrictionTest(ActTest):
    def test_an_operators_restriction_outlives_a_crash_until_it_is_lifted(self):
        made = self.restrict("c-17", "threatened an agent")
        self.assertEqual(made["subject"], {"customerId": "c-17"})
        self.assertEqual(made["scope"], "RESTRICTION_SCOPE_ALL_MESSAGES")
        self.assertEqual(made["author"], "acme-operator")
        self.assertEqual(made["reason"], "threatened an agent")
        self.assert_in_force(made, "c-17")
        self.crash()
        self.assert_in_force(made, "c-17")

        (lifted,) = self.json_of(
            "restrictions", "lift", made["id"], "--reason", "a mistake"
        )
        self.assertEqual(lifted["liftedBy"], "acme-operator")
        self.assertEqual(lifted["liftReason"], "a mistake")
        # What he tried meanwhile does not count against him either.
        self.submit("c-17")
        self.assertEqual(self.listed(), [])
        self.crash()
        self.submit("c-17")
        shown = self.run_tool("restrictions", "show", made["id"]).stdout
        for word in ("threatened an agent", "acme-operator", "a mistake"):
            self.assertIn(word, shown)
        again = self.run_tool(
            "restrictions", "lift", made["id"], "--reason", "twice", code=NO
        )
        self.assertIn("over already", again.stderr)

        lift = f"lifted restriction {made['id']} on CUSTOMER c-17"
        self.assert_acts(
            self.acts("--customer", "c-17"),
            [
                (
                    "acme-operator",
                    "restricted CUSTOMER c-17: REJECT until ",
                    "threatened an agent",
                    "c-17",
                ),
                ("acme-operator", lift, "a mistake", "c-17"),
            ],
        )

    def test_a_rules_restriction_outlives_a_crash(self):
        self.submit("c-18")
        self.submit("c-18")
        decision = self.submit("c-18", verdict="THROTTLE")
        (made,) = self.listed("--rule", "third-opening")
        self.assertEqual(decision["made"], [made["id"]])
        self.assertEqual(made["subject"], {"customerId": "c-18"})
        self.assertEqual(made["ruleId"], "third-opening")
        self.assertNotIn("author", made)
        self.crash()
        self.assertEqual(self.listed(), [made])
        self.assertEqual(self.listed("--by_operators"), [])
        # The rule looks at openings only, its restriction at all.
        decision = self.submit(
            "c-18", "--kind", "customer_replied", verdict="THROTTLE"
        )
        self.assertEqual([one["id"] for one in decision["met"]], [made["id"]])
        # The decision tells who made it: it is no act.
        self.assert_acts(self.acts(), [])

    def listed(self, *filters):
        return self.json_of("restrictions", "list", *filters)

    def assert_in_force(self, made, customer):
        """The restriction rejects, is listed, and is shown."""
        decision = self.submit(customer, verdict="REJECT")
        self.assertEqual([one["id"] for one in decision["met"]], [made["id"]])
        self.assertEqual(self.listed("--customer", customer), [made])
        self.assertEqual(self.listed("--by_operators"), [made])
        self.assertEqual(
            self.json_of("restrictions", "show", made["id"]), [made]
        )
        for arguments in (["list"], ["show", made["id"]]):
            shown = self.run_tool("restrictions", *arguments).stdout
            for word in (customer, "REJECT", made["author"], made["reason"]):
                self.assertIn(word, shown)
        (told,) = self.json_of("standing", customer, tool=self.helpdesk)
        self.assertEqual(told["restrictions"], [made])


class ReviewTest(ActTest):
    def test_a_release_is_told_to_who_watches(self):
        first, second, third = (self.hold(f"c-{i}") for i in range(3))
        self.assertEqual(self.open_reviews(), [first, second, third])
        self.resolve("release", first, "before anybody watched")
        watch = _Watch(self, "--after", "0")
        # Once it tells of the past, it hears what comes.
        watch.wait_for_lines(1)
        self.resolve("release", second, "a real outage")
        self.resolve("confirm", third, "the same again")
        told = watch.wait_for_lines(3)
        self.assertEqual(
            [(one["id"], one["state"], one["reason"]) for one in told],
            [
                (first, "REVIEW_STATE_RELEASED", "before anybody watched"),
                (second, "REVIEW_STATE_RELEASED", "a real outage"),
                (third, "REVIEW_STATE_CONFIRMED", "the same again"),
            ],
        )
        for one in told:
            self.assertEqual(one["resolvedBy"], "acme-operator")
            self.assertEqual(one["ruleId"], "insult")
        self.assertEqual(self.open_reviews(), [])
        (precision,) = self.json_of("rules", "precision")
        self.assertEqual(precision["released"], "2")
        self.assertEqual(precision["confirmed"], "1")
        self.assert_acts(
            self.acts(),
            [
                (
                    "acme-operator",
                    f"released review {first}",
                    "before anybody watched",
                    "c-0",
                ),
                (
                    "acme-operator",
                    f"released review {second}",
                    "a real outage",
                    "c-1",
                ),
                (
                    "acme-operator",
                    f"confirmed review {third}",
                    "the same again",
                    "c-2",
                ),
            ],
        )

    def test_a_watch_goes_on_after_a_crash(self):
        first, second = self.hold("c-1"), self.hold("c-2")
        self.resolve("release", first, "the first")
        watch = _Watch(self, "--after", "0")
        watch.wait_for_lines(1)
        self.crash()
        self.assertEqual(self.open_reviews(), [second])
        self.resolve("release", second, "the second")
        told = watch.wait_for_lines(2)
        self.assertEqual([one["id"] for one in told], [first, second])

    def test_a_watch_tells_a_long_past(self):
        """Longer than what is looked through at once: 50,000 entries."""
        held = [self.hold(f"c-{i}") for i in range(3)]
        self.resolve("release", held[0], "")
        self.resolve("release", held[1], "")
        past = self.scratch() / "past.jsonl"
        with open(past, "w", encoding="utf-8") as lines:
            for i in range(51_000):
                event = {
                    "eventId": f"past-{i}",
                    "kind": "EVENT_KIND_CLOSED",
                    "actor": "ACTOR_AUTOMATION",
                    "customerId": "past",
                    "ticketId": "past",
                    "occurredAt": f"2026-01-01T00:00:{i // 1000:02}Z",
                }
                lines.write(json.dumps(event) + "\n")
        self.run_tool("import", str(past))
        self.resolve("confirm", held[2], "")
        told = _Watch(self, "--after", "0").wait_for_lines(3)
        self.assertEqual([one["id"] for one in told], held)

    def test_a_withdrawal_is_told_where_it_ends_a_review(self):
        for event_id in ("confirmed", "open"):
            self.submit(
                "c-1", "--event_id", event_id, "--body", "idiots",
                verdict="HOLD",
            )
        first, second = self.open_reviews()
        watch = _Watch(self, "--after", "0")
        self.resolve("confirm", first, "")
        watch.wait_for_lines(1)
        for event_id in ("confirmed", "open"):
            self.json_of(
                "submit", "--kind", "withdrawn", "--actor", "agent",
                "--agent", "kim", "--customer", "c-1", "--ticket", "any",
                "--regards", event_id, tool=self.helpdesk,
            )
        told = watch.wait_for_lines(2)
        self.assertEqual(
            [(one["id"], one["state"]) for one in told],
            [
                (first, "REVIEW_STATE_CONFIRMED"),
                (second, "REVIEW_STATE_WITHDRAWN"),
            ],
        )
        last = [int(one["resolvedSequence"]) for one in told]
        self.assertEqual(last, sorted(last))

    def test_acts_count_towards_the_page(self):
        for i in range(5):
            self.restrict(f"c-{i}", "spam")
        self.assertEqual(len(self.acts("--limit", "2")), 2)
        self.assertEqual(len(self.acts()), 5)

    def test_what_was_released_no_longer_counts(self):
        self.submit("c-1")
        held = self.hold("c-1")
        self.resolve("release", held, "he was right")
        # The third opening, of which two count.
        self.submit("c-1")
        self.submit("c-1", verdict="THROTTLE")

    def open_reviews(self):
        listed = self.json_of("reviews", "list")
        table = self.run_tool("reviews", "list").stdout
        for one in listed:
            self.assertIn(one["customerId"], table)
        return [one["id"] for one in listed]

    def resolve(self, verb, review, reason):
        self.run_tool("reviews", verb, review, "--reason", reason)


class IncidentTest(ActTest):
    def test_a_crowd_is_let_through_while_an_incident_runs(self):
        crowd = ("--ip", "203.0.113.7")
        self.submit("c-1", *crowd)
        self.submit("c-2", *crowd)
        self.submit("c-3", *crowd, verdict="REJECT")
        (begun,) = self.json_of(
            *shlex.split("incidents begin --for 4h --reason 'fibre cut'")
        )
        self.assertTrue(begun["running"])
        self.assertEqual(begun["author"], "acme-operator")
        decision = self.submit("c-4", *crowd)
        self.assertEqual(decision["exemption"], "EXEMPTION_INCIDENT")
        self.assertEqual(decision["incidentId"], begun["id"])
        self.crash()
        self.assertEqual(
            self.json_of("incidents", "list", "--running"), [begun]
        )
        (ended,) = self.json_of(
            "incidents", "end", begun["id"], "--reason", "it is mended"
        )
        self.assertFalse(ended.get("running", False))
        self.assertEqual(ended["endedBy"], "acme-operator")
        self.assertEqual(ended["endReason"], "it is mended")
        self.assertEqual(self.json_of("incidents", "list", "--running"), [])
        self.assertEqual(self.json_of("incidents", "list"), [ended])
        self.submit("c-5", *crowd, verdict="REJECT")
        self.assert_acts(
            self.acts(),
            [
                (
                    "acme-operator",
                    "began an incident for the whole desk",
                    "fibre cut",
                    "",
                ),
                (
                    "acme-operator",
                    f"ended incident {begun['id']}",
                    "it is mended",
                    "",
                ),
            ],
        )


    def test_an_outage_that_nobody_declared_is_proposed(self):
        with self.leveed.caller() as caller:
            proposal = str(caller.see_an_outage().id)
        self.crash()
        shown = self.run_tool("incidents", "proposals").stdout
        self.assertIn("40 tickets in 15 minutes", shown)
        (begun,) = self.json_of(
            *shlex.split("incidents begin --reason 'it is one' --proposal"),
            proposal,
        )
        self.assertEqual(begun["proposalId"], proposal)
        self.assert_acts(
            self.acts(),
            [
                ("", "proposed an incident", "", ""),
                (
                    "acme-operator",
                    "began an incident for the whole desk",
                    "it is one",
                    "",
                ),
            ],
        )


class AllowanceTest(ActTest):
    def test_an_entitlement_granted_twice_lets_one_opening_through(self):
        for verdict in ("ALLOW", "ALLOW", "THROTTLE"):
            self.submit("c-1", verdict=verdict)
        first, second = self.entitle("c-1"), self.entitle("c-1")
        self.assertEqual(first, second)
        self.crash()
        self.assertEqual(self.entitle("c-1"), first)
        self.submit("c-1", verdict="THROTTLE")
        self.submit("c-1", "--reference", "other", verdict="THROTTLE")
        decision = self.submit("c-1", "--reference", "r-9")
        self.assertEqual(decision["exemption"], "EXEMPTION_ENTITLEMENT")
        self.submit("c-1", "--reference", "r-9", verdict="THROTTLE")
        refused = self.run_tool(
            *self.grant("c-1"), tool=self.helpdesk, code=NO
        )
        self.assertIn("a ticket has used it", refused.stderr)
        self.assert_acts(
            self.acts(),
            [
                (
                    "acme-helpdesk",
                    "granted an entitlement until ",
                    "address replaced",
                    "c-1",
                )
            ],
        )

    def test_an_exempt_customer_passes_until_it_is_taken_back(self):
        for verdict in ("ALLOW", "ALLOW", "THROTTLE"):
            self.submit("c-1", verdict=verdict)
        self.run_tool(
            *shlex.split("customers exempt c-1 --for 7d --reason migrates")
        )
        self.crash()
        decision = self.submit("c-1")
        self.assertEqual(decision["exemption"], "EXEMPTION_CUSTOMER")
        self.run_tool(*shlex.split("customers clear c-1 --reason done"))
        self.submit("c-1", verdict="THROTTLE")
        self.assert_acts(
            self.acts(),
            [
                ("acme-operator", "exempt until ", "migrates", "c-1"),
                (
                    "acme-operator",
                    "nothing beyond the rules any more",
                    "done",
                    "c-1",
                ),
            ],
        )

    def setUp(self):
        super().setUp()
        tomorrow = datetime.datetime.fromtimestamp(
            int(time.time()) + 86400, datetime.timezone.utc
        )
        self.until = tomorrow.strftime("%Y-%m-%dT%H:%M:%SZ")

    def entitle(self, customer):
        """Entitles him to an opening until tomorrow; the id."""
        (granted,) = self.json_of(*self.grant(customer), tool=self.helpdesk)
        return granted["id"]

    def grant(self, customer):
        return [
            "customers",
            "entitle",
            customer,
            *shlex.split("--reference r-9 --reason 'address replaced'"),
            "--until",
            self.until,
        ]


class _Watch:
    """`levee reviews watch` in the background, as the helpdesk's backend."""

    def __init__(self, test, *arguments):
        directory = test.scratch()
        self._out = directory / "out"
        self._log = directory / "log"
        with open(self._out, "w") as out, open(self._log, "w") as log:
            self._process = test.helpdesk.spawn(
                "reviews",
                "watch",
                "-o",
                "json",
                *arguments,
                stdout=out,
                stderr=log,
            )
        test.addCleanup(self._process.wait, harness.PATIENCE_S)
        test.addCleanup(self._process.kill)

    def wait_for_lines(self, count):
        """The reviews that it told, once there are so many."""
        wait_for(
            lambda: self._told() >= count or self._process.poll() is not None,
            f"{count} reviews to be told",
        )
        if self._process.poll() is not None:
            raise RuntimeError("the watch ended:\n" + self._log.read_text())
        lines = self._out.read_text().splitlines()
        if len(lines) > count:
            raise AssertionError(f"{count} reviews expected: {lines}")
        return [json.loads(line) for line in lines]

    def _told(self):
        return self._out.read_text().count("\n")


if __name__ == "__main__":
    unittest.main()
