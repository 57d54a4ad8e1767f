#!/usr/bin/env python3
"""test_snapshot.py: an engine begins with its newest good snapshot and the rest of the log, and is the engine it was.

Laws 1, 3 and 11: kill -9 with snapshots under way, restart from snapshot and tail against a replay of the whole log, a
damaged snapshot gives way to the one before and says so, two damaged ones to the first entry; a child that writes a
snapshot dies with its engine and leaves no socket, port or lock behind. SEED=n repeats a run's choices.
"""
import glob
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire
from engine import Crew, Engine, check

SEED = int(os.environ.get("SEED", str(time.time_ns() % 1000000)))


def car(number):
    return wire.event(f"e-{number}", "camera.vehicle_stationary", device="C-001",
                      fields=[("confidence", 0.95), ("plate", f"Q{number}"), ("vehicle_class", "car"),
                              ("exempt", False), ("dwell_s", 900)])


class Feed:
    def __init__(self, engine):
        self.client = wire.Client(engine.url, "camera-gateway-1", timeout_ms=300)
        self.seq = 0
        self.acked = []

    def turn(self):
        """One numbered batch, sent again until it is answered."""
        try:
            kind, results = self.client.batch(1, self.seq + 1, [car(self.seq + 1)])
        except wire.Silence:
            return
        if kind == "ack":
            self.seq += 1
            self.acked.append(results[0][1])


def snapshots(engine):
    """Paths, oldest first."""
    return sorted(glob.glob(engine.data + "/snapshots/*.snap"))


def said(engine):
    engine.log.flush()
    with open(engine.log.name, encoding="utf-8", errors="replace") as log:
        return log.read()


def wait(fact, text, wait_s=20):
    deadline = time.monotonic() + wait_s
    while not fact():
        check(time.monotonic() < deadline, f"not within {wait_s} s: {text}")
        time.sleep(0.01)


def replay(engine, *words):
    return json.loads(engine.gridloop("log", "replay", "--json", "--data", engine.data, *words))


def same_state(engine):
    """The whole log and snapshot plus tail give one state; returns the snapshot's position."""
    whole = replay(engine)
    short = replay(engine, "--from-snapshot")
    check(whole["snapshot"] == 0, "a replay begins with the first entry unless asked")
    check(whole["state"] == short["state"] and whole["position"] == short["position"],
          f"the whole log gives {whole['state']}, snapshot {short['snapshot']} and tail give {short['state']}")
    return short["snapshot"]


def newest_for_history(engine):
    """Position of the newest snapshot not behind what the history has: what it lacks must be replayed into it."""
    db = sqlite3.connect(f"file:{engine.data}/history.db?mode=ro", uri=True)
    row = db.execute("SELECT value FROM meta WHERE key = 'position'").fetchone()
    db.close()
    positions = [int(os.path.basename(path)[:20]) for path in snapshots(engine)]
    return max([position for position in positions if row and position <= row[0]], default=0)


def last_start(engine):
    """(snapshot, entries replayed) of the last line that greets."""
    line = [line for line in said(engine).splitlines() if "listening on" in line][-1]
    snapshot = re.search(r"snapshot of entry (\d+)", line)
    entries = re.search(r"(\d+) entries replayed", line)
    return int(snapshot.group(1)) if snapshot else 0, int(entries.group(1)) if entries else 0


def flip(path, rng):
    with open(path, "r+b") as file:
        data = bytearray(file.read())
        at = rng.randrange(len(data))
        data[at] ^= 1 << rng.randrange(8)
        file.seek(0)
        file.write(data)


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def is_gone(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_restart(engine, feed, crew):
    for _ in range(40):
        feed.turn()
        crew.turn()
    wait(lambda: len(snapshots(engine)) >= 1, "a snapshot is written while the engine works")
    for _ in range(3):
        for _ in range(25):
            feed.turn()
            crew.turn()
        engine.kill()
        before = engine.cases()
        position = same_state(engine)
        check(position > 0, "there is a snapshot to begin with")
        needed = newest_for_history(engine)
        engine.start()
        began, entries = last_start(engine)
        check(began == needed, f"the engine began with entry {began}, not with snapshot {needed} (the newest is {position})")
        check(entries < replay(engine)["position"], "less than the whole log was read")
        after = engine.cases()
        check({no: case["state"] for no, case in before.items()}.keys() <= after.keys(), "cases are gone after the restart")
        check(set(feed.acked) <= set(after), "an acknowledged case is gone after the restart")
    check(len(snapshots(engine)) <= 3, f"more are kept than two and one for the history: {snapshots(engine)}")
    print(f"ok 1 - kill -9, then snapshot and tail: {len(after)} cases as before, state as of the whole log")


def test_stop(engine):
    engine.stop()
    end = replay(engine)["position"]
    newest = int(os.path.basename(snapshots(engine)[-1])[:20])
    check(newest == end, f"the clean stop wrote snapshot {newest}, the log ends at {end}")
    same_state(engine)
    print("ok 2 - a clean stop leaves a snapshot of the last entry")


def test_damage(engine, rng):
    check(len(snapshots(engine)) == 2, "two snapshots are kept")
    older, newest = snapshots(engine)
    flip(newest, rng)
    engine.start()
    began, _ = last_start(engine)
    check(began == int(os.path.basename(older)[:20]), f"began with {began}, not with the older snapshot")
    check("event=snapshot_refused" in said(engine), "the engine does not say that it passed a snapshot over")
    engine.kill()
    same_state(engine)
    for path in snapshots(engine):
        flip(path, rng)
    info = json.loads(engine.gridloop("log", "info", "--json", "--data", engine.data))
    check(info["snapshots"] and not any(row["is_whole"] for row in info["snapshots"]),
          f"log info does not see the damage: {info['snapshots']}")
    engine.start()
    began, entries = last_start(engine)
    check(began == 0 and entries > 0, "with both damaged the whole log is replayed")
    check("event=no_good_snapshot" in said(engine), "the engine does not say that no snapshot was good")
    print("ok 3 - a damaged snapshot gives way to the one before, two to the whole log, each said aloud")


def test_orphan(engine, feed):
    """The child is stopped while it writes, so that it is surely alive when its engine is killed. One that was stopped before it had
    asked to die with its engine sees that it is an orphan when it goes on."""
    died_stopped = 0
    for round_ in range(5):
        child = None
        deadline = time.monotonic() + 20
        while child is None and time.monotonic() < deadline:
            feed.turn()
            for pid in children(engine.process.pid):
                try:
                    os.kill(pid, signal.SIGSTOP)
                    child = pid if not is_gone(pid) else None
                except ProcessLookupError:
                    pass
        check(child is not None, "no child was seen that writes a snapshot")
        if round_ % 2:
            os.kill(child, signal.SIGCONT)
        engine.kill()
        for _ in range(40):
            if is_gone(child):
                died_stopped += round_ % 2 == 0
                break
            time.sleep(0.05)
        else:
            os.kill(child, signal.SIGCONT)
        wait(lambda: is_gone(child), f"the child {child} dies with its engine", 20)
        lock = subprocess.run(["flock", "-n", engine.data + "/lock", "true"], check=False)
        check(lock.returncode == 0, "the lock is free")
        engine.start()
    check(died_stopped > 0, "no child that was stopped while it wrote died with its engine")
    engine.kill()
    same_state(engine)
    print("ok 4 - a child that writes a snapshot dies with its engine; socket and lock are free at once")


def test_foreign(engine):
    """A snapshot of another log is not taken, however whole it is."""
    engine.start()
    engine.stop()
    with Engine() as other:
        other.env["GRIDLOOP_SNAPSHOTS"] = "0:0"
        other.start()
        feed = Feed(other)
        while feed.seq < 3:
            feed.turn()
        feed.client.close()
        other.stop()
        own = snapshots(other)
        check(len(own) == 1, "the other engine has one snapshot")
        position = int(os.path.basename(own[0])[:20])
        target = os.path.join(engine.data, "snapshots", os.path.basename(own[0]))
        for path in snapshots(engine):
            os.remove(path)
        with open(own[0], "rb") as source, open(target, "wb") as copy:
            copy.write(source.read())
        engine.start()
        began, _ = last_start(engine)
        check(began == 0, f"the engine began with snapshot {position} of another log")
        engine.kill()
    print("ok 5 - a snapshot of another log is passed over")


def main():
    print(f"# seed {SEED}")
    rng = random.Random(SEED)
    with Engine() as engine:
        engine.env["GRIDLOOP_SNAPSHOTS"] = "20:0"
        engine.start()
        feed, crew = Feed(engine), Crew(engine)
        test_restart(engine, feed, crew)
        crew.close()
        test_stop(engine)
        test_damage(engine, rng)
        engine.kill()
        engine.env["GRIDLOOP_SNAPSHOTS"] = "1:0"
        engine.start()
        test_orphan(engine, feed)
        feed.client.close()
        test_foreign(engine)


main()
