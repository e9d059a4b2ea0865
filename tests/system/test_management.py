#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The management API: an account's own staff reads and changes what the operator does by rosterctl, with the same effect and the
same refusals, and nobody reaches another account. Every answer is held against doc/openapi.json.
"""

import json
import os
import re
import time

from console import Admin, link, secret_of
from lib import Client, events, group, is_error, main, tap, user
from stack import TOP, Stack

NOBODY = "00000000-0000-4000-8000-000000000000"


class Contract:
    """doc/openapi.json: what every answer is held against."""

    KEYWORDS = {"type", "properties", "required", "items", "enum", "additionalProperties", "$ref", "oneOf", "description", "format", "default"}
    TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}

    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            self.doc = json.load(f)
        self.answered = set()
        self.operations = {(method.upper(), path): o for path, methods in self.doc["paths"].items() for method, o in methods.items()}

    @staticmethod
    def scope(operation):
        """The scope that a token must have; "operate": a token of the operator's own; None: it needs no token; "session": none opens it."""
        if not operation["security"]:
            return None
        if "session" in operation["security"][0]:
            return "session"
        return operation["security"][0].get("token", ["operate"])[0]

    def resolve(self, value):
        while "$ref" in value:
            target = self.doc
            for name in value["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            value = target
        return value

    def is_type(self, value, name):
        if name == "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        return isinstance(value, self.TYPES[name])

    def faults(self, schema, value, where="it"):
        """What is wrong with a value, as a list of sentences."""
        if set(schema) - self.KEYWORDS:
            return [f"{where}: the keywords {set(schema) - self.KEYWORDS} are not known"]
        schema = self.resolve(schema)
        if "oneOf" in schema:
            fitting = [s for s in schema["oneOf"] if not self.faults(s, value, where)]
            return [] if len(fitting) == 1 else [f"{where} fits {len(fitting)} of oneOf: {value!r:.200}"]
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        if types and not any(self.is_type(value, t) for t in types):
            return [f"{where} is no {types}: {value!r:.200}"]
        if "enum" in schema and value not in schema["enum"]:
            return [f"{where} is none of {schema['enum']}: {value!r:.200}"]
        found = []
        if isinstance(value, list) and "items" in schema:
            found += [f for i, v in enumerate(value) for f in self.faults(schema["items"], v, f"{where}[{i}]")]
        if isinstance(value, dict):
            found += [f"{where} lacks {name}" for name in schema.get("required", []) if name not in value]
            for name, v in value.items():
                other = schema.get("additionalProperties", True)
                if name in schema.get("properties", {}):
                    found += self.faults(schema["properties"][name], v, f"{where}.{name}")
                elif isinstance(other, dict):
                    found += self.faults(other, v, f"{where}.{name}")
                elif not other:
                    found.append(f"{where} has {name}, which is not described")
        return found

    def find(self, method, path):
        """The template and its operation."""
        parts = path.split("?")[0].split("/")
        for (m, template), operation in self.operations.items():
            wanted = template.split("/")
            if m == method and len(wanted) == len(parts) and all(w[:1] == "{" or w == p for w, p in zip(wanted, parts)):
                return template, operation
        return None, None

    def check(self, method, path, body, answer):
        """What an exchange has that the file does not say."""
        template, o = self.find(method, path)
        if o is None:
            return [f"{method} {path} is not described"]
        known = {p["name"] for p in o.get("parameters", []) if p["in"] == "query"}
        asked = {p.split("=")[0] for p in path.partition("?")[2].split("&") if p}
        found = [f"{method} {template}: the parameter {name} is not described" for name in asked - known]
        if answer.status >= 400:
            by_session = {"session": []} in o["security"]
            codes = o["x-codes"] + self.doc["x-codes"] + (self.doc["x-session-codes"] if by_session else []) + (self.doc["x-body-codes"] if "requestBody" in o else [])
            if answer.code not in codes:
                found.append(f"{method} {template}: the code {answer.code} is not described")
            said = self.resolve(o["responses"]["default"])
        else:
            self.answered.add((method, template))
            said = o["responses"].get(str(answer.status))
            if body is not None:
                found += self.faults(o["requestBody"]["content"]["application/json"]["schema"], body, "the body")
        if said is None:
            return found + [f"{method} {template}: {answer.status} is not described"]
        if (answer.header("Location") is not None) != ("Location" in said.get("headers", {})):
            found.append(f"{method} {template}: Location: {answer.header('Location')}")
        if "content" not in said:
            return found + ([] if answer.body == b"" else [f"{method} {template}: a body is not described"])
        if answer.type not in said["content"]:
            return found + [f"{method} {template}: {answer.type} is not described"]
        return found + self.faults(said["content"][answer.type]["schema"], answer.json)


class Staff:
    """Somebody who manages an account."""

    def __init__(self, stack, account, contract, scopes=("manage",), name="staff"):
        self.stack, self.account, self.contract = stack, account, contract
        self.client = Client(stack.port, stack.token(account, name, scopes), base="/api/v1", keep=True)

    def send(self, method, path, body=None, **more):
        answer = self.client.request(method, path, body, **more)
        faults = self.contract.check(method, "/api/v1" + path, body, answer)
        if faults:
            tap.ok(False, f"{method} {path} is as described", *faults)
        return answer

    def ask(self, method, path, body=None, status=200):
        answer = self.send(method, path, body)
        tap.ok(answer.status == status, f"{method} {path}: {status}", answer)
        return answer.json

    def refused(self, method, path, body, status, code, *words):
        answer = self.send(method, path, body)
        fine = is_error(answer, status) == "" and answer.code == code and all(w in answer.json["detail"] for w in words)
        return tap.ok(fine, f"{method} {path} {json.dumps(body)[:60]}: {code}", answer)

    def ctl(self, *words):
        return json.loads(self.stack.ctl(*words, "--json").stdout)


class Operator(Staff):
    """Somebody with a token of the operator's own."""

    def __init__(self, stack, contract, name="back office"):
        self.stack, self.contract = stack, contract
        self.client = Client(stack.port, stack.ctl("operator-token", "add", "--name", name).stdout.strip(), base="/api/v1", keep=True)


def described(contract):
    """The file has every address that the server has below /api/v1, and no other; and says of itself only what is true."""
    with open(os.path.join(TOP, "src/api/routes.c"), encoding="utf-8") as f:
        rows = re.findall(r'^    \{"(/api/[^"]+)", HTTP_(\w+), ([\w |]+), (?:SCOPE_)?(\w+),', f.read(), flags=re.M)
    scope = {"SCIM": "scim", "EVENTS_READ": "events:read", "AUTHENTICATE": "authenticate", "MANAGE": "manage", "OPERATE": "operate", "0": None}
    served = {(method, path): ("session" if "ROUTE_SESSION" in flags else scope[word], "ROUTE_BODY" in flags) for path, method, flags, word in rows}
    said = {key: (contract.scope(o), "requestBody" in o) for key, o in contract.operations.items()}
    tap.equal(said, served, "the file has what the server has, with scopes and bodies")
    names = [o["operationId"] for o in contract.operations.values()]
    tap.equal(len(names), len(set(names)), "operations have names of their own")
    for (method, path), o in contract.operations.items():
        in_path = {p["name"] for p in o.get("parameters", []) if p["in"] == "path"}
        tap.equal(in_path, set(re.findall(r"\{(\w+)\}", path)), f"{method} {path}: the parameters in the path")
    with open(os.path.join(TOP, "include/roster/errors.def"), encoding="utf-8") as f:
        codes = set(re.findall(r"^ERROR\((\w+)", f.read(), flags=re.M))
    named = set(contract.doc["x-codes"] + contract.doc["x-body-codes"]).union(*(o["x-codes"] for o in contract.operations.values()))
    tap.equal(named - codes, set(), "the codes are of the catalogue")
    for ref in set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(contract.doc))):
        tap.ok(contract.resolve({"$ref": ref}), f"{ref} leads somewhere")
    bad = contract.faults({"$ref": "#/components/schemas/Role"}, {"id": 1, "name": "x", "base": "boss", "more": 1})
    tap.equal(len(bad), 5, "a wrong answer would be noticed", *bad)


def scopes(stack, contract):
    """Whoever lacks the scope is refused, whatever else he has, and so is who has no token."""
    words = ("scim", "events:read", "authenticate", "manage")
    without = {w: Staff(stack, "acme", contract, [s for s in words if s != w], f"without {w}") for w in words[1:]}
    everything = Staff(stack, "acme", contract, words, "everything")
    nobody, operator = Staff(stack, "acme", contract, name="nobody"), Operator(stack, contract, "another")
    nobody.client.token = None
    for (method, template), o in contract.operations.items():
        path = template.removeprefix("/api/v1").replace("{id}", NOBODY).replace("{slug}", "acme").replace("{seq}", "1")
        body = {} if "requestBody" in o else None
        if contract.scope(o) is None:
            continue
        if contract.scope(o) == "operate":
            everything.refused(method, path, body, 403, "AUTH_SCOPE", "operator")
        elif contract.scope(o) == "session":
            everything.refused(method, path, body, 401, "SESSION_MISSING")
            nobody.refused(method, path, body, 401, "SESSION_MISSING")
            continue
        else:
            without[contract.scope(o)].refused(method, path, body, 403, "AUTH_SCOPE", contract.scope(o))
            operator.refused(method, path, body, 401, "AUTH_INVALID")
        nobody.refused(method, path, body, 401, "AUTH_MISSING")


def bodies(staff):
    """What every request with a body refuses."""
    for (method, template), o in staff.contract.operations.items():
        if "requestBody" not in o or staff.contract.scope(o) != "manage":
            continue
        path = template.removeprefix("/api/v1").replace("{id}", NOBODY)
        for body, status, code in ((b"{", 400, "JSON_MALFORMED"), (b"[]", 400, "BODY_NOT_OBJECT"), (b"", 400, "BODY_MISSING"),
                                   (b'{"name":"x","Name":"y"}', 400, "JSON_DUPLICATE_NAME")):
            answer = staff.send(method, path, body)
            tap.ok(is_error(answer, status) == "" and answer.code == code, f"{method} {path} {body}: {code}", answer)
        answer = staff.send(method, path, b"name=x", headers={"Content-Type": "application/x-www-form-urlencoded"})
        tap.ok(is_error(answer, 415) == "" and answer.code == "MEDIA_TYPE", f"{method} {path}: a form", answer)


def others(stack, contract, client, ana, team):
    """What other tests are about is as described, too."""
    app = Staff(stack, "acme", contract, ("events:read", "authenticate", "manage"), "app")
    after = 0
    while after is not None:
        page = app.ask("GET", f"/events?after={after}&limit=10")
        after = page["last"] if page["events"] else None
    app.refused("GET", "/events?after=x", None, 400, "PARAMETER_INVALID")
    app.ask("PATCH", "/policy", {"passwords": "on"})
    who = client.post("/Users", user("log", password="correct horse battery")).json["id"]
    for password, fine in (("correct horse battery", True), ("wrong", False)):
        tap.equal(app.ask("POST", "/authenticate", {"userName": "log@example.com", "password": password})["authenticated"], fine, "a login")
    app.refused("POST", "/authenticate", {}, 400, "MEMBER_REQUIRED")
    for address, fine in (("log@example.com", True), ("ghost@example.com", False), ("off@example.com", False)):
        tap.equal(app.ask("POST", "/sso/match", {"email": address})["matched"], fine, f"the login of {address}")
    app.refused("POST", "/sso/match", {}, 400, "MEMBER_REQUIRED")
    client.post("/Users", user("odd", emails=[]))
    tap.equal(len(app.ask("GET", "/sso/mismatches")["users"]), 1, "a mismatch")
    app.refused("GET", "/sso/mismatches?after=x", None, 400, "PARAMETER_INVALID")
    client.delete("/Users/" + who)
    for _ in range(2):
        tap.ok(app.ask("GET", "/deleted-users?limit=1")["users"], "a deleted user")
    app.ask("POST", f"/deleted-users/{who}/restore")
    app.refused("POST", f"/deleted-users/{who}/restore", None, 404, "FORMER_UNKNOWN")
    client.delete("/Users/" + who)
    app.ask("DELETE", f"/deleted-users/{who}", None, 204)
    app.refused("DELETE", f"/deleted-users/{who}", None, 404, "FORMER_UNKNOWN")
    app.refused("GET", "/deleted-users?after=x", None, 400, "PARAMETER_INVALID")
    app.refused("POST", f"/teams/{team}/restore", None, 404, "FORMER_UNKNOWN")
    before = {m["id"] for m in app.ask("GET", f"/teams/{team}")["members"]}
    client.post("/Groups", group("Förderung", [ana, who := client.post("/Users", user("newcomer")).json["id"]]))
    got = app.ask("GET", f"/teams/{team}")
    tap.equal((got["count"], {k: v for k, v in got["former"].items() if k != "time"}), (2, {"members": 6, "added": 5, "removed": 1}), "what restoring it would do")
    app.ask("POST", f"/teams/{team}/restore")
    got, mine = app.ask("GET", f"/teams/{team}"), {t["name"]: t["id"] for t in app.ask("GET", "/tokens")["tokens"]}["app"]
    tap.equal({m["id"] for m in got["members"]}, before, "is what it did")
    tap.equal({m["id"]: m["added"]["id"] == mine for m in got["members"]}, {m: m != ana for m in before}, "who came back was added by who restored it")
    tap.equal((got["count"], {k: v for k, v in got["former"].items() if k != "time"}), (6, {"members": 2, "added": 1, "removed": 5}), "and it can be undone")
    client.delete("/Users/" + who)


def log(staff, client):
    client.post("/Users", {"schemas": []})
    page = staff.ask("GET", "/log?limit=5")
    tap.ok(len(page["entries"]) == 5 and page["last"] == page["newest"], "the newest entries of the sync log", page)
    page = staff.ask("GET", "/log?after=0&failed=true&code=schemas_missing")
    tap.ok(page["entries"] and all(e["code"] == "SCHEMAS_MISSING" for e in page["entries"]), "those that failed", page)
    staff.refused("GET", "/log?failed=maybe", None, 400, "PARAMETER_INVALID", "failed")
    page = staff.ask("GET", "/log?before=0&limit=5")
    tap.ok(len(page["entries"]) == 5 and page["next"] == page["entries"][-1]["seq"], "the newest first", page)
    tap.equal(staff.ask("GET", f"/log/{page['next']}"), page["entries"][-1], "one of them")
    staff.ask("GET", "/log?before=0&limit=5&method=POST&status=400&client=Okta&q=x&from=2026-01-01T00:00:00Z&to=2999-01-01T00:00:00Z&token=" + NOBODY)
    staff.refused("GET", "/log/999999", None, 404, "LOG_ENTRY_UNKNOWN", "999999")
    tap.equal(staff.ask("GET", "/overview")["state"], "active", "the overview")
    tap.ok(any(r["code"] == "SCHEMAS_MISSING" for r in staff.ask("GET", "/refusals")["refusals"]), "the refusals")
    known = {e["code"] for e in staff.ask("GET", "/errors")["errors"]}
    tap.ok({c for o in staff.contract.operations.values() for c in o["x-codes"]} <= known, "the catalogue has what the file names")
    tap.equal(staff.ask("GET", "/errors/last_admin")["code"], "LAST_ADMIN", "one of them")
    staff.refused("GET", "/errors/NONE", None, 404, "CODE_UNKNOWN")


def trials(staff, team, ana):
    before = staff.ask("GET", "/account")
    viewer, guest = {"id": "viewer", "name": "Viewer", "base": "viewer"}, {"id": "guest", "name": "Guest", "base": "guest"}
    member = {"id": "member", "name": "Member", "base": "member"}
    for body, kind, why in (({"user": ana}, {"id": "admin", "name": "Admin", "base": "admin"}, "userType is admin"),
                            ({}, member, "nothing names a type: it is the account's default_type"), ({"userType": None, "roles": None, "teams": None}, member, None),
                            ({"userType": "Guest", "teams": [team]}, guest, "userType is Guest"), ({"roles": ["guest", {"value": "viewer"}]}, viewer, "a value of roles is viewer"),
                            ({"entitlements": ["guest"], "teams": [team]}, guest, "a value of entitlements is guest"),
                            ({"teams": [team]}, viewer, "nothing names a type, and the members of Förderung are viewer by rule 1")):
        got = staff.ask("POST", "/rules/try", body)
        tap.equal((got["type"], got["why"]), (kind, why or got["why"]), f"{body} would be {kind['id']}")
    role = staff.ask("POST", "/roles", {"name": "Reader", "base": "viewer"}, 201)
    tap.equal(staff.ask("POST", "/rules/try", {"roles": [role["id"]]})["type"], {k: role[k] for k in ("id", "name", "base")}, "a custom role")
    staff.ask("DELETE", f"/roles/{role['id']}?successor=guest", None, 204)
    for body, status, code in (({"userType": "boss"}, 400, "TYPE_UNKNOWN"), ({"userType": role["id"]}, 400, "ROLE_DELETED"), ({"teams": [NOBODY]}, 404, "RESOURCE_NOT_FOUND"),
                               ({"teams": [ana]}, 404, "RESOURCE_NOT_FOUND"), ({"user": NOBODY}, 404, "RESOURCE_NOT_FOUND"), ({"user": "ana@example.com"}, 404, "RESOURCE_NOT_FOUND"),
                               ({"user": 1}, 400, "BODY_MEMBER_INVALID"), ({"user": ana, "teams": []}, 400, "BODY_MEMBER_INVALID"), ({"teams": team}, 400, "BODY_MEMBER_INVALID"),
                               ({"teams": [None]}, 400, "BODY_MEMBER_INVALID"), ({"teams": [team] * 1001}, 400, "BODY_MEMBER_INVALID"), ({"userType": ["guest"]}, 400, "ATTRIBUTE_TYPE"),
                               ({"roles": "guest"}, 400, "ATTRIBUTE_TYPE"), ({"roles": [{"value": "guest", "primary": True}] * 2}, 400, "PRIMARY_TWICE"),
                               ({"userName": "x"}, 400, "BODY_MEMBER_UNKNOWN")):
        staff.refused("POST", "/rules/try", body, status, code)
    tap.equal(staff.ask("GET", "/account"), before, "nothing has changed")


def rules(staff, team, ana):
    tap.equal(staff.ask("GET", "/rules"), {"rules": []}, "there are no rules")
    got = staff.ask("POST", "/rules", {"team": team, "role": "Viewer"})
    tap.equal(got, {"rules": [{"rule": 1, "team": team, "displayName": "Förderung", "role": "viewer"}]}, "a rule")
    tap.equal(staff.ctl("rule", "list", "acme"), got["rules"][0], "rosterctl says so, too")
    trials(staff, team, ana)
    for body, status, code in (({"team": team, "role": "guest"}, 409, "RULE_TEAM"), ({"team": ana, "role": "guest"}, 404, "RESOURCE_NOT_FOUND"),
                               ({"team": NOBODY, "role": "guest"}, 404, "RESOURCE_NOT_FOUND"), ({"role": "boss"}, 400, "TYPE_UNKNOWN"), ({"team": team}, 400, "MEMBER_REQUIRED"),
                               ({"team": team, "role": "guest", "more": 1}, 400, "BODY_MEMBER_UNKNOWN")):
        staff.refused("POST", "/rules", body, status, code)
    for before in ("9", "-1"):
        other = staff.ask("GET", "/teams?q=sales")["teams"][0]["id"]
        staff.refused("POST", "/rules?before=" + before, {"team": other, "role": "guest"}, 404, "RULE_UNKNOWN", f"rule {before}.")
    staff.refused("POST", "/rules", {"team": [team], "role": "guest"}, 400, "BODY_MEMBER_INVALID", "team", "a text")
    for which in ("1", "x", "everybody", NOBODY):
        staff.refused("DELETE", "/rules/" + which, None, 404, "RULE_UNKNOWN")
    staff.ask("DELETE", "/rules/" + team, None, 204)
    staff.refused("DELETE", "/rules/" + team, None, 404, "RULE_UNKNOWN")
    got = staff.ask("POST", "/rules", {"role": "guest"})
    tap.equal(got, {"rules": [{"rule": 1, "team": None, "displayName": None, "role": "guest"}]}, "a rule for everybody")
    staff.ask("DELETE", "/rules/everybody", None, 204)
    tap.equal(staff.ask("GET", "/rules"), {"rules": []}, "it is gone")


def account(staff):
    got = staff.ask("GET", "/account")
    tap.equal({k: v for k, v in got.items() if k != "created"},
              {"slug": "acme", "name": "acme", "status": "active", "preset": "workspace", "users": 3, "active": 2, "teams": 1}, "the account")
    tap.equal(staff.ask("PATCH", "/account", {"name": "Acme & Söhne"})["name"], "Acme & Söhne", "another name")
    tap.equal(staff.ctl("account", "show", "acme")["name"], "Acme & Söhne", "rosterctl says so, too")
    for body, code, *words in (({"name": ""}, "SETTING_VALUE", "name"), ({"name": "x" * 201}, "SETTING_VALUE"),
                               ({"status": "gone"}, "SETTING_VALUE", "active|suspended"), ({"name": 1}, "MEMBER_REQUIRED", "name"),
                               ({"name": None}, "MEMBER_REQUIRED"), ({"slug": "other"}, "BODY_MEMBER_UNKNOWN", "slug", "name, status"),
                               ({"Name": "x"}, "BODY_MEMBER_UNKNOWN"), ([], "BODY_NOT_OBJECT"),
                               ({"name": "New", "status": "gone"}, "SETTING_VALUE")):
        staff.refused("PATCH", "/account", body, 400, code, *words)
    tap.equal(staff.ask("PATCH", "/account", {})["name"], "Acme & Söhne", "refused changes leave nothing")


def policy(staff, client):
    got = staff.ask("GET", "/policy")
    tap.equal((got["preset"], got["settings"]["seat_limit"]["value"], got["settings"]["seat_limit"]["allowed"]),
              ("workspace", "none", ["none", "0..1000000000"]), "a setting")
    told = staff.ctl("account", "show", "acme")["policy"]
    tap.equal({k: v["value"] for k, v in got["settings"].items()} | {"preset": got["preset"]}, told, "all of rosterctl's, with their values")
    got = staff.ask("PATCH", "/policy", {"seat_limit": 2, "default_type": "viewer", "email_case": None})["settings"]
    tap.equal([got[k]["value"] for k in ("seat_limit", "default_type", "email_case")], ["2", "viewer", "lower"], "numbers, words and null")
    for body, code, *words in (({"seat_limit": "many"}, "SETTING_VALUE", "seat_limit", "many"), ({"seat_limit": -1}, "SETTING_VALUE"),
                               ({"seat_limits": 1}, "SETTING_UNKNOWN", "seat_limits"), ({"name": "x"}, "SETTING_UNKNOWN"),
                               ({"seat_limit": 2.5}, "BODY_MEMBER_INVALID", "seat_limit"), ({"passwords": True}, "BODY_MEMBER_INVALID"),
                               ({"preset": "lax"}, "SETTING_VALUE", "workspace, rfc"), ({"preset": None}, "SETTING_VALUE"),
                               ({"default_type": "guest", "seat_limit": "x"}, "SETTING_VALUE")):
        staff.refused("PATCH", "/policy", body, 400, code, *words)
    tap.equal(staff.ask("GET", "/policy")["settings"]["default_type"]["value"], "viewer", "refused changes leave nothing")
    staff.ask("PATCH", "/policy", {"default_type": None})
    answer = client.post("/Users", user("third"))
    tap.equal((answer.status, answer.code), (403, "SEATS_EXCEEDED"), "SCIM obeys at once")
    tap.equal(staff.ask("GET", "/seats"), {"used": 2, "limit": 2, "admin": 1, "member": 1, "viewer": 0, "guest": 0, "overflowed": 0}, "the seats")
    tap.equal(staff.ask("GET", "/seats"), staff.ctl("seat", "show", "acme"), "as rosterctl shows them")
    got = staff.ask("PATCH", "/policy", {"seat_grace": 3, "preset": "rfc"})
    tap.equal((got["preset"], got["settings"]["seat_grace"]["value"], got["settings"]["seat_limit"]["value"]), ("rfc", "3", "none"),
              "a preset sets all, whatever comes in front of it")
    staff.ask("PATCH", "/policy", {"preset": "workspace"})


def roles(staff, client, events_token):
    seen = events(staff.stack.port, events_token)[-1]["seq"]
    role = staff.ask("POST", "/roles", {"name": "Contractor", "base": "guest"}, 201)
    tap.equal((role["name"], role["base"], role["custom"], role["users"]), ("Contractor", "guest", True, 0), "a role is made")
    answer = staff.send("POST", "/roles", {"name": "Helper"})
    tap.ok(answer.json["base"] == "member" and answer.header("Location").endswith("/api/v1/roles/" + answer.json["id"]), "of members where nothing is said",
           answer)
    listed = staff.ask("GET", "/roles")["roles"]
    lines = staff.stack.ctl("role", "list", "acme", "--json").stdout.splitlines()
    tap.equal((len(listed), listed), (6, [json.loads(line) for line in lines]), "the list is rosterctl's")
    tap.equal(staff.ask("PATCH", "/roles/" + role["id"], {"name": "Freelancer"}), dict(role, name="Freelancer"), "another name")
    for method, path, body, status, code in (
            ("POST", "/roles", {"name": "freelancer"}, 409, "ROLE_NAME_TAKEN"), ("POST", "/roles", {"name": "X", "base": "admin"}, 400, "ROLE_BASE"),
            ("POST", "/roles", {"name": "\u0007"}, 400, "ROLE_NAME"), ("POST", "/roles", {}, 400, "MEMBER_REQUIRED"),
            ("POST", "/roles", {"name": "X", "seat": 1}, 400, "BODY_MEMBER_UNKNOWN"), ("PATCH", "/roles/guest", {"name": "X"}, 409, "ROLE_IS_BASE"),
            ("PATCH", "/roles/Freelancer", {"name": "X"}, 404, "ROLE_UNKNOWN"), ("PATCH", "/roles/r-abcdefgh", {"name": "X"}, 404, "ROLE_UNKNOWN"),
            ("PATCH", "/roles/" + role["id"], {"base": "viewer"}, 400, "BODY_MEMBER_UNKNOWN"),
            ("DELETE", "/roles/" + role["id"], None, 400, "ROLE_SUCCESSOR"), ("DELETE", "/roles/" + role["id"] + "?successor=admin", None, 400, "ROLE_SUCCESSOR"),
            ("DELETE", "/roles/" + role["id"] + "?successor=Helper", None, 400, "ROLE_SUCCESSOR"),
            ("DELETE", "/roles/guest?successor=member", None, 409, "ROLE_IS_BASE"), ("DELETE", "/roles/r-abcdefgh?successor=member", None, 404, "ROLE_UNKNOWN")):
        staff.refused(method, path, body, status, code)
    def users():
        return {r["name"]: r["users"] for r in staff.ask("GET", "/roles")["roles"]}

    tap.equal(users(), {"Admin": 1, "Member": 2, "Viewer": 0, "Guest": 0, "Freelancer": 0, "Helper": 0}, "how many have each, who is not active, too")
    cara = client.post("/Users", user("cara", userType=role["id"], active=False)).json["id"]
    tap.equal(staff.ask("PATCH", "/roles/" + role["id"], {"name": "Freelancer"})["users"], 1, "and one of them")
    staff.ask("DELETE", "/roles/" + role["id"] + "?successor=viewer", None, 204)
    tap.equal(users(), {"Admin": 1, "Member": 2, "Viewer": 1, "Guest": 0, "Helper": 0}, "a removed one's users are its successor's")
    tap.equal(json.loads(staff.stack.ctl("user", "show", "acme", cara).stdout)["type"]["id"], "viewer", "its users have the successor")
    got = [e["type"] for e in events(staff.stack.port, events_token, seen)]
    tap.equal(got, ["role.created", "role.created", "role.renamed", "user.created", "role.removed"], "the events are those of the commands")
    client.delete("/Users/" + cara)


def noted(staff, token):
    """A token as the list has it when a use of it was noted, which is after the answer."""
    for _ in range(100):
        listed = {t["id"]: t for t in staff.ask("GET", "/tokens")["tokens"]}
        if listed[token]["last_used"]:
            break
        time.sleep(0.05)
    return listed[token]


def tokens(staff, client, ana):
    answer = staff.send("POST", "/tokens", {"name": "okta 2", "scopes": "scim events:read", "expires": 30, "user": ana})
    token = answer.json
    tap.ok(answer.status == 201 and answer.header("Location").endswith("/api/v1/tokens/" + token["id"]), "a token is made", answer)
    tap.equal((token["name"], token["state"], token["scopes"], token["user"]), ("okta 2", "live", "scim events:read", ana), "as it was wished")
    tap.equal([token[k] for k in ("last_used", "last_address", "last_agent")], [None, None, None], "and was never used")
    other = Client(staff.stack.port, token["secret"])
    first = other.get("/Users?count=0", headers={"User-Agent": "Okta SCIM/1.0 \xfc <b>" + "x" * 300})
    used = noted(staff, token["id"])
    tap.equal((first.status, used["last_address"], used["last_agent"]), (200, "127.0.0.1", "Okta SCIM/1.0 ? <b>" + "x" * 181), "it tells who used it last")
    lost = staff.ask("POST", "/tokens", {"name": "lost"}, 201)
    first = Client(staff.stack.port, lost["secret"]).get("/Nope")
    tap.equal((first.status, noted(staff, lost["id"])["last_address"]), (404, "127.0.0.1"), "also where there is nothing at the path")
    tap.equal((other.get("/Users?count=0").status, other.get("/Me").status), (200, 308), "and works")
    plain = staff.ask("POST", "/tokens", {"name": "plain"}, 201)
    tap.equal((plain["scopes"], plain["expires"], plain["user"]), ("scim", None, None), "where nothing is said")
    wide = staff.ask("POST", "/tokens", {"name": "wide", "scopes": "scim events:read authenticate manage", "expires": "2099-01-01"}, 201)
    tap.equal(wide["expires"], "2099-01-01T00:00:00.000Z", "who manages gives every scope")

    listed = staff.ask("GET", "/tokens")
    lines = [json.loads(line) for line in staff.stack.ctl("token", "list", "acme", "--json").stdout.splitlines()]

    def still(tokens):
        return sorted(({k: v for k, v in t.items() if not k.startswith("last_")} for t in tokens), key=lambda t: t["id"])

    tap.equal(still(listed["tokens"]), still(lines), "the list is rosterctl's")
    tap.equal([t for t in lines if t["id"] == token["id"]], [used], "with the last use")
    text = json.dumps(listed)
    tap.ok(token["secret"] not in text and "secret" not in text and listed["next"] is None, "without secrets")
    after, seen = "", []
    while after is not None and len(seen) < 20:
        page = staff.ask("GET", "/tokens?limit=2" + (f"&after={after}" if after else ""))
        seen, after = seen + page["tokens"], page["next"]
    tap.equal(still(seen), still(lines), "page by page")

    for body, status, code in (({}, 400, "MEMBER_REQUIRED"), ({"name": ""}, 400, "TOKEN_NAME"), ({"name": "plain"}, 400, "TOKEN_NAME"),
                               ({"name": "x", "scopes": "scim root"}, 400, "BODY_MEMBER_INVALID"), ({"name": "x", "scopes": ""}, 400, "BODY_MEMBER_INVALID"),
                               ({"name": "x", "scopes": ["scim"]}, 400, "BODY_MEMBER_INVALID"), ({"name": "x", "expires": 0}, 400, "BODY_MEMBER_INVALID"),
                               ({"name": "x", "expires": "2001-01-01"}, 400, "BODY_MEMBER_INVALID"), ({"name": "x", "expires": True}, 400, "BODY_MEMBER_INVALID"),
                               ({"name": "x", "expires": "soon"}, 400, "BODY_MEMBER_INVALID"), ({"name": "x", "user": NOBODY}, 404, "RESOURCE_NOT_FOUND"),
                               ({"name": "x", "user": "ana@example.com"}, 404, "RESOURCE_NOT_FOUND"), ({"name": "x", "secret": "y"}, 400, "BODY_MEMBER_UNKNOWN")):
        staff.refused("POST", "/tokens", body, status, code)
    staff.refused("GET", "/tokens?after=x", None, 400, "PARAMETER_INVALID")
    staff.refused("GET", "/tokens?limit=x", None, 400, "PARAMETER_INVALID")
    for which in (NOBODY, "plain"):
        staff.refused("DELETE", "/tokens/" + which, None, 404, "TOKEN_UNKNOWN")
    named = staff.ask("POST", "/tokens", {"name": plain["id"]}, 201)
    staff.ask("DELETE", "/tokens/" + plain["id"], None, 204)
    states = {t["id"]: t["state"] for t in staff.ask("GET", "/tokens")["tokens"]}
    tap.equal((states[plain["id"]], states[named["id"]]), ("revoked", "live"), "an id revokes its token and not one that is called so")
    staff.refused("DELETE", "/tokens/" + plain["id"], None, 404, "TOKEN_UNKNOWN")
    tap.equal(client.get("/Users?count=0").status, 200, "the others live on")


def pages(staff, path, name, limit=2):
    """All entries, page by page."""
    after, seen, sep = "", [], "&" if "?" in path else "?"
    for _ in range(50):
        page = staff.ask("GET", f"{path}{sep}limit={limit}" + (f"&after={after}" if after else ""))
        seen, after = seen + page[name], page["next"]
        if after is None:
            return seen
    return None


def users(staff, client, ana):
    client.patch("/Users/" + ana, [{"op": "replace", "value": {"displayName": "Ana Ñandú"}}])
    everybody = pages(staff, "/users", "users")
    lines = [json.loads(line) for line in staff.stack.ctl("user", "list", "acme", "--json").stdout.splitlines()]
    tap.equal(sorted(u["id"] for u in everybody), sorted(u["id"] for u in lines), "all users, page by page")
    tap.equal([u["id"] for u in everybody], sorted(u["id"] for u in everybody), "in order of id")
    for query, names in (("active=true", ["ana", "ben"]), ("active=false", ["off"]), ("type=admin", ["ana"]), ("type=Member", ["ben", "off"]),
                         ("q=BEN", ["ben"]), ("q=%C3%B1and%C3%BA", ["ana"]), ("q=example.com&active=true&type=member", ["ben"]), ("q=nobody", []),
                         ("type=r-abcdefgh", []), ("q=", ["ana", "ben", "off"])):
        got = pages(staff, "/users?" + query, "users")
        tap.equal(sorted(u["userName"].split("@")[0] for u in got), names, query)
    for query in ("active=yes", "type=boss", "after=x", "limit=x"):
        staff.refused("GET", "/users?" + query, None, 400, "PARAMETER_INVALID", query.split("=")[0])

    got = staff.ask("GET", "/users/" + ana)
    listed = next(u for u in everybody if u["id"] == ana)
    tap.equal({k: got[k] for k in listed}, listed, "one user is as in the list")
    told = json.loads(staff.stack.ctl("user", "show", "acme", ana).stdout)
    tap.equal((got["type"], [t["id"] for t in got["teams"]]), (told["type"], [t["value"] for t in told["groups"]]), "type and teams are rosterctl's")
    tap.equal((got["type"]["why"], got["teams"][0]["displayName"]), ("userType is admin", "Sales"), "and say why")
    tap.equal(got["resource"], {k: v for k, v in told.items() if k not in ("groups", "type")}, "the resource is SCIM's")
    ben = next(u for u in everybody if u["userName"].startswith("ben"))["id"]
    staff.ask("POST", f"/users/{ben}/protect", None, 204)
    answer = client.delete("/Users/" + ben)
    tap.equal((answer.status, answer.code, staff.ask("GET", "/users/" + ben)["type"]["protected"]), (403, "USER_PROTECTED", True), "a protected user")
    staff.ask("POST", f"/users/{ben}/unprotect", None, 204)
    tap.equal(client.delete("/Users/" + ben).status, 204, "is no longer")
    for method, path in (("GET", ""), ("POST", "/protect"), ("POST", "/unprotect")):
        for which in (NOBODY, "ana@example.com", ben):
            staff.refused(method, f"/users/{which}{path}", None, 404, "RESOURCE_NOT_FOUND")


def teams(staff, client, ana):
    many = [client.post("/Users", user(f"m{i}")).json["id"] for i in range(5)]
    team = client.post("/Groups", group("Förderung", [ana, *many])).json["id"]
    tap.equal(sorted((t["displayName"], t["members"]) for t in pages(staff, "/teams", "teams", 1)), [("Förderung", 6), ("Sales", 1)], "all teams, page by page")
    tap.equal([t["id"] for t in staff.ask("GET", "/teams?q=F%C3%96RD")["teams"]], [team], "by a part of the name")
    got = staff.ask("GET", "/teams/" + team)
    scim = {t["name"]: t["id"] for t in staff.ask("GET", "/tokens")["tokens"]}["test"]
    tap.equal((got["count"], got["former"], staff.ask("GET", f"/teams/{team}?limit=2&after={got['members'][1]['id']}")["count"]), (6, None, 6), "it tells how many members it has")
    tap.equal([(m["added"], m["since"]) for m in got["members"]], [({"type": "token", "id": scim}, got["created"])] * 6, "since when each is one, and by whom")
    tap.equal((got["displayName"], got["next"], sorted(m["id"] for m in got["members"])), ("Förderung", None, sorted([ana, *many])), "one team")
    tap.equal(pages(staff, "/teams/" + team, "members"), got["members"], "its members page by page")
    tap.equal({m["id"]: m["displayName"] for m in got["members"]}[ana], "Ana Ñandú", "who have names")
    staff.refused("GET", "/teams/" + NOBODY, None, 404, "RESOURCE_NOT_FOUND")
    staff.refused("GET", f"/teams/{team}?after=x", None, 400, "PARAMETER_INVALID")
    staff.refused("GET", f"/teams/{ana}", None, 404, "RESOURCE_NOT_FOUND")
    return team


def apart(staff, other, ana, team):
    """What one account has is not there for another's staff."""
    role = staff.ask("POST", "/roles", {"name": "Ours"}, 201)["id"]
    token = staff.ask("GET", "/tokens?limit=1")["tokens"][0]["id"]
    other.refused("PATCH", "/roles/" + role, {"name": "X"}, 404, "ROLE_UNKNOWN")
    other.refused("DELETE", f"/roles/{role}?successor=guest", None, 404, "ROLE_UNKNOWN")
    other.refused("DELETE", "/tokens/" + token, None, 404, "TOKEN_UNKNOWN")
    other.refused("POST", "/tokens", {"name": "x", "user": ana}, 404, "RESOURCE_NOT_FOUND")
    for method, path in (("GET", f"/users/{ana}"), ("POST", f"/users/{ana}/protect"), ("POST", f"/users/{ana}/unprotect"), ("GET", f"/teams/{team}")):
        other.refused(method, path, None, 404, "RESOURCE_NOT_FOUND")
    tap.equal((other.ask("GET", "/users")["users"], other.ask("GET", "/teams")["teams"]), ([], []), "another account's users and teams")
    tap.equal(sorted(t["name"] for t in other.ask("GET", "/tokens")["tokens"]), ["staff", "test"], "another account's tokens")


def operator(stack, contract):
    """A back office makes, changes and removes accounts."""
    boss = Operator(stack, contract)
    made = boss.send("POST", "/accounts", {"slug": "new", "name": "New & Co", "policy": {"seat_limit": 3, "preset": "rfc"}})
    tap.ok(made.status == 201 and made.header("Location").endswith("/api/v1/accounts/new"), "an account is made", made)
    tap.equal((made.json["name"], made.json["preset"], made.json["policy"]["settings"]["seat_limit"]["value"]), ("New & Co", "rfc", "3"), "as it was wished")
    tap.equal(boss.ask("GET", "/accounts/new"), made.json, "and is there")
    listed = pages(boss, "/accounts", "accounts", 1)
    lines = [json.loads(line) for line in stack.ctl("account", "list", "--json").stdout.splitlines()]
    tap.equal([(a["slug"], a["number"]) for a in listed], [(a["slug"], a["number"]) for a in lines], "the list is rosterctl's")
    got = boss.ask("PATCH", "/accounts/new", {"name": "Newer", "status": "suspended", "policy": {"seat_limit": None}})
    tap.equal((got["name"], got["status"], got["policy"]["settings"]["seat_limit"]["value"]), ("Newer", "suspended", "none"), "it is changed")
    token = boss.ask("POST", "/accounts/new/tokens", {"name": "theirs", "scopes": "manage scim"}, 201)
    theirs = Client(stack.port, token["secret"], base="/api/v1")
    tap.equal(theirs.get("/account").code, "ACCOUNT_SUSPENDED", "its token is shut out")
    boss.ask("PATCH", "/accounts/new", {"status": "active"})
    tap.equal(boss.ask("GET", "/overviews?q=new&limit=1")["accounts"][0]["slug"], "new", "it is among all accounts")
    tap.equal([p["account"]["slug"] for p in boss.ask("GET", "/people?email=ANA@example.com")["people"]], ["acme"], "somebody in any account")
    boss.refused("GET", "/overviews?after=x", None, 400, "PARAMETER_INVALID")
    boss.refused("GET", "/people", None, 400, "PARAMETER_INVALID", "email")
    for method, path, body, status, code in (
            ("POST", "/accounts", {"slug": "new"}, 409, "ACCOUNT_TAKEN"), ("POST", "/accounts", {"slug": "New"}, 400, "ACCOUNT_NAME"),
            ("POST", "/accounts", {}, 400, "MEMBER_REQUIRED"), ("POST", "/accounts", {"slug": "x", "policy": {"seats": 1}}, 400, "SETTING_UNKNOWN"),
            ("POST", "/accounts", {"slug": "x", "policy": {"seat_limit": -1}}, 400, "SETTING_VALUE"), ("POST", "/accounts", {"slug": "x", "policy": 1}, 400, "BODY_MEMBER_INVALID"),
            ("POST", "/accounts", {"slug": "x", "number": 1}, 400, "BODY_MEMBER_UNKNOWN"), ("GET", "/accounts/x", None, 404, "ACCOUNT_UNKNOWN"),
            ("PATCH", "/accounts/new", {"name": "Nope", "policy": {"seat_limit": "x"}}, 400, "SETTING_VALUE"), ("PATCH", "/accounts/x", {}, 404, "ACCOUNT_UNKNOWN"),
            ("PATCH", "/accounts/new", {"policy": {"name": "x"}}, 400, "SETTING_UNKNOWN"), ("GET", "/accounts/x/tokens", None, 404, "ACCOUNT_UNKNOWN"),
            ("POST", "/accounts/x/tokens", {"name": "x"}, 404, "ACCOUNT_UNKNOWN"), ("POST", "/accounts/new/tokens", {}, 400, "MEMBER_REQUIRED"),
            ("DELETE", f"/accounts/acme/tokens/{token['id']}", None, 404, "TOKEN_UNKNOWN"), ("DELETE", "/accounts/new/tokens/theirs", None, 404, "TOKEN_UNKNOWN"),
            ("GET", "/accounts?after=x", None, 400, "PARAMETER_INVALID"), ("DELETE", "/accounts/new", None, 400, "PARAMETER_INVALID"),
            ("DELETE", "/accounts/new?confirm=acme", None, 400, "PARAMETER_INVALID"), ("DELETE", "/accounts/x?confirm=x", None, 404, "ACCOUNT_UNKNOWN")):
        boss.refused(method, path, body, status, code)
    tap.equal((boss.ask("GET", "/accounts/new")["name"], len(pages(boss, "/accounts", "accounts"))), ("Newer", len(listed)), "refused changes leave nothing")
    tap.equal([t["name"] for t in boss.ask("GET", "/accounts/new/tokens")["tokens"]], ["theirs"], "its tokens")
    for _ in range(100):  # other workers may know for half a second that it was suspended
        if Client(stack.port, token["secret"]).post("/Users", user("gone")).status == 201:
            break
        time.sleep(0.05)
    tap.equal(boss.ask("GET", "/accounts/new")["users"], 1, "its users are counted")
    boss.ask("DELETE", f"/accounts/new/tokens/{token['id']}", None, 204)
    for _ in range(5):
        answer = boss.send("DELETE", "/accounts/new?confirm=new")
        if answer.status != 202:
            break
        boss.refused("POST", "/accounts", {"slug": "new"}, 409, "ACCOUNT_TAKEN")
        tap.ok("removals of accounts that are not finished: new (" in stack.ctl("doctor").stdout, "doctor names what is not finished")
        time.sleep(0.6)
    tap.equal((answer.status, "new" in stack.ctl("account", "list").stdout), (204, False), "it is removed")
    tap.equal(boss.ask("POST", "/accounts", {"slug": "new"}, 201)["users"], 0, "and its name can be given again")

    tap.equal(Client(stack.port, boss.client.token).get("/Users").code, "AUTH_INVALID", "SCIM does not know a token of the operator")
    named = {t["name"]: t for t in map(json.loads, stack.ctl("operator-token", "list", "--json").stdout.splitlines())}
    tap.equal(named["back office"]["state"], "live", "operator-token list")
    tap.ok(stack.ctl("operator-token", "add", "--name", "back office", check=False).returncode == 1, "a name that a live one has")
    short = Operator(stack, contract, "short")
    stack.ctl("operator-token", "revoke", "short")
    short.refused("GET", "/accounts", None, 401, "AUTH_INVALID")
    former = Staff(stack, "acme", contract, name="former")
    former.refused("GET", "/accounts", None, 403, "AUTH_SCOPE")
    stack.ctl("token", "revoke", "acme", "former")
    former.refused("GET", "/accounts", None, 401, "AUTH_INVALID")  # as one that never was
    tap.ok(stack.ctl("operator-token", "revoke", "short", check=False).returncode == 1, "it is revoked once")
    tap.ok(boss.client.token not in stack.ctl("dump", "account").stdout, "the store has no secret")


class Guest(Admin):
    """A console admin whose exchanges are held against the file, too."""

    def __init__(self, stack, contract):
        super().__init__(stack)
        self.contract = contract

    def request(self, method, path, body=None, headers=None, chunked=False):
        answer = super().request(method, path, body, headers, chunked)
        faults = self.contract.check(method, "/api/v1" + path, body, answer)
        tap.ok(not faults, f"{method} {path} by a session: {answer.status}", *faults)
        return answer


def console(stack, contract):
    """What the file says of signing in, and of what sessions do."""
    stack.ctl("account", "add", "guests")
    ana = Guest(stack, contract)
    ana.accept(secret_of(link(stack, "guests", "ana@example.com")))
    ana.get("/session")
    ana.confirm()
    ana.get("/policy")
    ana.post("/roles", {"name": "By Ana"})
    tap.equal(ana.get("/audit?limit=10&before=0").json["entries"][0]["path"], "/api/v1/roles", "what she did")
    client = stack.client(stack.token("guests"))
    ben = client.post("/Users", user("ben")).json["id"]
    team = client.post("/Groups", group("Crew", [ben])).json["id"]
    client.post("/Groups", group("Crew"))
    ana.post(f"/teams/{team}/restore", None)
    ana.post("/rules/try", {"userType": "guest"})
    tap.equal(ana.get("/audit?limit=10&before=0").json["entries"][0]["path"], f"/api/v1/teams/{team}/restore", "what changes nothing is not kept")
    me = ana.get("/session").json["admin"]["id"]
    tap.equal([m["added"] for m in ana.get(f"/teams/{team}").json["members"]], [{"type": "admin", "id": me}], "who restores a team has added its members")
    tap.equal([a["email"] for a in ana.get("/console-admins").json["admins"]], [ana.email], "and who she is")
    ana.delete("/session")
    ana.delete("/session")
    tap.equal(ana.sign_in("guests").status, 201, "and in again")


def suspended(other):
    other.ask("GET", "/account")  # remembered as active for a while
    other.stack.ctl("account", "set", "other", "status=suspended")
    other.refused("PATCH", "/account", {"status": "active", "name": "Free"}, 403, "ACCOUNT_SUSPENDED")
    got = other.ctl("account", "show", "other")
    tap.equal((got["status"], got["name"]), ("suspended", "other"), "the staff does not end what the operator began")
    other.stack.ctl("account", "set", "other", "status=active")
    for _ in range(100):
        if other.client.get("/account").status == 200:
            break
        time.sleep(0.05)
    other.ask("PATCH", "/account", {"status": "suspended"})
    other.stack.ctl("account", "set", "other", "status=active", "name=Other")
    tap.equal(other.ctl("account", "show", "other")["status"], "active", "the operator ends what the staff began")
    tap.ok(other.stack.ctl("account", "set", "other", "name=No", "status=gone", check=False).returncode == 1 and
           other.ctl("account", "show", "other")["name"] == "Other", "account set: all or none")


def test(front):
    with Stack(front) as stack:
        scim = stack.account("acme")
        client = stack.client(scim)
        stack.account("other")
        contract = Contract(os.path.join(TOP, "doc/openapi.json"))
        described(contract)
        console(stack, contract)  # first, for it waits for codes
        staff, other = Staff(stack, "acme", contract), Staff(stack, "other", contract)
        ana = client.post("/Users", user("ana", userType="admin")).json["id"]
        client.post("/Users", user("ben"))
        client.post("/Users", user("off", active=False))
        client.post("/Groups", group("Sales", [ana]))
        account(staff)
        policy(staff, client)
        roles(staff, client, scim)
        tokens(staff, client, ana)
        users(staff, client, ana)
        team = teams(staff, client, ana)
        apart(staff, other, ana, team)
        rules(staff, team, ana)
        others(stack, contract, client, ana, team)
        log(staff, client)
        operator(stack, contract)
        bodies(staff)
        scopes(stack, contract)
        tap.equal(set(contract.operations) - contract.answered, set(), "every operation of the file has answered")
        suspended(other)
        tap.equal(stack.verify().returncode, 0, "verify")


if __name__ == "__main__":
    main(test, fronts=("lighttpd",), seconds=120)
