# SPDX-License-Identifier: Apache-2.0
"""
PATCH as RFC 7644 3.5.2 has it, on plain dicts, and the normal form of what clients send.

First the message is read against the schema (read(), all that is wrong with it by itself), then its steps are applied
in order to a copy. Beyond the RFC, as the project has decided: one (value, type) is there once, so adding it again
merges; `add` (policy workspace: `replace`, too) through a value path that matches nothing makes the value from the
path's eq terms, as far as they may be values; `remove` with values removes just those; null and "" unassign, but an `add`
takes no values away.
"""

import copy
import re
import unicodedata

import filters
from schema import comparable, resolve

VALUES_MAX = 1000
STRING_MAX = 8192
BASE64 = re.compile(r"[A-Za-z0-9+/_=\s-]*")  # both alphabets, with line breaks; whether it is whole is not asked


class Refused(Exception):
    def __init__(self, status, scim_type=None, why=""):
        super().__init__(f"{status} {scim_type} {why}")
        self.status, self.scim_type = status, scim_type


def bad_value(why):
    return Refused(400, "invalidValue", why)


# --- the normal form: canonical names, values of the right type, nothing unassigned (RFC 7643 2.5) ---

def check_names(value):
    """No object has a name twice; names are compared without case (RFC 7643 2.1)."""
    if isinstance(value, dict):
        if len({name.lower() for name in value}) < len(value):
            raise Refused(400, "invalidSyntax", "a name twice")
    for v in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        check_names(v)


def has_controls(text):
    """Of the characters that RFC 8265 keeps from passwords, the words of the tests have these alone."""
    return any(unicodedata.category(c) == "Cc" for c in text)


def is_blank(value):
    return value is None or value == ""


def normal(attribute, value):
    """The value of an attribute as a whole, or None where it is unassigned."""
    if value == []:
        return None
    if not attribute.multi:
        return normal_one(attribute, value)
    if is_blank(value):
        return None
    if isinstance(value, dict) and attribute.subs:
        value = [value]  # some clients send one value without its array
    if not isinstance(value, list):
        raise bad_value(f"{attribute.name} is an array")
    if len(value) > VALUES_MAX and attribute.name != "members":
        raise Refused(400, "tooMany")
    found = [normal_one(attribute, v) for v in value]
    return [v for v in found if v is not None] or None


def normal_one(attribute, value):
    if not attribute.multi and attribute.sub("value") and isinstance(value, list) and len(value) == 1:
        value = value[0]  # some clients send a manager in an array
    if value is None:
        return None
    if attribute.subs:
        found = normal_complex(attribute, value)
        for sub in attribute.subs.values():
            if sub.required and sub.name not in (found or {}):
                raise bad_value(f"{attribute.name}.{sub.name} is required")
        return found
    if attribute.type == "boolean":
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if value == "":
            return None
        if not isinstance(value, bool):
            raise bad_value(f"{attribute.name} is a boolean")
        return value
    if not isinstance(value, str):
        raise bad_value(f"{attribute.name} is a string")
    if len(value.encode()) > STRING_MAX:
        raise bad_value(f"{attribute.name} is too long")
    if attribute.type == "binary" and not BASE64.fullmatch(value):
        raise bad_value(f"{attribute.name} is base64")
    if attribute.name == "password" and has_controls(value):
        raise bad_value("password")
    return value or None


def normal_complex(attribute, value):
    if isinstance(value, str) and (value == "" or attribute.sub("value")):
        value = {"value": value}  # some clients send the value alone
    if not isinstance(value, dict):
        raise bad_value(f"{attribute.name} is an object")
    found = {}
    for name, v in value.items():
        sub = attribute.sub(name)
        if sub and sub.mutability != "readOnly":
            found[sub.name] = normal(sub, v)
    return {name: v for name, v in found.items() if v is not None} or None


def normal_body(kind, body):
    """The attributes of a POST or PUT body, and its members (None: not named)."""
    schemas = body.get("schemas")
    for urn in schemas if isinstance(schemas, list) else []:
        if not isinstance(urn, str):
            raise bad_value("schemas")
    if not isinstance(schemas, list) or kind.core.lower() not in [urn.lower() for urn in schemas]:
        raise Refused(400, "invalidSyntax", "schemas")
    found, members = {}, None
    for name, value in body.items():
        urn, attribute = kind.extension(name), kind.lists[None].get(name.lower())
        if urn:
            if value is not None and not isinstance(value, dict):
                raise bad_value(urn)
            more = {a.name: normal(a, v) for n, v in (value or {}).items()
                    for a in [kind.lists[urn].get(n.lower())] if a}
            found[urn] = {n: v for n, v in more.items() if v is not None} or None
        elif attribute and attribute.name == "members":
            members = normal(attribute, value) or []
        elif attribute and attribute.mutability != "readOnly":
            v = normal(attribute, value)
            found[attribute.name] = v if attribute.mutability != "writeOnly" else None
    found = {name: v for name, v in found.items() if v is not None}
    for name, value in body.items():
        normal_odd(kind, name, value, found)
    check(kind, found)
    return found, members


def gives_password(kind, body):
    """Whether a POST or PUT body has a password."""
    core = [v for name, v in body.items() if name.lower() == kind.core.lower() and isinstance(v, dict)]
    return any(isinstance(v, str) and v != "" for part in [body] + core for name, v in part.items() if name.lower() == "password")


def normal_odd(kind, name, value, found):
    """Keys that are paths, which some clients send: they come last, so they count."""
    urn = kind.extension(name)
    if urn:
        for key, v in (value or {}).items():
            if key.lower() not in kind.lists[urn]:
                path = resolve(kind, f"{urn}:{key}")
                put_at(path, v, found)
    elif name.lower() == kind.core.lower():
        if value is not None and not isinstance(value, dict):
            raise bad_value(name)
        for key, v in (value or {}).items():
            put_at(resolve(kind, key), v, found)
    elif name.lower() not in kind.lists[None]:
        put_at(resolve(kind, name), value, found)


def put_at(path, value, found):
    if not path or path.attribute.name in ("members", "meta", "groups") or \
            {path.attribute.mutability, path.leaf.mutability} & {"readOnly", "writeOnly"}:
        return
    value = normal(path.leaf, value)
    if value is None:
        return
    holder = found.setdefault(path.extension, {}) if path.extension else found
    if not path.sub:
        holder[path.attribute.name] = value
    elif path.attribute.multi:  # of every value that was sent, or of a new one
        for v in holder.setdefault(path.attribute.name, [{}]):
            v[path.sub.name] = value
    else:
        holder.setdefault(path.attribute.name, {})[path.sub.name] = value


def check(kind, resource):
    """What must be true of every resource in the end."""
    for attribute in kind.lists[None].values():
        value = resource.get(attribute.name)
        if attribute.required and attribute.mutability != "readOnly" and value is None:
            raise bad_value(f"{attribute.name} is required")
        if isinstance(value, list):
            if sum(v.get("primary") is True for v in value) > 1:
                raise bad_value(f"{attribute.name} has two primary values")
            if len(value) > VALUES_MAX:
                raise Refused(400, "tooMany")


# --- reading a message ---

class Step:
    """
    verb: add, replace, remove. value: None unassigns. Of members the value is a list, each with `value`, or None: all.
    """

    def __init__(self, verb, path, condition=None, value=None):
        self.verb, self.path, self.condition, self.value = verb, path, condition, value

    @property
    def unassigns(self):
        return self.verb == "remove" or self.value is None


def read(kind, operations):
    steps = []
    for operation in operations:
        operation = {name.lower(): v for name, v in operation.items()}
        verb = operation.get("op")
        if not isinstance(verb, str) or verb.lower() not in ("add", "replace", "remove"):
            raise Refused(400, "invalidSyntax", "op")
        verb = verb.lower()
        if not is_blank(operation.get("path")):
            path, condition = read_path(kind, operation["path"])
            steps += read_target(kind, verb, path, condition, operation)
        elif verb == "remove":
            raise Refused(400, "noTarget", "remove without path")
        elif "value" not in operation:
            raise bad_value("no value")
        else:
            steps += read_object(kind, verb, None, operation["value"])
    return steps


def read_path(kind, text):
    """PATH = attrPath / valuePath [subAttr]."""
    bad = Refused(400, "invalidPath", text)
    name, bracket, rest = text.strip().partition("[")
    path = resolve(kind, name.strip())
    if not path:
        raise bad
    if not bracket:
        return path, None
    inside, closing, behind = rest.rpartition("]")
    if path.sub or not path.attribute or not path.attribute.multi or not closing or inside.strip().isdigit():
        raise bad
    if behind:
        path.sub = path.attribute.sub(behind[1:]) if behind[0] == "." else None
        if not path.sub:
            raise bad
    try:
        return path, filters.Filter(kind, inside, within=type(path)(path.extension, path.attribute, None))
    except filters.BadFilter as e:
        raise Refused(400, "invalidFilter", str(e))


def read_object(kind, verb, extension, value):
    """A value without path: names as keys; with URNs, with dots, of value paths; what is read-only is passed over."""
    if not isinstance(value, dict):
        raise bad_value("not an object")
    steps = []
    for key, v in value.items():
        name = f"{extension}:{key}" if extension else key
        if name.lower() == kind.core.lower():
            steps += read_object(kind, verb, None, v)
            continue
        if "[" in name:
            path, condition = read_path(kind, name)
        else:
            path, condition = resolve(kind, name), None
            if not path or (path.attribute and "readOnly" in (path.attribute.mutability, path.leaf.mutability)):
                continue
            if path.attribute and path.attribute.name == "password" and is_blank(v):
                continue
        steps += read_target(kind, verb, path, condition, {"value": v})
    return steps


def read_target(kind, verb, path, condition, operation):
    value, attribute = operation.get("value"), path.attribute
    if verb != "remove" and "value" not in operation:
        raise bad_value("no value")
    if not attribute:
        if verb == "remove" or is_blank(value):
            return [Step("remove", path)]
        return read_object(kind, verb, path.extension, value)
    if attribute.name == "schemas" and verb != "remove":
        return []  # it follows from the attributes that are there
    if "readOnly" in (attribute.mutability, path.leaf.mutability):
        raise Refused(400, "mutability", path.text())
    if attribute.name == "password":
        if verb == "remove":
            raise Refused(400, "mutability", "password")
        if not isinstance(value, str) or value == "" or has_controls(value):
            raise bad_value("password")
        return [Step("password", path, None, value)]
    whole = attribute.multi and not condition and not path.sub
    if attribute.name == "members":
        if path.sub or (condition and verb != "remove"):
            raise Refused(400, "mutability", "members")
    if verb == "remove":
        if not whole or value is None:
            return [Step(verb, path, condition)]
        values = read_list(attribute, value)
        return [Step(verb, path, None, values)] if values else []
    if whole:
        values = read_list(attribute, value)
        if not values and verb == "add":  # an add takes nothing away
            return []
        return [Step(verb, path, None, values)]
    return read_single(kind, verb, path, condition, value)


def read_list(attribute, value):
    if is_blank(value):
        return None
    return normal(attribute, value if isinstance(value, list) else [value])


def read_single(kind, verb, path, condition, value):
    leaf = path.leaf
    if isinstance(value, list):  # some clients send one value in an array
        if len(value) > 1:
            raise bad_value("one value")
        value = value[0] if value else None
    if is_blank(value) or value == []:
        return [Step(verb, path, condition)]
    if not leaf.subs:
        return [Step(verb, path, condition, normal_one(leaf, value))]
    inner = leaf.sub("value")
    if inner and isinstance(value, str):
        value = {"value": value} if not leaf.multi else value
    if leaf.multi:
        if isinstance(value, str) and inner:
            return read_single(kind, verb, type(path)(path.extension, leaf, inner), condition, value)
        element = normal_one(leaf, value)
        return [Step(verb, path, condition, element)] if element else []
    if not isinstance(value, dict):
        raise bad_value(f"{leaf.name} is an object")
    steps = []
    for name in sorted(value, key=lambda n: n.lower() != "value"):  # a new `value` makes $ref void: first
        sub = leaf.sub(name)
        if sub and sub.mutability != "readOnly":
            steps += read_single(kind, verb, type(path)(path.extension, leaf, sub), condition, value[name])
    return steps


# --- applying it ---

def apply(kind, steps, resource, makers):
    """
    What resource becomes. The steps of members are passed over: the service knows the membership. makers: the verbs
    that make the value which their value path names and nobody has.
    """
    resource = copy.deepcopy(resource)
    for step in steps:
        if not (step.path.attribute and step.path.attribute.name in ("members", "password")):
            apply_step(step, resource, makers)
            tidy(resource)
    for step in steps:
        path = step.path
        if step.unassigns and path.attribute and path.leaf.required and path.attribute.name != "members" and \
                path.attribute.name not in resource:
            raise Refused(400, "mutability", path.text())
    check(kind, resource)
    return resource


def tidy(value):
    for name in list(value):
        if isinstance(value[name], dict):
            tidy(value[name])
        if value[name] in ({}, [], None):
            del value[name]


def apply_step(step, resource, makers):
    path, attribute = step.path, step.path.attribute
    if not attribute:
        resource.pop(path.extension, None)
        return
    holder = resource.setdefault(path.extension, {}) if path.extension else resource
    if attribute.multi and (step.condition or path.sub):
        values = holder.setdefault(attribute.name, [])
        holder[attribute.name] = drop_selected(step, values) if step.unassigns else \
            set_selected(step, values, makers)
    elif attribute.multi:
        apply_list(step, holder)
    else:
        set_member(holder.setdefault(attribute.name, {}) if path.sub else holder, path.sub or attribute, step.value,
                   attribute if path.sub else None)


def set_member(holder, attribute, value, parent):
    """A single value. Where it names another resource, the old one's $ref goes with it."""
    if holder.get(attribute.name) == value:
        return
    if value is None:
        del holder[attribute.name]
    else:
        holder[attribute.name] = copy.deepcopy(value)
    if parent and attribute.name == "value" and parent.sub("$ref"):
        holder.pop("$ref", None)


def same_key(attribute, value, with_type=True):
    """What two values that are the same have in common (RFC 7643 2.4): value and type; without a value, all."""
    def part(name):
        return comparable(attribute.sub(name), value.get(name))
    if value.get("value") is not None:
        return ("value", part("value"), part("type") if with_type else None)
    return tuple(part(sub.name) for sub in attribute.subs.values())


def apply_list(step, holder):
    attribute, name = step.path.attribute, step.path.attribute.name
    old = holder.get(name, [])
    if step.verb != "remove" and step.value == old:
        return  # what is there already changes nothing
    if step.verb == "remove" and step.value:
        holder[name] = [v for v in old if not any(is_named(attribute, v, w) for w in step.value)]
    elif step.unassigns:
        holder.pop(name, None)
    else:
        holder[name] = merged(attribute, old if step.verb == "add" else [], step.value)


def is_named(attribute, value, wanted):
    """Whether a value is one of those to be removed: of any type where no type is said."""
    if "value" not in wanted:
        return all(value.get(name) == v for name, v in wanted.items())
    key = same_key(attribute, wanted)
    return key in (same_key(attribute, value), same_key(attribute, value, with_type=False))


def merged(attribute, old, new):
    """old with the values of new: each (value, type) once, at most those of new primary if one of them is."""
    values, primary = copy.deepcopy(old), []
    for v in copy.deepcopy(new):
        same = next((w for w in values if same_key(attribute, w) == same_key(attribute, v)), None)
        if same is None:
            values.append(v)
            same = v
        else:
            same.update({n: x for n, x in v.items() if n not in ("value", "type") and
                         not (n == "primary" and x is False and n not in same)})
        if v.get("primary"):
            primary.append(id(same))
    if primary:
        for v in values:
            if v.get("primary") and id(v) not in primary:
                v["primary"] = False
    return values


def eq_terms(tree):
    """{sub-attribute: value} of a filter of nothing but eq and and; None for others. The first of a name counts."""
    if tree[0] == "and":
        left, right = eq_terms(tree[1]), eq_terms(tree[2])
        return None if left is None or right is None else {**right, **left}
    if tree[0] != "eq" or tree[2] is None:
        return None
    return {tree[1].sub.name: tree[2]}


def all_eq_terms(tree):
    """Those eq terms that must hold, whatever else the filter has."""
    if tree[0] == "and":
        return {**all_eq_terms(tree[2]), **all_eq_terms(tree[1])}
    return {tree[1].sub.name: tree[2]} if tree[0] == "eq" and tree[2] is not None else {}


def only_primary(values, chosen):
    for v in values:
        if v is not chosen and v.get("primary"):
            v["primary"] = False


def is_selected(step, value):
    return not step.condition or filters.matches(step.condition.tree, value, True)


def set_selected(step, values, makers):
    sub = step.path.sub
    said = {sub.name: step.value} if sub else step.value
    last = None
    for place, value in enumerate(values):
        if not is_selected(step, value):
            continue
        if sub:
            set_member(value, sub, step.value, step.path.attribute)
        elif step.verb == "add":
            value.update(copy.deepcopy(said))
        else:
            named = all_eq_terms(step.condition.tree) if step.condition else {}  # what it has there stays
            values[place] = {**{name: value[name] for name in named}, **copy.deepcopy(said)}
        last = values[place]
    created = last is None
    if created:
        terms = eq_terms(step.condition.tree) if step.condition else {}
        try:
            terms = terms and {name: normal_one(step.path.attribute.sub(name), v) for name, v in terms.items()}
        except Refused:  # a literal that is no value of the sub-attribute makes none
            terms = None
        last = {**(terms or {}), **copy.deepcopy(said)}
        if terms is None or not is_selected(step, last) or (step.condition and step.verb not in makers):
            raise Refused(400, "noTarget", "nothing matches")
        values.append(last)
    if (last if created else said).get("primary") is True:
        only_primary(values, last)
    return values


def drop_selected(step, values):
    kept = []
    for value in values:
        if is_selected(step, value):
            if not step.path.sub:
                continue
            set_member(value, step.path.sub, None, step.path.attribute)
        if value:
            kept.append(value)
    return kept
