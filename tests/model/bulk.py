# SPDX-License-Identifier: Apache-2.0
"""
Bulk requests (RFC 7644 3.7): each operation is the request that it would be by itself.

Chosen by the project (include/roster/scim/bulk.h): a POST that is referred to is done right before the first operation
that needs it; users that refer to one another in a circle are made with ids that are known beforehand, and stand or
fall as one; a circle through a group has no solution (409).
"""

import re

from patch import Refused, check_names
from schema import TYPES

REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
OPERATIONS_MAX = 1000
METHODS = ("POST", "PUT", "PATCH", "DELETE")
ANY = object()  # a location that nobody can know


class Operation:
    def __init__(self, service, body):
        self.bulk_id, self.version = body.get("bulkId"), body.get("version")
        self.method_text = body.get("method")
        self.method = self.kind = self.target = self.data = self.error = None
        self.references, self.answer, self.id, self.begun = [], None, None, False
        try:
            self.read(service, body)
        except Refused as e:
            self.error = e

    def read(self, service, body):
        bad = Refused(400, "invalidSyntax")
        if not isinstance(self.method_text, str) or self.method_text.upper() not in METHODS:
            raise bad
        self.method = self.method_text.upper()
        if not body.get("path"):
            raise bad
        endpoint, _, self.target = body["path"].removeprefix(service.base).strip("/").partition("/")
        self.kind = next((k for k in TYPES.values() if k.endpoint[1:].lower() == endpoint.lower()), None)
        if not self.kind:
            raise Refused(404)
        if (self.method == "POST") == bool(self.target):
            raise Refused(405)
        if self.method == "POST" and not self.bulk_id:
            raise bad
        if self.method == "DELETE":
            return
        data = body.get("data")
        if self.method == "PATCH":  # its wrapping may be left out
            data = {"Operations": data} if isinstance(data, list) else data
            data = {"schemas": [PATCH_OP], **data} if isinstance(data, dict) else data
        if not isinstance(data, dict):
            raise bad
        self.data = data

    def names(self):
        """The bulkIds that it refers to, in the order in which they stand; what is wrong by itself needs nothing."""
        if self.error:
            return []
        found = [self.target] if self.target else []
        if self.method == "PATCH" and self.data:
            for operation in self.data.get("Operations", []):
                path, value = operation.get("path") or "", operation.get("value")
                found += re.findall(r'"(bulkId:[^"]*)"', path)
                found += self.named(path, value) if path else self.within(value)
        elif self.data:
            found += self.within(self.data)
        return [x.removeprefix("bulkId:") for x in found if x.startswith("bulkId:")]

    def within(self, value):
        return [s for name, v in value.items() for s in self.named(name, v)] if isinstance(value, dict) else []

    def named(self, name, value):
        """What stands under a name: of what no schema has, is read-only or a password, nothing is looked at."""
        key = name.partition("[")[0].strip().lower()
        attribute = self.kind.lists[None].get(key.partition(".")[0])
        if attribute:
            return strings(value) if attribute.mutability not in ("readOnly", "writeOnly") else []
        return strings(value) if key.startswith("urn:") else []


def strings(value):
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [s for v in inner for s in strings(v)]


def replaced(value, ids):
    """value with ids in the place of what refers to them."""
    if isinstance(value, dict):
        return {name: replaced(v, ids) for name, v in value.items()}
    if isinstance(value, list):
        return [replaced(v, ids) for v in value]
    if not isinstance(value, str):
        return value
    if value.startswith("bulkId:"):
        return ids.get(value.removeprefix("bulkId:"), value)
    return re.sub(r'"bulkId:([^"]*)"', lambda m: '"%s"' % ids.get(m.group(1), m.group(0)), value)


def read(service, body):
    """(operations, failOnErrors)."""
    bad = Refused(400, "invalidSyntax")
    check_names(body)
    if REQUEST.lower() not in [urn.lower() for urn in body.get("schemas", [])]:
        raise bad
    most = body.get("failOnErrors")
    if not body.get("Operations"):
        raise bad
    if len(body["Operations"]) > OPERATIONS_MAX:
        raise Refused(413)
    if most is not None and (not isinstance(most, int) or most < 1):
        raise bad
    operations = [Operation(service, o) for o in body["Operations"]]
    posts = {}
    for o in operations:
        if o.method == "POST" and o.bulk_id:
            posts.setdefault(o.bulk_id, []).append(o)
    for same in posts.values():
        for o in same if len(same) > 1 else []:
            o.error = o.error or Refused(409)
    for o in operations:
        for name in o.names():
            if name in posts:
                o.references.append(posts[name][0])
            else:
                o.error = o.error or Refused(409)
    return operations, most


def reached(operation):
    """All that it refers to, at any distance."""
    found, left = [], list(operation.references)
    while left:
        o = left.pop()
        if o not in found:
            found.append(o)
            left += o.references
    return found


def in_order(operations):
    """Circles (lists of operations) in the order in which they are done; most are of one operation."""
    done = []

    def put(o):
        if any(o in circle for circle in done):
            return
        circle = [x for x in operations if x is o or (x in reached(o) and o in reached(x))]
        for member in sorted(circle, key=lambda x: x is not o):
            for other in member.references:
                if other not in circle:
                    put(other)
        if any(x.kind and x.kind.name == "Group" and x in reached(x) for x in circle):
            for x in circle:
                x.error = x.error or Refused(409)
        done.append(circle)

    for o in operations:
        put(o)
    return done


def run(service, body, made):
    """The results, in the order of the request. made(place): the id that the server gave to what the POST made."""
    operations, most = read(service, body)
    for place, o in enumerate(operations):
        o.id = made(place)
    errors = 0
    for circle in in_order(operations):
        if most is not None and errors >= most:
            break
        do_circle(service, circle)
        errors += sum(o.error is not None for o in circle)
    return {"schemas": [RESPONSE], "Operations": [result(service, o) for o in operations if o.begun]}


def do_circle(service, circle):
    for o in circle:
        o.begun = True
    if any(o.error for o in circle):
        broken = True
    else:
        broken = False
        for o in circle:
            if any(x.error for x in o.references):
                o.error = Refused(409)
            else:
                do(service, o)
            if o.error:
                broken = True
                break
    for o in circle if broken else []:
        if o.error:
            continue
        if o.answer:  # it was made, but names one that could not be
            service.handle({"method": "DELETE", "kind": o.kind.name, "id": o.id})
            o.answer = None
        o.error = Refused(409)


def do(service, o):
    ids = {x.bulk_id: x.id for x in o.references}
    request = {"method": o.method, "kind": o.kind.name, "id": replaced(o.target, ids) or None}
    o.target = request["id"]
    if o.data is not None:
        request["body"] = replaced(o.data, ids)
    if o.version and o.method != "POST":
        request["if_match"] = o.version
    answer = service.handle(request, iter([o.id]))
    if answer.status >= 400:
        o.error = Refused(answer.status, answer.scim_type)
    else:
        o.answer = answer
        if o.method == "POST":
            o.id = answer.body["id"]
        elif o.method != "DELETE":
            o.id = service.find(o.kind.name, request["id"]).id


def result(service, o):
    found = {"status": str(o.error.status if o.error else o.answer.status)}
    if isinstance(o.method_text, str):
        found["method"] = o.method or o.method_text
    if o.bulk_id:
        found["bulkId"] = o.bulk_id
    if o.error:
        found["response"] = o.error
    elif o.method != "DELETE":
        found["version"] = o.answer.etag
    if o.kind and not (o.method == "POST" and o.error):
        id = o.target if o.error or o.method == "DELETE" else o.id
        found["location"] = ANY if "bulkId:" in id else service.base + o.kind.endpoint + "/" + id
    return found
