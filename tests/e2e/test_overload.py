#!/usr/bin/env python3
"""test_overload.py: ten times what the engine sustains, while alarms come in and workers act. Law 9, and law 8.

Life-safety events are all answered and overtake the flood; memory stays bounded; every event of a gateway that obeys its credit has
an answer; gateways that ignore it are cut off. Times are printed, not judged: only order and ratios are.
SECONDS=n sets how long the flood lasts. Runs alone.
"""
import csv
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import raw
import wire
from engine import Engine, check

SECONDS = float(os.environ.get("SECONDS", "10"))
BATCH_EVENTS = 500
RATIO_MIN = 4 # a flood batch waits so many times longer than an alarm
OBEDIENT, UNRULY = 24, 4 # eight batches of each may wait: a second of work and more
FLOOD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "flood.py")


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def resident_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def add_gateways(engine):
    path = os.path.join(engine.city, "gateways.csv")
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    for i in range(OBEDIENT + UNRULY):
        rows.append([f"flood-{i}", f"flood {i}", "camera", "true", "camera. hotline. sensor.", "wgs84"])
    rows.append(["alarm-1", "alarms", "camera", "true", "camera. sensor.", "wgs84"])
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def flood(engine, mode, seconds, pace, words):
    return subprocess.Popen([sys.executable, FLOOD, engine.url, str(seconds), mode, str(BATCH_EVENTS), str(pace), *words],
                            stdout=subprocess.PIPE, text=True)


class Crew:
    """Every worker's held poll on one raw socket; offers are accepted, arrived at and done at once."""

    STEPS = {"HANDLE": "DONE", "ASSIST": "DONE", "VERIFY_REPORT": "VERIFY_YES", "CHECK_RESULT": "CHECK_PASS"}

    def __init__(self, engine):
        self.socket = raw.Raw(engine.url)
        self.kinds = {number: name for name, number in wire.ORDER_KIND.items()}
        self.workers = {}
        self.asked = {}
        self.task_at = {}
        self.acts = self.acts_answered = self.acts_refused = 0
        time.sleep(0.2)
        cell = next(iter(engine.table("assets.csv")))
        for row in engine.table("workers.csv"):
            if int(row["capacity"] or 0) > 0:
                at = wire.place(row["lon"] or cell["lon"], row["lat"] or cell["lat"])
                self.workers[row["id"]] = {"id": row["id"], "ack": 0, "at": at, "epoch": time.time_ns() // 1000000, "seq": 0,
                                           "todo": [], "act": None, "poll": None}

    def _send(self, worker, kind, fields):
        request_id = self.socket.send(worker["id"], kind, wire.encode(fields))
        if request_id:
            self.asked[request_id] = (worker, kind)
        return request_id

    def turn(self):
        now = time.monotonic()
        for worker in self.workers.values():
            if worker["poll"] is None or now - worker["poll"] > 3:
                if self._send(worker, 4, [(1, worker["ack"]), (2, 2000), (3, 1), (4, wire.encode([(1, worker["at"])]))]):
                    worker["poll"] = now
            if worker["todo"] and (worker["act"] is None or now - worker["act"] > 3):
                order, action, place = worker["todo"][0]
                if self._send(worker, 5, [(1, worker["epoch"]), (2, worker["seq"] + 1), (3, order), (5, wire.ACTION[action]),
                                          (8, wire.encode([(1, place)]) if place else None)]):
                    self.acts += worker["act"] is None
                    worker["act"] = now
        while (answer := self.socket.receive()) is not None:
            if answer[0] in self.asked:
                self._take(*self.asked.pop(answer[0]), answer[1], answer[2])

    def _take(self, worker, asked, kind, body):
        if asked == 4:
            worker["poll"] = None
            for data in body.get(2, []) if kind == 6 else []:
                item = wire.decode(data)
                worker["ack"] = max(worker["ack"], wire.one(item, 1))
                self.task_at.setdefault(wire.one(item, 5, b"").decode(), time.monotonic())
                if wire.one(item, 2) == wire.ITEM_OFFER:
                    last = self.STEPS.get(self.kinds.get(wire.one(item, 6)), "DONE")
                    worker["todo"] += [(wire.one(item, 3), step, wire.one(item, 11, None)) for step in ("ACCEPT", "ARRIVE", last)]
            return
        if kind == 7 and worker["act"] is not None:
            self.acts_answered += 1
            worker["act"] = None
            worker["seq"] += 1
            order = worker["todo"].pop(0)[0]
            if wire.CODE_NAME[wire.one(body, 1)] != "DONE":
                worker["todo"] = [todo for todo in worker["todo"] if todo[0] != order]
        elif kind == 8:
            self.acts_refused += 1
            worker["act"] = time.monotonic() - 2.8


def alarms(engine, crew, seconds):
    """Fires and gas leaks one after another; [(sent, answered, case)]."""
    socket = raw.Raw(engine.url)
    time.sleep(0.2)
    devices = [("camera.fire", row["id"]) for row in engine.table("devices.csv") if row["kind"] == "camera"]
    devices += [("sensor.gas", row["id"]) for row in engine.table("devices.csv") if row["kind"] == "gas_sensor"]
    epoch, out, rss = time.time_ns() // 1000000, [], []
    end = time.monotonic() + seconds
    for seq in range(1, 1000000):
        event_type, device = devices[seq % len(devices)]
        fields = [("confidence", 0.99), ("kind", "fire")] if event_type == "camera.fire" else [("lel_pct", 40), ("device.health", "ok")]
        body = wire.encode([(1, epoch), (2, seq), (3, wire.encode(wire.event(f"a{seq}", event_type, device=device, fields=fields)))])
        sent, last, ids, answer = time.monotonic(), 0.0, set(), None
        while answer is None:
            now = time.monotonic()
            check(now - sent < 20, f"alarm {seq} had no answer within 20 s")
            if now - last > 2:
                ids.add(socket.send("alarm-1", 3, body))
                last = now
            crew.turn()
            got = socket.receive()
            if got is not None and got[0] in ids:
                check(got[1] == 5, f"alarm {seq} was refused: {wire.CODE_NAME.get(wire.one(got[2], 1))}")
                answer = wire.decode(got[2][4][0])
            else:
                time.sleep(0.0005)
        out.append((sent, time.monotonic(), wire.CODE_NAME[wire.one(answer, 1)], wire.one(answer, 2, b"").decode()))
        while time.monotonic() < sent + 0.05:
            crew.turn()
            time.sleep(0.001)
        if seq % 20 == 0:
            rss.append(resident_mb(engine.process.pid))
        if time.monotonic() > end:
            break
    socket.close()
    return out, rss


def main():
    with Engine() as engine:
        add_gateways(engine)
        engine.start()
        cameras = ",".join(row["id"] for row in engine.table("devices.csv") if row["kind"] == "camera")
        spot = next(row for row in engine.table("assets.csv") if row["lon"])
        words = [f"flood-{i}:hotline.garbage:@{spot['lon']}/{spot['lat']}" if i % 6 == 0 else f"flood-{i}:camera.crowd_density:{cameras}"
                 for i in range(OBEDIENT + UNRULY)]
        calm = json.loads(flood(engine, "obey", 3, 0, words[:OBEDIENT]).communicate(timeout=60)[0])
        sustained = sum(calm["results"].values()) / calm["seconds"]
        check(calm["unanswered"] == 0, f"{calm['unanswered']} batches without an answer at full speed")
        print(f"# sustained {sustained:.0f} events/s by {OBEDIENT} gateways within their credit")
        before = resident_mb(engine.process.pid)
        crew = Crew(engine)
        floods = [flood(engine, "obey", SECONDS, 0, words[:OBEDIENT]),
                  flood(engine, "ignore", SECONDS, 10 * sustained / BATCH_EVENTS, words[OBEDIENT:])]
        time.sleep(1)
        answered, rss = alarms(engine, crew, SECONDS - 1)
        counters = json.loads(engine.gridloop("top", "--once", "--json", "--url", engine.url))
        obedient, unruly = [json.loads(process.communicate(timeout=90)[0]) for process in floods]
        for _ in range(200):
            crew.turn()
            time.sleep(0.005)

        offered = (obedient["offered_events"] + unruly["offered_events"]) / SECONDS
        latency = [at - sent for sent, at, _, _ in answered]
        tasks = [crew.task_at[case] - sent for sent, _, code, case in answered if code == "OPENED" and case in crew.task_at]
        flooded = [at - sent for sent, at in obedient["batches"]]
        print(f"# offered {offered:.0f} events/s, {offered / sustained:.1f} times that; credit fell to {obedient['credit_min']}")
        print(f"# obedient: results {obedient['results']}, rejects {obedient['rejects']}")
        print(f"# unruly: results {unruly['results']}, rejects {unruly['rejects']}")
        print(f"# life safety: {len(answered)} events, answered after p50 {quantile(latency, .5) * 1e3:.1f} ms "
              f"p99 {quantile(latency, .99) * 1e3:.1f} ms; event to task: {len(tasks)} tasks, p50 {quantile(tasks, .5) * 1e3:.1f} ms "
              f"p99 {quantile(tasks, .99) * 1e3:.1f} ms")
        print(f"# flood batches: p50 {quantile(flooded, .5) * 1e3:.1f} ms p99 {quantile(flooded, .99) * 1e3:.1f} ms")
        print(f"# memory: {before:.0f} MB before, at most {max(rss):.0f} MB; worker acts {crew.acts}, answered {crew.acts_answered}")

        check(len(answered) >= SECONDS, f"only {len(answered)} alarms went through in {SECONDS:.0f} s")
        print(f"ok 1 - all {len(answered)} life-safety events were answered, none refused")
        overtaken = sum(any(first < sent and done > at for first, done in obedient["batches"]) for sent, at, _, _ in answered)
        check(quantile(latency, .5) * RATIO_MIN <= quantile(flooded, .5), "alarms waited like everybody else")
        check(overtaken * 2 >= len(answered), f"only {overtaken} of {len(answered)} alarms overtook a batch sent before")
        print(f"ok 2 - {overtaken} of {len(answered)} overtook flood batches that were sent before them")
        check(len(tasks) > 0, "no alarm became a task")
        check(crew.acts_answered > 0 and crew.acts_answered >= crew.acts - len(crew.workers), "worker acts had no answers")
        print(f"ok 3 - workers went on: {crew.acts_answered} of {crew.acts} acts answered, {crew.acts_refused} held")
        check(obedient["unanswered"] == 0, f"{obedient['unanswered']} batches of obedient gateways have no answer")
        check(sum(obedient["results"].values()) == obedient["first_sent"] * BATCH_EVENTS, "the ledger of the obedient does not add up")
        print(f"ok 4 - every event of the obedient has its result: {sum(obedient['results'].values())}")
        check(unruly["rejects"].get("RATE", 0) > 0, "nobody was cut off")
        check(unruly["without_retry"] == 0 and obedient["without_retry"] == 0, "a refusal did not say when to come again")
        refused = sum(value for name, value in counters.items() if name.startswith("gridloop_rejects_total"))
        check(refused > 0, "refusals were not counted")
        print(f"ok 5 - {sum(unruly['rejects'].values())} refusals for those who ignore their credit, each with its time")
        check(max(rss) < before + 600, f"memory grew from {before:.0f} to {max(rss):.0f} MB")
        print(f"ok 6 - memory stayed bounded: {max(rss) - before:.0f} MB above the start")
        engine.stop()
        engine.gridloop("log", "verify", "--data", engine.data)
        print("ok 7 - the log verifies")


main()
