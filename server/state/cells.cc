// Cells grow coarser as they age. Which cell a happening lies in depends on
// its time and on the newest time alone, not on when cells were last merged:
//
//   level of t = the highest L such that the cell of level L around t ended at
//                least kLevelAgeMs[L - 1] before the newest time
//
// Each width divides the next, and ages grow with the level, so that a cell of
// level L + 1 is only formed once all cells below it may be: no cell is ever
// half merged. Every boundary (end + age) is a multiple of 10 s, so that
// nothing changes its level while the newest time stays within 10 s, which
// makes adding cheap: at most once in 10 s is there a walk over all cells
// (some 330 for a subject that is busy all month).
#include "server/state/cells.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/state/happening.h"

namespace levee::state {
namespace {

template <typename... Parts>
absl::Status Malformed(const Parts&... parts) {
  return absl::DataLossError(absl::StrCat("cell record: ", parts...));
}

uint32_t Sum(uint32_t a, uint32_t b) {
  constexpr uint32_t kMax = std::numeric_limits<uint32_t>::max();
  return a > kMax - b ? kMax : a + b;
}

template <typename Counts>
auto Place(Counts& counts, uint32_t what) {
  return std::lower_bound(
      counts.begin(), counts.end(), what,
      [](const Counted& counted, uint32_t w) { return counted.what < w; });
}

absl::Status DecodeCell(const storage::v1::Cell& record, Cell* cell) {
  if (record.level() >= kLevels) {
    return Malformed("unknown level ", record.level());
  }
  cell->level = static_cast<uint8_t>(record.level());
  cell->start_ms = record.start_ms();
  if (record.what_size() == 0 || record.count_size() != record.what_size()) {
    return Malformed("the counts are empty or differ in length");
  }
  cell->counts.reserve(record.what_size());
  for (int i = 0; i < record.what_size(); ++i) {
    const Counted counted{record.what(i), record.count(i)};
    if (!IsWhat(counted.what) || counted.count == 0) {
      return Malformed("impossible count of ", counted.what);
    }
    if (i > 0 && cell->counts.back().what >= counted.what) {
      return Malformed("the counts are not in order");
    }
    cell->counts.push_back(counted);
  }
  return cell->sample.Decode(record);
}

void EncodeCell(const Cell& cell, ReverseWriter* writer) {
  using Record = storage::v1::Cell;
  cell.sample.Encode(writer);
  const size_t end = writer->size();
  writer->Reserve(2 * cell.counts.size() * ReverseWriter::kVarintMax);
  for (size_t i = cell.counts.size(); i-- > 0;) {
    writer->Varint(cell.counts[i].count);
  }
  writer->Close(Record::kCountFieldNumber, end);
  const size_t counts = writer->size();
  writer->Reserve(cell.counts.size() * ReverseWriter::kVarintMax);
  for (size_t i = cell.counts.size(); i-- > 0;) {
    writer->Varint(cell.counts[i].what);
  }
  writer->Close(Record::kWhatFieldNumber, counts);
  writer->VarintField(Record::kLevelFieldNumber, cell.level);
  writer->VarintField(Record::kStartMsFieldNumber, cell.start_ms);
}

}  // namespace

int CellLevel(int64_t at_ms, int64_t newest_ms) {
  for (int level = 0; level < kLevels; ++level) {
    // The cell one coarser; beyond the coarsest, being forgotten.
    const int above = std::min(level + 1, kLevels - 1);
    const int64_t end_ms = CellStart(at_ms, above) + kLevelWidthMs[above];
    if (newest_ms - end_ms < kLevelAgeMs[level]) return level;
  }
  return kLevels;
}

void Cell::Add(uint32_t what, uint32_t hash) {
  const auto place = Place(counts, what);
  if (place != counts.end() && place->what == what) {
    place->count = Sum(place->count, 1);
  } else {
    counts.insert(place, Counted{what, 1});
  }
  sample.Add(hash, what);
}

bool Cell::Remove(uint32_t what, uint32_t hash) {
  const auto place = Place(counts, what);
  if (place == counts.end() || place->what != what) return false;
  if (--place->count == 0) counts.erase(place);
  sample.Remove(hash, what);
  return true;
}

void Cell::Merge(const Cell& other) {
  for (const Counted& counted : other.counts) {
    const auto place = Place(counts, counted.what);
    if (place != counts.end() && place->what == counted.what) {
      place->count = Sum(place->count, counted.count);
    } else {
      counts.insert(place, counted);
    }
  }
  sample.Merge(other.sample);
}

CellSeries::Cells::iterator CellSeries::FirstNotBefore(int64_t start_ms) {
  // Mostly the last.
  if (cells_.empty() || cells_.back().start_ms < start_ms) return cells_.end();
  if (cells_.back().start_ms == start_ms) return std::prev(cells_.end());
  return std::lower_bound(
      cells_.begin(), cells_.end(), start_ms,
      [](const Cell& cell, int64_t at_ms) { return cell.start_ms < at_ms; });
}

void CellSeries::Add(int64_t at_ms, uint32_t what, uint64_t customer) {
  Advance(at_ms);
  const int level = CellLevel(at_ms, newest_ms_);
  if (level == kLevels) return;
  const int64_t start_ms = CellStart(at_ms, level);
  auto place = FirstNotBefore(start_ms);
  if (place == cells_.end() || place->start_ms != start_ms) {
    const auto index = place - cells_.begin();
    Cell& cell = cells_.emplace_back();
    cell.start_ms = start_ms;
    cell.level = static_cast<uint8_t>(level);
    place = cells_.begin() + index;
    std::rotate(place, cells_.end() - 1, cells_.end());
  }
  place->Add(what, SampleHash(customer));
}

void CellSeries::Remove(int64_t at_ms, uint32_t what, uint64_t customer) {
  const int level = CellLevel(at_ms, newest_ms_);
  if (level == kLevels) return;
  const int64_t start_ms = CellStart(at_ms, level);
  const auto place = FirstNotBefore(start_ms);
  if (place == cells_.end() || place->start_ms != start_ms) return;
  if (place->Remove(what, SampleHash(customer)) && place->counts.empty()) {
    cells_.erase(place);
  }
}

// Moves the newest time on, merging and forgetting what has become old.
void CellSeries::Advance(int64_t newest_ms) {
  if (newest_ms <= newest_ms_) return;
  const bool same_cell = CellStart(newest_ms, 0) == CellStart(newest_ms_, 0);
  newest_ms_ = newest_ms;
  if (same_cell) return;
  size_t kept = 0;
  for (size_t i = 0; i < cells_.size(); ++i) {
    const int level = CellLevel(cells_[i].start_ms, newest_ms_);
    if (level == kLevels) continue;
    // From here on all stay as they are.
    if (level == 0 && kept == i) return;
    cells_[i].level = static_cast<uint8_t>(level);
    cells_[i].start_ms = CellStart(cells_[i].start_ms, level);
    if (kept > 0 && cells_[kept - 1].start_ms == cells_[i].start_ms) {
      cells_[kept - 1].Merge(cells_[i]);
      continue;
    }
    if (kept != i) cells_[kept] = std::move(cells_[i]);
    ++kept;
  }
  cells_.erase(cells_.begin() + kept, cells_.end());
}

absl::Span<const Cell> CellSeries::After(int64_t after_ms) const {
  const Cell* const end = cells_.data() + cells_.size();
  const Cell* const first = std::upper_bound(
      cells_.data(), end, after_ms,
      [](int64_t at_ms, const Cell& cell) { return at_ms < cell.start_ms; });
  return absl::MakeConstSpan(first, end);
}

size_t CellSeries::heap_bytes() const {
  size_t bytes = cells_.capacity() > 1 ? cells_.capacity() * sizeof(Cell) : 0;
  for (const Cell& cell : cells_) {
    bytes += cell.sample.heap_bytes();
    if (cell.counts.capacity() > 2) {
      bytes += cell.counts.capacity() * sizeof(Counted);
    }
  }
  return bytes;
}

void CellSeries::Encode(ReverseWriter* writer) const {
  using Record = storage::v1::CellSeries;
  for (size_t i = cells_.size(); i-- > 0;) {
    const size_t before = writer->size();
    EncodeCell(cells_[i], writer);
    writer->Close(Record::kCellsFieldNumber, before);
  }
  writer->VarintField(Record::kNewestMsFieldNumber, newest_ms_);
}

absl::StatusOr<CellSeries> CellSeries::Decode(
    const storage::v1::CellSeries& record) {
  CellSeries series;
  series.newest_ms_ = record.newest_ms();
  if (series.newest_ms_ < 0 || series.newest_ms_ > kTimeMaxMs) {
    return Malformed("the newest time is out of range");
  }
  // Cells that lie where they must cannot be many: they need no other bound.
  for (const storage::v1::Cell& cell : record.cells()) {
    const int64_t start_ms = cell.start_ms();
    if (start_ms < 0 || start_ms > series.newest_ms_ ||
        (!series.cells_.empty() && start_ms <= series.cells_.back().start_ms)) {
      return Malformed("the cells are not in order");
    }
    const int level = CellLevel(start_ms, series.newest_ms_);
    if (level != cell.level() || level == kLevels ||
        start_ms != CellStart(start_ms, level)) {
      return Malformed("the cell at ", start_ms, " has the wrong level ",
                       cell.level());
    }
    absl::Status status = DecodeCell(cell, &series.cells_.emplace_back());
    if (!status.ok()) return status;
  }
  return series;
}

}  // namespace levee::state
