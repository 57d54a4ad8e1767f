"""doctor.py: spoils a dump in one place, as a wrong engine would, for the self-test.

Each treatment takes the entries of a sound dump and changes one thing. It returns what it changed in words, or None where the
dump has nothing to change.
"""
import copy


def effects(entries, kind, **wanted):
    for entry in entries:
        for effect in entry.get("effects", []):
            if effect["effect"] == kind and all(effect.get(key) == value for key, value in wanted.items()):
                yield entry, effect


def timeline(entries, action, **wanted):
    return effects(entries, "TIMELINE", action=action, **wanted)


def swap_chosen(entries):
    """A farther worker gets the order."""
    for entry, decision in effects(entries, "DECISION"):
        lines = decision["candidates"]
        other = next((line for line in lines[1:] if line["code"] == "FARTHER" and
                      line["distance_cm"] > 1.05 * lines[0]["distance_cm"] + 1000), None)
        if decision["order"] == 0 or other is None or lines[0]["ring"] != other["ring"]:
            continue
        lines.remove(other)
        lines[0]["code"], other["code"] = "FARTHER", "ELIGIBLE"
        lines.insert(0, other)
        for effect in entry["effects"]:
            if effect.get("order") == decision["order"] and effect.get("action") == "OFFER":
                effect["subject"], effect["distance_cm"] = other["person"], other["distance_cm"]
            if effect.get("order") == decision["order"] and effect["effect"] == "ITEM":
                effect["person"] = other["person"]
        return f"order {decision['order']} goes to {other['person']['id']}"
    return None


def offer_off_shift(entries):
    """Somebody whom a filter stops is called eligible."""
    for _, decision in effects(entries, "DECISION"):
        for line in decision["candidates"]:
            if line["code"] == "OFF_SHIFT":
                line["code"] = "FARTHER"
                return f"{line['person']['id']} was off shift"
    return None


def hide_distance(entries):
    """A distance is 1 % too long."""
    for _, decision in effects(entries, "DECISION"):
        line = decision["candidates"][0]
        if line["distance_cm"] > 10000 and not line["is_home_position"]:
            line["distance_cm"] += line["distance_cm"] // 100
            return f"{line['person']['id']} of {decision['case']}"
    return None


def wrong_binding(entries):
    """Nobody, for another reason."""
    for _, decision in effects(entries, "DECISION", order=0):
        decision["binding"] = "AT_CAPACITY" if decision["binding"] != "AT_CAPACITY" else "DECLINED"
        return decision["case"]
    return None


def silent_nobody(entries):
    """An offer that never happened: the engine says nobody where somebody could."""
    for _, decision in effects(entries, "DECISION", order_kind="HANDLE"):
        if decision["order"]:
            decision["order"], decision["candidates"], decision["binding"] = 0, [], "OFF_SHIFT"
            return decision["case"]
    return None


def move_time(entries):
    """One entry of ten minutes ago."""
    entry = entries[len(entries) // 2]
    entry["time_ms"] -= 600000
    for effect in entry.get("effects", []):
        effect["at_ms"] -= 600000
    return f"position {entry['position']}"


def drop_arrival(entries):
    """Nobody arrived, and the work is done."""
    for entry, effect in timeline(entries, "ARRIVE", order_kind="HANDLE"):
        entry["effects"].remove(effect)
        return f"order {effect['order']}"
    return None


def arrive_far_away(entries):
    """An arrival two kilometres from the case."""
    for entry, effect in timeline(entries, "ARRIVE", order_kind="HANDLE"):
        if entry["kind"] == "ACT" and entry["place"] is not None:
            effect["place"]["lat_e7"] += 200000
            entry["place"]["lat_e7"] += 200000
            return effect["case"]
    return None


def handler_checks(entries):
    """The handler's name under the check."""
    handlers = {}
    for _, effect in effects(entries, "TIMELINE"):
        if effect["action"] == "DONE" and effect["order"]:
            handlers[effect["case"]] = effect["actor"]
        if effect["action"] == "CHECK_PASS" and effect["case"] in handlers:
            effect["actor"] = handlers[effect["case"]]
            return effect["case"]
    return None


def skip_check(entries):
    """Closed by itself where a person must look."""
    for _, effect in timeline(entries, "CHECK_PASS"):
        effect["action"], effect["actor"], effect["order"], effect["order_kind"] = "CLOSE", None, 0, None
        return effect["case"]
    return None


def drop_miss(entries):
    """A clock runs out and nobody says so."""
    for entry, effect in timeline(entries, "MISS"):
        entry["effects"].remove(effect)
        return effect["case"]
    return None


def early_deadline(entries):
    """A handle clock one working hour short."""
    for _, effect in timeline(entries, "ACCEPT", order_kind="HANDLE"):
        effect["deadline_ms"] -= 3600000
        return effect["case"]
    return None


def repeat_step(entries):
    """A step of the ladder, twice."""
    for entry, effect in timeline(entries, "ESCALATE"):
        entry["effects"].insert(entry["effects"].index(effect), copy.deepcopy(effect))
        return effect["case"]
    return None


def wrong_cell(entries):
    """An event in the neighbours' cell."""
    seen = None
    for entry in entries:
        for event in entry.get("events", []):
            cell = event["cell"]
            if cell is None:
                continue
            if seen is not None and seen["code"] != cell["code"]:
                event["cell"] = dict(seen)
                return f"event {event['id_hash']}"
            seen = cell
    return None


def wrong_merge(entries):
    """An event joined to another case."""
    cases = []
    for entry in entries:
        for effect in entry.get("effects", []):
            if effect.get("action") == "OPEN":
                cases.append(effect["case"])
            if effect.get("action") == "MERGE" and len(cases) > 1:
                other = next(case for case in cases if case != effect["case"])
                old = effect["case"]
                for part in entry["effects"]:
                    if part.get("case") == old:
                        part["case"] = other
                return f"{old} -> {other}"
    return None


def second_opening(entries):
    """A repeat inside the window opens a case of its own."""
    for _, effect in effects(entries, "RESULT", code="DEDUPED"):
        effect["code"] = "OPENED"
        return effect["case"]
    return None


def skip_number(entries):
    """A case number is left out."""
    last = [effect["case"] for _, effect in timeline(entries, "OPEN")][-1]
    district, day, serial = last.split("-")
    new = f"{district}-{day}-{int(serial) + 1:04d}"
    for entry in entries:
        if entry.get("case") == last:
            entry["case"] = new
        for effect in entry.get("effects", []):
            if effect.get("case") == last:
                effect["case"] = new
    return f"{last} -> {new}"


def two_holders(entries):
    """Offered, and the worker is said to hold the case already."""
    for _, effect in timeline(entries, "OFFER", order_kind="HANDLE"):
        effect["holder"] = {"person": effect["subject"]}
        return effect["case"]
    return None


def no_holder(entries):
    """An open case that nobody holds."""
    for _, effect in timeline(entries, "ACCEPT"):
        effect["holder"] = None
        return effect["case"]
    return None


def two_leads(entries):
    """A helper is called the lead beside the lead."""
    for _, effect in timeline(entries, "OFFER", order_kind="ASSIST"):
        effect["order_kind"] = "HANDLE"
        return effect["case"]
    return None


def wrong_rule(entries):
    """Another rule is said to have fired."""
    rules = {}
    for _, effect in effects(entries, "FIRING", code="OPENED"):
        rules[effect["rule"]["id"]] = effect["rule"]
        other = next((rule for name, rule in rules.items() if name != effect["rule"]["id"]), None)
        if other is not None:
            effect["rule"] = dict(other)
            return effect["case"]
    return None


def lose_result(entries):
    """An event is never answered."""
    for entry, effect in effects(entries, "RESULT", code="OPENED"):
        entry["effects"].remove(effect)
        return effect["case"]
    return None


def answer_differently(entries):
    """A batch is sent again and answered otherwise."""
    for index, entry in enumerate(entries):
        results = [effect for effect in entry.get("effects", []) if effect["effect"] == "RESULT"]
        if entry["kind"] == "EVENTS" and entry["epoch"] and results and results[0]["code"] == "OPENED":
            again = copy.deepcopy(entry)
            again["effects"] = copy.deepcopy(results)
            again["effects"][0]["code"] = "MERGED"
            entries.insert(index + 1, again)
            return results[0]["case"]
    return None


def late_expiry(entries):
    """An offer lives a minute longer than it may: it expires with a later entry."""
    for index, entry in enumerate(entries):
        for effect in entry.get("effects", []):
            if effect.get("action") in ("EXPIRE", "LOST", "MISS", "ESCALATE"):
                later = entries[index + 1]
                if later.get("effects") == [] and later["kind"] == "TICK":
                    later["effects"], entry["effects"] = entry["effects"], []
                    for moved in later["effects"]:
                        moved["at_ms"] = later["time_ms"]
                    return effect["case"]
    return None


def above_capacity(entries):
    """A worker's load in the record is one less than he carries."""
    for _, decision in effects(entries, "DECISION"):
        for line in decision["candidates"]:
            if line["load"] > 0:
                line["load"] -= 1
                return f"{line['person']['id']} of {decision['case']}"
    return None


def keep_contact(entries):
    """An erasure leaves one contact of the case. (A simulated day has none: see test_contacts.py.)"""
    for entry in entries:
        contacts = [effect for effect in entry.get("effects", []) if effect["effect"] == "CONTACT" and effect["code"] == "CONTACT_ERASED"]
        if contacts:
            entry["effects"].remove(contacts[0])
            return contacts[0]["case"]
    return None


TREATMENTS = [swap_chosen, offer_off_shift, hide_distance, wrong_binding, silent_nobody, move_time, drop_arrival,
              arrive_far_away, handler_checks, skip_check, drop_miss, early_deadline, repeat_step, wrong_cell, wrong_merge,
              second_opening, skip_number, two_holders, no_holder, two_leads, wrong_rule, lose_result,
              answer_differently, late_expiry, above_capacity]


# ---- what only the five fixed things show: spoiled for fivefixed.py alone ----

def lose_acceptance(entries):
    """The line by which somebody took a case over is missing: the chain has a hole."""
    for entry, effect in timeline(entries, "ACCEPT", order_kind="HANDLE"):
        entry["effects"].remove(effect)
        return effect["case"]
    return None


def hold_by_nobody(entries):
    """Held by a person who is not in the city."""
    for _, effect in timeline(entries, "ARRIVE"):
        effect["holder"] = {"person": {"row": 9999, "id": "nobody.known"}}
        return effect["case"]
    return None


def hold_by_lost_post(entries):
    """Held by a post that the city does not have."""
    for _, effect in effects(entries, "TIMELINE", state="ASSIGNED"):
        if effect["holder"] is not None and "post" in effect["holder"]:
            effect["holder"] = {"post": {"row": 9999, "code": "dept.abolished.duty"}}
            return effect["case"]
    return None


def lose_cell(entries):
    """A case inside a cell is said to lie in none."""
    for _, effect in timeline(entries, "OPEN"):
        if effect["cell"] is not None and effect["place"] is not None:
            effect["cell"] = None
            return effect["case"]
    return None


def removed_cell(entries):
    """A case in a cell that was removed."""
    for _, effect in timeline(entries, "ACCEPT"):
        if effect["cell"] is not None:
            effect["cell"] = {"row": 9999, "code": "999999999999"}
            return effect["case"]
    return None


def lose_duty(entries):
    """Nobody can say by which class it is somebody's duty."""
    for _, effect in timeline(entries, "ACCEPT"):
        effect["class"] = None
        return effect["case"]
    return None


def lose_deadline(entries):
    """Somebody holds it without a time."""
    for _, effect in timeline(entries, "ACCEPT", order_kind="HANDLE"):
        effect["deadline_ms"] = None
        return effect["case"]
    return None


def silent_deadline(entries):
    """The clock that bound, as the line before said, runs out, and nothing is said of the case then."""
    told = {}
    for entry, effect in effects(entries, "TIMELINE"):
        clock = (effect["clock"], effect["deadline_ms"])
        if effect["action"] == "MISS" and not effect["order"] and told.get(effect["case"]) == clock:
            for part in [part for part in entry["effects"] if part.get("case") == effect["case"]]:
                entry["effects"].remove(part)
            return effect["case"]
        told[effect["case"]] = clock
    return None


def two_at_once(entries):
    """A line begins before the interval that it ends."""
    for _, effect in timeline(entries, "ARRIVE"):
        effect["at_ms"] -= 30 * 86400000
        return effect["case"]
    return None


FIVE_FIXED = [lose_acceptance, hold_by_nobody, hold_by_lost_post, lose_cell, removed_cell, lose_duty, lose_deadline, silent_deadline,
              two_at_once]
