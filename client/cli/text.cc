// levee text: what the text models see in a message.
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/printable.h"
#include "client/cli/text_facts.h"

namespace levee::cli {
namespace {

constexpr size_t kBodyBytesMax = 1 << 20;

struct Flags {
  std::string body;
  std::string subject;
  bool reply = false;
  std::string email;
  std::vector<std::string> own_domains;
  std::vector<std::string> headers;
};

// All of standard input; one byte more than a body may have says it is too
// long, as the server would.
std::string ReadInput() {
  std::string text;
  char block[4096];
  while (text.size() <= kBodyBytesMax) {
    const size_t count = std::fread(block, 1, sizeof(block), stdin);
    if (count == 0) break;
    text.append(block, count);
  }
  return text;
}

absl::StatusOr<v1::ExamineTextRequest> RequestOf(const Flags& flags) {
  v1::ExamineTextRequest request;
  std::string body = flags.body == "-" ? ReadInput() : flags.body;
  if (!IsUtf8(body)) {
    return absl::InvalidArgumentError("the text is not UTF-8");
  }
  request.set_body(std::move(body));
  request.set_subject(flags.subject);
  request.set_kind(flags.reply ? v1::EVENT_KIND_CUSTOMER_REPLIED
                               : v1::EVENT_KIND_OPENED);
  request.set_email(flags.email);
  for (const std::string& domain : flags.own_domains) {
    request.add_own_domains(domain);
  }
  for (const std::string& header : flags.headers) {
    const size_t colon = header.find(':');
    if (colon == std::string::npos || colon == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--header: \"", header,
                       "\" is no header: it must be like "
                       "\"Auto-Submitted: auto-replied\""));
    }
    v1::MailHeader* const added = request.add_mail_headers();
    added->set_name(header.substr(0, colon));
    added->set_value(std::string(absl::StripAsciiWhitespace(
        absl::string_view(header).substr(colon + 1))));
  }
  return request;
}

// What the scores mean by themselves.
std::string Verdicts(const v1::ExamineTextResponse& response) {
  const v1::TextFacts& facts = response.facts();
  const v1::TextThresholds& from = response.thresholds();
  std::string line;
  const auto add = [&](uint32_t score, uint32_t at, const char* word) {
    if (score >= at) absl::StrAppend(&line, line.empty() ? "" : ", ", word);
  };
  add(facts.meaningless(), from.meaningless(), "meaningless");
  add(facts.insult(), from.insult(), "insults staff");
  add(facts.promotion(), from.promotion(), "promotion");
  if (facts.automatic() != v1::AUTOMATIC_KIND_UNSPECIFIED) {
    absl::StrAppend(&line, line.empty() ? "" : ", ", "by a machine");
  }
  return absl::StrCat(line.empty() ? "nothing found" : line, " (from ",
                      from.meaningless(), ", ", from.insult(), " and ",
                      from.promotion(), " thousandths on)\n");
}

int Examine(const Flags& flags, Session* session) {
  absl::StatusOr<v1::ExamineTextRequest> request = RequestOf(flags);
  if (!request.ok()) return session->FailUsage(request.status());
  v1::ExamineTextResponse response;
  const int code = CallServer(session, *request, &response);
  if (code != kExitOk) return code;
  if (session->json()) {
    session->PrintJson(response);
    return kExitOk;
  }
  session->Print(absl::StrCat(
      Verdicts(response),
      DescribeFacts(response.facts(), request->subject(), request->body()),
      "reads as: ", PrintableLines(response.words()), "\n"));
  return kExitOk;
}

}  // namespace

void AddText(CLI::App* app, Action* chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = AddCommand(
      app, "text", "What the text models see in a message",
      "Scores are thousandths; what shows each is quoted. Nothing is "
      "recorded.",
      "  levee text 'my VPS is down since 10:00'\n"
      "  levee text --reply '你们客服是猪吗'\n"
      "  levee text --email a@shop.example --own_domain shop.example - < "
      "message.txt\n"
      "  levee text --header 'Auto-Submitted: auto-replied' 'I am away'\n");
  command->add_option("body", flags->body, "The body; - for standard input")
      ->required();
  command->add_option("--subject", flags->subject, "The subject");
  command->add_flag("--reply", flags->reply,
                    "In a running ticket; else it opens one");
  command->add_option("--email", flags->email, "Who sent it");
  command
      ->add_option("--own_domain", flags->own_domains,
                   "A domain that is the sender's own; may be repeated")
      ->take_all();
  command
      ->add_option("--header", flags->headers,
                   "A header of the mail, \"Name: value\"; may be repeated")
      ->take_all();
  CheckAllUtf8(command);
  OnChosen(command, chosen,
           [flags](Session* session) { return Examine(*flags, session); });
}

}  // namespace levee::cli
