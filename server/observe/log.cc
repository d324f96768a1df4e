#include "server/observe/log.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace levee::observe {
namespace {

// A line stays readable, and a long reason cannot fill the disk.
constexpr size_t kFieldBytesMax = 1024;

std::string Text(absl::string_view key, absl::string_view value) {
  return absl::StrCat("\"", key, "\":\"", JsonEscape(value), "\"");
}

template <typename N>
std::string Number(absl::string_view key, N value) {
  return absl::StrCat("\"", key, "\":", value);
}

std::string Hex(absl::string_view key, absl::string_view bytes) {
  return Text(key, absl::BytesToHexString(bytes));
}

absl::string_view Name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "error";
}

absl::string_view Name(Event event) {
  switch (event) {
    case Event::kStarting:
      return "starting";
    case Event::kReady:
      return "ready";
    case Event::kStopping:
      return "stopping";
    case Event::kStopped:
      return "stopped";
    case Event::kStartRefused:
      return "start_refused";
    case Event::kCommitFailed:
      return "commit_failed";
    case Event::kRuleSetApplied:
      return "rule_set_applied";
    case Event::kHeadSigned:
      return "head_signed";
    case Event::kHeadFailed:
      return "head_failed";
    case Event::kJournalBehindHead:
      return "journal_behind_head";
    case Event::kWallClockAway:
      return "wall_clock_away";
    case Event::kJournalCut:
      return "journal_cut";
    case Event::kMaintenanceFailed:
      return "maintenance_failed";
  }
  return "unknown";
}

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      break;
  }
  return spdlog::level::err;
}

// Null: Start was not called, and nothing is logged.
std::shared_ptr<spdlog::logger>& Logger() {
  static auto* logger = new std::shared_ptr<spdlog::logger>;
  return *logger;
}

// Length of the well-formed UTF-8 sequence that `bytes` begins with; 0: none.
size_t SequenceLength(absl::string_view bytes) {
  const auto at = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  const uint8_t lead = at(0);
  size_t length = 0;
  uint8_t low = 0x80;
  uint8_t high = 0xBF;
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  }
  if (length == 0 || bytes.size() < length) return 0;
  if (at(1) < low || at(1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

Field Field::Version(absl::string_view v) { return Field(Text("version", v)); }
Field Field::Listen(absl::string_view v) { return Field(Text("listen", v)); }
Field Field::Port(int v) { return Field(Number("port", v)); }
Field Field::Tenant(absl::string_view v) { return Field(Text("tenant", v)); }
Field Field::Token(absl::string_view v) { return Field(Text("token", v)); }
Field Field::RuleSet(absl::string_view v) { return Field(Text("rule_set", v)); }
Field Field::Revision(uint64_t v) { return Field(Number("revision", v)); }
Field Field::Sequence(uint64_t v) { return Field(Number("sequence", v)); }
Field Field::Hash(absl::string_view v) { return Field(Hex("hash", v)); }
Field Field::Signature(absl::string_view v) {
  return Field(Hex("signature", v));
}
Field Field::DurationMs(int64_t v) { return Field(Number("duration_ms", v)); }
Field Field::AheadMs(int64_t v) { return Field(Number("ahead_ms", v)); }
Field Field::Path(absl::string_view v) { return Field(Text("path", v)); }
Field Field::Reason(absl::string_view v) { return Field(Text("reason", v)); }

std::string JsonEscape(absl::string_view bytes) {
  bytes = bytes.substr(0, kFieldBytesMax);
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const size_t length = SequenceLength(bytes);
    const char c = bytes[0];
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<uint8_t>(c) < 0x20 || c == 0x7F) {
      absl::StrAppendFormat(&out, "\\u%04x", c);
    } else {
      absl::StrAppend(&out, bytes.substr(0, length));
    }
    bytes.remove_prefix(std::max<size_t>(1, length));
  }
  return out;
}

std::string ToJson(int64_t unix_ms, Level level, Event event,
                   std::initializer_list<Field> fields) {
  std::string line = absl::StrCat(
      "{\"time\":\"",
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixMillis(unix_ms),
                       absl::UTCTimeZone()),
      "\",\"level\":\"", Name(level), "\",\"event\":\"", Name(event), "\"");
  for (const Field& field : fields) absl::StrAppend(&line, ",", field.json());
  line += '}';
  return line;
}

void Start(Level level) {
  auto logger = std::make_shared<spdlog::logger>(
      "levee", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%v");
  logger->set_level(ToSpdlog(level));
  logger->flush_on(spdlog::level::debug);
  Logger() = std::move(logger);
}

void Log(Level level, Event event, std::initializer_list<Field> fields) {
  spdlog::logger* logger = Logger().get();
  if (logger == nullptr || !logger->should_log(ToSpdlog(level))) return;
  const int64_t now_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(
          std::chrono::system_clock::now().time_since_epoch())
          .count();
  logger->log(ToSpdlog(level), "{}", ToJson(now_ms, level, event, fields));
}

}  // namespace levee::observe
