#include "client/load/target.h"

#include <deque>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "client/channel.h"
#include "client/client.h"
#include "levee/v1/guard_service.grpc.pb.h"

namespace levee::load {
namespace {

// A call for each event, through gRPC's callbacks.
class UnaryTarget final : public Target {
 public:
  explicit UnaryTarget(const TargetOptions& options)
      : options_(options),
        stub_(v1::GuardService::NewStub(client::MakeChannel(options.server))) {}
  ~UnaryTarget() override { Finish(); }

  void Send(v1::TicketEvent event, OnAnswer on_answer) override {
    {
      absl::MutexLock lock(&mutex_);
      const auto room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return in_flight_ < options_.in_flight_max;
      };
      mutex_.Await(absl::Condition(&room));
      ++in_flight_;
    }
    auto call = std::make_unique<Call>();
    client::Authorize(options_.token, &call->context);
    client::SetTimeout(options_.timeout, &call->context);
    call->request.mutable_event()->Swap(&event);
    call->on_answer = std::move(on_answer);
    Call* running = call.release();
    stub_->async()->Submit(&running->context, &running->request,
                           &running->response, [this, running](grpc::Status s) {
                             Answer(std::unique_ptr<Call>(running), s);
                           });
  }

  void Finish() override {
    absl::MutexLock lock(&mutex_);
    const auto none = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return in_flight_ == 0;
    };
    mutex_.Await(absl::Condition(&none));
  }

 private:
  struct Call {
    grpc::ClientContext context;
    v1::SubmitRequest request;
    v1::SubmitResponse response;
    OnAnswer on_answer;
  };

  void Answer(std::unique_ptr<Call> call, const grpc::Status& status) {
    if (status.ok()) {
      call->on_answer(std::move(*call->response.mutable_decision()));
    } else {
      call->on_answer(client::FromGrpc(status));
    }
    call.reset();
    absl::MutexLock lock(&mutex_);
    --in_flight_;
  }

  const TargetOptions options_;
  const std::unique_ptr<v1::GuardService::Stub> stub_;
  absl::Mutex mutex_;
  size_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
};

// One stream; opened again where it breaks.
class StreamTarget final : public Target {
 public:
  StreamTarget(const TargetOptions& options,
               std::unique_ptr<client::Client> client)
      : options_(options), client_(std::move(client)) {}
  ~StreamTarget() override { Finish(); }

  void Send(v1::TicketEvent event, OnAnswer on_answer) override {
    if (stream_ == nullptr) Open();
    {
      absl::MutexLock lock(&mutex_);
      waiting_.push_back(on_answer);
    }
    absl::Status status = stream_->Send(std::move(event));
    if (status.ok()) return;
    {
      absl::MutexLock lock(&mutex_);
      waiting_.pop_back();
    }
    stream_->Finish().IgnoreError();
    stream_ = nullptr;
    on_answer(status);
  }

  void Finish() override {
    if (stream_ != nullptr) stream_->Finish().IgnoreError();
    stream_ = nullptr;
  }

 private:
  void Open() {
    client::StreamOptions stream;
    stream.batch_events_max = options_.batch_events_max;
    stream.in_flight_events_max = options_.in_flight_max;
    stream.stall = options_.timeout;
    stream_ = client_->OpenStream(
        stream, [this](const v1::TicketEvent&,
                       const absl::StatusOr<client::Answer>& answer) {
          OnAnswer on_answer;
          {
            absl::MutexLock lock(&mutex_);
            on_answer = std::move(waiting_.front());
            waiting_.pop_front();
          }
          if (answer.ok()) {
            on_answer(answer->decision);
          } else {
            on_answer(answer.status());
          }
        });
  }

  const TargetOptions options_;
  const std::unique_ptr<client::Client> client_;
  absl::Mutex mutex_;
  // Of the events the stream took, in order: so are its answers.
  std::deque<OnAnswer> waiting_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<client::Stream> stream_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Target>> OpenTarget(
    const TargetOptions& options) {
  if (absl::Status status = client::CheckToken(options.token); !status.ok()) {
    return status;
  }
  if (options.batch_events_max == 0) {
    return std::make_unique<UnaryTarget>(options);
  }
  client::Options made;
  made.target = options.server;
  made.token = options.token;
  made.fail_open = false;
  absl::StatusOr<std::unique_ptr<client::Client>> client =
      client::Client::Create(std::move(made));
  if (!client.ok()) return client.status();
  return std::make_unique<StreamTarget>(options, *std::move(client));
}

}  // namespace levee::load
