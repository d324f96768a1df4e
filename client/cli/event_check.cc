#include "client/cli/event_check.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/answer.h"

namespace levee::cli {
namespace {

// Limits of TicketEvent, in bytes.
constexpr size_t kIdBytesMax = 128;
constexpr size_t kSubjectBytesMax = 4 << 10;
constexpr size_t kBodyBytesMax = 1 << 20;
constexpr size_t kEmailBytesMax = 320;
constexpr size_t kLanguageBytesMax = 35;
constexpr int kAttributesMax = 32;

// Of one event, with room for what is around it in an ImportRequest.
constexpr size_t kEventBytesMax = client::kRequestBytesMax - 64;

// The last second of the year 9999.
constexpr int64_t kSecondsMax = 253'402'300'799;

absl::Status Wrong(absl::string_view field, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", what));
}

absl::Status Bounded(absl::string_view field, size_t bytes, size_t bytes_max) {
  if (bytes <= bytes_max) return absl::OkStatus();
  return Wrong(field, absl::StrCat(bytes, " bytes, at most ", bytes_max));
}

absl::Status CheckRequired(const v1::TicketEvent& event) {
  if (event.event_id().empty()) return Wrong("event_id", "missing");
  if (event.kind() == v1::EVENT_KIND_UNSPECIFIED) {
    return Wrong("kind", "missing");
  }
  if (event.actor() == v1::ACTOR_UNSPECIFIED) return Wrong("actor", "missing");
  if (event.customer_id().empty()) return Wrong("customer_id", "missing");
  if (event.ticket_id().empty()) return Wrong("ticket_id", "missing");
  if (event.agent_id().empty() &&
      (event.actor() == v1::ACTOR_AGENT ||
       event.actor() == v1::ACTOR_AGENT_ON_BEHALF)) {
    return Wrong("agent_id", "missing, but an agent acts");
  }
  if (!event.has_occurred_at()) {
    return Wrong("occurred_at", "missing, but an import is sorted by it");
  }
  const int64_t seconds = event.occurred_at().seconds();
  const int32_t nanos = event.occurred_at().nanos();
  if (seconds < 0 || seconds > kSecondsMax || nanos < 0 ||
      nanos > 999'999'999) {
    return Wrong("occurred_at", "not in the years 1970 to 9999");
  }
  return absl::OkStatus();
}

absl::Status CheckBounds(const v1::TicketEvent& event) {
  struct Bound {
    const char* field;
    const std::string& value;
    size_t bytes_max;
  };
  const Bound bounds[] = {
      {"event_id", event.event_id(), kIdBytesMax},
      {"customer_id", event.customer_id(), kIdBytesMax},
      {"ticket_id", event.ticket_id(), kIdBytesMax},
      {"agent_id", event.agent_id(), kIdBytesMax},
      {"subject", event.subject(), kSubjectBytesMax},
      {"body", event.body(), kBodyBytesMax},
      {"source.email", event.source().email(), kEmailBytesMax},
      {"source.device_id", event.source().device_id(), kIdBytesMax},
      {"department", event.department(), kIdBytesMax},
      {"reference", event.reference(), kIdBytesMax},
      {"regards_event_id", event.regards_event_id(), kIdBytesMax},
      {"language", event.language(), kLanguageBytesMax},
  };
  for (const Bound& bound : bounds) {
    absl::Status status =
        Bounded(bound.field, bound.value.size(), bound.bytes_max);
    if (!status.ok()) return status;
  }
  if (event.attributes_size() > kAttributesMax) {
    return Wrong("attributes", absl::StrCat(event.attributes_size(),
                                            ", at most ", kAttributesMax));
  }
  // The server bounds the other fields; what it cannot even receive would end
  // the import.
  return Bounded("event", event.ByteSizeLong(), kEventBytesMax);
}

absl::Status CheckKind(const v1::TicketEvent& event) {
  if (event.provides_solution() &&
      event.kind() != v1::EVENT_KIND_AGENT_REPLIED) {
    return Wrong("provides_solution", "only for agent_replied");
  }
  if (event.not_abuse() && event.kind() != v1::EVENT_KIND_ABUSE_REPORTED) {
    return Wrong("not_abuse", "only for abuse_reported");
  }
  const bool regards = event.kind() == v1::EVENT_KIND_ABUSE_REPORTED ||
                       event.kind() == v1::EVENT_KIND_WITHDRAWN;
  if (regards != !event.regards_event_id().empty()) {
    return Wrong("regards_event_id",
                 regards ? "missing, but abuse_reported and withdrawn need it"
                         : "only for abuse_reported and withdrawn");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckForImport(const v1::TicketEvent& event) {
  if (absl::Status status = CheckRequired(event); !status.ok()) return status;
  if (absl::Status status = CheckBounds(event); !status.ok()) return status;
  return CheckKind(event);
}

}  // namespace levee::cli
