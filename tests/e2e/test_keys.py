#!/usr/bin/env python3
"""test_keys.py: an engine on tcp:// that takes sealed frames only: gateway, worker and operator with keys; who has none, another's, a
revoked one or another engine's gets nothing; a killed engine is greeted again and nothing is lost or doubled.
"""
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire
from engine import GRIDLOOP, Engine, check, ok


class Sealed:
    """The engine's side of the test: starts it with keys, and speaks with it by them."""

    def __init__(self, engine):
        self.engine = engine
        self.port = 20000 + os.getpid() % 20000
        self.url = f"tcp://127.0.0.1:{self.port}"
        self.keys = os.path.join(engine.dir, "keys")
        os.mkdir(self.keys)
        self.public = ""

    def words(self, *words, key=None, engine_key=None):
        return [*words, "--url", self.url, "--key", key or self.keys, "--engine-key", engine_key or self.public]

    def run(self, *words, expect=0, key=None, engine_key=None):
        return call(self.engine, *self.words(*words, key=key, engine_key=engine_key), expect=expect)

    def start(self, listen, *extra):
        at = os.path.getsize(self.engine.log.name)
        self.engine.process = subprocess.Popen(
            [GRIDLOOP, "serve", "--city", self.engine.city, "--data", self.engine.data, "--listen", listen, "--clock", self.engine.clock,
             "--http", "none", *extra], stdin=subprocess.DEVNULL, stdout=self.engine.log, stderr=self.engine.log,
            env={**os.environ, **self.engine.env})
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with open(self.engine.log.name, encoding="utf-8", errors="replace") as log:
                log.seek(at)
                said = log.read()
            if "listening on" in said and said.endswith("\n"):
                return said
            check(self.engine.process.poll() is None, f"the engine ended: {said}")
            time.sleep(0.02)
        check(False, "the engine did not start")
        return ""

    def make(self, identity):
        path = os.path.join(self.keys, identity + ".key")
        made = json.loads(self.engine.gridloop("key", "new", path, "--id", identity, "--json"))
        check(stat.S_IMODE(os.stat(path).st_mode) == 0o600, "others may read the key")
        return path, made["public"]


def call(engine, *words, expect=0, stdin=None):
    done = subprocess.run([GRIDLOOP, *words], capture_output=True, text=True, timeout=60, input=stdin,
                          env={**os.environ, **engine.env}, check=False)
    check(done.returncode == expect, f"gridloop {' '.join(words)}: exit {done.returncode}, not {expect}: {done.stdout[-600:]}{done.stderr[-600:]}")
    return done.stdout + done.stderr


def wait_for(is_so, otherwise):
    end = time.monotonic() + 20
    while not is_so():
        check(time.monotonic() < end, otherwise)
        time.sleep(0.05)


def taken(engine):
    """Events in the log."""
    return sum(len(json.loads(line).get("events", [])) for line in engine.gridloop("log", "dump", "--data", engine.data).splitlines())


def test_start(engine, sealed):
    """Without a registered key there is nothing to start with; the first is registered over ipc."""
    serve = ["serve", "--city", engine.city, "--data", engine.data, "--http", "none", "--clock", engine.clock]
    said = call(engine, *serve, "--listen", f"tcp://0.0.0.0:{sealed.port}", expect=78)
    check("--auth keys" in said and "other machines" in said, said)
    said = call(engine, *serve, "--listen", sealed.url, "--auth", "keys", expect=78)
    check("no key is registered" in said and "gridloop key register" in said, said)
    said = sealed.start(engine.url)
    check("auth none (ipc and loopback only)" in said, said)
    for identity in ("xu.wenjing", "camera-gateway-1"):
        path, public = sealed.make(identity)
        said = call(engine, "key", "register", path, "--as", "li.qiang", expect=77)
        check("NO_RIGHT" in said, said)
        engine.gridloop("key", "register", path, "--as", "xu.wenjing")
    for key, text in (("00" * 32, "no Ed25519 public key"), ("01" + "00" * 31, "no Ed25519 public key"), (public, "another identity")):
        said = call(engine, "key", "register", key, "--id", "li.qiang", "--as", "xu.wenjing", expect=77)
        check("BAD_KEY" in said and text in said, said)
    call(engine, "top", "--once", "--key", sealed.keys + "/xu.wenjing.key", "--engine-key", "0" * 64, expect=76)
    engine.stop()
    said = sealed.start(f"tcp://0.0.0.0:{sealed.port}", "--auth", "keys")
    sealed.public = json.loads(engine.gridloop("key", "show", engine.data + "/engine.key", "--json"))["public"]
    check(f"auth keys, engine key {sealed.public}" in said.splitlines()[0], said)
    check(stat.S_IMODE(os.stat(engine.data + "/engine.key").st_mode) == 0o600, "others may read the engine's key")
    ok("no listening beyond this machine without keys; the first keys come over ipc; the first line says auth and key")


def test_strangers(engine, sealed):
    client = wire.Client(sealed.url, "xu.wenjing")
    for kind in (2, 3, 4, 5, 6, 7, 8, 9, 10):
        got_kind, got = client.ask(kind, [(1, 1)])
        check(got_kind == 8 and wire.CODE_NAME[wire.one(got, 1)] == "KEY_NEEDED", f"request {kind} in clear: {got_kind} {got}")
    client.close()
    said = call(engine, "case", "comment", "1", "--as", "xu.wenjing", "--text", "x", "--url", sealed.url, expect=77)
    check("KEY_NEEDED" in said, said)
    stranger, _ = sealed.make("li.qiang")
    said = sealed.run("case", "comment", "1", "--as", "li.qiang", "--text", "x", key=stranger, expect=77)
    check("UNKNOWN_IDENTITY" in said, said)
    thief = os.path.join(engine.dir, "thief.key")  # a registered key under another name
    with open(sealed.keys + "/camera-gateway-1.key", encoding="utf-8") as file:
        text = file.read().replace("identity camera-gateway-1", "identity xu.wenjing")
    with open(os.open(thief, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    said = sealed.run("case", "comment", "1", "--as", "xu.wenjing", "--text", "x", key=thief, expect=77)
    check("UNKNOWN_IDENTITY" in said, said)
    said = sealed.run("top", "--once", key=sealed.keys + "/xu.wenjing.key", engine_key="0" * 64, expect=77)
    check("UNKNOWN_IDENTITY" in said, said)  # what was signed for another engine is worth nothing here
    ok("no request in clear, no unregistered key, no key under another name, no other engine is taken")


def test_work(engine, sealed):
    said = sealed.run("send", "--as", "camera-gateway-1", "--example", "camera.garbage_overflow")
    check("OPENED" in said, said)
    case = next(iter(engine.cases()))
    dump = engine.gridloop("log", "dump", "--effects", "--data", engine.data)
    offers = re.findall(r'"action":"OFFER".*?"subject":{"row":[0-9]+,"id":"([^"]+)"', dump)
    check(offers, "nobody was offered the case")
    person = offers[-1]
    path, _ = sealed.make(person) if person != "li.qiang" else (sealed.keys + "/li.qiang.key", "")
    sealed.run("key", "register", path, "--as", "xu.wenjing")
    sealed.run("worker", "--as", person, "--auto", "--quiet", "--for", "3", "--decline", "0", "--fail", "0")
    state = engine.cases()[case]["state"]
    check(state in ("ASSIGNED", "ON_SITE", "HANDLED", "CHECKING", "CLOSED"), f"the worker's acts did not arrive: {state}")
    sealed.run("case", "comment", "1", "--as", "xu.wenjing", "--text", "seen")
    check("up" in sealed.run("top", "--once", key=sealed.keys + "/xu.wenjing.key"), "no counters")
    ok("a gateway's event, a worker's acts and an operator's word under keys")
    return person


def test_kill(engine, sealed):
    """One gateway process all along; the engine is killed under it."""
    trace = os.path.join(engine.dir, "trace.ndjson")
    with open(trace, "w", encoding="utf-8") as file:
        for i in range(60):
            file.write(json.dumps({"id": f"s-{i}", "source": "camera-gateway-1", "type": "camera.garbage_overflow",
                                   "at": f"2026-03-03T08:{30 + i // 20}:{i % 20 * 3:02}+08:00", "device": f"C-{i % 20 + 1:03}",
                                   "fields": {"confidence": 0.94, "fill": 0.93}}) + "\n")
    before = taken(engine)
    gateway = subprocess.Popen([GRIDLOOP, *sealed.words("replay", trace, "--speed", "30")], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, env={**os.environ, **engine.env})
    wait_for(lambda: taken(engine) > before + 5, "the stream did not begin")
    engine.kill()
    check(taken(engine) < before + 60, "killed too late to mean anything")
    sealed.start(f"tcp://0.0.0.0:{sealed.port}", "--auth", "keys")
    check(gateway.wait(40) == 0, f"not all were answered: {gateway.stderr.read()}")
    check(taken(engine) == before + 60, f"{taken(engine) - before} events of 60")
    ok("an engine that is killed in mid-stream is greeted again: 60 of 60 events taken, each once")


def test_revoke(engine, sealed, person):
    """A worker's app is connected, with a poll that is held; its key is revoked."""
    path = os.path.join(sealed.keys, person + ".key")
    worker = subprocess.Popen([GRIDLOOP, *sealed.words("worker", "--as", person, "--auto", "--for", "20", "--json", key=path)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **engine.env})
    admin = sealed.keys + "/xu.wenjing.key"
    wait_for(lambda: "polls held 1" in sealed.run("top", "--once", key=admin), "no poll was held")
    public = json.loads(engine.gridloop("key", "show", path, "--json"))["public"]
    sealed.run("key", "revoke", public, "--as", "xu.wenjing", "--reason", "key_exposed")
    positions = engine.gridloop("log", "dump", "--data", engine.data)
    sealed.run("send", "--as", "camera-gateway-1", "--example", "camera.garbage_overflow")
    time.sleep(0.5)
    later = engine.gridloop("log", "dump", "--data", engine.data)[len(positions):]
    acts = [json.loads(line) for line in later.splitlines() if '"kind":"ACT"' in line or '"kind":"SEEN"' in line]
    check(not [row for row in acts if row["principal"].get("person", {}).get("id") == person], "a revoked key acts on")
    worker.kill()
    worker.wait()
    said = sealed.run("case", "comment", "1", "--as", person, "--text", "x", key=path, expect=77)
    check("KEY_REVOKED" in said, said)
    now = json.loads(sealed.run("top", "--once", "--json", key=admin))
    check(now["gridloop_keys{state=\"revoked\"}"] == 1 and now["gridloop_seal_sessions"] >= 1 and now["gridloop_seal_proofs_refused_total"] >= 1, f"{now}")
    check("revoked 1" in sealed.run("top", "--once", key=admin), "top says nothing of sealed frames")
    os.unlink(path)
    path, _ = sealed.make(person)
    sealed.run("key", "register", path, "--as", "xu.wenjing")
    ok("a key that is revoked is cut in the middle of its session; another can be registered")


def change_keys(engine, sealed):
    """docs/operating.md, Keys, step by step."""
    path, event = os.path.join(sealed.keys, "camera-gateway-1.key"), ("send", "--as", "camera-gateway-1", "--example", "camera.garbage_overflow")
    sealed.run("key", "rotate", path, "--as", "xu.wenjing")
    sealed.run(*event, key=path)
    sealed.run(*event, key=path + ".old")
    old = json.loads(engine.gridloop("key", "show", path + ".old", "--json"))["public"]
    sealed.run("key", "revoke", old, "--as", "xu.wenjing", "--reason", "key_followed")
    sealed.run(*event, key=path)
    os.unlink(path + ".old")
    engine.stop()
    os.rename(engine.data + "/engine.key", engine.dir + "/engine.key.old")
    sealed.start(f"tcp://0.0.0.0:{sealed.port}", "--auth", "keys")
    admin = sealed.keys + "/xu.wenjing.key"
    said = sealed.run("top", "--once", key=admin, expect=77)
    check("UNKNOWN_IDENTITY" in said, said)  # whoever believes the old key
    sealed.public = json.loads(engine.gridloop("key", "show", engine.data + "/engine.key", "--json"))["public"]
    sealed.run("top", "--once", key=admin)
    sealed.run(*event, key=path)
    engine.stop()


def test_rotate_and_replay(engine, sealed, person):
    path = os.path.join(sealed.keys, person + ".key")
    sealed.run("key", "rotate", path, "--as", person)
    sealed.run("case", "comment", "1", "--as", person, "--text", "x", key=path + ".old")
    old = json.loads(engine.gridloop("key", "show", path + ".old", "--json"))["public"]
    sealed.run("key", "revoke", old, "--as", person, "--reason", "key_followed", key=path)
    said = sealed.run("case", "comment", "1", "--as", person, "--text", "x", key=path + ".old", expect=77)
    check("KEY_REVOKED" in said, said)
    before = json.loads(engine.gridloop("key", "list", "--data", engine.data, "--json"))
    check(sum(row["revoked_ms"] is None for row in before) == 3 and len(before) == 5, f"{before}")
    engine.process.send_signal(signal.SIGKILL)
    engine.process.wait()
    sealed.start(f"tcp://0.0.0.0:{sealed.port}", "--auth", "keys")
    check(json.loads(engine.gridloop("key", "list", "--data", engine.data, "--json")) == before, "another table after a replay")
    said = sealed.run("case", "comment", "1", "--as", person, "--text", "x", key=path + ".old", expect=77)
    check("KEY_REVOKED" in said, said)
    sealed.run("case", "comment", "1", "--as", person, "--text", "x", key=path)
    engine.stop()
    engine.gridloop("log", "verify", "--replay", "--data", engine.data)
    sealed.start(f"tcp://0.0.0.0:{sealed.port}", "--auth", "keys")
    change_keys(engine, sealed)
    ok("a person's own key is rotated, a gateway's and the engine's as docs/operating.md says; the same table after a kill; the log replays to the recorded digests")


def main():
    with Engine() as engine:
        sealed = Sealed(engine)
        test_start(engine, sealed)
        test_strangers(engine, sealed)
        person = test_work(engine, sealed)
        test_kill(engine, sealed)
        test_revoke(engine, sealed, person)
        test_rotate_and_replay(engine, sealed, person)


main()
