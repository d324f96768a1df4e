// SubmitStream and Import: answers in order, whatever happens.
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/rpc/rpc_fixture.h"

namespace levee::rpc {
namespace {

using grpc::StatusCode;
using testing::StartsWith;
using tests::EventBuilder;

v1::SubmitStreamRequest BatchOf(int events, const std::string& customer) {
  v1::SubmitStreamRequest batch;
  for (int i = 0; i < events; ++i) *batch.add_events() = Opened(customer);
  return batch;
}

TEST_F(RpcTest, AStreamAnswersInOrderAndEachEventOnItsOwn) {
  const auto context = Context("helpdesk");
  const auto stream = guard_->SubmitStream(context.get());
  std::vector<v1::SubmitStreamRequest> sent;
  for (int i = 0; i < 40; ++i) {
    sent.push_back(BatchOf(16, absl::StrCat("c", i)));
    sent.back().mutable_events(3)->clear_ticket_id();
  }
  std::thread writer([&] {
    for (const auto& batch : sent) EXPECT_TRUE(stream->Write(batch));
    stream->WritesDone();
  });
  uint64_t last = 0;
  v1::SubmitStreamResponse response;
  size_t answered = 0;
  for (; stream->Read(&response); ++answered) {
    ASSERT_EQ(response.results_size(), 16);
    for (int i = 0; i < 16; ++i) {
      const v1::SubmitResult& result = response.results(i);
      if (i == 3) {
        EXPECT_EQ(result.error().code(), StatusCode::INVALID_ARGUMENT);
        EXPECT_THAT(result.error().message(),
                    StartsWith("events[3].ticket_id: missing"));
        continue;
      }
      EXPECT_EQ(result.decision().event_id(),
                sent[answered].events(i).event_id());
      EXPECT_GT(result.decision().sequence(), last);
      last = result.decision().sequence();
    }
  }
  writer.join();
  EXPECT_EQ(answered, sent.size());
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(RpcTest, AMalformedRequestEndsTheStreamAfterWhatCameBefore) {
  const auto context = Context("helpdesk");
  const auto stream = guard_->SubmitStream(context.get());
  store_.BlockAppends();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(stream->Write(BatchOf(2, "c")));
  ASSERT_TRUE(stream->Write(v1::SubmitStreamRequest()));
  store_.ReleaseAppends();
  v1::SubmitStreamResponse response;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.results_size(), 2);
  }
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(),
            "events: 0 events, but 1 to 256 in a request");
}

TEST_F(RpcTest, ACancelledStreamLeavesTheServerGoing) {
  store_.BlockAppends();
  {
    const auto context = Context("helpdesk");
    const auto stream = guard_->SubmitStream(context.get());
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(stream->Write(BatchOf(4, "c")));
    context->TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), StatusCode::CANCELLED);
  }
  store_.ReleaseAppends();
  v1::Decision decision;
  EXPECT_TRUE(Submit(Opened("d"), &decision).ok());
}

v1::ImportRequest ImportOf(uint64_t position, std::vector<int64_t> times_ms) {
  v1::ImportRequest request;
  request.mutable_events()->set_position(position);
  for (size_t i = 0; i < times_ms.size(); ++i) {
    *request.mutable_events()->add_events() =
        EventBuilder(v1::EVENT_KIND_OPENED)
            .Id(absl::StrCat("import-", position + i))
            .AtMs(times_ms[i]);
  }
  return request;
}

v1::ImportRequest StartOf(const std::string& id) {
  v1::ImportRequest request;
  request.mutable_start()->set_import_id(id);
  return request;
}

TEST_F(RpcTest, AnImportGoesOnWhereItStopped) {
  constexpr int64_t kDay = 1'600'000'000'000;
  v1::ImportResponse response;
  for (int run = 0; run < 2; ++run) {
    const auto context = Context("operator");
    const auto stream = history_->Import(context.get());
    const uint64_t begun = run == 0 ? 0 : 3;
    // Without waiting for the answer to start: it is read first all the same.
    ASSERT_TRUE(stream->Write(StartOf("i")));
    ASSERT_TRUE(stream->Write(
        ImportOf(begun, {kDay + run * 10, kDay + run * 10 - 1, kDay + 20})));
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.position(), begun);
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.position(), begun + 3);
    ASSERT_EQ(response.results_size(), 3);
    if (run == 0) {
      // Not sorted: passed over, and named.
      EXPECT_EQ(response.results(1).error().code(),
                StatusCode::INVALID_ARGUMENT);
      EXPECT_THAT(response.results(1).error().message(),
                  StartsWith("events.events[1].occurred_at: 1 ms before"));
      EXPECT_EQ(response.results(2).decision().effective_at().seconds(),
                kDay / 1000);
    } else {
      // Before what the first run ended with.
      EXPECT_TRUE(response.results(0).has_error());
      EXPECT_TRUE(response.results(1).has_error());
      EXPECT_TRUE(response.results(2).has_decision());
    }
    stream->WritesDone();
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_TRUE(stream->Finish().ok());
  }
}

TEST_F(RpcTest, AnImportOutOfPlaceIsRefused) {
  const struct {
    std::vector<v1::ImportRequest> requests;
    StatusCode code;
    const char* error;
  } table[] = {
      {{ImportOf(0, {1})}, StatusCode::INVALID_ARGUMENT, "start: missing"},
      {{v1::ImportRequest()}, StatusCode::INVALID_ARGUMENT, "part: missing"},
      {{StartOf("")}, StatusCode::INVALID_ARGUMENT, "start.import_id: missing"},
      {{StartOf("a"), StartOf("a")},
       StatusCode::INVALID_ARGUMENT,
       "start: again"},
      {{StartOf("b"), ImportOf(7, {1})},
       StatusCode::INVALID_ARGUMENT,
       "events.position: 7, but 0 events come before these"},
      {{StartOf("c"), ImportOf(0, {})},
       StatusCode::INVALID_ARGUMENT,
       "events.events: 0 events"},
  };
  for (const auto& row : table) {
    const auto context = Context("operator");
    const auto stream = history_->Import(context.get());
    for (const auto& request : row.requests) stream->Write(request);
    stream->WritesDone();
    v1::ImportResponse response;
    while (stream->Read(&response)) {
    }
    const grpc::Status status = stream->Finish();
    EXPECT_EQ(status.error_code(), row.code) << row.error;
    EXPECT_THAT(status.error_message(), StartsWith(row.error));
  }
}

}  // namespace
}  // namespace levee::rpc
