// Lists that come in pages.
#ifndef LEVEE_CLIENT_CLI_PAGES_H_
#define LEVEE_CLIENT_CLI_PAGES_H_

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/cli/session.h"
#include "client/cli/table.h"

namespace levee::cli {

// Of every list of the server's but that of revisions.
inline constexpr int64_t kPageMax = 500;

// Calls the server for one page after the other until `use`, which is given
// each response, has taken `limit` items of them; it takes those that it can,
// at most as many as it is told, and returns how many there were. Returns what
// to end with; `*more` tells whether some were left.
template <typename Response, typename Request, typename Use>
int ReadPages(Session* session, Request request, int64_t limit, bool* more,
              Use use) {
  int64_t left = limit;
  do {
    request.set_page_size(static_cast<int>(std::min(left, kPageMax)));
    Response response;
    if (int code = CallServer(session, request, &response); code != kExitOk) {
      return code;
    }
    const int64_t there = use(response, left);
    *more = there > left || !response.next_page_token().empty();
    left -= there;
    request.set_page_token(response.next_page_token());
  } while (left > 0 && !request.page_token().empty());
  return kExitOk;
}

// A line for below a list that --limit cut.
inline std::string CutAt(int64_t limit) {
  return absl::StrCat("there may be more; --limit is ", limit, "\n");
}

// Prints all pages' items, at most `limit`: as JSON a line each, else as a
// table, filled by AddRow(item, &table), or `none` where there are none.
// `items` picks them out of a response. Returns what to end with.
template <typename Response, typename Request, typename Items>
int PrintList(Session* session, const Request& request, int64_t limit,
              Table table, const std::string& none, Items items) {
  bool more = false;
  const int code = ReadPages<Response>(session, request, limit, &more,
                                       [&](const Response& page, int64_t left) {
                                         for (const auto& item : items(page)) {
                                           if (left-- <= 0) break;
                                           if (session->json()) {
                                             session->PrintJson(item);
                                           } else {
                                             AddRow(item, &table);
                                           }
                                         }
                                         return items(page).size();
                                       });
  if (code != kExitOk || session->json()) return code;
  session->Print(table.empty() ? none : table.Render());
  if (more) session->Print(CutAt(limit));
  return kExitOk;
}

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_PAGES_H_
