"""caseaside.py: what happens beside the straight way, recomputed: time given and taken, supervision, other cases, help."""
from caseflow import CaseFlow
from world import DAY_MS, HOUR_MS, Case, Order

EXTENSIONS = 2
PAUSE_MS = 366 * DAY_MS
FALLBACK_HOURS, HOURS = 24, 720
HELPERS, INFORMS = 7, 4
SPLIT_COPIES = ("severity", "rule", "class_code", "cell", "asset", "device", "place", "accuracy_cm", "owner")


class CaseAside(CaseFlow):
    def subject_post(self):
        return ((self.act["subject"] or {}).get("post") or {}).get("code")

    def is_of_side(self, person, case):
        if case.holder == ("person", person):
            return True
        if case.holder is not None and case.holder[0] == "post" and self.is_of_post(person, case.holder[1]):
            return True
        row = self.city.persons[person]
        return case.department is not None and row.department == case.department and "department_desk" in row.rights

    # ---- 挂账, 管控 ----

    def case_suspend(self, case):
        is_control = self.act["action"] == "CONTROL"
        if not is_control and case.was_suspended:
            return "ONCE_ONLY"
        was_at_desk = case.state == "ASSIGNED" and case.holder[0] == "post"
        desk = case.holder[1] if was_at_desk else self.desk_of(case)
        before, until = case.state, self.act["until_ms"]
        self.recall_all(case, False)
        case.state, case.holder = "SUSPENDED", ("post", desk)
        case.is_seeking = case.nobody_told = False
        case.was_at_desk = was_at_desk
        case.was_suspended = case.was_suspended or not is_control
        self.pause_handle(case)
        self.arm_clock(case, "CONTROL" if is_control else "SUSPENDED", until, until - self.now)
        self.arm_seek(case, False)
        self.arm_step(case)
        self.say(case, self.act["action"], **self.note(before=before, until=until, post=desk))
        return "DONE"

    case_control = case_suspend

    def case_resume(self, case):
        self.resume(case, **self.note())

    # ---- 延期 ----

    def is_overdue(self, case):
        due = self.handle_deadline(case)
        return case.handle_missed or (due is not None and self.now >= due)

    def case_extend(self, case):
        if self.is_overdue(case):
            return "OVERDUE"
        if case.extensions >= EXTENSIONS or case.extend_stage:
            return "NO_MORE_EXTENSIONS"
        case.extend_stage, case.extend_by = 1, {self.actor}
        self.say_act(case)
        return "DONE"

    def case_extend_yes(self, case):
        if not case.extend_stage:
            return "NOTHING_ASKED"
        rights = self.city.persons[self.actor].rights
        is_desk = "department_desk" in rights and self.is_of_side(self.actor, case)
        may = is_desk or "dispatcher" in rights if case.extend_stage == 1 else "shift_chief" in rights
        if not may:
            return "NO_RIGHT"
        if self.actor in case.extend_by:
            return "CONFLICT_OF_INTEREST"
        if self.act["action"] == "EXTEND_NO":
            case.extend_stage = 0
        elif self.is_overdue(case):
            return "OVERDUE"
        elif case.extend_stage == 1:
            case.extend_stage = 2
            case.extend_by.add(self.actor)
        else:
            self.grant(case)
        self.say_act(case)
        return "DONE"

    case_extend_no = case_extend_yes

    def grant(self, case):
        case.extend_stage = 0
        case.extensions += 1
        limit = case.handle_limit
        case.handle_limit = type(limit)(limit.unit, limit.value + case.handle_base)
        self.arm_clock(case, "HANDLE", self.handle_deadline(case), case.handle_limit.plain_ms)
        self.arm_step(case)
        lead = case.lead()
        if lead is not None:
            self.tell(lead.worker, "CHANGE", lead.number, "NOTHING", case)

    # ---- 督办, 申诉 ----

    def case_supervise(self, case):
        if case.is_supervised:
            return "ONCE_ONLY"
        hours = self.act["amount"] or FALLBACK_HOURS
        if hours > HOURS:
            return "BAD_AMOUNT"
        self.supervise(case, hours, **self.note())
        return "DONE"

    def case_answer(self, case):
        if not case.is_supervised:
            return "NOTHING_ASKED"
        self.end_supervision(case)
        self.say_act(case)
        return "DONE"

    def case_appeal(self, case):
        if not case.ever_missed:
            return "NOT_MISSED"
        if case.appeal:
            return "ONCE_ONLY"
        case.appeal = "OPEN"
        self.say_act(case)
        return "DONE"

    def case_appeal_yes(self, case):
        if case.appeal != "OPEN":
            return "NOTHING_ASKED"
        case.appeal = self.act["action"]
        self.say_act(case)
        return "DONE"

    case_appeal_no = case_appeal_yes

    # ---- other cases ----

    def say_other(self, case, other, action):
        self.say(case, action, **self.note(other=other.no))

    def with_other(self, case):
        other = self.cases.get(self.act["other_case"])
        if other is None or other is case:
            return "OTHER_CASE_NEEDED"
        is_merge = self.act["action"] in ("MERGE_INTO", "REPLACE")
        if (is_merge and (case.is_inspection or other.is_inspection)) or (
                (is_merge or self.act["action"] == "LINK_CHILD") and case.is_drill != other.is_drill):
            return "OTHER_CASE_NEEDED"
        if other.is_aside:
            self.set_aside(case)
            return None
        return {"LINK_CHILD": self.take_child, "UNLINK_CHILD": self.let_go, "RELATE": self.relate}.get(
            self.act["action"], self.merge_away)(case, other)

    def take_child(self, case, other):
        if other.is_terminal or other.parent or other.children or case.parent:
            return "OTHER_CASE_NEEDED"
        other.parent = case
        case.children.insert(0, other)
        self.say_other(case, other, "LINK_CHILD")
        self.say_other(other, case, "GET_PARENT")
        return "DONE"

    def let_go(self, case, other):
        if other.parent is not case:
            return "OTHER_CASE_NEEDED"
        self.detach(other)
        self.say_other(case, other, "UNLINK_CHILD")
        self.say_other(other, case, "LEAVE_PARENT")
        return "DONE"

    def relate(self, case, other):
        self.say_other(case, other, "RELATE")
        self.say_other(other, case, "RELATE")
        return "DONE"

    def merge_away(self, case, other):
        if other.is_terminal:
            return "OTHER_CASE_NEEDED"
        for child in list(case.children):
            self.detach(child)
            if child is not other and other.parent is None:
                child.parent = other
                other.children.insert(0, child)
        if case.parent:
            self.detach(case)
        case.survivor = other
        other.events = min(other.events + case.events, self.case_events)
        other.severity = min(other.severity, case.severity)
        self.close(case, "MERGED", self.act["action"], **self.note(other=other.no))
        self.say_other(other, case, "ABSORB")
        self.arm_step(other)
        return "DONE"

    def case_split(self, case):
        district = int(case.no.split("-")[0])
        part = Case(self.number_in(district))
        for name in SPLIT_COPIES:
            setattr(part, name, getattr(case, name))
        part.first_place, part.mask = part.place, set(case.mask)
        part.opened_at, part.holder = self.now, ("post", self.city.command)
        self.cases[part.no] = part
        self.say_other(case, part, "SPLIT")
        self.say_other(part, case, "OPEN")
        if self.rehome_at is not None:  # the case it was split off may not be located yet
            self.ask_where(part)
        self.file(part)
        self.act_case = part
        return "DONE"

    # ---- 吹哨, 协查 ----

    def order_request_help(self, case, order):
        amount = self.act["amount"]
        if self.act["subject"] is not None:
            return self.call_by_name(case, order)
        if amount == 0 or amount + case.help_wanted > HELPERS:
            return "BAD_AMOUNT"
        case.help_wanted += amount
        case.is_joint, case.nobody_told = True, False
        self.say(case, "REQUEST_HELP", **self.note(order=order, amount=amount))
        self.fill(case)
        return "DONE"

    def filter_helper(self, case, person):
        worker = self.workers[person]
        if not worker.person.rights & {"worker", "inspector"}:
            return "WRONG_ROLE"
        if not self.is_on_shift(worker):
            return "OFF_SHIFT"
        code = self.filter_case(case, worker, "ASSIST", worker.person.capacity)
        return "TABLE_FULL" if code == "ELIGIBLE" and not case.has_room(person) else code

    def call_by_name(self, case, order):
        post, code, helper = self.subject_post(), "UNKNOWN_WORKER", None
        roster = self.city.posts[post].persons if post else [(self.act["subject"].get("person") or {}).get("id")]
        for person in roster:
            if code != "ELIGIBLE" and person is not None:
                helper, code = person, self.filter_helper(case, person)
        if code in ("UNKNOWN_WORKER", "TABLE_FULL"):
            return code
        if code != "ELIGIBLE":
            return "NOT_ELIGIBLE"
        case.is_joint = True
        self.say(case, "REQUEST_HELP", **self.note(order=order, subject=helper, amount=1))
        self.offer(case, helper, None, "ASSIST", None)
        return "DONE"

    def case_inform(self, case):
        post, hours = self.subject_post(), self.act["amount"] or FALLBACK_HOURS
        if post is None:
            return "UNKNOWN_WORKER"
        if hours > HOURS:
            return "BAD_AMOUNT"
        if any(order.post == post for order in case.active()):
            return "ONCE_ONLY"
        if len(case.active(("INFORM",))) >= INFORMS:
            return "TABLE_FULL"
        self.drop_oldest(case)
        self.last_order += 1
        order = Order(self.last_order, case, None, "INFORM", self.now)
        order.post, order.deadline = post, self.now + hours * HOUR_MS
        self.orders[order.number] = order
        case.orders.insert(0, order)
        self.timers.arm(("order", order.number), order.deadline)
        self.say(case, "INFORM", **self.note(order=order, post=post, amount=hours, clock="INFORM", deadline=order.deadline))
        self.notice(case, post, None, "NOTHING")
        return "DONE"

    def answer_post_order(self, case, order):
        action = self.act["action"]
        if action == "ACCEPT":
            order.state, order.accepted_at = "ACCEPTED", self.now
        elif action != "COMMENT":
            self.end_order(order, "DONE" if action == "DONE" else "DECLINED")
        self.say_act(case, order)
        return "DONE"

