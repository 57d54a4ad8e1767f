#!/usr/bin/env python3
"""test_backup.py: a copy taken while the engine works is a data directory that an engine starts on, with everything
that was acknowledged when the copy began; a damaged source gives no copy. SEED=n repeats a run's choices.
"""
import glob
import json
import os
import random
import sqlite3
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire
from engine import Engine, check

SEED = int(os.environ.get("SEED", str(time.time_ns() % 1000000)))
BACKUPS = 5


def car(number):
    return wire.event(f"e-{number}", "camera.vehicle_stationary", device="C-001",
                      fields=[("confidence", 0.95), ("plate", f"Q{number}"), ("vehicle_class", "car"),
                              ("exempt", False), ("dwell_s", 900)])


class Feed(threading.Thread):
    """A gateway that does not wait for backups."""

    def __init__(self, engine):
        super().__init__(daemon=True)
        self.client = wire.Client(engine.url, "camera-gateway-1", timeout_ms=300)
        self.acked = []
        self.is_ending = False

    def run(self):
        seq = 0
        while not self.is_ending:
            try:
                kind, results = self.client.batch(1, seq + 1, [car(seq + 1)])
            except wire.Silence:
                continue
            if kind == "ack":
                seq += 1
                self.acked.append(results[0][1])

    def end(self):
        self.is_ending = True
        self.join()
        self.client.close()


def replay(engine, data, *words):
    return json.loads(engine.gridloop("log", "replay", "--json", "--data", data, *words))


def check_accounts(engine, live):
    """Who could log in can with the copy; damaged accounts give no copy; none are none."""
    without = os.path.join(engine.dir, "without")
    engine.gridloop("backup", without, "--data", live)
    check(not os.path.exists(without + "/accounts.db"), "accounts came from nowhere")
    identity = engine.gateways()[0]
    engine.gridloop("account", "token", identity, "--label", "kept", "--data", live)
    writer = sqlite3.connect(live + "/accounts.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")  # as an engine in the middle of a write: not in the copy
    writer.execute("DELETE FROM tokens")
    copy = os.path.join(engine.dir, "with-accounts")
    engine.gridloop("backup", copy, "--data", live)
    writer.execute("ROLLBACK")
    writer.close()
    rows = json.loads(engine.gridloop("account", "list", "--json", "--data", copy))
    check([(row["id"], row["label"]) for row in rows] == [(identity, "kept")], f"accounts of the copy: {rows}")
    check(os.stat(copy + "/accounts.db").st_mode & 0o777 == 0o600, "the copy is for its owner alone")
    with open(live + "/accounts.db", "r+b") as file:
        whole = file.read()
        file.seek(4096)
        file.write(b"\xff" * (len(whole) - 4096))
    never = os.path.join(engine.dir, "damaged-accounts")
    engine.gridloop("backup", never, "--data", live, expect=65)
    check(not os.path.exists(never), "a copy with damaged accounts got its name")
    with open(live + "/accounts.db", "wb") as file:
        file.write(whole)
    print("ok 3 - accounts are in the copy, whole, or there is none")


def main():
    print(f"# seed {SEED}")
    rng = random.Random(SEED)
    with Engine() as engine:
        engine.env["GRIDLOOP_SNAPSHOTS"] = "30:0"
        engine.start()
        feed = Feed(engine)
        feed.start()
        live = engine.data
        copies = []
        for number in range(BACKUPS):
            time.sleep(rng.uniform(0.05, 0.6))
            acked = list(feed.acked)
            copy = os.path.join(engine.dir, f"copy-{number}")
            engine.gridloop("backup", copy, "--data", live, *(["--replay"] if number == 0 else []))
            copies.append((copy, acked))
        feed.end()
        engine.stop()
        for copy, acked in copies:
            told = replay(engine, copy)
            own = replay(engine, live, "--until", str(told["position"]))
            check(told["state"] == own["state"], f"{copy} has another state at {told['position']}")
            check(replay(engine, copy, "--from-snapshot")["state"] == told["state"], f"{copy}: snapshot and tail differ")
            engine.data = copy
            engine.start()
            cases = engine.cases()
            engine.kill()
            lost = [case for case in acked if case not in cases]
            check(not lost, f"{len(lost)} of {len(acked)} cases acknowledged before the copy are not in it: {lost[:3]}")
        check(any(glob.glob(copy + "/snapshots/*.snap") for copy, _ in copies), "no copy has a snapshot")
        print(f"ok 1 - {BACKUPS} copies under load, up to {len(copies[-1][1])} acknowledged cases, an engine starts on each")

        rested = os.path.join(engine.dir, "rested")
        engine.gridloop("backup", rested, "--data", live)
        check(replay(engine, rested)["position"] == replay(engine, live)["position"], "the copy of a stopped engine lacks entries")
        engine.gridloop("backup", rested, "--data", live, expect=73)
        print("ok 2 - a stopped engine is copied whole, and no copy is overwritten")

        check_accounts(engine, live)
        segment = sorted(glob.glob(live + "/log/*.seg"))[0]
        with open(segment, "r+b") as file:
            file.seek(1000)
            byte = file.read(1)[0]
            file.seek(1000)
            file.write(bytes([byte ^ 4]))
        never = os.path.join(engine.dir, "never")
        engine.gridloop("backup", never, "--data", live, expect=65)
        check(not os.path.exists(never), "a copy of a damaged log got its name")
        print("ok 4 - a damaged log gives no copy")


main()
