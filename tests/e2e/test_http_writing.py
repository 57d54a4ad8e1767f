#!/usr/bin/env python3
"""test_http_writing.py: what is done over HTTP: reports, acts, polls, photos, receipts, silences, Open311; once by its key, by rights."""
import hashlib
import sqlite3
import struct
import urllib.parse
import uuid

from engine import Engine, check
from http_side import Http, free_port, token_of

PHONE = "13812345678"
NAME = "Zhang San"


def key():
    return uuid.uuid4().hex


def report_once(intake, place):
    body = {"class": "E.01.02", "text": "bin by the gate", "on_behalf_of": True,
            "contact": {"name": NAME, "phone": PHONE}, **place}
    first = key()
    one = intake.post("/api/v1/reports", body, first)
    check(one.status == 201 and one.code == "OPENED", f"a report opens a case: {one.status} {one.bytes}")
    again = intake.post("/api/v1/reports", body, first)
    check(again.bytes == one.bytes and again.headers.get("idempotency-replayed") == "true", "the same key gives the same answer")
    other = intake.post("/api/v1/reports", {**body, "text": "another"}, first)
    check(other.status == 422 and other.code == "KEY_REUSED", f"another body under that key: {other.status} {other.bytes}")
    return one.json, body, first


def check_form(intake, dispatcher):
    for path, body, pointer in [
            ("/api/v1/reports", {"class": "E.01.02"}, "/lon_e7"),
            ("/api/v1/reports", {"typ": "x"}, "/typ"),
            ("/api/v1/reports", {"type": "hotline.noise", "lon_e7": "1", "lat_e7": 2}, "/lon_e7"),
            ("/api/v1/reports", {"class": "C.01.03", "lon_e7": 1, "lat_e7": 1}, "/class"),
            ("/api/v1/cases/1/acts", {"action": "dance"}, "/action"),
            ("/api/v1/cases/1/acts", {"action": "comment", "fix": {"lon_e7": 1}}, "/fix/lat_e7"),
            ("/api/v1/plans/1/acts", {"action": "accept"}, "/action")]:
        answer = intake.post(path, body)
        check(answer.status == 400 and answer.json.get("pointer") == pointer, f"{body}: {answer.status} {answer.bytes}")
    check(intake.post("/api/v1/reports", b"{", headers={"Content-Type": "application/json"}).status == 400, "not JSON")
    check(intake.post("/api/v1/reports", {}, "a b").status == 400, "a key with a blank")
    check(dispatcher.post("/api/v1/orders/0/acts", {"action": "accept"}).status == 404, "order 0")
    gone = dispatcher.post("/api/v1/cases/110108-20260303-9999/acts", {"action": "comment", "text": "x"})
    check(gone.status == 404 and gone.code == "UNKNOWN_CASE", f"unknown case: {gone.bytes}")


def log_in_worker(port, dispatcher, person, administrator):
    link = dispatcher.post("/api/v1/worker-links", {"person": person})
    check(link.status == 201 and link.json["qr"]["size"] >= 21, f"a link: {link.status} {link.bytes}")
    origin = f"https://127.0.0.1:{port}"  # the browser came through a proxy that speaks TLS
    proxied = dispatcher.post("/api/v1/worker-links", {"person": person}, headers={"Origin": origin})
    check(proxied.json["full_url"].startswith(origin + "/w/#"), f"a link for where the browser is: {proxied.bytes}")
    check(dispatcher.post("/api/v1/worker-links", {"person": administrator}).status == 403, "no link for an administrator")
    code = link.json["url"].split("#")[1]
    worker = Http(port)
    session = worker.post("/api/v1/worker-session", {"code": code})
    check(session.status == 200 and session.json["person"] == person, f"the code logs in: {session.bytes}")
    check(Http(port).post("/api/v1/worker-session", {"code": code}).status == 401, "a code is for once")
    return worker


def work_order(worker, other, dispatcher, number, order, place):
    """accept, arrive, photo, done, by the person whose order it is and nobody else."""
    acts = f"/api/v1/orders/{order}/acts"
    csrf, worker.csrf = worker.csrf, "wrong"
    check(worker.post(acts, {"action": "accept"}).status == 403, "without the CSRF token")
    worker.csrf = csrf
    stolen = other.post(acts, {"action": "accept"})
    check(stolen.status == 403 and stolen.code == "NOT_YOURS", f"another worker: {stolen.bytes}")
    tasks = worker.post("/api/v1/worker/poll", {"ack_seq": 0, "wait_ms": 3000, "status": "ready", "fix": place})
    offers = [item for item in tasks.json["items"] if item["order"] == order]
    check(offers and offers[-1]["case"] == number, f"the offer is told: {tasks.bytes}")
    mine = worker.until("/api/v1/worker/orders", lambda a: a.json.get("items"))
    check([row["order"] for row in mine.json["items"]] == [order], f"what a phone that lost all asks for: {mine.bytes}")
    first = key()
    for _ in range(2):
        done = worker.post(acts, {"action": "accept", "fix": place}, first)
        check(done.status == 200 and done.json["state"] == "ACCEPTED", f"accept: {done.bytes}")
    late = worker.post(acts, {"action": "accept"}, key())
    check(late.status == 409 and late.code == "WRONG_STATE" and "arrive" in late.json["possible"] and late.json["state"] == "ACCEPTED",
          f"accepting twice says what is possible: {late.bytes}")
    check(worker.post(acts, {"action": "arrive", "fix": place}, key()).json["state"] == "ARRIVED", "arrive")
    photo = jpeg()
    digest = hashlib.blake2b(photo, digest_size=16).hexdigest()
    check(worker.ask("PUT", f"/api/v1/blobs/{'0' * 32}", photo).code == "BAD_DIGEST", "a photo under a wrong name")
    stored = worker.ask("PUT", f"/api/v1/blobs/{digest}", photo, key())
    check(stored.status == 200 and stored.code == "STORED", f"photo: {stored.bytes}")
    done = worker.post(acts, {"action": "done", "fix": place, "evidence": [digest]}, key())
    check(done.status == 200 and done.json["state"] == "DONE", f"done: {done.bytes}")
    check(worker.post(f"/api/v1/cases/{number}/acts", {"action": "check_pass"}).status == 403, "who handled it does not check it")
    check(dispatcher.post(f"/api/v1/cases/{number}/acts", {"action": "void", "reason": "other"}).status == 403, "wrong role")


def jpeg():
    """The shape of a photo with a position in it; no decoder looks at it here."""
    exif = b"Exif\0\0GPS 116.3061 39.9061"
    return (b"\xff\xd8" + b"\xff\xe1" + struct.pack(">H", 2 + len(exif)) + exif + b"\xff\xda" + struct.pack(">H", 4) + b"\1\2" +
            b"picture\xff\0bytes\xff\xd9")


def look_at_photo(worker, dispatcher, administrator, number):
    """What was done stands with its photo; who looks is on record first, and gets it without what phones write into it."""
    told = dispatcher.until(f"/api/v1/cases/{number}", lambda a: a.json.get("evidence")).json
    photo = jpeg()
    shown = told["evidence"][0]
    check([shown["action"], shown["is_there"], shown["size"], shown["type"]] == ["DONE", True, len(photo), "image/jpeg"], f"evidence: {shown}")
    check(told["source"] == "HOTLINE" and told["opened_at_ms"] <= told["clock_set_ms"] <= told["deadline_ms"], f"a row: {told}")
    path = f"/api/v1/cases/{number}/evidence/{shown['digest']}"
    for who in (worker, administrator):
        check(who.get(path).status == 403, "who may not take evidence out does not look at it here")
    looks = lambda: sum(line["action"] == "READ_EVIDENCE" for line in dispatcher.get(f"/api/v1/cases/{number}").json["timeline"])
    check(looks() == 0, "nobody has looked")
    got = dispatcher.get(path)
    check(got.status == 200 and got.headers["content-type"] == "image/jpeg" and got.headers["x-content-type-options"] == "nosniff" and
          got.headers["content-disposition"].startswith("attachment;"), f"a photo: {got.status} {got.headers}")
    check(b"picture" in got.bytes and b"GPS" not in got.bytes, "it comes without its position")
    check(dispatcher.get(path + "?original=1").bytes == photo, "or as it was sent")
    dispatcher.until(f"/api/v1/cases/{number}", lambda a: sum(line["action"] == "READ_EVIDENCE" for line in a.json["timeline"]) == 2)
    check(looks() == 2, "each look is in the story")
    for other in (f"/api/v1/cases/{number}/evidence/{'0' * 32}", f"/api/v1/cases/999999/evidence/{shown['digest']}",
                  f"/api/v1/cases/{number}/evidence/..%2f..%2faccounts.db"):
        check(dispatcher.get(other).status in (403, 404), other)


def close_and_rate(port, chief, report):
    number, receipt, secret = report["case"], report["receipt"], report["secret"]
    public = Http(port)
    before = public.until(f"/api/v1/receipts/{receipt}", lambda a: a.status == 200 and a.json["state"] == "CHECKING")
    check(before.json["state"] == "CHECKING" and NAME.encode() not in before.bytes and b"gate" not in before.bytes,
          f"status: {before.bytes}")
    check(public.get(f"/api/v1/receipts/{number}.7").status == 404, "no such report")
    early = public.post(f"/api/v1/receipts/{receipt}/rating", {"secret": secret, "stars": 5})
    check(early.status == 409 and early.code == "RATED_EARLY", f"rated before the end: {early.bytes}")
    passed = chief.post(f"/api/v1/cases/{number}/acts", {"action": "check_pass"}, key())
    check(passed.status == 200 and passed.json["state"] == "CLOSED", f"check: {passed.bytes}")
    wrong = public.post(f"/api/v1/receipts/{receipt}/rating", {"secret": "zzzzzz", "stars": 5})
    check(wrong.status == 403 and wrong.code == "WRONG_SECRET", f"wrong secret: {wrong.bytes}")
    rated = public.post(f"/api/v1/receipts/{receipt}/rating", {"secret": secret.upper(), "stars": 4})
    check(rated.status == 200, f"stars: {rated.bytes}")
    unsolved = public.post(f"/api/v1/receipts/{receipt}/rating", {"secret": secret, "solved": False, "text": "still full"})
    check(unsolved.status == 200 and unsolved.json["state"] == "DISPATCHING", f"not solved opens it again: {unsolved.bytes}")
    slowed = [public.post(f"/api/v1/receipts/{receipt}/rating", {"secret": "aaaaaa", "stars": 1}).status for _ in range(4)]
    check(429 in slowed, f"secrets cannot be tried out: {slowed}")


def race(first, second, number):
    """Two at once on one case: one of them is told what the case is now."""
    done = first.post(f"/api/v1/cases/{number}/acts", {"action": "void", "reason": "false_alarm"}, key())
    lost = second.post(f"/api/v1/cases/{number}/acts", {"action": "force_close", "reason": "instructed"}, key())
    check(done.status == 200 and done.json["state"] == "VOID", f"the first: {done.bytes}")
    check(lost.status == 409 and lost.json["state"] == "VOID" and "reopen" in lost.json["possible"], f"the second: {lost.bytes}")


def hold_back(chief, worker):
    body = {"matchers": "rule=traffic.illegal_parking", "for_ms": 3600000, "why": "road works"}
    check(worker.post("/api/v1/silences", body).status == 403, "a worker silences nothing")
    held = chief.post("/api/v1/silences", body, key())
    check(held.status == 201, f"silence: {held.bytes}")
    number = held.json["order"]
    check(chief.post("/api/v1/silences", {**body, "matchers": "colour=red"}).code == "BAD_MATCHER", "a matcher that is none")
    check(chief.ask("DELETE", f"/api/v1/silences/{number}", key=key()).status == 200, "ended")
    check(chief.ask("DELETE", f"/api/v1/silences/{number}").code == "UNKNOWN_SILENCE", "ended once")


def reveal(intake, number):
    path, body, first = f"/api/v1/cases/{number}/acts", {"action": "reveal", "reason": "call_back"}, key()
    for _ in range(2):
        shown = intake.post(path, body, first)
        check(shown.status == 200 and shown.json["contacts"][0]["phone"] == PHONE, f"reveal: {shown.bytes}")


def tell_apart(engine, intake, walker, place):
    """What intake passes on is the public's; what somebody saw on a walk is the city's own; with a contact it is somebody else's."""
    seen = {"type": "patrol.garbage", "text": "seen", **place}
    north = {**place, "lat_e7": place["lat_e7"] + 30000}
    told = [(intake, {"type": "hotline.garbage", **north}, "HOTLINE"), (walker, {**seen, **north}, "PATROL"),
            (walker, {**seen, **north, "on_behalf_of": True, "contact": {"phone": PHONE}}, "HOTLINE")]
    want = []
    for who, body, source in told:
        answer = who.post("/api/v1/reports", body, key())
        check(answer.status == 201, f"{body}: {answer.status} {answer.bytes}")
        want.append((body["type"], source))
        last = answer.json["case"]
    intake.until(f"/api/v1/cases/{last}", lambda a: a.status == 200 and a.json["events"] >= 3)
    with sqlite3.connect(f"file:{engine.data}/history.db?mode=ro", uri=True) as db:
        have = db.execute("SELECT event_type, source FROM timeline WHERE source IS NOT NULL ORDER BY position DESC LIMIT 3").fetchall()
        check(have[::-1] == want, f"sources {have[::-1]}, not {want}")
        opened = db.execute("SELECT number, source FROM cases ORDER BY id").fetchall()
    check({row[1] for row in opened} == {"HOTLINE"}, f"all of these cases were opened by calls: {opened}")


def open311(port, token, place):
    anybody = Http(port)
    services = anybody.get("/open311/v2/services.json")
    check(any(row["service_code"] == "E.01.02" for row in services.json), f"services: {services.bytes[:200]}")
    form = {"service_code": "E.02.01", "lat": f"{place['lat_e7'] / 1e7 + 0.001:.7f}", "long": f"{place['lon_e7'] / 1e7:.7f}",
            "description": "a hole <b>&", "first_name": "Li", "phone": PHONE}
    def send(fields, ending="json"):
        return anybody.ask("POST", f"/open311/v2/requests.{ending}", urllib.parse.urlencode(fields).encode(),
                           headers={"Content-Type": "application/x-www-form-urlencoded"})
    check(send(form).status == 403, "without a key")
    check(send({**form, "api_key": token, "service_code": "X"}).json[0]["code"] == 400, "an unknown service")
    taken = send({**form, "api_key": token})
    check(taken.status == 201, f"taken: {taken.bytes}")
    receipt = taken.json[0]["service_request_id"]
    seen = anybody.until(f"/open311/v2/requests/{receipt}.xml", lambda a: a.status == 200)
    check(b"<status>open</status>" in seen.bytes and b"hole" not in seen.bytes and b"<lat>" not in seen.bytes, f"seen: {seen.bytes}")
    check(anybody.get("/open311/v2/requests.json").status == 401, "the list is not for everybody")
    listed = Http(port, token).get("/open311/v2/requests.json?status=open")
    check(len(listed.json) >= 1 and "lat" in listed.json[0], f"listed: {listed.bytes[:300]}")


def main():
    with Engine() as engine:
        port = free_port()
        table = engine.table("workers.csv")
        day = [row for row in table if row["shift"] == "shift.day"]
        by_right = {right: next(row["id"] for row in day if right in row["rights"].split())
                    for right in ("intake", "dispatcher", "shift_chief")}
        extra = ("--http", f"127.0.0.1:{port}", "--public-intake", by_right["intake"])
        engine.start(extra=extra)
        Http(port).until("/readyz", lambda a: a.status == 200)
        intake, dispatcher, chief = (Http(port, token_of(engine, by_right[right])) for right in by_right)
        chiefs = [row["id"] for row in table if "shift_chief" in row["rights"].split()]
        second = Http(port, token_of(engine, next(name for name in chiefs if name != by_right["shift_chief"])))
        administrator = next(row["id"] for row in table if "administrator" in row["rights"])
        workers = [row for row in day if "grid_worker" in row["roles"]]
        home = workers[3]
        place = {"lon_e7": round(float(home["lon"]) * 1e7), "lat_e7": round(float(home["lat"]) * 1e7)}
        check_form(intake, dispatcher)
        # Somebody near shows where they are, so that there is somebody to ask.
        near = Http(port, token_of(engine, home["id"]))
        near.post("/api/v1/worker/poll", {"status": "ready", "fix": place})
        check(intake.post("/api/v1/worker/poll", {"wait_ms": 26000}).status == 400, "a poll is held 25 s at most")
        report, body, first = report_once(intake, place)
        number = report["case"]
        case = dispatcher.until(f"/api/v1/cases/{number}", lambda a: a.status == 200 and (a.json.get("order") or {}).get("person"))
        order = case.json["order"]
        worker = log_in_worker(port, dispatcher, order["person"], administrator)
        other = Http(port, token_of(engine, next(row["id"] for row in workers if row["id"] != order["person"])))
        work_order(worker, other, dispatcher, number, order["number"], place)
        look_at_photo(worker, dispatcher, Http(port, token_of(engine, administrator)), number)
        reveal(intake, number)
        close_and_rate(port, chief, report)
        race(chief, second, number)
        hold_back(chief, worker)
        open311(port, intake.token, place)
        tell_apart(engine, intake, near, place)
        engine.kill()
        engine.start(extra=extra)
        Http(port).until("/readyz", lambda a: a.status == 200)
        again = intake.post("/api/v1/reports", body, first)
        check(worker.get("/api/v1/session").status == 200, "a phone's session outlives the engine")
        check(worker.post("/api/v1/worker/poll", {"wait_ms": 0}).status == 200, "and its CSRF token")
        check(again.status == 201 and again.code == "DEDUPED", f"after a crash the key is known to the core: {again.bytes}")
        check(sum(1 for case in engine.cases()) == 3, f"one case each: {list(engine.cases())}")
        engine.stop()
    print("ok 1 - done once, by whoever may, and told what is possible otherwise")


main()
