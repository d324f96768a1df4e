// What it costs to read a message's words.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "server/text/normalise.h"

namespace levee::bench {
namespace {

// About 300 bytes each, as most tickets are.
constexpr std::string_view kEnglish =
    "Hello support, my server has been down since this morning and I cannot "
    "reach it over SSH any more. I already rebooted it twice from the panel, "
    "but it does not answer to ping at 203.0.113.7 either. We have customers "
    "waiting, so please look into it as soon as you can and tell me what "
    "happened. Thank you!\nJohn";
constexpr std::string_view kChinese =
    "你好，我的服务器从今天早上开始就连不上了，已经在控制面板里重启了两次，还是"
    "不行。IP 203.0.113.7 也 ping 不通，网站打不开，客户一直在催。麻烦尽快帮我"
    "看一下是什么原因，谢谢！请问还需要我提供什么信息吗？";
constexpr std::string_view kLog =
    "It fails since today:\n"
    "2024-01-01 10:00:00 [error] 123#0: *1 connect() failed (111: Connection "
    "refused) while connecting to upstream, client: 192.0.2.1\n"
    "Jan  1 10:00:01 web1 php-fpm[811]: WARNING: pool www seems busy\n"
    "root@web1:~# systemctl status nginx\n"
    "see https://paste.example.com/x, thanks\n";

// Reads one message again and again; more than one is read with the same
// scratch, as a server does.
void Normalise(benchmark::State& state, std::string_view body) {
  text::Normalised message;
  for (auto _ : state) {
    text::Normalise("Server down", body, &message);
    benchmark::DoNotOptimize(message.words.data());
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<int64_t>(body.size()));
}
BENCHMARK_CAPTURE(Normalise, english, kEnglish);
BENCHMARK_CAPTURE(Normalise, chinese, kChinese);
BENCHMARK_CAPTURE(Normalise, log, kLog);

// 64 KB of what a hostile writer may think of.
void NormaliseLong(benchmark::State& state, std::string_view unit) {
  std::string body;
  while (body.size() < 65536) body += unit;
  Normalise(state, body);
}
BENCHMARK_CAPTURE(NormaliseLong, english, kEnglish);
BENCHMARK_CAPTURE(NormaliseLong, one_letter, "a");
BENCHMARK_CAPTURE(NormaliseLong, marks, "\u0301");
BENCHMARK_CAPTURE(NormaliseLong, spelled_out, "a ");
BENCHMARK_CAPTURE(NormaliseLong, short_lines, "a\n");

}  // namespace
}  // namespace levee::bench

BENCHMARK_MAIN();
