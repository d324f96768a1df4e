// Prints: what is kept beside texts, read at start.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "levee/storage/v1/side.pb.h"
#include "storage/keys.h"
#include "storage/rocks_engine.h"
#include "storage/rocks_parts.h"
#include "storage/rocks_store.h"
#include "storage/seal.h"

namespace levee::storage {

// Some sealed prints, whose keys are looked up together.
class RocksStore::PrintChunk {
 public:
  explicit PrintChunk(const Parts& parts)
      : parts_(parts), sealer_(parts.shard()) {}

  // The batch's, from its end: chunks are visited in the order added.
  absl::Status Add(uint64_t first, std::string_view batch) {
    v1::BatchTexts texts;
    if (!texts.ParseFromArray(batch.data(), static_cast<int>(batch.size()))) {
      return absl::DataLossError(absl::StrCat(
          "the store is damaged: the texts of the batch from entry ", first,
          " do not parse: restore a backup"));
    }
    texts_ += static_cast<size_t>(texts.texts_size());
    for (int i = texts.texts_size() - 1; i >= 0; --i) {
      v1::SealedText* const text = texts.mutable_texts(i);
      if (text->sealed_print().empty()) continue;
      customers_.emplace_back(text->tenant(), text->customer());
      prints_.emplace_back(first + text->place(),
                           std::move(*text->mutable_sealed_print()));
    }
    return absl::OkStatus();
  }
  bool IsFull() const { return prints_.size() >= kPrintsMax; }
  // Of all batches that were added, with prints or without.
  size_t texts() const { return texts_; }

  // Visits all and forgets them; false: the visitor wants no more.
  absl::StatusOr<bool> Visit(PrintVisitor visit) {
    std::vector<std::optional<std::string>> keys;
    absl::Status status = parts_.FindKeys(customers_, &keys);
    bool goes_on = true;
    for (size_t i = 0; status.ok() && goes_on && i < prints_.size(); ++i) {
      if (!keys[i]) continue;  // Erased.
      const auto& [sequence, sealed] = prints_[i];
      const absl::StatusOr<std::string> print =
          sealer_.Open(*keys[i], sequence, Sealer::Part::kPrint, sealed);
      status = print.status();
      if (!status.ok()) break;
      goes_on =
          visit({sequence, customers_[i].first, customers_[i].second, *print});
    }
    customers_.clear();
    prints_.clear();
    if (!status.ok()) return status;
    return goes_on;
  }

 private:
  static constexpr size_t kPrintsMax = 4096;

  const Parts& parts_;
  Sealer sealer_;
  size_t texts_ = 0;
  std::vector<std::pair<uint64_t, uint64_t>> customers_;
  std::vector<std::pair<uint64_t, std::string>> prints_;
};

absl::Status RocksStore::ScanPrintsBackward(size_t texts_max,
                                            PrintVisitor visit) const {
  const std::unique_ptr<rocksdb::Iterator> it(parts_->engine->db->NewIterator(
      rocksdb::ReadOptions(), parts_->engine->texts));
  PrintChunk chunk(*parts_);
  const auto last = BatchKey(parts_->shard(), UINT64_MAX);
  for (it->SeekForPrev(last); it->Valid() && chunk.texts() < texts_max;
       it->Prev()) {
    const auto first = ParseBatchKey(ToView(it->key()), parts_->shard());
    if (!first) break;
    if (absl::Status added = chunk.Add(*first, ToView(it->value()));
        !added.ok()) {
      return added;
    }
    if (!chunk.IsFull()) continue;
    absl::StatusOr<bool> goes_on = chunk.Visit(visit);
    if (!goes_on.ok() || !*goes_on) return goes_on.status();
  }
  if (!it->status().ok()) return ToStatus(it->status(), "reading prints");
  return chunk.Visit(visit).status();
}

}  // namespace levee::storage
