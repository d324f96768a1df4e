// The client library against a server in the same process.
#include "client/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "tests/client/fake_guard_server.h"
#include "tests/event_builder.h"

namespace levee::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::FakeGuardServer;
using tests::Opened;

// Long enough for a slow machine; what waits for it is about to happen.
constexpr absl::Duration kPatience = absl::Seconds(30);

const grpc::Status kUnavailable(grpc::UNAVAILABLE, "away");
const grpc::Status kBusy(grpc::RESOURCE_EXHAUSTED, "busy");
const grpc::Status kLate(grpc::DEADLINE_EXCEEDED, "late");

class ClientTest : public ::testing::Test {
 protected:
  // A client that is patient and retries at once.
  static Options Patient(const std::string& target) {
    Options options;
    options.target = target;
    options.token = "secret";
    options.deadline = kPatience;
    options.backoff = absl::ZeroDuration();
    options.backlog.retry_min = absl::Milliseconds(10);
    options.backlog.retry_max = absl::Milliseconds(20);
    return options;
  }
  static std::unique_ptr<Client> Make(const Options& options) {
    auto client = Client::Create(options);
    EXPECT_TRUE(client.ok()) << client.status();
    return *std::move(client);
  }

  FakeGuardServer server_;
};

TEST_F(ClientTest, ADecisionIsAnsweredAndTheTokenCarried) {
  auto client = Make(Patient(server_.target()));
  auto answer = client->Submit(Opened().Id("e1"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(answer->from_server);
  EXPECT_TRUE(answer->why.ok());
  EXPECT_EQ("e1", answer->decision.event_id());
  EXPECT_EQ(v1::VERDICT_THROTTLE, answer->decision.verdict());
  EXPECT_EQ("Bearer secret", server_.authorization());
}

TEST_F(ClientTest, AwayLateAndBusyAreTriedAgainWithTheSameId) {
  for (const grpc::Status& status : {kUnavailable, kBusy, kLate}) {
    FakeGuardServer server;
    auto client = Make(Patient(server.target()));
    server.FailNext({status, status});
    auto answer = client->Submit(Opened().Id("e1"));
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_TRUE(answer->from_server);
    EXPECT_THAT(server.asked(), ElementsAre("e1", "e1", "e1"));
    EXPECT_THAT(server.taken(), ElementsAre("e1"));
  }
}

TEST_F(ClientTest, AttemptsAreBounded) {
  Options options = Patient(server_.target());
  options.attempts_max = 2;
  options.fail_open = false;
  auto client = Make(options);
  server_.FailNext({kUnavailable, kUnavailable, kUnavailable});
  EXPECT_EQ(absl::UnavailableError("away"), client->Submit(Opened()).status());
  EXPECT_EQ(2u, server_.asked().size());
}

TEST_F(ClientTest, ARefusalIsAnErrorAtOnce) {
  auto client = Make(Patient(server_.target()));
  for (const grpc::StatusCode code :
       {grpc::INVALID_ARGUMENT, grpc::ALREADY_EXISTS, grpc::UNAUTHENTICATED,
        grpc::PERMISSION_DENIED}) {
    const size_t before = server_.asked().size();
    server_.FailNext({grpc::Status(code, "event.kind: missing")});
    auto answer = client->Submit(Opened());
    EXPECT_EQ(static_cast<int>(code), static_cast<int>(answer.status().code()));
    EXPECT_EQ("event.kind: missing", answer.status().message());
    EXPECT_EQ(before + 1, server_.asked().size());
  }
  EXPECT_EQ(0u, client->backlog().waiting);
}

TEST_F(ClientTest, AnEventWithoutAnIdIsRefusedBeforeItIsSent) {
  auto client = Make(Patient(server_.target()));
  auto answer = client->Submit(Opened().Id(""));
  EXPECT_EQ(absl::StatusCode::kInvalidArgument, answer.status().code());
  EXPECT_THAT(answer.status().message(), HasSubstr("event.event_id: empty"));
  EXPECT_TRUE(server_.asked().empty());
}

// Its request has `bytes` bytes.
v1::TicketEvent OfRequestBytes(size_t bytes) {
  v1::SubmitRequest request;
  *request.mutable_event() = Opened().Id("big").Body(std::string(bytes, 'x'));
  const size_t more = request.ByteSizeLong() - bytes;
  request.mutable_event()->mutable_body()->resize(bytes - more);
  EXPECT_EQ(bytes, request.ByteSizeLong());
  return request.event();
}

TEST_F(ClientTest, AnEventLargerThanARequestMayBeIsRefusedBeforeItIsSent) {
  auto client = Make(Patient(server_.target()));
  const v1::TicketEvent large = OfRequestBytes(kRequestBytesMax + 1);
  for (const absl::Status& status :
       {client->Submit(large).status(), client->Preview(large).status()}) {
    EXPECT_EQ(absl::StatusCode::kInvalidArgument, status.code());
    EXPECT_THAT(status.message(), HasSubstr("4194305 bytes, at most 4194304"));
  }
  EXPECT_TRUE(server_.asked().empty());
  EXPECT_EQ(0u, client->backlog().waiting);
  EXPECT_TRUE(client->Submit(OfRequestBytes(kRequestBytesMax)).ok());
}

TEST_F(ClientTest, WhatOnlyTheDateMakesTooLargeStaysOutOfTheBacklog) {
  Options options = Patient(server_.target());
  options.attempts_max = 1;
  auto client = Make(options);
  server_.FailNext({kUnavailable});
  auto answer = client->Submit(OfRequestBytes(kRequestBytesMax));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_FALSE(answer->from_server);
  EXPECT_EQ(0u, client->backlog().waiting);
  EXPECT_EQ(1u, client->backlog().refused);
  EXPECT_THAT(client->backlog().last_refusal, HasSubstr("big: event: "));
}

const grpc::Status kTooLarge(grpc::RESOURCE_EXHAUSTED,
                             "Received message larger than max (9 vs. 8)");

TEST_F(ClientTest, AMessageTooLargeForTheServerIsNeitherRepeatedNorKept) {
  auto client = Make(Patient(server_.target()));
  server_.FailNext({kTooLarge});
  EXPECT_EQ(absl::StatusCode::kResourceExhausted,
            client->Submit(Opened().Id("e1")).status().code());
  EXPECT_THAT(server_.asked(), ElementsAre("e1"));
  EXPECT_EQ(0u, client->backlog().waiting);
}

TEST_F(ClientTest, TheServersAdviceToWaitIsFollowedOrThereIsNoTime) {
  Options options = Patient(server_.target());
  options.fail_open = false;
  auto client = Make(options);
  server_.SetRetryAfter("60");
  server_.FailNext({kBusy});
  const absl::Time begun = absl::Now();
  EXPECT_TRUE(client->Submit(Opened()).ok());
  EXPECT_GE(absl::Now() - begun, absl::Milliseconds(60));
  // Longer than there is time: given up at once.
  server_.SetRetryAfter("59000");
  server_.FailNext({kBusy});
  EXPECT_EQ(absl::ResourceExhaustedError("busy"),
            client->Submit(Opened()).status());
}

TEST_F(ClientTest, ASilentServerHoldsNobodyUpBeyondTheDeadline) {
  Options options = Patient(server_.target());
  options.deadline = absl::Milliseconds(200);
  auto client = Make(options);
  server_.Close();
  const absl::Time begun = absl::Now();
  auto answer = client->Submit(Opened().Id("e1"));
  const absl::Duration took = absl::Now() - begun;
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_FALSE(answer->from_server);
  EXPECT_EQ(absl::StatusCode::kDeadlineExceeded, answer->why.code());
  EXPECT_GE(took, absl::Milliseconds(190));
  EXPECT_LT(took, absl::Seconds(10));
  server_.Open();
  EXPECT_TRUE(client->Flush(kPatience).ok());
}

TEST_F(ClientTest, WhereLeveeIsAwayTheEventPassesAndIsToldLater) {
  server_.Stop();
  Options options = Patient(server_.target());
  options.attempts_max = 2;
  auto client = Make(options);
  const absl::Time before = absl::Now();
  for (const char* id : {"e1", "e2"}) {
    auto answer = client->Submit(Opened().Id(id));
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_FALSE(answer->from_server);
    EXPECT_EQ(v1::VERDICT_ALLOW, answer->decision.verdict());
    EXPECT_EQ(id, answer->decision.event_id());
    EXPECT_EQ(0u, answer->decision.sequence());
    EXPECT_EQ(absl::StatusCode::kUnavailable, answer->why.code());
  }
  const absl::Time after = absl::Now();
  EXPECT_EQ(2u, client->backlog().waiting);
  EXPECT_EQ(absl::StatusCode::kDeadlineExceeded,
            client->Flush(absl::Milliseconds(50)).code());
  server_.Start();
  ASSERT_TRUE(client->Flush(kPatience).ok());
  EXPECT_THAT(server_.taken(), ElementsAre("e1", "e2"));
  EXPECT_EQ(0u, client->backlog().waiting);
  EXPECT_EQ(2u, client->backlog().delivered);
  // Told later, it counts when it happened.
  const google::protobuf::Timestamp at = server_.events()[0].occurred_at();
  const absl::Time told =
      absl::FromUnixSeconds(at.seconds()) + absl::Nanoseconds(at.nanos());
  EXPECT_GE(told, before);
  EXPECT_LE(told, after);
}

TEST_F(ClientTest, AnEventRecordedBeforeItsAnswerWasLostIsDelivered) {
  Options options = Patient(server_.target());
  options.attempts_max = 1;
  auto client = Make(options);
  // The first attempt was recorded, and the later one, which carries a time,
  // has other content.
  server_.FailNext(
      {kUnavailable, grpc::Status(grpc::ALREADY_EXISTS, "other content")});
  ASSERT_TRUE(client->Submit(Opened().Id("e1")).ok());
  ASSERT_TRUE(client->Flush(kPatience).ok());
  EXPECT_EQ(1u, client->backlog().delivered);
  // With a time of its own it had the same content: this is a refusal.
  server_.FailNext(
      {kUnavailable, grpc::Status(grpc::ALREADY_EXISTS, "other content")});
  ASSERT_TRUE(client->Submit(Opened().Id("e2").AtMs(1'000)).ok());
  ASSERT_TRUE(client->Flush(kPatience).ok());
  EXPECT_EQ(1u, client->backlog().refused);
  EXPECT_EQ("e2: other content", client->backlog().last_refusal);
}

TEST_F(ClientTest, WithoutFailOpenTheErrorIsReturned) {
  server_.Stop();
  Options options = Patient(server_.target());
  options.fail_open = false;
  auto client = Make(options);
  EXPECT_EQ(absl::StatusCode::kUnavailable,
            client->Submit(Opened()).status().code());
  EXPECT_EQ(absl::StatusCode::kUnavailable,
            client->Preview(Opened()).status().code());
  EXPECT_TRUE(client->Flush(absl::ZeroDuration()).ok());
}

TEST_F(ClientTest, AFullBacklogDropsTheOldest) {
  server_.Stop();
  Options options = Patient(server_.target());
  options.attempts_max = 1;
  options.backlog.events_max = 3;
  // Only Flush hurries it: nothing moves meanwhile.
  options.backlog.retry_min = absl::Hours(1);
  options.backlog.retry_max = absl::Hours(1);
  auto client = Make(options);
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(client->Submit(Opened().Id("e" + std::to_string(i))).ok());
  }
  EXPECT_GE(client->backlog().dropped, 2u);
  server_.Start();
  // The channel may need a moment to notice.
  while (!client->Flush(absl::Milliseconds(100)).ok()) {
  }
  const auto taken = server_.taken();
  EXPECT_EQ(6u, taken.size() + client->backlog().dropped);
  EXPECT_EQ("e5", taken.back());
  EXPECT_TRUE(std::is_sorted(taken.begin(), taken.end()));
}

// What the server says to each attempt is scripted by the test.
class BacklogTest : public ::testing::Test {
 protected:
  absl::Status Submit(const v1::TicketEvent& event) {
    absl::MutexLock lock(&mutex_);
    tried_.push_back(event.event_id());
    return event.event_id() == "bad" && failures_-- > 0 ? failure_
                                                        : absl::OkStatus();
  }
  // Tells "bad" and then "good"; which were tried, in order.
  std::vector<std::string> Tried(int failures, absl::Status failure) {
    failures_ = failures;
    failure_ = std::move(failure);
    BacklogOptions options;
    options.retry_min = absl::Milliseconds(1);
    options.retry_max = absl::Milliseconds(1);
    Backlog backlog(options, [this](const v1::TicketEvent& event) {
      return Submit(event);
    });
    {
      // No attempt ends before both are there.
      absl::MutexLock lock(&mutex_);
      backlog.Add(Opened().Id("bad"), absl::Now());
      backlog.Add(Opened().Id("good"), absl::Now());
    }
    EXPECT_TRUE(backlog.Flush(kPatience).ok());
    status_ = backlog.status();
    absl::MutexLock lock(&mutex_);
    return tried_;
  }

  absl::Mutex mutex_;
  std::vector<std::string> tried_ ABSL_GUARDED_BY(mutex_);
  int failures_ = 0;
  absl::Status failure_;
  BacklogStatus status_;
};

TEST_F(BacklogTest, AnEventThatFailsOftenLetsTheOthersThrough) {
  EXPECT_THAT(
      Tried(6, absl::InternalError("no")),
      ElementsAre("bad", "bad", "bad", "bad", "bad", "good", "bad", "bad"));
  EXPECT_EQ(2u, status_.delivered);
}

TEST_F(BacklogTest, AServerThatIsAwayChangesNoOrder) {
  EXPECT_THAT(
      Tried(6, absl::UnavailableError("away")),
      ElementsAre("bad", "bad", "bad", "bad", "bad", "bad", "bad", "good"));
}

TEST_F(BacklogTest, AMessageTooLargeForTheServerIsGivenUp) {
  EXPECT_THAT(Tried(6, absl::ResourceExhaustedError(
                           "Received message larger than max (9 vs. 8)")),
              ElementsAre("bad", "good"));
  EXPECT_EQ(1u, status_.refused);
}

TEST_F(ClientTest, PreviewAndStandingArePassedThrough) {
  auto client = Make(Patient(server_.target()));
  auto preview = client->Preview(Opened().Id(""));
  ASSERT_TRUE(preview.ok()) << preview.status();
  EXPECT_EQ(v1::VERDICT_HOLD, preview->decision.verdict());
  v1::GetStandingRequest request;
  request.set_customer_id("known");
  auto standing = client->GetStanding(request);
  ASSERT_TRUE(standing.ok()) << standing.status();
  EXPECT_TRUE(standing->known());
  server_.Stop();
  Options options = Patient(server_.target());
  options.attempts_max = 1;
  client = Make(options);
  preview = client->Preview(Opened().Id("e1"));
  ASSERT_TRUE(preview.ok()) << preview.status();
  EXPECT_FALSE(preview->from_server);
  EXPECT_EQ(0u, client->backlog().waiting);
  EXPECT_EQ(absl::StatusCode::kUnavailable,
            client->GetStanding(request).status().code());
}

TEST(ClientOptionsTest, AWrongOptionIsNamed) {
  const auto refusal = [](auto change) {
    Options options;
    options.token = "secret";
    change(&options);
    return std::string(Client::Create(options).status().message());
  };
  EXPECT_EQ("", refusal([](Options*) {}));
  EXPECT_THAT(refusal([](Options* o) { o->token = ""; }), HasSubstr("token: "));
  EXPECT_THAT(refusal([](Options* o) { o->token = "a\nb"; }),
              HasSubstr("token: "));
  EXPECT_THAT(refusal([](Options* o) { o->token = std::string(513, 'x'); }),
              HasSubstr("token: 513 bytes"));
  EXPECT_THAT(refusal([](Options* o) { o->target = ""; }),
              HasSubstr("target: "));
  EXPECT_THAT(refusal([](Options* o) { o->deadline = absl::ZeroDuration(); }),
              HasSubstr("deadline: "));
  EXPECT_THAT(refusal([](Options* o) { o->attempts_max = 0; }),
              HasSubstr("attempts_max: "));
  EXPECT_THAT(refusal([](Options* o) { o->backlog.events_max = 0; }),
              HasSubstr("backlog.events_max: "));
}

// Streams.

class StreamTest : public ClientTest {
 protected:
  std::unique_ptr<Stream> Open(Client* client, StreamOptions options = {}) {
    return client->OpenStream(options,
                              [this](const v1::TicketEvent& event,
                                     const absl::StatusOr<Answer>& answer) {
                                absl::MutexLock lock(&mutex_);
                                ids_.push_back(event.event_id());
                                if (!answer.ok()) {
                                  errors_.push_back(answer.status());
                                } else if (!answer->from_server) {
                                  ++let_through_;
                                }
                              });
  }
  std::vector<std::string> ids() {
    absl::MutexLock lock(&mutex_);
    return ids_;
  }
  void WaitForAnswers(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return ids_.size() >= count;
    };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), kPatience));
  }

  absl::Mutex mutex_;
  std::vector<std::string> ids_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::Status> errors_;
  int let_through_ = 0;
};

std::vector<std::string> Ids(int count) {
  std::vector<std::string> ids;
  ids.reserve(count);
  for (int i = 0; i < count; ++i) ids.push_back("e" + std::to_string(i));
  return ids;
}

TEST_F(StreamTest, EveryEventIsAnsweredOnceInOrder) {
  auto client = Make(Patient(server_.target()));
  auto stream = Open(client.get(), {.batch_events_max = 7});
  for (const std::string& id : Ids(1'000)) {
    ASSERT_TRUE(stream->Send(Opened().Id(id)).ok());
  }
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(Ids(1'000), ids());
  EXPECT_EQ(Ids(1'000), server_.taken());
  EXPECT_TRUE(errors_.empty());
  const std::vector<int> batches = server_.batches();
  EXPECT_LE(*std::max_element(batches.begin(), batches.end()), 7);
  EXPECT_EQ(absl::StatusCode::kFailedPrecondition,
            stream->Send(Opened()).code());
}

TEST_F(StreamTest, SendWaitsWhileTooManyEventsAreInFlight) {
  auto client = Make(Patient(server_.target()));
  server_.Close();
  auto stream = Open(client.get(), {.in_flight_events_max = 5});
  for (const std::string& id : Ids(5)) {
    ASSERT_TRUE(stream->Send(Opened().Id(id), absl::ZeroDuration()).ok());
  }
  const absl::Status full =
      stream->Send(Opened().Id("e5"), absl::Milliseconds(20));
  EXPECT_EQ(absl::StatusCode::kResourceExhausted, full.code());
  EXPECT_EQ("5 events are without an answer", full.message());
  std::thread waits(
      [&stream] { EXPECT_TRUE(stream->Send(Opened().Id("e5")).ok()); });
  server_.Open();
  waits.join();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(Ids(6), ids());
}

TEST_F(StreamTest, BytesInFlightAreBoundedToo) {
  auto client = Make(Patient(server_.target()));
  server_.Close();
  auto stream = Open(client.get(), {.in_flight_bytes_max = 1'000});
  // One event passes whatever its size.
  EXPECT_TRUE(
      stream->Send(Opened().Id("e0").Body(std::string(5'000, 'x'))).ok());
  EXPECT_EQ(absl::StatusCode::kResourceExhausted,
            stream->Send(Opened(), absl::ZeroDuration()).code());
  server_.Open();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamTest, AnEventThatIsRefusedGetsItsErrorAndOthersTheirAnswers) {
  auto client = Make(Patient(server_.target()));
  auto stream = Open(client.get());
  ASSERT_TRUE(stream->Send(Opened().Id("e0")).ok());
  ASSERT_TRUE(stream->Send(Opened().Id("e1").Customer("refused")).ok());
  ASSERT_TRUE(stream->Send(Opened().Id("e2").Customer("shed")).ok());
  ASSERT_TRUE(stream->Send(Opened().Id("e3")).ok());
  EXPECT_EQ(absl::StatusCode::kInvalidArgument,
            stream->Send(Opened().Id("")).code());
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(Ids(4), ids());
  EXPECT_THAT(errors_, ElementsAre(absl::InvalidArgumentError("refused")));
  // What was shed is let through and told later.
  EXPECT_EQ(1, let_through_);
  ASSERT_TRUE(client->Flush(kPatience).ok());
  EXPECT_THAT(server_.taken(), ElementsAre("e0", "e3", "e2"));
}

TEST_F(StreamTest, AnEventLargerThanARequestMayBeIsRefusedAlone) {
  auto client = Make(Patient(server_.target()));
  auto stream = Open(client.get());
  ASSERT_TRUE(stream->Send(Opened().Id("e0")).ok());
  const absl::Status status =
      stream->Send(OfRequestBytes(kRequestBytesMax + 1));
  EXPECT_EQ(absl::StatusCode::kInvalidArgument, status.code());
  EXPECT_THAT(status.message(), HasSubstr("4194305 bytes, at most 4194304"));
  ASSERT_TRUE(stream->Send(Opened().Id("e1")).ok());
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(Ids(2), ids());
  EXPECT_EQ(0u, client->backlog().waiting);
}

TEST_F(StreamTest, WhenTheServerEndsNothingIsLost) {
  auto client = Make(Patient(server_.target()));
  auto stream = Open(client.get(), {.batch_events_max = 2});
  ASSERT_TRUE(stream->Send(Opened().Id("e0")).ok());
  WaitForAnswers(1);
  server_.Close();
  for (int i = 1; i < 10; ++i) {
    ASSERT_TRUE(stream->Send(Opened().Id("e" + std::to_string(i))).ok());
  }
  server_.Stop();
  WaitForAnswers(10);
  EXPECT_FALSE(stream->Finish().ok());
  EXPECT_FALSE(stream->Send(Opened()).ok());
  EXPECT_EQ(Ids(10), ids());
  EXPECT_TRUE(errors_.empty());
  server_.Start();
  ASSERT_TRUE(client->Flush(kPatience).ok());
  std::vector<std::string> taken = server_.taken();
  std::sort(taken.begin(), taken.end());
  taken.erase(std::unique(taken.begin(), taken.end()), taken.end());
  EXPECT_EQ(Ids(10), taken);
}

TEST_F(StreamTest, AStalledServerBreaksTheStream) {
  Options options = Patient(server_.target());
  options.fail_open = false;
  auto client = Make(options);
  server_.Close();
  auto stream = Open(client.get(), {.stall = absl::Milliseconds(50)});
  ASSERT_TRUE(stream->Send(Opened().Id("e0")).ok());
  EXPECT_EQ(absl::StatusCode::kDeadlineExceeded, stream->Finish().code());
  EXPECT_EQ(Ids(1), ids());
  ASSERT_EQ(1u, errors_.size());
  EXPECT_EQ(absl::StatusCode::kDeadlineExceeded, errors_[0].code());
}

TEST_F(StreamTest, AStreamGivenUpAnswersWhatItTook) {
  Options options = Patient(server_.target());
  options.fail_open = false;
  auto client = Make(options);
  server_.Close();
  auto stream = Open(client.get());
  for (const std::string& id : Ids(3)) {
    ASSERT_TRUE(stream->Send(Opened().Id(id)).ok());
  }
  stream = nullptr;
  EXPECT_EQ(Ids(3), ids());
  EXPECT_EQ(3u, errors_.size());
}

}  // namespace
}  // namespace levee::client
