// A store on a file system whose power goes off at any moment, over many
// rounds, against a simple model of what it was given: what was acknowledged
// is there afterwards, what was not is there whole or not at all, and nothing
// else is.
//
// LEVEE_SEED replays one life, LEVEE_ROUNDS sets the number of power cuts.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/rocks_store.h"
#include "tests/storage/batch_builder.h"
#include "tests/storage/faulty_file_system.h"
#include "tests/storage/temp_dir.h"

namespace levee::storage {
namespace {

using ::levee::tests::BatchBuilder;
using ::levee::tests::EntryOf;
using ::levee::tests::EventOf;
using ::levee::tests::FaultyFileSystem;
using ::levee::tests::IdOf;
using ::levee::tests::TempDir;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

// What the store was given. Everything happens within 7 days, so that no event
// id expires.
struct Model {
  // By sequence, from 1.
  std::vector<std::string> entries;
  std::vector<EventOf> events;
  // Customers, by handle: the sequence of the latest event. What a restarted
  // server must find by loading entities and replaying.
  std::map<uint64_t, uint64_t> fold;

  uint64_t last() const { return entries.size(); }
  void Add(const Batch& batch, const std::vector<EventOf>& batch_events) {
    for (size_t i = 0; i < batch.ends.size(); ++i) {
      entries.push_back(EntryOf(batch, i));
      events.push_back(batch_events[i]);
      fold[batch_events[i].customer] = last();
    }
  }
};

std::string NameOf(uint64_t customer) { return absl::StrCat("c", customer); }

// One life: rounds of work, each ended by a power cut. The first thing that is
// not as it should be ends the life and is its result.
class Life {
 public:
  Life(uint64_t seed, bool sync)
      : random_(seed),
        file_system_(std::make_shared<FaultyFileSystem>(attic_.path(), seed)),
        env_(FaultyFileSystem::NewEnv(file_system_)) {
    options_.dir = dir_ / "store";
    options_.sync = sync;
    options_.env = env_.get();
    // Small, so that a short life sees files being written.
    options_.write_buffer_bytes = size_t{256} << 10;
    options_.wal_bytes_max = size_t{512} << 10;
    options_.block_cache_bytes = size_t{1} << 20;
    options_.index_items = 64;
    options_.index_items_max = 512;
  }

  // Empty: all was well.
  std::string Live(uint64_t rounds) {
    for (uint64_t round = 0; round < rounds && fault_.empty(); ++round) {
      LiveRound(round);
      if (!fault_.empty()) fault_ = absl::StrCat("round ", round, ": ", fault_);
    }
    return fault_;
  }

  uint64_t bytes_lost() const { return file_system_->bytes_lost(); }
  uint64_t entries() const { return model_.last(); }

 private:
  void LiveRound(uint64_t round) {
    // Also while it opens, but only once there is something to open.
    if (round > 0 && OneIn(4)) file_system_->CutPowerAfter(Below(60));
    Open();
    if (store_ != nullptr && !file_system_->power_is_cut()) {
      file_system_->CutPowerAfter(OneIn(4) ? 1'000'000 : Below(400));
    }
    const int steps = Below(150);
    for (int i = 0; i < steps && store_ != nullptr; ++i) {
      if (!Step()) break;
    }
    // Closing an intact store writes as well; both ways are lived.
    if (OneIn(2)) file_system_->CutPowerAfter(0);
    store_.reset();
    file_system_->RestorePower();
    Open();
    if (store_ != nullptr) Check();
    store_.reset();
    file_system_->RestorePower();
  }

  void Open() {
    const bool had_power = !file_system_->power_is_cut();
    absl::StatusOr<std::unique_ptr<RocksStore>> store =
        RocksStore::Open(options_);
    if (store.ok()) {
      store_ = *std::move(store);
      return;
    }
    store_ = nullptr;
    if (had_power && !file_system_->power_is_cut()) {
      Fault(absl::StrCat("does not open: ", store.status().ToString()));
    }
  }

  // False: the store takes nothing any more.
  bool Step() {
    if (pending_) return false;
    switch (Below(8)) {
      case 0:
      case 1:
      case 2:
        return Flush();
      case 3:
        return !OneIn(8) || Cut();
      default:
        return Append();
    }
  }

  bool Append() {
    BatchBuilder builder(model_.last() + 1);
    std::vector<EventOf> events;
    const uint64_t customers = customers_;
    const int count = OneIn(10) ? 1 + Below(100) : 1 + Below(5);
    for (int i = 0; i < count; ++i) {
      if (customers_ == 0 || OneIn(3)) {
        ++customers_;
        builder.Customer(NameOf(customers_), customers_);
      }
      EventOf event;
      event.id = ++ids_;
      event.customer = 1 + random_() % customers_;
      event.effective_ms = Below(1'000);
      event.decided_at_ms = static_cast<int64_t>(ids_);
      if (OneIn(2)) event.body = std::string(1 + Below(3'000), 'x');
      builder.Event(event);
      events.push_back(event);
    }
    const absl::StatusOr<Head> head = store_->Append(builder);
    if (!head.ok()) {
      if (!absl::IsUnavailable(head.status())) {
        Fault(absl::StrCat("append: ", head.status().ToString()));
      }
      pending_.emplace(builder.batch(), std::move(events));
      customers_if_lost_ = customers;
      if (!absl::IsUnavailable(store_->Append(builder).status())) {
        Fault("an append after a failed one was not refused");
      }
      return false;
    }
    for (const EventOf& event : events) {
      dirty_.try_emplace(event.customer, model_.last() + 1);
    }
    model_.Add(builder, events);
    return true;
  }

  // Flushes some of what changed, as the sequencer does.
  bool Flush() {
    EntityFlush flush;
    for (auto it = dirty_.begin(); it != dirty_.end();) {
      if (OneIn(2)) {
        flush.records.emplace_back(NameOf(it->first),
                                   absl::StrCat(model_.fold[it->first]));
        it = dirty_.erase(it);
      } else {
        ++it;
      }
    }
    if (flush.records.empty()) return true;
    flush.replay_from = model_.last() + 1;
    for (const auto& [customer, sequence] : dirty_) {
      flush.replay_from = std::min(flush.replay_from, sequence);
    }
    return store_->Flush(flush).ok();
  }

  bool Cut() {
    const uint64_t through = store_->replay_from() - 1;
    if (through <= store_->base_position()) return true;
    if (!store_->WriteBase({}, through).ok()) return false;
    cut_tried_ = through;
    absl::StatusOr<uint64_t> first = store_->CutJournal(through);
    if (!first.ok()) return false;
    first_ = *first;
    return true;
  }

  void Check() {
    CheckHead();
    if (!fault_.empty()) return;
    CheckJournal();
    CheckEvents();
    CheckNames();
    CheckEntities();
    dirty_ = RecoveredDirt();
  }

  void CheckHead() {
    const uint64_t last = store_->head().last_sequence;
    if (last < model_.last()) {
      Fault(absl::StrCat("the journal ends at ", last, ", acknowledged was ",
                         model_.last()));
      return;
    }
    if (last > model_.last()) {
      if (!pending_ || last != model_.last() + pending_->first.ends.size()) {
        Fault(absl::StrCat("the journal ends at ", last, ", only ",
                           model_.last(), " were given"));
        return;
      }
      model_.Add(pending_->first, pending_->second);
    } else if (pending_) {
      // The names went with the batch.
      customers_ = customers_if_lost_;
    }
    pending_.reset();
    const uint64_t first = store_->first_sequence();
    if (first < first_ || first > std::max(first_, cut_tried_ + 1)) {
      Fault(absl::StrCat("the journal begins at ", first, ", not ", first_));
    }
    first_ = first;
  }

  void CheckJournal() {
    absl::Status verified = store_->VerifyChain(first_, model_.last());
    if (!verified.ok()) Fault(verified.ToString());
    uint64_t expected = first_;
    absl::Status scanned = store_->Scan(
        1, std::numeric_limits<uint64_t>::max(),
        [&](uint64_t sequence, std::string_view entry) {
          if (sequence != expected++ || entry != model_.entries[sequence - 1]) {
            Fault(absl::StrCat("entry ", sequence, " is another"));
          }
          return fault_.empty();
        });
    if (!scanned.ok()) Fault(scanned.ToString());
    if (expected != model_.last() + 1) Fault("the journal has a gap");
  }

  void CheckEvents() {
    std::vector<Id128> ids;
    for (const EventOf& event : model_.events) ids.push_back(IdOf(event.id));
    std::vector<std::optional<uint64_t>> found(ids.size());
    absl::Status read = store_->FindEvents(ids, absl::MakeSpan(found));
    if (!read.ok()) Fault(read.ToString());
    for (uint64_t sequence = 1; sequence <= model_.last(); ++sequence) {
      const std::optional<uint64_t> expected =
          sequence < first_ ? std::nullopt : std::make_optional(sequence);
      if (found[sequence - 1] != expected) {
        Fault(absl::StrCat("event id of entry ", sequence, " leads to ",
                           found[sequence - 1].value_or(0)));
      }
    }
    for (int i = 0; i < 20 && model_.last() >= first_; ++i) {
      CheckText(first_ + random_() % (model_.last() - first_ + 1));
      CheckTimeline(1 + random_() % customers_);
    }
  }

  void CheckText(uint64_t sequence) {
    const absl::StatusOr<v1::EventText> text = store_->ReadText(sequence);
    const std::string& body = model_.events[sequence - 1].body;
    if (body.empty() ? !absl::IsNotFound(text.status())
                     : !text.ok() || text->body() != body) {
      Fault(absl::StrCat("text of entry ", sequence, ": ",
                         text.status().ToString()));
    }
  }

  void CheckTimeline(uint64_t customer) {
    std::vector<TimelinePlace> expected;
    for (uint64_t sequence = first_; sequence <= model_.last(); ++sequence) {
      const EventOf& event = model_.events[sequence - 1];
      if (event.customer == customer) {
        expected.push_back({event.effective_ms, sequence});
      }
    }
    std::sort(expected.begin(), expected.end(),
              [](const TimelinePlace& a, const TimelinePlace& b) {
                return std::make_pair(b.effective_ms, b.sequence) <
                       std::make_pair(a.effective_ms, a.sequence);
              });
    constexpr TimelinePlace kEnd = {std::numeric_limits<int64_t>::max(),
                                    std::numeric_limits<uint64_t>::max()};
    const absl::StatusOr<std::vector<TimelinePlace>> places =
        store_->FindTimeline(1, customer, kEnd, 1'000'000);
    if (!places.ok() || *places != expected) {
      Fault(absl::StrCat("timeline of customer ", customer,
                         " is another: ", places.status().ToString()));
    }
  }

  void CheckNames() {
    std::vector<std::string> ids;
    for (const auto& [customer, sequence] : model_.fold) {
      ids.push_back(NameOf(customer));
    }
    std::vector<NameRef> names;
    names.reserve(ids.size());
    for (const std::string& id : ids) {
      names.push_back({1, v1::NAME_KIND_CUSTOMER, id});
    }
    std::vector<std::optional<uint64_t>> handles(names.size());
    absl::Status read = store_->FindHandles(names, absl::MakeSpan(handles));
    if (!read.ok()) Fault(read.ToString());
    std::vector<HandleRef> refs;
    for (const auto& [customer, sequence] : model_.fold) {
      refs.push_back({1, v1::NAME_KIND_CUSTOMER, customer});
    }
    std::vector<std::optional<std::string>> back(refs.size());
    read = store_->FindNames(refs, absl::MakeSpan(back));
    if (!read.ok()) Fault(read.ToString());
    for (size_t i = 0; i < ids.size(); ++i) {
      if (handles[i] != refs[i].handle || back[i] != ids[i]) {
        Fault(absl::StrCat("name ", ids[i], " is lost"));
      }
    }
  }

  // The stored entities.
  std::map<uint64_t, uint64_t> Stored() {
    std::map<uint64_t, uint64_t> stored;
    absl::Status scanned = store_->ScanEntities(
        "", [&](std::string_view key, std::string_view record) {
          stored[std::stoull(std::string(key.substr(1)))] =
              std::stoull(std::string(record));
          return true;
        });
    if (!scanned.ok()) Fault(scanned.ToString());
    return stored;
  }

  void CheckEntities() {
    std::map<uint64_t, uint64_t> fold = Stored();
    const uint64_t from = store_->replay_from();
    if (from < first_ || from > model_.last() + 1) {
      Fault(absl::StrCat("replay would begin at ", from));
      return;
    }
    for (uint64_t sequence = from; sequence <= model_.last(); ++sequence) {
      uint64_t& latest = fold[model_.events[sequence - 1].customer];
      latest = std::max(latest, sequence);
    }
    if (fold != model_.fold) {
      Fault(absl::StrCat("entities replayed from ", from,
                         " are not those of the journal"));
    }
  }

  // As a restarted server's: what replay changed.
  std::map<uint64_t, uint64_t> RecoveredDirt() {
    const std::map<uint64_t, uint64_t> stored = Stored();
    std::map<uint64_t, uint64_t> dirty;
    for (uint64_t sequence = store_->replay_from(); sequence <= model_.last();
         ++sequence) {
      const uint64_t customer = model_.events[sequence - 1].customer;
      auto it = stored.find(customer);
      if (it == stored.end() || it->second < sequence) {
        dirty.try_emplace(customer, sequence);
      }
    }
    return dirty;
  }

  void Fault(std::string fault) {
    if (fault_.empty()) fault_ = std::move(fault);
  }
  int Below(int n) { return static_cast<int>(random_() % n); }
  bool OneIn(int n) { return Below(n) == 0; }

  std::mt19937_64 random_;
  TempDir dir_;
  TempDir attic_;
  std::shared_ptr<FaultyFileSystem> file_system_;
  std::unique_ptr<rocksdb::Env> env_;
  RocksOptions options_;
  std::unique_ptr<RocksStore> store_;

  Model model_;
  // Given, but not acknowledged.
  std::optional<std::pair<Batch, std::vector<EventOf>>> pending_;
  // Customers whose entities are not flushed: from which sequence on.
  std::map<uint64_t, uint64_t> dirty_;
  // Customers that have a name: 1 to this.
  uint64_t customers_ = 0;
  uint64_t customers_if_lost_ = 0;
  uint64_t ids_ = 0;
  uint64_t first_ = 1;
  uint64_t cut_tried_ = 0;
  std::string fault_;
};

class PowerLossTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  const uint64_t seed_ = FromEnvironment("LEVEE_SEED", GetParam());
  const uint64_t rounds_ = FromEnvironment("LEVEE_ROUNDS", 25);
};

TEST_P(PowerLossTest, NothingAcknowledgedIsLost) {
  std::cout << "LEVEE_SEED=" << seed_ << " LEVEE_ROUNDS=" << rounds_ << "\n";
  Life life(seed_, /*sync=*/true);
  EXPECT_THAT(life.Live(rounds_), IsEmpty());
  // Else it would prove nothing.
  EXPECT_GT(life.bytes_lost(), 0U);
  EXPECT_GT(life.entries(), rounds_);
}

// The test above would see a store that does not keep its word.
TEST_P(PowerLossTest, WithoutSyncLossIsSeen) {
  std::cout << "LEVEE_SEED=" << seed_ << "\n";
  Life life(seed_, /*sync=*/false);
  // Lost from the end, or out of the middle, which the chain tells at opening.
  EXPECT_THAT(life.Live(100), AnyOf(HasSubstr("acknowledged was"),
                                    HasSubstr("does not open: DATA_LOSS")));
}

INSTANTIATE_TEST_SUITE_P(Seeds, PowerLossTest,
                         ::testing::Range<uint64_t>(1, 5));

}  // namespace
}  // namespace levee::storage
