"""caseflow.py: how a case moves on by itself: filing, offering, desks, losing somebody, checking, closing."""
from rounds import Rounds
from world import CASE_OFFERED, CASE_OFFERS, CASE_ORDERS, CASE_PERSONS, DAY_MS, Desync, HANDLING, HOUR_MS, Order, SERVICE


SELF_CHECK_EVERY, RECHECK_EVERY = 5, 20
HELP_ARRIVE_MS = 30 * 60000


def mix64(x):
    mask = (1 << 64) - 1
    x = ((x ^ (x >> 30)) * 0xbf58476d1ce4e5b9) & mask
    x = ((x ^ (x >> 27)) * 0x94d049bb133111eb) & mask
    return x ^ (x >> 31)


def is_sampled(no, every):
    """By the case's number alone."""
    district, day, serial = (int(part) for part in no.split("-"))
    return mix64(mix64(district << 32 | day) ^ serial) % every == 0


class CaseFlow(Rounds):
    # ---- offers ----

    def arm_seek(self, case, is_wanted):
        if not case.is_aside:
            self.timers.arm(("seek", case.no), self.now + self.rules.seek_every_ms if is_wanted else None)

    def offer(self, case, person, assign_index, kind, decision):
        worker = self.workers[person]
        if not case.add_person(person):
            return False
        self.drop_oldest(case)
        visits = {} if case.is_aside else self.visitors(case)
        self.last_order += 1
        order = Order(self.last_order, case, worker, kind, self.now)
        order.index = assign_index
        assigns = case.rule.assigns if case.rule and assign_index is not None else []
        order.assign = assigns[assign_index] if assigns else None
        limit = (case.rule.sla.get("accept") if case.rule else None) or self.rules.sla["accept"]
        order.deadline = self.now + limit.plain_ms
        self.orders[order.number] = order
        case.orders.insert(0, order)
        worker.orders.add(order.number)
        self.timers.arm(("order", order.number), order.deadline)
        if kind in HANDLING:
            case.first_offer_at = case.first_offer_at or self.now
        case.offers += kind == "HANDLE"
        if decision is not None:
            self.same(case, "decision order", decision["order"], order.number)
        lines = decision["candidates"] if decision else []
        is_first = bool(lines) and lines[0]["person"]["id"] == person
        distance = lines[0]["distance_cm"] if is_first else -1
        order.way_ms = lines[0]["travel_ms"] if is_first and lines[0]["travel_ms"] >= 0 else None
        self.say(case, "OFFER", order=order, subject=person, clock="ACCEPT", deadline=order.deadline, distance=distance)
        visits = visits.get(person)
        if kind in HANDLING and visits:
            effect = self.peek()
            told = effect.get("amount") if effect is not None else None  # of several, any
            self.say(case, "JOINT_VISIT", order=order, subject=person, amount=told if told in visits else min(visits))
        self.tell(worker, "OFFER", order.number, "NOTHING", case)
        return True

    def drop_oldest(self, case):
        if len(case.orders) == CASE_ORDERS:
            oldest = [order for order in case.orders if not order.is_active][-1]
            case.orders.remove(oldest)
            self.orders.pop(oldest.number)

    def next_decision(self, case):
        effect = self.peek()
        return effect if effect is not None and effect["effect"] == "DECISION" and effect["case"] == case.no else None

    def dispatch_fill(self, case, is_quiet):
        """Offers what is wanted; (orders still missing, the filter that stood in the way)."""
        missing, binding = 0, "NOTHING"
        for index in sorted(case.mask):
            key, assign = self.assign_of(case, index, "HANDLE")
            have = sum(1 for order in case.orders if order.index == index and
                       (order.is_active or (order.state == "DONE" and order.round == case.round)))
            wanted = max(0, assign.count + (case.help_wanted if index == 0 else 0) - have)
            while wanted > 0:
                kind = "ASSIST" if case.lead() else "HANDLE"
                if assign.preempts and self.offer_preempting(case, index, kind):
                    wanted -= 1
                    continue
                effect = self.next_decision(case)
                is_other = effect is not None and effect["assign"] != self.rules.assign_row[key]
                if effect is None or (is_quiet and (is_other or effect["order"] == 0)):
                    if len(case.people) < CASE_PERSONS:
                        self.judge_silence(case, assign, kind)
                    if not is_quiet:
                        raise Desync(case, f"expected a decision on {kind} (assign {index + 1}), the log has "
                                           f"{self.describe(self.peek())}")
                    binding = None  # nobody said which
                    break
                self.at += 1
                chosen = self.judge_decision(case, key, assign, kind, effect)
                if chosen is None:
                    self.same(case, "nobody: order", effect["order"], 0)
                    binding = effect["binding"]
                    break
                if not self.offer(case, chosen, index, kind, effect):
                    raise Desync(case, "an offer to more persons than a case remembers")
                wanted -= 1
            missing += wanted
            self.fill_parallel(case, index)
        return missing, binding

    @staticmethod
    def service_name(case, kind):
        """Whose assigns are asked: a rule's own for a report that other sources must confirm, else the defaults'."""
        confirm = case.rule.confirm if case.rule and kind == "VERIFY_REPORT" else None
        return ("confirm", case.rule.id) if confirm is not None and confirm.assigns else SERVICE[kind]

    def dispatch_service(self, case, kind, is_quiet):
        """Offers a check or verify order; whether somebody got it."""
        if case.is_aside:
            return True
        name = self.service_name(case, kind)
        assigns = self.rules.confirms[name[1]] if isinstance(name, tuple) else getattr(self.rules, name)
        effect = self.next_decision(case)
        told = None if effect is None or (effect["order"] == 0 and is_quiet) else effect
        rows = [self.rules.assign_row[name, index] for index in range(len(assigns))]
        for index, assign in enumerate(assigns):
            key = (name, index)
            is_last = index + 1 == len(assigns)
            if told is not None and (told["assign"] == rows[index] or (is_last and told["assign"] not in rows)):
                self.at += 1
                chosen = self.judge_decision(case, key, assign, kind, told)
                if chosen is not None:
                    is_given = self.offer(case, chosen, None, kind, told)
                    case.orders[0].assign, case.orders[0].service = (assign, key) if is_given else (None, None)
                    return is_given
                self.same(case, "nobody: order", told["order"], 0)
                self.say(case, "NOBODY", code=told["binding"])
                return False
            if len(case.people) < CASE_PERSONS:
                self.judge_silence(case, assign, kind)
        if not is_quiet and self.is_crowded(case, assigns, kind):
            self.say(case, "NOBODY", code="TABLE_FULL")
        elif not is_quiet:
            raise Desync(case, f"expected a decision on {kind}, the log has {self.describe(self.peek())}")
        return False

    def is_crowded(self, case, assigns, kind):
        """Somebody could take it, and the case remembers no more persons."""
        return len(case.people) >= CASE_PERSONS and any(
            self.eligible(case, assign, kind, assign.rings)[0] is not None for assign in assigns)

    def fill(self, case):
        if case.is_aside:
            return
        if self.blocks(case):
            self.arm_seek(case, False)
            return
        is_exhausted = case.offers >= CASE_OFFERS or len(case.people) >= CASE_OFFERED
        missing, binding = 0, "DECLINED"
        if case.lead() is None:
            self.promote_assist(case)
        if not is_exhausted:
            missing, binding = self.dispatch_fill(case, case.nobody_told)
        if case.active(HANDLING):
            self.arm_seek(case, missing > 0)
            was_quiet, case.nobody_told = case.nobody_told, case.nobody_told or missing > 0
            self.arm_step(case)
            if not was_quiet and case.lead() is None:
                case.nobody_told = True
                self.say(case, "NOBODY", code=binding)
            return
        if case.holder[0] == "post" and case.state == "ASSIGNED":
            self.arm_seek(case, not is_exhausted and case.is_seeking)
            return
        if binding is None:  # quiet: only the log knows which filter bound
            effect = self.peek()
            binding = effect["code"] if effect is not None and effect["effect"] == "TIMELINE" else "NOTHING"
        self.say(case, "NOBODY", code=binding)
        self.to_desk(case, None, binding, not is_exhausted)

    # ---- desks ----

    def to_desk(self, case, post, code, is_seeking):
        if case.is_aside:
            return
        before, wanted = case.state, post or self.desk_of(case)
        desk = self.staffed(wanted)
        case.state, case.holder = "ASSIGNED", ("post", desk)
        case.nobody_told, case.is_seeking = True, is_seeking
        self.bind_handle(case, self.city.posts[desk].department or self.owner_of(case))
        self.arm_seek(case, is_seeking)
        self.arm_step(case)
        self.receive(case, desk)
        self.say(case, "TO_DESK", code=code, post=desk, before=before)
        self.notice(case, desk, None, code)
        if desk != wanted:
            self.say(case, "STUCK", code="OFF_SHIFT", post=wanted)

    # ---- filing and losing ----

    def to_command(self, case):
        """A new round of dispatching, with nobody asked yet."""
        case.state, case.round, case.first_offer_at = "DISPATCHING", (case.round + 1) & 0xff, 0
        case.is_seeking = case.nobody_told = case.is_joint = False
        case.help_wanted = 0
        case.holder = ("post", self.city.command)
        self.bind(case, "DISPATCH")
        self.arm_seek(case, False)

    def dispatch_start(self, case):
        if not case.is_aside:
            self.to_command(case)
            self.fill(case)

    def file(self, case):
        case.state, case.filed_at, case.offers = "FILED", self.now, 0
        if case.is_aside:
            return
        permit = self.find_conflict(case)
        if permit is not None and case.dispute is None:
            owner = self.owner_of(case)
            self.open_dispute(case, "PERMIT_CONFLICT", [
                self.city.departments[owner].duty_post if owner else None,
                self.city.departments[permit.department].duty_post])
            return
        self.to_command(case)
        ruling = self.ruling(case)
        if ruling is not None:
            self.say(case, "RULED_BEFORE", post=ruling)
        self.fill(case)

    def verify(self, case):
        case.state, case.holder = "VERIFYING", ("post", self.city.supervision)
        self.bind(case, "VERIFY")
        self.arm_seek(case, not self.dispatch_service(case, "VERIFY_REPORT", False))

    # ---- several sources ----

    def add_source(self, case, gateway, person):
        if person is not None:
            case.sources.add("patrol")
        elif not self.is_doubtful(case.rule, gateway):
            case.sources.add(self.city.gateways[gateway].kind)
        return sum(case.rule.confirm.weights.get(kind, 0) for kind in case.sources)

    def await_confirm(self, case, gateway, person):
        total = self.add_source(case, gateway, person)
        if total >= case.rule.confirm.at_least:
            self.file(case)
            return
        case.state, case.holder = "VERIFYING", ("post", self.city.supervision)
        self.bind(case, "CONFIRM")
        self.say(case, "CONFIRM_WAIT", amount=total)
        self.arm_seek(case, not self.dispatch_service(case, "VERIFY_REPORT", False))

    def confirm_report(self, case, gateway, person):
        if case.clock != "CONFIRM" or not case.rule or case.rule.confirm is None:
            return
        total = self.add_source(case, gateway, person)
        if total >= case.rule.confirm.at_least:
            self.recall_all(case, False)
            case.holder = ("post", self.city.supervision)
            self.arm_seek(case, False)
            self.say(case, "CONFIRMED", amount=total)
            self.file(case)

    def recall(self, case, order, state, code):
        self.end_order(order, state)
        if order.worker is not None:
            self.tell(order.worker, "RECALL", order.number, code, case)

    def recall_all(self, case, keep_arrived):
        for order in list(case.orders):
            is_kept = order.kind == "ADJUDICATE" or keep_arrived and (order.state == "ARRIVED" or order.worker is None or
                                        (case.is_joint and order.state == "ACCEPTED"))
            if order.is_active and not is_kept:
                self.recall(case, order, "RECALLED", "RECALLED")
                self.say(case, "RECALL", order=order, subject=order.worker.id if order.worker else None, post=order.post)

    def promote_assist(self, case):
        ready = [order for order in case.orders if order.kind == "ASSIST" and order.state in ("ACCEPTED", "ARRIVED")]
        if not ready or case.is_aside:
            return False
        order = ready[-1]  # offered first
        order.kind, order.is_lead = "HANDLE", True
        before = case.state
        case.add_person(order.worker.id, "handled")
        case.state = "ON_SITE" if order.state == "ARRIVED" else "ASSIGNED"
        case.holder = ("person", order.worker.id)
        if not case.handle_runs:
            self.bind_handle(case, self.owner_of(case))
        self.arm_step(case)
        self.tell(order.worker, "CHANGE", order.number, "NOTHING", case)
        self.say(case, "REASSIGN", order=order, subject=order.worker.id, before=before)
        return True

    def after_loss(self, case, person, was_lead):
        if case.is_aside or case.is_terminal or case.state in ("HANDLED", "CHECKING"):
            return
        was_holder = case.holder == ("person", person)
        if was_lead and self.promote_assist(case):
            self.fill(case)
        elif was_holder:
            self.dispatch_start(case)
        else:
            self.fill(case)

    def take_back(self, case):
        lead = None if case.is_aside else case.lead()
        if lead is None or lead.state == "ARRIVED":
            return
        case.add_person(lead.worker.id, "declined")
        self.recall(case, lead, "RECALLED", "RECALLED")
        self.say(case, "RECALL", order=lead, subject=lead.worker.id)
        self.after_loss(case, lead.worker.id, True)

    def service_again(self, case, kind):
        if case.is_aside or case.state not in ("CHECKING", "VERIFYING"):
            return
        case.holder = ("post", self.city.supervision)
        self.arm_seek(case, not self.dispatch_service(case, kind, False))

    def lose_order(self, order, action, code="EXPIRED"):
        case, kind, was_lead = order.case, order.kind, order.is_lead
        case.add_person(order.worker.id, "declined")
        self.recall(case, order, "EXPIRED", code)
        self.say(case, action, order=order, subject=order.worker.id)
        if kind in SERVICE:
            self.service_again(case, kind)
        else:
            self.after_loss(case, order.worker.id, was_lead)

    # ---- after the handling ----

    def handled(self, case):
        check, before = self.city.classes[case.class_code].check, case.state
        self.recall_all(case, False)
        case.state, case.handled_at, case.is_safe = "HANDLED", self.now, True
        self.arm_seek(case, False)
        if not case.has_open_child() and (check == "none" or (check == "device" and case.is_cleared)):
            self.close(case, "CLOSED", "CLOSE")
        elif check == "device" and case.rule and case.rule.close_event and case.rule.close_within_ms > 0:
            case.holder = ("post", self.city.supervision)
            self.bind(case, "CLEARED")
            self.arm_step(case)
            self.say(case, "AWAIT_CLEAR", before=before)
        else:
            self.seek_checker(case)

    def self_handled(self, case):
        if is_sampled(case.no, SELF_CHECK_EVERY):
            self.handled(case)
            return
        case.handled_at = self.now
        self.close(case, "CLOSED", "CLOSE")

    def has_other_checker(self, case):
        return any("inspector" in person.rights and person.capacity > 0 and
                   not {"handled", "commanded", "checked"} & set(case.flags(name))
                   for name, person in self.city.persons.items())

    def passed(self, case, action, person, order=None, **note):
        is_candidate = action == "CHECK_PASS" and not case.is_recheck and is_sampled(case.no, RECHECK_EVERY)
        if not is_candidate or not case.add_person(person, "checked") or not self.has_other_checker(case):
            self.close(case, "CLOSED", action, order=order, **note)
            return
        case.is_recheck = True
        self.recall_all(case, False)
        self.say(case, action, order=order, **note)
        case.state, case.holder = "CHECKING", ("post", self.city.supervision)
        self.bind(case, "CHECK")
        self.say(case, "RECHECK")
        self.arm_seek(case, not self.dispatch_service(case, "CHECK_RESULT", False))
        self.arm_step(case)

    def seek_checker(self, case):
        if case.is_aside:
            return
        before, case.state = case.state, "CHECKING"
        case.holder = ("post", self.city.supervision)
        self.bind(case, "CHECK")
        self.say(case, "START_CHECK", before=before)
        self.arm_seek(case, not self.dispatch_service(case, "CHECK_RESULT", False))
        self.arm_step(case)

    def close(self, case, state, action, **note):
        if case.is_aside:
            return
        before = case.state
        self.drop_dispute(case)
        self.recall_all(case, False)
        case.state, case.closed_at, case.holder = state, self.now, None
        self.count_end(case, action, note.get("reason"))
        case.is_recheck, case.extend_stage = False, 0
        self.end_supervision(case)
        self.pause_handle(case)
        for name in ("step", "seek"):
            self.timers.cancel((name, case.no))
        self.bind(case, "RETIRE")
        if case.close_key is not None and case in self.closes.get(case.close_key, []):
            self.closes[case.close_key].remove(case)
        self.note_object(case)
        self.say(case, action, before=before, **note)

    def count_end(self, case, action, reason):
        """For or against the source of the case: its first end, by rule and gateway."""
        is_false = case.state == "VOID" and (action == "VERIFY_NO" or reason in ("FALSE_ALARM", "NOT_FOUND"))
        if case.is_weighed or (case.state != "CLOSED" and not is_false):
            return
        case.is_weighed = True
        if case.rule is None or case.gateway is None:
            return
        ends = self.sources.setdefault((case.rule.id, case.gateway), [0, 0])
        ends[is_false] += 1
        if sum(ends) >= 1000:
            ends[:] = [ends[0] // 2, ends[1] // 2]

    def is_doubtful(self, rule, gateway):
        """Too many false alarms of this gateway under this rule to file on its word."""
        confirmed, false_alarms = self.sources.get((rule.id, gateway), (0, 0))
        ends = confirmed + false_alarms
        below, samples = self.rules.verify_below, self.rules.verify_samples
        return below > 0 and ends > 0 and ends >= samples and confirmed * 100 < ends * below

    def cleared(self, case, gateway):
        case.is_cleared = True
        is_early = case.state in ("REPORTED", "VERIFYING", "FILED", "DISPATCHING", "ASSIGNED")
        self.say(case, "CLEAR", gateway=gateway, code="SELF_CLEARED" if is_early else "NOTHING")
        if case.is_aside or case.state in ("SUSPENDED", "ON_SITE", "CHECKING"):
            return
        by_device = self.city.classes[case.class_code].check == "device"
        if (case.state == "HANDLED" or by_device) and not case.has_open_child():
            self.close(case, "CLOSED", "CLOSE")
            return
        self.recall_all(case, False)
        case.handled_at, case.filed_at = self.now, case.filed_at or self.now
        self.seek_checker(case)

    def reopen(self, case, **note):
        before, case.was_reopened = case.state, True
        self.ask_where(case, case.closed_at)
        case.is_cleared = case.handle_runs = case.handle_missed = case.is_missed = case.auto_supervised = False
        case.handle_base, case.extensions, case.extend_stage = 0, 0, 0
        case.handled_at = case.closed_at = case.handle_used = 0
        case.handle_limit = None
        case.steps_fired = set()
        case.is_safe = case.safe_missed = case.was_reached = False
        case.assigned_at = None
        case.forget_declined()
        if case.close_key is not None and case not in self.closes.setdefault(case.close_key, []):
            self.closes[case.close_key].append(case)
        case.state, case.holder = "FILED", ("post", self.city.command)
        self.say(case, "REOPEN", before=before, **note)
        self.file(case)

    def worsen(self, case, rule, mask):
        if case.rule is not rule:
            case.rule, case.steps_fired = rule, set()
        case.mask = mask
        self.say(case, "SEVERITY")
        if case.state in ("DISPATCHING", "ASSIGNED", "ON_SITE"):
            case.nobody_told = False
            self.fill(case)
        self.arm_step(case)

    # ---- time taken, supervision ----

    def resume(self, case, **note):
        was_at_desk, case.was_at_desk = case.was_at_desk, False
        self.say(case, "RESUME", **note)
        if not case.filed_at:
            self.verify(case)
        elif was_at_desk:
            self.to_desk(case, case.holder[1], "NOTHING", False)
        else:
            case.offers = 0
            case.forget_declined()
            self.dispatch_start(case)

    def supervise_due(self, case, due):
        is_first, case.supervise_missed = not case.supervise_missed, True
        self.timers.arm(("supervise", case.no), self.now + max(case.supervise_limit_ms, HOUR_MS))
        self.say(case, "MISS" if is_first else "ESCALATE", clock="SUPERVISE", deadline=due, post=self.city.command)
        self.notice(case, self.city.command, None, "EXPIRED")

    def post_order_due(self, order):
        """Said once; the order stays open."""
        department = self.city.departments.get(self.city.posts[order.post].department)
        above = department.lead_post if department is not None and department.lead_post else self.city.command
        missed, order.deadline = order.deadline, None
        self.say(order.case, "MISS", order=order, post=above, clock="INFORM", deadline=missed)
        self.notice(order.case, above, None, "EXPIRED")

    # ---- timers ----

    def retire(self, case, due):
        if case.appeal == "OPEN":
            self.timers.arm(("clock", case.no), self.now + max(case.clock_limit_ms, DAY_MS))
            self.say(case, "MISS", clock="APPEAL", deadline=due, post=self.city.supervision)
            self.notice(case, self.city.supervision, None, "EXPIRED")
            return
        self.say(case, "RETIRE")
        self.drop_contacts(case, "GONE")
        self.forget_case(case)

    def seek(self, case):
        if case.state in ("DISPATCHING", "ASSIGNED", "ON_SITE"):
            self.fill(case)
        for state, kind in (("CHECKING", "CHECK_RESULT"), ("VERIFYING", "VERIFY_REPORT")):
            if case.state == state and not case.active((kind,)):
                self.arm_seek(case, not self.dispatch_service(case, kind, True))
                return

    def arm_accepted(self, order):
        due = order.deadline
        if order.state == "ACCEPTED" and self.rules.worker_lost_ms > 0:
            lost = max(order.worker.seen_at, order.accepted_at) + self.rules.worker_lost_ms
            due = lost if due is None else min(due, lost)
        self.timers.arm(("order", order.number), due)

    def order_due(self, order):
        if order.state == "OFFERED":
            self.lose_order(order, "EXPIRE")
            return
        lost = max(order.worker.seen_at, order.accepted_at) + self.rules.worker_lost_ms
        if order.state == "ACCEPTED" and 0 < self.rules.worker_lost_ms and self.now >= lost:
            self.lose_order(order, "LOST")
            return
        if order.state == "ACCEPTED" and order.deadline is not None and self.now >= order.deadline:
            missed, order.deadline = order.deadline, None
            self.miss_lag_ms = max(self.miss_lag_ms, self.now - missed)
            self.say(order.case, "MISS", order=order, subject=order.worker.id, clock="ARRIVE", deadline=missed)
        self.arm_accepted(order)

    def fire_timer(self, key, due):
        kind, number = key
        self.timers.cancel(key)
        if kind == "group":
            self.group_due(number)
            return
        if kind == "order":
            order = self.orders[number]
            if order.worker is None:
                self.post_order_due(order)
            else:
                self.order_due(order)
            return
        if kind == "wait":
            self.wait_due(number, due)
            return
        case = self.cases[number]
        if kind == "dispute":
            self.dispute_due(case, due)
            return
        if kind == "step":
            self.fire_steps(case)
        elif kind == "seek":
            self.seek(case)
        elif kind == "supervise":
            self.supervise_due(case, due)
        elif case.clock == "RETIRE":
            self.retire(case, due)
        elif case.clock in ("SUSPENDED", "CONTROL"):
            self.resume(case, clock=case.clock, deadline=due)
        elif case.clock == "CONFIRM":
            self.bind(case, "VERIFY")
            self.say(case, "CONFIRM_LAPSE")
        elif case.clock == "CLEARED":
            self.seek_checker(case)
        else:
            self.miss(case, due)

    def fire_due(self, is_tick):
        self.operations = 0 if self.now > self.fired_at or is_tick else self.spent
        self.fired_at = self.now
        try:
            while self.operations < OPERATIONS:
                self.take_rounds()
                key = self.timers.first_due(self.now)
                if key is None:
                    return
                if (self.checked["passed_over"] or self.rules.moves_orders) and self.ticks_follow and self.is_told_out():
                    self.operations = OPERATIONS  # what plans do counts too, but only the log says when that was enough
                    return
                self.operations += 1
                self.fire_timer(*key)
            self.take_rounds()
        finally:
            self.spent = self.operations


OPERATIONS = 2048  # timers fired and workers looked at for them at one instant; the rest goes on with the next TICK
