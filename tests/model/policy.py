# SPDX-License-Identifier: Apache-2.0
"""The rules of the policy preset `workspace`, as rosterctl(8) has them. Values that a user had are not judged again."""

import re
import unicodedata

from patch import bad_value

LABEL = r"(?!-)[A-Za-z0-9\u0080-\U0010ffff-]{1,63}(?<!-)"
EMAIL = re.compile(r"[^@()<>\[\]\\,;:\"\s]{1,64}@" + LABEL + r"(\." + LABEL + ")+")
TYPES_KNOWN = ("admin", "member", "viewer", "guest")


def is_email(text):
    return bool(EMAIL.fullmatch(text))


def is_name(text):
    return all(c in " '\u2019-.,()" or unicodedata.category(c)[0] in "LM" or unicodedata.category(c) == "Nd"
               for c in text)


def judge_user(attributes, before):
    """What the user becomes: his addresses in lower case. Refused where a rule is broken."""
    before = before or {}

    def new(name, holder=attributes, old=before):
        return holder.get(name) is not None and holder[name] != old.get(name)
    if new("userName") and not is_email(attributes["userName"]):
        raise bad_value("userName")
    had = [email.get("value") for email in before.get("emails", [])]
    emails = []
    for email in attributes.get("emails", []):
        value = email.get("value")
        if value is not None and value not in had:
            value = value.lower()
            if not is_email(value) and value not in had:
                raise bad_value("emails")
            email = {**email, "value": value}
        emails.append(email)
    if emails:
        attributes = {**attributes, "emails": emails}
    names = [("displayName", attributes, before)]
    names += [(part, attributes["name"], before.get("name", {})) for part in attributes.get("name", {})]
    for name, holder, old in names:
        if new(name, holder, old) and not is_name(holder[name]):
            raise bad_value(name)
    if new("userType") and attributes["userType"].lower() not in TYPES_KNOWN:
        raise bad_value("userType")
    return attributes
