// Milliseconds since 1970 UTC, as state counts them, and protobuf's timestamps.
#ifndef LEVEE_SERVER_STATE_TIMESTAMP_H_
#define LEVEE_SERVER_STATE_TIMESTAMP_H_

#include <cstdint>

#include "google/protobuf/timestamp.pb.h"

namespace levee::state {

// What is finer than a millisecond is cut off.
inline int64_t ToMs(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1000 + time.nanos() / 1'000'000;
}

inline void SetTime(int64_t at_ms, google::protobuf::Timestamp* time) {
  // Rounds down, before 1970 as well.
  int64_t seconds = at_ms / 1000;
  int64_t ms = at_ms % 1000;
  if (ms < 0) {
    ms += 1000;
    --seconds;
  }
  time->set_seconds(seconds);
  time->set_nanos(static_cast<int32_t>(ms * 1'000'000));
}

}  // namespace levee::state

#endif  // LEVEE_SERVER_STATE_TIMESTAMP_H_
