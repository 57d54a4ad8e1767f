#!/usr/bin/env python3
"""test_read_rights.py: who may read what over HTTP: every role at every list, and who is bound to a district.

docs/api.md has the table. What is out of reach answers as if it were not there.
"""
import csv
import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from engine import GRIDLOOP, Engine, check
from web import Live, Web

ALL = ("intake", "shift_chief", "dispatcher", "overseer", "auditor", "administrator")
SOME = {"street": "110108001", "other street": "110108002", "district": "110108"}


def people(engine):
    """{role: somebody who has that right and reads by it}; adds people bound to a street or a district."""
    path = os.path.join(engine.city, "workers.csv")
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {}
    for row in rows:
        rights = row["rights"].split()
        if len(rights) == 1 or rights[0] == "intake":
            found.setdefault(rights[0] if row["department"] != "dept.traffic" else "traffic desk", row["id"])
    blank = {name: "" for name in rows[0]}
    for where, unit in SOME.items():
        found[where] = "bound." + where.replace(" ", ".")
        rows.append({**blank, "id": found[where], "name": where, "rights": "dispatcher", "capacity": "0", "unit": unit})
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, [*rows[0], *([] if "unit" in rows[0] else ["unit"])], restval="")
        out.writeheader()
        out.writerows(rows)
    return found


class Reader:
    def __init__(self, engine, port, who):
        self.web = Web(port)
        token = engine.gridloop("account", "token", who, "--data", engine.data).split()[-1]
        self.bearer = {"Authorization": "Bearer " + token}

    def ask(self, path):
        return self.web.ask("GET", path, headers=self.bearer)

    def numbers(self, query=""):
        status, _, value = self.ask("/api/v1/cases?limit=500" + query)
        check(status == 200, f"cases{query}: {status} {value}")
        return {row["number"]: row for row in value["items"]}

    def live(self):
        """What the WebSocket shows first, or its status."""
        live = Live(self.web, ["Authorization: " + self.bearer["Authorization"]])
        if live.status != 101:
            return live.status
        live.receive()
        rows = {row["number"] for row in live.receive()["cases"]}
        live.close()
        return rows


def main():
    with Engine() as engine:
        who = people(engine)
        engine.start(extra=("--http", "127.0.0.1:0"))
        with open(engine.log.name, encoding="utf-8") as log:
            port = int(re.findall(r"console http://127\.0\.0\.1:(\d+)", log.read())[-1])
        readers = {role: Reader(engine, port, name) for role, name in who.items()}
        send_all(engine)
        chief = readers["shift_chief"]
        end = time.monotonic() + 10
        while len(chief.numbers("&state=all")) < len(chief.numbers()) or len(chief.numbers()) < 4:
            check(time.monotonic() < end, "no cases came")
            time.sleep(0.1)
        check_cases(readers)
        check_paths(engine, readers, port)
        engine.stop()


def send_all(engine):
    """Two calls from each street."""
    with open(os.path.join(engine.city, "cells.geojson"), encoding="utf-8") as file:
        cells = json.load(file)["features"]
    for street in ("110108001", "110108002"):
        of_street = [cell for cell in cells if str(cell["properties"].get("code", cell.get("id"))).startswith(street)]
        for cell in of_street[:2]:
            ring = cell["geometry"]["coordinates"][0][:-1]
            event = {"type": "hotline.garbage", "lon": sum(p[0] for p in ring) / len(ring), "lat": sum(p[1] for p in ring) / len(ring)}
            done = subprocess.run([GRIDLOOP, "send", "--url", engine.url, "--as", "hotline-12345", "-"], input=json.dumps(event), capture_output=True, text=True,
                                  timeout=30, check=False, env={**os.environ, **engine.env})
            check(done.returncode == 0, f"{event}: {done.stdout} {done.stderr}")


def check_cases(readers):
    everything = readers["shift_chief"].numbers()
    street_of = lambda row: (row["cell"] or "")[:9]
    streets = {street_of(row) for row in everything.values()}
    check(len(streets - {""}) > 1, f"all cases lie in {streets}")
    for role, reader in readers.items():
        mine = reader.numbers()
        if role in ALL:
            expect = set(everything)
        elif role in SOME:  # what lies in no cell lies in no street and no district
            expect = {number for number, row in everything.items() if (row["cell"] or "").startswith(SOME[role])}
        elif "desk" in role:
            department = "dept.traffic" if role == "traffic desk" else None
            check(role != "traffic desk" or len(mine) < len(everything), f"{role} reads all of {len(everything)}")
            for row in mine.values():
                held = row["holder"] and row["holder"]["kind"] == "POST"
                check(department is None or row["department"] == department or held or row["order"], f"{role} reads {row}")
            expect = set(mine)
        else:  # a worker, an inspector: what they have an order on
            expect = {number for number, row in everything.items() if row["order"] and row["order"]["person"] == reader_id(reader)}
        check(set(mine) == expect, f"{role} reads {sorted(mine)}, not {sorted(expect)}")
        for query in ("&state=all", "&state=all&q=1"):
            beyond = set(reader.numbers(query)) - expect
            check(not beyond or "desk" in role or role in ("worker", "inspector"), f"{role} reads {beyond} from the history{query}")
        for number in everything:
            status = reader.ask(f"/api/v1/cases/{number}")[0]
            check(status == (200 if number in expect else 404) or (role in ("worker", "inspector") or "desk" in role),
                  f"{role} asks for {number}: {status}")
        shown = reader.live()
        if role in ("worker", "inspector"):
            check(shown == 403, f"{role} watches: {shown}")
        else:
            check(shown in (expect, set(reader.numbers())), f"{role} watches {shown}, not {expect}")
        count = reader.ask("/api/v1/counters")[2]["open"]
        check(count in (len(expect), len(reader.numbers())), f"{role}: {count} counted, {len(expect)} read")
        for path in ("orders", "handovers"):
            for row in reader.ask(f"/api/v1/{path}?limit=500")[2]["items"]:
                check(row["case"] in expect or "desk" in role or role in ("worker", "inspector"), f"{role} reads {path} of {row['case']}")
    print(f"ok 1 - {len(readers)} roles, {len(everything)} cases in {len(streets)} streets: each reads its own")


def reader_id(reader):
    return reader.ask("/api/v1/session")[2]["person"]


def check_paths(engine, readers, port):
    gateway = Reader(engine, port, engine.gateways()[0])
    paths = ("cases", "orders", "workers", "handovers", "burden", "rules", "counters", "today", "city", "plans", "silences", "report-types")
    for path in paths:
        status = gateway.ask("/api/v1/" + path)[0]
        check(status == 403, f"a gateway reads {path}: {status}")
        check(Web(port).ask("GET", "/api/v1/" + path)[0] == 401, f"a stranger reads {path}")
        for role, reader in readers.items():
            status = reader.ask("/api/v1/" + path)[0]
            check(status == 200 or path in ("plans", "silences"), f"{role} reads {path}: {status}")
    check(gateway.live() == 403, "a gateway watches")
    for role, reader in readers.items():
        status = reader.ask("/api/v1/kpi?month=x")[0]
        check(status == (403 if role in ("worker", "inspector") else 400), f"{role} asks for indices: {status}")
        status = reader.ask("/api/v1/kpi?month=x&index=x")[0]
        is_bound = role in SOME or "desk" in role or role in ("worker", "inspector")
        check(status == (403 if is_bound else 400), f"{role} asks for the cases behind an index: {status}")
    own = readers["worker"].ask("/api/v1/workers?limit=500")[2]["items"]
    check([row["id"] for row in own] == [reader_id(readers["worker"])], f"a worker sees where others are: {len(own)}")
    desk = readers["traffic desk"].ask("/api/v1/workers?limit=500")[2]["items"]
    check({row["department"] for row in desk} <= {"dept.traffic"}, "a desk sees the people of its office")
    print(f"ok 2 - {len(paths) + 2} paths, {len(readers)} roles, a gateway and a stranger")


main()
