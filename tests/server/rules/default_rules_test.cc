// deploy/rules/default.textproto over seeded floods and crowds: what must be
// stopped by its eighth event, and who must never be touched.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "server/rules/rule_set.h"
#include "tests/event_builder.h"
#include "tests/server/rules/world.h"

namespace levee::rules {
namespace {

using levee::tests::AgentReplied;
using levee::tests::EventBuilder;
using levee::tests::Opened;
using levee::tests::Reopened;
using levee::tests::Replied;
using levee::tests::Solved;
using levee::tests::World;
using levee::v1::TicketEvent;

constexpr int64_t kSecond = 1'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kNow = 20'000 * kDay;
constexpr int kSeeds = 20;
constexpr int kStoppedBy = 8;

std::shared_ptr<const RuleSet> DefaultRules() {
  std::ifstream file(LEVEE_SOURCE_DIR "/deploy/rules/default.textproto");
  std::stringstream text;
  text << file.rdbuf();
  Compiled compiled = Compile(text.str(), 1);
  EXPECT_EQ(ToString(compiled.problems), "");
  return compiled.rule_set;
}

class Flood {
 public:
  explicit Flood(uint32_t seed) : random_(seed) {}

  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(random_() % (high - low + 1));
  }
  std::vector<int64_t> Times(int count, int64_t from_ms, int64_t span_ms) {
    std::vector<int64_t> times;
    for (int i = 0; i < count; ++i) times.push_back(Between(0, span_ms));
    for (int64_t& time : times) time += from_ms;
    std::sort(times.begin(), times.end());
    return times;
  }
  std::mt19937& random() { return random_; }

  // Judges an event that belongs to the flood.
  void Send(World* world, const TicketEvent& event) {
    const storage::v1::Entry entry = world->Judge(event);
    passed_.push_back(entry.event().outcome().verdict() ==
                      levee::v1::VERDICT_ALLOW);
  }
  // From which of its events on, from 1, none passed any more.
  int StoppedAt() const {
    const auto last = std::find(passed_.rbegin(), passed_.rend(), true);
    return static_cast<int>(passed_.rend() - last) + 1;
  }
  int size() const { return static_cast<int>(passed_.size()); }

 private:
  std::mt19937 random_;
  std::vector<bool> passed_;
};

std::string Name(const char* what, int number) {
  return what + std::to_string(number);
}

TEST(DefaultRules, ACustomerWithThirtyTicketsInTenMinutesIsStopped) {
  for (int seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    World world(DefaultRules());
    Flood flood(seed);
    int ticket = 0;
    for (const int64_t at_ms : flood.Times(30, kNow, 10 * kMinute)) {
      flood.Send(&world, Opened().Ticket(Name("t", ++ticket)).AtMs(at_ms));
    }
    EXPECT_EQ(flood.size(), 30);
    EXPECT_LE(flood.StoppedAt(), kStoppedBy);
  }
}

TEST(DefaultRules, FortyFreshAccountsOfOneNetworkAreStopped) {
  for (int seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    World world(DefaultRules());
    Flood flood(seed);
    std::vector<int> writers;
    for (int i = 0; i < 80; ++i) writers.push_back(i % 40);
    std::shuffle(writers.begin(), writers.end(), flood.random());
    std::vector<int64_t> ages_ms;
    for (int i = 0; i < 40; ++i) {
      ages_ms.push_back(flood.Between(2 * kMinute, 70 * kHour));
    }
    const std::vector<int64_t> times = flood.Times(80, kNow, 15 * kMinute);
    for (int i = 0; i < 80; ++i) {
      const int writer = writers[i];
      flood.Send(&world, Opened()
                             .Customer(Name("fresh", writer))
                             .Ticket(Name("t", i))
                             .AtMs(times[i])
                             .AccountCreatedAtMs(kNow - ages_ms[writer])
                             .Ip(Name("192.0.2.", 1 + writer))
                             .Email(Name("fresh", writer) + "@gmail.com"));
    }
    EXPECT_LE(flood.StoppedAt(), kStoppedBy);
  }
}

TEST(DefaultRules, AReopenLoopIsStopped) {
  for (int seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    World world(DefaultRules());
    Flood flood(seed);
    int64_t at_ms = kNow;
    world.Judge(Opened().AtMs(at_ms));
    for (int i = 0; i < 12; ++i) {
      at_ms += flood.Between(kMinute, 45 * kMinute);
      world.Judge(Solved().AtMs(at_ms));
      at_ms += flood.Between(kMinute, 45 * kMinute);
      flood.Send(&world, Reopened().AtMs(at_ms));
    }
    EXPECT_LE(flood.StoppedAt(), kStoppedBy);
  }
}

TEST(DefaultRules, FollowUpsAfterASolutionAreStopped) {
  for (int seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    World world(DefaultRules());
    Flood flood(seed);
    world.Judge(Opened().AtMs(kNow));
    world.Judge(AgentReplied().Solution().AtMs(kNow + kHour));
    for (const int64_t at_ms :
         flood.Times(25, kNow + kHour + kSecond, kHour - 2 * kSecond)) {
      flood.Send(&world, Replied().AtMs(at_ms));
    }
    EXPECT_LE(flood.StoppedAt(), kStoppedBy);
    // Once an agent has answered, the next message passes again.
    world.Judge(AgentReplied().AtMs(kNow + 3 * kHour));
    const storage::v1::Entry next =
        world.Judge(Replied().AtMs(kNow + 3 * kHour + kMinute));
    EXPECT_EQ(next.event().outcome().verdict(), levee::v1::VERDICT_ALLOW);
  }
}

// An outage: 300 people of one office or one mobile network, 1 % of them with
// accounts of the last days, write within 20 minutes, some of them twice.
TEST(DefaultRules, ACrowdOnASharedSourceIsNotTouched) {
  for (int seed = 1; seed <= kSeeds; ++seed) {
    for (const bool office : {true, false}) {
      SCOPED_TRACE(seed);
      World world(DefaultRules());
      Flood crowd(seed);
      int ticket = 0;
      std::vector<EventBuilder> events;
      for (int person = 0; person < 300; ++person) {
        const int64_t age_ms =
            person % 100 == 0 ? kDay : crowd.Between(30, 2000) * kDay;
        const std::string name = Name("person", person);
        for (int i = crowd.Between(0, 3) == 0 ? 2 : 1; i > 0; --i) {
          events.push_back(
              Opened()
                  .Customer(name)
                  .Ticket(Name("t", ++ticket))
                  .AtMs(kNow + crowd.Between(0, 20 * kMinute))
                  .AccountCreatedAtMs(kNow - age_ms)
                  .Ip(office ? "198.51.100.20"
                             : Name("203.0.113.", 1 + person % 250))
                  .Email(name + (office ? "@office.example" : "@gmail.com"))
                  .Body("Our server is down, please help."));
        }
      }
      std::sort(events.begin(), events.end(),
                [](const EventBuilder& a, const EventBuilder& b) {
                  return a.event().occurred_at().seconds() <
                         b.event().occurred_at().seconds();
                });
      for (const EventBuilder& event : events) crowd.Send(&world, event);
      EXPECT_EQ(crowd.StoppedAt(), crowd.size() + 1);
    }
  }
}

TEST(DefaultRules, WordsAreJudgedByWhoWritesThem) {
  struct Case {
    std::string body;
    int64_t age_days;
    levee::v1::Verdict verdict;
  };
  const std::string links =
      "Visit http://a.example http://b.example www.c.com and d.shop/x";
  const Case cases[] = {
      {links, 2, levee::v1::VERDICT_HOLD},
      {links, 200, levee::v1::VERDICT_ALLOW},
      {"see http://a.example and http://b.example", 2,
       levee::v1::VERDICT_ALLOW},
      {"... ??? 。。。", 200, levee::v1::VERDICT_HOLD},
      {"502", 200, levee::v1::VERDICT_ALLOW},
      {"无法连接", 1, levee::v1::VERDICT_ALLOW},
  };
  for (const Case& c : cases) {
    World world(DefaultRules());
    EXPECT_EQ(world.VerdictOf(Opened()
                                  .AtMs(kNow)
                                  .AccountCreatedAtMs(kNow - c.age_days * kDay)
                                  .Body(c.body)),
              c.verdict)
        << c.body;
  }
}

}  // namespace
}  // namespace levee::rules
