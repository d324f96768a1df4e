// levee reviews: what is on HOLD, and what becomes of it.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/decision_text.h"
#include "client/cli/pages.h"
#include "client/cli/review_text.h"
#include "client/cli/review_watch.h"
#include "client/cli/words.h"

namespace levee::cli {
namespace {

struct ListFlags {
  std::string customer;
  std::string rule;
  std::string category;
  int64_t limit = 50;
};

int List(const ListFlags& flags, Session* session) {
  v1::ListReviewsRequest request;
  request.set_customer_id(flags.customer);
  request.set_rule_id(flags.rule);
  if (!flags.category.empty()) {
    absl::StatusOr<v1::Category> category = ParseCategory(flags.category);
    if (!category.ok()) {
      return session->FailUsage(absl::InvalidArgumentError(
          absl::StrCat("--category: ", category.status().message())));
    }
    request.set_category(*category);
  }
  return PrintList<v1::ListReviewsResponse>(
      session, request, flags.limit, ReviewTable(), "no review is open\n",
      [](const auto& page) -> const auto& { return page.reviews(); });
}

int Show(uint64_t id, Session* session) {
  v1::GetReviewRequest request;
  request.set_id(id);
  v1::GetReviewResponse response;
  if (int code = CallServer(session, request, &response); code != kExitOk) {
    return code;
  }
  if (session->json()) {
    session->PrintJson(response);
    return kExitOk;
  }
  session->Print(Describe(response.review()));
  if (response.has_record()) {
    session->Print(absl::StrCat("\n", Describe(response.record())));
  }
  return kExitOk;
}

struct ResolveFlags {
  std::vector<uint64_t> ids;
  std::string reason;
};

// Goes on after a review that cannot be resolved: the others wait no less.
int Resolve(const ResolveFlags& flags, v1::ReviewState state,
            Session* session) {
  absl::StatusOr<Connection*> connection = session->Connect();
  if (!connection.ok()) return session->FailUsage(connection.status());
  int code = kExitOk;
  for (const uint64_t id : flags.ids) {
    v1::ResolveReviewRequest request;
    request.set_id(id);
    request.set_state(state);
    request.set_reason(flags.reason);
    v1::ResolveReviewResponse response;
    const absl::Status status = (*connection)->Call(request, &response);
    if (status.ok() && session->json()) {
      session->PrintJson(response.review());
    } else if (status.ok()) {
      session->Print(ResolvedLine(response.review()));
    } else {
      const int failed = session->Fail(absl::Status(
          status.code(), absl::StrCat("review ", id, ": ", status.message())));
      if (failed != kExitNo) return failed;
      code = failed;
    }
  }
  return code;
}

int Watch(std::optional<uint64_t> after, Session* session) {
  absl::StatusOr<Connection*> connection = session->Connect();
  if (!connection.ok()) return session->FailUsage(connection.status());
  bool written = true;
  const auto tell = [&](const v1::Review& review) {
    if (session->json()) {
      session->PrintJson(review);
    } else {
      session->Print(ResolvedLine(review));
    }
    // Whoever reads it acts on it now.
    written = session->Flush();
    return written ? absl::OkStatus() : absl::AbortedError("not written");
  };
  const ReviewWatch* running = nullptr;
  const auto broken = [&](const absl::Status& why, absl::Duration pause) {
    session->Complain(absl::StrCat(
        "the watch was interrupted (", why.message(), "); trying again in ",
        absl::FormatDuration(pause),
        running->after().has_value()
            ? ""
            : "; what is resolved until then is not told, see --after"));
  };
  ReviewWatch watch(
      {.after = after},
      [&](const v1::WatchReviewsRequest& request) {
        return (*connection)->WatchReviews(request);
      },
      tell, broken);
  running = &watch;
  const absl::Status status = watch.Run();
  if (written) return session->Fail(status);
  session->Complain("cannot write to standard output");
  return kExitNo;
}

void AddList(CLI::App* reviews, Action* chosen) {
  auto flags = std::make_shared<ListFlags>();
  CLI::App* list = AddCommand(
      reviews, "list", "List the reviews that are open",
      "Those that match every filter given, the oldest first. JSON: a Review a "
      "line.",
      "  levee reviews list\n"
      "  levee reviews list --category insult --limit 1000 -o json\n");
  list->add_option("--customer", flags->customer, "Of this customer");
  list->add_option("--rule", flags->rule, "Held by this rule");
  list->add_option("--category", flags->category,
                   "Of this category: insult, meaningless, harassment, bombing "
                   "or promotion");
  AddLimit(list, &flags->limit);
  CheckAllUtf8(list);
  OnChosen(list, chosen,
           [flags](Session* session) { return List(*flags, session); });
}

void AddShow(CLI::App* reviews, Action* chosen) {
  auto id = std::make_shared<uint64_t>(0);
  CLI::App* show = AddCommand(
      reviews, "show", "One review, with the decision and its text",
      "The text only where it is still kept. JSON: a GetReviewResponse.",
      "  levee reviews show 4711\n");
  show->add_option("id", *id, "Its id, the sequence of the decision")
      ->required()
      ->check(CheckId);
  OnChosen(show, chosen, [id](Session* session) { return Show(*id, session); });
}

void AddResolve(CLI::App* reviews, Action* chosen, const std::string& name,
                v1::ReviewState state, const std::string& about,
                const std::string& details, const std::string& examples) {
  auto flags = std::make_shared<ResolveFlags>();
  CLI::App* resolve = AddCommand(reviews, name, about, details, examples);
  resolve->add_option("id", flags->ids, "One or more")
      ->required()
      ->check(CheckId);
  resolve->add_option("--reason", flags->reason, "Why")
      ->check(CheckUtf8)
      ->allow_extra_args(false);
  OnChosen(resolve, chosen, [flags, state](Session* session) {
    return Resolve(*flags, state, session);
  });
}

void AddWatch(CLI::App* reviews, Action* chosen) {
  auto after = std::make_shared<std::optional<uint64_t>>();
  CLI::App* watch = AddCommand(
      reviews, "watch", "Print reviews as they are resolved",
      "A line each, which begins with its resolvedSequence, until it is "
      "interrupted. A token of the helpdesk's may do this. Where the server "
      "restarts, it is tried again and goes on after the last one printed. "
      "JSON: a Review a line.",
      "  levee reviews watch\n"
      "  levee reviews watch --after 4720 -o json | ./let-through\n");
  watch->add_option("--after", *after,
                    "First those that were resolved after this "
                    "resolvedSequence; 0: all that are remembered");
  OnChosen(watch, chosen,
           [after](Session* session) { return Watch(*after, session); });
}

}  // namespace

void AddReviews(CLI::App* app, Action* chosen) {
  CLI::App* reviews = AddCommand(
      app, "reviews", "Look through what is on HOLD", "",
      "  levee reviews list\n"
      "  levee reviews show 4711\n"
      "  levee reviews release 4711 4715 --reason 'a real outage'\n");
  reviews->require_subcommand(1);
  AddList(reviews, chosen);
  AddShow(reviews, chosen);
  AddResolve(reviews, chosen, "release", v1::REVIEW_STATE_RELEASED,
             "Let events through: they were legitimate",
             "They are taken back from all counters, and what they led to is "
             "undone. Ends with 1 if one could not be released; the others "
             "are. JSON: a Review a line.",
             "  levee reviews release 4711\n"
             "  levee reviews release 4711 4715 --reason 'a real outage'\n");
  AddResolve(reviews, chosen, "confirm", v1::REVIEW_STATE_CONFIRMED,
             "Keep events back: they were abuse",
             "An offence, where their rule escalates. Ends with 1 if one could "
             "not be confirmed; the others are. JSON: a Review a line.",
             "  levee reviews confirm 4712 --reason 'the same again'\n");
  AddWatch(reviews, chosen);
}

}  // namespace levee::cli
