#!/usr/bin/env python3
"""test_rules.py: the tools for people who write rules: lint, test, explain, backtest, and the page that teaches
them.

Runs the shipped tests of the shipped rules on the synthetic city, sees them fail when a rule is changed, and follows
docs/first-rule.md block by block.
"""
import json
import os
import re
import shutil
import subprocess
import tempfile

GRIDLOOP = os.path.abspath(os.path.join(os.environ.get("BUILD", "build"), "gridloop"))
TESTS = os.path.abspath("rules/packs")
SIX = os.path.abspath("tests/data/six_rules")
PAGE = os.path.abspath("docs/first-rule.md")


def run(*words, expected=0, where=None):
    done = subprocess.run([GRIDLOOP, *words], capture_output=True, text=True, cwd=where)
    if done.returncode != expected:
        raise SystemExit(f"gridloop {' '.join(words)}: exit {done.returncode}, expected {expected}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def change(path, old, new):
    text = open(path, encoding="utf-8").read()
    assert text.count(old) == 1, (path, old, text.count(old))
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))


def shipped(city):
    said = run("rules", "test", city, "--tests", TESTS, "--junit", f"{city}.xml", "--verbose")
    assert " 0 failed" in said, said
    assert "no test fires" not in said, said
    assert open(f"{city}.xml", encoding="utf-8").read().count("<testcase") >= 50
    said = run("rules", "lint", city, "--fail-level", "warning")
    assert len(re.findall(r": warning L\d", said)) == said.count("waived: "), said


def every_clause(city):
    """A city whose rules use every clause; its suites say what each does."""
    said = run("rules", "test", city)
    missed = re.findall(r"no test fires (\S+)", said)
    assert " 0 failed" in said and all(name.startswith("plan.") for name in missed), said
    found = json.loads(run("rules", "lint", city, "--format", "json"))["findings"]
    assert [row for row in found if row["level"] == "error"] == [], found


def a_changed_rule_is_noticed(city):
    rules = os.path.join(city, "rules", "safety.yaml")
    change(rules, "lel_pct >= 10 ", "lel_pct >= 20 ")
    said = run("rules", "test", city, "--tests", TESTS, expected=1)
    assert "safety.test.yaml:" in said and "expected 1 such cases" in said, said
    change(rules, "lel_pct >= 20 ", "lel_pct >= 10 ")


def a_conflict_is_refused(city):
    path = os.path.join(city, "rules", "zz.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write('ruleset: 1\nrules:\n- {id: zz.gas, title: t, owner: dept.municipal, priority: 1000, event: sensor.gas, where: '
                   '"lel_pct >= 30", open: {class: "E.05.01", severity: 2, title: t}, assign: {role: repair_crew}}\n')
    found = json.loads(run("rules", "lint", city, "--format", "json", expected=65))["findings"]
    errors = [row for row in found if row["level"] == "error"]
    assert [row["code"] for row in errors] == ["L201"], errors
    assert {errors[0]["rule"]["owner"], errors[0]["other"]["owner"]} == {"dept.gas", "dept.municipal"}
    assert "lel_pct: 30" in errors[0]["witness"], errors
    assert "L201" in run("check", "--city", city, expected=65)
    os.remove(path)


def a_test_beside_its_rule(city):
    path = os.path.join(city, "rules", "zz.yaml")
    inside = ('ruleset: 1\ntests:\n- name: a full bin\n  start: 2026-03-03T08:20:00+08:00\n'
              '  events: [{at: 0s, type: camera.garbage_overflow, device: C-017, confidence: 0.95, fill: 0.95}]\n'
              '  expect: [{at: 1s, cases: 1}]\n')
    for text, code, said in ((inside, 0, "1 passed, 0 failed"), (inside.replace("cases: 1", "cases: 2"), 1, "0 passed, 1 failed"),
                             (inside.replace("  start: 2026-03-03T08:20:00+08:00\n", ""), 65, "says no start")):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        told = run("rules", "test", city, "--only", "a full bin", expected=code)
        assert said in told, told
    os.remove(path)


def a_no_names_its_clause(city):
    event = '{"type": "sensor.gas", "device": "G-001", "fields": {"lel_pct": 9, "device.health": "ok"}}'
    told = json.loads(run("rules", "explain", city, "--event", event, "--json"))
    assert told["winner"] is None and [row["rule"] for row in told["rules"]] == ["safety.gas_leak", "safety.gas_leak_quorum"], told
    wrong = [line["en"] for line in told["rules"][0]["clauses"] if not line["holds"]]
    assert "lel_pct >= 10: lel_pct is 9" in wrong, wrong


def a_change_on_recorded_events(city, where):
    day, new, report = (os.path.join(where, name) for name in ("day.ndjson", "new", "backtest.json"))
    run("trace", "generate", "--city", city, "--output", day)
    shutil.copytree(os.path.join(city, "rules"), new)

    def backtest(*more, expected=0):
        said = run("rules", "backtest", city, "--rules", new, "--corpus", day, "--report", report, *more, expected=expected)
        with open(report, encoding="utf-8") as file:
            return said, json.load(file)

    _, same = backtest()
    assert {name: row["count"] for name, row in same["differences"].items()} == dict.fromkeys(same["differences"], 0), same["differences"]
    assert same["now"]["opened"] > 100, same["now"]

    change(os.path.join(new, "order.yaml"), "Illegal vending\n  owner: dept.law_enforcement",
           "Illegal vending\n  owner: dept.sanitation")
    change(os.path.join(new, "safety.yaml"), "lel_pct >= 10 ", "lel_pct >= 1000 ")
    _, other = backtest()
    gas, vending = other["rules"]["safety.gas_leak"], other["rules"]["street.illegal_vending"]
    assert gas["before"]["cases"] > 0 and gas["now"]["cases"] == 0, gas
    assert other["differences"]["lost_cases"]["count"] >= gas["before"]["cases"], other["differences"]
    assert other["differences"]["moved_owner"]["count"] > vending["before"]["cases"] / 2 > 0, other["differences"]
    assert other["departments"]["dept.law_enforcement"]["now"]["cases"] == 0

    # On trial: nothing is opened, and what would have been is counted and held against the truth.
    change(os.path.join(new, "waste.yaml"), "- id: sanitation.garbage_overflow\n", "- id: sanitation.garbage_overflow\n  status: shadow\n")
    said, trial = backtest()
    assert trial["rules"]["sanitation.garbage_overflow"]["now"]["cases"] == 0, trial["rules"]["sanitation.garbage_overflow"]
    shadow = trial["shadow"]["sanitation.garbage_overflow"]
    before = other["rules"]["sanitation.garbage_overflow"]["now"]["cases"]
    assert shadow["opened"] >= before > 0, (shadow, before)
    assert shadow["fired"] == sum(shadow[name] for name in ("opened", "joined", "repeats", "held_back", "lost_lane")), shadow
    assert 0 < shadow["cases_true"] < shadow["cases_known"] == shadow["opened"], shadow
    assert 0 < shadow["incidents_reached"] <= shadow["incidents"], shadow
    assert re.search(r"sanitation\.garbage_overflow +%d +%d " % (shadow["fired"], shadow["opened"]), said), said

    expect = os.path.join(where, "expect.yaml")
    shares = [shadow["cases_true"] / shadow["cases_known"], shadow["incidents_reached"] / shadow["incidents"]]
    with open(expect, "w", encoding="utf-8") as file:
        file.write("unexpected: ignore\nexpect:\n- {rule: sanitation.garbage_overflow, exactly: %d}\n" % shadow["opened"])
        file.write("- {metric: precision, rule: sanitation.garbage_overflow, at_least: %.4f}\n" % (shares[0] - 0.0001))
        file.write("- {metric: recall, rule: sanitation.garbage_overflow, at_most: %.4f}\n" % (shares[1] + 0.0001))
        file.write("- {metric: precision, rule: sanitation.garbage_overflow, at_least: %.4f}\n" % (shares[0] + 0.0001))
        file.write("- {metric: sla_miss_rate, rule: sanitation.garbage_overflow, at_most: 1}\n")
    said = backtest("--expect", expect, expected=1)[0]
    assert "3 passed, 2 failed" in said and f"NOT MET {expect}:6: was 0." in said and f"NOT MET {expect}:7: n/a" in said, said
    rows = "expect:\n- {rule: safety.gas_leak, exactly: 0}\n- {metric: sla_miss_rate, owner: dept.sanitation, at_most: 1}\n"
    with open(expect, "w", encoding="utf-8") as file:
        file.write(rows)
    assert "2 passed, 0 failed" in backtest("--expect", expect)[0]
    with open(expect, "w", encoding="utf-8") as file:
        file.write(rows + "- {metric: precision, at_least: 1.1}\n")
    assert f"NOT MET {expect}:4: was 0." in backtest("--expect", expect, expected=1)[0]


def a_change_moves_its_indices(city, where):
    """A clock that nobody can keep moves the indices that read it and no other; both sides are as `gridloop index` says of a run's own history."""
    few, report, expect = (os.path.join(where, name) for name in ("few.ndjson", "moved.json", "moved.yaml"))
    other = os.path.join(where, "other")
    shutil.copytree(city, other)
    with open(os.path.join(where, "day.ndjson"), encoding="utf-8") as day, open(few, "w", encoding="utf-8") as file:
        file.writelines([line for line in day if "camera.vending" in line][:8])

    def backtest(*more, expected=0):
        said = run("rules", "backtest", city, "--rules", os.path.join(other, "rules"), "--corpus", few, "--report", report, *more, expected=expected)
        with open(report, encoding="utf-8") as file:
            return said, json.load(file)

    assert "indices" not in backtest()[1], "computed without --indices"
    rules = os.path.join(other, "rules", "order.yaml")
    change(rules, "title: 占道经营\n", "title: 占道经营二\n")
    said, same = backtest("--indices", "--lang", "zh")
    assert same["indices"]["differing"] == [] and re.search(r"有变化的指标，2026-03-01 至 2026-03-31，公式版本 .*\n  无\n", said), said
    change(rules, "sla: {accept: 10m, arrive: 30m, handle: 2h}", "sla: {accept: 10m, arrive: 30m, handle: 31m}")
    with open(expect, "w", encoding="utf-8") as file:
        file.write("expect:\n- {metric: index, index: handled_in_time_rate, at_most: 33.4}\n- {metric: index, index: handled_in_time_rate, at_least: 33.4}\n")
        file.write("- {metric: index, index: complaint_change, at_most: 0}\n")
    said, moved = backtest("--indices", "--expect", expect, "--lang", "en", expected=1)
    indices = moved["indices"]
    assert indices["differing"] == ["handled_in_time_rate", "closed_in_time_rate"], indices["differing"]
    assert f"NOT MET {expect}:3: was 33.333333" in said and f"NOT MET {expect}:4: n/a" in said and "1 passed, 2 failed" in said, said
    assert re.search(r"100\.00 % +33\.33 % +100\.00 % +33\.33 %  handled_in_time_rate .*\n.* beside return_rate ", said), said
    for side, of in (("before", city), ("now", other)):
        log, db = os.path.join(where, f"log-{side}"), os.path.join(where, f"{side}.db")
        run("sim", "--city", of, "--trace", few, "--log", log, "--quiet")
        run("log", "replay", "--data", log, "--history", db)
        own = json.loads(run("index", "--db", db, "--city", of, "--month", "2026-03", "--json"))
        assert {name: row[side] for name, row in indices["values"].items()} == {
            name: {"raw": row["raw"], "exempted": row["exempted"]} for name, row in own["rows"][0]["indices"].items()}, (side, indices)
        assert indices["version"] == own["version"], (indices["version"], own["version"])
    change(rules, "dwell_s >= 300)", "dwell_s >= 300000)")
    said, none = backtest("--indices", "--lang", "en")
    assert none["indices"]["values"]["close_rate"]["now"] == {"raw": None, "exempted": None}, none["indices"]["values"]["close_rate"]
    assert re.search(r"100\.00 % +n/a +100\.00 % +n/a  close_rate ", said), said
    with open(expect, "a", encoding="utf-8") as file:
        file.write("- {metric: index, index: close_rat, at_least: 0}\n")
    assert "L016" in (said := backtest("--indices", "--expect", expect, expected=65)[0]) and "nearest: close_rate" in said, said
    assert "--indices only" in backtest("--expect", expect, expected=65)[0]


def a_catalogue_becomes_rules(city, where):
    made, town = os.path.join(where, "made"), os.path.join(where, "town")
    said = run("rules", "import", "rules/packs/catalogue/catalogue.csv", "--out", made)
    rows, unsettled = (int(number) for number in re.search(r"^(\d+) rows: .* (\d+) rules wait", said).groups())
    assert rows >= 120 and unsettled > 0, said
    shutil.copytree(city, town)
    with open(os.path.join(town, "catalogue.csv"), "a", encoding="utf-8") as file:
        file.write(open(os.path.join(made, "catalogue.csv"), encoding="utf-8").read().split("\n", 1)[1])
    path = shutil.copy(os.path.join(made, "rules", "catalogue.yaml"), os.path.join(town, "rules"))

    def waiting():
        found = json.loads(run("rules", "lint", town, "--format", "json"))["findings"]
        return [row["rule"]["id"] for row in found if row["code"] == "L209"]

    before = waiting()
    assert len(before) == unsettled, (len(before), unsettled)
    text = open(path, encoding="utf-8").read()
    owners = re.search(r"- id: " + re.escape(before[0]) + r"\n(?:.*\n){2}  owner: (\[.*\])\n", text).group(1)
    head, tail = text.split(f"- id: {before[0]}\n")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{head}- id: {before[0]}\n{tail.replace(owners, owners[1:].split(',')[0], 1)}")
    assert waiting() == before[1:]

    bad = os.path.join(where, "bad.csv")
    lines = open("rules/packs/catalogue/catalogue.csv", encoding="utf-8").read().splitlines()[:2]
    with open(bad, "w", encoding="utf-8") as file:
        file.write("\n".join([*lines, lines[1], lines[1].replace("C.01.01.1,", "X.1,").replace(",4h,", ",soon,")]) + "\n")
    said = run("rules", "import", bad, "--out", made, expected=65)
    for words in ("bad.csv:3:1: error I004", "bad.csv:4:1: error I001", "error I003: handle \"soon\"", "nothing usable was written"):
        assert words in said, (words, said)


def wrong_input(city):
    assert "did you mean \"sensor.gas\"" in run("rules", "explain", city, "--event", '{"type": "sensor.gaz"}', expected=65)
    assert "no file or directory" in run("rules", "lint", city + "-not", expected=66)
    bad = tempfile.mkdtemp()
    with open(os.path.join(bad, "x.test.yaml"), "w", encoding="utf-8") as file:
        file.write("suite: x\nstart: 2026-03-03T08:00:00+08:00\ntests:\n- {name: a, events: [{at: 0s, type: sensor.gaz}], "
                   "expect: [{at: 0s, cases: 0}]}\n- {name: b, expect: [{at: 0s, case: {rule: safety.gas_leek}}]}\n- {name: c}\n")
    said = run("rules", "test", city, "--tests", bad, expected=65)
    for words in ("x.test.yaml:4:22: error L010", "x.test.yaml:5:44: error L016: no rule \"safety.gas_leek\"; nearest: safety.gas_leak",
                  "test \"c\" expects nothing"):
        assert words in said, (words, said)
    shutil.rmtree(bad)


def the_page(where):
    """Blocks named by a file are written, blocks of sh are run; a line `# exit N` gives the code that is expected."""
    text = open(PAGE, encoding="utf-8").read()
    count = 0
    for kind, block in re.findall(r"```(\S+)\n(.*?)```", text, re.S):
        if kind == "yaml":
            name = re.match(r"# (\S+)\n", block).group(1)
            with open(os.path.join(where, name), "w", encoding="utf-8") as file:
                file.write(block)
        elif kind == "sh":
            for line in block.strip().splitlines():
                command, _, expected = line.partition("  # exit ")
                command = command.replace("build/gridloop", GRIDLOOP)
                done = subprocess.run(["sh", "-c", command], cwd=where, capture_output=True, text=True)
                assert done.returncode == int(expected or 0), (line, done.stdout, done.stderr)
                count += 1
    assert count >= 6, count


def main():
    where = tempfile.mkdtemp(prefix="gridloop-rules-")
    city = os.path.join(where, "city")
    run("city", "demo", city)
    shipped(city)
    every_clause(SIX)
    a_changed_rule_is_noticed(city)
    a_conflict_is_refused(city)
    a_test_beside_its_rule(city)
    a_no_names_its_clause(city)
    a_change_on_recorded_events(city, where)
    a_change_moves_its_indices(city, where)
    a_catalogue_becomes_rules(city, where)
    wrong_input(city)
    the_page(where)
    shutil.rmtree(where)
    print("ok")


main()
