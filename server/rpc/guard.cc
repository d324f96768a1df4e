// GuardService: what a helpdesk's backend calls.
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "levee/v1/guard_service.grpc.pb.h"
#include "server/rpc/acts.h"
#include "server/rpc/groups.h"
#include "server/rpc/raw.h"
#include "server/rpc/services.h"
#include "server/rpc/stream.h"

namespace levee::rpc {
namespace {

using levee::v1::Decision;
using levee::v1::TicketEvent;
using sequencer::EventGroup;
using sequencer::Item;
using sequencer::Purpose;

// A group of one event. `done` is told the item when it has been decided.
template <typename Done>
void SendOne(const Parts& parts, const Caller& caller, Purpose purpose,
             const TicketEvent* event, Decision* decision, Done done) {
  const int64_t arrived_us = MonotonicUs();
  auto group = std::make_unique<EventGroup>();
  group->tenant = caller.tenant;
  group->purpose = purpose;
  Item& item = group->items.emplace_back();
  item.event = event;
  item.decision = decision;
  parts.sequencer->Prepare(*caller.tenant, &item);
  group->done = [&parts, arrived_us, done = std::move(done)](
                    std::unique_ptr<EventGroup> group) mutable {
    RecordLatency(parts, arrived_us, 1);
    done(group->items[0]);
  };
  Send(parts.sequencer, std::move(group));
}

// Requests are batches of events, each answered on its own.
class SubmitStream final : public OrderedStream {
 public:
  SubmitStream(const Parts& parts, grpc::CallbackServerContext* context)
      : OrderedStream(parts.streams, context), parts_(parts) {
    absl::StatusOr<const Caller*> caller =
        Authorize(*context, *parts.tokens, levee::v1::ROLE_HELPDESK);
    if (caller.ok()) caller_ = *caller;
    Open(caller.status());
  }

 private:
  // One request with its answer. 64 events and their decisions fit into the
  // first block.
  struct Batch {
    Batch() : arena(first_block, sizeof(first_block)) {}
    alignas(8) char first_block[48 << 10];
    google::protobuf::Arena arena;
    levee::v1::SubmitStreamRequest* const request =
        google::protobuf::Arena::CreateMessage<levee::v1::SubmitStreamRequest>(
            &arena);
    levee::v1::SubmitStreamResponse* const response =
        google::protobuf::Arena::CreateMessage<levee::v1::SubmitStreamResponse>(
            &arena);
  };

  absl::Status Take(const grpc::ByteBuffer& bytes, uint64_t ticket) override {
    const int64_t arrived_us = MonotonicUs();
    auto batch = std::make_unique<Batch>();
    absl::Status status = Parse(bytes, batch->request);
    if (status.ok()) status = Validate(*batch->request);
    if (!status.ok()) return status;
    auto group = std::make_unique<EventGroup>();
    group->tenant = caller_->tenant;
    Fill(batch.get(), group.get());
    group->done = [this, ticket, arrived_us, batch = std::move(batch)](
                      std::unique_ptr<EventGroup> group) mutable {
      RecordLatency(parts_, arrived_us, group->items.size());
      TellErrors(*group, batch.get());
      Answer(ticket, Serialize(*batch->response));
    };
    Send(parts_.sequencer, std::move(group));
    return absl::OkStatus();
  }

  void Fill(Batch* batch, EventGroup* group) const {
    const int events = batch->request->events_size();
    group->items.resize(events);
    batch->response->mutable_results()->Reserve(events);
    for (int i = 0; i < events; ++i) {
      Item& item = group->items[i];
      item.event = &batch->request->events(i);
      item.decision = batch->response->add_results()->mutable_decision();
      item.status = ValidateEvent(*item.event, EventUse::kSubmit, "events", i);
      if (item.status.ok()) {
        parts_.sequencer->Prepare(*caller_->tenant, &item);
      }
    }
  }

  static void TellErrors(const EventGroup& group, Batch* batch) {
    for (size_t i = 0; i < group.items.size(); ++i) {
      if (group.items[i].status.ok()) continue;
      ToSubmitError(group.items[i].status,
                    batch->response->mutable_results(static_cast<int>(i))
                        ->mutable_error());
    }
  }

  const Parts& parts_;
  const Caller* caller_ = nullptr;
};

// What a customer could be about to do: open a ticket, or write in one, with
// nothing written yet. It has no ids: whatever ids it had could be those of a
// real event.
TicketEvent* ActOf(levee::v1::EventKind kind,
                   const levee::v1::GetStandingRequest& request,
                   google::protobuf::Arena* arena) {
  auto* event = google::protobuf::Arena::CreateMessage<TicketEvent>(arena);
  event->set_kind(kind);
  event->set_actor(levee::v1::ACTOR_CUSTOMER);
  event->set_customer_id(request.customer_id());
  event->set_language(request.language());
  if (request.has_source()) *event->mutable_source() = request.source();
  if (request.has_account_created_at()) {
    *event->mutable_account_created_at() = request.account_created_at();
  }
  event->set_department(request.department());
  if (kind == levee::v1::EVENT_KIND_OPENED) {
    event->set_reference(request.reference());
  }
  return event;
}

namespace v1 = levee::v1;
using Base = v1::GuardService::WithRawCallbackMethod_Submit<
    v1::GuardService::WithRawCallbackMethod_SubmitStream<
        v1::GuardService::WithRawCallbackMethod_Preview<
            v1::GuardService::WithRawCallbackMethod_GetStanding<
                v1::GuardService::Service>>>>;

class GuardService final : public Base {
 public:
  explicit GuardService(const Parts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override {
    using Call = UnaryCall<v1::SubmitRequest, v1::SubmitResponse>;
    return StartUnary<v1::SubmitRequest, v1::SubmitResponse>(
        parts_, v1::ROLE_HELPDESK, context, request, response,
        [this](std::unique_ptr<Call> call) {
          Decide<Call>(Purpose::kSubmit, std::move(call));
        });
  }

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* SubmitStream(
      grpc::CallbackServerContext* context) override {
    return new rpc::SubmitStream(parts_, context);
  }

  grpc::ServerUnaryReactor* Preview(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override {
    using Call = UnaryCall<v1::PreviewRequest, v1::PreviewResponse>;
    return StartUnary<v1::PreviewRequest, v1::PreviewResponse>(
        parts_, v1::ROLE_HELPDESK, context, request, response,
        [this](std::unique_ptr<Call> call) {
          Decide<Call>(Purpose::kPreview, std::move(call));
        });
  }

  grpc::ServerUnaryReactor* GetStanding(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override {
    using Call = UnaryCall<v1::GetStandingRequest, v1::GetStandingResponse>;
    return StartUnary<v1::GetStandingRequest, v1::GetStandingResponse>(
        parts_, v1::ROLE_HELPDESK, context, request, response,
        [this](std::unique_ptr<Call> call) { Stand(std::move(call)); });
  }

 private:
  template <typename Call>
  void Decide(Purpose purpose, std::unique_ptr<Call> call) {
    const TicketEvent* event = &call->request().event();
    Decision* decision = call->response()->mutable_decision();
    const Caller& caller = call->caller();
    SendOne(parts_, caller, purpose, event, decision,
            [call = std::move(call)](const Item& item) mutable {
              Call::Finish(std::move(call), item.status);
            });
  }

  // One look for both acts: what they meet is the same.
  void Stand(std::unique_ptr<
             UnaryCall<v1::GetStandingRequest, v1::GetStandingResponse>>
                 call) {
    using Call = UnaryCall<v1::GetStandingRequest, v1::GetStandingResponse>;
    auto group = std::make_unique<EventGroup>();
    group->tenant = call->caller().tenant;
    group->purpose = Purpose::kPreview;
    for (const v1::EventKind kind :
         {v1::EVENT_KIND_OPENED, v1::EVENT_KIND_CUSTOMER_REPLIED}) {
      v1::StandingOf* const act = call->response()->add_acts();
      act->set_kind(kind);
      Item& item = group->items.emplace_back();
      item.event = ActOf(kind, call->request(), call->arena());
      item.decision = act->mutable_decision();
      parts_.sequencer->Prepare(*group->tenant, &item);
    }
    group->done = [this, call = std::move(call)](
                      std::unique_ptr<EventGroup> done) mutable {
      call->response()->set_known(done->items[0].customer_known);
      absl::Status status = done->items[0].status;
      status.Update(done->items[1].status);
      std::set<uint64_t> ids;
      for (const v1::StandingOf& act : call->response()->acts()) {
        for (const auto& met : act.decision().met()) ids.insert(met.id());
      }
      if (!status.ok() || ids.empty()) {
        return Call::Finish(std::move(call), status);
      }
      // Names and reasons are read from the disk.
      parts_.workers->Run([this, ids = std::move(ids), call = std::move(call)](
                              const absl::Status& accepted) mutable {
        const absl::Status told =
            accepted.ok() ? TellMet(ids, call.get()) : accepted;
        Call::Finish(std::move(call), told);
      });
    };
    Send(parts_.sequencer, std::move(group));
  }

  template <typename Call>
  absl::Status TellMet(const std::set<uint64_t>& ids, Call* call) const {
    std::vector<std::pair<uint64_t, storage::v1::RestrictionRecord>> met;
    absl::Status status =
        SurveyLists(parts_.sequencer, call->caller(),
                    [&](const sequencer::Directory::Lists& lists, int64_t) {
                      for (const uint64_t id : ids) {
                        const auto found = lists.restrictions.find(id);
                        if (found != lists.restrictions.end()) {
                          met.emplace_back(id, found->second);
                        }
                      }
                    });
    if (!status.ok()) return status;
    return parts_.reader->Tell(*call->caller().tenant, met,
                               call->response()->mutable_restrictions());
  }

  const Parts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeGuardService(const Parts& parts) {
  return std::make_unique<GuardService>(parts);
}

}  // namespace levee::rpc
