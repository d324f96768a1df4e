#include "server/rpc/wire.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"
#include "levee/v1/decision_service.pb.h"
#include "levee/v1/guard_service.pb.h"

namespace levee::rpc {
namespace {

using levee::v1::ListDecisionsRequest;
using levee::v1::SubmitRequest;
using levee::v1::SubmitStreamRequest;
using testing::HasSubstr;
using testing::StartsWith;

std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

std::string Tag(int number, int wire_type) {
  return Varint(static_cast<uint64_t>(number) << 3 | wire_type);
}

// Field `number`, a length and bytes.
std::string Bytes(int number, const std::string& value) {
  return Tag(number, 2) + Varint(value.size()) + value;
}

SubmitRequest Full() {
  SubmitRequest request;
  auto* event = request.mutable_event();
  event->set_event_id("e-1");
  event->set_kind(levee::v1::EVENT_KIND_OPENED);
  event->set_customer_id("c-1");
  event->mutable_occurred_at()->set_seconds(1700000000);
  event->set_subject("Der Server ist weg \xF0\x9F\x94\xA5");
  event->mutable_source()->set_ip("203.0.113.7");
  auto* attribute = event->add_attributes();
  attribute->set_key("plan");
  attribute->set_number(-5);
  return request;
}

template <typename Message>
std::string ErrorOf(const std::string& bytes) {
  Message message;
  const absl::Status status = ParseMessage(bytes, &message);
  if (status.ok()) return "";
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(WireTest, WhatIsRightParses) {
  SubmitRequest parsed;
  ASSERT_TRUE(ParseMessage(Full().SerializeAsString(), &parsed).ok());
  EXPECT_EQ(parsed.SerializeAsString(), Full().SerializeAsString());
  SubmitRequest empty;
  EXPECT_TRUE(ParseMessage("", &empty).ok());
}

TEST(WireTest, EveryTruncationIsNamedOrParses) {
  const std::string bytes = Full().SerializeAsString();
  // The outer length no longer fits: every cut is a fault of `event`.
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    const std::string error = ErrorOf<SubmitRequest>(bytes.substr(0, cut));
    EXPECT_THAT(error, StartsWith("not a levee.v1.SubmitRequest: event: cut"))
        << cut;
  }
  // The outer length fits, the event inside is cut: the error names a field
  // of it, or the cut fell between two fields.
  const std::string event = Full().event().SerializeAsString();
  int between = 0;
  for (size_t cut = 0; cut < event.size(); ++cut) {
    const std::string error =
        ErrorOf<SubmitRequest>(Bytes(1, event.substr(0, cut)));
    if (error.empty()) {
      ++between;
    } else {
      EXPECT_THAT(error, StartsWith("not a levee.v1.SubmitRequest: event"));
      EXPECT_THAT(error, HasSubstr("cut off")) << cut;
    }
  }
  EXPECT_EQ(between, 7);  // Before each of the seven fields.
}

TEST(WireTest, EachFaultIsNamed) {
  const struct {
    std::string bytes;
    const char* error;
  } table[] = {
      {Bytes(1, Bytes(8, "twelve bytes\xFF")),
       "event.subject: not valid UTF-8 at byte 12"},
      {Bytes(1, Bytes(9, "\xC0\x80")), "event.body: not valid UTF-8 at byte 0"},
      {Bytes(1, Bytes(9, "\xED\xA0\x80")),
       "event.body: not valid UTF-8 at byte 0"},
      {Bytes(1, Bytes(10, Bytes(1, "\xE2\x82"))),
       "event.source.ip: not valid UTF-8 at byte 0"},
      {Bytes(1, Bytes(13, "") + Bytes(13, Bytes(2, "\x80"))),
       "event.attributes[1].text: not valid UTF-8 at byte 0"},
      {Bytes(1, Tag(4, 2) + Varint(200) + "c"),
       "event.customer_id: cut off: 200 bytes announced, 1 are there"},
      {Bytes(1, Tag(2, 0)), "event.kind: cut off, or a varint of more than"},
      {Bytes(1, Tag(2, 0) + std::string(11, '\xFF')),
       "event.kind: cut off, or a varint of more than 10 bytes"},
      {Bytes(1, Bytes(7, Tag(1, 0))), "event.occurred_at.seconds: cut off"},
      {std::string("\x00", 1), "no field has the tag 0 at byte 0"},
      {Bytes(1, Bytes(1, "e") + "\x07"),
       "event: no field has the tag 7 at byte 3"},
      {Bytes(1, Tag(1, 4)), "event: no field has the tag 12 at byte 0"},
      {"\xFF", "cut off within a tag at byte 0"},
      {Tag(99, 2) + Varint(5) + "x", "field 99: cut off"},
      {Tag(99, 3) + Tag(1, 0) + "1", "field 99: cut off within a group"},
      {Tag(99, 3) + Tag(98, 4), "field 99: group ended by field 98"},
      // The wrong wire type comes to light where something else fails.
      {Bytes(1, Tag(4, 0) + "1" + "\x07"),
       "event.customer_id: sent as a varint, but a string is a length and "
       "bytes"},
  };
  for (const auto& row : table) {
    EXPECT_THAT(
        ErrorOf<SubmitRequest>(row.bytes),
        StartsWith(std::string("not a levee.v1.SubmitRequest: ") + row.error));
  }
  EXPECT_THAT(ErrorOf<SubmitStreamRequest>(Bytes(1, "") + Bytes(1, "") +
                                           Bytes(1, Bytes(4, "\xFF"))),
              HasSubstr(": events[2].customer_id: not valid UTF-8 at byte 0"));
  EXPECT_THAT(ErrorOf<ListDecisionsRequest>(Bytes(5, "\x01\x80")),
              HasSubstr(": verdicts[0]: cut off, or a varint"));
}

TEST(WireTest, UnknownFieldsAreKeptAside) {
  const std::string future = Tag(50, 0) + "1" + Tag(51, 1) + "12345678" +
                             Bytes(52, "anything \xFF") + Tag(53, 5) + "1234" +
                             Tag(54, 3) + Tag(1, 0) + "1" + Tag(54, 4);
  SubmitRequest parsed;
  EXPECT_EQ(
      ParseMessage(Bytes(1, Bytes(1, "e") + future + Bytes(4, "c")) + future,
                   &parsed),
      absl::OkStatus());
  EXPECT_EQ(parsed.event().event_id(), "e");
  EXPECT_EQ(parsed.event().customer_id(), "c");
}

TEST(WireTest, DepthIsBounded) {
  const auto times = [](int count, const std::string& bytes) {
    std::string all;
    for (int i = 0; i < count; ++i) all += bytes;
    return all;
  };
  const auto groups = [&](int depth) {
    return times(depth, Tag(99, 3)) + times(depth, Tag(99, 4));
  };
  EXPECT_EQ(ErrorOf<SubmitRequest>(groups(kMessageDepthMax)), "");
  EXPECT_THAT(ErrorOf<SubmitRequest>(groups(kMessageDepthMax + 1)),
              HasSubstr("more than 16 messages inside each other"));
  EXPECT_THAT(ErrorOf<SubmitRequest>(groups(200'000)),
              HasSubstr("more than 16 messages inside each other"));
  // Never closed.
  EXPECT_THAT(ErrorOf<SubmitRequest>(times(200'000, Tag(99, 3))),
              HasSubstr("more than 16 messages inside each other"));
}

TEST(WireTest, TheNumberOfFieldsIsBounded) {
  const auto times = [](int count, const std::string& bytes) {
    std::string all;
    for (int i = 0; i < count; ++i) all += bytes;
    return all;
  };
  const std::string event = Bytes(1, "");
  EXPECT_EQ(ErrorOf<SubmitStreamRequest>(times(kMessageFieldsMax, event)), "");
  EXPECT_THAT(ErrorOf<SubmitStreamRequest>(times(kMessageFieldsMax + 1, event)),
              HasSubstr("more than 65536 fields"));
  EXPECT_THAT(ErrorOf<SubmitStreamRequest>(
                  times(kMessageFieldsMax + 1, Tag(99, 0) + "1")),
              HasSubstr("more than 65536 fields"));
  EXPECT_THAT(ErrorOf<SubmitStreamRequest>(
                  Bytes(1, times(kMessageFieldsMax + 1, Bytes(13, "")))),
              HasSubstr("events[0]: more than 65536 fields"));
}

TEST(WireTest, ABigBatchPasses) {
  SubmitStreamRequest batch;
  for (int i = 0; i < 256; ++i) {
    auto* event = batch.add_events();
    *event = Full().event();
    event->clear_attributes();
    for (int j = 0; j < 32; ++j) {
      auto* attribute = event->add_attributes();
      attribute->set_key("key_" + std::to_string(j));
      attribute->set_text("value");
    }
  }
  const std::string bytes = batch.SerializeAsString();
  ASSERT_GT(bytes.size(), kUncountedBytesMax);
  EXPECT_EQ(ErrorOf<SubmitStreamRequest>(bytes), "");
}

TEST(WireTest, OneChangedByteNeverPassesUnnamed) {
  google::protobuf::LogSilencer quiet;
  const std::string bytes = Full().SerializeAsString();
  for (size_t place = 0; place < bytes.size(); ++place) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = bytes;
      changed[place] = static_cast<char>(value);
      EXPECT_THAT(ErrorOf<SubmitRequest>(changed),
                  testing::Not(HasSubstr("the bytes are damaged")))
          << place << " " << value;
    }
  }
}

}  // namespace
}  // namespace levee::rpc
