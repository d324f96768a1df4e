#include "server/sequencer/alike.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "absl/container/flat_hash_set.h"
#include "levee/storage/v1/side.pb.h"
#include "server/state/query.h"
#include "server/text/thresholds.h"

namespace levee::sequencer {
namespace {

using storage::v1::TextPrint;

bool IsWorthKeeping(const text::Fingerprint& print) { return print.exact != 0; }

// False where it is of another version: what it was made of is unknown.
bool Decode(const storage::KeptPrint& kept, Said* said) {
  TextPrint print;
  text::Fingerprint& decoded = said->print;
  if (!print.ParseFromArray(kept.print.data(),
                            static_cast<int>(kept.print.size())) ||
      print.version() != text::kFingerprintVersion ||
      (!print.minhash().empty() &&
       print.minhash().size() != sizeof(decoded.minhash))) {
    return false;
  }
  if (!print.minhash().empty()) {
    std::memcpy(&decoded.minhash, print.minhash().data(),
                sizeof(decoded.minhash));
  }
  decoded.exact = print.exact();
  decoded.inner = print.inner();
  decoded.length = print.length();
  said->sequence = kept.sequence;
  said->tenant = kept.tenant;
  said->customer = kept.customer;
  said->effective_ms = print.effective_ms();
  said->campaign = print.campaign();
  said->founders.assign(print.founders().begin(), print.founders().end());
  return true;
}

}  // namespace

std::string EncodePrint(const Said& said) {
  if (!IsWorthKeeping(said.print)) return "";
  TextPrint print;
  print.set_version(text::kFingerprintVersion);
  if (text::IsComparable(said.print)) {
    print.set_minhash(&said.print.minhash, sizeof(said.print.minhash));
  }
  print.set_exact(said.print.exact);
  print.set_inner(said.print.inner);
  print.set_length(said.print.length);
  print.set_effective_ms(said.effective_ms);
  print.set_campaign(said.campaign);
  print.mutable_founders()->Assign(said.founders.begin(), said.founders.end());
  return print.SerializeAsString();
}

Alike::Alike(size_t messages_max)
    : messages_max_(messages_max), index_({.messages_max = messages_max}) {}

absl::Status Alike::Load(const storage::TextStore& store) {
  std::vector<Said> last;
  absl::Status read = store.ScanPrintsBackward(
      messages_max_, [&](const storage::KeptPrint& kept) {
        Said said;
        if (Decode(kept, &said)) last.push_back(std::move(said));
        return true;
      });
  for (auto said = last.rbegin(); said != last.rend(); ++said) {
    if (said + 1 != last.rend()) {
      Expect(said[1].tenant, said[1].customer, said[1].print);
    }
    Remember(*said);
  }
  return read;
}

void Alike::Expect(uint64_t tenant, uint64_t customer,
                   const text::Fingerprint& print) const {
  if (IsWorthKeeping(print)) index_.Expect(tenant, customer, print);
}

void Alike::FindOwn(const Said& said, storage::v1::TextFacts* text) const {
  text->clear_similar();
  text->clear_similar_to();
  if (!IsWorthKeeping(said.print)) return;
  const std::optional<text::FingerprintMatch> match =
      index_.FindOwn(said.customer, said.print);
  if (!match.has_value()) return;
  text->set_similar(match->equal_bytes);
  text->set_similar_to(match->sequence);
}

void Alike::FindCampaign(const storage::v1::TextFacts& facts, Said* said) {
  said->campaign = 0;
  said->founders.clear();
  if (!IsWorthKeeping(said->print)) return;
  const auto campaign_of = [&](uint64_t sequence) {
    const auto joined = campaign_of_.find(sequence);
    return joined == campaign_of_.end() ? 0 : joined->second;
  };
  if (facts.similar() >= text::kSimilarAtBytes) {
    said->campaign = campaign_of(facts.similar_to());
    if (said->campaign != 0) return;
  }
  matches_.clear();
  index_.FindAlike(said->tenant, said->customer, said->print,
                   said->effective_ms - state::kCampaignWindowMs, &matches_);
  absl::flat_hash_set<uint64_t> customers;
  for (const text::FingerprintMatch& match : matches_) {
    said->campaign = campaign_of(match.sequence);
    if (said->campaign != 0) return;
    customers.insert(match.customer);
  }
  if (customers.size() + 1 < kCampaignCustomersMin) return;
  for (const text::FingerprintMatch& match : matches_) {
    said->founders.push_back(match.sequence);
  }
  std::sort(said->founders.begin(), said->founders.end());
  said->campaign = said->sequence;
}

void Alike::Remember(const Said& said) {
  if (!IsWorthKeeping(said.print)) return;
  index_.Insert({.sequence = said.sequence,
                 .tenant = said.tenant,
                 .customer = said.customer,
                 .when_ms = said.effective_ms,
                 .fingerprint = said.print});
  if (said.campaign == 0) return;
  for (const uint64_t founder : said.founders) Join(founder, said.campaign);
  Join(said.sequence, said.campaign);
}

void Alike::Join(uint64_t sequence, uint64_t campaign) {
  if (!campaign_of_.try_emplace(sequence, campaign).second) return;
  joined_.push_back(sequence);
  if (joined_.size() <= messages_max_) return;
  campaign_of_.erase(joined_.front());
  joined_.pop_front();
}

}  // namespace levee::sequencer
