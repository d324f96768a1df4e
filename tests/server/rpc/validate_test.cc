// One line per fault: what is changed in a right message, and what the error
// must say.
#include "server/rpc/validate.h"

#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace levee::rpc {
namespace {

using levee::v1::TicketEvent;
using testing::Eq;
using testing::HasSubstr;
using testing::StartsWith;

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

// A right event of a customer's with every field that it may have.
TicketEvent Opened() {
  return Parse<TicketEvent>(R"(
    event_id: "e-1" kind: EVENT_KIND_OPENED actor: ACTOR_CUSTOMER
    customer_id: "c-1" ticket_id: "t-1" agent_id: "a-1"
    occurred_at { seconds: 1700000000 nanos: 999999999 }
    subject: "S" body: "B"
    source { ip: "203.0.113.7" email: "a@example.com" device_id: "d" }
    account_created_at { seconds: 0 }
    attributes { key: "plan" text: "vps-2" }
    attributes { key: "servers" number: -1 }
    department: "sales" reference: "r" language: "zh-Hant-TW")");
}

TicketEvent Reported() {
  return Parse<TicketEvent>(R"(
    event_id: "e-2" kind: EVENT_KIND_ABUSE_REPORTED actor: ACTOR_AGENT
    customer_id: "c-1" ticket_id: "t-1" agent_id: "a-1"
    regards_event_id: "e-1" not_abuse: true)");
}

struct Fault {
  const char* name;
  std::function<void(TicketEvent*)> change;
  // How the message begins.
  std::string error;
};

void SetAttributes(TicketEvent* event, int count) {
  event->clear_attributes();
  for (int i = 0; i < count; ++i) {
    auto* attribute = event->add_attributes();
    attribute->set_key("k" + std::to_string(i));
    attribute->set_number(i);
  }
}

using E = TicketEvent;
const std::string k129(129, 'x');

const Fault kFaults[] = {
    {"no event_id", [](E* e) { e->clear_event_id(); },
     "event.event_id: missing: 1 to 128 bytes"},
    {"long event_id", [](E* e) { e->set_event_id(k129); },
     "event.event_id: 129 bytes, at most 128"},
    {"no kind", [](E* e) { e->clear_kind(); },
     "event.kind: missing, but one of EVENT_KIND_OPENED, "},
    {"unknown kind",
     [](E* e) { e->set_kind(static_cast<levee::v1::EventKind>(99)); },
     "event.kind: 99, but one of EVENT_KIND_OPENED, "},
    {"no actor", [](E* e) { e->clear_actor(); },
     "event.actor: missing, but one of ACTOR_CUSTOMER, "},
    {"unknown actor",
     [](E* e) { e->set_actor(static_cast<levee::v1::Actor>(-1)); },
     "event.actor: -1, but one of ACTOR_CUSTOMER, "},
    {"an agent cannot open", [](E* e) { e->set_actor(levee::v1::ACTOR_AGENT); },
     "event.actor: ACTOR_AGENT, but EVENT_KIND_OPENED is done by "
     "ACTOR_CUSTOMER or ACTOR_AGENT_ON_BEHALF or ACTOR_AUTOMATION"},
    {"a customer gives no agent's reply",
     [](E* e) { e->set_kind(levee::v1::EVENT_KIND_AGENT_REPLIED); },
     "event.actor: ACTOR_CUSTOMER, but EVENT_KIND_AGENT_REPLIED is done by "
     "ACTOR_AGENT or ACTOR_AUTOMATION"},
    {"a customer withdraws nothing",
     [](E* e) { e->set_kind(levee::v1::EVENT_KIND_WITHDRAWN); },
     "event.actor: ACTOR_CUSTOMER, but EVENT_KIND_WITHDRAWN is done by "},
    {"no customer_id", [](E* e) { e->clear_customer_id(); },
     "event.customer_id: missing"},
    {"long customer_id",
     [](E* e) { e->set_customer_id(std::string(200, 'x')); },
     "event.customer_id: 200 bytes, at most 128"},
    {"no ticket_id", [](E* e) { e->clear_ticket_id(); },
     "event.ticket_id: missing"},
    {"long ticket_id", [](E* e) { e->set_ticket_id(k129); },
     "event.ticket_id: 129 bytes, at most 128"},
    {"long agent_id", [](E* e) { e->set_agent_id(k129); },
     "event.agent_id: 129 bytes, at most 128"},
    {"on behalf without an agent",
     [](E* e) {
       e->set_actor(levee::v1::ACTOR_AGENT_ON_BEHALF);
       e->clear_agent_id();
     },
     "event.agent_id: missing: required for ACTOR_AGENT_ON_BEHALF"},
    {"before 1970", [](E* e) { e->mutable_occurred_at()->set_seconds(-1); },
     "event.occurred_at: -1 seconds since 1970"},
    {"after 9999",
     [](E* e) { e->mutable_occurred_at()->set_seconds(253402300800); },
     "event.occurred_at: 253402300800 seconds since 1970"},
    {"negative nanos", [](E* e) { e->mutable_occurred_at()->set_nanos(-1); },
     "event.occurred_at: -1 nanos, but 0 to 999999999"},
    {"a second of nanos",
     [](E* e) { e->mutable_account_created_at()->set_nanos(1000000000); },
     "event.account_created_at: 1000000000 nanos"},
    {"long subject", [](E* e) { e->set_subject(std::string(4097, 's')); },
     "event.subject: 4097 bytes, at most 4096"},
    {"long body", [](E* e) { e->set_body(std::string(1048577, 'b')); },
     "event.body: 1048577 bytes, at most 1048576"},
    {"no address", [](E* e) { e->mutable_source()->set_ip("203.0.113"); },
     "event.source.ip: \"203.0.113\" is no IPv4 or IPv6 address"},
    {"a range is no address",
     [](E* e) { e->mutable_source()->set_ip("203.0.113.0/24"); },
     "event.source.ip: \"203.0.113.0/24\" is no IPv4"},
    {"long address",
     [](E* e) { e->mutable_source()->set_ip(std::string(5000, '1')); },
     "event.source.ip: \"1111111111111111111111111111111111111111...\""},
    {"email without @", [](E* e) { e->mutable_source()->set_email("a.b"); },
     "event.source.email: \"a.b\" has no @"},
    {"email without name", [](E* e) { e->mutable_source()->set_email("@b"); },
     "event.source.email: \"@b\" has nothing before the @"},
    {"email without domain", [](E* e) { e->mutable_source()->set_email("a@"); },
     "event.source.email: \"a@\" has nothing after the @"},
    {"email with an empty label",
     [](E* e) { e->mutable_source()->set_email("a@b..c"); },
     "event.source.email: \"a@b..c\" has an empty label"},
    {"email with a line feed",
     [](E* e) { e->mutable_source()->set_email("a\n@b"); },
     "event.source.email: \"a\\x0a@b\" has a control character"},
    {"long email",
     [](E* e) { e->mutable_source()->set_email(std::string(319, 'a') + "@b"); },
     "event.source.email: 321 bytes, at most 320"},
    {"long device", [](E* e) { e->mutable_source()->set_device_id(k129); },
     "event.source.device_id: 129 bytes, at most 128"},
    {"a solution by a customer", [](E* e) { e->set_provides_solution(true); },
     "event.provides_solution: set, but it belongs to "
     "EVENT_KIND_AGENT_REPLIED, not to EVENT_KIND_OPENED"},
    {"not_abuse elsewhere", [](E* e) { e->set_not_abuse(true); },
     "event.not_abuse: set, but it belongs to EVENT_KIND_ABUSE_REPORTED"},
    {"regards_event_id elsewhere", [](E* e) { e->set_regards_event_id("e-0"); },
     "event.regards_event_id: set, but it belongs to "},
    {"33 attributes", [](E* e) { SetAttributes(e, 33); },
     "event.attributes: 33 attributes, at most 32"},
    {"no key", [](E* e) { e->mutable_attributes(1)->clear_key(); },
     "event.attributes[1].key: missing"},
    {"long key",
     [](E* e) { e->mutable_attributes(0)->set_key(std::string(65, 'k')); },
     "event.attributes[0].key: 65 bytes, at most 64"},
    {"capital key", [](E* e) { e->mutable_attributes(0)->set_key("Plan"); },
     "event.attributes[0].key: \"Plan\", but of a-z, 0-9 and _ only"},
    {"key twice", [](E* e) { e->mutable_attributes(1)->set_key("plan"); },
     "event.attributes[1].key: \"plan\" again"},
    {"no value", [](E* e) { e->mutable_attributes(1)->clear_value(); },
     "event.attributes[1].value: missing: give text or number"},
    {"long value",
     [](E* e) { e->mutable_attributes(0)->set_text(std::string(257, 'v')); },
     "event.attributes[0].text: 257 bytes, at most 256"},
    {"long department", [](E* e) { e->set_department(k129); },
     "event.department: 129 bytes, at most 128"},
    {"long reference", [](E* e) { e->set_reference(k129); },
     "event.reference: 129 bytes, at most 128"},
    {"long language", [](E* e) { e->set_language(std::string(36, 'a')); },
     "event.language: 36 bytes, at most 35"},
    {"no language", [](E* e) { e->set_language("zh_CN"); },
     "event.language: \"zh_CN\" is no BCP 47 tag"},
    {"half a language", [](E* e) { e->set_language("zh-"); },
     "event.language: \"zh-\" is no BCP 47 tag"},
};

TEST(ValidateEventTest, EachFaultIsNamed) {
  for (const Fault& fault : kFaults) {
    TicketEvent event = Opened();
    fault.change(&event);
    const absl::Status status =
        ValidateEvent(event, EventUse::kSubmit, "event");
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << fault.name;
    EXPECT_THAT(std::string(status.message()), StartsWith(fault.error))
        << fault.name;
  }
}

TEST(ValidateEventTest, EachFaultOfAReportIsNamed) {
  const Fault faults[] = {
      {"agent without id", [](E* e) { e->clear_agent_id(); },
       "event.agent_id: missing: required for ACTOR_AGENT"},
      {"regards nothing", [](E* e) { e->clear_regards_event_id(); },
       "event.regards_event_id: missing: required for "
       "EVENT_KIND_ABUSE_REPORTED"},
      {"regards itself", [](E* e) { e->set_regards_event_id("e-2"); },
       "event.regards_event_id: the event's own event_id"},
      {"long", [](E* e) { e->set_regards_event_id(k129); },
       "event.regards_event_id: 129 bytes, at most 128"},
      {"by automation", [](E* e) { e->set_actor(levee::v1::ACTOR_AUTOMATION); },
       "event.actor: ACTOR_AUTOMATION, but EVENT_KIND_ABUSE_REPORTED is done "
       "by ACTOR_AGENT"},
  };
  for (const Fault& fault : faults) {
    TicketEvent event = Reported();
    fault.change(&event);
    EXPECT_THAT(
        std::string(ValidateEvent(event, EventUse::kSubmit, "event").message()),
        StartsWith(fault.error))
        << fault.name;
  }
}

TEST(ValidateEventTest, WhatIsRightPasses) {
  TicketEvent longest = Opened();
  longest.set_event_id(std::string(128, 'x'));
  longest.set_subject(std::string(4096, 's'));
  longest.set_body(std::string(1 << 20, 'b'));
  longest.mutable_occurred_at()->set_seconds(253402300799);
  longest.mutable_source()->set_ip("::ffff:192.0.2.1");
  SetAttributes(&longest, 32);
  TicketEvent bare = Parse<TicketEvent>(
      "event_id: 'e' kind: EVENT_KIND_OPENED actor: ACTOR_CUSTOMER "
      "customer_id: 'c' ticket_id: 't'");
  for (const TicketEvent& event : {Opened(), Reported(), longest, bare}) {
    EXPECT_EQ(ValidateEvent(event, EventUse::kSubmit, "event"),
              absl::OkStatus());
  }
}

TEST(ValidateEventTest, EveryKindTakesTheActorsItsCommentNames) {
  // Columns: CUSTOMER, AGENT, AGENT_ON_BEHALF, AUTOMATION.
  const struct {
    levee::v1::EventKind kind;
    const char* actors;
  } table[] = {
      {levee::v1::EVENT_KIND_OPENED, "y.yy"},
      {levee::v1::EVENT_KIND_CUSTOMER_REPLIED, "y.yy"},
      {levee::v1::EVENT_KIND_AGENT_REPLIED, ".y.y"},
      {levee::v1::EVENT_KIND_SOLVED, "yyyy"},
      {levee::v1::EVENT_KIND_REOPENED, "yyyy"},
      {levee::v1::EVENT_KIND_CLOSED, "yyyy"},
      {levee::v1::EVENT_KIND_ABUSE_REPORTED, ".y.."},
      {levee::v1::EVENT_KIND_WITHDRAWN, ".y.y"},
  };
  EXPECT_EQ(std::size(table), levee::v1::EventKind_ARRAYSIZE - 1);
  for (const auto& row : table) {
    for (int actor = 1; actor < levee::v1::Actor_ARRAYSIZE; ++actor) {
      TicketEvent event = Opened();
      event.set_kind(row.kind);
      event.set_actor(static_cast<levee::v1::Actor>(actor));
      if (row.kind >= levee::v1::EVENT_KIND_ABUSE_REPORTED) {
        event.set_regards_event_id("e-0");
      }
      EXPECT_EQ(ValidateEvent(event, EventUse::kSubmit, "event").ok(),
                row.actors[actor - 1] == 'y')
          << levee::v1::EventKind_Name(row.kind) << " " << actor;
    }
  }
}

TEST(ValidateEventTest, UseAndPlaceMatter) {
  TicketEvent event = Opened();
  event.clear_event_id();
  EXPECT_TRUE(ValidateEvent(event, EventUse::kPreview, "event").ok());
  event = Opened();
  event.clear_occurred_at();
  EXPECT_EQ(ValidateEvent(event, EventUse::kImport, "events.events", 7),
            absl::InvalidArgumentError(
                "events.events[7].occurred_at: missing: required in an "
                "import"));
  event = Opened();
  event.mutable_attributes(0)->set_key("");
  EXPECT_THAT(
      std::string(
          ValidateEvent(event, EventUse::kSubmit, "events", 3).message()),
      StartsWith("events[3].attributes[0].key: missing"));
}

template <typename Request>
void Expect(const std::string& text, const std::string& error) {
  const absl::Status status = Validate(Parse<Request>(text));
  if (error.empty()) {
    EXPECT_EQ(status, absl::OkStatus()) << text;
    return;
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  EXPECT_THAT(std::string(status.message()), StartsWith(error)) << text;
}

TEST(ValidateTest, EachRequestsFaultsAreNamed) {
  namespace v1 = levee::v1;
  const std::string id129 = "'" + k129 + "'";
  Expect<v1::SubmitRequest>("", "event: missing");
  Expect<v1::SubmitRequest>("event {}", "event.event_id: missing");
  Expect<v1::PreviewRequest>("", "event: missing");
  Expect<v1::PreviewRequest>("event {}", "event.customer_id: missing");
  Expect<v1::SubmitStreamRequest>("", "events: 0 events, but 1 to 256");
  Expect<v1::SubmitStreamRequest>("events {}", "");
  Expect<v1::GetStandingRequest>("", "customer_id: missing");
  Expect<v1::GetStandingRequest>("customer_id: 'c' language: '?'",
                                 "language: \"?\" is no BCP 47 tag");
  Expect<v1::GetStandingRequest>("customer_id: 'c' source { ip: 'x' }",
                                 "source.ip: \"x\" is no IPv4");
  Expect<v1::GetStandingRequest>("customer_id: 'c'", "");
  Expect<v1::ImportStart>("", "start.import_id: missing");
  Expect<v1::ImportStart>("import_id: " + id129, "start.import_id: 129 bytes");
  Expect<v1::ImportEvents>("", "events.events: 0 events, but 1 to 256");
  Expect<v1::GetDecisionRequest>("", "key: missing: give sequence or event_id");
  Expect<v1::GetDecisionRequest>("sequence: 0", "sequence: 0, but");
  Expect<v1::GetDecisionRequest>("event_id: ''", "event_id: missing");
  Expect<v1::GetDecisionRequest>("event_id: 'e'", "");
  Expect<v1::ListDecisionsRequest>("page_size: -1",
                                   "page_size: -1, but 1 to 500");
  Expect<v1::ListDecisionsRequest>("page_size: 501",
                                   "page_size: 501, but 1 to 500");
  Expect<v1::ListDecisionsRequest>("customer_id: " + id129,
                                   "customer_id: 129 bytes");
  Expect<v1::ListDecisionsRequest>("ticket_id: " + id129,
                                   "ticket_id: 129 bytes");
  Expect<v1::ListDecisionsRequest>(
      "verdicts: [VERDICT_ALLOW, VERDICT_UNSPECIFIED]",
      "verdicts[1]: missing, but one of VERDICT_ALLOW, ");
  Expect<v1::ListDecisionsRequest>("kinds: EVENT_KIND_UNSPECIFIED",
                                   "kinds[0]: missing, but one of ");
  Expect<v1::ListDecisionsRequest>("since { seconds: -1 }",
                                   "since: -1 seconds since 1970");
  Expect<v1::ListDecisionsRequest>("since { seconds: 5 } until { seconds: 5 }",
                                   "until: not after since");
  Expect<v1::ListDecisionsRequest>(
      "page_size: 500 verdicts: VERDICT_HOLD category: CATEGORY_BOMBING", "");
  Expect<v1::GetCustomerRequest>("", "customer_id: missing");
  Expect<v1::GetCustomerRequest>("customer_id: 'c' page_size: 501",
                                 "page_size: 501, but 1 to 500");
  Expect<v1::ListRevisionsRequest>("page_size: 101",
                                   "page_size: 101, but 1 to 100");
  Expect<v1::RollbackRequest>("", "revision: missing");
  Expect<v1::RollbackRequest>(
      "revision: 1 comment: '" + std::string(1025, 'c') + "'",
      "comment: 1025 bytes, at most 1024");
  v1::ApplyRuleSetRequest apply;
  apply.set_text(std::string((1 << 20) + 1, ' '));
  EXPECT_EQ(Validate(apply),
            absl::InvalidArgumentError("text: 1048577 bytes, at most 1048576"));
  v1::SubmitStreamRequest batch;
  for (int i = 0; i < 257; ++i) batch.add_events();
  EXPECT_THAT(std::string(Validate(batch).message()),
              HasSubstr("257 events, but 1 to 256"));
  v1::ListDecisionsRequest list;
  list.set_category(static_cast<v1::Category>(77));
  EXPECT_THAT(std::string(Validate(list).message()),
              StartsWith("category: 77, but one of CATEGORY_INSULT"));
}

}  // namespace
}  // namespace levee::rpc
