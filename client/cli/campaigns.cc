// levee campaigns: the same text from many accounts.
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/command.h"
#include "client/cli/pages.h"
#include "client/cli/printable.h"
#include "client/cli/table.h"
#include "client/cli/times.h"
#include "client/cli/until.h"
#include "client/cli/words.h"

namespace levee::cli {
namespace {

constexpr size_t kSampleColumns = 60;

std::string State(const v1::Campaign& campaign) {
  if (campaign.cleared()) return "cleared";
  return campaign.has_held_until() ? "on hold" : "open";
}

std::string Young(const v1::Campaign& campaign) {
  return campaign.has_young_percent()
             ? absl::StrCat(campaign.young_percent(), " %")
             : "-";
}

std::string Sample(const v1::Campaign& campaign) {
  return Shortened(Printable(campaign.sample()), kSampleColumns);
}

Table CampaignTable() {
  Table table({"ID", "STATE", "LAST", "CUSTOMERS", "MESSAGES", "NETWORKS",
               "YOUNG", "BEGINS"});
  for (const int column : {0, 3, 4, 5, 6}) table.RightAlign(column);
  return table;
}

}  // namespace

// PrintList finds it here.
static void AddRow(const v1::Campaign& campaign, Table* table) {
  table->Add({absl::StrCat(campaign.id()), State(campaign),
              ShowTime(campaign.last_at()), absl::StrCat(campaign.customers()),
              absl::StrCat(campaign.messages()),
              absl::StrCat(campaign.prefixes()), Young(campaign),
              Sample(campaign)});
}

namespace {

std::string Describe(const v1::Campaign& campaign) {
  Table table;
  table.Add({"campaign", absl::StrCat(campaign.id())});
  table.Add({"state", State(campaign)});
  table.Add({"first", ShowTime(campaign.first_at())});
  table.Add({"last", ShowTime(campaign.last_at())});
  table.Add({"customers", absl::StrCat(campaign.customers(), ", in 31 days")});
  table.Add(
      {"messages", absl::StrCat(campaign.messages(), "; of the latest ",
                                campaign.let_through(), " were let through")});
  table.Add({"networks", absl::StrCat(campaign.prefixes())});
  table.Add({"accounts younger than 30 days", Young(campaign)});
  if (campaign.has_held_until()) {
    table.Add({"on hold until", ShowTime(campaign.held_until())});
  }
  if (!campaign.sample().empty()) table.Add({"begins", Sample(campaign)});
  return table.Render();
}

struct ListFlags {
  std::string since;
  uint64_t customers = 0;
  int64_t limit = 50;
};

int List(const ListFlags& flags, Session* session) {
  v1::ListCampaignsRequest request;
  if (!flags.since.empty()) {
    absl::StatusOr<absl::Time> since =
        ParseMoment(flags.since, absl::Now(), absl::LocalTimeZone());
    if (!since.ok()) {
      return session->FailUsage(absl::InvalidArgumentError(
          absl::StrCat("--since: ", since.status().message())));
    }
    *request.mutable_since() = ToTimestamp(*since);
  }
  request.set_customers_at_least(flags.customers);
  return PrintList<v1::ListCampaignsResponse>(
      session, request, flags.limit, CampaignTable(), "no campaign\n",
      [](const auto& page) -> const auto& { return page.campaigns(); });
}

int Show(uint64_t id, Session* session) {
  v1::GetCampaignRequest request;
  request.set_id(id);
  v1::GetCampaignResponse response;
  if (int code = CallServer(session, request, &response); code != kExitOk) {
    return code;
  }
  if (session->json()) {
    session->PrintJson(response);
    return kExitOk;
  }
  session->Print(Describe(response.campaign()));
  Table table({"DECISION", "AT", "VERDICT", "CUSTOMER", "TICKET"});
  table.RightAlign(0);
  for (const v1::CampaignMember& member : response.members()) {
    table.Add({absl::StrCat(member.sequence()), ShowTime(member.at()),
               Word(member.verdict()), member.customer_id(),
               member.ticket_id()});
  }
  session->Print(absl::StrCat("\n", table.Render()));
  return kExitOk;
}

struct HoldFlags {
  uint64_t id = 0;
  UntilFlags until;
  std::string reason;
};

int Hold(const HoldFlags& flags, Session* session) {
  v1::HoldCampaignRequest request;
  request.set_id(flags.id);
  request.set_reason(flags.reason);
  absl::StatusOr<google::protobuf::Timestamp> until =
      flags.until.Build(absl::Now());
  if (!until.ok()) return session->FailUsage(until.status());
  *request.mutable_until() = *until;
  v1::HoldCampaignResponse response;
  const int code = CallServer(session, request, &response);
  if (code != kExitOk) return code;
  if (session->json()) {
    session->PrintJson(response);
  } else {
    session->Print(absl::StrCat(Describe(response.campaign()), "\n",
                                response.customers(),
                                " customers: what they open is looked at "
                                "first\n"));
  }
  return kExitOk;
}

int Undo(const HoldFlags& flags, Session* session) {
  v1::UndoCampaignRequest request;
  request.set_id(flags.id);
  request.set_reason(flags.reason);
  v1::UndoCampaignResponse response;
  const int code = CallServer(session, request, &response);
  if (code != kExitOk) return code;
  if (session->json()) {
    session->PrintJson(response);
  } else {
    session->Print(absl::StrCat(Describe(response.campaign()), "\n",
                                response.lifted(), " restrictions lifted, ",
                                response.released(), " tickets released\n"));
  }
  return kExitOk;
}

void AddListVerb(CLI::App* noun, Action* chosen) {
  auto flags = std::make_shared<ListFlags>();
  CLI::App* command =
      AddCommand(noun, "list", "Campaigns, newest first", "",
                 "  levee campaigns list --since 2h --customers 5\n");
  command->add_option("--since", flags->since,
                      "With a message since then: 2h, or a time");
  command->add_option("--customers", flags->customers,
                      "Of so many customers at least");
  AddLimit(command, &flags->limit);
  CheckAllUtf8(command);
  OnChosen(command, chosen,
           [flags](Session* session) { return List(*flags, session); });
}

CLI::App* AddIdVerb(CLI::App* noun, const std::string& name,
                    const std::string& about, const std::string& details,
                    const std::string& examples, uint64_t* id) {
  CLI::App* command = AddCommand(noun, name, about, details, examples);
  command->add_option("id", *id, "The campaign's id")
      ->required()
      ->check(CheckId);
  return command;
}

void AddShowVerb(CLI::App* noun, Action* chosen) {
  auto id = std::make_shared<uint64_t>(0);
  CLI::App* command =
      AddIdVerb(noun, "show", "A campaign with its latest 256 messages", "",
                "  levee campaigns show 4711\n", id.get());
  OnChosen(command, chosen,
           [id](Session* session) { return Show(*id, session); });
}

void AddHoldVerb(CLI::App* noun, Action* chosen) {
  auto flags = std::make_shared<HoldFlags>();
  CLI::App* command = AddIdVerb(
      noun, "hold", "Looks at all of it first, for a time",
      "Further messages of the campaign, and whatever its customers open, are "
      "on HOLD.",
      "  levee campaigns hold 4711 --for 2d --reason 'carpet spam'\n",
      &flags->id);
  flags->until.AddTo(command);
  command->add_option("--reason", flags->reason, "Why; names no customer")
      ->required();
  CheckAllUtf8(command);
  OnChosen(command, chosen,
           [flags](Session* session) { return Hold(*flags, session); });
}

void AddUndoVerb(CLI::App* noun, Action* chosen) {
  auto flags = std::make_shared<HoldFlags>();
  CLI::App* command = AddIdVerb(
      noun, "undo", "It is none: takes back all that was done because of it",
      "Lifts restrictions of its customers that it brought, releases what "
      "waits, and keeps rules from counting it again.",
      "  levee campaigns undo 4711 --reason 'a forum told them to write'\n",
      &flags->id);
  command->add_option("--reason", flags->reason, "Why; names no customer")
      ->required();
  CheckAllUtf8(command);
  OnChosen(command, chosen,
           [flags](Session* session) { return Undo(*flags, session); });
}

}  // namespace

void AddCampaigns(CLI::App* app, Action* chosen) {
  CLI::App* noun =
      AddCommand(app, "campaigns", "The same text from many accounts",
                 "Near-identical texts of three customers or more within a "
                 "week.",
                 "  levee campaigns list\n  levee campaigns show 4711\n");
  noun->require_subcommand(1);
  AddListVerb(noun, chosen);
  AddShowVerb(noun, chosen);
  AddHoldVerb(noun, chosen);
  AddUndoVerb(noun, chosen);
}

}  // namespace levee::cli
