#!/usr/bin/env python3
"""test_policies.py: dispatch policies and what-if cities beside each other, on invented and on recorded events.

The same policy twice gives the same figures; another gives others; a city with fewer people is slower; a policy file that is
wrong is refused with its place.
"""
import csv
import json
import os
import re
import shutil
import subprocess
import tempfile

GRIDLOOP = os.path.abspath(os.path.join(os.environ.get("BUILD", "build"), "gridloop"))
POLICIES = os.path.abspath("sim/policies")


def run(*words, expected=0):
    done = subprocess.run([GRIDLOOP, *words], capture_output=True, text=True, check=False)
    if done.returncode != expected:
        raise SystemExit(f"gridloop {' '.join(words)}: exit {done.returncode}, expected {expected}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def figures(*words):
    root = json.loads(run("sim", "--quiet", "--json", "-", *words))
    return [one["figures"] for one in root["runs"]], root


def leave(city, share):
    """Every third grid worker is gone."""
    path = os.path.join(city, "workers.csv")
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    gone = [row["id"] for row in rows if row["roles"] == "grid_worker"][::share]
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            if row["id"] in gone:
                row["roles"] = "absent"  # still in the posts' rosters, but nobody looks for that role
            writer.writerow(row)
    return len(gone)


def edit(path, *pairs):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for old, new in pairs:
        assert text.count(old) >= 1, (path, old)
        text = text.replace(old, new)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def what_if(base, city, log):
    """The same recorded events where shifts are shorter, where people were added, where a border runs elsewhere, and as it was."""
    shifts, more, border = (os.path.join(base, name) for name in ("shifts", "more", "border"))
    for other in (shifts, more, border):
        shutil.copytree(city, other)
    edit(os.path.join(shifts, "calendars.yaml"), ('"07:00-15:00"', '"10:00-13:00"'), ('"15:00-23:00"', '"20:00-23:00"'))
    edit(os.path.join(border, "cells.geojson"), ("116.3176164, 40.0301534", "116.3145000, 40.0301534"),
         ("116.3180874, 40.0342595", "116.3150000, 40.0342595"))
    path = os.path.join(more, "workers.csv")
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(path, "a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        for row in rows:
            if row["roles"] == "grid_worker":
                writer.writerows({**row, "id": f"{row['id']}.{copy}"} for copy in (1, 2))
    (as_is, short, many, moved), root = figures("--city", city, "--recorded", log, "--beside", shifts, "--beside", more, "--beside", border)
    assert short["response_p50_ms"] > as_is["response_p50_ms"] > many["response_p50_ms"], (as_is, short, many)
    assert short["nobody_eligible"] > as_is["nobody_eligible"], (as_is, short)
    assert len({one["digest"] for one in root["runs"]}) == 4, root["runs"]
    assert moved != as_is, moved  # other people are responsible


def axes(chart):
    return re.findall(r"<text[^>]*>([^<]*)</text>", chart)


def one_scale(page, runs):
    """Every run has a line in each chart beside the others, and its own charts have the axes of all."""
    with open(page, encoding="utf-8") as file:
        text = file.read()
    charts = {}
    for name, chart in re.findall(r'<svg viewBox="0 0 960 230" role=img aria-label="(\w+)">(.*?)</svg>', text, re.DOTALL):
        charts.setdefault(name, []).append(chart)
    for name in ("p50", "p90", "reported", "closed", "open", "waiting"):
        lines = re.findall(r'<path [^>]*stroke=(#\w+) d="([^"]*)"', charts[name][0])
        assert len(charts[name]) == 1 and len(lines) == runs == len({colour for colour, _ in lines}), (name, lines)
        for _, line in lines:
            heights = [float(y) for _, y in re.findall(r"[ML]([\d.-]+) ([\d.-]+)", line)]
            assert heights and all(16 <= y <= 196 for y in heights), (name, line)
    for name, beside in (("response", "p50"), ("load", "closed"), ("queue", "open"), ("missed", "missed")):
        own = charts[name] + charts[beside]
        assert all(axes(one) == axes(own[0]) for one in own), (name, [axes(one) for one in own])
    assert text.count("<svg class=map") == 2 * runs, "maps"


def main():
    with tempfile.TemporaryDirectory(prefix="gridloop-policies-") as base:
        city, fewer, log = (os.path.join(base, name) for name in ("city", "fewer", "log"))
        page = os.path.join(base, "page.html")
        run("city", "demo", city, "--size", "small", "--seed", "1")
        straight, anew = (os.path.join(POLICIES, name) for name in ("nearest_straight.yaml", "matched_anew.yaml"))
        demand = ("--city", city, "--hours", "12", "--rate", "30")
        (first, again, other), root = figures(*demand, "--policy", straight, "--policy", straight, "--policy", anew,
                                              "--report", page)
        assert first == again, (first, again)
        assert first != other, first
        digests = [one["digest"] for one in root["runs"]]
        assert digests[0] == digests[1] != digests[2], digests
        one_scale(page, 3)

        run("sim", *demand, "--quiet", "--log", log)
        shutil.copytree(city, fewer)
        gone = leave(fewer, 2)
        (before, after), _ = figures("--city", city, "--recorded", log, "--beside", fewer)
        assert after["response_p50_ms"] > before["response_p50_ms"], (before, after)

        what_if(base, city, log)

        bad = os.path.join(base, "bad.yaml")
        for said, wanted in (("policy: 1\nassign: {pick: fastest}\n", "bad.yaml:2:16: error L005"),
                             ("policy: 1\nassign: {skills: [x]}\n", "bad.yaml:2:10: error L002"),
                             ("policy: 2\n", "bad.yaml:1:9: error L005"),
                             ("policy: 1\nreassign: {every: 5y}\n", "bad.yaml:2:19: error L0")):
            with open(bad, "w", encoding="utf-8") as file:
                file.write(said)
            told = run("sim", *demand, "--policy", bad, expected=65)
            assert wanted in told, (wanted, told)
        told = run("sim", *demand, "--policy", os.path.join(base, "none.yaml"), expected=65)
        assert "cannot be read" in told, told
        told = run("sim", *demand, "--policy", straight, "--policy", anew, "--log", f"{log}2", expected=64)
        assert "--log keeps the log of one run" in told, told
    print(f"policies side by side; without {gone} workers the median response is {after['response_p50_ms'] / before['response_p50_ms']:.2f} times what it was")


main()
