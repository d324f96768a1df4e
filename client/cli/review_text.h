// Reviews for people.
#ifndef LEVEE_CLIENT_CLI_REVIEW_TEXT_H_
#define LEVEE_CLIENT_CLI_REVIEW_TEXT_H_

#include <string>

#include "client/cli/table.h"
#include "levee/v1/review_service.pb.h"

namespace levee::cli {

// All of it, a line each.
std::string Describe(const v1::Review& review);

// One that was resolved: "4720  2024-05-01 13:04:05 +02:00  RELEASED  review
// 4711  customer c-17  ticket t-9  event e-1  by kim: a real outage".
std::string ResolvedLine(const v1::Review& review);

// Columns of a list of open reviews.
Table ReviewTable();
void AddRow(const v1::Review& review, Table* table);

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_REVIEW_TEXT_H_
