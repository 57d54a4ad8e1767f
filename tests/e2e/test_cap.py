#!/usr/bin/env python3
"""test_cap.py: CAP 1.2 alerts through their door: what is refused, with which code, line and element; and an alert, its update, an
exercise and its end in a running engine.
"""
import gzip
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from engine import GRIDLOOP, Engine, check, ok

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "../data/cap/air_orange.xml"), encoding="utf-8") as file:
    ORANGE = file.read()
NOW = "2026-03-03T08:30:00+08:00"


def cap(data, env, *words):
    data = data.encode() if isinstance(data, str) else data
    run = subprocess.run([GRIDLOOP, "cap", "-", *words], input=data, capture_output=True, timeout=60, env=env, check=False)
    return run.returncode, run.stdout.decode(), run.stderr.decode()


def line_of(text, part):
    return text[:text.index(part)].count("\n") + 1


def changed(old, new, count=1):
    check(old in ORANGE, f"{old} is not in the sample")
    return ORANGE.replace(old, new, count)


def without(element):
    begin = ORANGE.index(f"<{element}>")
    end = ORANGE.index(f"</{element}>") + len(f"</{element}>")
    return ORANGE[:begin] + ORANGE[end:]


def refusals():
    """(what, text, code, part of the message, part of the sample whose line must be named)"""
    bomb = ('<?xml version="1.0"?>\n<!DOCTYPE alert [<!ENTITY a "lol"><!ENTITY b "' + "&a;" * 50 + '"><!ENTITY c "' + "&b;" * 50 +
            '">]>\n<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>&c;</identifier></alert>')
    outside = bomb.replace('[<!ENTITY a "lol">', '[<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY a "&x;">')
    yield "an entity bomb", bomb, "CAP_DOCTYPE", "DOCTYPE", None
    yield "an outside entity", outside, "CAP_DOCTYPE", "DOCTYPE", None
    yield "an unknown entity", changed("清河区发布", "&secret;"), "CAP_XML", "entity", "<headline>"
    yield "gzip", gzip.compress(ORANGE.encode()), "CAP_COMPRESSED", "unpack", None
    yield "zip", b"PK\x03\x04" + b"\0" * 100, "CAP_COMPRESSED", "unpack", None
    yield "2 MiB", changed("减少户外活动", "x" * (2 << 20)), "CAP_TOO_LARGE", "bytes", None
    yield "nothing", "", "CAP_XML", "empty", None
    yield "JSON", "{}", "CAP_XML", "", None
    yield "half of it", ORANGE[:900], "CAP_XML", "", None
    yield "deep", changed("<note>", "") if "<note>" in ORANGE else changed("</area>", "<x:a xmlns:x='u'>" * 80 + "</x:a>" * 80 + "</area>"), \
        "CAP_TOO_LARGE", "inside each other", None
    yield "CAP 1.1", changed("cap:1.2", "cap:1.1"), "CAP_NAMESPACE", "another version", "<alert"
    yield "no namespace", changed(' xmlns="urn:oasis:names:tc:emergency:cap:1.2"', ""), "CAP_NAMESPACE", "expected", "<alert"
    yield "a feed", '<feed xmlns="http://www.w3.org/2005/Atom"/>', "CAP_NAMESPACE", "<feed>", None
    yield "an unknown element", changed("<scope>", "<colour>red</colour><scope>"), "CAP_ELEMENT", "<colour>", "<scope>"
    yield "an element twice", changed("<scope>", "<scope>Public</scope><scope>"), "CAP_REPEATED", "alert/scope", "<scope>"
    for element in ("identifier", "sender", "sent", "status", "msgType", "scope", "category", "event", "urgency", "severity",
                    "certainty", "areaDesc"):
        yield f"no {element}", without(element), "CAP_MISSING", f"no <{element}>", None
    yield "an empty identifier", changed("11000041600000_20260303083000", " "), "CAP_MISSING", "identifier is empty", "<identifier>"
    yield "a status of one's own", changed("Actual", "Real"), "CAP_WORD", "Actual,Exercise", "<status>"
    yield "a severity of one's own", changed(">Severe<", ">Bad<"), "CAP_WORD", "info/severity", "<severity>"
    yield "a time of one's own", changed("2026-03-06T08:00:00+08:00", "Friday"), "CAP_TIME", "info/expires", "<expires>"
    yield "over before it begins", changed("2026-03-06T08:00:00+08:00", "2026-03-03T08:10:00+08:00"), "CAP_TIME", "not after", "<expires>"
    yield "expired", changed("2026-03-06T08:00:00+08:00", "2026-03-03T08:25:00+08:00"), "CAP_EXPIRED", "it is over", "<expires>"
    yield "sent tomorrow", changed("<sent>2026-03-03", "<sent>2026-03-04"), "CAP_SENT_LATER", "still to come", "<sent>"
    for status in ("Test", "System", "Draft"):
        yield status, changed("Actual", status), "CAP_NOT_ACTUAL", status, "<status>"
    for kind in ("Ack", "Error"):
        yield kind, changed(">Alert<", f">{kind}<"), "CAP_NO_ALERT", kind, "<msgType>"
    yield "an update of nothing", changed(">Alert<", ">Update<"), "CAP_REFERENCES", "<references>", "<msgType>"
    yield "an update of something", changed(">Alert<", ">Update<").replace("<info>", "<references>abc</references><info>", 1), \
        "CAP_REFERENCES", "sender,identifier,sent", None
    yield "an event of no row", changed("重污染天气橙色预警", "暴雪"), "CAP_NO_ROW", "暴雪", None
    yield "a polygon that is open", changed(" 39.80,116.20<", "<"), "CAP_SHAPE", "equal to the first", "<polygon>"
    yield "a polygon of words", changed("40.10,116.50", "north"), "CAP_SHAPE", "point 3", "<polygon>"
    yield "a pole beyond the pole", changed("40.10,116.50", "140.10,116.50"), "CAP_SHAPE", "point 3", "<polygon>"
    yield "a circle without radius", changed("39.95,116.35 12", "39.95,116.35"), "CAP_SHAPE", "radius", "<circle>"
    yield "GBK that calls itself UTF-8", ORANGE.encode("gbk"), "CAP_ENCODING", "declare", None
    yield "GBK that is none", changed("UTF-8", "GBK").encode("gbk")[:700] + b"\xff\xff", "CAP_ENCODING", "GB18030", None
    yield "an encoding of one's own", changed("UTF-8", "KLINGON"), "CAP_ENCODING", "declare", None


def check_refusals(env):
    count = 0
    for what, text, code, part, where in refusals():
        status, out, err = cap(text, env, "--dry-run", "--now", NOW)
        check(status == 65 and not out, f"{what}: exit {status}: {out[:200]}{err[:500]}")
        check(f"error {code}:" in err and part in err, f"{what}: {code} \"{part}\" expected: {err[:500]}")
        if where is not None:
            line = line_of(text if isinstance(text, str) else ORANGE, where)
            check(f"standard input:{line}:" in err, f"{what}: line {line} expected: {err[:300]}")
        count += 1
    status, _, err = cap(changed("<effective>2026-03-03T08:20", "<effective>2026-03-03T09:20"), env, "--dry-run", "--now", NOW)
    check(status == 75 and "CAP_NOT_YET" in err, f"not in force yet: {status} {err}")
    ok(f"{count + 1} alerts refused, each with its code, line and element")


def dry(text, env, *words):
    status, out, err = cap(text, env, "--dry-run", "--now", NOW, *words)
    check(status == 0, f"exit {status}: {err}")
    return [json.loads(line) for line in out.splitlines()]


def check_readings(env):
    plain = dry(ORANGE, env)
    check(len(plain) == 1 and plain[0]["type"] == "warning.air" and not plain[0]["drill"], f"{plain}")
    fields = plain[0]["fields"]
    check(fields["level"] == "orange" and fields["city"] == "清河区" and fields["headline"].startswith("清河区发布"), f"{fields}")
    check(abs(plain[0]["lat"] - 39.95) < 1e-6 and abs(plain[0]["lon"] - 116.35) < 1e-6, f"the middle of the polygon: {plain[0]}")
    for name, codec in (("GBK", "gbk"), ("GB2312", "gb2312"), ("GB18030", "gb18030"), ("gbk", "gbk"), ("UTF-16", "utf-16")):
        check(dry(changed("UTF-8", name).encode(codec), env) == plain, f"in {name} it says something else")
    check(dry("\ufeff" + ORANGE, env) == plain, "a byte order mark")
    signed = changed("</alert>", '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>x</SignedInfo></Signature></alert>')
    check(dry(signed, env) == plain, "a signature is stepped over")
    english = dry(ORANGE[:ORANGE.index("  <info>\n    <language>zh")] + ORANGE[ORANGE.index("  <info>\n    <language>en"):], env)
    check(english[0]["fields"]["headline"].startswith("Orange alert") and english[0]["accuracy_m"] == 12000, f"{english}")
    exercise = dry(changed("Actual", "Exercise"), env)
    check(exercise[0]["drill"], f"an exercise: {exercise}")
    clear = dry(changed(">Execute<", ">AllClear<"), env)
    check(clear[0]["type"] == "warning.air.lifted" and clear[0]["lifted"], f"all clear: {clear}")
    other = dry(changed("alerts@ecology.example", "other@example"), env)
    check(other[0]["id"] != plain[0]["id"], "two senders may use one identifier")
    long = dry(changed("11000041600000_20260303083000", "y" * 200), env)
    check(len(long[0]["id"]) <= 64 and long[0]["id"] != plain[0]["id"], f"a long identifier: {long[0]['id']}")
    status, out, err = cap(changed("清河区发布重污染", "长" * 40), env, "--dry-run", "--now", NOW)
    check(status == 0 and "CAP_CUT" in err and len(json.loads(out)["fields"]["headline"].encode()) <= 64, f"cut, and told: {err}")
    ok("encodings, languages, exercises, all clear, shapes; what is cut is told")


def check_engine():
    with Engine() as engine:
        engine.start()
        env = {**os.environ, **engine.env}
        sent = lambda text, *words: cap(text, env, "--url", engine.url, "--lang", "en", *words)
        plans = lambda: json.loads(engine.gridloop("plan", "list", "--as", person, "--url", engine.url, "--json"))
        person = next(row["id"] for row in engine.table("workers.csv") if "shift_chief" in row["rights"].split())
        box = [changed("39.80,116.20 40.10,116.20 40.10,116.50 39.80,116.50 39.80,116.20", "10,10 11,10 11,11 10,11 10,10")
               .replace("39.95,116.35 12", "10.5,10.5 1")]
        status, _, err = sent(box[0])
        check(status == 65 and "CAP_OUTSIDE" in err, f"another country: {status} {err}")
        cancel_text = ORANGE[:ORANGE.index("  <info>")].replace(">Alert<", ">Cancel<") + "{}</alert>"
        reference = "<references>{}</references>".format
        whole = "alerts@ecology.example,11000041600000_20260303083000,2026-03-03T08:20:00+08:00"
        cancel = cancel_text.format(reference(whole)).replace("_20260303083000<", "_c1<")
        status, _, err = sent(cancel)
        check(status == 65 and "UNKNOWN_ALERT" in err, f"the end of an unknown alert: {status} {err}")
        status, out, err = sent(changed("Actual", "Exercise").replace("_20260303083000<", "_x1<"))
        check(status == 0 and "OPENED" in out and "DRILL" in out, f"the exercise: {status} {out} {err}")
        check([plan["drill"] for plan in plans()] == [True], f"a drill: {plans()}")
        status, out, err = sent(ORANGE)
        check(status == 0 and out.startswith("OPENED "), f"the alert: {status} {out} {err}")
        check(sorted(plan["drill"] for plan in plans() if plan["state"] == "PENDING") == [False], f"it ends the drill: {plans()}")
        status, out, _ = sent(ORANGE)
        check(status == 0 and "DEDUPED" in out, f"the same alert again: {status} {out}")
        update = changed(">Alert<", ">Update<").replace("_20260303083000<", "_u1<").replace(
            "<info>", reference("a@b,never-heard-of,2026-03-03T08:20:00+08:00 " + whole + " x@y,unknown,2026-03-03T08:21:00+08:00") + "<info>", 1)
        status, out, err = sent(update)
        check(status == 0 and "MERGED" in out, f"an update, found by one of three references: {status} {out} {err}")
        status, out, err = sent(cancel.replace("_c1<", "_c2<"), "--json")
        check(status == 0 and json.loads(out)["code"] == "CLEARED", f"the end: {status} {out} {err}")
        status, _, err = sent(cancel.replace("_c1<", "_c3<"))
        check(status == 65 and "ALERT_OVER" in err + _, f"the end again: {status} {_} {err}")
        status, _, err = sent(ORANGE, "--as", "camera-gateway-1")
        check(status in (65, 77), f"sent by a camera: {status} {err}")
        engine.stop()
        outbox = os.path.join(engine.dir, "cap.outbox")
        status, _, err = sent(ORANGE.replace("_20260303083000<", "_late<"), "--outbox", outbox, "--now", NOW, "--wait", "1")
        check(status == 69 and "kept in" in err and os.path.exists(outbox), f"no engine: {status} {err}")
    ok("an exercise, an alert, its update by one of three references, its end; unknown and over; kept while nobody answers")


def main():
    home = tempfile.mkdtemp(prefix="gridloop-cap-")
    env = {**os.environ, "HOME": home, "XDG_RUNTIME_DIR": home, "XDG_STATE_HOME": home, "LANG": "C.UTF-8"}
    check_refusals(env)
    check_readings(env)
    check_engine()
    os.rmdir(home)


main()
