#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "google/protobuf/stubs/logging.h"

namespace levee::cli {
namespace {

constexpr char kAbout[] =
    "levee asks a Levee server about ticket events and looks after it.";

constexpr char kFooter[] = R"(Exit codes:
  0    done
  1    the server or a check said no
  2    the command line is wrong
  3    the server cannot be reached, gives no answer or takes no writes
  4    the token is unknown or may not do this
  10+N with `levee submit --exit_verdict` and `levee preview --exit_verdict`,
       the verdict: 11 ALLOW, 12 CHALLENGE, 13 THROTTLE, 14 HOLD, 15 REJECT
  130  interrupted

The token is that of --token, else of --token_file, else LEVEE_TOKEN, else
that in the file LEVEE_TOKEN_FILE names. Who may look at this machine's
processes sees the value of --token.

Examples:
  export LEVEE_SERVER=127.0.0.1:7171 LEVEE_TOKEN_FILE=~/.levee-token
  levee status
  levee decisions list --since 2h --verdict throttle
  levee reviews list
  levee rules apply rules.textproto --comment 'calmer'
  levee import tickets.jsonl --decisions decisions.jsonl
)";

void AddGlobalFlags(CLI::App* app, Session* session) {
  app->add_option("--server", session->server, "The server, host:port")
      ->envname("LEVEE_SERVER")
      ->capture_default_str();
  app->add_option("--token", session->token, "Who calls (env: LEVEE_TOKEN)");
  app->add_option("--token_file", session->token_file,
                  "A file with the token (env: LEVEE_TOKEN_FILE)");
  app->add_option("-o,--output", session->output,
                  "table for people; json for scripts: the protobuf JSON "
                  "mapping, one object a line")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  app->add_option("--timeout", session->timeout,
                  "How long one call may take, such as 500ms or 1m")
      ->capture_default_str();
}

// CLI11 looks first for what is missing, and then does not tell what stands in
// its place, such as a command that is none.
void NameUnknownWords(const CLI::App& app, Session* session) {
  for (const std::string& word : app.remaining(true)) {
    session->Complain(absl::StrCat("unknown: \"", word, "\""));
  }
}

}  // namespace

int RunTool(int argc, char** argv) {
  // What protobuf would write there is said by us, or by the server.
  google::protobuf::SetLogHandler(nullptr);
  CLI::App app(kAbout, "levee");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_version_flag("--version", "levee " LEVEE_VERSION);
  // The flags above may stand anywhere.
  app.fallthrough();
  Session session;
  Action chosen;
  AddGlobalFlags(&app, &session);
  AddSubmit(&app, &chosen);
  AddPreview(&app, &chosen);
  AddStanding(&app, &chosen);
  AddImport(&app, &chosen);
  AddRules(&app, &chosen);
  AddDecisions(&app, &chosen);
  AddCustomers(&app, &chosen);
  AddRestrictions(&app, &chosen);
  AddReviews(&app, &chosen);
  AddIncidents(&app, &chosen);
  AddCampaigns(&app, &chosen);
  AddText(&app, &chosen);
  AddStatus(&app, &chosen);
  AddToken(&app, &chosen);
  AddLoad(&app, &chosen);
  AddVersion(&app, &chosen);
  // CLI11 tells errors by exceptions; none of them leaves this function.
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_name() == "RequiredError") NameUnknownWords(app, &session);
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  const int code = chosen(&session);
  // A full disk or a closed pipe must not look like success.
  if (std::fflush(stdout) != 0) {
    session.Complain("cannot write to standard output");
    return code == kExitOk ? static_cast<int>(kExitNo) : code;
  }
  return code;
}

}  // namespace levee::cli
