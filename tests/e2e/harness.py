"""What the end-to-end tests share: a leveed of one's own with its
configuration and tokens, the tool `levee`, and, from api.py, all that a
client needs.

The programs come from the environment: LEVEE_TEST_LEVEED and
LEVEE_TEST_LEVEE (ctest sets them).
"""

import contextlib
import hashlib
import os
import pathlib
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import grpc
from google.protobuf import text_format

from api import (  # noqa: F401
    ALLOW,
    CHALLENGE,
    HOLD,
    METHODS,
    PATIENCE_S,
    REJECT,
    ROOT,
    THROTTLE,
    Caller,
    bytes_of,
    call_raw,
    campaign_service_pb2,
    configuration_pb2,
    customer_service_pb2,
    decision_pb2,
    decision_service_pb2,
    event,
    event_pb2,
    guard_service_pb2,
    history_service_pb2,
    in_turns,
    incident_service_pb2,
    message_class,
    new_id,
    path_of,
    rate_rule,
    restriction_pb2,
    restriction_service_pb2,
    review_service_pb2,
    rule_service_pb2,
    standard_pb2,
    text_service_pb2,
    timestamp,
)


def program(variable):
    """The program that the environment variable names."""
    path = os.environ.get(variable)
    if not path or not os.access(path, os.X_OK):
        raise RuntimeError(
            f"{variable} must name a program that can be run, "
            f"not {path!r}: run the test through ctest"
        )
    return path


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


class SharedServerTest(TestCase):
    """One server for all tests of a class, with `rules` in force."""

    rules = ""

    @classmethod
    def setUpClass(cls):
        cls.shared = scratch_server(cls)
        cls.admin = cls.class_caller()
        cls.admin.apply_rules(cls.rules)

    @classmethod
    def class_caller(cls, tenant=None, role="admin"):
        """A caller that ends with the class."""
        caller = cls.shared.caller(tenant, role)
        cls.addClassCleanup(caller.close)
        return caller


def wait_for(condition, what):
    """Waits until `condition()` holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.002)
