#!/usr/bin/env python3
"""test_positions.py: where people were leaves the log after its time: the bytes are gone, the log still verifies, the engine and the
tools go on behind a snapshot, and the history still tells what was decided.
"""
import json
import os
import re
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire
from engine import Crew, Engine, check, ok

SPOT = (1163177777, 399088888)  # nobody's base, home or asset: only a fix can put it into a file


def holds(engine, where, what):
    for root, _, names in os.walk(os.path.join(engine.data, where)):
        for name in names:
            with open(os.path.join(root, name), "rb") as file:
                if what in file.read():
                    return os.path.join(root, name)
    return None


def info(engine):
    return json.loads(engine.gridloop("log", "info", "--data", engine.data, "--json"))


def main():
    # 3,600 log seconds a real one: 24 real seconds are a day.
    with Engine(clock="scaled:3600@2026-03-03T08:20+08:00") as engine:
        engine.start(extra=("--positions-keep", "0"))
        day = next(row["id"] for row in engine.table("workers.csv") if "worker" in row["rights"] and row["shift"] in ("", "shift.day"))
        spot = struct.pack("<ii", *SPOT)
        client = wire.Client(engine.url, day)
        client.hello()
        at = wire.encode([(1, ("z", SPOT[0])), (2, ("z", SPOT[1]))])
        client.poll(0, status=wire.words("engine/core/life.h", "WORKER_STATUS_LIST")["READY"], at=at)
        time.sleep(0.3)
        check(holds(engine, "log", spot), "the fix is in the log")
        crew = Crew(engine)
        patrol = wire.Client(engine.url, "patrol-app")
        place = next(row for row in engine.table("assets.csv"))
        opened = patrol.batch(1, 1, [wire.event("p-1", "patrol.garbage", at=wire.place(place["lon"], place["lat"]))])
        case = opened[1][0][1]
        for _ in range(3):
            crew.turn()
        crew.close()
        told = engine.gridloop("case", "show", case, "--data", engine.data, "--lang", "en")
        off = wire.Client(engine.url, day)
        off.poll(0, status=3, at=wire.encode([(1, ("z", SPOT[0] + 7)), (2, ("z", SPOT[1] + 7))]))
        time.sleep(0.3)
        check(not holds(engine, "log", struct.pack("<ii", SPOT[0] + 7, SPOT[1] + 7)), "a fix off duty is in the log")
        ok("positions on duty are logged, positions off duty are not")

        time.sleep(26)  # a day and more
        engine.stop()
        engine.start(extra=("--positions-keep", "0"))
        engine.stop()  # the second snapshot
        check(holds(engine, "log", spot), "the fix left the log before its time")
        before = info(engine)
        check(before["redacted"] == 0 and len(before["snapshots"]) == 2, f"{before}")
        engine.start(extra=("--positions-keep", "0"))
        engine.stop()  # the older one is now behind everything of the first day
        engine.start(extra=("--positions-keep", "1"))
        until = time.monotonic() + 10
        while info(engine)["redacted"] == 0 and time.monotonic() < until:
            time.sleep(0.1)
        engine.stop()
        after = info(engine)
        check(after["redacted"] > 0, f"nothing was redacted: {after}")
        check(holds(engine, "log", spot) is None, "the fix is still in the log")
        check(holds(engine, "snapshots", spot) is None, "the fix is still in a snapshot")
        ok(f"after their time {after['redacted']} entries have lost their positions")

        engine.gridloop("log", "verify", "--data", engine.data)
        engine.gridloop("log", "verify", "--replay", "--data", engine.data)
        engine.start(extra=("--positions-keep", "1"))
        now = engine.gridloop("case", "show", case, "--data", engine.data, "--lang", "en")
        check("have expired from the log" in now and "have expired" not in told, f"what is not told is not named: {now}")
        told = re.split("\n(?:who was accountable|hand-overs)\n", told)[0]  # these are not kept, and that is named
        story = [line for line in told.splitlines()[3:] if re.match(r"\s*\d\d:\d\d [^-]", line)]
        check(len(story) >= 3, f"too short a story: {told}")
        for line in story:
            check(line.strip() in now, f"the story lost: {line}\n{now}")
        check(engine.cases()[case]["state"], "case list")
        ok("the log verifies, the engine starts, the story is told as before")

        engine.stop()
        os.rename(os.path.join(engine.data, "history.db"), os.path.join(engine.dir, "history.old"))
        engine.start(extra=("--positions-keep", "1"))
        engine.stop()
        engine.log.flush()
        with open(engine.log.name, encoding="utf-8") as log:
            check("event=history_gap" in log.read(), "a history that cannot be rebuilt is told")
        for name in os.listdir(os.path.join(engine.data, "snapshots")):
            os.remove(os.path.join(engine.data, "snapshots", name))
        engine.gridloop("log", "replay", "--data", engine.data, expect=65)
        ok("without a snapshot a replay is refused and says why")


main()
