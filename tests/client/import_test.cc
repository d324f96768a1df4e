// Sending an import, broken off in every way, and the file of its decisions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "client/cli/decision_log.h"
#include "client/cli/import_sender.h"
#include "client/cli/json.h"
#include "tests/client/temp_file.h"

namespace levee::cli {
namespace {

using ::testing::HasSubstr;
using tests::TempFile;

// What a server does with an import: keeps the ids, and the plan for when
// calls break.
struct Server {
  std::vector<std::string> ids;
  // How many responses each call gives before it breaks, in order; after the
  // last, calls do not break.
  std::deque<int> breaks_after;
  // The request that breaks a call is recorded all the same, or a part of it.
  int recorded_of_the_last = 0;
  absl::Status broken_by = absl::UnavailableError("gone");
  // Answers nothing after start.
  bool stalls = false;
  int calls = 0;
  size_t unanswered_max = 0;
};

class FakeCall final : public ImportCall {
 public:
  explicit FakeCall(Server* server) : server_(server) {
    ++server->calls;
    if (server->breaks_after.empty()) return;
    left_ = server->breaks_after.front();
    server->breaks_after.pop_front();
  }

  bool Write(const v1::ImportRequest& request) override {
    if (ended_) return false;
    requests_.push_back(request);
    server_->unanswered_max =
        std::max(server_->unanswered_max, requests_.size());
    return true;
  }

  bool Read(v1::ImportResponse* response) override {
    response->Clear();
    if (ended_ || requests_.empty()) return false;
    const v1::ImportRequest request = requests_.front();
    requests_.pop_front();
    if (request.has_start()) {
      response->set_position(server_->ids.size());
      if (left_ != 0) return true;
      return Break();
    }
    if (server_->stalls) {
      cancelled_.WaitForNotification();
      return Break();
    }
    const v1::ImportEvents& events = request.events();
    EXPECT_EQ(server_->ids.size(), events.position());
    EXPECT_GE(events.events_size(), 1);
    EXPECT_LE(events.events_size(), 256);
    const bool breaks = left_ >= 0 && --left_ < 0;
    for (int i = 0; i < events.events_size(); ++i) {
      if (breaks && i >= server_->recorded_of_the_last) return Break();
      server_->ids.push_back(events.events(i).event_id());
      v1::SubmitResult* result = response->add_results();
      if (events.events(i).customer_id() == "refused") {
        result->mutable_error()->set_message("no");
      } else {
        result->mutable_decision()->set_verdict(v1::VERDICT_ALLOW);
        result->mutable_decision()->set_event_id(events.events(i).event_id());
      }
    }
    if (breaks) return Break();
    response->set_position(server_->ids.size());
    return true;
  }

  void WritesDone() override {}
  void Cancel() override {
    if (!cancelled_.HasBeenNotified()) cancelled_.Notify();
  }
  absl::Status Finish() override {
    if (cancelled_.HasBeenNotified()) return absl::CancelledError("cancelled");
    return ended_ ? server_->broken_by : absl::OkStatus();
  }

 private:
  bool Break() {
    ended_ = true;
    return false;
  }

  Server* const server_;
  // Responses to events until it breaks; negative: it does not.
  int left_ = -1;
  bool ended_ = false;
  std::deque<v1::ImportRequest> requests_;
  absl::Notification cancelled_;
};

struct Listener final : ImportListener {
  absl::Status Answered(const v1::TicketEvent& event,
                        const v1::SubmitResult& result) override {
    told.push_back(event.event_id());
    answered += result.has_decision();
    errors += result.has_error();
    return status;
  }
  absl::Status RecordedBefore(const v1::TicketEvent& event) override {
    told.push_back(event.event_id());
    ++before;
    return absl::OkStatus();
  }
  absl::Status AnswerLost(const v1::TicketEvent& event) override {
    told.push_back(event.event_id());
    ++lost;
    return absl::OkStatus();
  }
  void Interrupted(const absl::Status&, absl::Duration) override { ++broken; }

  std::vector<std::string> told;
  size_t answered = 0;
  size_t errors = 0;
  size_t before = 0;
  size_t lost = 0;
  int broken = 0;
  absl::Status status;
  std::atomic<bool> interrupted{false};
};

std::vector<std::string> Ids(int count) {
  std::vector<std::string> ids;
  ids.reserve(count);
  for (int i = 0; i < count; ++i) ids.push_back(absl::StrCat("e", i));
  return ids;
}

// Sends `count` events in batches of 10 to the server.
absl::Status Send(int count, Server* server, Listener* listener,
                  ImportOptions options = {}) {
  options.import_id = "imp";
  options.batch_events_max = 10;
  options.requests_in_flight = 3;
  options.pause_min = absl::ZeroDuration();
  int next = 0;
  ImportSender sender(
      options, [server] { return std::make_unique<FakeCall>(server); },
      [&next, count](v1::TicketEvent* event) -> absl::StatusOr<bool> {
        event->Clear();
        if (next == count) return false;
        event->set_event_id(absl::StrCat("e", next++));
        return true;
      },
      listener, &listener->interrupted);
  absl::Status status = sender.Run();
  EXPECT_EQ(listener->told.size(), sender.position());
  return status;
}

TEST(ImportSenderTest, EveryEventIsSentAndToldOnceInOrder) {
  for (const int count : {0, 1, 9, 10, 11, 95}) {
    Server server;
    Listener listener;
    ASSERT_TRUE(Send(count, &server, &listener).ok());
    EXPECT_EQ(Ids(count), server.ids);
    EXPECT_EQ(Ids(count), listener.told);
    EXPECT_EQ(1, server.calls);
    EXPECT_LE(server.unanswered_max, 3u);
  }
}

TEST(ImportSenderTest, AnotherRunGoesOnWhereTheServerIs) {
  for (const int recorded : {1, 10, 37, 95}) {
    Server server;
    server.ids = Ids(recorded);
    Listener listener;
    ASSERT_TRUE(Send(95, &server, &listener).ok());
    EXPECT_EQ(Ids(95), server.ids);
    EXPECT_EQ(Ids(95), listener.told);
    EXPECT_EQ(static_cast<size_t>(recorded), listener.before);
  }
}

TEST(ImportSenderTest, ABrokenConnectionIsTriedAgainAndNothingCountsTwice) {
  // Breaks after every number of responses, with the last request lost,
  // recorded in part, or recorded as a whole.
  for (int responses = 0; responses < 10; ++responses) {
    for (const int recorded : {0, 4, 10}) {
      Server server;
      server.breaks_after = {responses, 0, 1};
      server.recorded_of_the_last = recorded;
      Listener listener;
      ASSERT_TRUE(Send(95, &server, &listener).ok())
          << responses << " " << recorded;
      EXPECT_EQ(Ids(95), server.ids) << responses << " " << recorded;
      EXPECT_EQ(Ids(95), listener.told) << responses << " " << recorded;
      EXPECT_EQ(95u, listener.answered + listener.lost);
      EXPECT_EQ(0u, listener.before);
    }
  }
}

TEST(ImportSenderTest, AServerThatStaysAwayIsGivenUp) {
  Server server;
  server.breaks_after = std::deque<int>(100, 0);
  Listener listener;
  ImportOptions options;
  options.attempts_max = 4;
  EXPECT_EQ(absl::UnavailableError("gone"),
            Send(95, &server, &listener, options));
  EXPECT_EQ(4, server.calls);
  EXPECT_EQ(3, listener.broken);
}

TEST(ImportSenderTest, ARefusalIsNotTriedAgain) {
  Server server;
  server.breaks_after = {0};
  server.broken_by = absl::PermissionDeniedError("not yours");
  Listener listener;
  EXPECT_EQ(server.broken_by, Send(95, &server, &listener));
  EXPECT_EQ(1, server.calls);
}

TEST(ImportSenderTest, AServerWithMoreThanTheInputIsAnotherImport) {
  Server server;
  server.ids = Ids(96);
  Listener listener;
  const absl::Status status = Send(95, &server, &listener);
  EXPECT_EQ(absl::StatusCode::kFailedPrecondition, status.code());
  EXPECT_THAT(status.message(), HasSubstr("has 96 events of import imp"));
  EXPECT_THAT(status.message(), HasSubstr("another --import_id"));
}

TEST(ImportSenderTest, AServerThatForgotIsNoticed) {
  Server server;
  server.breaks_after = {2};
  Listener listener;
  ImportOptions options;
  options.pause_min = absl::ZeroDuration();
  // After the first answers the store is put back to an older state.
  struct Forgetful final : ImportListener {
    absl::Status Answered(const v1::TicketEvent&,
                          const v1::SubmitResult&) override {
      return absl::OkStatus();
    }
    absl::Status RecordedBefore(const v1::TicketEvent&) override {
      return absl::OkStatus();
    }
    absl::Status AnswerLost(const v1::TicketEvent&) override {
      return absl::OkStatus();
    }
    void Interrupted(const absl::Status&, absl::Duration) override {
      server->ids.clear();
    }
    Server* server = nullptr;
  } forgetful;
  forgetful.server = &server;
  std::atomic<bool> interrupted{false};
  int next = 0;
  ImportSender sender(
      options, [&server] { return std::make_unique<FakeCall>(&server); },
      [&next](v1::TicketEvent* event) -> absl::StatusOr<bool> {
        event->set_event_id(absl::StrCat("e", next++));
        return next <= 2'000;
      },
      &forgetful, &interrupted);
  EXPECT_THAT(sender.Run().message(), HasSubstr("another store"));
}

TEST(ImportSenderTest, AStalledServerIsCancelledAndTriedAgain) {
  Server server;
  server.stalls = true;
  Listener listener;
  ImportOptions options;
  options.stall = absl::Milliseconds(60);
  options.attempts_max = 2;
  const absl::Status status = Send(95, &server, &listener, options);
  EXPECT_EQ(absl::StatusCode::kDeadlineExceeded, status.code()) << status;
  EXPECT_EQ(2, server.calls);
}

TEST(ImportSenderTest, AnInterruptionEndsItAndAnotherRunGoesOn) {
  Server server;
  server.stalls = true;
  {
    Listener listener;
    listener.interrupted = true;
    EXPECT_EQ(absl::StatusCode::kCancelled,
              Send(95, &server, &listener).code());
  }
  server.stalls = false;
  Listener listener;
  ASSERT_TRUE(Send(95, &server, &listener).ok());
  EXPECT_EQ(Ids(95), server.ids);
}

TEST(ImportSenderTest, TheListenersErrorEndsIt) {
  Server server;
  Listener listener;
  listener.status = absl::DataLossError("disk full");
  EXPECT_EQ(listener.status, [&] {
    ImportOptions options;
    std::atomic<bool> interrupted{false};
    int next = 0;
    return ImportSender(
               options, [&] { return std::make_unique<FakeCall>(&server); },
               [&next](v1::TicketEvent* event) -> absl::StatusOr<bool> {
                 event->set_event_id("e");
                 return next++ < 5;
               },
               &listener, &interrupted)
        .Run();
  }());
}

// The file of decisions.

v1::DecisionRecord Record(const std::string& id) {
  v1::DecisionRecord record;
  record.mutable_decision()->set_event_id(id);
  record.mutable_decision()->set_verdict(v1::VERDICT_ALLOW);
  return record;
}

std::string Line(const std::string& id) { return ToJson(Record(id)) + "\n"; }

using Place = DecisionLog::Place;

TEST(DecisionLogTest, ANewImportWritesTheFileAnew) {
  const TempFile file("of something else\n");
  auto log = DecisionLog::Open(file.path());
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_TRUE((*log)->Append(Record("a")).ok());
  ASSERT_TRUE((*log)->Append(Record("b")).ok());
  ASSERT_TRUE((*log)->Close(true).ok());
  EXPECT_EQ(Line("a") + Line("b"), file.Read());
}

TEST(DecisionLogTest, AnImportThatGoesOnContinuesTheFile) {
  // b was in error; of d's line only a part was written.
  const TempFile file(Line("a") + Line("c") + Line("d").substr(0, 10));
  auto log = DecisionLog::Open(file.path());
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(Place::kThere, *(*log)->Find("a"));
  EXPECT_EQ(Place::kPassedOver, *(*log)->Find("b"));
  EXPECT_EQ(Place::kThere, *(*log)->Find("c"));
  EXPECT_EQ(Place::kMissing, *(*log)->Find("d"));
  ASSERT_TRUE((*log)->Append(Record("d")).ok());
  EXPECT_EQ(Place::kMissing, *(*log)->Find("e"));
  ASSERT_TRUE((*log)->Append(Record("e")).ok());
  ASSERT_TRUE((*log)->Close(true).ok());
  EXPECT_EQ(Line("a") + Line("c") + Line("d") + Line("e"), file.Read());
}

TEST(DecisionLogTest, TheFileOfAnotherImportIsLeftAlone) {
  const std::string content = Line("x") + Line("y");
  const TempFile file(content);
  auto log = DecisionLog::Open(file.path());
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(Place::kPassedOver, *(*log)->Find("a"));
  const absl::Status status = (*log)->Append(Record("b"));
  EXPECT_EQ(absl::StatusCode::kFailedPrecondition, status.code());
  EXPECT_THAT(status.message(), HasSubstr("line 1 is about event x"));
  EXPECT_FALSE((*log)->Close(true).ok());
  EXPECT_EQ(content, file.Read());
}

TEST(DecisionLogTest, AFileOfSomethingElseIsLeftAlone) {
  const TempFile file("{\"a\":1}\n");
  auto log = DecisionLog::Open(file.path());
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_THAT((*log)->Find("a").status().message(),
              HasSubstr("line 1 is no decision of an import"));
  EXPECT_TRUE((*log)->Close(false).ok());
  EXPECT_EQ("{\"a\":1}\n", file.Read());
}

TEST(DecisionLogTest, AnImportThatFailsAtOnceLeavesTheFileAlone) {
  const TempFile file(Line("a"));
  auto log = DecisionLog::Open(file.path());
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_TRUE((*log)->Close(false).ok());
  EXPECT_EQ(Line("a"), file.Read());
}

}  // namespace
}  // namespace levee::cli
