#!/usr/bin/env python3
"""test_audit.py: the outside view over logs of simulated days in synthetic cities, and of the real records where they are.

AUDIT_SEEDS=n sets how many days are invented (default 4, in .ci/run 20); AUDIT_REAL=all takes all real records instead of the
first hours.
"""
import json
import os
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import audit
import runs
import sixrules
from cityread import City
from ruleread import Rules

# Day, evening into night, a holiday that is worked: when the shifts, calendars and clocks differ.
BEGINS = ["2026-03-03T06:00:00+08:00", "2026-03-06T17:00:00+08:00", "2026-05-08T12:00:00+08:00",
          "2026-10-02T22:00:00+08:00"]

QUARRELS = ["exception: 0.15", "desk_return: 0.6", "return: 0.4", "decline: 0.2"]


def judge(city_directory, path, what):
    """Audits one dump; the report is shown when there is a difference."""
    with open(path, encoding="utf-8") as file:
        result = audit.run(City(city_directory), Rules(os.path.join(city_directory, "rules")), audit.read_dump(file))
    is_ok = not result.differences and result.checked["choices"] > 0
    summary = f"{result.checked['choices']} choices, {result.stories.closed_cases} cases, {result.checked['clocks']} clocks"
    runs.ok(is_ok, f"{what}: {summary}, {len(result.differences)} differences")
    if not is_ok:
        audit.print_report(result, sys.stdout, 20)
    return is_ok


def audit_invented(work, seed):
    directory = os.path.join(work, f"day{seed}")
    os.mkdir(directory)
    city = runs.make_city(directory, seed)
    trace = runs.invent(directory, city, seed, 6, 20 + 5 * (seed % 5), BEGINS[seed % len(BEGINS)])
    is_ok = judge(city, runs.simulate(directory, city, trace, seed), f"invented day {seed}")
    shutil.rmtree(directory)
    return is_ok


def audit_quarrels(work):
    """Two days in which desks and workers give most things back, so that offices pass cases round and are ruled on."""
    city = runs.make_city(work, 8)
    trace = runs.invent(work, city, 8, 48, 12)
    path = runs.simulate(work, city, trace, 8, QUARRELS)
    is_ok = judge(city, path, "days of quarrels")
    with open(path, encoding="utf-8") as file:
        lines = file.readlines()
    ruled = sum('"RULE"' in line for line in lines)
    by_road = sum(line.count('"travel":"ROAD"') + line.count('"travel": "ROAD"') for line in lines)
    return runs.ok(ruled > 0 and by_road > 0, f"{ruled} rulings, {by_road} ways by road") and is_ok


def audit_clauses(work, seed):
    """A day of the city whose rules use every clause of the language."""
    directory = os.path.join(work, f"clauses{seed}")
    os.mkdir(directory)
    trace = os.path.join(directory, "trace.ndjson")
    sixrules.write_day(trace, seed, 12, 60)
    return judge(sixrules.CITY, runs.simulate(directory, sixrules.CITY, trace, seed), f"day {seed} of the six rules")


LANES = """ruleset: 1
lanes: {dispatch: {hit: priority}, escalate: {hit: priority}, notify: {hit: all}}
rules:
- {id: zz.shadow_high, title: x, owner: dept.ecology, status: shadow, priority: 990, event: [sensor.noise, hotline.noise, sensor.dust],
   dedupe: {key: [device], window: 20m}, merge: {key: [class], radius_m: 150}, open: {class: "E.03.01", severity: 2, title: x},
   assign: {role: grid_worker}}
- {id: zz.shadow_low, title: x, tags: [small], owner: dept.ecology, status: shadow, priority: 1, event: [sensor.noise, hotline.noise],
   open: {class: "E.03.01", severity: 2, title: x}, assign: {role: grid_worker}}
- {id: zz.low, title: x, owner: dept.ecology, priority: 2, event: [hotline.noise, sensor.dust, camera.vehicle_stationary],
   dedupe: {key: [class, source], window: 5m}, merge: {key: [source]}, inhibits: {tags: [small], rules: [sanitation.garbage_overflow], radius_m: 3000}, open: {class: "E.03.01", severity: 3, title: x},
   assign: {role: grid_worker}}
- {id: zz.raise, title: x, owner: dept.ecology, lane: escalate, priority: 5, event: [hotline.noise, camera.garbage_overflow, sensor.dust],
   escalate: [{when: severity >= 3, now: true, to: city.command, severity: 2},
              {when: opened, now: true, to: dept.ecology.lead, do: reassign}]}
- {id: zz.raise_less, title: x, owner: dept.ecology, lane: escalate, priority: 4, event: [hotline.noise, hotline.tree],
   escalate: [{when: opened, now: true, to: dept.ecology.lead}]}
- {id: zz.tell_cameras, title: x, owner: dept.ecology, lane: notify, event: "camera.*",
   dedupe: {key: [device], window: 1h}, escalate: [{when: opened, now: true, to: [city.command, dept.ecology.lead]}]}
- {id: zz.tell, title: x, owner: dept.ecology, lane: notify, event: [hotline.noise, sensor.dust],
   escalate: [{when: severity <= 2, now: true, to: city.command}]}
- {id: zz.tell_together, title: x, owner: dept.ecology, lane: notify, event: [hotline.noise, hotline.tree, sensor.dust, camera.garbage_overflow],
   group: {by: [source], wait: 2m, interval: 4m, repeat: 10m},
   escalate: [{when: opened, now: true, to: dept.ecology.lead}, {when: severity <= 3, now: true, to: city.command}]}
"""


def grouped(path):
    """Notices in a dump that stand for more than one firing, and those that were told again."""
    together = again = 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            for effect in json.loads(line).get("effects", []) if '"NOTICE"' in line else []:
                if effect["effect"] == "NOTICE":
                    again += effect["is_again"]
                    together += effect["count"] > 1 and not effect["is_again"]
    return together, again


def audit_lanes(work):
    """A day on which rules stand beside each other: in shadow, in other lanes, below one that wins."""
    directory = os.path.join(work, "lanes")
    os.mkdir(directory)
    city = runs.make_city(directory, 9)
    with open(os.path.join(city, "rules", "zz.yaml"), "w", encoding="utf-8") as out:
        out.write(LANES)
    trace = runs.invent(directory, city, 9, 8, 40)
    path = runs.simulate(directory, city, trace, 9)
    is_ok = judge(city, path, "a day of many lanes")
    with open(path, encoding="utf-8") as file:
        lines = [line for line in file if '"FIRING"' in line]
    for code in ("SHADOW", "LOST_LANE", "TOLD", "CASELESS", "SUPPRESSED"):
        count = sum(line.count(f'"code":"{code}"') for line in lines)
        is_ok = runs.ok(count > 0, f"{count} x {code}") and is_ok
    together, again = grouped(path)
    is_ok = runs.ok(together > 0 and again > 0, f"{together} notices of several firings, {again} told again") and is_ok
    shutil.rmtree(directory)
    return is_ok


def let_move(city):
    """All its rules move orders, take workers from lesser cases and ask several; more of its cases are of severity 1."""
    for name in os.listdir(os.path.join(city, "rules")):
        path = os.path.join(city, "rules", name)
        if not name.endswith(".yaml") or name.endswith(".test.yaml") or os.path.isdir(path):
            continue
        with open(path, encoding="utf-8") as file:
            lines = file.readlines()
        with open(path, "w", encoding="utf-8") as out:
            for line in lines:
                if not re.search(r"check:|verify:|else:", line):
                    keys = ["reroute: true", "preempt: true", "offer: parallel 2", "area_guard: 110"]
                    block = re.match(r"( *)pick: (nearest|eta)$", line)
                    line = line.replace("pick: nearest", "pick: eta")  # by road: who is on his way has promised a time
                    line = line + "".join(f"{block[1]}{key}\n" for key in keys) if block else \
                        line.replace("pick: eta", "pick: eta, " + ", ".join(keys))
                out.write(line.replace("severity: 2", "severity: 1"))


def audit_moves(work):
    """A busy day on which orders are matched anew; each kind of move must come."""
    directory = os.path.join(work, "moves")
    os.mkdir(directory)
    city = runs.make_city(directory, 11)
    let_move(city)
    trace = runs.invent(directory, city, 11, 6, 60)
    path = runs.simulate(directory, city, trace, 11)
    is_ok = judge(city, path, "a day of moves")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for word in ('"why":"MOVED"', '"why":"WAITED"', '"why":"PREEMPTS"', '"code":"TAKEN"'):
        count = text.count(word) + text.count(word.replace(":", ": "))
        is_ok = runs.ok(count > 0, f"{count} x {word}") and is_ok
    shutil.rmtree(directory)
    return is_ok


def audit_alert(work):
    """A day with a drill, an orange alert over 1,200 enterprises and 80 sites, and accidents that are reported or are not."""
    os.mkdir(work)
    city = runs.make_city(work, 5)
    trace = runs.with_alerts(runs.invent(work, city, 5, 9, 10, "2026-03-03T08:00:00+08:00"), 6)
    path = runs.simulate(work, city, trace, 5)
    is_ok = judge(city, path, "a day of an alert")
    told, tasks, plan = {}, set(), {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            for effect in row.get("effects", [row]):
                if effect.get("effect") == "TIMELINE":
                    told[effect["action"]] = told.get(effect["action"], 0) + 1
                if effect.get("effect") == "PLAN" and not effect["is_drill"]:
                    plan = effect
    for action in ("PLAN_ASK", "PLAN_CONFIRM", "PLAN_BEGIN", "PLAN_TASK_LATE", "PLAN_ACK", "PLAN_ANSWER", "LATE_REPORT",
                   "PLAN_STAND_DOWN", "PLAN_CANCEL"):
        is_ok = runs.ok(told.get(action, 0) > 0, f"{told.get(action, 0)} x {action}") and is_ok
    done, total, state = (plan.get(key) for key in ("done", "total", "state"))
    return runs.ok(state in ("STANDING_DOWN", "ENDED") and done > 1000, f"the alert's plan is {state}, {done} of {total} done") and is_ok


def audit_real(work, name):
    directory = os.path.join(work, name)
    os.mkdir(directory)
    city = os.path.join(directory, "city")
    runs.gridloop("city", "import", name, "--data", runs.DATA, "--out", city)
    trace = os.path.join(city, "trace.ndjson")
    if os.environ.get("AUDIT_REAL") != "all":
        short = os.path.join(directory, "short.ndjson")
        with open(trace, encoding="utf-8") as whole, open(short, "w", encoding="utf-8") as out:
            out.writelines(line for line, _ in zip(whole, range(600)))
        trace = short
    is_ok = judge(city, runs.simulate(directory, city, trace, 1), f"real records {name}")
    shutil.rmtree(directory)
    return is_ok


def main():
    work = tempfile.mkdtemp(prefix="gridloop-audit-")
    try:
        results = [audit_invented(work, seed) for seed in range(1, int(os.environ.get("AUDIT_SEEDS", "4")) + 1)]
        results += [audit_clauses(work, seed) for seed in (1, 2)]
        results.append(audit_quarrels(work))
        results.append(audit_lanes(work))
        results.append(audit_moves(work))
        results.append(audit_alert(os.path.join(work, "alert")))
        if os.path.isdir(runs.DATA):
            results += [audit_real(work, name) for name in ("sf", "ny")]
        else:
            print("# ../shared/data is not there: real records are not audited")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"1..{runs.number}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
