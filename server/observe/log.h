// Structured logs: one JSON object a line on stderr.
//
// What may be said is a closed set: an event of Event and fields that only
// Field's makers can make. None of them takes an id of a customer, an address,
// a text or a token, so personal data cannot get into the logs. There is no
// line for a single ticket event: those are in the journal.
//
// Threads: any, once Start has returned.
#ifndef LEVEE_SERVER_OBSERVE_LOG_H_
#define LEVEE_SERVER_OBSERVE_LOG_H_

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"

namespace levee::observe {

enum class Level { kDebug, kInfo, kWarn, kError };

// What happened.
enum class Event {
  kStarting,
  // The store is open and replayed, and calls are taken.
  kReady,
  // The server was asked to stop.
  kStopping,
  kStopped,
  // The configuration or the store does not allow a start.
  kStartRefused,
  // A commit failed: no writes are taken until a restart.
  kCommitFailed,
  kRuleSetApplied,
  // A signed head of the journal was written.
  kHeadSigned,
  kHeadFailed,
  // The journal lacks entries that a signed head speaks of.
  kJournalBehindHead,
  // The wall clock is a minute or more away from the server's.
  kWallClockAway,
  kJournalCut,
  // A periodic task failed; it is tried again.
  kMaintenanceFailed,
};

// One fact of a line.
class Field {
 public:
  static Field Version(absl::string_view version);
  // Address the server listens on.
  static Field Listen(absl::string_view address);
  static Field Port(int port);
  // Name of a tenant, of a token or of a rule set: the operator's own words.
  static Field Tenant(absl::string_view name);
  static Field Token(absl::string_view name);
  static Field RuleSet(absl::string_view name);
  static Field Revision(uint64_t revision);
  static Field Sequence(uint64_t sequence);
  // Bytes, written as hex digits.
  static Field Hash(absl::string_view bytes);
  static Field Signature(absl::string_view bytes);
  static Field DurationMs(int64_t ms);
  static Field AheadMs(int64_t ms);
  // A path of the server's own files.
  static Field Path(absl::string_view path);
  // Why; the message of a status made by the server about itself.
  static Field Reason(absl::string_view message);

  // "\"key\":value".
  const std::string& json() const { return json_; }

 private:
  explicit Field(std::string json) : json_(std::move(json)) {}
  std::string json_;
};

// Logs lines of `level` and above from now on. Called once, before any thread
// that logs.
void Start(Level level);

void Log(Level level, Event event, std::initializer_list<Field> fields);

// The line that Log writes, without its end: `{"time":"...","level":"info",
// "event":"ready",...}`. `unix_ms`: milliseconds since 1970 UTC.
std::string ToJson(int64_t unix_ms, Level level, Event event,
                   std::initializer_list<Field> fields);

// `bytes` as the inside of a JSON string. What is not UTF-8 becomes U+FFFD; at
// most 1,024 bytes are taken.
std::string JsonEscape(absl::string_view bytes);

}  // namespace levee::observe

#endif  // LEVEE_SERVER_OBSERVE_LOG_H_
