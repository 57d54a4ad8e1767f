#!/usr/bin/env python3
"""test_rights.py: every kind of identity tries every kind of request; a name that is not known gets nothing; what is sent twice counts
once. (Every role and every act on a case: tests/unit/core/test_life.c.)
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire
from engine import Engine, check, ok

HELLO, BATCH, POLL, ACT, REPORT, BLOB, PLANS, RULES = 2, 3, 4, 5, 6, 7, 9, 10
REQUESTS = {HELLO: "Hello", BATCH: "EventBatch", POLL: "Poll", ACT: "Act", REPORT: "Report", BLOB: "BlobPut", PLANS: "PlanAsk",
            RULES: "Rules"}
REPORTING = {"worker", "inspector", "intake", "department_desk", "shift_chief", "dispatcher"}


def body_of(request, serial, kind, place):
    event = wire.event(f"r-{serial}", f"{kind}.garbage", at=place)
    if request == HELLO:
        return [(1, "test_rights")]
    if request == BATCH:
        return [(1, 0), (2, 0), (3, wire.encode(event))]
    if request == POLL:
        return [(1, 0), (2, 0)]
    if request == ACT:
        return [(4, "1"), (5, wire.ACTION["COMMENT"]), (7, "seen"), (11, f"k-{serial}")]
    if request == REPORT:
        return [(3, wire.encode(event))]
    if request == RULES:  # of files that are not there: what is refused for that was not refused for the right
        return [(1, 1), (2, "a reason"), (3, b"\1" * 16)]
    return [(1, 1)] if request == PLANS else [(1, b"\0" * 16), (2, b"x")]


def answer(client, request, body):
    """What the engine made of it: "ok", or the code of the refusal."""
    kind, got = client.ask(request, body)
    if kind == 8:
        return wire.CODE_NAME[wire.one(got, 1)]
    if kind == 5:
        codes = [wire.CODE_NAME[wire.one(wire.decode(row), 1)] for row in got.get(4, [])]
        return codes[0] if codes and codes[0] in ("NO_RIGHT", "UNKNOWN_IDENTITY") else "ok"
    code = wire.CODE_NAME[wire.one(got, 1)] if kind in (7, 12) else ""
    if kind == 12 and code == "RULES_DIFFER":
        return "RULES_DIFFER"
    return code if code in ("NO_RIGHT", "UNKNOWN_IDENTITY") else "ok"


def expected(identity, request):
    if request == RULES:
        return "RULES_DIFFER" if set(identity["rights"]) & {"administrator", "shift_chief"} else "NO_RIGHT"
    if identity["is_gateway"]:
        if request == BLOB:
            return "BAD_DIGEST"
        return "ok" if request in (HELLO, BATCH) else "NO_RIGHT"
    if request == BATCH:
        return "NO_RIGHT"
    if request == REPORT:
        return "ok" if set(identity["rights"]) & REPORTING else "NO_RIGHT"
    return "BAD_DIGEST" if request == BLOB else "ok"


def main():
    with Engine() as engine:
        with open(os.path.join(engine.city, "workers.csv"), "a", encoding="utf-8") as file:
            for right in ("overseer", "auditor", "administrator"):  # the made-up city may lack one
                file.write(f"test.{right},{right},,,,{right},,,,0,,,,,false,\n")
        engine.start()
        spot = next(iter(engine.table("assets.csv")))
        place = wire.place(spot["lon"], spot["lat"])
        identities = [{"id": row["id"], "is_gateway": True, "kind": row["types"].rstrip(".") or "patrol", "rights": []}
                      for row in engine.table("gateways.csv")]
        known = set()
        for row in engine.table("workers.csv"):
            rights = tuple(sorted(row["rights"].split()))
            if rights and rights not in known:
                known.add(rights)
                identities.append({"id": row["id"], "is_gateway": False, "kind": "patrol", "rights": rights})
        check({right for rights in known for right in rights} >= REPORTING | {"overseer", "auditor", "administrator"}, f"roles: {known}")
        first = wire.Client(engine.url, "patrol-app")
        check(first.batch(1, 1, [wire.event("p-1", "patrol.garbage", at=place)])[1][0][0] == "OPENED", "a case to act on")
        serial = 0
        for identity in identities:
            client = wire.Client(engine.url, identity["id"])
            for request, name in REQUESTS.items():
                serial += 1
                got = answer(client, request, body_of(request, serial, identity["kind"], place))
                want = expected(identity, request)
                check(got == want, f"{name} by {identity['id']} {identity['rights']}: {got}, expected {want}")
            client.close()
        ok(f"{serial} pairs of identity and request, {len(known)} sets of rights")

        for name in ("../patrol-app", "", "x" * 65, "patrol-app\0"):  # no name at all: answered without the request's number
            client = wire.Client(engine.url, name)
            frame = wire.encode([(1, 1), (2, name), (5, wire.encode([(1, 7), (HELLO, wire.encode([(1, "x")]))]))])
            reject = wire.decode(wire.one(wire.decode(wire.one(wire.decode(client.raw(frame)), 5)), 8))
            check(wire.CODE_NAME[wire.one(reject, 1)] == "UNKNOWN_IDENTITY", f"{name!r}: {reject}")
            client.close()
        for name in ("nobody", "patrol-app2", "Patrol-app", "patrol-app."):
            client = wire.Client(engine.url, name)
            for request in REQUESTS:
                serial += 1
                got = answer(client, request, body_of(request, serial, "patrol", place))
                check(got == "UNKNOWN_IDENTITY", f"{REQUESTS[request]} by {name!r}: {got}")
            client.close()
        ok("a name that is not known, or nearly, gets nothing")

        camera = wire.Client(engine.url, "camera-gateway-1")
        check(camera.batch(1, 1, [wire.event("x-1", "patrol.garbage", at=place)])[1][0][0] == "NO_RIGHT", "a camera as a patrol")
        cases = len(engine.cases())
        frames = []
        asked = first.raw
        first.raw = lambda frame: (frames.append(frame), asked(frame))[1]
        was = first.batch(1, 2, [wire.event("p-2", "patrol.garbage", at=wire.place(116.31, 39.91))])
        first.raw = asked
        for _ in range(5):
            again = wire.decode(wire.one(wire.decode(first.raw(frames[0])), 5, b""))
            check(wire.one(wire.decode(wire.one(wire.decode(wire.one(again, 5)), 4)), 2, b"").decode() == was[1][0][1], "another answer")
        check(len(engine.cases()) - cases <= 1, "a frame that was sent again opened another case")
        ok("the same frame again, six times, counts once and is answered alike")
        engine.stop()


main()
