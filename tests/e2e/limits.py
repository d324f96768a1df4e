"""The limits of every field of every request, as the protos state them.

One table, written by hand from the comments in proto/levee/v1: a field that
is in none of its rows fails bad_input_test. From a row and a path come the
faults that can hit the field there.
"""

import dataclasses
import time

# A Timestamp after the year 9999.
YEAR_10000_S = 253402300800


@dataclasses.dataclass(frozen=True)
class Text:
    """A string of at most `bytes_max` bytes of UTF-8."""

    bytes_max: int
    required: bool = False
    # Contents of the right length that are wrong.
    wrong: tuple = ()


@dataclasses.dataclass(frozen=True)
class Texts:
    """A repeated string: at most `high` of 1 to `bytes_max` bytes."""

    bytes_max: int
    high: int


@dataclasses.dataclass(frozen=True)
class Enum:
    required: bool = False
    # Numbers that the enum has and the field may not.
    wrong: tuple = ()


@dataclasses.dataclass(frozen=True)
class Number:
    """Between two bounds; None: every value of its type is right."""

    low: int = None
    high: int = None


@dataclasses.dataclass(frozen=True)
class Flag:
    """Either value is right (what depends on other fields is tested apart)."""


@dataclasses.dataclass(frozen=True)
class Time:
    """A Timestamp. `low_s`: the first second that is right, if any is wrong
    that a Timestamp can say. `ahead_days`: it lies after now, by so many days
    at most."""

    low_s: int = None
    ahead_days: int = None
    required: bool = False


@dataclasses.dataclass(frozen=True)
class Many:
    """A repeated message, from `low` to `high` of them."""

    high: int
    low: int = 0


@dataclasses.dataclass(frozen=True)
class Group:
    """A message inside."""

    required: bool = False


NAME = Text(128)
KEY = Text(128, required=True)
REASON = Text(1024, required=True)
REASON_OR_NONE = Text(1024)
RULE_ID = Text(64)
# Of a restriction, a review or an incident.
ID = Number(1)
DAYS_OF_10_YEARS = 3653
WRONG_ADDRESSES = (
    "999.1.1.1",
    "1.2.3",
    "192.0.2.1/24",
    "2001:db8::1::2",
    "fe80::1%eth0",
    "example.com",
    " 192.0.2.1",
    "0x7f.1",
)
PAGE_TOKEN = Text(
    1024, wrong=("zzz", "0", "-1", "A" * 700, "AAAA====", "\N{SNOWMAN}")
)

LIMITS = {
    "TicketEvent.event_id": KEY,
    "TicketEvent.kind": Enum(required=True),
    "TicketEvent.actor": Enum(required=True),
    "TicketEvent.customer_id": KEY,
    "TicketEvent.ticket_id": KEY,
    "TicketEvent.agent_id": NAME,
    "TicketEvent.occurred_at": Time(low_s=0),
    "TicketEvent.subject": Text(4096),
    "TicketEvent.body": Text(1 << 20),
    "TicketEvent.source": Group(),
    "TicketEvent.provides_solution": Flag(),
    "TicketEvent.account_created_at": Time(),
    "TicketEvent.attributes": Many(32),
    "TicketEvent.department": NAME,
    "TicketEvent.reference": NAME,
    "TicketEvent.regards_event_id": NAME,
    "TicketEvent.not_abuse": Flag(),
    "TicketEvent.language": Text(35),
    "TicketEvent.challenge_passed": Flag(),
    "TicketEvent.mail_headers": Many(32),
    "TicketEvent.own_domains": Texts(253, high=64),
    "MailHeader.name": Text(
        64, required=True, wrong=("a b", "a:", "\N{SNOWMAN}")
    ),
    "MailHeader.value": Text(1024),
    "Source.ip": Text(45, wrong=WRONG_ADDRESSES),
    "Source.email": Text(320),
    "Source.device_id": NAME,
    "Attribute.key": Text(
        64, required=True, wrong=("Plan", "a-b", "a b", "\N{SNOWMAN}")
    ),
    "Attribute.text": Text(256),
    "Attribute.number": Number(),
    "SubmitRequest.event": Group(required=True),
    "SubmitStreamRequest.events": Many(256, low=1),
    "PreviewRequest.event": Group(required=True),
    "GetStandingRequest.customer_id": KEY,
    "GetStandingRequest.language": Text(35),
    "GetStandingRequest.source": Group(),
    "GetStandingRequest.account_created_at": Time(),
    "GetStandingRequest.department": NAME,
    "GetStandingRequest.reference": NAME,
    "ImportRequest.start": Group(),
    "ImportRequest.events": Group(),
    "ImportStart.import_id": KEY,
    "ImportEvents.events": Many(256, low=1),
    "ImportEvents.position": Number(),
    "GetRuleSetRequest.revision": Number(),
    "CheckRuleSetRequest.text": Text(1 << 20),
    "ApplyRuleSetRequest.text": Text(1 << 20),
    "ApplyRuleSetRequest.comment": Text(1024),
    "ApplyRuleSetRequest.expected_revision": Number(),
    "ListRevisionsRequest.page_size": Number(0, 100),
    "ListRevisionsRequest.page_token": PAGE_TOKEN,
    "RollbackRequest.revision": Number(1),
    "RollbackRequest.comment": Text(1024),
    "SetShadowRequest.shadow": Flag(),
    "SetShadowRequest.comment": Text(1024),
    "GetDecisionRequest.sequence": Number(),
    "GetDecisionRequest.event_id": NAME,
    "GetDecisionRequest.include_text": Flag(),
    "ListDecisionsRequest.page_size": Number(0, 500),
    "ListDecisionsRequest.page_token": PAGE_TOKEN,
    "ListDecisionsRequest.customer_id": NAME,
    "ListDecisionsRequest.ticket_id": NAME,
    "ListDecisionsRequest.verdicts": Enum(),
    "ListDecisionsRequest.rule_id": RULE_ID,
    "ListDecisionsRequest.category": Enum(),
    "ListDecisionsRequest.kinds": Enum(),
    "ListDecisionsRequest.since": Time(),
    "ListDecisionsRequest.until": Time(),
    "ListDecisionsRequest.include_acts": Flag(),
    "GetCustomerRequest.customer_id": KEY,
    "GetCustomerRequest.page_size": Number(0, 500),
    "GetCustomerRequest.page_token": PAGE_TOKEN,
    "GrantEntitlementRequest.customer_id": KEY,
    "GrantEntitlementRequest.reference": KEY,
    "GrantEntitlementRequest.until": Time(ahead_days=366, required=True),
    "GrantEntitlementRequest.reason": REASON_OR_NONE,
    "SetOverrideRequest.customer_id": KEY,
    "SetOverrideRequest.override": Group(),
    "SetOverrideRequest.reason": REASON,
    "Override.exempt_until": Time(ahead_days=DAYS_OF_10_YEARS),
    # 0 as well: as it is.
    "Override.limits_times": Number(2, 100),
    # With limits_times.
    "Override.limits_until": Time(ahead_days=DAYS_OF_10_YEARS, required=True),
    "RestrictionSubject.customer_id": KEY,
    "RestrictionSubject.ticket_id": KEY,
    "RestrictionSubject.ip": Text(45, required=True, wrong=WRONG_ADDRESSES),
    "RestrictionSubject.ip_prefix": Text(
        48,
        required=True,
        wrong=(
            *WRONG_ADDRESSES,
            "203.0.113.0",
            "203.0.113.0/23",
            "203.0.113.0/25",
            "203.0.113.7/24",
            "203.0.113.0/",
            "203.0.113.0/24/24",
            "2001:db8::/32",
            "2001:db8::/65",
            "2001:db8::1/64",
        ),
    ),
    "RestrictionSubject.email": Text(
        320,
        required=True,
        wrong=("a", "@example.com", "a@", "a@b..example", "a@.example"),
    ),
    "RestrictionSubject.email_domain": Text(
        318,
        required=True,
        wrong=("a@example.com", "a..example", ".example", "a b.example"),
    ),
    "RestrictionSubject.device_id": KEY,
    "RestrictionSubject.campaign_id": Number(1),
    "ListRestrictionsRequest.page_size": Number(0, 500),
    "ListRestrictionsRequest.page_token": PAGE_TOKEN,
    "ListRestrictionsRequest.subject": Group(),
    "ListRestrictionsRequest.rule_id": RULE_ID,
    "ListRestrictionsRequest.by_operators": Flag(),
    "GetRestrictionRequest.id": ID,
    "AddRestrictionRequest.subject": Group(required=True),
    "AddRestrictionRequest.scope": Enum(),
    # ALLOW restricts nobody.
    "AddRestrictionRequest.verdict": Enum(required=True, wrong=(1,)),
    "AddRestrictionRequest.until": Time(
        ahead_days=DAYS_OF_10_YEARS, required=True
    ),
    "AddRestrictionRequest.reason": REASON,
    "LiftRestrictionRequest.id": ID,
    "LiftRestrictionRequest.reason": REASON,
    "ListReviewsRequest.page_size": Number(0, 500),
    "ListReviewsRequest.page_token": PAGE_TOKEN,
    "ListReviewsRequest.customer_id": NAME,
    "ListReviewsRequest.rule_id": RULE_ID,
    "ListReviewsRequest.category": Enum(),
    "GetReviewRequest.id": ID,
    "ResolveReviewRequest.id": ID,
    # OPEN and WITHDRAWN are nothing that a person says.
    "ResolveReviewRequest.state": Enum(required=True, wrong=(1, 4)),
    "ResolveReviewRequest.reason": REASON_OR_NONE,
    "WatchReviewsRequest.after": Number(),
    "BeginIncidentRequest.from": Time(),
    "BeginIncidentRequest.until": Time(ahead_days=31),
    "BeginIncidentRequest.departments": Texts(128, high=32),
    "BeginIncidentRequest.reason": REASON,
    "BeginIncidentRequest.proposal_id": Number(),
    "EndIncidentRequest.id": ID,
    "EndIncidentRequest.reason": REASON_OR_NONE,
    "ListIncidentsRequest.running": Flag(),
    "ListCampaignsRequest.since": Time(),
    "ListCampaignsRequest.customers_at_least": Number(),
    "ListCampaignsRequest.page_size": Number(0, 500),
    "ListCampaignsRequest.page_token": PAGE_TOKEN,
    "GetCampaignRequest.id": ID,
    "HoldCampaignRequest.id": ID,
    "HoldCampaignRequest.until": Time(
        ahead_days=DAYS_OF_10_YEARS, required=True
    ),
    "HoldCampaignRequest.reason": REASON,
    "UndoCampaignRequest.id": ID,
    "UndoCampaignRequest.reason": REASON,
    "ExamineTextRequest.subject": Text(4096),
    "ExamineTextRequest.body": Text(1 << 20),
    # Nothing else brings a customer's text.
    "ExamineTextRequest.kind": Enum(wrong=(3, 4, 5, 6, 7, 8)),
    "ExamineTextRequest.email": Text(320),
    "ExamineTextRequest.own_domains": Texts(253, high=64),
    "ExamineTextRequest.mail_headers": Many(32),
}

# Where one method asks for something else than the message's row says.
LIMITS_OF_METHOD = {
    ("GuardService.Preview", "TicketEvent.event_id"): NAME,
}

# Of each of these oneofs one must be there: the names that a message about
# it may use.
REQUIRED_ONEOFS = {
    "Attribute.value": ("value", "text", "number"),
    "ImportRequest.part": ("part", "start", "events"),
    "GetDecisionRequest.key": ("key", "sequence", "event_id"),
    "RestrictionSubject.subject": ("subject",),
}


# ---------------------------------------------------------------------------
# Paths: a tuple of field names, from the request inwards. A repeated field
# stands for its first element.


def _key_of(field):
    return f"{field.containing_type.name}.{field.name}"


def limit_of(method_name, field):
    """The row for the field; None where there is none."""
    key = _key_of(field)
    return LIMITS_OF_METHOD.get((method_name, key), LIMITS.get(key))


def is_repeated(field):
    return field.label == field.LABEL_REPEATED


def walk(descriptor, path=(), depth_max=8):
    """Yields (path, field) of every field, messages inside included."""
    if len(path) >= depth_max:
        raise RuntimeError(f"{path} is deeper than this test looks")
    for field in descriptor.fields:
        here = (*path, field.name)
        yield here, field
        inside = field.message_type
        if inside is not None and not inside.full_name.startswith("google."):
            yield from walk(inside, here, depth_max)


def oneofs(descriptor, path=()):
    """Yields (path of the message, oneof) of every oneof that was written."""
    for oneof in descriptor.oneofs:
        synthetic = len(oneof.fields) == 1 and oneof.name == (
            "_" + oneof.fields[0].name
        )
        if not synthetic:
            yield path, oneof
    for here, field in walk(descriptor):
        inside = field.message_type
        if inside is not None and not inside.full_name.startswith("google."):
            for oneof in inside.oneofs:
                yield (*path, *here), oneof


def owner_of(message, path):
    """The message that has the last field of the path; None: not there."""
    for name in path[:-1]:
        field = message.DESCRIPTOR.fields_by_name[name]
        if is_repeated(field):
            if not getattr(message, name):
                return None
            message = getattr(message, name)[0]
        elif not message.HasField(name):
            return None
        else:
            message = getattr(message, name)
    return message


def is_set(message, path):
    """Whether the message has something other than the default there."""
    owner = owner_of(message, path)
    if owner is None:
        return False
    return path[-1] in {field.name for field, _ in owner.ListFields()}


def name_of(descriptor, path):
    """The path as an error names it: event.attributes[0].key."""
    parts = []
    for name in path:
        field = descriptor.fields_by_name[name]
        in_list = is_repeated(field) and field.message_type is not None
        parts.append(f"{name}[0]" if in_list else name)
        descriptor = field.message_type
    return ".".join(parts)


# ---------------------------------------------------------------------------
# Faults


@dataclasses.dataclass(frozen=True)
class Fault:
    """A damaged request."""

    what: str
    request: bytes
    # One of these must stand in the error's message.
    names: tuple


BAD_UTF8 = (
    b"\xff",  # never a byte of UTF-8
    b"\xc0\x80",  # overlong
    b"\xed\xa0\x80",  # a surrogate
    b"\xf4\x90\x80\x80",  # beyond U+10FFFF
    b"\xe4\xbd",  # cut off within a character
)


def faults_at(method_name, request, path, field):
    """Yields every fault that can hit the field at `path`.

    REQUIRES: `request` is right and has something there.
    """
    limit = limit_of(method_name, field)
    make = _FAULTS[type(limit)]
    yield from make(_Place(request, path, field), limit)


def without(request, path, field):
    """The fault that the field is missing.

    REQUIRES: `request` is right and has something there.
    """
    return _Place(request, path, field).without()


class _Place:
    """A field of a request that is right, to be damaged."""

    def __init__(self, request, path, field):
        self._request = request
        self._path = path
        self.field = field
        self.names = (name_of(request.DESCRIPTOR, path),)
        if request.DESCRIPTOR.name == "ImportRequest" and len(path) > 2:
            # Of an event in a batch it is enough to say which one it was.
            self.names += (self.names[0].partition(".")[2],)

    def _copy(self):
        copy = type(self._request)()
        copy.CopyFrom(self._request)
        return copy, owner_of(copy, self._path)

    def with_value(self, what, value):
        if is_repeated(self.field):
            return self.with_values(what, [value])
        copy, owner = self._copy()
        setattr(owner, self._path[-1], value)
        return Fault(what, copy.SerializeToString(), self.names)

    def with_values(self, what, values):
        copy, owner = self._copy()
        getattr(owner, self._path[-1])[:] = values
        return Fault(what, copy.SerializeToString(), self.names)

    def without(self):
        copy, owner = self._copy()
        owner.ClearField(self._path[-1])
        names = self.names
        oneof = self.field.containing_oneof
        if oneof is not None:
            key = f"{owner.DESCRIPTOR.name}.{oneof.name}"
            names = (*names, *REQUIRED_ONEOFS.get(key, ()))
        # A list that is empty has no first element to name.
        names = tuple(name.removesuffix("[0]") for name in names)
        return Fault("missing", copy.SerializeToString(), names)

    def with_count(self, count):
        copy, owner = self._copy()
        elements = getattr(owner, self._path[-1])
        first = type(elements[0])()
        first.CopyFrom(elements[0])
        del elements[:]
        for i in range(count):
            elements.add().CopyFrom(first)
            # Each event has an id of its own, each attribute a key.
            for name in ("event_id", "key"):
                if name in first.DESCRIPTOR.fields_by_name:
                    value = getattr(first, name)[:40]
                    setattr(elements[-1], name, f"{value}{i}")
        # An error may name the list or the first element too many.
        names = tuple(name.removesuffix("[0]") for name in self.names)
        return Fault(f"{count} of them", copy.SerializeToString(), names)

    def with_bytes(self, bad):
        """The string replaced by bytes that are no UTF-8."""
        mark = ("~" * (24 + len(bad))).encode()
        marked = self.with_value("", mark.decode()).request
        if marked.count(mark) != 1:
            raise RuntimeError("the mark must stand once in the request")
        bad = b"~" * (len(mark) - len(bad)) + bad
        return Fault(
            f"bad UTF-8 {bad[24:]!r}", marked.replace(mark, bad), self.names
        )

    def with_time(self, what, **fields):
        copy, owner = self._copy()
        time = getattr(owner, self._path[-1])
        for name, value in fields.items():
            setattr(time, name, value)
        return Fault(what, copy.SerializeToString(), self.names)


def _text_faults(place, limit):
    yield place.with_value("too long", "x" * (limit.bytes_max + 1))
    # Bytes are counted, not characters.
    wide = "\N{SNOWMAN}" * (limit.bytes_max // 3 + 1)
    yield place.with_value("too long in bytes", wide)
    for bad in BAD_UTF8:
        yield place.with_bytes(bad)
    for wrong in limit.wrong:
        yield place.with_value(f"wrong: {wrong[:20]!r}", wrong)
    if limit.required:
        yield place.without()
        if place.field.containing_oneof is not None:
            # There, and empty.
            yield place.with_value("empty", "")


def _texts_faults(place, limit):
    yield from _text_faults(place, Text(limit.bytes_max))
    yield place.with_value("one that is empty", "")
    count = limit.high + 1
    yield place.with_values(f"{count} of them", [f"x{i}" for i in range(count)])


def _enum_faults(place, limit):
    for number in (99, 2**31 - 1, -1, -(2**31)):
        yield place.with_value(f"unknown number {number}", number)
    for number in limit.wrong:
        yield place.with_value(f"wrong number {number}", number)
    if limit.required:
        yield place.without()


def _number_faults(place, limit):
    bits = 31 if "32" in _TYPE_NAMES[place.field.type] else 63
    if limit.low is not None:
        yield place.with_value("below", limit.low - 1)
        if place.field.type in _SIGNED:
            yield place.with_value("least", -(2**bits))
    if limit.high is not None:
        yield place.with_value("above", limit.high + 1)
        yield place.with_value("most", 2**bits - 1)


def _time_faults(place, limit):
    yield place.with_time("year 10000", seconds=YEAR_10000_S)
    yield place.with_time("far future", seconds=2**63 - 1)
    yield place.with_time("far past", seconds=-(2**63))
    yield place.with_time("nanos below", nanos=-1)
    yield place.with_time("nanos above", nanos=1_000_000_000)
    if limit.low_s is not None:
        yield place.with_time("too early", seconds=limit.low_s - 1, nanos=0)
    if limit.ahead_days is not None:
        now_s = int(time.time())
        # The server's clock may be a little off.
        yield place.with_time("past", seconds=now_s - 60)
        far_s = now_s + limit.ahead_days * 86400 + 60
        yield place.with_time("too far ahead", seconds=far_s)
    if limit.required:
        yield place.without()


def _many_faults(place, limit):
    yield place.with_count(limit.high + 1)
    if limit.low > 0:
        yield place.without()


def _group_faults(place, limit):
    if limit.required:
        yield place.without()


def _no_faults(place, limit):
    return iter(())


_FAULTS = {
    Text: _text_faults,
    Texts: _texts_faults,
    Enum: _enum_faults,
    Number: _number_faults,
    Time: _time_faults,
    Many: _many_faults,
    Group: _group_faults,
    Flag: _no_faults,
}

# FieldDescriptor types, as far as our requests use them.
_TYPE_NAMES = {3: "int64", 4: "uint64", 5: "int32", 13: "uint32"}
_SIGNED = (3, 5)
