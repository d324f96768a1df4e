#!/usr/bin/env python3
"""Makes up a day at the help desk of a hosting company.

Writes the ticket events of the 24 hours that end at --end, one JSON line each
(the protobuf JSON of levee.v1.TicketEvent), sorted by time. The same seed and
the same end give the same bytes. An event's id begins with the name of the
story that it belongs to: "bomber-6" is the sixth event of the story "bomber".
Addresses and domains are those set aside for documentation and benchmarks.
"""

import argparse
import datetime
import json
import random
import sys

import texts

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# The stories, as the report tells them: name, whether it is a flood that must
# be stopped, what happens in it.
STORIES = [
    ("ordinary", False, "some four hundred customers with a ticket or two"),
    ("office", False, "an office of 120 people behind one address"),
    ("outage", False, "a switch fails: 180 customers write within 40 minutes"),
    ("reseller", False, "a reseller's bad day: nine tickets in six hours"),
    ("dispute", False, "a refund dispute, heated, one answer at a time"),
    ("phone", False, "an agent enters 40 tickets taken over the phone"),
    ("bomber", True, "one customer opens 30 tickets within 10 minutes"),
    ("accounts", True, "40 fresh accounts of one /24 open 80 in 15 minutes"),
    ("loop", True, "one customer reopens a solved ticket 12 times"),
    ("followups", True, "25 messages within an hour after the solution"),
    ("links", True, "a two-day-old account advertises in six tickets"),
    ("insults", True, "two agents report a customer, who goes on writing"),
    ("empty", True, "three tickets without a word"),
]

# How much of the day's business falls into each hour of it.
BUSY = [1, 1, 1, 1, 1, 2, 3, 6, 9, 12, 13, 12, 10, 11, 12, 12, 11, 9, 7, 6, 5,
        4, 3, 2]


class Customer:
    """Who writes, and where from."""

    def __init__(self, ident, source, created, language):
        self.ident = ident
        self.source = source
        self.created = created  # seconds since 1970, or None for unknown
        self.language = language


class Day:
    """The events so far; times are seconds since 1970."""

    def __init__(self, seed, end):
        self.random = random.Random(seed)
        self.begin = end - DAY
        self.end = end
        self.events = []  # (time, order of making, story, event)
        self.customers = 1000
        self.tickets = 20000
        self.particulars = {}  # by ticket: what its texts are filled in with

    def time_of_day(self):
        """A time at which an ordinary customer may write."""
        hour = self.random.choices(range(24), BUSY)[0]
        return self.begin + hour * HOUR + self.random.random() * HOUR

    def customer(self, age_days=None, language=None, **source):
        """A customer; what is not given is made up."""
        self.customers += 1
        ident = f"c-{self.customers}"
        chance = self.random
        if age_days is None:
            age_days = chance.uniform(40, 2500)
        if language is None:
            language = "zh" if chance.random() < 0.4 else "en"
        if "ip" not in source:
            source["ip"] = self.address()
        if "email" not in source:
            domain = chance.choice(
                ["webmail.example"] * 6 + ["post.example"] * 3 +
                [f"firm{chance.randrange(200)}.example"])
            source["email"] = f"{ident}@{domain}"
        created = self.begin - age_days * DAY
        return Customer(ident, source, created, language)

    def address(self):
        """Somewhere on the internet."""
        chance = self.random
        if chance.random() < 0.15:
            return (f"2001:db8:{chance.randrange(4096):x}:"
                    f"{chance.randrange(4096):x}::{chance.randrange(1, 256):x}")
        return (f"198.{chance.randrange(18, 20)}.{chance.randrange(256)}."
                f"{chance.randrange(1, 255)}")

    def ticket(self):
        """A new ticket's name."""
        self.tickets += 1
        ticket = f"t-{self.tickets}"
        chance = self.random
        self.particulars[ticket] = {
            "host": f"vps{chance.randrange(100, 999)}",
            "ip": f"203.0.113.{chance.randrange(128, 255)}",
            "n": chance.randrange(2, 900),
        }
        return ticket

    def add(self, story, at, kind, actor, customer, ticket, **fields):
        """Records an event, unless it would happen after the day's end.

        Returns it; the event it regards, if any, goes into `regards`.
        """
        for field in ("subject", "body"):
            if field in fields:
                fields[field] = fields[field].format(
                    **self.particulars[ticket])
        event = {"kind": f"EVENT_KIND_{kind}", "actor": f"ACTOR_{actor}",
                 "customerId": customer.ident, "ticketId": ticket}
        event.update(fields)
        if actor == "CUSTOMER":
            event["source"] = dict(customer.source)
            event["language"] = customer.language
            if customer.created is not None:
                event["accountCreatedAt"] = stamp(customer.created)
        if at < self.end:
            self.events.append((at, len(self.events), story, event))
        return event

    def opened(self, story, at, customer, subject, body):
        """The customer opens a ticket, whose name is returned."""
        ticket = self.ticket()
        self.add(story, at, "OPENED", "CUSTOMER", customer, ticket,
                 subject=subject, body=body,
                 department=self.random.choice(["technical", "billing"]),
                 attributes=[{"key": "plan", "text": self.random.choice(
                     ["vps-1", "vps-2", "vps-4", "dedicated"])}])
        return ticket

    def replied(self, story, at, customer, ticket, body):
        return self.add(story, at, "CUSTOMER_REPLIED", "CUSTOMER", customer,
                        ticket, body=body)

    def answered(self, story, at, customer, ticket, body, solution=False):
        fields = {"providesSolution": True} if solution else {}
        self.add(story, at, "AGENT_REPLIED", "AGENT", customer, ticket,
                 agentId=f"agent-{self.random.randrange(1, 9)}",
                 body=body, **fields)

    def solved(self, story, at, customer, ticket):
        self.add(story, at, "SOLVED", "AGENT", customer, ticket,
                 agentId=f"agent-{self.random.randrange(1, 9)}")

    def between(self, low, high):
        return self.random.uniform(low, high)


def conversation(day, story, at, customer):
    """An ordinary ticket from its opening to its end."""
    subject, body, answer = day.random.choice(
        texts.ENQUIRIES[customer.language])
    ticket = day.opened(story, at, customer, subject, body)
    follow_ups = texts.FOLLOW_UPS[customer.language]
    at += day.between(4 * MINUTE, 70 * MINUTE)
    day.answered(story, at, customer, ticket, answer, solution=True)
    for _ in range(day.random.choice([0, 1, 1, 1, 2])):
        at += day.between(3 * MINUTE, 50 * MINUTE)
        day.replied(story, at, customer, ticket,
                    day.random.choice(follow_ups))
        at += day.between(3 * MINUTE, 40 * MINUTE)
        day.answered(story, at, customer, ticket, answer)
    at += day.between(1 * MINUTE, 30 * MINUTE)
    day.solved(story, at, customer, ticket)
    if day.random.random() < 0.05:
        at += day.between(1 * HOUR, 3 * HOUR)
        day.add(story, at, "REOPENED", "CUSTOMER", customer, ticket,
                body=texts.AGAIN[customer.language])
        at += day.between(10 * MINUTE, 40 * MINUTE)
        day.answered(story, at, customer, ticket, answer, solution=True)


def ordinary(day):
    """Customers with a ticket or two; some accounts are a day old."""
    for _ in range(400):
        young = day.random.random() < 0.06
        customer = day.customer(age_days=day.between(1, 20) if young else None)
        if day.random.random() < 0.1:
            customer.created = None
        for _ in range(day.random.choice([1, 1, 1, 1, 2])):
            conversation(day, "ordinary", day.time_of_day(), customer)


def office(day):
    """Many people, one address, one e-mail domain."""
    for n in range(120):
        customer = day.customer(ip="203.0.113.7",
                                email=f"staff{n}@office.example")
        conversation(day, "office", day.time_of_day(), customer)


def outage(day):
    """Many customers at once, 60 of them in one mobile carrier's /24."""
    begin = day.begin + 13 * HOUR
    for n in range(180):
        source = {"ip": f"192.0.2.{n + 1}"} if n < 60 else {}
        customer = day.customer(**source)
        at = begin + day.between(0, 40 * MINUTE)
        subject, body = day.random.choice(texts.OUTAGE[customer.language])
        ticket = day.opened("outage", at, customer, subject, body)
        day.answered("outage", at + day.between(5 * MINUTE, 30 * MINUTE),
                     customer, ticket, texts.OUTAGE_ANSWER[customer.language])
        day.solved("outage", begin + day.between(2 * HOUR, 3 * HOUR), customer,
                   ticket)


def reseller(day):
    """One customer with many machines, and several of them break."""
    customer = day.customer(language="en", email="ops@reseller.example")
    at = day.begin + 9 * HOUR
    for _ in range(9):
        conversation(day, "reseller", at, customer)
        at += day.between(25 * MINUTE, 50 * MINUTE)


def dispute(day):
    """Angry, and never writing twice before the agent has answered."""
    customer = day.customer(language="en")
    at = day.begin + 15 * HOUR
    ticket = day.opened("dispute", at, customer, "Refund", texts.ANGRY[0])
    for answer, words in zip(texts.ANGRY_ANSWERS, texts.ANGRY[1:]):
        at += day.between(2 * MINUTE, 8 * MINUTE)
        day.answered("dispute", at, customer, ticket, answer)
        at += day.between(1 * MINUTE, 3 * MINUTE)
        day.replied("dispute", at, customer, ticket, words)
    day.solved("dispute", at + 5 * MINUTE, customer, ticket)


def phone(day):
    """What staff enters for a customer is no act of the customer's."""
    customer = day.customer(language="en")
    at = day.begin + 10 * HOUR
    for _ in range(40):
        at += day.between(10, 50)
        subject, body, _ = day.random.choice(texts.ENQUIRIES["en"])
        day.add("phone", at, "OPENED", "AGENT_ON_BEHALF", customer,
                day.ticket(), agentId="agent-3", subject=subject, body=body)


def bomber(day):
    customer = day.customer(language="zh", age_days=200)
    begin = day.begin + 17 * HOUR
    for at in sorted(day.between(0, 10 * MINUTE) for _ in range(30)):
        subject, body = day.random.choice(texts.BOMB)
        day.opened("bomber", begin + at, customer, subject, body)


def accounts(day):
    """Accounts that were made minutes before."""
    begin = day.begin + 20 * HOUR
    for n in range(40):
        customer = day.customer(ip=f"198.51.100.{n + 10}", language="en",
                                email=f"u{n}@throwaway.example")
        customer.created = begin - day.between(1 * MINUTE, 30 * MINUTE)
        for _ in range(2):
            subject, body = day.random.choice(texts.FRESH)
            day.opened("accounts", begin + day.between(0, 15 * MINUTE),
                       customer, subject, body)


def loop(day):
    customer = day.customer(language="zh", age_days=500)
    subject, body, answer = texts.ENQUIRIES["zh"][4]
    at = day.begin + 11 * HOUR
    ticket = day.opened("loop", at, customer, subject, body)
    at += 20 * MINUTE
    day.answered("loop", at, customer, ticket, answer, solution=True)
    day.solved("loop", at + MINUTE, customer, ticket)
    for _ in range(12):
        at += day.between(4 * MINUTE, 9 * MINUTE)
        day.add("loop", at, "REOPENED", "CUSTOMER", customer, ticket,
                body=day.random.choice(texts.LOOP))
        at += day.between(1 * MINUTE, 3 * MINUTE)
        day.solved("loop", at, customer, ticket)


def followups(day):
    customer = day.customer(language="en", age_days=90)
    subject, body, answer = texts.ENQUIRIES["en"][5]
    at = day.begin + 14 * HOUR
    ticket = day.opened("followups", at, customer, subject, body)
    at += 15 * MINUTE
    day.answered("followups", at, customer, ticket, answer, solution=True)
    day.solved("followups", at + MINUTE, customer, ticket)
    for offset in sorted(day.between(0, 55 * MINUTE) for _ in range(25)):
        day.replied("followups", at + 2 * MINUTE + offset, customer, ticket,
                    day.random.choice(texts.STILL))


def links(day):
    customer = day.customer(language="en", age_days=2)
    at = day.begin + 18 * HOUR
    for _ in range(6):
        at += day.between(6 * MINUTE, 15 * MINUTE)
        day.opened("links", at, customer, *texts.PROMOTION)


def insults(day):
    """Each of two agents is insulted, and reports it; one report is none."""
    customer = day.customer(language="en", age_days=300)
    at = day.begin + 16 * HOUR
    ticket = day.opened("insults", at, customer, *texts.RUDE[0])
    for agent, words in zip(("agent-2", "agent-5"), texts.RUDE[1:]):
        at += 10 * MINUTE
        day.add("insults", at, "AGENT_REPLIED", "AGENT", customer, ticket,
                agentId=agent, body=texts.ANGRY_ANSWERS[0])
        at += 3 * MINUTE
        message = day.replied("insults", at, customer, ticket, words)
        day.add("insults", at + MINUTE, "ABUSE_REPORTED", "AGENT", customer,
                ticket, agentId=agent, regards=message)
    for _ in range(3):
        at += 5 * MINUTE
        day.replied("insults", at, customer, ticket, texts.RUDE[-1])


def empty(day):
    customer = day.customer(language="zh")
    at = day.begin + 12 * HOUR
    for words in texts.EMPTY:
        at += day.between(20 * MINUTE, 40 * MINUTE)
        day.opened("empty", at, customer, words, "")


def stamp(at):
    """RFC 3339, in whole milliseconds."""
    time = datetime.datetime.fromtimestamp(int(at * 1000) // 1000,
                                           datetime.timezone.utc)
    return f"{time:%Y-%m-%dT%H:%M:%S}.{int(at * 1000) % 1000:03d}Z"


def make(seed, end):
    """The day's events in order, as dictionaries."""
    day = Day(seed, end)
    for story in (ordinary, office, outage, reseller, dispute, phone, bomber,
                  accounts, loop, followups, links, insults, empty):
        story(day)
    day.events.sort(key=lambda entry: entry[:2])
    numbers = {}
    lines = []
    for at, _, story, event in day.events:
        numbers[story] = numbers.get(story, 0) + 1
        regards = event.pop("regards", None)
        event["eventId"] = f"{story}-{numbers[story]}"
        event["occurredAt"] = stamp(at)
        if regards is not None:
            event["regardsEventId"] = regards["eventId"]
        lines.append(event)
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--end", type=float, metavar="SECONDS",
                        help="the day's end, in seconds since 1970 "
                        "(default: now)")
    args = parser.parse_args()
    end = args.end
    if end is None:
        end = datetime.datetime.now(datetime.timezone.utc).timestamp()
    for event in make(args.seed, end):
        json.dump(event, sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
