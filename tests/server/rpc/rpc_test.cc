// The unary calls, health and the end.
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/rpc/status.h"
#include "tests/server/rpc/rpc_fixture.h"

namespace levee::rpc {
namespace {

using grpc::StatusCode;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(RpcTest, SubmitAnswersWithADecision) {
  ASSERT_TRUE(Apply(kRules, nullptr).ok());
  v1::Decision decision;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Submit(Opened("c"), &decision).ok());
    EXPECT_EQ(decision.verdict(),
              i < 2 ? v1::VERDICT_ALLOW : v1::VERDICT_THROTTLE);
  }
  EXPECT_GT(decision.sequence(), 0u);
  ASSERT_EQ(decision.findings_size(), 1);
  EXPECT_EQ(decision.findings(0).rule_id(), "too-many");
  EXPECT_GT(decision.retry_after().seconds(), 3500);
  EXPECT_THAT(decision.message(), StartsWith("Come back in "));
  const v1::StatusResponse status = Status();
  EXPECT_EQ(status.decided(), 3u);
  EXPECT_EQ(status.allowed(), 2u);
  EXPECT_EQ(status.throttled(), 1u);
  EXPECT_EQ(status.version(), "test");
  EXPECT_EQ(status.tenant(), "main");
  EXPECT_EQ(status.rule_set_revision(), 1u);
  EXPECT_EQ(status.rule_set_name(), "test");
  EXPECT_TRUE(status.writable());
  EXPECT_GT(status.latency().max().nanos(), 0);
}

TEST_F(RpcTest, AnEventIdDecidesOnce) {
  const v1::TicketEvent event = Opened("c");
  v1::Decision first;
  v1::Decision again;
  ASSERT_TRUE(Submit(event, &first).ok());
  ASSERT_TRUE(Submit(event, &again).ok());
  EXPECT_EQ(first.sequence(), again.sequence());
  v1::TicketEvent other = event;
  other.set_body("other");
  EXPECT_EQ(Submit(other, nullptr).error_code(), StatusCode::ALREADY_EXISTS);
}

TEST_F(RpcTest, WhoMayNotCallIsTold) {
  const grpc::Status none = Submit(Opened("c"), nullptr, "");
  EXPECT_EQ(none.error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(none.error_message(), StartsWith("no token: send"));
  EXPECT_EQ(Submit(Opened("c"), nullptr, "nobody").error_code(),
            StatusCode::UNAUTHENTICATED);
  v1::StatusResponse response;
  const grpc::Status low = Call(admin_.get(), &v1::AdminService::Stub::Status,
                                v1::StatusRequest(), &response, "helpdesk");
  EXPECT_EQ(low.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(low.error_message(), HasSubstr("needs operator"));
  const auto context = Context("helpdesk");
  const auto stream = history_->Import(context.get());
  v1::ImportResponse answer;
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(stream->Finish().error_code(), StatusCode::PERMISSION_DENIED);
}

TEST_F(RpcTest, MalformedBytesAreNamedAndNothingIsRecorded) {
  const grpc::Status status =
      Raw("/levee.v1.GuardService/Submit", "\x0A\x04\x42\x02x\xFF");
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(),
            "not a levee.v1.SubmitRequest: event.subject: not valid UTF-8 at "
            "byte 1");
  EXPECT_EQ(Raw("/levee.v1.GuardService/Submit", "").error_message(),
            "event: missing");
  std::string much;
  much.resize(10'000'000, 'x');
  const grpc::Status big = Raw("/levee.v1.GuardService/Submit", much);
  EXPECT_EQ(big.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(big.error_message(),
            "the request has 10000000 bytes, at most 4194304 are taken");
  EXPECT_EQ(Raw("/levee.v1.GuardService/Bogus", "").error_code(),
            StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(Status().decided(), 0u);
  EXPECT_EQ(store_.head().last_sequence, 0u);
}

TEST_F(RpcTest, PreviewAndStandingRecordNothing) {
  ASSERT_TRUE(Apply(kRules, nullptr).ok());
  v1::GetStandingRequest ask;
  ask.set_customer_id("c");
  v1::GetStandingResponse standing;
  const auto stand = [&] {
    EXPECT_TRUE(Call(guard_.get(), &v1::GuardService::Stub::GetStanding, ask,
                     &standing, "helpdesk")
                    .ok());
    EXPECT_EQ(standing.acts_size(), 2);
    EXPECT_EQ(standing.acts(0).kind(), v1::EVENT_KIND_OPENED);
    EXPECT_EQ(standing.acts(1).kind(), v1::EVENT_KIND_CUSTOMER_REPLIED);
    return standing.acts(0).decision().verdict();
  };
  EXPECT_EQ(stand(), v1::VERDICT_ALLOW);
  EXPECT_FALSE(standing.known());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(Submit(Opened("c"), nullptr).ok());
  const uint64_t before = store_.head().last_sequence;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(stand(), v1::VERDICT_THROTTLE);
    EXPECT_TRUE(standing.known());
    v1::PreviewRequest preview;
    *preview.mutable_event() = Opened("c");
    preview.mutable_event()->clear_event_id();
    v1::PreviewResponse response;
    ASSERT_TRUE(Call(guard_.get(), &v1::GuardService::Stub::Preview, preview,
                     &response, "helpdesk")
                    .ok());
    EXPECT_EQ(response.decision().verdict(), v1::VERDICT_THROTTLE);
    EXPECT_EQ(response.decision().sequence(), 0u);
  }
  EXPECT_EQ(store_.head().last_sequence, before);
}

TEST_F(RpcTest, RuleSetsAreAppliedListedAndRolledBack) {
  v1::GetRuleSetRequest get;
  v1::GetRuleSetResponse got;
  EXPECT_EQ(Call(rules_.get(), &v1::RuleService::Stub::GetRuleSet, get, &got)
                .error_code(),
            StatusCode::NOT_FOUND);
  v1::RuleSetRevision revision;
  ASSERT_TRUE(Apply(kRules, &revision).ok());
  EXPECT_EQ(revision.revision(), 1u);
  EXPECT_EQ(revision.author(), "operator");
  EXPECT_EQ(revision.comment(), "why");
  EXPECT_EQ(revision.name(), "test");
  ASSERT_TRUE(Apply("name: 'none'", &revision).ok());
  EXPECT_EQ(revision.revision(), 2u);

  v1::RollbackRequest back;
  back.set_revision(1);
  v1::RollbackResponse rolled;
  ASSERT_TRUE(
      Call(rules_.get(), &v1::RuleService::Stub::Rollback, back, &rolled).ok());
  EXPECT_EQ(rolled.revision().revision(), 3u);
  EXPECT_EQ(rolled.revision().rolled_back_to(), 1u);
  ASSERT_TRUE(
      Call(rules_.get(), &v1::RuleService::Stub::GetRuleSet, get, &got).ok());
  EXPECT_EQ(got.revision().revision(), 3u);
  EXPECT_EQ(got.revision().text(), kRules);
  back.set_revision(9);
  EXPECT_EQ(Call(rules_.get(), &v1::RuleService::Stub::Rollback, back, &rolled)
                .error_code(),
            StatusCode::NOT_FOUND);

  v1::ListRevisionsRequest list;
  list.set_page_size(2);
  v1::ListRevisionsResponse page;
  ASSERT_TRUE(
      Call(rules_.get(), &v1::RuleService::Stub::ListRevisions, list, &page)
          .ok());
  ASSERT_EQ(page.revisions_size(), 2);
  EXPECT_EQ(page.revisions(0).revision(), 3u);
  EXPECT_EQ(page.revisions(0).text(), "");
  EXPECT_EQ(page.revisions(1).revision(), 2u);
  list.set_page_token(page.next_page_token());
  ASSERT_TRUE(
      Call(rules_.get(), &v1::RuleService::Stub::ListRevisions, list, &page)
          .ok());
  ASSERT_EQ(page.revisions_size(), 1);
  EXPECT_EQ(page.revisions(0).revision(), 1u);
  EXPECT_EQ(page.next_page_token(), "");
  for (const char* wrong : {"0", "1", "-1", "+3", " 3", "03", "x"}) {
    list.set_page_token(wrong);
    const grpc::Status status =
        Call(rules_.get(), &v1::RuleService::Stub::ListRevisions, list, &page);
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), StartsWith("page_token: "));
  }
}

TEST_F(RpcTest, AWrongRuleSetIsRefusedWhole) {
  const std::string wrong = absl::StrCat(kRules, kRules);
  const grpc::Status status = Apply(wrong, nullptr);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_NE(status.error_message(), "");
  v1::CheckRuleSetRequest check;
  check.set_text(wrong);
  v1::CheckRuleSetResponse checked;
  ASSERT_TRUE(
      Call(rules_.get(), &v1::RuleService::Stub::CheckRuleSet, check, &checked)
          .ok());
  EXPECT_GT(checked.problems_size(), 0);
  EXPECT_EQ(checked.rules(), 0);
  check.set_text(kRules);
  ASSERT_TRUE(
      Call(rules_.get(), &v1::RuleService::Stub::CheckRuleSet, check, &checked)
          .ok());
  EXPECT_EQ(checked.problems_size(), 0);
  EXPECT_EQ(checked.rules(), 1);
  EXPECT_EQ(checked.leaves(), 1);
  EXPECT_EQ(Status().rule_set_revision(), 0u);
}

TEST_F(RpcTest, AnUnexpectedRevisionIsNotReplaced) {
  v1::ApplyRuleSetRequest request;
  request.set_text(kRules);
  request.set_expected_revision(1);
  v1::ApplyRuleSetResponse response;
  const auto apply = [&] {
    return Call(rules_.get(), &v1::RuleService::Stub::ApplyRuleSet, request,
                &response);
  };
  EXPECT_EQ(apply().error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(apply().error_message(),
            "expected_revision: 1, but none is in force");
  request.set_expected_revision(0);
  EXPECT_TRUE(apply().ok());
  EXPECT_EQ(apply().error_message(), "expected_revision: 0, but 1 is in force");
}

TEST_F(RpcTest, RuleSetsAppliedAtTheSameTimeAllComeIntoForce) {
  std::vector<std::thread> appliers;
  appliers.reserve(3);
  for (int i = 0; i < 3; ++i) {
    appliers.emplace_back([&] { EXPECT_TRUE(Apply(kRules, nullptr).ok()); });
  }
  for (std::thread& applier : appliers) applier.join();
  EXPECT_EQ(Status().rule_set_revision(), 3u);
}

TEST_F(RpcTest, DecisionsAndCustomersAreReadBack) {
  v1::Decision decision;
  v1::TicketEvent event = Opened("c");
  event.set_subject("Betreff");
  ASSERT_TRUE(Submit(event, &decision).ok());
  v1::GetDecisionRequest get;
  get.set_sequence(decision.sequence());
  get.set_include_text(true);
  v1::GetDecisionResponse got;
  ASSERT_TRUE(
      Call(decisions_.get(), &v1::DecisionService::Stub::GetDecision, get, &got)
          .ok());
  EXPECT_EQ(got.record().decision().event_id(), event.event_id());
  EXPECT_EQ(got.record().customer_id(), "c");
  EXPECT_EQ(got.record().subject(), "Betreff");
  get.set_sequence(999);
  EXPECT_EQ(
      Call(decisions_.get(), &v1::DecisionService::Stub::GetDecision, get, &got)
          .error_code(),
      StatusCode::NOT_FOUND);

  v1::ListDecisionsResponse page;
  ASSERT_TRUE(Call(decisions_.get(), &v1::DecisionService::Stub::ListDecisions,
                   v1::ListDecisionsRequest(), &page)
                  .ok());
  EXPECT_EQ(page.records_size(), 1);

  v1::GetCustomerRequest ask;
  ask.set_customer_id("c");
  v1::GetCustomerResponse customer;
  ASSERT_TRUE(Call(customers_.get(), &v1::CustomerService::Stub::GetCustomer,
                   ask, &customer)
                  .ok());
  EXPECT_EQ(customer.customer().customer_id(), "c");
  EXPECT_EQ(customer.customer().opened(), 1u);
  EXPECT_EQ(customer.timeline_size(), 1);
  ask.set_customer_id("nobody");
  EXPECT_EQ(Call(customers_.get(), &v1::CustomerService::Stub::GetCustomer, ask,
                 &customer)
                .error_code(),
            StatusCode::NOT_FOUND);
}

class SmallQueueTest : public RpcTest {
 protected:
  SmallQueueTest() : RpcTest(/*queue_events_max=*/64) {}
};

TEST_F(SmallQueueTest, AFullQueueTellsWhenToTryAgain) {
  struct Ask {
    std::unique_ptr<grpc::ClientContext> context;
    std::unique_ptr<grpc::ClientAsyncResponseReader<v1::SubmitResponse>> reader;
    v1::SubmitResponse response;
    grpc::Status status;
  };
  store_.BlockAppends();
  grpc::CompletionQueue queue;
  // More than the queue and the batches on their way can hold.
  std::vector<Ask> asks(1000);
  for (Ask& ask : asks) {
    v1::SubmitRequest request;
    *request.mutable_event() = Opened("c");
    ask.context = Context("helpdesk");
    ask.reader = guard_->AsyncSubmit(ask.context.get(), request, &queue);
    ask.reader->Finish(&ask.response, &ask.status, &ask);
  }
  int taken = 0;
  int refused = 0;
  for (size_t i = 0; i < asks.size(); ++i) {
    void* tag = nullptr;
    bool ok = false;
    ASSERT_TRUE(queue.Next(&tag, &ok));
    const Ask& ask = *static_cast<Ask*>(tag);
    // Nothing can be kept yet: whatever is answered first was refused.
    if (i == 0) {
      EXPECT_EQ(ask.status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
      store_.ReleaseAppends();
    }
    if (ask.status.ok()) {
      ++taken;
      continue;
    }
    ++refused;
    ASSERT_EQ(ask.status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
    const auto& trailers = ask.context->GetServerTrailingMetadata();
    const auto found = trailers.find(kRetryAfterKey);
    ASSERT_NE(found, trailers.end());
    EXPECT_EQ(std::string(found->second.data(), found->second.size()), "500");
  }
  EXPECT_GE(taken, 64);
  EXPECT_EQ(Status().shed(), static_cast<uint64_t>(refused));
}

TEST_F(RpcTest, AfterAFailedCommitNothingIsTaken) {
  store_.FailNextAppend(absl::UnavailableError("the disk is full"));
  EXPECT_EQ(Submit(Opened("c"), nullptr).error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(Submit(Opened("c"), nullptr).error_code(), StatusCode::UNAVAILABLE);
  const v1::StatusResponse status = Status();
  EXPECT_FALSE(status.writable());
  EXPECT_NE(status.not_writable_reason(), "");
}

TEST_F(RpcTest, HealthTellsWhetherCallsAreTaken) {
  const auto check = [this] {
    std::string answer;
    EXPECT_TRUE(Raw("/grpc.health.v1.Health/Check",
                    "\x0A\x15levee.v1.GuardService", &answer)
                    .ok());
    return answer;
  };
  EXPECT_EQ(check(), "\x08\x01");  // SERVING
  listener_->SetServing(false);
  EXPECT_EQ(check(), "\x08\x02");  // NOT_SERVING
}

TEST_F(RpcTest, StoppingFinishesTheCallsUnderWay) {
  store_.BlockAppends();
  const size_t cached = sequencer_->entities_cached();
  std::thread caller([this] {
    v1::Decision decision;
    EXPECT_TRUE(Submit(Opened("c"), &decision).ok());
    EXPECT_GT(decision.sequence(), 0u);
  });
  // Its event is with the sequencer.
  while (sequencer_->entities_cached() == cached) std::this_thread::yield();
  std::thread stopper([this] { listener_->Stop(60'000); });
  store_.ReleaseAppends();
  caller.join();
  stopper.join();
  EXPECT_EQ(Submit(Opened("c"), nullptr).error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(RpcTest, StopEndsAnIdleStreamAtOnce) {
  const auto context = Context("helpdesk");
  const auto stream = guard_->SubmitStream(context.get());
  v1::SubmitStreamRequest request;
  *request.add_events() = Opened("c");
  v1::SubmitStreamResponse response;
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));
  // Longer than the call's deadline: it is not the end of the draining that
  // ends the stream.
  listener_->Stop(600'000);
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("the server is stopping"));
}

TEST_F(RpcTest, ATakenPortIsSaid) {
  const auto second = Listener::Start(
      {.address = absl::StrCat("127.0.0.1:", listener_->port())}, Parts());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("taken by another program"));
}

}  // namespace
}  // namespace levee::rpc
