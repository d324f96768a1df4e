"""Levee's services as a client sees them: stubs made from the protos, a
caller with a token, and one builder of events.
"""

import atexit
import importlib
import itertools
import pathlib
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import grpc
from google.protobuf import message_factory, timestamp_pb2

ROOT = pathlib.Path(__file__).resolve().parents[2]

# How long anything may take that is waited for. Generous: the machine may be
# busy with other tests.
PATIENCE_S = 60


def _make_stubs():
    """Makes Python stubs of all public protos and of standard.proto.

    With the protoc that the build uses: Debian's python3-grpc-tools brings
    one that is too old for `optional` in proto3.
    """
    directory = tempfile.mkdtemp(prefix="levee-stubs-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    here = pathlib.Path(__file__).parent
    protos = sorted((ROOT / "proto/levee/v1").glob("*.proto"))
    plugin = shutil.which("grpc_python_plugin")
    if plugin is None:
        raise RuntimeError("needs the package protobuf-compiler-grpc")
    subprocess.run(
        [
            "protoc",
            f"-I{ROOT / 'proto'}",
            f"-I{here}",
            f"--plugin=protoc-gen-grpc_python={plugin}",
            f"--python_out={directory}",
            f"--grpc_python_out={directory}",
            *protos,
            here / "standard.proto",
        ],
        check=True,
    )
    sys.path.insert(0, directory)


_make_stubs()

# The stubs exist from here on.
import standard_pb2  # noqa: E402
from levee.v1 import (  # noqa: E402
    admin_service_pb2,
    admin_service_pb2_grpc,
    campaign_service_pb2,
    campaign_service_pb2_grpc,
    configuration_pb2,
    customer_service_pb2,
    customer_service_pb2_grpc,
    decision_pb2,
    decision_service_pb2,
    decision_service_pb2_grpc,
    event_pb2,
    guard_service_pb2,
    guard_service_pb2_grpc,
    history_service_pb2,
    history_service_pb2_grpc,
    incident_service_pb2,
    incident_service_pb2_grpc,
    restriction_pb2,
    restriction_service_pb2,
    restriction_service_pb2_grpc,
    review_service_pb2,
    review_service_pb2_grpc,
    rule_service_pb2,
    rule_service_pb2_grpc,
    text_service_pb2,
    text_service_pb2_grpc,
)

# Every file, so that a service that is new is met by every test.
FILES = [
    importlib.import_module(f"levee.v1.{path.stem}_pb2")
    for path in sorted((ROOT / "proto/levee/v1").glob("*.proto"))
]

# "GuardService.Submit" to its descriptor.
METHODS = {
    f"{service.name}.{method.name}": method
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}


def message_class(descriptor):
    """The class of the messages that the descriptor describes."""
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory().GetPrototype(descriptor)


def path_of(method):
    """The path under which gRPC knows the method."""
    return f"/{method.containing_service.full_name}/{method.name}"


class LockStep:
    """Requests of a stream, each sent once the one before was answered."""

    def __init__(self, requests):
        self._requests = requests
        self._answered = threading.Semaphore(1)

    def __iter__(self):
        for request in self._requests:
            # Released by the call's end, too.
            self._answered.acquire()
            yield request

    def responses(self, call):
        """Yields the responses of the call that these requests went to."""
        try:
            for response in call:
                self._answered.release()
                yield response
        finally:
            self._answered.release()


def in_turns(method, requests, **options):
    """Calls a streaming method, each request sent once the one before was
    answered; yields the responses."""
    turns = LockStep(requests)
    return turns.responses(method(iter(turns), **options))


def call_raw(channel, method, requests, metadata, timeout=PATIENCE_S):
    """Calls a method with bytes; the responses, as bytes.

    `requests`: the bytes of one request for a plain method, of each request
    for a stream. Of a method that goes on answering for ever: none, once the
    server has taken the call. Raises grpc.RpcError.
    """
    path = path_of(method)
    options = {"metadata": metadata, "timeout": timeout}
    if method.client_streaming:
        call = channel.stream_stream(path)
        return list(in_turns(call, requests, **options))
    (request,) = requests
    if method.server_streaming:
        call = channel.unary_stream(path)(request, **options)
        if _is_taken(call, channel, options):
            call.cancel()
            return []
        return list(call)
    call = channel.unary_unary(path)
    return [call(request, **options)]


def _is_taken(call, channel, options):
    """Whether the server took a call that it answers by and by."""
    # It says so with its metadata; a refusal comes in one piece with them.
    call.initial_metadata()
    # Behind both, whatever it is answered.
    status = path_of(METHODS["AdminService.Status"])
    channel.unary_unary(status).future(b"", **options).exception()
    return call.is_active()


# ---------------------------------------------------------------------------
# Callers


class _WithToken(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    """Adds the token and a deadline to every call that has none."""

    def __init__(self, metadata):
        self._metadata = metadata

    def _with(self, details):
        return _Details(
            details.method,
            PATIENCE_S if details.timeout is None else details.timeout,
            [*(details.metadata or ()), *self._metadata],
        )

    def intercept_unary_unary(self, continuation, details, request):
        return continuation(self._with(details), request)

    def intercept_unary_stream(self, continuation, details, request):
        return continuation(self._with(details), request)

    def intercept_stream_stream(self, continuation, details, requests):
        return continuation(self._with(details), requests)


class _Details(grpc.ClientCallDetails):
    def __init__(self, method, timeout, metadata):
        self.method = method
        self.timeout = timeout
        self.metadata = metadata
        self.credentials = None
        self.wait_for_ready = None
        self.compression = None


class Caller:
    """A client with a token, through the stubs that protoc makes."""

    def __init__(self, address, token):
        self.metadata = (
            (("authorization", f"Bearer {token}"),) if token else ()
        )
        # A channel of its own: connections are not shared with others.
        self.channel = grpc.insecure_channel(
            address,
            options=(
                ("grpc.use_local_subchannel_pool", 1),
                ("grpc.enable_retries", 0),
                ("grpc.max_send_message_length", -1),
                ("grpc.max_receive_message_length", -1),
            ),
        )
        channel = grpc.intercept_channel(
            self.channel, _WithToken(self.metadata)
        )
        self.admin = admin_service_pb2_grpc.AdminServiceStub(channel)
        self.campaigns = campaign_service_pb2_grpc.CampaignServiceStub(channel)
        self.customers = customer_service_pb2_grpc.CustomerServiceStub(channel)
        self.decisions = decision_service_pb2_grpc.DecisionServiceStub(channel)
        self.guard = guard_service_pb2_grpc.GuardServiceStub(channel)
        self.history = history_service_pb2_grpc.HistoryServiceStub(channel)
        self.incidents = incident_service_pb2_grpc.IncidentServiceStub(channel)
        self.restrictions = (
            restriction_service_pb2_grpc.RestrictionServiceStub(channel)
        )
        self.reviews = review_service_pb2_grpc.ReviewServiceStub(channel)
        self.rules = rule_service_pb2_grpc.RuleServiceStub(channel)
        self.texts = text_service_pb2_grpc.TextServiceStub(channel)

    def close(self):
        self.channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # What many tests ask.

    def submit(self, event):
        request = guard_service_pb2.SubmitRequest(event=event)
        return self.guard.Submit(request).decision

    def status(self):
        return self.admin.Status(admin_service_pb2.StatusRequest())

    def apply_rules(self, text, **fields):
        request = rule_service_pb2.ApplyRuleSetRequest(text=text, **fields)
        return self.rules.ApplyRuleSet(request).revision

    def decision(self, **key):
        """The stored record, by event_id or by sequence."""
        request = decision_service_pb2.GetDecisionRequest(**key)
        return self.decisions.GetDecision(request).record

    def customer(self, customer_id):
        request = customer_service_pb2.GetCustomerRequest(
            customer_id=customer_id
        )
        return self.customers.GetCustomer(request)

    def restrict(self, verdict=None, hours=1, **subject):
        """Restricts a subject, such as customer_id="c"."""
        request = restriction_service_pb2.AddRestrictionRequest(
            subject=subject,
            verdict=REJECT if verdict is None else verdict,
            until=timestamp(time.time() + hours * 3600),
            reason="of a test",
        )
        return self.restrictions.AddRestriction(request).restriction

    def hold(self, **fields):
        """An opening on HOLD, by a restriction of its own: the review."""
        fields.setdefault("customer_id", new_id("held"))
        self.restrict(HOLD, customer_id=fields["customer_id"])
        decision = self.submit(event(**fields))
        request = review_service_pb2.GetReviewRequest(id=decision.sequence)
        return self.reviews.GetReview(request).review

    def begin_incident(self):
        request = incident_service_pb2.BeginIncidentRequest(reason="of a test")
        return self.incidents.BeginIncident(request).incident

    def see_an_outage(self):
        """Openings that look like an outage, and the days before: the
        incident that Levee proposes."""
        now = time.time()
        ages_s = [hours * 3600 for hours in range(120, 0, -1)]
        ages_s += [600 - 10 * i for i in range(40)]
        openings = [
            event(
                customer_id=new_id("down"),
                source={"ip": f"10.1.{i}.9"},
                occurred_at=timestamp(now - age_s),
                account_created_at=timestamp(now - 300 * 86400),
            )
            for i, age_s in enumerate(ages_s)
        ]
        *past, last = openings
        start = history_service_pb2.ImportRequest()
        start.start.import_id = new_id("outage")
        events = history_service_pb2.ImportRequest()
        events.events.events.extend(past)
        list(in_turns(self.history.Import, [start, events]))
        # What was imported proposes nothing.
        self.submit(last)
        request = incident_service_pb2.ListIncidentsRequest()
        (proposal,) = self.incidents.ListIncidents(request).proposals
        return proposal

    def see_a_campaign(self):
        """The same words of three customers: the campaign's id."""
        words = " ".join(new_id("word") for _ in range(20))
        for _ in range(3):
            decision = self.submit(event(customer_id=new_id("c"), body=words))
        return decision.campaign_id

    def list_decisions(self, **filters):
        """All records that match, newest first, over all pages."""
        token = ""
        while True:
            response = self.decisions.ListDecisions(
                decision_service_pb2.ListDecisionsRequest(
                    page_size=500, page_token=token, **filters
                )
            )
            yield from response.records
            token = response.next_page_token
            if not token:
                return


def bytes_of(message):
    """The bytes of a message: equal messages have equal bytes."""
    return message.SerializeToString(deterministic=True)


# ---------------------------------------------------------------------------
# Events

_numbers = itertools.count(1)


def timestamp(seconds):
    """A Timestamp from seconds since 1970, to the millisecond."""
    ms = round(seconds * 1000)
    return timestamp_pb2.Timestamp(
        seconds=ms // 1000, nanos=ms % 1000 * 1_000_000
    )


def new_id(prefix="e"):
    """An id that no other test and no other run uses."""
    return f"{prefix}-{next(_numbers)}-{secrets.token_hex(6)}"


def event(kind="OPENED", actor="CUSTOMER", **fields):
    """A TicketEvent; what a test does not say is filled in."""
    fields.setdefault("event_id", new_id())
    fields.setdefault("customer_id", "customer-1")
    fields.setdefault("ticket_id", f"ticket-of-{fields['event_id']}")
    if actor in ("AGENT", "AGENT_ON_BEHALF"):
        fields.setdefault("agent_id", "agent-1")
    return event_pb2.TicketEvent(
        kind=f"EVENT_KIND_{kind}", actor=f"ACTOR_{actor}", **fields
    )


ALLOW = decision_pb2.VERDICT_ALLOW
CHALLENGE = decision_pb2.VERDICT_CHALLENGE
THROTTLE = decision_pb2.VERDICT_THROTTLE
HOLD = decision_pb2.VERDICT_HOLD
REJECT = decision_pb2.VERDICT_REJECT


def rate_rule(
    rule_id,
    *,
    on=("OPENED",),
    per="CUSTOMER",
    window="31d",
    at_least=2,
    verdict="THROTTLE",
    mode="ENFORCE",
):
    """The text of a rule that counts `on`."""
    kinds = " ".join(f"kinds: EVENT_KIND_{kind}" for kind in on)
    ons = " ".join(f"on: EVENT_KIND_{kind}" for kind in on)
    return (
        f'rules {{ id: "{rule_id}" category: CATEGORY_BOMBING '
        f"mode: MODE_{mode} {ons} "
        f'when {{ rate {{ per: SUBJECT_{per} {kinds} window: "{window}" '
        f"at_least: {at_least} }} }} "
        f"then {{ verdict: VERDICT_{verdict} }} }}\n"
    )
