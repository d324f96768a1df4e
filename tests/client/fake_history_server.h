// A HistoryService that takes imports, or loses what it took.
#ifndef LEVEE_TESTS_CLIENT_FAKE_HISTORY_SERVER_H_
#define LEVEE_TESTS_CLIENT_FAKE_HISTORY_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "levee/v1/decision_service.grpc.pb.h"
#include "levee/v1/history_service.grpc.pb.h"

namespace levee::tests {

// Counts the events of each import and keeps the first of each id; knows no
// decision that it is asked for later.
//
// Threads: safe.
class FakeHistoryServer final : public v1::HistoryService::Service {
 public:
  FakeHistoryServer() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(this);
    builder.RegisterService(&decisions_);
    server_ = builder.BuildAndStart();
  }

  std::string target() const { return absl::StrCat("127.0.0.1:", port_); }

  // The next call that brings events ends without an answer to them, though
  // they are counted.
  void BreakNext() {
    absl::MutexLock lock(&mutex_);
    break_next_ = true;
  }

  // How many events each import has, by its id.
  std::map<std::string, uint64_t> imports() {
    absl::MutexLock lock(&mutex_);
    return imports_;
  }
  // The event ids, in the order in which they first came.
  std::vector<std::string> ids() {
    absl::MutexLock lock(&mutex_);
    return ids_;
  }

  grpc::Status Import(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::ImportResponse, v1::ImportRequest>* stream)
      override {
    v1::ImportRequest request;
    std::string import_id;
    while (stream->Read(&request)) {
      v1::ImportResponse response;
      if (request.has_start()) import_id = request.start().import_id();
      if (!Take(import_id, request.events(), &response)) {
        return grpc::Status(grpc::UNAVAILABLE, "gone");
      }
      if (!stream->Write(response)) break;
    }
    return grpc::Status::OK;
  }

 private:
  class Forgetful final : public v1::DecisionService::Service {
    grpc::Status GetDecision(grpc::ServerContext*,
                             const v1::GetDecisionRequest*,
                             v1::GetDecisionResponse*) override {
      return grpc::Status(grpc::NOT_FOUND, "unknown");
    }
  };

  // False: the call breaks.
  bool Take(const std::string& import_id, const v1::ImportEvents& events,
            v1::ImportResponse* response) {
    absl::MutexLock lock(&mutex_);
    for (const v1::TicketEvent& event : events.events()) {
      v1::Decision* decision = response->add_results()->mutable_decision();
      decision->set_event_id(event.event_id());
      decision->set_verdict(v1::VERDICT_ALLOW);
      if (known_.insert(event.event_id()).second) {
        ids_.push_back(event.event_id());
      }
    }
    response->set_position(imports_[import_id] += events.events_size());
    const bool breaks = break_next_ && events.events_size() > 0;
    if (breaks) break_next_ = false;
    return !breaks;
  }

  int port_ = 0;
  Forgetful decisions_;
  std::unique_ptr<grpc::Server> server_;

  absl::Mutex mutex_;
  bool break_next_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, uint64_t> imports_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> known_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> ids_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace levee::tests

#endif  // LEVEE_TESTS_CLIENT_FAKE_HISTORY_SERVER_H_
