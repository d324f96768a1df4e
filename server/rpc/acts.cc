#include "server/rpc/acts.h"

#include <future>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/rpc/check.h"

namespace levee::rpc {

absl::StatusOr<uint64_t> Perform(sequencer::Sequencer* sequencer,
                                 const Caller& caller, sequencer::Act given) {
  auto act = std::make_unique<sequencer::Act>(std::move(given));
  act->tenant = caller.tenant;
  act->entry.set_author(caller.name);
  // Shared: setting the value may still be under way when the wait ends.
  auto done = std::make_shared<std::promise<absl::StatusOr<uint64_t>>>();
  auto answer = done->get_future();
  act->done = [done](absl::StatusOr<uint64_t> sequence) {
    done->set_value(std::move(sequence));
  };
  sequencer::Job job = std::move(act);
  if (absl::Status status = sequencer->Enqueue(job); !status.ok()) {
    return status;
  }
  return answer.get();
}

absl::Status SurveyLists(
    sequencer::Sequencer* sequencer, const Caller& caller,
    absl::FunctionRef<void(const sequencer::Directory::Lists& lists,
                           int64_t now_ms)>
        look) {
  auto survey = std::make_unique<sequencer::Survey>();
  const uint64_t tenant = sequencer::Sequencer::HandleOf(*caller.tenant);
  survey->look = [&look, tenant](const sequencer::Directory& directory,
                                 int64_t now_ms) {
    look(directory.Of(tenant), now_ms);
  };
  auto done = std::make_shared<std::promise<absl::Status>>();
  std::future<absl::Status> answer = done->get_future();
  survey->done = [done](absl::Status status) {
    done->set_value(std::move(status));
  };
  sequencer::Job job = std::move(survey);
  if (absl::Status status = sequencer->Enqueue(job); !status.ok()) {
    return status;
  }
  return answer.get();
}

absl::StatusOr<uint64_t> ParseIdToken(const std::string& token, uint64_t none) {
  uint64_t id = 0;
  if (token.empty()) return none;
  if (absl::SimpleAtoi(token, &id) && id > 0 && absl::StrCat(id) == token) {
    return id;
  }
  return Wrong("page_token", absl::StrCat(Quoted(token),
                                          " is not a next_page_token of this "
                                          "call"));
}

}  // namespace levee::rpc
