// HistoryService: brings in the past.
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "levee/v1/history_service.grpc.pb.h"
#include "server/rpc/check.h"
#include "server/rpc/groups.h"
#include "server/rpc/raw.h"
#include "server/rpc/services.h"
#include "server/rpc/stream.h"
#include "server/state/timestamp.h"

namespace levee::rpc {
namespace {

namespace v1 = levee::v1;
using google::protobuf::Arena;
using sequencer::EventGroup;
using sequencer::Item;

// One request with its answer.
struct Part {
  Part() : arena(first_block, sizeof(first_block)) {}
  alignas(8) char first_block[48 << 10];
  Arena arena;
  v1::ImportRequest* const request =
      Arena::CreateMessage<v1::ImportRequest>(&arena);
  v1::ImportResponse* const response =
      Arena::CreateMessage<v1::ImportResponse>(&arena);
};

// An event that is itself at fault is passed over. After anything else nothing
// more of the import is taken on this stream; the client asks again for the
// position and goes on from there.
bool EndsImport(const absl::Status& status) {
  return status.code() != absl::StatusCode::kInvalidArgument &&
         status.code() != absl::StatusCode::kFailedPrecondition &&
         status.code() != absl::StatusCode::kAlreadyExists;
}

class ImportStream final : public OrderedStream {
 public:
  ImportStream(const Parts& parts, grpc::CallbackServerContext* context)
      // Where the import stands must be known before its events are looked at.
      : OrderedStream(parts.streams, context, /*in_flight_max=*/1),
        parts_(parts) {
    absl::StatusOr<const Caller*> caller =
        Authorize(*context, *parts.tokens, v1::ROLE_OPERATOR);
    if (caller.ok()) caller_ = *caller;
    Open(caller.status());
  }

 private:
  absl::Status Take(const grpc::ByteBuffer& bytes, uint64_t ticket) override {
    auto part = std::make_unique<Part>();
    if (absl::Status status = Parse(bytes, part->request); !status.ok()) {
      return status;
    }
    switch (part->request->part_case()) {
      case v1::ImportRequest::kStart:
        return TakeStart(std::move(part), ticket);
      case v1::ImportRequest::kEvents:
        return TakeEvents(std::move(part), ticket);
      default:
        return Wrong("part", "missing: give start or events");
    }
  }

  absl::Status TakeStart(std::unique_ptr<Part> part, uint64_t ticket);
  void FindPosition(std::unique_ptr<Part> part, uint64_t ticket);
  absl::Status TakeEvents(std::unique_ptr<Part> part, uint64_t ticket);
  absl::Status CheckEvent(const v1::TicketEvent& event, int place);

  const Parts& parts_;
  const Caller* caller_ = nullptr;
  // Known from the first request on.
  std::string import_id_;
  // Events of the import before the next request's.
  uint64_t position_ = 0;
  // The time of the event ahead.
  int64_t last_ms_ = 0;
};

absl::Status ImportStream::TakeStart(std::unique_ptr<Part> part,
                                     uint64_t ticket) {
  if (!import_id_.empty()) {
    return Wrong("start", "again, but a stream brings one import");
  }
  const v1::ImportStart& start = part->request->start();
  if (absl::Status status = Validate(start); !status.ok()) return status;
  import_id_ = start.import_id();
  parts_.workers->Run([this, part = std::move(part),
                       ticket](const absl::Status& accepted) mutable {
    if (!accepted.ok()) return Fail(ticket, accepted);
    FindPosition(std::move(part), ticket);
  });
  return absl::OkStatus();
}

void ImportStream::FindPosition(std::unique_ptr<Part> part, uint64_t ticket) {
  absl::StatusOr<state::EntityKey> key =
      parts_.reader->ImportKey(*caller_->tenant, import_id_);
  absl::Status status = key.status();
  if (status.ok()) {
    status =
        LookAt(parts_.sequencer, *key, [this](const state::Entity* entity) {
          if (entity == nullptr || entity->import() == nullptr) {
            return absl::OkStatus();
          }
          position_ = entity->import()->position;
          last_ms_ = entity->import()->last_effective_ms;
          return absl::OkStatus();
        });
  }
  // Not found: not begun.
  if (!status.ok() && !absl::IsNotFound(status)) return Fail(ticket, status);
  part->response->set_position(position_);
  Widen();
  Answer(ticket, Serialize(*part->response));
}

absl::Status ImportStream::TakeEvents(std::unique_ptr<Part> part,
                                      uint64_t ticket) {
  const int64_t arrived_us = MonotonicUs();
  const v1::ImportEvents& events = part->request->events();
  if (import_id_.empty()) {
    return Wrong("start", "missing: an import's first request is start");
  }
  if (absl::Status status = Validate(events); !status.ok()) return status;
  if (events.position() != position_) {
    return Wrong("events.position",
                 absl::StrCat(events.position(), ", but ", position_,
                              " events come before these"));
  }
  auto group = std::make_unique<EventGroup>();
  group->tenant = caller_->tenant;
  group->purpose = sequencer::Purpose::kImport;
  group->import_id = import_id_;
  group->import_position = position_;
  group->items.resize(events.events_size());
  for (int i = 0; i < events.events_size(); ++i) {
    Item& item = group->items[i];
    item.event = &events.events(i);
    item.decision = part->response->add_results()->mutable_decision();
    item.status = CheckEvent(*item.event, i);
    if (item.status.ok()) parts_.sequencer->Prepare(*caller_->tenant, &item);
  }
  position_ += events.events_size();
  group->done = [this, ticket, arrived_us, position = position_,
                 part = std::move(part)](std::unique_ptr<EventGroup> group) {
    RecordLatency(parts_, arrived_us, group->items.size());
    for (size_t i = 0; i < group->items.size(); ++i) {
      const absl::Status& status = group->items[i].status;
      if (status.ok()) continue;
      if (EndsImport(status)) return Fail(ticket, status);
      ToSubmitError(status, part->response->mutable_results(static_cast<int>(i))
                                ->mutable_error());
    }
    part->response->set_position(position);
    Answer(ticket, Serialize(*part->response));
  };
  Send(parts_.sequencer, std::move(group));
  return absl::OkStatus();
}

absl::Status ImportStream::CheckEvent(const v1::TicketEvent& event, int place) {
  absl::Status status =
      ValidateEvent(event, EventUse::kImport, "events.events", place);
  if (!status.ok()) return status;
  const int64_t at_ms = state::ToMs(event.occurred_at());
  if (at_ms < last_ms_) {
    return Wrong(absl::StrCat("events.events[", place, "].occurred_at"),
                 absl::StrCat(last_ms_ - at_ms,
                              " ms before the event ahead of it, but an "
                              "import is sorted by time"));
  }
  last_ms_ = at_ms;
  return absl::OkStatus();
}

class HistoryService final
    : public v1::HistoryService::WithRawCallbackMethod_Import<
          v1::HistoryService::Service> {
 public:
  explicit HistoryService(const Parts& parts) : parts_(parts) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Import(
      grpc::CallbackServerContext* context) override {
    return new ImportStream(parts_, context);
  }

 private:
  const Parts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeHistoryService(const Parts& parts) {
  return std::make_unique<HistoryService>(parts);
}

}  // namespace levee::rpc
