// What leveed was told: configuration file, flags and the limits of both.
#ifndef LEVEE_SERVER_OPTIONS_H_
#define LEVEE_SERVER_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "levee/v1/configuration.pb.h"
#include "server/configuration.h"
#include "server/observe/log.h"

namespace levee {

inline constexpr char kVersion[] = "0.1.0";

// Bounds of what can be configured.
//
// Below 64 events one batch of a client could never get in; a million events
// waiting would be more than ten seconds of work.
inline constexpr int64_t kQueueEventsMin = 64;
inline constexpr int64_t kQueueEventsMax = 1 << 20;
// What is worth keeping at all; 100 million need 50 GB.
inline constexpr int64_t kCacheEntitiesMin = 1'024;
inline constexpr int64_t kCacheEntitiesMax = 100'000'000;
// Every token is compared on every call.
inline constexpr int kTokensMax = 1'024;
// Token names and tenants.
inline constexpr size_t kNameBytesMax = 64;
// Windows reach back 31 days: a journal kept for less could not rebuild them.
inline constexpr int64_t kRetainJournalMsMin = 32LL * 86'400'000;
inline constexpr int64_t kHeadsIntervalMsMin = 1'000;
inline constexpr int64_t kHeadsIntervalMsMax = 86'400'000;

// Fixed limits.
//
// What gRPC reads of a request. More than a request may have (rpc/wire.h), so
// that what is too long is told in our words and code.
inline constexpr size_t kReadBytesMax = 16 << 20;
// Calls of one connection at a time.
inline constexpr int kCallsMax = 1'024;
// What gRPC may hold for all connections together.
inline constexpr size_t kRpcMemoryBytesMax = 512 << 20;
// Threads that read the disk for operators, and calls that wait for them.
inline constexpr int kWorkers = 4;
inline constexpr size_t kWorkersWaitingMax = 256;
// Calls under way have so long to end when the server stops.
inline constexpr int64_t kDrainMs = 5'000;

// Validated and complete.
struct Options {
  std::string listen = "127.0.0.1:7171";
  std::string data_dir;
  std::vector<levee::v1::Token> tokens;
  std::string port_file;
  bool sync = true;
  int queue_events_max = 16'384;
  int64_t cache_entities_max = 200'000;
  // 0: texts are never stored.
  int64_t retain_text_ms = 90LL * 86'400'000;
  // 0: for ever.
  int64_t retain_journal_ms = 400LL * 86'400'000;
  std::string heads_file;
  int64_t heads_interval_ms = 3'600'000;
  observe::Level log_level = observe::Level::kInfo;
  std::string initial_rules;
};

// Checks every field. Errors: those of Configuration::Wrong.
absl::StatusOr<Options> ToOptions(const Configuration& configuration);

// What the command line asks for.
struct CommandLine {
  enum class Act {
    // Serve.
    kRun,
    // Only say that the configuration is right.
    kCheck,
    // Print `text` and exit: --help, --version.
    kPrint,
  };
  Act act = Act::kRun;
  std::string text;
  Options options;
};

// Reads flags and the configuration file they name. INVALID_ARGUMENT: the
// command line is wrong; FAILED_PRECONDITION: the file is.
absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv);

// Whether "host:port" names this machine's loopback alone.
bool IsLoopback(absl::string_view address);

}  // namespace levee

#endif  // LEVEE_SERVER_OPTIONS_H_
