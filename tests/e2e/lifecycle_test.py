"""The life of leveed: its configuration, its start, its end, and what it says
when it cannot start.
"""

import pathlib
import shutil
import subprocess
import threading
import time
import unittest

import grpc

import harness
from harness import bytes_of, event, new_id

RULES = harness.rate_rule("many-openings", at_least=60)


class EndTest(harness.TestCase):
    """SIGTERM."""

    def test_sigterm_under_load_finishes_what_was_taken(self):
        server = self.server().start()
        load = _Load(server, threads=6)
        load.wait_for_answers(300)
        self.assertEqual(server.stop(), 0, server.log_tail())
        load.join()
        began = time.monotonic()
        server.start()
        print(f"ready again after {time.monotonic() - began:.2f} s")
        with server.caller() as caller:
            for sent, decision in load.answered:
                kept = caller.decision(event_id=sent.event_id).decision
                self.assertEqual(bytes_of(kept), bytes_of(decision))
            # Taken or refused: nothing was recorded without an answer.
            for sent in load.unanswered:
                with self.assert_refused(grpc.StatusCode.NOT_FOUND):
                    caller.decision(event_id=sent.event_id)
            status = caller.status()
            self.assertEqual(status.last_sequence, len(load.answered))

    def test_after_sigterm_nothing_is_replayed(self):
        server = self.server().start()
        with server.caller() as caller:
            caller.apply_rules(RULES)
            for _ in range(20):
                caller.submit(event())
            last = caller.status().last_sequence
        self.assertEqual(server.stop(), 0)
        server.start()
        with server.caller() as caller:
            status = caller.status()
            self.assertEqual(status.last_sequence, last)
            self.assertEqual(status.replay_from, last + 1)
            self.assertEqual(status.rule_set_revision, 1)
            # It goes on counting where it was.
            decision = caller.submit(event())
            self.assertEqual(decision.sequence, last + 1)
            self.assertEqual(caller.customer("customer-1").customer.opened, 21)

    def test_calls_that_wait_do_not_hold_up_the_end(self):
        server = self.server().start()
        ended = threading.Event()

        def requests():
            yield harness.guard_service_pb2.SubmitStreamRequest(
                events=[event()]
            )
            ended.wait(harness.PATIENCE_S)

        with server.caller() as caller:
            responses = caller.guard.SubmitStream(requests())
            next(responses)
            # The stream is open and idle.
            began = time.monotonic()
            self.assertEqual(server.stop(), 0, server.log_tail())
            self.assertLess(time.monotonic() - began, 20)
            ended.set()

    def test_a_signal_during_the_start_ends_it(self):
        server = self.server()
        server.start()
        self.assertEqual(server.stop(), 0)
        process = server.spawn()
        process.terminate()
        code = process.wait(harness.PATIENCE_S)
        server.process = None
        # By the signal or in order: in both cases the store is whole.
        self.assertIn(code, (0, -15), server.log_tail())
        server.start()


class _Load:
    """Threads that submit until leveed is gone."""

    def __init__(self, server, threads):
        self._server = server
        self._changed = threading.Condition()
        self.answered = []
        self.unanswered = []
        self.errors = []
        self._threads = [
            threading.Thread(target=self._run, daemon=True)
            for _ in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self):
        with self._server.caller() as caller:
            while True:
                sent = event(customer_id=new_id("customer"))
                try:
                    decision = caller.submit(sent)
                except grpc.RpcError as error:
                    with self._changed:
                        self.unanswered.append(sent)
                        if error.code() not in (
                            grpc.StatusCode.UNAVAILABLE,
                            grpc.StatusCode.CANCELLED,
                        ):
                            self.errors.append(error)
                        self._changed.notify_all()
                    return
                with self._changed:
                    self.answered.append((sent, decision))
                    self._changed.notify_all()

    def wait_for_answers(self, count):
        with self._changed:
            enough = self._changed.wait_for(
                lambda: len(self.answered) >= count or self.errors,
                harness.PATIENCE_S,
            )
        if self.errors or not enough:
            raise AssertionError(f"{self.errors} {len(self.answered)} answers")

    def join(self):
        for thread in self._threads:
            thread.join(harness.PATIENCE_S)
        if self.errors:
            raise self.errors[0]


class StoreTest(harness.TestCase):
    """A store that cannot be opened is refused with a sentence that says
    why, and left as it was."""

    def filled(self):
        """A server with some events in its store, ended in order."""
        server = self.server().start()
        with server.caller() as caller:
            caller.apply_rules(RULES)
            for i in range(50):
                caller.submit(
                    event(customer_id=f"customer-{i}", body="text " * 200)
                )
        self.assertEqual(server.stop(), 0)
        return server

    def assert_cannot_start(self, server, *words):
        before = len(server.log_tail(10**9))
        try:
            with self.assertRaises(harness.StartError) as caught:
                server.start()
        finally:
            server.kill()
        said = server.log_tail(10**9)[before:]
        # An exit code of its own making, not a signal.
        self.assertGreater(caught.exception.code, 0, said)
        for word in words:
            self.assertIn(word, said)
        return said

    def test_a_second_opener_is_refused(self):
        server = self.server().start()
        second = harness.Server(
            self.scratch(), data_dir=str(server.data_dir)
        )
        self.addCleanup(second.kill)
        said = self.assert_cannot_start(second, str(server.data_dir))
        self.assertRegex(said, "(?i)another|in use|locked")
        # The first one goes on.
        with server.caller() as caller:
            self.assertEqual(caller.submit(event()).sequence, 1)

    def copies(self, server, kinds):
        """Yields each file of the store that is of one of the kinds, the
        store put back as it was before each."""
        whole = server.directory / "whole"
        shutil.copytree(server.data_dir, whole)
        found = [path for path in whole.rglob("*") if _kind_of(path) in kinds]
        self.assertEqual({_kind_of(path) for path in found}, set(kinds))
        for path in sorted(found):
            _restore(server, whole)
            yield server.data_dir / path.relative_to(whole)
        _restore(server, whole)

    def test_a_store_whose_files_do_not_fit_is_refused(self):
        server = self.filled()
        damage = {"MANIFEST": _flip, "CURRENT": _flip, "sst": _cut}
        for path in self.copies(server, damage):
            with self.subTest(file=path.name):
                damage[_kind_of(path)](path)
                self.assert_cannot_start(server, str(server.data_dir))
        for path in self.copies_without(server):
            with self.subTest(missing=path.name):
                self.assert_cannot_start(server, str(server.data_dir))
        server.start()

    def copies_without(self, server):
        """The same, each time without the file."""
        shutil.rmtree(server.directory / "whole")
        for path in self.copies(server, ("MANIFEST", "CURRENT", "sst")):
            path.unlink()
            yield path

    def test_damage_within_a_file_never_becomes_an_answer(self):
        server = self.filled()
        server.start()
        with server.caller() as caller:
            right = self.answers(caller)
        self.assertEqual(server.stop(), 0)
        self.assertNotIn(grpc.StatusCode.DATA_LOSS, right)
        damaged = 0
        for path in self.copies(server, ("sst",)):
            _flip(path)
            with self.subTest(file=path.name):
                try:
                    server.start()
                except harness.StartError as error:
                    self.assertGreater(error.code, 0)
                    damaged += 1
                    continue
                with server.caller() as caller:
                    for answer, expected in zip(self.answers(caller), right):
                        damaged += answer == grpc.StatusCode.DATA_LOSS
                        if answer != grpc.StatusCode.DATA_LOSS:
                            self.assertEqual(answer, expected)
            server.kill()
        self.assertGreater(damaged, 0, "no damage was met")

    def answers(self, caller):
        """What is told of everything that lies in the store: records, or the
        code of an error."""
        asks = [
            lambda sequence=sequence: caller.decision(
                sequence=sequence, include_text=True
            )
            for sequence in range(2, 52)
        ]
        asks += [
            lambda i=i: caller.customer(f"customer-{i}") for i in range(50)
        ]
        answers = []
        for ask in asks:
            try:
                answers.append(bytes_of(ask()))
            except grpc.RpcError as error:
                answers.append(error.code())
        return answers

    def test_a_journal_whose_end_was_cut_off_is_refused(self):
        server = self.filled()
        older = server.directory / "older"
        shutil.copytree(server.data_dir, older)
        server.start()
        with server.caller() as caller:
            for _ in range(10):
                caller.submit(event())
        self.assertEqual(server.stop(), 0)
        # The signed heads that left the store know of more than it has.
        shutil.rmtree(server.data_dir)
        shutil.copytree(older, server.data_dir)
        said = self.assert_cannot_start(server, "heads.jsonl")
        self.assertRegex(said, "51")

    def test_a_log_damaged_in_its_middle_is_refused(self):
        server = self.server().start()
        with server.caller() as caller:
            for _ in range(50):
                caller.submit(event(body="text " * 200))
        # Killed: what was committed lies in the log still.
        server.kill()
        logs = [p for p in server.data_dir.rglob("*.log") if p.stat().st_size]
        self.assertTrue(logs)
        for path in logs:
            _flip(path)
        self.assert_cannot_start(server, str(server.data_dir))

    def test_what_is_no_store_is_refused(self):
        server = self.server()
        server.data_dir.write_text("a file")
        self.assert_cannot_start(server, str(server.data_dir))
        self.assertEqual(server.data_dir.read_text(), "a file")


def _kind_of(path):
    """What a file of the store is; None: nothing that its content rests
    on."""
    if not path.is_file() or path.stat().st_size == 0:
        return None
    if path.name.startswith("MANIFEST-"):
        return "MANIFEST"
    if path.name == "CURRENT":
        return "CURRENT"
    if path.suffix == ".sst":
        return "sst"
    return None


def _restore(server, whole):
    shutil.rmtree(server.data_dir)
    shutil.copytree(whole, server.data_dir)


def _cut(path):
    """Takes away the second half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(path):
    """Changes some bytes in the middle of a file."""
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    for i in range(middle, min(middle + 8, len(data))):
        data[i] ^= 0xFF
    path.write_bytes(data)


class ConfigurationTest(harness.TestCase):
    """What is wrong with a configuration is said before anything starts."""

    def refusal(self, text, *flags):
        """What leveed says to a configuration that it refuses."""
        directory = self.scratch()
        path = directory / "leveed.textproto"
        path.write_text(text.format(data_dir=directory / "store"))
        ended = subprocess.run(
            [
                harness.program("LEVEE_TEST_LEVEED"),
                "--config",
                str(path),
                *flags,
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=harness.PATIENCE_S,
            check=False,
        )
        said = ended.stdout + ended.stderr
        self.assertGreater(ended.returncode, 0, said)
        self.assertFalse((directory / "store").exists(), said)
        return said

    GOOD = (
        'listen: "127.0.0.1:0" data_dir: "{data_dir}" '
        'tokens {{ name: "one" sha256: "' + "ab" * 32 + '" tenant: "acme" '
        "role: ROLE_ADMIN }} "
    )

    def test_a_wrong_configuration_is_refused_with_the_field(self):
        token = (
            'tokens {{ name: "two" sha256: "%s" tenant: "%s" role: %s }}'
        )
        digest = "cd" * 32
        cases = {
            "data_dir": self.GOOD.replace('data_dir: "{data_dir}"', ""),
            "listen": self.GOOD.replace("127.0.0.1:0", "nowhere"),
            "insecure_listen": self.GOOD.replace("127.0.0.1:0", "0.0.0.0:0"),
            "tokens": 'listen: "127.0.0.1:0" data_dir: "{data_dir}"',
            "sha256": self.GOOD + token % ("abc", "acme", "ROLE_ADMIN"),
            "tenant": self.GOOD + token % (digest, "A Tenant", "ROLE_ADMIN"),
            "role": self.GOOD + token % (digest, "acme", "ROLE_UNSPECIFIED"),
            "name": self.GOOD
            + (token % (digest, "acme", "ROLE_ADMIN")).replace("two", "one"),
            "queue_events_max": self.GOOD + "queue_events_max: 63",
            "cache_entities_max": self.GOOD + "cache_entities_max: 1023",
            "retain_text": self.GOOD + 'retain_text: "soon"',
            "retain_journal": self.GOOD + 'retain_journal: "-1d"',
            "heads_interval": self.GOOD + 'heads_interval: "0"',
            "log_level": self.GOOD + 'log_level: "loud"',
        }
        for field, text in cases.items():
            with self.subTest(field=field):
                self.assertIn(field, self.refusal(text))

    def test_an_unknown_field_is_refused_with_its_place(self):
        said = self.refusal(self.GOOD + "\nno_such_field: 1\n")
        self.assertIn("no_such_field", said)
        self.assertRegex(said, r"\b2:1\b")

    def test_a_configuration_that_is_not_there_is_named(self):
        ended = subprocess.run(
            [
                harness.program("LEVEE_TEST_LEVEED"),
                "--config",
                "/nowhere/leveed.textproto",
            ],
            capture_output=True,
            text=True,
            timeout=harness.PATIENCE_S,
            check=False,
        )
        self.assertGreater(ended.returncode, 0)
        self.assertIn("/nowhere/leveed.textproto", ended.stderr)

    def test_a_flag_overrides_the_configuration(self):
        server = self.server()
        elsewhere = server.directory / "elsewhere"
        server.start("--data_dir", str(elsewhere))
        self.assertTrue(elsewhere.is_dir())
        self.assertFalse(server.data_dir.exists())

    def test_initial_rules_are_applied_once(self):
        rules = self.scratch() / "initial.textproto"
        rules.write_text('name: "initial"\n' + RULES)
        server = self.server(initial_rules=str(rules)).start()
        for tenant in harness.TENANTS:
            with server.caller(tenant) as caller:
                status = caller.status()
                self.assertEqual(status.rule_set_name, "initial")
                self.assertEqual(status.rule_set_revision, 1)
        with server.caller() as caller:
            caller.apply_rules('name: "later"\n' + RULES)
        server.stop()
        server.start()
        with server.caller() as caller:
            self.assertEqual(caller.status().rule_set_name, "later")
            self.assertEqual(caller.status().rule_set_revision, 2)

    def test_wrong_initial_rules_are_refused_with_their_place(self):
        rules = self.scratch() / "initial.textproto"
        rules.write_text(RULES.replace('"31d"', '"soon"'))
        server = self.server(initial_rules=str(rules))
        with self.assertRaises(harness.StartError) as caught:
            server.start()
        self.assertGreater(caught.exception.code, 0)
        self.assertIn(str(rules), caught.exception.log)
        self.assertIn("window", caught.exception.log)


class LogTest(harness.TestCase):
    """Logs are structured and carry no personal data."""

    def test_the_log_names_no_customer_and_quotes_no_text(self):
        server = self.server(log_level="debug").start()
        marks = {
            "customer_id": "mark-customer",
            "ticket_id": "mark-ticket",
            "event_id": "mark-event",
            "subject": "mark-subject",
            "body": "mark-body",
            "department": "mark-department",
            "agent_id": "mark-agent",
        }
        with server.caller() as caller:
            one = event(**marks)
            one.source.ip = "192.0.2.77"
            one.source.email = "mark-email@mark-domain.example"
            one.source.device_id = "mark-device"
            caller.submit(one)
            one.body = "mark-other-body"
            with self.assert_refused(grpc.StatusCode.ALREADY_EXISTS):
                caller.submit(one)
            one.kind = 99
            with self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT):
                caller.submit(one)
            caller.decision(event_id="mark-event", include_text=True)
            caller.customer("mark-customer")
        server.stop()
        log = pathlib.Path(server.log_file).read_text(encoding="utf-8")
        self.assertTrue(log)
        self.assertNotIn("mark-", log)
        self.assertNotIn("192.0.2.77", log)

    def test_nothing_on_disk_shows_a_text(self):
        server = self.server().start()
        with server.caller() as caller:
            caller.submit(event(body="mark-of-a-secret-text " * 20))
        server.stop()
        for path in server.data_dir.rglob("*"):
            if path.is_file():
                self.assertNotIn(b"mark-of-a-secret", path.read_bytes(), path)


if __name__ == "__main__":
    unittest.main()
