// What the steps of an event's path cost by themselves: measure, decide,
// apply, encode, commit.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "levee/storage/v1/entry.pb.h"
#include "server/rules/decide.h"
#include "server/rules/rule_set.h"
#include "server/state/entity.h"
#include "server/state/measure.h"
#include "server/text/facts.h"
#include "storage/memory_store.h"
#include "storage/rocks_store.h"
#include "tests/bench/traffic.h"
#include "tests/life.h"

namespace levee::bench {
namespace {

constexpr int64_t kNowMs = 1'767'225'600'000;
constexpr uint64_t kTenant = 1;

std::shared_ptr<const rules::RuleSet> Rules() {
  return rules::Compile(tests::kLifeRules, 1).rule_set;
}

// An opening of customer 1 with all its subjects; `place` spreads times.
storage::v1::Entry EntryAt(int place) {
  storage::v1::Entry entry;
  entry.set_tenant(kTenant);
  entry.set_decided_at_ms(kNowMs + place);
  storage::v1::EventEntry& event = *entry.mutable_event();
  event.set_event_id_hash(std::string(16, 'i'));
  event.set_content_hash(std::string(16, 'c'));
  event.set_actor(v1::ACTOR_CUSTOMER);
  event.set_account_created_at_ms(kNowMs - 86'400'000);
  storage::v1::Happening& happening = *event.mutable_happening();
  happening.set_kind(v1::EVENT_KIND_OPENED);
  happening.set_effective_ms(kNowMs + 60'000 * place);
  happening.set_flags(state::kByCustomer);
  storage::v1::Subjects& subjects = *happening.mutable_subjects();
  subjects.set_customer(11);
  subjects.set_ticket(12);
  subjects.set_ip(13);
  subjects.set_ip_prefix(14);
  subjects.set_email(15);
  subjects.set_email_domain(16);
  event.mutable_outcome()->set_verdict(v1::VERDICT_ALLOW);
  return entry;
}

// Entities with the history of `events` openings.
std::map<state::EntityKey, state::Entity> EntitiesWith(int events) {
  std::map<state::EntityKey, state::Entity> entities;
  for (int i = 0; i < events; ++i) {
    const storage::v1::Entry entry = EntryAt(i);
    std::vector<state::EntityKey> keys;
    state::AppendKeysOf(entry, i + 1, &keys);
    for (const state::EntityKey& key : keys) {
      entities.try_emplace(key, key.kind)
          .first->second.Apply(entry, i + 1, key);
    }
  }
  return entities;
}

void BM_Measure(benchmark::State& bench) {
  const auto rules = Rules();
  const auto entities = EntitiesWith(static_cast<int>(bench.range(0)));
  storage::v1::Entry entry = EntryAt(static_cast<int>(bench.range(0)));
  const rules::Observed observed(rules->LeavesOf(v1::EVENT_KIND_OPENED).size());
  for (auto _ : bench) {
    rules::MeasureLeaves(
        *rules, observed, kTenant,
        [&](const state::EntityKey& key) {
          auto it = entities.find(key);
          return it == entities.end() ? nullptr : &it->second;
        },
        entry.mutable_event());
  }
  bench.SetItemsProcessed(bench.iterations());
}
BENCHMARK(BM_Measure)->Arg(1)->Arg(20)->Arg(200);

void BM_Decide(benchmark::State& bench) {
  const auto rules = Rules();
  const auto entities = EntitiesWith(static_cast<int>(bench.range(0)));
  storage::v1::Entry entry = EntryAt(static_cast<int>(bench.range(0)));
  const rules::Observed observed(rules->LeavesOf(v1::EVENT_KIND_OPENED).size());
  rules::MeasureLeaves(
      *rules, observed, kTenant,
      [&](const state::EntityKey& key) {
        auto it = entities.find(key);
        return it == entities.end() ? nullptr : &it->second;
      },
      entry.mutable_event());
  for (auto _ : bench) {
    rules::Decide(rules.get(), entry.event(),
                  entry.mutable_event()->mutable_outcome());
  }
  bench.SetItemsProcessed(bench.iterations());
}
BENCHMARK(BM_Decide)->Arg(1)->Arg(20);

void BM_Apply(benchmark::State& bench) {
  auto entities = EntitiesWith(20);
  storage::v1::Entry entry = EntryAt(20);
  std::vector<state::EntityKey> keys;
  state::AppendKeysOf(entry, 1, &keys);
  uint64_t sequence = 1'000;
  for (auto _ : bench) {
    ++sequence;
    entry.mutable_event()->mutable_happening()->set_effective_ms(
        kNowMs + static_cast<int64_t>(sequence) * 1'000);
    for (const state::EntityKey& key : keys) {
      entities.at(key).Apply(entry, sequence, key);
    }
  }
  bench.SetItemsProcessed(bench.iterations());
}
BENCHMARK(BM_Apply);

void BM_EncodeEntity(benchmark::State& bench) {
  const auto entities = EntitiesWith(static_cast<int>(bench.range(0)));
  for (auto _ : bench) {
    for (const auto& [key, entity] : entities) {
      benchmark::DoNotOptimize(entity.Encode());
    }
  }
  bench.SetItemsProcessed(bench.iterations() *
                          static_cast<int64_t>(entities.size()));
}
BENCHMARK(BM_EncodeEntity)->Arg(1)->Arg(20)->Arg(200);

void BM_EncodeEntry(benchmark::State& bench) {
  const storage::v1::Entry entry = EntryAt(1);
  std::string bytes;
  for (auto _ : bench) {
    entry.SerializeToString(&bytes);
    benchmark::DoNotOptimize(bytes);
  }
  bench.SetItemsProcessed(bench.iterations());
}
BENCHMARK(BM_EncodeEntry);

// Tickets as they come, of 300 bytes.
constexpr char kEnglishTicket[] =
    "Hello, since about 10:40 this morning my VPS in Frankfurt does not answer "
    "any more. I can not reach it by SSH and the panel says that it is "
    "running, "
    "but the console stays black. I have restarted it twice from the panel, "
    "without any change. Could you please have a look? The address is "
    "203.0.113.9. Thanks!";
constexpr char kChineseTicket[] =
    "您好，我的服务器从今天上午十点四十分左右开始无法连接，面板里显示正在运行，"
    "但是"
    "控制台一直是黑屏。我已经在面板里重启了两次，没有任何变化。麻烦帮忙看一下是"
    "什么"
    "原因，网站上还有客户在等，地址是203.0.113.9，谢谢。";

void ExamineText(benchmark::State& bench, std::string body) {
  v1::TicketEvent event;
  event.set_kind(v1::EVENT_KIND_OPENED);
  event.set_actor(v1::ACTOR_CUSTOMER);
  event.set_subject("VPS");
  event.set_body(std::move(body));
  for (auto _ : bench) {
    benchmark::DoNotOptimize(text::Examine(event));
  }
  bench.SetBytesProcessed(bench.iterations() *
                          static_cast<int64_t>(event.body().size()));
}
void BM_ExamineEnglish(benchmark::State& bench) {
  ExamineText(bench, kEnglishTicket);
}
BENCHMARK(BM_ExamineEnglish);
void BM_ExamineChinese(benchmark::State& bench) {
  ExamineText(bench, kChineseTicket);
}
BENCHMARK(BM_ExamineChinese);
void BM_ExamineOneLetter(benchmark::State& bench) {
  ExamineText(bench, std::string(static_cast<size_t>(bench.range(0)), 'x'));
}
BENCHMARK(BM_ExamineOneLetter)->Arg(600)->Arg(64 << 10);

// Batches of 64 entries, with names and texts or without.
void Commit(benchmark::State& bench, storage::Shard& shard, bool side) {
  storage::Batch batch;
  uint64_t sequence = shard.head().last_sequence;
  const std::string entry = EntryAt(1).SerializeAsString();
  for (auto _ : bench) {
    batch.Clear();
    batch.first_sequence = sequence + 1;
    batch.decided_at_ms = kNowMs;
    for (uint32_t i = 0; i < 64; ++i) {
      ++sequence;
      batch.entries += entry;
      batch.ends.push_back(static_cast<uint32_t>(batch.entries.size()));
      storage::Id128 id = {};
      std::memcpy(id.data(), &sequence, sizeof(sequence));
      batch.index.push_back({.place = i,
                             .event_id = id,
                             .tenant = kTenant,
                             .customer = sequence,
                             .effective_ms = kNowMs,
                             .decided_at_ms = kNowMs});
      if (!side) continue;
      batch.names.push_back({kTenant, storage::v1::NAME_KIND_CUSTOMER, sequence,
                             "customer-" + std::to_string(sequence)});
      batch.texts.push_back({i, kTenant, sequence, std::string(150, 't'), {}});
    }
    if (!shard.Append(batch).ok()) {
      bench.SkipWithError("the append failed");
      break;
    }
  }
  bench.SetItemsProcessed(bench.iterations() * 64);
}

void BM_Commit(benchmark::State& bench) {
  const std::string dir = std::filesystem::temp_directory_path() /
                          ("levee_bench_" + std::to_string(getpid()));
  std::filesystem::remove_all(dir);
  {
    storage::RocksOptions options;
    options.dir = dir;
    options.sync = bench.range(1) != 0;
    auto store = storage::RocksStore::Open(options);
    if (!store.ok()) {
      bench.SkipWithError(std::string(store.status().message()).c_str());
      return;
    }
    Commit(bench, **store, bench.range(0) != 0);
  }
  std::filesystem::remove_all(dir);
}
BENCHMARK(BM_Commit)
    ->ArgNames({"names_and_texts", "sync"})
    ->Args({0, 1})
    ->Args({1, 1})
    ->Args({1, 0})
    ->UseRealTime();

}  // namespace
}  // namespace levee::bench

BENCHMARK_MAIN();
