"""plans.py: emergency plans recomputed from the registers, the rules and what is said of cases: who must acknowledge what, by when,
who is told above, which inspections open where, the numbers told, late reports.

It reads effects in order and keeps a row for every task of every plan. Believed: how the lines of a checklist were judged (a line is
named by a digest), whom an inspection's dispatch chose, what an event that refers to an alert does.
"""
import collections

from cityread import NotAudited
from planread import Book
from world import HOUR_MS, PLAN_ORDERS, TERMINAL, holder_of, name_of, place_of

LAG_MS = 60000  # what is owed is told by then: a TICK holds as many timers as fit
HANDLED = ("HANDLED", "CHECKING", "CLOSED")
OVER = ("DONE", "CANCELLED")
ANSWERS = ("DONE", "NOT_YOURS", "WRONG_STATE", "RECALLED", "GONE", "UNKNOWN_ORDER")


class Duty:
    """A task for one target: a row, as docs/plans.md tells."""

    def __init__(self, run, number, task, target, holder):
        self.run, self.number, self.task, self.target, self.holder = run, number, task, target, holder
        self.state, self.is_overdue, self.has_begun = "WAITING", False, False
        self.due = self.armed = self.owed_since = self.case = None
        self.handle = None  # (from, deadline, used) of its case while that clock runs
        self.used_ms = self.more_ms = 0  # of that clock; granted beyond `due`

    def move(self, state=None, is_overdue=None):
        counts = self.run.counts
        counts[self.state, self.is_overdue] -= 1
        self.state = self.state if state is None else state
        self.is_overdue = self.is_overdue if is_overdue is None else is_overdue
        counts[self.state, self.is_overdue] += 1


class Run:
    """A plan that a case activated."""

    def __init__(self, plan, case, is_drill):
        self.plan, self.case, self.is_drill, self.state = plan, case, is_drill, "PENDING"
        self.duties, self.counts, self.of_target = [], collections.Counter(), {}
        self.post = self.due = self.progress_at = self.silent_at = self.over_since = None
        self.limit_ms, self.begins_alone, self.is_asked_late = 0, False, False
        self.released = self.cancels_from = None


class Plans:
    def __init__(self, city, directory, differ, is_of_post, checked):
        self.city, self.book, self.tell, self.is_of_post, self.checked = city, Book(city, directory), differ, is_of_post, checked
        self.runs, self.by_case, self.duties, self.last_number = [], {}, {}, 0
        self.lates, self.reports = {}, []  # (rule, object) -> [is reported, due, case]
        self.opened, self.seen, self.arms = {}, set(), 0
        self.entry, self.effects, self.now, self.told = {}, [], 0, set()
        self.judged_at = 0

    def differ(self, case, text):
        self.tell(case, "plan: " + text)

    def same(self, case, what, told, own):
        self.checked["plans"] += 1
        if told != own:
            self.differ(case, f"{what}: the log says {told}, recomputed {own}")

    def owe(self, key, case, text):
        """Said once of each thing that did not come."""
        if key not in self.told:
            self.told.add(key)
            self.differ(case, text)

    def adopt(self, city, directory):
        """Another city or other rules: what runs goes on under the plans and targets of the same names."""
        self.city, self.book = city, Book(city, directory)
        for run in self.runs:
            if run.plan.id not in self.book.plans and run.state != "ENDED":
                raise NotAudited(f"the plan {run.plan.id} runs for {run.case}, and the rules activated at {self.now} have none of that name")
            run.plan = self.book.plans.get(run.plan.id, run.plan)
            tasks = {task.id: task for task in run.plan.tasks}
            targets = {target.code: target for rows in self.book.registries.values() for target in rows}
            for duty in run.duties:
                duty.task = tasks.get(duty.task.id, duty.task)
                duty.target = targets.get(duty.target.code, duty.target) if duty.target else None
                if duty.state == "OPEN" and duty.holder not in city.posts and duty.holder not in city.persons:
                    duty.holder = city.command
            if run.post is not None and run.post not in city.posts:
                run.post = city.command

    # ---- entries ----

    def take_entry(self, entry):
        self.entry, self.effects, self.now = entry, entry.get("effects", []), entry["time_ms"]
        for late, target in self.reports:
            self.lates[late.rule, target] = [True, self.now + late.within_ms, None]
        self.reports = []
        self.judge_owed()
        waiting = self.judge_act() if entry["kind"] == "ACT" and entry["order"] >= PLAN_ORDERS else None
        for at, effect in enumerate(self.effects):
            if effect["effect"] in ("PLAN", "TIMELINE", "ITEM", "NOTICE"):
                getattr(self, "take_" + effect["effect"].lower())(effect, at)
        if waiting is not None and waiting.state == "OPEN":
            self.differ(waiting.run.case, f"task {waiting.number} was acknowledged and nothing says so")
        for case, rule in self.opened.items():
            self.differ(case, f"{rule} activates a plan and nothing was asked or begun")
        self.opened = {}

    def note_report(self, type_name, fields, event):
        """An event that was taken in: does an object report by it?"""
        for late in self.book.lates.values() if not event.get("is_drill") else ():
            if late.type == type_name:
                target = fields.get(late.field) if late.field in fields else name_of(event["asset"])
                if target is not None and (late.field not in fields or self.book.kind_of.get(target) == late.kind):
                    self.reports.append((late, str(target)))

    def judge_owed(self):
        """What ran out some time ago must have been told."""
        if self.now < self.judged_at + LAG_MS // 6:
            return
        self.judged_at, limit = self.now, self.now - LAG_MS
        for run in self.runs:
            if run.state == "PENDING" and run.due is not None and run.due < limit:
                self.owe((run.case, run.due, "confirm"), run.case, f"nobody confirmed by {run.due} and nobody above was told")
            if run.over_since is not None and run.over_since < limit and run.state in ("PENDING", "ACTIVE"):
                self.owe((run.case, "over"), run.case, "its case is over and it does not stand down")
            if run.state != "ACTIVE":
                continue
            for what in ("progress", "silent"):
                due = getattr(run, what + "_at")
                if due is not None and due < limit and what == "progress":
                    self.owe((run.case, due, what), run.case, f"{what} was due at {due} and was not told")
            for duty in run.duties:
                if duty.state == "OPEN" and duty.due is not None and duty.due < limit:
                    self.owe((duty.number, duty.due), run.case, f"task {duty.number} of {duty.holder} was due at {duty.due}; nobody above was told")
                if duty.state == "WAITING" and duty.owed_since is not None and duty.owed_since < limit:
                    self.owe((duty.number, "begin"), run.case, f"task {duty.number} ({duty.task.id}) could begin at {duty.owed_since} and was not begun")
        for (rule, target), (is_reported, due, case) in list(self.lates.items()):
            if is_reported and due < self.now:
                del self.lates[rule, target]
            elif not is_reported and due < limit:
                self.owe((rule, target, due), case, f"no report from {target} by {due}, and no case of it")

    # ---- who acknowledges ----

    def judge_act(self):
        """An act on a task: may this person, and now? The duty that it ends, or None."""
        entry, number = self.entry, self.entry["order"]
        result = next((effect for effect in self.effects if effect["effect"] == "RESULT"), None)
        key = (entry["principal"]["hash"], entry["epoch"], entry["seq"])
        if result is None or result["code"] not in ANSWERS or (entry["epoch"] and key in self.seen):
            return None
        self.seen.add(key)
        person, duty = name_of(entry["principal"].get("person"), "id"), self.duties.get(number)
        if duty is None:
            code = "GONE" if number - PLAN_ORDERS <= self.last_number else "UNKNOWN_ORDER"
        elif not self.may_acknowledge(person, duty):
            code = "NOT_YOURS"
        elif entry["action"] not in ("ACCEPT", "PLAN_ACK") or duty.state != "OPEN":
            code = "RECALLED" if duty.state == "CANCELLED" else "WRONG_STATE"
        else:
            code = "DONE"
        is_ambiguous = duty is not None and self.is_cancelling(duty.run) and result["code"] in ("DONE", "RECALLED", "WRONG_STATE")
        if not is_ambiguous:
            self.same(duty.run.case if duty else None, f"{entry['action']} of task {number} by {person}", result["code"], code)
        return duty if code == "DONE" and not is_ambiguous else None

    def may_acknowledge(self, person, duty):
        rights = self.city.persons[person].rights
        return duty.holder == person or bool(rights & {"shift_chief", "dispatcher"}) or (
            duty.holder in self.city.posts and self.is_of_post(person, duty.holder))

    def above(self, holder):
        row = self.city.persons.get(holder) or self.city.posts.get(holder)
        department = self.city.departments.get(row.department) if row is not None else None
        lead = department.lead_post if department is not None else None
        return lead if lead is not None and lead != holder else self.city.command

    # ---- what is said of plans ----

    def after(self, at, kind, **wanted):
        """The next effect, when it is this one."""
        effect = self.effects[at] if at < len(self.effects) else {}
        fits = effect.get("effect") == kind and all(effect.get(key) == value for key, value in wanted.items())
        return effect if fits else None

    def judge_call(self, at, case, post, code):
        """The post that is told, right after."""
        notice = self.after(at, "NOTICE", case=case)
        told = None if notice is None else (name_of(notice["post"]), notice["code"])
        self.same(case, "who is told", told, (post, code))

    def take_plan(self, effect, at):
        case, what = effect["case"], effect["what"]
        run = self.by_case.get(case)
        line = self.after(at + 1, "TIMELINE", case=case, action=what)
        next_at = at + (1 if line is None else 2)
        if run is None or (run.state == "ENDED" and what in ("PLAN_ASK", "PLAN_BEGIN")):
            run = self.begin_run(effect)
        self.opened.pop(case, None)
        getattr(self, "on_" + what.lower())(run, effect, line, next_at)
        self.judge_counts(run, effect)

    def begin_run(self, effect):
        plan = self.book.plans[name_of(effect["plan"], "id")]
        for other in self.runs:
            if other.plan is plan and other.is_drill == effect["is_drill"] and other.state != "ENDED":
                self.differ(effect["case"], f"{plan.id} is activated and runs already for {other.case}")
        run = Run(plan, effect["case"], effect["is_drill"])
        self.runs.append(run)
        self.by_case[effect["case"]] = run
        return run

    def judge_counts(self, run, effect):
        unit = name_of(effect["unit"])
        if unit is None:
            counts = run.counts
        else:
            counts = collections.Counter((duty.state, duty.is_overdue) for duty in run.duties
                                         if duty.target is not None and duty.target.district == unit)
        own = {"total": sum(counts.values()), "overdue": sum(number for (_, late), number in counts.items() if late),
               "started": counts["STARTED", False] + counts["STARTED", True], "done": counts["DONE", False] + counts["DONE", True],
               "in_time": counts["STARTED", False] + counts["DONE", False]}
        if not self.is_cancelling(run):
            own.update({name: counts[name.upper(), False] + counts[name.upper(), True] for name in ("waiting", "open", "cancelled")})
        self.same(run.case, f"numbers at {effect['what']}", {name: effect[name] for name in own}, own)
        self.same(run.case, f"state at {effect['what']}", effect["state"], run.state)

    def is_cancelling(self, run):
        """While task by task is cancelled, those that say nothing are between waiting and cancelled."""
        return run.state == "ENDED" or (run.cancels_from is not None and self.now >= run.cancels_from)

    def on_plan_ask(self, run, effect, line, at):
        if run.duties or (line is not None and line["code"] == "TABLE_FULL"):
            run.limit_ms, run.begins_alone = max(run.limit_ms, HOUR_MS), True
            run.due = self.now + run.limit_ms
            self.judge_call(at, run.case, self.city.command, "TABLE_FULL")
            return
        rule = name_of(line["rule"], "id") if line is not None else None
        asked = self.book.activations.get(rule)
        if asked is None:
            self.differ(run.case, f"{rule} activates nothing")
            return
        run.post, run.limit_ms, run.begins_alone = asked.post, asked.within_ms, asked.begins_alone
        run.due = self.now + run.limit_ms
        self.same(run.case, "plan", run.plan.id, asked.plan)
        self.same(run.case, "who is asked to confirm", name_of(effect["post"]), run.post)
        self.same(run.case, "PLAN_CONFIRM deadline", line["deadline_ms"], run.due)
        self.judge_call(at, run.case, run.post, "PLAN_WAITS")

    def on_plan_confirm(self, run, effect, line, at):
        self.judge_steering(run, line)

    def judge_steering(self, run, line):
        person = name_of(line["actor"], "id") if line is not None else None
        if person is not None:
            may = "shift_chief" in self.city.persons[person].rights or any(
                post is not None and self.is_of_post(person, post) for post in (run.post, run.plan.lead))
            self.same(run.case, f"{person} may steer the plan", True, may)

    def confirm_late(self, run, effect, line, at):
        lead = run.plan.lead
        above = lead if lead is not None and lead != run.post else self.city.command
        self.same(run.case, "confirmation late", effect["what"], "ESCALATE" if run.is_asked_late else "MISS")
        self.same(run.case, "who hears that nobody confirmed", name_of(effect["post"]), above)
        if line is not None:
            self.same(run.case, "PLAN_CONFIRM deadline", line["deadline_ms"], run.due)
        if run.due is None or run.due > self.now:
            self.differ(run.case, f"called late before {run.due}")
        run.is_asked_late, run.due = True, self.now + run.limit_ms
        self.judge_call(at, run.case, above, "EXPIRED")

    on_miss = on_escalate = confirm_late

    def on_plan_begin(self, run, effect, line, at):
        run.state, run.due = "ACTIVE", None
        for task, target, holder in run.plan.rows:
            self.last_number += 1
            duty = Duty(run, PLAN_ORDERS + self.last_number, task, target, holder)
            duty.owed_since = None if task.needs else self.now
            run.duties.append(duty)
            run.counts["WAITING", False] += 1
            self.duties[duty.number] = duty
            run.of_target.setdefault(target.code if target else None, []).append(duty)
        run.progress_at = run.plan.progress_ms and self.now + run.plan.progress_ms
        run.silent_at = run.plan.silent_ms and self.now + run.plan.silent_ms

    def on_plan_ack(self, run, effect, line, at):
        duty = self.duties.get(self.entry.get("order"))
        if duty is None or duty.run is not run:
            self.differ(run.case, f"PLAN_ACK of no task of the plan ({self.entry.get('order')})")
            return
        duty.move("DONE")
        duty.due = None
        if line is not None:
            is_post = duty.holder in self.city.posts and duty.holder not in self.city.persons
            self.same(run.case, f"post of task {duty.number}", name_of(line["post"]), duty.holder if is_post else None)
        self.release_next(duty)

    def on_plan_task_late(self, run, effect, line, at):
        duty = min((duty for other in self.runs
                    if other is run or not self.is_cancelling(other) for duty in other.duties if duty.state == "OPEN" and duty.due is not None),
                   key=lambda duty: (duty.due, duty.armed), default=None)
        if duty is None or duty.due > self.now or duty.run is not run:
            self.differ(run.case, "a task is called late; none that is due is this plan's")
            return
        above = self.above(duty.holder)
        self.same(run.case, f"who is told that task {duty.number} of {duty.holder} is late", name_of(effect["post"]), above)
        if line is not None:
            subject = duty.holder if duty.holder in self.city.persons else None
            self.same(run.case, "PLAN_TASK_LATE", (name_of(line["subject"], "id"), line["deadline_ms"]), (subject, duty.due))
        duty.move(is_overdue=True)
        duty.due, self.arms = self.now + max(duty.task.due_ms, HOUR_MS), self.arms + 1
        duty.armed = self.arms
        self.judge_call(at, run.case, above, "EXPIRED")
        self.release_next(duty)

    def on_plan_silent(self, run, effect, line, at):
        unit = name_of(effect["unit"])
        sent = [duty for duty in run.duties if duty.task.to is None and duty.state != "CANCELLED" and
                duty.target is not None and duty.target.district == unit]
        self.same(run.case, f"{unit} has sent nobody", True, bool(sent) and not any(duty.has_begun for duty in sent))
        self.same(run.case, "who hears of silence", name_of(effect["post"]), run.plan.silent_post)
        if run.silent_at is None or self.now < run.silent_at:
            self.owe((run.case, run.silent_at, "early"), run.case, f"silence told at {self.now}, due at {run.silent_at}")
        self.judge_call(at, run.case, run.plan.silent_post, "EXPIRED")

    def on_plan_progress(self, run, effect, line, at):
        if effect["unit"] is not None:
            return
        if run.progress_at is None or self.now < run.progress_at:
            self.differ(run.case, f"progress told at {self.now}, due at {run.progress_at}")
        run.progress_at = self.now + (run.plan.progress_ms or 0)
        self.same(run.case, "who hears of progress", name_of(effect["post"]), run.plan.progress_post)

    def on_plan_stand_down(self, run, effect, line, at):
        reason = line["reason"] if line is not None else None
        by_person = line is not None and line["actor"] is not None
        has_grace = by_person or reason != "SUPERSEDED"
        if by_person:
            self.judge_steering(run, line)
        elif has_grace and run.over_since is None and line is not None:
            self.differ(run.case, "stands down by itself and its case is neither cleared nor over")
        run.state = "STANDING_DOWN"
        if run.plan.cancels or not has_grace:
            run.cancels_from = self.now + (run.plan.grace_ms if has_grace else 0)

    def on_plan_end(self, run, effect, line, at):
        run.state, run.due = "ENDED", None
        for duty in run.duties:
            if duty.state in ("WAITING", "OPEN"):  # those that end without a word
                if duty.case is not None:
                    self.differ(run.case, f"the plan ends and inspection {duty.case} is open")
                duty.move("CANCELLED")

    # ---- tasks ----

    def begin(self, duty):
        """One that may begin now, in its turn."""
        run = duty.run
        if duty.state != "WAITING" or run.state != "ACTIVE":
            self.differ(run.case, f"task {duty.number} begins, which is {duty.state.lower()} in a plan that is {run.state.lower()}")
        if not self.is_met(duty):
            self.differ(run.case, f"task {duty.number} ({duty.task.id}) begins before what it needs is done or overdue")
        duty.move("OPEN")
        duty.owed_since = None

    def is_met(self, duty):
        before = {other.task.id: other for other in self.siblings(duty)}
        return all(name in before and (before[name].state in OVER or before[name].is_overdue) for name in duty.task.needs)

    @staticmethod
    def siblings(duty):
        return duty.run.of_target[duty.target.code if duty.target else None]

    def release_next(self, duty):
        for other in self.siblings(duty):
            if other.state == "WAITING" and duty.task.id in other.task.needs and self.is_met(other) and other.owed_since is None:
                other.owed_since = self.now

    def open_ack(self, duty):
        self.begin(duty)
        self.arms += 1
        duty.due, duty.armed = self.now + duty.task.due_ms, self.arms
        before = duty.run.released
        if before is not None and before > duty.number and not duty.task.needs:
            self.differ(duty.run.case, f"task {duty.number} begins after {before}")
        duty.run.released = duty.number

    def take_item(self, effect, at):
        duty = self.duties.get(effect["order"])
        if effect["order"] < PLAN_ORDERS:
            return
        person = name_of(effect["person"], "id")
        if duty is None:
            self.differ(None, f"{person} is told of task {effect['order']}, which no plan has")
            return
        self.same(duty.run.case, f"who is told of task {duty.number}", person, duty.holder)
        if effect["item"] == "OFFER":
            self.open_ack(duty)
        elif effect["item"] == "RECALL" and duty.state == "OPEN" and self.entry.get("order") != duty.number:
            self.judge_cancel(duty)
            duty.move("CANCELLED")

    def judge_cancel(self, duty):
        """Whoever comes before it in the plan and has not started is cancelled too, with or without a word."""
        run = duty.run
        if run.cancels_from is None or self.now < run.cancels_from:
            self.differ(run.case, f"task {duty.number} is cancelled before {run.cancels_from}")
            return
        for other in run.duties[:duty.number - run.duties[0].number]:
            if other.state in ("WAITING", "OPEN"):
                if other.state == "OPEN" and other.holder in self.city.persons:
                    self.differ(run.case, f"task {other.number} of {other.holder} was passed over while the plan ended")
                other.move("CANCELLED")

    def take_notice(self, effect, at):
        """A post's task begins with a word to it."""
        run = self.by_case.get(effect["case"])
        before = self.effects[at - 1] if at else {}
        if effect["code"] != "PLAN_WAITS" or run is None or before.get("action") == "PLAN_ASK" or before.get("what") == "PLAN_ASK":
            return
        post = name_of(effect["post"])
        duty = next((duty for duty in run.duties if duty.state == "WAITING" and duty.holder == post and self.is_met(duty)), None)
        if duty is None:
            self.differ(run.case, f"{post} is asked to acknowledge and has nothing that may begin")
        else:
            self.open_ack(duty)

    # ---- cases ----

    def take_timeline(self, effect, at):
        case, action = effect["case"], effect["action"]
        if action == "OPEN" and effect["other_case"] is None:
            self.take_open(effect)
        duty = self.by_case.get(("duty", case))
        if duty is not None:
            self.follow(duty, effect)
            return
        run = self.by_case.get(case)
        if run is not None and run.plan.is_with_case and run.over_since is None and (action == "CLEAR" or effect["state"] in TERMINAL):
            run.over_since = self.now
        if action == "PLAN_ASK" and effect["code"] in ("PLAN_RUNNING", "TABLE_FULL"):
            self.opened.pop(case, None)
        if action == "LATE_REPORT":
            self.take_late_word(effect)

    def take_open(self, effect):
        rule, case, target = name_of(effect["rule"], "id") or "", effect["case"], name_of(effect["asset"])
        is_drill = effect.get("is_drill", False)
        if rule in self.book.activations:
            self.opened[case] = rule
        late = self.book.lates.get(rule)
        if late is not None and not is_drill and self.book.kind_of.get(target) == late.kind:
            row = self.lates.get((rule, target))
            if row is None or row[1] < self.now:
                self.lates[rule, target] = [False, self.now + late.within_ms, case]
        if rule.endswith("/late"):
            self.take_late_case(rule[:-len("/late")], target, case)
        elif rule in self.book.by_rule:
            plan, task = self.book.by_rule[rule]
            found = [duty for run in self.runs if run.plan is plan and run.is_drill == is_drill and run.state == "ACTIVE"
                     for duty in run.of_target.get(target, ()) if duty.task is task]
            if not found:
                self.differ(case, f"opened under {rule} at {target}, which no running plan names")
                return
            duty = found[-1]
            self.begin(duty)
            duty.case, self.by_case["duty", case] = case, duty
            self.same(case, f"place of {target}", place_of(effect["place"]), duty.target.place)

    def take_late_case(self, rule, target, case):
        row = self.lates.get((rule, target))
        if row is None or row[0] or row[1] > self.now:
            owed = "nothing is owed" if row is None or row[0] else f"it has until {row[1]}"
            self.differ(case, f"a late report of {target}, of whom {owed}")
        elif row is not None:
            row[0] = None  # its sign hears of it

    def take_late_word(self, effect):
        row = self.lates.pop((name_of(effect["rule"], "id"), name_of(effect["asset"])), None)
        own = None if row is None else (row[2], row[1], None)
        self.same(effect["case"], "LATE_REPORT", (effect["case"], effect["deadline_ms"], row and row[0]), own)

    def follow(self, duty, effect):
        """What a case under way says of its task."""
        action, state = effect["action"], effect["state"]
        holder, is_handled = holder_of(effect["holder"]), state in HANDLED
        self.judge_handle(duty, effect)
        if action == "ACCEPT" and holder is not None and holder[0] == "person":
            duty.has_begun = True
            duty.move("STARTED")
        elif action == "MISS" and effect["clock"] == "HANDLE":
            duty.move(is_overdue=True)
        elif is_handled and duty.state != "DONE":
            duty.has_begun = True
            duty.move("DONE")
        elif state in TERMINAL and duty.state != "DONE":
            if action == "PLAN_CANCEL":
                self.judge_cancel(duty)
            duty.move("CANCELLED")
        elif not is_handled and action in ("CHECK_FAIL", "REOPEN"):
            duty.move("OPEN")
        elif duty.state == "STARTED" and state == "DISPATCHING":
            duty.move("OPEN")
        if duty.state in OVER or duty.is_overdue:
            self.release_next(duty)

    def judge_handle(self, duty, effect):
        """The completion clock: `due` from when it first binds; what ran before a pause counts."""
        clock, deadline = effect["clock"], effect["deadline_ms"]
        if effect["action"] == "REOPEN":  # from the beginning
            duty.handle, duty.used_ms, duty.more_ms = None, 0, 0
        if effect["action"] == "MISS" and clock == "HANDLE":
            if duty.handle is not None:
                self.same(duty.case, "inspection HANDLE deadline missed", deadline, duty.handle[1])
                if duty.handle[1] > self.now:
                    self.differ(duty.case, f"called late before {duty.handle[1]}")
            duty.due, duty.handle = None, ("missed", None)
        elif duty.handle is not None and duty.handle[0] == "missed":
            return
        elif clock == "HANDLE" and duty.handle is None:
            limit_ms = duty.task.due_ms + duty.more_ms
            own = [self.now + limit_ms - duty.used_ms, self.now + duty.task.due_ms]
            if deadline not in own:
                self.same(duty.case, "inspection HANDLE deadline", deadline, own[0])
            duty.handle = (self.now, deadline)
        elif clock == "HANDLE" and effect["action"] == "EXTEND_YES":
            duty.more_ms += deadline - duty.handle[1]
            duty.handle = (duty.handle[0], deadline)
        elif clock == "HANDLE":
            if deadline != duty.handle[1]:
                self.same(duty.case, "inspection HANDLE deadline kept", deadline, duty.handle[1])
        elif clock not in ("HANDLE", "MAKE_SAFE", "SUPERVISE") and (
                not effect["order"] or effect["state"] not in ("ASSIGNED", "ON_SITE")):  # an order of its own, beside
            duty.used_ms += self.now - duty.handle[0] if duty.handle is not None else 0
            duty.handle = None
