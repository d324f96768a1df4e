// A GuardService that does as it is told.
#ifndef LEVEE_TESTS_CLIENT_FAKE_GUARD_SERVER_H_
#define LEVEE_TESTS_CLIENT_FAKE_GUARD_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "levee/v1/guard_service.grpc.pb.h"

namespace levee::tests {

// Serves on a port of its own; can be stopped and started there again.
//
// Threads: safe.
class FakeGuardServer final : public v1::GuardService::Service {
 public:
  FakeGuardServer() { Start(); }
  ~FakeGuardServer() override { Stop(); }

  void Start() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(absl::StrCat("127.0.0.1:", port_),
                             grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  // Ends calls under way.
  void Stop() {
    if (server_ == nullptr) return;
    Open();
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    server_ = nullptr;
  }
  std::string target() const { return absl::StrCat("127.0.0.1:", port_); }

  // The next calls of Submit end so, one after the other; then all are OK.
  void FailNext(std::vector<grpc::Status> statuses) {
    absl::MutexLock lock(&mutex_);
    failures_.assign(statuses.begin(), statuses.end());
  }
  // A failed call asks to wait so long.
  void SetRetryAfter(std::string ms) {
    absl::MutexLock lock(&mutex_);
    retry_after_ms_ = std::move(ms);
  }
  // While closed, nothing is answered.
  void Close() {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }
  void Open() {
    absl::MutexLock lock(&mutex_);
    closed_ = false;
  }

  // Ids of the events that were taken and of all that were asked about.
  std::vector<std::string> taken() {
    absl::MutexLock lock(&mutex_);
    return taken_;
  }
  std::vector<std::string> asked() {
    absl::MutexLock lock(&mutex_);
    return asked_;
  }
  std::vector<v1::TicketEvent> events() {
    absl::MutexLock lock(&mutex_);
    return events_;
  }
  // The latest request of GetStanding.
  v1::GetStandingRequest standing() {
    absl::MutexLock lock(&mutex_);
    return standing_;
  }
  std::string authorization() {
    absl::MutexLock lock(&mutex_);
    return authorization_;
  }
  // Sizes of the stream's requests.
  std::vector<int> batches() {
    absl::MutexLock lock(&mutex_);
    return batches_;
  }

  grpc::Status Submit(grpc::ServerContext* context,
                      const v1::SubmitRequest* request,
                      v1::SubmitResponse* response) override {
    if (!Pass(context)) return grpc::Status::CANCELLED;
    absl::MutexLock lock(&mutex_);
    const auto& metadata = context->client_metadata();
    if (auto found = metadata.find("authorization"); found != metadata.end()) {
      authorization_.assign(found->second.data(), found->second.size());
    }
    asked_.push_back(request->event().event_id());
    if (!failures_.empty()) {
      grpc::Status status = failures_.front();
      failures_.pop_front();
      if (!retry_after_ms_.empty()) {
        context->AddTrailingMetadata("retry-after-ms", retry_after_ms_);
      }
      if (!status.ok()) return status;
    }
    Take(request->event(), response->mutable_decision());
    return grpc::Status::OK;
  }

  grpc::Status Preview(grpc::ServerContext*, const v1::PreviewRequest*,
                       v1::PreviewResponse* response) override {
    response->mutable_decision()->set_verdict(v1::VERDICT_HOLD);
    return grpc::Status::OK;
  }

  grpc::Status GetStanding(grpc::ServerContext*,
                           const v1::GetStandingRequest* request,
                           v1::GetStandingResponse* response) override {
    absl::MutexLock lock(&mutex_);
    standing_ = *request;
    response->set_known(request->customer_id() == "known");
    if (!response->known()) return grpc::Status::OK;
    v1::StandingOf* act = response->add_acts();
    act->set_kind(v1::EVENT_KIND_OPENED);
    act->mutable_decision()->set_verdict(v1::VERDICT_THROTTLE);
    act->mutable_decision()->mutable_retry_after()->set_seconds(90);
    act->mutable_decision()->set_message("Please wait");
    v1::Restriction* restriction = response->add_restrictions();
    restriction->set_id(7);
    restriction->mutable_subject()->set_customer_id("known");
    restriction->set_verdict(v1::VERDICT_THROTTLE);
    return grpc::Status::OK;
  }

  grpc::Status SubmitStream(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::SubmitStreamResponse,
                               v1::SubmitStreamRequest>* stream) override {
    v1::SubmitStreamRequest request;
    while (stream->Read(&request)) {
      if (!Pass(context)) return grpc::Status::CANCELLED;
      v1::SubmitStreamResponse response;
      {
        absl::MutexLock lock(&mutex_);
        batches_.push_back(request.events_size());
        for (const v1::TicketEvent& event : request.events()) {
          v1::SubmitResult* result = response.add_results();
          if (event.customer_id() == "refused") {
            result->mutable_error()->set_code(grpc::INVALID_ARGUMENT);
            result->mutable_error()->set_message("refused");
          } else if (event.customer_id() == "shed") {
            result->mutable_error()->set_code(grpc::RESOURCE_EXHAUSTED);
            result->mutable_error()->set_message("full");
          } else {
            Take(event, result->mutable_decision());
          }
        }
      }
      if (!stream->Write(response)) break;
    }
    return grpc::Status::OK;
  }

 private:
  // Waits while closed; false: the client is gone.
  bool Pass(grpc::ServerContext* context) {
    absl::MutexLock lock(&mutex_);
    const auto open = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return !closed_;
    };
    while (!mutex_.AwaitWithTimeout(absl::Condition(&open),
                                    absl::Milliseconds(10))) {
      if (context->IsCancelled()) return false;
    }
    return true;
  }

  void Take(const v1::TicketEvent& event, v1::Decision* decision)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    taken_.push_back(event.event_id());
    events_.push_back(event);
    decision->set_event_id(event.event_id());
    decision->set_sequence(taken_.size());
    decision->set_verdict(v1::VERDICT_THROTTLE);
  }

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;

  absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<grpc::Status> failures_ ABSL_GUARDED_BY(mutex_);
  std::string retry_after_ms_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> taken_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> asked_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::TicketEvent> events_ ABSL_GUARDED_BY(mutex_);
  std::vector<int> batches_ ABSL_GUARDED_BY(mutex_);
  v1::GetStandingRequest standing_ ABSL_GUARDED_BY(mutex_);
  std::string authorization_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace levee::tests

#endif  // LEVEE_TESTS_CLIENT_FAKE_GUARD_SERVER_H_
