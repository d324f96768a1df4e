// levee standing: what a customer may do now.
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/command.h"
#include "client/cli/decision_text.h"
#include "client/cli/printable.h"
#include "client/cli/restriction_text.h"
#include "client/cli/times.h"
#include "client/cli/words.h"

namespace levee::cli {
namespace {

struct Flags {
  std::string customer;
  std::string language;
  std::string ip;
  std::string email;
  std::string device;
  std::string account_created;
  std::string department;
  std::string reference;
};

absl::StatusOr<v1::GetStandingRequest> RequestOf(const Flags& flags) {
  v1::GetStandingRequest request;
  request.set_customer_id(flags.customer);
  request.set_language(flags.language);
  if (!flags.ip.empty()) request.mutable_source()->set_ip(flags.ip);
  if (!flags.email.empty()) request.mutable_source()->set_email(flags.email);
  if (!flags.device.empty()) {
    request.mutable_source()->set_device_id(flags.device);
  }
  request.set_department(flags.department);
  request.set_reference(flags.reference);
  if (flags.account_created.empty()) return request;
  absl::StatusOr<absl::Time> created =
      ParseMoment(flags.account_created, absl::Now(), absl::LocalTimeZone());
  if (!created.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--account_created: ", created.status().message()));
  }
  *request.mutable_account_created_at() = ToTimestamp(*created);
  return request;
}

std::string ShowStanding(const std::string& customer,
                         const v1::GetStandingResponse& standing) {
  std::string text = absl::StrCat(
      Printable(customer),
      standing.known() ? "\n" : ": nothing seen of this customer so far\n");
  for (const v1::StandingOf& act : standing.acts()) {
    absl::StrAppend(&text, absl::AsciiStrToLower(Word(act.kind())), ": ",
                    Describe(act.decision()));
  }
  if (standing.restrictions().empty()) return text;
  Table restrictions = RestrictionTable();
  for (const v1::Restriction& restriction : standing.restrictions()) {
    AddRow(restriction, &restrictions);
  }
  absl::StrAppend(&text, "in force\n", restrictions.Render());
  return text;
}

int Standing(const Flags& flags, Session* session) {
  absl::StatusOr<v1::GetStandingRequest> request = RequestOf(flags);
  if (!request.ok()) return session->FailUsage(request.status());
  v1::GetStandingResponse response;
  if (int code = CallServer(session, *request, &response); code != kExitOk) {
    return code;
  }
  if (session->json()) {
    session->PrintJson(response);
  } else {
    session->Print(ShowStanding(flags.customer, response));
  }
  return kExitOk;
}

}  // namespace

void AddStanding(CLI::App* app, Action* chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = AddCommand(
      app, "standing", "What a customer may do now",
      "What the customer's next ticket, and next message in one, would be "
      "answered, before anything is known of its text; and the restrictions in "
      "force for him and where he comes from. JSON: a GetStandingResponse.",
      "  levee standing c-17\n"
      "  levee standing c-17 --department billing --reference "
      "ip-203.0.113.9\n"
      "  levee standing c-17 --ip 203.0.113.9 --language zh-CN -o json\n");
  command->add_option("customer", flags->customer, "The customer's id")
      ->required();
  command->add_option("--language", flags->language,
                      "For the customer's message, such as en or zh-CN");
  command->add_option("--ip", flags->ip, "The address he comes from");
  command->add_option("--email", flags->email, "His e-mail address");
  command->add_option("--device", flags->device, "His device");
  command->add_option("--account_created,--account_created_at",
                      flags->account_created,
                      "When his account was made: 90d (ago), 2024-05-01 or RFC "
                      "3339");
  command->add_option("--department", flags->department,
                      "The department or queue that he would write to");
  command->add_option("--reference", flags->reference,
                      "What his ticket would be about, as an entitlement "
                      "names it");
  CheckAllUtf8(command);
  OnChosen(command, chosen,
           [flags](Session* session) { return Standing(*flags, session); });
}

}  // namespace levee::cli
