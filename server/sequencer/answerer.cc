#include "server/sequencer/answerer.h"

#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/rules/decide.h"

namespace levee::sequencer {

using storage::MutexLock;

namespace {

void Finish(std::unique_ptr<EventGroup> group) {
  auto done = std::move(group->done);
  done(std::move(group));
}

}  // namespace

void Answers::Clear() {
  repeats.clear();
  recorded.clear();
  jobs.clear();
  revisions.clear();
  acts.clear();
  resolved.clear();
  status = absl::OkStatus();
}

Answerer::Answerer(const storage::Journal* journal, Feed* feed)
    : journal_(journal), feed_(feed), thread_([this] { Run(); }) {}

Answerer::~Answerer() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  changed_.NotifyAll();
  thread_.join();
}

std::unique_ptr<Answers> Answerer::New() {
  MutexLock lock(mutex_);
  if (spare_.empty()) return std::make_unique<Answers>();
  std::unique_ptr<Answers> answers = std::move(spare_.back());
  spare_.pop_back();
  return answers;
}

void Answerer::Submit(std::unique_ptr<Answers> answers) {
  {
    MutexLock lock(mutex_);
    while (waiting_.size() >= kAnswersMax) changed_.Wait(mutex_);
    waiting_.push_back(std::move(answers));
  }
  changed_.NotifyAll();
}

void Answerer::Wait() {
  MutexLock lock(mutex_);
  while (busy_ || !waiting_.empty()) changed_.Wait(mutex_);
}

void Answerer::Run() {
  std::unique_ptr<Answers> answers;
  while (true) {
    {
      MutexLock lock(mutex_);
      if (answers != nullptr) spare_.push_back(std::move(answers));
      busy_ = false;
      if (waiting_.empty()) changed_.NotifyAll();
      while (waiting_.empty() && !stop_) changed_.Wait(mutex_);
      if (waiting_.empty()) return;
      answers = std::move(waiting_.front());
      waiting_.pop_front();
      busy_ = true;
    }
    changed_.NotifyAll();
    Answer(answers.get());
    answers->Clear();
  }
}

void Answerer::Answer(Answers* answers) {
  if (!answers->status.ok()) {
    for (Item* item : answers->recorded) item->status = answers->status;
  }
  AnswerRepeats(answers);
  size_t revisions = 0;
  size_t acts = 0;
  for (Job& job : answers->jobs) {
    if (auto* group = std::get_if<std::unique_ptr<EventGroup>>(&job)) {
      Finish(std::move(*group));
    } else if (auto* act = std::get_if<std::unique_ptr<RuleSetAct>>(&job)) {
      absl::StatusOr<levee::v1::RuleSetRevision>& revision =
          answers->revisions[revisions++];
      (*act)->done(answers->status.ok() ? std::move(revision)
                                        : answers->status);
    } else if (auto* act = std::get_if<std::unique_ptr<Act>>(&job)) {
      absl::StatusOr<uint64_t>& answer = answers->acts[acts++];
      (*act)->done(answers->status.ok() ? std::move(answer) : answers->status);
    } else if (auto* look = std::get_if<std::unique_ptr<Look>>(&job)) {
      (*look)->done(answers->status.ok() ? (*look)->seen : answers->status);
    } else {
      std::get<std::unique_ptr<Survey>>(job)->done(answers->status);
    }
  }
  if (answers->status.ok() && !answers->resolved.empty()) {
    feed_->Publish(answers->resolved);
  }
}

void Answerer::AnswerRepeats(Answers* answers) {
  storage::v1::Entry entry;
  for (const Repeat& repeat : answers->repeats) {
    Item* item = repeat.item;
    const absl::StatusOr<std::string> bytes = journal_->Read(repeat.sequence);
    if (!bytes.ok() || !entry.ParseFromString(*bytes)) {
      item->status = absl::UnavailableError(
          absl::StrCat("the stored decision ", repeat.sequence,
                       " cannot be read: ", bytes.status().message()));
      continue;
    }
    const std::string& content = entry.event().content_hash();
    if (content.size() != item->content_hash.size() ||
        std::memcmp(content.data(), item->content_hash.data(),
                    content.size()) != 0) {
      item->status = absl::AlreadyExistsError(absl::StrCat(
          "event_id: used already, with other content, for decision ",
          repeat.sequence));
      continue;
    }
    rules::ToDecision(entry, repeat.sequence, item->event->event_id(),
                      item->decision);
  }
}

}  // namespace levee::sequencer
