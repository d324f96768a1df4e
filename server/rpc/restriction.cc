// RestrictionService: standing verdicts on subjects.
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "levee/v1/restriction_service.grpc.pb.h"
#include "server/rpc/acts.h"
#include "server/rpc/groups.h"
#include "server/rpc/raw.h"
#include "server/rpc/services.h"
#include "server/sequencer/subject.h"
#include "server/state/standing.h"
#include "server/state/timestamp.h"

namespace levee::rpc {
namespace {

namespace v1 = levee::v1;
using storage::v1::RestrictionRecord;
using Records = std::vector<std::pair<uint64_t, RestrictionRecord>>;
using Base = BlockingService<
    v1::RestrictionService::WithRawCallbackMethod_ListRestrictions<
        v1::RestrictionService::WithRawCallbackMethod_GetRestriction<
            v1::RestrictionService::WithRawCallbackMethod_AddRestriction<
                v1::RestrictionService::WithRawCallbackMethod_LiftRestriction<
                    v1::RestrictionService::Service>>>>,
    v1::ROLE_OPERATOR>;

constexpr int kPageDefault = 50;

class RestrictionService final : public Base {
 public:
  explicit RestrictionService(const Parts& parts) : Base(parts) {}

  grpc::ServerUnaryReactor* ListRestrictions(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override {
    return Start<v1::ListRestrictionsRequest, v1::ListRestrictionsResponse>(
        context, request, response, [this](auto* call) {
          return List(call->caller(), call->request(), call->response());
        });
  }

  grpc::ServerUnaryReactor* GetRestriction(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override {
    return Start<v1::GetRestrictionRequest, v1::GetRestrictionResponse>(
        context, request, response, [this](auto* call) {
          return Get(call->caller(), call->request().id(),
                     call->response()->mutable_restriction());
        });
  }

  grpc::ServerUnaryReactor* AddRestriction(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override {
    return Start<v1::AddRestrictionRequest, v1::AddRestrictionResponse>(
        context, request, response, [this](auto* call) {
          return Add(call->caller(), call->request(),
                     call->response()->mutable_restriction());
        });
  }

  grpc::ServerUnaryReactor* LiftRestriction(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override {
    return Start<v1::LiftRestrictionRequest, v1::LiftRestrictionResponse>(
        context, request, response, [this](auto* call) {
          const uint64_t id = call->request().id();
          sequencer::Act act;
          act.entry.mutable_lift()->set_id(id);
          act.reason = call->request().reason();
          const auto done =
              Perform(parts_.sequencer, call->caller(), std::move(act));
          if (!done.ok()) return done.status();
          return Get(call->caller(), id,
                     call->response()->mutable_restriction());
        });
  }

 private:
  absl::Status Tell(const Caller& caller, uint64_t id,
                    const RestrictionRecord& record,
                    v1::Restriction* restriction) const {
    google::protobuf::RepeatedPtrField<v1::Restriction> told;
    absl::Status status =
        parts_.reader->Tell(*caller.tenant, {{id, record}}, &told);
    if (status.ok()) *restriction = std::move(told[0]);
    return status;
  }

  absl::Status Get(const Caller& caller, uint64_t id,
                   v1::Restriction* restriction) const {
    RestrictionRecord record;
    const state::EntityKey key = {
        storage::v1::ENTITY_KIND_RESTRICTION,
        sequencer::Sequencer::HandleOf(*caller.tenant), id};
    absl::Status status =
        LookAt(parts_.sequencer, key, [&](const state::Entity* entity) {
          if (entity == nullptr) {
            return absl::NotFoundError(
                absl::StrCat("id: there is no restriction ", id));
          }
          record = *entity->restriction();
          return absl::OkStatus();
        });
    return status.ok() ? Tell(caller, id, record, restriction) : status;
  }

  absl::Status Add(const Caller& caller, const v1::AddRestrictionRequest& given,
                   v1::Restriction* restriction) const {
    absl::StatusOr<sequencer::NamedSubject> subject =
        sequencer::ToNamed(given.subject());
    if (!subject.ok()) return subject.status();
    sequencer::Act act;
    storage::v1::Restricted& made =
        *act.entry.mutable_restrict()->mutable_restricted();
    made.mutable_on()->set_subject(subject->subject);
    made.mutable_on()->set_handle(subject->handle);
    made.set_verdict(given.verdict());
    made.set_scope(given.scope() == v1::RESTRICTION_SCOPE_UNSPECIFIED
                       ? v1::RESTRICTION_SCOPE_ALL_MESSAGES
                       : given.scope());
    made.set_until_ms(state::ToMs(given.until()));
    act.about = subject->name;
    act.id = std::move(subject->id);
    act.reason = given.reason();
    const auto sequence = Perform(parts_.sequencer, caller, std::move(act));
    if (!sequence.ok()) return sequence.status();
    return Get(caller, state::RestrictionId(*sequence, 0), restriction);
  }

  absl::Status List(const Caller& caller,
                    const v1::ListRestrictionsRequest& given,
                    v1::ListRestrictionsResponse* response) const;
};

absl::Status RestrictionService::List(
    const Caller& caller, const v1::ListRestrictionsRequest& given,
    v1::ListRestrictionsResponse* response) const {
  const absl::StatusOr<uint64_t> before =
      ParseIdToken(given.page_token(), UINT64_MAX);
  if (!before.ok()) return before.status();
  std::optional<storage::v1::SubjectRef> subject;
  if (given.has_subject()) {
    absl::StatusOr<storage::v1::SubjectRef> found =
        parts_.reader->FindSubject(*caller.tenant, given.subject());
    if (absl::IsNotFound(found.status())) return absl::OkStatus();
    if (!found.ok()) return found.status();
    subject = *std::move(found);
  }
  const size_t page_size =
      given.page_size() == 0 ? kPageDefault : given.page_size();
  const auto matches = [&](const storage::v1::Restricted& made,
                           int64_t now_ms) {
    return made.until_ms() > now_ms &&
           (!subject.has_value() ||
            (made.on().subject() == subject->subject() &&
             made.on().handle() == subject->handle())) &&
           (given.rule_id().empty() || made.rule_id() == given.rule_id()) &&
           (!given.by_operators() || made.rule_id().empty());
  };
  Records page;
  bool more = false;
  absl::Status status = SurveyLists(
      parts_.sequencer, caller,
      [&](const sequencer::Directory::Lists& lists, int64_t now_ms) {
        auto it = lists.restrictions.lower_bound(*before);
        while (it != lists.restrictions.begin() && !more) {
          --it;
          if (!matches(it->second.restricted(), now_ms)) continue;
          more = page.size() == page_size;
          if (!more) page.emplace_back(it->first, it->second);
        }
      });
  if (!status.ok()) return status;
  if (more) response->set_next_page_token(absl::StrCat(page.back().first));
  return parts_.reader->Tell(*caller.tenant, page,
                             response->mutable_restrictions());
}

}  // namespace

std::unique_ptr<grpc::Service> MakeRestrictionService(const Parts& parts) {
  return std::make_unique<RestrictionService>(parts);
}

}  // namespace levee::rpc
