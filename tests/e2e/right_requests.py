"""Requests that are right, for tests that damage them: for each method some
that together set every field, and the server that is asked.
"""

import time

import grpc

import harness
from harness import event, new_id, timestamp

INVALID = grpc.StatusCode.INVALID_ARGUMENT
CODES = {code.value[0]: code for code in grpc.StatusCode}

RULES = harness.rate_rule("many-openings", at_least=60)


class Base:
    """A request that is right. `before`: the stream's requests ahead of it."""

    def __init__(self, request, before=()):
        self.request = request
        self.before = tuple(before)
        # Whether the requests ahead of it leave a trace themselves.
        self.keeps_something = len(self.before) > 1


def full_event(**fields):
    """An opening that sets every field that an opening may."""
    full = event(
        customer_id="customer-of-base",
        agent_id="agent-2",
        subject="No network since noon",
        body="Since noon 203.0.113.9 does not answer.",
        department="network",
        reference="203.0.113.9",
        language="en",
        challenge_passed=True,
        occurred_at=timestamp(time.time() - 60),
        account_created_at=timestamp(time.time() - 90 * 86400),
        **fields,
    )
    full.source.ip = "203.0.113.9"
    full.source.email = "someone@example.com"
    full.source.device_id = "browser-1"
    full.attributes.add(key="plan", text="vps-2")
    full.mail_headers.add(name="Auto-Submitted", value="no")
    full.own_domains.append("shop.example.com")
    return full


def _number_event():
    """Like full_event; its first attribute is a number."""
    numbered = full_event()
    del numbered.attributes[:]
    numbered.attributes.add(key="servers", number=7)
    return numbered


def _solution_event():
    return event(
        "AGENT_REPLIED",
        "AGENT",
        provides_solution=True,
        occurred_at=timestamp(time.time() - 60),
    )


def _report_event(regards):
    return event(
        "ABUSE_REPORTED",
        "AGENT",
        customer_id="customer-of-base",
        regards_event_id=regards,
        not_abuse=True,
        occurred_at=timestamp(time.time() - 60),
    )


def _in_an_hour():
    return timestamp(time.time() + 3600)


class Bases:
    """Makes requests that are right, with new ids each time."""

    def __init__(self, test):
        self._test = test

    def of(self, method_name):
        make = getattr(self, method_name.replace(".", "_"))
        method = harness.METHODS[method_name]
        request_class = harness.message_class(method.input_type)
        return make(request_class)

    def _events(self):
        regards = self._test.regarded_event_id
        return (
            full_event(),
            _number_event(),
            _solution_event(),
            _report_event(regards),
        )

    def GuardService_Submit(self, request):
        return [Base(request(event=one)) for one in self._events()]

    def GuardService_SubmitStream(self, request):
        return [Base(request(events=[one])) for one in self._events()]

    def GuardService_Preview(self, request):
        return self.GuardService_Submit(request)

    def GuardService_GetStanding(self, request):
        full = full_event()
        base = request(
            customer_id=full.customer_id,
            language="zh",
            source=full.source,
            account_created_at=full.account_created_at,
            department=full.department,
            reference=full.reference,
        )
        return [Base(base)]

    def HistoryService_Import(self, request):
        bases = []
        for one in self._events():
            start = request()
            start.start.import_id = new_id("import")
            bases.append(Base(start))
            events = request()
            events.events.events.append(one)
            bases.append(Base(events, before=[start]))
            # A position other than 0 needs an event ahead of it.
            ahead = request()
            ahead.events.events.append(
                event(occurred_at=timestamp(time.time() - 90))
            )
            later = request()
            later.events.CopyFrom(events.events)
            later.events.events[0].event_id = new_id()
            later.events.position = 1
            later_start = request()
            later_start.start.import_id = new_id("import")
            bases.append(Base(later, before=[later_start, ahead]))
        return bases

    def RuleService_GetRuleSet(self, request):
        return [Base(request(revision=1))]

    def RuleService_CheckRuleSet(self, request):
        return [Base(request(text=RULES))]

    def RuleService_ApplyRuleSet(self, request):
        in_force = self._test.admin.status().rule_set_revision
        return [
            Base(
                request(
                    text=RULES, comment="again", expected_revision=in_force
                )
            )
        ]

    def RuleService_ListRevisions(self, request):
        token = self._test.page_token(request, "RuleService.ListRevisions")
        return [Base(request(page_size=1, page_token=token))]

    def RuleService_Rollback(self, request):
        return [Base(request(revision=1, comment="back"))]

    def RuleService_SetShadow(self, request):
        # Out of it at the end, as it was.
        return [
            Base(request(comment="out")),
            Base(request(shadow=True, comment="in")),
            Base(request(comment="out")),
        ]

    def RuleService_ListPrecision(self, request):
        return [Base(request())]

    def DecisionService_GetDecision(self, request):
        return [
            Base(request(sequence=self._test.regarded.sequence)),
            Base(
                request(
                    event_id=self._test.regarded_event_id, include_text=True
                )
            ),
        ]

    def DecisionService_ListDecisions(self, request):
        filters = {
            "page_size": 1,
            "customer_id": "customer-of-base",
            "ticket_id": "ticket-of-base",
            "verdicts": [harness.ALLOW],
            "kinds": ["EVENT_KIND_OPENED"],
            "since": timestamp(time.time() - 3600),
            "until": timestamp(time.time() + 3600),
        }
        token = self._test.page_token(
            request, "DecisionService.ListDecisions", **filters
        )
        return [
            Base(request(page_token=token, **filters)),
            Base(request(rule_id="many-openings", category=4)),
            Base(request(include_acts=True)),
        ]

    def CustomerService_GetCustomer(self, request):
        fields = {"customer_id": "customer-of-base", "page_size": 1}
        token = self._test.page_token(
            request, "CustomerService.GetCustomer", **fields
        )
        return [Base(request(page_token=token, **fields))]

    def CustomerService_GrantEntitlement(self, request):
        return [
            Base(
                request(
                    customer_id="customer-of-base",
                    reference="203.0.113.9",
                    until=_in_an_hour(),
                    reason="its address was replaced",
                )
            )
        ]

    def CustomerService_SetOverride(self, request):
        base = request(customer_id="customer-of-base", reason="a reseller")
        base.override.exempt_until.CopyFrom(_in_an_hour())
        base.override.limits_times = 5
        base.override.limits_until.CopyFrom(_in_an_hour())
        return [Base(base)]

    def _subjects(self):
        """One of each kind; none is of an event that a test submits."""
        restricted = new_id("restricted")
        return [
            {"customer_id": restricted},
            {"ticket_id": restricted},
            {"ip": "198.51.100.7"},
            {"ip_prefix": "2001:db8:7::/64"},
            {"email": "restricted@restricted.example"},
            {"email_domain": "restricted.example"},
            {"device_id": restricted},
            {"campaign_id": self._test.admin.see_a_campaign()},
        ]

    def RestrictionService_ListRestrictions(self, request):
        subject = {"customer_id": new_id("restricted")}
        for _ in range(2):
            self._test.admin.restrict(**subject)
        fields = {"page_size": 1, "subject": subject, "by_operators": True}
        token = self._test.page_token(
            request, "RestrictionService.ListRestrictions", **fields
        )
        return [
            Base(request(page_token=token, **fields)),
            Base(request(rule_id="many-openings")),
            *(Base(request(subject=one)) for one in self._subjects()),
        ]

    def RestrictionService_GetRestriction(self, request):
        made = self._test.admin.restrict(customer_id=new_id("restricted"))
        return [Base(request(id=made.id))]

    def RestrictionService_AddRestriction(self, request):
        return [
            Base(
                request(
                    subject=subject,
                    scope="RESTRICTION_SCOPE_NEW_TICKETS",
                    verdict=harness.REJECT,
                    until=_in_an_hour(),
                    reason="bombs us",
                )
            )
            for subject in self._subjects()
        ]

    def RestrictionService_LiftRestriction(self, request):
        made = self._test.admin.restrict(customer_id=new_id("restricted"))
        return [Base(request(id=made.id, reason="a mistake"))]

    def ReviewService_ListReviews(self, request):
        customer = new_id("held")
        for _ in range(2):
            self._test.admin.hold(customer_id=customer)
        fields = {"page_size": 1, "customer_id": customer}
        token = self._test.page_token(
            request, "ReviewService.ListReviews", **fields
        )
        return [
            Base(request(page_token=token, **fields)),
            Base(request(rule_id="many-openings", category=4)),
        ]

    def ReviewService_GetReview(self, request):
        return [Base(request(id=self._test.admin.hold().id))]

    def ReviewService_ResolveReview(self, request):
        return [
            Base(
                request(
                    id=self._test.admin.hold().id,
                    state=f"REVIEW_STATE_{state}",
                    reason="looked at",
                )
            )
            for state in ("RELEASED", "CONFIRMED")
        ]

    def ReviewService_WatchReviews(self, request):
        return [Base(request(after=0)), Base(request(after=7))]

    def IncidentService_BeginIncident(self, request):
        # There is a limit to how many run.
        for one in self._test.running_incidents():
            self._test.end_incident(one.id)
        base = request(
            until=_in_an_hour(),
            departments=["network", "billing"],
            reason="an outage",
            proposal_id=self._test.proposal.id,
        )
        # "from" is a word of Python's.
        getattr(base, "from").CopyFrom(timestamp(time.time() - 3600))
        return [Base(base)]

    def IncidentService_EndIncident(self, request):
        begun = self._test.admin.begin_incident()
        return [Base(request(id=begun.id, reason="it is over"))]

    def IncidentService_ListIncidents(self, request):
        return [Base(request(running=True))]

    def CampaignService_ListCampaigns(self, request):
        self._test.admin.see_a_campaign()
        self._test.admin.see_a_campaign()
        base = request(
            since=timestamp(time.time() - 3600),
            customers_at_least=2,
            page_size=1,
        )
        page = self._test.admin.campaigns.ListCampaigns(base)
        base.page_token = page.next_page_token
        return [Base(base)]

    def CampaignService_GetCampaign(self, request):
        return [Base(request(id=self._test.admin.see_a_campaign()))]

    def CampaignService_HoldCampaign(self, request):
        return [
            Base(
                request(
                    id=self._test.admin.see_a_campaign(),
                    until=_in_an_hour(),
                    reason="of a test",
                )
            )
        ]

    def CampaignService_UndoCampaign(self, request):
        return [
            Base(
                request(
                    id=self._test.admin.see_a_campaign(), reason="of a test"
                )
            )
        ]

    def TextService_ExamineText(self, request):
        base = request(
            subject="Network",
            body="My server does not answer",
            kind="EVENT_KIND_OPENED",
            email="someone@example.com",
            own_domains=["shop.example.com"],
        )
        base.mail_headers.add(name="Auto-Submitted", value="no")
        return [Base(base)]

    def AdminService_Status(self, request):
        return [Base(request())]


class SharedServer(harness.SharedServerTest):
    """One server for all tests of a class; each leaves it going."""

    rules = RULES

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A revision to look back at.
        cls.admin.apply_rules(RULES)
        cls.proposal = cls.admin.see_an_outage()
        cls.regarded_event_id = new_id("regarded")
        for event_id in (new_id(), cls.regarded_event_id):
            full = full_event(ticket_id="ticket-of-base")
            full.event_id = event_id
            cls.regarded = cls.admin.submit(full)

    def setUp(self):
        self.bases = Bases(self)

    # What the tests ask of the server.

    def page_token(self, request_class, method_name, **fields):
        """The token of a second page."""
        request = request_class(**{**fields, "page_size": 1})
        (response,) = self.call(method_name, [request.SerializeToString()])
        method = harness.METHODS[method_name]
        message = harness.message_class(method.output_type)()
        message.ParseFromString(response)
        self.assertTrue(message.next_page_token, f"{method_name}: one page")
        return message.next_page_token

    def call(self, method_name, requests, metadata=None):
        return harness.call_raw(
            self.admin.channel,
            harness.METHODS[method_name],
            requests,
            self.admin.metadata if metadata is None else metadata,
        )

    def outcome(self, method_name, requests, metadata=None):
        """The code and message that the last of the requests came to: that
        of the call, or of the first event of a batch that has an error."""
        try:
            responses = self.call(method_name, requests, metadata)
        except grpc.RpcError as error:
            return error.code(), error.details()
        method = harness.METHODS[method_name]
        if method.client_streaming:
            message = harness.message_class(method.output_type)()
            message.ParseFromString(responses[-1] if responses else b"")
            for result in message.results:
                if result.HasField("error"):
                    error = result.error
                    return CODES[error.code], error.message
        return grpc.StatusCode.OK, ""

    def running_incidents(self):
        request = harness.incident_service_pb2.ListIncidentsRequest(
            running=True
        )
        return self.admin.incidents.ListIncidents(request).incidents

    def end_incident(self, incident_id):
        self.admin.incidents.EndIncident(
            harness.incident_service_pb2.EndIncidentRequest(id=incident_id)
        )

    def last_sequence(self):
        return self.admin.status().last_sequence

    def newest_decision(self):
        """The sequence of the newest decision; 0 where there is none."""
        response = self.admin.decisions.ListDecisions(
            harness.decision_service_pb2.ListDecisionsRequest(page_size=1)
        )
        for record in response.records:
            return record.decision.sequence
        return 0

    def trace_of(self, method_name):
        """What must stay as it is when a request is refused. An import keeps
        how far it came, which counts what was refused."""
        if method_name == "HistoryService.Import":
            return self.newest_decision()
        return self.last_sequence()

    def assert_goes_on(self):
        """The server takes a good event and keeps it."""
        before = self.last_sequence()
        decision = self.admin.submit(event())
        self.assertGreater(decision.sequence, before)
        self.assertTrue(self.shared.is_running())

    def assert_refused_request(self, method_name, base, fault):
        """The fault gets INVALID_ARGUMENT, names its place, leaves no
        trace."""
        for one in base.before:
            # What was refused counts into an import's position.
            if method_name == "HistoryService.Import" and one.HasField("start"):
                one.start.import_id = new_id("import")
        before = [one.SerializeToString() for one in base.before]
        trace = self.trace_of(method_name)
        code, message = self.outcome(method_name, [*before, fault.request])
        self.assertEqual(code, INVALID, message)
        self.assertTrue(
            any(name in message for name in fault.names),
            f"{message!r} names none of {fault.names}",
        )
        self.assertEqual(self.trace_of(method_name), trace, "left a trace")
