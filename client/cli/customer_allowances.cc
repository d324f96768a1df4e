// The server replaces an override as a whole, so a verb that sets one half of
// it reads the other first. Of two operators who do so at the same moment, the
// later one wins.
#include "client/cli/customer_allowances.h"

#include <functional>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "client/cli/printable.h"
#include "client/cli/times.h"
#include "client/cli/until.h"

namespace levee::cli {
namespace {

struct EntitleFlags {
  std::string customer;
  std::string reference;
  UntilFlags until;
  std::string reason;
};

int Entitle(const EntitleFlags& flags, Session* session) {
  absl::StatusOr<google::protobuf::Timestamp> until =
      flags.until.Build(absl::Now());
  if (!until.ok()) return session->FailUsage(until.status());
  v1::GrantEntitlementRequest request;
  request.set_customer_id(flags.customer);
  request.set_reference(flags.reference);
  *request.mutable_until() = *until;
  request.set_reason(flags.reason);
  v1::GrantEntitlementResponse response;
  if (int code = CallServer(session, request, &response); code != kExitOk) {
    return code;
  }
  if (session->json()) {
    session->PrintJson(response);
    return kExitOk;
  }
  session->Print(absl::StrCat(
      "one ticket of ", Printable(flags.customer), " with the reference ",
      Printable(flags.reference), " passes until ", ShowTime(*until), "\n"));
  return kExitOk;
}

struct Flags {
  std::string customer;
  int times = 0;
  UntilFlags until;
  std::string reason;
};

// What is in force of it at `now`: a half that is over would be refused.
v1::Override InForce(const v1::Override& allowed, absl::Time now) {
  v1::Override left = allowed;
  if (ToTime(left.exempt_until()) <= now) left.clear_exempt_until();
  if (ToTime(left.limits_until()) <= now) {
    left.clear_limits_times();
    left.clear_limits_until();
  }
  return left;
}

absl::StatusOr<v1::Override> Current(const std::string& customer,
                                     Connection* connection) {
  v1::GetCustomerRequest request;
  request.set_customer_id(customer);
  request.set_page_size(1);
  v1::GetCustomerResponse response;
  const absl::Status status = connection->Call(request, &response);
  // Levee need not have seen him.
  if (absl::IsNotFound(status)) return v1::Override();
  if (!status.ok()) return status;
  return InForce(response.customer().override(), absl::Now());
}

int SetOverride(const Flags& flags, const v1::Override& allowed,
                Session* session) {
  v1::SetOverrideRequest request;
  request.set_customer_id(flags.customer);
  request.set_reason(flags.reason);
  if (allowed.has_exempt_until() || allowed.has_limits_until()) {
    *request.mutable_override() = allowed;
  }
  v1::SetOverrideResponse response;
  if (int code = CallServer(session, request, &response); code != kExitOk) {
    return code;
  }
  if (session->json()) {
    session->PrintJson(response);
    return kExitOk;
  }
  session->Print(absl::StrCat(Printable(flags.customer), " beyond the rules: ",
                              ShowOverride(allowed), "\n"));
  return kExitOk;
}

// Sets what `change` does with the end that the flags give, and keeps the rest.
int Change(const Flags& flags, Session* session,
           const std::function<void(const google::protobuf::Timestamp& until,
                                    v1::Override* allowed)>& change) {
  absl::StatusOr<google::protobuf::Timestamp> until =
      flags.until.Build(absl::Now());
  if (!until.ok()) return session->FailUsage(until.status());
  absl::StatusOr<Connection*> connection = session->Connect();
  if (!connection.ok()) return session->FailUsage(connection.status());
  absl::StatusOr<v1::Override> allowed = Current(flags.customer, *connection);
  if (!allowed.ok()) return session->Fail(allowed.status());
  change(*until, &*allowed);
  return SetOverride(flags, *allowed, session);
}

int Exempt(const Flags& flags, Session* session) {
  return Change(
      flags, session,
      [](const google::protobuf::Timestamp& until, v1::Override* allowed) {
        *allowed->mutable_exempt_until() = until;
      });
}

int Limits(const Flags& flags, Session* session) {
  return Change(
      flags, session,
      [&](const google::protobuf::Timestamp& until, v1::Override* allowed) {
        allowed->set_limits_times(flags.times);
        *allowed->mutable_limits_until() = until;
      });
}

void AddCustomer(CLI::App* command, std::string* customer) {
  command->add_option("customer", *customer, "The customer's id")->required();
}

void AddEntitle(CLI::App* customers, Action* chosen) {
  auto flags = std::make_shared<EntitleFlags>();
  CLI::App* entitle = AddCommand(
      customers, "entitle", "Let one ticket through, whatever the rules say",
      "One opening that carries the reference passes and counts for nothing. "
      "Granted again with the same end, it is granted once. A token of the "
      "helpdesk's may do this. JSON: a GrantEntitlementResponse.",
      "  levee customers entitle c-17 --reference ip-203.0.113.9 --for 24h "
      "\\\n"
      "    --reason 'address replaced'\n");
  AddCustomer(entitle, &flags->customer);
  entitle
      ->add_option("--reference", flags->reference,
                   "What the ticket will carry as its reference")
      ->required();
  flags->until.AddTo(entitle);
  entitle->add_option("--reason", flags->reason, "Why");
  CheckAllUtf8(entitle);
  OnChosen(entitle, chosen,
           [flags](Session* session) { return Entitle(*flags, session); });
}

void AddReason(CLI::App* command, std::string* reason) {
  command->add_option("--reason", *reason, "Why")->required();
  CheckAllUtf8(command);
}

void AddExempt(CLI::App* customers, Action* chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* exempt = AddCommand(
      customers, "exempt", "Let everything of a customer's through for a time",
      "Limits set by `levee customers limits` stay. JSON: a "
      "SetOverrideResponse.",
      "  levee customers exempt c-17 --for 7d --reason 'migrates his "
      "servers'\n");
  AddCustomer(exempt, &flags->customer);
  flags->until.AddTo(exempt);
  AddReason(exempt, &flags->reason);
  OnChosen(exempt, chosen,
           [flags](Session* session) { return Exempt(*flags, session); });
}

void AddLimits(CLI::App* customers, Action* chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* limits = AddCommand(
      customers, "limits", "Raise the limits of rates for a customer",
      "An exemption set by `levee customers exempt` stays. JSON: a "
      "SetOverrideResponse.",
      "  levee customers limits c-17 --times 5 --until 2030-01-01 \\\n"
      "    --reason 'a reseller'\n");
  AddCustomer(limits, &flags->customer);
  flags->until.AddTo(limits);
  AddReason(limits, &flags->reason);
  limits->add_option("--times", flags->times, "So many times as high, 2 to 100")
      ->check(CLI::Range(2, 100))
      ->required();
  OnChosen(limits, chosen,
           [flags](Session* session) { return Limits(*flags, session); });
}

void AddClear(CLI::App* customers, Action* chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* clear = AddCommand(
      customers, "clear", "Take back what exempt and limits allow",
      "Entitlements stay. JSON: a SetOverrideResponse.",
      "  levee customers clear c-17 --reason 'the migration is done'\n");
  AddCustomer(clear, &flags->customer);
  AddReason(clear, &flags->reason);
  OnChosen(clear, chosen, [flags](Session* session) {
    return SetOverride(*flags, v1::Override(), session);
  });
}

}  // namespace

std::string ShowOverride(const v1::Override& allowed) {
  std::vector<std::string> parts;
  if (allowed.has_exempt_until()) {
    parts.push_back(absl::StrCat("everything passes until ",
                                 ShowTime(allowed.exempt_until())));
  }
  if (allowed.limits_times() != 0) {
    parts.push_back(absl::StrCat("limits times ", allowed.limits_times(),
                                 " until ", ShowTime(allowed.limits_until())));
  }
  return parts.empty() ? "nothing" : absl::StrJoin(parts, ", ");
}

void AddAllowances(CLI::App* customers, Action* chosen) {
  AddEntitle(customers, chosen);
  AddExempt(customers, chosen);
  AddLimits(customers, chosen);
  AddClear(customers, chosen);
}

}  // namespace levee::cli
