#include "server/state/entity.h"

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"
#include "server/state/measure.h"
#include "tests/server/state/builder.h"

namespace levee::state {
namespace {

using namespace levee::builder;  // NOLINT: its words are this file's language.
using storage::v1::Entry;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;

using Entities = std::map<EntityKey, Entity>;

EntityKey Key(storage::v1::EntityKind kind, uint64_t handle) {
  return {kind, kTenant, handle};
}

std::vector<EntityKey> KeysOf(const Entry& entry, uint64_t sequence = 1) {
  std::vector<EntityKey> keys;
  AppendKeysOf(entry, sequence, &keys);
  return keys;
}

void Apply(const Entry& entry, uint64_t sequence, Entities* entities) {
  for (const EntityKey& key : KeysOf(entry, sequence)) {
    entities->try_emplace(key, key.kind)
        .first->second.Apply(entry, sequence, key);
  }
}

std::string WithoutApplied(const Entity& entity) {
  storage::v1::EntityRecord record;
  EXPECT_TRUE(record.ParseFromString(entity.Encode()));
  record.clear_applied();
  return record.SerializeAsString();
}

Event Everywhere() {
  return Opened()
      .Customer(2)
      .Ticket(3)
      .Agent(4)
      .Ip(5)
      .IpPrefix(6)
      .Email(7)
      .Domain(8)
      .Device(9);
}

TEST(EntityKeyTest, EncodesInOrderAndComesBack) {
  const EntityKey key{storage::v1::ENTITY_KIND_DEVICE, 0x0102030405060708,
                      0xf1f2f3f4f5f6f7f8};
  const std::string bytes = key.Encode();
  EXPECT_EQ(bytes, std::string("\x07\x01\x02\x03\x04\x05\x06\x07\x08\xf1\xf2"
                               "\xf3\xf4\xf5\xf6\xf7\xf8"));
  EXPECT_EQ(EntityKey::Decode(bytes), key);
  EXPECT_EQ(EntityKey::Decode(bytes.substr(1)), std::nullopt);
  EXPECT_EQ(EntityKey::Decode(bytes + "x"), std::nullopt);
  EXPECT_EQ(EntityKey::Decode(std::string(17, '\0')), std::nullopt);
  EXPECT_EQ(EntityKey::Decode(std::string(17, '\xff')), std::nullopt);
}

TEST(KeysTest, AnEventChangesAllItsSubjectsAndTheTenant) {
  EXPECT_THAT(
      KeysOf(Everywhere().Import(11, 1)),
      UnorderedElementsAre(Key(storage::v1::ENTITY_KIND_CUSTOMER, 2),
                           Key(storage::v1::ENTITY_KIND_TICKET, 3),
                           Key(storage::v1::ENTITY_KIND_AGENT, 4),
                           Key(storage::v1::ENTITY_KIND_IP, 5),
                           Key(storage::v1::ENTITY_KIND_IP_PREFIX, 6),
                           Key(storage::v1::ENTITY_KIND_EMAIL, 7),
                           Key(storage::v1::ENTITY_KIND_EMAIL_DOMAIN, 8),
                           Key(storage::v1::ENTITY_KIND_DEVICE, 9),
                           Key(storage::v1::ENTITY_KIND_IMPORT, 11),
                           Key(storage::v1::ENTITY_KIND_TENANT, 0)));
  EXPECT_THAT(KeysOf(Opened()),
              UnorderedElementsAre(Key(storage::v1::ENTITY_KIND_CUSTOMER, 1),
                                   Key(storage::v1::ENTITY_KIND_TICKET, 1),
                                   Key(storage::v1::ENTITY_KIND_TENANT, 0)));
}

TEST(KeysTest, WithdrawingChangesWhatTheWithdrawnHadChanged) {
  Entry entry = Withdrawn(Everywhere(), 1);
  EXPECT_THAT(KeysOf(entry), UnorderedElementsAreArray(KeysOf(Everywhere())));
  entry.mutable_event()->mutable_happening()->mutable_subjects()->set_ticket(
      33);
  std::vector<EntityKey> keys = KeysOf(Everywhere());
  keys.push_back(Key(storage::v1::ENTITY_KIND_TICKET, 33));
  EXPECT_THAT(KeysOf(entry), UnorderedElementsAreArray(keys));
  EXPECT_LE(keys.size(), kKeysMax);
}

TEST(KeysTest, OfSubjectsAreThoseOfTheEvent) {
  const Entry entry = Everywhere();
  std::set<EntityKey> keys;
  for (int subject = v1::SUBJECT_CUSTOMER; subject <= v1::SUBJECT_TENANT;
       ++subject) {
    const auto key = KeyOf(static_cast<v1::Subject>(subject), kTenant,
                           entry.event().happening().subjects());
    EXPECT_EQ(key.has_value(), subject != v1::SUBJECT_CAMPAIGN) << subject;
    if (key.has_value()) keys.insert(*key);
  }
  EXPECT_THAT(KeysOf(entry), UnorderedElementsAreArray(keys));
}

TEST(EntityTest, AnEventCountsOnceForEachOfItsSubjects) {
  Entities entities;
  Apply(Everywhere(), 1, &entities);
  Apply(Everywhere(), 1, &entities);
  for (const auto& [key, entity] : entities) {
    SCOPED_TRACE(storage::v1::EntityKind_Name(key.kind));
    EXPECT_EQ(entity.applied(), 1);
    if (entity.ring() != nullptr) {
      ASSERT_EQ(entity.ring()->happenings().size(), 1);
      EXPECT_EQ(entity.ring()->last_sequence(), 1);
      EXPECT_EQ(entity.ring()->happenings()[0].peer,
                key.kind == storage::v1::ENTITY_KIND_CUSTOMER ? 3 : 2);
    } else {
      ASSERT_EQ(entity.shared()->facts.cells().size(), 1);
      EXPECT_EQ(entity.shared()->facts.cells()[0].counts[0].count, 1);
      EXPECT_EQ(entity.shared()->let_through.cells().size(), 1);
    }
  }
}

TEST(EntityTest, WhatWasNotLetThroughIsAFactWithoutTheConsequence) {
  Entities entities;
  Apply(Everywhere().Verdict(v1::VERDICT_THROTTLE), 1, &entities);
  const Entity& ip = entities.at(Key(storage::v1::ENTITY_KIND_IP, 5));
  EXPECT_EQ(ip.shared()->facts.cells().size(), 1);
  EXPECT_EQ(ip.shared()->let_through.cells().size(), 0);
  const Entity& customer =
      entities.at(Key(storage::v1::ENTITY_KIND_CUSTOMER, 2));
  EXPECT_FALSE(customer.ring()->happenings()[0].let_through);
  EXPECT_EQ(customer.ring()->not_allowed(), 1);
}

TEST(EntityTest, SourcesCountOnlyWhatTheCustomerDid) {
  Entry entry = Everywhere();
  entry.mutable_event()->mutable_happening()->set_flags(0);
  Entities entities;
  Apply(entry, 1, &entities);
  const auto cells = [&](storage::v1::EntityKind kind, uint64_t handle) {
    return entities.at(Key(kind, handle)).shared()->facts.cells().size();
  };
  EXPECT_EQ(cells(storage::v1::ENTITY_KIND_IP, 5), 0);
  EXPECT_EQ(cells(storage::v1::ENTITY_KIND_DEVICE, 9), 0);
  EXPECT_EQ(cells(storage::v1::ENTITY_KIND_AGENT, 4), 1);
  EXPECT_EQ(cells(storage::v1::ENTITY_KIND_TENANT, 0), 1);
}

TEST(EntityTest, WithdrawnIsAsIfItHadNeverBeen) {
  const Entry mistake = Everywhere().At(kMinute);
  for (const bool let_through : {true, false}) {
    Entry first = mistake;
    if (!let_through) {
      first.mutable_event()->mutable_outcome()->set_verdict(v1::VERDICT_REJECT);
    }
    // The same life without the mistake, and with nothing to take back.
    Entry nothing = Withdrawn(first, 2);
    nothing.mutable_event()->clear_refunds();
    Entities with;
    Apply(Everywhere(), 1, &with);
    Apply(first, 2, &with);
    Apply(Everywhere().At(kHour), 3, &with);
    Apply(Withdrawn(first, 2), 4, &with);
    Entities without;
    Apply(Everywhere(), 1, &without);
    Apply(Everywhere().At(kHour), 3, &without);
    Apply(nothing, 4, &without);
    ASSERT_EQ(with.size(), without.size());
    for (const auto& [key, entity] : with) {
      EXPECT_EQ(WithoutApplied(entity), WithoutApplied(without.at(key)))
          << storage::v1::EntityKind_Name(key.kind);
    }
    // A second time there is nothing to take back from the customer.
    const EntityKey customer = Key(storage::v1::ENTITY_KIND_CUSTOMER, 2);
    Apply(Withdrawn(first, 2), 5, &with);
    EXPECT_EQ(with.at(customer).ring()->happenings().size(), 2);
    EXPECT_EQ(with.at(customer).ring()->last_sequence(), 5);
  }
}

TEST(EntityTest, WithdrawingLeavesNoTraceOfItsOwn) {
  Entities entities;
  Apply(Opened(), 1, &entities);
  Apply(Withdrawn(Opened(), 1), 2, &entities);
  const Ring& ring =
      *entities.at(Key(storage::v1::ENTITY_KIND_CUSTOMER, 1)).ring();
  EXPECT_TRUE(ring.happenings().empty());
  EXPECT_EQ(ring.total(v1::EVENT_KIND_OPENED), 0);
  EXPECT_EQ(ring.first_seen_ms(), 0);
  EXPECT_EQ(ring.last_seen_ms(), 0);
  EXPECT_EQ(ring.last_sequence(), 2);
  EXPECT_TRUE(entities.at(Key(storage::v1::ENTITY_KIND_TENANT, 0))
                  .shared()
                  ->facts.cells()
                  .empty());
}

TEST(EntityTest, ATicketsChainHoldsOnlyItsOwnEntries) {
  Entities entities;
  Apply(Opened().Ticket(3), 1, &entities);
  Entry withdrawn = Withdrawn(Opened().Ticket(3), 1);
  withdrawn.mutable_event()
      ->mutable_happening()
      ->mutable_subjects()
      ->set_ticket(4);
  Apply(withdrawn, 2, &entities);
  const Ring& of_withdrawn =
      *entities.at(Key(storage::v1::ENTITY_KIND_TICKET, 3)).ring();
  EXPECT_TRUE(of_withdrawn.happenings().empty());
  EXPECT_EQ(of_withdrawn.last_sequence(), 1);
  EXPECT_EQ(entities.at(Key(storage::v1::ENTITY_KIND_TICKET, 4))
                .ring()
                ->last_sequence(),
            2);
}

TEST(EntityTest, EntriesUpToTheLastAppliedArePassedOver) {
  const EntityKey key = Key(storage::v1::ENTITY_KIND_CUSTOMER, 1);
  Entity entity(key.kind);
  entity.Apply(Opened(), 5, key);
  const std::string before = entity.Encode();
  for (const uint64_t sequence : {1, 4, 5}) {
    entity.Apply(Replied(), sequence, key);
    EXPECT_EQ(entity.Encode(), before);
  }
  entity.Apply(Replied(), 6, key);
  EXPECT_EQ(entity.ring()->happenings().size(), 2);
}

TEST(EntityTest, ReplayFromAnyPointGivesTheSameBytes) {
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::vector<Entry> entries;
    for (int i = 0; i < 300; ++i) {
      Event event(static_cast<v1::EventKind>(1 + random() % 7));
      event.At(i * kMinute * seed * seed).Customer(1 + random() % 3);
      event.Ticket(1 + random() % 3).Ip(1).Agent(1).Import(1, i + 1);
      if (i % 10 == 9) {
        entries.push_back(Withdrawn(entries[i - 5], i - 4));
      } else {
        entries.push_back(event);
      }
    }
    Entities whole;
    for (size_t i = 0; i < entries.size(); ++i)
      Apply(entries[i], i + 1, &whole);
    // Each entity stored at a time of its own, then all replayed from an
    // earlier one.
    Entities replayed;
    std::map<EntityKey, std::string> stored;
    for (size_t i = 0; i < entries.size(); ++i) {
      Apply(entries[i], i + 1, &replayed);
      for (const EntityKey& key : KeysOf(entries[i])) {
        if (i >= 100 && random() % 4 == 0) {
          stored[key] = replayed.at(key).Encode();
        }
      }
    }
    Entities restarted;
    for (const auto& [key, record] : stored) {
      absl::StatusOr<Entity> entity = Entity::Decode(key.kind, record);
      ASSERT_TRUE(entity.ok()) << entity.status();
      restarted.emplace(key, *std::move(entity));
    }
    for (size_t i = 0; i < entries.size(); ++i) {
      Apply(entries[i], i + 1, &restarted);
    }
    ASSERT_EQ(restarted.size(), whole.size());
    for (const auto& [key, entity] : whole) {
      EXPECT_EQ(restarted.at(key).Encode(), entity.Encode());
    }
  }
}

TEST(EntityTest, ImportsKeepTheirPosition) {
  const EntityKey key = Key(storage::v1::ENTITY_KIND_IMPORT, 11);
  Entity entity(key.kind);
  entity.Apply(Opened().Import(11, 7).At(kMinute), 1, key);
  entity.Apply(Opened().Import(11, 9).At(kHour), 2, key);
  EXPECT_EQ(entity.import()->position, 9);
  EXPECT_EQ(entity.import()->last_effective_ms, kStart + kHour);
  const absl::StatusOr<Entity> back = Entity::Decode(key.kind, entity.Encode());
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->import()->position, 9);
  EXPECT_EQ(back->Encode(), entity.Encode());
}

TEST(EntityTest, RuleSetsKeepTheLatestRevisions) {
  Entities entities;
  constexpr uint64_t kLast = kRevisionsMax + 3;
  for (uint64_t revision = 1; revision <= kLast; ++revision) {
    Entry entry = RuleSetApplied(revision, "text " + std::to_string(revision));
    entry.mutable_rule_set()->set_name("rules");
    entry.mutable_rule_set()->set_author("me");
    Apply(entry, revision, &entities);
  }
  const Entity& list = entities.at(Key(storage::v1::ENTITY_KIND_RULE_SET, 0));
  ASSERT_NE(list.rule_sets(), nullptr);
  const auto& revisions = list.rule_sets()->revisions;
  ASSERT_EQ(revisions.size(), kRevisionsMax);
  EXPECT_EQ(revisions.front().revision(), 4);
  EXPECT_EQ(revisions.back().revision(), kLast);
  EXPECT_EQ(revisions.back().name(), "rules");
  EXPECT_EQ(revisions.back().author(), "me");
  EXPECT_EQ(revisions.back().applied_at_ms(), kStart);
  for (uint64_t revision = 1; revision <= kLast; ++revision) {
    const Entity& text =
        entities.at(Key(storage::v1::ENTITY_KIND_RULE_SET, revision));
    ASSERT_NE(text.rule_set_text(), nullptr);
    EXPECT_EQ(text.rule_set_text()->text,
              revision <= 3 ? "" : "text " + std::to_string(revision));
  }
  for (const auto& [key, entity] : entities) {
    const auto back = Entity::Decode(key.kind, entity.Encode());
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->Encode(), entity.Encode());
    EXPECT_EQ(back->rule_sets() != nullptr, key.handle == 0);
  }
}

TEST(EntityTest, AWholeRecordIsThatOfProtobuf) {
  Entities entities;
  for (int i = 1; i <= 50; ++i)
    Apply(Everywhere().At(i * kMinute), i, &entities);
  for (const auto& [key, entity] : entities) {
    const std::string bytes = entity.Encode();
    storage::v1::EntityRecord record;
    ASSERT_TRUE(record.ParseFromString(bytes));
    EXPECT_EQ(record.SerializeAsString(), bytes);
    const auto back = Entity::Decode(key.kind, bytes);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->Encode(), bytes);
    EXPECT_EQ(back->applied(), entity.applied());
    EXPECT_GE(back->memory_bytes(), sizeof(Entity));
  }
}

TEST(EntityTest, NewEntitiesComeBackFromTheirBytes) {
  for (int kind = 1; kind <= storage::v1::EntityKind_MAX; ++kind) {
    const auto entity_kind = static_cast<storage::v1::EntityKind>(kind);
    const Entity entity(entity_kind);
    const auto back = Entity::Decode(entity_kind, entity.Encode());
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->applied(), 0);
  }
}

TEST(EntityTest, DecodeRefusesAnotherKindsRecord) {
  const std::string ring = Entity(storage::v1::ENTITY_KIND_TICKET).Encode();
  const std::string shared = Entity(storage::v1::ENTITY_KIND_IP).Encode();
  const struct {
    storage::v1::EntityKind kind;
    std::string record;
  } cases[] = {
      {storage::v1::ENTITY_KIND_IP, ring},
      {storage::v1::ENTITY_KIND_CUSTOMER, shared},
      {storage::v1::ENTITY_KIND_IMPORT, shared},
      {storage::v1::ENTITY_KIND_RULE_SET, ring},
      {storage::v1::ENTITY_KIND_UNSPECIFIED, ring},
      {static_cast<storage::v1::EntityKind>(99), ring},
      {storage::v1::ENTITY_KIND_CUSTOMER, ""},
      {storage::v1::ENTITY_KIND_CUSTOMER, "\xff"},
      {storage::v1::ENTITY_KIND_CUSTOMER, ring + "\x12"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Entity::Decode(c.kind, c.record).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

// What decodes must be as good as any other: it is measured, applied to and
// encoded again.
void Use(Entity entity, const EntityKey& key) {
  const std::string bytes = entity.Encode();
  const auto back = Entity::Decode(key.kind, bytes);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->Encode(), bytes);
  const auto find = [&](const EntityKey&) { return &entity; };
  for (const bool distinct : {false, true}) {
    RateQuery query{.kinds = 0xfe, .window_ms = kDay, .at_least = 2};
    for (int per = v1::SUBJECT_CUSTOMER; per <= v1::SUBJECT_TENANT; ++per) {
      query.per = static_cast<v1::Subject>(per);
      query.distinct = !distinct                     ? v1::DISTINCT_UNSPECIFIED
                       : per == v1::SUBJECT_CUSTOMER ? v1::DISTINCT_TICKETS
                                                     : v1::DISTINCT_CUSTOMERS;
      const Measurement got =
          MeasureRate(query, kTenant, Everywhere().At(kDay).Happening(), find);
      EXPECT_GE(got.free_after_ms, 0);
    }
  }
  const uint64_t next = entity.applied();
  if (next > UINT64_MAX - 2) return;
  entity.Apply(Everywhere().At(2 * kDay), next + 1, key);
  entity.Apply(Withdrawn(Everywhere(), 1), next + 2, key);
  EXPECT_TRUE(Entity::Decode(key.kind, entity.Encode()).ok());
}

TEST(EntityTest, DamagedBytesAreRefusedOrHarmless) {
  const google::protobuf::LogSilencer quiet;  // About text that is not UTF-8.
  Entities entities;
  std::mt19937_64 random(11);
  for (int i = 1; i <= 400; ++i) {
    Event event = Everywhere();
    event.At(static_cast<int64_t>(i * (random() % 20) * kMinute));
    event.Flag(random() % 2 == 0 ? uint32_t{kAfterSolution} : 0);
    if (i < 200 || i > 300) event.Customer(i < 10 ? 2 : 1000 + i);
    Apply(event.Import(11, i), i, &entities);
  }
  Apply(RuleSetApplied(1, "rules { }"), 401, &entities);
  int refused = 0;
  int harmless = 0;
  for (const auto& [key, entity] : entities) {
    const std::string good = entity.Encode();
    for (int round = 0; round < 400; ++round) {
      std::string bytes = good;
      switch (random() % 4) {
        case 0:
          bytes.resize(random() % bytes.size());
          break;
        case 1:
          bytes.erase(random() % bytes.size(), 1 + random() % 4);
          break;
        default:
          for (int i = 0; i < 1 + static_cast<int>(random() % 3); ++i) {
            bytes[random() % bytes.size()] = static_cast<char>(random());
          }
      }
      absl::StatusOr<Entity> decoded = Entity::Decode(key.kind, bytes);
      if (!decoded.ok()) {
        ++refused;
        ASSERT_EQ(decoded.status().code(), absl::StatusCode::kDataLoss);
        continue;
      }
      ++harmless;
      SCOPED_TRACE(storage::v1::EntityKind_Name(key.kind) + " round " +
                   std::to_string(round));
      Use(*std::move(decoded), key);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_GT(harmless, 100);
}

TEST(EntityTest, StrangeEntriesAreHarmless) {
  for (const int64_t at_ms : {INT64_MIN, int64_t{-1}, int64_t{0}, INT64_MAX}) {
    for (const int kind : {-5, 0, 1, 8, 9, 31, 32, 70000}) {
      Entry entry = Everywhere();
      storage::v1::Happening& happening =
          *entry.mutable_event()->mutable_happening();
      happening.set_kind(static_cast<v1::EventKind>(kind));
      happening.set_effective_ms(at_ms);
      happening.set_flags(~0u);
      Entities entities;
      Apply(entry, 1, &entities);
      Apply(Everywhere(), 2, &entities);
      for (auto& [key, entity] : entities) {
        const auto back = Entity::Decode(key.kind, entity.Encode());
        EXPECT_TRUE(back.ok()) << kind << " " << back.status();
        Use(std::move(entity), key);
      }
    }
  }
}

}  // namespace
}  // namespace levee::state
