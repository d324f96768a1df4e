"""What crash_test.py runs against leveed, and what must come of it: clients
that send until leveed is gone, and a model that counts what they sent.
"""

import collections
import random
import threading
import time

import grpc

import harness
from harness import event, timestamp

LIVE = "acme"
IMPORTED = "other"

# Rules whose findings tell every count: the value of the evidence is the
# event's place among those counted (the first one finds nothing: `at_least`
# begins at 2). A customer and a ticket remember 64 events
# of a kind: nobody here has more.
KIND_MAX = 60
COUNTING = [
    ("opened-by-customer", "OPENED", "CUSTOMER", 2),
    ("opened-by-ip", "OPENED", "IP", 2),
    ("opened-in-all", "OPENED", "TENANT", 2),
    ("replied-by-customer", "CUSTOMER_REPLIED", "CUSTOMER", 2),
    ("replied-on-ticket", "CUSTOMER_REPLIED", "TICKET", 2),
]


def rules_text(number):
    """A rule set; all numbers count the same, and differ in their text."""
    text = f"# rule set {number}\nname: \"counting {number}\"\n"
    for rule_id, kind, subject, at_least in COUNTING:
        text += harness.rate_rule(
            rule_id, on=(kind,), per=subject, at_least=at_least, mode="SHADOW"
        )
    return text + harness.rate_rule("stop", at_least=10, verdict="REJECT")


def is_gone(error):
    """The call failed because leveed was killed."""
    return (
        error.code()
        in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        or "Stream removed" in error.details()
    )


class Sent:
    """An event that was sent, and what it was answered."""

    def __init__(self, event_):
        self.event = event_
        # None: not answered.
        self.decision = None


class Counts:
    """Counts the events of a tenant in the order of their sequences."""

    def __init__(self):
        self.last_sequence = 0
        self.of = collections.Counter()
        self.totals = collections.defaultdict(collections.Counter)

    def add(self, test, sent):
        """Counts an event and compares what its decision says."""
        event_, decision = sent.event, sent.decision
        test.assertGreater(decision.sequence, self.last_sequence)
        self.last_sequence = decision.sequence
        kind = harness.event_pb2.EventKind.Name(event_.kind)
        kind = kind.removeprefix("EVENT_KIND_")
        found = {
            finding.rule_id: finding.evidence[0].value
            for finding in decision.findings
        }
        expected = {}
        for rule_id, counted, subject, at_least in COUNTING:
            if kind != counted:
                continue
            key = (counted, subject, self._subject(subject, event_))
            self.of[key] += 1
            if self.of[key] >= at_least:
                expected[rule_id] = self.of[key]
        opened = expected.get("opened-by-customer", 1)
        if opened >= 10:
            expected["stop"] = opened
        test.assertEqual(found, expected, decision)
        test.assertEqual(
            decision.verdict,
            harness.REJECT if opened >= 10 else harness.ALLOW,
        )
        if event_.actor == harness.event_pb2.ACTOR_CUSTOMER:
            totals = self.totals[event_.customer_id]
            totals[kind] += 1
            totals["not allowed"] += decision.verdict != harness.ALLOW

    @staticmethod
    def _subject(subject, event_):
        return {
            "CUSTOMER": event_.customer_id,
            "TICKET": event_.ticket_id,
            "IP": event_.source.ip,
            "TENANT": "",
        }[subject]


class Population:
    """Makes events of customers who come again over many rounds."""

    def __init__(self, random_, prefix):
        self._random = random_
        self._prefix = prefix
        self._made = 0
        # Customer: how many events of each kind there may still be.
        self._left = {}
        self._tickets = {}
        self._lock = threading.Lock()

    def make(self, **fields):
        with self._lock:
            random_ = self._random
            while len(self._left) < 40:
                self._made += 1
                customer = f"{self._prefix}-{self._made}"
                self._left[customer] = KIND_MAX
                self._tickets[customer] = f"ticket-of-{customer}"
            customer = random_.choice(list(self._left))
            self._left[customer] -= 1
            if self._left[customer] == 0:
                del self._left[customer]
            kind = random_.choices(
                ("OPENED", "CUSTOMER_REPLIED", "AGENT_REPLIED"), (6, 3, 1)
            )[0]
            made = event(
                kind,
                "AGENT" if kind == "AGENT_REPLIED" else "CUSTOMER",
                customer_id=customer,
                subject="a subject " * random_.randint(1, 20),
                **fields,
            )
            if kind != "OPENED":
                made.ticket_id = self._tickets[customer]
            if kind != "AGENT_REPLIED":
                # Some customers share an address; a customer keeps his.
                number = int(customer.rpartition("-")[2])
                made.source.ip = f"192.0.2.{number % 20}"
            return made


class Load:
    """Clients that work until leveed is gone."""

    def __init__(self, server, model, random_):
        self._server = server
        self._model = model
        self._answers = 0
        self._changed = threading.Condition()
        self.errors = []
        self.sent = []  # of tenant LIVE
        jobs = [
            *[self._submit] * 3,
            *[self._stream] * 2,
            self._import,
            self._apply,
        ]
        seeds = [random_.random() for _ in jobs]
        self._threads = [
            threading.Thread(
                target=self._run, args=(job, random.Random(seed)), daemon=True
            )
            for job, seed in zip(jobs, seeds)
        ]
        for thread in self._threads:
            thread.start()

    def wait_for_answers(self, count):
        with self._changed:
            self._changed.wait_for(
                lambda: self._answers >= count or self.errors,
                harness.PATIENCE_S,
            )
        if self.errors:
            raise self.errors[0]
        if self._answers < count:
            raise TimeoutError(f"{self._answers} answers")

    def join(self):
        for thread in self._threads:
            thread.join(harness.PATIENCE_S)
            if thread.is_alive():
                raise TimeoutError("a client does not end")
        if self.errors:
            raise self.errors[0]

    def _run(self, job, random_):
        tenant = IMPORTED if job == self._import else LIVE
        try:
            with self._server.caller(tenant) as caller:
                job(caller, random_)
        except grpc.RpcError as error:
            if not is_gone(error):
                self._note(error)
        except Exception as error:  # a client's mistake: the test's, too
            self._note(error)

    def _note(self, error):
        with self._changed:
            self.errors.append(error)
            self._changed.notify_all()

    def _answered(self, count):
        with self._changed:
            self._answers += count
            self._changed.notify_all()

    def _send(self, count):
        batch = [Sent(self._model.live.make()) for _ in range(count)]
        with self._changed:
            self.sent.extend(batch)
        return batch

    def _submit(self, caller, random_):
        while True:
            (sent,) = self._send(1)
            sent.decision = caller.submit(sent.event)
            self._answered(1)

    def _stream(self, caller, random_):
        batches = collections.deque()
        # gRPC would take all that it is given.
        room = threading.Semaphore(4)

        def requests():
            while room.acquire(timeout=harness.PATIENCE_S):
                batch = self._send(random_.randint(1, 20))
                batches.append(batch)
                yield harness.guard_service_pb2.SubmitStreamRequest(
                    events=[sent.event for sent in batch]
                )

        for response in caller.guard.SubmitStream(requests()):
            batch = batches.popleft()
            for sent, result in zip(batch, response.results, strict=True):
                if not result.HasField("decision"):
                    raise AssertionError(result)
                sent.decision = result.decision
            self._answered(len(batch))
            room.release()

    def _import(self, caller, random_):
        self._model.imports.run(caller, random_, lambda: self._answered(1))

    def _apply(self, caller, random_):
        # A few in a round: 100 revisions are kept.
        for _ in range(random_.randint(0, 3)):
            self._model.rule_sets.apply(caller)
            self._answered(1)


class RuleSets:
    """The rule sets of a tenant: what was applied, and what may have been."""

    def __init__(self):
        self.revision = 0
        self._number = 0
        self.texts = {}

    def apply(self, caller):
        self._number += 1
        text = rules_text(self._number)
        self.texts[self.revision + 1] = text
        applied = caller.apply_rules(
            text, comment=str(self._number), expected_revision=self.revision
        )
        if applied.revision != self.revision + 1:
            raise AssertionError(applied)
        self.revision = applied.revision

    def check(self, test, caller):
        """After a crash: what was applied is there; what had no answer may
        be."""
        pb2 = harness.rule_service_pb2
        in_force = caller.rules.GetRuleSet(pb2.GetRuleSetRequest()).revision
        test.assertIn(
            in_force.revision, (self.revision, self.revision + 1), "rule sets"
        )
        test.assertEqual(in_force.text, self.texts[in_force.revision])
        self.revision = in_force.revision
        listed = caller.rules.ListRevisions(pb2.ListRevisionsRequest())
        newest = self.revision
        test.assertEqual(
            [revision.revision for revision in listed.revisions],
            list(range(newest, max(0, newest - 100), -1)),
        )
        for revision in listed.revisions[:5]:
            request = pb2.GetRuleSetRequest(revision=revision.revision)
            kept = caller.rules.GetRuleSet(request).revision
            test.assertEqual(kept.text, self.texts[revision.revision])


class Imports:
    """History imports, each broken off by a crash and run again."""

    def __init__(self, population):
        self._population = population
        self._count = 0
        self._time_ms = 0
        # Of the import that runs.
        self._import_id = ""
        self.sent = []
        self.position = 0

    def begin(self):
        self._count += 1
        self._import_id = f"import-{self._count}"
        self.sent = []
        self.position = 0
        # In the past, and after all imports before it: every window holds
        # all events.
        now_ms = int(time.time() * 1000) - 60_000
        self._time_ms = max(self._time_ms, now_ms)
        for _ in range(300):
            self._time_ms += 1
            made = self._population.make(
                occurred_at=timestamp(self._time_ms / 1000)
            )
            self.sent.append(Sent(made))

    def run(self, caller, random_, answered):
        """Imports what is left; keeps the decisions it is told."""
        requests = harness.history_service_pb2.ImportRequest
        sizes = collections.deque()
        known = threading.Event()
        start = {}

        def parts():
            request = requests()
            request.start.import_id = self._import_id
            yield request
            known.wait(harness.PATIENCE_S)
            at = start["position"]
            while at < len(self.sent):
                size = min(random_.randint(1, 16), len(self.sent) - at)
                request = requests()
                request.events.position = at
                for sent in self.sent[at : at + size]:
                    request.events.events.append(sent.event)
                sizes.append((at, size))
                at += size
                yield request

        responses = caller.history.Import(parts())
        try:
            begun = next(responses)
            if begun.position < self.position:
                raise AssertionError(
                    f"{begun.position} of {self.position} events are kept"
                )
            start["position"] = self.position = begun.position
            known.set()
            for response in responses:
                at, size = sizes.popleft()
                if response.position != at + size:
                    raise AssertionError(response)
                told = zip(
                    self.sent[at : at + size], response.results, strict=True
                )
                for sent, result in told:
                    if not result.HasField("decision"):
                        raise AssertionError(result)
                    sent.decision = result.decision
                self.position = response.position
                answered()
        finally:
            start.setdefault("position", len(self.sent))
            known.set()


class Model:
    """All that was sent over all rounds, and what must have come of it."""

    def __init__(self, random_):
        self.live = Population(random_, "customer")
        self.imports = Imports(Population(random_, "past"))
        self.rule_sets = RuleSets()
        self.events = []
        self.counts = {LIVE: Counts(), IMPORTED: Counts()}
        # Rule sets of the tenant IMPORTED.
        self.revisions_of_imported = 0


def look_up(caller, keys):
    """The stored records of many keys; None: not found."""
    path = harness.path_of(harness.METHODS["DecisionService.GetDecision"])
    pb2 = harness.decision_service_pb2
    call = caller.channel.unary_unary(
        path,
        request_serializer=pb2.GetDecisionRequest.SerializeToString,
        response_deserializer=pb2.GetDecisionResponse.FromString,
    )
    found = []
    for i in range(0, len(keys), 64):
        futures = [
            call.future(
                pb2.GetDecisionRequest(**key),
                metadata=caller.metadata,
                timeout=harness.PATIENCE_S,
            )
            for key in keys[i : i + 64]
        ]
        for future in futures:
            try:
                found.append(future.result().record)
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.NOT_FOUND:
                    raise
                found.append(None)
    return found
