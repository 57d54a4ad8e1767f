#!/usr/bin/env python3
"""test_kill.py: kill -9 of the engine again and again, while this process, outside, holds every acknowledgement.

KILLS=n (default 30). Laws tried: 1 no acknowledged command is lost, 2 each takes effect once and a resend gets the
same answer, 12 when the killing stops, all accepted work completes. SEED=n repeats a run's choices.
"""
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire
from engine import Crew, Engine, check

KILLS = int(os.environ.get("KILLS", "30"))
SEED = int(os.environ.get("SEED", str(time.time_ns() % 1000000)))
BATCH = 5          # events
RESENT_BATCHES = 3  # of limits: batches_kept 4; one more may have been taken without our knowing


class Gateway:
    """Sends numbered batches; keeps one until it is acknowledged, as an outbox does."""

    def __init__(self, engine, key_id, make_event):
        self.client = wire.Client(engine.url, key_id, timeout_ms=300)
        self.key_id = key_id
        self.make_event = make_event
        self.epoch = 1
        self.seq = 0
        self.waiting = None
        self.acked = []   # (seq, events, results)
        self.number = 0
        self.resends = 0

    def next_batch(self):
        self.number += BATCH
        return [self.make_event(f"{self.key_id}-{self.number + i}") for i in range(BATCH)]

    def turn(self):
        """True when a batch was acknowledged."""
        if self.waiting is None:
            self.waiting = self.next_batch()
        try:
            kind, results = self.client.batch(self.epoch, self.seq + 1, self.waiting)
        except wire.Silence:
            self.resends += 1
            return False
        if kind == "reject":
            check(results in ("OVERLOADED", "RATE"), f"batch {self.seq + 1} was rejected: {results}")
            time.sleep(0.02)
            return False
        check(len(results) == BATCH, f"{len(results)} results for {BATCH} events")
        self.seq += 1
        self.acked.append((self.seq, self.waiting, results))
        self.waiting = None
        return True

    def resend_last(self):
        """What was acknowledged last is acknowledged again with the same words."""
        for seq, events, results in self.acked[-RESENT_BATCHES:]:
            for _ in range(5):
                try:
                    kind, again = self.client.batch(self.epoch, seq, events)
                    break
                except wire.Silence:
                    continue
            else:
                check(False, "the engine stays silent")
            check(kind == "ack" and again == results,
                  f"batch {seq} of {self.key_id} was answered {results} and, sent again, {again}")


def sources(engine, random_):
    """What gateways of the synthetic city report: a full bin again and again, and ever new cars in the way."""
    bins = [row["id"] for row in engine.table("devices.csv") if row["kind"] == "camera" and row["asset"]]
    zones = [row["id"] for row in engine.table("devices.csv") if row["kind"] == "camera" and row["zone"]]
    assets = engine.table("assets.csv")
    check(bins and zones and assets, "the synthetic city has cameras that watch bins and zones")
    plate = lambda: f"Q{random_.randrange(10 ** 6):06d}"

    def camera(event_id):
        if random_.random() < 0.3:
            return wire.event(event_id, "camera.garbage_overflow", device=random_.choice(bins),
                              fields=[("confidence", 0.95), ("fill", 0.93)])
        return wire.event(event_id, "camera.vehicle_stationary", device=random_.choice(zones),
                          fields=[("confidence", 0.97), ("plate", plate()), ("vehicle_class", "car"),
                                  ("exempt", False), ("dwell_s", 900)])

    def hotline(event_id):
        asset = random_.choice(assets)
        return wire.event(event_id, "hotline.parking", at=wire.place(asset["lon"], asset["lat"]), fields=[("plate", plate())])

    return {"camera-gateway-1": camera, "hotline-12345": hotline}


def main():
    print(f"# seed {SEED}, {KILLS} kills")
    random_ = random.Random(SEED)
    with Engine() as engine:
        recovery_s = [engine.start()]
        gateways = [Gateway(engine, key, make) for key, make in sources(engine, random_).items()]
        crew = Crew(engine)
        for _ in range(KILLS):
            # The killer does not wait for a good moment: requests, syncs and answers are under way.
            killer = threading.Timer(random_.uniform(0.02, 0.5), engine.process.kill)
            killer.start()
            while engine.process.poll() is None:
                for gateway in gateways:
                    gateway.turn()
                crew.turn()
            killer.join()
            recovery_s.append(engine.start())
            for gateway in gateways:
                gateway.resend_last()
        # The killing is over: what is waiting goes through, and the crew works everything off.
        for gateway in gateways:
            while gateway.waiting is not None:
                gateway.turn()
        quiet_since = time.monotonic()
        deadline = time.monotonic() + 60
        while time.monotonic() - quiet_since < 3 and time.monotonic() < deadline:
            if crew.turn() > 0:
                quiet_since = time.monotonic()
        judge(engine, gateways, crew)
        recovery_s.sort()
        print(f"# restart answered after {recovery_s[len(recovery_s) // 2]:.2f} s (median), {recovery_s[-1]:.2f} s (worst)")
        crew.close()
        engine.stop()


def judge(engine, gateways, crew):
    acked = [(result, event) for gateway in gateways for _, events, results in gateway.acked
             for result, event in zip(results, events)]
    opened = [case for (code, case), _ in acked if code == "OPENED"]
    named = {case for (code, case), _ in acked if case}
    check(len(opened) == len(set(opened)), "a case was opened twice")
    check(named, "no case came of it")
    cases = engine.cases()
    lost = sorted(named - set(cases))
    check(not lost, f"{len(lost)} acknowledged cases are gone: {lost[:5]}")
    extra = sorted(set(cases) - named)
    check(not extra, f"{len(extra)} cases that nobody was told of: {extra[:5]}")
    unheld = [no for no, case in cases.items() if not case["is_closed"] and not case["holder"]]
    check(not unheld, f"open cases without a holder: {unheld[:5]}")
    still = [no for no, case in cases.items() if not case["is_closed"]]
    engine.gridloop("log", "verify", "--replay", "--data", engine.data)
    resends = sum(gateway.resends for gateway in gateways) + crew.silences
    print(f"ok 1 - {KILLS} kills: {len(acked)} events and {crew.acks} acts acknowledged, 0 lost, {resends} requests resent, 0 doubled")
    print(f"ok 2 - {len(cases)} cases, {len(cases) - len(still)} closed, {len(still)} open, each with a holder")
    check(len(cases) > len(still), "nothing was closed after the killing stopped")


main()
