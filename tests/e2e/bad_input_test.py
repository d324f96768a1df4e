"""Every fault that can hit a field of a request, made from the descriptors.

For each method there are requests that are right and together set every field
(right_requests.py). Each fault damages one of them in one place. It must be
answered with the right code and a message that names the place, leave no
trace in the store, and leave a server that goes on.
"""

import random
import unittest

import grpc

import harness
import limits
from harness import new_id
from right_requests import INVALID, SharedServer, full_event


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
                    self.assertEqual(code, INVALID, message)
                    self.assertIn("at most 4194304", message)
                    self.assertEqual(self.last_sequence(), sequence)
            self.assert_goes_on()

    def test_a_text_at_its_limit_is_taken(self):
        full = full_event()
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
