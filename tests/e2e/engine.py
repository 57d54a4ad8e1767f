"""engine.py: a city, an engine process and its clients, in a directory that goes away."""
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import wire

BUILD = os.environ.get("BUILD", "build")
GRIDLOOP = os.path.join(BUILD, "gridloop")


def skip(reason):
    print("skipped: " + reason)
    sys.exit(77)


def check(fact, text):
    """A test's own must(): says what did not hold and stops."""
    if not fact:
        print("not ok " + text)
        sys.exit(1)


passed = 0


def ok(text):
    """What was seen to hold, numbered."""
    global passed
    passed += 1
    print(f"ok {passed} - {text}")


def run(*words, expect=0, env=None):
    """gridloop WORDS; returns standard output."""
    done = subprocess.run([GRIDLOOP, *words], capture_output=True, text=True, timeout=120,
                          env={**os.environ, **(env or {})}, check=False)
    check(done.returncode == expect,
          f"gridloop {' '.join(words)}: exit {done.returncode}, expected {expect}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


class Engine:
    """One engine on a synthetic city. `clock` as the command line takes it."""

    def __init__(self, clock="scaled:60@2026-03-03T08:20+08:00", seed=1, size="small", tcp=False):
        self.dir = tempfile.mkdtemp(prefix="gridloop-e2e-")
        self.city = os.path.join(self.dir, "city")
        self.data = os.path.join(self.dir, "data")
        self.url = f"tcp://127.0.0.1:{20000 + os.getpid() % 20000}" if tcp else f"ipc://{self.dir}/engine.sock"
        self.clock = clock
        self.process = None
        self.log = open(os.path.join(self.dir, "engine.log"), "ab")
        # The engine and the tools note the last engine of a user in the state directory: give the test its own.
        # Temporary files too: what a command leaves behind is seen in the end.
        self.scratch = os.path.join(self.dir, "tmp")
        os.mkdir(self.scratch)
        self.env = {"XDG_RUNTIME_DIR": self.dir, "XDG_STATE_HOME": self.dir, "HOME": self.dir, "TMPDIR": self.scratch}
        run("city", "demo", self.city, "--seed", str(seed), "--size", size, env=self.env)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if kind is not None and value.args != (0,):
            self.log.flush()
            with open(self.log.name, "rb") as log:
                sys.stdout.write("--- the engine said last ---\n" + log.read()[-3000:].decode(errors="replace"))
        self.log.close()
        left = os.listdir(self.scratch)
        shutil.rmtree(self.dir, ignore_errors=True)
        check(kind is not None or not left, f"left lying about: {left}")

    def start(self, wait_s=30, extra=()):
        """Starts, with further flags, and waits until it answers. Returns how long that took."""
        begin = time.monotonic()
        self.process = subprocess.Popen(
            [GRIDLOOP, "serve", "--city", self.city, "--data", self.data, "--listen", self.url, "--clock", self.clock,
             *([] if "--http" in extra else ["--http", "none"]), *extra],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env={**os.environ, **self.env})
        client = wire.Client(self.url, self.gateways()[0], timeout_ms=200)
        try:
            while True:
                check(self.process.poll() is None, f"the engine ended at its start with {self.process.returncode}")
                check(time.monotonic() - begin < wait_s, f"the engine did not answer within {wait_s} s")
                try:
                    client.hello()
                    return time.monotonic() - begin
                except (wire.Silence, AssertionError):  # not there, or not ready: NO_CITY
                    time.sleep(0.02)
        finally:
            client.close()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, wait_s=20):
        """As an operator stops it; it must end by itself and well."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(wait_s)
        except subprocess.TimeoutExpired:
            check(False, f"the engine did not end within {wait_s} s of SIGTERM")
        check(code == 0, f"the engine ended with {code} on SIGTERM")

    def table(self, name):
        with open(os.path.join(self.city, name), encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def gateways(self):
        return [row["id"] for row in self.table("gateways.csv")]

    def cases(self):
        """{case number: what `case list` says of it}, closed ones too."""
        rows = json.loads(self.gridloop("case", "list", "--all", "--json", "--data", self.data))
        closed = ("CLOSED", "VOID", "MERGED", "FORCED_CLOSED")
        return {row["case"]: {**row, "is_closed": row["state"] in closed} for row in rows}

    def gridloop(self, *words, expect=0):
        return run(*words, expect=expect, env=self.env)


class Crew:
    """Everybody of the city who takes orders, as one obedient loop: accept, arrive, done; checks pass."""

    STEPS = {"HANDLE": "DONE", "ASSIST": "DONE", "VERIFY_REPORT": "VERIFY_YES", "CHECK_RESULT": "CHECK_PASS"}

    def __init__(self, engine):
        kinds = {number: name for name, number in wire.ORDER_KIND.items()}
        self.kind_name = kinds
        self.workers = []
        for row in engine.table("workers.csv"):
            if int(row["capacity"] or 0) == 0:
                continue
            client = wire.Client(engine.url, row["id"], timeout_ms=300)
            cell = next(iter(engine.table("assets.csv")))
            at = wire.place(row["lon"] or cell["lon"], row["lat"] or cell["lat"])
            self.workers.append({"client": client, "id": row["id"], "at": at, "epoch": 0, "seq": 0, "ack": 0, "todo": []})
        self.acks = 0
        self.silences = 0
        self.refused = {}

    def close(self):
        for worker in self.workers:
            worker["client"].close()

    def turn(self):
        """Everybody polls once and does at most one act. Returns how many acts were answered. Silence is tried again
        with the same sequence number, as an app does after a crash of the engine."""
        answered = 0
        for worker in self.workers:
            try:
                answered += self._turn_of(worker)
            except wire.Silence:
                self.silences += 1
                return answered
        return answered

    def _turn_of(self, worker):
        client = worker["client"]
        if worker["epoch"] == 0:
            worker["epoch"] = client.hello()["epoch"] + 1
        items = client.poll(worker["ack"], at=worker["at"])
        for item in items or []:
            worker["ack"] = max(worker["ack"], item["seq"])
            if item["kind"] == wire.ITEM_OFFER:
                last = self.STEPS.get(self.kind_name.get(item["order_kind"]), "DONE")
                worker["todo"] += [(item["order"], step, item["place"]) for step in ("ACCEPT", "ARRIVE", last)]
            elif item["kind"] == wire.ITEM_RECALL:
                worker["todo"] = worker["todo"][:1] + [t for t in worker["todo"][1:] if t[0] != item["order"]]
        if not worker["todo"]:
            return 0
        order, action, place = worker["todo"][0]
        code = client.act(worker["epoch"], worker["seq"] + 1, order, action, place=place)
        if code.startswith("REJECT"):
            self.refused[code] = self.refused.get(code, 0) + 1
            return 0
        worker["seq"] += 1
        worker["at"] = place or worker["at"]
        worker["todo"].pop(0)
        if code != "DONE":
            self.refused[code] = self.refused.get(code, 0) + 1
            worker["todo"] = [t for t in worker["todo"] if t[0] != order]
        self.acks += 1
        return 1
