"""rounds.py: orders matched anew, severity 1 first, several asked at once.

Which worker a round gives an order to is the cheapest way for all orders together, which this audit does not solve again. It
believes the pairs and checks what must hold of each: the order might move, was not moved too often and not against a person's
word, nor beyond its area_guard; the worker passes every filter, ranks and loads are what the record says; and when a round has given what it gives, nobody
who could take a waiting order is left free.
"""
from geometry import distance_cm
from offices import Offices
from world import CASE_OFFERED, CASE_OFFERS, CASE_PERSONS, Desync, HANDLING, name_of

ROUND_WHYS = ("WAITED", "MOVED")
ROUND_MS = 60000  # a round takes no longer from its first look to the last order it gives


class Rounds(Offices):
    # ---- rounds ----

    def round_comes(self):
        """Is what the log tells next the beginning of what a round moves or gives?"""
        if not self.rules.moves_orders:
            return False
        effect = self.peek()
        if effect is None:
            return False
        if effect["effect"] == "ITEM":
            return effect["item"] == "RECALL" and effect["code"] == "REROUTED"
        return effect["effect"] == "DECISION" and effect.get("why") in ROUND_WHYS

    def take_rounds(self):
        """All is taken away at one instant; what is given may go on with the next TICKs."""
        if self.round_at is not None and self.now > self.round_at and not self.round_comes():
            for order in self.moved.values():
                self.differ(order.case, f"order {order.number} was taken from {order.worker.id} and given to nobody")
            self.judge_waiting()
            self.round_at, self.moved = None, {}
        while self.round_comes():
            self.round_at = self.now
            effect = self.peek()
            if effect["effect"] == "ITEM":
                order = self.take_away(effect)
                self.moved[order.case.no] = order
            else:
                self.at += 1
                self.take_given(effect, self.moved)

    def withdraw(self, order, action, code, other=None):
        """The engine takes an order from its worker; the story says why."""
        case, before = order.case, order.case.state
        was_holder = case.holder == ("person", order.worker.id)
        self.recall(case, order, "RECALLED", code)
        if was_holder and not self.promote_assist(case):
            self.to_command(case)
        self.say(case, action, order=order, subject=order.worker.id, code=code, other=other, before=before)

    def take_away(self, effect):
        order = self.orders[effect["order"]]
        case, assign = order.case, order.case.rule.assigns[order.index]
        self.checked["moves"] += 1
        may = assign.reroute == "true" and order.is_lead or order.state == "OFFERED" and assign.reroute != "false"
        if not order.is_active or order.state == "ARRIVED" or not may:
            self.differ(case, f"order {order.number} ({order.state}) was moved; its rule says reroute: {assign.reroute}")
        if order.moves >= self.rules.switch_limit or order.is_parallel:
            self.differ(case, f"order {order.number} was moved though it had been {order.moves} times"
                              + (", by hand" if order.moves > 10 else ""))
        if order.state == "ACCEPTED" and any(other is not order and (other.is_active or other.state == "DONE" and
                                                                    other.round == case.round) for other in case.orders):
            self.differ(case, f"order {order.number} was moved though others have a part in the case")
        self.withdraw(order, "REROUTE", "REROUTED")
        return order

    def take_given(self, effect, moved):
        case = self.cases[effect["case"]]
        before = moved.pop(case.no, None) if effect["why"] == "MOVED" else None
        if effect["why"] == "MOVED" and (before is None or before.worker.id != name_of(effect["from"], "id")):
            self.differ(case, f"moved from {name_of(effect['from'], 'id')}, who had no order of it")
        index = next((i for i in sorted(case.mask) if self.rules.assign_row[case.rule.id, i] == effect["assign"]), None)
        if index is None:
            raise Desync(case, f"a round gave an order of assign {effect['assign']}")
        assign = case.rule.assigns[index]
        kind = "ASSIST" if case.lead() else "HANDLE"
        line, person = effect["candidates"][0], name_of(effect["candidates"][0]["person"], "id")
        self.checked["moves"] += before is None
        if before is not None and assign.guard and effect["from_ms"] >= 0 and \
                not 0 <= line["travel_ms"] <= effect["from_ms"] * assign.guard // 100:
            self.differ(case, f"moved from {effect['from_ms']} ms of way to {line['travel_ms']}, beyond {assign.guard} %")
        self.same(case, "decision kind", effect["order_kind"], kind)
        if before is None and (self.timers.due(("seek", case.no)) is None or self.missing(case, index) == 0):
            self.differ(case, f"a round gave an order to {person} that nobody waited for")
        if assign.reroute == "false":
            self.differ(case, "a round gave an order of a rule without reroute")
        one = self.look_at(case, assign, kind, assign.rings[line["ring"]], self.workers[person])
        if one.code != "ELIGIBLE" and not one.is_maybe:
            self.differ(case, f"a round gave the {kind} order to {person}, who may not take it: {one.code}")
        if before is not None and before.accepted_at:
            self.judge_promise(case, assign, before, effect["from_ms"])
        for other in effect["candidates"]:
            if other["code"] not in ("ELIGIBLE", "NEEDED_ELSEWHERE", "FARTHER"):
                self.differ(case, f"candidate {name_of(other['person'], 'id')} of a round: {other['code']}")
            worker = self.workers[name_of(other["person"], "id")]
            self.same(case, f"candidate {worker.id} load", other["load"], worker.load)
            self.same(case, f"candidate {worker.id} capacity", other["capacity"], worker.person.capacity)
        if not self.offer(case, person, index, kind, effect):
            raise Desync(case, "an offer to more persons than a case remembers")
        case.orders[0].moves = 0 if before is None else before.moves + 1
        lacks = any(self.missing(case, i) for i in case.mask)
        self.arm_seek(case, lacks)
        case.nobody_told = case.nobody_told or lacks
        self.arm_step(case)

    def judge_promise(self, case, assign, order, told_ms):
        """Who was on his way is held to the way that he was asked for, unless his fix belies it or twice that time has passed."""
        gone_ms, fix = self.now - order.accepted_at, order.worker.fix
        if order.way_ms is None or not self.goes_by_road(case, assign) or fix is None or gone_ms > 2 * order.way_ms:
            return
        self.checked["promises"] += 1
        left_ms = max(order.way_ms - gone_ms, order.worker.person.mode.travel_ms(distance_cm(fix, case.place)))
        if told_ms is None or told_ms > left_ms + ROUND_MS:
            self.differ(case, f"{order.worker.id} had {round(left_ms)} ms to go at most, the log says {told_ms}")

    def missing(self, case, index):
        _, assign = self.assign_of(case, index, "HANDLE")
        have = sum(1 for order in case.orders if order.index == index and
                   (order.is_active or (order.state == "DONE" and order.round == case.round)))
        return max(0, assign.count + (case.help_wanted if index == 0 else 0) - have)

    def judge_waiting(self):
        """After a round that gave something: nobody is free, as he was then, who could take what still waits."""
        for case in self.cases.values():
            if case.is_aside or case.is_terminal or case.rule is None or self.timers.due(("seek", case.no)) is None or \
                    case.state not in ("DISPATCHING", "ASSIGNED", "ON_SITE") or case.dispute is not None or \
                    case.offers >= CASE_OFFERS or len(case.people) >= CASE_OFFERED or case.active(HANDLING):
                continue
            for index in case.mask:
                assign = case.rule.assigns[index]
                if assign.reroute == "false" or not self.missing(case, index):
                    continue
                self.checked["nobody"] += 1
                ring, found = self.eligible(case, assign, "HANDLE", assign.rings)
                found = [one for one in found if max(one.worker.freed_at, one.worker.seen_at) < self.round_at]
                if ring is not None and found:
                    self.differ(case, f"waits after a round, though {found[0].worker.id} could take it")

    # ---- severity 1 ----

    def take_preempt(self, case, row, assign, kind):
        """Takes a worker from a lesser case where the log says so; the decision on the offer, or None."""
        effect = self.peek()
        taken = self.orders.get(effect["taken"]) if effect is not None and effect.get("why") == "PREEMPTS" else None
        if taken is not None and taken.case.is_aside and (effect["case"], effect["assign"]) == (case.no, row):
            self.at += 1  # from a case that is believed: it told so before
            self.operations += effect["considered"]
            return effect, taken.case
        is_taken = effect is not None and effect["effect"] == "ITEM" and effect["item"] == "RECALL" and \
            effect["code"] == "PREEMPTED"
        told = next((one for one in self.effects[self.at:] if one["effect"] == "DECISION"), None)
        is_ours = is_taken and told is not None and (told["case"], told["assign"]) == (case.no, row)
        if not is_ours or not assign.preempts or case.severity != 1:
            return None
        ring, found = self.eligible(case, assign, kind, assign.rings)
        if ring is not None:
            self.differ(case, f"somebody was taken from a lesser case, though {found[0].worker.id} is free")
        order = self.orders[effect["order"]]
        lesser = order.case
        own = self.lesser_order(order.worker)
        if own is not order:
            self.differ(case, f"order {order.number} (severity {lesser.severity}, {order.state}) was taken, not "
                              f"{own.number if own else 'none'}")
        self.checked["moves"] += 1
        self.withdraw(order, "PREEMPT", "PREEMPTED", case.no)
        if not lesser.is_aside:
            self.timers.arm(("seek", lesser.no), self.now)
            self.arm_step(lesser)
        decision = self.next_decision(case)
        if decision is None or decision.get("why") != "PREEMPTS" or decision["taken"] != order.number:
            raise Desync(case, f"expected a decision that takes order {order.number}, the log has {self.describe(self.peek())}")
        self.at += 1
        person = name_of(decision["candidates"][0]["person"], "id")
        line = decision["candidates"][0]
        one = self.look_at(case, assign, kind, assign.rings[line["ring"]], self.workers[person])
        if person != order.worker.id or (one.code != "ELIGIBLE" and not one.is_maybe):
            self.differ(case, f"{person} was taken, who may not take it: {one.code}")
        self.operations += decision["considered"]
        return decision, lesser

    @staticmethod
    def lesser_order_key(order):
        return order.case.severity, order.number

    def lesser_order(self, worker):
        orders = [self.orders[number] for number in worker.orders]
        if any(order.state == "ARRIVED" for order in orders):
            return None
        lesser = [order for order in orders if order.kind in HANDLING and order.case.severity > 1]
        return max(lesser, key=self.lesser_order_key) if lesser else None

    # ---- several at once ----

    def accepted_of(self, case, index):
        return sum(1 for order in case.orders if order.index == index and order.round == case.round and
                   order.state in ("ACCEPTED", "ARRIVED", "DONE"))

    def wanted_of(self, case, index):
        return case.rule.assigns[index].count + (case.help_wanted if index == 0 else 0)

    def fill_parallel(self, case, index):
        """Others that are asked besides, as far as there are any."""
        _, assign = self.assign_of(case, index, "HANDLE")
        wanted, accepted = self.wanted_of(case, index), self.accepted_of(case, index)
        if assign.parallel < 2 or case.severity != 1 or accepted >= wanted:
            return
        have = sum(1 for order in case.orders if order.index == index and
                   (order.is_active or (order.state == "DONE" and order.round == case.round)))
        for _ in range(have, wanted + (assign.parallel - 1) * (wanted - accepted)):
            if len(case.people) >= CASE_OFFERED or case.offers >= CASE_OFFERS:
                break
            kind = "ASSIST" if case.lead() else "HANDLE"
            if not self.offer_one(case, index, kind):
                if len(case.people) < CASE_PERSONS:
                    self.judge_silence(case, assign, kind)
                break
        for order in case.orders:
            order.is_parallel = order.is_parallel or (order.index == index and order.state == "OFFERED")
        offered = [order for order in case.orders if order.state == "OFFERED" and order.is_parallel]
        if case.lead() is None and offered:
            next_lead = offered[-1]
            next_lead.kind, next_lead.is_lead = "HANDLE", True
            self.tell(next_lead.worker, "CHANGE", next_lead.number, "NOTHING", case)
            self.say(case, "NEXT_LEAD", order=next_lead, subject=next_lead.worker.id)

    def offer_preempting(self, case, index, kind):
        key, assign = self.assign_of(case, index, "HANDLE")
        preempted = self.take_preempt(case, self.rules.assign_row[key], assign, kind)
        if preempted is None:
            return False
        decision, lesser = preempted
        person = name_of(decision["candidates"][0]["person"], "id")
        if not self.offer(case, person, index, kind, decision):
            raise Desync(case, "an offer to more persons than a case remembers")
        self.say(case, "PREEMPT", subject=person, other=lesser.no)
        return True

    def offer_one(self, case, index, kind):
        """One more offer of that assign, where the log tells of it."""
        if self.offer_preempting(case, index, kind):
            return True
        key, assign = self.assign_of(case, index, "HANDLE")
        effect = self.next_decision(case)
        if effect is None or effect["assign"] != self.rules.assign_row[key] or effect["order"] == 0:
            return False
        self.at += 1
        chosen = self.judge_decision(case, key, assign, kind, effect)
        return chosen is not None and self.offer(case, chosen, index, kind, effect)

    def take_accepted(self, case, order):
        """Enough have accepted: the others are recalled."""
        if not order.is_parallel or self.accepted_of(case, order.index) < self.wanted_of(case, order.index):
            return
        for other in list(case.orders):
            if other.index == order.index and other.state == "OFFERED" and other.is_parallel:
                self.withdraw(other, "RECALL", "TAKEN")

    def was_taken(self, order):
        return order.is_parallel and order.round == order.case.round and self.accepted_of(order.case, order.index) > 0
