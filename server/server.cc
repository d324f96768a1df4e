#include "server/server.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/heads.h"
#include "server/observe/log.h"
#include "server/rpc/parts.h"
#include "server/rpc/rule_sets.h"
#include "server/rules/rule_set.h"
#include "server/sequencer/retention.h"
#include "server/state/timestamp.h"
#include "server/text/facts.h"

namespace levee {
namespace {

using observe::Event;
using observe::Field;
using observe::Level;

// A failed commit is seen by health checks within this time.
constexpr int64_t kWatchCommitsMs = 250;
constexpr int64_t kWallClockCheckMs = 60'000;
// Texts are kept for days: by the hour is exact enough.
constexpr int64_t kCutTextsMs = 3'600'000;
// Entries folded at a time: other tasks wait meanwhile. By the minute, so that
// 1,600 events a second can be forgotten as fast as they come.
constexpr int64_t kRetireJournalMs = 60'000;
constexpr uint64_t kRetireEntriesMax = 100'000;

absl::StatusOr<std::string> ReadRules(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(rules::kTextBytesMax + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad() || (in.fail() && !in.eof())) {
    return absl::FailedPreconditionError(
        absl::StrCat("initial_rules: ", file, " cannot be read"));
  }
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > rules::kTextBytesMax) {
    return absl::FailedPreconditionError(
        absl::StrCat("initial_rules: ", file, " has more than ",
                     rules::kTextBytesMax, " bytes"));
  }
  return text;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Options options) {
  std::unique_ptr<Server> server(new Server(std::move(options)));
  const auto begin = std::chrono::steady_clock::now();
  observe::Log(
      Level::kInfo, Event::kStarting,
      {Field::Version(kVersion), Field::Path(server->options_.data_dir),
       Field::Listen(server->options_.listen)});
  if (absl::Status status = server->StartParts(); !status.ok()) {
    observe::Log(Level::kError, Event::kStartRefused,
                 {Field::Reason(status.message())});
    return status;
  }
  const auto took = std::chrono::steady_clock::now() - begin;
  observe::Log(Level::kInfo, Event::kReady,
               {Field::Port(server->port()),
                Field::Sequence(server->store_->head().last_sequence),
                Field::DurationMs(
                    std::chrono::duration_cast<std::chrono::milliseconds>(took)
                        .count())});
  return server;
}

Server::~Server() { Stop(); }

absl::Status Server::StartParts() {
  absl::Status status = OpenStore();
  if (!status.ok()) return status;
  // That of an earlier run: nobody may take it for this one's. The store is
  // ours by now, so it is not that of a server still running.
  if (!options_.port_file.empty()) std::remove(options_.port_file.c_str());
  status = CompareHeads();
  if (status.ok()) status = StartSequencer();
  if (status.ok()) status = ApplyInitialRules();
  if (status.ok()) {
    status = AppendHead(*store_, options_.heads_file, sequencer_->NowMs());
  }
  if (status.ok()) status = Listen();
  if (!status.ok()) return status;
  StartMaintenance();
  return WritePortFile();
}

absl::Status Server::OpenStore() {
  std::error_code error;
  if (std::filesystem::create_directories(options_.data_dir, error)) {
    // Customers' names and texts lie in it.
    std::filesystem::permissions(options_.data_dir,
                                 std::filesystem::perms::owner_all, error);
  }
  if (error) {
    return absl::UnavailableError(absl::StrCat(
        "data_dir: cannot make ", options_.data_dir, ": ", error.message()));
  }
  storage::RocksOptions options;
  options.dir = options_.data_dir;
  options.sync = options_.sync;
  options.retain_text_ms = options_.retain_text_ms;
  absl::StatusOr<std::unique_ptr<storage::RocksStore>> store =
      storage::RocksStore::Open(options);
  if (!store.ok()) return store.status();
  store_ = *std::move(store);
  return absl::OkStatus();
}

absl::Status Server::CompareHeads() const {
  absl::Status status = CheckHeads(*store_, options_.heads_file);
  if (!absl::IsDataLoss(status) || options_.sync) return status;
  // Without sync a machine that fails may lose what was signed already: that
  // was agreed to.
  observe::Log(Level::kWarn, Event::kJournalBehindHead,
               {Field::Reason(status.message())});
  return absl::OkStatus();
}

absl::Status Server::StartSequencer() {
  // Reads the models now, and not while the first caller waits.
  text::Examine(levee::v1::TicketEvent());
  for (const levee::v1::Token& token : options_.tokens) {
    if (std::find(tenants_.begin(), tenants_.end(), token.tenant()) ==
        tenants_.end()) {
      tenants_.push_back(token.tenant());
    }
  }
  sequencer::Options options;
  options.tenants = tenants_;
  options.queue_events_max = options_.queue_events_max;
  options.cache_entities_max = options_.cache_entities_max;
  // As many subjects have names as have entities, and agents and imports too.
  options.cache_names_max = options_.cache_entities_max * 2;
  options.keep_text = options_.retain_text_ms > 0;
  absl::StatusOr<std::unique_ptr<sequencer::Sequencer>> sequencer =
      sequencer::Sequencer::Start(store_.get(), std::move(options));
  if (!sequencer.ok()) return sequencer.status();
  sequencer_ = *std::move(sequencer);
  reader_.emplace(store_.get(), sequencer_.get());
  started_at_ms_ = sequencer_->NowMs();
  return absl::OkStatus();
}

absl::Status Server::ApplyInitialRules() {
  if (options_.initial_rules.empty()) return absl::OkStatus();
  for (const std::string& name : tenants_) {
    const sequencer::Tenant& tenant = *sequencer_->FindTenant(name);
    if (sequencer_->RulesOf(tenant) != nullptr) continue;
    absl::StatusOr<std::string> text = ReadRules(options_.initial_rules);
    if (!text.ok()) return text.status();
    absl::Status status = rpc::ApplyRuleSet(sequencer_.get(), tenant, name,
                                            {.text = *std::move(text),
                                             .author = "leveed",
                                             .comment = "initial_rules",
                                             .expected_revision = 0,
                                             .rolled_back_to = 0})
                              .status();
    if (!status.ok()) {
      return absl::Status(
          status.code(), absl::StrCat("initial_rules: ", options_.initial_rules,
                                      ":", status.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status Server::Listen() {
  tokens_.emplace(options_.tokens, [this](const std::string& name) {
    return sequencer_->FindTenant(name);
  });
  workers_.emplace(kWorkers, kWorkersWaitingMax);
  rpc::ListenerOptions options;
  options.address = options_.listen;
  options.message_bytes_max = kReadBytesMax;
  options.calls_max = kCallsMax;
  options.memory_bytes_max = kRpcMemoryBytesMax;
  rpc::Parts parts;
  parts.tokens = &*tokens_;
  parts.sequencer = sequencer_.get();
  parts.reader = &*reader_;
  parts.workers = &*workers_;
  parts.latency = &latency_;
  parts.describe = [this](levee::v1::StatusResponse* response) {
    Describe(response);
  };
  absl::StatusOr<std::unique_ptr<rpc::Listener>> listener =
      rpc::Listener::Start(options, parts);
  if (!listener.ok()) return listener.status();
  listener_ = *std::move(listener);
  return absl::OkStatus();
}

void Server::StartMaintenance() {
  maintenance_.emplace(std::vector<PeriodicTask>{
      {kWatchCommitsMs, [this] { return WatchCommits(); }},
      {kWallClockCheckMs,
       WallClockCheck([this] { return sequencer_->WallAheadMs(); })},
      {options_.heads_interval_ms,
       [this] {
         return AppendHead(*store_, options_.heads_file, sequencer_->NowMs());
       }},
      {kCutTextsMs,
       [this] {
         return store_->CutTexts(sequencer_->NowMs() - options_.retain_text_ms);
       }},
      {kRetireJournalMs, [this] { return RetireJournal(); }},
  });
}

absl::Status Server::RetireJournal() {
  if (options_.retain_journal_ms == 0) return absl::OkStatus();
  const uint64_t first = store_->first_sequence();
  absl::Status status = sequencer::RetireJournal(
      *store_, store_.get(), sequencer_->NowMs() - options_.retain_journal_ms,
      kRetireEntriesMax);
  if (store_->first_sequence() != first) {
    observe::Log(Level::kInfo, Event::kJournalCut,
                 {Field::Sequence(store_->first_sequence())});
  }
  return status;
}

absl::Status Server::WritePortFile() const {
  if (options_.port_file.empty()) return absl::OkStatus();
  // Whoever waits for the file sees it whole.
  const std::string draft = options_.port_file + ".new";
  std::ofstream out(draft);
  out << port() << "\n";
  out.close();
  if (out.fail() ||
      std::rename(draft.c_str(), options_.port_file.c_str()) != 0) {
    return absl::UnavailableError(
        absl::StrCat("port_file: cannot write ", options_.port_file));
  }
  return absl::OkStatus();
}

void Server::Describe(levee::v1::StatusResponse* response) const {
  response->set_version(kVersion);
  state::SetTime(started_at_ms_, response->mutable_started_at());
  const storage::Head head = store_->head();
  response->set_last_sequence(head.last_sequence);
  response->set_head_hash(std::string(head.hash.begin(), head.hash.end()));
  response->set_first_sequence(store_->first_sequence());
  response->set_replay_from(store_->replay_from());
  response->set_disk_bytes(store_->disk_bytes());
}

absl::Status Server::WatchCommits() {
  const absl::Status writable = sequencer_->writable();
  if (writable.ok() || commit_failed_) return absl::OkStatus();
  commit_failed_ = true;
  listener_->SetServing(false);
  observe::Log(Level::kError, Event::kCommitFailed,
               {Field::Sequence(store_->head().last_sequence),
                Field::Reason(writable.message())});
  return absl::OkStatus();
}

void Server::Stop() {
  if (sequencer_ == nullptr) return;
  const bool was_ready = maintenance_.has_value();
  if (was_ready) observe::Log(Level::kInfo, Event::kStopping, {});
  if (listener_ != nullptr) listener_->Stop(kDrainMs);
  if (workers_) workers_->Stop();
  sequencer_->Stop();
  if (was_ready) {
    maintenance_->Stop();
    absl::Status signed_head =
        AppendHead(*store_, options_.heads_file, sequencer_->NowMs());
    if (!signed_head.ok()) {
      observe::Log(Level::kError, Event::kHeadFailed,
                   {Field::Reason(signed_head.message())});
    }
  }
  maintenance_.reset();
  listener_.reset();
  workers_.reset();
  tokens_.reset();
  reader_.reset();
  sequencer_.reset();
  store_.reset();
  if (was_ready) observe::Log(Level::kInfo, Event::kStopped, {});
}

}  // namespace levee
