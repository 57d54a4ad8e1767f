"""casetime.py: the clocks of a case recomputed: what binds, when it runs out, what the ladder owes."""
import worktime
from choice import Choice
from world import HOUR_MS, WEEK_MS


SUPERVISE_HOURS = 24


def ladder_runs(case):
    return not case.is_terminal and case.state != "SUSPENDED"


class CaseTime(Choice):
    def calendar_of(self, department):
        return None if department is None else self.city.departments[department].calendar

    def deadline(self, department, limit, used_ms, from_ms):
        return worktime.deadline(self.calendar_of(department), limit, used_ms, from_ms, self.city.zone)

    def handle_deadline(self, case):
        if not case.handle_runs:
            return None
        return self.deadline(case.department, case.handle_limit, case.handle_used, case.handle_from)

    def handle_limit_of(self, case):
        """The rule's, else the class's, else a week."""
        limit = case.rule.sla.get("handle", worktime.NO_LIMIT) if case.rule else worktime.NO_LIMIT
        return limit or self.city.classes[case.class_code].handle or worktime.Limit("plain", WEEK_MS)

    def pause_handle(self, case):
        if case.handle_runs:
            case.handle_used += worktime.used(self.calendar_of(case.department), case.handle_limit, case.handle_from,
                                              self.now)
            case.handle_runs = False

    def used_of(self, case):
        """What the running handle clock has used since it was started or resumed."""
        return worktime.used(self.calendar_of(case.department), case.handle_limit, case.handle_from, self.now)

    def arm_clock(self, case, clock, due, limit_ms):
        case.clock, case.clock_limit_ms, case.is_missed = clock, limit_ms, False
        self.timers.arm(("clock", case.no), self.now + max(limit_ms, HOUR_MS) if due is None else due)

    def bind(self, case, clock):
        self.pause_handle(case)
        if clock == "DISPATCH":
            limit = (case.rule.sla.get("dispatch") if case.rule else None) or self.rules.sla["dispatch"]
        elif clock == "CONFIRM":
            limit = worktime.Limit("plain", case.rule.confirm.within_ms)
        elif clock in ("CHECK", "VERIFY"):
            limit = self.rules.sla["check"]
        elif clock == "CLEARED":
            limit = worktime.Limit("plain", case.rule.close_within_ms)
        else:
            limit = worktime.Limit("plain", self.city.classes[case.class_code].reopen_ms)
        due = self.deadline(case.department, limit, 0, self.now) if limit else self.now
        self.arm_clock(case, clock, due, limit.plain_ms)

    def bind_handle(self, case, department):
        self.pause_handle(case)
        if case.handle_limit is None or case.department != department:
            case.handle_limit, case.handle_used, case.department = self.handle_limit_of(case), 0, department
            case.handle_base = case.handle_limit.value
            case.handle_missed = False
        case.assigned_at = self.now if case.assigned_at is None else case.assigned_at
        case.handle_from, case.handle_runs = self.now, True
        if case.handle_missed:  # said once; reminders only
            self.arm_clock(case, "HANDLE", None, case.handle_limit.plain_ms)
            case.is_missed = True
        else:
            self.arm_clock(case, "HANDLE", self.handle_deadline(case), case.handle_limit.plain_ms)

    # ---- a clock runs out ----

    def miss(self, case, due):
        department = self.city.departments.get(case.department)
        post = department.lead_post if department is not None and department.lead_post else self.city.command
        is_first, case.is_missed = not case.is_missed, True
        is_handle = case.clock == "HANDLE"
        if is_handle:
            case.handle_missed = case.ever_missed = True
        self.timers.arm(("clock", case.no), self.now + max(case.clock_limit_ms, HOUR_MS))
        self.miss_lag_ms = max(self.miss_lag_ms, self.now - due)
        self.say(case, "MISS" if is_first else "ESCALATE", clock=case.clock, deadline=due, post=post)
        self.notice(case, post, None, "EXPIRED")
        if is_handle and is_first and case.extend_stage:
            case.extend_stage = 0
            self.say(case, "EXTEND_LAPSE")
        elif is_handle and not is_first and not case.is_supervised and not case.auto_supervised:
            case.auto_supervised = True
            self.supervise(case, SUPERVISE_HOURS)
        if case.state == "ASSIGNED" and case.holder[0] == "post" and self.staffed(case.holder[1]) != case.holder[1]:
            self.to_desk(case, case.holder[1], "OFF_SHIFT", case.is_seeking)

    def supervise(self, case, hours, **note):
        case.is_supervised, case.supervise_missed = True, False
        case.supervise_limit_ms = hours * HOUR_MS
        due = self.now + case.supervise_limit_ms
        self.timers.arm(("supervise", case.no), due)
        self.say(case, "SUPERVISE", clock="SUPERVISE", deadline=due, amount=hours, **note)
        if case.holder[0] == "post":
            self.notice(case, case.holder[1], None, "NOTHING")
            return
        own = next((order for order in case.active() if order.worker and ("person", order.worker.id) == case.holder), None)
        if own is not None:
            self.tell(own.worker, "CHANGE", own.number, "NOTHING", case)

    def end_supervision(self, case):
        case.is_supervised = case.supervise_missed = False
        self.timers.cancel(("supervise", case.no))

    # ---- the ladder ----

    def step_due(self, case, step):
        if step.when == "opened":
            return case.filed_at + step.after_ms
        if step.when == "severity":
            return case.filed_at + step.after_ms if step.condition({}, case.severity) else None
        if step.when in ("unaccepted", "not_arrived"):
            waits = ("DISPATCHING",) if step.when == "unaccepted" else ("DISPATCHING", "ASSIGNED")
            is_waiting = case.state in waits and case.first_offer_at != 0
            return case.first_offer_at + step.after_ms if is_waiting else None
        if step.when in ("no_arrival", "not_safe"):
            stopped = case.was_reached if step.when == "no_arrival" else case.is_safe
            return case.assigned_at + step.after_ms if self.is_under_way(case) and not stopped else None
        if not case.handle_runs:
            return None
        if step.percent is None:
            return case.handle_from + max(0, step.after_ms - case.handle_used)
        if case.handle_limit.unit in ("plain", "work"):
            part = worktime.Limit(case.handle_limit.unit, case.handle_limit.value * step.percent // 100)
            if case.handle_used >= part.value:
                return case.handle_from
            return self.deadline(case.department, part, case.handle_used, case.handle_from)
        due = self.handle_deadline(case)
        return None if due is None else case.handle_from + (due - case.handle_from) * step.percent // 100

    @staticmethod
    def is_under_way(case):
        return case.assigned_at is not None and case.state in ("DISPATCHING", "ASSIGNED", "ON_SITE")

    def safe_due(self, case):
        limit = case.rule.sla.get("make_safe") if case.rule else None
        if not limit or not self.is_under_way(case) or case.is_safe or case.safe_missed:
            return None
        return case.assigned_at + limit.plain_ms

    def arm_step(self, case):
        if case.is_aside:
            return
        dues = []
        if case.rule is not None and case.filed_at and ladder_runs(case):
            dues = [self.step_due(case, step) for index, step in enumerate(case.rule.steps)
                    if index not in case.steps_fired] + [self.safe_due(case)]
        self.timers.arm(("step", case.no), min((due for due in dues if due is not None), default=None))

    def fire_steps(self, case):
        rule = case.rule
        due = self.safe_due(case) if ladder_runs(case) else None
        if due is not None and due <= self.now:
            department = self.city.departments.get(case.department)
            post = department.lead_post if department is not None and department.lead_post else self.city.command
            case.safe_missed = True
            self.say(case, "MISS", clock="MAKE_SAFE", deadline=due, post=post)
            self.notice(case, post, None, "EXPIRED")
        for index, step in enumerate(rule.steps if rule else []):
            due = None if not ladder_runs(case) or index in case.steps_fired else self.step_due(case, step)
            if due is not None and due <= self.now:
                case.steps_fired.add(index)
                self.fire_step(case, rule, index, step)
        self.arm_step(case)

    def fire_step(self, case, rule, index, step):
        if 0 < step.severity < case.severity:
            case.severity = step.severity
        self.say(case, "ESCALATE", post=step.posts[0] if step.posts else None)
        for post in step.posts:
            self.notice(case, post, self.rules.step_row[rule.id, index], "NOTHING")
        if step.reassigns:
            self.take_back(case)

    def check_ladder(self):
        """After a command: no step of any touched case is overdue."""
        for no in self.touched:
            case = self.cases.get(no)
            if case is None or case.is_aside or not ladder_runs(case) or not case.filed_at or case.rule is None:
                continue
            for index, step in enumerate(case.rule.steps):
                due = None if index in case.steps_fired else self.step_due(case, step)
                armed = self.timers.due(("step", no))
                if due is not None and (armed is None or armed > due):
                    self.differ(case, f"step {index + 1} ({step.when}) is due at {due} and nothing is armed for it")
        self.touched.clear()
