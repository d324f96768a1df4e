#include "tests/scenarios/story.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/message.h"
#include "server/rules/decide.h"
#include "server/rules/duration.h"
#include "server/sequencer/directory.h"
#include "server/sequencer/subject.h"
#include "server/state/records.h"
#include "tests/fold.h"

namespace levee::tests {
namespace {

using google::protobuf::Timestamp;

// Puts the number into every string of a message.
void Number(google::protobuf::Message* message, int n) {
  const auto* const reflection = message->GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const auto* field : fields) {
    if (field->is_repeated()) continue;
    if (field->cpp_type() ==
        google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
      reflection->SetString(
          message, field,
          absl::StrReplaceAll(reflection->GetString(*message, field),
                              {{"{n}", absl::StrCat(n)}}));
    } else if (field->cpp_type() ==
               google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
      Number(reflection->MutableMessage(message, field), n);
    }
  }
}

bool ByAgent(v1::EventKind kind) {
  return kind == v1::EVENT_KIND_AGENT_REPLIED ||
         kind == v1::EVENT_KIND_SOLVED ||
         kind == v1::EVENT_KIND_ABUSE_REPORTED ||
         kind == v1::EVENT_KIND_WITHDRAWN;
}

void SetTime(int64_t ms, Timestamp* time) {
  time->set_seconds(ms / 1000);
  time->set_nanos(static_cast<int32_t>(ms % 1000 * 1'000'000));
}

bool IsEnforced(const v1::Finding& finding) {
  return finding.mode() == v1::MODE_ENFORCE && !finding.suspended();
}

bool Has(const v1::Decision& decision, const std::string& rule) {
  return std::any_of(decision.findings().begin(), decision.findings().end(),
                     [&](const v1::Finding& finding) {
                       return finding.rule_id() == rule && IsEnforced(finding);
                     });
}

}  // namespace

void Story::Wrong(const std::string& what) {
  wrong_.push_back(absl::StrCat("steps[", step_, "]: ", what));
}

int64_t Story::Duration(const std::string& text) {
  const auto ms = rules::ParseDuration(text);
  if (!ms.has_value()) Wrong(absl::StrCat("\"", text, "\" is no duration"));
  return ms.value_or(0);
}

void Story::MoveTo(int64_t after_start_ms) {
  if (after_start_ms < now_ms_) {
    Wrong("comes before the step ahead of it");
    return;
  }
  desk_.clock.Advance(after_start_ms - now_ms_);
  now_ms_ = after_start_ms;
}

std::vector<std::string> Story::Tell(const Scenario& scenario,
                                     const std::string& default_rules) {
  if (absl::Status status = desk_.Start(); !status.ok()) {
    return {status.ToString()};
  }
  const auto applied = desk_.ApplyRules(
      scenario.rules_text().empty() ? default_rules : scenario.rules_text());
  if (!applied.ok()) return {applied.status().ToString()};
  for (const Step& step : scenario.steps()) {
    if (!step.at().empty()) MoveTo(Duration(step.at()));
    Do(step);
    ++step_;
  }
  desk_.Stop();
  Records folded;
  if (absl::Status fold = Fold(store_, &folded); !fold.ok()) {
    wrong_.push_back(absl::StrCat("decided again: ", fold.ToString()));
  } else if (folded != StoredRecords(store_)) {
    wrong_.push_back("what is stored is not what the journal comes to");
  }
  return std::move(wrong_);
}

void Story::Do(const Step& step) {
  const int times = std::max(step.times(), 1);
  const int64_t every_ms = step.every().empty() ? 0 : Duration(step.every());
  for (int n = 1; n <= times; ++n) {
    if (n > 1) MoveTo(now_ms_ + every_ms);
    if (step.has_event()) {
      Submit(step, n);
    } else {
      Act(step);
    }
  }
}

void Story::Submit(const Step& step, int n) {
  const Happens& happens = step.event();
  v1::TicketEvent event = happens.event();
  Number(&event, n);
  if (event.event_id().empty()) {
    event.set_event_id(absl::StrCat(step_, "-", n));
  }
  if (event.customer_id().empty()) event.set_customer_id("c");
  if (event.ticket_id().empty()) event.set_ticket_id("t");
  if (event.actor() == v1::ACTOR_UNSPECIFIED) {
    event.set_actor(ByAgent(event.kind()) ? v1::ACTOR_AGENT
                                          : v1::ACTOR_CUSTOMER);
  }
  if (event.actor() == v1::ACTOR_AGENT && event.agent_id().empty()) {
    event.set_agent_id("agent");
  }
  const int64_t now_ms = desk_.clock.WallMs();
  if (!happens.account_age().empty()) {
    SetTime(now_ms - Duration(happens.account_age()),
            event.mutable_account_created_at());
  }
  if (!happens.late().empty()) {
    SetTime(now_ms - Duration(happens.late()), event.mutable_occurred_at());
  }
  if (!happens.imported().empty()) {
    SetTime(now_ms - Duration(happens.imported()), event.mutable_occurred_at());
  }
  const auto decision =
      happens.imported().empty()
          ? desk_.Submit(event)
          : desk_.SubmitAll({event}, sequencer::Purpose::kImport, "story",
                            imported_++)[0];
  if (decision.ok()) {
    Check(step, n, *decision);
  } else {
    Wrong(absl::StrCat("time ", n, ": ", decision.status().ToString()));
  }
}

void Story::Check(const Step& step, int n, const v1::Decision& decision) {
  const auto wrong = [&](const std::string& what) {
    Wrong(absl::StrCat("time ", n, ": ", what,
                       "; the answer: ", decision.ShortDebugString()));
  };
  for (const Expect& expect : step.expect()) {
    if (n < expect.from() || (expect.to() != 0 && n > expect.to())) continue;
    if (!expect.verdict().empty() &&
        std::find(expect.verdict().begin(), expect.verdict().end(),
                  decision.verdict()) == expect.verdict().end()) {
      wrong("another verdict was expected");
    }
    for (const std::string& rule : expect.rules()) {
      if (!Has(decision, rule)) wrong(absl::StrCat(rule, " did not match"));
    }
    for (const std::string& rule : expect.no_rules()) {
      if (Has(decision, rule)) wrong(absl::StrCat(rule, " matched"));
    }
    if (expect.has_exemption() && expect.exemption() != decision.exemption()) {
      wrong("another exemption was expected");
    }
    if (!expect.retry_after().empty() &&
        Duration(expect.retry_after()) !=
            decision.retry_after().seconds() * 1000 +
                decision.retry_after().nanos() / 1'000'000) {
      wrong(absl::StrCat("retry_after is not ", expect.retry_after()));
    }
    if (decision.message().find(expect.message()) == std::string::npos) {
      wrong(
          absl::StrCat("the message does not say \"", expect.message(), "\""));
    }
    if (expect.no_findings() && !decision.findings().empty()) {
      wrong("nothing was to be found");
    }
  }
}

void Story::Act(const Step& step) {
  sequencer::Act act;
  const int64_t now_ms = desk_.clock.WallMs();
  const auto until = [&](const std::string& duration) {
    return duration.empty() ? 0 : now_ms + Duration(duration);
  };
  switch (step.what_case()) {
    case Step::kBeginIncident: {
      auto& begin = *act.entry.mutable_begin_incident();
      *begin.mutable_departments() = step.begin_incident().departments();
      begin.set_until_ms(until(step.begin_incident().duration()));
      break;
    }
    case Step::kEndIncidents:
      return EndIncidents();
    case Step::kProposals: {
      int proposals = 0;
      const absl::Status looked =
          desk_.LookAtLists([&](const sequencer::Directory::Lists& lists) {
            proposals = lists.incidents.proposals_size();
          });
      if (!looked.ok()) Wrong(looked.ToString());
      if (proposals != step.proposals().count()) {
        Wrong(absl::StrCat(proposals, " incidents were proposed"));
      }
      return;
    }
    case Step::kGrant:
      act.entry.mutable_grant()->set_until_ms(until(step.grant().duration()));
      act.about = storage::v1::NAME_KIND_CUSTOMER;
      act.id = step.grant().customer_id();
      act.reference = step.grant().reference();
      break;
    case Step::kRestrict: {
      const auto subject = sequencer::ToNamed(step.restrict().subject());
      if (!subject.ok()) return Wrong(subject.status().ToString());
      auto& made = *act.entry.mutable_restrict()->mutable_restricted();
      made.mutable_on()->set_subject(subject->subject);
      made.set_scope(step.restrict().scope() ==
                             v1::RESTRICTION_SCOPE_UNSPECIFIED
                         ? v1::RESTRICTION_SCOPE_ALL_MESSAGES
                         : step.restrict().scope());
      made.set_verdict(step.restrict().verdict());
      made.set_until_ms(until(step.restrict().duration()));
      act.about = subject->name;
      act.id = subject->id;
      break;
    }
    case Step::kLiftAll:
      return LiftAll();
    case Step::kOverrideCustomer: {
      auto& overrule = *act.entry.mutable_overrule();
      overrule.set_exempt_until_ms(
          until(step.override_customer().exempt_for()));
      overrule.set_limits_times(step.override_customer().limits_times());
      overrule.set_limits_until_ms(
          until(step.override_customer().limits_for()));
      act.about = storage::v1::NAME_KIND_CUSTOMER;
      act.id = step.override_customer().customer_id();
      break;
    }
    case Step::kReleaseAll:
      return ResolveAll(true);
    case Step::kConfirmAll:
      return ResolveAll(false);
    case Step::kApplyRules:
      if (const auto applied = desk_.ApplyRules(step.apply_rules());
          !applied.ok()) {
        Wrong(applied.status().ToString());
      }
      return;
    case Step::kRestart:
      if (absl::Status status = desk_.Restart(); !status.ok()) {
        Wrong(status.ToString());
      }
      return;
    default:
      return Wrong("nothing happens");
  }
  if (const auto done = desk_.Do(std::move(act)); !done.ok()) {
    Wrong(done.status().ToString());
  }
}

void Story::ResolveAll(bool released) {
  std::vector<uint64_t> open;
  const absl::Status looked =
      desk_.LookAtLists([&](const sequencer::Directory::Lists& lists) {
        for (const auto& [id, review] : lists.reviews) open.push_back(id);
      });
  if (!looked.ok()) Wrong(looked.ToString());
  if (open.empty()) Wrong("no review is open");
  for (const uint64_t id : open) {
    sequencer::Act act;
    act.entry.mutable_resolve_review()->set_review(id);
    act.entry.mutable_resolve_review()->set_released(released);
    if (const auto done = desk_.Do(std::move(act)); !done.ok()) {
      Wrong(done.status().ToString());
    }
  }
}

void Story::LiftAll() {
  std::vector<uint64_t> in_force;
  const int64_t now_ms = desk_.clock.WallMs();
  const absl::Status looked =
      desk_.LookAtLists([&](const sequencer::Directory::Lists& lists) {
        for (const auto& [id, made] : lists.restrictions) {
          if (made.restricted().until_ms() > now_ms) in_force.push_back(id);
        }
      });
  if (!looked.ok()) Wrong(looked.ToString());
  if (in_force.empty()) Wrong("no restriction is in force");
  for (const uint64_t id : in_force) {
    sequencer::Act act;
    act.entry.mutable_lift()->set_id(id);
    // Lifting one ends all of its rule on the subject.
    if (const auto done = desk_.Do(std::move(act));
        !done.ok() && !absl::IsFailedPrecondition(done.status())) {
      Wrong(done.status().ToString());
    }
  }
}

void Story::EndIncidents() {
  std::vector<uint64_t> running;
  const int64_t now_ms = desk_.clock.WallMs();
  const absl::Status looked =
      desk_.LookAtLists([&](const sequencer::Directory::Lists& lists) {
        for (const auto& incident : lists.incidents.incidents()) {
          if (state::Runs(incident, now_ms)) running.push_back(incident.id());
        }
      });
  if (!looked.ok()) Wrong(looked.ToString());
  if (running.empty()) Wrong("no incident runs");
  for (const uint64_t id : running) {
    sequencer::Act act;
    act.entry.mutable_end_incident()->set_id(id);
    if (const auto done = desk_.Do(std::move(act)); !done.ok()) {
      Wrong(done.status().ToString());
    }
  }
}

}  // namespace levee::tests
