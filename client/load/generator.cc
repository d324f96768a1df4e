#include "client/load/generator.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"

namespace levee::load {
namespace {

using Clock = std::chrono::steady_clock;

// Adds answers up, from any thread.
class Collector {
 public:
  explicit Collector(LoadReport* report) : report_(report) {}

  void Take(Clock::time_point due, const absl::StatusOr<v1::Decision>& answer) {
    report_->latency.Add(absl::FromChrono(Clock::now() - due));
    absl::MutexLock lock(&mutex_);
    if (answer.ok()) {
      ++report_->verdicts[answer->verdict()];
      return;
    }
    const std::string code = absl::StatusCodeToString(answer.status().code());
    ++report_->errors[code];
    report_->examples.try_emplace(code, answer.status().message());
  }

 private:
  absl::Mutex mutex_;
  LoadReport* const report_;
};

// Waits in slices, so that an interruption is seen.
bool SleepUntil(Clock::time_point due, const std::atomic<bool>& interrupted) {
  constexpr auto kSlice = std::chrono::milliseconds(50);
  for (auto now = Clock::now(); now < due; now = Clock::now()) {
    if (interrupted) return false;
    std::this_thread::sleep_for(std::min<Clock::duration>(due - now, kSlice));
  }
  return !interrupted;
}

}  // namespace

void RunLoad(const LoadOptions& options, const Traffic& traffic, Target* target,
             const std::atomic<bool>* interrupted, LoadReport* report) {
  Collector collector(report);
  const double seconds = absl::ToDoubleSeconds(options.duration);
  const auto events =
      std::max<uint64_t>(1, static_cast<uint64_t>(options.rate * seconds));
  const Clock::time_point begun = Clock::now();
  for (uint64_t i = 0; i < events; ++i) {
    const Clock::time_point due =
        begun + std::chrono::nanoseconds(static_cast<int64_t>(
                    static_cast<double>(i) * 1e9 / options.rate));
    if (!SleepUntil(due, *interrupted)) break;
    target->Send(traffic.Make(i),
                 [&collector, due](const absl::StatusOr<v1::Decision>& answer) {
                   collector.Take(due, answer);
                 });
    ++report->sent;
  }
  target->Finish();
  report->unsent = events - report->sent;
  report->elapsed = absl::FromChrono(Clock::now() - begun);
}

bool IsLoopback(absl::string_view server) {
  if (absl::StartsWith(server, "unix:")) return true;
  for (absl::string_view scheme : {"dns:///", "dns:", "ipv4:", "ipv6:"}) {
    if (absl::ConsumePrefix(&server, scheme)) break;
  }
  if (absl::StartsWith(server, "[::1]") || server == "::1") return true;
  const absl::string_view host = server.substr(0, server.find(':'));
  if (host == "localhost") return true;
  // Of an address each part is a number: 127.evil.example is none.
  return absl::StartsWith(host, "127.") &&
         host.find_first_not_of("0123456789.") == absl::string_view::npos &&
         std::count(host.begin(), host.end(), '.') == 3;
}

}  // namespace levee::load
