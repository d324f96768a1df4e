// The services over a real connection, above a store in memory.
#ifndef LEVEE_TESTS_SERVER_RPC_RPC_FIXTURE_H_
#define LEVEE_TESTS_SERVER_RPC_RPC_FIXTURE_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "levee/v1/admin_service.grpc.pb.h"
#include "levee/v1/customer_service.grpc.pb.h"
#include "levee/v1/decision_service.grpc.pb.h"
#include "levee/v1/guard_service.grpc.pb.h"
#include "levee/v1/history_service.grpc.pb.h"
#include "levee/v1/rule_service.grpc.pb.h"
#include "server/rpc/listener.h"
#include "storage/memory_store.h"
#include "tests/event_builder.h"

namespace levee::rpc {

namespace v1 = levee::v1;

// The third opening of a customer's within an hour is too much.
inline constexpr char kRules[] = R"(name: "test"
rules {
  id: "too-many" category: CATEGORY_BOMBING on: EVENT_KIND_OPENED
  when { rate { per: SUBJECT_CUSTOMER kinds: EVENT_KIND_OPENED window: "1h"
                at_least: 3 } }
  then { verdict: VERDICT_THROTTLE }
  messages { language: "en" text: "Come back in {retry_after}." }
}
)";

inline v1::Token MakeToken(const std::string& name, v1::Role role) {
  const auto hash = Sha256(name);
  v1::Token token;
  token.set_name(name);
  token.set_sha256(
      absl::BytesToHexString(std::string(hash.begin(), hash.end())));
  token.set_tenant("main");
  token.set_role(role);
  return token;
}

inline v1::TicketEvent Opened(const std::string& customer) {
  return tests::EventBuilder(v1::EVENT_KIND_OPENED).Customer(customer);
}

class RpcTest : public testing::Test {
 protected:
  explicit RpcTest(int queue_events_max = 4096) {
    sequencer::Options options;
    options.tenants = {"main"};
    options.queue_events_max = queue_events_max;
    auto started = sequencer::Sequencer::Start(&store_, std::move(options));
    EXPECT_TRUE(started.ok()) << started.status();
    sequencer_ = *std::move(started);
    reader_.emplace(&store_, sequencer_.get());
    const std::vector<v1::Token> tokens = {
        MakeToken("helpdesk", v1::ROLE_HELPDESK),
        MakeToken("operator", v1::ROLE_OPERATOR)};
    tokens_.emplace(tokens, [this](const std::string& name) {
      return sequencer_->FindTenant(name);
    });
    Parts parts;
    parts.tokens = &*tokens_;
    parts.sequencer = sequencer_.get();
    parts.reader = &*reader_;
    parts.workers = &workers_;
    parts.latency = &latency_;
    parts.describe = [](v1::StatusResponse* response) {
      response->set_version("test");
    };
    auto listener = Listener::Start({.address = "127.0.0.1:0"}, parts);
    EXPECT_TRUE(listener.ok()) << listener.status();
    listener_ = *std::move(listener);
    channel_ =
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", listener_->port()),
                            grpc::InsecureChannelCredentials());
    guard_ = v1::GuardService::NewStub(channel_);
    history_ = v1::HistoryService::NewStub(channel_);
    rules_ = v1::RuleService::NewStub(channel_);
    decisions_ = v1::DecisionService::NewStub(channel_);
    customers_ = v1::CustomerService::NewStub(channel_);
    admin_ = v1::AdminService::NewStub(channel_);
  }

  ~RpcTest() override {
    store_.ReleaseAppends();
    listener_->Stop(0);
    workers_.Stop();
    sequencer_->Stop();
  }

  // A call's context with a deadline and a token ("": none).
  static std::unique_ptr<grpc::ClientContext> Context(
      const std::string& token) {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() +
                          std::chrono::seconds(60));
    if (!token.empty()) {
      context->AddMetadata("authorization", "Bearer " + token);
    }
    return context;
  }

  template <typename Stub, typename Request, typename Response>
  static grpc::Status Call(Stub* stub,
                           grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                        const Request&,
                                                        Response*),
                           const Request& request, Response* response,
                           const std::string& token = "operator") {
    const auto context = Context(token);
    return (stub->*method)(context.get(), request, response);
  }

  grpc::Status Submit(const v1::TicketEvent& event, v1::Decision* decision,
                      const std::string& token = "helpdesk") {
    v1::SubmitRequest request;
    *request.mutable_event() = event;
    v1::SubmitResponse response;
    grpc::Status status = Call(guard_.get(), &v1::GuardService::Stub::Submit,
                               request, &response, token);
    if (decision != nullptr) *decision = response.decision();
    return status;
  }

  grpc::Status Apply(const std::string& text, v1::RuleSetRevision* revision) {
    v1::ApplyRuleSetRequest request;
    request.set_text(text);
    request.set_comment("why");
    v1::ApplyRuleSetResponse response;
    grpc::Status status = Call(
        rules_.get(), &v1::RuleService::Stub::ApplyRuleSet, request, &response);
    if (revision != nullptr) *revision = response.revision();
    return status;
  }

  v1::StatusResponse Status() {
    v1::StatusResponse response;
    EXPECT_TRUE(Call(admin_.get(), &v1::AdminService::Stub::Status,
                     v1::StatusRequest(), &response)
                    .ok());
    return response;
  }

  // A unary call of whatever bytes.
  grpc::Status Raw(const std::string& method, const std::string& bytes,
                   std::string* answer = nullptr) {
    grpc::GenericStub stub(channel_);
    grpc::CompletionQueue queue;
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    const auto context = Context("operator");
    auto call = stub.PrepareUnaryCall(context.get(), method, request, &queue);
    call->StartCall();
    grpc::ByteBuffer response;
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue.Next(&tag, &ok));
    grpc::Slice told;
    if (answer != nullptr && response.DumpToSingleSlice(&told).ok()) {
      answer->assign(reinterpret_cast<const char*>(told.begin()), told.size());
    }
    return status;
  }

  storage::MemoryStore store_;
  std::unique_ptr<sequencer::Sequencer> sequencer_;
  std::optional<sequencer::Reader> reader_;
  std::optional<Tokens> tokens_;
  Workers workers_{2, 16};
  observe::Latency latency_;
  std::unique_ptr<Listener> listener_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::GuardService::Stub> guard_;
  std::unique_ptr<v1::HistoryService::Stub> history_;
  std::unique_ptr<v1::RuleService::Stub> rules_;
  std::unique_ptr<v1::DecisionService::Stub> decisions_;
  std::unique_ptr<v1::CustomerService::Stub> customers_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
};

}  // namespace levee::rpc

#endif  // LEVEE_TESTS_SERVER_RPC_RPC_FIXTURE_H_
