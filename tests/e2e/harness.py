"""What the end-to-end tests share.

Stubs made from the protos, a leveed of one's own with its configuration and
tokens, a caller with a token, one builder of events, and the tool `levee`.

The programs come from the environment: LEVEE_TEST_LEVEED and
LEVEE_TEST_LEVEE (ctest sets them).
"""

import atexit
import contextlib
import hashlib
import itertools
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import grpc
from google.protobuf import message_factory, text_format, timestamp_pb2

ROOT = pathlib.Path(__file__).resolve().parents[2]

# How long anything may take that is waited for. Generous: the machine may be
# busy with other tests.
PATIENCE_S = 60


def program(variable):
    """The program that the environment variable names."""
    path = os.environ.get(variable)
    if not path or not os.access(path, os.X_OK):
        raise RuntimeError(
            f"{variable} must name a program that can be run, "
            f"not {path!r}: run the test through ctest"
        )
    return path


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
    rule_service_pb2,
    rule_service_pb2_grpc,
)

SERVICE_FILES = (
    admin_service_pb2,
    customer_service_pb2,
    decision_service_pb2,
    guard_service_pb2,
    history_service_pb2,
    rule_service_pb2,
)

# "GuardService.Submit" to its descriptor.
METHODS = {
    f"{service.name}.{method.name}": method
    for file in SERVICE_FILES
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
    for a stream. Raises grpc.RpcError.
    """
    path = path_of(method)
    options = {"metadata": metadata, "timeout": timeout}
    if method.client_streaming:
        call = channel.stream_stream(path)
        return list(in_turns(call, requests, **options))
    (request,) = requests
    call = channel.unary_unary(path)
    return [call(request, **options)]


# ---------------------------------------------------------------------------
# Servers


TENANTS = ("acme", "other")
ROLES = ("helpdesk", "operator", "admin")


class StartError(Exception):
    """leveed ended before it was ready."""

    def __init__(self, code, log):
        super().__init__(
            f"leveed ended with {code} before it was ready:\n{log}"
        )
        self.code = code
        self.log = log


class Server:
    """A leveed over a directory of its own, started and ended as asked.

    Owns the process. The data stays in `directory` from one start to the
    next.
    """

    def __init__(self, directory, tenants=TENANTS, **configuration):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.data_dir = self.directory / "store"
        self.port_file = self.directory / "port"
        self.log_file = self.directory / "log"
        self.tenants = tenants
        self.tokens = {
            (tenant, role): secrets.token_urlsafe(24)
            for tenant in tenants
            for role in ROLES
        }
        self.configuration = configuration
        self.process = None
        self.port = None

    def write_configuration(self, **more):
        """Writes the configuration file; its path."""
        fields = {
            "listen": "127.0.0.1:0",
            "data_dir": str(self.data_dir),
            "port_file": str(self.port_file),
            "heads_file": str(self.directory / "heads.jsonl"),
            **self.configuration,
            **more,
        }
        message = configuration_pb2.Configuration(**fields)
        for (tenant, role), token in self.tokens.items():
            message.tokens.add(
                name=f"{tenant}-{role}",
                sha256=hashlib.sha256(token.encode()).hexdigest(),
                tenant=tenant,
                role=f"ROLE_{role.upper()}",
            )
        path = self.directory / "leveed.textproto"
        path.write_text(text_format.MessageToString(message))
        return path

    def spawn(self, *flags, **more):
        """Starts leveed and does not wait for it."""
        if self.process is not None:
            raise RuntimeError("a leveed runs already")
        self.port_file.unlink(missing_ok=True)
        path = self.write_configuration(**more)
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [program("LEVEE_TEST_LEVEED"), "--config", str(path), *flags],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return self.process

    def wait_until_ready(self):
        """Waits for the port file. StartError: leveed ended instead."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with contextlib.suppress(FileNotFoundError, ValueError):
                self.port = int(self.port_file.read_text())
                return self
            code = self.process.poll()
            if code is not None:
                self.process = None
                raise StartError(code, self.log_tail())
            time.sleep(0.002)
        raise TimeoutError("leveed is not ready:\n" + self.log_tail())

    def start(self, *flags, **more):
        self.spawn(*flags, **more)
        return self.wait_until_ready()

    def kill(self):
        """SIGKILL, as a crash."""
        self._end(signal.SIGKILL)

    def stop(self):
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number):
        if self.process is None:
            return None
        self.process.send_signal(number)
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process = None
        return code

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def log_tail(self, bytes_max=6000):
        if not self.log_file.exists():
            return ""
        return self.log_file.read_bytes()[-bytes_max:].decode(errors="replace")

    def caller(self, tenant=None, role="admin"):
        tenant = tenant or self.tenants[0]
        return Caller(self.address, self.tokens[tenant, role])


# ---------------------------------------------------------------------------
# Callers


class _WithToken(
    grpc.UnaryUnaryClientInterceptor, grpc.StreamStreamClientInterceptor
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
        self.customers = customer_service_pb2_grpc.CustomerServiceStub(channel)
        self.decisions = decision_service_pb2_grpc.DecisionServiceStub(channel)
        self.guard = guard_service_pb2_grpc.GuardServiceStub(channel)
        self.history = history_service_pb2_grpc.HistoryServiceStub(channel)
        self.rules = rule_service_pb2_grpc.RuleServiceStub(channel)

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


# ---------------------------------------------------------------------------
# The tool


class Tool:
    """`levee`, set up for a server and a token."""

    def __init__(self, server, tenant=None, role="admin", directory=None):
        tenant = tenant or server.tenants[0]
        self.directory = directory or server.directory
        self.environment = {
            **os.environ,
            "LEVEE_SERVER": server.address,
            "LEVEE_TOKEN": server.tokens[tenant, role],
            # Nothing of whoever runs the tests.
            "HOME": str(self.directory),
            "LC_ALL": "C.UTF-8",
        }

    def spawn(self, *arguments, **more):
        """Starts it; what it prints is read from the process."""
        return subprocess.Popen(
            [program("LEVEE_TEST_LEVEE"), *map(str, arguments)],
            env=self.environment,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            text=True,
            **{
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                **more,
            },
        )

    def run(self, *arguments, stdin="", timeout=PATIENCE_S):
        """Runs it to its end: returncode, stdout, stderr."""
        return subprocess.run(
            [program("LEVEE_TEST_LEVEE"), *map(str, arguments)],
            env=self.environment,
            cwd=self.directory,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )


# ---------------------------------------------------------------------------
# Tests


class TestCase(unittest.TestCase):
    """A test with a scratch directory; shows leveed's log where it fails."""

    maxDiff = 4000

    def scratch(self):
        """A new directory that goes away with the test."""
        directory = tempfile.TemporaryDirectory(prefix="levee-e2e-")
        self.addCleanup(directory.cleanup)
        return pathlib.Path(directory.name)

    def server(self, **configuration):
        """A leveed, not started yet, that ends with the test."""
        server = Server(self.scratch(), **configuration)
        self.addCleanup(server.kill)
        self.addCleanup(self._show_log, server)
        return server

    def _show_log(self, server):
        outcome = self._outcome
        result = getattr(outcome, "result", None)
        troubles = (
            [test for test, _ in result.failures + result.errors]
            if result is not None
            else []
        )
        if self in troubles or not outcome.success:
            print(
                f"--- log of leveed ({self.id()}):\n{server.log_tail()}",
                file=sys.stderr,
            )

    def caller(self, server, tenant=None, role="admin"):
        caller = server.caller(tenant, role)
        self.addCleanup(caller.close)
        return caller

    @contextlib.contextmanager
    def assert_refused(self, code, *words):
        """The block raises an RpcError of `code` whose text has all words."""
        with self.assertRaises(grpc.RpcError) as caught:
            yield
        error = caught.exception
        self.assertEqual(error.code(), code, error.details())
        for word in words:
            self.assertIn(word, error.details())


def scratch_server(test_class, **configuration):
    """A leveed that all tests of a class share; ends with the class."""
    directory = tempfile.TemporaryDirectory(prefix="levee-e2e-")
    test_class.addClassCleanup(directory.cleanup)
    server = Server(directory.name, **configuration)
    test_class.addClassCleanup(server.kill)
    return server.start()


def wait_for(condition, what):
    """Waits until `condition()` holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.002)
