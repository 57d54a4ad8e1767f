#!/usr/bin/env python3
"""test_activate.py: rules are changed while the engine runs.

Some thousand events a second come from the client library while other rules are activated five times: every event is answered
once, nothing is taken twice, what was remembered of repeats stays remembered. Then who may not, what differs and what is wrong
is refused with a code at both ends, and the old rules stay.
"""
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire
from engine import GRIDLOOP, Engine, check

EVENTS = 96000
DEVICES = 20
CLOCK = "scaled:2@2026-03-03T08:20+08:00"
AFTER_GAS_KEY = ", window: 1m}\n  merge: {key: [class], radius_m: 150"


# Four rules that remember, each of plates of its own.
REMEMBERING = """ruleset: 1
rules:
- {id: zz.count, title: 次, owner: dept.traffic, priority: 999, event: camera.vehicle_stationary, where: plate == "zz-count", by: [plate],
   window: {within: 10m, at_least: 3}, open: {class: "E.04.01", severity: 4, title: t}, assign: {role: traffic_officer}}
- {id: zz.steps, title: 序, owner: dept.traffic, priority: 998, by: [plate], within: 10m,
   sequence: [{event: camera.vehicle_stationary, where: plate == "zz-steps" and confidence < 0.5, as: first},
              {event: camera.vehicle_stationary, where: plate == "zz-steps" and confidence == first.confidence + 0.5}],
   open: {class: "E.04.01", severity: 4, title: "{first.confidence} {confidence}"}, assign: {role: traffic_officer}}
- {id: zz.levels, title: 级, owner: dept.traffic, priority: 997, event: camera.vehicle_stationary, where: plate == "zz-levels", by: [plate],
   window: {within: 2m, min_samples: 2, agg: {d: max(confidence)}}, levels: [{severity: 2, when: d >= 0.8}, {severity: 3, when: d >= 0.3}], hold: {down: 6m},
   merge: {key: [plate], while: open}, open: {class: "E.04.01", title: "{plate}"}, assign: {role: traffic_officer}}
- {id: zz.for, title: 久, owner: dept.traffic, priority: 996, event: camera.vehicle_stationary, where: plate == "zz-for", by: [plate], for: 4m, gap: 2m,
   open: {class: "E.04.01", severity: 4, title: t}, assign: {role: traffic_officer}}
"""
# Sorts first, so that every row of the others moves; has state of its own.
BEFORE_ALL = """ruleset: 1
rules:
- {id: aa.count, title: 先, owner: dept.traffic, priority: 1, event: camera.vehicle_stationary, where: plate == "aa", by: [plate],
   window: {within: 10m, at_least: 3}, open: {class: "E.04.01", severity: 4, title: t}, assign: {role: traffic_officer}}
"""
SECOND_HALF = (("zz-count", "08:12:00", 0.9, "OPENED"), ("zz-steps", "08:12:00", 0.7, "OPENED"),
               # 0.9 has left its window: the level is held until 6 minutes after, then it falls and the case is told.
               ("zz-levels", "08:14:00", 0.4, "DEDUPED"), ("zz-levels", "08:15:00", 0.4, "DEDUPED"), ("zz-levels", "08:19:00", 0.4, "DEDUPED"),
               ("zz-levels", "08:19:50", 0.4, "DEDUPED"), ("zz-levels", "08:20:01", 0.4, "MERGED"),
               ("zz-for", "08:13:00", 0.9, "WAITING"), ("zz-for", "08:14:00", 0.9, "OPENED"))


def sample(engine, number, plate, at, confidence):
    path = os.path.join(engine.dir, "sample")
    device = next(row["id"] for row in engine.table("devices.csv") if row["id"].startswith("C-"))
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps({"id": f"{plate}-{number}", "source": "camera-gateway-1", "type": "camera.vehicle_stationary", "device": device,
                               "at": f"2026-03-03T{at}+08:00", "fields": {"confidence": confidence, "plate": plate}}) + "\n")
    return json.loads(engine.gridloop("send", path, "--json", "--url", engine.url))


def first_half(engine):
    codes = [sample(engine, number, *row[:3])["code"] for number, row in enumerate(
        (("zz-count", "08:10:00", 0.9), ("zz-count", "08:10:30", 0.9), ("zz-steps", "08:10:00", 0.2), ("zz-for", "08:10:00", 0.9),
         ("zz-for", "08:11:30", 0.9), ("zz-levels", "08:10:00", 0.9), ("zz-levels", "08:10:10", 0.9)))]
    check(codes == ["WAITING"] * 6 + ["OPENED"], f"the first halves: {codes}")


def second_half(engine, who):
    """Each firing needs samples from before six activations, the last of which moves every row."""
    with open(os.path.join(engine.city, "rules", "aa.yaml"), "w", encoding="utf-8") as file:
        file.write(BEFORE_ALL)
    got = activate(engine, "one before all", who)
    check((got["new"], got["reset"]) == (1, 0), f"a new rule resets none: {got}")
    for number, (plate, at, confidence, wanted) in enumerate(SECOND_HALF):
        got = sample(engine, 100 + number, plate, at, confidence)
        check(got["code"] == wanted, f"{plate} at {at}: {got}, {wanted} expected")
    print(f"ok 2 - count, sequence with what it carries, levels with hold and for: {len(SECOND_HALF)} answers that need samples of before the activations")


def edit(path, old, new):
    text = open(path, encoding="utf-8").read()
    check(text.count(old) == 1, f"{path}: {text.count(old)} times {old}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))


def write_trace(engine, path):
    bins = [row["id"] for row in engine.table("devices.csv") if row["id"].startswith("C-") and row["asset"].startswith("LB")][:DEVICES]
    check(len(bins) == DEVICES, f"only {len(bins)} cameras watch a bin")
    with open(path, "w", encoding="utf-8") as file:
        for i in range(EVENTS):
            file.write(json.dumps({"id": str(i), "source": "camera-gateway-1", "type": "camera.garbage_overflow",
                                   "at": "2026-03-03T08:30:00+08:00", "device": bins[i % DEVICES],
                                   "fields": {"confidence": 0.94, "fill": 0.93}}) + "\n")
    return bins


def activate(engine, reason, who, expect=0):
    done = subprocess.run([GRIDLOOP, "rules", "activate", engine.city, "--as", who, "--reason", reason, "--json"],
                          capture_output=True, text=True, timeout=60, env={**os.environ, **engine.env}, check=False)
    check(done.returncode == expect, f"activate: exit {done.returncode}, expected {expect}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)["activated"] if expect == 0 else done.stdout + done.stderr


def size_of(path):
    return os.path.getsize(path) if os.path.exists(path) else 0


def plan(engine, *words):
    return json.loads(engine.gridloop("rules", "plan", engine.city, "--json", *words))


def under_load(engine, who):
    trace, acks = os.path.join(engine.dir, "trace.ndjson"), os.path.join(engine.dir, "acks")
    write_trace(engine, trace)
    rules = os.path.join(engine.city, "rules")
    garbage, gas = os.path.join(rules, "waste.yaml"), os.path.join(rules, "safety.yaml")
    sender = subprocess.Popen([GRIDLOOP, "replay", "--trace", trace, "--speed", "max", "--url", engine.url, "--acks", acks, "--json"],
                              stdout=subprocess.PIPE, text=True, env={**os.environ, **engine.env})
    begin = time.monotonic()
    seen = []
    for turn in range(5):
        if turn % 2 == 0:
            edit(garbage, f"fill: 0.9{turn // 2}", f"fill: 0.9{turn // 2 + 1}")
        else:
            was, now = ("[device]", "[device, zone]") if turn == 1 else ("[device, zone]", "[device]")
            edit(gas, f"key: {was}{AFTER_GAS_KEY}", f"key: {now}{AFTER_GAS_KEY}")
        wanted = plan(engine)
        check([row["rule"] for row in wanted["reset"]] == (["safety.gas_leak"] if turn % 2 else []), f"plan {turn}: {wanted['reset']}")
        got = activate(engine, f"turn {turn}", who)
        check((got["reset"], got["new"], got["removed"], got["kept"]) == (turn % 2, 0, 0, len(wanted["kept"])), f"turn {turn}: {got}")
        check(got["rules"] == wanted["rules"], f"turn {turn}: another digest")
        until = time.monotonic() + 5
        while size_of(acks) == (seen[-1] if seen else 0) and sender.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        seen.append(size_of(acks))
    out, _ = sender.communicate(timeout=120)
    took_s = time.monotonic() - begin
    check(sender.returncode == 0, f"replay ended with {sender.returncode}: {out}")
    with open(acks, encoding="utf-8") as file:
        lines = [line.split() for line in file]
    check(len(lines) == EVENTS and len({line[1] for line in lines}) == EVENTS, f"{len(lines)} answers to {EVENTS} events")
    codes = {}
    for line in lines:
        name = wire.CODE_NAME[int(line[2])]
        codes[name] = codes.get(name, 0) + 1
    filed = codes.get("OPENED", 0) + codes.get("MERGED", 0)
    check(filed == DEVICES and codes.get("DEDUPED", 0) == EVENTS - DEVICES,
          f"each of {DEVICES} cameras is filed once and then a repeat, whatever rules come: {codes}")
    check(len(set(seen)) >= 3, f"events did not flow between the activations: {seen}")
    print(f"ok 1 - {EVENTS} events in {took_s:.1f} s, five activations: {codes}")


def what_is_reset(engine, who):
    garbage = os.path.join(engine.city, "rules", "waste.yaml")
    text = open(garbage, encoding="utf-8").read()
    at = text.index("dedupe: {key: [device]")
    with open(garbage, "w", encoding="utf-8") as file:
        file.write(text[:at] + text[at:].replace("key: [device]", "key: [device, cell]", 1))
    reset = plan(engine)["reset"]
    check(len(reset) == 1 and reset[0]["because"] == ["dedupe"], f"plan: {reset}")
    check(activate(engine, "repeats by cell", who)["reset"] == 1, "the rule starts anew")
    event = {"id": "again", "source": "camera-gateway-1", "type": "camera.garbage_overflow", "fields": {"confidence": 0.94, "fill": 0.95}}
    devices = [row["id"] for row in engine.table("devices.csv") if row["id"].startswith("C-") and row["asset"].startswith("LB")]
    path = os.path.join(engine.dir, "one")
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps({**event, "device": devices[0]}) + "\n")
    got = json.loads(engine.gridloop("send", path, "--now", "--json", "--url", engine.url))
    check(got["code"] == "MERGED", f"no repeat any more, and the open case goes on: {got}")
    print("ok 3 - a rule of another shape forgets its repeats; its open case goes on")


def refusals(engine, who):
    gas = os.path.join(engine.city, "rules", "safety.yaml")
    before = plan(engine)["rules"]
    check("NO_RIGHT" in activate(engine, "no", "li.qiang", expect=77), "a worker may not")
    edit(gas, "lel_pct >= 10 ", "lel_pct >= ten ")
    check("L009" in activate(engine, "typo", who, expect=65), "a typo is told before the engine is asked")
    good = os.path.join(engine.dir, "good")
    subprocess.run(["cp", "-r", os.path.join(engine.city, "rules"), good], check=True)
    edit(os.path.join(good, "safety.yaml"), "lel_pct >= ten ", "lel_pct >= 12 ")
    words = ["rules", "activate", engine.city, "--rules", good, "--as", who, "--reason", "checked elsewhere"]
    done = subprocess.run([GRIDLOOP, *words], capture_output=True, text=True, timeout=60, env={**os.environ, **engine.env}, check=False)
    check(done.returncode == 65 and "refused RULES_REFUSED" in done.stderr and "L009" in done.stderr,
          f"the engine's own files are wrong: {done.returncode} {done.stderr}")
    edit(gas, "lel_pct >= ten ", "lel_pct >= 11 ")
    done = subprocess.run([GRIDLOOP, *words], capture_output=True, text=True, timeout=60, env={**os.environ, **engine.env}, check=False)
    check(done.returncode == 65 and "refused RULES_DIFFER" in done.stderr, f"other files: {done.returncode} {done.stderr}")
    done = subprocess.run([GRIDLOOP, "rules", "activate", engine.city, "--as", who, "--reason", ""], capture_output=True, text=True,
                          timeout=60, env={**os.environ, **engine.env}, check=False)
    check(done.returncode == 64 and "REASON_NEEDED" in done.stderr, f"no reason: {done.returncode} {done.stderr}")
    check(plan(engine)["against"] == before, "the old rules stay after every refusal")
    engine.log.flush()
    said = open(engine.log.name, encoding="utf-8").read()
    for code in ("RULES_REFUSED", "RULES_DIFFER"):
        check(f"event=reload_refused code={code}" in said, f"the engine does not say {code}")
    print("ok 4 - no right, a typo, other files, no reason: refused with a code at both ends, the old rules stay")


def by_signal(engine):
    """SIGHUP reads the files as they stand: a bad one keeps the old rules and is told, a good one is in use."""
    before = plan(engine)["against"]
    spoilt = os.path.join(engine.city, "rules", "zy.yaml")
    for spoil, word in ((True, "event=reload_refused code=RULES_REFUSED"), (False, "by=signal")):
        engine.log.flush()
        begin = os.path.getsize(engine.log.name)
        if spoil:
            with open(spoilt, "w", encoding="utf-8") as file:
                file.write("rules: [\n")
        else:
            os.remove(spoilt)
        engine.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + 20
        said = ""
        while word not in said and time.monotonic() < until:
            time.sleep(0.05)
            with open(engine.log.name, encoding="utf-8") as file:
                file.seek(begin)
                said = file.read()
        check(word in said, f"SIGHUP: the engine does not say {word}: {said}")
        check(spoil or "reload_refused" not in said, f"good files were refused: {said}")
        if spoil:
            check("zy.yaml:2:1" in said, f"the place of the error: {said}")
            check(plan(engine, "--rules", os.path.join(engine.dir, "good"))["against"] == before, "the old rules stay")
    check(plan(engine)["against"] != before, "the edited files are in use")
    print("ok 5 - SIGHUP: a bad file keeps the old rules and is told with its place, good ones are in use")


def from_afar(engine, who):
    """By the engine's address alone: no note of a last engine, no data directory. The same rules again: nothing goes into the log."""
    env = {**os.environ, **engine.env, "XDG_RUNTIME_DIR": os.path.join(engine.dir, "elsewhere")}
    words = [GRIDLOOP, "rules", "activate", engine.city, "--as", who, "--reason", "from afar", "--url", engine.url, "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=env, check=False)
    check(done.returncode == 0 and "not compared" in done.stderr, f"from afar: {done.returncode} {done.stderr}")
    check(json.loads(done.stdout)["activated"]["code"] == "DONE", f"from afar: {done.stdout}")


def on_record(engine):
    rows = [json.loads(line) for line in engine.gridloop("log", "dump", "--data", engine.data).splitlines()]
    made = [(row["principal"]["person"]["id"], row["reason"]) for row in rows if row["kind"] == "ACTIVATE" and "principal" in row]
    check([reason for _, reason in made] == [f"turn {turn}" for turn in range(5)] + ["one before all", "repeats by cell"], f"the log says {made}")
    engine.gridloop("log", "verify", "--data", engine.data, "--replay")
    print(f"ok 6 - {len(made)} activations in the log with who and why; a replay agrees")


def main():
    with Engine(clock=CLOCK) as engine:
        with open(os.path.join(engine.city, "rules", "zz.yaml"), "w", encoding="utf-8") as file:
            file.write(REMEMBERING)
        engine.start()
        who = next(row["id"] for row in engine.table("workers.csv") if row["rights"] == "administrator")
        first_half(engine)
        under_load(engine, who)
        second_half(engine, who)
        what_is_reset(engine, who)
        from_afar(engine, who)
        refusals(engine, who)
        by_signal(engine)
        engine.stop()
        on_record(engine)
    print("1..6")


main()
