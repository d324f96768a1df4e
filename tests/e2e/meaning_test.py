"""Faults that lie in what several fields say together: in an event, in a
batch, in a rule set, in an import.
"""

import itertools
import time
import unittest

import grpc

import harness
from harness import event, new_id, timestamp
from right_requests import CODES, INVALID, RULES, SharedServer

# Who may do what, as event.proto says.
CUSTOMER_SIDE = {"CUSTOMER", "AGENT_ON_BEHALF", "AUTOMATION"}
STAFF = {"AGENT", "AUTOMATION"}
ACTORS = CUSTOMER_SIDE | STAFF
ACTORS_OF_KIND = {
    "OPENED": CUSTOMER_SIDE,
    "CUSTOMER_REPLIED": CUSTOMER_SIDE,
    "AGENT_REPLIED": STAFF,
    "SOLVED": ACTORS,
    "REOPENED": ACTORS,
    "CLOSED": ACTORS,
    "ABUSE_REPORTED": {"AGENT"},
    "WITHDRAWN": STAFF,
}


class MeaningTest(SharedServer):
    """Faults that lie in what several fields say together."""

    def assert_event_refused(self, wrong, code, word):
        sequence = self.last_sequence()
        with self.assert_refused(code, word):
            self.admin.submit(wrong)
        self.assertEqual(self.last_sequence(), sequence, "left a trace")

    def event_of(self, kind, actor, **fields):
        if kind in ("ABUSE_REPORTED", "WITHDRAWN"):
            fields.setdefault("regards_event_id", self.regarded_event_id)
            fields.setdefault("customer_id", "customer-of-base")
        return event(kind, actor, **fields)

    def assert_act_refused(self, call, request, code, *words):
        sequence = self.last_sequence()
        with self.assert_refused(code, *words):
            call(request)
        self.assertEqual(self.last_sequence(), sequence, "left a trace")

    def test_an_act_on_what_is_not_there_is_not_found(self):
        admin = self.admin
        restrictions = harness.restriction_service_pb2
        reviews = harness.review_service_pb2
        incidents = harness.incident_service_pb2
        # No restriction, no review: a decision that let its event through.
        allowed = self.regarded.sequence
        for number in (allowed, 2**63, 2**64 - 1):
            for call, request, word in (
                (
                    admin.restrictions.GetRestriction,
                    restrictions.GetRestrictionRequest(id=number),
                    "id",
                ),
                (
                    admin.restrictions.LiftRestriction,
                    restrictions.LiftRestrictionRequest(
                        id=number, reason="of a test"
                    ),
                    "id",
                ),
                (
                    admin.reviews.GetReview,
                    reviews.GetReviewRequest(id=number),
                    "id",
                ),
                (
                    admin.reviews.ResolveReview,
                    reviews.ResolveReviewRequest(
                        id=number, state="REVIEW_STATE_RELEASED"
                    ),
                    "id",
                ),
                (
                    admin.incidents.EndIncident,
                    incidents.EndIncidentRequest(id=number),
                    "id",
                ),
                (
                    admin.incidents.BeginIncident,
                    incidents.BeginIncidentRequest(
                        proposal_id=number, reason="of a test"
                    ),
                    "proposal_id",
                ),
            ):
                with self.subTest(request=request.DESCRIPTOR.name, id=number):
                    self.assert_act_refused(
                        call,
                        request,
                        grpc.StatusCode.NOT_FOUND,
                        word,
                        str(number),
                    )

    def test_what_is_over_does_not_end_again(self):
        restriction = self.admin.restrict(customer_id=new_id("restricted"))
        for call, request in (
            (
                self.admin.restrictions.LiftRestriction,
                harness.restriction_service_pb2.LiftRestrictionRequest(
                    id=restriction.id, reason="of a test"
                ),
            ),
            (
                self.admin.reviews.ResolveReview,
                harness.review_service_pb2.ResolveReviewRequest(
                    id=self.admin.hold().id, state="REVIEW_STATE_CONFIRMED"
                ),
            ),
            (
                self.admin.incidents.EndIncident,
                harness.incident_service_pb2.EndIncidentRequest(
                    id=self.admin.begin_incident().id
                ),
            ),
        ):
            with self.subTest(request=request.DESCRIPTOR.name):
                call(request)
                self.assert_act_refused(
                    call,
                    request,
                    grpc.StatusCode.FAILED_PRECONDITION,
                    "id",
                    "already",
                )

    def test_the_table_of_actors_is_complete(self):
        kinds = harness.event_pb2.EventKind.keys()
        named = {f"EVENT_KIND_{kind}" for kind in ACTORS_OF_KIND}
        self.assertEqual(named | {"EVENT_KIND_UNSPECIFIED"}, set(kinds))
        actors = {f"ACTOR_{actor}" for actor in ACTORS}
        self.assertEqual(
            actors | {"ACTOR_UNSPECIFIED"}, set(harness.event_pb2.Actor.keys())
        )

    def test_each_kind_is_done_by_its_actors_only(self):
        for kind, actor in itertools.product(ACTORS_OF_KIND, sorted(ACTORS)):
            one = self.event_of(kind, actor)
            with self.subTest(kind=kind, actor=actor):
                if actor in ACTORS_OF_KIND[kind]:
                    self.assertGreater(self.admin.submit(one).sequence, 0)
                else:
                    self.assert_event_refused(one, INVALID, "event.actor")

    def test_staff_must_be_named(self):
        for kind, actor in (
            ("AGENT_REPLIED", "AGENT"),
            ("OPENED", "AGENT_ON_BEHALF"),
        ):
            one = event(kind, actor)
            one.ClearField("agent_id")
            with self.subTest(kind=kind, actor=actor):
                self.assert_event_refused(one, INVALID, "event.agent_id")

    def test_fields_of_some_kinds_are_errors_elsewhere(self):
        elsewhere = {
            "provides_solution": (True, {"AGENT_REPLIED"}),
            "not_abuse": (True, {"ABUSE_REPORTED"}),
            "regards_event_id": (
                self.regarded_event_id,
                {"ABUSE_REPORTED", "WITHDRAWN"},
            ),
        }
        for field, (value, kinds) in elsewhere.items():
            for kind in sorted(set(ACTORS_OF_KIND) - kinds):
                actor = sorted(ACTORS_OF_KIND[kind])[0]
                one = self.event_of(kind, actor, **{field: value})
                with self.subTest(field=field, kind=kind):
                    self.assert_event_refused(one, INVALID, f"event.{field}")

    def test_what_regards_an_event_must_name_one(self):
        for kind in ("ABUSE_REPORTED", "WITHDRAWN"):
            one = self.event_of(kind, "AGENT")
            one.ClearField("regards_event_id")
            with self.subTest(kind=kind):
                self.assert_event_refused(
                    one, INVALID, "event.regards_event_id"
                )

    def test_the_regarded_event_must_be_one_of_the_customers(self):
        precondition = grpc.StatusCode.FAILED_PRECONDITION
        for kind in ("ABUSE_REPORTED", "WITHDRAWN"):
            nobodys = self.event_of(kind, "AGENT", regards_event_id="nothing")
            others = self.event_of(kind, "AGENT", customer_id="someone-else")
            for what, one in (("nobody's", nobodys), ("another's", others)):
                with self.subTest(kind=kind, regards=what):
                    self.assert_event_refused(
                        one, precondition, "regards_event_id"
                    )

    def test_a_refused_event_makes_nobody_known(self):
        stranger = new_id("stranger")
        one = event(
            "WITHDRAWN",
            "AGENT",
            customer_id=stranger,
            regards_event_id=self.regarded_event_id,
        )
        precondition = grpc.StatusCode.FAILED_PRECONDITION
        self.assert_event_refused(one, precondition, "regards_event_id")
        self.assert_goes_on()
        request = harness.guard_service_pb2.GetStandingRequest(
            customer_id=stranger
        )
        self.assertFalse(self.admin.guard.GetStanding(request).known)
        with self.assert_refused(grpc.StatusCode.NOT_FOUND):
            self.admin.customer(stranger)

    def test_an_attribute_stands_once(self):
        one = event()
        one.attributes.add(key="plan", text="a")
        one.attributes.add(key="os", text="b")
        one.attributes.add(key="plan", text="c")
        self.assert_event_refused(one, INVALID, "event.attributes[2].key")

    def test_the_second_event_of_a_batch_is_named(self):
        good, wrong = event(), event(customer_id="")
        request = harness.guard_service_pb2.SubmitStreamRequest(
            events=[good, wrong, event()]
        )
        (response,) = self.admin.guard.SubmitStream(iter([request]))
        kinds = [result.WhichOneof("result") for result in response.results]
        self.assertEqual(kinds, ["decision", "error", "decision"])
        error = response.results[1].error
        self.assertEqual(CODES[error.code], INVALID)
        self.assertIn("events[1].customer_id", error.message)

    def test_an_id_with_other_content_is_refused(self):
        one = event(subject="one")
        self.admin.submit(one)
        one.subject = "another"
        self.assert_event_refused(
            one, grpc.StatusCode.ALREADY_EXISTS, "event_id"
        )

    def test_a_wrong_rule_set_is_refused_whole(self):
        nested = "not { " * 10_000 + "} " * 10_000
        wrong = {
            "syntax": ("rules {\n  id: 7\n}", "2:"),
            "two problems": (
                RULES.replace('"31d"', '"soon"') + RULES,
                "window",
            ),
            "the second of them": (
                RULES.replace('"31d"', '"soon"') + RULES,
                "many-openings",
            ),
            "nesting": (f"rules {{ when {{ {nested} }} }}", "1:"),
            "only openings of messages": ("rules { " * 100_000, "1:"),
            "bytes": ("\x00\x01\x02", "1:"),
            "an unfinished string": ('name: "', "1:"),
        }
        for what, (text, word) in wrong.items():
            sequence = self.last_sequence()
            with self.subTest(wrong=what):
                with self.assert_refused(INVALID, word):
                    self.admin.apply_rules(text)
                request = harness.rule_service_pb2.CheckRuleSetRequest(
                    text=text
                )
                problems = self.admin.rules.CheckRuleSet(request).problems
                self.assertTrue(problems)
                self.assertGreaterEqual(problems[0].line, 1)
                self.assertGreaterEqual(problems[0].column, 1)
                self.assertEqual(self.last_sequence(), sequence)
        self.assert_goes_on()

    def test_a_revision_that_is_not_in_force_is_refused(self):
        precondition = grpc.StatusCode.FAILED_PRECONDITION
        sequence = self.last_sequence()
        with self.assert_refused(precondition, "expected_revision"):
            self.admin.apply_rules(RULES, expected_revision=999)
        self.assertEqual(self.last_sequence(), sequence)

    def test_what_is_not_there_is_not_found(self):
        rules = harness.rule_service_pb2
        asks = {
            "decision by sequence": lambda: self.admin.decision(
                sequence=10**9
            ),
            "decision by id": lambda: self.admin.decision(event_id="none"),
            "customer": lambda: self.admin.customer("nobody"),
            "rule set": lambda: self.admin.rules.GetRuleSet(
                rules.GetRuleSetRequest(revision=999)
            ),
            "rollback": lambda: self.admin.rules.Rollback(
                rules.RollbackRequest(revision=999)
            ),
        }
        sequence = self.last_sequence()
        for what, ask in asks.items():
            with self.subTest(what=what):
                with self.assert_refused(grpc.StatusCode.NOT_FOUND):
                    ask()
        self.assertEqual(self.last_sequence(), sequence)

    # The order of an import's requests.

    def import_outcome(self, *parts):
        requests = []
        for part in parts:
            request = harness.history_service_pb2.ImportRequest()
            if isinstance(part, str):
                request.start.import_id = part
            else:
                position, events = part
                request.events.position = position
                request.events.events.extend(events)
            requests.append(request.SerializeToString())
        return self.outcome("HistoryService.Import", requests)

    def test_an_import_begins_with_its_name(self):
        past = event(occurred_at=timestamp(time.time() - 60))
        sequence = self.last_sequence()
        code, message = self.import_outcome((0, [past]))
        self.assertEqual(code, INVALID, message)
        self.assertIn("start", message)
        self.assertEqual(self.last_sequence(), sequence)

    def test_an_import_has_one_name(self):
        code, message = self.import_outcome(new_id(), new_id())
        self.assertEqual(code, INVALID, message)
        self.assertIn("start", message)

    def test_an_import_goes_on_from_its_position_only(self):
        past = event(occurred_at=timestamp(time.time() - 60))
        sequence = self.last_sequence()
        for position in (1, 7, 2**64 - 1):
            with self.subTest(position=position):
                code, message = self.import_outcome(
                    new_id(), (position, [past])
                )
                self.assertIn(
                    code,
                    (
                        INVALID,
                        grpc.StatusCode.ABORTED,
                        grpc.StatusCode.FAILED_PRECONDITION,
                    ),
                    message,
                )
                self.assertIn("position", message)
                self.assertEqual(self.last_sequence(), sequence)

    def test_an_imported_event_needs_its_time(self):
        sequence = self.newest_decision()
        code, message = self.import_outcome(new_id(), (0, [event()]))
        self.assertEqual(code, INVALID, message)
        self.assertIn("occurred_at", message)
        self.assertEqual(self.newest_decision(), sequence)

    def test_an_import_is_sorted_by_time(self):
        later = event(occurred_at=timestamp(time.time() - 60))
        sooner = event(occurred_at=timestamp(time.time() - 120))
        code, message = self.import_outcome(new_id(), (0, [later, sooner]))
        self.assertEqual(code, INVALID, message)
        self.assertIn("occurred_at", message)
        with self.assert_refused(grpc.StatusCode.NOT_FOUND):
            self.admin.decision(event_id=sooner.event_id)
        self.admin.decision(event_id=later.event_id)


if __name__ == "__main__":
    unittest.main()
