"""Honest traffic and bombs under the default rules.

A year of a real help desk's log is imported through `levee import`: nobody in
it is a bomber, but for desk staff who enter tickets in batches for others.
Then bombs are planted in slices of the same traffic, among honest crowds that
share an address, a /24 or a mail provider.

The log (servicenow_incident_events.csv.gz, UCI set 498) is looked for under
LEVEE_DATA, or beside the source tree; without it the tests are skipped.
"""

import collections
import json
import os
import pathlib
import random
import unittest

import harness
import traffic

DATA = pathlib.Path(
    os.environ.get("LEVEE_DATA", harness.ROOT.parent / "shared/data")
)
LOG = DATA / "traffic/servicenow_incident_events.csv.gz"
RULES = harness.ROOT / "deploy/rules/default.textproto"
MAPPING = harness.ROOT / "deploy/import/servicenow.textproto"

# Callers of the log who are desk staff: tickets in batches, 86 in a day.
BATCH_CALLERS = ("Caller 4514", "Caller 290", "Caller 1904")

# Other openings of the log that may get anything but ALLOW.
TOUCHED_MAX = 10

SEEDS = int(os.environ.get("LEVEE_SEEDS", "20"))
SEED = int(os.environ.get("LEVEE_SEED", "1"))

# By this event of a bomb at the latest it is stopped.
STOPPED_BY = 8


@unittest.skipUnless(LOG.exists(), f"the log is not there: {LOG}")
class ServiceNowTest(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.seeds = range(SEED, SEED + SEEDS)
        cls.shared = harness.scratch_server(
            cls,
            tenants=("log", *(f"seed-{seed}" for seed in cls.seeds)),
            initial_rules=str(RULES),
        )

    def import_file(self, tenant, path, *flags):
        """Imports a file; the verdict of each event id."""
        decisions = self.shared.directory / f"decisions-{tenant}.jsonl"
        tool = harness.Tool(self.shared, tenant, "operator")
        ended = tool.run(
            "import", path, "--decisions", decisions, *flags, timeout=600
        )
        self.assertEqual(ended.returncode, 0, ended.stderr[-3000:])
        verdicts = {}
        with open(decisions, encoding="utf-8") as lines:
            for line in lines:
                decision = json.loads(line)
                decision = decision.get("decision", decision)
                verdicts[decision["eventId"]] = decision["verdict"]
        return verdicts

    # The whole log.

    def test_the_log_is_imported_and_honest_callers_pass(self):
        self.import_file("log", LOG, "--mapping", MAPPING)
        openings, judged, touched = 0, 0, collections.Counter()
        kinds = collections.Counter()
        pb2 = harness.event_pb2
        with self.shared.caller("log") as caller:
            for record in caller.list_decisions():
                kinds[pb2.EventKind.Name(record.kind)] += 1
                if record.kind != pb2.EVENT_KIND_OPENED:
                    continue
                openings += 1
                judged += record.actor == pb2.ACTOR_CUSTOMER
                if record.decision.verdict != harness.ALLOW:
                    touched[record.customer_id] += 1
        batch = {caller: touched.pop(caller, 0) for caller in BATCH_CALLERS}
        self.report_log(kinds, openings, batch, touched)
        # All that the log tells: 24,918 incidents, 29 rows without a caller.
        self.assertGreater(openings, 24_900)
        self.assertEqual(judged, openings, "every opening is judged")
        self.assertGreater(kinds["EVENT_KIND_SOLVED"], 20_000)
        self.assertGreater(kinds["EVENT_KIND_REOPENED"], 250)
        self.assertGreater(kinds["EVENT_KIND_AGENT_REPLIED"], 20_000)
        # Who enters 86 tickets in a day is seen.
        self.assertGreater(batch["Caller 4514"], 0)
        self.assertLessEqual(touched.total(), TOUCHED_MAX, touched)

    def report_log(self, kinds, openings, batch, touched):
        print("\nThe log under the default rules")
        for kind, count in sorted(kinds.items()):
            print(f"  {kind.removeprefix('EVENT_KIND_'):<24}{count:>8}")
        print("  openings with another verdict than ALLOW")
        for caller, count in batch.items():
            print(f"    {caller} (batch entry)".ljust(34) + f"{count:>6}")
        print("    all others".ljust(34) + f"{touched.total():>6}")
        for caller, count in touched.most_common():
            print(f"      {caller}".ljust(34) + f"{count:>6}")
        print(f"  of {openings} openings", flush=True)

    # Bombs.

    def test_every_bomb_is_stopped_and_nobody_else_is_touched(self):
        log = traffic.read_log(LOG)
        rows, acts = [], 0
        stopped_at = collections.defaultdict(list)
        honest, touched = 0, []
        for seed in self.seeds:
            slice_ = traffic.Slice(random.Random(seed), log)
            bombs = slice_.plant_all()
            verdicts = self.import_slice(f"seed-{seed}", slice_.finish())
            acts += len(slice_.acts)
            stops = {}
            for bomb in bombs:
                stops[bomb] = self.stop_of(bomb, slice_.acts, verdicts)
                stopped_at[bomb].append(stops[bomb])
            hits = self.touched(slice_.acts, verdicts)
            touched += [(seed, act) for act in hits]
            honest += sum(self.is_honest(act) for act in slice_.acts)
            rows.append((seed, len(slice_.acts), stops, len(hits)))
        self.report_bombs(rows)
        print(
            f"  {acts} events, {honest} honest acts of customers, "
            f"{len(touched)} touched",
            flush=True,
        )
        for bomb, stops in stopped_at.items():
            with self.subTest(bomb=bomb):
                self.assertEqual(len(stops), SEEDS)
                self.assertNotIn(None, stops)
                self.assertLessEqual(max(stops), STOPPED_BY)
        self.assertEqual(
            [(seed, act.kind, act.person) for seed, act in touched[:20]], []
        )

    def import_slice(self, tenant, acts):
        path = self.shared.directory / f"{tenant}.jsonl"
        path.write_text(
            "".join(traffic.json_line(act) + "\n" for act in acts)
        )
        verdicts = self.import_file(tenant, path)
        self.assertEqual(len(verdicts), len(acts))
        return verdicts

    @staticmethod
    def stop_of(bomb, acts, verdicts):
        """Which of the bomb's events, from 1, is the first from which on none
        got ALLOW. None: the last one did."""
        own = [act for act in acts if act.bomb == bomb]
        last_allowed = 0
        for number, act in enumerate(own, 1):
            if verdicts[act.event_id] == "VERDICT_ALLOW":
                last_allowed = number
        return None if last_allowed == len(own) else last_allowed + 1

    @staticmethod
    def is_honest(act):
        return (
            not act.bomb
            and act.actor == "CUSTOMER"
            and act.person.customer_id not in BATCH_CALLERS
        )

    def touched(self, acts, verdicts):
        """Honest acts that got anything but ALLOW."""
        return [
            act
            for act in acts
            if self.is_honest(act)
            and verdicts[act.event_id] != "VERDICT_ALLOW"
        ]

    def report_bombs(self, rows):
        names = list(rows[0][2])
        print("\nBombs: the event from which on none got through")
        print(
            "  seed  events"
            + "".join(f"{name:>12}" for name in names)
            + "   honest touched"
        )
        for seed, count, stops, hits in rows:
            print(
                f"  {seed:>4}{count:>8}"
                + "".join(f"{str(stops[name]):>12}" for name in names)
                + f"{hits:>17}"
            )


if __name__ == "__main__":
    unittest.main()
