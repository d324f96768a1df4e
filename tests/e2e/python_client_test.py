"""A client that no one here wrote: Python's grpcio with the stubs that protoc
makes from proto/levee/v1, against every service; the standard health and
reflection services, too.
"""

import time
import unittest

import grpc
from google.protobuf import descriptor_pb2

import harness
from harness import bytes_of, event, new_id, timestamp

RULES = """\
name: "test rules"
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
  then { verdict: VERDICT_THROTTLE }
  messages { language: "en" text: "Please come back in {retry_after}." }
  messages { language: "zh" text: "\N{CJK UNIFIED IDEOGRAPH-8BF7}" }
}
rules {
  id: "many-links"
  category: CATEGORY_PROMOTION
  on: EVENT_KIND_OPENED
  when { text { links_at_least: 3 } }
  then { verdict: VERDICT_HOLD }
}
"""

THREE_LINKS = "http://a.example http://b.example https://c.example/x"


class GuardTest(harness.TestCase):
    """GuardService, as a helpdesk's backend calls it."""

    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch_server(cls)
        cls.admin = cls.shared.caller()
        cls.guard = cls.shared.caller(role="helpdesk")
        for caller in (cls.admin, cls.guard):
            cls.addClassCleanup(caller.close)
        cls.admin.apply_rules(RULES)

    def openings(self, count, **fields):
        """Submits openings of a new customer; the decisions."""
        fields.setdefault("customer_id", new_id("customer"))
        return [
            self.guard.submit(event(**fields)) for _ in range(count)
        ]

    def test_a_refusal_is_data(self):
        first, second, third = self.openings(3)
        self.assertEqual(first.verdict, harness.ALLOW)
        self.assertEqual(second.verdict, harness.ALLOW)
        self.assertEqual(third.verdict, harness.THROTTLE)
        (finding,) = third.findings
        self.assertEqual(finding.rule_id, "third-opening")
        (evidence,) = finding.evidence
        self.assertEqual((evidence.value, evidence.threshold), (3, 3))
        self.assertTrue(evidence.label)

    def test_a_throttled_customer_is_told_when_to_come_back(self):
        *_, third = self.openings(3)
        seconds = third.retry_after.ToTimedelta().total_seconds()
        self.assertGreater(seconds, 3500)
        self.assertLessEqual(seconds, 3601)
        self.assertTrue(third.message.startswith("Please come back in "))
        self.assertNotIn("{", third.message)
        free = third.findings[0].evidence[0].free_again_at.ToDatetime()
        wait = free - third.effective_at.ToDatetime()
        self.assertAlmostEqual(wait.total_seconds(), seconds, delta=1)

    def test_a_customer_is_answered_in_his_language(self):
        chinese = "\N{CJK UNIFIED IDEOGRAPH-8BF7}"
        for language, begin in (
            ("zh", chinese),
            ("zh-CN", chinese),
            ("en-GB", "Please"),
            ("fr", "Please"),
            ("", "Please"),
        ):
            with self.subTest(language=language):
                *_, third = self.openings(3, language=language)
                self.assertTrue(third.message.startswith(begin), third.message)

    def test_an_allowed_event_has_no_message(self):
        (decision,) = self.openings(1)
        self.assertEqual(decision.message, "")
        self.assertEqual(len(decision.findings), 0)
        self.assertFalse(decision.HasField("retry_after"))

    def test_text_is_judged(self):
        (decision,) = self.openings(1, body=THREE_LINKS)
        self.assertEqual(decision.verdict, harness.HOLD)
        self.assertEqual(decision.findings[0].evidence[0].value, 3)

    def test_the_strongest_verdict_wins_and_all_findings_are_named(self):
        customer = new_id("customer")
        self.openings(2, customer_id=customer)
        (third,) = self.openings(1, customer_id=customer, body=THREE_LINKS)
        self.assertEqual(third.verdict, harness.HOLD)
        self.assertEqual(
            [finding.rule_id for finding in third.findings],
            ["third-opening", "many-links"],
        )

    def test_only_customers_are_judged(self):
        customer = new_id("customer")
        for _ in range(4):
            decision = self.guard.submit(
                event("OPENED", "AGENT_ON_BEHALF", customer_id=customer)
            )
            self.assertEqual(decision.verdict, harness.ALLOW)
            self.assertEqual(
                decision.exemption, harness.decision_pb2.EXEMPTION_NOT_JUDGED
            )
        # Nor do they count against him.
        (own,) = self.openings(1, customer_id=customer)
        self.assertEqual(own.verdict, harness.ALLOW)

    def test_the_same_id_with_the_same_content_gets_the_same_decision(self):
        for kind in ("first", "refused"):
            customer = new_id("customer")
            if kind == "refused":
                self.openings(2, customer_id=customer)
            one = event(customer_id=customer, body="the same")
            first = self.guard.submit(one)
            again = self.guard.submit(one)
            with self.subTest(kind=kind):
                self.assertEqual(bytes_of(first), bytes_of(again))
        last = self.openings(1, customer_id=customer)
        self.assertEqual(last[0].findings[0].evidence[0].value, 4)

    def test_the_same_id_with_other_content_is_refused(self):
        one = event(body="one")
        self.guard.submit(one)
        changes = {
            "body": "another",
            "subject": "new",
            "customer_id": "someone-else",
            "ticket_id": "another-ticket",
            "language": "zh",
            "department": "sales",
        }
        for field, value in changes.items():
            changed = event(event_id=one.event_id)
            changed.CopyFrom(one)
            setattr(changed, field, value)
            with self.subTest(field=field):
                with self.assert_refused(grpc.StatusCode.ALREADY_EXISTS):
                    self.guard.submit(changed)

    def test_the_same_id_twice_in_one_batch_counts_once(self):
        one = event(customer_id=new_id("customer"))
        other = event(event_id=one.event_id, customer_id=one.customer_id)
        other.ticket_id = "another"
        request = harness.guard_service_pb2.SubmitStreamRequest(
            events=[one, one, other]
        )
        (response,) = self.guard.guard.SubmitStream(iter([request]))
        first, second, third = response.results
        self.assertEqual(bytes_of(first.decision), bytes_of(second.decision))
        self.assertEqual(
            third.error.code, grpc.StatusCode.ALREADY_EXISTS.value[0]
        )
        customer = self.admin.customer(one.customer_id).customer
        self.assertEqual(customer.opened, 1)

    def test_a_stream_answers_each_batch_in_order(self):
        batches = [
            [event(customer_id=f"stream-{i}") for i in range(size)]
            for size in (1, 256, 17, 64)
        ]
        requests = [
            harness.guard_service_pb2.SubmitStreamRequest(events=batch)
            for batch in batches
        ]
        responses = list(self.guard.guard.SubmitStream(iter(requests)))
        self.assertEqual(len(responses), len(batches))
        sequence = 0
        for batch, response in zip(batches, responses):
            for one, result in zip(batch, response.results, strict=True):
                self.assertEqual(result.decision.event_id, one.event_id)
                self.assertGreater(result.decision.sequence, sequence)
                sequence = result.decision.sequence

    def test_a_preview_decides_and_records_nothing(self):
        customer = new_id("customer")
        self.openings(2, customer_id=customer)
        before = self.admin.status().last_sequence
        one = event(customer_id=customer)
        request = harness.guard_service_pb2.PreviewRequest(event=one)
        previews = [self.guard.guard.Preview(request) for _ in range(3)]
        for preview in previews:
            self.assertEqual(preview.decision.verdict, harness.THROTTLE)
            self.assertEqual(preview.decision.sequence, 0)
            self.assertEqual(
                preview.decision.findings[0].evidence[0].value, 3
            )
        self.assertEqual(self.admin.status().last_sequence, before)
        submitted = self.guard.submit(one)
        self.assertEqual(submitted.findings[0].evidence[0].value, 3)
        self.assertEqual(self.admin.customer(customer).customer.opened, 3)

    def test_a_preview_needs_no_event_id_and_knows_no_one_afterwards(self):
        stranger = new_id("stranger")
        one = event(customer_id=stranger)
        one.event_id = ""
        request = harness.guard_service_pb2.PreviewRequest(event=one)
        decision = self.guard.guard.Preview(request).decision
        self.assertEqual(decision.verdict, harness.ALLOW)
        with self.assert_refused(grpc.StatusCode.NOT_FOUND):
            self.admin.customer(stranger)

    def test_standing_tells_what_an_opening_would_be_answered(self):
        customer = new_id("customer")
        request = harness.guard_service_pb2.GetStandingRequest(
            customer_id=customer, language="zh"
        )
        standing = self.guard.guard.GetStanding(request)
        self.assertFalse(standing.known)
        self.openings(2, customer_id=customer)
        standing = self.guard.guard.GetStanding(request)
        self.assertTrue(standing.known)
        (act,) = standing.acts
        self.assertEqual(act.kind, harness.event_pb2.EVENT_KIND_OPENED)
        self.assertEqual(act.decision.verdict, harness.THROTTLE)
        self.assertTrue(act.decision.message)
        self.assertGreater(act.decision.retry_after.seconds, 3500)

    def test_a_late_event_counts_when_it_happened(self):
        customer = new_id("customer")
        hour = 3600
        ages = (20 * hour, 15 * hour, 10 * hour, 5 * hour)
        for age in ages:
            decision = self.guard.submit(
                event(
                    customer_id=customer,
                    occurred_at=timestamp(time.time() - age),
                )
            )
            self.assertEqual(decision.verdict, harness.ALLOW, age)

    def test_an_event_of_last_week_counts_a_day_ago(self):
        decision = self.guard.submit(
            event(occurred_at=timestamp(time.time() - 7 * 86400))
        )
        late = (
            decision.decided_at.ToDatetime()
            - decision.effective_at.ToDatetime()
        )
        self.assertAlmostEqual(late.total_seconds(), 86400, delta=1)

    def test_an_event_of_tomorrow_counts_now(self):
        decision = self.guard.submit(
            event(occurred_at=timestamp(time.time() + 86400))
        )
        self.assertEqual(decision.effective_at, decision.decided_at)

    def test_a_withdrawn_event_no_longer_counts(self):
        customer = new_id("customer")
        mistake = event(customer_id=customer)
        self.guard.submit(mistake)
        self.openings(1, customer_id=customer)
        self.guard.submit(
            event(
                "WITHDRAWN",
                "AGENT",
                customer_id=customer,
                ticket_id=mistake.ticket_id,
                regards_event_id=mistake.event_id,
            )
        )
        (third,) = self.openings(1, customer_id=customer)
        self.assertEqual(third.verdict, harness.ALLOW)
        (fourth,) = self.openings(1, customer_id=customer)
        self.assertEqual(fourth.findings[0].evidence[0].value, 3)


class HistoryTest(harness.TestCase):
    """HistoryService."""

    def setUp(self):
        self.shared = self.server().start()
        self.admin = self.caller(self.shared)
        self.admin.apply_rules(RULES)

    def run_import(self, import_id, events, position=0, size=10):
        """Imports the events from `position`; the responses."""
        pb2 = harness.history_service_pb2

        def requests():
            first = pb2.ImportRequest()
            first.start.import_id = import_id
            yield first
            for at in range(position, len(events), size):
                request = pb2.ImportRequest()
                request.events.position = at
                request.events.events.extend(events[at : at + size])
                yield request

        return list(harness.in_turns(self.admin.history.Import, requests()))

    def past(self, count, step_s=600, begin_s=1_500_000_000, **fields):
        return [
            event(occurred_at=timestamp(begin_s + i * step_s), **fields)
            for i in range(count)
        ]

    def test_history_counts_at_its_own_time(self):
        events = self.past(30, step_s=1200, customer_id="regular")
        begun, *responses = self.run_import("slow", events)
        self.assertEqual(begun.position, 0)
        self.assertEqual([r.position for r in responses], [10, 20, 30])
        decisions = [r.decision for one in responses for r in one.results]
        # Three in an hour, every time but the first two.
        self.assertEqual(
            [d.verdict for d in decisions],
            [harness.ALLOW] * 2 + [harness.THROTTLE] * 28,
        )
        for one, decision in zip(events, decisions, strict=True):
            self.assertEqual(decision.effective_at, one.occurred_at)
        # What happened in 2017 keeps nobody from opening a ticket today.
        today = self.admin.submit(event(customer_id="regular"))
        self.assertEqual(today.verdict, harness.ALLOW)

    def test_an_import_run_again_counts_nothing_twice(self):
        events = self.past(25)
        self.run_import("again", events)
        before = self.admin.status().last_sequence
        (begun,) = self.run_import("again", events, position=25)
        self.assertEqual(begun.position, 25)
        self.assertEqual(self.admin.status().last_sequence, before)
        self.assertEqual(
            self.admin.customer("customer-1").customer.opened, 25
        )

    def test_an_import_goes_on_where_it_was_broken_off(self):
        events = self.past(25)
        self.run_import("broken", events[:10])
        begun, *rest = self.run_import("broken", events, position=10)
        self.assertEqual(begun.position, 10)
        self.assertEqual(rest[-1].position, 25)
        self.assertEqual(
            self.admin.customer("customer-1").customer.opened, 25
        )

    def test_an_event_in_error_is_passed_over_and_takes_its_place(self):
        events = self.past(3)
        events[1].ticket_id = ""
        _, response = self.run_import("holes", events)
        kinds = [result.WhichOneof("result") for result in response.results]
        self.assertEqual(kinds, ["decision", "error", "decision"])
        self.assertIn("ticket_id", response.results[1].error.message)
        self.assertEqual(response.position, 3)
        self.assertEqual(self.admin.customer("customer-1").customer.opened, 2)

    def test_a_record_names_its_import(self):
        events = self.past(1)
        _, response = self.run_import("named", events)
        sequence = response.results[0].decision.sequence
        record = self.admin.decision(sequence=sequence)
        self.assertEqual(record.import_id, "named")
        live = self.admin.submit(event())
        self.assertEqual(
            self.admin.decision(sequence=live.sequence).import_id, ""
        )


class OperatorTest(harness.TestCase):
    """RuleService, DecisionService, CustomerService, AdminService."""

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


class StandardServicesTest(harness.TestCase):
    """Health and reflection, as any tool of the trade speaks them."""

    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch_server(cls)
        cls.channel = grpc.insecure_channel(cls.shared.address)
        cls.addClassCleanup(cls.channel.close)

    def health(self, service):
        pb2 = harness.standard_pb2
        check = self.channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=pb2.HealthCheckResponse.FromString,
        )
        return check(
            pb2.HealthCheckRequest(service=service),
            timeout=harness.PATIENCE_S,
        ).status

    def reflect(self, **fields):
        pb2 = harness.standard_pb2
        info = self.channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            request_serializer=pb2.ReflectionRequest.SerializeToString,
            response_deserializer=pb2.ReflectionResponse.FromString,
        )
        request = pb2.ReflectionRequest(**fields)
        (response,) = info(iter([request]), timeout=harness.PATIENCE_S)
        return response

    def test_health_is_serving(self):
        self.assertEqual(self.health(""), 1)
        self.assertEqual(self.health("levee.v1.GuardService"), 1)

    def test_reflection_lists_every_service(self):
        listed = self.reflect(list_services="").services.service
        names = {service.name for service in listed}
        ours = {
            method.containing_service.full_name
            for method in harness.METHODS.values()
        }
        self.assertLessEqual(ours, names)
        self.assertIn("grpc.health.v1.Health", names)

    def test_reflection_describes_each_method_as_the_protos_do(self):
        for method in harness.METHODS.values():
            service = method.containing_service
            response = self.reflect(file_containing_symbol=service.full_name)
            files = [
                descriptor_pb2.FileDescriptorProto.FromString(file)
                for file in response.file_descriptors.file_descriptor_proto
            ]
            with self.subTest(method=method.full_name):
                described = {
                    (one.name, one.input_type, one.output_type)
                    for file in files
                    for of in file.service
                    if of.name == service.name
                    for one in of.method
                }
                self.assertIn(
                    (
                        method.name,
                        f".{method.input_type.full_name}",
                        f".{method.output_type.full_name}",
                    ),
                    described,
                )

    def test_an_unknown_method_is_unimplemented(self):
        call = self.channel.unary_unary("/levee.v1.GuardService/Nothing")
        with self.assert_refused(grpc.StatusCode.UNIMPLEMENTED):
            call(b"", timeout=harness.PATIENCE_S)


if __name__ == "__main__":
    unittest.main()
