"""What the tests of `levee` share: the tool, and where they can do with one,
a server with its rules."""

import json
import shlex

import harness

OK, NO, USAGE, UNREACHABLE, DENIED, INTERRUPTED = 0, 1, 2, 3, 4, 130

# What `--exit_verdict` ends with.
VERDICTS = {
    "ALLOW": 10 + harness.ALLOW,
    "CHALLENGE": 10 + harness.CHALLENGE,
    "THROTTLE": 10 + harness.THROTTLE,
    "HOLD": 10 + harness.HOLD,
    "REJECT": 10 + harness.REJECT,
}

RULES = 'name: "of the test"\n' + harness.rate_rule("third", at_least=3)


class ToolRunner(harness.TestCase):
    """Runs `self.tool`, or another, and looks at how it ends."""

    tool = None

    def run_tool(self, *arguments, code=OK, tool=None, **more):
        """Runs the tool, which must end with `code`."""
        ended = (tool or self.tool).run(*arguments, **more)
        self.assertEqual(
            ended.returncode,
            code,
            f"levee {shlex.join(map(str, arguments))}\n"
            f"{ended.stdout[-2000:]}{ended.stderr[-2000:]}",
        )
        if code not in (OK, NO) and code < 10:
            # What went wrong is said, and not where results are looked for.
            self.assertTrue(ended.stderr.strip())
            self.assertEqual(ended.stdout, "")
        return ended

    def json_of(self, *arguments, code=OK, **more):
        """The JSON objects that the tool prints, one a line."""
        ended = self.run_tool(*arguments, "-o", "json", code=code, **more)
        return [json.loads(line) for line in ended.stdout.splitlines()]

    def file(self, name, text):
        path = self.scratch() / name
        path.write_text(text, encoding="utf-8")
        return path


class ToolTest(harness.SharedServerTest, ToolRunner):
    """One server for all tests of a class, its rules, and the tool."""

    rules = RULES

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tool = harness.Tool(cls.shared)
