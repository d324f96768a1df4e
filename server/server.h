// The server: its parts, built bottom-up and stopped top-down.
#ifndef LEVEE_SERVER_SERVER_H_
#define LEVEE_SERVER_SERVER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "levee/v1/admin_service.pb.h"
#include "server/maintenance.h"
#include "server/observe/latency.h"
#include "server/options.h"
#include "server/rpc/auth.h"
#include "server/rpc/listener.h"
#include "server/rpc/workers.h"
#include "server/sequencer/reader.h"
#include "server/sequencer/sequencer.h"
#include "storage/rocks_store.h"

namespace levee {

// Threads: started and stopped by one.
class Server {
 public:
  // Opens the store, replays what it must, applies initial rules, listens and
  // writes the port file: calls are taken when this returns. Any error is one
  // sentence that says what to do; nothing is left running.
  static absl::StatusOr<std::unique_ptr<Server>> Start(Options options);

  // Stops.
  ~Server();

  // The port that was taken.
  int port() const { return listener_->port(); }

  // Takes no more calls, finishes those under way (at most kDrainMs), signs
  // the journal's end and closes the store.
  void Stop();

 private:
  explicit Server(Options options) : options_(std::move(options)) {}

  absl::Status StartParts();
  absl::Status OpenStore();
  absl::Status CompareHeads() const;
  absl::Status StartSequencer();
  absl::Status ApplyInitialRules();
  absl::Status Listen();
  void StartMaintenance();
  absl::Status WritePortFile() const;
  void Describe(levee::v1::StatusResponse* response) const;
  // Tasks of the maintenance thread.
  absl::Status WatchCommits();
  absl::Status RetireJournal();

  const Options options_;
  int64_t started_at_ms_ = 0;
  // Names, without repetition.
  std::vector<std::string> tenants_;
  // The failed commit was reported. Owned by the maintenance thread.
  bool commit_failed_ = false;

  // Each needs those above it.
  std::unique_ptr<storage::RocksStore> store_;
  std::unique_ptr<sequencer::Sequencer> sequencer_;
  std::optional<sequencer::Reader> reader_;
  std::optional<rpc::Tokens> tokens_;
  observe::Latency latency_;
  std::optional<rpc::Workers> workers_;
  std::unique_ptr<rpc::Listener> listener_;
  std::optional<Maintenance> maintenance_;
};

}  // namespace levee

#endif  // LEVEE_SERVER_SERVER_H_
