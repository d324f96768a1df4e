// How a noun hangs its verbs under the tool.
#ifndef LEVEE_CLIENT_CLI_COMMAND_H_
#define LEVEE_CLIENT_CLI_COMMAND_H_

#include <cstdint>
#include <functional>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/cli/printable.h"
#include "client/cli/session.h"

namespace levee::cli {

// What a verb does once its flags are read; returns the exit code.
using Action = std::function<int(Session*)>;

// Adds a verb (or noun) below `parent`. `about` is a line for lists; --help
// adds `details`, which may be empty, and `examples`, which are lines of shell.
inline CLI::App* AddCommand(CLI::App* parent, const std::string& name,
                            const std::string& about,
                            const std::string& details,
                            const std::string& examples) {
  CLI::App* command = parent->add_subcommand(name, about);
  command->footer((details.empty() ? "" : details + "\n\n") + "Examples:\n" +
                  examples);
  return command;
}

// For CLI::Option::check: what is wrong with a value, which goes into a request
// and must be UTF-8 there.
inline std::string CheckUtf8(const std::string& value) {
  return IsUtf8(value) ? "" : "not UTF-8, which every text must be";
}

// The same for every flag that the command has so far.
inline void CheckAllUtf8(CLI::App* command) {
  for (CLI::Option* option : command->get_options()) option->check(CheckUtf8);
}

// For CLI::Option::check: what is wrong with an id that the server counts.
inline std::string CheckId(const std::string& value) {
  uint64_t id = 0;
  return absl::SimpleAtoi(value, &id) && id > 0
             ? ""
             : absl::StrCat("\"", value, "\" is no number from 1 on");
}

// Adds --limit to a list.
template <typename Int>
void AddLimit(CLI::App* command, Int* limit,
              const std::string& about = "At most so many",
              Int most = 1'000'000) {
  command->add_option("--limit", *limit, about)
      ->check(CLI::Range(Int{1}, most))
      ->capture_default_str();
}

// Makes `action` what the tool does when it is called with this verb.
inline void OnChosen(CLI::App* command, Action* chosen, Action action) {
  command->callback([chosen, action = std::move(action)] { *chosen = action; });
}

// Each noun, in a file of its own.
void AddSubmit(CLI::App* app, Action* chosen);
void AddPreview(CLI::App* app, Action* chosen);
void AddStanding(CLI::App* app, Action* chosen);
void AddImport(CLI::App* app, Action* chosen);
void AddLoad(CLI::App* app, Action* chosen);
void AddRules(CLI::App* app, Action* chosen);
void AddDecisions(CLI::App* app, Action* chosen);
void AddCustomers(CLI::App* app, Action* chosen);
void AddRestrictions(CLI::App* app, Action* chosen);
void AddReviews(CLI::App* app, Action* chosen);
void AddIncidents(CLI::App* app, Action* chosen);
void AddCampaigns(CLI::App* app, Action* chosen);
void AddText(CLI::App* app, Action* chosen);
void AddStatus(CLI::App* app, Action* chosen);
void AddToken(CLI::App* app, Action* chosen);
void AddVersion(CLI::App* app, Action* chosen);

// Runs the tool: reads the flags, does what they ask and returns the exit
// code.
int RunTool(int argc, char** argv);

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_COMMAND_H_
