#!/usr/bin/env python3
"""How long judging a message takes, everything included.

    tests/eval/speed.py --program BUILD/bin/text_facts_dump [--json]

Ordinary messages of tests/data/messages (training parts) whose length is between
200 and 400 bytes, each language by itself, and those that insult; and some that
mean harm, of 64 KiB.
"""

import argparse
import json
import pathlib
import subprocess

MESSAGES = pathlib.Path(__file__).resolve().parent.parent / "data/messages"
SIZE = 64 << 10


def of_language(language, label="ordinary"):
    path = MESSAGES / f"{language}-train.jsonl"
    rows = [json.loads(line)
            for line in path.read_text(encoding="utf-8").splitlines()]
    messages = [(row["subject"], row["body"]) for row in rows
                if row["label"] == label]
    return [one for one in messages if 200 <= len("".join(one).encode()) <= 400]


def repeated(text):
    return [("", text * (SIZE // len(text.encode())))]


CASES = {
    "English, 300 bytes": lambda: of_language("en"),
    "Chinese, 300 bytes": lambda: of_language("zh"),
    "English insults, 300 bytes": lambda: of_language("en", "insult"),
    "Chinese insults, 300 bytes": lambda: of_language("zh", "insult"),
    "64 KiB of English": lambda: repeated(
        "My server does not answer since this morning, please have a look. "),
    "64 KiB of one letter": lambda: repeated("a"),
    "64 KiB of marks": lambda: repeated("a\u0301\u0302\u0303"),
    "64 KiB of separators": lambda: repeated("a-b.c*"),
    "64 KiB of insults": lambda: repeated("you fucking idiot 傻逼 "),
    "64 KiB of quotes": lambda: repeated("> > "),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--json", action="store_true")
    flags = parser.parse_args()
    for name, make in CASES.items():
        messages = make()
        records = [f"o\t{subject}\t{body}" for subject, body in messages]
        took = float(subprocess.run(
            [flags.program, "--time"], check=True, stdout=subprocess.PIPE,
            input="\0".join(records).encode()).stdout)
        if flags.json:
            print(json.dumps({"question": "speed", "set": name,
                              "messages": len(messages),
                              "microseconds": took}))
        else:
            print(f"{name:<28}{len(messages):>6} messages{took:>12.1f} us")


if __name__ == "__main__":
    main()
