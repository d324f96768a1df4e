// Tested by tests/server/state/rate_test.cc against a list of all
// happenings.
//
// The value is counted first, in one walk. Only where it reaches the query's
// threshold are marks written down, and the window slid on over them until
// so little is left that the happening in question could come again (window.h).
// Coming again, it counts itself: the others have to be one less. Among them is
// the attempt that it was, refused, unless only what was let through counts.
// Where distinct ones are counted, it and its attempt, being about the same
// customer or ticket as all that this one did before, count once together: none
// of them is among the others.
//
// Rings: the marks are those that were there if the attempt were added, which
// may push something out.
//
// Cells: a happening is taken to lie at its cell's start, so that a window
// never reaches further back than asked. Adding the attempt may merge cells;
// the marks stand where their cells will begin then.
//
// Distinct customers: the union of the cells' samples below the lowest of
// their bounds. Its size stands for size * 2^32 / bound customers; without a
// bound it is their number. The bound is taken to stay while the window slides
// on. Where it is so low that one customer stands for at_least of them, one
// below it passes only once all that is in the window has left.
#include "server/state/rate.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "server/state/match.h"
#include "server/state/window.h"

namespace levee::state {
namespace {

// --- Rings ------------------------------------------------------------------

// What of a ring counts for a query, whatever its window.
class RingMatch {
 public:
  RingMatch(const RateQuery& query, const Asked& asked)
      : asked_(asked),
        match_(query),
        let_through_(query.let_through),
        same_agent_(query.same_agent),
        agents_(query.distinct == levee::v1::DISTINCT_AGENTS) {}

  // Which of a full ring count is anybody's guess, a processor's too: no
  // branches.
  bool operator()(const Happened& h) const {
    return match_(h.kind, h.flags) & (h.let_through | !let_through_) &
           ((h.agent == asked_.agent) | !same_agent_) &
           ((h.agent != 0) | !agents_);
  }

 private:
  const Asked& asked_;
  const Match match_;
  const bool let_through_;
  const bool same_agent_;
  const bool agents_;
};

// The happening in question, refused, as the ring would remember it.
Happened AttemptOf(const Asked& asked) {
  return {.effective_ms = asked.at_ms,
          // The latest entry of all.
          .sequence = UINT64_MAX,
          .peer = asked.id,
          .agent = asked.agent,
          .flags = asked.flags,
          .kind = static_cast<uint8_t>(asked.kind),
          .let_through = false};
}

Ring::Room RoomFor(const Happened& attempt, const Ring& ring) {
  return IsStoredKind(attempt.kind) ? ring.RoomFor(attempt) : Ring::Room();
}

// Happenings, or the different peers or agents among them.
class RingRate {
 public:
  RingRate(const RateQuery& query, const Asked& asked, const Ring& ring)
      : query_(query),
        asked_(asked),
        ring_(ring),
        counts_(query, asked),
        distinct_(query.distinct != levee::v1::DISTINCT_UNSPECIFIED),
        agents_(query.distinct == levee::v1::DISTINCT_AGENTS),
        after_ms_(std::max(asked.at_ms - query.window_ms, asked.forgiven_ms)) {}

  int64_t Peers() const {
    if (!ring_.HasAny(query_.kinds)) return asked_.counts ? 1 : 0;
    std::array<uint64_t, kRingMax * kStoredKinds + 1> ids;
    size_t count = 0;
    for (const Happened& h : ring_.Between(after_ms_, asked_.at_ms)) {
      ids[count] = IdOf(h);
      count += static_cast<size_t>(counts_(h));
    }
    if (asked_.counts) ids[count++] = IdOf(AttemptOf(asked_));
    if (count <= 1) return static_cast<int64_t>(count);
    IdCounts different(count);
    return std::count_if(ids.begin(), ids.begin() + count,
                         [&](uint64_t id) { return different.Enter(id); });
  }

  int64_t FreeAfterMs() const {
    return FreeAfter(Others(), asked_.at_ms, query_.window_ms,
                     query_.at_least - (asked_.counts ? 1 : 0), distinct_);
  }

 private:
  // What the happening in question meets when it comes again.
  Marks Others() const {
    const Happened attempt = AttemptOf(asked_);
    const Ring::Room room = RoomFor(attempt, ring_);
    bool comes = room.kept;
    Marks marks;
    const auto mark = [&](const Happened& h) {
      const bool own = distinct_ && asked_.counts && IdOf(h) == IdOf(attempt);
      if (counts_(h) && !own) marks.push_back({h.effective_ms, IdOf(h)});
    };
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a span of the ring
    for (const Happened& h : ring_.Between(after_ms_, kTimeMaxMs)) {
      if (comes && h.effective_ms > asked_.at_ms) {
        mark(attempt);
        comes = false;
      }
      if (&h != room.pushed_out) mark(h);
    }
    if (comes) mark(attempt);
    return marks;
  }

  // What distinct ones are told by.
  uint64_t IdOf(const Happened& h) const { return agents_ ? h.agent : h.peer; }

  const RateQuery& query_;
  const Asked& asked_;
  const Ring& ring_;
  const RingMatch counts_;
  const bool distinct_;
  const bool agents_;
  const int64_t after_ms_;
};

// --- Cells ------------------------------------------------------------------

class CellRate {
 public:
  CellRate(const RateQuery& query, const Asked& asked, const CellSeries& series)
      : query_(query),
        asked_(asked),
        match_(query),
        leaves_attempt_(!query.let_through && IsStoredKind(asked.kind)),
        newest_ms_(leaves_attempt_ ? std::max(series.newest_ms(), asked.at_ms)
                                   : series.newest_ms()),
        cells_(series.After(
            std::max(asked.at_ms - query.window_ms, asked.forgiven_ms))),
        in_window_(std::upper_bound(cells_.begin(), cells_.end(), asked.at_ms,
                                    [](int64_t at_ms, const Cell& cell) {
                                      return at_ms < cell.start_ms;
                                    }) -
                   cells_.begin()) {}

  Measurement Events() const {
    Measurement measured{.known = true, .value = asked_.counts ? 1 : 0};
    for (size_t i = 0; i < in_window_; ++i) {
      measured.value += EventsIn(cells_[i]);
    }
    if (measured.value < query_.at_least) return measured;
    Marks marks;
    for (const Cell& cell : cells_) {
      const int64_t events = EventsIn(cell);
      if (events > 0) marks.push_back({MarkAt(cell.start_ms), 0, events});
    }
    if (asked_.counts) PlaceAttempt(&marks);
    measured.free_after_ms =
        FreeAfter(marks, asked_.at_ms, query_.window_ms,
                  query_.at_least - (asked_.counts ? 1 : 0), false);
    return measured;
  }

  Measurement Customers() const {
    const uint64_t bound = Bound();
    const uint32_t own = SampleHash(asked_.id);
    const int64_t found = CustomersBelow(bound, own);
    Measurement measured{.known = true, .value = Estimate(found, bound)};
    // The customer in question may lie beyond the bound.
    if (asked_.counts) measured.value = std::max<int64_t>(measured.value, 1);
    if (measured.value < query_.at_least) return measured;
    Marks marks;
    for (const Cell& cell : cells_) {
      for (const Sampled& entry : cell.sample.entries()) {
        if (entry.hash >= bound) break;
        if (asked_.counts && entry.hash == own) continue;
        if (match_.What(entry.what)) {
          marks.push_back({MarkAt(cell.start_ms), entry.hash});
        }
      }
    }
    const bool adds_itself =
        asked_.counts && (own < bound || query_.at_least == 1);
    measured.free_after_ms =
        FreeAfter(marks, asked_.at_ms, query_.window_ms,
                  Needed(bound) - (adds_itself ? 1 : 0), true);
    return measured;
  }

 private:
  int64_t EventsIn(const Cell& cell) const {
    int64_t events = 0;
    for (const Counted& counted : cell.counts) {
      if (match_.What(counted.what)) events += counted.count;
    }
    return events;
  }

  // Where something stands that lies in the cell around `at_ms` once the
  // attempt is added.
  int64_t MarkAt(int64_t at_ms) const {
    // What is forgotten then has left every window anyway.
    const int level = std::min(CellLevel(at_ms, newest_ms_), kLevels - 1);
    return CellStart(at_ms, level);
  }

  void PlaceAttempt(Marks* marks) const {
    if (!leaves_attempt_) return;
    const int64_t at_ms = MarkAt(asked_.at_ms);
    const auto place =
        std::upper_bound(marks->begin(), marks->end(), at_ms,
                         [](int64_t attempt_ms, const Mark& mark) {
                           return attempt_ms < mark.at_ms;
                         });
    marks->insert(place, Mark{at_ms});
  }

  size_t EntriesBelow(const Cell& cell, uint64_t bound) const {
    const Sample::Entries& entries = cell.sample.entries();
    return std::partition_point(
               entries.begin(), entries.end(),
               [&](const Sampled& entry) { return entry.hash < bound; }) -
           entries.begin();
  }

  // The hash up to which the window's samples are complete, and few enough.
  uint64_t Bound() const {
    uint64_t bound = uint64_t{1} << 32;
    size_t entries = 0;
    for (const Cell& cell : cells_.first(in_window_)) {
      bound = std::min(bound, cell.sample.bound());
      entries += cell.sample.entries().size();
    }
    const bool complete = bound >> 32 != 0;
    const size_t most = complete ? kUnionMax : kUnionEstimatedMax;
    if (entries <= most) return bound;
    if (!complete) {
      entries = 0;
      for (const Cell& cell : cells_.first(in_window_)) {
        entries += EntriesBelow(cell, bound);
      }
    }
    return entries <= most ? bound : bound * most / entries;
  }

  // Different customers below the bound, the one in question included.
  int64_t CustomersBelow(uint64_t bound, uint32_t own) const {
    size_t entries = 1;
    for (const Cell& cell : cells_.first(in_window_)) {
      entries += EntriesBelow(cell, bound);
    }
    IdCounts ids(entries);
    int64_t found = 0;
    for (const Cell& cell : cells_.first(in_window_)) {
      // Most windows have none: its few counts tell sooner than its sample.
      if (EventsIn(cell) == 0) continue;
      for (const Sampled& entry : cell.sample.entries()) {
        if (entry.hash >= bound) break;
        if (match_.What(entry.what) && ids.Enter(entry.hash)) ++found;
      }
    }
    if (asked_.counts && own < bound && ids.Enter(own)) ++found;
    return found;
  }

  static int64_t Estimate(int64_t found, uint64_t bound) {
    return static_cast<int64_t>(
        ((static_cast<uint64_t>(found) << 32) + bound / 2) / bound);
  }

  // How few customers below the bound still come to at_least.
  int64_t Needed(uint64_t bound) const {
    if (query_.at_least <= 0) return 0;
    int64_t needed = static_cast<int64_t>(
        static_cast<uint64_t>(query_.at_least) * bound >> 32);
    while (needed > 1 && Estimate(needed - 1, bound) >= query_.at_least) {
      --needed;
    }
    while (needed < 1 || Estimate(needed, bound) < query_.at_least) ++needed;
    return needed;
  }

  const RateQuery& query_;
  const Asked& asked_;
  const Match match_;
  // Refused, the happening in question is in the series nevertheless.
  const bool leaves_attempt_;
  // The newest time of the series then.
  const int64_t newest_ms_;
  const absl::Span<const Cell> cells_;
  const size_t in_window_;
};

}  // namespace

void RingCount::Find(const RateQuery& query, const Asked& asked,
                     const Ring& ring) {
  query_ = query;
  asked_ = asked;
  ring_ = &ring;
  count_ = 0;
  pushed_out_ = -1;
  const RingMatch counts(query, asked);
  const Happened attempt = AttemptOf(asked);
  const Ring::Room room = RoomFor(attempt, ring);
  attempt_counts_ = room.kept && counts(attempt);
  if (!ring.HasAny(query.kinds)) return;
  for (const Happened& h : ring.happenings()) {
    const bool is_one = counts(h) & (h.effective_ms <= asked.at_ms);
    times_ms_[count_] = h.effective_ms;
    if (&h == room.pushed_out && is_one) pushed_out_ = count_;
    count_ += static_cast<int>(is_one);
  }
}

bool RingCount::IsFor(const RateQuery& query) const {
  return query.kinds == query_.kinds && query.per == query_.per &&
         query.flags == query_.flags && query.age_below == query_.age_below &&
         query.let_through == query_.let_through &&
         query.same_agent == query_.same_agent;
}

Measurement RingCount::Measure(const RateQuery& query) const {
  const int64_t after_ms =
      std::max(asked_.at_ms - query.window_ms, asked_.forgiven_ms);
  const int64_t* const end = times_ms_.data() + count_;
  Measurement measured{
      .known = true,
      .value = end - std::upper_bound(times_ms_.data(), end, after_ms) +
               (asked_.counts ? 1 : 0)};
  if (measured.value >= query.at_least) {
    measured.free_after_ms = ring_->last_seen_ms() > asked_.at_ms
                                 ? RingRate(query, asked_, *ring_).FreeAfterMs()
                                 : FreeAfterMs(query, after_ms);
  }
  return measured;
}

// What FreeAfter comes to where each counts for one and all have happened: when
// the latest but so many leaves.
int64_t RingCount::FreeAfterMs(const RateQuery& query, int64_t after_ms) const {
  const int64_t others = query.at_least - (asked_.counts ? 1 : 0);
  if (others <= 0) return query.window_ms;
  const int64_t left = others - (attempt_counts_ ? 1 : 0);
  if (left <= 0) return query.window_ms;
  int64_t place = count_ - left;
  if (place <= pushed_out_) --place;
  if (place < 0 || times_ms_[place] <= after_ms) return 1;
  return std::max<int64_t>(times_ms_[place] + query.window_ms - asked_.at_ms,
                           1);
}

Measurement PeersOfRing(const RateQuery& query, const Asked& asked,
                        const Ring& ring) {
  const RingRate rate(query, asked, ring);
  Measurement measured{.known = true, .value = rate.Peers()};
  if (measured.value >= query.at_least) {
    measured.free_after_ms = rate.FreeAfterMs();
  }
  return measured;
}

Measurement RateOfCells(const RateQuery& query, const Asked& asked,
                        const CellSeries& series) {
  const CellRate rate(query, asked, series);
  return query.distinct == levee::v1::DISTINCT_UNSPECIFIED ? rate.Events()
                                                           : rate.Customers();
}

}  // namespace levee::state
