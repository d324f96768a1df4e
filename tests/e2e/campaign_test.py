"""Campaigns and text facts, through a real server and the tool."""

import unittest

import harness
import tool_test_case
from harness import event, new_id

WORDS = (
    "Our team washes the windows of every office in the city within a day, "
    "send us your address and the number of floors."
)
RULES = """
name: "campaigns"
rules {
  id: "campaign"
  category: CATEGORY_BOMBING
  on: EVENT_KIND_OPENED
  when { campaign { customers_at_least: 4 } }
  then {
    verdict: VERDICT_HOLD
    restrict {
      subject: SUBJECT_CUSTOMER
      scope: RESTRICTION_SCOPE_NEW_TICKETS
      duration: "1d"
    }
  }
}
"""


class CampaignTest(tool_test_case.ToolTest):
    rules = RULES

    def say(self, customer, words=WORDS):
        return self.admin.submit(
            event(customer_id=customer, ticket_id=new_id("t"), body=words)
        )

    def test_a_campaign_is_listed_held_and_undone_as_one(self):
        customers = [new_id("c") for _ in range(5)]
        decisions = [self.say(customer) for customer in customers]
        campaign = decisions[2].campaign_id
        self.assertEqual(campaign, decisions[2].sequence)
        self.assertEqual(
            [one.verdict for one in decisions],
            [harness.ALLOW] * 3 + [harness.HOLD] * 2,
        )

        (listed,) = self.json_of("campaigns", "list", "--customers", "5")
        self.assertEqual(listed["id"], str(campaign))
        self.assertEqual(listed["customers"], "5")
        self.assertEqual(listed["letThrough"], "3")
        self.assertTrue(listed["sample"].startswith("Our team washes"))
        (shown,) = self.json_of("campaigns", "show", str(campaign))
        self.assertEqual(
            [member["customerId"] for member in shown["members"]],
            customers[::-1],
        )

        # What its members open is looked at first, whatever it says.
        (held,) = self.json_of(
            "campaigns", "hold", str(campaign), "--for", "2d", "--reason", "ads"
        )
        self.assertEqual(held["customers"], "5")
        other = self.say(customers[0], "The disk of my server is full.")
        self.assertEqual(other.verdict, harness.HOLD)
        # Sent again, as its answer was lost: nobody is held twice.
        (again,) = self.json_of(
            "campaigns", "hold", str(campaign), "--for", "1d", "--reason", "ads"
        )
        self.assertNotIn("customers", again)

        (undone,) = self.json_of(
            "campaigns", "undo", str(campaign), "--reason", "a school class"
        )
        self.assertTrue(undone["campaign"]["cleared"])
        # The campaign's own, five of an operator's, two of the rule's.
        self.assertEqual(undone["lifted"], "8")
        # Also what waited because of a restriction alone.
        self.assertEqual(undone["released"], "3")
        later = [self.say(customer) for customer in (*customers, new_id("c"))]
        self.assertEqual({one.verdict for one in later}, {harness.ALLOW})
        self.assertEqual({one.campaign_id for one in later}, {campaign})
        self.assertIn("cleared", self.run_tool("campaigns", "list").stdout)

    def test_a_restart_lists_what_was_listed(self):
        server = self.server().start()
        tool = harness.Tool(server)
        campaign = self.caller(server).see_a_campaign()
        before = self.json_of("campaigns", "show", str(campaign), tool=tool)
        self.assertEqual(server.stop(), 0)
        server.start()
        tool = harness.Tool(server)
        self.assertEqual(
            self.json_of("campaigns", "show", str(campaign), tool=tool), before
        )

    def test_the_words_that_show_it_are_told(self):
        shown = self.run_tool(
            "text", "--subject", "Refund", "hello. You are a fucking idiot!"
        ).stdout
        self.assertIn("insults staff", shown)
        self.assertRegex(shown, r'insult +\d+ .*staff.*"You are .*idiot"')
        (facts,) = self.json_of("text", "asdfjkl asdfkjl qwpoieru")
        self.assertGreaterEqual(
            facts["facts"]["meaningless"], facts["thresholds"]["meaningless"]
        )
        self.assertIn(
            "by a machine",
            self.run_tool(
                "text", "away", "--header", "Auto-Submitted: auto-replied"
            ).stdout,
        )
        self.assertIn(
            "nothing found",
            self.run_tool("text", "my VPS 203.0.113.9 is down").stdout,
        )

    def test_a_decision_shows_the_words_that_are_evidence(self):
        decision = self.admin.submit(
            event(
                customer_id=new_id("c"),
                subject="你们客服都是傻逼吗",
                body="server down",
            )
        )
        (span, *_) = decision.text_spans
        self.assertTrue(span.in_subject)
        text = "你们客服都是傻逼吗".encode()[span.begin : span.end].decode()
        self.assertIn("傻逼", text)
        shown = self.run_tool(
            "decisions", "show", str(decision.sequence), "--text"
        ).stdout
        self.assertIn(f'"{text}"', shown)


if __name__ == "__main__":
    unittest.main()
