"""Traffic to judge by: slices of a real help desk's log, honest crowds on
shared sources, and bombs, all with seeded random spacing.

Times are seconds since 1970. An Act is one TicketEvent to be, with whose it
is: honest, or a bomb's.
"""

import csv
import dataclasses
import datetime
import gzip
import json

HOUR = 3600
DAY = 86400

WEBMAIL = (
    "gmail.com",
    "qq.com",
    "163.com",
    "outlook.com",
    "hotmail.com",
    "yahoo.com",
    "icloud.com",
)
# Networks: an address, or the first three parts of a /24.
OFFICE = "198.51.100.20"
CARRIER = "203.0.113"
ELSEWHERE = "192.0.2"


@dataclasses.dataclass
class Person:
    """A customer, as the helpdesk knows him."""

    customer_id: str
    email: str
    network: str
    account_created_s: float

    def ip(self, random_):
        if self.network.count(".") == 3:
            return self.network
        return f"{self.network}.{random_.randint(1, 254)}"


@dataclasses.dataclass
class Act:
    at_s: float
    kind: str
    person: Person
    ticket_id: str
    actor: str = "CUSTOMER"
    provides_solution: bool = False
    # The bomb it belongs to; empty: honest.
    bomb: str = ""
    # Told to the server; filled in by `finish`.
    event_id: str = ""
    ip: str = ""


# ---------------------------------------------------------------------------
# The log


@dataclasses.dataclass(frozen=True)
class Happening:
    """One thing that happened to an incident of the log."""

    at_s: float
    kind: str
    number: str
    caller: str


def _seconds(text):
    time = datetime.datetime.strptime(text, "%d/%m/%Y %H:%M")
    return time.replace(tzinfo=datetime.timezone.utc).timestamp()


def read_log(path):
    """All happenings of the ServiceNow log, by time."""
    happenings = []
    last = {}  # of each incident: its row before
    with gzip.open(path, "rt", newline="") as file:
        for row in csv.DictReader(file):
            number, caller = row["number"], row["caller_id"]
            before = last.get(number)
            last[number] = row
            if caller == "?":
                continue
            if before is None:
                at_s, kind = _seconds(row["opened_at"]), "OPENED"
            else:
                at_s = _seconds(row["sys_updated_at"])
                kind = _kind_of_update(row, before)
            happenings.append(Happening(at_s, kind, number, caller))
    return sorted(happenings, key=lambda happening: happening.at_s)


def _kind_of_update(row, before):
    if int(row["reopen_count"]) > int(before["reopen_count"]):
        return "REOPENED"
    if row["incident_state"] != before["incident_state"]:
        if row["incident_state"] == "Resolved":
            return "SOLVED"
        if row["incident_state"] == "Closed":
            return "CLOSED"
    return "AGENT_REPLIED"


# ---------------------------------------------------------------------------
# People


def _account_made(random_, now_s):
    """Mostly years ago; 1 % in the last day, 3 % in the last 30 days."""
    draw = random_.random()
    if draw < 0.01:
        return now_s - random_.uniform(60, DAY)
    if draw < 0.04:
        return now_s - random_.uniform(DAY, 30 * DAY)
    return now_s - random_.uniform(30, 2000) * DAY


def _webmail(random_, name):
    return f"{name}@{random_.choice(WEBMAIL)}"


class Slice:
    """Some days of the log with crowds and bombs in them."""

    def __init__(self, random_, log, days=4):
        self._random = random_
        self.begin_s = _seconds("29/2/2016 12:00") + random_.uniform(
            0, 85 * DAY
        )
        self.end_s = self.begin_s + days * DAY
        self.acts = []
        self._tickets = 0
        self._add_log(log)
        self.office = self._people(300, "office", OFFICE)
        for person in self.office:
            name = person.customer_id
            person.email = f"{name}@office.example"
        self.mobile = self._people(400, "mobile", CARRIER)
        self._add_crowds()

    # Helpers.

    def _people(self, count, name, network):
        return [
            Person(
                f"{name}-{i}",
                _webmail(self._random, f"{name}-{i}"),
                network,
                _account_made(self._random, self.begin_s),
            )
            for i in range(count)
        ]

    def _new_ticket(self):
        self._tickets += 1
        return f"made-{self._tickets}"

    def _moment(self, margin_s=0):
        """A random time that leaves `margin_s` to the slice's end."""
        return self._random.uniform(
            self.begin_s + HOUR, self.end_s - HOUR - margin_s
        )

    # Honest acts.

    def _add_log(self, log):
        people = {}
        for happening in log:
            if not self.begin_s <= happening.at_s < self.end_s:
                continue
            caller = happening.caller
            if caller not in people:
                people[caller] = self._caller(caller)
            agent = happening.kind in ("AGENT_REPLIED", "SOLVED", "CLOSED")
            self.acts.append(
                Act(
                    happening.at_s,
                    happening.kind,
                    people[caller],
                    happening.number,
                    actor="AGENT" if agent else "CUSTOMER",
                )
            )

    def _caller(self, caller):
        """A caller of the log writes from where people write from."""
        draw = self._random.random()
        if draw < 0.2:
            network = CARRIER
        elif draw < 0.3:
            network = OFFICE
        else:
            parts = (self._random.randint(0, 255) for _ in range(2))
            network = "10.{}.{}".format(*parts)
        return Person(
            caller,
            _webmail(self._random, caller.replace(" ", ".").lower()),
            network,
            _account_made(self._random, self.begin_s),
        )

    def _add_crowds(self):
        for person in self.office + self.mobile:
            for _ in range(self._random.choice((0, 1, 1, 1, 2, 3))):
                self._honest_ticket(person, self._moment())
        # The office loses its line: within half an hour, one after another.
        at_s = self._moment(HOUR)
        for person in self._random.sample(
            self.office, self._random.randint(60, 120)
        ):
            self._honest_ticket(person, at_s + self._random.uniform(0, 1800))
        # An outage: hundreds write within 20 minutes, some of them twice.
        at_s = self._moment(HOUR)
        for person in self._random.sample(self.office + self.mobile, 300):
            for _ in range(self._random.choice((1, 1, 1, 2))):
                self._honest_ticket(
                    person, at_s + self._random.uniform(0, 1200)
                )

    def _honest_ticket(self, person, at_s):
        """A ticket, its answers, and what a person says to them."""
        random_ = self._random
        ticket = self._new_ticket()
        # Nobody opens a ticket before his account.
        at_s = max(at_s, person.account_created_s + 30)
        self.acts.append(Act(at_s, "OPENED", person, ticket))
        for _ in range(random_.choice((0, 0, 1, 2, 3))):
            at_s += random_.uniform(5 * 60, 4 * HOUR)
            solution = random_.random() < 0.6
            self.acts.append(
                Act(
                    at_s,
                    "AGENT_REPLIED",
                    person,
                    ticket,
                    actor="AGENT",
                    provides_solution=solution,
                )
            )
            # "Thanks", "still not", "and one more thing".
            for _ in range(random_.choice((0, 1, 1, 1, 2, 2, 3, 4))):
                at_s += random_.uniform(60, 30 * 60)
                self.acts.append(
                    Act(at_s, "CUSTOMER_REPLIED", person, ticket)
                )

    # Bombs. Each method plants one and returns its name.

    def _bomber(self, name):
        """Someone with an old account, often behind a shared address."""
        return Person(
            name,
            _webmail(self._random, name),
            self._random.choice((OFFICE, CARRIER, ELSEWHERE)),
            self.begin_s - self._random.uniform(100, 1000) * DAY,
        )

    def _times(self, begin_s, span_s, count):
        return sorted(
            begin_s + self._random.uniform(0, span_s) for _ in range(count)
        )

    def plant_flood(self):
        """One customer, 30 tickets within 10 minutes."""
        bomber = self._bomber("flood")
        for at_s in self._times(self._moment(HOUR), 600, 30):
            self.acts.append(
                Act(at_s, "OPENED", bomber, self._new_ticket(), bomb="flood")
            )
        return "flood"

    def plant_fresh_accounts(self):
        """40 fresh accounts from one /24, two tickets each, in 15 minutes.

        From a /24 of their own or from the carrier's; honest accounts that
        are as fresh and write from there at that very time could not be told
        from them, and there are none.
        """
        network = self._random.choice((CARRIER, ELSEWHERE))
        begin_s = self._moment(HOUR)
        people = [
            Person(
                f"fresh-{i}",
                _webmail(self._random, f"fresh-{i}"),
                network,
                begin_s - self._random.uniform(120, 12 * HOUR),
            )
            for i in range(40)
        ]
        writers = people * 2
        self._random.shuffle(writers)
        times = self._times(begin_s, 900, len(writers))
        for person, at_s in zip(writers, times, strict=True):
            self.acts.append(
                Act(at_s, "OPENED", person, self._new_ticket(), bomb="fresh")
            )
        if network == CARRIER:
            self._keep_young_away(begin_s)
        return "fresh"

    def _keep_young_away(self, begin_s):
        """Makes the honest accounts on the carrier's /24 that write around
        `begin_s` old ones."""
        for act in self.acts:
            person = act.person
            near = begin_s - HOUR < act.at_s < begin_s + HOUR
            if near and not act.bomb and person.network == CARRIER:
                age_s = act.at_s - person.account_created_s
                if age_s < 31 * DAY:
                    person.account_created_s -= 60 * DAY

    def plant_reopen_loop(self):
        """One ticket, solved and reopened 12 times, minutes to an hour and a
        half apart."""
        bomber = self._bomber("loop")
        ticket = self._new_ticket()
        at_s = self._moment(20 * HOUR)
        self.acts.append(Act(at_s, "OPENED", bomber, ticket))
        for _ in range(12):
            at_s += self._random.uniform(60, 45 * 60)
            self.acts.append(
                Act(at_s, "SOLVED", bomber, ticket, actor="AGENT")
            )
            at_s += self._random.uniform(30, 45 * 60)
            self.acts.append(
                Act(at_s, "REOPENED", bomber, ticket, bomb="loop")
            )
        return "loop"

    def plant_follow_ups(self):
        """25 messages within the hour after a solution."""
        bomber = self._bomber("follow-ups")
        ticket = self._new_ticket()
        at_s = self._moment(4 * HOUR)
        self.acts.append(Act(at_s, "OPENED", bomber, ticket))
        at_s += self._random.uniform(600, 2 * HOUR)
        self.acts.append(
            Act(
                at_s,
                "AGENT_REPLIED",
                bomber,
                ticket,
                actor="AGENT",
                provides_solution=True,
            )
        )
        for reply_s in self._times(at_s + 1, HOUR - 1, 25):
            self.acts.append(
                Act(
                    reply_s,
                    "CUSTOMER_REPLIED",
                    bomber,
                    ticket,
                    bomb="follow-ups",
                )
            )
        return "follow-ups"

    def plant_all(self):
        return [
            self.plant_flood(),
            self.plant_fresh_accounts(),
            self.plant_reopen_loop(),
            self.plant_follow_ups(),
        ]

    def finish(self):
        """The acts by time, with ids and addresses."""
        self.acts.sort(key=lambda act: act.at_s)
        for i, act in enumerate(self.acts):
            act.event_id = f"e{i}"
            act.ip = act.person.ip(self._random)
        return self.acts


# ---------------------------------------------------------------------------
# JSON lines


def _time(at_s):
    time = datetime.datetime.fromtimestamp(at_s, datetime.timezone.utc)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def json_line(act):
    """The act as protobuf JSON of a TicketEvent."""
    event = {
        "eventId": act.event_id,
        "kind": f"EVENT_KIND_{act.kind}",
        "actor": f"ACTOR_{act.actor}",
        "customerId": act.person.customer_id,
        "ticketId": act.ticket_id,
        "occurredAt": _time(act.at_s),
    }
    if act.actor == "AGENT":
        event["agentId"] = "agent-1"
    else:
        event["source"] = {"ip": act.ip, "email": act.person.email}
        event["accountCreatedAt"] = _time(act.person.account_created_s)
    if act.provides_solution:
        event["providesSolution"] = True
    return json.dumps(event)
