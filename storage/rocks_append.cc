// Committing a batch: its record, its sealed texts and its new names are three
// puts in one write with one sync, whatever the number of events.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/batch.h"
#include "storage/keys.h"
#include "storage/rocks_parts.h"

namespace levee::storage {
namespace {

using Customer = std::pair<uint64_t, uint64_t>;

std::string SerializeNames(const std::vector<TailName>& names) {
  v1::NewNames message;
  for (const TailName& tail_name : names) {
    v1::NewName* name = message.add_names();
    name->set_tenant(tail_name.name.tenant);
    name->set_kind(tail_name.name.kind);
    name->set_handle(tail_name.name.handle);
    name->set_id(tail_name.name.id);
    name->set_key(tail_name.key);
  }
  return message.SerializeAsString();
}

TailBatch MakeTail(const Batch& batch, std::vector<TailName> names) {
  TailBatch tail;
  tail.first_sequence = batch.first_sequence;
  tail.last_sequence = batch.first_sequence + batch.ends.size() - 1;
  tail.names = std::move(names);
  tail.events.reserve(batch.index.size());
  for (const IndexEntry& entry : batch.index) {
    tail.events.push_back({.id = entry.event_id,
                           .sequence = batch.first_sequence + entry.place,
                           .tenant = entry.tenant,
                           .customer = entry.customer,
                           .effective_ms = entry.effective_ms,
                           .decided_at_ms = entry.decided_at_ms});
  }
  return tail;
}

}  // namespace

absl::Status RocksStore::Parts::Fail(absl::Status status) {
  MutexLock lock(mutex);
  failure.Update(status);
  return status;
}

absl::Status RocksStore::Parts::CheckWritable() const {
  MutexLock lock(mutex);
  if (failure.ok()) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("a write failed before, so nothing is written until a "
                   "restart: ",
                   failure.message()));
}

absl::StatusOr<std::vector<TailName>> RocksStore::Parts::MakeNames(
    const std::vector<NewName>& names) {
  std::vector<TailName> made;
  made.reserve(names.size());
  size_t customers = 0;
  for (const NewName& name : names) {
    customers += name.kind == v1::NAME_KIND_CUSTOMER ? 1 : 0;
    made.push_back({.name = name, .key = ""});
  }
  // Drawn at once: the generator's cost is in the call.
  absl::StatusOr<std::string> random =
      RandomBytes(customers * kCustomerKeyBytes);
  if (!random.ok()) return random.status();
  size_t used = 0;
  for (TailName& name : made) {
    if (name.name.kind != v1::NAME_KIND_CUSTOMER) continue;
    name.key = random->substr(used, kCustomerKeyBytes);
    used += kCustomerKeyBytes;
    keys.Insert(name.name.tenant, name.name.handle, name.key);
  }
  return made;
}

absl::StatusOr<v1::BatchTexts> RocksStore::Parts::SealTexts(
    const std::vector<PlainText>& plain, uint64_t first_sequence) {
  v1::BatchTexts texts;
  std::vector<std::optional<std::string>> sealed_under;
  std::vector<Customer> unknown;
  for (const PlainText& text : plain) {
    sealed_under.push_back(keys.Find(text.tenant, text.customer));
    if (!sealed_under.back()) unknown.emplace_back(text.tenant, text.customer);
  }
  std::vector<std::optional<std::string>> found;
  absl::Status status = FindKeys(unknown, &found);
  if (!status.ok()) return status;
  size_t next = 0;
  for (size_t i = 0; i < plain.size(); ++i) {
    const PlainText& text = plain[i];
    if (!sealed_under[i]) {
      sealed_under[i] = std::move(found[next++]);
      // The text of someone who was erased is not kept again.
      if (!sealed_under[i]) continue;
      keys.Insert(text.tenant, text.customer, *sealed_under[i]);
    }
    const uint64_t sequence = first_sequence + text.place;
    absl::StatusOr<std::string> sealed =
        sealer.Seal(*sealed_under[i], sequence, Sealer::Part::kText, text.text);
    if (!sealed.ok()) return sealed.status();
    v1::SealedText* message = texts.add_texts();
    message->set_place(text.place);
    message->set_tenant(text.tenant);
    message->set_customer(text.customer);
    message->set_sealed(*std::move(sealed));
    if (text.print.empty()) continue;
    sealed = sealer.Seal(*sealed_under[i], sequence, Sealer::Part::kPrint,
                         text.print);
    if (!sealed.ok()) return sealed.status();
    message->set_sealed_print(*std::move(sealed));
  }
  return texts;
}

absl::Status RocksStore::Parts::Commit(const Batch& batch,
                                       const std::vector<TailName>& names) {
  rocksdb::WriteBatch write;
  const std::string key = BatchKey(shard(), batch.first_sequence);
  write.Put(engine->journal, key, ToSlice(writer.bytes()));
  const auto put = [&](rocksdb::ColumnFamilyHandle* family,
                       const std::vector<PlainText>& plain) {
    absl::StatusOr<v1::BatchTexts> texts =
        SealTexts(plain, batch.first_sequence);
    if (texts.ok() && texts->texts_size() != 0) {
      write.Put(family, key, texts->SerializeAsString());
    }
    return texts.status();
  };
  absl::Status sealed;
  if (engine->options.retain_text_ms != 0) {
    sealed = put(engine->texts, batch.texts);
  }
  if (sealed.ok()) sealed = put(engine->notes, batch.notes);
  if (!sealed.ok()) return sealed;
  if (!names.empty()) {
    write.Put(engine->names, NamesBlobKey(shard(), batch.first_sequence),
              SerializeNames(names));
  }
  rocksdb::WriteOptions options;
  options.sync = engine->options.sync;
  const rocksdb::Status status = engine->db->Write(options, &write);
  if (status.ok()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(
      "committing entry ", batch.first_sequence, ": ", status.ToString()));
}

absl::StatusOr<Head> RocksStore::Append(const Batch& batch) {
  Parts& parts = *parts_;
  absl::Status status = parts.CheckWritable();
  if (!status.ok()) return status;
  const Head before = head();
  status = CheckBatch(batch, before);
  if (!status.ok()) return parts.Fail(status);
  status = parts.builder->WaitForRoom();
  if (!status.ok()) {
    return parts.Fail(absl::UnavailableError(
        absl::StrCat("the index cannot be built: ", status.message())));
  }
  parts.writer.Encode(batch, before.hash);
  absl::StatusOr<std::vector<TailName>> names = parts.MakeNames(batch.names);
  if (!names.ok()) return parts.Fail(names.status());
  status = parts.Commit(batch, *names);
  if (!status.ok()) return parts.Fail(status);
  const uint64_t last_sequence = batch.first_sequence + batch.ends.size() - 1;
  if (parts.acked != nullptr) parts.acked->Note(last_sequence);

  // In the tail before it is in the journal for others: whoever sees an entry
  // finds it by its id as well.
  parts.builder->Add(MakeTail(batch, *std::move(names)));
  MutexLock lock(parts.mutex);
  parts.entities_unsynced = false;
  parts.head = {.last_sequence = last_sequence,
                .hash = parts.writer.hash(),
                .decided_at_ms = batch.decided_at_ms};
  parts.MoveHorizon();
  return parts.head;
}

}  // namespace levee::storage
