#!/usr/bin/env python3
"""test_damage.py: a log that was damaged behind what was acknowledged is refused with its place, by the engine and by the tools.

Law 11. Each damage is done to a copy of the same killed engine's data: a cut tail, one flipped bit anywhere, a removed
file. What was damaged must be refused or make no difference at all; never a quiet loss.
"""
import glob
import os
import random
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire
from engine import GRIDLOOP, Engine, check

SEED = int(os.environ.get("SEED", str(time.time_ns() % 1000000)))
FLIPS = 40


def car(number):
    return wire.event(f"e-{number}", "camera.vehicle_stationary", device="C-001",
                      fields=[("confidence", 0.95), ("plate", f"Q{number}"), ("vehicle_class", "car"),
                              ("exempt", False), ("dwell_s", 900)])


def used_bytes(path):
    with open(path, "rb") as file:
        return len(file.read().rstrip(b"\0"))


def verify(engine, data):
    """(exit code, what it said, cases opened) of the tools on a data directory."""
    done = subprocess.run([GRIDLOOP, "log", "verify", "--replay", "--data", data], capture_output=True, text=True,
                          env={**os.environ, **engine.env}, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def main():
    print(f"# seed {SEED}")
    rng = random.Random(SEED)
    with Engine() as engine:
        engine.start()
        gateway = wire.Client(engine.url, "camera-gateway-1")
        for seq in range(1, 21):
            kind, results = gateway.batch(1, seq, [car(seq)])
            check(kind == "ack" and results[0][0] == "OPENED", f"batch {seq}: {results}")
        gateway.close()
        engine.kill()
        whole = engine.data
        code, said = verify(engine, whole)
        check(code == 0, f"an undamaged log is refused: {said}")
        segment = os.path.relpath(sorted(glob.glob(whole + "/log/*.seg"))[-1], whole)
        size = used_bytes(os.path.join(whole, segment))

        def damaged(name, damage):
            copy = os.path.join(engine.dir, "copy")
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(whole, copy)
            damage(copy)
            code, said = verify(engine, copy)
            check(code in (65, 66), f"{name}: exit {code}, expected 65 or 66: {said[-500:]}")
            check("seg" in said or "log" in said, f"{name}: the place is not named: {said[-500:]}")
            engine.data = copy
            refused = subprocess.run([GRIDLOOP, "serve", "--city", engine.city, "--data", copy, "--listen", engine.url,
                                      "--clock", engine.clock], capture_output=True, text=True,
                                     env={**os.environ, **engine.env}, timeout=60, check=False)
            engine.data = whole
            check(refused.returncode in (65, 66), f"{name}: the engine started or ended with {refused.returncode}: {refused.stderr[-500:]}")

        def write(path, offset, data):
            with open(path, "r+b") as file:
                file.seek(offset)
                file.write(data)

        def flip(path, bit):
            with open(path, "r+b") as file:
                file.seek(bit // 8)
                byte = file.read(1)[0]
                file.seek(bit // 8)
                file.write(bytes([byte ^ 1 << bit % 8]))

        damaged("tail zeroed", lambda d: write(os.path.join(d, segment), size - 100, bytes(100)))
        damaged("last entries zeroed", lambda d: write(os.path.join(d, segment), size - 2000, bytes(2000)))
        damaged("segment cut", lambda d: os.truncate(os.path.join(d, segment), size - 300))
        damaged("segment removed", lambda d: os.remove(os.path.join(d, segment)))
        print("ok 1 - cut tails and removed files behind acknowledged entries are refused with exit 65")
        for _ in range(FLIPS):
            bit = rng.randrange(size * 8)
            damaged(f"bit {bit} flipped", lambda d, bit=bit: flip(os.path.join(d, segment), bit))
        print(f"ok 2 - {FLIPS} single flipped bits are refused")
        engine.start()
        gateway = wire.Client(engine.url, "camera-gateway-1")
        kind, results = gateway.batch(1, 20, [car(20)])
        check(kind == "ack" and results[0][0] == "OPENED", "the undamaged log goes on")
        print("ok 3 - the undamaged log goes on")
        engine.stop()


main()
