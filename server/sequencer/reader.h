// Reads decisions back from the journal, with names and texts.
#ifndef LEVEE_SERVER_SEQUENCER_READER_H_
#define LEVEE_SERVER_SEQUENCER_READER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "google/protobuf/repeated_field.h"
#include "levee/storage/v1/entry.pb.h"
#include "levee/storage/v1/state.pb.h"
#include "levee/v1/customer_service.pb.h"
#include "levee/v1/decision_service.pb.h"
#include "levee/v1/restriction.pb.h"
#include "levee/v1/review_service.pb.h"
#include "server/sequencer/job.h"
#include "server/sequencer/sequencer.h"
#include "storage/shard.h"

namespace levee::sequencer {

// Entries that one ListDecisions looks at, at most: some 100 ms.
inline constexpr int kListEntriesMax = 50'000;

// Threads: any; every call may block on the disk. Errors: NOT_FOUND as the
// services say; INVALID_ARGUMENT names a bad page token; those of the store.
// Some of the journal's entries that resolved reviews.
struct Resolutions {
  std::vector<uint64_t> sequences;
  // What was looked at ends before it.
  uint64_t next = 0;
  // There was no more.
  bool at_end = true;
};

class Reader {
 public:
  // Both must outlive the reader.
  Reader(const storage::Shard* shard, const Sequencer* sequencer);

  absl::StatusOr<levee::v1::DecisionRecord> Get(
      const Tenant& tenant, const levee::v1::GetDecisionRequest& request) const;

  // REQUIRES: the request was validated (sizes, enums).
  absl::StatusOr<levee::v1::ListDecisionsResponse> List(
      const Tenant& tenant,
      const levee::v1::ListDecisionsRequest& request) const;

  // A page of the customer's timeline and the token of the next.
  // NOT_FOUND: never seen.
  absl::Status Timeline(const Tenant& tenant,
                        const levee::v1::GetCustomerRequest& request,
                        levee::v1::GetCustomerResponse* response) const;

  // What was done by an act, in words, with its author and reason.
  // REQUIRES: the entry is an act.
  absl::StatusOr<levee::v1::ActRecord> TellAct(const storage::v1::Entry& entry,
                                               uint64_t sequence) const;

  // Restrictions and reviews with their names and reasons, by id.
  absl::Status Tell(
      const Tenant& tenant,
      absl::Span<const std::pair<uint64_t, storage::v1::RestrictionRecord>>
          records,
      google::protobuf::RepeatedPtrField<levee::v1::Restriction>* to) const;
  absl::Status Tell(
      const Tenant& tenant,
      absl::Span<const std::pair<uint64_t, storage::v1::ReviewRecord>> records,
      google::protobuf::RepeatedPtrField<levee::v1::Review>* to) const;

  // The entries from `from` on that resolved reviews. Looks at kListEntriesMax
  // entries.
  absl::StatusOr<Resolutions> FindResolved(const Tenant& tenant,
                                           uint64_t from) const;
  // The review that an entry resolved. NOT_FOUND: it resolved none.
  absl::StatusOr<uint64_t> ReviewOf(const Tenant& tenant,
                                    uint64_t sequence) const;

  // The handle of a subject; NOT_FOUND: Levee has never seen it.
  absl::StatusOr<storage::v1::SubjectRef> FindSubject(
      const Tenant& tenant, const levee::v1::RestrictionSubject& subject) const;

  // The key of the customer's entity. NOT_FOUND: never seen.
  absl::StatusOr<state::EntityKey> CustomerKey(const Tenant& tenant,
                                               std::string_view id) const;

  // Where the import stands: the key of its entity; NOT_FOUND: not begun.
  absl::StatusOr<state::EntityKey> ImportKey(const Tenant& tenant,
                                             std::string_view id) const;

  // The key of the list of a tenant's rule sets, or of one revision's text.
  static state::EntityKey RuleSetKey(const Tenant& tenant, uint64_t revision);

 private:
  const storage::Shard* const shard_;
  const Sequencer* const sequencer_;
};

}  // namespace levee::sequencer

#endif  // LEVEE_SERVER_SEQUENCER_READER_H_
