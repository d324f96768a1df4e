// The services that operators call, each answering with what it was given.
#ifndef LEVEE_TESTS_CLIENT_FAKE_OPERATOR_SERVER_H_
#define LEVEE_TESTS_CLIENT_FAKE_OPERATOR_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "levee/v1/customer_service.grpc.pb.h"
#include "levee/v1/decision_service.grpc.pb.h"
#include "levee/v1/incident_service.grpc.pb.h"
#include "levee/v1/restriction_service.grpc.pb.h"
#include "levee/v1/review_service.grpc.pb.h"
#include "levee/v1/rule_service.grpc.pb.h"

namespace levee::tests {

// What a test sets before the calls, and finds after them. A field is the
// answer to the call of its name, or the requests that came.
struct Desk {
  std::vector<v1::Restriction> restrictions;
  std::vector<v1::ListRestrictionsRequest> restriction_lists;
  std::vector<v1::AddRestrictionRequest> added;
  std::vector<v1::LiftRestrictionRequest> lifted;
  // Of the next calls of AddRestriction, one after the other.
  std::deque<grpc::Status> add_failures;

  std::vector<v1::Review> reviews;
  std::vector<v1::ListReviewsRequest> review_lists;
  std::vector<v1::ResolveReviewRequest> resolved;
  v1::GetReviewResponse review;
  // Of each next call of WatchReviews, what it tells; then it ends UNAVAILABLE,
  // and after the last PERMISSION_DENIED.
  std::deque<std::vector<v1::Review>> watches;
  std::vector<v1::WatchReviewsRequest> watched;

  v1::ListIncidentsResponse incidents;
  std::vector<v1::BeginIncidentRequest> begun;
  std::vector<v1::EndIncidentRequest> ended;

  // Unset: NOT_FOUND.
  v1::GetCustomerResponse customer;
  std::vector<v1::GrantEntitlementRequest> granted;
  std::vector<v1::SetOverrideRequest> overrides;

  v1::ListPrecisionResponse precision;
  std::vector<v1::SetShadowRequest> shadows;

  std::vector<v1::ListDecisionsResponse> decision_pages;
  std::vector<v1::ListDecisionsRequest> decision_lists;
};

// Threads: `desk` between calls only, the rest is safe.
class FakeOperatorServer {
 public:
  FakeOperatorServer()
      : restrictions_(this),
        reviews_(this),
        incidents_(this),
        customers_(this),
        rules_(this),
        decisions_(this) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port_);
    for (grpc::Service* service : {static_cast<grpc::Service*>(&restrictions_),
                                   static_cast<grpc::Service*>(&reviews_),
                                   static_cast<grpc::Service*>(&incidents_),
                                   static_cast<grpc::Service*>(&customers_),
                                   static_cast<grpc::Service*>(&rules_),
                                   static_cast<grpc::Service*>(&decisions_)}) {
      builder.RegisterService(service);
    }
    server_ = builder.BuildAndStart();
  }

  std::string target() const { return absl::StrCat("127.0.0.1:", port_); }

  Desk desk;

 private:
  // A page of two of `all`; its token is where the next begins.
  template <typename Item, typename Request, typename Items>
  static std::string Page(const std::vector<Item>& all, const Request& request,
                          Items* items) {
    size_t at =
        request.page_token().empty() ? 0 : std::stoul(request.page_token());
    for (int i = 0; i < std::min(2, request.page_size()) && at < all.size();
         ++i) {
      *items->Add() = all[at++];
    }
    return at < all.size() ? absl::StrCat(at) : "";
  }

  class Restrictions final : public v1::RestrictionService::Service {
   public:
    explicit Restrictions(FakeOperatorServer* server) : server_(server) {}
    grpc::Status ListRestrictions(
        grpc::ServerContext*, const v1::ListRestrictionsRequest* request,
        v1::ListRestrictionsResponse* response) override {
      absl::MutexLock lock(&server_->mutex_);
      Desk& desk = server_->desk;
      desk.restriction_lists.push_back(*request);
      response->set_next_page_token(
          Page(desk.restrictions, *request, response->mutable_restrictions()));
      return grpc::Status::OK;
    }
    grpc::Status GetRestriction(grpc::ServerContext*,
                                const v1::GetRestrictionRequest* request,
                                v1::GetRestrictionResponse* response) override {
      absl::MutexLock lock(&server_->mutex_);
      for (const v1::Restriction& restriction : server_->desk.restrictions) {
        if (restriction.id() != request->id()) continue;
        *response->mutable_restriction() = restriction;
        return grpc::Status::OK;
      }
      return grpc::Status(grpc::NOT_FOUND, "no such restriction");
    }
    grpc::Status AddRestriction(grpc::ServerContext*,
                                const v1::AddRestrictionRequest* request,
                                v1::AddRestrictionResponse* response) override {
      absl::MutexLock lock(&server_->mutex_);
      Desk& desk = server_->desk;
      if (!desk.add_failures.empty()) {
        grpc::Status status = desk.add_failures.front();
        desk.add_failures.pop_front();
        if (!status.ok()) return status;
      }
      desk.added.push_back(*request);
      v1::Restriction* restriction = response->mutable_restriction();
      restriction->set_id(desk.added.size());
      *restriction->mutable_subject() = request->subject();
      restriction->set_verdict(request->verdict());
      return grpc::Status::OK;
    }
    grpc::Status LiftRestriction(
        grpc::ServerContext*, const v1::LiftRestrictionRequest* request,
        v1::LiftRestrictionResponse* response) override {
      absl::MutexLock lock(&server_->mutex_);
      server_->desk.lifted.push_back(*request);
      response->mutable_restriction()->set_id(request->id());
      return grpc::Status::OK;
    }

   private:
    FakeOperatorServer* const server_;
  };

  class Reviews final : public v1::ReviewService::Service {
   public:
    explicit Reviews(FakeOperatorServer* server) : server_(server) {}
    grpc::Status ListReviews(grpc::ServerContext*,
                             const v1::ListReviewsRequest* request,
                             v1::ListReviewsResponse* response) override {
      absl::MutexLock lock(&server_->mutex_);
      server_->desk.review_lists.push_back(*request);
      response->set_next_page_token(
          Page(server_->desk.reviews, *request, response->mutable_reviews()));
      return grpc::Status::OK;
    }
    grpc::Status GetReview(grpc::ServerContext*, const v1::GetReviewRequest*,
                           v1::GetReviewResponse* response) override {
      absl::MutexLock lock(&server_->mutex_);
      *response = server_->desk.review;
      return grpc::Status::OK;
    }
    // Knows those of an odd id.
    grpc::Status ResolveReview(grpc::ServerContext*,
                               const v1::ResolveReviewRequest* request,
                               v1::ResolveReviewResponse* response) override {
      absl::MutexLock lock(&server_->mutex_);
      if (request->id() % 2 == 0) {
        return grpc::Status(grpc::FAILED_PRECONDITION, "is resolved already");
      }
      server_->desk.resolved.push_back(*request);
      response->mutable_review()->set_id(request->id());
      response->mutable_review()->set_state(request->state());
      return grpc::Status::OK;
    }
    grpc::Status WatchReviews(
        grpc::ServerContext*, const v1::WatchReviewsRequest* request,
        grpc::ServerWriter<v1::WatchReviewsResponse>* writer) override {
      std::vector<v1::Review> reviews;
      {
        absl::MutexLock lock(&server_->mutex_);
        Desk& desk = server_->desk;
        desk.watched.push_back(*request);
        if (desk.watches.empty()) {
          return grpc::Status(grpc::PERMISSION_DENIED, "not for you");
        }
        reviews = desk.watches.front();
        desk.watches.pop_front();
      }
      for (const v1::Review& review : reviews) {
        v1::WatchReviewsResponse response;
        *response.mutable_review() = review;
        writer->Write(response);
      }
      return grpc::Status(grpc::UNAVAILABLE, "stopping");
    }

   private:
    FakeOperatorServer* const server_;
  };

  class Incidents final : public v1::IncidentService::Service {
   public:
    explicit Incidents(FakeOperatorServer* server) : server_(server) {}
    grpc::Status BeginIncident(grpc::ServerContext*,
                               const v1::BeginIncidentRequest* request,
                               v1::BeginIncidentResponse* response) override {
      absl::MutexLock lock(&server_->mutex_);
      server_->desk.begun.push_back(*request);
      v1::Incident* incident = response->mutable_incident();
      incident->set_id(1);
      incident->set_running(true);
      incident->set_reason(request->reason());
      *incident->mutable_departments() = request->departments();
      return grpc::Status::OK;
    }
    grpc::Status EndIncident(grpc::ServerContext*,
                             const v1::EndIncidentRequest* request,
                             v1::EndIncidentResponse* response) override {
      absl::MutexLock lock(&server_->mutex_);
      server_->desk.ended.push_back(*request);
      response->mutable_incident()->set_id(request->id());
      return grpc::Status::OK;
    }
    grpc::Status ListIncidents(grpc::ServerContext*,
                               const v1::ListIncidentsRequest*,
                               v1::ListIncidentsResponse* response) override {
      absl::MutexLock lock(&server_->mutex_);
      *response = server_->desk.incidents;
      return grpc::Status::OK;
    }

   private:
    FakeOperatorServer* const server_;
  };

  class Customers final : public v1::CustomerService::Service {
   public:
    explicit Customers(FakeOperatorServer* server) : server_(server) {}
    grpc::Status GetCustomer(grpc::ServerContext*,
                             const v1::GetCustomerRequest*,
                             v1::GetCustomerResponse* response) override {
      absl::MutexLock lock(&server_->mutex_);
      if (!server_->desk.customer.has_customer()) {
        return grpc::Status(grpc::NOT_FOUND, "never seen");
      }
      *response = server_->desk.customer;
      return grpc::Status::OK;
    }
    grpc::Status GrantEntitlement(
        grpc::ServerContext*, const v1::GrantEntitlementRequest* request,
        v1::GrantEntitlementResponse* response) override {
      absl::MutexLock lock(&server_->mutex_);
      server_->desk.granted.push_back(*request);
      response->set_id(9);
      return grpc::Status::OK;
    }
    grpc::Status SetOverride(grpc::ServerContext*,
                             const v1::SetOverrideRequest* request,
                             v1::SetOverrideResponse* response) override {
      absl::MutexLock lock(&server_->mutex_);
      server_->desk.overrides.push_back(*request);
      response->set_sequence(10);
      return grpc::Status::OK;
    }

   private:
    FakeOperatorServer* const server_;
  };

  class Rules final : public v1::RuleService::Service {
   public:
    explicit Rules(FakeOperatorServer* server) : server_(server) {}
    grpc::Status SetShadow(grpc::ServerContext*,
                           const v1::SetShadowRequest* request,
                           v1::SetShadowResponse* response) override {
      absl::MutexLock lock(&server_->mutex_);
      server_->desk.shadows.push_back(*request);
      response->mutable_revision()->set_revision(5);
      return grpc::Status::OK;
    }
    grpc::Status ListPrecision(grpc::ServerContext*,
                               const v1::ListPrecisionRequest*,
                               v1::ListPrecisionResponse* response) override {
      absl::MutexLock lock(&server_->mutex_);
      *response = server_->desk.precision;
      return grpc::Status::OK;
    }

   private:
    FakeOperatorServer* const server_;
  };

  class Decisions final : public v1::DecisionService::Service {
   public:
    explicit Decisions(FakeOperatorServer* server) : server_(server) {}
    grpc::Status ListDecisions(grpc::ServerContext*,
                               const v1::ListDecisionsRequest* request,
                               v1::ListDecisionsResponse* response) override {
      absl::MutexLock lock(&server_->mutex_);
      Desk& desk = server_->desk;
      desk.decision_lists.push_back(*request);
      const size_t page =
          request->page_token().empty() ? 0 : std::stoul(request->page_token());
      if (page < desk.decision_pages.size()) {
        *response = desk.decision_pages[page];
      }
      return grpc::Status::OK;
    }

   private:
    FakeOperatorServer* const server_;
  };

  absl::Mutex mutex_;
  Restrictions restrictions_;
  Reviews reviews_;
  Incidents incidents_;
  Customers customers_;
  Rules rules_;
  Decisions decisions_;
  int port_ = 0;
  // Last: gone before what it calls.
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace levee::tests

#endif  // LEVEE_TESTS_CLIENT_FAKE_OPERATOR_SERVER_H_
