#!/usr/bin/env python3
"""test_doors.py: the doors for other systems' events, each against a running engine: HTTP, files, HJ 212 stations, MQTT; and webhooks out.

What is told "taken" is on disk first: a door is killed after its answer and before an engine is there, and nothing is missing.
"""
import csv
import hashlib
import hmac
import http.client
import http.server
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from engine import GRIDLOOP, Engine, check, ok

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "../data/doors")
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"  # where Debian has mosquitto
SECRET = "a secret of sixteen or more"


def call(engine, *words, stdin="", expect=0):
    run = subprocess.run([GRIDLOOP, *words], input=stdin, capture_output=True, text=True, timeout=60,
                         env={**os.environ, **engine.env, "LANG": "C.UTF-8"}, check=False)
    check(run.returncode == expect, f"gridloop {' '.join(words)}: exit {run.returncode}, not {expect}\n{run.stdout[-1500:]}{run.stderr[-1500:]}")
    return run.stdout, run.stderr


def codes(text):
    return [json.loads(line)["code"] for line in text.splitlines() if line.startswith("{")]


class Door:
    """`gridloop door KIND` as a service; `ready` is what it says on standard error when it is there."""

    def __init__(self, engine, kind, *words, ready="listening on"):
        self.words = [GRIDLOOP, "door", kind, "--url", engine.url, "--json", *words]
        self.env = {**os.environ, **engine.env, "LANG": "C.UTF-8"}
        self.out = open(os.path.join(engine.dir, f"door-{kind}.out"), "a+", encoding="utf-8")
        self.err = open(os.path.join(engine.dir, f"door-{kind}.err"), "a+", encoding="utf-8")
        self.ready = ready
        self.process = None

    def start(self):
        before = self.said().count(self.ready)
        self.process = subprocess.Popen(self.words, stdout=self.out, stderr=self.err, env=self.env)
        self.wait_for(lambda: self.said().count(self.ready) > before, "starts")
        return self.said().split(self.ready)[-1].split(",")[0].strip()

    def said(self):
        with open(self.err.name, encoding="utf-8") as file:
            return file.read()

    def results(self):
        with open(self.out.name, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.endswith("}\n")]

    def wait_for(self, fact, what, wait_s=8):
        end = time.monotonic() + wait_s
        while not fact():
            check(time.monotonic() < end, f"the door never {what}: {self.said()[-1500:]}")
            time.sleep(0.02)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        check(self.process.wait(10) == 0, f"a door ended with {self.process.returncode}: {self.said()[-1500:]}")


def check_files(engine):
    bad, note, outbox = (os.path.join(engine.dir, name) for name in ("bad.csv", "note", "orders.outbox"))
    orders = os.path.join(DATA, "12345_bad.csv")
    words = ("door", "csv", orders, "--map", "12345", "--url", engine.url, "--json", "--rejects", bad, "--resume", note)
    out, err = call(engine, *words, "--outbox", outbox, expect=65)
    check(codes(out) == ["OPENED", "OPENED"], f"two orders: {out}")
    for line, code in ((4, "D010"), (5, "D012"), (6, "D018"), (7, "D013")):
        check(f"12345_bad.csv:{line}: error {code}" in err, f"line {line}: {code} expected: {err}")
    with open(bad, encoding="utf-8") as file:
        rejects = file.read()
    check(rejects.count("D0") == 4 and rejects.startswith("工单编号") and '"井\n盖"' in rejects, f"rejects: {rejects}")
    out, _ = call(engine, *words, "--outbox", outbox)
    check(out == "", f"resumed at the end: {out}")
    with open(orders, encoding="utf-8") as file:
        longer = file.read() + "W9,2026-03-03 08:14:00,,,树倒了,,树木倒伏,116.3110,40.0350\n"
    grown = os.path.join(engine.dir, "grown.csv")
    with open(grown, "w", encoding="utf-8") as file:
        file.write(longer)
    out, _ = call(engine, "door", "csv", grown, "--map", "12345", "--url", engine.url, "--json", "--resume", note)
    check(codes(out) == ["OPENED"], f"resumed where it had grown: {out}")
    out, _ = call(engine, "door", "csv", grown, "--map", "12345", "--url", engine.url, "--json", expect=65)
    check(codes(out) == ["DEDUPED"] * 3, f"again from the beginning: {out}")
    out, _ = call(engine, "door", "ndjson", os.path.join(DATA, "events.ndjson"), "--as", "camera-gateway-1", "--url", engine.url,
                  "--json", "--rejects", bad, expect=77)
    check(codes(out)[1] == "NO_RIGHT" and codes(out)[0] not in ("NO_RIGHT", "NO_RULE"), f"a camera is no hotline: {out}")
    with open(bad, encoding="utf-8") as file:
        refused = json.loads(file.read().splitlines()[-1])
    check(refused["line"] == 2 and refused["error"].startswith("NO_RIGHT") and "hotline.tree" in refused["record"], f"{refused}")
    out, err = call(engine, "door", "json", os.path.join(DATA, "event-notify_bad.json"), "--map", "event-notify", "--url", engine.url,
                    "--json", expect=65)
    check(len(codes(out)) == 1 and "srcIndex" in err and "D010" in err, f"one of three: {out} {err}")
    ok("CSV, JSON lines, one document: bad records named by line and field, resumed, rejected, once only")


def frame(data):
    crc = 0xFFFF
    for byte in data.encode():
        crc = (crc >> 8) ^ byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return f"##{len(data.encode()):04d}{data}{crc:04X}\r\n".encode()


def upload(station, at, values, command=2011, flag=5, extra=""):
    return (f"QN=2026{at}123;ST=22;CN={command};PW=123456;MN={station};Flag={flag};{extra}CP=&&DataTime=2026{at};"
            + ";".join(f"{code}-Rtd={value},{code}-Flag=N" for code, value in values.items()) + "&&")


class Station:
    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=5)

    def send(self, data):
        self.socket.sendall(data)

    def answers(self, count, wait_s=5):
        got = b""
        self.socket.settimeout(wait_s)
        try:
            while got.count(b"\r\n") < count:
                got += self.socket.recv(4096)
        except socket.timeout:
            pass
        return got.decode().splitlines()


def check_hj212(engine):
    dust = next(row["id"] for row in engine.table("devices.csv") if row["kind"] == "dust_sensor")
    outbox = os.path.join(engine.dir, "hj.outbox")
    door = Door(engine, "hj212", "--listen", "127.0.0.1:0", "--outbox", outbox)
    address = door.start()
    station = Station(address)
    good = frame(upload(dust, "0303082000", {"a34002": 0.45, "a34004": 0.2}))
    for byte in good:
        station.send(bytes([byte]))  # one byte a packet
    answers = station.answers(1)
    check(len(answers) == 1 and "CN=9014" in answers[0] and "QN=20260303082000123" in answers[0] and f"MN={dust}" in answers[0],
          f"an upload is answered: {answers}")
    check(frame(answers[0][6:-4]) == answers[0].encode() + b"\r\n", f"the answer's CRC: {answers}")
    door.wait_for(lambda: len(door.results()) == 1, "hears of the engine")
    first = door.results()[0]
    check(first["code"] in ("OPENED", "WAITING") and first["id"] == f"{dust}-2011-20260303082000", f"{first}")
    station.send(good)
    check(len(station.answers(1)) == 1, "a resend is answered")
    door.wait_for(lambda: len(door.results()) == 2, "hears of the resend")
    check(door.results()[1]["code"] == "DEDUPED", f"counted once: {door.results()[1]}")
    bad = good[:-3] + b"0\r\n" if good[-3:-2] != b"0" else good[:-3] + b"1\r\n"
    packets = [frame(upload(dust, "0303082100", {"a34002": 0.1}, 2051, 7, f"PNUM=2;PNO={n};")) for n in (1, 2)]
    quiet = frame(upload(dust, "0303082200", {"a34002": 0.1}, flag=4))
    station.send(bad + b"noise##9x99" + packets[0] + packets[1] + quiet)
    answers = station.answers(3, wait_s=0.5)
    check(len(answers) == 2 and all("CN=9014" in answer for answer in answers), f"two packets of three frames ask for an answer: {answers}")
    check("1 frames with a bad CRC" in door.said() and "1 with a bad length" in door.said(), f"told: {door.said()[-500:]}")
    door.wait_for(lambda: len(door.results()) == 5, "hears of the rest")
    giant = b"##9999" + b"A" * 30000
    station.send(giant + good)
    check(len(station.answers(1)) == 1, "a giant does not cost the frame behind it")
    # Answered means on disk: no engine, a kill, and what was answered arrives later.
    engine.kill()
    station.send(frame(upload(dust, "0303082300", {"a34002": 0.2})))
    check(len(station.answers(1)) == 1, "answered without an engine: it is in the outbox")
    door.kill()
    engine.start()
    before = len(door.results())
    Station(door.start()).send(frame(upload("nobody", "0303082400", {"a34002": 0.2})))
    late = lambda: {row["id"]: row["code"] for row in door.results()[before:]}
    expected = {f"{dust}-2011-20260303082300", "nobody-2011-20260303082400"}
    door.wait_for(lambda: expected <= set(late()), "delivers what it had answered")
    late = late()
    check(late.get(f"{dust}-2011-20260303082300") in ("OPENED", "MERGED", "WAITING", "NO_RULE") and
          late["nobody-2011-20260303082400"] == "UNKNOWN_DEVICE", f"after a kill: {late}")
    door.stop()
    ok("HJ 212: bytes one by one, resends, packets, bad CRC and length, a giant; answered is kept over a kill")


class Client:
    """As much MQTT 3.1.1 as a sensor speaks."""

    def __init__(self, port, name, will=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        payload = self.text(name) + (self.text(will[0]) + self.text(will[1]) if will else b"")
        self.packet(0x10, self.text("MQTT") + bytes([4, 0x2E if will else 2, 0, 60]) + payload)
        check(self.socket.recv(4) == b"\x20\x02\x00\x00", "the broker takes a sensor")
        self.mid = 0

    @staticmethod
    def text(words):
        return struct.pack(">H", len(words.encode())) + words.encode()

    def packet(self, kind, body):
        size, head = len(body), bytes([kind])
        while True:
            head += bytes([size % 128 | (128 if size > 127 else 0)])
            size //= 128
            if not size:
                break
        self.socket.sendall(head + body)

    def publish(self, topic, payload, wait=True):
        self.mid += 1
        payload = payload if isinstance(payload, str) else json.dumps(payload)
        self.packet(0x32, self.text(topic) + struct.pack(">H", self.mid) + payload.encode())
        if wait:
            check(self.socket.recv(4)[:2] == b"\x40\x02", "the broker acknowledges")

    def drop(self):
        """Without a DISCONNECT, so that the broker sends the last will."""
        self.socket.close()


class Broker:
    def __init__(self, engine):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.conf = os.path.join(engine.dir, "mosquitto.conf")
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
        self.log = open(os.path.join(engine.dir, "mosquitto.log"), "ab")
        self.start()

    def start(self):
        self.process = subprocess.Popen([shutil.which("mosquitto", path=PATH), "-c", self.conf], stdout=self.log, stderr=self.log)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        check(False, "mosquitto does not start")

    def stop(self):
        self.process.kill()
        self.process.wait()


def check_mqtt(engine):
    if shutil.which("mosquitto", path=PATH) is None:
        ok("MQTT # SKIP mosquitto is not here; make deps-test installs it")
        return
    broker = Broker(engine)
    lamp = [row["id"] for row in engine.table("devices.csv") if row["kind"] == "lamp_sensor"][:3]
    water = next(row["id"] for row in engine.table("devices.csv") if row["kind"] == "water_sensor")
    outbox = os.path.join(engine.dir, "mqtt.outbox")
    door = Door(engine, "mqtt", "--broker", f"127.0.0.1:{broker.port}", "--outbox", outbox, ready="subscribed at")
    try:
        door.start()
        sensor = Client(broker.port, "sensor-1", will=(f"gridloop/status/lamp/{lamp[0]}", "offline"))
        sensor.publish(f"gridloop/event/sensor.water_level/{water}", {"id": "m1", "fields": {"level_cm": 60}})
        door.wait_for(lambda: len(door.results()) == 1, "takes a message")
        check(door.results()[0]["code"] in ("OPENED", "WAITING") and door.results()[0]["id"] == "m1", f"{door.results()}")
        sensor.publish(f"gridloop/event/sensor.water_level/{water}", {"id": "m1", "fields": {"level_cm": 60}})
        sensor.publish(f"gridloop/event/sensor.nonsense/{water}", "no JSON")
        door.wait_for(lambda: len(door.results()) == 3, "takes two more")
        check([row["code"] for row in door.results()[1:]] == ["DEDUPED", "NO_RULE"], f"{door.results()}")
        sensor.drop()
        door.wait_for(lambda: len(door.results()) == 4, "hears the last will")
        check(door.results()[3]["code"] == "OPENED", f"a lamp that went silent is a fault: {door.results()[3]}")
        # Acknowledged means on disk: the broker keeps what comes while the door is away, the outbox what comes while the engine is.
        door.kill()
        sensor = Client(broker.port, "sensor-2")
        sensor.publish(f"gridloop/status/lamp/{lamp[1]}", "offline")
        engine.kill()
        door.start()
        sensor.publish(f"gridloop/status/lamp/{lamp[2]}", "offline")
        door.wait_for(lambda: os.path.getsize(outbox) > 0, "fills its outbox")
        time.sleep(0.3)
        door.kill()
        broker.stop()
        engine.start()
        broker.start()  # keeps nothing: what it was told "acknowledged" is gone from it
        door.start()
        door.wait_for(lambda: len(door.results()) >= 7, "delivers what came meanwhile")
        came = sorted(row["code"] for row in door.results()[4:])  # the will of sensor-1 is retained: it comes with every subscription
        check(came == ["DEDUPED", "OPENED", "OPENED"], f"{door.results()[4:]}")
        broker.stop()
        door.wait_for(lambda: "again in" in door.said(), "sees the broker go")
        broker.start()
        before = door.said().count("subscribed at")
        door.wait_for(lambda: door.said().count("subscribed at") > before - 1, "comes back")
        door.stop()
    finally:
        broker.stop()
    ok("MQTT: messages, a last will, repeats; nothing lost over kills of the door, the engine and the broker")


def token_of(engine, identity):
    return call(engine, "account", "token", identity, "--data", engine.data)[0].strip()


class Http:
    def __init__(self, engine, identity):
        self.port = engine.http
        self.token = token_of(engine, identity)
        for _ in range(200):  # the web thread knows who is who a moment after the engine answers
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
            time.sleep(0.05)

    def post(self, path, body, kind="application/json", headers=(), status=200, token=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request("POST", path, body, {"Content-Type": kind, "Authorization": "Bearer " + (token or self.token), **dict(headers)})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        check(answer.status == status, f"POST {path}: {answer.status}, not {status}: {text[:1500]}")
        return json.loads(text)


def check_http(engine):
    api = Http(engine, "camera-gateway-1")
    event = {"specversion": "1.0", "id": "ce-1", "source": "//cams/1", "type": "camera.garbage_overflow", "subject": "C-005",
             "data": {"confidence": 0.93, "fill": 0.9}}
    cloud, batch = "application/cloudevents+json", "application/cloudevents-batch+json"
    first = api.post("/api/v1/events", event, cloud)["items"]
    check(first[0]["code"] in ("OPENED", "MERGED") and first[0]["case"] and first[0]["id"] == "//cams/1 ce-1", f"structured: {first}")
    again = api.post("/api/v1/events", event, cloud + "; charset=utf-8")["items"]
    check(again[0]["code"] == "DEDUPED" and again[0]["case"] == first[0]["case"], f"by source and id: {again}")
    ce = {"ce-specversion": "1.0", "ce-id": "ce-2", "ce-source": "//cams/1", "ce-type": "camera.garbage_overflow", "ce-subject": "C-006"}
    binary = api.post("/api/v1/events", {"confidence": 0.93, "fill": 0.9}, headers=ce)["items"]
    check(binary[0]["code"] in ("OPENED", "MERGED"), f"binary: {binary}")
    rows = api.post("/api/v1/events", [{**event, "id": "ce-3", "subject": "C-007"}, {**event, "specversion": "0.3"}, event, 7,
                                       {**event, "id": "ce-4", "type": "camera.nonsense"},
                                       {**event, "id": "ce-5", "subject": "C-999"},
                                       {**event, "id": "ce-6", "type": "sensor.gas"}], batch)["items"]
    got = {row["index"]: row["code"] for row in rows}
    check(got[0] in ("OPENED", "MERGED") and [got[i] for i in range(1, 7)] ==
          ["MALFORMED", "DEDUPED", "MALFORMED", "NO_RULE", "UNKNOWN_DEVICE", "NO_RIGHT"], f"a batch: {rows}")
    check("D014" in next(row for row in rows if row["index"] == 1)["hint"], f"why: {rows}")
    api.post("/api/v1/events", {**event, "id": "ce-7", "type": "sensor.gas"}, cloud, status=403)
    api.post("/api/v1/events", b"{", cloud, status=400)
    api.post("/api/v1/events", event, "text/plain", status=415)
    api.post("/api/v1/events", event, cloud, status=401, token="nobody")
    with open(os.path.join(DATA, "event-notify_bad.json"), "rb") as file:
        rows = api.post("/api/v1/push/event-notify", file.read())["items"]
    check([(row["index"], row["code"] == "MALFORMED") for row in rows] == [(0, False), (2, True)], f"a push: {rows}")
    check(any("srcIndex" in row["hint"] for row in rows if row["code"] == "MALFORMED"), f"named: {rows}")
    own = api.post("/api/v1/push/own", {"kind": "bin", "cam": "C-008", "at": "2026-03-03T08:20:00+08:00"})["items"]
    check(own[0]["code"] in ("OPENED", "MERGED"), f"a map of the city: {own}")
    api.post("/api/v1/push/nosuch", {}, status=404)
    check_limits(api, event, cloud)
    many = [{**event, "id": f"many-{n}"} for n in range(1000)]
    check(len(api.post("/api/v1/events", many, batch)["items"]) == 1000, "a thousand at once")
    ok("HTTP: CloudEvents structured, binary, batch; pushes by map; a row for every event, repeats by source and id")


def check_limits(api, event, cloud):
    """One row for an event, with the field, its length and the limit; what no rule takes says which term fails."""
    def row(status, **data):
        rows = api.post("/api/v1/events", {**event, "id": f"limit-{len(said)}", "data": {"confidence": 0.93, **data}}, cloud, status=status)["items"]
        said.append(rows[0]["hint"])
        check(len(rows) == 1 and rows[0]["index"] == 0, f"one row for one event: {rows}")
        return rows[0]["code"], rows[0]["hint"]
    said = []
    got = [row(413, **{f"f{n}": n for n in range(40)}), row(413, text="x" * 9000), row(413, note="x" * 65), row(422, fill="much"), row(200, fill=0.1)]
    check(got == [("TOO_LARGE", 'D015: 41 fields, at most 32; "f31" is the first too many'), ("TOO_LARGE", "D016: text: 9000 bytes, at most 4000"),
                  ("TOO_LARGE", "D016: note: 65 bytes, at most 64"), ("BAD_FIELD", 'field "fill": a number is expected, not a text'),
                  ("NO_RULE", got[4][1])] and "fill >= 0.9 does not hold: fill is 0.1" in got[4][1], f"{got}")


class Receiver(http.server.BaseHTTPRequestHandler):
    """Another system: refuses what it is told to refuse, keeps what it takes."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        stamp, mac = (part.split("=", 1)[1] for part in self.headers["Gridloop-Signature"].split(","))
        signed = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        self.server.bad += not hmac.compare_digest(signed, mac)
        status = self.server.status
        self.server.seen.append((self.headers["Gridloop-Delivery"], int(self.headers["Gridloop-Attempt"]), status, json.loads(body)))
        self.send_response(status)
        self.end_headers()

    def log_message(self, *words):
        pass


def check_webhooks(engine):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.seen, server.bad, server.status = [], 0, 503
    threading.Thread(target=server.serve_forever, daemon=True).start()
    secret, config = os.path.join(engine.dir, "secret"), os.path.join(engine.dir, "webhooks.yaml")
    with open(secret, "w", encoding="utf-8") as file:
        file.write(SECRET + "\n")
    hook = f"{{id: %s, url: 'http://127.0.0.1:{server.server_port}/', secret_file: {secret}, from: start, retry_s: 1, attempts: %d%s}}"
    with open(config, "w", encoding="utf-8") as file:
        file.write("webhooks: 1\nhooks:\n- " + hook % ("ops", 2, ", actions: [OPEN]") + "\n")
    words = [GRIDLOOP, "webhook", "run", "--data", engine.data, "--config", config]
    listed = lambda *more: [json.loads(line) for line in call(engine, "webhook", "list", "--data", engine.data, "--json", *more)[0].splitlines()]
    opened = len(engine.cases())
    for _ in range(100):  # the history is a moment behind
        with sqlite3.connect(f"file:{engine.data}/history.db?mode=ro", uri=True) as history:
            lines = history.execute("SELECT count(*) FROM timeline WHERE action = 'OPEN'").fetchone()[0]
        if lines >= opened:
            break
        time.sleep(0.05)
    run = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    wait = lambda fact, what: check(any(fact() or time.sleep(0.1) for _ in range(100)), f"{what}: {listed()[:3]} {server.seen[-2:]}")
    wait(lambda: len(server.seen) > 3, "it begins")
    run.kill()  # while they are refused: nothing is lost, nothing is queued twice
    run.wait()
    run = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    wait(lambda: len(listed("--state", "dead")) == lines, "after two attempts they are dead")
    check(max(attempt for _, attempt, _, _ in server.seen) == 2, f"two attempts: {server.seen[-1]}")
    done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
    check(done.returncode == 75 and "another" in done.stderr, f"one at a time: {done}")
    server.status = 200
    out, _ = call(engine, "webhook", "replay", "--dead", "--data", engine.data)
    check(out.startswith(f"{lines} "), f"all again: {out}")
    wait(lambda: len(listed("--state", "delivered")) == lines, "delivered at last")
    ids = [row["id"] for row in listed()]
    check(len(set(ids)) == len(ids) == lines, f"each line of the story once: {len(ids)} of {lines}")
    run.send_signal(signal.SIGTERM)
    check(run.wait(10) == 0, "ends by TERM")
    call(engine, "webhook", "replay", ids[0], "--data", engine.data)
    before = len(server.seen)
    call(engine, "webhook", "run", "--once", "--data", engine.data, "--config", config)
    check([row[0] for row in server.seen[before:]] == [ids[0]], f"one again: {server.seen[before:]}")
    check(server.bad == 0, f"{server.bad} signatures are wrong")
    body = server.seen[-1][3]
    check(body["specversion"] == "1.0" and body["type"] == "gridloop.case.OPEN" and body["data"]["case"] == body["subject"], f"{body}")
    for text, part in (("webhooks: 1\nhooks:\n- {id: a, url: 'ftp://x', secret_file: " + secret + "}\n", "http"),
                       ("webhooks: 1\nhooks:\n- {id: a, url: 'http://x', secret_file: /nowhere}\n", "cannot be read")):
        with open(config, "w", encoding="utf-8") as file:
            file.write(text)
        _, err = call(engine, "webhook", "run", "--once", "--data", engine.data, "--config", config, expect=78)
        check("W001" in err and part in err, f"{part}: {err}")
    server.shutdown()
    points = json.loads(call(engine, "history", "export", "--data", engine.data)[0])["features"]
    table = list(csv.DictReader(call(engine, "history", "export", "--format", "csv", "--data", engine.data)[0].splitlines()))
    check(len(points) == len(table) == lines and {row["case"] for row in table} == {point["id"] for point in points}, f"exported: {points[:1]} {table[:1]}")
    at = points[0]["geometry"]["coordinates"]
    check(116 < at[0] < 117 and 39 < at[1] < 41 and table[0]["opened_at"].startswith("2026-03-03T00:"), f"{points[0]} {table[0]}")
    ok(f"webhooks: {lines} lines signed, refused, dead, replayed, delivered; each queued once over a kill")


def check_page(engine):
    with open(os.path.join(HERE, "../../docs/first-event.md"), encoding="utf-8") as file:
        blocks = re.findall(r"^```sh( http)?\n(.*?)^```", file.read(), re.M | re.S)
    env = {**os.environ, **engine.env, "GRIDLOOP_URL": engine.url, "HTTP": f"http://127.0.0.1:{engine.http}", "LANG": "C.UTF-8",
           "TOKEN": token_of(engine, "camera-gateway-1"), "PATH": os.path.abspath(os.path.dirname(GRIDLOOP)) + ":" + os.environ["PATH"]}
    blocks = [text for kind, text in blocks if not kind or shutil.which("curl")]
    expected = re.findall(r"    +# ([A-Z_]+)$|  # ([A-Z_]+)$", "".join(blocks), re.M)
    expected = [first or second for first, second in expected]
    run = subprocess.run(["bash", "-c", "".join(blocks)], capture_output=True, text=True, timeout=60, env=env, cwd=engine.dir, check=False)
    got = re.findall(r'^(?:gridloop send: )?([A-Z_]{4,})\b|"code":"([A-Z_]+)"', run.stdout, re.M)
    got = [first or second for first, second in got] + re.findall(r"^gridloop send: ([A-Z_]{4,}):", run.stderr, re.M)
    check(got == expected and len(got) > 15, f"the page says {expected}, the engine {got}\n{run.stdout[-1500:]}{run.stderr[-1500:]}")
    ok(f"docs/first-event.md: {len(got)} answers, {len(set(got))} codes, as it says")


def main():
    with Engine() as engine:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            engine.http = probe.getsockname()[1]
        os.mkdir(os.path.join(engine.city, "doors"))
        with open(os.path.join(engine.city, "doors", "own.yaml"), "w", encoding="utf-8") as file:
            file.write("map: 1\nat: {from: at}\ndevice: cam\nevents:\n- type: camera.garbage_overflow\n  when: {kind: bin}\n"
                       "  fields: {fill: {is: '0.95', number: true}, confidence: {is: '0.9', number: true}}\n")
        engine.start(extra=("--http", f"127.0.0.1:{engine.http}"))
        check_http(engine)
        check_page(engine)
        check_files(engine)
        check_hj212(engine)
        check_mqtt(engine)
        check_webhooks(engine)


main()
