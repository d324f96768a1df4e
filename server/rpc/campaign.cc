// CampaignService: near-identical texts of several customers.
#include "server/state/campaign.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "levee/v1/campaign_service.grpc.pb.h"
#include "server/rpc/acts.h"
#include "server/rpc/check.h"
#include "server/rpc/groups.h"
#include "server/rpc/raw.h"
#include "server/rpc/services.h"
#include "server/state/measure.h"
#include "server/state/timestamp.h"

namespace levee::rpc {
namespace {

namespace v1 = levee::v1;

// What a campaign's entity tells of it.
struct Seen {
  state::CampaignTotals totals;
  int64_t first_ms = 0;
  int64_t last_ms = 0;
  uint64_t messages = 0;
  int64_t held_until_ms = 0;
  bool cleared = false;
  std::vector<state::Campaign::Member> members;
};

using Base = BlockingService<
    v1::CampaignService::WithRawCallbackMethod_ListCampaigns<
        v1::CampaignService::WithRawCallbackMethod_GetCampaign<
            v1::CampaignService::WithRawCallbackMethod_HoldCampaign<
                v1::CampaignService::WithRawCallbackMethod_UndoCampaign<
                    v1::CampaignService::Service>>>>,
    v1::ROLE_OPERATOR>;

constexpr int kPageDefault = 50;
constexpr size_t kSampleBytesMax = 200;

absl::Status NoCampaign(uint64_t id) {
  return absl::NotFoundError(absl::StrCat("id: there is no campaign ", id));
}

// What of a customer's acts is restricted on a campaign's account.
sequencer::Act HoldAct(uint64_t campaign, v1::Subject subject, uint64_t handle,
                       int64_t until_ms, const std::string& reason) {
  sequencer::Act act;
  storage::v1::Restricted& made =
      *act.entry.mutable_restrict()->mutable_restricted();
  made.mutable_on()->set_subject(subject);
  made.mutable_on()->set_handle(handle);
  made.set_scope(subject == v1::SUBJECT_CAMPAIGN
                     ? v1::RESTRICTION_SCOPE_ALL_MESSAGES
                     : v1::RESTRICTION_SCOPE_NEW_TICKETS);
  made.set_verdict(v1::VERDICT_HOLD);
  made.set_until_ms(until_ms);
  made.set_campaign(campaign);
  act.reason = reason;
  return act;
}

class CampaignService final : public Base {
 public:
  explicit CampaignService(const Parts& parts) : Base(parts) {}

  grpc::ServerUnaryReactor* ListCampaigns(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override {
    return Start<v1::ListCampaignsRequest, v1::ListCampaignsResponse>(
        context, request, response, [this](auto* call) {
          return List(call->caller(), call->request(), call->response());
        });
  }

  grpc::ServerUnaryReactor* GetCampaign(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override {
    return Start<v1::GetCampaignRequest, v1::GetCampaignResponse>(
        context, request, response, [this](auto* call) {
          return Get(call->caller(), call->request().id(), call->response());
        });
  }

  grpc::ServerUnaryReactor* HoldCampaign(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override {
    return Start<v1::HoldCampaignRequest, v1::HoldCampaignResponse>(
        context, request, response, [this](auto* call) {
          return Hold(call->caller(), call->request(), call->response());
        });
  }

  grpc::ServerUnaryReactor* UndoCampaign(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override {
    return Start<v1::UndoCampaignRequest, v1::UndoCampaignResponse>(
        context, request, response, [this](auto* call) {
          return Undo(call->caller(), call->request(), call->response());
        });
  }

 private:
  absl::Status List(const Caller& caller, const v1::ListCampaignsRequest& given,
                    v1::ListCampaignsResponse* response) const;
  absl::Status Get(const Caller& caller, uint64_t id,
                   v1::GetCampaignResponse* response) const;
  absl::Status Hold(const Caller& caller, const v1::HoldCampaignRequest& given,
                    v1::HoldCampaignResponse* response) const;
  absl::Status Undo(const Caller& caller, const v1::UndoCampaignRequest& given,
                    v1::UndoCampaignResponse* response) const;
  absl::StatusOr<Seen> Find(const Caller& caller, uint64_t id) const;
  void Tell(const Caller& caller, uint64_t id, const Seen& seen,
            v1::Campaign* told) const;
  absl::Status Mark(const Caller& caller, uint64_t id, bool cleared,
                    const std::string& reason) const;
};

absl::StatusOr<Seen> CampaignService::Find(const Caller& caller,
                                           uint64_t id) const {
  Seen seen;
  const state::EntityKey key = {storage::v1::ENTITY_KIND_CAMPAIGN,
                                sequencer::Sequencer::HandleOf(*caller.tenant),
                                id};
  absl::Status status =
      LookAt(parts_.sequencer, key, [&](const state::Entity* entity) {
        if (entity == nullptr) return NoCampaign(id);
        const state::Campaign& campaign = *entity->campaign();
        seen.totals = state::TotalsOf(*entity);
        seen.first_ms = campaign.first_ms();
        seen.last_ms = campaign.last_ms();
        seen.messages = campaign.messages();
        seen.held_until_ms = sequencer::ListedOf(*entity).held_until_ms;
        seen.cleared = campaign.cleared();
        seen.members.assign(campaign.members().begin(),
                            campaign.members().end());
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return seen;
}

void CampaignService::Tell(const Caller& caller, uint64_t id, const Seen& seen,
                           v1::Campaign* told) const {
  told->set_id(id);
  state::SetTime(seen.first_ms, told->mutable_first_at());
  state::SetTime(seen.last_ms, told->mutable_last_at());
  told->set_messages(seen.messages);
  told->set_let_through(
      std::count_if(seen.members.begin(), seen.members.end(),
                    [](const auto& member) { return member.let_through; }));
  told->set_customers(seen.totals.customers);
  told->set_prefixes(seen.totals.prefixes);
  if (seen.totals.young_percent >= 0) {
    told->set_young_percent(seen.totals.young_percent);
  }
  if (seen.held_until_ms > parts_.sequencer->NowMs()) {
    state::SetTime(seen.held_until_ms, told->mutable_held_until());
  }
  told->set_cleared(seen.cleared);
  if (seen.members.empty()) return;
  v1::GetDecisionRequest latest;
  latest.set_sequence(seen.members.back().sequence);
  latest.set_include_text(true);
  const absl::StatusOr<v1::DecisionRecord> record =
      parts_.reader->Get(*caller.tenant, latest);
  if (!record.ok()) return;  // Cut or erased: it goes without.
  const std::string& body = record->body();
  size_t end = std::min(body.size(), kSampleBytesMax);
  while (end > 0 && end < body.size() && (body[end] & 0xC0) == 0x80) --end;
  told->set_sample(body.substr(0, end));
}

absl::Status CampaignService::List(const Caller& caller,
                                   const v1::ListCampaignsRequest& given,
                                   v1::ListCampaignsResponse* response) const {
  const absl::StatusOr<uint64_t> before =
      ParseIdToken(given.page_token(), UINT64_MAX);
  if (!before.ok()) return before.status();
  const size_t page_size =
      given.page_size() == 0 ? kPageDefault : given.page_size();
  const int64_t since_ms =
      given.has_since() ? state::ToMs(given.since()) : INT64_MIN;
  // Newest first.
  std::vector<uint64_t> candidates;
  absl::Status status = SurveyLists(
      parts_.sequencer, caller,
      [&](const sequencer::Directory::Lists& lists, int64_t /*now_ms*/) {
        for (auto it = lists.campaigns.lower_bound(*before);
             it != lists.campaigns.begin();) {
          --it;
          if (it->second.last_ms >= since_ms) candidates.push_back(it->first);
        }
      });
  for (const uint64_t id : candidates) {
    if (!status.ok()) break;
    const absl::StatusOr<Seen> seen = Find(caller, id);
    status = seen.status();
    if (!status.ok() || seen->totals.customers <
                            static_cast<int64_t>(given.customers_at_least())) {
      continue;
    }
    if (static_cast<size_t>(response->campaigns_size()) == page_size) {
      response->set_next_page_token(
          absl::StrCat(response->campaigns().rbegin()->id()));
      break;
    }
    Tell(caller, id, *seen, response->add_campaigns());
  }
  return status;
}

absl::Status CampaignService::Get(const Caller& caller, uint64_t id,
                                  v1::GetCampaignResponse* response) const {
  const absl::StatusOr<Seen> seen = Find(caller, id);
  if (!seen.ok()) return seen.status();
  Tell(caller, id, *seen, response->mutable_campaign());
  for (auto member = seen->members.rbegin(); member != seen->members.rend();
       ++member) {
    v1::CampaignMember* const told = response->add_members();
    told->set_sequence(member->sequence);
    state::SetTime(member->effective_ms, told->mutable_at());
    v1::GetDecisionRequest request;
    request.set_sequence(member->sequence);
    const absl::StatusOr<v1::DecisionRecord> record =
        parts_.reader->Get(*caller.tenant, request);
    if (absl::IsNotFound(record.status())) continue;
    if (!record.ok()) return record.status();
    told->set_customer_id(record->customer_id());
    told->set_ticket_id(record->ticket_id());
    told->set_verdict(record->decision().verdict());
  }
  return absl::OkStatus();
}

// What the operator says of the campaign, so that rules know.
absl::Status CampaignService::Mark(const Caller& caller, uint64_t id,
                                   bool cleared,
                                   const std::string& reason) const {
  sequencer::Act act;
  act.entry.mutable_campaign()->set_id(id);
  act.entry.mutable_campaign()->set_cleared(cleared);
  act.reason = reason;
  return Perform(parts_.sequencer, caller, std::move(act)).status();
}

// Each of the acts is one of its own in the journal; whoever is held already on
// this campaign's account is passed over, so that it may be sent again.
absl::Status CampaignService::Hold(const Caller& caller,
                                   const v1::HoldCampaignRequest& given,
                                   v1::HoldCampaignResponse* response) const {
  absl::StatusOr<Seen> seen = Find(caller, given.id());
  if (!seen.ok()) return seen.status();
  std::set<std::pair<v1::Subject, uint64_t>> wanted;
  wanted.emplace(v1::SUBJECT_CAMPAIGN, given.id());
  for (const auto& member : seen->members) {
    if (member.customer != 0) {
      wanted.emplace(v1::SUBJECT_CUSTOMER, member.customer);
    }
  }
  const int64_t until_ms = state::ToMs(given.until());
  if (until_ms <= parts_.sequencer->NowMs()) {
    return Wrong("until", "it has passed already");
  }
  absl::Status status = SurveyLists(
      parts_.sequencer, caller,
      [&](const sequencer::Directory::Lists& lists, int64_t now_ms) {
        for (const auto& [id, record] : lists.restrictions) {
          const storage::v1::Restricted& held = record.restricted();
          if (held.campaign() == given.id() && held.rule_id().empty() &&
              held.until_ms() > now_ms && held.until_ms() >= until_ms) {
            wanted.erase({held.on().subject(), held.on().handle()});
          }
        }
      });
  if (!status.ok()) return status;
  // The campaign's own first: what is wrong with the request shows there,
  // before anything is done.
  const auto own = wanted.extract({v1::SUBJECT_CAMPAIGN, given.id()});
  const auto hold = [&](v1::Subject subject, uint64_t handle) {
    return Perform(
               parts_.sequencer, caller,
               HoldAct(given.id(), subject, handle, until_ms, given.reason()))
        .status();
  };
  if (!own.empty()) status = hold(v1::SUBJECT_CAMPAIGN, given.id());
  if (status.ok()) status = Mark(caller, given.id(), false, given.reason());
  if (!status.ok()) return status;
  for (const auto& [subject, handle] : wanted) {
    absl::Status done = hold(subject, handle);
    // Of one who has as many as he can have, those do.
    if (absl::IsFailedPrecondition(done)) continue;
    if (!done.ok()) return done;
    response->set_customers(response->customers() + 1);
  }
  seen = Find(caller, given.id());
  if (!seen.ok()) return seen.status();
  Tell(caller, given.id(), *seen, response->mutable_campaign());
  return absl::OkStatus();
}

absl::Status CampaignService::Undo(const Caller& caller,
                                   const v1::UndoCampaignRequest& given,
                                   v1::UndoCampaignResponse* response) const {
  const uint64_t id = given.id();
  std::vector<uint64_t> restrictions;
  std::vector<uint64_t> reviews;
  if (const auto known = Find(caller, id); !known.ok()) return known.status();
  const std::shared_ptr<const rules::RuleSet> rules =
      parts_.sequencer->RulesOf(*caller.tenant);
  // What a rule holds because of the campaign itself.
  const auto is_of_campaign = [&](const storage::v1::ReviewRecord& review) {
    const rules::CompiledRule* const rule =
        rules == nullptr ? nullptr : rules->Find(review.rule_id());
    return review.subjects().campaign() == id &&
           (rule == nullptr || rule->of_campaign);
  };
  // Customers and the rules (empty: an operator) whose restrictions are lifted:
  // what these hold waits because of the campaign as well.
  std::set<std::pair<uint64_t, std::string>> held;
  absl::Status status = SurveyLists(
      parts_.sequencer, caller,
      [&](const sequencer::Directory::Lists& lists, int64_t now_ms) {
        for (const auto& [restriction, record] : lists.restrictions) {
          const storage::v1::Restricted& made = record.restricted();
          if (made.campaign() != id || made.until_ms() <= now_ms) continue;
          restrictions.push_back(restriction);
          if (made.on().subject() == v1::SUBJECT_CUSTOMER) {
            held.emplace(made.on().handle(), made.rule_id());
          }
        }
        for (const auto& [review, record] : lists.reviews) {
          if (is_of_campaign(record) ||
              held.contains({record.subjects().customer(), record.rule_id()})) {
            reviews.push_back(review);
          }
        }
      });
  if (!status.ok()) return status;
  // First, so that what comes meanwhile is spared.
  status = Mark(caller, id, true, given.reason());
  if (!status.ok()) return status;
  for (const uint64_t restriction : restrictions) {
    sequencer::Act act;
    act.entry.mutable_lift()->set_id(restriction);
    act.reason = given.reason();
    const auto done = Perform(parts_.sequencer, caller, std::move(act));
    // Lifted with another one of its rule's, or over.
    if (absl::IsFailedPrecondition(done.status())) continue;
    if (!done.ok()) return done.status();
    response->set_lifted(response->lifted() + 1);
  }
  for (const uint64_t review : reviews) {
    sequencer::Act act;
    act.entry.mutable_resolve_review()->set_review(review);
    act.entry.mutable_resolve_review()->set_released(true);
    act.reason = given.reason();
    const auto done = Perform(parts_.sequencer, caller, std::move(act));
    if (absl::IsFailedPrecondition(done.status())) continue;
    if (!done.ok()) return done.status();
    response->set_released(response->released() + 1);
  }
  const absl::StatusOr<Seen> seen = Find(caller, id);
  if (!seen.ok()) return seen.status();
  Tell(caller, id, *seen, response->mutable_campaign());
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<grpc::Service> MakeCampaignService(const Parts& parts) {
  return std::make_unique<CampaignService>(parts);
}

}  // namespace levee::rpc
