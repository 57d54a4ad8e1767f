#!/usr/bin/env python3
"""test_history.py: kill -9 in a loop, and the history is what a full replay of the log writes: every row once.

KILLS=n (default 10, at most 10 are made here). SEED=n repeats a run's choices.
"""
import json
import os
import random
import sqlite3
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire
from engine import Crew, Engine, check

KILLS = min(10, int(os.environ.get("KILLS", "10")))
SEED = int(os.environ.get("SEED", str(time.time_ns() % 1000000)))
TABLES = ("cases", "orders", "timeline", "decisions", "notices", "plans", "receipts", "counters", "texts")


class Source:
    """A camera gateway that reports bins and cars, one event per batch, and sends again what was not answered."""

    def __init__(self, engine, random_):
        devices = engine.table("devices.csv")
        self.bins = [row["id"] for row in devices if row["kind"] == "camera" and row["asset"]]
        self.zones = [row["id"] for row in devices if row["kind"] == "camera" and row["zone"]]
        check(self.bins and self.zones, "the synthetic city has cameras that watch bins and zones")
        self.client = wire.Client(engine.url, "camera-gateway-1", timeout_ms=300)
        self.random = random_
        self.seq = 0
        self.waiting = None
        self.acked = []

    def next_event(self):
        event_id = f"e-{self.seq + 1}"
        if self.random.random() < 0.4:
            return wire.event(event_id, "camera.garbage_overflow", device=self.random.choice(self.bins),
                              fields=[("confidence", 0.95), ("fill", 0.93)])
        return wire.event(event_id, "camera.vehicle_stationary", device=self.random.choice(self.zones),
                          fields=[("confidence", 0.97), ("plate", f"Q{self.random.randrange(10 ** 6):06d}"),
                                  ("vehicle_class", "car"), ("exempt", False), ("dwell_s", 900)])

    def turn(self):
        if self.waiting is None:
            self.waiting = self.next_event()
        try:
            kind, results = self.client.batch(1, self.seq + 1, [self.waiting])
        except wire.Silence:
            return
        if kind == "reject":
            time.sleep(0.02)
            return
        self.seq += 1
        self.acked += results
        self.waiting = None


def rows_of(path):
    """{table: sorted rows}"""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    rows = {table: sorted(db.execute(f"SELECT * FROM {table}").fetchall(), key=repr) for table in TABLES}
    rows["answered"] = db.execute("SELECT sum(events) FROM receipts").fetchone()[0]
    rows["position"] = db.execute("SELECT value FROM meta WHERE key = 'position'").fetchone()
    db.close()
    return rows


def compare(live, rebuilt):
    check(live["position"] == rebuilt["position"], f"the history ends at {live['position']}, a rebuild at {rebuilt['position']}")
    for table in TABLES:
        more = [row for row in live[table] if row not in set(rebuilt[table])]
        less = [row for row in rebuilt[table] if row not in set(live[table])]
        check(len(live[table]) == len(rebuilt[table]) and not more and not less,
              f"{table}: {len(live[table])} rows, a rebuild has {len(rebuilt[table])}; "
              f"only here {more[:2]}; only there {less[:2]}")


def play(engine, source, crew):
    for _ in range(KILLS):
        killer = threading.Timer(random.uniform(0.05, 1.2), engine.process.kill)
        killer.start()
        while engine.process.poll() is None:
            source.turn()
            crew.turn()
        killer.join()
        engine.start()
    until = time.monotonic() + 4
    while time.monotonic() < until:
        crew.turn()


def search(engine, live):
    """A word of a title finds the case, by three characters and by two; show and list name it."""
    case = next(row for row in live["cases"] if row[4])
    number, title = case[1], case[4]
    for word in (title[-3:], title[-2:]):
        found = json.loads(engine.gridloop("history", "search", word, "--json", "--limit", "100000", "--data", engine.data))
        check(number in [row["number"] for row in found], f"searching {word!r} does not find {number} ({title})")
    day = number.split("-")[1]
    listed = json.loads(engine.gridloop("history", "list", "--from", day, "--json", "--limit", "100000", "--data", engine.data))
    check(len(listed) == len(live["cases"]), f"{len(listed)} cases listed from {day}, {len(live['cases'])} are there")
    shown = json.loads(engine.gridloop("history", "show", number, "--json", "--data", engine.data))
    check(shown["case"]["number"] == number and shown["timeline"][0]["action"] == "OPEN", f"show {number} tells its story")
    for lang, word in (("zh", "号案件"), ("en", "-> case")):
        check(word in engine.gridloop("history", "show", number, "--lang", lang, "--data", engine.data), f"show speaks {lang}")


def main():
    print(f"# seed {SEED}, {KILLS} kills")
    random.seed(SEED)
    with Engine() as engine:
        engine.start()
        source = Source(engine, random)
        crew = Crew(engine)
        play(engine, source, crew)
        crew.close()
        engine.stop()
        path = os.path.join(engine.dir, "again.db")
        engine.gridloop("log", "replay", "--history", path, "--data", engine.data)
        live = rows_of(os.path.join(engine.data, "history.db"))
        compare(live, rows_of(path))
        core = json.loads(engine.gridloop("log", "replay", "--json", "--data", engine.data))
        check(core["position"] == live["position"][0], "the history has reached the end of the log")
        check(core["cases_opened"] == len(live["cases"]), f"{core['cases_opened']} cases opened, {len(live['cases'])} written")
        answered = {case for code, case in source.acked if case}
        check(answered <= {row[1] for row in live["cases"]}, "a case that was acknowledged is not in the history")
        answered = live["answered"]
        check(answered == core["events"], f"{core['events']} events, receipts for {answered}")
        lines = sum(len(live[table]) for table in TABLES)
        print(f"ok 1 - {KILLS} kills: {len(live['cases'])} cases, {lines} rows, each once; a rebuild gives the same")
        search(engine, live)
        print("ok 2 - found by words, day and number, in both languages")
        engine.gridloop("log", "replay", "--history", path, "--data", engine.data)
        compare(live, rows_of(path))
        print("ok 3 - replaying into it again adds nothing")
        keep = os.environ.get("KEEP_DATA")
        if keep:
            os.system(f"rm -rf {keep}; cp -r {engine.data} {keep}")


main()
