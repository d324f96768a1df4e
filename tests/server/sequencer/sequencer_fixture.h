// A desk over a store in memory with one rule in force.
#ifndef LEVEE_TESTS_SERVER_SEQUENCER_SEQUENCER_FIXTURE_H_
#define LEVEE_TESTS_SERVER_SEQUENCER_SEQUENCER_FIXTURE_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

#include "storage/memory_store.h"
#include "tests/event_builder.h"
#include "tests/server/sequencer/desk.h"

namespace levee::tests {

inline constexpr int64_t kMinute = 60'000;
inline constexpr int64_t kHour = 60 * kMinute;

// Three openings in ten minutes are one too many.
inline constexpr char kRules[] = R"pb(
  rules {
    id: "bomb"
    category: CATEGORY_BOMBING
    on: EVENT_KIND_OPENED
    when {
      rate {
        per: SUBJECT_CUSTOMER
        kinds: EVENT_KIND_OPENED
        window: "10m"
        at_least: 3
      }
    }
    then { verdict: VERDICT_THROTTLE }
  }
)pb";

class SequencerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(desk_.Start().ok());
    ASSERT_TRUE(desk_.ApplyRules(kRules).ok());
  }

  v1::Verdict VerdictOf(const v1::TicketEvent& event,
                        const std::string& tenant = "acme") {
    absl::StatusOr<v1::Decision> decision = desk_.Submit(event, tenant);
    EXPECT_TRUE(decision.ok()) << decision.status();
    return decision.ok() ? decision->verdict() : v1::VERDICT_UNSPECIFIED;
  }
  std::string OpenThree() {
    std::string last;
    for (int i = 0; i < 3; ++i) {
      const EventBuilder event = Opened();
      last = event.event().event_id();
      VerdictOf(event);
    }
    return last;
  }

  // The store knows the customer's name.
  bool IsNamed(const std::string& customer) {
    const uint64_t tenant =
        sequencer::Sequencer::HandleOf(*desk_.sequencer->FindTenant("acme"));
    const storage::NameRef name = {tenant, storage::v1::NAME_KIND_CUSTOMER,
                                   customer};
    std::optional<uint64_t> handle;
    EXPECT_TRUE(
        store_.FindHandles({&name, 1}, absl::MakeSpan(&handle, 1)).ok());
    return handle.has_value();
  }

  storage::MemoryStore store_;
  Desk desk_{&store_};
};

}  // namespace levee::tests

#endif  // LEVEE_TESTS_SERVER_SEQUENCER_SEQUENCER_FIXTURE_H_
