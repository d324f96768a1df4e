// levee customers: what is known of a customer.
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/customer_allowances.h"
#include "client/cli/decision_text.h"
#include "client/cli/pages.h"
#include "client/cli/restriction_text.h"
#include "client/cli/times.h"

namespace levee::cli {
namespace {

struct Flags {
  std::string customer;
  int64_t limit = 50;
};

// What his past, or an operator, changes for him; a line only for what there
// is.
void AddConsequences(const v1::Customer& customer, Table* table) {
  for (const v1::CustomerOffence& offence : customer.offences()) {
    table->Add({"offence",
                absl::StrCat(ShowTime(offence.at()), " against ",
                             offence.rule_id().empty()
                                 ? "a rule that is no more"
                                 : absl::StrCat("rule ", offence.rule_id()))});
  }
  if (customer.has_forgiven_at()) {
    table->Add({"forgiven up to", ShowTime(customer.forgiven_at())});
  }
  if (customer.has_override()) {
    table->Add({"beyond the rules", ShowOverride(customer.override())});
  }
  if (customer.entitlements() > 0) {
    table->Add({"entitlements", absl::StrCat(customer.entitlements())});
  }
}

std::string About(const v1::Customer& customer) {
  Table table;
  table.Add({"customer", customer.customer_id()});
  table.Add({"first seen", ShowTime(customer.first_seen_at())});
  table.Add({"last seen", ShowTime(customer.last_seen_at())});
  table.Add({"opened", absl::StrCat(customer.opened())});
  table.Add({"replied", absl::StrCat(customer.replied())});
  table.Add({"reopened", absl::StrCat(customer.reopened())});
  table.Add({"not allowed", absl::StrCat(customer.not_allowed())});
  AddConsequences(customer, &table);
  std::string text = table.Render();
  if (customer.restrictions().empty()) return text;
  Table restrictions = RestrictionTable();
  for (const v1::Restriction& restriction : customer.restrictions()) {
    AddRow(restriction, &restrictions);
  }
  absl::StrAppend(&text, "\n", restrictions.Render());
  return text;
}

int Show(const Flags& flags, Session* session) {
  v1::GetCustomerRequest request;
  request.set_customer_id(flags.customer);
  Table timeline = DecisionTable();
  bool first = true;
  bool more = false;
  const int code = ReadPages<v1::GetCustomerResponse>(
      session, request, flags.limit, &more,
      [&](const v1::GetCustomerResponse& page, int64_t left) {
        if (first && session->json()) {
          session->PrintJson(page.customer());
        } else if (first) {
          session->Print(absl::StrCat(About(page.customer()), "\n"));
        }
        first = false;
        for (const v1::DecisionRecord& record : page.timeline()) {
          if (left-- <= 0) break;
          if (session->json()) {
            session->PrintJson(record);
          } else {
            AddRow(record, &timeline);
          }
        }
        return page.timeline_size();
      });
  if (code != kExitOk) return code;
  if (!session->json()) session->Print(timeline.Render());
  return kExitOk;
}

}  // namespace

void AddCustomers(CLI::App* app, Action* chosen) {
  CLI::App* customers = AddCommand(
      app, "customers", "Look at customers, and let more of theirs through", "",
      "  levee customers show c-17\n"
      "  levee customers exempt c-17 --for 7d --reason 'migrates his "
      "servers'\n");
  customers->require_subcommand(1);
  auto flags = std::make_shared<Flags>();
  CLI::App* show = AddCommand(
      customers, "show", "A customer and the timeline",
      "With the restrictions on him and what he may do beyond the rules. The "
      "timeline is newest first. JSON: a Customer, then a DecisionRecord a "
      "line.",
      "  levee customers show c-17 --limit 10\n");
  show->add_option("customer", flags->customer, "The customer's id")
      ->check(CheckUtf8)
      ->required();
  AddLimit(show, &flags->limit, "At most so many lines of the timeline");
  OnChosen(show, chosen,
           [flags](Session* session) { return Show(*flags, session); });
  AddAllowances(customers, chosen);
}

}  // namespace levee::cli
