// Compares messages for near_duplicates.py, which describes what is measured.
// Reads, from standard input, lines of
//   "original" | "changed"  set  length  change  number of the original  text
// (for originals the length is "form" where the message is one) parted by
// tabs, with \n and \\ in the text; originals come before what was
// made of them. Prints a report as JSON. With --show, the pairs of different
// messages that match as well, to standard error.
#include <array>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/text/fingerprint.h"
#include "server/text/fingerprint_index.h"
#include "server/text/normalise.h"

namespace levee::text {
namespace {

constexpr int kThresholds[] = {32, 40, 48, 52, 56, 60, 64, 68, 72, 80};
constexpr size_t kThresholdCount = std::size(kThresholds);
constexpr std::string_view kAll = "all";
constexpr std::string_view kCurveLength = "80-800";

struct Original {
  std::string text;
  Fingerprint fingerprint;
  bool is_form = false;
};

struct Set {
  explicit Set(std::string set_name) : name(std::move(set_name)) {}

  std::string name;
  std::vector<Original> originals;
  FingerprintIndex index{FingerprintIndex::Options{}};
};

struct Recall {
  int messages = 0;
  int compared = 0;
  int index = 0;
  std::array<int, kThresholdCount> at = {};
};

struct FalseMatches {
  uint64_t pairs = 0;
  uint64_t matches = 0;
  // Both are forms.
  uint64_t form_matches = 0;
  std::array<uint64_t, kThresholdCount> at = {};
};

std::string Unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '\\' && i + 1 < text.size();
    if (escaped) ++i;
    out += escaped && text[i] == 'n' ? '\n' : text[i];
  }
  return out;
}

bool IsExact(const Fingerprint& a, const Fingerprint& b) {
  return (a.exact != 0 && a.exact == b.exact) ||
         (a.inner != 0 && a.inner == b.inner) ||
         (a.inner != 0 && a.inner == b.exact) ||
         (b.inner != 0 && b.inner == a.exact);
}

int Compared(const Fingerprint& a, const Fingerprint& b) {
  return IsComparable(a) && IsComparable(b) ? EqualBytes(a, b) : 0;
}

class Evaluation {
 public:
  explicit Evaluation(bool show) : show_(show) {}

  void Read(const std::string& line) {
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    int number = 0;
    if (fields.size() != 6 || !absl::SimpleAtoi(fields[4], &number)) return;
    if (sets_.empty() || sets_.back()->name != fields[1]) {
      sets_.push_back(std::make_unique<Set>(fields[1]));
    }
    Set& set = *sets_.back();
    std::string text = Unescaped(fields[5]);
    Normalise("", text, &normalised_);
    const Fingerprint fingerprint = FingerprintOf(normalised_, &scratch_);
    if (fields[0] == "original") {
      const uint64_t customer = set.originals.size() + 1;
      set.index.Insert({customer, 0, customer, 0, fingerprint});
      set.originals.push_back(
          {std::move(text), fingerprint, fields[2] == "form"});
      return;
    }
    Count(set, fields[2], fields[3], number, fingerprint);
  }

  std::string Report() {
    return absl::StrCat("{\"version\": ", kFingerprintVersion,
                        ", \"thresholds\": [", absl::StrJoin(kThresholds, ", "),
                        "], \"recall\": [", RecallJson(), "], \"curve\": {",
                        CurveJson(), "}, \"false_matches\": [",
                        FalseMatchesJson(), "]}");
  }

 private:
  void Count(Set& set, const std::string& length, const std::string& change,
             int number, const Fingerprint& fingerprint) {
    const Fingerprint& original = set.originals[number].fingerprint;
    const int equal = Compared(original, fingerprint);
    const bool is_exact = IsExact(original, fingerprint);
    found_.clear();
    set.index.FindAlike(0, 0, fingerprint, 0, &found_);
    bool is_found = false;
    for (const FingerprintMatch& match : found_) {
      is_found |= match.customer == static_cast<uint64_t>(number) + 1;
    }
    for (const std::string& name : {set.name, std::string(kAll)}) {
      Recall& recall = recalls_[{change, length, name}];
      ++recall.messages;
      recall.compared += is_exact || equal >= kAlikeBytesMin;
      recall.index += is_found;
      for (size_t i = 0; i < kThresholdCount; ++i) {
        recall.at[i] += is_exact || equal >= kThresholds[i];
      }
    }
  }

  FalseMatches CountFalseMatches(const Set& set) const {
    FalseMatches counted;
    for (size_t i = 0; i < set.originals.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        const Fingerprint& a = set.originals[i].fingerprint;
        const Fingerprint& b = set.originals[j].fingerprint;
        // The same words are no different messages.
        if (a.exact == b.exact) continue;
        ++counted.pairs;
        if (set.originals[i].is_form && set.originals[j].is_form) {
          counted.form_matches += Compared(a, b) >= kAlikeBytesMin ? 1 : 0;
          continue;
        }
        const int equal = Compared(a, b);
        const bool is_exact = IsExact(a, b);
        for (size_t t = 0; t < kThresholdCount; ++t) {
          counted.at[t] += is_exact || equal >= kThresholds[t];
        }
        if (!is_exact && equal < kAlikeBytesMin) continue;
        ++counted.matches;
        if (show_) {
          std::cerr << "==== " << equal << " " << is_exact << "\n"
                    << set.originals[i].text << "\n----\n"
                    << set.originals[j].text << "\n";
        }
      }
    }
    return counted;
  }

  std::string RecallJson() const {
    std::vector<std::string> rows;
    for (const auto& [key, recall] : recalls_) {
      const double messages = recall.messages;
      rows.push_back(absl::StrCat(
          "{\"change\": \"", std::get<0>(key), "\", \"length\": \"",
          std::get<1>(key), "\", \"set\": \"", std::get<2>(key),
          "\", \"messages\": ", recall.messages,
          ", \"compared\": ", recall.compared / messages,
          ", \"index\": ", recall.index / messages, "}"));
    }
    return absl::StrJoin(rows, ", ");
  }

  std::string CurveJson() const {
    std::vector<std::string> rows;
    for (const auto& [key, recall] : recalls_) {
      if (std::get<1>(key) != kCurveLength || std::get<2>(key) != kAll) {
        continue;
      }
      std::vector<double> shares;
      for (const int known : recall.at) {
        shares.push_back(static_cast<double>(known) / recall.messages);
      }
      rows.push_back(absl::StrCat("\"", std::get<0>(key), "\": [",
                                  absl::StrJoin(shares, ", "), "]"));
    }
    return absl::StrJoin(rows, ", ");
  }

  std::string FalseMatchesJson() const {
    std::vector<std::string> rows;
    for (const auto& set : sets_) {
      const FalseMatches counted = CountFalseMatches(*set);
      const double pairs = static_cast<double>(counted.pairs);
      std::vector<double> shares;
      for (const uint64_t matches : counted.at) {
        shares.push_back(static_cast<double>(matches) / pairs);
      }
      rows.push_back(absl::StrCat(
          "{\"set\": \"", set->name,
          "\", \"messages\": ", set->originals.size(),
          ", \"pairs\": ", counted.pairs, ", \"matches\": ", counted.matches,
          ", \"form_matches\": ", counted.form_matches,
          ", \"share\": ", static_cast<double>(counted.matches) / pairs,
          ", \"at\": [", absl::StrJoin(shares, ", "), "]}"));
    }
    return absl::StrJoin(rows, ", ");
  }

  bool show_;
  // In the order they came.
  std::vector<std::unique_ptr<Set>> sets_;
  // Of a change, a length and a set.
  std::map<std::tuple<std::string, std::string, std::string>, Recall> recalls_;
  Normalised normalised_;
  FingerprintScratch scratch_;
  std::vector<FingerprintMatch> found_;
};

}  // namespace
}  // namespace levee::text

int main(int argc, char** argv) {
  levee::text::Evaluation evaluation(argc > 1 &&
                                     std::string_view(argv[1]) == "--show");
  std::string line;
  while (std::getline(std::cin, line)) evaluation.Read(line);
  std::cout << evaluation.Report() << "\n";
  return 0;
}
