"""The operators' services through Python's grpcio and the stubs that protoc
makes: RuleService, DecisionService, CustomerService and AdminService.
"""

import time
import unittest

import grpc

import harness
from harness import bytes_of, event, timestamp
from python_client_test import RULES, THREE_LINKS


class OperatorTest(harness.TestCase):
    """What operators look at and change."""

    def setUp(self):
        self.shared = self.server().start()
        self.operator = self.caller(self.shared, role="operator")

    def test_rule_sets_are_checked_applied_listed_and_rolled_back(self):
        pb2 = harness.rule_service_pb2
        rules = self.operator.rules
        with self.assert_refused(grpc.StatusCode.NOT_FOUND):
            rules.GetRuleSet(pb2.GetRuleSetRequest())
        checked = rules.CheckRuleSet(pb2.CheckRuleSetRequest(text=RULES))
        self.assertEqual(len(checked.problems), 0)
        self.assertEqual((checked.rules, checked.leaves), (2, 2))
        self.assertEqual(self.operator.status().rule_set_revision, 0)

        first = self.operator.apply_rules(
            RULES, comment="first", expected_revision=0
        )
        self.assertEqual(first.revision, 1)
        self.assertEqual(first.name, "test rules")
        self.assertEqual(first.author, "acme-operator")
        other = RULES.replace("test rules", "other rules")
        second = self.operator.apply_rules(other, comment="second")
        self.assertEqual(second.revision, 2)
        back = rules.Rollback(
            pb2.RollbackRequest(revision=1, comment="no good")
        ).revision
        self.assertEqual((back.revision, back.rolled_back_to), (3, 1))

        in_force = rules.GetRuleSet(pb2.GetRuleSetRequest()).revision
        self.assertEqual(in_force.text, RULES)
        self.assertEqual(in_force.revision, 3)
        listed = rules.ListRevisions(pb2.ListRevisionsRequest()).revisions
        self.assertEqual(
            [(r.revision, r.comment, r.text) for r in listed],
            [(3, "no good", ""), (2, "second", ""), (1, "first", "")],
        )
        status = self.operator.status()
        self.assertEqual(status.rule_set_revision, 3)
        self.assertEqual(status.rule_set_name, "test rules")

    def test_revisions_are_listed_in_pages(self):
        pb2 = harness.rule_service_pb2
        for i in range(5):
            self.operator.apply_rules(RULES, comment=str(i))
        seen, token = [], ""
        while True:
            response = self.operator.rules.ListRevisions(
                pb2.ListRevisionsRequest(page_size=2, page_token=token)
            )
            self.assertLessEqual(len(response.revisions), 2)
            seen += [revision.revision for revision in response.revisions]
            token = response.next_page_token
            if not token:
                break
        self.assertEqual(seen, [5, 4, 3, 2, 1])

    def test_an_applied_rule_set_decides_the_next_event_with_the_past(self):
        for _ in range(5):
            decision = self.operator.submit(event())
            self.assertEqual(decision.verdict, harness.ALLOW)
            self.assertEqual(decision.rule_set_revision, 0)
        self.operator.apply_rules(RULES)
        decision = self.operator.submit(event())
        self.assertEqual(decision.verdict, harness.THROTTLE)
        self.assertEqual(decision.rule_set_revision, 1)
        self.assertEqual(decision.findings[0].evidence[0].value, 6)

    def test_a_set_in_shadow_finds_and_changes_nothing(self):
        self.operator.apply_rules("shadow: true\n" + RULES)
        decisions = [self.operator.submit(event()) for _ in range(3)]
        self.assertEqual(decisions[2].verdict, harness.ALLOW)
        (finding,) = decisions[2].findings
        self.assertEqual(finding.mode, harness.decision_pb2.MODE_SHADOW)
        self.assertTrue(self.operator.status().rule_set_shadow)

    def test_a_decision_is_kept_with_what_it_was_about(self):
        one = event(
            agent_id="agent-9",
            subject="No network",
            body="Since noon.",
            occurred_at=timestamp(time.time() - 5),
        )
        one.source.ip = "::ffff:192.0.2.7"
        one.source.email = "Someone@Example.com"
        one.source.device_id = "browser-1"
        decision = self.operator.submit(one)
        for key in (
            {"event_id": one.event_id},
            {"sequence": decision.sequence},
        ):
            with self.subTest(key=key):
                record = self.operator.decision(include_text=True, **key)
                self.assertEqual(bytes_of(record.decision), bytes_of(decision))
                self.assertEqual(record.kind, one.kind)
                self.assertEqual(record.actor, one.actor)
                self.assertEqual(record.customer_id, one.customer_id)
                self.assertEqual(record.ticket_id, one.ticket_id)
                self.assertEqual(record.agent_id, one.agent_id)
                self.assertEqual(record.source.ip, "192.0.2.7")
                self.assertEqual(record.source.email, "someone@example.com")
                self.assertEqual(record.source.device_id, "browser-1")
                self.assertEqual(record.subject, one.subject)
                self.assertEqual(record.body, one.body)
                without = self.operator.decision(**key)
                self.assertEqual((without.subject, without.body), ("", ""))

    def test_decisions_are_listed_by_every_filter(self):
        self.operator.apply_rules(RULES)
        kinds = harness.event_pb2.EventKind.Value
        sent = []
        for i in range(12):
            customer = f"customer-{i % 3}"
            kind = ("OPENED", "OPENED", "CUSTOMER_REPLIED", "CLOSED")[i % 4]
            one = event(kind, customer_id=customer, ticket_id=f"t-{i % 2}")
            if i == 8:
                one.body = THREE_LINKS
            sent.append((one, self.operator.submit(one)))

        def found(rule_id):
            return lambda e, d: rule_id in [f.rule_id for f in d.findings]

        half = sent[6][1].decided_at
        cases = {
            "nothing": ({}, lambda e, d: True),
            "customer": (
                {"customer_id": "customer-1"},
                lambda e, d: e.customer_id == "customer-1",
            ),
            "ticket": (
                {"ticket_id": "t-0"},
                lambda e, d: e.ticket_id == "t-0",
            ),
            "verdicts": (
                {"verdicts": [harness.HOLD, harness.THROTTLE]},
                lambda e, d: d.verdict in (harness.HOLD, harness.THROTTLE),
            ),
            "rule": ({"rule_id": "many-links"}, found("many-links")),
            "category": ({"category": 4}, found("third-opening")),
            "kinds": (
                {"kinds": ["EVENT_KIND_CLOSED"]},
                lambda e, d: e.kind == kinds("EVENT_KIND_CLOSED"),
            ),
            "since": (
                {"since": half},
                lambda e, d: d.decided_at.ToNanoseconds()
                >= half.ToNanoseconds(),
            ),
            "until": (
                {"until": half},
                lambda e, d: d.decided_at.ToNanoseconds()
                < half.ToNanoseconds(),
            ),
            "customer and kind": (
                {
                    "customer_id": "customer-2",
                    "kinds": ["EVENT_KIND_OPENED"],
                },
                lambda e, d: e.customer_id == "customer-2"
                and e.kind == kinds("EVENT_KIND_OPENED"),
            ),
            "nobody": ({"customer_id": "nobody"}, lambda e, d: False),
            "no rule": ({"rule_id": "none"}, lambda e, d: False),
        }
        for what, (filters, matches) in cases.items():
            expected = [
                d.sequence for e, d in reversed(sent) if matches(e, d)
            ]
            with self.subTest(filter=what):
                listed = self.operator.list_decisions(**filters)
                self.assertEqual(
                    [record.decision.sequence for record in listed], expected
                )

    def test_pages_of_decisions_join_without_loss(self):
        sent = [self.operator.submit(event()).sequence for _ in range(11)]
        for filters in ({}, {"customer_id": "customer-1"}):
            seen, token, pages = [], "", 0
            while True:
                response = self.operator.decisions.ListDecisions(
                    harness.decision_service_pb2.ListDecisionsRequest(
                        page_size=3, page_token=token, **filters
                    )
                )
                self.assertLessEqual(len(response.records), 3)
                seen += [r.decision.sequence for r in response.records]
                pages += 1
                token = response.next_page_token
                if not token:
                    break
                # What comes meanwhile moves no page.
                self.operator.submit(event(customer_id="another"))
            with self.subTest(filters=filters):
                own = [sequence for sequence in seen if sequence in sent]
                self.assertEqual(own, sent[::-1])
                self.assertEqual(len(seen), len(set(seen)))
                self.assertGreaterEqual(pages, 4)

    def test_a_customer_has_totals_and_a_timeline(self):
        self.operator.apply_rules(RULES)
        decisions = [self.operator.submit(event()) for _ in range(3)]
        for kind in ("CUSTOMER_REPLIED", "REOPENED", "REOPENED"):
            decisions.append(
                self.operator.submit(event(kind, ticket_id="ticket"))
            )
        decisions.append(
            self.operator.submit(
                event("AGENT_REPLIED", "AGENT", ticket_id="ticket")
            )
        )
        response = self.operator.customer("customer-1")
        customer = response.customer
        self.assertEqual(customer.customer_id, "customer-1")
        self.assertEqual(
            (
                customer.opened,
                customer.replied,
                customer.reopened,
                customer.not_allowed,
            ),
            (3, 1, 2, 1),
        )
        self.assertEqual(customer.first_seen_at, decisions[0].effective_at)
        self.assertEqual(customer.last_seen_at, decisions[-1].effective_at)
        self.assertEqual(
            [record.decision.sequence for record in response.timeline],
            [decision.sequence for decision in reversed(decisions)],
        )
        self.assertEqual(response.next_page_token, "")

    def test_a_timeline_is_read_in_pages(self):
        sent = [self.operator.submit(event()).sequence for _ in range(7)]
        seen, token = [], ""
        while True:
            response = self.operator.customers.GetCustomer(
                harness.customer_service_pb2.GetCustomerRequest(
                    customer_id="customer-1", page_size=2, page_token=token
                )
            )
            seen += [record.decision.sequence for record in response.timeline]
            token = response.next_page_token
            if not token:
                break
        self.assertEqual(seen, sent[::-1])

    def test_status_counts_what_was_decided(self):
        self.operator.apply_rules(RULES)
        before = self.operator.status()
        self.assertTrue(before.writable)
        self.assertTrue(before.version)
        for _ in range(4):
            self.operator.submit(event())
        after = self.operator.status()
        self.assertEqual(after.decided - before.decided, 4)
        self.assertEqual(after.allowed - before.allowed, 2)
        self.assertEqual(after.throttled - before.throttled, 2)
        self.assertEqual(after.last_sequence - before.last_sequence, 4)
        self.assertEqual(len(after.head_hash), 32)
        self.assertNotEqual(after.head_hash, before.head_hash)
        self.assertEqual(after.first_sequence, 1)
        self.assertEqual(after.queue_capacity, 16384)
        self.assertGreater(after.entities_cached, 0)
        self.assertGreater(after.disk_bytes, 0)
        self.assertGreater(after.latency.max.ToNanoseconds(), 0)
        self.assertLess(
            abs(after.now.ToDatetime().timestamp() - time.time()), 1e6
        )


if __name__ == "__main__":
    unittest.main()
