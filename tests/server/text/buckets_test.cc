#include "server/text/buckets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace levee::text {
namespace {

using ::testing::ElementsAre;
using ::testing::FieldsAre;

TEST(Buckets, KeepEachOnceWhereItWasMetFirst) {
  Buckets buckets;
  buckets.Add(7, 1);
  buckets.Add(65535, 2);
  buckets.Add(7, 3);
  buckets.Add(0, 70'000);
  EXPECT_THAT(
      buckets.features(),
      ElementsAre(FieldsAre(7, 1), FieldsAre(65535, 2), FieldsAre(0, 70'000)));
}

TEST(Buckets, AreEmptyAgainOnceCleared) {
  Buckets buckets;
  buckets.Add(7, 1);
  buckets.Clear();
  EXPECT_TRUE(buckets.features().empty());
  buckets.Add(7, 5);
  EXPECT_THAT(buckets.features(), ElementsAre(FieldsAre(7, 5)));
}

TEST(Buckets, HoldAsManyAsThereAre) {
  Buckets buckets;
  for (int round = 0; round < 2; ++round) {
    for (uint32_t i = 0; i < Buckets::kCount; ++i) {
      buckets.Add(static_cast<uint16_t>(i), i);
    }
  }
  EXPECT_EQ(buckets.features().size(), Buckets::kCount);
}

TEST(Buckets, AHashGoesByItsUpperBits) {
  EXPECT_EQ(Buckets::Of(0x1234'5678'9ABC'DEF0), 0x1234);
}

}  // namespace
}  // namespace levee::text
