#include "client/cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/times.h"

namespace levee::cli {
namespace {

constexpr absl::Duration kRedraw = absl::Milliseconds(200);
constexpr absl::Duration kNextLine = absl::Seconds(5);
constexpr size_t kBarWidth = 20;

double Share(const ProgressState& state) {
  if (state.total == 0) return 1;
  return std::min(
      1.0, static_cast<double>(state.done) / static_cast<double>(state.total));
}

// How many, how fast and how long still.
std::string Figures(const ProgressState& state) {
  std::string text = absl::StrCat(WithCommas(state.done), " of ",
                                  WithCommas(state.total), " ", state.unit);
  const double seconds = absl::ToDoubleSeconds(state.elapsed);
  const uint64_t worked = state.done - std::min(state.done, state.before);
  if (seconds < 0.1 || worked == 0) return text;
  const double rate = static_cast<double>(worked) / seconds;
  absl::StrAppend(&text, "  ", WithCommas(static_cast<uint64_t>(rate)), "/s");
  if (state.done < state.total) {
    const double left = static_cast<double>(state.total - state.done) / rate;
    absl::StrAppend(&text, "  ",
                    ShowSpan(absl::Seconds(static_cast<int64_t>(left + 1))),
                    " left");
  }
  return text;
}

}  // namespace

std::string WithCommas(uint64_t number) {
  std::string text = absl::StrCat(number);
  for (size_t i = text.size(); i > 3;) {
    i -= 3;
    text.insert(i, ",");
  }
  return text;
}

std::string ProgressLine(const ProgressState& state) {
  return absl::StrCat(state.what, "  ", static_cast<int>(100 * Share(state)),
                      " %  ", Figures(state));
}

std::string ProgressBar(const ProgressState& state) {
  const auto full = static_cast<size_t>(kBarWidth * Share(state));
  return absl::StrCat(state.what, "  [", std::string(full, '#'),
                      std::string(kBarWidth - full, '.'), "]  ",
                      Figures(state));
}

Progress::Progress(bool quiet)
    : quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() { Clear(); }

void Progress::Begin(std::string what, std::string unit, uint64_t total) {
  Clear();
  state_ = {.what = std::move(what),
            .unit = std::move(unit),
            .done = 0,
            .total = total,
            .before = 0,
            .elapsed = absl::ZeroDuration()};
  begun_ = absl::Now();
  // Work of a moment says nothing.
  shown_ = begun_;
}

void Progress::SetBefore(uint64_t done) {
  state_.before = done;
  begun_ = absl::Now();
}

void Progress::Update(uint64_t done) {
  state_.done = done;
  if (quiet_) return;
  const absl::Time now = absl::Now();
  if (now - shown_ < (terminal_ ? kRedraw : kNextLine)) return;
  shown_ = now;
  state_.elapsed = now - begun_;
  if (terminal_) {
    // Back to the first column, and away with what was there.
    std::fprintf(stderr, "\r%s\x1b[K", ProgressBar(state_).c_str());
    std::fflush(stderr);
    drawn_ = true;
  } else {
    std::fprintf(stderr, "%s\n", ProgressLine(state_).c_str());
  }
}

void Progress::Clear() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace levee::cli
