// levee customers: what is known of a customer.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/decision_text.h"
#include "client/cli/times.h"

namespace levee::cli {
namespace {

constexpr int kPageMax = 500;

struct Flags {
  std::string customer;
  int64_t limit = 50;
};

std::string About(const v1::Customer& customer) {
  Table table;
  table.Add({"customer", customer.customer_id()});
  table.Add({"first seen", ShowTime(customer.first_seen_at())});
  table.Add({"last seen", ShowTime(customer.last_seen_at())});
  table.Add({"opened", absl::StrCat(customer.opened())});
  table.Add({"replied", absl::StrCat(customer.replied())});
  table.Add({"reopened", absl::StrCat(customer.reopened())});
  table.Add({"not allowed", absl::StrCat(customer.not_allowed())});
  return table.Render();
}

int Show(const Flags& flags, Session* session) {
  v1::GetCustomerRequest request;
  request.set_customer_id(flags.customer);
  Table timeline = DecisionTable();
  int64_t left = flags.limit;
  bool first = true;
  do {
    request.set_page_size(static_cast<int>(std::min<int64_t>(left, kPageMax)));
    v1::GetCustomerResponse response;
    if (int code = CallServer(session, request, &response); code != kExitOk) {
      return code;
    }
    if (first && session->json()) {
      session->PrintJson(response.customer());
    } else if (first) {
      session->Print(absl::StrCat(About(response.customer()), "\n"));
    }
    first = false;
    for (const v1::DecisionRecord& record : response.timeline()) {
      if (left-- <= 0) break;
      if (session->json()) {
        session->PrintJson(record);
      } else {
        AddRow(record, &timeline);
      }
    }
    request.set_page_token(response.next_page_token());
  } while (left > 0 && !request.page_token().empty());
  if (!session->json()) session->Print(timeline.Render());
  return kExitOk;
}

}  // namespace

void AddCustomers(CLI::App* app, Action* chosen) {
  CLI::App* customers = AddCommand(app, "customers", "Look at customers", "",
                                   "  levee customers show c-17\n");
  customers->require_subcommand(1);
  auto flags = std::make_shared<Flags>();
  CLI::App* show = AddCommand(
      customers, "show", "A customer and the timeline",
      "Newest first. JSON: a Customer, then a DecisionRecord a line.",
      "  levee customers show c-17 --limit 10\n");
  show->add_option("customer", flags->customer, "The customer's id")
      ->check(CheckUtf8)
      ->required();
  show->add_option("--limit", flags->limit,
                   "At most so many lines of the timeline")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  OnChosen(show, chosen,
           [flags](Session* session) { return Show(*flags, session); });
}

}  // namespace levee::cli
