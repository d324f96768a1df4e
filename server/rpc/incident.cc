// IncidentService: times at which many honest customers write at once.
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "levee/v1/incident_service.grpc.pb.h"
#include "server/rpc/acts.h"
#include "server/rpc/raw.h"
#include "server/rpc/services.h"
#include "server/state/records.h"
#include "server/state/timestamp.h"

namespace levee::rpc {
namespace {

namespace v1 = levee::v1;
using storage::v1::IncidentsRecord;
using Base = BlockingService<
    v1::IncidentService::WithRawCallbackMethod_BeginIncident<
        v1::IncidentService::WithRawCallbackMethod_EndIncident<
            v1::IncidentService::WithRawCallbackMethod_ListIncidents<
                v1::IncidentService::Service>>>,
    v1::ROLE_OPERATOR>;

void Tell(const storage::v1::IncidentRecord& record, int64_t now_ms,
          v1::Incident* told) {
  told->set_id(record.id());
  state::SetTime(record.begun().from_ms(), told->mutable_from());
  const int64_t until_ms =
      record.ended_ms() != 0 ? record.ended_ms() : record.begun().until_ms();
  if (until_ms != 0) state::SetTime(until_ms, told->mutable_until());
  *told->mutable_departments() = record.begun().departments();
  told->set_author(record.author());
  told->set_reason(record.reason());
  told->set_running(state::Runs(record, now_ms));
  told->set_ended_by(record.ended_by());
  told->set_end_reason(record.end_reason());
  told->set_proposal_id(record.begun().proposal());
}

void Tell(const storage::v1::ProposalRecord& record,
          v1::IncidentProposal* told) {
  const storage::v1::ProposeIncidentAct& seen = record.proposed();
  told->set_id(record.id());
  state::SetTime(record.at_ms(), told->mutable_at());
  told->set_department(seen.department());
  std::string why = absl::StrFormat(
      "%d tickets in 15 minutes, where %.1f are usual at this time, from %d "
      "customers",
      seen.openings(), static_cast<double>(seen.usual_milli()) / 1000,
      seen.customers());
  if (seen.known_ages() > 0) {
    absl::StrAppend(&why, ", ", seen.old_accounts_percent(),
                    " % of them with accounts older than 30 days");
  }
  if (seen.prefixes() > 0) {
    absl::StrAppend(&why, ", over ", seen.prefixes(), " networks");
  }
  told->set_why(why);
}

class IncidentService final : public Base {
 public:
  explicit IncidentService(const Parts& parts) : Base(parts) {}

  grpc::ServerUnaryReactor* BeginIncident(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override {
    return Start<v1::BeginIncidentRequest, v1::BeginIncidentResponse>(
        context, request, response, [this](auto* call) {
          const v1::BeginIncidentRequest& given = call->request();
          sequencer::Act act;
          auto& begin = *act.entry.mutable_begin_incident();
          if (given.has_from()) begin.set_from_ms(state::ToMs(given.from()));
          if (given.has_until()) begin.set_until_ms(state::ToMs(given.until()));
          *begin.mutable_departments() = given.departments();
          begin.set_proposal(given.proposal_id());
          act.reason = given.reason();
          const auto id =
              Perform(parts_.sequencer, call->caller(), std::move(act));
          if (!id.ok()) return id.status();
          return Find(call->caller(), *id,
                      call->response()->mutable_incident());
        });
  }

  grpc::ServerUnaryReactor* EndIncident(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override {
    return Start<v1::EndIncidentRequest, v1::EndIncidentResponse>(
        context, request, response, [this](auto* call) {
          sequencer::Act act;
          act.entry.mutable_end_incident()->set_id(call->request().id());
          act.reason = call->request().reason();
          const auto done =
              Perform(parts_.sequencer, call->caller(), std::move(act));
          if (!done.ok()) return done.status();
          return Find(call->caller(), call->request().id(),
                      call->response()->mutable_incident());
        });
  }

  grpc::ServerUnaryReactor* ListIncidents(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override {
    return Start<v1::ListIncidentsRequest, v1::ListIncidentsResponse>(
        context, request, response, [this](auto* call) {
          return List(call->caller(), call->request(), call->response());
        });
  }

 private:
  absl::Status Copy(const Caller& caller, IncidentsRecord* record,
                    int64_t* now_ms) const {
    return SurveyLists(
        parts_.sequencer, caller,
        [&](const sequencer::Directory::Lists& lists, int64_t at_ms) {
          *record = lists.incidents;
          *now_ms = at_ms;
        });
  }

  absl::Status Find(const Caller& caller, uint64_t id,
                    v1::Incident* told) const {
    IncidentsRecord record;
    int64_t now_ms = 0;
    absl::Status status = Copy(caller, &record, &now_ms);
    if (!status.ok()) return status;
    for (const auto& incident : record.incidents()) {
      if (incident.id() == id) Tell(incident, now_ms, told);
    }
    return absl::OkStatus();
  }

  absl::Status List(const Caller& caller, const v1::ListIncidentsRequest& given,
                    v1::ListIncidentsResponse* response) const {
    IncidentsRecord record;
    int64_t now_ms = 0;
    absl::Status status = Copy(caller, &record, &now_ms);
    if (!status.ok()) return status;
    for (int i = record.incidents_size(); i-- > 0;) {
      if (given.running() && !state::Runs(record.incidents(i), now_ms)) {
        continue;
      }
      Tell(record.incidents(i), now_ms, response->add_incidents());
    }
    for (int i = record.proposals_size(); i-- > 0;) {
      const uint64_t id = record.proposals(i).id();
      const auto& all = record.incidents();
      if (std::none_of(all.begin(), all.end(), [&](const auto& incident) {
            return incident.begun().proposal() == id;
          })) {
        Tell(record.proposals(i), response->add_proposals());
      }
    }
    return absl::OkStatus();
  }
};

}  // namespace

std::unique_ptr<grpc::Service> MakeIncidentService(const Parts& parts) {
  return std::make_unique<IncidentService>(parts);
}

}  // namespace levee::rpc
