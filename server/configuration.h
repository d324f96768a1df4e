// Reads the configuration's text and remembers where each field stands in it.
#ifndef LEVEE_SERVER_CONFIGURATION_H_
#define LEVEE_SERVER_CONFIGURATION_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "levee/v1/configuration.pb.h"

namespace levee {

// Bytes of a configuration file, at most: a thousand tokens need 200 KiB.
inline constexpr size_t kConfigurationBytesMax = 1 << 20;

// A levee.v1.Configuration and the origin of its fields.
class Configuration {
 public:
  // Empty: every field is absent.
  Configuration() = default;

  // Parses protobuf text format. `file` is how the text is called in errors.
  // FAILED_PRECONDITION: "leveed.conf:3:1: ...", line and column from 1.
  static absl::StatusOr<Configuration> Parse(const std::string& text,
                                             const std::string& file);
  // Reads and parses a file. FAILED_PRECONDITION also where it cannot be read.
  static absl::StatusOr<Configuration> Read(const std::string& file);

  const levee::v1::Configuration& proto() const { return proto_; }
  // For overriding; tell ByFlag of each field that was set.
  levee::v1::Configuration* mutable_proto() { return &proto_; }
  // The field was given by the flag of its name.
  void ByFlag(const std::string& field) { places_[field] = ""; }

  // Says that a field is wrong: "leveed.conf:3:1: tokens[0].role: what", or
  // for a flag "--listen: what". FAILED_PRECONDITION for what a file says,
  // INVALID_ARGUMENT for a flag or for what neither says.
  absl::Status Wrong(const std::string& field, absl::string_view what) const;

 private:
  levee::v1::Configuration proto_;
  std::string file_;
  // By path: "file:line:column", or "" for a flag.
  std::map<std::string, std::string> places_;
};

}  // namespace levee

#endif  // LEVEE_SERVER_CONFIGURATION_H_
