#!/usr/bin/env python3
"""test_selftest.py: the audit can fail: a sound dump is spoilt in one place at a time, and each is found."""
import copy
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import audit
import doctor
import runs
from cityread import City
from fivefixed import FiveFixed
from ruleread import Rules


def account(city, entries):
    """What the five fixed things alone find."""
    differences = []
    five_fixed = FiveFixed(city, lambda position, case, text: differences.append((position, case, text)))
    for entry in entries:
        five_fixed.take_entry(entry)
    return differences


def main():
    work = tempfile.mkdtemp(prefix="gridloop-audit-")
    try:
        city_directory = runs.make_city(work, 2)
        trace = runs.invent(work, city_directory, 2, 3, 25)
        path = runs.simulate(work, city_directory, trace, 2)
        with open(path, encoding="utf-8") as file:
            sound = list(audit.read_dump(file))
        city, rules = City(city_directory), Rules(os.path.join(city_directory, "rules"))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    is_good = runs.ok(not audit.run(city, rules, sound).differences, "a sound dump has no difference")
    for treatment in doctor.TREATMENTS:
        entries = copy.deepcopy(sound)
        changed = treatment(entries)
        differences = audit.run(city, rules, entries).differences if changed else []
        first = "%s, %s: %s" % differences[0] if differences else "NOT FOUND" if changed else "nothing to change"
        is_good = runs.ok(bool(differences), f"{treatment.__name__} ({changed}): {len(differences)} found: {first}") and is_good
    for treatment in doctor.FIVE_FIXED:
        entries = copy.deepcopy(sound)
        changed = treatment(entries)
        differences = account(city, entries)
        first = "%s, %s: %s" % differences[0] if differences else "NOT FOUND"
        is_good = runs.ok(bool(changed and differences), f"five fixed, {treatment.__name__} ({changed}): {first}") and is_good
    print(f"1..{runs.number}")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
