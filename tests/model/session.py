# SPDX-License-Identifier: Apache-2.0
"""
One episode: an account made empty, a model, and steps that are done to both and compared.

A step is a tuple of JSON values, so that a list of steps can be kept, shortened and done again: ("request", request),
("pages", kind, query, count), ("walk", kind, query, count), ("turn", which, move), ("bulk", body), ("check",). Ids in
it stand as names such as "{1}", for they are others each time; what is done again gets the names that it had.
"""

import json
import re
import shlex
import time
import traceback
import urllib.parse

import bulk
import compare
from client import Client
from compare import Difference, demand, same
from model import Answer, Service, kinds_of
from patch import Refused
from schema import TYPES
from strategies import NOBODY

SCIM = "/scim/v2"
SWITCHES = ("filters_full", "sort", "cursor", "bulk")


def query_text(query):
    return "&".join(f"{name}={urllib.parse.quote(str(value), safe='')}" for name, value in query.items())


class Session:
    """switches: what of SWITCHES is tried; preset: the account's policy."""

    def __init__(self, url, token, switches=SWITCHES, preset="rfc"):
        self.client, self.switches, self.preset = Client(url, token), set(switches), preset
        self.steps_done, self.next_name = 0, 1
        self.begin()

    def begin(self):
        """A new episode."""
        for endpoint in ("/Groups", "/Users"):
            for resource in self.get(f"{SCIM}{endpoint}?attributes=id&count=1000")["Resources"]:
                self.client.send("DELETE", f"{SCIM}{endpoint}/{resource['id']}")
        newest = self.get("/api/v1/events?limit=1&after=0")["newest"]
        self.first = newest
        self.model = Service(self.client.url + SCIM, newest, self.preset)
        self.replica = compare.Replica(newest)
        self.steps = []  # (step with names, names that it gave)
        self.sent, self.names, self.walks = [], {}, []

    def get(self, target):
        answer = self.client.send("GET", target)
        if answer.status != 200:
            raise RuntimeError(f"GET {target}: {answer}")
        return answer.json

    # --- steps ---

    def do(self, step, names=()):
        """Does one step; Difference is raised where server and model differ. names: for what it makes, if given."""
        self.names_left, self.names_given = list(names), []
        self.steps.append((self.named(step), self.names_given))
        self.steps_done += 1
        getattr(self, "do_" + step[0])(*step[1:])

    def do_request(self, request):
        request = {**request, **{name: self.tag(*request[name]) for name in ("if_match", "if_none_match")
                                 if name in request}}
        self.learn_times(request)
        got = self.send(request)
        made = (got.json or {}).get("id") if got.status == 201 else None
        if made:
            self.name(made, got)
        want = self.model.handle(request, iter([made or "(an id)"]))
        compare.answer(self.model, got, want, head=request["method"] == "HEAD")

    def name(self, id, told):
        """Gives an id that was made a name. No id is given twice, but a pushed group may take over a team."""
        demand(id and (self.model.workspace or id not in self.names), "the id is not new", told)
        if id not in self.names:
            self.names[id] = self.names_left.pop(0) if self.names_left else "{%d}" % self.next_name
            self.next_name += 1  # never given again: what is left out must not be mistaken for what is done instead
            self.names_given.append(self.names[id])

    def do_bulk(self, body):
        got = self.client.send("POST", SCIM + "/Bulk", json.dumps(body).encode())
        self.sent.append(("POST", SCIM + "/Bulk", json.dumps(body).encode(), [], got))
        results = (got.json or {}).get("Operations", [])
        ids = {}
        for result in results:
            if result.get("status") == "201":
                id = result.get("location", "").rpartition("/")[2]
                self.name(id, result)
                ids[result.get("bulkId")] = id
        operations = body.get("Operations") or []

        def made(place):
            return ids.get(operations[place].get("bulkId"), f"(what operation {place} made)")
        try:
            want = bulk.run(self.model, body, made)
        except Refused as e:
            compare.answer(self.model, got, Answer(e.status, scim_type=e.scim_type))
            return
        demand(got.status == 200, "the status differs", f"  server: {got}", "  model:  200")
        compare.results(got.json, want)

    def do_pages(self, kind, query, count):
        """Every page of a list, one after the other, and the one behind the last."""
        self.learn_times({"query": query})
        whole = self.model.handle({"method": "GET", "kind": kind, "query": query}).body
        total = whole["totalResults"] if whole else 0
        for start in range(1, total + 1 + count, count):
            self.do_request({"method": "GET", "kind": kind, "query": {**query, "startIndex": start, "count": count}})

    def do_walk(self, kind, query, count):
        """Begins a walk by cursors; the two last ones are kept, to be gone on with between other steps."""
        self.walks = self.walks[-1:] + [Walk(kind, query, count)]
        self.walks[-1].go(self, "")

    def do_turn(self, which, move):
        """One page of a walk, or a cursor that is wrong in some way."""
        if self.walks:
            self.walks[which % len(self.walks)].turn(self, move)

    def do_check(self):
        """Everything: all users and groups, whole, and what the events tell."""
        self.read_all()
        while True:
            page = self.get(f"/api/v1/events?after={self.replica.seq}&limit=1000")
            for event in page["events"]:
                self.replica.apply(event)
            if not page["events"] or self.replica.seq >= page["newest"]:
                break
        same(page["newest"], self.model.seq, "the newest event")
        self.replica.check(self.model)

    def read_all(self):
        for kind in TYPES:
            self.do_request({"method": "GET", "kind": kind, "query": {"count": 1000}})

    def learn_times(self, request):
        """Reads what there is where the request asks for times that the model does not know."""
        asked = {**request.get("query", {}), **(request.get("body", {}) if request.get("search") else {})}
        text = f"{asked.get('filter')} {asked.get('sortBy')}".lower()
        if ("meta.created" in text or "meta.lastmodified" in text) and not self.model.knows_times:
            self.read_all()

    def tag(self, which, id):
        resource = self.model.resources.get(id.lower())
        if not resource or which == "any":
            return "*" if which == "any" else 'W/"0"'
        old = f'W/"{resource.old_versions[-1] if resource.old_versions else 0}"'
        return {"current": resource.etag, "old": old, "list": f'{old}, {resource.etag}',
                "strong": resource.etag[2:]}[which]

    # --- on the wire ---

    def send(self, request):
        target = SCIM + (TYPES[request["kind"]].endpoint if request["kind"] else "")
        if request.get("search"):
            target += "/.search"
        if request.get("id"):
            target += "/" + urllib.parse.quote(request["id"], safe="")
        if request.get("query"):
            target += "?" + query_text(request["query"])
        headers = [(header, request[name]) for name, header in
                   (("if_match", "If-Match"), ("if_none_match", "If-None-Match")) if name in request]
        body = json.dumps(request["body"]).encode() if "body" in request else None
        got = self.client.send(request["method"], target, body, headers)
        self.sent.append((request["method"], target, body, headers, got))
        return got

    # --- telling it ---

    def named(self, step):
        """The step with names in the place of ids."""
        text = json.dumps(step)
        for id, name in self.names.items():
            if id in text or id.upper() in text:
                text = text.replace(id, name).replace(id.upper(), name.replace("}", "^}"))
        return json.loads(text)

    def unnamed(self, step):
        ids = {name: id for id, name in self.names.items()}

        def id_of(m):
            id = ids.get("{%s}" % m.group(1), NOBODY)
            return id.upper() if m.group(2) else id
        return json.loads(re.sub(r"\{(\d+)(\^?)\}", id_of, json.dumps(step)))

    def replay(self, steps):
        """Does named steps in a new episode; what goes wrong, or None."""
        self.begin()
        try:
            for step, names in steps:
                self.do(self.unnamed(step), names)
        except OSError:
            raise
        except Exception as e:  # a Difference, or a mistake of the model's
            return e
        return None

    def script(self):
        """What was sent in this episode as a shell script; "ID1" and so on are the ids that were made."""
        lines, ids = [f"# BASE=http://HOST:PORT, TOKEN, an empty account whose last event is {self.first}"], {}

        def quoted(text, around):
            """text in quotes of a kind, in which ids stand as variables."""
            text = shlex.quote(text) if around == "'" else '"$BASE' + text + '"'
            for id, variable in ids.items():
                text = text.replace(id, f"'\"${variable}\"'" if around == "'" else f"${{{variable}}}")
            return text
        for method, target, body, headers, got in self.sent:
            words = ["curl -s -i -X", method, '-H "Authorization: Bearer $TOKEN"']
            words += ["-H " + quoted(f"{name}: {value}", "'") for name, value in headers]
            if body is not None:
                words.append("-H 'Content-Type: application/scim+json' -d " +
                             quoted(json.dumps(json.loads(body), ensure_ascii=False), "'"))
            line = " ".join(words + [quoted(target, '"')])
            if got.status == 201:
                ids[got.json["id"]] = f"ID{len(ids) + 1}"
                line = f"{ids[got.json['id']]}=$({line} | sed -n 's/.*\"id\":\"\([^\"]*\)\".*/\\1/p' | head -1)"
            lines.append(f"{line}  # {got.status}")
        return "\n".join(lines)


class Walk:
    """A list read page by page through cursors (RFC 9865)."""

    def __init__(self, kind, query, count):
        self.kind, self.query, self.count = kind, query, count
        self.cursors, self.places = {}, {}

    def request(self, **more):
        return {"method": "GET", "kind": self.kind, "query": {**self.query, "count": self.count, **more}}

    def turn(self, session, move):
        forward = "next" in self.cursors
        good = self.cursors.get("next" if forward else "previous")
        if move in ("next", "previous"):
            if move in self.cursors:
                self.go(session, self.cursors[move], self.places[move], move == "previous")
        elif not good:
            return
        elif move == "again":  # without the count, which the cursor knows
            self.go(session, good, self.places["next" if forward else "previous"], not forward, count=False)
        else:
            self.go_wrong(session, move, good)

    def go(self, session, cursor, place=None, backward=False, count=True):
        request = self.request(cursor=cursor)
        if not count:
            del request["query"]["count"]
        session.learn_times(request)
        got = session.send(request)
        try:
            want, first, last = session.model.turn(kinds_of(self.kind), self.query, self.count, place, backward)
        except Refused as e:
            want, first, last = Answer(e.status, scim_type=e.scim_type), None, None
        compare.answer(session.model, got, want)
        body = got.json
        self.cursors, self.places = {}, {"next": last, "previous": first}
        for move in ("next", "previous"):
            if move + "Cursor" in body:
                self.cursors[move] = body[move + "Cursor"]

    def go_wrong(self, session, move, good):
        """A cursor that was changed, or goes with another query or another count."""
        requests = {
            "changed": self.request(cursor=good[:5] + ("A" if good[5] != "A" else "B") + good[6:]),
            "short": self.request(cursor=good[:-1]),
            "count": self.request(cursor=good, count=self.count + 1),
            "filter": self.request(cursor=good, filter="id pr and " + self.query.get("filter", "id pr")),
            "kind": {**self.request(cursor=good), "kind": "Group" if self.kind == "User" else "User"},
        }
        if move == "kind" and ("filter" in self.query or "sortBy" in self.query):
            return  # what one type has another may not
        got = session.send(requests[move])
        scim_type = "invalidCount" if move == "count" else "invalidCursor"
        compare.answer(session.model, got, Answer(400, scim_type=scim_type))


def shorten(session, steps, seconds=60):
    """The fewest of the steps that still show a difference, by leaving out ever smaller stretches."""
    end, size = time.monotonic() + seconds, max(len(steps) // 2, 1)
    while time.monotonic() < end:
        at, shorter = 0, False
        while at < len(steps) and time.monotonic() < end:
            fewer = steps[:at] + steps[at + size:]
            if fewer and session.replay(fewer):
                steps, shorter = fewer, True
            else:
                at += size
        if size == 1 and not shorter:
            break
        size = max(size // 2, 1)
    return steps


def report(session, first, seconds=60):
    """The shortest way to what the session has just shown, for people; first: how it looked."""
    steps = session.steps
    if session.replay(steps) is None:
        return f"{first}\nIt does not show again when the same {len(steps)} steps are done:\n\n{session.script()}"
    fault = session.replay(shorten(session, steps, seconds))
    if fault is not None and not isinstance(fault, Difference):
        fault = "".join(traceback.format_exception(fault))
    return f"{fault}\n\n{session.script()}"
