#!/usr/bin/env python3
"""month.py: a synthetic month in which people use every exception flow, with an orange alert and a drill, audited from outside.

MONTH_HOURS, MONTH_RATE (incidents an hour) and MONTH_SEED choose another one. Every action of the life cycle must happen, every case
must end or be somebody's with a clock armed, and the outside view must find no difference.
"""
import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import audit
import runs
from cityread import City
from ruleread import Rules

FLOWS = ["SUSPEND", "RESUME", "EXTEND", "EXTEND_YES", "EXTEND_NO", "EXTEND_LAPSE", "APPEAL", "APPEAL_YES", "APPEAL_NO", "SUPERVISE",
         "ANSWER", "MERGE_INTO", "ABSORB", "SPLIT", "LINK_CHILD", "GET_PARENT", "UNLINK_CHILD", "LEAVE_PARENT", "RELATE",
         "REPLACE", "CONTROL", "REQUEST_HELP", "INFORM", "RECHECK", "REASSIGN", "RETURN", "FORCE_CLOSE", "VOID", "REOPEN",
         "CHECK_FAIL", "VERIFY_NO", "EXPIRE", "ESCALATE", "MISS", "CLEAR", "PLAN_ASK", "PLAN_CONFIRM", "PLAN_BEGIN", "PLAN_ACK",
         "PLAN_ANSWER", "PLAN_TASK_LATE", "PLAN_STAND_DOWN", "LATE_REPORT"]
AGENTS = "agents:\n  exception: 0.08\n"


def main():
    hours, rate = int(os.environ.get("MONTH_HOURS", "720")), int(os.environ.get("MONTH_RATE", "6"))
    seed = os.environ.get("MONTH_SEED", "1")
    work = tempfile.mkdtemp(prefix="gridloop-month-")
    city, data, dump = (os.path.join(work, name) for name in ("city", "log", "dump.ndjson"))
    agents, report = os.path.join(work, "agents.yaml"), os.path.join(work, "report.json")
    with open(agents, "w", encoding="utf-8") as out:
        out.write(AGENTS)
    runs.gridloop("city", "demo", city, "--seed", seed)
    trace = runs.with_alerts(runs.invent(work, city, seed, hours, rate, "2026-03-02T08:00:00+08:00"), 20)
    runs.gridloop("sim", "--city", city, "--trace", trace, "--seed", seed, "--agents", agents, "--quiet",
                  "--check", 500, "--drain", "96h", "--log", data, "--json", report)
    runs.dump(data, dump)
    with open(dump, encoding="utf-8") as file:
        result = audit.run(City(city), Rules(os.path.join(city, "rules")), audit.read_dump(file))
    audit.print_report(result, sys.stdout, 20)
    with open(report, encoding="utf-8") as file:
        cases = json.load(file)["ledger"]["cases"]
    told, fixed = result.stories.actions, result.stories.five_fixed
    missing = [action for action in FLOWS if not told.get(action)]
    print("# " + ", ".join(f"{action} {told.get(action, 0)}" for action in FLOWS))
    is_ok = [runs.ok(not result.differences, f"{len(result.differences)} differences"),
             runs.ok(not missing, f"every flow is used{': but ' + ', '.join(missing) if missing else ''}"),
             runs.ok(result.stories.closed_cases > hours * rate // 10, f"{result.stories.closed_cases} closings"),
             runs.ok(fixed.intervals > fixed.cases > 0 and fixed.clauseless == 0, "five fixed: " + fixed.summary()),
             runs.ok(cases.get("open", 0) == 0, f"{cases.get('open', 0)} cases still open four days after the last event")]
    print(f"1..{runs.number}")
    if all(is_ok):
        shutil.rmtree(work)
    return 0 if all(is_ok) else 1


if __name__ == "__main__":
    sys.exit(main())
