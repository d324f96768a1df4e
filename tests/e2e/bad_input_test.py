"""Every fault that can hit a field of a request, made from the descriptors.

For each method there are requests that are right (BASES) and together set
every field. Each fault damages one of them in one place. It must be answered
with the right code and a message that names the place, leave no trace in the
store, and leave a server that goes on.
"""

import itertools
import random
import time
import unittest

import grpc

import harness
import limits
from harness import event, new_id, timestamp

INVALID = grpc.StatusCode.INVALID_ARGUMENT
CODES = {code.value[0]: code for code in grpc.StatusCode}

RULES = harness.rate_rule("many-openings", at_least=60)


class Base:
    """A request that is right. `before`: the stream's requests ahead of it."""

    def __init__(self, request, before=()):
        self.request = request
        self.before = tuple(before)
        # Whether the requests ahead of it leave a trace themselves.
        self.keeps_something = len(self.before) > 1


def _full_event(**fields):
    """An opening that sets every field that an opening may."""
    full = event(
        customer_id="customer-of-base",
        agent_id="agent-2",
        subject="No network since noon",
        body="Since noon 203.0.113.9 does not answer.",
        department="network",
        reference="203.0.113.9",
        language="en",
        occurred_at=timestamp(time.time() - 60),
        account_created_at=timestamp(time.time() - 90 * 86400),
        **fields,
    )
    full.source.ip = "203.0.113.9"
    full.source.email = "someone@example.com"
    full.source.device_id = "browser-1"
    full.attributes.add(key="plan", text="vps-2")
    return full


def _number_event():
    """Like _full_event; its first attribute is a number."""
    numbered = _full_event()
    del numbered.attributes[:]
    numbered.attributes.add(key="servers", number=7)
    return numbered


def _solution_event():
    return event(
        "AGENT_REPLIED",
        "AGENT",
        provides_solution=True,
        occurred_at=timestamp(time.time() - 60),
    )


def _report_event(regards):
    return event(
        "ABUSE_REPORTED",
        "AGENT",
        customer_id="customer-of-base",
        regards_event_id=regards,
        not_abuse=True,
        occurred_at=timestamp(time.time() - 60),
    )


class _Bases:
    """Makes requests that are right, with new ids each time."""

    def __init__(self, test):
        self._test = test

    def of(self, method_name):
        make = getattr(self, method_name.replace(".", "_"))
        method = harness.METHODS[method_name]
        request_class = harness.message_class(method.input_type)
        return make(request_class)

    def _events(self):
        regards = self._test.regarded_event_id
        return (
            _full_event(),
            _number_event(),
            _solution_event(),
            _report_event(regards),
        )

    def GuardService_Submit(self, request):
        return [Base(request(event=one)) for one in self._events()]

    def GuardService_SubmitStream(self, request):
        return [Base(request(events=[one])) for one in self._events()]

    def GuardService_Preview(self, request):
        return self.GuardService_Submit(request)

    def GuardService_GetStanding(self, request):
        base = request(customer_id="customer-of-base", language="zh")
        base.source.CopyFrom(_full_event().source)
        return [Base(base)]

    def HistoryService_Import(self, request):
        bases = []
        for one in self._events():
            start = request()
            start.start.import_id = new_id("import")
            bases.append(Base(start))
            events = request()
            events.events.events.append(one)
            bases.append(Base(events, before=[start]))
            # A position other than 0 needs an event ahead of it.
            ahead = request()
            ahead.events.events.append(
                event(occurred_at=timestamp(time.time() - 90))
            )
            later = request()
            later.events.CopyFrom(events.events)
            later.events.events[0].event_id = new_id()
            later.events.position = 1
            later_start = request()
            later_start.start.import_id = new_id("import")
            bases.append(Base(later, before=[later_start, ahead]))
        return bases

    def RuleService_GetRuleSet(self, request):
        return [Base(request(revision=1))]

    def RuleService_CheckRuleSet(self, request):
        return [Base(request(text=RULES))]

    def RuleService_ApplyRuleSet(self, request):
        in_force = self._test.admin.status().rule_set_revision
        return [
            Base(
                request(
                    text=RULES, comment="again", expected_revision=in_force
                )
            )
        ]

    def RuleService_ListRevisions(self, request):
        token = self._test.page_token(request, "RuleService.ListRevisions")
        return [Base(request(page_size=1, page_token=token))]

    def RuleService_Rollback(self, request):
        return [Base(request(revision=1, comment="back"))]

    def DecisionService_GetDecision(self, request):
        return [
            Base(request(sequence=self._test.regarded.sequence)),
            Base(
                request(
                    event_id=self._test.regarded_event_id, include_text=True
                )
            ),
        ]

    def DecisionService_ListDecisions(self, request):
        filters = {
            "page_size": 1,
            "customer_id": "customer-of-base",
            "ticket_id": "ticket-of-base",
            "verdicts": [harness.ALLOW],
            "kinds": ["EVENT_KIND_OPENED"],
            "since": timestamp(time.time() - 3600),
            "until": timestamp(time.time() + 3600),
        }
        token = self._test.page_token(
            request, "DecisionService.ListDecisions", **filters
        )
        return [
            Base(request(page_token=token, **filters)),
            Base(request(rule_id="many-openings", category=4)),
        ]

    def CustomerService_GetCustomer(self, request):
        fields = {"customer_id": "customer-of-base", "page_size": 1}
        token = self._test.page_token(
            request, "CustomerService.GetCustomer", **fields
        )
        return [Base(request(page_token=token, **fields))]

    def AdminService_Status(self, request):
        return [Base(request())]


class SharedServer(harness.TestCase):
    """One server for all tests of a class; each leaves it going."""

    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch_server(cls)
        cls.admin = cls.shared.caller()
        cls.addClassCleanup(cls.admin.close)
        cls.admin.apply_rules(RULES)
        cls.admin.apply_rules(RULES)
        cls.regarded_event_id = new_id("regarded")
        for event_id in (new_id(), cls.regarded_event_id):
            full = _full_event(ticket_id="ticket-of-base")
            full.event_id = event_id
            cls.regarded = cls.admin.submit(full)

    def setUp(self):
        self.bases = _Bases(self)

    # What the tests ask of the server.

    def page_token(self, request_class, method_name, **fields):
        """The token of a second page."""
        request = request_class(**{**fields, "page_size": 1})
        (response,) = self.call(method_name, [request.SerializeToString()])
        method = harness.METHODS[method_name]
        message = harness.message_class(method.output_type)()
        message.ParseFromString(response)
        self.assertTrue(message.next_page_token, f"{method_name}: one page")
        return message.next_page_token

    def call(self, method_name, requests, metadata=None):
        return harness.call_raw(
            self.admin.channel,
            harness.METHODS[method_name],
            requests,
            self.admin.metadata if metadata is None else metadata,
        )

    def outcome(self, method_name, requests, metadata=None):
        """The code and message that the last of the requests came to: that
        of the call, or of the first event of a batch that has an error."""
        try:
            responses = self.call(method_name, requests, metadata)
        except grpc.RpcError as error:
            return error.code(), error.details()
        method = harness.METHODS[method_name]
        if method.client_streaming:
            message = harness.message_class(method.output_type)()
            message.ParseFromString(responses[-1] if responses else b"")
            for result in message.results:
                if result.HasField("error"):
                    error = result.error
                    return CODES[error.code], error.message
        return grpc.StatusCode.OK, ""

    def last_sequence(self):
        return self.admin.status().last_sequence

    def assert_goes_on(self):
        """The server takes a good event and keeps it."""
        before = self.last_sequence()
        decision = self.admin.submit(event())
        self.assertGreater(decision.sequence, before)
        self.assertTrue(self.shared.is_running())

    def assert_refused_request(self, method_name, base, fault):
        """The fault gets INVALID_ARGUMENT, names its place, leaves no
        trace."""
        before = [one.SerializeToString() for one in base.before]
        sequence = self.last_sequence()
        code, message = self.outcome(method_name, [*before, fault.request])
        self.assertEqual(code, INVALID, message)
        self.assertTrue(
            any(name in message for name in fault.names),
            f"{message!r} names none of {fault.names}",
        )
        self.assertEqual(self.last_sequence(), sequence, "left a trace")


class FieldTest(SharedServer):
    """Faults of one field, whatever the others say; made by limits.py."""

    def test_every_field_has_a_limit_and_a_base_that_sets_it(self):
        for method_name, method in harness.METHODS.items():
            bases = self.bases.of(method_name)
            for path, field in limits.walk(method.input_type):
                with self.subTest(method=method_name, field=".".join(path)):
                    self.assertIsNotNone(
                        limits.limit_of(method_name, field),
                        "no row in limits.LIMITS: read the proto, write one",
                    )
                    self.assertTrue(
                        any(limits.is_set(b.request, path) for b in bases),
                        "no base sets it",
                    )
            for path, oneof in limits.oneofs(method.input_type):
                key = f"{oneof.containing_type.name}.{oneof.name}"
                with self.subTest(method=method_name, oneof=key):
                    self.assertIn(key, limits.REQUIRED_ONEOFS)

    def test_the_bases_are_right(self):
        for method_name in harness.METHODS:
            for base in self.bases.of(method_name):
                with self.subTest(method=method_name, base=base.request):
                    requests = [*base.before, base.request]
                    code, message = self.outcome(
                        method_name,
                        [one.SerializeToString() for one in requests],
                    )
                    self.assertEqual(code, grpc.StatusCode.OK, message)

    def test_every_fault_of_every_field_is_named_and_leaves_no_trace(self):
        faults = 0
        for method_name, method in harness.METHODS.items():
            bases = self.bases.of(method_name)
            for path, field in limits.walk(method.input_type):
                base = next(
                    b for b in bases if limits.is_set(b.request, path)
                )
                for fault in limits.faults_at(
                    method_name, base.request, path, field
                ):
                    faults += 1
                    with self.subTest(
                        method=method_name,
                        field=".".join(path),
                        fault=fault.what,
                    ):
                        self.assert_refused_request(method_name, base, fault)
            self.assert_goes_on()
        print(f"{faults} faults in {len(harness.METHODS)} methods")
        self.assertGreater(faults, 500)

    def test_a_oneof_without_a_member_is_named(self):
        for method_name, method in harness.METHODS.items():
            for path, oneof in limits.oneofs(method.input_type):
                for member in oneof.fields:
                    whole = (*path, member.name)
                    base = next(
                        b
                        for b in self.bases.of(method_name)
                        if limits.is_set(b.request, whole)
                    )
                    fault = limits.without(base.request, whole, member)
                    with self.subTest(method=method_name, member=whole):
                        self.assert_refused_request(method_name, base, fault)

    def test_every_prefix_that_is_no_message_is_refused(self):
        for method_name, method in harness.METHODS.items():
            message = harness.message_class(method.input_type)
            for base in self.bases.of(method_name):
                if base.keeps_something:
                    continue
                whole = base.request.SerializeToString()
                for length in _sample(range(1, len(whole)), 60):
                    prefix = whole[:length]
                    if _parses(message, prefix):
                        continue
                    with self.subTest(method=method_name, length=length):
                        fault = limits.Fault(
                            "truncated", prefix, (method.input_type.name,)
                        )
                        self.assert_refused_request(method_name, base, fault)
            self.assert_goes_on()

    def test_damaged_bytes_are_refused(self):
        damaged = {
            "tag 0": b"\x00\x01",
            "a tag without end": b"\xff" * 11,
            "wire type 6": b"\x0e\x01",
            "wire type 7": b"\x0f\x01",
            "a length beyond the end": b"\x0a\xff\xff\xff\xff\x07x",
            "a length beyond all ends": b"\x0a" + b"\xff" * 9 + b"\x01",
            "the end of a group that never began": b"\x0c",
            "a group without end": b"\xa3\x06",
        }
        for method_name, method in harness.METHODS.items():
            for what, request in damaged.items():
                with self.subTest(method=method_name, damage=what):
                    fault = limits.Fault(
                        what, request, (method.input_type.name,)
                    )
                    base = self.bases.of(method_name)[0]
                    self.assert_refused_request(method_name, base, fault)
            self.assert_goes_on()

    def test_deep_nesting_is_refused(self):
        # Field 100 as a group, which nobody knows, 10,000 deep.
        nested = b"\xa3\x06" * 10_000 + b"\xa4\x06" * 10_000
        for method_name, method in harness.METHODS.items():
            for base in self.bases.of(method_name)[:1]:
                whole = base.request.SerializeToString()
                with self.subTest(method=method_name):
                    fault = limits.Fault(
                        "deep", whole + nested, (method.input_type.name,)
                    )
                    self.assert_refused_request(method_name, base, fault)
            self.assert_goes_on()

    def test_ten_megabytes_are_refused(self):
        big = b"x" * 10_000_000
        # Field 1 of every request that has one is a message, a number or a
        # text; field 100 is known to nobody.
        for method_name in harness.METHODS:
            for field in (b"\x0a", b"\xa2\x06"):
                request = field + b"\x80\xad\xe2\x04" + big
                sequence = self.last_sequence()
                with self.subTest(method=method_name, field=field):
                    code, message = self.outcome(method_name, [request])
                    self.assertIn(
                        code,
                        (INVALID, grpc.StatusCode.RESOURCE_EXHAUSTED),
                        message,
                    )
                    self.assertEqual(self.last_sequence(), sequence)
            self.assert_goes_on()

    def test_a_text_at_its_limit_is_taken(self):
        full = _full_event()
        full.subject = "s" * 4096
        full.body = "b" * (1 << 20)
        full.event_id = new_id().ljust(128, "i")
        decision = self.admin.submit(full)
        record = self.admin.decision(
            sequence=decision.sequence, include_text=True
        )
        self.assertEqual(record.subject, full.subject)
        self.assertEqual(record.body, full.body)
        self.assertEqual(record.decision.event_id, full.event_id)

    def test_unknown_fields_of_later_releases_are_passed_over(self):
        later = b"\xa2\x06\x05later"
        for method_name in harness.METHODS:
            base = self.bases.of(method_name)[0]
            requests = [
                *(one.SerializeToString() for one in base.before),
                base.request.SerializeToString() + later,
            ]
            with self.subTest(method=method_name):
                code, message = self.outcome(method_name, requests)
                self.assertEqual(code, grpc.StatusCode.OK, message)

    def test_random_bytes_never_break_the_server(self):
        seed = 7
        random_ = random.Random(seed)
        answers = {
            grpc.StatusCode.OK,
            INVALID,
            grpc.StatusCode.NOT_FOUND,
            grpc.StatusCode.ALREADY_EXISTS,
            grpc.StatusCode.FAILED_PRECONDITION,
            grpc.StatusCode.ABORTED,
            grpc.StatusCode.RESOURCE_EXHAUSTED,
        }
        for method_name in harness.METHODS:
            for base in self.bases.of(method_name):
                whole = base.request.SerializeToString() or b"\x00"
                for _ in range(25):
                    request = bytearray(whole)
                    for _ in range(random_.randint(1, 4)):
                        place = random_.randrange(len(request))
                        request[place] = random_.randrange(256)
                    requests = [
                        *(one.SerializeToString() for one in base.before),
                        bytes(request),
                    ]
                    with self.subTest(
                        method=method_name, seed=seed, request=bytes(request)
                    ):
                        code, message = self.outcome(method_name, requests)
                        self.assertIn(code, answers, message)
            self.assert_goes_on()


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
        sequence = self.last_sequence()
        code, message = self.import_outcome(new_id(), (0, [event()]))
        self.assertEqual(code, INVALID, message)
        self.assertIn("occurred_at", message)
        self.assertEqual(self.last_sequence(), sequence)

    def test_an_import_is_sorted_by_time(self):
        later = event(occurred_at=timestamp(time.time() - 60))
        sooner = event(occurred_at=timestamp(time.time() - 120))
        code, message = self.import_outcome(new_id(), (0, [later, sooner]))
        self.assertEqual(code, INVALID, message)
        self.assertIn("occurred_at", message)
        with self.assert_refused(grpc.StatusCode.NOT_FOUND):
            self.admin.decision(event_id=sooner.event_id)
        self.admin.decision(event_id=later.event_id)


def _sample(numbers, count):
    """About `count` of the numbers, the first and the last among them."""
    numbers = list(numbers)
    step = max(1, len(numbers) // count)
    return sorted({*numbers[::step], *numbers[-1:]})


def _parses(message_class, data):
    try:
        message_class().ParseFromString(data)
    except Exception:  # DecodeError, of whichever implementation
        return False
    return True


if __name__ == "__main__":
    unittest.main()
