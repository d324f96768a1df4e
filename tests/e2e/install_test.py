"""What `cmake --install` lays down works from where it lies: the programs, and
the client library in a program of somebody else's, which is the one that the
README shows.
"""

import os
import pathlib
import re
import shlex
import subprocess
import unittest

import harness

README = pathlib.Path(__file__).parents[2] / "README.md"

# What the README's example leaves to the reader.
AROUND = """
#include <iostream>
#include <string>

#include "client/client.h"

namespace {

absl::Status Show(const std::string& message) {
  std::cout << "shown: " << message << "\\n";
  return absl::OkStatus();
}
absl::Status Open(const levee::v1::TicketEvent& event) {
  std::cout << "opened: " << event.ticket_id() << "\\n";
  return absl::OkStatus();
}
absl::Status OpenForReview(const levee::v1::TicketEvent& event,
                           const std::string& message) {
  return Show(message + event.ticket_id());
}
absl::Status Ask(const std::string& target, const std::string& token) {
EXAMPLE
}

}  // namespace

int main(int, char** argv) {
  const absl::Status status = Ask(argv[1], argv[2]);
  if (!status.ok()) std::cout << status << "\\n";
  return status.ok() ? 0 : 1;
}
"""


def example():
    """The README's C++ block, with the target as a parameter."""
    (block,) = re.findall(r"```cpp\n(.*?)```", README.read_text(), re.DOTALL)
    return block.replace('"127.0.0.1:7171"', "target")


class InstallTest(harness.TestCase):
    """The installed programs and library."""

    def setUp(self):
        self.prefix = self.scratch()
        self.run_command(
            os.environ["LEVEE_TEST_CMAKE"],
            "--install",
            os.environ["LEVEE_TEST_BUILD"],
            "--prefix",
            str(self.prefix),
        )

    def run_command(self, *command, **more):
        ended = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            **more,
        )
        self.assertEqual(
            ended.returncode,
            0,
            f"{shlex.join(command)}\n{ended.stdout}{ended.stderr[-4000:]}",
        )
        return ended.stdout

    def test_programs_tell_their_version(self):
        for name in ("leveed", "levee"):
            told = self.run_command(
                str(self.prefix / "bin" / name), "--version"
            )
            self.assertRegex(told, rf"^{name} \d+\.\d+\.\d+\n$")

    def test_the_readmes_program_builds_and_asks(self):
        source = self.prefix / "ask.cc"
        source.write_text(AROUND.replace("EXAMPLE", example()))
        (described,) = self.prefix.rglob("levee-client.pc")
        flags = self.run_command(
            "pkg-config",
            "--cflags",
            "--libs",
            "levee-client",
            env={**os.environ, "PKG_CONFIG_PATH": str(described.parent)},
        )
        program = str(self.prefix / "ask")
        self.run_command(
            os.environ["LEVEE_TEST_CXX"],
            "-std=c++20",
            str(source),
            "-o",
            program,
            *shlex.split(flags),
        )
        server = self.server()
        server.start()
        token = server.tokens["acme", "helpdesk"]
        said = self.run_command(program, server.address, token)
        self.assertEqual(said, "opened: t-4712\n")
        server.stop()


if __name__ == "__main__":
    unittest.main()
