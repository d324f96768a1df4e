#!/usr/bin/env python3
"""Checks that the house stands as designed.

Who may include whom (a room includes rooms below it only), what may stand at
the top level, that storage alone knows RocksDB, that what must be pure knows
no clock, thread or I/O, and a few habits of the files themselves.
"""

import pathlib
import re
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]

TOP_FILES = {"CMakeLists.txt", "README.md", "LICENSE", "NOTICE",
             "CMakePresets.json"}
TOP_FOLDERS = {"proto", "storage", "server", "client", "tests", "deploy"}
# Made by tools, and ignored by git.
MADE = {"build", "__pycache__"}

# room: the rooms that it may include beside itself. The levee/... protos are
# open to all, but storage's own to the server's side only.
ROOMS = {
    "storage": set(),
    "server/text": set(),
    "server/state": {"server/text"},
    "server/rules": {"server/state", "server/text"},
    "server/observe": set(),
    "server/sequencer": {"server/rules", "server/state", "server/text",
                         "server/observe", "storage"},
    "server/rpc": {"server/sequencer", "server/rules", "server/state",
                   "server/text", "server/observe", "storage"},
    "server": {"server/rpc", "server/sequencer", "server/rules",
               "server/state", "server/text", "server/observe", "storage"},
    "client": set(),
    "client/cli": {"client", "client/load"},
    "client/load": {"client"},
}
PURE = {"server/text", "server/state", "server/rules"}
KNOWS_GRPC = {"server/rpc", "server", "client", "client/cli", "client/load"}
CLIENTS = {"client", "client/cli", "client/load"}

# Time, randomness, threads and I/O.
IMPURE_INCLUDE = re.compile(
    r"(grpc|grpcpp|rocksdb|sys|unistd\.h)(/|$)|absl/(synchronization|random)/"
    r"|absl/time/clock\.h|(^|/)mutex\.h$"
    r"|^(atomic|barrier|chrono|condition_variable|ctime|filesystem|fstream"
    r"|future|iostream|latch|mutex|pthread\.h|random|semaphore|shared_mutex"
    r"|stop_token|thread|time\.h)$")
IMPURE_WORD = re.compile(
    r"\bstd::(chrono|mutex|thread|atomic|random_device|mt19937)\b"
    r"|\babsl::(Now|Mutex|BitGen)\b|\b(s?rand|time|clock_gettime)\(")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
CC_LINES_MAX = 500


def room_of(path):
    """The room of a file or include path; None for what is in none."""
    folder = path.rpartition("/")[0]
    return folder if folder in ROOMS else None


def sources(root):
    """All of C++ in the tree, as paths relative to it."""
    for folder in sorted(TOP_FOLDERS):
        for path in sorted((root / folder).rglob("*")):
            relative = path.relative_to(root)
            if MADE.isdisjoint(relative.parts) and path.suffix in (".cc",
                                                                   ".h"):
                yield relative.as_posix()


def check_include(room, name, root):
    """What is wrong with including `name` in `room`, or None."""
    target = room_of(name)
    if target is not None:
        if room != "tests" and target != room and target not in ROOMS[room]:
            return f"{room} may not include {target}"
        if not (root / name).exists():
            return f"there is no {name}"
    if name.startswith("tests/") and room != "tests":
        return "nothing includes tests"
    if name.startswith("rocksdb/") and room not in ("storage", "tests"):
        return "storage alone includes rocksdb"
    if name.startswith(("grpc/", "grpcpp/")) or name.endswith(".grpc.pb.h"):
        if room not in KNOWS_GRPC and room != "tests":
            return f"{room} may not know gRPC"
    if name.startswith("levee/storage/") and room in CLIENTS:
        return "what lies on disk is none of the client's business"
    if room in PURE and IMPURE_INCLUDE.search(name):
        return f"{room} is pure: no time, randomness, threads or I/O"
    return None


def check_source(path, root):
    """Yields what is wrong with one file."""
    text = (root / path).read_text(encoding="utf-8")
    lines = text.split("\n")
    room = "tests" if path.startswith("tests/") else room_of(path)
    if room is None:
        yield f"{path}: stands in no room of the design"
        return
    for number, line in enumerate(lines, 1):
        include = INCLUDE.match(line)
        if include:
            wrong = check_include(room, include[2], root)
        else:
            code = line.split("//")[0]
            wrong = (f"{room} is pure: no time, randomness, threads or I/O"
                     if room in PURE and IMPURE_WORD.search(code) else None)
        if wrong:
            yield f"{path}:{number}: {wrong}"
    # A test's tables may be long.
    if (room != "tests" and path.endswith(".cc") and
            len(lines) - 1 > CC_LINES_MAX):
        yield f"{path}: {len(lines) - 1} lines; at most {CC_LINES_MAX}"
    if path.endswith(".h"):
        guard = "LEVEE_" + re.sub(r"[/.]", "_", path).upper() + "_"
        if f"#ifndef {guard}\n#define {guard}\n" not in text:
            yield f"{path}: its header guard is not {guard}"


def check_top(root):
    for path in sorted(root.iterdir()):
        allowed = TOP_FOLDERS | MADE if path.is_dir() else TOP_FILES
        if path.name not in allowed and not path.name.startswith("."):
            yield f"{path.name}: does not belong at the top level"


def check_cmake(root):
    for folder in sorted(TOP_FOLDERS):
        for path in sorted((root / folder).rglob("CMakeLists.txt")):
            text = path.read_text(encoding="utf-8")
            name = path.relative_to(root).as_posix()
            if re.search(r"file\s*\(\s*GLOB", text, re.IGNORECASE):
                yield f"{name}: sources are listed by name, not by GLOB"
            if folder not in ("storage", "tests") and "RocksDB" in text:
                yield f"{name}: storage alone links RocksDB"


def check(root):
    """All that is wrong in the tree."""
    problems = [*check_top(root), *check_cmake(root)]
    for path in sources(root):
        problems += check_source(path, root)
    return problems


class House(unittest.TestCase):

    def test_stands_as_designed(self):
        self.assertEqual("", "\n".join(check(ROOT)))

    def test_every_room_is_lived_in(self):
        lived_in = {room_of(path) for path in sources(ROOT)}
        self.assertEqual(set(), set(ROOMS) - lived_in)


class SeededFault(unittest.TestCase):
    """Each fault, planted in a tree of its own, is found."""

    FAULTS = [
        ("storage/a.cc", '#include "server/state/entity.h"\n',
         "storage may not include server/state"),
        ("server/state/a.cc", '#include "server/rules/decide.h"\n',
         "server/state may not include server/rules"),
        ("server/sequencer/a.cc", '#include "server/rpc/check.h"\n',
         "server/sequencer may not include server/rpc"),
        ("server/rpc/a.cc", '#include "server/server.h"\n',
         "server/rpc may not include server"),
        ("server/rpc/a.cc", '#include "client/client.h"\n',
         "server/rpc may not include client"),
        ("client/cli/a.cc", '#include "storage/journal.h"\n',
         "client/cli may not include storage"),
        ("client/a.cc", '#include "levee/storage/v1/entry.pb.h"\n',
         "what lies on disk"),
        ("server/server.cc", '#include "tests/helper.h"\n',
         "nothing includes tests"),
        ("server/sequencer/a.cc", "#include <rocksdb/db.h>\n",
         "storage alone includes rocksdb"),
        ("server/rules/a.cc", "#include <grpcpp/grpcpp.h>\n",
         "may not know gRPC"),
        ("server/text/a.cc", "#include <mutex>\n", "is pure"),
        ("server/rules/a.cc", '#include "absl/time/clock.h"\n', "is pure"),
        ("server/state/a.cc", "auto t = absl::Now();\n", "is pure"),
        ("server/state/a.h", "#pragma once\n", "header guard"),
        ("storage/a.cc", "\n" * 501, "at most 500"),
        ("server/other/a.cc", "", "stands in no room"),
        ("elsewhere/a.cc", "", "does not belong at the top level"),
        ("notes.txt", "", "does not belong at the top level"),
        ("server/CMakeLists.txt", "file(GLOB all *.cc)\n", "not by GLOB"),
        ("client/CMakeLists.txt", "RocksDB::rocksdb\n", "links RocksDB"),
    ]

    def test_is_found(self):
        for path, text, message in self.FAULTS:
            with self.subTest(path=path, text=text[:60]):
                with tempfile.TemporaryDirectory() as directory:
                    root = pathlib.Path(directory)
                    (root / path).parent.mkdir(parents=True, exist_ok=True)
                    (root / path).write_text(text, encoding="utf-8")
                    self.assertIn(message, "\n".join(check(root)))


if __name__ == "__main__":
    unittest.main()
