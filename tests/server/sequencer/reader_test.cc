#include "server/sequencer/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "storage/memory_store.h"
#include "tests/event_builder.h"
#include "tests/server/sequencer/desk.h"

namespace levee::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using v1::ListDecisionsRequest;

constexpr char kRules[] = R"pb(
  rules {
    id: "no-pills"
    category: CATEGORY_PROMOTION
    on: EVENT_KIND_OPENED
    when { text { pattern: "pills" } }
    then { verdict: VERDICT_REJECT }
  }
)pb";

class ReaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(desk_.Start().ok());
    ASSERT_TRUE(desk_.ApplyRules(kRules).ok());
    acme_ = desk_.sequencer->FindTenant("acme");
  }
  sequencer::Reader reader() {
    return sequencer::Reader(&store_, desk_.sequencer.get());
  }
  std::vector<std::string> IdsOf(
      const absl::StatusOr<v1::ListDecisionsResponse>& response) {
    std::vector<std::string> ids;
    if (!response.ok()) return {response.status().ToString()};
    for (const v1::DecisionRecord& record : response->records()) {
      ids.push_back(record.decision().event_id());
    }
    return ids;
  }

  storage::MemoryStore store_;
  Desk desk_{&store_};
  const sequencer::Tenant* acme_ = nullptr;
};

TEST_F(ReaderTest, GetBringsNamesAndTextsBack) {
  const EventBuilder event = Opened()
                                 .Id("first")
                                 .Customer("kim")
                                 .Ticket("t9")
                                 .Ip("203.0.113.7")
                                 .Email("Kim@Example.com")
                                 .Body("连不上");
  const absl::StatusOr<v1::Decision> decision = desk_.Submit(event);
  ASSERT_TRUE(decision.ok());
  v1::GetDecisionRequest request;
  request.set_event_id("first");
  request.set_include_text(true);
  absl::StatusOr<v1::DecisionRecord> record = reader().Get(*acme_, request);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->decision().SerializeAsString(),
            decision->SerializeAsString());
  EXPECT_EQ(record->customer_id(), "kim");
  EXPECT_EQ(record->ticket_id(), "t9");
  EXPECT_EQ(record->source().ip(), "203.0.113.7");
  EXPECT_EQ(record->source().email(), "kim@example.com");
  EXPECT_EQ(record->body(), "连不上");

  request.set_sequence(decision->sequence());
  request.set_include_text(false);
  record = reader().Get(*acme_, request);
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record->body(), "");
}

TEST_F(ReaderTest, AnotherTenantsDecisionIsNotFound) {
  const absl::StatusOr<v1::Decision> decision =
      desk_.Submit(Opened().Id("mine"));
  ASSERT_TRUE(decision.ok());
  const sequencer::Tenant* other = desk_.sequencer->FindTenant("other");
  v1::GetDecisionRequest request;
  request.set_sequence(decision->sequence());
  EXPECT_TRUE(absl::IsNotFound(reader().Get(*other, request).status()));
  request.set_event_id("mine");
  EXPECT_TRUE(absl::IsNotFound(reader().Get(*other, request).status()));
  EXPECT_THAT(IdsOf(reader().List(*other, ListDecisionsRequest())), IsEmpty());
}

TEST_F(ReaderTest, ListFilters) {
  ASSERT_TRUE(desk_.Submit(Opened().Id("a").Customer("c1").Ticket("t1")).ok());
  ASSERT_TRUE(
      desk_.Submit(Opened().Id("b").Customer("c2").Body("buy pills")).ok());
  desk_.clock.Advance(60'000);
  const int64_t later = desk_.sequencer->NowMs() / 1000;
  ASSERT_TRUE(desk_.Submit(Replied().Id("c").Customer("c1").Ticket("t1")).ok());
  ASSERT_TRUE(
      desk_.Submit(AgentReplied().Id("d").Customer("c1").Ticket("t1")).ok());

  auto list = [&](void (*set)(ListDecisionsRequest*, int64_t)) {
    ListDecisionsRequest request;
    set(&request, later);
    return IdsOf(reader().List(*acme_, request));
  };
  EXPECT_THAT(list([](auto*, int64_t) {}), ElementsAre("d", "c", "b", "a"));
  EXPECT_THAT(list([](auto* r, int64_t) { r->set_customer_id("c1"); }),
              ElementsAre("d", "c", "a"));
  EXPECT_THAT(list([](auto* r, int64_t) { r->set_customer_id("nobody"); }),
              IsEmpty());
  EXPECT_THAT(list([](auto* r, int64_t) { r->set_ticket_id("t1"); }),
              ElementsAre("d", "c", "b", "a"));
  EXPECT_THAT(
      list([](auto* r, int64_t) { r->add_verdicts(v1::VERDICT_REJECT); }),
      ElementsAre("b"));
  EXPECT_THAT(list([](auto* r, int64_t) { r->set_rule_id("no-pills"); }),
              ElementsAre("b"));
  EXPECT_THAT(
      list([](auto* r, int64_t) { r->set_category(v1::CATEGORY_INSULT); }),
      IsEmpty());
  EXPECT_THAT(list([](auto* r, int64_t) {
                r->add_kinds(v1::EVENT_KIND_CUSTOMER_REPLIED);
              }),
              ElementsAre("c"));
  EXPECT_THAT(
      list([](auto* r, int64_t at) { r->mutable_since()->set_seconds(at); }),
      ElementsAre("d", "c"));
  EXPECT_THAT(
      list([](auto* r, int64_t at) { r->mutable_until()->set_seconds(at); }),
      ElementsAre("b", "a"));
}

TEST_F(ReaderTest, PagesJoinWithoutGapOrOverlap) {
  std::vector<std::string> all;
  for (int i = 0; i < 23; ++i) {
    const EventBuilder event = Opened();
    all.insert(all.begin(), event.event().event_id());
    ASSERT_TRUE(desk_.Submit(event).ok());
    desk_.clock.Advance(1'000);
  }
  for (const char* customer : {"", "c1"}) {
    ListDecisionsRequest request;
    request.set_page_size(5);
    request.set_customer_id(customer);
    std::vector<std::string> seen;
    do {
      absl::StatusOr<v1::ListDecisionsResponse> page =
          reader().List(*acme_, request);
      ASSERT_TRUE(page.ok()) << page.status();
      for (const std::string& id : IdsOf(page)) seen.push_back(id);
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    EXPECT_EQ(seen, all);
  }
}

TEST_F(ReaderTest, ForeignPageTokensAreRefused) {
  ASSERT_TRUE(desk_.Submit(Opened()).ok());
  for (const char* token : {"x", "-1", "0", "1:", "1:2:3"}) {
    ListDecisionsRequest request;
    request.set_page_token(token);
    EXPECT_TRUE(
        absl::IsInvalidArgument(reader().List(*acme_, request).status()))
        << token;
  }
}

TEST_F(ReaderTest, TimelineIsByTheTimeThingsHappened) {
  const int64_t now = desk_.clock.WallMs();
  ASSERT_TRUE(desk_.Submit(Opened().Id("late").AtMs(now - 1'000)).ok());
  ASSERT_TRUE(desk_.Submit(Opened().Id("later").AtMs(now - 9'000)).ok());
  v1::GetCustomerRequest request;
  request.set_customer_id("c1");
  v1::GetCustomerResponse response;
  ASSERT_TRUE(reader().Timeline(*acme_, request, &response).ok());
  ASSERT_EQ(response.timeline_size(), 2);
  EXPECT_EQ(response.timeline(0).decision().event_id(), "late");
  EXPECT_EQ(response.timeline(1).decision().event_id(), "later");
  request.set_customer_id("nobody");
  EXPECT_TRUE(absl::IsNotFound(reader().Timeline(*acme_, request, &response)));
}

}  // namespace
}  // namespace levee::tests
