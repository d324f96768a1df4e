// Whose a link is.
#ifndef LEVEE_SERVER_TEXT_FOREIGN_LINKS_H_
#define LEVEE_SERVER_TEXT_FOREIGN_LINKS_H_

#include <cstdint>
#include <string_view>

#include "absl/types/span.h"
#include "server/text/normalise.h"

namespace levee::text {

enum class LinkKind : uint8_t {
  // Where it leads is the writer's own: his mail's domain, or one that the
  // helpdesk knows to be his.
  kOwn,
  // Pictures, logs, measurements, files for support; documentation.
  kSupport,
  kForeign,
  // Hides where it leads.
  kShortener,
  // Opens a talk with somebody.
  kMessenger,
  // Appointments, shops of services, forms.
  kFunnel,
};

// The host of a link as it stands in a text ("https://u@Example.com:8/x",
// "example.com."), without "www."; a part of `link`.
std::string_view HostOf(std::string_view link);

// `own`: domains, in any case.
LinkKind KindOfHost(std::string_view host,
                    absl::Span<const std::string_view> own);

// True where `host` is `domain` or below it; the case of ASCII letters does not
// matter.
bool IsBelow(std::string_view host, std::string_view domain);

// True for the domain of a mailer where anybody has an address.
bool IsFreeMailer(std::string_view domain);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_FOREIGN_LINKS_H_
