// The families `names`, `keys`, `texts` and `notes`: personal data, apart from
// the journal, so that it can be erased.
#ifndef LEVEE_STORAGE_NAMES_H_
#define LEVEE_STORAGE_NAMES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "levee/storage/v1/name.pb.h"
#include "levee/storage/v1/side.pb.h"

namespace levee::storage {

// The helpdesk's own id of something.
struct NameRef {
  uint64_t tenant = 0;
  v1::NameKind kind = v1::NAME_KIND_UNSPECIFIED;
  std::string_view id;
};

// A handle of something.
struct HandleRef {
  uint64_t tenant = 0;
  v1::NameKind kind = v1::NAME_KIND_UNSPECIFIED;
  uint64_t handle = 0;
};

// Knows every name of every committed batch.
//
// Threads: any. Errors: UNAVAILABLE when the engine fails.
class NameStore {
 public:
  virtual ~NameStore() = default;

  // handles[i] is empty where the name was never given out.
  // REQUIRES: handles.size() == names.size().
  virtual absl::Status FindHandles(
      absl::Span<const NameRef> names,
      absl::Span<std::optional<uint64_t>> handles) const = 0;

  // ids[i] is empty where the handle is unknown or erased.
  // REQUIRES: ids.size() == handles.size().
  virtual absl::Status FindNames(
      absl::Span<const HandleRef> handles,
      absl::Span<std::optional<std::string>> ids) const = 0;
};

// What was kept beside a text, to know it again by.
struct KeptPrint {
  uint64_t sequence = 0;
  uint64_t tenant = 0;
  uint64_t customer = 0;
  // PlainText.print.
  std::string_view print;
};

// Threads: any.
class TextStore {
 public:
  // Sees one print; false ends the scan.
  using PrintVisitor = absl::FunctionRef<bool(const KeptPrint&)>;

  virtual ~TextStore() = default;

  // NOT_FOUND: none was kept, or it is gone by retention or erasure.
  virtual absl::StatusOr<v1::EventText> ReadText(uint64_t sequence) const = 0;

  // Visits the prints that are kept with the latest `texts_max` texts or a few
  // more, newest first. DATA_LOSS: one is not what was sealed.
  virtual absl::Status ScanPrintsBackward(size_t texts_max,
                                          PrintVisitor visit) const = 0;

  // The note of an act; NOT_FOUND as for ReadText.
  virtual absl::StatusOr<std::string> ReadNote(uint64_t sequence) const = 0;
};

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_NAMES_H_
