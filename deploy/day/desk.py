#!/usr/bin/env python3
"""Plays a few minutes at the help desk, live, through the tool `levee`.

The day before is a past that was imported; what is granted, held, released or
declared is about the present. Each scene prints the commands it runs and what
came of them. Exits with 1 where something came out other than it should.

The tool is found on the PATH; LEVEE_SERVER and LEVEE_TOKEN say where and as
whom.
"""

import datetime
import json
import shlex
import subprocess
import sys

DAY = datetime.timedelta(days=1)


class Scene:
    """Runs commands, tells them, and remembers what was not as expected."""

    def __init__(self, title):
        self.wrong = []
        print(f"\n{title}")

    def run(self, *arguments, told=True):
        """What a command of the tool answers, as an object."""
        run = subprocess.run(["levee", *arguments, "-o", "json"],
                             capture_output=True, text=True, check=False)
        if told:
            print(f"  $ levee {shlex.join(arguments)}")
        if run.returncode != 0:
            self.wrong.append(f"levee {shlex.join(arguments)}: {run.stderr}")
            return {}
        return json.loads(run.stdout.splitlines()[0])

    def opened(self, customer, ticket, subject, *more, told=True):
        """What is decided of a ticket opened now."""
        return self.run("submit", "--kind", "opened", "--customer", customer,
                        "--ticket", ticket, "--subject", subject, *more,
                        told=told)

    def tell(self, decision, **expected):
        """Says what was decided, and checks it against what was to be."""
        verdict = decision.get("verdict", "nothing").removeprefix("VERDICT_")
        reasons = [f"rule {finding['ruleId']}"
                   for finding in decision.get("findings", [])
                   if finding["mode"] == "MODE_ENFORCE"
                   and finding["verdict"] == decision["verdict"]]
        if "exemption" in decision:
            exemption = decision["exemption"].removeprefix("EXEMPTION_")
            reasons.append(f"exempt by {exemption}")
        if "incidentId" in decision:
            reasons.append(f"incident {decision['incidentId']}")
        print(f"    {verdict}" + (f": {', '.join(reasons)}" if reasons else ""))
        for field, value in expected.items():
            if decision.get(field) != value:
                self.wrong.append(f"{field} is {decision.get(field)}, "
                                  f"not {value}: {json.dumps(decision)}")


def days_ago(days):
    """Some time ago, as the tool takes it."""
    at = datetime.datetime.now(datetime.timezone.utc) - days * DAY
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def entitlement():
    scene = Scene("A right to a ticket: his address is blocked again within a "
                  "day, and he has complained of others before.")
    decision = {}
    for n in range(1, 9):
        decision = scene.opened("c-blocked", f"blocked-{n}",
                                f"203.0.113.{n} is blocked", told=n == 8)
    scene.tell(decision, verdict="VERDICT_THROTTLE")
    scene.run("customers", "entitle", "c-blocked", "--reference",
              "replacement-203.0.113.77", "--for", "24h", "--reason",
              "the replaced address is blocked again")
    scene.tell(scene.opened("c-blocked", "blocked-9", "Please replace it again",
                            "--reference", "replacement-203.0.113.77"),
               verdict="VERDICT_ALLOW", exemption="EXEMPTION_ENTITLEMENT")
    return scene.wrong


def released():
    scene = Scene("Held, and released: a new customer lists the pages of his "
                  "own shop that fail.")
    pages = " ".join(f"https://shop.example/{page}"
                     for page in ("", "cart", "pay", "search"))
    ticket = ("--account_created", days_ago(2), "--body", pages)
    held = scene.opened("c-shop", "shop-1", "These pages show an error",
                        *ticket)
    scene.tell(held, verdict="VERDICT_HOLD")
    review = scene.run("reviews", "release", held.get("sequence", "0"),
                       "--reason", "his own pages")
    print(f"    {state(review)}: what it counted is taken back")
    check(scene, review, "RELEASED")
    return scene.wrong


def confirmed():
    scene = Scene("Held, and confirmed: a ticket that says nothing.")
    held = scene.opened("c-dots", "dots-1", "......")
    scene.tell(held, verdict="VERDICT_HOLD")
    review = scene.run("reviews", "confirm", held.get("sequence", "0"),
                       "--reason", "says nothing")
    print(f"    {state(review)}: the rule was right")
    check(scene, review, "CONFIRMED")
    scene.tell(scene.opened("c-dots", "dots-2", "?!?!"),
               verdict="VERDICT_HOLD")
    print("    it waits for you: levee reviews list")
    return scene.wrong


def incident():
    scene = Scene("An outage that was declared: twelve customers of today, all "
                  "of one network.")
    begun = scene.run("incidents", "begin", "--reason", "rack 12 has no power")
    number = begun.get("id", "0")
    decision = {}
    for n in range(1, 13):
        decision = scene.opened(
            f"c-rack-{n}", f"rack-{n}", "My server is down", "--ip",
            f"203.0.113.{n + 200}", "--account_created", days_ago(0.2),
            told=n == 12)
        if decision.get("verdict") != "VERDICT_ALLOW":
            scene.wrong.append(f"rack-{n} was stopped: {json.dumps(decision)}")
    scene.tell(decision, verdict="VERDICT_ALLOW", incidentId=number)
    scene.run("incidents", "end", number, "--reason", "power is back")
    return scene.wrong


def precision():
    """What the two reviews say of the rules that held them."""
    run = subprocess.run(["levee", "rules", "precision"], capture_output=True,
                         text=True, check=False)
    print("\nWhat reviews said of the rules.\n  $ levee rules precision")
    print("".join(f"    {line}\n" for line in run.stdout.splitlines()), end="")
    return [run.stderr] if run.returncode != 0 else []


def state(review):
    return review.get("state", "nothing").removeprefix("REVIEW_STATE_")


def check(scene, review, expected):
    if state(review) != expected:
        scene.wrong.append(f"the review is {state(review)}, not {expected}")


def main():
    wrong = []
    for scene in (entitlement, released, confirmed, incident, precision):
        wrong += scene()
    for problem in wrong:
        print(f"NOT AS EXPECTED: {problem}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
