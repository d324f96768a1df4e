// What state should say, told by a plain list of all that happened. Slow, and
// written without regard to how the state room does it.
#ifndef LEVEE_TESTS_SERVER_STATE_MODEL_H_
#define LEVEE_TESTS_SERVER_STATE_MODEL_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "levee/storage/v1/entry.pb.h"
#include "server/state/entity.h"
#include "server/state/happening.h"
#include "server/state/query.h"
#include "tests/server/state/builder.h"

namespace levee::state {

class Model {
 public:
  struct Past {
    storage::v1::Happening happening;
    uint64_t sequence = 0;
    bool let_through = false;
    bool withdrawn = false;
  };

  void Apply(const storage::v1::Entry& entry, uint64_t sequence) {
    const storage::v1::EventEntry& event = entry.event();
    if (event.happening().kind() != v1::EVENT_KIND_WITHDRAWN) {
      past_.push_back({event.happening(), sequence,
                       event.outcome().verdict() == v1::VERDICT_ALLOW});
    }
    for (Past& past : past_) {
      if (past.sequence == event.regards_sequence() &&
          !event.refunds().empty()) {
        past.withdrawn = true;
      }
    }
  }

  const std::vector<Past>& past() const { return past_; }

  Measurement Rate(const RateQuery& query,
                   const storage::v1::Happening& asked) const {
    const uint64_t subject = SubjectOf(query.per, asked.subjects());
    if (subject == 0) return {};
    if (query.same_agent && asked.subjects().agent() == 0) return {};
    const int64_t t = asked.effective_ms();
    const bool itself = Counts(query, asked, true, asked);
    Measurement measured{.known = true};
    measured.value = CountAt(query, TimesOf(query, asked, subject), t,
                             itself ? &asked : nullptr);
    if (measured.value < query.at_least) return measured;
    // Refused, it is one of the past, and asks again.
    Model then = *this;
    then.past_.push_back({asked, UINT64_MAX, false, false});
    const Times times = then.TimesOf(query, asked, subject);
    // The count falls only where something leaves, if not at once.
    std::set<int64_t> moments = {t + 1};
    for (const auto& [at_ms, id] : times) {
      if (at_ms + query.window_ms > t) moments.insert(at_ms + query.window_ms);
    }
    measured.free_after_ms = query.window_ms;
    for (const int64_t moment : moments) {
      if (CountAt(query, times, moment, itself ? &asked : nullptr) <
          query.at_least) {
        measured.free_after_ms = moment - t;
        break;
      }
    }
    return measured;
  }

 private:
  // When each happening counts from, and whom it is about.
  using Times = std::vector<std::pair<int64_t, uint64_t>>;

  static bool IsRing(v1::Subject per) {
    return per == v1::SUBJECT_CUSTOMER || per == v1::SUBJECT_TICKET;
  }

  static uint64_t SubjectOf(v1::Subject per, const storage::v1::Subjects& of) {
    const std::map<v1::Subject, uint64_t> subjects = {
        {v1::SUBJECT_CUSTOMER, of.customer()},
        {v1::SUBJECT_TICKET, of.ticket()},
        {v1::SUBJECT_IP, of.ip()},
        {v1::SUBJECT_IP_PREFIX, of.ip_prefix()},
        {v1::SUBJECT_EMAIL, of.email()},
        {v1::SUBJECT_EMAIL_DOMAIN, of.email_domain()},
        {v1::SUBJECT_DEVICE, of.device()},
        {v1::SUBJECT_AGENT, of.agent()},
        {v1::SUBJECT_TENANT, 1},
    };
    const auto found = subjects.find(per);
    return found == subjects.end() ? 0 : found->second;
  }

  static uint64_t IdOf(const RateQuery& query,
                       const storage::v1::Happening& of) {
    return query.per == v1::SUBJECT_CUSTOMER ? of.subjects().ticket()
                                             : of.subjects().customer();
  }

  static bool Counts(const RateQuery& query, const storage::v1::Happening& of,
                     bool let_through, const storage::v1::Happening& asked) {
    const bool own = (of.flags() & kByCustomer) != 0;
    if ((query.kinds & 1u << of.kind()) == 0) return false;
    const bool needs_own = of.kind() == v1::EVENT_KIND_OPENED ||
                           of.kind() == v1::EVENT_KIND_CUSTOMER_REPLIED ||
                           of.kind() == v1::EVENT_KIND_REOPENED ||
                           of.kind() == v1::EVENT_KIND_CLOSED;
    if (needs_own && !own) return false;
    if ((of.flags() & query.flags) != query.flags) return false;
    const int age = static_cast<int>(of.flags() >> 5 & 7);
    const int below = static_cast<int>(query.age_below);
    if (below != 0 && (age == 0 || age > below)) return false;
    if (query.let_through && !let_through) return false;
    return !query.same_agent ||
           of.subjects().agent() == asked.subjects().agent();
  }

  // The newest time of the subject, withdrawn (which cells keep) or not.
  int64_t Newest(const RateQuery& query, uint64_t subject) const {
    int64_t newest = 0;
    for (const Past& past : past_) {
      if (SubjectOf(query.per, past.happening.subjects()) != subject) continue;
      if (IsRing(query.per) ? past.withdrawn
                            : query.let_through && !past.let_through) {
        continue;
      }
      newest = std::max(newest, past.happening.effective_ms());
    }
    return newest;
  }

  // The start of the cell that a time lies in; a ring has no cells.
  static int64_t StartOf(const RateQuery& query, int64_t at_ms,
                         int64_t newest_ms) {
    using builder::kHour, builder::kMinute, builder::kSecond;
    if (IsRing(query.per)) return at_ms;
    const std::vector<std::pair<int64_t, int64_t>> widths = {
        {12 * kHour, 48 * kHour},
        {30 * kMinute, 3 * kHour},
        {2 * kMinute, 15 * kMinute}};
    for (const auto& [width, age] : widths) {
      const int64_t start = at_ms / width * width;
      if (start + width + age <= newest_ms) return start;
    }
    return at_ms / (10 * kSecond) * (10 * kSecond);
  }

  // All that counts for the query, wherever it lies in time.
  Times TimesOf(const RateQuery& query, const storage::v1::Happening& asked,
                uint64_t subject) const {
    const int64_t newest_ms = Newest(query, subject);
    std::map<int, std::vector<const Past*>> of_kind;
    for (const Past& past : past_) {
      if (!past.withdrawn &&
          SubjectOf(query.per, past.happening.subjects()) == subject) {
        of_kind[past.happening.kind()].push_back(&past);
      }
    }
    Times times;
    for (auto& [kind, all] : of_kind) {
      std::sort(all.begin(), all.end(), [](const Past* a, const Past* b) {
        return std::pair(a->happening.effective_ms(), a->sequence) >
               std::pair(b->happening.effective_ms(), b->sequence);
      });
      if (IsRing(query.per) && all.size() > 64) all.resize(64);
      for (const Past* past : all) {
        const storage::v1::Happening& of = past->happening;
        if (IsForgotten(query, of.effective_ms(), newest_ms)) continue;
        if (!Counts(query, of, past->let_through, asked)) continue;
        times.emplace_back(StartOf(query, of.effective_ms(), newest_ms),
                           IdOf(query, of));
      }
    }
    return times;
  }

  static bool IsForgotten(const RateQuery& query, int64_t at_ms,
                          int64_t newest_ms) {
    using builder::kDay, builder::kHour;
    if (IsRing(query.per)) return at_ms < newest_ms - 31 * kDay;
    const int64_t end_ms = at_ms / (12 * kHour) * (12 * kHour) + 12 * kHour;
    return end_ms <= newest_ms - 31 * kDay;
  }

  // What the window that ends at `end_ms` holds, and `itself` if there is one.
  static int64_t CountAt(const RateQuery& query, const Times& times,
                         int64_t end_ms, const storage::v1::Happening* itself) {
    int64_t count = 0;
    std::set<uint64_t> ids;
    const auto add = [&](uint64_t id) {
      ++count;
      ids.insert(id);
    };
    if (itself != nullptr) add(IdOf(query, *itself));
    for (const auto& [at_ms, id] : times) {
      if (at_ms > end_ms - query.window_ms && at_ms <= end_ms) add(id);
    }
    return query.distinct == v1::DISTINCT_UNSPECIFIED
               ? count
               : static_cast<int64_t>(ids.size());
  }

  std::vector<Past> past_;
};

}  // namespace levee::state

#endif  // LEVEE_TESTS_SERVER_STATE_MODEL_H_
