"""Every command of the README works: its sh blocks are run, in order, against
a server that has lived through the quickstart's day; its rule set compiles."""
import os
import re
import subprocess
import tempfile
import unittest

import harness

README = os.path.join(harness.ROOT, "README.md")


def blocks(language):
    with open(README, encoding="utf-8") as readme:
        return re.findall(rf"^```{language}\n(.*?)^```", readme.read(),
                          re.MULTILINE | re.DOTALL)


class ReadmeTest(harness.TestCase):

    def test_every_shell_block_runs(self):
        shell = blocks("sh")
        self.assertGreater(len(shell), 3)
        with tempfile.TemporaryDirectory(prefix="levee-readme-") as scratch:
            quickstart = os.path.join(scratch, "build", "quickstart")
            os.makedirs(quickstart)
            build = os.path.dirname(os.path.dirname(
                harness.program("LEVEE_TEST_LEVEE")))
            env = dict(os.environ, LEVEE_QUICKSTART=quickstart,
                       LEVEE_BUILD=build)
            with subprocess.Popen(
                    [os.path.join(harness.ROOT, "deploy", "quickstart")],
                    env=env, stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT, text=True) as server:
                try:
                    said = []
                    for line in server.stdout:
                        said.append(line)
                        if "Ctrl-C" in line:
                            break
                    else:
                        self.fail("".join(said))
                    script = "set -euo pipefail\n" + "\n".join(shell)
                    run = subprocess.run(["bash", "-c", script], cwd=scratch,
                                         capture_output=True, text=True,
                                         timeout=120, check=False)
                    self.assertEqual(run.returncode, 0,
                                     run.stdout + run.stderr)
                    self.assertIn("customer-burst", run.stdout)
                finally:
                    server.terminate()
                    server.wait(30)

    def test_the_rules_by_example_are_right(self):
        rules = blocks("textproto")
        self.assertEqual(len(rules), 3)
        server = self.server()
        server.start()
        for text in rules:
            with self.subTest(text=text):
                checked = harness.Tool(server).run("rules", "check", "-",
                                                   stdin=text)
                self.assertEqual(checked.returncode, 0,
                                 checked.stdout + checked.stderr)


if __name__ == "__main__":
    unittest.main()
