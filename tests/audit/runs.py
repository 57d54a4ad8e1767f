"""runs.py: logs to audit, made with the program: a synthetic city, an invented trace, a simulated run."""
import datetime
import json
import os
import subprocess
import sys

GRIDLOOP = os.path.join(os.environ.get("BUILD", "build"), "gridloop")
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "shared", "data")
number = 0


def ok(is_ok, text):
    global number
    number += 1
    print(f"{'ok' if is_ok else 'not ok'} {number} - {text}", flush=True)
    return is_ok


def gridloop(*words, out=None):
    done = subprocess.run([GRIDLOOP, *map(str, words)], stdout=out or subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          timeout=600, check=False)
    if done.returncode != 0:
        print(f"not ok - gridloop {' '.join(map(str, words))}: exit {done.returncode}\n{done.stderr}")
        sys.exit(1)


def dump(data, path):
    with open(path, "wb") as out:
        gridloop("log", "dump", "--data", data, "--effects", out=out)


def simulate(directory, city, trace, seed, agents=()):
    """The dump of one run. agents: lines under that key of sim.yaml."""
    data, path = os.path.join(directory, "log"), os.path.join(directory, "dump.ndjson")
    gridloop("sim", "--city", city, "--trace", trace, "--seed", seed, "--log", data, "--quiet",
             *(("--agents", write_agents(directory, agents)) if agents else ()))
    dump(data, path)
    return path


def write_agents(directory, lines):
    path = os.path.join(directory, "agents.yaml")
    with open(path, "w", encoding="utf-8") as out:
        out.write("agents:\n" + "".join(f"  {line}\n" for line in lines))
    return path


def make_city(directory, seed):
    city = os.path.join(directory, "city")
    gridloop("city", "demo", city, "--seed", seed)
    return city


def with_alerts(trace, hours=0):
    """Adds what an emergency brings, beginning with the trace: a drill, an orange alert beside it, gas in an enterprise that says
    nothing of it and in one that does, and the end of the alert so many hours later (0 = none)."""
    with open(trace, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    begin = datetime.datetime.fromisoformat(rows[0]["at"])

    def event(minutes, number, kind, **more):
        at = (begin + datetime.timedelta(minutes=minutes)).isoformat(timespec="milliseconds")
        rows.append({"at": at, "id": f"alert-{number}", "type": kind, **more})

    def warning(minutes, number, kind="warning.air", drill=False, **fields):
        event(minutes, number, kind, source="emergency-exchange", **({"drill": True} if drill else {}),
              fields={"alert": f"A-{number}", "city": "x", "headline": "PM2.5", **fields})

    warning(10, 1, drill=True, level="orange")
    warning(50, 2, level="orange")
    event(70, 3, "sensor.hazard", source="sensor-gateway-1", device="H-001", fields={"level_pct": 40})
    event(80, 4, "sensor.hazard", source="sensor-gateway-1", device="H-002", fields={"level_pct": 60})
    event(100, 5, "report.accident", source="emergency-exchange", fields={"enterprise": "ENT-00002", "words": "x"})
    if hours:
        warning(60 * hours, 6, "warning.air.lifted", refers="A-2")
    rows.sort(key=lambda row: datetime.datetime.fromisoformat(row["at"]))
    with open(trace, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return trace


def invent(directory, city, seed, hours, rate, begin="2026-03-03T06:00:00+08:00"):
    trace = os.path.join(directory, "trace.ndjson")
    gridloop("trace", "generate", "--city", city, "--seed", seed, "--hours", hours, "--rate", rate, "--from", begin,
             "--output", trace)
    return trace
