// What in a text is not the writer's own words.
#ifndef LEVEE_SERVER_TEXT_PLACES_H_
#define LEVEE_SERVER_TEXT_PLACES_H_

#include <string_view>
#include <vector>

#include "server/text/normalise.h"

namespace levee::text {

// Appends the regions of `text`: ascending, apart, none empty.
void FindPlaces(std::string_view text, std::vector<Region>* regions);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_PLACES_H_
