// The baseline of the speed figures: a server of the same .proto that answers
// ALLOW at once and keeps nothing.
#include <grpcpp/grpcpp.h>

#include <csignal>
#include <fstream>
#include <iostream>
#include <memory>

#include "levee/v1/guard_service.grpc.pb.h"

namespace levee::bench {
namespace {

class AllowAll final : public v1::GuardService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* context,
                                   const v1::SubmitRequest* request,
                                   v1::SubmitResponse* response) override {
    v1::Decision* decision = response->mutable_decision();
    decision->set_sequence(1);
    decision->set_event_id(request->event().event_id());
    decision->set_verdict(v1::VERDICT_ALLOW);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace
}  // namespace levee::bench

// Usage: allow_server PORT_FILE. Serves on loopback until SIGTERM.
int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: allow_server PORT_FILE\n";
    return 2;
  }
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  levee::bench::AllowAll service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::ofstream(argv[1]) << port << "\n";
  int signal = 0;
  sigwait(&stop, &signal);
  server->Shutdown();
  return 0;
}
