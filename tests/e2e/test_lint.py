#!/usr/bin/env python3
"""test_lint.py: faults of every kind are put into a clean city, one at a time: each is found, and no error is said of anything else.

Prints for each code how many were put in and found. Then the formats (SARIF is held against the parts of its schema that readers rely on),
the level from which the exit code speaks, and files that are wrong in ways a hand or a program makes them.
"""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

GRIDLOOP = os.path.abspath(os.path.join(os.environ.get("BUILD", "build"), "gridloop"))
EVENTS = ("ruleset: 1\nevents:\n"
          "  camera.zz: {title: t, lane: report, fields: {depth: number, what: string, wet: bool}}\n"
          "  camera.zy: {title: t, lane: report, fields: {depth: number}}\n"
          "  drone.zz: {title: t, lane: report, fields: {depth: number, what: string}}\n")


def check(fact, text):
    if not fact:
        raise SystemExit("not ok " + text)


def run(*words, expected=0):
    done = subprocess.run([GRIDLOOP, *words], capture_output=True, text=True, timeout=60, check=False)
    check(done.returncode == expected, f"gridloop {' '.join(words)}: exit {done.returncode}, expected {expected}\n{done.stdout[-3000:]}{done.stderr[-1500:]}")
    return done.stdout


def rule(name, **changed):
    keys = {"title": "t", "owner": "dept.sanitation", "priority": "500", "event": "camera.zz", "where": "'depth >= 5'",
            "open": '{class: "E.01.02", severity: 4, title: t}', "assign": "{role: [grid_worker, env_inspector], on_shift: any}"}
    keys.update(changed)
    return f"- {{id: {name}, " + ", ".join(f"{key}: {value}" for key, value in keys.items() if value) + "}\n"


OTHER_ACTION = '{class: "E.05.01", severity: 2, title: t}'


def faults(rng):
    """[(code, rule that must be named, text of the rules, head)] with numbers of their own each time."""
    low = rng.randint(2, 40)
    where = f"'depth >= {low} and depth < {low + 20}'"
    inner = f"'depth >= {low + 3} and depth < {low + 9}'"
    over = f"'depth >= {low + 10} and depth < {low + 40}'"
    step = "[{when: unaccepted, after: %dm, do: reassign}]"
    return [
        ("L101", "zz.a", rule("zz.a", where=f"'depth > {low + 1} and depth < {low}'")),
        ("L101", "zz.a", rule("zz.a", where=f"'what == \"x{low}\" and what == \"y\"'")),
        ("L101", "zz.a", rule("zz.a", time="{in: cal.urban_daytime, not_in: cal.urban_daytime}")),
        ("L102", "zz.a", rule("zz.a", where=f"'depth >= {low} or not (depth >= {low})'")),
        ("L103", "zz.a", rule("zz.a", event="drone.zz", where=where)),
        ("L103", "zz.a", rule("zz.a", event="[camera.zz, camera.zy]", where=f"'what == \"x{low}\" and depth > 1'")),
        ("L103", "zz.a", rule("zz.a", event="[camera.zz, camera.zy]", where=f"'type == \"camera.zz\" and depth > {low}'")),
        ("L201", "zz.b", rule("zz.a", where=where) + rule("zz.b", where=over, open=OTHER_ACTION)),
        ("L202", "zz.a", rule("zz.a", where=inner, priority=str(low)) + rule("zz.b", where=where, open=OTHER_ACTION)),
        ("L203", "zz.b", rule("zz.a", where=where) + rule("zz.b", where=where)),
        ("L204", "zz.b", rule("zz.a", where=where) + rule("zz.b", where=over, priority=str(low), owner="dept.gas")),
        ("L206", "zz.a", rule("zz.a", where=where, inhibits="{rules: [zz.b], equal: [zone]}") + rule("zz.b", where=over, priority=str(low), open=OTHER_ACTION)),
        ("L206", "zz.b", rule("zz.a", where=where, inhibits="{rules: [zz.b], equal: [zone]}")
         + rule("zz.b", where=over, priority=str(low), inhibits="{rules: [zz.a], equal: [zone]}")),
        ("L302", "zz.a", rule("zz.a", where=where, by="[depth]", window="{within: 5m, at_least: 3}")),
        ("L302", "zz.a", rule("zz.a", where=where, by="[what]", window="{within: 5m, at_least: 3}")),
        ("L304", "zz.a", rule("zz.a", event="sensor.gas", where=f"'lel_pct > {low + 60}'", priority="1",
                              window="{within: 60s, distinct: device, at_least: 15, of: 16, radius_m: 3, registry: gas_sensor}")),
        ("L207", "zz.a", rule("zz.a", where=where, basis="[law.old]")),
        ("L207", "zz.a", rule("zz.a", where=where, valid="{from: 2031-01-01, until: 2032-01-01}")),
        ("L208", "zz.a", rule("zz.a", where=where) + rule("zz.b", where=over, priority=str(low), supersedes="[zz.a]")),
        ("L209", "zz.a", rule("zz.a", where=where, owner="[dept.sanitation, dept.gas]")),
        ("L301", "zz.r7", "".join(rule(f"zz.r{i}", where=f"'contains(what, \"{i}x{low}\")'", priority=str(i)) for i in range(60))),
        ("L303", "zz.a", rule("zz.a", where=where, dedupe="{key: [device, depth], window: 10m}")),
        ("L308", "zz.a", rule("zz.a", where=where, dedupe=f"{{key: [source, what], window: {low}m}}")),
        ("L305", "zz.a", rule("zz.a", where=where, merge=f"{{key: [class], asset: nearest(litter_bin), radius_m: {1000 + low}}}")),
        ("L306", "zz.a", rule("zz.a", where=where, time="{in: cal.urban_daytime}", dedupe="{key: [device], window: 25h}")),
        ("L306", "zz.a", rule("zz.a", where=where, sla="{accept: 5m, handle: 2h}", dedupe=f"{{key: [device], window: {low + 120}m}}")),
        ("L401", "zz.a", rule("zz.a", where=where, assign="{role: gas_crew, skills: [manhole]}")),
        ("L402", "zz.a", rule("zz.a", where=where, assign="{role: env_inspector}")),
        ("L403", "zz.a", rule("zz.a", where=where, sla=f"{{accept: {low + 30}m, arrive: {low + 10}m}}")),
        ("L405", "zz.a", rule("zz.a", where=where, sla="{accept: 5m, arrive: 30m}", escalate=step % (11 + low))),
    ]


def findings(city, *words, expected=None):
    done = subprocess.run([GRIDLOOP, "rules", "lint", city, "--format", "json", *words], capture_output=True, text=True, timeout=60, check=False)
    check(done.returncode in ((0, 65) if expected is None else (expected,)), f"lint: exit {done.returncode}: {done.stdout[-1500:]}{done.stderr}")
    return json.loads(done.stdout)["findings"]


def said_of(row):
    return (row["code"], row["rule"]["id"] if row.get("rule") else "", row["text"])


def put_in(city):
    clean = {said_of(row) for row in findings(city, expected=0)}
    check(not [row for row in clean if row[0] in ("L101", "L103", "L201", "L207", "L401", "L403")], f"the shipped city has errors: {clean}")
    path = os.path.join(city, "rules", "zz.yaml")
    named = set()  # where clauses are declared, all that are named must be
    for name in os.listdir(os.path.join(city, "rules")):
        if name.endswith(".yaml"):
            for names in re.findall(r"basis: \[([^]]*)\]", open(os.path.join(city, "rules", name), encoding="utf-8").read()):
                named |= {word.strip().strip('"') for word in names.split(",")}
    basis = "basis:\n  law.old: {title: old, from: 2001-01-01, until: 2005-01-01}\n" + "".join(
        f"  \"{name}\": {{title: t, from: 2001-01-01}}\n" for name in sorted(named))
    put, found, beside = {}, {}, {}
    for seed in range(3):
        for code, name, text in faults(random.Random(seed)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(EVENTS + (basis if "law.old" in text else "") + "rules:\n" + text)
            new = [row for row in findings(city) if said_of(row) not in clean]
            put[code] = put.get(code, 0) + 1
            hit = any(row["code"] == code and row.get("rule") and row["rule"]["id"] == name for row in new)
            found[code] = found.get(code, 0) + hit
            for row in new:
                if row["code"] != code and row["level"] == "error":
                    beside[code] = beside.get(code, []) + [said_of(row)]
            if code == "L201":
                check(all(row["witness"] for row in new if row["code"] == code), f"a conflict without its event: {new}")
            if not hit:
                print(f"  missed {code} in {text}  found {[said_of(row) for row in new]}")
    os.remove(path)
    print("  code  put in  found  other errors")
    for code in sorted(put):
        print(f"  {code}  {put[code]:6}  {found[code]:5}  {len(beside.get(code, []))}")
    check(put == found, "a fault was not found")
    check(not beside, f"errors that nobody put in: {beside}")
    print(f"ok 1 - {sum(put.values())} faults of {len(put)} kinds: all found, no other error")


def plans_and_care(city, where):
    plan = os.path.join(city, "rules", "plans", sorted(os.listdir(os.path.join(city, "rules", "plans")))[0])
    text = open(plan, encoding="utf-8").read()
    check("L404" not in {row["code"] for row in findings(city)}, "the shipped plan can be done")
    due = re.search(r"assign: \{[^\n]*\n(?:.*\n)*?\s+due: (\w+)", text).group(1)
    with open(plan, "w", encoding="utf-8") as file:
        file.write(text.replace(f"due: {due}", "due: 31m"))
    rows = [row for row in findings(city) if row["code"] == "L404"]
    check(rows and re.search(r"\d+ inspections of \d+ min for \d+ people are \d+\.\d h of work each, and 0\.5 h", rows[0]["text"]), f"fan-out: {rows}")
    with open(plan, "w", encoding="utf-8") as file:
        file.write(text)
    day = os.path.join(where, "day.ndjson")
    run("trace", "generate", "--city", city, "--output", day)
    rows = [row["text"] for row in findings(city, "--corpus", day, "--silent-days", "1", "--busy-per-day", "50", "--tests",
                                            os.path.abspath("rules/packs/city")) if row["code"] == "L501"]
    for words in ("env.air_orange: no test names it", "env.air_orange: silent in the 1 days", "sanitation.garbage_overflow: takes "):
        check(any(words in text for text in rows), f"no note says \"{words}\": {rows}")
    check(not any("safety.gas_leak: silent" in text for text in rows), "gas was not silent")
    print("ok 2 - more inspections than people, rules without a test, silent and busy ones")


def check_sarif(log, count):
    """The parts of SARIF 2.1.0 that every reader needs; a shape of our own, from the standard's text."""
    check(log["version"] == "2.1.0" and log["$schema"].endswith("sarif-schema-2.1.0.json"), "version")
    check(len(log["runs"]) == 1, "one run")
    driver = log["runs"][0]["tool"]["driver"]
    check(driver["name"] and driver["version"], "the driver has a name and a version")
    ids = [row["id"] for row in driver["rules"]]
    check(len(ids) == len(set(ids)), "descriptors are told once")
    for row in driver["rules"]:
        check(set(row) <= {"id", "shortDescription", "defaultConfiguration", "properties"}, f"keys {row}")
        check(row["shortDescription"]["text"] and row["defaultConfiguration"]["level"] in ("error", "warning", "note"), f"descriptor {row}")
    results = log["runs"][0]["results"]
    check(len(results) == count, f"{len(results)} results, {count} findings")
    for row in results:
        check(set(row) <= {"ruleId", "ruleIndex", "level", "message", "locations", "relatedLocations", "suppressions", "properties"}, f"keys {row}")
        check(ids[row["ruleIndex"]] == row["ruleId"] and row["message"]["text"] and row["level"] in ("error", "warning", "note"), f"result {row}")
        for place in row.get("locations", []) + row.get("relatedLocations", []):
            check(re.fullmatch(r"[A-Za-z0-9._~/%-]+", place["physicalLocation"]["artifactLocation"]["uri"]), f"uri {place}")
            region = place["physicalLocation"].get("region", {"startLine": 1})
            check(region["startLine"] >= 1 and region.get("startColumn", 1) >= 1, f"region {place}")
        for row in row.get("suppressions", []):
            check(row["kind"] == "inSource" and row["justification"], f"suppression {row}")


def formats(city):
    path = os.path.join(city, "rules", "zz 中.yaml")
    ignore = "[{L204: both are called out}]"
    with open(path, "w", encoding="utf-8") as file:
        file.write(EVENTS + "rules:\n" + rule("zz.a") + rule("zz.b", priority="400", owner="dept.gas", where="'depth >= 1'", lint_ignore=ignore))
    log = json.loads(run("rules", "lint", city, "--format", "sarif"))
    check_sarif(log, len(findings(city)))
    waived = [row for row in log["runs"][0]["results"] if "suppressions" in row and "zz" in json.dumps(row)]
    check(len(waived) == 1 and waived[0]["ruleId"] == "L204" and waived[0]["suppressions"][0]["justification"] == "both are called out", f"waived: {waived}")
    check("%E4%B8%AD" in waived[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a name beyond ASCII is escaped")
    with open(path, "a", encoding="utf-8") as file:
        file.write(rule("zz.c", event="camera.zq") + rule("zz.d", where="'deep > 1'"))
    log = json.loads(run("rules", "lint", city, "--format", "sarif", expected=65))
    check_sarif(log, 2)
    check([row["ruleId"] for row in log["runs"][0]["results"]] == ["L010", "L009"], "both errors of a file that cannot be read")
    check([row["code"] for row in findings(city, expected=65)] == ["L010", "L009"], "as JSON too")
    os.remove(path)
    for level, expected in (("error", 0), ("warning", 0), ("note", 65)):
        run("rules", "lint", city, "--fail-level", level, expected=expected)
    with open(path, "w", encoding="utf-8") as file:
        file.write(EVENTS + "rules:\n" + rule("zz.a", where="'depth > 2 and depth < 1'"))
    run("rules", "lint", city, "--fail-level", "error", expected=65)
    os.remove(path)
    print("ok 3 - SARIF of findings, of a waiver and of files that cannot be read; the level of failing")


def bad_files(city):
    path = os.path.join(city, "rules", "zz.yaml")

    def refused(text, *words):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        said = run("rules", "lint", city, expected=65)
        for word in words:
            check(word in said, f"\"{word}\" is not said of {text[:200]}: {said[-1500:]}")
        os.remove(path)

    refused("ruleset: 1\nrules:\n- " + "[" * 500000 + "]" * 500000 + "\n", "zz.yaml:3:", "L018: nested more than 16")
    refused("ruleset: 1\nrules:\n" + "".join(f"{'  ' * i}- a{i}:\n" for i in range(1000)), "zz.yaml:", "L0")
    refused("ruleset: 1\nrules:\n" + "- " * 500000 + "x\n", "zz.yaml:3:", "L018")
    refused("ruleset: 1\nrules: " + "{a: " * 250000 + "\n", "zz.yaml:2:", "L018")
    refused("ruleset: 1\nrules: &a [*a, *a]\n", "zz.yaml:2:", "L018")
    refused("ruleset: 1\nx: &a [1, 1, 1, 1]\ny: &b [*a, *a, *a, *a]\nz: &c [*b, *b, *b, *b]\nrules: [*c, *c, *c]\n", "zz.yaml:", "error L0")
    refused(EVENTS + "rules:\n" + rule("zz.a", owner="dept.sanitatio") + rule("zz.b", event="camera.zs"), "zz.yaml:", "L011", "nearest: dept.sanitation",
            "L010", "nearest: camera.z")
    refused(EVENTS + "rules:\n" + rule("zz.a", open='{class: "E.01.02", severity: 4, title: "{dept} deep"}'), "L009", "dept", "depth")
    refused(EVENTS + "rules:\n" + rule("zz.a", where="'" + "(" * 30000 + "depth > 1" + ")" * 30000 + "'"), "zz.yaml:", "error L0")
    refused(EVENTS + "rules:\n" + rule("zz.a", where="'" + " or ".join(f"depth == {i}" for i in range(6000)) + "'"), "zz.yaml:", "error L0")
    refused(EVENTS + "rules:\n" + rule("zz.a", by="[device]", window="{at_least: 3}"), "zz.yaml:", "within")
    refused(EVENTS + "rules:\n" + rule("zz.a", window="{within: 5m, at_least: 3}"), "zz.yaml:", "error L0", "by")
    print("ok 4 - nesting, loops and bombs of YAML, two errors at once, a title's missing field, conditions too deep and too long, windows without bound")


def escalations(city):
    """Nobody answers once the calendars have ended; today everybody does. The calendar is told with its line."""
    def found(day):
        return [line for line in run("rules", "lint", city, "--as-of", day, expected=0).splitlines() if "L406" in line]

    check(found("2026-03-02") == [], "an escalation that nobody answers today")
    late = found("2032-01-01")
    check(late and all(".yaml:" in line and "(168 of 168 hours)" in line for line in late), f"calendars that ended: {late[:2]}")
    path = os.path.join(city, "calendars.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("2031-01-01", "2026-11-01", 2).replace("2026-11-01", "2031-01-01", 1))
    told = run("check", "--city", city)
    check(len([line for line in told.splitlines() if line.startswith("calendars.yaml:17: warning C036")]) == 1, told[:500])
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    print("ok 5 - hours at which nobody answers an escalation; a calendar that has ended, with its line")


def edited(city, where):
    """What keeps its state and is written otherwise is named; what only moved is not."""
    before = os.path.join(where, "before")
    shutil.copytree(os.path.join(city, "rules"), before)
    path = os.path.join(city, "rules", "waste.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    check("priority: 300" in text, "a rule to edit")
    with open(path, "w", encoding="utf-8") as file:
        file.write("# a line more\n" + text)
    told = json.loads(run("rules", "plan", city, "--against", before, "--json"))
    check(told["edited"] == [] and told["reset"] == [], f"a comment: {told}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("priority: 300", "priority: 305", 1))
    told = json.loads(run("rules", "plan", city, "--against", before, "--json"))
    check(told["edited"] == ["sanitation.garbage_overflow"] and told["edited"][0] in told["kept"], f"one edited: {told}")
    check("(edited)" in run("rules", "plan", city, "--against", before, "--lang", "en"), "in words")
    print("ok 6 - kept rules that were edited are named")


def main():
    where = tempfile.mkdtemp(prefix="gridloop-lint-")
    try:
        city = os.path.join(where, "city")
        run("city", "demo", city)
        put_in(city)
        plans_and_care(city, where)
        formats(city)
        bad_files(city)
        escalations(city)
        edited(city, where)
    finally:
        shutil.rmtree(where)
    print("1..6")


main()
