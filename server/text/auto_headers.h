// What the headers of a mail say of who wrote it.
#ifndef LEVEE_SERVER_TEXT_AUTO_HEADERS_H_
#define LEVEE_SERVER_TEXT_AUTO_HEADERS_H_

#include "absl/types/span.h"
#include "server/text/auto_reply.h"

namespace levee::text {

struct AutoHeaders {
  // A header names the kind; kNone: none does.
  AutoReplyKind kind = AutoReplyKind::kNone;
  // A machine answered; its words may say of which kind.
  bool automatic = false;
  // A machine probably wrote it, where its words say so too.
  bool likely = false;
  // A list's or a bulk mailer's.
  bool bulk = false;
};

AutoHeaders ReadAutoHeaders(absl::Span<const MailHeader> headers);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_AUTO_HEADERS_H_
