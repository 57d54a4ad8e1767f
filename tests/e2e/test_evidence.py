#!/usr/bin/env python3
"""test_evidence.py: photos go into the evidence store once, under their digest and within quotas; an act names them; taking them out is
on record and without what phones write beside the picture.
"""
import hashlib
import json
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire
from engine import Engine, check, ok


def digest_of(data):
    return hashlib.blake2b(data, digest_size=16).digest()


def put(client, data, digest=None):
    kind, body = client.ask(7, [(1, digest_of(data) if digest is None else digest), (2, data)])
    return wire.CODE_NAME[wire.one(body, 1)] if kind == 7 else "REJECT " + wire.CODE_NAME[wire.one(body, 1)]


def jpeg():
    """The shape of a photo with an EXIF position in it; no decoder looks at it here."""
    exif = b"Exif\0\0GPS 116.3061 39.9061 phone 4711"
    return (b"\xff\xd8" + b"\xff\xe0" + struct.pack(">H", 9) + b"JFIF\0\1\2" + b"\xff\xe1" + struct.pack(">H", 2 + len(exif)) + exif +
            b"\xff\xdb" + struct.pack(">H", 5) + b"\0\1\2" + b"\xff\xda" + struct.pack(">H", 4) + b"\1\2" +
            b"picture\xff\0bytes\xff\xd9" + b"and another picture behind it, GPS 116.4")


def files(engine):
    out = []
    for root, _, names in os.walk(os.path.join(engine.data, "evidence")):
        out += [os.path.join(root, name) for name in names if name != "index"]
    return out


def act(client, case, action, evidence=(), seq=None):
    body = [(1, 1), (2, seq), (4, case), (5, wire.ACTION[action])] + [(9, digest) for digest in evidence]
    kind, answer = client.ask(5, body if seq else body[2:] + [(11, os.urandom(8).hex())])
    return wire.CODE_NAME[wire.one(answer, 1)]


def backup(engine, case, photo):
    """While the engine runs; then an engine on the copy knows the files, and a file that is damaged is left out and told."""
    live, copy = engine.data, os.path.join(engine.dir, "copy")
    said = engine.gridloop("backup", copy, "--data", live, "--lang", "en")
    check("3 files of evidence" in said, said)
    index = {line.split()[0] for line in open(os.path.join(copy, "evidence", "index"), encoding="utf-8")}
    check(len(index) == 3 and digest_of(photo).hex() in index, f"the copy's index: {index}")
    rotten = next(name for name in files(engine) if os.path.getsize(name) == 1 << 20)
    with open(rotten, "r+b") as file:
        file.write(b"bit rot")
    said = engine.gridloop("backup", os.path.join(engine.dir, "again"), "--data", live, "--lang", "en")
    check("2 files of evidence" in said and "1 left out" in said, f"a damaged file: {said}")
    os.remove(rotten)
    said = engine.gridloop("backup", os.path.join(engine.dir, "once more"), "--data", live, "--lang", "en")
    check("2 files of evidence" in said and "left out" not in said, f"a file that expired: {said}")
    engine.kill()
    engine.data = copy
    engine.start(extra=("--evidence", "4:3"))
    check(len(files(engine)) == 3, f"the restored engine swept: {files(engine)}")
    rows = json.loads(engine.gridloop("case", "evidence", case, "--data", copy, "--json"))
    check([row["is_there"] for row in rows] == [True, False], f"the restored case: {rows}")
    ok("a backup holds the evidence, checked; an engine started on it has it")


def main():
    with Engine() as engine:
        engine.start(extra=("--evidence", "4:3"))
        people = engine.table("workers.csv")
        worker = wire.Client(engine.url, next(row["id"] for row in people if "worker" in row["rights"]))
        chief = next(row["id"] for row in people if row["rights"] == "shift_chief")
        gateway = wire.Client(engine.url, "patrol-app")
        spot = next(row for row in engine.table("assets.csv"))
        answer = gateway.batch(1, 1, [wire.event("p-1", "patrol.garbage", at=wire.place(spot["lon"], spot["lat"]))])
        case = answer[1][0][1]
        photo, lost = jpeg(), digest_of(b"never sent")

        check(put(worker, photo) == "STORED", "a photo")
        check(put(worker, photo) == "STORED" and put(gateway, photo) == "STORED", "the same photo again, by anybody")
        check(len(files(engine)) == 1, f"one photo is one file: {files(engine)}")
        name = os.path.relpath(files(engine)[0], os.path.join(engine.data, "evidence")).replace("/", "")
        check(name == digest_of(photo).hex(), "its name is its digest")
        ok("a file is stored once, under its digest")

        check(put(worker, b"x", digest=digest_of(b"y")) == "REJECT BAD_DIGEST", "a wrong digest")
        for digest in (b"", b"../../../../x", b"/etc/cron.d/gridl", b"\0" * 15, b"a" * 64):
            check(put(worker, b"x", digest=digest) in ("REJECT MALFORMED", "REJECT BAD_DIGEST"), f"a digest {digest}")
        check(put(worker, b"") == "REJECT MALFORMED", "nothing at all")
        check(put(worker, b"x" * (2 << 20 | 1)) == "REJECT TOO_LARGE", "more than 2 MiB")
        stranger = wire.Client(engine.url, "nobody-17")
        check(put(stranger, b"x") == "REJECT UNKNOWN_IDENTITY", "a stranger")
        check(len(files(engine)) == 1, "something refused was stored")
        ok("wrong digests, hostile names, strangers and giants are refused")

        check(put(worker, os.urandom(2 << 20)) == "STORED", "2 MiB")
        check(put(worker, os.urandom(1 << 20)) == "REJECT EVIDENCE_FULL", "past the quota of one")
        check(put(gateway, os.urandom(1 << 20)) == "STORED", "another one's quota")
        check(put(gateway, os.urandom(1 << 20)) == "REJECT EVIDENCE_FULL", "past the quota of all")
        ok("quotas hold, for one and for all")

        check(act(worker, case, "COMMENT", [digest_of(photo), lost], seq=1) == "DONE", "an act that names evidence")
        rows = json.loads(engine.gridloop("case", "evidence", case, "--data", engine.data, "--json"))
        check([(row["digest"], row["is_there"]) for row in rows] == [(digest_of(photo).hex(), True), (lost.hex(), False)], f"{rows}")
        check("MISSING" in engine.gridloop("case", "evidence", case, "--data", engine.data, "--lang", "en"), "the one that never came")
        ok("what an act names and nobody sent is listed as missing")

        with open(files(engine)[0], "rb"):
            pass
        stray = os.path.join(engine.data, "evidence", "ab", "0" * 30)
        with open(stray, "wb") as file:
            file.write(b"written, never acknowledged")
        engine.kill()
        engine.start(extra=("--evidence", "4:3"))
        check(not os.path.exists(stray), "a file the index does not know stays")
        check(len(files(engine)) == 3, f"{len(files(engine))} files after kill -9")
        worker = wire.Client(engine.url, worker.key_id)
        check(put(worker, os.urandom(1 << 20)) == "REJECT EVIDENCE_FULL", "the quota forgot what was there")
        ok("after kill -9 what was acknowledged is there, and counted")

        out = os.path.join(engine.dir, "out")
        engine.gridloop("case", "evidence", case, "--data", engine.data, "--save", out, "--url", engine.url, expect=64)
        engine.gridloop("case", "evidence", case, "--data", engine.data, "--save", out, "--as", worker.key_id, "--url", engine.url, expect=77)
        engine.gridloop("case", "evidence", case, "--data", engine.data, "--save", out, "--as", chief, "--url", engine.url)
        with open(os.path.join(out, digest_of(photo).hex() + ".jpg"), "rb") as file:
            saved = file.read()
        check(b"GPS" not in saved and b"Exif" not in saved and b"picture\xff\0bytes\xff\xd9" in saved, f"the saved photo: {saved}")
        engine.gridloop("case", "evidence", case, "--data", engine.data, "--save", out, "--as", chief, "--url", engine.url, "--original")
        with open(os.path.join(out, digest_of(photo).hex() + ".jpg"), "rb") as file:
            check(file.read() == photo, "the original")
        told = engine.gridloop("case", "show", case, "--data", engine.data, "--lang", "en")
        check(told.count("took the evidence out") == 2, told)
        ok("taking it out needs the right, is on record and strips metadata")
        backup(engine, case, photo)
        engine.stop()


main()
