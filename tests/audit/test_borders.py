#!/usr/bin/env python3
"""test_borders.py: a day on which the city changes under open cases: a border moves and comes back, a cell is called otherwise, people leave, office hours
and rules change, a rule goes. The outside view follows it, and finds each case that is located wrongly, left where it was or told otherwise.
"""
import copy
import json
import os
import random
import re
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e")]
import audit
import runs
import wire
from borders import move, reload
from cityread import City
from engine import Crew, Engine, check
from ruleread import Rules

SEED = int(os.environ.get("SEED", "3"))
KINDS = ["patrol.garbage", "hotline.road_damage", "patrol.manhole", "camera.vehicle_stationary", "hotline.noise", "camera.garbage_overflow"]
STRIP = (116.3152, 116.3174)  # of that row, east of the border at first and west of it later
OLD_CELL, NEW_CELL = "110108001002", "110108001009"
RULES = """ruleset: 1
rules:
- {id: zz.border, title: 边, owner: dept.traffic, priority: 999, event: camera.vehicle_stationary, where: 'startsWith(plate, "zz")',
   open: {class: "E.04.01", severity: 4, title: "{plate}"}, sla: {accept: 3m, arrive: 10m, handle: 4wh},
   assign: {role: grid_worker, search: [SEARCH], pick: nearest, max_load: 2}}
- {id: zz.garbage, title: 边, owner: dept.sanitation, priority: 999, event: camera.garbage_overflow, where: 'has(fill)',
   open: {class: "E.01.02", severity: 4, title: "{cell}"}, assign: {role: [grid_worker, city_officer], search: [street, 1500, city], pick: least_loaded}}
"""


class Town:
    """The engine, its doors and its crew; a copy of the city as it was at each activation."""

    def __init__(self, engine):
        self.engine, self.dice, self.sent, self.in_strip = engine, random.Random(SEED), 0, set()
        self.copies = []
        self.keep()
        engine.start()
        self.doors = {name: wire.Client(engine.url, name) for name in ("hotline-12345", "patrol-app", "camera-gateway-1")}
        self.crew = Crew(engine)
        self.shorten()
        self.seqs = dict.fromkeys(self.doors, 0)
        self.chief = wire.Client(engine.url, next(row["id"] for row in engine.table("workers.csv") if "shift_chief" in row["rights"].split()))

    def keep(self):
        self.copies.append(os.path.join(self.engine.dir, f"city{len(self.copies)}"))
        shutil.copytree(self.engine.city, self.copies[-1])

    def shorten(self):
        """Who lives in the first row works; others let their offers expire."""
        row = {person["id"] for person in self.engine.table("workers.csv") if person["home_cell"].startswith(("1101080010", "1101080030"))}
        for worker in [worker for worker in self.crew.workers if worker["id"] not in row]:
            self.crew.workers.remove(worker)
            worker["client"].close()

    def close(self):
        self.crew.close()
        for client in (self.chief, *self.doors.values()):
            client.close()

    def report(self, count):
        """Anywhere in the four cells of the first row, each third in the strip that the border crosses."""
        batches = {name: [] for name in self.doors}
        for _ in range(count):
            self.sent += 1
            kind = KINDS[self.sent % len(KINDS)]
            door = next(name for name in self.doors if name.startswith(kind.split(".", maxsplit=1)[0]))
            is_strip = self.sent % 3 == 0
            at = wire.place(round(self.dice.uniform(*(STRIP if is_strip else (116.3, 116.323))), 7), round(self.dice.uniform(40.0304, 40.0342), 7))
            fields = [("plate", f"zz{self.sent}"), ("fill", 0.9), ("confidence", 0.9)] if door.startswith("camera") else ()
            batches[door].append((is_strip, wire.event(f"b-{self.sent}", kind, at=at, fields=fields)))
        for door, events in batches.items():
            self.seqs[door] += 1
            results = self.doors[door].batch(1, self.seqs[door], [event for _, event in events])[1]
            for (is_strip, _), result in zip(events, results):
                check(result[0] in ("OPENED", "MERGED", "DEDUPED", "NO_RULE"), f"{door}: {result}")
                self.in_strip |= {result[1]} if is_strip and result[0] == "OPENED" else set()

    def work(self, turns):
        for _ in range(turns):
            self.crew.turn()

    def activate(self):
        self.keep()
        reload(self.engine)
        time.sleep(0.15)

    def edit(self, name, change):
        path = os.path.join(self.engine.city, name)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        check(change(text) != text, f"{name} is as it was")
        with open(path, "w", encoding="utf-8") as file:
            file.write(change(text))

    def leave(self, count):
        """People with something to do who are on no roster leave the city."""
        with open(os.path.join(self.engine.city, "registries", "enterprise.csv"), encoding="utf-8-sig") as file:
            registry = file.read()
        busy = sorted((worker for worker in self.crew.workers if worker["id"] not in registry), key=lambda worker: -len(worker["todo"]))[:count]
        names = [worker["id"] for worker in busy]
        for worker in busy:
            self.crew.workers.remove(worker)
            worker["client"].close()
        self.edit("workers.csv", lambda text: "".join(line for line in text.splitlines(True) if line.split(",")[0] not in names))
        return names

    def closed(self):
        return [no for no, row in sorted(self.engine.cases().items()) if row["state"] == "CLOSED"]

    def reopen(self, most):
        closed = self.closed()[:most]
        for no in closed:
            self.chief.ask(5, [(4, no), (5, wire.ACTION["REOPEN"]), (6, wire.REASON["CAME_BACK"]), (11, os.urandom(8).hex())])
        return len(closed)



def live(engine):
    """The entries, and the city of each activation."""
    with open(os.path.join(engine.city, "rules", "zz.yaml"), "w", encoding="utf-8") as file:
        file.write(RULES.replace("SEARCH", "grid, district"))
    town = Town(engine)
    town.work(1)
    town.report(70)
    town.work(8)
    for _ in range(40):  # until one is closed that lies elsewhere soon
        if town.in_strip & set(town.closed()):
            break
        town.work(1)
    move(engine, 0)
    town.activate()
    reopened = town.reopen(10)
    town.report(30)
    town.work(3)
    move(engine, 1)
    for name in ("cells.geojson", "workers.csv"):
        town.edit(name, lambda text: text.replace(OLD_CELL, NEW_CELL))
    town.edit("calendars.yaml", lambda text: text.replace("08:00-12:00,14:00-18:00", "08:00-12:00,13:00-18:00"))
    left = town.leave(3)
    town.activate()
    town.report(20)
    town.work(2)
    town.edit("rules/zz.yaml", lambda text: text.replace("grid, district", "2000, city"))
    town.activate()
    town.report(20)
    town.work(2)
    town.edit("rules/zz.yaml", lambda text: re.sub(r"- \{id: zz\.garbage(.|\n)*", "", text))
    town.activate()
    town.report(20)
    town.work(3)
    town.close()
    engine.stop()
    lines = engine.gridloop("log", "dump", "--effects", "--data", engine.data).splitlines()
    print(f"# seed {SEED}; {reopened} cases opened again; {', '.join(left)} left")
    return [json.loads(line) for line in lines], [(City(city), Rules(os.path.join(city, "rules"))) for city in town.copies]


def judge(entries, pairs):
    city, rules = pairs[0]
    return audit.run(city, rules, entries, pairs[1:])


# ---- each must be found ----

def slices(entries):
    return [entry for entry in entries if entry["kind"] == "REHOME" and entry["cases"]]


def tells(entry, case):
    return [effect for effect in entry["effects"] if effect.get("case") == case and effect.get("action") == "REHOME"]


def leave_one(entries):
    """One case is left where it was."""
    entry = slices(entries)[0]
    row = next(row for row in entry["cases"] if len([effect for effect in entry["effects"] if effect.get("case") == row["case"]]) == 1)
    entry["cases"].remove(row)
    entry["effects"].remove(tells(entry, row["case"])[0])
    return row["case"]


def take_elsewhere(entries):
    """One case is taken to a cell in which it does not lie."""
    entry = slices(entries)[0]
    row = next(row for row in entry["cases"] if len([effect for effect in entry["effects"] if effect.get("case") == row["case"]]) == 1)
    other = dict(row["cell"], code="110108004001")
    row["cell"] = tells(entry, row["case"])[0]["cell"] = other
    return row["case"]


def tell_nothing(entries):
    """A case is taken to its cell, and its story does not say so."""
    entry = slices(entries)[0]
    row = entry["cases"][0]
    entry["effects"].remove(tells(entry, row["case"])[0])
    return row["case"]


def tell_other_cell(entries):
    """It says that the case comes from another cell than it does."""
    entry = slices(entries)[0]
    told = tells(entry, entry["cases"][0]["case"])[0]
    told["text"] = "110108001003x"
    return told["case"]


def look_at_none(entries):
    """Nothing is located at all."""
    for entry in entries:
        if entry["kind"] == "REHOME":
            entry.update(kind="TICK", effects=[])
    return "all"


def keep_offer(entries):
    """An offer by the rings of the old cell stays."""
    for entry in slices(entries):
        for at, effect in enumerate(entry["effects"]):
            if effect.get("action") == "RECALL":
                del entry["effects"][at - 1:at + 1]
                return effect["case"]
    return None


def main():
    with Engine(clock="scaled:60@2026-03-03T08:20+08:00") as engine:
        sound, pairs = live(engine)
    result = judge(sound, pairs)
    told = result.stories.actions
    summary = ", ".join(f"{told.get(word, 0)} {word}" for word in ("REHOME", "RECALL", "REOPEN", "LOST", "STUCK", "RECALENDAR"))
    is_ok = runs.ok(not result.differences, f"{result.checked['choices']} choices, {result.checked['located']} cases located again; {summary}: "
                                            f"{len(result.differences)} differences")
    if result.differences:
        audit.print_report(result, sys.stdout, 20)
    if os.environ.get("KEEP"):
        with open(os.environ["KEEP"], "w", encoding="utf-8") as file:
            file.writelines(json.dumps(entry) + "\n" for entry in sound)
    is_ok = runs.ok(all(told.get(word) for word in ("REHOME", "RECALL", "REOPEN", "LOST", "STUCK", "RECALENDAR")), "each kind happened") and is_ok
    moves = [at for at, entry in enumerate(sound) if entry["kind"] == "ACTIVATE"]
    first = sound[:moves[2]]  # the first move of a border and what follows
    for spoil in (leave_one, take_elsewhere, tell_nothing, tell_other_cell, look_at_none, keep_offer):
        entries = copy.deepcopy(first)
        what = spoil(entries)
        found = judge(entries, pairs).differences if what else []
        is_ok = runs.ok(bool(found), f"{spoil.__name__} ({what}): " + (f"{found[0][1]}: {found[0][2]}" if found else "NOT FOUND")) and is_ok
    print(f"1..{runs.number}")
    return 0 if is_ok else 1


if __name__ == "__main__":
    sys.exit(main())
