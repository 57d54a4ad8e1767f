"""keyring.py: identity keys, recomputed: who may register and revoke which."""

PER_IDENTITY = 4


class KeyRing:
    def owns_key(self, person):
        return any(owner == person and not revoked for owner, revoked in self.keys.values())

    def key_act(self):
        act = self.act
        subject = act["subject"] or {}
        named = (subject.get("person") or subject.get("gateway") or {}).get("id")
        public = tuple(act["evidence"]) if len(act["evidence"]) == 2 else None
        is_new = act["action"] == "KEY_REGISTER"
        owner = named if is_new else self.keys.get(public, (None, False))[0]
        row = self.city.persons.get(self.actor)
        if not (row is not None and "administrator" in row.rights) and not (owner == self.actor and self.owns_key(self.actor)):
            return "NO_RIGHT"
        if public is None:
            return "BAD_KEY"
        if not is_new:
            return self.revoke_key(public, owner)
        if owner not in self.city.persons and owner not in self.city.gateways:
            return "UNKNOWN_IDENTITY"
        if public in self.keys:
            known, is_revoked = self.keys[public]
            return "KEY_REVOKED" if is_revoked else "DONE" if known == owner else "BAD_KEY"
        if sum(1 for known, is_revoked in self.keys.values() if known == owner and not is_revoked) >= PER_IDENTITY:
            return "TABLE_FULL"
        self.keys[public] = (owner, False)
        return "DONE"

    def revoke_key(self, public, owner):
        if public not in self.keys:
            return "UNKNOWN_KEY"
        if self.act["reason"] == "NONE":
            return "REASON_NEEDED"
        self.keys[public] = (owner, True)
        return "DONE"
