// What it costs to make a fingerprint and to look for others like it.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "server/text/fingerprint.h"
#include "server/text/fingerprint_index.h"
#include "server/text/normalise.h"

namespace levee::text {
namespace {

constexpr uint64_t kTenant = 1;
constexpr size_t kMessages = 131'072;

constexpr std::string_view kEnglish =
    "My server has been unreachable since this morning. I rebooted it from the "
    "panel twice and nothing changed, the console shows a login prompt and no "
    "errors. Could you please look at the switch port and tell me when it will "
    "be back? We have customers waiting, and order 48213 was paid.";
constexpr std::string_view kChinese =
    "服务器从今天早上开始就连不上了，控制面板里重启过两次也没有用，后台能看到登"
    "录"
    "提示，没有报错。麻烦你们检查一下交换机端口，我们公司的网站全部打不开，客户"
    "一"
    "直在投诉，订单48213已经付款。";

void MakeFingerprint(benchmark::State& state, const std::string& text) {
  Normalised normalised;
  Normalise("", text, &normalised);
  FingerprintScratch scratch;
  for (auto _ : state) {
    benchmark::DoNotOptimize(FingerprintOf(normalised, &scratch));
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<int64_t>(text.size()));
}

void EnglishTicket(benchmark::State& state) {
  MakeFingerprint(state, std::string(kEnglish));
}
BENCHMARK(EnglishTicket);

void ChineseTicket(benchmark::State& state) {
  MakeFingerprint(state, std::string(kChinese));
}
BENCHMARK(ChineseTicket);

void RandomLetters64K(benchmark::State& state) {
  std::mt19937_64 random(1);
  std::string text;
  while (text.size() < 64 * 1024) {
    text += random() % 6 == 0 ? ' ' : static_cast<char>('a' + random() % 26);
  }
  MakeFingerprint(state, text);
}
BENCHMARK(RandomLetters64K);

void OneLetter64K(benchmark::State& state) {
  MakeFingerprint(state, std::string(64 * 1024, 'a'));
}
BENCHMARK(OneLetter64K);

void MinHashOfShingles(benchmark::State& state) {
  std::mt19937_64 random(1);
  std::vector<uint64_t> hashes(state.range(0));
  for (uint64_t& hash : hashes) hash = random();
  for (auto _ : state) benchmark::DoNotOptimize(MinHashOf(hashes));
}
BENCHMARK(MinHashOfShingles)->Arg(60)->Arg(300)->Arg(1024);

Fingerprint Fresh(std::mt19937_64* random) {
  Fingerprint made;
  for (uint8_t& byte : made.minhash) byte = static_cast<uint8_t>((*random)());
  made.exact = (*random)() | 1;
  made.inner = (*random)() | 1;
  made.length = 100;
  return made;
}

void CompareTwo(benchmark::State& state) {
  std::mt19937_64 random(1);
  std::vector<Fingerprint> all(64);
  for (Fingerprint& one : all) one = Fresh(&random);
  size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(EqualBytes(all[at % 64], all[(at * 7 + 1) % 64]));
    ++at;
  }
}
BENCHMARK(CompareTwo);

// A full index, every sixth message one of 64 texts, and what to ask it.
struct Filled {
  Filled() {
    std::mt19937_64 random(1);
    for (Fingerprint& one : repeated) one = Fresh(&random);
    for (Fingerprint& one : fresh) one = Fresh(&random);
    for (; sequence < kMessages + 1000; ++sequence) {
      index.Insert(
          {sequence, kTenant, 1 + random() % 20'000, 0,
           random() % 6 == 0 ? repeated[random() % 64] : Fresh(&random)});
    }
  }

  FingerprintIndex index{FingerprintIndex::Options{}};
  std::vector<Fingerprint> repeated = std::vector<Fingerprint>(64);
  // More than are remembered: none is met again.
  std::vector<Fingerprint> fresh = std::vector<Fingerprint>(kMessages + 1000);
  uint64_t sequence = 1;
};

Filled& FilledOnce() {
  static Filled& filled = *new Filled;
  return filled;
}

void Insert(benchmark::State& state) {
  Filled& filled = FilledOnce();
  for (auto _ : state) {
    const uint64_t next = filled.sequence++;
    filled.index.Insert({next, kTenant, 1 + next * 7919 % 20'000, 0,
                         filled.fresh[next % filled.fresh.size()]});
  }
}

void FindOwn(benchmark::State& state) {
  Filled& filled = FilledOnce();
  uint64_t at = 0;
  for (auto _ : state) {
    ++at;
    benchmark::DoNotOptimize(filled.index.FindOwn(
        1 + at * 7919 % 20'000, filled.fresh[at % filled.fresh.size()]));
  }
}

void FindAlike(benchmark::State& state, const std::vector<Fingerprint>& asked) {
  Filled& filled = FilledOnce();
  std::vector<FingerprintMatch> matches;
  uint64_t at = 0;
  uint64_t found = 0;
  for (auto _ : state) {
    filled.index.FindAlike(kTenant, 0, asked[++at % asked.size()], 0, &matches);
    found += matches.size();
  }
  state.counters["found"] = benchmark::Counter(
      static_cast<double>(found), benchmark::Counter::kAvgIterations);
}

void FindAlikeOfNone(benchmark::State& state) {
  std::mt19937_64 random(2);
  std::vector<Fingerprint> asked(4096);
  for (Fingerprint& one : asked) one = Fresh(&random);
  FindAlike(state, asked);
}
BENCHMARK(FindAlikeOfNone);

void FindAlikeOfMany(benchmark::State& state) {
  FindAlike(state, FilledOnce().repeated);
}
BENCHMARK(FindAlikeOfMany);
BENCHMARK(FindOwn);
BENCHMARK(Insert);

// All that an event with a text of its own asks.
void FindAndInsert(benchmark::State& state) {
  Filled& filled = FilledOnce();
  const std::vector<Fingerprint>& asked = filled.fresh;
  std::vector<FingerprintMatch> matches;
  for (auto _ : state) {
    const uint64_t next = filled.sequence++;
    const uint64_t customer = 1 + next * 7919 % 20'000;
    const Fingerprint& fingerprint = asked[next % asked.size()];
    benchmark::DoNotOptimize(filled.index.FindOwn(customer, fingerprint));
    filled.index.FindAlike(kTenant, customer, fingerprint, 0, &matches);
    filled.index.Insert({next, kTenant, customer, 0, fingerprint});
  }
}
BENCHMARK(FindAndInsert);

}  // namespace
}  // namespace levee::text

BENCHMARK_MAIN();
