# SPDX-License-Identifier: Apache-2.0
"""Expectations. One that is not met raises Failed, with what was got and what was wanted."""

from .names import ERROR, SCIM_TYPES


class Failed(Exception):
    """The server does not do what the RFC says."""


class Skipped(Exception):
    """Raised with the reason why nothing can be said."""


def skip(reason):
    raise Skipped(reason)


def true(good, what, got=...):
    if not good:
        raise Failed(what if got is ... else f"{what}; got {got!r}")


def equal(got, want, what):
    if got != want:
        raise Failed(f"{what}: got {got!r}, want {want!r}")


def one_of(got, wanted, what):
    if got not in wanted:
        raise Failed(f"{what}: got {got!r}, want one of {list(wanted)!r}")


def status(answer, *wanted):
    """The answer, whose status is one of those wanted."""
    one_of(answer.status, wanted, f"status of {answer!r}")
    return answer


def refused(answer, statuses=(400,), types=None):
    """
    The answer, which is a SCIM error (RFC 7644 3.12) of one of these statuses. types: the scimTypes of which one must be there
    if the status is 400 or 409; None if any or none will do.
    """
    statuses = (statuses,) if isinstance(statuses, int) else statuses
    types = types.split() if isinstance(types, str) else types
    one_of(answer.status, statuses, f"status of {answer!r}")
    error_shape(answer)
    if types is not None and answer.status in (400, 409):
        one_of(answer["scimType"], types, f"scimType of {answer!r}")
    return answer


def error_shape(answer):
    """A body that every SCIM client can read."""
    body = answer.json
    true(isinstance(body, dict), "an error has a JSON object as body", answer)
    true(ERROR in (body.get("schemas") or []), "an error has the Error URN in schemas", answer)
    equal(body.get("status"), str(answer.status), "the error's status, a JSON string")
    equal(answer.type, "application/scim+json", "Content-Type of an error")
    if "scimType" in body:
        one_of(body["scimType"], sorted(SCIM_TYPES), "the error's scimType")
    true(isinstance(body.get("detail", ""), str), "the error's detail is a string", body.get("detail"))


def path(value, *names):
    """value[names[0]][names[1]]…; None where one is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def values(items):
    """A multi-valued attribute in a form that can be compared: order, `primary: false` and what the server adds left out."""
    kept = ("value", "type", "locality", "streetAddress", "country")
    made = []
    for item in items or []:
        one = {name: item[name] for name in kept if name in item}
        if item.get("primary") is True:
            one["primary"] = True
        made.append(one)
    return sorted(made, key=lambda one: sorted((n, str(v)) for n, v in one.items()))
