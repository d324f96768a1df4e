#include "server/rules/names.h"

#include "absl/strings/str_cat.h"
#include "server/rules/phrase.h"

namespace levee::rules {

void CheckSize(const std::string& value, size_t bytes_max, const Spot& spot,
               Problems* problems) {
  if (value.size() <= bytes_max) return;
  problems->Add(spot,
                absl::StrCat(value.size(), " bytes, but at most ", bytes_max));
}

void Names::Add(const std::string& name, const Spot& spot, Problems* problems) {
  if (name.empty()) return;
  const auto [first, inserted] = lines_.try_emplace(name, spot.line);
  if (inserted) return;
  problems->Add(spot,
                absl::StrCat(Quoted(name), " again: it was given in line ",
                             first->second, " already"));
}

}  // namespace levee::rules
