#include "server/sequencer/sequencer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "server/rules/decide.h"
#include "server/sequencer/core.h"
#include "server/text/facts.h"

namespace levee::sequencer {
namespace {

using levee::v1::TicketEvent;

bool KeyLess(const levee::v1::Attribute& a, const levee::v1::Attribute& b) {
  return a.key() < b.key();
}

// The bytes that say what the event is: the order in which a client lists
// attributes does not matter.
std::string ContentOf(const TicketEvent& event) {
  const auto& attributes = event.attributes();
  if (std::is_sorted(attributes.begin(), attributes.end(), KeyLess)) {
    return event.SerializeAsString();
  }
  TicketEvent sorted = event;
  std::sort(sorted.mutable_attributes()->begin(),
            sorted.mutable_attributes()->end(), KeyLess);
  return sorted.SerializeAsString();
}

}  // namespace

Sequencer::Sequencer(std::unique_ptr<Core> core) : core_(std::move(core)) {}

Sequencer::~Sequencer() { Stop(); }

absl::StatusOr<std::unique_ptr<Sequencer>> Sequencer::Start(
    storage::Shard* shard, Options options) {
  auto core = std::make_unique<Core>(shard, std::move(options));
  if (absl::Status status = core->Recover(); !status.ok()) return status;
  core->StartThread();
  return std::unique_ptr<Sequencer>(new Sequencer(std::move(core)));
}

const Tenant* Sequencer::FindTenant(std::string_view name) const {
  for (const auto& tenant : core_->tenants) {
    if (tenant->name == name) return tenant.get();
  }
  return nullptr;
}

std::shared_ptr<const rules::RuleSet> Sequencer::RulesOf(
    const Tenant& tenant) const {
  return tenant.rules();
}

uint64_t Sequencer::HandleOf(const Tenant& tenant) { return tenant.handle; }

storage::Id128 Sequencer::EventIdHash(const Tenant& tenant,
                                      std::string_view event_id) const {
  return core_->hash("event", tenant.handle, event_id);
}

void Sequencer::Prepare(const Tenant& tenant, Item* item) const {
  const TicketEvent& event = *item->event;
  item->id_hash = EventIdHash(tenant, event.event_id());
  item->content_hash = core_->hash("content", tenant.handle, ContentOf(event));
  if (event.actor() != levee::v1::ACTOR_CUSTOMER) return;
  item->source = rules::Canonical(event.source());
  item->has_text = !event.subject().empty() || !event.body().empty();
  if (item->has_text) {
    text::Examined examined = text::Examine(event);
    item->text = std::move(examined.facts);
    item->print = examined.print;
  }
  item->rules = tenant.rules();
  if (item->rules != nullptr) {
    item->observed =
        rules::Observe(*item->rules, event, item->source, item->text);
  }
}

absl::Status Sequencer::Enqueue(Job& job) {
  if (absl::Status failure = writable(); !failure.ok()) return failure;
  absl::Status pushed = core_->queue.Push(job);
  if (absl::IsResourceExhausted(pushed)) {
    core_->counters.shed.fetch_add(WeightOf(job).events,
                                   std::memory_order_relaxed);
  }
  return pushed;
}

void Sequencer::Stop() { core_->Stop(); }

Feed* Sequencer::feed() { return &core_->feed; }

const Counters& Sequencer::counters() const { return core_->counters; }

int64_t Sequencer::NowMs() const { return core_->clock.NowMs(); }

int64_t Sequencer::WallAheadMs() const { return core_->clock.WallAheadMs(); }

size_t Sequencer::queue_length() const { return core_->queue.length(); }

size_t Sequencer::queue_capacity() const { return core_->queue.capacity(); }

size_t Sequencer::entities_cached() const { return core_->cache.size(); }

size_t Sequencer::entities_cache_max() const {
  return core_->cache.entities_max();
}

absl::Status Sequencer::writable() const { return core_->committer->failure(); }

}  // namespace levee::sequencer
