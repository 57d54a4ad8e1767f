#!/usr/bin/env python3
"""test_silence.py: a shift chief silences a rule of a running engine: what is held back says why, the list shows it, a kill -9 keeps it, its end
ends it; whoever may not is told who may."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "audit"))
import audit
from cityread import City
from engine import GRIDLOOP, Engine, check, ok
from ruleread import Rules


def person(engine, right):
    return next(row["id"] for row in engine.table("workers.csv") if right in row["rights"].split())


def send(engine):
    return engine.gridloop("send", "--example", "camera.garbage_overflow", "--url", engine.url)


def silence(engine, who, *words, expect=0):
    out = engine.gridloop("silence", *words, "--as", who, "--url", engine.url, "--json", expect=expect)
    return json.loads(out) if expect == 0 else None


def main():
    with Engine(clock="scaled:1@2026-03-03T08:20+08:00") as engine:
        engine.start(extra=("--limit", "silences=4"))
        chief, worker, admin = (person(engine, right) for right in ("shift_chief", "worker", "administrator"))
        matchers = ["rule=sanitation.garbage_overflow", "class=E.01.02"]
        for who in (worker, admin):
            silence(engine, who, "add", *matchers, "--for", "1h", "--why", "x", expect=77)
        silence(engine, chief, "add", "rule=no.such", "--for", "1h", "--why", "x", expect=77)
        silence(engine, chief, "add", "rule=sanitation.garbage_overflow", "--for", "90d", "--why", "x", expect=77)
        silence(engine, chief, "add", "rule=sanitation.garbage_overflow", "--for", "1h", "--why", "x", "--maintenance", expect=77)
        ok("who may not, what is not there, too long, and repairs of nothing are refused")
        one = silence(engine, chief, "add", *matchers, "--for", "1h", "--why", "street festival")
        check(one == {"code": "DONE", "number": 1, "overlaps": []}, f"added: {one}")
        text = engine.gridloop("silence", "list", "--as", worker, "--url", engine.url, "--lang", "zh")
        check("静默" in text and "street festival" in text and matchers[0] in text, f"list: {text}")
        sent = send(engine)
        check("SUPPRESSED" in sent and "by silence 1" in sent, f"sent: {sent}")
        check(engine.cases() == {}, "no case")
        engine.kill()
        engine.start()
        rows = silence(engine, worker, "list")
        check([(row["number"], row["held"], row["actor"], row["why"]) for row in rows] ==
              [(1, 1, chief, "street festival")], f"after kill -9: {rows}")
        ok("held back, counted, listed, and kept through kill -9")
        two = silence(engine, chief, "add", "class=E.01.02", "area=area.square", "--for", "2h", "--why", "fair")
        check(two["overlaps"] == [1], f"one that may hold the same back: {two}")
        other = silence(engine, chief, "add", "rule=traffic.illegal_parking", "class=E.04.01", "--for", "2h", "--why", "later")
        check(other["overlaps"] == [], f"another rule: {other}")
        check({row["number"]: row["overlaps"] for row in silence(engine, worker, "list")} == {1: [2], 2: [1], 3: []}, "the list has them")
        text = engine.gridloop("silence", "list", "--as", worker, "--url", engine.url, "--lang", "zh")
        check("重叠：2" in text and "重叠：1" in text, f"list: {text}")
        for row in (two, other):
            silence(engine, chief, "end", str(row["number"]))
        ok("what overlaps is named when it is said and in the list")
        check(silence(engine, chief, "end", "1") == {"code": "DONE", "number": 1}, "ended")
        silence(engine, chief, "end", "1", expect=77)
        check(silence(engine, worker, "list") == [], "nothing is held back")
        send(engine)
        check(len(engine.cases()) == 1, "a case again")
        ok("ended before its time")
        dump = engine.gridloop("log", "dump", "--data", engine.data, "--effects")
        check('"effect":"SILENCE"' in dump.replace(" ", "") and '"what":"UNSILENCE"' in dump.replace(" ", ""), "the log tells of both")
        check('"silence":1' in dump.replace(" ", ""), "the firing names its reason")
        ok("the log tells who, what, until when")
        rules = Rules(os.path.join(engine.city, "rules"))
        result = audit.run(City(engine.city), rules, audit.read_dump(dump.splitlines(keepends=True)))
        check(result.differences == [] and result.last_silence == 3, f"the outside view: {result.differences}")
        ok("recomputed from outside: 0 differences")
        for _ in range(4):
            silence(engine, chief, "add", *matchers, "--for", "1h", "--why", "x")
        for lang, words in (("zh", ["已拒绝 TABLE_FULL: ", "；见 gridloop silence list", "限额 silences=4 已满"]), ("en", ["refused TABLE_FULL: ", "limit silences=4 is reached"])):
            done = subprocess.run([GRIDLOOP, "silence", "add", *matchers, "--for", "1h", "--why", "x", "--as", chief, "--url", engine.url, "--lang", lang],
                                  capture_output=True, text=True, timeout=30, env={**os.environ, **engine.env}, check=False)
            check(done.returncode == 77 and all(word in done.stderr for word in words), f"one too many: {done.stderr}")
        ok("one too many: the limit is named, in the reader's language")


if __name__ == "__main__":
    main()
