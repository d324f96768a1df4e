#include "client/cli/event_flags.h"

#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/answer.h"
#include "client/cli/command.h"
#include "client/cli/crypto.h"
#include "client/cli/json.h"
#include "client/cli/session.h"
#include "client/cli/times.h"
#include "client/cli/words.h"

namespace levee::cli {
namespace {

// A body of 1 MiB, each byte escaped.
constexpr size_t kJsonBytesMax = 8 << 20;

absl::Status Named(const char* flag, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat(flag, ": ", status.message()));
}

absl::Status SetTime(const char* flag, const std::string& text, absl::Time now,
                     google::protobuf::Timestamp* time) {
  absl::StatusOr<absl::Time> parsed =
      ParseMoment(text, now, absl::LocalTimeZone());
  if (!parsed.ok()) return Named(flag, parsed.status());
  *time = ToTimestamp(*parsed);
  return absl::OkStatus();
}

}  // namespace

std::string NewEventId() {
  return absl::StrCat("cli-", absl::BytesToHexString(RandomBytes(16)));
}

void EventFlags::AddTo(CLI::App* command) {
  command->add_option("--event_id", event_id, "Your id of this event");
  command->add_option("--kind", kind,
                      "opened (the default), customer_replied, agent_replied, "
                      "solved, reopened, closed, abuse_reported, withdrawn");
  command->add_option("--actor", actor,
                      "customer, agent, agent_on_behalf, automation; by "
                      "default who usually does such a thing");
  command->add_option("--customer", customer, "Whose ticket it is");
  command->add_option("--ticket", ticket, "Which ticket");
  command->add_option("--agent", agent, "The agent who acts or is in charge");
  command->add_option("--occurred_at", occurred_at,
                      "When it happened: 10m (ago), \"2024-05-01 13:04\", or "
                      "RFC 3339; by default now");
  command->add_option("--subject", subject, "The ticket's subject");
  command->add_option("--body", body, "The message");
  command->add_option("--ip", ip, "The address it came from");
  command->add_option("--email", email, "The e-mail address it came from");
  command->add_option("--device", device, "The device it came from");
  command->add_flag("--solution", solution,
                    "The agent's answer provides a solution");
  command->add_option("--account_created", account_created,
                      "When the account was made, as --occurred_at");
  command
      ->add_option("--attribute", attributes,
                   "key=text or key:=number, any number of times")
      ->allow_extra_args(false);
  command->add_option("--department", department, "The department or queue");
  command->add_option("--reference", reference,
                      "What the ticket is about, as an entitlement names it");
  command->add_option("--regards", regards,
                      "For abuse_reported and withdrawn: which event");
  command->add_flag("--not_abuse", not_abuse,
                    "For abuse_reported: the agent says that it is none");
  command->add_option("--language", language,
                      "For the customer's message, such as en or zh-CN");
  command->add_flag("--challenge_passed", challenge_passed,
                    "The customer has just passed the challenge that an "
                    "earlier decision asked for");
  CheckAllUtf8(command);
  command->add_option("--json", json,
                      "A file with a TicketEvent in JSON, - for standard "
                      "input; the other flags replace its fields");
}

absl::StatusOr<v1::TicketEvent> EventFlags::Build(absl::Time now) const {
  v1::TicketEvent event;
  if (!json.empty()) {
    absl::StatusOr<std::string> text = ReadFile(json, kJsonBytesMax);
    if (!text.ok()) return text.status();
    if (!IsUtf8(*text)) {
      return absl::InvalidArgumentError("--json: not UTF-8");
    }
    if (absl::Status status = FromJson(*text, &event); !status.ok()) {
      return Named("--json", status);
    }
  }
  SetTexts(&event);
  if (absl::Status status = SetWords(&event); !status.ok()) return status;
  if (absl::Status status = SetTimes(now, &event); !status.ok()) return status;
  if (absl::Status status = SetAttributes(&event); !status.ok()) return status;
  if (absl::Status status = client::CheckSize(event); !status.ok()) {
    return status;
  }
  return event;
}

void EventFlags::SetTexts(v1::TicketEvent* event) const {
  if (!event_id.empty()) event->set_event_id(event_id);
  if (!customer.empty()) event->set_customer_id(customer);
  if (!ticket.empty()) event->set_ticket_id(ticket);
  if (!agent.empty()) event->set_agent_id(agent);
  if (!subject.empty()) event->set_subject(subject);
  if (!body.empty()) event->set_body(body);
  if (!ip.empty()) event->mutable_source()->set_ip(ip);
  if (!email.empty()) event->mutable_source()->set_email(email);
  if (!device.empty()) event->mutable_source()->set_device_id(device);
  if (solution) event->set_provides_solution(true);
  if (!department.empty()) event->set_department(department);
  if (!reference.empty()) event->set_reference(reference);
  if (!regards.empty()) event->set_regards_event_id(regards);
  if (not_abuse) event->set_not_abuse(true);
  if (!language.empty()) event->set_language(language);
  if (challenge_passed) event->set_challenge_passed(true);
}

absl::Status EventFlags::SetWords(v1::TicketEvent* event) const {
  if (!kind.empty()) {
    absl::StatusOr<v1::EventKind> parsed = ParseKind(kind);
    if (!parsed.ok()) return Named("--kind", parsed.status());
    event->set_kind(*parsed);
  } else if (event->kind() == v1::EVENT_KIND_UNSPECIFIED) {
    event->set_kind(v1::EVENT_KIND_OPENED);
  }
  if (!actor.empty()) {
    absl::StatusOr<v1::Actor> parsed = ParseActor(actor);
    if (!parsed.ok()) return Named("--actor", parsed.status());
    event->set_actor(*parsed);
  } else if (event->actor() == v1::ACTOR_UNSPECIFIED) {
    event->set_actor(UsualActor(event->kind(), !event->agent_id().empty()));
  }
  return absl::OkStatus();
}

absl::Status EventFlags::SetTimes(absl::Time now,
                                  v1::TicketEvent* event) const {
  if (!occurred_at.empty()) {
    if (absl::Status status = SetTime("--occurred_at", occurred_at, now,
                                      event->mutable_occurred_at());
        !status.ok()) {
      return status;
    }
  }
  if (account_created.empty()) return absl::OkStatus();
  return SetTime("--account_created", account_created, now,
                 event->mutable_account_created_at());
}

absl::Status EventFlags::SetAttributes(v1::TicketEvent* event) const {
  for (const std::string& text : attributes) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--attribute: \"", text, "\" is neither key=text nor key:=number"));
    }
    v1::Attribute* attribute = event->add_attributes();
    const std::string value = text.substr(equals + 1);
    if (text[equals - 1] != ':') {
      attribute->set_key(text.substr(0, equals));
      attribute->set_text(value);
      continue;
    }
    attribute->set_key(text.substr(0, equals - 1));
    int64_t number = 0;
    if (!absl::SimpleAtoi(value, &number)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--attribute: \"", value,
                       "\" is no whole number; write key=text "
                       "for a text"));
    }
    attribute->set_number(number);
  }
  return absl::OkStatus();
}

}  // namespace levee::cli
