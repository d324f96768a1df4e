#include "server/state/surge.h"

#include <algorithm>

#include "absl/status/status.h"
#include "server/state/happening.h"

namespace levee::state {
namespace {

constexpr int64_t kHourMs = 3'600'000;
// So late may an event count (the sequencer's bound).
constexpr int64_t kLateMaxMs = 24 * kHourMs;
// A desk that slept longer has forgotten no more than a month of silence.
constexpr int64_t kSilentHoursMax = 31 * 24;
constexpr int kWeeksWeighed = 8;
constexpr int kWeeksLeast = 2;
constexpr int kDaysLeast = 3;
constexpr int kHoursLeast = 24;
// More openings an hour than any desk has.
constexpr int64_t kOpeningsMax = 4'000'000;

int64_t OpeningsOf(const Cell& cell) {
  int64_t openings = 0;
  for (const Counted& counted : cell.counts) {
    if (KindOf(counted.what) == levee::v1::EVENT_KIND_OPENED &&
        (FlagsOf(counted.what) & kByCustomer) != 0) {
      openings += counted.count;
    }
  }
  return openings;
}

// In the cells that begin in (after_ms, up_to_ms].
int64_t OpeningsBetween(const CellSeries& facts, int64_t after_ms,
                        int64_t up_to_ms) {
  int64_t openings = 0;
  for (const Cell& cell : facts.After(after_ms)) {
    if (cell.start_ms > up_to_ms) break;
    openings += OpeningsOf(cell);
  }
  return openings;
}

}  // namespace

void Surge::TakeIn(int64_t hour, int64_t openings) {
  const auto slot = static_cast<size_t>(hour % kHoursOfWeek);
  const int weighed = std::min(weeks_[slot] + 1, kWeeksWeighed);
  const int64_t milli = std::min(openings, kOpeningsMax) * 1'000;
  const int64_t before = mean_milli_[slot];
  mean_milli_[slot] =
      static_cast<uint32_t>(before + (milli - before) / weighed);
  if (weeks_[slot] < 255) ++weeks_[slot];
}

void Surge::Advance(int64_t at_ms, const CellSeries& facts) {
  const int64_t newest_ms = std::max(at_ms, facts.newest_ms());
  if (hour_ == 0) {
    // The first hour is only part of one.
    hour_ = newest_ms / kHourMs;
    return;
  }
  const int64_t last = (newest_ms - kLateMaxMs) / kHourMs - 1;
  hour_ = std::max(hour_, last - kSilentHoursMax);
  while (hour_ < last) {
    ++hour_;
    TakeIn(hour_, OpeningsBetween(facts, hour_ * kHourMs - 1,
                                  (hour_ + 1) * kHourMs - 1));
  }
}

std::optional<int64_t> Surge::UsualMilli(int64_t at_ms) const {
  const int64_t hour = at_ms / kHourMs;
  const auto slot = static_cast<size_t>(hour % kHoursOfWeek);
  int64_t mean_milli = 0;
  if (weeks_[slot] >= kWeeksLeast) {
    mean_milli = mean_milli_[slot];
  } else {
    int64_t of_day = 0;
    int64_t of_all = 0;
    int days = 0;
    int hours = 0;
    for (size_t i = 0; i < kHoursOfWeek; ++i) {
      if (weeks_[i] == 0) continue;
      of_all += mean_milli_[i];
      ++hours;
      if (i % 24 != slot % 24) continue;
      of_day += mean_milli_[i];
      ++days;
    }
    if (days >= kDaysLeast) {
      mean_milli = of_day / days;
    } else if (hours >= kHoursLeast) {
      mean_milli = of_all / hours;
    } else {
      return std::nullopt;
    }
  }
  return mean_milli * kSurgeWindowMs / kHourMs;
}

void Surge::Encode(ReverseWriter* writer) const {
  using storage::v1::SurgeRecord;
  const size_t end = writer->size();
  prefixes.Encode(writer);
  writer->Close(SurgeRecord::kPrefixesFieldNumber, end);
  const auto array = [&](int field, const auto& values) {
    const size_t before = writer->size();
    writer->Reserve(values.size() * ReverseWriter::kVarintMax);
    for (size_t i = values.size(); i-- > 0;) writer->Varint(values[i]);
    writer->Close(field, before);
  };
  array(SurgeRecord::kWeeksFieldNumber, weeks_);
  array(SurgeRecord::kMeanMilliFieldNumber, mean_milli_);
  writer->VarintField(SurgeRecord::kHourFieldNumber, hour_);
}

absl::StatusOr<Surge> Surge::Decode(const storage::v1::SurgeRecord& record) {
  if (record.weeks_size() != kHoursOfWeek ||
      record.mean_milli_size() != kHoursOfWeek || record.hour() < 0 ||
      record.hour() > kTimeMaxMs / kHourMs) {
    return absl::DataLossError("surge: not the hours of a week");
  }
  Surge surge;
  surge.hour_ = record.hour();
  for (int i = 0; i < kHoursOfWeek; ++i) {
    if (record.weeks(i) > 255) {
      return absl::DataLossError("surge: too many weeks");
    }
    surge.weeks_[i] = static_cast<uint8_t>(record.weeks(i));
    surge.mean_milli_[i] = record.mean_milli(i);
  }
  absl::StatusOr<CellSeries> prefixes = CellSeries::Decode(record.prefixes());
  if (!prefixes.ok()) return prefixes.status();
  surge.prefixes = *std::move(prefixes);
  return surge;
}

int64_t OpeningsIn(const CellSeries& facts, int64_t at_ms, int64_t window_ms) {
  return OpeningsBetween(facts, at_ms - window_ms, at_ms);
}

}  // namespace levee::state
