"""choice.py: who may take an order and who is best, and whether a decision of the log agrees.

Where two distances lie within the tolerance of this audit, either may be the nearer; everything else is exact.
"""
from geometry import distance_cm, is_near
from world import HANDLING, SERVICE, WORKER_ITEMS, World, name_of

MATCHED = ("ELIGIBLE", "FARTHER", "BUSIER", "OTHER_OWNER", "OTHER_VISIT")
FILTERS = ("OFF_SHIFT", "WRONG_ROLE", "WRONG_SKILL", "NOT_IN_AREA", "STALE_FIX", "NO_FIX", "OUT_OF_RADIUS",
           "AT_CAPACITY", "DECLINED", "ALREADY_ON_CASE", "CONFLICTED", "RESTING", "SUSPENDED_WORKER", "CHECKED_BEFORE")


NO_WAY_MS = (2 ** 32 - 1) // 2  # longer than any way


class Candidate:
    def __init__(self, worker):
        self.worker = worker
        self.code, self.distance, self.is_home = "ELIGIBLE", None, False
        self.is_at_cell = False  # placed at the cell's own point, which only the engine knows
        self.is_maybe = False    # the radius lies within the tolerance


class Choice(World):
    def is_on_shift(self, worker):
        if worker.status == "OFF":
            return False
        shift = worker.person.shift
        if shift is None:
            return True
        known = self.shift_cache.get(id(shift))
        if known is None or known[0] != self.now:
            known = self.shift_cache[id(shift)] = (self.now, shift.contains(self.now))
        return known[1]

    def filter_case(self, case, worker, kind, limit):
        flags = case.flags(worker.id)
        if kind == "CHECK_RESULT" and ("handled" in flags or "commanded" in flags):
            return "CONFLICTED"
        if kind == "CHECK_RESULT" and case.is_recheck and "checked" in flags:
            return "CHECKED_BEFORE"
        if case.has_worker(worker.id) or (kind in HANDLING and case.has_finished(worker.id)):
            return "ALREADY_ON_CASE"
        if worker.load >= limit or worker.item_count() >= WORKER_ITEMS:
            return "AT_CAPACITY"
        return "ELIGIBLE"

    def filter_duty(self, assign, worker):
        person = worker.person
        if not person.rights & assign.rights or (assign.roles and not person.roles & assign.roles):
            return "WRONG_ROLE"
        if not assign.skills <= person.skills:
            return "WRONG_SKILL"
        if not assign.any_shift and not self.is_on_shift(worker):
            return "OFF_SHIFT"
        return "RESTING" if worker.status == "PAUSED" else "ELIGIBLE"

    def is_wanted(self, assign, worker):
        """Do rights, role, skills and shift allow it? Only these are looked at while somebody may still be found."""
        person = worker.person
        return bool(person.rights & assign.rights) and (not assign.roles or bool(person.roles & assign.roles)) and \
            assign.skills <= person.skills and \
            (assign.any_shift or person.shift is None or person.shift.contains(self.now))

    def has_fresh_fix(self, worker):
        return worker.fix is not None and self.now - worker.fix_at <= self.rules.stale_fix_ms

    def look_at(self, case, assign, kind, ring, worker):
        """One worker in one ring: the code of the first filter that stops him, and where he counts as being."""
        one = Candidate(worker)
        place, position = worker.fix, "ELIGIBLE"
        if not self.has_fresh_fix(worker):
            one.is_home = True
            if worker.fix is None and worker.person.base is not None:
                place = worker.person.base
            elif ring == "grid":
                place = worker.person.base
                one.is_at_cell = place is None
            else:
                position = "NO_FIX" if worker.fix is None else "STALE_FIX"
                one.is_at_cell = place is None
        one.place = place
        one.code = self.filter_duty(assign, worker)
        if one.code == "ELIGIBLE" and "declined" in case.flags(worker.id):
            one.code = "DECLINED"
        if one.code == "ELIGIBLE":
            capacity = worker.person.capacity
            one.code = self.filter_case(case, worker, kind, min(capacity, assign.max_load or capacity))
        if one.code == "ELIGIBLE":
            one.code = position
        if one.code == "ELIGIBLE":
            self.measure(case, one)
            one.code = self.filter_area(case, ring, one)
        return one

    @staticmethod
    def measure(case, one):
        if one.distance is None and one.place is not None and case.place is not None:
            one.distance = distance_cm(one.place, case.place)
        return one.distance

    def filter_area(self, case, ring, one):
        if isinstance(ring, int):
            if one.distance is None:
                return "OUT_OF_RADIUS"
            one.is_maybe = is_near(one.distance, ring)
            return "ELIGIBLE" if one.distance <= ring else "OUT_OF_RADIUS"
        if ring in ("street", "district"):
            level = 1 if ring == "street" else self.city.district_level
            unit = self.city.unit_of(case.cell, level) if case.cell else None
            home = one.worker.person.home_cell
            if unit is None or home is None or self.city.unit_of(home, level) != unit:
                return "NOT_IN_AREA"
        return "ELIGIBLE"

    def pool(self, case, ring):
        if ring == "grid":
            return [self.workers[person] for person in self.city.cell_persons.get(case.cell, [])
                    if self.workers[person].person.capacity > 0]
        return [worker for worker in self.takers
                if worker.fix is not None or worker.person.base is not None or worker.person.home_cell is not None]

    # ---- ranking ----

    def goes_by_road(self, case, assign):
        return assign.pick == "eta" and self.city.roads is not None and case.place is not None

    def road_ms(self, case, one):
        person = one.worker.person
        return self.city.roads.travel_ms(one.place, case.place, person.mode_name, person.mode)

    def travel_ms(self, case, assign, one):
        """What `pick: eta` ranks by: by road where there is a way, else straight, after everybody who has one."""
        if one.distance is None:
            return None
        straight = one.worker.person.mode.travel_ms(one.distance)
        if not self.goes_by_road(case, assign):
            return straight
        if one.place is None:
            return None  # at a point in his cell: nobody told which crossing is next to it
        by_road = self.road_ms(case, one)
        return NO_WAY_MS + straight if by_road is None else by_road

    def shares_team(self, case, worker):
        team = worker.person.team
        return bool(team) and any("handled" in flags and self.workers[person].person.team == team
                                  for person, flags in case.people.items())

    def call_of(self, case, worker):
        """Whose turn it is before any distance: who goes to the object anyway, then the owner by ruling."""
        visitors = self.visitors(case)
        if worker.id in visitors:
            return 0
        ruled = self.ruled_department(case)
        owner = 0 if ruled is None or worker.person.department == ruled else 1 if worker.person.department is None else 2
        return owner + (3 if visitors else 0)

    def is_definitely_better(self, case, assign, kind, a, b):
        """Does a go before b whatever the rounding?"""
        if kind == "CHECK_RESULT":
            teams = self.shares_team(case, a.worker), self.shares_team(case, b.worker)
            if teams[0] != teams[1]:
                return teams[0] < teams[1]

        if kind in HANDLING:
            calls = self.call_of(case, a.worker), self.call_of(case, b.worker)
            if calls[0] != calls[1]:
                return calls[0] < calls[1]

        def travel(one):
            return self.travel_ms(case, assign, one)
        far, load = (a.distance, b.distance), (a.worker.load, b.worker.load)
        order = {"nearest": [("real", far), ("whole", load)], "least_loaded": [("whole", load), ("real", far)],
                 "eta": [("real", (travel(a), travel(b))), ("real", far), ("whole", load)]}[assign.pick]
        for kind_of_value, (x, y) in order:
            if x == y and (x is not None or not (a.is_at_cell or b.is_at_cell)):
                continue
            if x is None or y is None:
                if a.is_at_cell or b.is_at_cell:
                    return False  # nobody told where the cell's point is
                return y is None
            if kind_of_value == "real" and is_near(x, y):
                return False
            return x < y
        return self.city.order[a.worker.id] < self.city.order[b.worker.id]

    def eligible(self, case, assign, kind, rings):
        """Who could take it in the first ring that has somebody: (ring index, candidates); (None, [])."""
        for index, ring in enumerate(rings):
            found = [one for one in (self.look_at(case, assign, kind, ring, worker) for worker in self.pool(case, ring))
                     if one.code == "ELIGIBLE"]
            if any(not one.is_maybe for one in found):
                return index, found
        return None, []

    # ---- judging ----

    def judge_decision(self, case, assign_key, assign, kind, effect):
        """Compares one DECISION; returns the id of the worker the engine chose, or None."""
        self.checked["choices"] += 1
        self.operations += effect["considered"]
        self.same(case, "decision assign", effect["assign"], self.rules.assign_row.get(assign_key))
        self.same(case, "decision kind", effect["order_kind"], kind)
        self.same(case, "decision ruled", effect["ruled"], self.ruled_department(case) if kind in HANDLING else None)
        lines = effect["candidates"]
        chosen = name_of(lines[0]["person"], "id") if lines and lines[0]["code"] == "ELIGIBLE" else None
        ring = lines[0]["ring"] if chosen else len(assign.rings)
        own_ring, found = self.eligible(case, assign, kind, assign.rings[:ring])
        if own_ring is not None:
            who = ", ".join(one.worker.id for one in found[:5])
            self.differ(case, f"ring {assign.rings[own_ring]} has {who}, who could take the {kind} order; the log chose "
                              f"{show_choice(chosen, ring)}")
        self.judge_lines(case, assign, kind, lines, chosen)
        if chosen is None:
            self.judge_nobody(case, assign, kind, effect)
            return chosen
        self.judge_counts(case, assign, effect)
        if ring < len(assign.rings):
            self.judge_chosen(case, assign, kind, assign.rings[ring], lines, chosen)
        else:
            self.differ(case, f"decision names ring {ring}; the rule has {len(assign.rings)}")
        return chosen

    def judge_chosen(self, case, assign, kind, ring, lines, chosen):
        found = [self.look_at(case, assign, kind, ring, worker) for worker in self.pool(case, ring)]
        told = {name_of(line["person"], "id"): line for line in lines}
        at_cell = next((line["distance_cm"] for one in found if one.is_at_cell
                        for line in [told.get(one.worker.id)] if line is not None), None)
        for one in found:
            if one.is_at_cell:
                one.distance = at_cell if at_cell is not None and at_cell >= 0 else None
        best = next((one for one in found if one.worker.id == chosen), None)
        if best is None or (best.code != "ELIGIBLE" and not best.is_maybe):
            why = "is not in that ring" if best is None else best.code
            self.differ(case, f"chose {chosen} for the {kind} order, who may not take it: {why}")
            return
        for one in found:
            if one is not best and one.code == "ELIGIBLE" and not one.is_maybe and \
                    self.is_definitely_better(case, assign, kind, one, best):
                self.differ(case, f"chose {chosen} ({show_cm(best.distance)}, load {best.worker.load}) by {assign.pick}; "
                                  f"{one.worker.id} ({show_cm(one.distance)}, load {one.worker.load}) goes first")
                return

    def judge_lines(self, case, assign, kind, lines, chosen):
        chosen_load = lines[0]["load"] if chosen else 0
        for line in lines:
            person = name_of(line["person"], "id")
            if person not in self.workers or line["ring"] >= len(assign.rings):
                self.differ(case, f"candidate {person} in ring {line['ring']} is unknown")
                continue
            worker, ring = self.workers[person], assign.rings[line["ring"]]
            one = self.look_at(case, assign, kind, ring, worker)
            own = one.code
            if own == "ELIGIBLE" and person != chosen:
                busier = assign.pick == "least_loaded" and worker.load > chosen_load
                own = "BUSIER" if busier else "FARTHER"
                calls = (self.call_of(case, self.workers[chosen]), self.call_of(case, worker)) \
                    if kind in HANDLING and chosen else (0, 0)
                if calls[0] < calls[1]:
                    own = "OTHER_VISIT" if calls[0] == 0 and self.visitors(case) else "OTHER_OWNER"
            if line["code"] != own and not (one.is_maybe and line["code"] in (*MATCHED, "OUT_OF_RADIUS")):
                self.differ(case, f"candidate {person}: the log says {line['code']}, recomputed {own}")
            self.same(case, f"candidate {person} load", line["load"], worker.load)
            self.same(case, f"candidate {person} capacity", line["capacity"], worker.person.capacity)
            self.same(case, f"candidate {person} is_home_position", line["is_home_position"], one.is_home)
            self.same(case, f"candidate {person} is_home_cell", line["is_home_cell"], ring == "grid")
            if not one.is_at_cell:
                self.judge_distance(case, assign, line, one, lines[0]["travel_ms"] if chosen else None)

    def judge_distance(self, case, assign, line, one, best_ms):
        person, worker, own_cm = one.worker.id, one.worker, self.measure(case, one)
        self.checked["distances"] += 1
        if own_cm is None:
            self.same(case, f"candidate {person} distance_cm", line["distance_cm"], -1)
            return
        travel = worker.person.mode.travel_ms(own_cm)
        if not is_near(line["distance_cm"], own_cm):
            self.same(case, f"candidate {person} distance_cm", line["distance_cm"], round(own_cm))
        elif self.goes_by_road(case, assign) and best_ms is not None:
            self.judge_road(case, line, one, best_ms)
        elif abs(line["travel_ms"] - travel) > 0.002 * travel + 50:
            self.same(case, f"candidate {person} travel_ms", line["travel_ms"], round(travel))

    def judge_road(self, case, line, one, best_ms):
        """By road as long as the chosen at most: the time; longer: said so."""
        own, told = self.road_ms(case, one), line.get("travel", "STRAIGHT")
        self.checked["roads"] += 1
        slack = 0.002 * (own or 0) + 60
        if own is None:
            self.same(case, f"candidate {one.worker.id} travel", told, "NO_WAY")
        elif told == "LONGER":
            if own < best_ms - slack:
                self.differ(case, f"candidate {one.worker.id}: {round(own)} ms by road are not longer than {best_ms}")
        elif told != "ROAD" or abs(line["travel_ms"] - own) > slack:
            self.differ(case, f"candidate {one.worker.id}: the log says {told} {line['travel_ms']} ms, recomputed {round(own)}")

    def judge_counts(self, case, assign, effect):
        """Who is listed beside the chosen may be wanted at all, and the counts are those of the list."""
        counts = {}
        for line in effect["candidates"]:
            counts[line["code"]] = counts.get(line["code"], 0) + 1
            worker = self.workers.get(name_of(line["person"], "id"))
            if worker is not None and not self.is_wanted(assign, worker):
                self.differ(case, f"candidate {worker.id} is listed, whom role, skills or shift rule out")
        told = {code: count for code, count in effect["removed"].items() if code in FILTERS}
        own = {code: count for code, count in counts.items() if code in FILTERS}
        self.same(case, "decision counts", told, own)

    def judge_nobody(self, case, assign, kind, effect):
        """The last ring's numbers: of a radius only those inside must have been looked at."""
        self.checked["nobody"] += 1
        removed = effect["removed"]
        self.same(case, "nobody: considered", effect["considered"], sum(removed.values()))
        most = max(removed.values(), default=0)
        binding = next((code for code in FILTERS if removed.get(code) == most), "NOTHING") if most else "NOTHING"
        self.same(case, "nobody: binding filter", effect["binding"], binding)
        ring = assign.rings[-1]
        least, all_of = {}, {}
        for worker in self.pool(case, ring):
            one = self.look_at(case, assign, kind, ring, worker)
            all_of[one.code] = all_of.get(one.code, 0) + 1
            if not isinstance(ring, int) or case.place is None or \
                    (one.place is not None and self.measure(case, one) <= ring * 0.998 - 2):
                least[one.code] = least.get(one.code, 0) + 1
        for code in {*removed, *least}:
            told, low, high = removed.get(code, 0), least.get(code, 0), all_of.get(code, 0)
            if not low <= told <= high and not (isinstance(ring, int) and code == "OUT_OF_RADIUS"):
                self.differ(case, f"nobody: {told} removed as {code}, recomputed {low}"
                                  + (f" to {high}" if high != low else ""))

    def judge_silence(self, case, assign, kind):
        """The engine looked again and said nothing: then nobody could take it, but whom an order set aside freed beside it, maybe later."""
        self.checked["nobody"] += 1
        self.operations += (sum(1 for one in self.pool(case, "city") if self.is_wanted(assign, one)) + 15) // 16
        for ring in assign.rings:
            index, found = self.eligible(case, assign, kind, [ring])
            sure = [one.worker.id for one in found if one.worker not in self.freed_unseen]
            if index is not None and sure:
                self.differ(case, f"nobody was asked for the {kind} order, though ring {ring} has {', '.join(sure[:5])}")
                return

    def assign_of(self, case, index, kind):
        if kind in SERVICE:
            name = SERVICE[kind]
            return (name, index), getattr(self.rules, name)[index]
        return (case.rule.id, index), case.rule.assigns[index]


def show_choice(chosen, ring):
    return "nobody" if chosen is None else f"{chosen} in a later ring (number {ring})"


def show_cm(value):
    return "no distance" if value is None else f"{value / 100:.1f} m"
