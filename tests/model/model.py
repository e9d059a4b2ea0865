# SPDX-License-Identifier: Apache-2.0
"""
The service as a plain Python object: what RFC 7643, 7644 and 9865 and the project's documents say it answers.

A request is a dict of JSON values: {"method", "kind": "User" | "Group", "id", "query": {...}, "body", "if_match",
"if_none_match"}. Service.handle() gives the Answer and changes the state. What only the server can know is told to it:
the ids of what it makes (`fresh`, an iterator) and the times (learn()).

Chosen by the project where the RFCs leave it open, all from its documents: a resource's version is the number of the
event that made it; a change without effect makes neither; lists are in order of creation; a user's `active` stays where
nothing is assigned to it; a PUT of a group without `members` leaves them; PATCH of a group is 204 unless
`attributes` is asked for; ids are taken in capitals, too.
"""

import functools

import filters
import patch
import policy
from patch import Refused, bad_value
from schema import ENTERPRISE, TYPES, comparable, fold, is_user_name, resolve, user_name

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
UNKNOWN = "?"  # a time that the server has not told yet
COUNT_DEFAULT, COUNT_MAX = 100, 1000


class Answer:
    """body: None, a resource or a list. Of an error only the status and the scimType."""

    def __init__(self, status, body=None, etag=None, location=None, scim_type=None):
        self.status, self.body, self.etag, self.location, self.scim_type = status, body, etag, location, scim_type

    def __repr__(self):
        return f"{self.status} scimType={self.scim_type} ETag={self.etag} Location={self.location} {self.body}"


class Resource:
    def __init__(self, kind, id, attributes, version, order):
        """order: the place among all that was made in the account."""
        self.kind, self.id, self.attributes, self.version, self.order = kind, id, attributes, version, order
        self.old_versions = []
        self.created = self.modified = None  # until the server has told them

    @property
    def etag(self):
        return f'W/"{self.version}"'

    def touch(self, version):
        self.old_versions.append(self.version)
        self.version, self.modified = version, None


class Service:
    def __init__(self, base, seq=0, preset="rfc"):
        """base: the URL; seq: the number of the account's last event; preset: the account's policy, or workspace."""
        self.base, self.seq, self.workspace = base, seq, preset == "workspace"
        self.resources = {}  # id: Resource, in order of creation
        self.made = 0
        self.members = {}  # id of a group: set of ids of users

    # --- what there is ---

    def all(self, kind):
        return [r for r in self.resources.values() if r.kind == kind]

    def find(self, kind, id):
        resource = self.resources.get(id.lower())
        if not resource or resource.kind != kind:
            raise Refused(404)
        return resource

    def groups_of(self, id):
        return [group for group, users in self.members.items() if id in users]

    def users_of(self, id):
        return sorted(self.members[id], key=lambda user: self.resources[user].order)

    def reports_of(self, resource):
        """The other users whose manager the user is, in the order of their ids; a group is nobody's manager."""
        def manager(user):
            return user.attributes.get(ENTERPRISE, {}).get("manager", {}).get("value")
        return sorted((u for u in self.all("User") if resource.kind == "User" and u is not resource and
                       manager(u) == resource.id), key=lambda u: u.id)

    def location(self, resource):
        return self.base + TYPES[resource.kind].endpoint + "/" + resource.id

    def reference(self, id, kind):
        other = self.resources[id]
        found = {"value": id, "$ref": self.location(other), "type": kind}
        if other.attributes.get("displayName"):
            found["display"] = other.attributes["displayName"]
        return found

    def shown(self, resource):
        """The resource as it is answered, whole."""
        kind = TYPES[resource.kind]
        found = {"schemas": [kind.core] + [urn for urn in resource.attributes if urn in kind.lists], "id": resource.id,
                 **resource.attributes,
                 "meta": {"resourceType": resource.kind, "created": resource.created or UNKNOWN,
                          "lastModified": resource.modified or UNKNOWN, "version": resource.etag,
                          "location": self.location(resource)}}
        if resource.kind == "User":
            found["groups"] = [self.reference(group, "direct") for group in self.groups_of(resource.id)]
        else:
            found["members"] = [self.reference(user, "User") for user in self.users_of(resource.id)]
        return found

    def learn(self, id, meta):
        """The times of a resource, once; what is wrong with them, or None."""
        resource = self.resources.get(id)
        if not resource or meta.get("version") != resource.etag:
            return None
        created, modified = meta.get("created"), meta.get("lastModified")
        if created and resource.created is None:
            resource.created = created
        if modified and resource.modified is None:
            if resource.created is not None and modified < resource.created:
                return f"lastModified {modified} is before created {resource.created}"
            resource.modified = modified
        return None

    @property
    def knows_times(self):
        return all(r.created and r.modified for r in self.resources.values())

    # --- requests ---

    def handle(self, request, fresh=iter(())):
        if request["method"] == "HEAD":  # GET without its body (RFC 9110 9.3.2)
            answer = self.handle({**request, "method": "GET"})
            answer.body = None
            return answer
        try:
            patch.check_names(request.get("body"))
            if request.get("search"):
                return self.list(kinds_of(request["kind"]), search_query(request["body"]))
            if request["method"] == "GET" and not request.get("id"):
                return self.list(kinds_of(request["kind"]), request.get("query", {}))
            kind = TYPES[request["kind"]]
            act = {"POST": self.create, "GET": self.read, "PUT": self.replace,
                   "PATCH": self.patch, "DELETE": self.delete}[request["method"]]
            if request["method"] == "PATCH":
                patch.read(kind, operations_of(request["body"]))  # what is wrong with the message is said first
            if request["method"] != "DELETE":
                projection(kind, request.get("query", {}))
            return act(kind, request, fresh)
        except Refused as e:
            return Answer(e.status, scim_type=e.scim_type)

    def answer(self, status, resource, request):
        shown = self.shown(resource)
        return Answer(status, project(TYPES[resource.kind], shown, request.get("query", {})), resource.etag,
                      self.location(resource) if status == 201 else None)

    def check_preconditions(self, resource, request):
        """RFC 7644 3.14 with weak comparison; * names any version."""
        wanted, unwanted = request.get("if_match"), request.get("if_none_match")
        if wanted is not None and not tag_in(resource.etag, wanted):
            raise Refused(412)
        if unwanted is not None and tag_in(resource.etag, unwanted):
            raise Refused(412)

    def check_user(self, attributes, but=None):
        """What is judged of a user who is made, or is to become something else than `but`."""
        before = but.attributes if but else {}
        if attributes["userName"] != before.get("userName") and not is_user_name(attributes["userName"]):
            raise bad_value("userName")
        return policy.judge_user(attributes, before) if self.workspace else attributes

    def check_unique(self, attributes, but=None):
        name = user_name(attributes)
        for other in self.all("User"):
            if other is not but and user_name(other.attributes) == name:
                raise Refused(409, "uniqueness")

    def named(self, attributes, but=None):
        """The team that has the name, or None."""
        name = fold(attributes["displayName"])
        return next((t for t in self.all("Group") if t is not but and fold(t.attributes["displayName"]) == name), None)

    def create(self, kind, request, fresh):
        attributes, members = patch.normal_body(kind, request["body"])
        if kind.name == "User":
            attributes = self.check_user(attributes)
            attributes.setdefault("active", True)
            self.check_unique(attributes)
        elif self.workspace and self.named(attributes):  # a pushed group takes over the team of its name
            resource = self.named(attributes)
            self.become(resource, attributes, lambda users: self.member_ids(members or []))
            return self.answer(201, resource, request)
        users = self.member_ids(members or [])
        self.seq += 1
        self.made += 1
        resource = Resource(kind.name, next(fresh), attributes, self.seq, self.made)
        self.resources[resource.id] = resource
        if kind.name == "Group":
            self.members[resource.id] = users
        return self.answer(201, resource, request)

    def read(self, kind, request, _fresh):
        resource = self.find(kind.name, request["id"])
        if request.get("if_match") is not None and not tag_in(resource.etag, request["if_match"]):
            raise Refused(412)
        if request.get("if_none_match") is not None and tag_in(resource.etag, request["if_none_match"]):
            return Answer(304, None, resource.etag)
        return self.answer(200, resource, request)

    def replace(self, kind, request, _fresh):
        attributes, members = patch.normal_body(kind, request["body"])
        resource = self.find(kind.name, request["id"])
        self.check_preconditions(resource, request)
        password = kind.name == "User" and patch.gives_password(kind, request["body"])
        self.become(resource, attributes, lambda users: users if members is None else self.member_ids(members), password=password)
        return self.answer(200, resource, request)

    def patch(self, kind, request, _fresh):
        steps = patch.read(kind, operations_of(request["body"]))
        resource = self.find(kind.name, request["id"])
        self.check_preconditions(resource, request)
        attributes = patch.apply(kind, steps, resource.attributes, ("add", "replace") if self.workspace else ("add",))
        drops_type = any(s.verb == "remove" and s.path.text() == "userType" for s in steps)
        self.become(resource, attributes, lambda users: self.patched_members(steps, users), drops_type,
                    any(s.verb == "password" for s in steps))
        if kind.name == "Group" and "attributes" not in request.get("query", {}):
            return Answer(204, None, resource.etag, self.location(resource))
        return self.answer(200, resource, request)

    def delete(self, kind, request, _fresh):
        resource = self.find(kind.name, request["id"])
        self.check_preconditions(resource, request)
        for group in sorted(self.groups_of(resource.id)):  # each is told by an event, in the order of their ids
            self.seq += 1
            self.members[group].remove(resource.id)
            self.resources[group].touch(self.seq)
        for report in self.reports_of(resource):
            rest = {name: v for name, v in report.attributes[ENTERPRISE].items() if name != "manager"}
            report.attributes = {**report.attributes, ENTERPRISE: rest}
            if not rest:
                del report.attributes[ENTERPRISE]
            self.seq += 1
            report.touch(self.seq)
        self.seq += 1
        del self.resources[resource.id]
        self.members.pop(resource.id, None)
        return Answer(204)

    def become(self, resource, attributes, change_members, drops_type=False, password=False):
        """
        One change of one resource, whole or not at all; none where nothing differs. drops_type: it removes the
        userType by name, which policy workspace keeps where it is just blank. password: it brings one, which the
        policy passwords=off refuses.
        """
        users = None
        if resource.kind == "User":
            if "active" in resource.attributes:
                attributes.setdefault("active", resource.attributes["active"])
            if self.workspace and not drops_type and "userType" in resource.attributes:
                attributes.setdefault("userType", resource.attributes["userType"])
            attributes = self.check_user(attributes, but=resource)
            if password:
                raise bad_value("password")
            self.check_unique(attributes, but=resource)
        else:
            users = change_members(set(self.members[resource.id]))
            if self.workspace and attributes["displayName"] != resource.attributes["displayName"] and \
                    self.named(attributes, but=resource):
                raise Refused(409, "uniqueness")
        if attributes == resource.attributes and users == self.members.get(resource.id):
            return
        self.seq += 1
        resource.touch(self.seq)
        resource.attributes = attributes
        if users is not None:
            self.members[resource.id] = users

    # --- members ---

    def member_ids(self, values):
        """The users that values name; a member has to be a user of the account."""
        found = set()
        for value in values:
            id = value["value"].lower()
            if value.get("type", "").lower() == "group" or id not in self.resources or \
                    self.resources[id].kind != "User":
                raise bad_value("member")
            found.add(id)
        return found

    def patched_members(self, steps, users):
        for step in steps:
            if not step.path.attribute or step.path.attribute.name != "members":
                continue
            if step.verb == "add":
                users |= self.member_ids(step.value or [])
            elif step.verb == "replace":
                users = self.member_ids(step.value or [])
            elif step.condition:
                users = {u for u in users if not filters.matches(step.condition.tree, self.reference(u, "User"), True)}
            else:
                users = users - {v["value"].lower() for v in step.value} if step.value else set()
        return users

    # --- lists ---

    def list(self, kinds, query):
        start, count = integer(query, "startIndex", 1), integer(query, "count", COUNT_DEFAULT)
        found = self.selected(kinds, query)
        start, count = max(start, 1), min(max(count, 0), COUNT_MAX)
        return self.page(query, found, found[start - 1:start - 1 + count], startIndex=start)

    def page(self, query, found, items, **more):
        shown = [project(TYPES[item.kind], item.shown, query) for item in items]
        return Answer(200, {"schemas": [LIST], "totalResults": len(found), "itemsPerPage": len(items),
                            "Resources": shown, **more})

    def turn(self, kinds, query, count, place=None, backward=False):
        """
        The page behind a place (or in front of it), as cursors have it (RFC 9865): a place stays what it is when
        resources come and go. Returns the Answer, in which cursors are True, and the places of its first and last item.
        """
        found = self.selected(kinds, query)
        if place is None:
            items = found[:count]
        elif backward:
            items = [item for item in found if item.place < place][-count:]
        else:
            items = [item for item in found if item.place > place][:count]
        cursors = {}
        if items and items[0] is not found[0]:
            cursors["previousCursor"] = True
        if items and items[-1] is not found[-1]:
            cursors["nextCursor"] = True
        return self.page(query, found, items, **cursors), items[0].place if items else None, \
            items[-1].place if items else None

    def selected(self, kinds, query):
        """All that a query finds, in its order: by the sort value, then users before groups, then as they were made."""
        several = len(kinds) > 1
        order = query.get("sortOrder", "ascending").lower()
        if order not in ("ascending", "descending"):
            raise bad_value("sortOrder")
        found = []
        for kind in kinds:
            projection(kind, query)
            try:
                condition = filters.Filter(kind, query["filter"], several=several) if "filter" in query else None
            except filters.BadFilter as e:
                raise Refused(400, "invalidFilter", str(e))
            key = sort_key(kind, query["sortBy"], several) if "sortBy" in query else lambda shown: ()
            for resource in self.all(kind.name):
                shown = self.shown(resource)
                if not condition or condition.matches(shown):
                    rank = Falling(key(shown)) if order == "descending" else key(shown)
                    found.append(Item(resource.kind, shown, (rank, kinds.index(kind), resource.order)))
        return sorted(found, key=lambda item: item.place)


class Item:
    def __init__(self, kind, shown, place):
        self.kind, self.shown, self.place = kind, shown, place


@functools.total_ordering
class Falling:
    """A value in descending order."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return self.value == other.value

    def __lt__(self, other):
        return self.value > other.value


def kinds_of(kind):
    """The types that an address has: "" is the root."""
    return [TYPES[kind]] if kind else [TYPES["User"], TYPES["Group"]]


def operations_of(body):
    if PATCH_OP.lower() not in [urn.lower() for urn in body.get("schemas", [])] or not body.get("Operations"):
        raise Refused(400, "invalidSyntax")
    return body["Operations"]


def search_query(body):
    """What the address would say (RFC 7644 3.4.3)."""
    if SEARCH.lower() not in [urn.lower() for urn in body.get("schemas", [])]:
        raise Refused(400, "invalidSyntax")
    return {name: ",".join(v) if isinstance(v, list) else v for name, v in body.items() if name != "schemas"}


def integer(query, name, otherwise):
    try:
        return int(query.get(name, otherwise))
    except ValueError:
        raise bad_value(name)


def tag_in(etag, header):
    return header.strip() == "*" or etag[2:] in [tag.strip().removeprefix("W/") for tag in header.split(",")]


# --- sort (RFC 7644 3.4.2.3) ---

def sort_key(kind, name, several):
    """Of a resource: missing values are the greatest, so that they are last, or first in descending order."""
    path = resolve(kind, name)
    if not path and several:
        return lambda shown: (1,)
    if path and path.attribute and path.leaf.subs:
        path.sub = path.attribute.sub("value")
    if not path or not path.attribute or path.leaf.subs or path.leaf.returned == "never" or \
            path.attribute.name in ("members", "groups"):  # nobody's own: they are not sorted by
        raise bad_value(name)

    def key(shown):
        values = filters.elements(path, shown)
        if path.attribute.multi and values:  # the primary one, else the first
            values = [next((v for v in values if isinstance(v, dict) and v.get("primary") is True), values[0])]
        value = values[0] if values else None
        if path.sub and value is not None:
            value = value.get(path.sub.name)
        if value is None:
            return (1,)
        return (0, filters.time_of(value) if path.leaf.type == "dateTime" else comparable(path.leaf, value))

    return key


# --- projection (RFC 7644 3.9) ---

def projection(kind, query):
    """(the paths of attributes=, those of excludedAttributes=); None: not given."""
    only, without = query.get("attributes"), query.get("excludedAttributes")
    if only and without:
        raise bad_value("attributes and excludedAttributes")

    def paths(text):
        return [p for p in (resolve(kind, name.strip()) for name in text.split(",")) if p] if text else None
    return paths(only), paths(without)


def project(kind, shown, query):
    only, without = projection(kind, query)

    def wanted(extension, attribute, sub=None):
        """Whether attribute (or its sub-attribute) is to be there as it is."""
        if attribute.returned == "always":
            return True

        def named(paths):
            return any(p.extension == extension and (p.attribute is None or
                       (p.attribute is attribute and (p.sub is None or p.sub is sub))) for p in paths)
        if only is not None:
            return named(only)
        return not named(without or [])

    def part(extension, attribute, value):
        """value without the sub-attributes that are not wanted; None where nothing is left."""
        if not attribute.subs:
            return value if wanted(extension, attribute) else None
        if isinstance(value, list):
            return [p for p in (part(extension, attribute, v) for v in value) if p] or None
        return {n: v for n, v in value.items() if wanted(extension, attribute, attribute.sub(n))} or None

    found = {}
    for name, value in shown.items():
        if name in kind.lists:
            inner = {n: part(name, kind.lists[name][n.lower()], v) for n, v in value.items()}
            found[name] = {n: v for n, v in inner.items() if v is not None} or None
        else:
            found[name] = part(None, kind.lists[None][name.lower()], value)
    return {n: v for n, v in found.items() if v is not None}
