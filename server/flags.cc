// leveed's command line. A flag has the name of the configuration's field and
// overrides it.
#include <functional>
#include <sstream>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "server/options.h"

namespace levee {
namespace {

constexpr char kFooter[] = R"(Examples:
  leveed --config /etc/levee/leveed.conf
  leveed --config leveed.conf --listen 127.0.0.1:0 --port_file port
  leveed --config leveed.conf --check

The configuration is a levee.v1.Configuration in protobuf text format, such as
  data_dir: "/var/lib/levee/store"
  tokens { name: "helpdesk" tenant: "main" role: ROLE_HELPDESK sha256: "..." }
`levee token new` makes a token and prints its SHA-256.

Stops on SIGTERM and SIGINT. Exit codes: 0 stopped or checked; 1 the
configuration or the store does not allow a start; 2 wrong command line.)";

// The flags as they were given.
class Flags {
 public:
  Flags();

  CLI::App& app() { return app_; }
  bool check() const { return check_; }
  const std::string& config() const { return config_; }

  // Writes what was given over the configuration.
  void Override(Configuration* configuration) const;

 private:
  using Proto = levee::v1::Configuration;

  template <typename T>
  void Add(const std::string& field, T* value, void (Proto::*set)(T),
           const std::string& help);
  void Add(const std::string& field, std::string* value,
           std::function<void(Proto*, const std::string&)> set,
           const std::string& help);

  CLI::App app_{"leveed: keeps a flood of bad work orders off a support desk"};
  std::string config_;
  bool check_ = false;
  std::string listen_, data_dir_, port_file_, retain_text_, retain_journal_,
      heads_file_, heads_interval_, log_level_, initial_rules_;
  bool insecure_listen_ = false;
  bool sync_ = true;
  int32_t queue_events_max_ = 0;
  int64_t cache_entities_max_ = 0;

  struct Flag {
    std::string field;
    CLI::Option* option;
    std::function<void(Proto*)> set;
  };
  std::vector<Flag> flags_;
};

template <typename T>
void Flags::Add(const std::string& field, T* value, void (Proto::*set)(T),
                const std::string& help) {
  CLI::Option* option = nullptr;
  if constexpr (std::is_same_v<T, bool>) {
    option = app_.add_flag("--" + field, *value, help);
  } else {
    option = app_.add_option("--" + field, *value, help);
  }
  flags_.push_back(
      {field, option, [value, set](Proto* proto) { (proto->*set)(*value); }});
}

void Flags::Add(const std::string& field, std::string* value,
                std::function<void(Proto*, const std::string&)> set,
                const std::string& help) {
  flags_.push_back(
      {field, app_.add_option("--" + field, *value, help),
       [value, set = std::move(set)](Proto* proto) { set(proto, *value); }});
}

Flags::Flags() {
  app_.set_version_flag("--version", absl::StrCat("leveed ", kVersion));
  app_.footer(kFooter);
  app_.add_option("--config", config_,
                  "Configuration file, in protobuf text format");
  app_.add_flag("--check", check_,
                "Only check configuration and flags, then exit");
  const auto text = [](auto set) {
    return
        [set](Proto* proto, const std::string& value) { (proto->*set)(value); };
  };
  using SetText = void (Proto::*)(const std::string&);
  Add("listen", &listen_, text(static_cast<SetText>(&Proto::set_listen)),
      "Where to listen, host:port; port 0 takes a free one [127.0.0.1:7171]");
  Add("insecure_listen", &insecure_listen_, &Proto::set_insecure_listen,
      "Listen on other than loopback although nothing is encrypted");
  Add("data_dir", &data_dir_, text(static_cast<SetText>(&Proto::set_data_dir)),
      "Where the store lies; made if absent");
  Add("port_file", &port_file_,
      text(static_cast<SetText>(&Proto::set_port_file)),
      "Where to write the port, once the server is ready");
  Add("sync", &sync_, &Proto::set_sync,
      "Wait for the disk before answering [true]; --sync=false loses what was "
      "acknowledged last when the machine fails");
  Add("queue_events_max", &queue_events_max_, &Proto::set_queue_events_max,
      "Events waiting to be decided, at most; 64 to 1048576 [16384]");
  Add("cache_entities_max", &cache_entities_max_,
      &Proto::set_cache_entities_max,
      "Customers, tickets and sources in memory, at most; 1024 to 100000000 "
      "[200000]");
  Add("retain_text", &retain_text_,
      text(static_cast<SetText>(&Proto::set_retain_text)),
      "How long texts are kept; 0s never stores them [90d]");
  Add("retain_journal", &retain_journal_,
      text(static_cast<SetText>(&Proto::set_retain_journal)),
      "How long journal entries are kept, 32d or more; 0s: for ever [400d]");
  Add("heads_file", &heads_file_,
      text(static_cast<SetText>(&Proto::set_heads_file)),
      "Where signed heads are appended [heads.jsonl beside data_dir]");
  Add("heads_interval", &heads_interval_,
      text(static_cast<SetText>(&Proto::set_heads_interval)),
      "How often, 1s to 24h [1h]");
  Add("log_level", &log_level_,
      text(static_cast<SetText>(&Proto::set_log_level)),
      "debug, info, warn or error [info]");
  Add("initial_rules", &initial_rules_,
      text(static_cast<SetText>(&Proto::set_initial_rules)),
      "A rule set to apply for a tenant that has none yet");
}

void Flags::Override(Configuration* configuration) const {
  for (const Flag& flag : flags_) {
    if (flag.option->count() == 0) continue;
    flag.set(configuration->mutable_proto());
    configuration->ByFlag(flag.field);
  }
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(int argc,
                                             const char* const* argv) {
  Flags flags;
  CommandLine line;
  // CLI11 speaks through exceptions: they end here.
  try {
    flags.app().parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    if (flags.app().exit(error, out, err) != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(error.what(), "; see leveed --help"));
    }
    line.act = CommandLine::Act::kPrint;
    line.text = out.str();
    return line;
  }
  Configuration configuration;
  if (!flags.config().empty()) {
    absl::StatusOr<Configuration> read = Configuration::Read(flags.config());
    if (!read.ok()) return read.status();
    configuration = *std::move(read);
  }
  flags.Override(&configuration);
  absl::StatusOr<Options> options = ToOptions(configuration);
  if (!options.ok()) return options.status();
  line.options = *std::move(options);
  if (flags.check()) line.act = CommandLine::Act::kCheck;
  return line;
}

}  // namespace levee
