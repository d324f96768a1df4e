// Whether a machine wrote a message: absence notes, bounces, another desk's
// "we have received your message", lists, and our own mail come back.
//
// A machine that names itself in its headers is believed (RFC 3834, RFC 3464).
// Without headers the subject's beginning and the body's first sentences
// decide, and neither alone: who asks how to set up an absence note writes "Out
// of office" as a subject too, and who complains about a bounce pastes it below
// his own words.
#ifndef LEVEE_SERVER_TEXT_AUTO_REPLY_H_
#define LEVEE_SERVER_TEXT_AUTO_REPLY_H_

#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/text/normalise.h"
#include "server/text/phrase_book.h"

namespace levee::text {

// Numbered as levee.v1.AutomaticKind.
enum class AutoReplyKind : uint8_t {
  kNone = 0,
  kOutOfOffice = 1,
  kDeliveryFailure = 2,
  // Also what a machine says of which we know no more.
  kAcknowledgement = 3,
  // A list's, or a bulk mailer's.
  kBulk = 4,
  // Our own mail, come back, or two machines that answer each other.
  kLoop = 5,
};

struct AutoReply {
  AutoReplyKind kind = AutoReplyKind::kNone;
  // The words that say so; empty where a header does.
  Span span;
};

// Name and value of a header line of the mail.
using MailHeader = std::pair<std::string_view, std::string_view>;
// Headers that are looked at; others behind them are not.
inline constexpr size_t kMailHeadersMax = 32;

// Threads: any, once opened. No allocation in Judge.
class AutoReplyModel {
 public:
  // The lexica that are linked in. INVALID_ARGUMENT: one is not as it should
  // be.
  static absl::StatusOr<AutoReplyModel> Open();
  static absl::StatusOr<AutoReplyModel> Open(std::string_view subject_lexicon,
                                             std::string_view body_lexicon);

  // `headers`: in any order; names are compared without regard to case. Empty:
  // the message did not come by mail, or they are unknown.
  AutoReply Judge(const Normalised& message,
                  absl::Span<const MailHeader> headers) const;

 private:
  AutoReplyModel(PhraseBook subjects, PhraseBook bodies)
      : subjects_(std::move(subjects)), bodies_(std::move(bodies)) {}

  PhraseBook subjects_;
  PhraseBook bodies_;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_AUTO_REPLY_H_
