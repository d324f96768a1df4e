"""Tokens, roles and tenants: who may call what, and see what.

Made from the descriptors: a service that is in no row of ROLE_OF_SERVICE
fails.
"""

import time
import unittest

import grpc

import harness
from harness import event, new_id, timestamp

# Who may call what: "a role may do all that the ones before it may".
ROLE_OF_SERVICE = {
    "AdminService": "operator",
    "CampaignService": "operator",
    "CustomerService": "operator",
    "DecisionService": "operator",
    "GuardService": "helpdesk",
    "HistoryService": "operator",
    "IncidentService": "operator",
    "RestrictionService": "operator",
    "ReviewService": "operator",
    "RuleService": "operator",
    "TextService": "operator",
}
# Where one method asks for something else than its service.
ROLE_OF_METHOD = {
    "CustomerService.GrantEntitlement": "helpdesk",
    "ReviewService.WatchReviews": "helpdesk",
}


def role_of(method_name):
    service = method_name.partition(".")[0]
    return ROLE_OF_METHOD.get(method_name, ROLE_OF_SERVICE[service])


RULES = harness.rate_rule("many-openings", at_least=60)


class AccessTest(harness.SharedServerTest):
    rules = RULES

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.class_caller("other")
        cls.event = event(customer_id="customer-of-acme", ticket_id="t-acme")
        cls.decided = cls.admin.submit(cls.event)

    def code_of(self, method_name, metadata, request=b""):
        """What a call with this metadata ends with."""
        method = harness.METHODS[method_name]
        try:
            harness.call_raw(self.admin.channel, method, [request], metadata)
        except grpc.RpcError as error:
            return error.code(), error.details()
        return grpc.StatusCode.OK, ""

    def test_every_service_has_a_role(self):
        for method_name in harness.METHODS:
            self.assertIn(method_name.partition(".")[0], ROLE_OF_SERVICE)
        for method_name in ROLE_OF_METHOD:
            self.assertIn(method_name, harness.METHODS)

    def test_no_method_answers_without_a_token_it_knows(self):
        token = self.shared.tokens["acme", "admin"]
        wrong = {
            "none": (),
            "empty": (("authorization", ""),),
            "no scheme": (("authorization", token),),
            "no token": (("authorization", "Bearer "),),
            "unknown": (("authorization", "Bearer unknown"),),
            "other scheme": (("authorization", f"Basic {token}"),),
            "cut": (("authorization", f"Bearer {token[:-1]}"),),
            "longer": (("authorization", f"Bearer {token}x"),),
            "long": (("authorization", "Bearer " + "x" * 4000),),
            "other key": (("x-authorization", f"Bearer {token}"),),
        }
        sequence = self.admin.status().last_sequence
        for method_name in harness.METHODS:
            for what, metadata in wrong.items():
                with self.subTest(method=method_name, token=what):
                    code, message = self.code_of(method_name, metadata)
                    self.assertEqual(
                        code, grpc.StatusCode.UNAUTHENTICATED, message
                    )
                    self.assertIn("token", message)
                    # A part of a secret is a secret.
                    self.assertNotIn(token[:-1], message)
        self.assertEqual(self.admin.status().last_sequence, sequence)

    def test_each_role_may_call_its_services_only(self):
        for method_name in harness.METHODS:
            needed = role_of(method_name)
            for role in harness.ROLES:
                token = self.shared.tokens["acme", role]
                metadata = (("authorization", f"Bearer {token}"),)
                # Damaged, so that nothing happens where it may call.
                code, message = self.code_of(method_name, metadata, b"\xff")
                may = harness.ROLES.index(role) >= harness.ROLES.index(needed)
                with self.subTest(method=method_name, role=role):
                    self.assertEqual(
                        code,
                        grpc.StatusCode.INVALID_ARGUMENT
                        if may
                        else grpc.StatusCode.PERMISSION_DENIED,
                        message,
                    )
                    if not may:
                        self.assertIn(needed, message.lower())

    def test_the_log_tells_no_token(self):
        self.code_of(
            "GuardService.Submit", (("authorization", "Bearer s3cr3t-t0ken"),)
        )
        log = self.shared.log_file.read_text()
        self.assertNotIn("s3cr3t-t0ken", log)
        for token in self.shared.tokens.values():
            self.assertNotIn(token, log)

    # One tenant sees nothing of another.

    def test_decisions_of_another_tenant_are_not_found(self):
        for key in (
            {"sequence": self.decided.sequence},
            {"event_id": self.event.event_id},
        ):
            with self.subTest(key=key):
                self.admin.decision(**key)
                with self.assert_refused(grpc.StatusCode.NOT_FOUND):
                    self.other.decision(**key)

    def test_customers_of_another_tenant_are_not_found(self):
        self.admin.customer("customer-of-acme")
        with self.assert_refused(grpc.StatusCode.NOT_FOUND):
            self.other.customer("customer-of-acme")
        request = harness.guard_service_pb2.GetStandingRequest(
            customer_id="customer-of-acme"
        )
        self.assertTrue(self.admin.guard.GetStanding(request).known)
        self.assertFalse(self.other.guard.GetStanding(request).known)

    def test_lists_hold_nothing_of_another_tenant(self):
        own = self.other.submit(event(customer_id="customer-of-other"))
        for filters in (
            {},
            {"customer_id": "customer-of-acme"},
            {"ticket_id": "t-acme"},
            {"kinds": ["EVENT_KIND_OPENED"]},
        ):
            with self.subTest(filters=filters):
                for record in self.other.list_decisions(**filters):
                    self.assertEqual(record.customer_id, "customer-of-other")
        self.assertIn(
            own.sequence,
            [r.decision.sequence for r in self.other.list_decisions()],
        )

    def test_a_page_token_of_another_tenant_shows_nothing(self):
        first = self.admin.submit(event())
        self.admin.submit(event())
        request = harness.decision_service_pb2.ListDecisionsRequest(
            page_size=1
        )
        page = self.admin.decisions.ListDecisions(request)
        request.page_token = page.next_page_token
        for record in self.other.decisions.ListDecisions(request).records:
            self.assertNotEqual(record.decision.sequence, first.sequence)
            self.assertEqual(record.customer_id, "customer-of-other")

    def test_rules_of_another_tenant_are_not_seen(self):
        rules = harness.rule_service_pb2
        with self.assert_refused(grpc.StatusCode.NOT_FOUND):
            self.other.rules.GetRuleSet(rules.GetRuleSetRequest(revision=1))
        with self.assert_refused(grpc.StatusCode.NOT_FOUND):
            self.other.rules.Rollback(rules.RollbackRequest(revision=1))
        listed = self.other.rules.ListRevisions(rules.ListRevisionsRequest())
        self.assertEqual(len(listed.revisions), 0)
        self.assertEqual(self.other.status().rule_set_revision, 0)
        self.assertEqual(self.other.status().tenant, "other")

    def test_restrictions_of_another_tenant_are_not_seen(self):
        service = harness.restriction_service_pb2
        made = self.admin.restrict(customer_id="restricted-at-acme")
        get = service.GetRestrictionRequest(id=made.id)
        self.assertEqual(
            self.admin.restrictions.GetRestriction(get).restriction, made
        )
        with self.assert_refused(grpc.StatusCode.NOT_FOUND):
            self.other.restrictions.GetRestriction(get)
        with self.assert_refused(grpc.StatusCode.NOT_FOUND):
            self.other.restrictions.LiftRestriction(
                service.LiftRestrictionRequest(id=made.id, reason="not mine")
            )
        for filters in ({}, {"subject": made.subject}):
            listed = self.other.restrictions.ListRestrictions(
                service.ListRestrictionsRequest(**filters)
            )
            self.assertEqual(len(listed.restrictions), 0)
        for caller, verdict in (
            (self.admin, harness.REJECT),
            (self.other, harness.ALLOW),
        ):
            decision = caller.submit(
                event(
                    "CUSTOMER_REPLIED",
                    customer_id="restricted-at-acme",
                    ticket_id="t-restricted",
                )
            )
            self.assertEqual(decision.verdict, verdict)

    def test_reviews_of_another_tenant_are_not_seen(self):
        service = harness.review_service_pb2
        own = self.other.hold(customer_id="customer-of-other-held")
        held = self.admin.hold(customer_id="customer-of-acme-held")
        resolve = service.ResolveReviewRequest(
            id=held.id, state="REVIEW_STATE_RELEASED"
        )
        with self.assert_refused(grpc.StatusCode.NOT_FOUND):
            self.other.reviews.GetReview(service.GetReviewRequest(id=held.id))
        with self.assert_refused(grpc.StatusCode.NOT_FOUND):
            self.other.reviews.ResolveReview(resolve)
        listed = self.other.reviews.ListReviews(service.ListReviewsRequest())
        self.assertEqual([one.id for one in listed.reviews], [own.id])
        self.admin.reviews.ResolveReview(resolve)
        resolve.id = own.id
        released = self.other.reviews.ResolveReview(resolve).review
        # All that was resolved: of the two, the first is not told.
        watch = self.other.reviews.WatchReviews(
            service.WatchReviewsRequest(after=0)
        )
        self.assertEqual(next(watch).review, released)
        watch.cancel()

    def test_incidents_of_another_tenant_are_not_seen(self):
        service = harness.incident_service_pb2
        begun = self.admin.begin_incident()
        end = service.EndIncidentRequest(id=begun.id)
        with self.assert_refused(grpc.StatusCode.NOT_FOUND):
            self.other.incidents.EndIncident(end)
        listed = self.other.incidents.ListIncidents(
            service.ListIncidentsRequest()
        )
        self.assertEqual(len(listed.incidents), 0)
        self.assertFalse(
            self.admin.incidents.EndIncident(end).incident.running
        )

    def test_acts_of_another_tenant_are_not_listed(self):
        self.admin.restrict(customer_id=new_id("restricted"))
        request = harness.decision_service_pb2.ListDecisionsRequest(
            include_acts=True, page_size=500
        )
        self.assertTrue(self.admin.decisions.ListDecisions(request).acts)
        for act in self.other.decisions.ListDecisions(request).acts:
            self.assertTrue(act.author.startswith("other-"), act)

    def test_what_one_tenant_allows_a_customer_is_not_allowed_by_another(self):
        customers = harness.customer_service_pb2
        until = timestamp(time.time() + 3600)
        self.admin.submit(event(customer_id="allowed"))
        self.other.submit(event(customer_id="allowed"))
        self.admin.customers.GrantEntitlement(
            customers.GrantEntitlementRequest(
                customer_id="allowed", reference="r-1", until=until
            )
        )
        self.admin.customers.SetOverride(
            customers.SetOverrideRequest(
                customer_id="allowed",
                override={"exempt_until": until},
                reason="of a test",
            )
        )
        allowed = self.admin.customer("allowed").customer
        self.assertEqual(allowed.entitlements, 1)
        self.assertEqual(allowed.override.exempt_until, until)
        elsewhere = self.other.customer("allowed").customer
        self.assertEqual(elsewhere.entitlements, 0)
        self.assertFalse(elsewhere.HasField("override"))

    def test_ids_of_two_tenants_are_two_ids(self):
        both = event(subject="first", customer_id="customer-of-other")
        first = self.admin.submit(both)
        both.subject = "second"
        second = self.other.submit(both)
        self.assertNotEqual(first.sequence, second.sequence)
        self.assertEqual(
            self.other.decision(
                event_id=both.event_id, include_text=True
            ).subject,
            "second",
        )

    def test_an_event_of_another_tenant_cannot_be_regarded(self):
        reported = event(customer_id="reported-at-acme")
        self.admin.submit(reported)
        report = event(
            "ABUSE_REPORTED",
            "AGENT",
            customer_id="reported-at-acme",
            regards_event_id=reported.event_id,
        )
        with self.assert_refused(
            grpc.StatusCode.FAILED_PRECONDITION, "regards_event_id"
        ):
            self.other.submit(report)
        self.assertGreater(self.admin.submit(report).sequence, 0)

    def test_imports_of_two_tenants_are_two_imports(self):
        import_id = new_id("import")
        start = harness.history_service_pb2.ImportRequest()
        start.start.import_id = import_id
        events = harness.history_service_pb2.ImportRequest()
        events.events.events.append(
            event(
                customer_id="customer-of-other", occurred_at=timestamp(10**9)
            )
        )
        *_, answer = harness.in_turns(
            self.admin.history.Import, [start, events]
        )
        self.assertEqual(answer.position, 1)
        (begun,) = self.other.history.Import(iter([start]))
        self.assertEqual(begun.position, 0)
        (goes_on,) = self.admin.history.Import(iter([start]))
        self.assertEqual(goes_on.position, 1)


if __name__ == "__main__":
    unittest.main()
