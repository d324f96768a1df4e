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

// Many are forgotten in another way than few.
TEST(Buckets, ForgetManyAndFew) {
  Buckets buckets;
  for (const uint32_t count : {1u, 100u, 1'000u, 128u, 129u}) {
    for (uint32_t i = 0; i < count; ++i) {
      buckets.Add(static_cast<uint16_t>(i * 65), i);
    }
    EXPECT_EQ(buckets.features().size(), count);
    buckets.Clear();
    EXPECT_TRUE(buckets.features().empty());
  }
}

TEST(Buckets, TakeARowAsOneByOne) {
  FeatureRow row;
  Buckets::Feature* to = row.Room(3);
  *to++ = {7, 1};
  *to++ = {9, 2};
  row.End(to);
  to = row.Room(100);
  *to++ = {7, 3};
  row.End(to);
  EXPECT_THAT(row.features(),
              ElementsAre(FieldsAre(7, 1), FieldsAre(9, 2), FieldsAre(7, 3)));
  Buckets buckets;
  buckets.Add(9, 0);
  buckets.Add(row.features());
  EXPECT_THAT(buckets.features(),
              ElementsAre(FieldsAre(9, 0), FieldsAre(7, 1)));
  row.Clear();
  EXPECT_TRUE(row.features().empty());
}

TEST(Buckets, AHashGoesByItsUpperBits) {
  EXPECT_EQ(Buckets::Of(0x1234'5678'9ABC'DEF0), 0x1234);
}

}  // namespace
}  // namespace levee::text
