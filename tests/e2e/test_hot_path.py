#!/usr/bin/env python3
"""test_hot_path.py: 10,000 events in batches of 1,000 cost the engine system calls per batch, not per event, and no memory from the
system. Counted by strace on the engine thread and the log thread (the history has its own); skips without strace.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire
from engine import Engine, check, skip

BATCHES, EVENTS = 10, 1000
CALLS_PER_BATCH_MAX = 200  # sockets, wake-ups, clocks, one write and one sync; far from 1,000


def threads(pid):
    """-p for the engine thread, which is the first, and for the log thread."""
    out = ["-p", str(pid)]
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/comm", encoding="ascii") as name:
            if name.read().strip() == "gridloop-log":
                out += ["-p", task]
    check(len(out) == 4, f"the log thread was not found: {out}")
    return out


def main():
    strace = shutil.which("strace") or skip("strace is not installed")
    with Engine() as engine:
        engine.start()
        client = wire.Client(engine.url, engine.gateways()[0])
        client.hello()
        events = [wire.event(None, "camera.crowd_density", device="C-017", fields=[("density", 0.1)])] * EVENTS
        for seq in (1, 2, 3):
            check(client.batch(1, seq, events)[0] == "ack", "a batch was not taken")
        out = os.path.join(engine.dir, "calls")
        tracer = subprocess.Popen([strace, "-c", "-U", "calls,name", "-o", out, *threads(engine.process.pid)],
                                  stderr=subprocess.PIPE, text=True)
        if "attached" not in tracer.stderr.readline():
            tracer.kill()
            skip("strace may not attach here")
        time.sleep(0.5)
        for seq in range(4, 4 + BATCHES):
            check(client.batch(1, seq, events)[0] == "ack", "a batch was not taken")
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        calls = {name: int(count) for count, name in re.findall(r"^\s*(\d+) (\w+)$", open(out, encoding="ascii").read(), re.M)}
        total = calls.pop("total", sum(calls.values()))
        print("# " + ", ".join(f"{name} {count}" for name, count in sorted(calls.items(), key=lambda item: -item[1])))
        check(calls.get("fdatasync", 0) + calls.get("fsync", 0) > 0, f"strace saw no sync: {calls}")
        check(calls.get("fdatasync", 0) <= 3 * BATCHES, f"{calls.get('fdatasync')} syncs for {BATCHES} batches")
        check(calls.get("pwrite64", 0) <= 6 * BATCHES, f"{calls.get('pwrite64')} writes for {BATCHES} batches")
        check(total <= CALLS_PER_BATCH_MAX * BATCHES, f"{total} system calls for {BATCHES} batches of {EVENTS}")
        print(f"ok 1 - {total} system calls for {BATCHES * EVENTS} events: {total / BATCHES:.0f} per batch")
        memory = calls.get("mmap", 0) + calls.get("brk", 0) + calls.get("munmap", 0)
        check(memory <= 2 * BATCHES, f"{memory} calls for memory")
        print(f"ok 2 - {memory} calls for memory")
        engine.stop()


main()
