// What operators do with the tool: the requests it makes and what it prints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/times.h"
#include "tests/client/fake_operator_server.h"
#include "tests/client/run_tool.h"
#include "tests/client/temp_file.h"

namespace levee::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::Desk;
using tests::Ended;
using tests::FakeOperatorServer;
using tests::Levee;
using tests::TempFile;

class OperatorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("LEVEE_SERVER", server_.target().c_str(), 1);
    setenv("LEVEE_TOKEN", "secret", 1);
    // Times are shown in it.
    setenv("TZ", "UTC", 1);
  }

  FakeOperatorServer server_;
  Desk& desk_ = server_.desk;
};

// Whether it is so long from now, less a moment.
bool IsAhead(const google::protobuf::Timestamp& time, absl::Duration span) {
  const absl::Duration ahead = ToTime(time) - absl::Now();
  return ahead <= span && ahead > span - absl::Minutes(1);
}

v1::Restriction MakeRestriction(uint64_t id) {
  v1::Restriction restriction;
  restriction.set_id(id);
  restriction.mutable_subject()->set_ip("203.0.113.7");
  restriction.set_scope(v1::RESTRICTION_SCOPE_ALL_MESSAGES);
  restriction.set_verdict(v1::VERDICT_THROTTLE);
  restriction.mutable_until()->set_seconds(1'714'568'645);
  restriction.set_rule_id("many");
  restriction.set_category(v1::CATEGORY_BOMBING);
  return restriction;
}

TEST_F(OperatorTest, ARestrictionIsAdded) {
  const Ended ended = Levee(
      {"restrictions", "add", "--email_domain", "example.com", "--verdict",
       "hold", "--scope", "new_tickets", "--for", "36h", "--reason", "spam"});
  ASSERT_EQ(kExitOk, ended.code) << ended.err;
  ASSERT_EQ(1u, desk_.added.size());
  const v1::AddRestrictionRequest& request = desk_.added[0];
  EXPECT_EQ("example.com", request.subject().email_domain());
  EXPECT_EQ(v1::VERDICT_HOLD, request.verdict());
  EXPECT_EQ(v1::RESTRICTION_SCOPE_NEW_TICKETS, request.scope());
  EXPECT_TRUE(IsAhead(request.until(), absl::Hours(36)));
  EXPECT_EQ("spam", request.reason());
  EXPECT_THAT(ended.out, HasSubstr("email_domain example.com"));
}

TEST_F(OperatorTest, RestrictionsAreListedPageByPage) {
  for (uint64_t id = 5; id > 0; --id) {
    desk_.restrictions.push_back(MakeRestriction(id));
  }
  desk_.restrictions[0].clear_rule_id();
  desk_.restrictions[0].set_author("kim");
  desk_.restrictions[0].set_reason("bombs us");
  Ended ended = Levee({"restrictions", "list"});
  EXPECT_EQ(kExitOk, ended.code) << ended.err;
  EXPECT_THAT(
      ended.out,
      AllOf(HasSubstr(
                "ID  ON              VERDICT   COVERS        UNTIL             "
                "          MADE BY              REASON\n"
                " 5  ip 203.0.113.7  THROTTLE  all_messages  2024-05-01 "
                "13:04:05 +00:00  operator kim         bombs us\n"
                " 4  ip 203.0.113.7  THROTTLE  all_messages  2024-05-01 "
                "13:04:05 +00:00  rule many (bombing)\n"),
            Not(HasSubstr("there may be more"))));
  EXPECT_EQ(3u, desk_.restriction_lists.size());
  EXPECT_FALSE(desk_.restriction_lists[0].has_subject());
  ended = Levee({"restrictions", "list", "--limit", "3", "--customer", "c",
                 "--rule", "many", "--by_operators", "-o", "json"});
  EXPECT_EQ(3, std::count(ended.out.begin(), ended.out.end(), '\n'));
  const v1::ListRestrictionsRequest& request = desk_.restriction_lists.back();
  EXPECT_EQ("c", request.subject().customer_id());
  EXPECT_EQ("many", request.rule_id());
  EXPECT_TRUE(request.by_operators());
  EXPECT_THAT(Levee({"restrictions", "list", "--limit", "3"}).out,
              HasSubstr("there may be more; --limit is 3\n"));
}

TEST_F(OperatorTest, ARestrictionIsShownAndLifted) {
  desk_.restrictions.push_back(MakeRestriction(12));
  Ended ended = Levee({"restrictions", "show", "12"});
  EXPECT_THAT(ended.out, AllOf(HasSubstr("restriction  12\n"),
                               HasSubstr("made by      rule many (bombing)\n"),
                               Not(HasSubstr("lifted"))));
  EXPECT_EQ(kExitNo, Levee({"restrictions", "show", "13"}).code);
  ended = Levee({"restrictions", "lift", "12", "--reason", "a mistake"});
  EXPECT_EQ(kExitOk, ended.code) << ended.err;
  ASSERT_EQ(1u, desk_.lifted.size());
  EXPECT_EQ(12u, desk_.lifted[0].id());
  EXPECT_EQ("a mistake", desk_.lifted[0].reason());
}

constexpr char kBlocklist[] =
    "subject,value,verdict,for,reason\n"
    "ip,203.0.113.7,reject,7d,one\n"
    "ip,nowhere,reject,7d,two\n"
    "ip,203.0.113.9,reject,7d,three\n";

TEST_F(OperatorTest, RestrictionsAreImportedButForBadRows) {
  const TempFile file(kBlocklist, ".csv");
  const Ended ended =
      Levee({"restrictions", "import", file.path(), "--quiet", "-o", "json"});
  EXPECT_EQ(kExitOk, ended.code) << ended.err;
  EXPECT_EQ("{\"rows\":3,\"badRows\":1,\"added\":2,\"refused\":0}\n",
            ended.out);
  EXPECT_THAT(ended.err,
              HasSubstr(file.path() + ": line 3: value: \"nowhere\" is no"));
  ASSERT_EQ(2u, desk_.added.size());
  EXPECT_EQ("203.0.113.9", desk_.added[1].subject().ip());
  EXPECT_TRUE(IsAhead(desk_.added[1].until(), absl::Hours(168)));
}

TEST_F(OperatorTest, AStrictImportAddsAllOrNothing) {
  const TempFile file(kBlocklist, ".csv");
  const Ended ended =
      Levee({"restrictions", "import", file.path(), "--strict"});
  EXPECT_EQ(kExitNo, ended.code);
  EXPECT_THAT(ended.err, AllOf(HasSubstr(": line 3: value:"),
                               HasSubstr("because of --strict")));
  EXPECT_TRUE(desk_.added.empty());
}

TEST_F(OperatorTest, AnImportOfNothingIsNoSuccess) {
  const TempFile file("nonsense\n", ".jsonl");
  const Ended ended = Levee({"restrictions", "import", file.path()});
  EXPECT_EQ(kExitNo, ended.code);
  EXPECT_THAT(ended.err, HasSubstr("none of 1 rows could be read"));
}

TEST_F(OperatorTest, ARowThatTheServerRefusesIsNamed) {
  const TempFile file(kBlocklist, ".csv");
  desk_.add_failures = {grpc::Status(grpc::INVALID_ARGUMENT, "too far")};
  const Ended ended = Levee({"restrictions", "import", file.path()});
  EXPECT_EQ(kExitNo, ended.code);
  EXPECT_THAT(ended.err, HasSubstr(": line 2: too far\n"));
  EXPECT_EQ(1u, desk_.added.size());
}

TEST_F(OperatorTest, ABrokenImportSaysWhereToGoOn) {
  const TempFile file(kBlocklist, ".csv");
  desk_.add_failures = {grpc::Status::OK,
                        grpc::Status(grpc::UNAVAILABLE, "away")};
  Ended ended = Levee({"restrictions", "import", file.path()});
  EXPECT_EQ(kExitUnreachable, ended.code);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("1 of 2 restrictions are added; go on "
                                         "with --from_line 4\n"),
                               HasSubstr("line 4: was sent and not answered")));
  EXPECT_EQ("", ended.out);
  ended = Levee({"restrictions", "import", file.path(), "--from_line", "4"});
  EXPECT_EQ(kExitOk, ended.code) << ended.err;
  ASSERT_EQ(2u, desk_.added.size());
  EXPECT_EQ("three", desk_.added[1].reason());
}

TEST_F(OperatorTest, AFullQueueIsWaitedFor) {
  const TempFile file(kBlocklist, ".csv");
  desk_.add_failures = {grpc::Status(grpc::RESOURCE_EXHAUSTED, "full")};
  EXPECT_EQ(kExitOk, Levee({"restrictions", "import", file.path()}).code);
  EXPECT_EQ(2u, desk_.added.size());
}

v1::Review Resolved(uint64_t sequence) {
  v1::Review review;
  review.set_id(sequence - 1);
  review.set_state(v1::REVIEW_STATE_RELEASED);
  review.set_ticket_id("t-9");
  review.set_resolved_sequence(sequence);
  review.set_resolved_by("kim");
  review.set_reason("an outage");
  return review;
}

TEST_F(OperatorTest, ReviewsAreListed) {
  v1::Review review;
  review.set_id(4'711);
  review.set_kind(v1::EVENT_KIND_OPENED);
  review.set_customer_id("c-17");
  review.set_rule_id("rude");
  review.set_category(v1::CATEGORY_INSULT);
  desk_.reviews = {review, review, review};
  const Ended ended = Levee({"reviews", "list", "--customer", "c-17", "--rule",
                             "rude", "--category", "insult"});
  EXPECT_EQ(kExitOk, ended.code) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("rule rude (insult)\n"));
  EXPECT_EQ(4, std::count(ended.out.begin(), ended.out.end(), '\n'));
  const v1::ListReviewsRequest& request = desk_.review_lists.at(0);
  EXPECT_EQ("c-17", request.customer_id());
  EXPECT_EQ("rude", request.rule_id());
  EXPECT_EQ(v1::CATEGORY_INSULT, request.category());
}

TEST_F(OperatorTest, AReviewIsShownWithItsDecision) {
  *desk_.review.mutable_review() = Resolved(20);
  desk_.review.mutable_record()->set_body("you fools");
  const Ended ended = Levee({"reviews", "show", "19"});
  EXPECT_THAT(ended.out, AllOf(HasSubstr("by kim: an outage\n"),
                               HasSubstr("\nbody\n  | you fools\n")));
}

TEST_F(OperatorTest, ReviewsAreResolvedOneByOne) {
  const Ended ended =
      Levee({"reviews", "release", "1", "2", "3", "--reason", "fine"});
  EXPECT_EQ(kExitNo, ended.code);
  EXPECT_EQ("levee: review 2: is resolved already\n", ended.err);
  ASSERT_EQ(2u, desk_.resolved.size());
  EXPECT_EQ(3u, desk_.resolved[1].id());
  EXPECT_EQ(v1::REVIEW_STATE_RELEASED, desk_.resolved[1].state());
  EXPECT_EQ("fine", desk_.resolved[1].reason());
  EXPECT_EQ(kExitOk, Levee({"reviews", "confirm", "5"}).code);
  EXPECT_EQ(v1::REVIEW_STATE_CONFIRMED, desk_.resolved[2].state());
}

TEST_F(OperatorTest, AWatchGoesOnAfterABreak) {
  desk_.watches = {{Resolved(20), Resolved(22)}, {Resolved(25)}};
  Ended ended = Levee({"reviews", "watch", "--after", "7"});
  EXPECT_EQ(kExitDenied, ended.code);
  EXPECT_THAT(
      ended.out,
      HasSubstr("20  -  RELEASED  review 19  ticket t-9  by kim: an outage\n"
                "22  -  RELEASED  review 21  ticket t-9  by kim: an outage\n"
                "25  -  RELEASED"));
  EXPECT_THAT(ended.err, HasSubstr("interrupted (stopping); trying again in "
                                   "200ms\n"));
  ASSERT_EQ(3u, desk_.watched.size());
  EXPECT_EQ(7u, desk_.watched[0].after());
  EXPECT_EQ(22u, desk_.watched[1].after());
  EXPECT_EQ(25u, desk_.watched[2].after());
  desk_.watches = {{}};
  ended = Levee({"reviews", "watch"});
  EXPECT_THAT(ended.err, HasSubstr("what is resolved until then is not told"));
  EXPECT_FALSE(desk_.watched.back().has_after());
}

TEST_F(OperatorTest, AnIncidentBeginsAndEnds) {
  Ended ended = Levee({"incidents", "begin", "--department", "network",
                       "--department", "billing", "--from", "30m", "--for",
                       "4h", "--proposal", "3", "--reason", "fibre cut"});
  ASSERT_EQ(kExitOk, ended.code) << ended.err;
  const v1::BeginIncidentRequest& request = desk_.begun.at(0);
  EXPECT_THAT(request.departments(), ElementsAre("network", "billing"));
  EXPECT_TRUE(IsAhead(request.from(), -absl::Minutes(30)));
  EXPECT_TRUE(IsAhead(request.until(), absl::Hours(4)));
  EXPECT_EQ(3u, request.proposal_id());
  EXPECT_EQ("fibre cut", request.reason());
  EXPECT_THAT(ended.out, AllOf(HasSubstr("until     ended by hand\n"),
                               HasSubstr("scope     network, billing\n")));
  ended = Levee({"incidents", "begin", "--reason", "x"});
  EXPECT_EQ(kExitOk, ended.code) << ended.err;
  EXPECT_FALSE(desk_.begun[1].has_from() || desk_.begun[1].has_until());
  EXPECT_EQ(kExitOk,
            Levee({"incidents", "end", "2", "--reason", "mended"}).code);
  EXPECT_EQ(2u, desk_.ended.at(0).id());
  EXPECT_EQ("mended", desk_.ended[0].reason());
}

TEST_F(OperatorTest, IncidentsAndProposalsAreListed) {
  EXPECT_EQ("no incident\n", Levee({"incidents", "list"}).out);
  EXPECT_EQ("nothing is proposed\n", Levee({"incidents", "proposals"}).out);
  v1::Incident* incident = desk_.incidents.add_incidents();
  incident->set_id(2);
  incident->set_author("kim");
  incident->set_reason("fibre cut");
  incident->set_ended_by("lee");
  incident->set_end_reason("mended");
  v1::IncidentProposal* proposal = desk_.incidents.add_proposals();
  proposal->set_id(3);
  proposal->set_why("40 customers in 5m");
  EXPECT_THAT(Levee({"incidents", "list"}).out,
              HasSubstr(" 2  over   -     ended by hand  the whole desk  kim   "
                        "    fibre cut; ended by lee: mended\n"
                        "1 proposed; see levee incidents proposals\n"));
  EXPECT_THAT(Levee({"incidents", "proposals"}).out,
              HasSubstr(" 3  -   the whole desk  40 customers in 5m\n"));
  EXPECT_EQ("{\"id\":\"3\",\"why\":\"40 customers in 5m\"}\n",
            Levee({"incidents", "proposals", "-o", "json"}).out);
}

TEST_F(OperatorTest, AnEntitlementIsGranted) {
  const Ended ended = Levee({"customers", "entitle", "c-17", "--reference",
                             "ip-1", "--for", "24h", "--reason", "replaced"});
  EXPECT_EQ(kExitOk, ended.code) << ended.err;
  const v1::GrantEntitlementRequest& request = desk_.granted.at(0);
  EXPECT_EQ("c-17", request.customer_id());
  EXPECT_EQ("ip-1", request.reference());
  EXPECT_TRUE(IsAhead(request.until(), absl::Hours(24)));
  EXPECT_EQ("replaced", request.reason());
}

TEST_F(OperatorTest, OneHalfOfAnOverrideKeepsTheOther) {
  const std::vector<std::string> exempt = {
      "customers", "exempt", "c", "--for", "2h", "--reason", "x"};
  const std::vector<std::string> limits = {"customers", "limits",   "c",
                                           "--times",   "5",        "--for",
                                           "3h",        "--reason", "x"};
  // Never seen, so without one.
  ASSERT_EQ(kExitOk, Levee(exempt).code);
  EXPECT_TRUE(
      IsAhead(desk_.overrides[0].override().exempt_until(), absl::Hours(2)));
  EXPECT_FALSE(desk_.overrides[0].override().has_limits_until());

  v1::Override* current = desk_.customer.mutable_customer()->mutable_override();
  *current->mutable_exempt_until() = ToTimestamp(absl::Now() + absl::Hours(9));
  ASSERT_EQ(kExitOk, Levee(limits).code);
  const v1::Override both = desk_.overrides[1].override();
  EXPECT_TRUE(IsAhead(both.exempt_until(), absl::Hours(9)));
  EXPECT_EQ(5, both.limits_times());
  EXPECT_TRUE(IsAhead(both.limits_until(), absl::Hours(3)));

  *current = both;
  ASSERT_EQ(kExitOk, Levee(exempt).code);
  EXPECT_EQ(5, desk_.overrides[2].override().limits_times());
  EXPECT_TRUE(
      IsAhead(desk_.overrides[2].override().exempt_until(), absl::Hours(2)));

  // What is over would be refused.
  *current->mutable_limits_until() = ToTimestamp(absl::Now() - absl::Hours(1));
  ASSERT_EQ(kExitOk, Levee(exempt).code);
  EXPECT_EQ(0, desk_.overrides[3].override().limits_times());
  EXPECT_FALSE(desk_.overrides[3].override().has_limits_until());

  const Ended ended = Levee({"customers", "clear", "c", "--reason", "done"});
  EXPECT_EQ("c beyond the rules: nothing\n", ended.out);
  EXPECT_FALSE(desk_.overrides[4].has_override());
  EXPECT_EQ("done", desk_.overrides[4].reason());
}

TEST_F(OperatorTest, ACustomerIsShownWithWhatIsOnHim) {
  v1::Customer* customer = desk_.customer.mutable_customer();
  customer->set_customer_id("c-17");
  EXPECT_THAT(Levee({"customers", "show", "c-17"}).out,
              AllOf(Not(HasSubstr("offence")), Not(HasSubstr("beyond")),
                    Not(HasSubstr("MADE BY"))));
  *customer->add_restrictions() = MakeRestriction(12);
  customer->mutable_override()->set_limits_times(5);
  customer->set_entitlements(2);
  v1::CustomerOffence* offence = customer->add_offences();
  offence->set_rule_id("many");
  offence->mutable_at()->set_seconds(1'714'568'645);
  customer->add_offences();
  customer->mutable_forgiven_at()->set_seconds(1'714'568'645);
  EXPECT_THAT(
      Levee({"customers", "show", "c-17"}).out,
      AllOf(HasSubstr("offence           2024-05-01 13:04:05 +00:00 against "
                      "rule many\n"
                      "offence           - against a rule that is no more\n"
                      "forgiven up to    2024-05-01 13:04:05 +00:00\n"
                      "beyond the rules  limits times 5 until -\n"
                      "entitlements      2\n"),
            HasSubstr("12  ip 203.0.113.7  THROTTLE")));
}

TEST_F(OperatorTest, TheRuleSetGoesIntoShadow) {
  const Ended ended =
      Levee({"rules", "shadow", "on", "--comment", "complaints"});
  EXPECT_EQ("revision 5 is in force\n", ended.out);
  EXPECT_TRUE(desk_.shadows.at(0).shadow());
  EXPECT_EQ("complaints", desk_.shadows[0].comment());
  EXPECT_EQ(kExitOk, Levee({"rules", "shadow", "off"}).code);
  EXPECT_FALSE(desk_.shadows.at(1).shadow());
}

TEST_F(OperatorTest, PrecisionIsTheShareThatWasConfirmed) {
  v1::RulePrecision* rule = desk_.precision.add_rules();
  rule->set_rule_id("many");
  rule->set_confirmed(3);
  rule->set_released(1);
  rule = desk_.precision.add_rules();
  rule->set_rule_id("links");
  rule->set_unattended(7);
  EXPECT_EQ(
      "CONFIRMED  RELEASED  RIGHT  UNATTENDED  RULE\n"
      "        3         1   75 %           0  many\n"
      "        0         0      -           7  links\n",
      Levee({"rules", "precision"}).out);
}

v1::DecisionRecord RecordOf(uint64_t sequence) {
  v1::DecisionRecord record;
  record.mutable_decision()->set_sequence(sequence);
  return record;
}

v1::ActRecord ActOf(uint64_t sequence) {
  v1::ActRecord act;
  act.set_sequence(sequence);
  act.set_author("kim");
  act.set_what("lifted restriction 3");
  act.set_reason("a mistake");
  return act;
}

TEST_F(OperatorTest, ActsStandAmongTheDecisions) {
  v1::ListDecisionsResponse page;
  *page.add_records() = RecordOf(9);
  *page.add_records() = RecordOf(6);
  *page.add_acts() = ActOf(10);
  *page.add_acts() = ActOf(7);
  page.set_next_page_token("1");
  desk_.decision_pages.push_back(page);
  page.Clear();
  *page.add_acts() = ActOf(5);
  *page.add_acts() = ActOf(4);
  *page.add_records() = RecordOf(3);
  desk_.decision_pages.push_back(page);
  Ended ended = Levee({"decisions", "list", "--acts", "-o", "json"});
  std::string sequences;
  for (size_t at = 0;
       (at = ended.out.find("\"sequence\":\"", at)) != std::string::npos;) {
    at += 12;
    absl::StrAppend(&sequences, ended.out.substr(at, 2), " ");
  }
  EXPECT_EQ("10 9\" 7\" 6\" 5\" 4\" 3\" ", sequences);
  EXPECT_TRUE(desk_.decision_lists.at(0).include_acts());
  ended = Levee({"decisions", "list", "--acts", "--limit", "5"});
  EXPECT_THAT(ended.out, AllOf(HasSubstr("act (kim)"),
                               HasSubstr("lifted restriction 3: a mistake\n"),
                               HasSubstr("there may be more; --limit is 5\n")));
  Levee({"decisions", "list"});
  EXPECT_FALSE(desk_.decision_lists.back().include_acts());
}

}  // namespace
}  // namespace levee::cli
