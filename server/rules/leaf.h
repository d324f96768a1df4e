// A compiled leaf: what to measure, and what to compare it with.
#ifndef LEVEE_SERVER_RULES_LEAF_H_
#define LEVEE_SERVER_RULES_LEAF_H_

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "levee/v1/rule.pb.h"
#include "re2/re2.h"
#include "server/rules/network.h"
#include "server/rules/value_list.h"
#include "server/state/query.h"

namespace levee::rules {

struct PatternTest {
  levee::v1::TextField field;
  std::shared_ptr<const re2::RE2> pattern;
};
struct LengthOf {
  levee::v1::TextField field;
};
struct LinksOf {
  levee::v1::TextField field;
};
struct IpIn {
  Network network;
};
struct EmailDomainUnder {
  std::string domain;
};
// What the text models said of subject and body: thousandths, a severity, or 1
// and 0.
enum class TextScore {
  kMeaningless,
  kInsult,
  // 0 where it is no insult of staff.
  kInsultSeverity,
  kPromotion,
  kAutomatic,
  // To the closest of the customer's own latest messages.
  kSimilar,
};
// Milliseconds of the account's age at the effective time.
struct AccountAge {};
struct AttributeTextIn {
  std::string key;
  std::vector<std::string> any_of;
};
struct AttributeNumberOf {
  std::string key;
};
struct OnList {
  std::shared_ptr<const ValueList> list;
};

// A leaf is true where its measured value lies in [at_least, at_most].
struct Leaf {
  std::variant<state::RateQuery, state::TicketFact, state::SurgeQuery,
               state::CampaignFact, TextScore, PatternTest, LengthOf, LinksOf,
               IpIn, EmailDomainUnder, AccountAge, AttributeTextIn,
               AttributeNumberOf, OnList>
      measure;
  int64_t at_least = INT64_MIN;
  int64_t at_most = INT64_MAX;
  // A rate whose being reached makes a rule match: an operator may raise it for
  // a customer (StandingFacts.limits_times). Not one below a `not` or in an
  // `unless`, where a higher bound would be a stricter rule.
  bool is_limit = false;
  // For Evidence.label, such as "opened by CUSTOMER in 10m".
  std::string label;
};

}  // namespace levee::rules

#endif  // LEVEE_SERVER_RULES_LEAF_H_
