#!/usr/bin/env python3
"""test_privacy.py: a reporter's contact from its report to its erasure: sealed, masked, revealed on record, gone. Then every byte that
the engine and its tools have written is searched for it.
"""
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire
from engine import GRIDLOOP, Crew, Engine, check, ok

NAME, PHONE, NOTE = "Kanarienvogel-Zhang", "13877651234", "Canary Lane 47, after six"
MASK = "138****1234"
CANARIES = [word.encode() for word in (NAME, PHONE, NOTE, "7765123", "-7765-", "Kanarien", "Canary Lane")]
number = 0
seen = []  # everything that tools and the engine have said, but for what a reveal was asked for


def contact(name=NAME, phone=PHONE, note=NOTE):
    return (9, wire.encode([(1, name), (2, phone), (3, note)]))


def tool(engine, *words, expect=0, keep=True):
    done = subprocess.run([GRIDLOOP, *words], capture_output=True, timeout=120, env={**os.environ, **engine.env}, check=False)
    check(done.returncode == expect, f"gridloop {' '.join(words)}: exit {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")
    if keep:
        seen.append((" ".join(words), done.stdout + done.stderr))
    return done.stdout.decode()


def files_of(directory):
    for root, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(root, name)
            if os.path.isfile(path):  # sockets hold nothing
                with open(path, "rb") as file:
                    yield path, file.read()


def scan(engine, what):
    """Nothing in clear in any file below the engine's directory, nor in anything said."""
    engine.log.flush()
    found = [f"{word.decode()} in {path}" for path, data in files_of(engine.dir) for word in CANARIES if word in data]
    found += [f"{word.decode()} said by {who}" for who, data in seen for word in CANARIES if word in data]
    check(not found, f"{what}: " + "; ".join(found[:5]))


def keys_of(engine):
    with sqlite3.connect(f"file:{engine.data}/keys.db?mode=ro", uri=True) as db:
        return {row[0]: row[1] for row in db.execute("SELECT id, key FROM keys")}


def used_keys(engine):
    """Names of keys that contacts in the log bear, in their order."""
    out = []
    for line in tool(engine, "log", "dump", "--data", engine.data).splitlines():
        out += [event["contact_key"] for event in json.loads(line).get("events", []) if "contact_key" in event]
    return out


def person(engine, right):
    return next(row["id"] for row in engine.table("workers.csv") if right in row["rights"].split())


def by_hand(client, case, action, reason="CALL_BACK", **more):
    """An operator's act on a case; code and contacts."""
    kind, body = client.ask(5, [(4, case), (5, wire.ACTION[action]), (6, wire.REASON.get(reason, 0)),
                                (7, more.get("text")), (11, more.get("key", os.urandom(8).hex()))])
    check(kind == 7, f"{action}: {kind} {body}")
    contacts = [tuple(wire.one(wire.decode(c), n, b"").decode() for n in (1, 2, 3)) for c in body.get(7, [])]
    return wire.CODE_NAME[wire.one(body, 1)], contacts


def main():
    with Engine() as engine:
        engine.start()
        spot = next(row for row in engine.table("assets.csv"))
        at = wire.place(spot["lon"], spot["lat"])
        hotline = wire.Client(engine.url, "hotline-12345")
        patrol = wire.Client(engine.url, "patrol-app")
        camera = wire.Client(engine.url, "camera-gateway-1")
        intake = wire.Client(engine.url, person(engine, "intake"))
        chief = wire.Client(engine.url, person(engine, "shift_chief"))
        dispatcher = wire.Client(engine.url, person(engine, "dispatcher"))
        desk = wire.Client(engine.url, next(row["id"] for row in engine.table("workers.csv") if row["rights"] == "department_desk"))
        crew = Crew(engine)
        crew.turn()

        report = [wire.event("p-1", "patrol.garbage", at=at, text=f"ring {PHONE} or +86{PHONE}, 138-7765-1234, please; order 88001387700001") + [contact()]]
        first = patrol.batch(1, 1, report)
        check(first[1][0][0] == "OPENED", f"a report with a contact: {first}")
        case = first[1][0][1]
        check(patrol.batch(1, 1, report) == first, "a resend is answered alike")
        again = patrol.batch(1, 2, [wire.event("p-2", "patrol.garbage", at=at) + [contact(phone="13800000000")]])
        check(again[1][0][1] == case, f"a second reporter: {again}")
        refused = camera.batch(1, 1, [wire.event("c-1", "camera.garbage_overflow", device="C-017") + [contact()]])
        check(refused[1][0][0] == "NO_RIGHT", f"a camera with a contact: {refused}")
        none = hotline.batch(1, 1, [wire.event("h-1", "hotline.nothing_known", at=at) + [contact()]])
        check(none[1][0][0] in ("NO_RULE", "UNKNOWN_TYPE"), f"no rule: {none}")
        plain = hotline.batch(1, 2, [wire.event("h-2", "hotline.road_damage", at=at)])
        check(plain[1][0][0] == "OPENED", f"without a contact: {plain}")
        bare = plain[1][0][1]
        ok("contacts come with reports of persons; machines may not send them")

        check(len(used_keys(engine)) == 4, "four contacts are in the log, those let go too")
        scan(engine, "after the reports")
        ok("nothing of them is on disk in clear, nor in the free words")

        shown = tool(engine, "case", "show", case, "--data", engine.data, "--lang", "en")
        check("with a sealed contact" in shown and "reporter 138****0000 (2 with a contact)" in shown, f"case show:\n{shown}")
        items = []
        for _ in range(20):
            for worker in crew.workers:
                kind, body = worker["client"].ask(4, [(1, 0), (2, 0), (3, 1), (4, wire.encode([(1, worker["at"])]))])
                items += [wire.one(wire.decode(item), 15, b"").decode() for item in body.get(2, [])] if kind == 6 else []
            if items:
                break
            time.sleep(0.1)
        check("138****0000" in items, f"the worker's item names the reporter masked: {items}")
        ok("the story, the tools and the worker's item show it masked")

        check(by_hand(intake, case, "REVEAL", reason="NONE")[0] == "REASON_NEEDED", "a reveal without a reason")
        check(by_hand(desk, case, "REVEAL") == ("NO_RIGHT", []), "a desk looked")
        check(by_hand(dispatcher, case, "ERASE")[0] == "NO_RIGHT", "a dispatcher erased")
        check(by_hand(intake, bare, "REVEAL") == ("NO_CONTACT", []), "a case without a contact")
        code, contacts = by_hand(intake, case, "REVEAL", key="same", text="ask where exactly")
        check(code == "DONE" and contacts[0] == (NAME, PHONE, NOTE) and len(contacts) == 2, f"a reveal: {code} {contacts}")
        check(by_hand(intake, case, "REVEAL", key="same", text="ask where exactly") == (code, contacts), "a resent reveal")
        out = tool(engine, "case", "reveal", case, "--as", chief.key_id, "--reason", "call_back", "--url", engine.url, keep=False)
        check(PHONE in out and NAME in out, f"gridloop case reveal: {out}")
        shown = tool(engine, "case", "show", case, "--data", engine.data, "--lang", "en")
        check(shown.count("looked up the reporter's contact: to call the reporter back") == 2, f"who looked and why:\n{shown}")
        ok("a reveal needs right and reason and stands in the story; a resent one counts once")

        engine.kill()
        engine.start()
        code, contacts = by_hand(intake, case, "REVEAL")
        check(contacts[0] == (NAME, PHONE, NOTE), f"after a crash: {code} {contacts}")
        check(len(keys_of(engine)) == 2, "after a restart there are the keys of two contacts and no others")
        ok("after kill -9 it can still be revealed; keys that nobody needs are gone")

        engine.stop()  # a snapshot with ciphertext in it
        engine.start()
        engine.gridloop("backup", os.path.join(engine.dir, "copy"), "--data", engine.data)
        check(not os.path.exists(os.path.join(engine.dir, "copy", "keys.db")), "the backup holds the keys")
        tool(engine, "top", "--once", "--url", engine.url)
        tool(engine, "history", "show", case, "--data", engine.data)
        tool(engine, "log", "dump", "--effects", "--data", engine.data)
        scan(engine, "before the erasure")
        ok("log, snapshots, history, backup, counters and tools hold nothing in clear")

        old_keys = keys_of(engine)
        until = time.monotonic() + 40
        while not engine.cases()[case]["is_closed"] and time.monotonic() < until:
            if crew.turn() == 0:
                time.sleep(0.05)
        check(engine.cases()[case]["is_closed"], "the case was not closed")
        engine.stop()
        effects = tool(engine, "log", "dump", "--effects", "--data", engine.data).splitlines()
        engine.start()
        check(by_hand(chief, case, "ERASE", reason="REPORTER_ASKED")[0] == "DONE", "an erasure")
        check(by_hand(chief, case, "ERASE", reason="REPORTER_ASKED")[0] == "CONTACT_ERASED", "erased twice")
        check(by_hand(intake, case, "REVEAL") == ("CONTACT_ERASED", []), "revealed after the erasure")
        gone = [key for name, key in old_keys.items() if name not in keys_of(engine)]
        check(len(gone) == 2, f"{len(gone)} keys went with the erasure")
        for path, data in files_of(engine.data):
            check(not any(key in data for key in gone), f"an erased key is still in {path}")
        ok("erasure deletes the keys, byte for byte; acts after it answer CONTACT_ERASED")

        shown = tool(engine, "case", "show", case, "--data", engine.data, "--lang", "en")
        check("erased the reporter's contact: the reporter asked for it" in shown and "reporter contact erased" in shown, shown)
        tool(engine, "log", "verify", "--replay", "--data", engine.data)
        engine.stop()
        after = tool(engine, "log", "dump", "--effects", "--data", engine.data).splitlines()
        check(after[:len(effects)] == effects, "the effects of the entries before the erasure have changed")
        shutil.rmtree(os.path.join(engine.data, "snapshots"))
        engine.start()
        check(by_hand(intake, case, "REVEAL") == ("CONTACT_ERASED", []), "after a restart from the first entry")
        engine.stop()
        tool(engine, "log", "verify", "--replay", "--data", engine.data)
        ok("the log replays as before without the keys")
        scan(engine, "after the erasure")
        ok("every byte searched once more: nothing")
        crew.close()


main()
