#!/usr/bin/env python3
"""test_service.py: what a service manager and `gridloop top` hear of a running engine."""
import json
import os
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire
from engine import Engine, check


def heard(manager, word, wait_s):
    """Until a message holds that line."""
    manager.settimeout(wait_s)
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        try:
            if word in manager.recv(4096).decode().split("\n"):
                return True
        except socket.timeout:
            break
    return False


def hear_all(manager):
    """What has come so far: the queue of such a socket is short, and what finds it full is not sent again."""
    manager.settimeout(0)
    try:
        while True:
            manager.recv(4096)
    except BlockingIOError:
        pass


def main():
    with Engine() as engine:
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind(os.path.join(engine.dir, "notify.sock"))
        engine.env["NOTIFY_SOCKET"] = os.path.join(engine.dir, "notify.sock")
        engine.env["WATCHDOG_USEC"] = "400000"
        engine.start()
        check(heard(manager, "READY=1", 5), "READY was not said")
        begin = time.monotonic()
        check(all(heard(manager, "WATCHDOG=1", 2) for _ in range(5)), "the watchdog was not fed")
        check(time.monotonic() - begin < 5 * 0.4, "the watchdog was fed too slowly")
        print("ok 1 - a service manager hears READY and five signs of life in time")

        client = wire.Client(engine.url, "camera-gateway-1")
        client.batch(1, 1, [wire.event("a", "camera.crowd_density", device="C-017"), wire.event("b", "camera.nonsense")])
        client.batch(1, 9, [wire.event("c", "camera.crowd_density", device="C-017")])
        counters = json.loads(engine.gridloop("top", "--once", "--json", "--url", engine.url))
        for name, value in (("gridloop_events_total", 2), ('gridloop_results_total{code="NO_RULE"}', 2),
                            ('gridloop_rejects_total{code="SEQ_GAP"}', 1), ('gridloop_queue_requests{lane="life_safety"}', 0),
                            ("gridloop_credit_batches", 8), ("gridloop_pressure_level", 0)):
            check(counters.get(name) == value, f"{name} is {counters.get(name)}, expected {value}")
        check(all(name.startswith("gridloop_") for name in counters), "a name without its prefix")
        check(counters["gridloop_memory_resident_bytes"] > 1e6 and counters["gridloop_log_sync_seconds_count"] > 0, "no numbers of the process")
        check("sync p50" in engine.gridloop("top", "--once", "--url", engine.url), "the table lacks the syncs")
        engine.gridloop("top", "--once", "--url", f"ipc://{engine.dir}/nobody.sock", expect=69)
        print(f"ok 2 - {len(counters)} counters agree with what was sent")

        hear_all(manager)
        engine.process.terminate()
        check(heard(manager, "STOPPING=1", 20), "STOPPING was not said")
        check(engine.process.wait(20) == 0, "it ended badly")
        print("ok 3 - STOPPING is said on the way down")


main()
