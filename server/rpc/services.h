// The services, one file each. A method checks, calls and translates the
// error; none of gRPC's threads ever blocks in one.
#ifndef LEVEE_SERVER_RPC_SERVICES_H_
#define LEVEE_SERVER_RPC_SERVICES_H_

#include <memory>

#include "grpcpp/impl/service_type.h"
#include "server/rpc/parts.h"

namespace levee::rpc {

// All that `parts` points at must outlive the service.
std::unique_ptr<grpc::Service> MakeGuardService(const Parts& parts);
std::unique_ptr<grpc::Service> MakeHistoryService(const Parts& parts);
std::unique_ptr<grpc::Service> MakeRuleService(const Parts& parts);
std::unique_ptr<grpc::Service> MakeDecisionService(const Parts& parts);
std::unique_ptr<grpc::Service> MakeCustomerService(const Parts& parts);
std::unique_ptr<grpc::Service> MakeRestrictionService(const Parts& parts);
std::unique_ptr<grpc::Service> MakeReviewService(const Parts& parts);
std::unique_ptr<grpc::Service> MakeIncidentService(const Parts& parts);
std::unique_ptr<grpc::Service> MakeCampaignService(const Parts& parts);
std::unique_ptr<grpc::Service> MakeTextService(const Parts& parts);
std::unique_ptr<grpc::Service> MakeAdminService(const Parts& parts);

}  // namespace levee::rpc

#endif  // LEVEE_SERVER_RPC_SERVICES_H_
