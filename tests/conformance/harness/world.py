# SPDX-License-Identifier: Apache-2.0
"""The server under test: what it advertises, and what the checks have made there. Whatever is created is removed again."""

import contextlib
import itertools
import os
import re
import urllib.parse

from .client import Client
from .expect import Failed, Skipped, path
from .names import ENTERPRISE, GROUP, USER

# Of an attribute that says nothing, RFC 7643 2.2.
DEFAULTS = {"type": "string", "caseExact": False, "multiValued": False, "required": False, "mutability": "readWrite",
            "returned": "default", "uniqueness": "none"}
PAGE = 200
PAGES = 500  # of a walk; more would be a server that never ends


class World:
    def __init__(self, url, token, other_token=None):
        self.url = url.rstrip("/")
        self.client = Client(url, token, self.note)
        self.other = Client(url, other_token, self.note_other) if other_token else None
        self.tag = f"t{os.getpid() % 10000:04d}{os.urandom(3).hex()}"  # of the run, in every name
        self.numbers, self.made, self.made_other, self.fixtures, self.cache = itertools.count(1), [], [], {}, {}
        self.left = []  # what could not be removed

    # --- what the server advertises ---

    def document(self, where):
        """What GET says of an address of the discovery; {} if nothing that can be read."""
        if where not in self.cache:
            self.cache[where] = self.client.get(where).json or {}
        return self.cache[where]

    @property
    def config(self):
        return self.document("/ServiceProviderConfig")

    def supported(self, feature):
        return path(self.config, feature, "supported") is True

    def types(self):
        return {each.get("name"): each for each in self.document("/ResourceTypes").get("Resources") or [] if isinstance(each, dict)}

    def attributes(self, urn):
        """{lower-case name: definition} of a schema, sub-attributes as "name.sub"."""
        found = {}
        for schema in self.document("/Schemas").get("Resources") or []:
            if str(schema.get("id", "")).lower() == urn.lower():
                for a in schema.get("attributes") or []:
                    found[a["name"].lower()] = a
                    found.update({f"{a['name']}.{s['name']}".lower(): s for s in a.get("subAttributes") or []})
        return found

    def extension(self, **wanted):
        """
        (URN, name) of the first attribute of the users' extensions that has these characteristics, and otherwise those of
        an attribute that says nothing. Skips the check if there is none.
        """
        want = {**DEFAULTS, **wanted}
        for each in path(self.types().get("User"), "schemaExtensions") or []:
            for name, a in self.attributes(each["schema"]).items():
                if "." not in name and not a.get("canonicalValues") and all(a.get(n, v) == want[n] for n, v in DEFAULTS.items()):
                    return each["schema"], a["name"]
        raise Skipped("Schemas: no extension of users has an attribute with " + ", ".join(f"{n} {v}" for n, v in wanted.items()))

    def missing(self, need):
        """Why a check that needs this cannot be run; None if it can."""
        if need in ("patch", "bulk", "filter", "sort", "etag"):
            return None if self.supported(need) else f"ServiceProviderConfig: {need} is not supported"
        if need == "cursor":
            return None if path(self.config, "pagination", "cursor") is True else "ServiceProviderConfig: no pagination.cursor"
        if need == "index":
            pagination = self.config.get("pagination")
            return "ServiceProviderConfig: no pagination.index" if path(pagination, "index") is False else None
        if need == "groups":
            return None if "Group" in self.types() else "ResourceTypes: no Group"
        if need == "enterprise":
            extensions = path(self.types().get("User"), "schemaExtensions") or []
            return None if any(e.get("schema") == ENTERPRISE for e in extensions) else "ResourceTypes: User has no enterprise extension"
        if need == "other":
            return None if self.other else "no --other-token"
        if need.startswith("User.") or need.startswith("Group."):
            kind, name = need.split(".", 1)
            urn = USER if kind == "User" else GROUP
            return None if name.lower() in self.attributes(urn) else f"Schemas: {kind} has no {name}"
        raise ValueError(f"needs {need!r}: not known")

    def need(self, name):
        """Skips the check that cannot be run without."""
        reason = self.missing(name)
        if reason:
            raise Skipped(reason)

    # --- names that nobody else has ---

    def word(self, stem):
        """A new name of this run."""
        return f"{stem}-{self.tag}-{next(self.numbers)}"

    def address(self, stem):
        return self.word(stem) + "@example.com"

    def user_body(self, stem="user", **more):
        body = {"schemas": [USER], "userName": self.address(stem), "name": {"givenName": "Given", "familyName": "Family"},
                "active": True}
        body.update(more)
        if ENTERPRISE in body and ENTERPRISE not in body["schemas"]:
            body["schemas"] = body["schemas"] + [ENTERPRISE]
        return body

    def group_body(self, stem="Group", members=(), **more):
        body = {"schemas": [GROUP], "displayName": self.word(stem), "members": [{"value": m} for m in members]}
        body.update(more)
        return body

    # --- resources ---

    def create(self, where, body):
        """The created resource as the server tells it; a check that cannot even create fails."""
        answer = self.client.post(where, body)
        if answer.status != 201 or not isinstance(answer.json, dict) or "id" not in answer.json:
            raise Failed(f"POST {where} is answered with {answer!r}")
        return answer.json

    def user(self, stem="user", **more):
        return self.create("/Users", self.user_body(stem, **more))

    def group(self, stem="Group", members=(), **more):
        return self.create("/Groups", self.group_body(stem, members, **more))

    def read(self, where, query=None):
        answer = self.client.get(where, query)
        if answer.status != 200:
            raise Failed(f"GET {where} is answered with {answer!r}")
        return answer.json

    def all(self, where, **query):
        """Every resource that a query finds, page by page."""
        found, start = [], 1
        for _ in range(PAGES):
            answer = self.client.get(where, {**query, "startIndex": start, "count": PAGE})
            if answer.status != 200:
                raise Failed(f"GET {where} {query} is answered with {answer!r}")
            found += answer.resources
            start += len(answer.resources)
            if not answer.resources or start > answer["totalResults"]:
                return found
        raise Failed(f"GET {where} {query} does not come to an end")

    def shared(self, make):
        """What make(world) returned, made once for the theme."""
        if make not in self.fixtures:
            mark = len(self.made), len(self.made_other)
            self.fixtures[make] = make(self)
            self.keep(mark)
        return self.fixtures[make]

    # --- and their end ---

    def note(self, answer, method, where):
        self.made += created(self.client, answer, method, where)

    def note_other(self, answer, method, where):
        self.made_other += created(self.other, answer, method, where)

    def keep(self, mark):
        """What was made since the mark lives until the theme ends."""
        kept = self.fixtures.setdefault("paths", ([], []))
        for made, since, to in ((self.made, mark[0], kept[0]), (self.made_other, mark[1], kept[1])):
            to += made[since:]
            del made[since:]

    def remove(self, client, paths):
        """The last first. A path leaves the list when it is done, so that a removal that is broken off can go on."""
        while paths:
            good = False
            with contextlib.suppress(Exception):
                good = client.delete(paths[-1]).status in (204, 404)
            where = paths.pop()
            if not good and where not in self.left:
                self.left.append(where)

    def end_check(self):
        self.remove(self.client, self.made)
        self.remove(self.other, self.made_other)

    def end_theme(self):
        self.end_check()
        for client, paths in zip((self.client, self.other), self.fixtures.get("paths", ())):
            self.remove(client, paths)
        self.fixtures = {}

    def sweep(self):
        """After a run that was broken off: what was being made in that moment is known by its name alone."""
        for client in filter(None, (self.client, self.other)):
            for where, name in (("/Groups", "displayName"), ("/Users", "userName")):
                with contextlib.suppress(Exception):
                    answer = client.get(where, {"filter": f'{name} co "{self.tag}"', "count": PAGE})
                    self.remove(client, [f"{where}/{each}" for each in answer.ids])


def created(client, answer, method, where):
    """The paths of what this answer says is made, below the base URL."""
    if method != "POST" or answer.status not in (200, 201):
        return []
    found = [answer.header("Location")] if answer.status == 201 else []
    if where.split("?")[0].rstrip("/").endswith("/Bulk"):
        for each in answer["Operations"] or []:
            if isinstance(each, dict) and str(each.get("status")) == "201":
                found.append(each.get("location"))
    paths = []
    for location in found:
        text = urllib.parse.urlsplit(location or "").path
        match = re.search(r"/[A-Za-z]+/[^/]+$", text)
        if match:
            paths.append(match.group(0))
    if answer.status == 201 and not paths and isinstance(answer["id"], str):
        paths.append(f"{where.split('?')[0].rstrip('/')}/{answer['id']}")
    return paths
