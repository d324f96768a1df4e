// What travels through the queue to the sequencer, and back.
//
// Answers come back through the completion that travels with the job. A
// completion runs exactly once, on a thread of the sequencer's, after the
// commit of all that was decided before it; it must not block.
#ifndef LEVEE_SERVER_SEQUENCER_JOB_H_
#define LEVEE_SERVER_SEQUENCER_JOB_H_

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "levee/storage/v1/entry.pb.h"
#include "levee/storage/v1/name.pb.h"
#include "levee/v1/decision.pb.h"
#include "levee/v1/event.pb.h"
#include "levee/v1/rule.pb.h"
#include "server/rules/decide.h"
#include "server/state/entity.h"
#include "server/text/fingerprint.h"
#include "storage/journal.h"

namespace levee::sequencer {

class Directory;

// A tenant of this server; made by Sequencer::Start, lives as long as it.
struct Tenant;

// What becomes of an event.
enum class Purpose {
  // Decide and record.
  kSubmit,
  // Decide as kSubmit would now and record nothing.
  kPreview,
  // Decide and record as a part of a history import.
  kImport,
};

// One event, on its way and back.
struct Item {
  // Validated; owned by the caller until the group's completion ran.
  const levee::v1::TicketEvent* event = nullptr;
  // Where the answer goes; owned like `event`.
  levee::v1::Decision* decision = nullptr;
  // Not OK before: the item is passed over (it was refused at the door). Not
  // OK after: no decision. ALREADY_EXISTS: the id was used for other content;
  // FAILED_PRECONDITION: regards_event_id names no event of the customer's;
  // UNAVAILABLE: no writes are taken; ABORTED: the import goes on elsewhere.
  absl::Status status;
  // After a preview: Levee had seen this customer before.
  bool customer_known = false;

  // Set by Prepare.
  storage::Id128 id_hash = {};
  storage::Id128 content_hash = {};
  rules::CanonicalSource source;
  bool has_text = false;
  storage::v1::TextFacts text;
  text::Fingerprint print;
  std::shared_ptr<const rules::RuleSet> rules;
  rules::Observed observed;
};

// Events of one group, at most: so much does a batch grow beyond its measure.
inline constexpr int kGroupEventsMax = 256;

// Events that are answered together, decided in order.
struct EventGroup {
  const Tenant* tenant = nullptr;
  Purpose purpose = Purpose::kSubmit;
  std::vector<Item> items;
  // For kImport: its id, and how many of its events come before these.
  std::string import_id;
  uint64_t import_position = 0;
  absl::AnyInvocable<void(std::unique_ptr<EventGroup>)> done;
};

// A rule set to put in force.
struct RuleSetAct {
  const Tenant* tenant = nullptr;
  // Compiled from `text` with the revision it is to have: one more than the
  // one in force, else ABORTED.
  std::shared_ptr<const rules::RuleSet> rules;
  std::string text;
  std::string author;
  std::string comment;
  uint64_t rolled_back_to = 0;
  // The rules were compiled to be in shadow, whatever the text says.
  bool shadow = false;
  absl::AnyInvocable<void(absl::StatusOr<levee::v1::RuleSetRevision>)> done;
};

// What an operator or the helpdesk does beside events and rule sets.
struct Act {
  const Tenant* tenant = nullptr;
  // What is done, with its author, as far as the caller knows it: handles,
  // customers and what the act is checked against are filled in.
  // REQUIRES: sizes and enums were validated.
  storage::v1::ActEntry entry;
  // Whom it is about, by the helpdesk's own id in canonical form; empty: it
  // names nobody. Known from then on.
  storage::v1::NameKind about = storage::v1::NAME_KIND_UNSPECIFIED;
  std::string id;
  // For a grant.
  std::string reference;
  std::string reason;
  // Told the sequence of its entry. NOT_FOUND, FAILED_PRECONDITION: there is
  // no such thing, or it is over; INVALID_ARGUMENT: a time that has passed.
  absl::AnyInvocable<void(absl::StatusOr<uint64_t>)> done;
};

// A look at one entity as it is after all that was decided so far.
struct Look {
  state::EntityKey key;
  // Runs on the sequencer's thread and copies what it wants. Null: no such
  // entity.
  absl::AnyInvocable<absl::Status(const state::Entity*)> look;
  // Told what `look` returned, or why the entity could not be read or what it
  // showed was not committed.
  absl::AnyInvocable<void(absl::Status)> done;

  // Set by the sequencer.
  absl::Status seen;
};

// A look at what can be listed, after all that was decided so far.
struct Survey {
  // Runs on the sequencer's thread and copies what it wants.
  absl::AnyInvocable<void(const Directory& directory, int64_t now_ms)> look;
  // Told whether what `look` saw was committed.
  absl::AnyInvocable<void(absl::Status)> done;
};

using Job = std::variant<std::unique_ptr<EventGroup>,
                         std::unique_ptr<RuleSetAct>, std::unique_ptr<Act>,
                         std::unique_ptr<Look>, std::unique_ptr<Survey>>;

}  // namespace levee::sequencer

#endif  // LEVEE_SERVER_SEQUENCER_JOB_H_
