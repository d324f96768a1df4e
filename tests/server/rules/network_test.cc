#include "server/rules/network.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "server/rules/value_list.h"

namespace levee::rules {
namespace {

TEST(Address, IsParsedStrictlyAndToldInCanonicalForm) {
  struct Case {
    std::string text;
    std::string canonical;  // empty: no address
    std::string prefix;
  };
  const Case cases[] = {
      {"203.0.113.7", "203.0.113.7", "203.0.113.0/24"},
      {"0.0.0.0", "0.0.0.0", "0.0.0.0/24"},
      {"255.255.255.255", "255.255.255.255", "255.255.255.0/24"},
      {"::ffff:203.0.113.7", "203.0.113.7", "203.0.113.0/24"},
      {"::FFFF:cb00:7107", "203.0.113.7", "203.0.113.0/24"},
      {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1", "2001:db8::/64"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1::/64"},
      {"2001:0db8:0001:0002:0003:0004:0005:0006", "2001:db8:1:2:3:4:5:6",
       "2001:db8:1:2::/64"},
      {"1:0:0:2:0:0:0:3", "1:0:0:2::3", "1:0:0:2::/64"},
      {"1:0:0:0:2:0:0:0", "1::2:0:0:0", "1::/64"},
      {"::", "::", "::/64"},
      {"::1", "::1", "::/64"},
      {"::1.2.3.4", "::102:304", "::/64"},
      {"fe80::", "fe80::", "fe80::/64"},
      {"", "", ""},
      {"203.0.113", "", ""},
      {"203.0.113.07", "", ""},
      {"203.0.113.256", "", ""},
      {"203.0.113.7 ", "", ""},
      {" 203.0.113.7", "", ""},
      {"0xcb.0.113.7", "", ""},
      {"203.0.113.7/32", "", ""},
      {"[::1]", "", ""},
      {"fe80::1%eth0", "", ""},
      {"1::2::3", "", ""},
      {"12345::", "", ""},
      {std::string("203.0.113.7\0", 12), "", ""},
      {std::string(100, '1'), "", ""},
  };
  for (const Case& c : cases) {
    const std::optional<Address> address = Address::Parse(c.text);
    ASSERT_EQ(address.has_value(), !c.canonical.empty()) << c.text;
    if (!address.has_value()) continue;
    EXPECT_EQ(address->ToString(), c.canonical);
    EXPECT_EQ(address->Prefix().ToString(), c.prefix);
    EXPECT_EQ(Address::Parse(c.canonical), address);
  }
}

TEST(Network, IsParsedWithItsLength) {
  struct Case {
    std::string text;
    std::string canonical;  // empty: no network
    bool exact;
  };
  const Case cases[] = {
      {"203.0.113.0/24", "203.0.113.0/24", true},
      {"203.0.113.7", "203.0.113.7/32", true},
      {"203.0.113.7/24", "203.0.113.0/24", false},
      {"203.0.113.128/25", "203.0.113.128/25", true},
      {"0.0.0.0/0", "0.0.0.0/0", true},
      {"10.0.0.0/0", "0.0.0.0/0", false},
      {"2001:db8::/32", "2001:db8::/32", true},
      {"2001:db8::1/127", "2001:db8::/127", false},
      {"::1", "::1/128", true},
      {"::/0", "::/0", true},
      {"::ffff:203.0.113.0/120", "203.0.113.0/24", true},
      {"::ffff:0:0/96", "0.0.0.0/0", true},
      {"::ffff:0:0/95", "", false},
      {"203.0.113.0/33", "", false},
      {"203.0.113.0/-1", "", false},
      {"203.0.113.0/+1", "", false},
      {"203.0.113.0/08", "", false},
      {"203.0.113.0/", "", false},
      {"203.0.113.0/2 ", "", false},
      {"203.0.113.0/24/24", "", false},
      {"/24", "", false},
      {"::/129", "", false},
  };
  for (const Case& c : cases) {
    const std::optional<Network> network = Network::Parse(c.text);
    ASSERT_EQ(network.has_value(), !c.canonical.empty()) << c.text;
    if (!network.has_value()) continue;
    EXPECT_EQ(network->ToString(), c.canonical);
    EXPECT_EQ(network->exact(), c.exact) << c.text;
  }
}

TEST(Network, ContainsItsOwnFamilyOnly) {
  const auto contains = [](const char* network, const char* address) {
    return Network::Parse(network)->Contains(*Address::Parse(address));
  };
  EXPECT_TRUE(contains("203.0.113.0/25", "203.0.113.127"));
  EXPECT_FALSE(contains("203.0.113.0/25", "203.0.113.128"));
  EXPECT_TRUE(contains("203.0.113.0/25", "::ffff:203.0.113.1"));
  EXPECT_TRUE(contains("0.0.0.0/0", "255.0.0.1"));
  EXPECT_FALSE(contains("0.0.0.0/0", "::1"));
  EXPECT_FALSE(contains("::/0", "203.0.113.1"));
  EXPECT_TRUE(contains("::/0", "ffff::"));
  EXPECT_TRUE(contains("2001:db8:8000::/33", "2001:db8:ffff::1"));
  EXPECT_FALSE(contains("2001:db8:8000::/33", "2001:db8:7fff::1"));
}

ValueList ListOf(levee::v1::ListKind kind,
                 const std::vector<std::string>& values) {
  ValueList list(kind);
  std::string fault;
  for (const std::string& value : values) {
    EXPECT_TRUE(list.Add(value, ValueList::kForEver, &fault))
        << value << ": " << fault;
  }
  list.Finish();
  return list;
}

TEST(ValueList, RangesAgreeWithOneByOne) {
  const uint32_t seed = 5;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto address = [&](bool v4) {
    const auto part = [&] { return std::to_string(random() % 4); };
    return v4 ? "10.0." + part() + "." + std::to_string(random() % 256)
              : "2001:db8::" + part() + ":" + std::to_string(random() % 10);
  };
  int found = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<Network> networks;
    std::vector<std::string> values;
    for (int i = static_cast<int>(random() % 12); i > 0; --i) {
      const bool v4 = random() % 2 == 0;
      const int length = (v4 ? 16 : 112) + static_cast<int>(random() % 17);
      networks.emplace_back(*Address::Parse(address(v4)), length);
      values.push_back(networks.back().ToString());
    }
    const ValueList list = ListOf(levee::v1::LIST_KIND_IP, values);
    for (int i = 0; i < 50; ++i) {
      const Address asked = *Address::Parse(address(random() % 2 == 0));
      bool expected = false;
      for (const Network& network : networks) {
        expected |= network.Contains(asked);
      }
      found += expected;
      ASSERT_EQ(list.Until(asked) != 0, expected)
          << asked.ToString() << " in " << testing::PrintToString(values);
    }
  }
  EXPECT_GT(found, 500);
}

TEST(ValueList, ADomainCoversThoseBelowIt) {
  const ValueList list =
      ListOf(levee::v1::LIST_KIND_EMAIL_DOMAIN, {"Example.com", "co.uk"});
  EXPECT_TRUE(list.Until("example.com") != 0);
  EXPECT_TRUE(list.Until("a.b.example.com") != 0);
  EXPECT_TRUE(list.Until("example.co.uk") != 0);
  EXPECT_FALSE(list.Until("badexample.com") != 0);
  EXPECT_FALSE(list.Until("com") != 0);
  EXPECT_FALSE(list.Until("uk") != 0);
}

TEST(ValueList, OtherKindsAreExact) {
  const ValueList emails =
      ListOf(levee::v1::LIST_KIND_EMAIL, {"A@Example.com"});
  EXPECT_TRUE(emails.Until("a@example.com") != 0);
  EXPECT_FALSE(emails.Until("b@example.com") != 0);
  const ValueList customers = ListOf(levee::v1::LIST_KIND_CUSTOMER, {"C-1"});
  EXPECT_TRUE(customers.Until("C-1") != 0);
  EXPECT_FALSE(customers.Until("c-1") != 0);
}

}  // namespace
}  // namespace levee::rules
