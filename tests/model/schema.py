# SPDX-License-Identifier: Apache-2.0
"""
The attributes of users and groups as RFC 7643 4 and 8.7 has them, and the names that clients give them.

Written from the RFC, not from the server's tables: what the two do not share is a difference to be found.
"""

import unicodedata

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


class Attribute:
    def __init__(self, name, type="string", multi=False, exact=False, required=False, mutability="readWrite",
                 returned="default", subs=(), alias=None):
        """alias: another name that clients may use."""
        self.name, self.type, self.multi, self.exact, self.required = name, type, multi, exact, required
        self.mutability, self.returned, self.alias = mutability, returned, alias
        self.subs = {sub.name.lower(): sub for sub in subs}

    def sub(self, name):
        found = [s for s in self.subs.values() if name.lower() in (s.name.lower(), (s.alias or s.name).lower())]
        return found[0] if found else None


A = Attribute


def plural(name, *more, value="string"):
    """A multi-valued complex attribute with the sub-attributes of RFC 7643 2.4."""
    return A(name, "complex", multi=True, subs=[
        A("value", value, exact=value in ("reference", "binary")), *more, A("display"), A("type"),
        A("primary", "boolean")])


COMMON = [  # schemas: URNs, which are compared without case (RFC 8141, RFC 7643 2.1)
    A("schemas", "reference", multi=True, required=True, mutability="readOnly", returned="always"),
    A("id", exact=True, mutability="readOnly", returned="always"),
    A("externalId", exact=True),
    A("meta", "complex", mutability="readOnly", subs=[
        A("resourceType", exact=True, mutability="readOnly"), A("created", "dateTime", mutability="readOnly"),
        A("lastModified", "dateTime", mutability="readOnly"),
        A("location", "reference", exact=True, mutability="readOnly"),
        A("version", exact=True, mutability="readOnly")]),
]

# addresses.value is this server's addition: some clients send an address as one string.
USER_CORE = [
    A("userName", required=True),
    A("name", "complex", subs=[A("formatted"), A("familyName"), A("givenName"), A("middleName"), A("honorificPrefix"),
                               A("honorificSuffix")]),
    A("displayName"), A("nickName"), A("profileUrl", "reference", exact=True), A("title"), A("userType"),
    A("preferredLanguage"), A("locale"), A("timezone"), A("active", "boolean"),
    A("password", exact=True, mutability="writeOnly", returned="never"),
    plural("emails"), plural("phoneNumbers"), plural("ims"), plural("photos", value="reference"),
    A("addresses", "complex", multi=True, subs=[
        A("value"), A("formatted"), A("streetAddress"), A("locality"), A("region"), A("postalCode"), A("country"),
        A("type"), A("primary", "boolean")]),
    A("groups", "complex", multi=True, mutability="readOnly", subs=[
        A("value", mutability="readOnly"), A("$ref", "reference", exact=True, mutability="readOnly"),
        A("display", mutability="readOnly"), A("type", mutability="readOnly")]),
    plural("entitlements"), plural("roles"), plural("x509Certificates", value="binary"),
]

USER_ENTERPRISE = [
    A("employeeNumber"), A("costCenter"), A("organization"), A("division"), A("department"),
    A("manager", "complex", subs=[A("value", exact=True, alias="managerId"), A("$ref", "reference", exact=True),
                                  A("displayName", mutability="readOnly")]),
]

GROUP_CORE = [
    A("displayName", required=True),
    A("members", "complex", multi=True, subs=[
        A("value", required=True, mutability="immutable"), A("$ref", "reference", exact=True, mutability="immutable"),
        A("display", mutability="immutable"), A("type", mutability="immutable")]),
]


class Type:
    """A resource type. lists: URN of an extension, or None for what is not in one, to its attributes by name."""

    def __init__(self, name, endpoint, core, attributes, extensions=()):
        self.name, self.endpoint, self.core = name, endpoint, core
        self.lists = {None: {a.name.lower(): a for a in COMMON + attributes}}
        for urn, more in extensions:
            self.lists[urn] = {a.name.lower(): a for a in more}

    def extension(self, urn):
        """The URN as it is spelt, whatever its case; None where the type has no such extension."""
        return next((x for x in self.lists if x is not None and x.lower() == urn.lower()), None)


TYPES = {
    "User": Type("User", "/Users", USER, USER_CORE, [(ENTERPRISE, USER_ENTERPRISE)]),
    "Group": Type("Group", "/Groups", GROUP, GROUP_CORE),
}


class Path:
    """What a name means: extension (URN or None), attribute (None: the whole extension), sub (None: all of it)."""

    def __init__(self, extension, attribute, sub):
        self.extension, self.attribute, self.sub = extension, attribute, sub

    @property
    def leaf(self):
        return self.sub or self.attribute

    def text(self):
        """The canonical name."""
        names = [x.name for x in (self.attribute, self.sub) if x]
        return ":".join(x for x in (self.extension, ".".join(names)) if x)


def resolve(kind, text):
    """
    The Path that a name means, or None: without regard to case (RFC 7643 2.1), with or without a URN in front
    (RFC 7644 3.10), an extension's attribute also without it where nothing else has the name.
    """
    urn, rest = None, text
    for candidate in sorted([kind.core] + [x for x in kind.lists if x], key=len, reverse=True):
        if text.lower() == candidate.lower():
            return None if candidate == kind.core else Path(candidate, None, None)
        if text.lower().startswith(candidate.lower()) and text[len(candidate)] in ":.":
            urn, rest = candidate, text[len(candidate) + 1:]
            break
    name, dot, sub_name = rest.partition(".")
    if urn is None:
        extensions = list(kind.lists)  # core and common attributes come first
    else:
        extensions = [None if urn == kind.core else urn]
    for extension in extensions:
        attribute = kind.lists[extension].get(name.lower())
        if attribute:
            sub = attribute.sub(sub_name) if dot else None
            return None if dot and not sub else Path(extension, attribute, sub)
    return None


def fold(text):
    """Strings that are not caseExact are equal when these are (RFC 7643 2.2, RFC 7644 7.8): NFC, full case folding."""
    before = None
    while text != before:
        before, text = text, unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return text


def comparable(attribute, value):
    if not isinstance(value, str) or attribute.exact:
        return value
    return fold(narrow(value) if attribute.name == "userName" else value)


def narrow(text):
    """Full- and half-width characters as what they stand for: userName is prepared by PRECIS (RFC 7644 5, RFC 8265)."""
    def one(c):
        kind, _, code = unicodedata.decomposition(c).partition(" ")
        return chr(int(code, 16)) if kind in ("<wide>", "<narrow>") else c
    return "".join(map(one, text))


def user_name(attributes):
    """What no two users have in common."""
    return fold(narrow(attributes["userName"]))


def is_user_name(text):
    """Of the characters that tests use: letters, digits and ASCII's signs, spaces between; no symbols, no controls."""
    return text == text.strip(" ") and all(
        c == " " or "!" <= c <= "~" or unicodedata.category(c)[0] in "LMN" for c in narrow(text))
