// Two threads count together: unlocked, which is a race, or with --locked
// under the mutex that Levee uses.
#include <cstdio>
#include <functional>
#include <string_view>
#include <thread>

#include "storage/mutex.h"

namespace {

constexpr int kRounds = 1000;

struct Shared {
  levee::storage::Mutex mutex;
  int count = 0;
};

void CountUnlocked(Shared& shared) {
  for (int i = 0; i < kRounds; ++i) ++shared.count;
}

void CountLocked(Shared& shared) {
  for (int i = 0; i < kRounds; ++i) {
    levee::storage::MutexLock lock(shared.mutex);
    ++shared.count;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool locked = argc > 1 && std::string_view(argv[1]) == "--locked";
  Shared shared;
  const auto count = locked ? CountLocked : CountUnlocked;
  std::thread first(count, std::ref(shared));
  std::thread second(count, std::ref(shared));
  first.join();
  second.join();
  std::printf("counted to %d of %d\n", shared.count, 2 * kRounds);
  return locked && shared.count != 2 * kRounds ? 1 : 0;
}
