#!/usr/bin/env python3
"""test_hostile.py: bytes that no client would send, on nanomsg and on the bare port; the engine answers the next honest client.

SEED=n repeats a run. Law 11: damaged input is refused, never skipped; and nobody is thrown out by somebody else's bytes.
"""
import os
import random
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire
from engine import Engine, check

SEED = int(os.environ.get("SEED", str(time.time_ns() % 1000000)))


def frames(random_, good):
    """Good frames cut, flipped, grown and repeated; then noise."""
    for cut in range(0, len(good), 3):
        yield good[:cut]
    for _ in range(300):
        bad = bytearray(good)
        for _ in range(random_.randint(1, 4)):
            bad[random_.randrange(len(bad))] ^= 1 << random_.randrange(8)
        yield bytes(bad)
    for _ in range(100):
        yield random_.randbytes(random_.randint(0, 2000))
    yield good * 50
    yield b"\xff" * (1 << 20)


def raw_port(port, random_):
    """Whoever opens the port without speaking nanomsg: noise, half handshakes, nothing at all."""
    held = []
    for i in range(60):
        peer = socket.create_connection(("127.0.0.1", port), timeout=2)
        choice = i % 4
        if choice == 0:
            peer.sendall(random_.randbytes(random_.randint(1, 64)))
        elif choice == 1:
            peer.sendall(b"\0SP\0\0\x30\0\0"[: random_.randint(1, 8)])
        elif choice == 2:
            # A correct handshake, then a size that nobody has the memory for.
            peer.sendall(b"\0SP\0\0\x30\0\0" + b"\x7f" + b"\xff" * 7)
        held.append(peer)
    return held


def main():
    print(f"# seed {SEED}")
    random_ = random.Random(SEED)
    with Engine(tcp=True) as engine:
        engine.start()
        honest = wire.Client(engine.url, engine.gateways()[0])
        honest.hello()
        good = wire.encode([(1, 1), (2, engine.gateways()[0]), (5, wire.encode([(1, 9), (3, wire.encode(
            [(1, 1), (2, 1), (3, wire.encode(wire.event("e-1", "camera.garbage_overflow", device="C-017")))]))]))])
        sent = 0
        for frame in frames(random_, good):
            # A new socket each: a REQ socket would wait for an answer that need not come.
            hostile = wire.Client(engine.url, "nobody", timeout_ms=20)
            try:
                hostile.raw(frame)
            except wire.Silence:
                pass
            hostile.close()
            sent += 1
            check(engine.process.poll() is None, f"the engine ended on frame {sent}: {frame[:64].hex()}")
        honest.hello()
        print(f"ok 1 - {sent} damaged frames, the engine answers")
        held = raw_port(int(engine.url.rsplit(":", 1)[1]), random_)
        time.sleep(0.3)
        check(engine.process.poll() is None, "the engine ended on bare bytes")
        begin = time.monotonic()
        honest.hello()
        check(time.monotonic() - begin < 1, "an honest client waits for strangers")
        for peer in held:
            peer.close()
        print(f"ok 2 - {len(held)} connections that speak no nanomsg, the engine answers")
        engine.stop()
        engine.gridloop("log", "verify", "--data", engine.data)
        print("ok 3 - and its log verifies")


main()
