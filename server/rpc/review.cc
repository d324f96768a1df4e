// ReviewService: events on HOLD, waiting for a person.
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "levee/v1/review_service.grpc.pb.h"
#include "server/rpc/acts.h"
#include "server/rpc/groups.h"
#include "server/rpc/raw.h"
#include "server/rpc/review_watch.h"
#include "server/rpc/services.h"

namespace levee::rpc {
namespace {

namespace v1 = levee::v1;
using storage::v1::ReviewRecord;
using Base = BlockingService<
    v1::ReviewService::WithRawCallbackMethod_ListReviews<
        v1::ReviewService::WithRawCallbackMethod_GetReview<
            v1::ReviewService::WithRawCallbackMethod_ResolveReview<
                v1::ReviewService::WithRawCallbackMethod_WatchReviews<
                    v1::ReviewService::Service>>>>,
    v1::ROLE_OPERATOR>;

constexpr int kPageDefault = 50;

class ReviewService final : public Base {
 public:
  explicit ReviewService(const Parts& parts) : Base(parts) {}

  grpc::ServerUnaryReactor* ListReviews(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override {
    return Start<v1::ListReviewsRequest, v1::ListReviewsResponse>(
        context, request, response, [this](auto* call) {
          return List(call->caller(), call->request(), call->response());
        });
  }

  grpc::ServerUnaryReactor* GetReview(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override {
    return Start<v1::GetReviewRequest, v1::GetReviewResponse>(
        context, request, response, [this](auto* call) {
          const uint64_t id = call->request().id();
          absl::Status status = ReadReview(parts_, *call->caller().tenant, id,
                                           call->response()->mutable_review());
          if (!status.ok()) return status;
          v1::GetDecisionRequest decision;
          decision.set_sequence(id);
          decision.set_include_text(true);
          const absl::StatusOr<v1::DecisionRecord> record =
              parts_.reader->Get(*call->caller().tenant, decision);
          if (record.ok()) *call->response()->mutable_record() = *record;
          // The review may outlive the journal's entry.
          return absl::IsNotFound(record.status()) ? absl::OkStatus()
                                                   : record.status();
        });
  }

  grpc::ServerUnaryReactor* ResolveReview(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override {
    return Start<v1::ResolveReviewRequest, v1::ResolveReviewResponse>(
        context, request, response, [this](auto* call) {
          const v1::ResolveReviewRequest& given = call->request();
          sequencer::Act act;
          auto& resolve = *act.entry.mutable_resolve_review();
          resolve.set_review(given.id());
          resolve.set_released(given.state() == v1::REVIEW_STATE_RELEASED);
          act.reason = given.reason();
          const auto done =
              Perform(parts_.sequencer, call->caller(), std::move(act));
          if (!done.ok()) return done.status();
          return ReadReview(parts_, *call->caller().tenant, given.id(),
                            call->response()->mutable_review());
        });
  }

  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchReviews(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override {
    return StartReviewWatch(parts_, context, *request);
  }

 private:
  absl::Status List(const Caller& caller, const v1::ListReviewsRequest& given,
                    v1::ListReviewsResponse* response) const;
};

absl::Status ReviewService::List(const Caller& caller,
                                 const v1::ListReviewsRequest& given,
                                 v1::ListReviewsResponse* response) const {
  const absl::StatusOr<uint64_t> after = ParseIdToken(given.page_token(), 0);
  if (!after.ok()) return after.status();
  std::optional<uint64_t> customer;
  if (!given.customer_id().empty()) {
    absl::StatusOr<state::EntityKey> key =
        parts_.reader->CustomerKey(*caller.tenant, given.customer_id());
    if (absl::IsNotFound(key.status())) return absl::OkStatus();
    if (!key.ok()) return key.status();
    customer = key->handle;
  }
  const auto matches = [&](const ReviewRecord& review) {
    return (!customer.has_value() ||
            review.subjects().customer() == *customer) &&
           (given.rule_id().empty() || review.rule_id() == given.rule_id()) &&
           (given.category() == v1::CATEGORY_UNSPECIFIED ||
            review.category() == given.category());
  };
  const size_t page_size =
      given.page_size() == 0 ? kPageDefault : given.page_size();
  std::vector<std::pair<uint64_t, ReviewRecord>> page;
  bool more = false;
  absl::Status status =
      SurveyLists(parts_.sequencer, caller,
                  [&](const sequencer::Directory::Lists& lists, int64_t) {
                    for (auto it = lists.reviews.upper_bound(*after);
                         it != lists.reviews.end() && !more; ++it) {
                      if (!matches(it->second)) continue;
                      more = page.size() == page_size;
                      if (!more) page.emplace_back(it->first, it->second);
                    }
                  });
  if (!status.ok()) return status;
  if (more) response->set_next_page_token(absl::StrCat(page.back().first));
  return parts_.reader->Tell(*caller.tenant, page, response->mutable_reviews());
}

}  // namespace

std::unique_ptr<grpc::Service> MakeReviewService(const Parts& parts) {
  return std::make_unique<ReviewService>(parts);
}

}  // namespace levee::rpc
