// levee standing: what a customer may do now.
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/decision_text.h"
#include "client/cli/printable.h"
#include "client/cli/words.h"

namespace levee::cli {
namespace {

struct Flags {
  std::string customer;
  std::string language;
  std::string ip;
  std::string email;
  std::string device;
};

int Standing(const Flags& flags, Session* session) {
  v1::GetStandingRequest request;
  request.set_customer_id(flags.customer);
  request.set_language(flags.language);
  if (!flags.ip.empty()) request.mutable_source()->set_ip(flags.ip);
  if (!flags.email.empty()) request.mutable_source()->set_email(flags.email);
  if (!flags.device.empty()) {
    request.mutable_source()->set_device_id(flags.device);
  }
  v1::GetStandingResponse response;
  if (int code = CallServer(session, request, &response); code != kExitOk) {
    return code;
  }
  if (session->json()) {
    session->PrintJson(response);
    return kExitOk;
  }
  session->Print(absl::StrCat(
      Printable(flags.customer),
      response.known() ? "\n" : ": nothing seen of this customer so far\n"));
  for (const v1::StandingOf& act : response.acts()) {
    session->Print(absl::StrCat(absl::AsciiStrToLower(Word(act.kind())), ": ",
                                Describe(act.decision())));
  }
  return kExitOk;
}

}  // namespace

void AddStanding(CLI::App* app, Action* chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = AddCommand(
      app, "standing", "What a customer may do now",
      "What the customer's next ticket would be answered, before anything is "
      "known of its text. JSON: a GetStandingResponse.",
      "  levee standing c-17\n"
      "  levee standing c-17 --ip 203.0.113.9 --language zh-CN -o json\n");
  command->add_option("customer", flags->customer, "The customer's id")
      ->required();
  command->add_option("--language", flags->language,
                      "For the customer's message, such as en or zh-CN");
  command->add_option("--ip", flags->ip, "The address he comes from");
  command->add_option("--email", flags->email, "His e-mail address");
  command->add_option("--device", flags->device, "His device");
  CheckAllUtf8(command);
  OnChosen(command, chosen,
           [flags](Session* session) { return Standing(*flags, session); });
}

}  // namespace levee::cli
