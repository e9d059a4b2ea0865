# SPDX-License-Identifier: Apache-2.0
"""Whether the server's answer is the model's, and whether its events tell what the model did."""

import re

from bulk import ANY
from model import UNKNOWN
from schema import TYPES

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

CURSOR = re.compile(r"[A-Za-z0-9._~-]+")


class Difference(Exception):
    """What the server said and what the model says."""


def demand(good, what, *more):
    if not good:
        raise Difference("\n".join([what] + [str(m) for m in more]))


def same(got, want, what):
    demand(got == want, what, f"  server: {got!r}", f"  model:  {want!r}")


def plain(value):
    """A resource without what says nothing (RFC 7643 2.5) and, where order says nothing, in an order."""
    if isinstance(value, dict):
        found = {name: plain(v) for name, v in value.items()}
        for name in ("members", "groups"):
            if isinstance(found.get(name), list):
                found[name].sort(key=lambda v: sorted(map(str, v.items())))
        if isinstance(found.get("schemas"), list):
            found["schemas"].sort()
        return {name: v for name, v in found.items() if v not in (None, [], {})}
    if isinstance(value, list):
        return [v for v in map(plain, value) if v not in (None, [], {})]
    return value


def resource(model, got, want):
    """Also tells the model the times of the resource."""
    demand(isinstance(got, dict), "not an object", got)
    got, want = plain(got), plain(want)
    meta = got.get("meta", {})
    for name in ("created", "lastModified"):
        if want.get("meta", {}).get(name) == UNKNOWN and TIME.fullmatch(str(meta.get(name))):
            want["meta"][name] = meta[name]
    fault = model.learn(got.get("id"), meta)
    demand(fault is None, fault)
    if got != want:
        names = sorted(n for n in set(got) | set(want) if got.get(n) != want.get(n))
        lines = [f"  {n}:\n    server: {got.get(n)!r}\n    model:  {want.get(n)!r}" for n in names]
        raise Difference("\n".join([f"the resource {got.get('id')} differs in"] + lines))


def error(got, want):
    body = got.json
    demand(isinstance(body, dict) and ERROR in body.get("schemas", []), "the error is not a SCIM error", got)
    same(body.get("status"), str(got.status), "status in the error")
    same(body.get("scimType"), want.scim_type, f"scimType of the error ({body.get('detail')})")


def answer(model, got, want, head=False):
    demand(got.status == want.status, "the status differs", f"  server: {got}", f"  model:  {want}")
    if got.status >= 400 and not head:
        error(got, want)
    if got.status >= 400:
        return
    if want.etag is not None:
        same(got.header("etag"), want.etag, "ETag")
    if want.location is not None:
        same(got.header("location"), want.location, "Location")
    if want.body is None:
        same(got.body, b"", "an answer without body")
    elif "Resources" in want.body:
        listing(model, got.json, want.body)
    else:
        resource(model, got.json, want.body)


def listing(model, got, want):
    demand(isinstance(got, dict), "not an object", got)
    for name in set(got) | set(want):
        if name not in ("Resources", "nextCursor", "previousCursor"):
            same(got.get(name), want.get(name), f"{name} of the list")
    for name in ("nextCursor", "previousCursor"):
        same(name in got, name in want, f"whether there is a {name}")
        demand(CURSOR.fullmatch(got.get(name, "x")), f"{name} has other than unreserved characters", got.get(name))
    order(got.get("Resources"), want["Resources"])
    for g, w in zip(got["Resources"], want["Resources"]):
        resource(model, g, w)


def order(got, want):
    demand(isinstance(got, list), "Resources is not an array", got)
    if [r.get("id") for r in got] != [r["id"] for r in want]:
        def told(resources):
            return "\n".join(f"    {r.get('id')} {r.get('userName') or r.get('displayName')}" for r in resources)
        raise Difference(f"the list has others, or in another order\n  server:\n{told(got)}\n  model:\n{told(want)}")


def results(got, want):
    """Of a bulk request."""
    same(got.get("schemas"), want["schemas"], "schemas of the bulk response")
    same(len(got["Operations"]), len(want["Operations"]), "how many operations have a result")
    for place, (g, w) in enumerate(zip(got["Operations"], want["Operations"]), 1):
        for name in sorted(set(g) | set(w)):
            if name == "response" and name in g and name in w:
                detail = g[name].get("detail")
                same(g[name].get("scimType"), w[name].scim_type, f"scimType of result {place} ({detail})")
                same(g[name].get("status"), str(w[name].status), f"status of the error in result {place}")
            elif w.get(name) is not ANY:
                same(g.get(name), w.get(name), f"{name} of result {place} ({g})")


# --- the event feed ---

class Replica:
    """What an application knows that reads nothing but events: {id: (kind, attributes, members)}."""

    def __init__(self, seq):
        self.seq, self.resources = seq, {}

    def apply(self, event):
        same(event["seq"], self.seq + 1, "the event's number (the feed has no gaps)")
        self.seq += 1
        kind, id, what = event["resource"]["type"], event["resource"]["id"], event["type"].split(".")
        same(what[0], {"User": "user", "Group": "team"}[kind], "the event's type")
        if what[1] == "deleted":
            demand(id in self.resources, "deleted, but not there", event)
            del self.resources[id]
            return
        same(event["resource"].get("version"), f'W/"{self.seq}"', "the version in the event")
        same(id in self.resources, what[1] != "created", f"whether {id} was there before {event['type']}")
        _, attributes, members = self.resources.setdefault(id, (kind, {}, set()))
        was_active = attributes.get("active")
        for change in event.get("changes", []):
            self.change(kind, attributes, change)
        told = event.get("members", {})
        demand(members.isdisjoint(told.get("added", [])), "added, but a member already", event)
        demand(members.issuperset(told.get("removed", [])), "removed, but no member", event)
        members |= set(told.get("added", []))
        members -= set(told.get("removed", []))
        demand(event.get("changes") or told or what[1] == "created", "an event of no change", event)
        if what[1] != "created":
            flips = was_active != attributes.get("active")
            want = ("reactivated" if attributes["active"] else "deactivated") if flips else "updated"
            same(what[1], want, "the event's type")

    def change(self, kind, attributes, change):
        path, holder = change["path"], attributes
        urn = next((x for x in TYPES[kind].lists if x and path.startswith(x + ":")), None)
        names = [urn] + path[len(urn) + 1:].split(".") if urn else path.split(".")
        for name in names[:-1]:
            holder = holder.setdefault(name, {})
        same(change.get("old"), holder.get(names[-1]), f"the old value of {path} in the event")
        holder[names[-1]] = change.get("new")

    def check(self, model):
        same(self.seq, model.seq, "the number of the last event")
        got = {id: (kind, plain(attributes), sorted(members)) for id, (kind, attributes, members) in
               self.resources.items()}
        want = {r.id: (r.kind, plain(r.attributes), sorted(model.members.get(r.id, ()))) for r in
                model.resources.values()}
        for id in set(got) | set(want):
            same(got.get(id), want.get(id), f"{id} as the events tell it")
