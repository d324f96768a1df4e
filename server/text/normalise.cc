#include "server/text/normalise.h"

#include <algorithm>

#include "server/text/facts.h"
#include "server/text/places.h"
#include "server/text/points.h"
#include "server/text/words.h"

namespace levee::text {
namespace {

void Append(std::string_view text, Normalised* normalised) {
  normalised->regions.clear();
  FindPlaces(text, &normalised->regions);
  FoldText(text, normalised->regions, &normalised->points);
}

}  // namespace

Span Normalised::SpanOf(uint32_t first, uint32_t last) const {
  Span span;
  span.subject = last <= body_first;
  if (!span.subject) first = std::max(first, body_first);
  const uint32_t points_end =
      span.subject ? body_first : static_cast<uint32_t>(points.size());
  span.begin = points[first].begin;
  // Several points may come from one place.
  uint32_t next = last;
  while (next < points_end && points[next].begin == points[last - 1].begin) {
    ++next;
  }
  span.end = next < points_end ? points[next].begin
             : span.subject    ? subject_size
                               : body_size;
  return span;
}

void Normalise(std::string_view subject, std::string_view body,
               Normalised* normalised) {
  subject = Scanned(subject);
  body = Scanned(body);
  normalised->subject_size = static_cast<uint32_t>(subject.size());
  normalised->body_size = static_cast<uint32_t>(body.size());
  normalised->points.clear();
  normalised->letters.clear();
  normalised->words.clear();
  Append(subject, normalised);
  Point& line_end = normalised->points.emplace_back();
  line_end.value = '\n';
  line_end.begin = normalised->subject_size;
  line_end.what = PointClass::kLineEnd;
  normalised->body_first = static_cast<uint32_t>(normalised->points.size());
  Append(body, normalised);
  FindWords(subject, body, normalised);
}

}  // namespace levee::text
