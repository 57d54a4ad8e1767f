#!/usr/bin/env python3
"""test_bench.py: the bench prints every row it should, at sizes where its figures mean nothing.

No time is looked at: only that each row is there, has a value per run, and says so in all three outputs; that programs
that are not installed give a row and no error; and that nothing is left running or lying about.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from engine import GRIDLOOP, check

QUANTILES = ["p50", "p99", r"p99\.9"]
ROWS = {
    "latency": [f"event to task, durable, 5,000/s, {how}, {q}" for q in QUANTILES
                for how in ("snapshots and segment roll", "nothing else")]
    + [f"the disk alone, a sync of 4 KB, {q}" for q in QUANTILES],
    "overload": [f"life-safety event to task under the flood, {q}" for q in ("p50", "p99")]
    + [f".* to its answer, {q}" for q in ("p50", "p99")]
    + ["sustained by four gateways within their credit", "offered by the flood, of what is sustained"],
    "ingest": ["durable, batches of 1,000, .*", "same path without a core .*", "share of the ceiling",
               "sockets, codec and disk alone", "share of sockets, codec and disk",
               "durable, frames sealed both ways", "what sealing takes, .*",
               "restart after kill -9, .*", "Redis XADD, .*", "PostgreSQL COPY, .*", "PostgreSQL INSERT, .*", "Mosquitto .*"],
    "web": ["20 consoles, a delta ten times a second", "event to task p99, no console", "event to task p99, 20 consoles",
            "a list of 100 of 10,000 cases beside full ingest, p99"],
    "budget": ["an event, " + stage for stage in ("receive", "facts", "encode", "decide", "output", "log", "in all")]
    + ["of decide: the history's feed"],
    "history": ["closed cases written"],
    "core": ["closed loops in process, one core", "memory of a case with two orders and its timers"],
    "replay": ["commands of a log, up to 64 an entry", "commands of a log, one an entry"],
    "nearest": ["of 1400 workers, common role, over a socket", "of 1400 workers, 0.05 % filter, over a socket",
                "of 1400 workers, common role, Redis .*", "of 1400 workers, 0.05 % filter, Redis .*",
                "of 1400 workers, common role, PostGIS .*", "of 1400 workers, 0.05 % filter, PostGIS .*"]
    + [f"{what}{n} workers{end}" for n in (1000, 1200, 1400, 1600)
       for what, end in (("of ", ", common role"), ("of ", ", 0.05 % filter"), ("of ", ", common role, the nearest alone"), ("a fix moves one of ", ""))],
    "cases": ["snapshot pause, 4000 open", "state read back from a snapshot, 4000 open"]
    + [f"{what}{n} open{end}" for n in (100, 1000, 2000, 4000)
       for what, end in (("event that opens a case, up to ", ""), ("deadline, ", ", all at one instant"),
                         ("longest turn in that storm, ", ""))],
    "rounds": [row for n in (20, 50) for row in (f"round of {n} orders, {n} workers", "longest slice of it")],
    "roads": [*(f"road-nearest of {n} people" for n in (10, 100, 1000)), "every crossing's way to one",
              "crossing nearest to a place"],
    "devices": [f"facts of an event, one of {n} devices" for n in (1000, 10000, 100000)],
    "match": [f"{rules}, {way}"
              for rules in [f"{n} rules {on}" for n in ("1,000", "10,000", "100,000") for on in ("over 100 types", "on one type")]
              + ["100,000 rules on one type, 60 % without equality"]
              for way in ("load and lint", r"index \(.* rules match\)", "hash bucket", "flat scan", "naive")],
}
# The group dispatch comes when it is named. Forty calls are too few for a worst area: its rows say so instead of a figure.
LOADS = ["0.50", "0.75", "0.85"]
POLICIES = ["closest idle by road", "closest idle in a straight line", "matched while waiting, not moved",
            "matched anew, area_guard 150", "matched anew"]
PEERS = re.compile(r"Redis|PostgreSQL|Mosquitto|PostGIS")


def check_dispatch():
    with tempfile.TemporaryDirectory() as work:
        results = os.path.join(work, "d.json")
        done = subprocess.run([GRIDLOOP, "bench", "dispatch", "--tiny", "--runs", "1", "--json", results],
                              env={**os.environ, "TMPDIR": work}, capture_output=True, text=True, timeout=120)
        check(done.returncode == 0, f"exit {done.returncode}: {done.stderr[-800:]}")
        with open(results) as file:
            rows = {row["name"]: row for row in json.load(file)["rows"]}
    for load in LOADS:
        for policy in POLICIES:
            of = f"load {load}, {policy}: "
            seeds = 2 if load == "0.75" else 1
            figures = [of + "mean response"] + [of + f"{what}, of the first" for what in ("mean", "p50", "p95") if policy != POLICIES[0]]
            for name in figures:
                values = rows.pop(name)["values"]
                check(len(values) == seeds and min(values) > 0, f"{name}: {values}")
            if policy != POLICIES[0]:
                row = rows.pop(of + "p90 of the worst area, of the first")
                check("no data" in row.get("absent", "") and "met" not in row, f"a row without data: {row}")
        line = [x for x in done.stdout.splitlines() if x.startswith(f"| load {load}, p90 of the worst area |")]
        check(len(line) == 1 and line[0].count("no data") == 6 + (load != "0.50") and "met" not in line[0], str(line))
    check(list(rows) == ["not measured"], f"other rows: {list(rows)}")


def main():
    check_dispatch()
    with tempfile.TemporaryDirectory() as work:
        results, tables = os.path.join(work, "r.json"), os.path.join(work, "t.md")
        nothing = os.path.join(work, "nothing")
        os.mkdir(nothing)
        done = subprocess.run(
            [GRIDLOOP, "bench", "--tiny", "--runs", "1", "--peers", nothing, "--json", results, "--tables", tables],
            env={**os.environ, "TMPDIR": work}, capture_output=True, text=True, timeout=600)
        check(done.returncode == 0, f"exit {done.returncode}: {done.stderr[-800:]}")
        with open(results) as file:
            report = json.load(file)
        with open(tables) as file:
            table = file.read()
        left = [name for name in os.listdir(work) if name.startswith("gridloop-")]
        check(not left, f"left lying about: {left}")
    rows = report["rows"]
    found = {(row["group"], row["name"]): row for row in rows}
    wanted = 0
    for group, names in ROWS.items():
        for name in names:
            hits = [row for (g, n), row in found.items() if g == group and re.fullmatch(name, n)]
            check(len(hits) == 1, f"{len(hits)} rows of {group} called {name}")
            wanted += 1
            row = hits[0]
            if PEERS.search(row["name"]):
                check("not installed" in row.get("absent", ""), f"{row} should say that it is not installed")
            else:
                # of two runs: may be anything
                is_difference = "history's feed" in row["name"] or "what sealing takes" in row["name"]
                check(len(row["values"]) == 1 and (row["values"][0] > 0 or is_difference), f"{row} has no value")
            for where, text in (("table", table), ("output", done.stdout)):
                check(row["name"] in text, f"{row['name']} is not in the {where}")
    check(len(rows) == wanted, f"{len(rows)} rows, {wanted} expected: {sorted(found)}")
    match = [r for r in rows if r["name"] == "closed loops in process, one core"][0]
    check("192 of 192 cases closed" in match["note"], match["note"])
    for row in rows:
        check("NOBODY FOUND" not in row.get("note", "") and "NOT IN ORDER" not in row.get("note", ""), str(row))
    check("what we lose" in done.stdout and isinstance(report["losses"], list), "the losses are not told")
    print(f"ok 1 - {wanted} rows, and those of dispatch")


if __name__ == "__main__":
    main()
