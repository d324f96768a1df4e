// Sends sorted events to HistoryService.Import, and goes on where the server
// or an earlier run left off.
#ifndef LEVEE_CLIENT_CLI_IMPORT_SENDER_H_
#define LEVEE_CLIENT_CLI_IMPORT_SENDER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cli/connection.h"
#include "levee/v1/event.pb.h"
#include "levee/v1/guard_service.pb.h"

namespace levee::cli {

// Told of every event once, in order. An error ends the import.
class ImportListener {
 public:
  virtual ~ImportListener() = default;
  virtual absl::Status Answered(const v1::TicketEvent& event,
                                const v1::SubmitResult& result) = 0;
  // The server has it, though this sender did not send it: an earlier run did.
  virtual absl::Status RecordedBefore(const v1::TicketEvent& event) = 0;
  // It was sent and the server has it, but the connection broke before the
  // answer came.
  virtual absl::Status AnswerLost(const v1::TicketEvent& event) = 0;
  // The connection broke and is tried again after `pause`.
  virtual void Interrupted(const absl::Status& why, absl::Duration pause) = 0;
};

struct ImportOptions {
  std::string import_id;
  // Of one request; the server takes 256.
  int batch_events_max = 256;
  // Of one request, unless a single event is larger.
  size_t batch_bytes_max = 1 << 20;
  // Requests without an answer; a server reads 8 ahead.
  size_t requests_in_flight = 6;
  // Without an answer for so long, the connection counts as broken.
  absl::Duration stall = absl::Seconds(30);
  // Connections in a row that bring nothing forward before it gives up, and
  // the pauses between them.
  int attempts_max = 12;
  absl::Duration pause_min = absl::Milliseconds(200);
  absl::Duration pause_max = absl::Seconds(5);
};

// Threads: one; `interrupted` may be set from any, or by a signal.
class ImportSender {
 public:
  using OpenFn = std::function<std::unique_ptr<ImportCall>()>;
  // The next event, sorted by time; false at the end.
  using NextFn = std::function<absl::StatusOr<bool>(v1::TicketEvent*)>;

  // `listener` and `interrupted` outlive the sender.
  ImportSender(ImportOptions options, OpenFn open, NextFn next,
               ImportListener* listener, const std::atomic<bool>* interrupted);

  // Sends everything. CANCELLED: interrupted. FAILED_PRECONDITION: what the
  // server has of this import does not fit these events. Otherwise the
  // server's error, `next`'s or the listener's.
  absl::Status Run();

  // Events of the import that are recorded or passed over.
  uint64_t position() const { return position_; }

 private:
  class Watchdog;
  // `again`: the connection broke, and trying again may help.
  absl::Status RunOnce(bool* again);
  // `broken`: the call has ended, and Finish tells why.
  absl::Status Start(ImportCall* call, Watchdog* watchdog, bool* broken);
  absl::Status GoOnFrom(uint64_t server_position);
  absl::Status PassOver(uint64_t server_position);
  absl::Status SendAll(ImportCall* call, Watchdog* watchdog, bool* broken);
  absl::StatusOr<bool> FillBatch();
  absl::Status TakeAnswer(const v1::ImportResponse& response);
  static absl::Status Broken(bool* broken);
  bool Pause(absl::Duration pause) const;

  const ImportOptions options_;
  const OpenFn open_;
  const NextFn next_;
  ImportListener* const listener_;
  const std::atomic<bool>* const interrupted_;

  uint64_t position_ = 0;
  // Requests made and not answered, in order, the first at position_.
  std::deque<v1::ImportRequest> unanswered_;
  // An event read that found no room in the last request.
  v1::TicketEvent spare_;
  bool has_spare_ = false;
  bool at_end_ = false;
};

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_IMPORT_SENDER_H_
