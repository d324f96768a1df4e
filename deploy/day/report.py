#!/usr/bin/env python3
"""Tells, story by story, what was decided about a made-up day and why.

Usage: report.py EVENTS DECISIONS

EVENTS is what stories.py wrote; DECISIONS what `levee import --decisions`
wrote: a JSON line for each event. Exits with 1 where an honest story was
touched or a flood was not stopped.
"""

import json
import sys
import textwrap

import stories

VERDICTS = ["ALLOW", "CHALLENGE", "THROTTLE", "HOLD", "REJECT"]
JUDGED = "ACTOR_CUSTOMER"


class Told:
    """What became of one story."""

    def __init__(self, name, flood, plot):
        self.name = name
        self.flood = flood
        self.plot = plot
        self.customers = set()
        self.events = 0
        self.judged = 0
        self.verdicts = dict.fromkeys(VERDICTS, 0)
        self.first = None  # the first decision that was not ALLOW
        self.first_number = 0  # its number among the story's judged events
        self.rules = {}  # by id: how often it was the reason
        self.errors = []

    def take(self, event, answer):
        self.events += 1
        self.customers.add(event["customerId"])
        if event["actor"] == JUDGED:
            self.judged += 1
        decision = answer.get("decision", answer)
        if "verdict" not in decision:
            self.errors.append(f"{event['eventId']}: {json.dumps(answer)}")
            return
        verdict = decision["verdict"].removeprefix("VERDICT_")
        self.verdicts[verdict] += 1
        if verdict == "ALLOW":
            return
        for finding in reasons(decision):
            self.rules[finding["ruleId"]] = (
                self.rules.get(finding["ruleId"], 0) + 1)
        if self.first is None:
            self.first = decision
            self.first_number = self.judged

    def stopped(self):
        return self.events - self.verdicts["ALLOW"]

    def right(self):
        return (not self.errors and self.events > 0 and
                (self.stopped() > 0) == self.flood)


def reasons(decision):
    """The findings that made the verdict: the strongest enforced ones.

    What the safety valve lets in front of a person would have been that.
    """
    enforced = [finding for finding in decision.get("findings", [])
                if finding.get("mode") == "MODE_ENFORCE" and
                finding.get("verdict") != "VERDICT_ALLOW"]
    strongest = max((rank(finding) for finding in enforced), default=0)
    return [finding for finding in enforced if rank(finding) == strongest]


def rank(finding):
    return VERDICTS.index(finding["verdict"].removeprefix("VERDICT_"))


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def read(events_path, decisions_path):
    """The stories, told; events and decisions are matched by event id."""
    told = {story[0]: Told(*story) for story in stories.STORIES}
    answers = {}
    for answer in lines(decisions_path):
        answers[answer.get("decision", answer).get("eventId")] = answer
    for event in lines(events_path):
        name = event["eventId"].rsplit("-", 1)[0]
        told[name].take(event, answers.get(event["eventId"], {}))
    return list(told.values())


def table(told):
    """One line a story."""
    rows = [["story", "", "customers", "events"] +
            [verdict.lower() for verdict in VERDICTS]]
    for story in told:
        rows.append([story.name, "flood" if story.flood else "honest",
                     str(len(story.customers)), str(story.events)] +
                    [str(story.verdicts[verdict] or "-")
                     for verdict in VERDICTS])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) if i < 2 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))))


def because(evidence):
    text = f"{evidence.get('label', '')}: {evidence.get('value', 0)}"
    return f"{text} (limit {evidence.get('threshold', 0)})"


def wait(duration):
    """A duration of protobuf JSON, such as "397.338s", for people."""
    minutes, seconds = divmod(round(float(duration.removesuffix("s"))), 60)
    return f"{minutes}m {seconds}s" if minutes else f"{seconds}s"


def explain(story):
    """Why a story was stopped, at the first event that was."""
    decision = story.first
    verdict = decision["verdict"].removeprefix("VERDICT_")
    print(f"\n{story.name}: {story.plot}")
    retry = decision.get("retryAfter", "")
    print(f"  {decision['eventId']}, the customers' act {story.first_number} "
          f"of {story.judged}, was the first to be stopped: {verdict}"
          + (f", again after {wait(retry)}" if retry else ""))
    for finding in reasons(decision):
        category = finding["category"].removeprefix("CATEGORY_")
        print(f"  rule     {finding['ruleId']} ({category})")
        for evidence in finding.get("evidence", []):
            print(f"  because  {because(evidence)}")
    if decision.get("exemption") == "EXEMPTION_SAFETY_VALVE":
        print("  but      an old customer gets one ticket an hour in front of a "
              "person")
    if decision.get("message"):
        print(textwrap.fill(decision["message"], 78,
                            initial_indent="  told     ",
                            subsequent_indent="           "))
    print("  reasons  " + ", ".join(
        f"{rule} {count}x" for rule, count in sorted(
            story.rules.items(), key=lambda entry: -entry[1])))


def verdict_on(told):
    """The closing sentences; whether all is right."""
    honest = [story for story in told if not story.flood]
    touched = sum(story.stopped() for story in honest)
    count = sum(story.events for story in honest)
    floods = [story for story in told if story.flood]
    caught = sum(story.stopped() > 0 for story in floods)
    print(f"\nOf {count} events of honest customers and of staff, {touched} "
          f"were stopped; of {len(floods)} floods, {caught} were.")
    for story in told:
        for error in story.errors[:3]:
            print(f"not decided: {error}")
        if not story.right():
            print(f"NOT AS EXPECTED: {story.name}")
    return all(story.right() for story in told)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    told = read(sys.argv[1], sys.argv[2])
    table(told)
    for story in told:
        if story.first is not None:
            explain(story)
    sys.exit(0 if verdict_on(told) else 1)


if __name__ == "__main__":
    main()
