#!/usr/bin/env python3
"""test_replay.py: real incidents through the engine, beside what was recorded.

Asserted: what is a fact of the records (counts, dates, owners) and that the same seed gives the same digests. Response times
are a prediction: they are printed, and only held to stay within half and twice the recorded ones."""
import glob
import json
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = os.path.join(ROOT, "..", "shared", "data")
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
PROGRAM = os.path.join(BUILD, "gridloop")
OUT = os.path.join(BUILD, "real")
count = 0


def check(is_true, what):
    global count
    count += 1
    print(f"{'ok' if is_true else 'not ok'} {count} - {what}", flush=True)
    if not is_true:
        sys.exit(1)


def run(*words):
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stdout, done.stderr)
        check(False, f"gridloop {' '.join(words)} ends with {done.returncode}")
    return done.stdout


def replay(name):
    city = os.path.join(OUT, name)
    run("city", "import", name, "--data", DATA, "--out", city)
    results = []
    for turn in (1, 2):
        path = os.path.join(OUT, f"{name}.json")
        table = run("sim", "--city", city, "--trace", os.path.join(city, "trace.ndjson"), "--seed", "1",
                    "--compare", "real", "--check", "5000", "--lang", "en", "--json", path)
        with open(path, encoding="utf-8") as file:
            results.append(json.load(file))
    with open(os.path.join(OUT, f"{name}.txt"), "w", encoding="utf-8") as file:
        file.write(f"{name}: gridloop sim --compare real\n{table}\n")
    for key in ("digest", "effects_digest", "ledger"):
        check(results[0][key] == results[1][key], f"{name}: the same seed gives the same {key}")
    return results[0]


def parts(row, side):
    return row[side]["part"], row[side]["whole"]


def check_new_york(result):
    rows, events = result["compare"], result["ledger"]["events"]
    check(events["events"] == 2386 and events["opened"] + events["merged"] == 2386 and events["refused"] == 0,
          "ny: 2,386 requests are all taken in")
    check(parts(rows["owner_right"], "gridloop") == (2386, 2386), "ny: the owner is the agency of the record, 2,386 times")
    check(parts(rows["in_time"], "recorded") == (373, 419), "ny: 373 of 419 were closed in time")
    check(parts(rows["in_time"], "gridloop") == (373, 419), "ny: desks that close as recorded close the same 373 in time")
    check(rows["no_coordinates"] == {"recorded": 82, "gridloop": 82}, "ny: 82 rows without coordinates are taken in")
    check(rows["closed_before_created"]["recorded"] == 1, "ny: one row closed before it was created")


def check_san_francisco(result):
    rows, events = result["compare"], result["ledger"]["events"]
    check(events["events"] == 3560 and events["refused"] == 0, "sf: 3,560 incidents are all taken in")
    check(parts(rows["units_per_incident"], "recorded") == (7704, 3560), "sf: 7,704 responses were recorded")
    check(parts(rows["unreached"], "recorded")[0] <= 131, "sf: at most 131 incidents saw no unit on scene")
    check(result["ledger"]["cases"]["open"] == 0, "sf: every case is closed at the end")
    check(result["ledger"]["cases"]["never_assigned"] == 0, "sf: every case was assigned")
    for key in ("response_p50_after_fit", "response_p90_after_fit"):
        recorded, predicted = rows[key]["recorded"], rows[key]["gridloop"]
        check(recorded <= 2 * predicted and predicted <= 2 * recorded,
              f"sf: {key} predicted {predicted // 1000} s, recorded {recorded // 1000} s")


# What is changed in the imported rules, how many rows the trace has, and how many cases fewer that makes: as the desks closed them in
# New York, by how long simulated crews take in San Francisco, where it is only held to a range.
CHANGES = {"sf": ("- id: call.medical_incident.priority_3\n", "radius_m: 100", 3560, range(10, 50)),
           "ny": ("- id: nyc311.hpd.heating\n", "radius_m: 30", 2386, range(360, 361))}


def change(name):
    """A rule is given a merge clause; what that would have changed on the recorded days is printed and counted."""
    city, new = os.path.join(OUT, name), os.path.join(OUT, name + "-new")
    rule, radius, events, fewer = CHANGES[name]
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(os.path.join(city, "rules"), new)
    changed = 0
    for path in glob.glob(os.path.join(new, "*.yaml")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        changed += text.count(rule)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(rule, f"{rule}  merge: {{key: [class], {radius}, while: open}}\n"))
    check(changed == 1, f"{name}: {rule.strip()} is among the rules")
    report = os.path.join(OUT, f"{name}-backtest.json")
    print(run("rules", "backtest", city, "--rules", new, "--corpus", os.path.join(city, "trace.ndjson"), "--report", report, "--lang", "en"))
    with open(report, encoding="utf-8") as file:
        row = json.load(file)
    differences = {key: value["count"] for key, value in row["differences"].items()}
    check(row["before"]["events"] == row["now"]["events"] == row["before"]["opened"] == events, f"{name}: {events} events, a case each")
    lost = row["before"]["opened"] - row["now"]["opened"]
    check(lost in fewer and lost == differences["lost_cases"] == row["now"]["merged"] and differences["new_cases"] == 0,
          f"{name}: joining within {radius[10:]} m makes {lost} cases fewer: {differences}")


def main():
    if not os.path.isdir(DATA):
        print("no ../shared/data: the real incidents are not here")
        sys.exit(77)
    os.makedirs(OUT, exist_ok=True)
    check_new_york(replay("ny"))
    check_san_francisco(replay("sf"))
    change("ny")
    change("sf")
    print(f"1..{count}")


main()
