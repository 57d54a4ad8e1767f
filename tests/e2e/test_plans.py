#!/usr/bin/env python3
"""test_plans.py: an orange alert over 1,200 enterprises and 80 sites as people operate it: confirmed, acknowledged, looked at, a drill
beside it, ended with a reason; and what `gridloop plan` refuses, to whom.
"""
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire
from engine import GRIDLOOP, Engine, check, ok

WAIT_S = 60
TASKS = 2 + 2 * 1200 + 80


class Desk:
    """Commands of one person."""

    def __init__(self, engine, person):
        self.engine, self.person = engine, person

    def run(self, *words, lang="en"):
        return subprocess.run([GRIDLOOP, "plan", *words, "--as", self.person, "--url", self.engine.url, "--lang", lang],
                              capture_output=True, text=True, timeout=60, env={**os.environ, **self.engine.env}, check=False)

    def done(self, *words, lang="en"):
        run = self.run(*words, lang=lang)
        check(run.returncode == 0, f"plan {words} by {self.person}: exit {run.returncode}: {run.stderr}")
        return run.stdout

    def json(self, *words):
        return json.loads(self.done(*words, "--json"))

    def refused(self, code, exit_code, *words):
        run = self.run(*words)
        check(run.returncode == exit_code and code in run.stderr and not run.stdout,
              f"plan {words} by {self.person}: exit {run.returncode}, expected {exit_code} {code}: {run.stdout}{run.stderr}")
        return run.stderr


def alert(gateway, seq, alert_id, level="orange", drill=False):
    event = wire.event(alert_id, "warning.air", fields=[("alert", alert_id), ("city", "x"), ("level", level), ("headline", "PM2.5")])
    if drill:
        event.append((8, 128))
    kind, results = gateway.batch(1, seq, [event])
    return results[0]


def wait_for(question, text):
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        got = question()
        if got:
            return got
        time.sleep(0.3)
    return check(False, f"{text}: not within {WAIT_S} s")


def post_of(engine, code):
    return next(row for row in engine.table("posts.csv") if row["code"] == code)["persons"].split()[0]


def main():
    with Engine() as engine:
        with open(os.path.join(engine.city, "workers.csv"), "a", encoding="utf-8") as file:
            file.write("test.chief,chief,,,,shift_chief,,,,0,,,,,false,\ntest.hand,hand,,,,worker,,,,0,,,,,false,\n")
        engine.start()
        chief, hand = Desk(engine, "test.chief"), Desk(engine, "test.hand")
        duty = Desk(engine, post_of(engine, "dept.ecology.duty"))
        exchange = wire.Client(engine.url, "emergency-exchange")

        check("no activated plans" in chief.done("list") and "没有启动" in chief.done("list", lang="zh"), "a plan before any alert")
        chief.refused("UNKNOWN_PLAN", 66, "show")
        chief.refused("UNKNOWN_PLAN", 77, "start", "plan.nothing", "--text", "x")
        chief.refused("why?", 64, "start", "plan.air.orange")
        hand.refused("NO_RIGHT", 77, "drill", "plan.air.orange")
        Desk(engine, "nobody").refused("UNKNOWN_IDENTITY", 77, "list")
        Desk(engine, "emergency-exchange").refused("NO_RIGHT", 77, "list")
        ok("before any alert: nothing to show, and who may not start one")

        code, case_no = alert(exchange, 1, "a-1")[:2]
        check(code == "OPENED", f"the alert: {code}")
        plan = chief.json("list")[0]
        check(plan["state"] == "PENDING" and plan["case"] == case_no and not plan["drill"], f"waits: {plan}")
        check("dept.ecology.duty" in hand.done("list"), "the numbers are for everybody")
        hand.refused("possible now: confirm, stand-down", 77, "confirm")
        chinese = hand.run("confirm", case_no, lang="zh").stderr
        check(chinese.startswith("已拒绝 NO_RIGHT: ") and "；预案 " in chinese and "；当前可执行：confirm" in chinese, chinese)
        check("active" in duty.done("confirm", "air.orange", "--text", "as told by the city"), "the post that is asked confirms")
        duty.refused("WRONG_STATE", 77, "confirm", case_no)
        check(f"{case_no}; possible now: stand-down" in chief.refused("PLAN_RUNNING", 77, "start", "plan.air.orange", "--text", "x"),
              "the running one is named")
        ok("confirmed by the post that is asked, once; a refusal names the state and what is possible now")

        plan = wait_for(lambda: [p for p in [chief.json("show", case_no)] if p["counts"]["open"] > 1200], "everybody is asked")[0]
        check(plan["counts"]["total"] == TASKS == len(plan["tasks"]), f"{plan['counts']}, {len(plan['tasks'])} tasks")
        check(sum(d["counts"]["total"] for d in plan["districts"]) == TASKS - 2, "districts add up")
        tier = [task for task in plan["tasks"] if task["target"] is None]
        check([task["post"] for task in tier] == ["dept.ecology.lead", "city.command"], f"first tier: {tier}")
        lead = Desk(engine, post_of(engine, "dept.ecology.lead"))
        lead.done("ack", "--order", str(tier[0]["order"]), "--text", "begun")
        hand.refused("NOT_YOURS", 77, "ack", "--order", str(tier[1]["order"]))
        hand.refused("nothing of this plan waits", 66, "ack")
        chief.refused("WRONG_STATE", 77, "ack", "--order", str(tier[0]["order"]))
        task = next(t for t in plan["tasks"] if t["person"] and t["state"] == "OPEN")
        owner = Desk(engine, task["person"])
        mine = owner.json("show", case_no)
        names = {row["person"] for row in mine["tasks"]}
        rights = {row["id"]: row["rights"] for row in engine.table("workers.csv")}[task["person"]]
        check("desk" in rights or names <= {task["person"], None}, f"{task['person']} ({rights}) sees others' tasks: {names}")
        owner.done("ack", "--order", str(task["order"]))
        plan = chief.json("show", case_no)
        done = {row["order"]: row for row in plan["tasks"] if row["state"] == "DONE"}
        check(done[tier[0]["order"]]["done_by"] == lead.person and done[task["order"]]["done_by"] == task["person"]
              and done[task["order"]]["ended_at_ms"] > 0, f"who and when: {done}")
        text = chief.done("show")
        check("responsible units (2)" in text and "by" in text and " district" in text, text)
        check("责任单位（2" in chief.done("show", lang="zh") or "责任单位 (2)" in chief.done("show", lang="zh"), "in Chinese")
        check(str(task["order"]) in chief.done("show", "--tasks", "done"), "--tasks done")
        check(chief.done("show", "--tasks") == chief.done("show", "--tasks", "all"), "--tasks by itself lists all; an option is not its value")
        chief_out = chief.run("show", "--tasks", "nonsense")
        check(chief_out.returncode == 64, "--tasks takes its words only")
        ok(f"{TASKS} tasks, by district; who acknowledged and when; everybody else sees their own")

        code, drill_no = alert(exchange, 2, "d-1", drill=True)[:2]
        check(code == "OPENED" and drill_no != case_no, f"a drill beside it: {code} {drill_no}")
        check([p["drill"] for p in chief.json("list")] == [False, True] and "DRILL" in chief.done("list"), "the drill is marked")
        chief.refused("AMBIGUOUS", 64, "show")
        before = chief.json("show", case_no)["counts"]
        check("stood down" in chief.done("stand-down", drill_no, "--reason", "other", "--text", "enough"), "the drill ends")
        check(chief.json("show", case_no)["state"] == "ACTIVE", "the alert goes on")
        check(chief.json("show", case_no)["counts"]["total"] == before["total"], "nothing of the drill is counted with it")
        ok("a drill beside the alert is marked and never mixes with it")

        chief.refused("why?", 64, "stand-down", case_no)
        check("standing down" in chief.done("stand-down", case_no, "--reason", "instructed", "--text", "the air is clear"), "ends")
        duty.refused("WRONG_STATE", 77, "stand-down", case_no, "--text", "again")
        story = engine.gridloop("case", "show", case_no, "--data", engine.data, "--lang", "en")
        check("the air is clear" in story and "as told by the city" in story, f"reasons in the story: {story[-1500:]}")
        ok("stood down once, with its reason in the story of the case")
        now = chief.json("show", case_no)["counts"]
        engine.stop()

        told = json.loads(engine.gridloop("history", "plans", "--data", engine.data, "--json"))["plans"]
        check([(row["number"], row["is_drill"]) for row in told] == [(case_no, 0), (drill_no, 1)], f"history plans: {told}")
        row = told[0]
        check(row["total"] == TASKS and row["state"] == "STANDING_DOWN" and 0 < row["in_time"] <= row["started"] + row["done"], f"{row}")
        check(row["done"] == now["done"] and row["overdue"] == now["overdue"], f"{row}, the engine said {now}")
        for name in ("en", "zh"):
            text = engine.gridloop("history", "plans", "--data", engine.data, "--lang", name)
            check(("in time" if name == "en" else "按时启动") in text and ("drill" if name == "en" else "演练") in text, text)
        page = os.path.join(engine.dir, "report.html")
        table = engine.gridloop("report", "--data", engine.data, "--month", "2026-03", "--csv", "-", "--html", page)
        check(f'"plan","{case_no}","plan.air.orange","plan","total"' in table and f'"{TASKS}.0000"' in table, table[-2000:])
        with open(page, encoding="utf-8") as file:
            check("按时启动" in file.read(), "the plan stands in the report")
        ok("history and report tell its tasks, those begun in time, late ones")


main()
