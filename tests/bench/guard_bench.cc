// Drives a GuardService as hard as it goes and prints one JSON line:
//
//   guard_bench submit --target H:P --token T --seconds 3 --in_flight 64
//   guard_bench stream --target H:P --token T --events 1000000 --batch 64
//
// A closed loop: so many requests are under way at any time, and each answer
// starts the next. A stream's events are made beforehand; once they are, it
// says "sending" on stderr. tests/bench/run.py pairs its figures with a
// baseline's.
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "levee/v1/guard_service.grpc.pb.h"
#include "tests/bench/traffic.h"

namespace levee::bench {
namespace {

using Time = std::chrono::steady_clock::time_point;

struct Flags {
  std::string target;
  std::string token;
  std::string prefix = "b";
  uint64_t seed = 1;
  uint64_t first_customer = 0;
  uint64_t customers = 10'000;
  bool in_turn = false;
  bool texts = true;
  double seconds = 3;
  int in_flight = 64;
  uint64_t events = 200'000;
  int batch = 64;
};

double SecondsSince(Time start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

void Authorize(const Flags& flags, grpc::ClientContext* context) {
  if (!flags.token.empty()) {
    context->AddMetadata("authorization", "Bearer " + flags.token);
  }
}

// Counts answers and their latencies.
class Tally {
 public:
  void Add(Time started, uint64_t decisions, uint64_t errors) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(
                        std::chrono::steady_clock::now() - started)
                        .count();
    std::lock_guard<std::mutex> lock(mutex_);
    decisions_ += decisions;
    errors_ += errors;
    latencies_us_.push_back(static_cast<uint32_t>(us));
  }

  void Print(const char* what, double seconds) {
    std::sort(latencies_us_.begin(), latencies_us_.end());
    auto quantile = [&](double q) {
      return latencies_us_.empty()
                 ? 0u
                 : latencies_us_[static_cast<size_t>(
                       q * static_cast<double>(latencies_us_.size() - 1))];
    };
    std::printf(
        "{\"what\":\"%s\",\"decisions\":%lu,\"errors\":%lu,\"seconds\":%.3f,"
        "\"per_second\":%.0f,\"p50_us\":%u,\"p99_us\":%u}\n",
        what, decisions_, errors_, seconds,
        static_cast<double>(decisions_) / seconds, quantile(0.5),
        quantile(0.99));
  }

 private:
  std::mutex mutex_;
  uint64_t decisions_ = 0;
  uint64_t errors_ = 0;
  std::vector<uint32_t> latencies_us_;
};

// One of the requests under way; starts the next one itself.
class Caller {
 public:
  Caller(const Flags& flags, int number, v1::GuardService::Stub* stub,
         const std::atomic<bool>* stop, std::atomic<int>* running, Tally* tally)
      : flags_(flags),
        stub_(stub),
        stop_(stop),
        running_(running),
        tally_(tally),
        traffic_(flags.prefix + std::to_string(number) + "-",
                 flags.seed + number, flags.first_customer, flags.customers,
                 flags.in_turn, flags.texts) {}

  void Next() {
    if (*stop_) {
      --*running_;
      return;
    }
    context_ = std::make_unique<grpc::ClientContext>();
    Authorize(flags_, context_.get());
    request_.Clear();
    traffic_.Fill(request_.mutable_event());
    started_ = std::chrono::steady_clock::now();
    stub_->async()->Submit(context_.get(), &request_, &response_,
                           [this](const grpc::Status& status) {
                             tally_->Add(started_, status.ok(), !status.ok());
                             Next();
                           });
  }

 private:
  const Flags& flags_;
  v1::GuardService::Stub* const stub_;
  const std::atomic<bool>* const stop_;
  std::atomic<int>* const running_;
  Tally* const tally_;
  Traffic traffic_;
  std::unique_ptr<grpc::ClientContext> context_;
  v1::SubmitRequest request_;
  v1::SubmitResponse response_;
  Time started_;
};

int RunSubmit(const Flags& flags) {
  const auto stub = v1::GuardService::NewStub(
      grpc::CreateChannel(flags.target, grpc::InsecureChannelCredentials()));
  std::atomic<bool> stop{false};
  std::atomic<int> running{flags.in_flight};
  Tally tally;
  std::vector<std::unique_ptr<Caller>> callers;
  const Time start = std::chrono::steady_clock::now();
  for (int i = 0; i < flags.in_flight; ++i) {
    callers.push_back(std::make_unique<Caller>(flags, i, stub.get(), &stop,
                                               &running, &tally));
    callers.back()->Next();
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(flags.seconds));
  stop = true;
  const double seconds = SecondsSince(start);
  while (running > 0) std::this_thread::yield();
  tally.Print("submit", seconds);
  return 0;
}

// Batches under way on one stream, bounded by a counting of the answers.
class Pipe {
 public:
  explicit Pipe(int in_flight) : free_(in_flight) {}

  Time* Acquire() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return free_ > 0; });
    --free_;
    started_.push_back(std::chrono::steady_clock::now());
    return &started_.back();
  }
  Time Release() {
    std::lock_guard<std::mutex> lock(mutex_);
    ++free_;
    const Time started = started_.front();
    started_.pop_front();
    changed_.notify_one();
    return started;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int free_;
  std::deque<Time> started_;
};

// Events are made before the clock starts: who calls a server has his already.
std::vector<v1::SubmitStreamRequest> Batches(const Flags& flags) {
  Traffic traffic(flags.prefix, flags.seed, flags.first_customer,
                  flags.customers, flags.in_turn, flags.texts);
  std::vector<v1::SubmitStreamRequest> batches;
  for (uint64_t made = 0; made < flags.events;) {
    v1::SubmitStreamRequest& batch = batches.emplace_back();
    for (int i = 0; i < flags.batch && made < flags.events; ++i, ++made) {
      traffic.Fill(batch.add_events());
    }
  }
  return batches;
}

int RunStream(const Flags& flags) {
  const std::vector<v1::SubmitStreamRequest> batches = Batches(flags);
  std::fprintf(stderr, "sending\n");
  const auto stub = v1::GuardService::NewStub(
      grpc::CreateChannel(flags.target, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  Authorize(flags, &context);
  auto stream = stub->SubmitStream(&context);
  Tally tally;
  Pipe pipe(flags.in_flight);
  const Time start = std::chrono::steady_clock::now();
  std::thread reader([&] {
    v1::SubmitStreamResponse response;
    while (stream->Read(&response)) {
      uint64_t errors = 0;
      for (const v1::SubmitResult& result : response.results()) {
        errors += result.has_error();
      }
      tally.Add(pipe.Release(), response.results_size() - errors, errors);
    }
  });
  for (const v1::SubmitStreamRequest& batch : batches) {
    pipe.Acquire();
    if (!stream->Write(batch)) break;
  }
  stream->WritesDone();
  reader.join();
  const grpc::Status status = stream->Finish();
  tally.Print("stream", SecondsSince(start));
  if (!status.ok()) {
    std::fprintf(stderr, "guard_bench: %s\n", status.error_message().c_str());
  }
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace levee::bench

int main(int argc, char** argv) {
  CLI::App app("Drives a GuardService as hard as it goes");
  levee::bench::Flags flags;
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--target", flags.target)->required();
  app.add_option("--token", flags.token);
  app.add_option("--prefix", flags.prefix, "first part of the event ids");
  app.add_option("--seed", flags.seed);
  app.add_option("--first_customer", flags.first_customer);
  app.add_option("--customers", flags.customers);
  app.add_flag("--in_turn", flags.in_turn, "each customer once, in turn");
  app.add_flag("--texts,!--no_texts", flags.texts,
               "events with a subject and a body");
  app.add_option("--in_flight", flags.in_flight, "requests under way")
      ->check(CLI::Range(1, 4096));
  CLI::App* submit = app.add_subcommand("submit", "one event a call");
  submit->add_option("--seconds", flags.seconds)->check(CLI::Range(0.1, 600.0));
  CLI::App* stream = app.add_subcommand("stream", "batches on a stream");
  stream->add_option("--events", flags.events)
      ->check(CLI::Range(uint64_t{1}, uint64_t{1'000'000}));
  stream->add_option("--batch", flags.batch)->check(CLI::Range(1, 256));
  CLI11_PARSE(app, argc, argv);
  return submit->parsed() ? levee::bench::RunSubmit(flags)
                          : levee::bench::RunStream(flags);
}
