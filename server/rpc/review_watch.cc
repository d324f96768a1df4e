// One thing at a time is under way: a worker that reads the next review, or a
// write. Whoever ends it looks what comes next. Nothing is started once the
// call was finished.
#include "server/rpc/review_watch.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/rpc/groups.h"
#include "server/rpc/raw.h"
#include "server/rpc/stream.h"
#include "server/sequencer/feed.h"
#include "storage/mutex.h"

namespace levee::rpc {
namespace {

namespace v1 = levee::v1;
using storage::MutexLock;

class ReviewWatch final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                          public OpenStream,
                          public std::enable_shared_from_this<ReviewWatch> {
 public:
  explicit ReviewWatch(const Parts& parts) : parts_(parts) {}

  void Open(grpc::CallbackServerContext* context,
            const grpc::ByteBuffer& bytes);
  void Close() override {
    End(absl::UnavailableError("the server is stopping"));
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(mutex_);
    busy_ = false;
    if (ok) {
      Advance();
    } else {
      EndLocked(absl::CancelledError("the client is gone"));
    }
  }
  void OnCancel() override { End(absl::CancelledError("the client is gone")); }
  void OnDone() override {
    if (subscription_ != 0)
      parts_.sequencer->feed()->Unsubscribe(subscription_);
    parts_.streams->Remove(this);
    // A worker may still hold it for a moment.
    const std::shared_ptr<ReviewWatch> last = std::move(self_);
  }

 private:
  friend grpc::ServerWriteReactor<grpc::ByteBuffer>*
  levee::rpc::StartReviewWatch(const Parts& parts,
                               grpc::CallbackServerContext* context,
                               const grpc::ByteBuffer& request);

  void Notice(uint64_t sequence);
  void End(const absl::Status& status) {
    MutexLock lock(mutex_);
    EndLocked(status);
  }
  void EndLocked(const absl::Status& status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (std::exchange(finished_, true)) return;
    Finish(ToGrpc(status));
  }
  // Sets a worker on what comes next.
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // On a worker.
  void Work();
  absl::Status ReadPast(uint64_t from);
  absl::Status WriteNext(uint64_t sequence);

  const Parts& parts_;
  const sequencer::Tenant* tenant_ = nullptr;
  uint64_t subscription_ = 0;
  std::shared_ptr<ReviewWatch> self_;
  // Owned by gRPC between StartWrite and OnWriteDone.
  grpc::ByteBuffer write_buffer_;

  storage::Mutex mutex_;
  // Where to look in the journal for what was resolved before; 0: nowhere.
  uint64_t past_from_ ABSL_GUARDED_BY(mutex_) = 0;
  // The latest that the feed has told.
  uint64_t newest_ ABSL_GUARDED_BY(mutex_) = 0;
  // The past has told, or has in `waiting_`, all before this one.
  uint64_t told_to_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<uint64_t> waiting_ ABSL_GUARDED_BY(mutex_);
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

void ReviewWatch::Open(grpc::CallbackServerContext* context,
                       const grpc::ByteBuffer& bytes) {
  const absl::StatusOr<const Caller*> caller =
      Authorize(*context, *parts_.tokens, v1::ROLE_HELPDESK);
  absl::Status status = caller.status();
  v1::WatchReviewsRequest request;
  if (status.ok()) status = Parse(bytes, &request);
  if (status.ok() && !parts_.streams->Add(this)) {
    status = absl::UnavailableError("the server is stopping");
  }
  if (!status.ok()) return End(status);
  tenant_ = (*caller)->tenant;
  {
    MutexLock lock(mutex_);
    // 2^64 - 1 is after all that will ever be.
    if (request.has_after()) past_from_ = request.after() + 1;
  }
  const uint64_t handle = sequencer::Sequencer::HandleOf(*tenant_);
  // First, so that nothing is missed between the past and what comes.
  subscription_ = parts_.sequencer->feed()->Subscribe(
      [this, handle](const sequencer::Resolved& resolved) {
        if (resolved.tenant == handle) Notice(resolved.sequence);
      });
  // Tells the client that it is heard.
  StartSendInitialMetadata();
  MutexLock lock(mutex_);
  Advance();
}

void ReviewWatch::Notice(uint64_t sequence) {
  MutexLock lock(mutex_);
  // The past came to it in the journal already, or will.
  newest_ = std::max(newest_, sequence);
  if (past_from_ != 0 || sequence < told_to_) return;
  if (waiting_.size() >= kWatchWaitingMax) {
    return EndLocked(absl::ResourceExhaustedError(
        absl::StrCat(waiting_.size(),
                     " reviews wait to be read: watch again "
                     "with the last resolved_sequence as "
                     "`after`")));
  }
  waiting_.push_back(sequence);
  Advance();
}

void ReviewWatch::Advance() {
  if (busy_ || finished_ || (past_from_ == 0 && waiting_.empty())) return;
  busy_ = true;
  parts_.workers->Run(
      [self = shared_from_this()](const absl::Status& accepted) {
        // Refused, it runs at once, under the lock of whoever called.
        if (accepted.ok()) self->Work();
        if (!accepted.ok()) self->EndLocked(accepted);
      });
}

void ReviewWatch::Work() {
  uint64_t past_from = 0;
  uint64_t sequence = 0;
  {
    MutexLock lock(mutex_);
    if (waiting_.empty()) {
      past_from = past_from_;
    } else {
      sequence = waiting_.front();
      waiting_.pop_front();
    }
  }
  const absl::Status status =
      past_from != 0 ? ReadPast(past_from) : WriteNext(sequence);
  if (!status.ok()) End(status);
}

absl::Status ReviewWatch::ReadPast(uint64_t from) {
  const absl::StatusOr<sequencer::Resolutions> found =
      parts_.reader->FindResolved(*tenant_, from);
  if (!found.ok()) return found.status();
  MutexLock lock(mutex_);
  // All of them are told before the next are looked for.
  waiting_.assign(found->sequences.begin(), found->sequences.end());
  told_to_ = found->next;
  const bool over =
      found->at_end && found->sequences.empty() && newest_ < found->next;
  past_from_ = over ? 0 : found->next;
  busy_ = false;
  Advance();
  return absl::OkStatus();
}

absl::Status ReviewWatch::WriteNext(uint64_t sequence) {
  const absl::StatusOr<uint64_t> id =
      parts_.reader->ReviewOf(*tenant_, sequence);
  if (!id.ok()) return id.status();
  v1::WatchReviewsResponse response;
  absl::Status status =
      ReadReview(parts_, *tenant_, *id, response.mutable_review());
  if (!status.ok()) return status;
  MutexLock lock(mutex_);
  if (response.review().resolved_sequence() != sequence) {
    // Resolved before: this one withdrew the event once more.
    busy_ = false;
    Advance();
    return absl::OkStatus();
  }
  if (finished_) return absl::OkStatus();
  write_buffer_ = Serialize(response);
  StartWrite(&write_buffer_);
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadReview(const Parts& parts, const sequencer::Tenant& tenant,
                        uint64_t id, v1::Review* review) {
  storage::v1::ReviewRecord record;
  const state::EntityKey key = {storage::v1::ENTITY_KIND_REVIEW,
                                sequencer::Sequencer::HandleOf(tenant), id};
  absl::Status status =
      LookAt(parts.sequencer, key, [&](const state::Entity* entity) {
        if (entity == nullptr) {
          return absl::NotFoundError(
              absl::StrCat("id: there is no review ", id));
        }
        record = *entity->review();
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  google::protobuf::RepeatedPtrField<v1::Review> told;
  status = parts.reader->Tell(tenant, {{id, record}}, &told);
  if (status.ok()) *review = std::move(told[0]);
  return status;
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* StartReviewWatch(
    const Parts& parts, grpc::CallbackServerContext* context,
    const grpc::ByteBuffer& request) {
  auto watch = std::make_shared<ReviewWatch>(parts);
  watch->self_ = watch;
  watch->Open(context, request);
  return watch.get();
}

}  // namespace levee::rpc
