"""A second client that no one here wrote: `buf curl`, which learns the
services from the server's reflection and speaks JSON.

buf comes from the npm package @bufbuild/buf: from LEVEE_BUF, or from where
.ci/run puts it. Without it the test is skipped.
"""

import json
import os
import subprocess
import unittest

import harness
from harness import new_id

INSTALLED = harness.ROOT / "build/tools/node_modules/.bin/buf"
BUF = os.environ.get("LEVEE_BUF", str(INSTALLED))


@unittest.skipUnless(
    os.access(BUF, os.X_OK), f"buf is not there ({BUF}): see .ci/run"
)
class BufCurlTest(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch_server(cls)

    def curl(self, method, *requests, role="operator"):
        """Calls a method; the exit code, the responses, what was said."""
        token = self.shared.tokens["acme", role]
        ended = subprocess.run(
            [
                BUF,
                "curl",
                "--protocol=grpc",
                "--http2-prior-knowledge",
                f"--header=Authorization: Bearer {token}",
                "--data=@-",
                f"http://{self.shared.address}/levee.v1.{method}",
            ],
            cwd=self.shared.directory,
            # Nothing of whoever runs the tests.
            env={**os.environ, "HOME": str(self.shared.directory)},
            input="\n".join(json.dumps(request) for request in requests),
            capture_output=True,
            text=True,
            timeout=harness.PATIENCE_S,
            check=False,
        )
        decoder, rest, responses = json.JSONDecoder(), ended.stdout, []
        while rest.strip():
            response, end = decoder.raw_decode(rest.lstrip())
            responses.append(response)
            rest = rest.lstrip()[end:]
        return ended.returncode, responses, ended.stderr

    def event(self, **fields):
        return {
            "eventId": new_id(),
            "kind": "EVENT_KIND_OPENED",
            "actor": "ACTOR_CUSTOMER",
            "customerId": "customer-1",
            "ticketId": "ticket-1",
            **fields,
        }

    def test_submit_is_answered_and_found_again(self):
        one = self.event()
        code, responses, said = self.curl(
            "GuardService/Submit", {"event": one}, role="helpdesk"
        )
        self.assertEqual(code, 0, said)
        decision = responses[0]["decision"]
        self.assertEqual(decision["verdict"], "VERDICT_ALLOW")
        code, responses, said = self.curl(
            "DecisionService/GetDecision", {"eventId": one["eventId"]}
        )
        self.assertEqual(code, 0, said)
        self.assertEqual(responses[0]["record"]["decision"], decision)

    def test_a_stream_of_batches_is_answered(self):
        batches = [
            {"events": [self.event() for _ in range(size)]} for size in (1, 3)
        ]
        code, responses, said = self.curl("GuardService/SubmitStream", *batches)
        self.assertEqual(code, 0, said)
        self.assertEqual([len(r["results"]) for r in responses], [1, 3])

    def test_rules_are_applied_and_status_tells_of_them(self):
        text = harness.rate_rule("one", at_least=60)
        code, responses, said = self.curl(
            "RuleService/ApplyRuleSet", {"text": text, "comment": "by curl"}
        )
        self.assertEqual(code, 0, said)
        self.assertEqual(responses[0]["revision"]["author"], "acme-operator")
        code, responses, said = self.curl("AdminService/Status", {})
        self.assertEqual(code, 0, said)
        self.assertEqual(responses[0]["ruleSetRevision"], "1")
        self.assertTrue(responses[0]["writable"])

    def test_a_wrong_field_is_named(self):
        code, _, said = self.curl(
            "GuardService/Submit", {"event": self.event(customerId="")}
        )
        self.assertNotEqual(code, 0)
        self.assertIn("event.customer_id", said)

    def test_a_role_that_is_too_low_is_refused(self):
        code, _, said = self.curl("AdminService/Status", {}, role="helpdesk")
        self.assertNotEqual(code, 0)
        self.assertIn("permission_denied", said.lower())


if __name__ == "__main__":
    unittest.main()
