# SPDX-License-Identifier: Apache-2.0
"""
What is tried: each function makes something from a random.Random `r` and what the model knows.

hypothesis gives a Random of its own (strategies.randoms()), whose choices it makes smaller when something fails: so the
earlier an item stands in a list, the simpler it should be; the long run gives a plain one with a seed. Only choice()
and randrange() are used.
"""

import filters
from bulk import REQUEST as BULK
from model import PATCH_OP, SEARCH
from schema import ENTERPRISE, GROUP, TYPES, USER, resolve

NOBODY = "00000000-0000-4000-8000-000000000000"
USER_NAMES = ["ann", "bob", "cyd", "dan", "eve", "fay", "gus", "hal", "ida", "jon", "kim", "leo", "josé", "jose\u0301",
              "Ärmel", "ärmel", "\uff41nn", "ＢＯＢ", "a b", "Straße", "STRASSE"]
WORDS = ["a", "B", "b", "ab", "Alpha", "alpha", "ALPHA beta", "beta", "x y", "10", "9", "Straße", "STRASSE", "ärmel",
         "A\u0308RMEL", "Σας", "ΣΑΣ", 'say "hi"', "a]b", "a[b", "back\\slash", "x and y or not (z)", "a:b.c", "1,2",
         "%41+", "true", "☃", "日本", "\u00a0", "tab\there"]
COMMON_WORDS = ["a", "B", "b", "alpha", "Alpha", "Straße", "STRASSE", "ÄRMEL", "ärmel", "σας", "ΣΑΣ", "a]b"]
NAMES = ["Ann", "ann", "ANN O'Neil", "José", "José", "Straße", "STRASSE", "D’Arc (1)", "Zoë-May", "Li, jr."]
TYPE_WORDS = ["work", "home", "WORK", "other"]
ADDRESSES = ["a@x.org", "A@X.org", "b@x.org", "c@example.com", "d@example.com"]
STRANGE = ["x", "", None, [], {}, [None], [{}], [""], ["x"], ["a", "b"], {"value": "x"}, [{"value": "x"}, None], 7, 1.5,
           True, [7], [["x"]], {"value": 7}, [{"value": 7}], [{"value": {"value": "x"}}], {"type": "work"},
           {"unknown": 1}, [{"unknown": 1}], {"primary": True}, [{"primary": "True"}, {"primary": False}],
           {"givenName": ["x"]}]
SIMPLE = ["title", "displayName", "nickName", "userType", "profileUrl", "preferredLanguage", "locale", "timezone",
          "externalId"]
PLURAL = ["emails", "phoneNumbers", "ims", "photos", "addresses", "entitlements", "roles", "x509Certificates"]
ENTERPRISE_SIMPLE = ["employeeNumber", "costCenter", "organization", "division", "department"]


def chance(r, n):
    """True once in n times; the simple case is False."""
    return r.randrange(n) == n - 1


def flip_case(r, text):
    return text if not chance(r, 3) else r.choice([text.upper(), text.lower(), text.swapcase()])


def name_case(r, text):
    """A name as some clients write it: they are compared without case."""
    return r.choice([text.lower(), text.upper()]) if chance(r, 12) else text


# --- values ---

def word(r):
    """Often one of a few, so that values meet."""
    return r.choice(COMMON_WORDS if r.randrange(3) else WORDS)


def user_name(r):
    if chance(r, 60):
        return r.choice(["a\u2603", " a", "a  b", "a\u20ac@x.org", "a\tb"])
    return flip_case(r, r.choice(USER_NAMES) + r.choice(["", "1", "2"]) + r.choice(["@example.com", "@x.org"]))


def boolean(r):
    return r.choice([True, False, True, False, "True", "false"])


def simple(r, attribute):
    if attribute.type == "boolean":
        return boolean(r)
    if attribute.type == "binary":
        return r.choice(["YQ==", "Yg==", "yq=="])
    if attribute.name == "type":
        return r.choice(TYPE_WORDS)
    if attribute.name == "profileUrl":
        return r.choice(["https://x.org/a", "https://x.org/A", "https://x.org/b"])
    return word(r)


def element(r, attribute):
    """One value of a multi-valued attribute."""
    names = [s.name for s in attribute.subs.values()]
    found = {}
    for name in names:
        wanted = not chance(r, 8) if name == "value" else chance(r, 5) if name == "primary" else chance(r, 2)
        if wanted:
            v = r.choice(ADDRESSES) if attribute.name == "emails" and name == "value" else \
                simple(r, attribute.sub(name))
            found[name_case(r, name)] = r.choice([None, ""]) if chance(r, 30) else v
    return found


def elements(r, attribute):
    values = [element(r, attribute) for _ in range(r.randrange(4))]
    seen = False
    for v in values:  # two primary values are an error, and rarely meant
        for name in [n for n in v if n.lower() == "primary"]:
            if seen and str(v[name]).lower() == "true" and not chance(r, 10):
                del v[name]
            seen = seen or str(v.get(name)).lower() == "true"
    return values


def manager(r, model):
    value = r.choice(user_ids(model) + [NOBODY, "12345"])
    return r.choice([{"value": value}, {"value": value, "$ref": f"../Users/{value}", "displayName": "ignored"}, value,
                     [{"value": value}], {"managerId": value}])


def well_named(r, path):
    """What the preset workspace takes as a name or a type."""
    if path.attribute.name == "userType":
        return flip_case(r, r.choice(["admin", "member", "viewer", "guest"]))
    if path.leaf.subs:
        return {s.name: r.choice(NAMES) for s in path.leaf.subs.values() if chance(r, 2)}
    return r.choice(NAMES)


def value_of(r, path, model):
    """A value that fits the attribute of the path; now and then one that unassigns it."""
    leaf = path.leaf
    if chance(r, 12):
        return r.choice([None, "", []] if leaf.multi else [None, ""])
    if leaf.name == "userName":
        return user_name(r)
    if model.workspace and path.attribute.name in ("displayName", "name", "userType") and not chance(r, 15):
        return well_named(r, path)
    if leaf.name == "manager":
        return manager(r, model)
    if leaf.name == "members":
        return member_values(r, model)
    if leaf.name == "value" and path.attribute.name == "emails":
        return r.choice(ADDRESSES)
    if leaf.subs and leaf.multi:
        return elements(r, leaf)
    if leaf.subs:
        return {name_case(r, s.name): r.choice([None, ""]) if chance(r, 10) else word(r)
                for s in leaf.subs.values() if chance(r, 2)}
    return simple(r, leaf)


def user_ids(model):
    return [x.id for x in model.all("User")]


def group_ids(model):
    return [x.id for x in model.all("Group")]


def member_values(r, model):
    ids = user_ids(model)
    values = []
    for _ in range(r.randrange(5)):
        if not ids:
            break
        id = r.choice(ids)
        values.append(r.choice([{"value": id}, {"value": id, "type": "User", "display": "ignored"},
                                {"value": id.upper(), "$ref": "ignored"}]))
    if chance(r, 40):
        values.append({"value": r.choice([NOBODY, "x"] + group_ids(model))})
    return values


# --- bodies ---

def wrong(r, body, required):
    """One thing that makes the body refused."""
    name, value = r.choice([(required, None), ("schemas", None), ("schemas", []), ("schemas", ["urn:x"]),
                            (required, 7), (required, ""), ("externalId", True), ("displayName", {"x": 1}),
                            ("schemas", [7])])
    body[name] = value
    return body


def user(r, model):
    kind, body = TYPES["User"], {"schemas": [USER], "userName": user_name(r)}
    for name in SIMPLE + PLURAL + ["name", "active"]:
        if chance(r, 2 if name in ("emails", "displayName") else 4):
            body[name_case(r, name)] = value_of(r, resolve(kind, name), model)
    if chance(r, 3):
        inner = {}
        for name in ENTERPRISE_SIMPLE + ["manager"]:
            if chance(r, 3):
                inner[name_case(r, name)] = value_of(r, resolve(kind, f"{ENTERPRISE}:{name}"), model)
        body[name_case(r, ENTERPRISE)] = inner
        body["schemas"].append(ENTERPRISE)
    if chance(r, 6):
        body.update(r.choice([{"id": "x", "meta": {"version": "1"}, "groups": [{"value": "x"}]}, {"unknown": {"a": 1}},
                              {"password": "Secret 1"}, {"schemas": [USER.upper(), "urn:other"]}]))
    if chance(r, 8):
        odd_keys(r, body, model)
    if chance(r, 10):
        body[r.choice(SIMPLE + PLURAL + ["name", "active", "password", "groups", "meta", "id"])] = r.choice(STRANGE)
    if chance(r, 40):
        body[ENTERPRISE] = r.choice(STRANGE + [{"manager": x} for x in STRANGE] + [{"department": x} for x in STRANGE])
    return wrong(r, body, "userName") if chance(r, 25) else body


def odd_keys(r, body, model):
    """Keys that are paths, which some clients send."""
    kind = TYPES["User"]
    for _ in range(1 + r.randrange(2)):
        name = r.choice(["name.givenName", "name.familyName", "emails.type", "department", f"{ENTERPRISE}:department",
                         f"{USER}:title", f"{ENTERPRISE}:manager.value", "manager", "manager.managerId",
                         f"{USER}:name.givenName", "unknown.x"])
        where = resolve(kind, name)
        body[name] = value_of(r, where, model) if where else "x"
    if chance(r, 3):
        names = ["title", "nickName", "emails", "name.middleName", f"{ENTERPRISE}:division", "costCenter"]
        body[USER] = {n: value_of(r, resolve(kind, n), model) for n in names if chance(r, 2)}
    if chance(r, 4):
        body[r.choice(["emails", "phoneNumbers"])] = element(r, resolve(kind, "emails").attribute)


def group(r, model):
    body = {"schemas": [GROUP], "displayName": word(r)}
    if chance(r, 2):
        body[name_case(r, "members")] = member_values(r, model)
    if chance(r, 3):
        body["externalId"] = word(r)
    if chance(r, 10):
        body.update(r.choice([{"members": None}, {"members": []}, {"id": "x"}, {"unknown": 1},
                              {"members": r.choice(STRANGE)}, {"externalId": r.choice(STRANGE)}]))
    return wrong(r, body, "displayName") if chance(r, 25) else body


# --- PATCH ---

def value_filter(r, attribute, resource, depth=1):
    """Inside the [] of a path."""
    if depth and chance(r, 4):
        left, right = value_filter(r, attribute, resource, 0), value_filter(r, attribute, resource, depth - 1)
        return (r.choice(["and", "or"]), left, right)
    if depth and chance(r, 8):
        return ("not", value_filter(r, attribute, resource, depth - 1))
    values = (resource or {}).get(attribute.name, [])
    subs = list(attribute.subs.values())
    sub = r.choice([s for s in subs if any(s.name in v for v in values)] or subs) if r.randrange(3) else r.choice(subs)
    have = [v[sub.name] for v in values if sub.name in v]
    return term(r, name_case(r, sub.name), sub, have, bias="eq")


def path(r, kind, resource):
    """(text, Path, whether a value path) of something that PATCH may name."""
    if kind.name == "Group":
        name = r.choice(["displayName", "members", "members", "externalId"])
    else:
        name = r.choice(SIMPLE + PLURAL + ["emails", "emails", "active", "userName", "name", ENTERPRISE] +
                        [f"{ENTERPRISE}:{n}" for n in ENTERPRISE_SIMPLE + ["manager"]])
        there = [n for n in PLURAL + ["name"] if n in (resource or {})]
        if there and chance(r, 3):
            name = r.choice(there)
    if chance(r, 40):
        name = r.choice(["id", "meta.version", "groups", "schemas", "unknown", "name.unknown", "emails.unknown",
                         "title.value", "emails[", "emails[type eq \"work\"]value", "title[value eq \"x\"]",
                         "emails[0]", "emails[unknown eq 1]", "emails[type eq]", "members.value", "password"])
        found = resolve(kind, name) if "[" not in name else None
        return name, found, False
    where = resolve(kind, name)
    text = name_case(r, name)
    if not name.startswith("urn:") and chance(r, 12):
        text = f"{kind.core}:{text}"
    if name.startswith(ENTERPRISE + ":") and chance(r, 6):
        text = name[len(ENTERPRISE) + 1:]
    if not where.attribute or not where.attribute.subs:
        return text, where, False
    valued = where.attribute.multi and r.randrange(3) < 2
    if valued:
        text += f"[{filters.text_of(value_filter(r, where.attribute, resource))}]"
    if chance(r, 2) and where.attribute.name != "members" or chance(r, 30):
        where.sub = r.choice(list(where.attribute.subs.values()))
        text += "." + name_case(r, where.sub.name)
    return text, where, valued


def known(r, attribute, value):
    """A value that is there, or one that is nearly the same."""
    value = dict(value)
    if "value" in value and chance(r, 3):
        return {"value": flip_case(r, value["value"])}
    if attribute.name != "members" and chance(r, 2):
        name = r.choice(list(value))
        value[name] = simple(r, attribute.sub(name)) if chance(r, 2) or not isinstance(value[name], str) else \
            flip_case(r, value[name])
    return value


def patch_value(r, where, valued, model, resource):
    if where is None or chance(r, 20):
        return r.choice(STRANGE)
    if not where.attribute:
        return {name_case(r, n): value_of(r, resolve(TYPES["User"], f"{ENTERPRISE}:{n}"), model)
                for n in ENTERPRISE_SIMPLE + ["manager"] if chance(r, 3)}
    if valued and not where.sub:
        return element(r, where.attribute)
    value = value_of(r, where, model)
    there = (resource or {}).get(where.leaf.name, []) if where.leaf.subs else []
    if where.leaf.multi and isinstance(value, list) and there and chance(r, 2):
        value.append(known(r, where.leaf, r.choice(there)))
    if where.leaf.multi and isinstance(value, list) and len(value) == 1 and chance(r, 4):
        return value[0]
    if not where.leaf.multi and not isinstance(value, list) and chance(r, 15):
        return [value]
    return value


def operation(r, kind, resource, model):
    verb = r.choice(["add", "replace", "remove"])
    op = {"op": r.choice([verb.title(), verb.upper()]) if chance(r, 8) else verb}
    if chance(r, 4) and verb != "remove":
        op["value"] = {}
        for _ in range(1 + r.randrange(3)):
            text, where, valued = path(r, kind, resource)
            if not any(text.lower() == known.lower() for known in op["value"]):
                op["value"][text] = patch_value(r, where, valued, model, resource)
        return op
    text, where, valued = path(r, kind, resource)
    if not chance(r, 40):
        op["path"] = text
    several = where and where.attribute and where.leaf.multi
    if verb != "remove" or chance(r, 2 if several else 5):
        op["value"] = patch_value(r, where, valued, model, resource)
    if chance(r, 80):
        op.update(r.choice([{"op": "move"}, {"op": None}]))
    return op


def patch_body(r, kind, resource, model):
    ops = [operation(r, kind, resource, model) for _ in range(1 + r.randrange(1 + r.randrange(4)))]
    body = {"schemas": [PATCH_OP], "Operations": ops}
    if chance(r, 60):
        body.update(r.choice([{"schemas": [USER]}, {"Operations": []}]))
    return body


# --- Bulk ---

def bulk_operation(r, model, place, plan):
    """
    The operation of a place. plan: (method, kind) of all; they refer to one another by bulkIds b0, b1, …, mostly to
    users that are made, now and then to what is no user or is not made at all.
    """
    made = [i for i, (m, k) in enumerate(plan) if m == "POST" and (k == "User" or chance(r, 10))]

    def bulk_id():
        return f"bulkId:b{r.choice(made) if made and not chance(r, 12) else r.randrange(len(plan) + 1)}"
    method, kind = plan[place][0], TYPES[plan[place][1]]
    id = bulk_id() if chance(r, 3) else pick_id(r, model, kind)
    op = {"method": flip_case(r, method) if chance(r, 10) else method, "path": kind.endpoint}
    if method == "POST":
        op["bulkId"] = f"b{place}"
    else:
        op["path"] += "/" + id
        if chance(r, 6):
            resource = model.resources.get(id.lower())
            op["version"] = resource.etag if resource and r.randrange(2) else 'W/"1"'
    if method in ("POST", "PUT"):
        op["data"] = user(r, model) if kind.name == "User" else group(r, model)
        names = {name.lower(): name for name in op["data"]}
        if kind.name == "User" and chance(r, 2) and ENTERPRISE.lower() not in names:
            op["data"][ENTERPRISE] = {"manager": r.choice([{"value": bulk_id()}, bulk_id()])}
        if kind.name == "Group" and chance(r, 2):
            op["data"].pop(names.get("members"), None)
            op["data"]["members"] = [{"value": bulk_id()} for _ in range(1 + r.randrange(2))]
    if method == "PATCH":
        op["data"] = patch_body(r, kind, None, model)
        if kind.name == "Group" and not chance(r, 3):
            op["data"] = {"Operations": [r.choice([
                {"op": "add", "path": "members", "value": [{"value": bulk_id()}]},
                {"op": "remove", "path": f'members[value eq "{bulk_id()}"]'},
                {"op": "add", "value": {"members": [{"value": bulk_id()}, {"value": bulk_id()}]}}])]}
            op["data"] = r.choice([{"schemas": [PATCH_OP], **op["data"]}, op["data"], op["data"]["Operations"]])
    if chance(r, 40):
        op.update(r.choice([{"bulkId": "b0"}, {"method": "GET"}, {"path": "/Schemas"}, {"path": kind.endpoint},
                            {"path": "/Users/" + id}, {"data": "x"}, {"path": ""}, {"bulkId": ""}]))
    return op


def bulk_body(r, model):
    plan = [(r.choice(["POST", "POST", "POST", "PATCH", "PUT", "DELETE"]), r.choice(["User", "User", "Group"]))
            for _ in range(1 + r.randrange(6))]
    body = {"schemas": [BULK], "Operations": [bulk_operation(r, model, i, plan) for i in range(len(plan))]}
    if chance(r, 3):
        body["failOnErrors"] = r.choice([1, 2, 3])
    if chance(r, 40):
        body.update(r.choice([{"schemas": [USER]}, {"Operations": []}, {"failOnErrors": 0}, {"failOnErrors": "1"}]))
    if chance(r, 300):
        body["Operations"] = [{"method": "DELETE", "path": "/Users/x"}] * 1001
    return body


# --- filters ---

def piece(r, text):
    """A part of a text, so that co, sw and ew find something."""
    begin = r.randrange(len(text) + 1)
    end = begin + r.randrange(len(text) - begin + 1)
    return text[begin:end]


def term(r, name, attribute, have, bias=None):
    """A comparison of an attribute; have: values that there are."""
    if attribute.type == "boolean":
        op, value = r.choice(["eq", "ne"]), r.choice([True, False])
    else:
        op = bias if bias and not chance(r, 4) else r.choice(filters.OPERATORS)
        if attribute.type == "binary":
            op = r.choice(["eq", "ne", "co", "sw", "ew"])
        value = r.choice(have) if have and not chance(r, 4) else simple(r, attribute)
        if attribute.type == "dateTime":
            value = r.choice(have + ["2020-01-01T00:00:00Z", "2099-12-31T23:59:59.5+02:00"])
        elif isinstance(value, str):
            value = piece(r, value) if op in filters.TEXT else value
            value = flip_case(r, value)
    if chance(r, 15):
        return (r.choice(["pr", "PR"]), name)
    if chance(r, 25):
        value, op = None, r.choice(["eq", "ne"])
    if chance(r, 60):
        op, value = r.choice([("gt", True), ("eq", 7), ("co", None), ("eq", 1.5), ("eq", "x")])
    return (flip_case(r, op), name, value)


ASKED = {
    "User": ["userName", "displayName", "title", "nickName", "externalId", "active", "emails", "emails.value",
             "emails.type", "emails.primary", "name.givenName", "name.familyName", "userType", "profileUrl",
             "phoneNumbers.value", "addresses.locality", "x509Certificates.value", "photos.value", "roles",
             f"{USER}:userName", f"{ENTERPRISE}:department", f"{ENTERPRISE}:manager.value", f"{ENTERPRISE}:manager",
             f"{ENTERPRISE}:manager.$ref", ENTERPRISE, "name", "id", "schemas", "meta.resourceType", "meta.version",
             "meta.created", "meta.lastModified", "meta.location", "groups.value", "groups.display", "groups",
             "groups.$ref", "groups.type"],
    "Group": ["displayName", "externalId", "id", "members.value", "members.display", "members", "members.type",
              "members.$ref", "meta.lastModified", "meta.version", "schemas", "meta.location"],
}
INDEXED = {"User": ["userName", "externalId", "displayName", "emails.value", "emails", "id"],
           "Group": ["displayName", "externalId", "id"]}
DERIVED = ("groups", "members")


def values_there(model, kind, where):
    """Values that resources have at a path."""
    found = []
    for resource in model.all(kind.name):
        for value in filters.elements(where, model.shown(resource)):
            if where.leaf.subs:
                value = value.get("value")
            elif where.sub:
                value = value.get(where.sub.name)
            if value is not None and value != "?":
                found.append(value)
    return found


def asked_term(r, model, kind, names, bias=None):
    name = r.choice(names)
    if chance(r, 50):
        name = r.choice(["unknown", "name.unknown", "password", "userName.x", "urn:x:y"])
    where = resolve(kind, name)
    if not where or (where.attribute and where.attribute.name == "password"):
        return ("eq", name, "x")
    if not where.attribute or (where.leaf.subs and not where.attribute.sub("value")):
        return ("pr", name)
    have = values_there(model, kind, where)
    leaf = where.attribute.sub("value") if where.leaf.subs else where.leaf
    return term(r, name_case(r, name), leaf, have, bias)


def asked_path(r, model, kind):
    names = [n for n in ("emails", "addresses", "groups", "members", "roles", "name", "photos") if
             kind.lists[None].get(n.lower())]
    where = resolve(kind, r.choice(names))
    some = [x for x in (model.shown(x) for x in model.all(kind.name)) if where.attribute.name in x]
    resource = r.choice(some) if some else {}
    if isinstance(resource.get(where.attribute.name), dict):
        resource = {where.attribute.name: [resource[where.attribute.name]]}
    inner = ("eq", "unknown", "x") if chance(r, 20) else value_filter(r, where.attribute, resource, 2)
    return ("path", name_case(r, where.attribute.name), inner)


def tree(r, model, kind, depth, names=None):
    what = r.randrange(8) if depth else 0
    if what < 4:
        if not names and chance(r, 4):
            return asked_path(r, model, kind)
        return asked_term(r, model, kind, names or ASKED[kind.name])
    if what == 4:
        return ("not", tree(r, model, kind, depth - 1, names))
    if what == 5:
        return ("group", tree(r, model, kind, depth - 1, names))
    return (r.choice(["and", "or"]), tree(r, model, kind, depth - 1, names), tree(r, model, kind, depth - 1, names))


def indexed_filter(r, model, kind):
    """A filter that has a term which an index serves, and asks nothing that is derived."""
    lead = asked_term(r, model, kind, INDEXED[kind.name], bias="eq")
    if lead[0] != "eq" or lead[-1] is None:
        lead = ("eq", lead[1], "x")
    if chance(r, 2):
        return lead
    names = [n for n in ASKED[kind.name] if n.split(".")[0] not in DERIVED and n != "meta.location"]
    other = tree(r, model, kind, 2, names)
    return ("and", *((lead, other) if chance(r, 2) else (other, lead)))


def filter_text(r, model, kind, full):
    text = filters.text_of(tree(r, model, kind, 3) if full else indexed_filter(r, model, kind))
    if chance(r, 60):
        at = r.randrange(len(text))
        text = r.choice([text[:at], text + ")", text + " and", "(" + text, text + " xor " + text])
    return text


# --- queries ---

def projection(r, kind):
    names = ASKED[kind.name] + ["unknown", "meta", "active", ENTERPRISE + ":manager.displayName"]
    some = ",".join(name_case(r, r.choice(names)) for _ in range(1 + r.randrange(3)))
    query = {r.choice(["attributes", "excludedAttributes"]): some}
    if chance(r, 40):
        query = {"attributes": some, "excludedAttributes": "title"}
    return query


def sorting(r, model, kind):
    names = [n for n in ASKED[kind.name] if n not in (ENTERPRISE, "name") and
             (n.split(".")[0] not in DERIVED or chance(r, 20))]
    query = {"sortBy": name_case(r, r.choice(names))}
    if chance(r, 2):
        query["sortOrder"] = r.choice(["descending", "ascending", "Descending"])
    return query


def search_body(r, query):
    """The same query in a body (RFC 7644 3.4.3)."""
    body = {"schemas": [SEARCH], **query}
    for name in ("attributes", "excludedAttributes"):
        if name in body:
            body[name] = body[name].split(",")
    return {"schemas": [USER]} if chance(r, 60) else body


def preconditions(r, id):
    """What is said of the version; made to headers when the request is sent."""
    if not chance(r, 6):
        return {}
    return {r.choice(["if_match", "if_none_match"]): [r.choice(["current", "old", "any", "list", "strong"]), id]}


def pick_id(r, model, kind):
    ids = [x.id for x in model.all(kind.name)]
    if not ids or chance(r, 40):
        return r.choice([NOBODY, "x"] + user_ids(model) + group_ids(model))
    id = r.choice(ids)
    return id.upper() if chance(r, 60) else id
