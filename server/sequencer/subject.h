// Subjects of restrictions, from the helpdesk's own ids and back.
#ifndef LEVEE_SERVER_SEQUENCER_SUBJECT_H_
#define LEVEE_SERVER_SEQUENCER_SUBJECT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "levee/storage/v1/name.pb.h"
#include "levee/v1/restriction.pb.h"
#include "levee/v1/rule.pb.h"

namespace levee::sequencer {

// A subject by the name it is known under.
struct NamedSubject {
  levee::v1::Subject subject = levee::v1::SUBJECT_UNSPECIFIED;
  storage::v1::NameKind name = storage::v1::NAME_KIND_UNSPECIFIED;
  // In canonical form.
  std::string id;
  // Of what has no name: a campaign, which goes by its handle. Else 0.
  uint64_t handle = 0;
};

// INVALID_ARGUMENT: names the field and what would be right.
absl::StatusOr<NamedSubject> ToNamed(
    const levee::v1::RestrictionSubject& subject);

// The kind of name that subjects of a kind go by; UNSPECIFIED: none.
storage::v1::NameKind NameKindOf(levee::v1::Subject subject);

// Sets the field of the subject's kind to `id`.
void SetId(levee::v1::Subject kind, std::string id,
           levee::v1::RestrictionSubject* subject);

}  // namespace levee::sequencer

#endif  // LEVEE_SERVER_SEQUENCER_SUBJECT_H_
