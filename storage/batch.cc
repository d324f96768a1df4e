#include "storage/batch.h"

#include "absl/strings/str_cat.h"

namespace levee::storage {
namespace {

absl::Status CheckEnds(const Batch& batch) {
  if (batch.ends.empty() || batch.ends.size() > kBatchEntriesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("a batch holds 1 to ", kBatchEntriesMax,
                     " entries, this one ", batch.ends.size()));
  }
  if (batch.entries.size() > kBatchBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("a batch holds at most ", kBatchBytesMax,
                     " bytes of entries, this one ", batch.entries.size()));
  }
  uint32_t start = 0;
  for (size_t i = 0; i < batch.ends.size(); ++i) {
    if (batch.ends[i] <= start) {
      return absl::InvalidArgumentError(
          absl::StrCat("entry ", i, " of the batch has no bytes"));
    }
    start = batch.ends[i];
  }
  if (start != batch.entries.size()) {
    return absl::InvalidArgumentError(
        "the batch's entries do not end where its last entry does");
  }
  return absl::OkStatus();
}

absl::Status CheckPlaces(const Batch& batch) {
  size_t text_bytes = 0;
  bool inside = true;
  for (const auto* texts : {&batch.texts, &batch.notes}) {
    for (const PlainText& text : *texts) {
      inside &= text.place < batch.ends.size();
      text_bytes += text.text.size();
    }
  }
  for (const IndexEntry& entry : batch.index) {
    inside &= entry.place < batch.ends.size();
  }
  if (!inside) {
    return absl::InvalidArgumentError(
        "a text or an index entry belongs to no entry of the batch");
  }
  if (text_bytes > kBatchBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("a batch holds at most ", kBatchBytesMax,
                     " bytes of texts, this one ", text_bytes));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckBatch(const Batch& batch, const Head& head) {
  if (batch.first_sequence != head.last_sequence + 1) {
    return absl::AbortedError(
        absl::StrCat("the journal ends at ", head.last_sequence,
                     ", so a batch cannot begin at ", batch.first_sequence));
  }
  if (absl::Status status = CheckEnds(batch); !status.ok()) return status;
  return CheckPlaces(batch);
}

}  // namespace levee::storage
