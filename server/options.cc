#include "server/options.h"

#include <arpa/inet.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/rules/duration.h"

namespace levee {
namespace {

// Splits "host:port"; an IPv6 host stands in brackets. False: not so shaped.
bool SplitAddress(absl::string_view address, std::string* host, int* port) {
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return false;
  absl::string_view name = address.substr(0, colon);
  if (name.front() == '[' && name.back() == ']') {
    name = name.substr(1, name.size() - 2);
  } else if (name.find(':') != absl::string_view::npos) {
    return false;
  }
  *host = std::string(name);
  return !host->empty() && absl::SimpleAtoi(address.substr(colon + 1), port) &&
         *port >= 0 && *port <= 65'535;
}

bool IsName(const std::string& name) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) ||
                  c == '-' || c == '_';
         });
}

bool IsSha256(const std::string& hex) {
  return hex.size() == 64 && std::all_of(hex.begin(), hex.end(), [](char c) {
           return absl::ascii_isxdigit(c);
         });
}

// Turns a configuration into options, a few fields at a time.
class Checker {
 public:
  explicit Checker(const Configuration& configuration)
      : configuration_(configuration), proto_(configuration.proto()) {}

  absl::StatusOr<Options> Run() {
    absl::Status status = Listen();
    if (status.ok()) status = Files();
    if (status.ok()) status = Tokens();
    if (status.ok()) status = Sizes();
    if (status.ok()) status = Durations();
    if (status.ok()) status = LogLevel();
    if (!status.ok()) return status;
    return std::move(options_);
  }

 private:
  absl::Status Wrong(const std::string& field, absl::string_view what) const {
    return configuration_.Wrong(field, what);
  }

  absl::Status Listen();
  absl::Status Files();
  absl::Status Tokens();
  absl::Status OneToken(int place, std::set<std::string>* names,
                        std::set<std::string>* hashes) const;
  absl::Status Sizes();
  absl::Status Durations();
  absl::Status Duration(const std::string& field, const std::string& text,
                        int64_t min_ms, int64_t max_ms, bool zero,
                        int64_t* ms) const;
  absl::Status LogLevel();

  const Configuration& configuration_;
  const levee::v1::Configuration& proto_;
  Options options_;
};

absl::Status Checker::Listen() {
  if (!proto_.listen().empty()) options_.listen = proto_.listen();
  std::string host;
  int port = 0;
  if (!SplitAddress(options_.listen, &host, &port)) {
    return Wrong("listen",
                 absl::StrCat("\"", options_.listen,
                              "\", but host:port, such as \"127.0.0.1:7171\" "
                              "or \"[::1]:0\""));
  }
  if (!proto_.insecure_listen() && !IsLoopback(options_.listen)) {
    return Wrong("listen",
                 absl::StrCat("\"", options_.listen,
                              "\" is not loopback, and nothing is encrypted: "
                              "listen on 127.0.0.1 or set insecure_listen"));
  }
  return absl::OkStatus();
}

absl::Status Checker::Files() {
  if (proto_.data_dir().empty()) {
    return Wrong("data_dir",
                 "missing: say where the store lies, in the configuration or "
                 "as --data_dir");
  }
  options_.data_dir = proto_.data_dir();
  options_.port_file = proto_.port_file();
  options_.initial_rules = proto_.initial_rules();
  options_.heads_file = proto_.heads_file();
  if (options_.heads_file.empty()) {
    std::filesystem::path dir =
        std::filesystem::path(options_.data_dir).lexically_normal();
    if (!dir.has_filename()) dir = dir.parent_path();
    options_.heads_file = (dir.parent_path() / "heads.jsonl").string();
  }
  return absl::OkStatus();
}

absl::Status Checker::Tokens() {
  if (proto_.tokens_size() == 0 || proto_.tokens_size() > kTokensMax) {
    return Wrong("tokens",
                 absl::StrCat(proto_.tokens_size(), " tokens, but 1 to ",
                              kTokensMax, ": nobody else may call"));
  }
  std::set<std::string> names;
  std::set<std::string> hashes;
  for (int i = 0; i < proto_.tokens_size(); ++i) {
    if (absl::Status status = OneToken(i, &names, &hashes); !status.ok()) {
      return status;
    }
  }
  options_.tokens.assign(proto_.tokens().begin(), proto_.tokens().end());
  return absl::OkStatus();
}

absl::Status Checker::OneToken(int place, std::set<std::string>* names,
                               std::set<std::string>* hashes) const {
  const levee::v1::Token& token = proto_.tokens(place);
  const auto at = [&](const char* field) {
    return absl::StrCat("tokens[", place, "].", field);
  };
  constexpr char kNameShape[] = "1 to 64 bytes of a-z, 0-9, - and _";
  if (!IsName(token.name())) {
    return Wrong(at("name"), absl::StrCat("must be ", kNameShape));
  }
  if (!names->insert(token.name()).second) {
    return Wrong(at("name"), absl::StrCat("\"", token.name(),
                                          "\" again, but names are unique"));
  }
  if (!IsSha256(token.sha256())) {
    return Wrong(at("sha256"),
                 "must be the SHA-256 of the token, 64 hex digits: `levee "
                 "token new` prints it");
  }
  if (!hashes->insert(absl::AsciiStrToLower(token.sha256())).second) {
    return Wrong(at("sha256"), "that of another token, but each has its own");
  }
  if (!IsName(token.tenant())) {
    return Wrong(at("tenant"), absl::StrCat("must be ", kNameShape));
  }
  if (token.role() == levee::v1::ROLE_UNSPECIFIED ||
      !levee::v1::Role_IsValid(token.role())) {
    return Wrong(at("role"),
                 "must be ROLE_HELPDESK, ROLE_OPERATOR or ROLE_ADMIN");
  }
  return absl::OkStatus();
}

absl::Status Checker::Sizes() {
  if (proto_.has_sync()) options_.sync = proto_.sync();
  const auto bounds = [](int64_t value, int64_t min, int64_t max) {
    return absl::StrCat(value, ", but ", min, " to ", max);
  };
  // 0 and absent are the same to proto3: the default.
  if (const int64_t value = proto_.queue_events_max(); value != 0) {
    if (value < kQueueEventsMin || value > kQueueEventsMax) {
      return Wrong("queue_events_max",
                   bounds(value, kQueueEventsMin, kQueueEventsMax));
    }
    options_.queue_events_max = static_cast<int>(value);
  }
  if (const int64_t value = proto_.cache_entities_max(); value != 0) {
    if (value < kCacheEntitiesMin || value > kCacheEntitiesMax) {
      return Wrong("cache_entities_max",
                   bounds(value, kCacheEntitiesMin, kCacheEntitiesMax));
    }
    options_.cache_entities_max = value;
  }
  return absl::OkStatus();
}

absl::Status Checker::Duration(const std::string& field,
                               const std::string& text, int64_t min_ms,
                               int64_t max_ms, bool zero, int64_t* ms) const {
  if (text.empty()) return absl::OkStatus();
  const std::optional<int64_t> parsed = rules::ParseDuration(text);
  if (!parsed) {
    return Wrong(field, absl::StrCat("\"", text,
                                     "\", but a duration such as \"90s\", "
                                     "\"10m\", \"36h\" or \"7d\""));
  }
  if ((*parsed < min_ms || *parsed > max_ms) && !(zero && *parsed == 0)) {
    return Wrong(field, absl::StrCat("\"", text, "\", but ",
                                     rules::FormatDuration(min_ms), " to ",
                                     rules::FormatDuration(max_ms),
                                     zero ? ", or 0s" : ""));
  }
  *ms = *parsed;
  return absl::OkStatus();
}

absl::Status Checker::Durations() {
  absl::Status status =
      Duration("retain_text", proto_.retain_text(), 0, rules::kDurationMaxMs,
               /*zero=*/true, &options_.retain_text_ms);
  if (status.ok()) {
    status = Duration("retain_journal", proto_.retain_journal(),
                      kRetainJournalMsMin, rules::kDurationMaxMs, /*zero=*/true,
                      &options_.retain_journal_ms);
  }
  if (status.ok()) {
    status = Duration("heads_interval", proto_.heads_interval(),
                      kHeadsIntervalMsMin, kHeadsIntervalMsMax,
                      /*zero=*/false, &options_.heads_interval_ms);
  }
  return status;
}

absl::Status Checker::LogLevel() {
  const std::string& level = proto_.log_level();
  if (level == "debug") {
    options_.log_level = observe::Level::kDebug;
  } else if (level == "info" || level.empty()) {
    options_.log_level = observe::Level::kInfo;
  } else if (level == "warn") {
    options_.log_level = observe::Level::kWarn;
  } else if (level == "error") {
    options_.log_level = observe::Level::kError;
  } else {
    return Wrong("log_level", absl::StrCat("\"", level,
                                           "\", but debug, info, warn or "
                                           "error"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Options> ToOptions(const Configuration& configuration) {
  return Checker(configuration).Run();
}

bool IsLoopback(absl::string_view address) {
  std::string host;
  int port = 0;
  if (!SplitAddress(address, &host, &port)) return false;
  if (host == "localhost") return true;
  in_addr v4 = {};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return ntohl(v4.s_addr) >> 24 == 127;
  }
  in6_addr v6 = {};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 &&
         IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace levee
