#!/usr/bin/env python3
"""test_contacts.py: a day on which reporters leave contacts that are looked up and erased, with a real engine: sealing wants its keys. The
outside view follows it, before the erasure and after it, and what was decided before stays as it was.
"""
import json
import os
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e")]
import audit
import doctor
import runs
import wire
from cityread import City
from engine import Crew, Engine, check
from ruleread import Rules

REPORTS = 24
KINDS = ["patrol.garbage", "hotline.road_damage", "hotline.noise", "hotline.tree", "patrol.manhole"]


def person(engine, right):
    return next(row["id"] for row in engine.table("workers.csv") if right in row["rights"].split())


def act(client, case, action, reason):
    kind, body = client.ask(5, [(4, case), (5, wire.ACTION[action]), (6, wire.REASON[reason]), (11, os.urandom(8).hex())])
    check(kind == 7, f"{action}: {kind} {body}")
    return wire.CODE_NAME[wire.one(body, 1)]


def report_all(engine):
    """Cases that reports with contacts opened or joined."""
    doors = {name: wire.Client(engine.url, name) for name in ("hotline-12345", "patrol-app")}
    seqs = dict.fromkeys(doors, 0)
    spots = engine.table("assets.csv")
    cases = []
    for i in range(REPORTS):
        kind = KINDS[i % len(KINDS)]
        door = "patrol-app" if kind.startswith("patrol.") else "hotline-12345"
        spot = spots[i * 7 % len(spots)]
        seqs[door] += 1
        contact = (9, wire.encode([(1, f"Reporter {i}"), (2, f"1380000{i:04d}"), (3, "")]))
        event = wire.event(f"r-{i}", kind, at=wire.place(spot["lon"], spot["lat"])) + [contact]
        result = doors[door].batch(1, seqs[door], [event])[1][0]
        if result[0] in ("OPENED", "MERGED") and result[1] not in cases:
            cases.append(result[1])
    for door in doors.values():
        door.close()
    check(len(cases) > 8, f"only {len(cases)} cases with a contact")
    return cases


def judge(engine, lines, what):
    """Differences of the outside view; what REVEAL and ERASE came to."""
    rules = Rules(os.path.join(engine.city, "rules"))
    result = audit.run(City(engine.city), rules, (json.loads(line) for line in lines))
    if result.differences:
        audit.print_report(result, sys.stdout, 20)
    return runs.ok(not result.differences, f"{what}: {result.checked['acts']} acts, {len(result.differences)} differences")


def dump(engine):
    return engine.gridloop("log", "dump", "--effects", "--data", engine.data).splitlines()


def count(lines, word):
    return sum(line.count(word) for line in lines)


def look_up_and_erase(engine, cases):
    """One of each three is erased, one looked up and then erased, one looked up; then each again."""
    intake, chief = wire.Client(engine.url, person(engine, "intake")), wire.Client(engine.url, person(engine, "shift_chief"))
    for i, case in enumerate(cases):
        erased = i % 3 != 2
        if i % 3:
            check(act(intake, case, "REVEAL", "CALL_BACK") == "DONE", f"{case}: a reveal")
        if erased:
            check(act(chief, case, "ERASE", "REPORTER_ASKED") == "DONE", f"{case}: an erasure")
        after = "CONTACT_ERASED" if erased else "DONE"
        check(act(intake, case, "REVEAL", "CALL_BACK") == after, f"{case}: a reveal afterwards")
        check(act(chief, case, "ERASE", "REPORTER_ASKED") == after, f"{case}: an erasure afterwards")
    intake.close()
    chief.close()


def work(engine, crew, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if crew.turn() == 0:
            time.sleep(0.05)


def main():
    is_ok = True
    with Engine() as engine:
        engine.start()
        crew = Crew(engine)
        crew.turn()
        cases = report_all(engine)
        work(engine, crew, 1.5)
        engine.stop()
        before = dump(engine)
        is_ok = judge(engine, before, "before anything is erased") and is_ok
        engine.start()
        look_up_and_erase(engine, cases)
        work(engine, crew, 1.5)
        crew.close()
        engine.stop()
        after = dump(engine)
        is_ok = runs.ok(after[:len(before)] == before, "entries before the erasure tell the same without the keys") and is_ok
        is_ok = judge(engine, after, "the whole day") and is_ok
        for word in ('"action":"REVEAL"', '"action":"ERASE"', '"code":"CONTACT_ERASED"'):
            is_ok = runs.ok(count(after, word) > 0, f"{count(after, word)} x {word}") and is_ok
        shutil.rmtree(os.path.join(engine.data, "snapshots"))
        engine.gridloop("log", "verify", "--replay", "--data", engine.data)
        is_ok = runs.ok(dump(engine) == after, "replayed from the first entry it is the same, line by line") and is_ok
        entries = [json.loads(line) for line in after]
        changed = doctor.keep_contact(entries)
        found = audit.run(City(engine.city), Rules(os.path.join(engine.city, "rules")), entries).differences
        is_ok = runs.ok(bool(changed and found), f"a contact that an erasure left ({changed}): {len(found)} found") and is_ok
    print(f"1..{runs.number}")
    return 0 if is_ok else 1


if __name__ == "__main__":
    sys.exit(main())
