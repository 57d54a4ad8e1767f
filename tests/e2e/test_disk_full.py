#!/usr/bin/env python3
"""test_disk_full.py: the disk fills up under a running engine: reports are refused early and told why, acts still fit, and with room
again all is taken again. A restart on the full disk works too. Needs a small tmpfs; skips where none can be mounted.
"""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire
from engine import Crew, Engine, check, skip

SIZE_MB = 300  # two segments of 64 MB must stay free, and one and the reserve are taken


def ask(client, epoch, seq, event_type, **words):
    kind, body = client.ask(3, [(1, epoch), (2, seq), (3, wire.encode(wire.event(f"{epoch}-{seq}", event_type, **words)))])
    if kind == 8:
        return wire.CODE_NAME[wire.one(body, 1)], wire.one(body, 2), wire.one(body, 3, b"").decode()
    return wire.CODE_NAME[wire.one(wire.decode(body[4][0]), 1)], 0, ""


def until(condition, wait_s, text):
    end = time.monotonic() + wait_s
    while not condition():
        check(time.monotonic() < end, text)
        time.sleep(0.1)


def fill(path, keep_mb):
    """Takes what the disk has but for keep_mb."""
    free = os.statvfs(os.path.dirname(path))
    size = free.f_bavail * free.f_frsize - (keep_mb << 20)
    with open(path, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, size)


def main():
    with Engine() as engine:
        os.mkdir(engine.data)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", engine.data], capture_output=True, check=False).returncode:
            skip("a tmpfs cannot be mounted here")
        try:
            run(engine)
        finally:
            if engine.process is not None and engine.process.poll() is None:
                engine.process.kill()
                engine.process.wait()
            subprocess.run(["umount", "-l", engine.data], check=False)


def run(engine):
    engine.start()
    ballast = os.path.join(engine.data, "ballast")
    client = wire.Client(engine.url, "hotline-12345")
    cameras = wire.Client(engine.url, "camera-gateway-1")
    epoch, seq, alarm = int(time.time() * 1000), 1, 0
    spot = next(row for row in engine.table("assets.csv") if row["lon"])
    at = wire.place(spot["lon"], spot["lat"])
    fires = [row["id"] for row in engine.table("devices.csv") if row["kind"] == "camera"]

    def report():
        nonlocal seq
        code, retry_ms, hint = ask(client, epoch, seq, "hotline.garbage", at=at)
        seq += code != "OVERLOADED"
        return code, retry_ms, hint

    check(report()[0] == "OPENED", "a report on an empty disk is taken")
    fill(ballast, 20)
    until(lambda: report()[0] == "OVERLOADED", 10, "reports are still taken on a full disk")
    code, retry_ms, hint = report()
    check(code == "OVERLOADED" and retry_ms > 0 and "disk" in hint, f"no reason given: {code} {retry_ms} {hint}")
    print(f"ok 1 - a report is refused: \"{hint}\", again after {retry_ms} ms")
    crew = Crew(engine)
    for device in fires[:10]:
        alarm += 1
        code = ask(cameras, epoch, alarm, "camera.fire", device=device, fields=[("confidence", 0.99), ("kind", "fire")])[0]
        check(code in ("OPENED", "MERGED"), f"a fire was refused: {code}")
    until(lambda: crew.turn() >= 0 and crew.acks >= 9, 30, f"only {crew.acks} acts were taken on the full disk")
    print(f"ok 2 - fires are taken and {crew.acks} acts went on")
    engine.stop()
    os.unlink(ballast)
    reserve = os.path.join(engine.data, "reserve")
    check(os.path.exists(reserve), "there is no reserve")
    os.unlink(reserve)
    fill(ballast, 20)
    engine.start()
    check(report()[0] == "OVERLOADED", "a restarted engine forgot that the disk is full")
    acks = crew.acks
    alarm += 1
    ask(cameras, epoch, alarm, "camera.fire", device=fires[20], fields=[("confidence", 0.99), ("kind", "fire")])
    until(lambda: crew.turn() >= 0 and crew.acks > acks, 30, "no act was taken after the restart")
    print("ok 3 - a restart on the full disk, without a reserve, refuses reports and takes acts")
    os.unlink(ballast)
    until(lambda: report()[0] != "OVERLOADED", 15, "reports are still refused although there is room")
    until(lambda: os.path.exists(reserve), 5, "the reserve was not made again")
    print("ok 4 - with room again reports are taken and the reserve is back")
    crew.close()
    engine.stop()
    engine.gridloop("log", "verify", "--data", engine.data)
    print("ok 5 - the log verifies")


main()
