// AdminService: how the server is.
#include <atomic>
#include <memory>
#include <utility>

#include "levee/v1/admin_service.grpc.pb.h"
#include "server/rpc/raw.h"
#include "server/rpc/services.h"
#include "server/state/timestamp.h"

namespace levee::rpc {
namespace {

namespace v1 = levee::v1;

void SetDuration(int64_t us, google::protobuf::Duration* duration) {
  duration->set_seconds(us / 1'000'000);
  duration->set_nanos(static_cast<int32_t>(us % 1'000'000 * 1000));
}

void FillSequencer(const sequencer::Sequencer& sequencer,
                   v1::StatusResponse* response) {
  const int64_t now_ms = sequencer.NowMs();
  state::SetTime(now_ms, response->mutable_now());
  const absl::Status writable = sequencer.writable();
  response->set_writable(writable.ok());
  response->set_not_writable_reason(std::string(writable.message()));
  response->set_queue_length(sequencer.queue_length());
  response->set_queue_capacity(sequencer.queue_capacity());
  response->set_entities_cached(sequencer.entities_cached());
  response->set_entities_cache_max(sequencer.entities_cache_max());
}

void FillCounters(const sequencer::Counters& counters,
                  v1::StatusResponse* response) {
  const auto count = [&](v1::Verdict verdict) {
    return counters.decided_by_verdict[verdict].load(std::memory_order_relaxed);
  };
  response->set_allowed(count(v1::VERDICT_ALLOW));
  response->set_challenged(count(v1::VERDICT_CHALLENGE));
  response->set_throttled(count(v1::VERDICT_THROTTLE));
  response->set_held(count(v1::VERDICT_HOLD));
  response->set_rejected(count(v1::VERDICT_REJECT));
  response->set_decided(response->allowed() + response->challenged() +
                        response->throttled() + response->held() +
                        response->rejected());
  const auto would = [&](v1::Verdict verdict) {
    return counters.would_by_verdict[verdict].load(std::memory_order_relaxed);
  };
  response->set_would_challenge(would(v1::VERDICT_CHALLENGE));
  response->set_would_throttle(would(v1::VERDICT_THROTTLE));
  response->set_would_hold(would(v1::VERDICT_HOLD));
  response->set_would_reject(would(v1::VERDICT_REJECT));
  response->set_shed(counters.shed.load(std::memory_order_relaxed));
}

class AdminService final
    : public v1::AdminService::WithRawCallbackMethod_Status<
          v1::AdminService::Service> {
 public:
  explicit AdminService(const Parts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* Status(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override {
    return StartBlocking<v1::StatusRequest, v1::StatusResponse>(
        parts_, v1::ROLE_OPERATOR, context, request, response,
        [this](auto* call) {
          Fill(call->caller(), call->response());
          return absl::OkStatus();
        });
  }

 private:
  void Fill(const Caller& caller, v1::StatusResponse* response) const {
    FillSequencer(*parts_.sequencer, response);
    FillCounters(parts_.sequencer->counters(), response);
    response->set_tenant(caller.tenant_name);
    if (const auto rules = parts_.sequencer->RulesOf(*caller.tenant)) {
      response->set_rule_set_revision(rules->revision());
      response->set_rule_set_name(rules->name());
      response->set_rule_set_shadow(rules->shadow());
    }
    const observe::Latency::Summary summary =
        parts_.latency->Summarize(MonotonicUs() / 1000);
    v1::LatencySummary* latency = response->mutable_latency();
    SetDuration(summary.p50_us, latency->mutable_p50());
    SetDuration(summary.p99_us, latency->mutable_p99());
    SetDuration(summary.max_us, latency->mutable_max());
    parts_.describe(response);
  }

  const Parts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAdminService(const Parts& parts) {
  return std::make_unique<AdminService>(parts);
}

}  // namespace levee::rpc
