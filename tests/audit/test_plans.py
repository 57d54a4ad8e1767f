#!/usr/bin/env python3
"""test_plans.py: a day of an alert, spoilt in one place at a time, as a wrong engine would: plans.py must find each."""
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import audit
import runs
from cityread import City
from doctor import effects, timeline
from plans import Plans
from ruleread import Rules
from world import PLAN_ORDERS, name_of


def wrong_officer(entries):
    for _, item in effects(entries, "ITEM", item="OFFER"):
        if item["order"] > PLAN_ORDERS + 9:
            item["person"] = {"id": "nobody"}
            return True


def task_of_nobody(entries):
    for _, item in effects(entries, "ITEM", item="OFFER"):
        if item["order"] > PLAN_ORDERS:
            item["order"] = PLAN_ORDERS * 2
            return True


def forgotten_officer(entries):
    for entry, item in effects(entries, "ITEM", item="OFFER"):
        if item["order"] > PLAN_ORDERS + 9:
            entry["effects"].remove(item)
            return True


def later_confirmation(entries):
    for _, line in timeline(entries, "PLAN_ASK"):
        line["deadline_ms"] += 1000
        return True


def other_confirmer(entries):
    for _, told in effects(entries, "PLAN", what="PLAN_ASK"):
        told["post"] = {"code": "city.command"}
        return True


def fewer_targets(entries):
    for _, told in effects(entries, "PLAN", what="PLAN_BEGIN"):
        told["total"] -= 1
        return True


def later_start(entries):
    for _, line in timeline(entries, "PLAN_TASK_LATE"):
        line["deadline_ms"] += 1000
        return True


def told_beside(entries):
    """A silent officer is told of instead of somebody above."""
    for _, told in effects(entries, "PLAN", what="PLAN_TASK_LATE"):
        told["post"] = {"code": "fire.119"}
        return True


def told_nobody(entries):
    for entry, _ in effects(entries, "PLAN", what="PLAN_TASK_LATE"):
        notice = next(one for one in entry["effects"] if one["effect"] == "NOTICE" and one["code"] == "EXPIRED")
        entry["effects"].remove(notice)
        return True


def never_late(entries):
    for entry, _ in effects(entries, "PLAN", what="PLAN_TASK_LATE"):
        entry["effects"] = [one for one in entry["effects"] if one.get("what", one.get("action")) != "PLAN_TASK_LATE"]
        return True


def stranger_acknowledges(entries):
    for entry, _ in effects(entries, "PLAN", what="PLAN_ACK"):
        entry["principal"] = {**entry["principal"], "person": {"id": "zhang.desheng"}}
        return True


def other_place(entries):
    for _, line in timeline(entries, "OPEN"):
        if name_of(line["rule"], "id").endswith("/site"):
            line["asset"] = {"code": "SITE-9999"}
            return True


def inspection_early(entries):
    """Before the enterprise has been told."""
    for entry, line in timeline(entries, "OPEN"):
        if name_of(line["rule"], "id").endswith("/inspect"):
            entries[next(i for i, one in enumerate(entries) if any(
                effect.get("what") == "PLAN_BEGIN" for effect in one.get("effects", [])))]["effects"].append(line)
            return True


def later_completion(entries):
    for _, line in timeline(entries, "ACCEPT", order_kind="HANDLE"):
        if name_of(line["rule"], "id").endswith(("/site", "/inspect")):
            line["deadline_ms"] += 1000
            return True


def never_reported(entries):
    for _, line in timeline(entries, "LATE_REPORT"):
        line["deadline_ms"] += 1000
        return True


def reported_in_time(entries):
    for _, line in timeline(entries, "OPEN"):
        if name_of(line["rule"], "id").endswith("/late"):
            line["asset"] = {"code": "ENT-00002"}
            return True


def wrong_numbers(entries):
    for _, told in effects(entries, "PLAN", what="PLAN_PROGRESS"):
        told["overdue"] += 1
        return True


def silent_progress(entries):
    for entry, _ in effects(entries, "PLAN", what="PLAN_PROGRESS"):
        entry["effects"] = [one for one in entry["effects"] if one.get("what") != "PLAN_PROGRESS"]
        return True


TREATMENTS = [wrong_officer, task_of_nobody, forgotten_officer, later_confirmation, other_confirmer, fewer_targets, later_start, told_beside,
              told_nobody, never_late, stranger_acknowledges, other_place, inspection_early, later_completion, never_reported,
              reported_in_time, wrong_numbers, silent_progress]


def judge(city, rules, entries):
    differences = []
    whole = audit.Audit([(city, rules)])
    plans = Plans(city, rules.directory, lambda case, text: differences.append((case, text)), whole.is_of_post, {"plans": 0})
    for entry in entries:
        for event in entry.get("events", []):
            fields = {field["name"]: field.get("text") for field in event["fields"]}
            plans.note_report(name_of(event["type"], "name"), fields, event)
        plans.take_entry(entry)
        if differences:
            break
    return differences, plans.checked["plans"]


def run(work):
    directory = runs.make_city(work, 5)
    trace = runs.with_alerts(runs.invent(work, directory, 5, 4, 2, "2026-03-03T08:00:00+08:00"))
    path = runs.simulate(work, directory, trace, 5)
    with open(path, encoding="utf-8") as file:
        sound = list(audit.read_dump(file))
    city, rules = City(directory), Rules(os.path.join(directory, "rules"))
    differences, checked = judge(city, rules, sound)
    is_good = runs.ok(not differences and checked > 1000, f"a sound day: {checked} checks of plans, {differences[:3]}")
    reported = next(entry["time_ms"] for entry, _ in timeline(sound, "LATE_REPORT"))
    sound = [entry for entry in sound if entry["time_ms"] < reported + 300000]
    for treatment in TREATMENTS:
        entries = [{**entry, "effects": [dict(effect) for effect in entry.get("effects", [])]} for entry in sound]
        changed = treatment(entries)
        differences, _ = judge(city, rules, entries)
        is_good = runs.ok(changed and bool(differences), f"{treatment.__name__}: {differences[0] if differences else 'NOT FOUND'}") and is_good
    return is_good


def main():
    work = tempfile.mkdtemp(prefix="gridloop-audit-")
    try:
        is_good = run(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"1..{runs.number}")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
