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


class GuardTest(harness.SharedServerTest):
    """GuardService, as a helpdesk's backend calls it."""

    rules = RULES

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.guard = cls.class_caller(role="helpdesk")

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
        opened, replied = standing.acts
        self.assertEqual(opened.kind, harness.event_pb2.EVENT_KIND_OPENED)
        self.assertEqual(opened.decision.verdict, harness.THROTTLE)
        self.assertTrue(opened.decision.message)
        self.assertGreater(opened.decision.retry_after.seconds, 3500)
        # The rule looks at openings only.
        self.assertEqual(
            replied.kind, harness.event_pb2.EVENT_KIND_CUSTOMER_REPLIED
        )
        self.assertEqual(replied.decision.verdict, harness.ALLOW)
        self.assertEqual(len(standing.restrictions), 0)

    def test_standing_tells_what_the_customer_and_his_address_meet(self):
        customer = new_id("customer")
        own = self.admin.restrict(harness.HOLD, customer_id=customer)
        shared = self.admin.restrict(harness.REJECT, ip="198.51.100.77")
        request = harness.guard_service_pb2.GetStandingRequest(
            customer_id=customer
        )
        self.assert_standing(request, harness.HOLD, [own])
        request.source.ip = "198.51.100.77"
        self.assert_standing(request, harness.REJECT, [own, shared])
        for made in (own, shared):
            self.admin.restrictions.LiftRestriction(
                harness.restriction_service_pb2.LiftRestrictionRequest(
                    id=made.id, reason="over"
                )
            )
        self.assert_standing(request, harness.ALLOW, [])

    def assert_standing(self, request, verdict, restrictions):
        """Each act is answered so, and these are in force."""
        standing = self.guard.guard.GetStanding(request)
        self.assertEqual(
            [act.decision.verdict for act in standing.acts], [verdict] * 2
        )
        self.assertCountEqual(
            [one.id for one in standing.restrictions],
            [one.id for one in restrictions],
        )

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
