#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

#include "server/rules/decide.h"
#include "tests/event_builder.h"
#include "tests/server/rules/world.h"

namespace levee::rules {
namespace {

using levee::tests::Opened;
using levee::tests::World;
using levee::v1::TicketEvent;

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kNow = 20'000 * kDay;

std::shared_ptr<const RuleSet> WithLeaf(const std::string& leaf) {
  const Compiled compiled = Compile(
      "rules { id: 'r' category: CATEGORY_BOMBING on: EVENT_KIND_OPENED "
      "on: EVENT_KIND_CUSTOMER_REPLIED on: EVENT_KIND_REOPENED when { " +
          leaf +
          " } then { verdict: VERDICT_HOLD } }"
          "lists { name: 'customers' kind: LIST_KIND_CUSTOMER values: 'c1' }"
          "lists { name: 'ips' kind: LIST_KIND_IP values: '203.0.113.0/24' }"
          "lists { name: 'emails' kind: LIST_KIND_EMAIL values: 'a@b.example' }"
          "lists { name: 'domains' kind: LIST_KIND_EMAIL_DOMAIN "
          "values: 'b.example' }"
          "lists { name: 'devices' kind: LIST_KIND_DEVICE values: 'd1' }"
          "lists { name: 'departments' kind: LIST_KIND_DEPARTMENT "
          "values: 'billing' }",
      1);
  EXPECT_EQ(ToString(compiled.problems), "") << leaf;
  return compiled.rule_set;
}

// What a leaf comes to for an event; empty: unknown.
std::optional<int64_t> Observed(const std::string& leaf,
                                const TicketEvent& event) {
  const auto rules = WithLeaf(leaf);
  const rules::Observed observed = Observe(
      *rules, event, Canonical(event.source()), text::Examine(event).facts);
  if (observed.size() != 1) {
    ADD_FAILURE() << leaf << ": " << observed.size() << " measurements";
    return std::nullopt;
  }
  if (!observed[0].known) return std::nullopt;
  return observed[0].value;
}

TicketEvent With(const std::function<void(TicketEvent*)>& change) {
  TicketEvent event = Opened();
  change(&event);
  return event;
}
TicketEvent Texts(const std::string& subject, const std::string& body) {
  return With([&](TicketEvent* event) {
    event->set_subject(subject);
    event->set_body(body);
  });
}

TEST(Observe, PatternsLengthsAndLinksLookAtTheirPart) {
  struct Case {
    std::string leaf;
    std::string subject;
    std::string body;
    std::optional<int64_t> value;
  };
  const std::string subject = "field: TEXT_FIELD_SUBJECT ";
  const std::string body = "field: TEXT_FIELD_BODY ";
  const Case cases[] = {
      {"pattern: 'b+c'", "", "abbc", 1},
      {"pattern: 'B'", "", "abbc", 0},
      {"pattern: '(?i)B'", "", "abbc", 1},
      {"pattern: '^one\\ntwo$'", "one", "two", 1},
      {"pattern: '^two$'", "", "two", 1},
      {"pattern: '^one$'", "one", "", 1},
      {"pattern: '^one$'", "one", "two", 0},
      {subject + "pattern: 'two'", "one", "two", 0},
      {body + "pattern: 'two'", "one", "two", 1},
      {body + "pattern: '^$'", "one", "", 1},
      {"pattern: '^.$'", "", "中", 1},
      {"pattern: 'x'", "", "", std::nullopt},
      {subject + "length_at_least: 1", " 中文 ", "longer", 2},
      {body + "length_at_least: 1", "subject", "  ", 0},
      {"length_at_least: 1", "ab", "cde", 6},
      {"length_at_most: 1", "", "cde", 3},
      {"length_at_most: 1", "ab", " ", 2},
      {"length_at_least: 1", "", "", std::nullopt},
      {"links_at_least: 1", "a.com b.com", "https://c.example", 3},
      {subject + "links_at_least: 1", "a.com b.com", "https://c.example", 2},
      {body + "links_at_least: 1", "a.com b.com", "https://c.example", 1},
      {"links_at_least: 1", "", "", std::nullopt},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Observed("text { " + c.leaf + " }", Texts(c.subject, c.body)),
              c.value)
        << c.leaf << " on " << c.subject << " / " << c.body;
  }
}

TEST(Observe, PatternsSeeTheFirst128KiB) {
  const std::string far(text::kScanBytesMax, ' ');
  for (const char* field : {"", "field: TEXT_FIELD_BODY "}) {
    const std::string leaf = "text { " + std::string(field) + "pattern: 'x' }";
    EXPECT_EQ(Observed(leaf, Texts("s", far.substr(1) + "x")), 1);
    EXPECT_EQ(Observed(leaf, Texts("s", far + "x")), 0);
  }
}

TEST(Observe, SourcesAreUnknownWhereAbsent) {
  struct Case {
    std::string leaf;
    std::string ip;
    std::string email;
    std::optional<int64_t> value;
  };
  const std::string in = "source { ip_in: '203.0.113.0/24' }";
  const std::string under = "source { email_domain: 'b.example' }";
  const Case cases[] = {
      {in, "203.0.113.9", "", 1},
      {in, "::ffff:203.0.113.9", "", 1},
      {in, "203.0.114.9", "", 0},
      {in, "2001:db8::1", "", 0},
      {in, "", "", std::nullopt},
      {under, "", "x@B.Example", 1},
      {under, "", "x@a.b.example", 1},
      {under, "", "x@ab.example", 0},
      {under, "", "x@example", 0},
      {under, "", "", std::nullopt},
      {"list { name: 'ips' }", "203.0.113.9", "", ValueList::kForEver},
      {"list { name: 'ips' }", "198.51.100.1", "", 0},
      {"list { name: 'ips' }", "", "", std::nullopt},
      {"list { name: 'emails' }", "", "A@b.example", ValueList::kForEver},
      {"list { name: 'emails' }", "", "c@b.example", 0},
      {"list { name: 'emails' }", "", "", std::nullopt},
      {"list { name: 'domains' }", "", "c@x.b.example", ValueList::kForEver},
      {"list { name: 'domains' }", "", "c@example", 0},
      {"list { name: 'domains' }", "", "", std::nullopt},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Observed(c.leaf, Opened().Ip(c.ip).Email(c.email)), c.value)
        << c.leaf << " on " << c.ip << c.email;
  }
}

TEST(Observe, AttributesAndListsAreUnknownWhereAbsent) {
  const auto text = [](const std::string& value) {
    return With([&](TicketEvent* event) {
      levee::v1::Attribute* attribute = event->add_attributes();
      attribute->set_key("other");
      attribute->set_text("vps-1");
      attribute = event->add_attributes();
      attribute->set_key("plan");
      attribute->set_text(value);
    });
  };
  const auto number = [](int64_t value) {
    return With([&](TicketEvent* event) {
      event->add_attributes()->set_key("plan");
      event->mutable_attributes(0)->set_number(value);
    });
  };
  const std::string one_of =
      "attribute { text { key: 'plan' any_of: 'vps-2' any_of: 'vps-1' } }";
  const std::string range = "attribute { number { key: 'plan' at_least: 1 } }";
  EXPECT_EQ(Observed(one_of, text("vps-1")), 1);
  EXPECT_EQ(Observed(one_of, text("vps-2")), 1);
  EXPECT_EQ(Observed(one_of, text("vps-3")), 0);
  EXPECT_EQ(Observed(one_of, number(5)), std::nullopt);
  EXPECT_EQ(Observed(one_of, Opened()), std::nullopt);
  EXPECT_EQ(Observed(range, number(-5)), -5);
  EXPECT_EQ(Observed(range, text("5")), std::nullopt);

  EXPECT_EQ(Observed("list { name: 'customers' }", Opened().Customer("c1")),
            ValueList::kForEver);
  EXPECT_EQ(Observed("list { name: 'customers' }", Opened().Customer("c2")), 0);
  EXPECT_EQ(Observed("list { name: 'devices' }", With([](TicketEvent* event) {
                       event->mutable_source()->set_device_id("d1");
                     })),
            ValueList::kForEver);
  EXPECT_EQ(Observed("list { name: 'devices' }", Opened()), std::nullopt);
  EXPECT_EQ(
      Observed("list { name: 'departments' }", With([](TicketEvent* event) {
                 event->set_department("technical");
               })),
      0);
  EXPECT_EQ(Observed("list { name: 'departments' }", Opened()), std::nullopt);
}

TEST(Observe, NothingIsObservedOfOthersThanCustomers) {
  const auto rules = WithLeaf("text { pattern: 'x' }");
  const TicketEvent event =
      Opened().By(levee::v1::ACTOR_AGENT_ON_BEHALF).Body("x");
  EXPECT_TRUE(Observe(*rules, event, {}, storage::v1::TextFacts()).empty());
}

TEST(Canonical, SourcesAreToldInOneForm) {
  levee::v1::Source source;
  source.set_ip("::ffff:203.0.113.7");
  source.set_email("Anna.Ö@Example.COM");
  source.set_device_id("D1");
  const CanonicalSource canonical = Canonical(source);
  EXPECT_EQ(canonical.ip, "203.0.113.7");
  EXPECT_EQ(canonical.ip_prefix, "203.0.113.0/24");
  EXPECT_EQ(canonical.email, "anna.Ö@example.com");
  EXPECT_EQ(canonical.email_domain, "example.com");
  EXPECT_EQ(canonical.device, "D1");
  for (const char* wrong : {"", "nobody", "@example.com", "a@"}) {
    source.set_ip("203.0.113");
    source.set_email(wrong);
    EXPECT_EQ(Canonical(source).ip, "");
    EXPECT_EQ(Canonical(source).ip_prefix, "");
    EXPECT_EQ(Canonical(source).email, "") << wrong;
    EXPECT_EQ(Canonical(source).email_domain, "") << wrong;
  }
}

// --- With state --------------------------------------------------------------

TEST(MeasureLeaves, WritesValuesUnknownsAndWhenCountersRunFree) {
  World world(WithLeaf(
      "any { of { rate { per: SUBJECT_CUSTOMER kinds: EVENT_KIND_OPENED "
      "window: '1h' at_least: 3 } } "
      "of { rate { per: SUBJECT_IP kinds: EVENT_KIND_OPENED window: '1h' "
      "at_least: 2 } } "
      "of { attribute { account_younger_than: '7d' } } "
      "of { text { pattern: 'x' } } "
      "of { ticket { replies_since_agent_at_least: 1 } } }"));
  const storage::v1::EventEntry first =
      world.Judge(Opened().AtMs(kNow).AccountCreatedAtMs(kNow + kDay)).event();
  EXPECT_EQ(first.rule_set_revision(), 1);
  // The account was made later than the event: just made.
  EXPECT_THAT(first.leaf_values(), testing::ElementsAre(1, 0, 0, 0, 0));
  EXPECT_THAT(first.leaf_unknown(), testing::ElementsAre(1, 3));
  EXPECT_THAT(first.leaf_free_after_ms(), testing::ElementsAre());
  EXPECT_EQ(first.outcome().verdict(), levee::v1::VERDICT_HOLD);

  world.Judge(Opened().Ticket("t2").AtMs(kNow + 10 * kMinute));
  const storage::v1::EventEntry third =
      world
          .Judge(Opened()
                     .Ticket("t3")
                     .AtMs(kNow + 20 * kMinute)
                     .AccountCreatedAtMs(kNow - kDay)
                     .Ip("203.0.113.7")
                     .Body("x"))
          .event();
  EXPECT_THAT(third.leaf_values(),
              testing::ElementsAre(3, 1, kDay + 20 * kMinute, 1, 0));
  EXPECT_THAT(third.leaf_unknown(), testing::ElementsAre());
  // The same again passes when the second has left the window.
  EXPECT_THAT(third.leaf_free_after_ms(),
              testing::ElementsAre(50 * kMinute, 0, 0, 0, 0));
}

TEST(MeasureLeaves, OthersThanCustomersLeaveNoLeaves) {
  World world(WithLeaf("text { pattern: 'x' }"));
  const storage::v1::Entry entry = world.Judge(
      Opened().By(levee::v1::ACTOR_AUTOMATION).Body("x").AtMs(kNow));
  EXPECT_EQ(entry.event().rule_set_revision(), 1);
  EXPECT_EQ(entry.event().leaf_values_size(), 0);
  EXPECT_EQ(entry.event().leaf_unknown_size(), 0);
  EXPECT_EQ(entry.event().outcome().exemption(),
            levee::v1::EXEMPTION_NOT_JUDGED);
}

TEST(MeasureLeaves, WhatWasNotObservedIsUnknown) {
  const auto rules = WithLeaf("text { pattern: 'x' }");
  storage::v1::EventEntry entry;
  entry.set_actor(levee::v1::ACTOR_CUSTOMER);
  entry.mutable_happening()->set_kind(levee::v1::EVENT_KIND_OPENED);
  MeasureLeaves(
      *rules, {}, 1, [](const state::EntityKey&) { return nullptr; }, &entry);
  EXPECT_THAT(entry.leaf_values(), testing::ElementsAre(0));
  EXPECT_THAT(entry.leaf_unknown(), testing::ElementsAre(0));
}

}  // namespace
}  // namespace levee::rules
