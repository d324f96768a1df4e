#!/usr/bin/env python3
"""The speed figures of the README, each beside its baseline in one run.

  tests/bench/run.py [--bin build/release/bin] [--rounds 5] [--seconds 3]
                     [--customers 1000000] [--only submit,stream,memory,restart]

Prints a table; quotes medians and ratios, since machines are shared. Needs
two cores: the client runs beside the server.
"""
import argparse
import hashlib
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


class Server:
    """A process that writes its port to a file once it is ready."""

    def __init__(self, command, port_file):
        self.port_file = port_file
        if os.path.exists(port_file):
            os.remove(port_file)
        started = time.monotonic()
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        while not os.path.exists(port_file) or not open(port_file).read():
            if self.process.poll() is not None:
                sys.exit(f"run.py: {command[0]} ended before it was ready")
            if time.monotonic() - started > 120:
                sys.exit(f"run.py: {command[0]} is not ready after 120 s")
            time.sleep(0.002)
        self.ready_after = time.monotonic() - started
        self.target = "127.0.0.1:" + open(port_file).read().strip()

    def rss_mib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) / 1024
        return 0.0

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait()


class Bench:
    def __init__(self, flags, scratch):
        self.flags = flags
        self.scratch = scratch
        self.token = secrets.token_hex(16)
        self.rounds = 0
        self.rows = []

    def program(self, name):
        return os.path.join(self.flags.bin, name)

    def leveed(self, data_dir, **more):
        config = os.path.join(self.scratch, "leveed.textproto")
        digest = hashlib.sha256(self.token.encode()).hexdigest()
        with open(config, "w") as out:
            out.write(f'''
listen: "127.0.0.1:0"
data_dir: "{data_dir}"
port_file: "{data_dir}.port"
heads_file: "{data_dir}.heads"
initial_rules: "{ROOT}/deploy/rules/default.textproto"
tokens {{ name: "bench" sha256: "{digest}" tenant: "bench"
  role: ROLE_ADMIN }}
''')
            for key, value in more.items():
                out.write(f"{key}: {value}\n")
        return Server([self.program("leveed"), "--config", config],
                      data_dir + ".port")

    def allow(self):
        port_file = os.path.join(self.scratch, "allow.port")
        return Server([self.program("allow_server"), port_file], port_file)

    def drive(self, what, server, *more):
        self.rounds += 1
        out = subprocess.run(
            [self.program("guard_bench"), what, "--target", server.target,
             "--token", self.token, "--prefix", f"r{self.rounds}-",
             "--seed", str(self.rounds), *map(str, more)],
            check=True, capture_output=True, text=True).stdout
        figures = json.loads(out)
        if figures["errors"]:
            sys.exit(f"run.py: {figures['errors']} errors: {out}")
        return figures

    def row(self, name, value, target):
        self.rows.append((name, value, target))
        print(f"{name:<58} {value:>16}   {target}", flush=True)

    def submit(self):
        allow = self.allow()
        leveed = self.leveed(os.path.join(self.scratch, "submit"))
        ratios, pairs, p99 = self.pairs(leveed, allow)
        leveed.stop()
        leveed = self.leveed(os.path.join(self.scratch, "silent"))
        silent, _, _ = self.pairs(leveed, allow, "--no_texts")
        leveed.stop()
        allow.stop()
        median = statistics.median
        self.row("Submit, 64 in flight: decisions per second",
                 f"{median(ours for ours, _ in pairs):,.0f}", "")
        self.row("  the same against a server that answers at once",
                 f"{median(theirs for _, theirs in pairs):,.0f}", "")
        self.row("  ratio, median of pairs", f"{median(ratios):.2f}", ">= 0.4")
        self.row("  the same of events without texts",
                 f"{median(silent):.2f}", "")
        self.row("  99th percentile of latency", f"{median(p99):.1f} ms", "")

    def pairs(self, leveed, allow, *more):
        """Ratios, both rates, and the 99th percentiles in milliseconds."""
        ratios, rates, p99 = [], [], []
        for _ in range(self.flags.rounds):
            ours, theirs = [self.drive("submit", server, "--in_flight", 64,
                                       "--seconds", self.flags.seconds, *more)
                            for server in (leveed, allow)]
            rates.append((ours["per_second"], theirs["per_second"]))
            p99.append(ours["p99_us"] / 1000)
            ratios.append(ours["per_second"] / theirs["per_second"])
        return ratios, rates, p99

    def stream(self):
        def rate(leveed, *more):
            return self.drive("stream", leveed, "--batch", 64, "--in_flight", 32,
                              "--events", self.flags.events,
                              *more)["per_second"]

        def on_new_servers(name, *more):
            """The rates, and the last server."""
            rates, leveed = [], None
            for number in range(self.flags.rounds):
                if leveed:
                    leveed.stop()
                leveed = self.leveed(
                    os.path.join(self.scratch, f"{name}{number}"))
                rates.append(rate(leveed, *more))
            return rates, leveed

        silent, leveed = on_new_servers("silent", "--no_texts")
        leveed.stop()
        fresh, leveed = on_new_servers("fresh")
        # The same 10,000 customers again and again: every counter is at its
        # limit, nearly every event is found at fault.
        later = [rate(leveed) for _ in range(self.flags.rounds)]
        leveed.stop()
        self.row("SubmitStream, batches of 64: decisions per second, first "
                 f"{self.flags.events:,}", f"{statistics.median(fresh):,.0f}",
                 ">= 60,000")
        self.row("  without texts: what the rest of the path takes",
                 f"{statistics.median(silent):,.0f}", "")
        self.row("  the same customers' later ones",
                 f"{statistics.median(later):,.0f}", ">= 60,000")

    def memory_and_restart(self):
        data_dir = os.path.join(self.scratch, "memory")
        half = self.flags.customers // 2
        leveed = self.leveed(data_dir, cache_entities_max=half // 5)
        rss = []
        for part in range(2):
            # Each half brings customers that were not there before. Its last
            # fifth is watched: buffers fill and empty all the time.
            seen = []
            for first, events in ((0, 4 * half // 5),
                                  (4 * half // 5, half - 4 * half // 5)):
                first += part * half
                with subprocess.Popen(
                        [self.program("guard_bench"), "stream", "--target",
                         leveed.target, "--token", self.token, "--prefix",
                         f"m{first}-", "--in_turn", "--customers", str(events),
                         "--first_customer", str(first), "--events",
                         str(events), "--batch", "64"],
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.PIPE) as drive:
                    seen.clear()
                    # Until it has made its events, the server has a rest.
                    drive.stderr.readline()
                    while drive.poll() is None:
                        seen.append(leveed.rss_mib())
                        time.sleep(0.05)
                if drive.returncode != 0:
                    sys.exit("run.py: guard_bench stream failed")
            rss.append(statistics.median(seen))
        self.row(f"RSS at customer {half:,}", f"{rss[0]:,.0f} MiB", "")
        self.row(f"RSS at customer {2 * half:,}", f"{rss[1]:,.0f} MiB", "")
        self.row("  growth", f"{100 * (rss[1] / rss[0] - 1):.1f} %", "<= 5 %")
        for name, how in (("SIGTERM", signal.SIGTERM),
                          ("SIGKILL", signal.SIGKILL)):
            leveed.stop(how)
            leveed = self.leveed(data_dir, cache_entities_max=half // 5)
            self.row(f"Ready again after {2 * half:,} events, {name}",
                     f"{leveed.ready_after:.2f} s", "<= 3 s")
            # For the next one as much to replay as a server ever leaves.
            self.drive("stream", leveed, "--batch", 64, "--events", 200_000,
                       "--customers", 2 * half)
        leveed.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", default=os.path.join(
        ROOT, "build", "release", "bin"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--customers", type=int, default=1_000_000,
                        help="2,500,000 at most")
    parser.add_argument("--only", default="submit,stream,memory")
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="levee_bench_") as scratch:
        bench = Bench(flags, scratch)
        chosen = flags.only.split(",")
        if "submit" in chosen:
            bench.submit()
        if "stream" in chosen:
            bench.stream()
        if "memory" in chosen or "restart" in chosen:
            bench.memory_and_restart()


if __name__ == "__main__":
    main()
