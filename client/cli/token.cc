// levee token: who may call.
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/crypto.h"

namespace levee::cli {
namespace {

// As hard to guess as a key.
constexpr size_t kTokenBytes = 32;

struct Flags {
  std::string name = "helpdesk-backend";
  std::string tenant = "main";
  std::string role = "helpdesk";
};

// For a name or tenant: 1 to 64 of a-z, 0-9, - and _; "" if it is one.
std::string CheckName(const std::string& name) {
  const bool right =
      !name.empty() && name.size() <= 64 &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") ==
          std::string::npos;
  return right ? "" : "1 to 64 of a-z, 0-9, - and _, not \"" + name + "\"";
}

int New(const Flags& flags, Session* session) {
  const std::string token = absl::WebSafeBase64Escape(RandomBytes(kTokenBytes));
  Sha256 sha256;
  sha256.Add(token);
  const std::string digest = sha256.Hex();
  const std::string block = absl::StrCat(
      "tokens {\n  name: \"", flags.name, "\"\n  sha256: \"", digest,
      "\"\n  tenant: \"", flags.tenant, "\"\n  role: ROLE_",
      absl::AsciiStrToUpper(flags.role), "\n}\n");
  if (session->json()) {
    session->Print(absl::StrCat("{\"token\":\"", token, "\",\"sha256\":\"",
                                digest, "\",\"configuration\":\"",
                                absl::CEscape(block), "\"}\n"));
    return kExitOk;
  }
  session->Print(
      absl::StrCat("The token, for the caller alone; it is stored nowhere:\n  ",
                   token, "\nFor leveed's configuration:\n", block));
  return kExitOk;
}

}  // namespace

void AddToken(CLI::App* app, Action* chosen) {
  CLI::App* token = AddCommand(app, "token", "Make tokens", "",
                               "  levee token new --role operator\n");
  token->require_subcommand(1);
  auto flags = std::make_shared<Flags>();
  CLI::App* command = AddCommand(
      token, "new", "Print a new token",
      "A random token, its SHA-256 and the block for leveed's configuration. "
      "Asks no server. JSON: token, sha256, configuration.",
      "  levee token new --name helpdesk-backend --role helpdesk\n"
      "  levee token new --name kim --tenant acme --role operator -o json\n");
  command->add_option("--name", flags->name, "Who will carry it")
      ->check(CheckName)
      ->capture_default_str();
  command->add_option("--tenant", flags->tenant, "For which help desk")
      ->check(CheckName)
      ->capture_default_str();
  command->add_option("--role", flags->role, "What it may do")
      ->check(CLI::IsMember({"helpdesk", "operator", "admin"}))
      ->capture_default_str();
  OnChosen(command, chosen,
           [flags](Session* session) { return New(*flags, session); });
}

}  // namespace levee::cli
