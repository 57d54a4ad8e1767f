#!/usr/bin/env python3
"""test_index.py: indices by hand-computed vectors, by New York's real dates, and by an independent recount in SQL of
months that were simulated; the report; what is refused."""
import csv
import gzip
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
GRIDLOOP = os.path.abspath(os.path.join(ROOT, os.environ.get("BUILD", "build"), "gridloop"))
VECTORS = os.path.join(ROOT, "tests", "data", "index_vectors.txt")
RECOUNT = os.path.join(ROOT, "tests", "audit", "recount.sql")
KPI = os.path.join(ROOT, "rules", "packs", "kpi.yaml")
NEW_YORK = os.path.join(ROOT, "..", "shared", "data", "incidents", "nyc311_2013-12-25_redacted.csv.gz")
failed = 0


def check(holds, text):
    global failed
    if not holds:
        failed += 1
        print(f"not ok - {text}")


def run(*words, code=0, **more):
    done = subprocess.run([GRIDLOOP, *words], capture_output=True, text=True, **more)
    check(done.returncode == code, f"{' '.join(words)}: exit {done.returncode}, not {code}: {done.stderr.strip()}")
    return done


def compute(path, *more):
    return json.loads(run("index", "--facts", path, "--json", *more).stdout)


# ---- vectors ----

def read_vectors():
    vectors = []
    for line in open(VECTORS, encoding="utf-8"):
        words = line.split()
        if line.startswith("#") or not words:
            continue
        if words[0] == "vector":
            vectors.append({"name": words[1], "period": words[2:], "expect": [], "rows": []})
        elif words[0] in ("expect", "exempted", "counter", "span"):
            vectors[-1]["expect"].append(words)
        else:
            vectors[-1]["rows"].append(line)
    return vectors


def show(value):
    return "n/a" if value is None else f"{value:.2f}"


def test_vectors(work):
    vectors = read_vectors()
    for vector in vectors:
        path = os.path.join(work, "facts.csv")
        with open(path, "w", encoding="utf-8") as out:
            out.writelines(vector["rows"])
        period = ["--from", vector["period"][0], "--to", vector["period"][1]] if vector["period"] else []
        got = compute(path, *period)
        row = got["rows"][0]
        for words in vector["expect"]:
            if words[0] in ("expect", "exempted"):
                have = show(row["indices"][words[1]]["raw" if words[0] == "expect" else "exempted"])
            elif words[0] == "span":
                have = str(row["durations"][words[1]][words[2]])
            else:
                have = str(got["implausible"] if words[1] == "implausible" else int(row["counters"][words[1]]["raw"]))
            check(have == words[-1], f"{vector['name']}: {' '.join(words[:-1])} is {have}, not {words[-1]}")
    print(f"# {len(vectors)} vectors")


def test_new_york(work):
    if not os.path.exists(NEW_YORK):
        print("# ../shared/data is not there: New York's dates are not recomputed")
        return
    rows = list(csv.DictReader(io.TextIOWrapper(gzip.open(NEW_YORK), encoding="utf-8")))
    columns = {key.lower().replace(" ", "_"): key for key in rows[0]}
    created, closed, due = columns["created_date"], columns["closed_date"], columns["due_date"]
    path = os.path.join(work, "ny.csv")

    def instant(text):
        month, day, year, hour, minute, second, half = re.match(
            r"(\d+)/(\d+)/(\d+) (\d+):(\d+):(\d+) ([AP]M)", text).groups()
        hour = int(hour) % 12 + (12 if half == "PM" else 0)
        return f"{year}-{int(month):02}-{int(day):02}T{hour:02}:{minute}:{second}Z"

    backwards = 0
    with open(path, "w", encoding="utf-8") as out:
        out.write("state,opened_at,filed_at,due_at,first_handled_at,handled_at,handle_missed,closed_at\n")
        for row in rows:
            if row[due] and row[closed]:
                dates = [instant(row[name]) for name in (created, due, closed)]
                backwards += dates[2] < dates[0]
                out.write(f"CLOSED,{dates[0]},{dates[0]},{dates[1]},{dates[2]},{dates[2]},"
                          f"{int(dates[2] > dates[1])},{dates[2]}\n")
    got = compute(path)
    row = got["rows"][0]
    check(row["counters"]["due"]["raw"] == 419, f"New York: {row['counters']['due']['raw']} due and closed, not 419")
    check(row["counters"]["due_handled_in_time"]["raw"] == 373, "New York: 373 in time")
    check(show(row["indices"]["handled_in_time_rate"]["raw"]) == "89.02", "New York: 373 / 419 = 89.02")
    check(got["implausible"] == backwards >= 1, f"New York: {backwards} closed before created, {got['implausible']} told")


# ---- recount ----

def recount(database, month, kpi=None):
    words = ["index", "--db", database, "--month", month, "--json"] + (["--formulas", kpi] if kpi else [])
    got = json.loads(run(*words).stdout)
    year, number = map(int, month.split("-"))
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    db.execute("CREATE TEMP TABLE period AS SELECT (strftime('%s', ?1) - 28800) * 1000 AS from_ms,"
               " (strftime('%s', ?1, '+1 month') - 28800) * 1000 AS until_ms", (f"{year}-{number:02}-01",))
    judge_columns(database)
    wanted = dict(db.execute(open(RECOUNT, encoding="utf-8").read()).fetchall())
    db.close()
    have = {name: value["raw"] for name, value in got["rows"][0]["counters"].items()}
    check(set(have) == set(wanted), f"counters and recount name the same: {set(have) ^ set(wanted)}")
    for name in sorted(set(have) & set(wanted)):
        check(have[name] == wanted[name], f"{month} {name}: {have[name]}, recounted {wanted[name]}")
    return have


# What stands in the row of a case must follow from its story. {column: what the story says}
ASIDE = """
WITH last AS (SELECT case_id, max(position * 1000000 + ordinal) AS at FROM timeline WHERE action = 'REOPEN' GROUP BY case_id),
round AS (SELECT t.*, t.position * 1000000 + t.ordinal AS at FROM timeline t LEFT JOIN last l ON l.case_id = t.case_id
          WHERE l.at IS NULL OR t.position * 1000000 + t.ordinal > l.at),
grants AS (SELECT case_id, sum(is_grant) AS n FROM (SELECT case_id, action = 'EXTEND_YES' AND lag(action) OVER w = 'EXTEND_YES' AS is_grant
           FROM round WHERE action LIKE 'EXTEND%' WINDOW w AS (PARTITION BY case_id ORDER BY at)) GROUP BY case_id),
appeals AS (SELECT case_id, CASE WHEN sum(action = 'APPEAL_YES') THEN 'UPHELD' WHEN sum(action = 'APPEAL_NO') THEN 'REFUSED'
            ELSE 'OPEN' END AS word FROM timeline WHERE action LIKE 'APPEAL%' GROUP BY case_id),
merges AS (SELECT case_id, max(other_case) AS other FROM timeline WHERE action IN ('MERGE_INTO', 'REPLACE') GROUP BY case_id)
SELECT c.number, c.appeal, a.word, c.extensions_granted, coalesce(g.n, 0), c.survivor, m.other,
       (SELECT s.number FROM cases s WHERE s.id = c.merged_into),
       c.suspended_until_ms, CASE WHEN c.state = 'SUSPENDED' THEN c.deadline_ms END
FROM cases c LEFT JOIN appeals a ON a.case_id = c.id LEFT JOIN grants g ON g.case_id = c.id
LEFT JOIN merges m ON m.case_id = c.id"""


def judge_columns(database):
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    rows = db.execute(ASIDE).fetchall()
    paused, named = (db.execute(f"SELECT count(*), sum({column} IS NOT NULL) FROM timeline WHERE action IN ({actions})").fetchone()
                     for column, actions in (("until_ms", "'SUSPEND', 'CONTROL'"), ("other_case", "'MERGE_INTO', 'RELATE', 'SPLIT'")))
    db.close()
    for number, appeal, word, granted, grants, survivor, other, merged, until, due in rows:
        check(appeal == word, f"{number}: appeal {appeal}, by its story {word}")
        check(granted == grants, f"{number}: {granted} extensions, by its story {grants}")
        check(survivor == other == merged, f"{number}: went into {survivor}, by its story {other}, by its id {merged}")
        check(until == due, f"{number}: suspended until {until}, its deadline {due}")
    check(paused[0] == (paused[1] or 0), f"{paused[0] - (paused[1] or 0)} suspensions without an end")
    check(named[0] == (named[1] or 0), f"{named[0] - (named[1] or 0)} links without the other case")
    print(f"# {len(rows)} rows: {sum(row[1] is not None for row in rows)} appeals, {sum(row[3] for row in rows)} extensions, "
          f"{sum(row[5] is not None for row in rows)} merged, {paused[0]} pauses")


def simulate(work, seed, hours):
    log, database = os.path.join(work, f"log{seed}"), os.path.join(work, f"h{seed}.db")
    run("sim", "--city", "small", "--hours", str(hours), "--rate", "4", "--seed", str(seed), "--log", log, "--quiet")
    run("log", "replay", "--data", log, "--history", database)
    return database


def test_recount(work):
    database = simulate(work, 5, 800)
    total = {}
    for month in ("2026-03", "2026-04"):
        for name, value in recount(database, month).items():
            total[name] = total.get(name, 0) + value
    check(total["reported"] > 500 and total["reworked"] > 0 and total["helpers"] > 0, f"the months hold something: {total}")
    # The recount would notice: a counter written wrongly disagrees.
    wrong = os.path.join(work, "wrong.yaml")
    text = open(KPI, encoding="utf-8").read()
    with open(wrong, "w", encoding="utf-8") as out:
        out.write(text.replace("checks_failed > 0", "checks_failed > 1", 1))
    got = json.loads(run("index", "--db", database, "--month", "2026-03", "--json", "--formulas", wrong).stdout)
    right = json.loads(run("index", "--db", database, "--month", "2026-03", "--json").stdout)
    check(got["rows"][0]["counters"]["reworked"] != right["rows"][0]["counters"]["reworked"], "a wrong counter shows")
    return database


# ---- the rest ----

def test_drill(database):
    got = json.loads(run("index", "rework_rate", "--cases", "--json", "--db", database, "--month", "2026-03").stdout)
    row = json.loads(run("index", "--json", "--db", database, "--month", "2026-03").stdout)["rows"][0]
    check(sorted(got) == ["handled", "reworked"], f"the list names what is divided: {sorted(got)}")
    for name, cases in got.items():
        check(len(cases) == row["counters"][name]["raw"], f"{name}: as many cases as counted")
    check({case["case"] for case in got["reworked"]} <= {case["case"] for case in got["handled"]}, "a part of the whole")
    for by in ("area:1", "department", "post", "team"):
        rows = json.loads(run("index", "--json", "--db", database, "--month", "2026-03", "--by", by).stdout)["rows"]
        check(sum(r["counters"]["filed"]["raw"] for r in rows[1:]) == rows[0]["counters"]["filed"]["raw"], f"{by}: parts add up")


def test_report(work, database):
    html, table = os.path.join(work, "r.html"), os.path.join(work, "r.csv")
    run("report", "--db", database, "--month", "2026-03", "--html", html, "--csv", table, "--lang", "en")
    page = open(html, encoding="utf-8").read()
    check("<script" not in page and not re.search(r"(src|href)=", page) and "http" not in page, "the page needs nothing else")
    check("按期结案率" in page and "closed in time" in page and "n/a" in page, "both languages, and n/a")
    rows = list(csv.DictReader(open(table, encoding="utf-8", newline="")))
    row = json.loads(run("index", "--json", "--db", database, "--month", "2026-03").stdout)["rows"][0]
    told = {r["key"]: r for r in rows if r["object_kind"] == "city" and r["kind"] == "index"}
    for name, index in row["indices"].items():
        want = "" if index["raw"] is None else f"{index['raw']:.4f}"
        check(told[name]["raw"] == want, f"CSV and index say the same of {name}")
    empty = run("report", "--db", database, "--month", "2025-01", "--html", html)
    check("NO_CASES" in empty.stderr and "NO_CASES" in open(html, encoding="utf-8").read(), "a month with no case says so")


def test_page_of_a_run(work):
    html = os.path.join(work, "run.html")
    told = os.path.join(work, "run.json")
    run("sim", "--city", "small", "--hours", "6", "--rate", "40", "--quiet", "--report", html, "--json", told)
    page = open(html, encoding="utf-8").read()
    cases = json.load(open(told, encoding="utf-8"))["ledger"]["cases"]["cases"]
    check("<script" not in page and not re.search(r"(src|href)=", page) and "http" not in page, "the page needs nothing else")
    check(page.count("<svg") == 5 and f">{cases}<" in page, "four charts, a map, and the number of cases")
    check("响应较慢的网格" in page and "Slow cells" in page, "both languages")
    check("nan" not in page.lower().replace("finance", "") and "inf" not in page, "every value is a number")
    lost = run("sim", "--city", "small", "--hours", "1", "--rate", "5", "--quiet", "--report", "/nowhere/run.html", code=73)
    check("cannot write the report to /nowhere/run.html" in lost.stderr, "a page that cannot be written is told")


def with_formulas(work, database, old, new, words):
    path = os.path.join(work, "kpi.yaml")
    text = open(KPI, encoding="utf-8").read()
    check(old in text, f"{old} is in the shipped file")
    with open(path, "w", encoding="utf-8") as out:
        out.write(text.replace(old, new, 1))
    done = run("index", "--db", database, "--formulas", path, code=65)
    for word in words:
        check(word in done.stderr, f"{new}: {word} in {done.stderr.strip()}")


def test_refusals(work, database):
    refused = [("--month", "2099-01", 65, "MONTH_IN_FUTURE"), ("--month", "2026-13", 64, "BAD_MONTH"),
               ("--by", "person", 77, "PERSON_RANKING_OFF"), ("--by", "planet", 64, "BAD_OBJECT"),
               ("--from", "2026-03-01", 64, "BAD_MONTH")]
    for option, value, code, word in refused:
        check(word in run("index", "--db", database, option, value, code=code).stderr, f"{option} {value}: {word}")
    check("nearest: rework_rate" in run("index", "rework_rat", "--db", database, code=64).stderr, "the nearest index is named")
    with_formulas(work, database, "100 * filed / reported", "100 * filed / reportd", ["K002", "nearest: reported", "kpi.yaml:"])
    with_formulas(work, database, "100 * filed / reported", "100 * filed / 0", ["K007"])
    with_formulas(work, database, "100 * filed / reported", "100 * filed / void_rate * filing_rate", ["K005"])
    with_formulas(work, database, "100 * filed / reported", "100 * (filed", ["K003"])
    with_formulas(work, database, "at: opened_at, where", "at: opend_at, where", ["K002", "opened_at"])
    with_formulas(work, database, 'where: "reopenings > 0"', 'where: "reopenings"', ["K004"])
    with_formulas(work, database, "unit: percent", "unit: procent", ["K001"])


def test_status(database):
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    number = db.execute("SELECT number FROM cases WHERE state = 'CLOSED' LIMIT 1").fetchone()[0]
    persons = {row[0] for row in db.execute("SELECT DISTINCT actor FROM timeline WHERE actor IS NOT NULL")}
    db.close()
    done = run("case", "status", f"{number}.1", "--db", database, "--json")
    status = json.loads(done.stdout)
    check(status["state"] == "CLOSED" and status["received_at_ms"] > 0, f"status tells how it stands: {status}")
    check(not any(person in done.stdout for person in persons), "no person is named")
    for receipt, code, word in ((f"{number}.99999", 66, "UNKNOWN_RECEIPT"), ("no", 64, "BAD_RECEIPT"), ("99999999.1", 66, "UNKNOWN_RECEIPT")):
        check(word in run("case", "status", receipt, "--db", database, code=code).stderr, f"{receipt}: {word}")


def test_ratings():
    """Live: the receipt in the answer, stars and the word on solving once each, and what the engine refuses."""
    sys.path.insert(0, HERE)
    from engine import Engine
    with Engine() as engine:
        engine.start()
        persons = engine.table("workers.csv")
        intake = next(row["id"] for row in persons if "intake" in row["rights"])
        chief = next(row["id"] for row in persons if "shift_chief" in row["rights"])
        sent = subprocess.run([GRIDLOOP, "send", "--example", "camera.garbage_overflow", "--json", "--url", engine.url,
                               "--city", engine.city], capture_output=True, text=True, env={**os.environ, **engine.env})
        result = next(json.loads(line) for line in sent.stdout.splitlines() if '"receipt"' in line)
        receipt = result["receipt"]
        check(receipt == result["case"] + ".1", f"the first report's receipt: {result}")

        def act(case, action, who, *more):
            done = subprocess.run([GRIDLOOP, "case", "act", case, action, "--as", who, "--url", engine.url, *more],
                                  capture_output=True, text=True, env={**os.environ, **engine.env})
            return re.match(r"refused (\w+)", done.stderr).group(1) if done.stderr.startswith("refused") else "DONE"

        steps = [(receipt, "rate", intake, ("--amount", "5"), "RATED_EARLY"),
                 (result["case"], "force_close", chief, ("--reason", "other"), "DONE"),
                 (receipt, "rate", intake, ("--amount", "6"), "BAD_STARS"),
                 (receipt, "rate", chief, ("--amount", "4"), "NO_RIGHT"),
                 (receipt, "rate", intake, ("--amount", "4"), "DONE"),
                 (receipt, "rate", intake, ("--amount", "4"), "ALREADY_RATED"),
                 (result["case"] + ".7", "solved", intake, (), "UNKNOWN_RECEIPT"),
                 (receipt, "not_solved", intake, (), "DONE")]
        for case, action, who, more, wanted in steps:
            got = act(case, action, who, *more)
            check(got == wanted, f"{action} {' '.join(more)} on {case}: {got}, not {wanted}")
        engine.stop()
        status = json.loads(run("case", "status", receipt, "--data", engine.data, "--json").stdout)
        check(status["state"] not in ("CLOSED", "FORCED_CLOSED"), f"not solved opens it again: {status}")
        row = json.loads(run("index", "--data", engine.data, "--json").stdout)["rows"][0]
        check(row["counters"]["worth"]["raw"] == 80 and row["counters"]["said_unsolved"]["raw"] == 1, "and the indices know it")


def main():
    with tempfile.TemporaryDirectory(prefix="gridloop-index-") as work:
        test_vectors(work)
        test_new_york(work)
        database = test_recount(work)
        test_drill(database)
        test_report(work, database)
        test_page_of_a_run(work)
        test_refusals(work, database)
        test_status(database)
    test_ratings()
    print("1..1\n" + ("ok" if failed == 0 else "not ok") + " 1 - indices")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
