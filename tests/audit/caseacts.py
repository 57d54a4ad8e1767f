"""caseacts.py: what people do, recomputed: may they, and what follows."""
from caseaside import FALLBACK_HOURS, PAUSE_MS, CaseAside
from caseflow import HELP_ARRIVE_MS
from geometry import distance_cm
from offices import KEEPS_INSPECTION
from world import ARRIVE_CM, HANDLING, PLAN_ORDERS, SERVICE, name_of

COMMAND = {"REASSIGN", "DISPATCH", "SEND_TO_DESK", "CONTROL", "SPLIT", "INFORM"}
HEARING = {"POSITION", "RULE"}
CHECK = {"CHECK_PASS", "CHECK_FAIL", "CLOSE"}
CHECKING = CHECK | {"SPLIT", "INFORM"}
TIME = {"EXTEND", "EXTEND_YES", "EXTEND_NO", "SUSPEND"}
APPEAL = {"APPEAL", "APPEAL_YES", "APPEAL_NO"}
ON_RECORD = {"REVEAL", "ERASE", "READ_EVIDENCE"}
RATINGS = {"RATE", "SOLVED", "NOT_SOLVED"}
STARS = 5
ALWAYS = {"COMMENT", "RELATE"} | ON_RECORD
OPEN = ALWAYS | {"VOID", "FORCE_CLOSE", "SUPERVISE", "ANSWER", "MERGE_INTO", "REPLACE", "LINK_CHILD", "UNLINK_CHILD"}
CASE_ACTIONS = {
    "REPORTED": OPEN | {"FILE"},
    "VERIFYING": OPEN | {"FILE", "VERIFY_YES", "VERIFY_NO", "CONTROL", "INFORM"},
    "FILED": OPEN | COMMAND,
    "DISPATCHING": OPEN | COMMAND | HEARING | {"RETURN"},
    "ASSIGNED": OPEN | COMMAND | TIME | HEARING | {"DONE", "RETURN", "HAND_OVER", "MAKE_SAFE"},
    "ON_SITE": OPEN | COMMAND | TIME | HEARING,
    "HANDLED": OPEN | CHECKING | HEARING, "CHECKING": OPEN | CHECKING | HEARING,
    "SUSPENDED": OPEN | HEARING | {"RESUME"},
    "CLOSED": ALWAYS | APPEAL | RATINGS | {"REOPEN"}, "FORCED_CLOSED": ALWAYS | APPEAL | RATINGS | {"REOPEN"}, "VOID": ALWAYS | {"REOPEN"},
    "MERGED": ALWAYS}
UNDER_WAY = {"RETURN", "COMMENT"}
ORDER_ACTIONS = {
    "HANDLE": {"OFFERED": {"ACCEPT", "DECLINE"}, "ACCEPTED": UNDER_WAY | {"ARRIVE"},
               "ARRIVED": UNDER_WAY | {"DONE", "MAKE_SAFE", "REQUEST_HELP"}},
    "ASSIST": {"OFFERED": {"ACCEPT", "DECLINE"}, "ACCEPTED": UNDER_WAY | {"ARRIVE"}, "ARRIVED": UNDER_WAY | {"DONE", "MAKE_SAFE"}},
    "CHECK_RESULT": {"OFFERED": {"ACCEPT", "DECLINE"},
                     "ACCEPTED": UNDER_WAY | {"ARRIVE", "CHECK_PASS", "CHECK_FAIL"},
                     "ARRIVED": UNDER_WAY | {"CHECK_PASS", "CHECK_FAIL"}},
    "VERIFY_REPORT": {"OFFERED": {"ACCEPT", "DECLINE"}, "ACCEPTED": UNDER_WAY | {"ARRIVE"},
                      "ARRIVED": UNDER_WAY | {"VERIFY_YES", "VERIFY_NO"}},
    "INFORM": {"OFFERED": {"ACCEPT", "DONE", "DECLINE", "COMMENT"}, "ACCEPTED": {"DONE", "DECLINE", "COMMENT"}},
    "ADJUDICATE": {"OFFERED": {"RULE", "COMMENT"}}}
CENTRE = {"intake", "dispatcher", "shift_chief"}
RIGHTS = {"HAND_OVER": {"department_desk"}, "MAKE_SAFE": {"department_desk"}, "DONE": {"department_desk"}, "RETURN": {"department_desk"}, "CHECK_PASS": {"inspector", "shift_chief"},
          "CHECK_FAIL": {"inspector", "shift_chief"}, "CLOSE": {"shift_chief"},
          "VERIFY_YES": {"inspector", "shift_chief"}, "VERIFY_NO": {"inspector", "shift_chief"},
          "FILE": {"intake", "shift_chief"}, "REASSIGN": {"dispatcher"},
          "DISPATCH": {"dispatcher", "department_desk"}, "SEND_TO_DESK": {"dispatcher"}, "VOID": {"shift_chief"},
          "FORCE_CLOSE": {"shift_chief"}, "REOPEN": {"shift_chief", "intake", "overseer"},
          "SUSPEND": {"dispatcher", "shift_chief"}, "RESUME": {"dispatcher", "shift_chief"}, "CONTROL": {"shift_chief"},
          "EXTEND": {"department_desk", "worker"}, "EXTEND_YES": {"department_desk", "dispatcher", "shift_chief"},
          "EXTEND_NO": {"department_desk", "dispatcher", "shift_chief"}, "APPEAL": {"department_desk"},
          "APPEAL_YES": {"shift_chief", "overseer"}, "APPEAL_NO": {"shift_chief", "overseer"},
          "SUPERVISE": {"shift_chief", "overseer"}, "ANSWER": None, "MERGE_INTO": CENTRE, "SPLIT": CENTRE,
          "LINK_CHILD": CENTRE, "UNLINK_CHILD": CENTRE, "RELATE": CENTRE | {"department_desk"},
          "REPLACE": {"dispatcher", "shift_chief"}, "INFORM": {"dispatcher", "department_desk", "shift_chief"},
          "REQUEST_HELP": None, "RATE": {"intake"}, "SOLVED": {"intake"}, "NOT_SOLVED": {"intake"},
          "REVEAL": {"intake", "shift_chief", "dispatcher"}, "ERASE": {"intake", "shift_chief"},
          "READ_EVIDENCE": CENTRE | {"department_desk", "inspector", "overseer", "auditor"}}
SILENCE_ACTS = {"SILENCE", "UNSILENCE"}
KEY_ACTS = {"KEY_REGISTER", "KEY_REVOKE"}
PLAN_ACTS = {"PLAN_CONFIRM", "PLAN_STAND_DOWN", "PLAN_ACK", "PLAN_ANSWER", "PLAN_START"}
ACTIONS = set(RIGHTS) | {"ACCEPT", "DECLINE", "ARRIVE", "COMMENT", *HEARING, *PLAN_ACTS, *SILENCE_ACTS, *KEY_ACTS}
REASONED = {"DECLINE", "RETURN", "CHECK_FAIL", "VERIFY_NO", "REASSIGN", "SEND_TO_DESK", "VOID", "FORCE_CLOSE", "REOPEN",
            "EXTEND", "EXTEND_NO", "SUSPEND", "CONTROL", "SUPERVISE", "APPEAL", "APPEAL_NO", "MERGE_INTO", "REPLACE", "SPLIT",
            "UNLINK_CHILD", "REQUEST_HELP", "HAND_OVER", "REVEAL", "ERASE", *HEARING}
WORDED = {"ANSWER", "SPLIT", "INFORM", "POSITION"}
OF_SIDE = {"EXTEND", "ANSWER", "APPEAL"}
WITH_OTHER = {"MERGE_INTO", "REPLACE", "LINK_CHILD", "UNLINK_CHILD", "RELATE"}
UNSEEN = {"REASSIGN", "SEND_TO_DESK", "DISPATCH"}  # and RETURN by a dispatcher: not by who filed it
FOR_DESK = {"NOT_MINE", "PRIVATE_LAND", "OUTSIDE_DUTY", "NOT_FOUND", "FALSE_ALARM"}


def serial_of(no):
    """Which report a receipt names."""
    return int(no.split("-")[2]) if no else 0


class CaseActs(CaseAside):
    def take_act(self, act, person):
        """The code that the result must have, None where it is believed; carries the act out where it is DONE."""
        self.act, self.actor = act, person
        self.act_case = self.act_state = None
        if act["action"] not in ACTIONS:
            return "UNKNOWN_ACTION"
        if act["action"] in REASONED and act["reason"] == "NONE":
            return "REASON_NEEDED"
        if act["action"] in SILENCE_ACTS:
            return self.silence_act()
        if act["action"] in KEY_ACTS:
            return self.key_act()
        if act["action"] in PLAN_ACTS or act["order"] >= PLAN_ORDERS:
            self.pass_over()
            return None
        return self.act_on_order() if act["order"] != 0 else self.act_on_case()

    def note(self, **more):
        place = self.act["place"]
        return {"actor": self.actor, "reason": self.act["reason"],
                "place": None if place is None else (place["lon_e7"], place["lat_e7"]), **more}

    def say_act(self, case, order=None, before=None):
        self.say(case, self.act["action"], **self.note(order=order, before=before))

    # ---- on an order ----

    def act_on_order(self):
        act, number = self.act, self.act["order"]
        order = self.orders.get(number)
        if order is None:
            return "GONE" if number <= self.last_order else "UNKNOWN_ORDER"
        case = order.case
        self.act_case = case
        if order.worker is None:
            is_own = order.post is not None and self.is_of_post(self.actor, order.post)
        else:
            is_own = order.worker.id == self.actor
        if not is_own:
            return "NOT_YOURS"
        if case.is_aside and self.rules.moves_orders:
            return None  # what a round may say first was looked for, so the story of the act was followed before
        possible = ORDER_ACTIONS[order.kind].get(order.state, set())
        if act["action"] not in possible:
            self.act_state = order.state
            if order.state == "RECALLED" and self.was_taken(order):
                return "TAKEN"
            return order.state if order.state in ("RECALLED", "EXPIRED") else "WRONG_STATE"
        if case.is_aside:
            return None
        if order.worker is None:
            is_mute = act["action"] in ("DONE", "DECLINE") and not act["text"]
            code = "TEXT_NEEDED" if is_mute else \
                self.order_rule(case, order) if act["action"] == "RULE" else self.answer_post_order(case, order)
        else:
            code = getattr(self, "order_" + act["action"].lower())(case, order) or "DONE"
        self.act_state = order.state
        return code

    def order_accept(self, case, order):
        before, is_service = case.state, order.kind in SERVICE
        order.state, order.accepted_at, order.deadline = "ACCEPTED", self.now, None
        arrive = case.rule.sla.get("arrive") if case.rule and not is_service else None
        if order.kind == "VERIFY_REPORT" and case.rule and case.rule.confirm is not None:
            arrive = case.rule.confirm.arrive
        if arrive:
            order.deadline = order.offered_at + arrive.plain_ms
        elif order.kind == "ASSIST" and case.is_joint:
            order.deadline = self.now + HELP_ARRIVE_MS
        self.arm_accepted(order)
        if is_service:
            case.holder = ("person", self.actor)
        else:
            case.add_person(self.actor, "handled")
            self.take_accepted(case, order)
            if not order.is_lead and case.lead() is None:
                order.kind, order.is_lead = "HANDLE", True  # the first to come leads
            if order.is_lead:
                case.state, case.holder = "ASSIGNED", ("person", self.actor)
                case.is_seeking = False
                self.bind_handle(case, self.owner_of(case))
                self.receive_by_worker(case)
        self.arm_step(case)
        self.say_act(case, order, before)
        if not is_service:
            self.note_burden(case, order)

    def receive_by_worker(self, case):
        department = self.city.departments.get(self.city.persons[self.actor].department)
        if department is not None and department.duty_post is not None:
            self.receive(case, department.duty_post)
        elif case.office is None:
            self.receive(case, self.desk_of(case))

    def note_burden(self, case, order):
        due, notice = self.handle_deadline(case), self.city.classes[case.class_code].notice_ms
        if notice and due is not None and due - self.now < notice:
            owner = self.owner_of(case)
            self.say(case, "SHORT_NOTICE", order=order, subject=self.actor, clock="HANDLE", deadline=due,
                     post=self.city.departments[owner].duty_post if owner else None)

    def order_decline(self, case, order):
        was_lead = order.is_lead
        case.add_person(self.actor, "declined")
        self.end_order(order, "DECLINED")
        self.say_act(case, order)
        if order.kind in SERVICE:
            self.service_again(case, order.kind)
        else:
            self.after_loss(case, self.actor, was_lead)

    def order_arrive(self, case, order):
        before, place = case.state, self.act["place"]
        if case.place is not None:
            if place is None:
                return "PLACE_NEEDED"
            away = distance_cm((place["lon_e7"], place["lat_e7"]), case.place)
            if away > ARRIVE_CM * 1.002:
                return "TOO_FAR"
            if away > ARRIVE_CM * 0.998:  # the log decides within the tolerance
                effect = self.peek()
                if effect is not None and effect["effect"] == "RESULT" and effect["code"] == "TOO_FAR":
                    return "TOO_FAR"
        order.state, order.deadline = "ARRIVED", None
        self.timers.cancel(("order", order.number))
        if order.is_lead:
            case.state = "ON_SITE"
        case.has_acted = case.has_acted or order.kind in HANDLING
        case.was_reached = case.was_reached or order.kind in HANDLING
        self.arm_step(case)
        self.say_act(case, order, before)
        return "DONE"

    def order_make_safe(self, case, order):
        if case.is_safe:
            return "ONCE_ONLY"
        case.is_safe = True
        self.arm_step(case)
        self.say_act(case, order)
        return "DONE"

    def case_make_safe(self, case):
        return self.order_make_safe(case, None)

    def order_return(self, case, order):
        was_lead = order.is_lead
        case.add_person(self.actor, "declined")
        self.end_order(order, "RETURNED")
        self.say_act(case, order)
        if order.kind in SERVICE:
            self.service_again(case, order.kind)
        elif was_lead and self.act["reason"] in FOR_DESK:
            self.leave(case, self.act["reason"], self.desk_of(case))
            self.recall_all(case, False)
            self.to_desk(case, None, "NOTHING", False)
            self.judge(case)
        else:
            self.after_loss(case, self.actor, was_lead)

    def order_done(self, case, order):
        was_lead = order.is_lead
        case.has_acted = True
        self.end_order(order, "DONE")
        self.say_act(case, order)
        if was_lead:
            case.help_wanted = 0
            self.recall_all(case, True)
            self.arm_seek(case, False)
        if not case.active(HANDLING):
            self.handled(case)
        elif was_lead:
            self.promote_assist(case)

    def order_comment(self, case, order):
        self.say_act(case, order)

    def finish_check(self, case, order=None):
        has_passed = self.act["action"] != "CHECK_FAIL"
        if has_passed and case.has_open_child():
            return "CHILD_OPEN"
        if order is not None:
            self.end_order(order, "DONE")
        if has_passed:
            self.passed(case, self.act["action"], self.actor, **self.note(order=order))
            return "DONE"
        self.recall_all(case, False)
        self.say_act(case, order)
        case.handled_at = case.offers = 0
        case.is_cleared = case.is_recheck = False
        self.dispatch_start(case)
        return "DONE"

    def finish_verify(self, case, order=None):
        if order is not None:
            self.end_order(order, "DONE")
        if self.act["action"] == "VERIFY_NO":
            note = self.note(order=order)
            note["reason"] = "FALSE_ALARM" if note["reason"] == "NONE" else note["reason"]
            self.close(case, "VOID", "VERIFY_NO", **note)
            return
        self.recall_all(case, False)
        self.arm_seek(case, False)
        self.say_act(case, order)
        self.file(case)

    def file_by_hand(self, case):
        """Filed or verified at the centre: who did so does not command it."""
        if not case.fits(self.actor):
            return "TABLE_FULL"
        if self.act["action"] != "VERIFY_NO":
            self.recall_all(case, False)
            case.remember(self.actor, "filed")
        return self.finish_verify(case)

    order_check_pass = order_check_fail = lambda self, case, order: self.finish_check(case, order)
    order_verify_yes = order_verify_no = lambda self, case, order: self.finish_verify(case, order)

    # ---- on a case ----

    def was_given(self, no):
        """May a case of that number have been here?"""
        district, day, serial = (int(part) for part in no.split("-")) if no else (0, 0, 0)
        last = self.serials.get(district, (0, 0))
        return serial > 0 and (day < last[0] or (day == last[0] and serial <= last[1]))

    def act_on_case(self):
        act = self.act
        case = self.cases.get(act["case"])
        if case is None:
            return "GONE" if self.was_given(act["case"]) else "UNKNOWN_CASE"
        self.act_case, self.act_state = case, case.state
        if case.is_aside:
            if act["action"] in WITH_OTHER:
                self.set_aside(self.cases.get(act["other_case"]))
            for effect in self.effects if act["action"] == "SPLIT" else ():
                if effect.get("action") == "OPEN":
                    self.follow(effect)
            return None
        if act["action"] in RATINGS and not case.is_terminal:
            return "RATED_EARLY"
        if act["action"] not in CASE_ACTIONS[case.state]:
            return "WRONG_STATE"
        code = self.refuse(case)
        if code is not None:
            return code
        if act["action"] in WITH_OTHER:
            code = self.with_other(case)
        elif act["action"] in RATINGS:
            code = self.rate(case)
        elif act["action"] in ON_RECORD:
            code = self.on_record(case)
        else:
            code = getattr(self, "case_" + act["action"].lower())(case) or "DONE"
        case = self.act_case
        self.act_state = case.state
        return code

    def refuse(self, case):
        """Why the actor may not, or None."""
        act, rights = self.act, self.city.persons[self.actor].rights
        by_dispatcher = act["action"] == "RETURN" and case.state == "DISPATCHING"
        needed = {"dispatcher"} if by_dispatcher else RIGHTS.get(act["action"])
        if needed and not rights & needed:
            return "NO_RIGHT"
        is_desk_act = not by_dispatcher and act["action"] in ("DONE", "RETURN", "HAND_OVER", "MAKE_SAFE") or (
            act["action"] == "DISPATCH" and "dispatcher" not in rights)
        if is_desk_act and (case.holder[0] != "post" or not self.is_of_post(self.actor, case.holder[1])):
            return "NOT_YOURS"
        is_hand_over = act["action"] in ("RETURN", "HAND_OVER") and not by_dispatcher
        if case.dispute is not None and (is_hand_over or act["action"] in ("SEND_TO_DESK", "DISPATCH") or (
                act["action"] == "REASSIGN" and self.blocks(case))):
            return "IN_DISPUTE"
        if is_hand_over and case.ruled_office is not None and case.holder[1] == case.ruled_office:
            return "RULED"
        if act["action"] in OF_SIDE and not self.is_of_side(self.actor, case):
            return "NOT_YOURS"
        barred = {"handled", "commanded"} | ({"checked"} if case.is_recheck else set())
        flags = set(case.flags(self.actor))
        if act["action"] in CHECK and barred & flags or (
                (by_dispatcher or act["action"] in UNSEEN) and "filed" in flags):
            return "CONFLICT_OF_INTEREST"
        if act["action"] in WORDED and not act["text"]:
            return "TEXT_NEEDED"
        if act["action"] in ("SUSPEND", "CONTROL") and not self.now < act["until_ms"] <= self.now + PAUSE_MS:
            return "BAD_UNTIL"
        return None

    def case_reassign(self, case):
        subject = (self.act["subject"] or {}).get("person", {}).get("id")
        if subject is None:
            return "UNKNOWN_WORKER"
        worker = self.workers[subject]
        code = "WRONG_ROLE" if not worker.person.rights & {"worker", "inspector"} else \
            "ELIGIBLE" if self.is_on_shift(worker) else "OFF_SHIFT"
        if code == "ELIGIBLE":
            code = self.filter_case(case, worker, "HANDLE", worker.person.capacity)
        if code != "ELIGIBLE":
            return "NOT_ELIGIBLE"
        if not case.fits(self.actor, subject):
            return "TABLE_FULL"
        judged = None
        if case.rule.assigns:
            # The engine's own choice stands beside the human's; it was made before anything was recalled.
            judged = next((effect for effect in self.effects[self.at:] if effect["effect"] == "DECISION" and
                           effect["case"] == case.no), None)
            if judged is not None:
                self.judge_decision(case, *self.assign_of(case, 0, "HANDLE"), "HANDLE", judged)
                self.judge_beside(case, judged, subject)
        before = case.state
        self.recall_all(case, False)
        case.remember(self.actor, "commanded", subject)
        self.to_command(case)
        self.say(case, "REASSIGN", before=before, **self.note(subject=subject))
        if judged is not None:
            self.take("DECISION", case)
        self.offer(case, subject, 0, "HANDLE", judged)
        case.orders[0].moves = 99  # what a person decided no round undoes
        self.arm_step(case)
        return "DONE"

    def judge_beside(self, case, decision, subject):
        """It says that a person decided, whom he took and why; and how far away that is, if he is anywhere."""
        beside = decision.get("why"), name_of(decision.get("from"), "id"), decision.get("reason")
        self.same(case, "decision by hand", beside, ("BY_HAND", subject, self.act["reason"]))
        _, assign = self.assign_of(case, 0, "HANDLE")
        one = self.look_at(case, assign, "HANDLE", assign.rings[-1], self.workers[subject])
        own_cm = self.measure(case, one)
        if own_cm is None or one.is_home or self.goes_by_road(case, assign):
            return
        travel = self.workers[subject].person.mode.travel_ms(own_cm)
        if abs(decision["from_ms"] - travel) > 0.002 * travel + 50:
            self.same(case, f"{subject}, chosen by hand: from_ms", decision["from_ms"], round(travel))

    def case_send_to_desk(self, case):
        desk = self.subject_post()
        if desk is None:
            return "UNKNOWN_WORKER"
        if not case.fits(self.actor):
            return "TABLE_FULL"
        self.say_act(case)
        self.recall_all(case, False)
        case.remember(self.actor, "commanded")
        self.to_desk(case, desk, "NOTHING", False)
        self.judge(case)
        return "DONE"

    def case_hand_over(self, case):
        desk, amount = (self.act["subject"] or {}).get("post", {}).get("code"), self.act["amount"]
        if desk is None or desk == case.holder[1]:
            return "UNKNOWN_WORKER"
        if amount > KEEPS_INSPECTION:
            return "BAD_AMOUNT"
        self.say(case, "HAND_OVER", **self.note(post=desk, amount=amount))
        self.leave(case, self.act["reason"], desk, {"inspection"} if amount == KEEPS_INSPECTION else set())
        self.recall_all(case, False)
        self.to_desk(case, desk, "NOTHING", False)
        self.judge(case)
        return "DONE"

    def case_position(self, case):
        return self.take_position(case, **self.note())

    def order_rule(self, case, order):
        return self.rule_dispute(case, **self.note(order=order, amount=self.act["amount"]))

    def case_rule(self, case):
        return self.order_rule(case, None)

    def case_done(self, case):
        if not case.fits(self.actor):
            return "TABLE_FULL"
        case.has_acted = True
        self.recall_all(case, False)
        case.remember(self.actor, "handled")
        self.say_act(case)
        self.handled(case)
        return "DONE"

    def return_to_centre(self, case):
        if not case.fits(self.actor):
            return "TABLE_FULL"
        self.recall_all(case, False)
        case.remember(self.actor, "commanded")
        self.say_act(case)
        self.verify(case)
        self.arm_step(case)
        return "DONE"

    def case_return(self, case):
        if case.state == "DISPATCHING":
            return self.return_to_centre(case)
        self.leave(case, self.act["reason"], None)
        self.recall_all(case, False)
        before = case.state
        self.to_command(case)
        self.arm_step(case)
        self.say_act(case, before=before)
        self.judge(case)
        return "DONE"

    def case_dispatch(self, case):
        if not case.fits(self.actor):
            return "TABLE_FULL"
        self.say_act(case)
        self.recall_all(case, False)
        case.offers = 0
        case.forget_declined()
        case.add_person(self.actor, "commanded")
        self.dispatch_start(case)
        return "DONE"

    def case_void(self, case):
        if case.has_open_child():
            return "CHILD_OPEN"
        self.close(case, "VOID", "VOID", **self.note())
        return "DONE"

    def case_force_close(self, case):
        if case.has_open_child():
            return "CHILD_OPEN"
        self.close(case, "FORCED_CLOSED", "FORCE_CLOSE", **self.note())
        return "DONE"

    def case_reopen(self, case):
        self.reopen(case, **self.note())

    # ---- what reporters say of it, and what is on record of them ----

    def rate(self, case):
        action, report, amount = self.act["action"], serial_of(self.act["other_case"]), self.act["amount"]
        if not 0 < report <= case.events:
            return "UNKNOWN_RECEIPT"
        if action == "RATE" and not 1 <= amount <= STARS:
            return "BAD_STARS"
        key = (action == "RATE", report, case.closed_at, case.round)
        if key in case.ratings:
            return "ALREADY_RATED"
        case.ratings.add(key)
        note = self.note(amount=amount, report=report)
        self.say(case, action, **note)
        if action == "NOT_SOLVED":
            window_ms = self.city.classes[case.class_code].reopen_ms if case.class_code in self.city.classes else 0
            is_again = case.was_reopened or self.now >= case.closed_at + window_ms
            self.reopen(case, **{**note, "reason": "NOT_SOLVED"})
            if is_again:
                self.supervise(case, FALLBACK_HOURS, reason="NOT_SOLVED")
        return "DONE"

    def on_record(self, case):
        if self.act["action"] != "READ_EVIDENCE" and not case.contacts:
            return "CONTACT_ERASED" if case.contacts is None else "NO_CONTACT"
        self.say_act(case)
        if self.act["action"] == "ERASE":
            self.drop_contacts(case, "CONTACT_ERASED")
            case.contacts = None
        return "DONE"

    def case_comment(self, case):
        self.say_act(case)

    case_check_pass = case_check_fail = case_close = finish_check
    case_verify_yes = case_verify_no = case_file = file_by_hand
