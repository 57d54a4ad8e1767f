#!/usr/bin/env python3
"""test_loop.py: one case from the event to the checked result through real processes, and what the tools say of it."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire
from engine import Engine, check, ok

WAIT_S = 10


class Worker:
    def __init__(self, engine, row):
        self.client = wire.Client(engine.url, row["id"])
        self.id = row["id"]
        self.at = wire.place(row["lon"], row["lat"]) if row["lon"] else None
        self.epoch, self.seq, self.ack = 1, 0, 0

    def offers(self):
        items = self.client.poll(self.ack, at=self.at) or []
        self.ack = max([self.ack] + [item["seq"] for item in items])
        return [item for item in items if item["kind"] == wire.ITEM_OFFER]

    def act(self, order, action, **more):
        self.seq += 1
        return self.client.act(self.epoch, self.seq, order, action, **more)


def wait_for_offer(crew):
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        for worker in crew:
            for item in worker.offers():
                return worker, item
        time.sleep(0.05)
    check(False, f"nobody was offered anything within {WAIT_S} s")


def explain(engine):
    return engine.gridloop("case", "explain", "1", "--data", engine.data, "--lang", "en")


def main():
    with Engine() as engine:
        engine.start()
        crew = [Worker(engine, row) for row in engine.table("workers.csv") if int(row["capacity"] or 0) > 0]
        for worker in crew:
            worker.offers()  # everybody is seen, at home
        camera = wire.Client(engine.url, "camera-gateway-1")
        full = wire.event("e-1", "camera.garbage_overflow", device="C-017", fields=[("confidence", 0.95), ("fill", 0.93)])
        kind, results = camera.batch(1, 1, [full])
        check((kind, results[0][0]) == ("ack", "OPENED"), f"a full bin: {results}")
        no = results[0][1]
        check(camera.batch(1, 1, [full]) == (kind, results), "a resend is answered with other words")
        other = camera.batch(1, 1, [wire.event("e-9", "camera.fire", device="C-017")])
        check("SEQ_REUSED" in str(other), f"another batch under a used number: {other}")
        ok(f"a camera's event opens {no}; a resend gets the same answer, another batch under its number does not")

        again = wire.event("e-2", "camera.garbage_overflow", device="C-017", fields=[("confidence", 0.95), ("fill", 0.97)])
        check(camera.batch(1, 2, [again])[1] == [("DEDUPED", no)], "the same camera again")
        bin_code = next(row["asset"] for row in engine.table("devices.csv") if row["id"] == "C-017")
        spot = next(row for row in engine.table("assets.csv") if row["code"] == bin_code)
        patrol = wire.Client(engine.url, "patrol-app")
        kind, results = patrol.batch(1, 1, [wire.event("p-1", "patrol.garbage", at=wire.place(spot["lon"], spot["lat"]))])
        check(results == [("MERGED", no)], f"a patrol at the same bin: {results}")
        check(camera.batch(1, 3, [wire.event("e-3", "camera.garbage_overfull", device="C-017")])[1][0][0] in ("NO_RULE", "UNKNOWN_TYPE"),
              "a type that no rule knows")
        ok("a repeat is counted, a patrol's report merges, an unknown type is answered so")

        first, item = wait_for_offer(crew)
        stranger = next(worker for worker in crew if worker is not first)
        check(stranger.act(item["order"], "ACCEPT") == "NOT_YOURS", "a stranger accepted the order")
        check(first.act(item["order"], "DONE") == "WRONG_STATE", "an offer was done before it was accepted")
        check(first.act(item["order"], "DECLINE") == "REASON_NEEDED", "a decline without a reason was taken")
        check(first.act(item["order"], "DECLINE", reason=wire.REASON["BUSY"]) == "DONE", "a decline with a reason was refused")
        second, item = wait_for_offer(crew)
        check(second is not first, "it was offered again to whoever declined it")
        ok(f"{first.id} declines, {second.id} is asked next; strangers and shortcuts are refused")

        for step in ("ACCEPT", "ARRIVE", "DONE"):
            code = second.act(item["order"], step, place=item["place"])
            check(code == "DONE", f"{step}: {code}")
        checker, check_item = wait_for_offer(crew)
        check(check_item["order_kind"] == wire.ORDER_KIND["CHECK_RESULT"], f"after done comes a check, not {check_item}")
        check(checker is not second, "the handler was asked to check")
        for step in ("ACCEPT", "ARRIVE", "CHECK_PASS"):
            code = checker.act(check_item["order"], step, place=item["place"])
            check(code == "DONE", f"{step}: {code}")
        case = engine.cases()[no]
        check(case["is_closed"] and case["state"] == "CLOSED", f"the case is {case['state']}")
        ok(f"{second.id} did it, {checker.id} checked it, {no} is closed")

        told = explain(engine)
        for words in ("-> rule sanitation.garbage_overflow -> case 1", "merged into case 1", "declined", "offered to", "accepted",
                      "not the handler: passed. CLOSED"):
            check(words in told, f"explain does not say \"{words}\":\n{told}")
        told_zh = engine.gridloop("case", "explain", "1", "--data", engine.data, "--lang", "zh")
        check("结案" in told_zh and "派给" in told_zh, f"explain in Chinese:\n{told_zh}")
        ok("case explain tells all of it, in both languages")

        before = engine.gridloop("log", "replay", "--data", engine.data)
        engine.stop()
        engine.start()
        check(engine.cases()[no]["state"] == "CLOSED", "the case is not closed after a restart")
        check(explain(engine) == told, "the story changed with a restart")
        check(camera.batch(1, 1, [full])[1] == [("OPENED", no)], "a resend after the restart")
        engine.gridloop("log", "verify", "--replay", "--data", engine.data)
        check(len(before) > 0, "log replay says nothing")
        engine.stop()
        ok("after a restart everything is as before, and the log verifies")


main()
