#!/usr/bin/env python3
"""test_overrides.py: people who give a case to somebody else: the engine's own choice stands beside theirs, and rates add up.

Two invented days in which a dispatcher now and then thinks somebody else better placed; the rates are counted again from the
command log, not from the history.
"""
import json
import os
import subprocess
import tempfile

GRIDLOOP = os.path.abspath(os.path.join(os.environ.get("BUILD", "build"), "gridloop"))


def run(*words):
    done = subprocess.run([GRIDLOOP, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"gridloop {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def told_both(log, each):
    """The story of a case says in both languages whom the dispatcher took, why, and whom the engine would have."""
    row = next(row for row in each if row["own_choice"] and row["own_choice"] != row["person"])
    for lang, by_hand, own in (("en", "given by hand to ", "the engine's own choice: "), ("zh", "人工指派给", "引擎的选择：")):
        said = run("case", "show", row["number"], "--data", log, "--lang", lang)
        lines = [line for line in said.splitlines() if by_hand in line]
        assert lines and all(own in line and " (" in line.replace("（", " (") for line in lines), said
    names = {}
    for line in run("log", "dump", "--data", log, "--json", "--effects").splitlines():
        for effect in json.loads(line).get("effects", []):
            if effect["effect"] == "DECISION" and effect.get("why") == "BY_HAND" and effect["case"] == row["number"]:
                names[effect["from"]["id"]] = [one["person"]["id"] for one in effect["candidates"] if one["code"] == "ELIGIBLE"]
    assert names.get(row["person"]) == [row["own_choice"]], (row, names)
    story = json.loads(run("case", "explain", row["number"], "--data", log, "--json"))["story"]
    listed = [[one["person"] for one in line["candidates"] if one["code"] == "ELIGIBLE"] for line in story if line["kind"] == "decision"]
    assert [row["own_choice"]] in listed, listed
    said = run("case", "explain", row["number"], "--data", log, "--lang", "en")
    candidates = sum(len(line["candidates"]) for line in story if line["kind"] == "decision")
    assert candidates == sum(line.startswith("        ") for line in said.splitlines()) > 10, said


def main():
    with tempfile.TemporaryDirectory(prefix="gridloop-overrides-") as base:
        log, database = os.path.join(base, "log"), os.path.join(base, "history.db")
        people = os.path.join(base, "people.yaml")
        with open(people, "w", encoding="utf-8") as file:
            file.write("agents: {exception: 0.2}\n")
        run("sim", "--city", "small", "--hours", "48", "--rate", "30", "--agents", people, "--quiet", "--log", log)
        run("log", "replay", "--data", log, "--history", database)
        each = json.loads(run("history", "overrides", "--each", "--json", "--db", database))
        rules = json.loads(run("history", "overrides", "--json", "--db", database))
        asked = set()  # as the commands have it; some of them were refused
        for line in run("log", "dump", "--data", log, "--json").splitlines():
            command = json.loads(line)
            if command.get("kind") == "ACT" and command["action"] == "REASSIGN" and command["subject"]:
                asked.add((command["case"], command["subject"]["person"]["id"]))
        for row in each:
            assert (row["number"], row["person"]) in asked, row
            assert row["actor"] and row["reason"], row
        assert len(each) >= 5, each
        assert any(row["own_choice"] and row["own_choice"] != row["person"] for row in each), each
        assert sum(row["overrides"] for row in rules) == len(each), rules
        assert all(row["overridden"] <= row["cases"] for row in rules), rules
        told_both(log, each)
        said = run("history", "overrides", "--each", "--lang", "en", "--db", database)
        assert said.count("the engine would have taken") == len(each), said
    print(f"{len(each)} overrides of {sum(row['cases'] for row in rules)} cases, by {len(rules)} rules")


main()
