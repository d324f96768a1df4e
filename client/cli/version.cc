// levee version.
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"

namespace levee::cli {

void AddVersion(CLI::App* app, Action* chosen) {
  CLI::App* command =
      AddCommand(app, "version", "The version of this tool",
                 "`levee status` tells the server's.", "  levee version\n");
  OnChosen(command, chosen, [](Session* session) {
    session->Print(session->json()
                       ? absl::StrCat("{\"version\":\"", LEVEE_VERSION, "\"}\n")
                       : absl::StrCat("levee ", LEVEE_VERSION, "\n"));
    return static_cast<int>(kExitOk);
  });
}

}  // namespace levee::cli
