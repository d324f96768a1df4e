// Tells a scenario to a sequencer and compares its answers.
#ifndef LEVEE_TESTS_SCENARIOS_STORY_H_
#define LEVEE_TESTS_SCENARIOS_STORY_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "storage/memory_store.h"
#include "tests/scenarios/scenario.pb.h"
#include "tests/server/sequencer/desk.h"

namespace levee::tests {

class Story {
 public:
  Story() : desk_(&store_) {}

  // What was not as told, a line each; empty: all was. At the end all entries
  // are decided and applied again, and must come to the same.
  std::vector<std::string> Tell(const Scenario& scenario,
                                const std::string& default_rules);

 private:
  void Wrong(const std::string& what);
  // Milliseconds; 0, and a line, where it is none.
  int64_t Duration(const std::string& text);
  void MoveTo(int64_t after_start_ms);
  void Do(const Step& step);
  void Submit(const Step& step, int n);
  void Check(const Step& step, int n, const v1::Decision& decision);
  void Act(const Step& step);
  void ResolveAll(bool released);
  void LiftAll();
  void EndIncidents();

  storage::MemoryStore store_;
  Desk desk_;
  int64_t now_ms_ = 0;  // after the start
  int step_ = 0;
  // Events of the story's import so far.
  uint64_t imported_ = 0;
  std::vector<std::string> wrong_;
};

}  // namespace levee::tests

#endif  // LEVEE_TESTS_SCENARIOS_STORY_H_
