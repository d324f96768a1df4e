"""leveed is killed with SIGKILL at random moments under load, started again
on the same data and compared with a model.

Each round: several clients submit events one by one and in batches, one runs
a history import, one applies rule sets, until leveed is killed after a random
number of answers. Then leveed starts (at times it is killed during its start,
too) and

- every answer given before the kill is there, byte for byte, by event id and
  by sequence;
- what was under way and had no answer is there or is not, and after it is
  sent again with the same id it counts once;
- every counter that a decision names, and every customer's totals, are what
  the model counts;
- sequences have no gaps.

LEVEE_ROUNDS sets the number of rounds, LEVEE_SEED the seed.
"""

import os
import random
import time
import unittest

import harness
from crash_model import IMPORTED, LIVE, Load, Model, look_up, rules_text
from harness import bytes_of

ROUNDS = int(os.environ.get("LEVEE_ROUNDS", "30"))
SEED = int(os.environ.get("LEVEE_SEED", str(random.randrange(10**6))))


class CrashTest(harness.TestCase):
    def test_nothing_acknowledged_is_lost_and_nothing_counts_twice(self):
        print(f"LEVEE_SEED={SEED} LEVEE_ROUNDS={ROUNDS}", flush=True)
        self.random = random.Random(SEED)
        # Small, so that entities are written, evicted and read again.
        self.shared = self.server(cache_entities_max=1024)
        self.model = Model(self.random)
        self.shared.start()
        with self.shared.caller(LIVE) as live:
            self.model.rule_sets.apply(live)
        with self.shared.caller(IMPORTED) as imported:
            imported.apply_rules(rules_text(0))
        open_before = 0
        for number in range(1, ROUNDS + 1):
            with self.subTest(round=number, seed=SEED):
                open_before += self.round()
        print(
            f"{ROUNDS} rounds, {len(self.model.events)} events, "
            f"{open_before} without an answer at a kill, "
            f"{self.model.rule_sets.revision} rule sets"
        )
        self.assertGreater(open_before, 0, "no kill met an event under way")
        self.compare_everything()
        self.assertEqual(self.shared.stop(), 0)
        self.shared.start()
        self.compare_everything()

    def round(self):
        """One life of leveed; how many events the kill left open."""
        self.model.imports.begin()
        load = Load(self.shared, self.model, self.random)
        load.wait_for_answers(self.random.randint(1, 700))
        # Between two answers, too.
        time.sleep(self.random.uniform(0, 0.005))
        self.shared.kill()
        load.join()
        self.start_again()
        live = self.caller(self.shared, LIVE)
        imported = self.caller(self.shared, IMPORTED)
        self.check_answers(live, load.sent)
        self.model.rule_sets.check(self, live)
        opened = self.send_again(live, load.sent)
        self.finish_import(imported)
        self.check_counts(live, LIVE, load.sent)
        self.check_counts(imported, IMPORTED, self.model.imports.sent)
        self.model.events += [(LIVE, sent) for sent in load.sent]
        self.model.events += [
            (IMPORTED, sent) for sent in self.model.imports.sent
        ]
        self.check_sequences(live)
        live.close()
        imported.close()
        return opened

    def start_again(self):
        """Starts leveed; one time in four it dies during its start."""
        while self.random.random() < 0.25:
            process = self.shared.spawn()
            deadline = time.monotonic() + self.random.uniform(0, 0.2)
            while time.monotonic() < deadline and process.poll() is None:
                time.sleep(0.001)
            self.assertIsNone(process.poll(), self.shared.log_tail())
            self.shared.kill()
        self.shared.start()

    def check_answers(self, caller, all_sent):
        """Every answered event is there, as it was answered."""
        answered = [sent for sent in all_sent if sent.decision is not None]
        by_id = look_up(
            caller, [{"event_id": s.event.event_id} for s in answered]
        )
        by_sequence = look_up(
            caller, [{"sequence": s.decision.sequence} for s in answered]
        )
        for sent, *records in zip(answered, by_id, by_sequence):
            for record in records:
                self.assertIsNotNone(record, f"lost: {sent.decision}")
                self.check_record(sent, record)

    def check_record(self, sent, record):
        self.assertEqual(
            bytes_of(record.decision), bytes_of(sent.decision), sent.event
        )
        self.assertEqual(record.kind, sent.event.kind)
        self.assertEqual(record.actor, sent.event.actor)
        self.assertEqual(record.customer_id, sent.event.customer_id)
        self.assertEqual(record.ticket_id, sent.event.ticket_id)
        self.assertEqual(record.source.ip, sent.event.source.ip)

    def send_again(self, caller, all_sent):
        """Sends what had no answer, and some of what had one; returns how
        many had none."""
        opened = [sent for sent in all_sent if sent.decision is None]
        stored = look_up(
            caller, [{"event_id": sent.event.event_id} for sent in opened]
        )
        for sent, record in zip(opened, stored):
            sent.decision = caller.submit(sent.event)
            if record is not None:
                self.check_record(sent, record)
        known = self.random.sample(all_sent, min(20, len(all_sent)))
        for sent in known:
            again = caller.submit(sent.event)
            self.assertEqual(bytes_of(again), bytes_of(sent.decision))
        return len(opened)

    def finish_import(self, caller):
        """Runs the import again; fetches the answers the kill swallowed."""
        imports = self.model.imports
        told = [sent for sent in imports.sent if sent.decision is not None]
        self.check_answers(caller, told)
        imports.run(caller, self.random, lambda: None)
        self.assertEqual(imports.position, len(imports.sent))
        missing = [sent for sent in imports.sent if sent.decision is None]
        records = look_up(
            caller, [{"event_id": sent.event.event_id} for sent in missing]
        )
        for sent, record in zip(missing, records):
            self.assertIsNotNone(record, f"not imported: {sent.event}")
            sent.decision = record.decision
        # From its start, once more: nothing is taken again.
        position = imports.position
        imports.run(caller, self.random, self.fail)
        self.assertEqual(imports.position, position)

    def check_counts(self, caller, tenant, all_sent):
        """The counters of decisions and customers are the model's."""
        counts = self.model.counts[tenant]
        for sent in sorted(all_sent, key=lambda sent: sent.decision.sequence):
            counts.add(self, sent)
        seen = {sent.event.customer_id for sent in all_sent}
        for customer_id in sorted(seen):
            self.check_customer(caller, counts, customer_id)

    def check_customer(self, caller, counts, customer_id):
        customer = caller.customer(customer_id).customer
        totals = counts.totals[customer_id]
        self.assertEqual(
            (
                customer.opened,
                customer.replied,
                customer.reopened,
                customer.not_allowed,
            ),
            (
                totals["OPENED"],
                totals["CUSTOMER_REPLIED"],
                totals["REOPENED"],
                totals["not allowed"],
            ),
            customer_id,
        )

    def check_sequences(self, caller):
        """No gaps: as many entries as events and rule sets."""
        entries = len(self.model.events) + self.model.rule_sets.revision + 1
        self.assertEqual(caller.status().last_sequence, entries)
        sequences = {sent.decision.sequence for _, sent in self.model.events}
        self.assertEqual(len(sequences), len(self.model.events))

    def compare_everything(self):
        """All that was ever answered, from the lists."""
        for tenant in (LIVE, IMPORTED):
            sent_by_sequence = {
                sent.decision.sequence: sent
                for of, sent in self.model.events
                if of == tenant
            }
            with self.shared.caller(tenant) as caller:
                listed = list(caller.list_decisions())
                self.assertEqual(
                    [record.decision.sequence for record in listed],
                    sorted(sent_by_sequence, reverse=True),
                )
                for record in listed:
                    sent = sent_by_sequence[record.decision.sequence]
                    self.check_record(sent, record)
                counts = self.model.counts[tenant]
                for customer_id in counts.totals:
                    self.check_customer(caller, counts, customer_id)


if __name__ == "__main__":
    unittest.main()
