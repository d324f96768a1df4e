// Seeded lives of the whole core: sequencer, rules, state and storage over a
// file system whose power goes off and whose writes fail at any moment,
// restarted again and again, against a simple model. What was answered is kept
// with the decision that was given; what was not is there whole or not at all;
// nothing counts twice; and the stored state is the fold of the journal.
//
// LEVEE_SEED replays one life, LEVEE_STEPS sets its length.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "levee/storage/v1/entry.pb.h"
#include "server/sequencer/retention.h"
#include "server/state/records.h"
#include "storage/memory_store.h"
#include "storage/rocks_store.h"
#include "tests/fold.h"
#include "tests/life.h"
#include "tests/server/sequencer/desk.h"
#include "tests/storage/faulty_file_system.h"
#include "tests/storage/temp_dir.h"

namespace levee::tests {
namespace {

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;
// How long an event id is known for certain.
constexpr int64_t kIdsMs = 7 * kDay;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

// Tells the count of a customer's openings in an hour, and changes nothing.
std::string RulesWithCount() {
  return std::string(kLifeRules) + R"pb(
    rules {
      id: "count"
      category: CATEGORY_BOMBING
      mode: MODE_SHADOW
      on: EVENT_KIND_OPENED
      when {
        rate {
          per: SUBJECT_CUSTOMER
          kinds: EVENT_KIND_OPENED
          window: "1h"
          at_least: 2
        }
      }
      then { verdict: VERDICT_REJECT }
    })pb";
}

// What a customer opened, as anybody would keep it: a list.
class OpeningsModel {
 public:
  void Add(const v1::TicketEvent& event, int64_t effective_ms) {
    if (event.kind() == v1::EVENT_KIND_WITHDRAWN) {
      openings_.erase(event.regards_event_id());
    } else if (event.kind() == v1::EVENT_KIND_OPENED &&
               event.actor() == v1::ACTOR_CUSTOMER) {
      openings_[event.event_id()] = {event.customer_id(), effective_ms};
    }
  }
  void TakeBack(const std::string& event_id) { openings_.erase(event_id); }
  // What lies up to then does not count any more.
  void Forgive(const std::string& customer, int64_t at_ms) {
    int64_t& forgiven_ms = forgiven_ms_[customer];
    forgiven_ms = std::max(forgiven_ms, at_ms);
  }
  // In the hour up to `at_ms`.
  int64_t Count(const std::string& customer, int64_t at_ms) const {
    const auto forgiven = forgiven_ms_.find(customer);
    const int64_t after_ms = std::max(
        at_ms - kHour, forgiven == forgiven_ms_.end() ? 0 : forgiven->second);
    return std::count_if(
        openings_.begin(), openings_.end(), [&](const auto& opening) {
          const auto& [who, when] = opening.second;
          return who == customer && when > after_ms && when <= at_ms;
        });
  }

 private:
  std::map<std::string, int64_t> forgiven_ms_;
  std::map<std::string, std::pair<std::string, int64_t>> openings_;
};

class World {
 public:
  explicit World(uint64_t seed)
      : life_(seed),
        file_system_(std::make_shared<FaultyFileSystem>(attic_.path(), seed)),
        env_(FaultyFileSystem::NewEnv(file_system_)) {
    options_.dir = dir_ / "store";
    options_.env = env_.get();
    // Small, so that everything moves.
    options_.index_items = 64;
    options_.write_buffer_bytes = 4 << 20;
  }

  void Live(uint64_t steps) {
    ASSERT_NO_FATAL_FAILURE(Start());
    for (uint64_t step = 0; step < steps; ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      // Bursts, and hours in between: so that ids expire in a life.
      clock_.Advance(static_cast<int64_t>(
          life_.Below(life_.Chance(4) ? 4 * kHour : 5 * kMinute)));
      ASSERT_NO_FATAL_FAILURE(Step());
    }
    ASSERT_NO_FATAL_FAILURE(Restart());
    ASSERT_NO_FATAL_FAILURE(AskAgain(answered_.size()));
    ASSERT_NO_FATAL_FAILURE(CompareWithFold());
    EXPECT_GT(acts_, 0);
    std::cout << answered_.size() << " events answered, " << acts_ << " acts, "
              << crashes_ << " crashes, " << cuts_ << " journal cuts, "
              << file_system_->bytes_lost() << " bytes lost\n";
    EXPECT_GT(answered_.size(), steps);
    EXPECT_GT(crashes_, 0);
  }

 private:
  void Start() {
    auto store = storage::RocksStore::Open(options_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    sequencer::Options options;
    options.tenants = {"acme"};
    options.clock = &clock_;
    options.cache_entities_max = 32;
    options.cache_names_max = 16'384;
    options.flush_lag_entries = 50;
    options.random = CountedHandles(life_.Below(1'000'000'007));
    desk_ = std::make_unique<Desk>(store_.get(), std::move(options));
    const absl::Status started = desk_->Start();
    ASSERT_TRUE(started.ok()) << started;
    if (desk_->sequencer->RulesOf(*Acme()) == nullptr) {
      (void)desk_->ApplyRules(RulesWithCount());
    }
  }

  // A clean stop, or the end of what a fault began.
  void Restart() {
    desk_.reset();
    store_.reset();
    file_system_->RestorePower();
    faulty_ = false;
    ASSERT_NO_FATAL_FAILURE(Start());
    ASSERT_NO_FATAL_FAILURE(LearnActs());
    ASSERT_NO_FATAL_FAILURE(LearnWhatBecameOfTheUnanswered());
    CopyJournal();
    ASSERT_NO_FATAL_FAILURE(AskAgain(10));
  }

  void Step() {
    switch (life_.Below(100)) {
      case 0:
        return Restart();
      case 1:
        (void)desk_->ApplyRules(RulesWithCount());
        return;
      case 2:
        return CutJournal();
      case 3:
      case 4:
        file_system_->CutPowerAfter(static_cast<int>(life_.Below(40)));
        faulty_ = true;
        break;
      case 5:
        file_system_->FailSyncs(true);
        faulty_ = true;
        break;
      case 6:
        file_system_->FailWrites(true);
        faulty_ = true;
        break;
      case 7:
      case 8:
      case 9:
      case 10:
        ASSERT_NO_FATAL_FAILURE(ActSomehow());
        break;
      default:
        break;
    }
    ASSERT_NO_FATAL_FAILURE(SubmitSome());
  }

  // An operator does something to somebody.
  void ActSomehow() {
    if (order_.empty()) return;
    const v1::TicketEvent& of = events_[order_[life_.Below(order_.size())]];
    sequencer::Act act;
    std::vector<uint64_t> restrictions;
    std::vector<uint64_t> reviews;
    std::vector<uint64_t> incidents;
    const int64_t now_ms = clock_.WallMs();
    const absl::Status looked =
        desk_->LookAtLists([&](const sequencer::Directory::Lists& lists) {
          for (const auto& [id, made] : lists.restrictions) {
            if (made.restricted().until_ms() > now_ms) {
              restrictions.push_back(id);
            }
          }
          for (const auto& [id, review] : lists.reviews) reviews.push_back(id);
          for (const auto& incident : lists.incidents.incidents()) {
            if (state::Runs(incident, now_ms)) {
              incidents.push_back(incident.id());
            }
          }
        });
    if (!looked.ok()) return;
    const auto one_of = [&](const std::vector<uint64_t>& ids) {
      return ids.empty() ? 0 : ids[life_.Below(ids.size())];
    };
    act.about = storage::v1::NAME_KIND_CUSTOMER;
    act.reason = "as the desk says";
    switch (life_.Below(6)) {
      case 0: {
        auto& made = *act.entry.mutable_restrict()->mutable_restricted();
        made.mutable_on()->set_subject(v1::SUBJECT_CUSTOMER);
        made.set_scope(v1::RESTRICTION_SCOPE_ALL_MESSAGES);
        made.set_verdict(v1::VERDICT_HOLD);
        made.set_until_ms(now_ms + 1 + life_.Below(5 * kHour));
        act.id = of.customer_id();
        break;
      }
      case 1:
        act.entry.mutable_lift()->set_id(one_of(restrictions));
        break;
      case 2:
        act.entry.mutable_resolve_review()->set_review(one_of(reviews));
        act.entry.mutable_resolve_review()->set_released(life_.Chance(2));
        break;
      case 3:
        act.entry.mutable_begin_incident()->set_until_ms(now_ms + kHour);
        break;
      case 4:
        act.entry.mutable_end_incident()->set_id(one_of(incidents));
        break;
      default:
        act.entry.mutable_overrule()->set_exempt_until_ms(now_ms + kHour);
        act.id = of.customer_id();
        break;
    }
    const absl::StatusOr<uint64_t> done = desk_->Do(std::move(act));
    if (absl::IsUnavailable(done.status())) {
      ASSERT_TRUE(faulty_) << "the store failed without a fault";
      ++crashes_;
      ASSERT_NO_FATAL_FAILURE(Restart());
      return;
    }
    // Nothing to lift, to resolve or to end.
    ASSERT_TRUE(done.ok() || absl::IsNotFound(done.status())) << done.status();
    if (done.ok()) ++acts_;
    ASSERT_NO_FATAL_FAILURE(LearnActs());
  }

  // What acts that the journal has took back or forgave, answered or not.
  void LearnActs() {
    const uint64_t last = store_->head().last_sequence;
    const absl::Status scanned = store_->Scan(
        learned_acts_ + 1, last,
        [&](uint64_t sequence, std::string_view bytes) {
          storage::v1::Entry entry;
          EXPECT_TRUE(entry.ParseFromArray(bytes.data(),
                                           static_cast<int>(bytes.size())));
          if (!entry.has_act()) return true;
          const storage::v1::ActEntry& act = entry.act();
          for (const auto& refund : act.resolve_review().refunds()) {
            if (refund.uncounted()) continue;
            openings_.TakeBack(event_of_[refund.sequence()]);
          }
          if (act.has_lift()) {
            for (const uint64_t customer :
                 {act.customer(), act.lift().customer()}) {
              openings_.Forgive(NameOf(entry.tenant(), customer),
                                act.lift().forgiven_ms());
            }
          }
          return true;
        });
    ASSERT_TRUE(scanned.ok()) << scanned;
    learned_acts_ = last;
  }

  std::string NameOf(uint64_t tenant, uint64_t customer) const {
    const storage::HandleRef ref = {tenant, storage::v1::NAME_KIND_CUSTOMER,
                                    customer};
    std::optional<std::string> id;
    EXPECT_TRUE(store_->FindNames({&ref, 1}, absl::MakeSpan(&id, 1)).ok());
    return id.value_or("");
  }

  void SubmitSome() {
    std::vector<v1::TicketEvent> events;
    for (uint64_t i = 0; i <= life_.Below(6); ++i) {
      events.push_back(life_.Next(clock_.WallMs()));
    }
    const auto answers = desk_->SubmitAll(events);
    bool crashed = false;
    for (size_t i = 0; i < events.size(); ++i) {
      crashed |= absl::IsUnavailable(answers[i].status());
      ASSERT_NO_FATAL_FAILURE(Learn(events[i], answers[i]));
    }
    if (!crashed) return;
    ASSERT_TRUE(faulty_) << "the store failed without a fault";
    ++crashes_;
    ASSERT_NO_FATAL_FAILURE(Restart());
  }

  void Learn(const v1::TicketEvent& event,
             const absl::StatusOr<v1::Decision>& answer) {
    if (absl::IsFailedPrecondition(answer.status())) return;  // regards nothing
    if (!answer.ok()) {
      ASSERT_TRUE(absl::IsUnavailable(answer.status())) << answer.status();
      if (answered_.count(event.event_id()) == 0) {
        unanswered_[event.event_id()] = event;
      }
      return;
    }
    const std::string bytes = answer->SerializeAsString();
    auto [it, first] = answered_.emplace(event.event_id(), bytes);
    if (!first && it->second == bytes) return;
    ASSERT_TRUE(first || IsExpired(it->second))
        << "another decision for " << it->first;
    it->second = bytes;
    unanswered_.erase(event.event_id());
    events_[event.event_id()] = event;
    order_.push_back(event.event_id());
    event_of_[answer->sequence()] = event.event_id();
    ASSERT_NO_FATAL_FAILURE(CheckCount(event, *answer));
    openings_.Add(event, MsOf(answer->effective_at()));
  }

  bool IsExpired(const std::string& decision_bytes) const {
    v1::Decision decision;
    decision.ParseFromString(decision_bytes);
    return MsOf(decision.decided_at()) <= clock_.WallMs() - kIdsMs;
  }

  static int64_t MsOf(const google::protobuf::Timestamp& time) {
    return time.seconds() * 1000 + time.nanos() / 1'000'000;
  }

  void CheckCount(const v1::TicketEvent& event, const v1::Decision& answer) {
    if (event.kind() != v1::EVENT_KIND_OPENED ||
        event.actor() != v1::ACTOR_CUSTOMER ||
        answer.rule_set_revision() == 0) {
      return;
    }
    const int64_t at_ms = MsOf(answer.effective_at());
    const int64_t expected = openings_.Count(event.customer_id(), at_ms) + 1;
    int64_t counted = 1;
    for (const v1::Finding& finding : answer.findings()) {
      if (finding.rule_id() == "count") counted = finding.evidence(0).value();
    }
    ASSERT_EQ(counted, expected) << event.ShortDebugString();
  }

  // Those that were not answered are in the journal or not; either is right,
  // but the model must know.
  void LearnWhatBecameOfTheUnanswered() {
    std::vector<std::pair<uint64_t, std::string>> found;
    for (const auto& [event_id, event] : unanswered_) {
      const storage::Id128 hash =
          desk_->sequencer->EventIdHash(*Acme(), event_id);
      std::optional<uint64_t> sequence;
      ASSERT_TRUE(
          store_->FindEvents({&hash, 1}, absl::MakeSpan(&sequence, 1)).ok());
      if (sequence) found.emplace_back(*sequence, event_id);
    }
    std::sort(found.begin(), found.end());
    for (const auto& [sequence, event_id] : found) {
      const v1::TicketEvent event = unanswered_[event_id];
      ASSERT_NO_FATAL_FAILURE(Learn(event, desk_->Submit(event)));
    }
    unanswered_.clear();
  }

  // The latest `count` answered events are answered the same again.
  void AskAgain(size_t count) {
    count = std::min(count, order_.size());
    const uint64_t last = store_->head().last_sequence;
    for (size_t i = order_.size() - count; i < order_.size(); ++i) {
      const v1::TicketEvent& event = events_[order_[i]];
      if (IsExpired(answered_[order_[i]])) continue;
      ASSERT_NO_FATAL_FAILURE(Learn(event, desk_->Submit(event)));
    }
    // Meanwhile a review may have been let through.
    const absl::Status scanned =
        store_->Scan(last + 1, store_->head().last_sequence,
                     [](uint64_t sequence, std::string_view bytes) {
                       storage::v1::Entry entry;
                       EXPECT_TRUE(entry.ParseFromArray(
                           bytes.data(), static_cast<int>(bytes.size())));
                       EXPECT_TRUE(entry.has_act())
                           << sequence << ": something counted twice";
                       return true;
                     });
    ASSERT_TRUE(scanned.ok()) << scanned;
  }

  void CutJournal() {
    CopyJournal();
    const absl::Status cut = sequencer::RetireJournal(
        *store_, store_.get(), clock_.WallMs() - kIdsMs - kHour, 10'000);
    ASSERT_TRUE(cut.ok() || faulty_) << cut;
    cuts_ += cut.ok() && store_->first_sequence() > 1;
  }

  // Keeps a copy of what may be cut away.
  void CopyJournal() {
    const absl::Status scanned =
        store_->Scan(journal_.size() + 1, store_->head().last_sequence,
                     [&](uint64_t sequence, std::string_view entry) {
                       EXPECT_EQ(sequence, journal_.size() + 1);
                       journal_.emplace_back(entry);
                       return true;
                     });
    ASSERT_TRUE(scanned.ok()) << scanned;
  }

  void CompareWithFold() {
    desk_->Stop();
    CopyJournal();
    const absl::Status chain = store_->VerifyChain(
        store_->first_sequence(), store_->head().last_sequence);
    ASSERT_TRUE(chain.ok()) << chain;
    storage::MemoryStore copy;
    storage::Batch batch;
    for (const std::string& entry : journal_) {
      batch.Clear();
      batch.first_sequence = copy.head().last_sequence + 1;
      batch.entries = entry;
      batch.ends = {static_cast<uint32_t>(entry.size())};
      storage::v1::Entry parsed;
      ASSERT_TRUE(parsed.ParseFromString(entry));
      batch.decided_at_ms = parsed.decided_at_ms();
      ASSERT_TRUE(copy.Append(batch).ok());
    }
    Records folded;
    const absl::Status fold = Fold(copy, &folded);
    ASSERT_TRUE(fold.ok()) << fold;
    ASSERT_EQ(StoredRecords(*store_), folded);
  }

  const sequencer::Tenant* Acme() {
    return desk_->sequencer->FindTenant("acme");
  }

  Life life_;
  FakeClock clock_;
  // By the sequence of its decision.
  std::map<uint64_t, std::string> event_of_;
  // The acts up to this entry are known.
  uint64_t learned_acts_ = 0;
  int acts_ = 0;
  TempDir dir_;
  TempDir attic_;
  std::shared_ptr<FaultyFileSystem> file_system_;
  std::unique_ptr<rocksdb::Env> env_;
  storage::RocksOptions options_;
  std::unique_ptr<storage::RocksStore> store_;
  std::unique_ptr<Desk> desk_;
  bool faulty_ = false;
  int crashes_ = 0;
  int cuts_ = 0;

  // The model.
  std::map<std::string, std::string> answered_;
  std::map<std::string, v1::TicketEvent> events_;
  std::vector<std::string> order_;
  std::map<std::string, v1::TicketEvent> unanswered_;
  OpeningsModel openings_;
  std::vector<std::string> journal_;
};

class SimulationTest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(SimulationTest, NothingAnsweredIsLostAndNothingCountsTwice) {
  const uint64_t seed = FromEnvironment("LEVEE_SEED", GetParam());
  std::cout << "seed " << seed << "\n";
  World world(seed);
  world.Live(FromEnvironment("LEVEE_STEPS", 800));
}

INSTANTIATE_TEST_SUITE_P(Seeds, SimulationTest,
                         ::testing::Range<uint64_t>(1, 6));

}  // namespace
}  // namespace levee::tests
