#!/usr/bin/env python3
"""test_web.py: the HTTP interface from outside: login, rights, lists, the live channel, and everything malformed."""
import gzip
import http.client
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time

from engine import GRIDLOOP, Engine, check
from web import Live, Web


def start(engine):
    """Starts with any free port; returns the port and the password of the first line."""
    engine.start(extra=("--http", "127.0.0.1:0"))
    text = ""
    for _ in range(100):
        with open(engine.log.name, encoding="utf-8") as log:
            text = log.read()
        if "console http" in text and "shown once" in text or "replayed" in text:
            break
        time.sleep(0.05)
    port = int(re.findall(r"console http://127\.0\.0\.1:(\d+) \(loopback only\)", text)[-1])
    first = re.findall(r"log in as (\S+) with (\S+) \(shown once", text)
    return port, first


def send_event(engine, name="camera.garbage_overflow"):
    engine.gridloop("send", "--url", engine.url, "--city", engine.city, "--example", name)


def wait_until(tell, what, wait_s=5):
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        value = tell()
        if value:
            return value
        time.sleep(0.05)
    check(False, what)
    return None


def test_login(web, person, password):
    check(web.get("/livez") == "ok\n", "livez")
    wait_until(lambda: web.ask("GET", "/readyz")[0] == 200, "never ready")
    for path in ("/api/v1/cases", "/api/v1/session", "/api/v1/city", "/api/v1/rules"):
        status, headers, problem = web.ask("GET", path)
        check(status == 401 and problem["code"] == "NOT_LOGGED_IN", f"{path} without login: {status}")
        check(headers["Content-Type"] == "application/problem+json", "problems say what they are")
        check(headers["WWW-Authenticate"] == "Bearer", "401 says how")
    check(web.login(person, "wrong-password")[0] == 401, "a wrong password is refused")
    check(web.login("nobody.at.all", "wrong-password")[0] == 401, "a stranger is refused alike")
    status, session = web.login(person, password)
    check(status == 200 and session["roles"] == ["administrator"], f"login: {status} {session}")
    check(web.get("/api/v1/session")["csrf"] == session["csrf"], "the session is told again")


def test_headers(web):
    for path in ("/", "/livez", "/api/v1/cases", "/nowhere"):
        headers = web.ask("GET", path)[1]
        check(headers["X-Frame-Options"] == "DENY", "no framing")
        check("frame-ancestors 'none'" in headers["Content-Security-Policy"], "no framing by policy")
        check("unsafe-inline" not in headers["Content-Security-Policy"], "no inline scripts")
        check(headers["X-Content-Type-Options"] == "nosniff", "no sniffing")
    check("no-store" in web.ask("GET", "/api/v1/cases")[1]["Cache-Control"], "answers are not kept")
    etag = web.ask("GET", "/")[1]["ETag"]
    check(web.ask("GET", "/", headers={"If-None-Match": etag})[0] == 304, "pages are kept by their etag")
    check("<html" in web.get("/"), "pages come inflated to who takes no gzip")


def test_bad_input(web):
    def code(method, path, expect, **more):
        status, _, value = web.ask(method, path, **more)
        check(status == expect, f"{method} {path}: {status}, expected {expect}: {value}")
        return value["code"]

    json_type = {"Content-Type": "application/json"}
    check(code("POST", "/api/v1/session", 400, raw=b"{", headers=json_type) == "MALFORMED", "half a JSON")
    check(code("POST", "/api/v1/session", 400, raw=b'{"person":1,"password":[]}', headers=json_type) == "MALFORMED", "types")
    check(code("POST", "/api/v1/session", 400, raw=b'[1]', headers=json_type) == "MALFORMED", "an array")
    code("POST", "/api/v1/session", 400, raw=b'{"person":"a\\u0000b","password":"x"}', headers=json_type)
    code("POST", "/api/v1/session", 400, raw=b'{"person":"a","person":"b","password":"x"}', headers=json_type)
    check(code("POST", "/api/v1/session", 415, raw=b"person=a") == "MEDIA_TYPE", "no JSON at all")
    check(code("POST", "/api/v1/session", 413, raw=b"x" * 10_000_000, headers=json_type) == "TOO_LARGE", "10 MB")
    bomb = gzip.compress(b'{"person":"' + b"a" * 50_000_000 + b'","password":"x"}')
    check(len(bomb) < 100_000 and code("POST", "/api/v1/session", 415, raw=bomb[:4000], headers={**json_type, "Content-Encoding": "gzip"}) == "ENCODING",
          "what is packed is not unpacked")
    check(code("POST", "/api/v1/session", 400, raw=bomb[:4000], headers=json_type) == "MALFORMED", "nor taken as it is")
    check(code("PUT", "/api/v1/cases", 405) == "METHOD", "another method")
    check(code("GET", "/api/v1/nothing", 404) == "UNKNOWN_PATH", "another path")
    for path in ("/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "/w/../../x", "//etc/passwd"):
        check(web.ask("GET", path)[0] in (403, 404), f"{path} leads nowhere")
    for query in ("limit=0", "limit=501", "limit=x", "limit=-1", "state=maybe", "need=tea", "cursor=x"):
        check(code("GET", "/api/v1/cases?" + query, 400) == "MALFORMED", query)
    check(code("GET", "/api/v1/cases/no-number", 404) == "UNKNOWN_CASE", "no case number")
    check(code("GET", "/api/v1/cases/110108-20200101-0001", 404) == "UNKNOWN_CASE", "no such case")
    check(web.get("/api/v1/cases?state=all&q=%27%22%3B--%25_")["items"] == [], "a search is no SQL")
    raw = socket.create_connection(("127.0.0.1", web.port), timeout=10)
    raw.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 40_000 + b"\r\n\r\n")
    raw.close()
    raw = socket.create_connection(("127.0.0.1", web.port), timeout=10)
    raw.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200))
    raw.close()
    check(web.get("/livez") == "ok\n", "it goes on")


def test_csrf(web, person):
    other = Web(web.port)
    other.cookie = web.cookie
    check(other.ask("DELETE", "/api/v1/session")[2]["code"] == "CSRF", "no token, no deed")
    other.csrf = "x" * 43
    check(other.ask("DELETE", "/api/v1/session")[2]["code"] == "CSRF", "another token")
    foreign = {"Origin": "http://evil.example", "X-CSRF-Token": web.csrf}
    check(web.ask("DELETE", "/api/v1/session", headers=foreign)[2]["code"] == "CSRF", "from another page")
    check(web.get("/api/v1/session")["person"] == person, "nothing was done")


def test_lists(engine, web):
    for _ in range(3):
        send_event(engine)
    send_event(engine, "sensor.manhole_tilt")
    rows = wait_until(lambda: web.get("/api/v1/cases")["items"], "no case came")
    one = rows[0]
    check(re.fullmatch(r"\d+-\d{8}-\d{4}", one["number"]) and one["title"]["zh"] and one["severity"] in (1, 2, 3, 4), "a row")
    told = wait_until(lambda: len(web.get("/api/v1/cases?state=all")["items"]) == len(web.get("/api/v1/cases")["items"])
                      and web.get(f"/api/v1/cases/{one['number']}"), "the history has it too")
    check(told["timeline"][0]["action"] == "OPEN" and told["decisions"] and told["orders"], "its story")
    check({"number", "state", "need", "holder", "deadline_ms", "can"} <= set(told), "and how it stands")
    page = web.get("/api/v1/cases?limit=1")
    if page["next"]:
        more = web.get("/api/v1/cases?limit=1&cursor=" + page["next"])
        check(more["items"][0]["number"] != page["items"][0]["number"], "the next page goes on")
    check(web.get("/api/v1/cases?class=none.such")["items"] == [], "filters filter")
    city = web.get("/api/v1/city")
    check(len(city["cells"]["features"]) == 24 and city["cells"]["features"][0]["id"], "cells as drawn")
    check(all(city[part] for part in ("units", "departments", "posts", "classes", "persons", "rules")), "the city")
    segments = web.get("/api/v1/roads")["segments"]
    inside = lambda at, low, high: all(low <= value <= high for value in segments[at::2])
    check(len(segments) > 100 and len(segments) % 4 == 0, "roads are pieces of four numbers")
    check(inside(0, 1162500000, 1164000000) and inside(1, 400000000, 401000000), "and lie in the city")
    check(city["map"] == {"tiles": "http://tiles.example:8081/{z}/{x}/{y}.png", "attribution": "Example", "max_zoom": 17}, "a street map")
    policy = web.ask("GET", "/")[1]["Content-Security-Policy"]
    check("img-src 'self' data: blob: http://tiles.example:8081;" in policy and "https:" not in policy, f"only its host: {policy}")
    check(len(web.get("/api/v1/workers?limit=500")["items"]) > 20, "workers")
    check(web.get("/api/v1/orders")["items"][0]["case"], "orders")
    rule = web.get("/api/v1/rules/safety.gas_leak")
    check(rule["text"].startswith("- id: safety.gas_leak") and "sensor.gas" in rule["text"], f"a rule as written: {rule}")
    check("safety.gas_leak_quorum" not in rule["text"], "and no other rule")
    check(web.ask("GET", "/api/v1/rules/no.such.rule")[0] == 404, "a rule that is none")
    rules = web.get("/api/v1/rules")["items"]
    check(all(row["would"] is None for row in rules if row["status"] != "SHADOW"), "only rules in shadow would have")
    check(any(row["cases"] for row in rules) and any(row["findings"] for row in rules) and all(row["file"] and row["line"] for row in rules), "rules")
    indices = web.get("/api/v1/kpi?month=2026-03")
    check(indices["rows"] and indices["from"] == "2026-03-01", f"indices: {str(indices)[:200]}")
    check(web.ask("GET", "/api/v1/kpi?month=--help")[0] == 400, "a month is no option")
    for path in ("handovers", "burden", "plans", "silences"):
        check("items" in web.get("/api/v1/" + path), path)
    today = web.get("/api/v1/today")
    rows = web.get("/api/v1/cases?state=all&limit=500")["items"]
    check(today["filed"] == len(rows) > 0 and today["cell"] in {row["cell"] for row in rows} and today["p90_ms"] >= 0, "the day's figures")
    wait_until(lambda: web.get("/api/v1/counters")["open"] == len(web.get("/api/v1/cases")["items"]) > 1, "counters count")


def test_live(engine, web):
    live = Live(web)
    check(live.status == 101, f"upgrade: {live.status}")
    hello = live.receive()
    check(hello["type"] == "hello" and hello["speed"] == 60, f"hello: {hello}")
    snapshot = live.receive()
    check(snapshot["type"] == "snapshot" and snapshot["cases"] and snapshot["counters"]["open"], "snapshot")
    had = {row["number"] for row in snapshot["cases"]}
    began = time.monotonic()
    send_event(engine, "camera.fire")
    while True:
        delta = live.receive()
        check(delta["type"] in ("delta", "snapshot"), f"delta: {delta['type']}")
        new = {row["number"] for row in delta["cases"]} - had
        if new:
            break
        check(time.monotonic() - began < 5, "no delta came")
    live.close()
    seen = f"?since={delta['sequence']}&epoch={hello['epoch']}"
    send_event(engine, "sensor.manhole_tilt")
    back = Live(web, query=seen)
    told = [back.receive(), back.receive()]
    check([told[0]["resume"], told[1]["type"]] == ["resumed", "delta"], f"who comes back goes on: {told[0]} {told[1]['type']}")
    check(len(told[1]["cases"]) < len(had), "and gets no more than what it missed")
    back.close()
    for other in (f"?since={delta['sequence']}&epoch=1", "?since=99999999&epoch=" + str(hello["epoch"]), "?since=x"):
        back = Live(web, query=other)
        told = [back.receive(), back.receive()]
        check(told[0]["resume"] != "resumed" and told[1]["type"] == "snapshot", f"{other} is loaded anew: {told[0]}")
        back.close()
    stranger = Web(web.port)
    check(Live(stranger).status == 401, "nobody watches unknown")
    check(Live(web, ["Origin: http://evil.example"]).status == 403, "nor from another page")
    flood = Live(web)
    flood.receive()
    try:
        for _ in range(200):
            flood.send("x" * 100)
        for _ in range(200):
            flood.receive()
        check(False, "a flood was not cut")
    except (ConnectionError, OSError):
        pass
    idle = [socket.create_connection(("127.0.0.1", web.port)) for _ in range(50)]
    for link in idle:
        link.close()
    check(web.get("/livez") == "ok\n", "it goes on")


def test_openapi(web):
    document = web.get("/api/v1/openapi.json")
    check(document["openapi"] == "3.1.0", "its version")
    ids = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            ids.append(operation["operationId"])
            check(operation["summary"] and "200" in operation["responses"], f"{method} {path} is described")
            named = set(re.findall(r"{(\w+)}", path))
            check(named == {p["name"] for p in operation["parameters"] if p["in"] == "path"}, f"{path}: its pieces")
            status, _, value = Web(web.port).ask(method.upper(), re.sub(r"{\w+}", "1", path.replace("{format}", "json")))
            check(status != 405 and "nothing is at" not in str(value), f"{method} {path} is there")
            open_to_all = operation["security"] == []
            check(open_to_all or status == 401, f"{method} {path} asks who: {status}")
    check(len(ids) == len(set(ids)), "operations have names of their own")


def test_metrics(web):
    text = web.get("/metrics")
    check("gridloop_cases_open " in text and "gridloop_web_requests_total" in text, "numbers")
    tool = shutil.which("promtool")
    check(tool, "promtool is missing, of the package prometheus: make deps-test")
    done = subprocess.run([tool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=30, check=False)
    check(done.returncode == 0 and not done.stderr.strip(), f"promtool: {done.stdout}{done.stderr}")
    for line in text.splitlines():
        check(line.startswith("#") or re.fullmatch(r'[a-z_]+(\{[a-z]+="[^"]+"(,[a-z]+="[^"]+")*\})? \S+', line), line)


def test_accounts(engine, web):
    data = ["--data", engine.data]
    told = engine.gridloop("account", "add", "li.qiang", *data)
    password = told.split()[-1]
    worker = Web(web.port)
    status, session = worker.login("li.qiang", password)
    check(status == 200 and "administrator" not in session["roles"], f"a worker logs in: {status} {session}")
    check(worker.ask("POST", "/api/v1/worker-links", {"person": "li.qiang"})[2]["code"] == "NO_RIGHT", "rights are kept")
    token = engine.gridloop("account", "token", "camera-gateway-1", "--label", "test", *data).strip()
    machine = Web(web.port)
    bearer = {"Authorization": "Bearer " + token}
    check(machine.ask("GET", "/api/v1/session", headers=bearer)[2]["person"] == "camera-gateway-1", "a machine")
    check(machine.ask("GET", "/api/v1/session", headers={"Authorization": "Bearer glt_nothing"})[0] == 401, "another token")
    check(token not in engine.gridloop("account", "list", *data), "tokens are shown once")
    engine.gridloop("account", "remove", "li.qiang", *data)
    wait_until(lambda: worker.ask("GET", "/api/v1/session")[0] == 401, "who was removed is still in", 3)
    engine.gridloop("account", "remove", "nobody.at.all", *data, expect=66)
    with open(engine.data + "/accounts.db", "rb") as file:
        bytes_ = file.read()
        check(password.encode() not in bytes_ and token.encode() not in bytes_, "nothing can be read back")


def test_rate(web):
    codes = [Web(web.port).login("zhang.san", f"guess-{i}-guess")[0] for i in range(14)]
    check(429 in codes and 200 not in codes, f"guessing is slowed down: {codes}")


def test_tls(engine):
    """The same port, the cookie only over TLS."""
    tool = shutil.which("openssl")
    if tool is None:
        print("# no openssl here: TLS is not tried")
        return
    cert, key = engine.dir + "/cert.pem", engine.dir + "/key.pem"
    subprocess.run([tool, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-keyout", key, "-out", cert], capture_output=True, timeout=20, check=True)
    engine.start(extra=("--http", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key))
    with open(engine.log.name, encoding="utf-8") as log:
        port = int(re.findall(r"console https://127\.0\.0\.1:(\d+)", log.read())[-1])
    link = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=ssl._create_unverified_context())
    link.request("GET", "/livez")
    answer = link.getresponse()
    check(answer.status == 200 and "max-age" in answer.headers["Strict-Transport-Security"], "TLS answers")
    link.close()
    engine.stop()


def test_ipv6(engine):
    """On [::1], said as it is to be typed; and an address that is none."""
    if not socket.has_ipv6:
        print("# no IPv6 here: not tried")
        return
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        print("# no IPv6 loopback here: not tried")
        return
    engine.start(extra=("--http", "[::1]:0"))
    with open(engine.log.name, encoding="utf-8") as log:
        port = int(re.findall(r"console http://\[::1\]:(\d+) \(loopback only\)", log.read())[-1])
    link = http.client.HTTPConnection("::1", port, timeout=10)
    link.request("GET", "/livez")
    check(link.getresponse().status == 200, "IPv6 answers")
    link.close()
    engine.stop()


def test_early(engine, person, password):
    """From the first byte that the port takes, who may is never told to log in again."""
    token = engine.gridloop("account", "token", person, "--data", engine.data).split()[-1]
    gate = socket.create_server(("127.0.0.1", 0))
    port = gate.getsockname()[1]
    gate.close()
    told = []

    def knock():
        ways = [("GET", "/api/v1/cases", None, 200), ("POST", "/api/v1/cases/x/acts", {"action": "note"}, 404),
                ("GET", "/api/v1/session", None, 200)]
        done = set()
        end = time.monotonic() + 20
        while len(done) < len(ways) and time.monotonic() < end:
            for way, path, body, good in ways:
                try:
                    status, headers, value = Web(port).ask(way, path, body, {"Authorization": "Bearer " + token})
                except OSError:
                    continue
                told.append((way, path, status, headers["Retry-After"], headers["Content-Type"], value))
                if status != 503:
                    done.add(path)

    knocking = threading.Thread(target=knock)
    knocking.start()
    engine.start(extra=("--http", f"127.0.0.1:{port}"))
    knocking.join()
    early = [row for row in told if row[2] == 503]
    print(f"# {len(early)} of {len(told)} requests came before the city was there")
    check(not [row for row in told if row[2] in (401, 403)], f"told to log in: {[row for row in told if row[2] in (401, 403)][:2]}")
    for way, path, _, wait, kind, value in early:
        check(wait and kind == "application/problem+json" and value["code"] == "NOT_READY", f"{way} {path}: {wait} {kind} {value}")
    check(Web(port).login(person, password)[0] == 200, "then a login is taken")
    engine.stop()


def main():
    with Engine() as engine:
        with open(engine.city + "/map.json", "w", encoding="utf-8") as street_map:
            street_map.write('{"tiles": "http://tiles.example:8081/{z}/{x}/{y}.png", "attribution": "Example", "max_zoom": 17}')
        port, first = start(engine)
        check(len(first) == 1, "the first start shows a password once")
        person, password = first[0]
        web = Web(port)
        test_login(web, person, password)
        test_headers(web)
        test_bad_input(web)
        test_csrf(web, person)
        test_lists(engine, web)
        test_live(engine, web)
        test_openapi(web)
        test_metrics(web)
        test_accounts(engine, web)
        test_rate(web)
        check(web.ask("DELETE", "/api/v1/session")[0] == 204, "log out")
        check(web.ask("GET", "/api/v1/session")[0] == 401, "a session that ended is none")
        web.login(person, password)
        watching = Live(web)  # and an idle connection: neither keeps the engine from ending
        watching.receive()
        idle = socket.create_connection(("127.0.0.1", port))
        engine.stop()
        watching.close()
        idle.close()
        port, again = start(engine)
        check(again == first, "the second start shows none")  # the log still holds the first
        old = Web(port)
        old.cookie = web.cookie
        check(old.ask("GET", "/api/v1/session")[0] == 401, "sessions end with the engine")
        busy = subprocess.run([GRIDLOOP, "serve", "--city", engine.city, "--data", engine.dir + "/other", "--listen",
                               f"ipc://{engine.dir}/other.sock", "--http", f"127.0.0.1:{port}"], capture_output=True, text=True,
                              timeout=20, check=False)
        check(busy.returncode == 69 and "--http" in busy.stderr, f"a port in use: {busy.returncode} {busy.stderr[-300:]}")
        check(old.login(person, password)[0] == 200, "passwords do not")
        check(wait_until(lambda: old.get("/api/v1/cases")["items"], "cases are there again"), "")
        engine.stop()
        test_early(engine, person, password)
        test_ipv6(engine)
        test_tls(engine)
    print("ok test_web")


if __name__ == "__main__":
    main()
