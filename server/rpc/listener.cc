#include "server/rpc/listener.h"

#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/stubs/logging.h"
#include "grpc/support/log.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "server/rpc/services.h"
#include "server/rpc/stream.h"

namespace levee::rpc {
namespace {

// A client may look every ten seconds whether an idle connection lives; the
// server looks itself every two minutes, so that dead peers are let go.
constexpr int kPingIntervalMinMs = 10'000;
constexpr int kKeepaliveMs = 120'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
// A token and what clients add: far below.
constexpr int kMetadataBytesMax = 16 << 10;

// Health, reflection and logging are settings of the whole process.
void PrepareProcess() {
  static const bool once = [] {
    // gRPC's own lines name peers, which are none of the logs' business.
    gpr_set_log_function([](gpr_log_func_args*) {});
    // Protobuf's would say what the caller is told anyway.
    google::protobuf::SetLogHandler(nullptr);
    // Debian's Abseil looks for deadlocks at every lock that gRPC takes, under
    // one lock for the whole process.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    grpc::EnableDefaultHealthCheckService(true);
    // Named here so that the library is linked in.
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  (void)once;
}

constexpr const char* kServices[] = {
    "levee.v1.AdminService",    "levee.v1.CampaignService",
    "levee.v1.CustomerService", "levee.v1.DecisionService",
    "levee.v1.GuardService",    "levee.v1.HistoryService",
    "levee.v1.IncidentService", "levee.v1.RestrictionService",
    "levee.v1.ReviewService",   "levee.v1.RuleService",
    "levee.v1.TextService",
};

}  // namespace

struct Listener::Grpc {
  OpenStreams streams;
  std::vector<std::unique_ptr<grpc::Service>> services;
  std::unique_ptr<grpc::Server> server;
};

Listener::Listener() : grpc_(std::make_unique<Grpc>()) {}

Listener::~Listener() { Stop(0); }

absl::StatusOr<std::unique_ptr<Listener>> Listener::Start(
    const ListenerOptions& options, Parts parts) {
  PrepareProcess();
  std::unique_ptr<Listener> listener(new Listener());
  parts.streams = &listener->grpc_->streams;
  auto& services = listener->grpc_->services;
  services.push_back(MakeGuardService(parts));
  services.push_back(MakeHistoryService(parts));
  services.push_back(MakeRuleService(parts));
  services.push_back(MakeDecisionService(parts));
  services.push_back(MakeCustomerService(parts));
  services.push_back(MakeRestrictionService(parts));
  services.push_back(MakeReviewService(parts));
  services.push_back(MakeIncidentService(parts));
  services.push_back(MakeCampaignService(parts));
  services.push_back(MakeTextService(parts));
  services.push_back(MakeAdminService(parts));

  grpc::ServerBuilder builder;
  builder.AddListeningPort(options.address, grpc::InsecureServerCredentials(),
                           &listener->port_);
  for (auto& service : services) builder.RegisterService(service.get());
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.message_bytes_max));
  grpc::ResourceQuota quota("levee");
  quota.Resize(options.memory_bytes_max);
  builder.SetResourceQuota(quota);
  // Without this a second server could share the port unnoticed.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             options.calls_max);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             kKeepaliveTimeoutMs);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      kPingIntervalMinMs);
  listener->grpc_->server = builder.BuildAndStart();
  if (listener->grpc_->server == nullptr || listener->port_ == 0) {
    return absl::UnavailableError(absl::StrCat(
        "cannot listen on ", options.address,
        ": it is taken by another program or is no address of this machine"));
  }
  listener->SetServing(true);
  return listener;
}

void Listener::SetServing(bool serving) {
  if (grpc_->server == nullptr) return;
  grpc::HealthCheckServiceInterface* health =
      grpc_->server->GetHealthCheckService();
  if (health == nullptr) return;
  health->SetServingStatus("", serving);
  for (const char* service : kServices) {
    health->SetServingStatus(service, serving);
  }
}

void Listener::Stop(int64_t drain_ms) {
  if (grpc_->server == nullptr) return;
  SetServing(false);
  grpc_->streams.Close();
  grpc_->server->Shutdown(std::chrono::system_clock::now() +
                          std::chrono::milliseconds(drain_ms));
  grpc_->server->Wait();
  grpc_->server.reset();
}

}  // namespace levee::rpc
