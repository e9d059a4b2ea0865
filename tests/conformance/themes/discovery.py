# SPDX-License-Identifier: Apache-2.0
"""ServiceProviderConfig, ResourceTypes and Schemas."""

import urllib.parse

from harness.expect import equal, one_of, path, refused, skip, status, true
from harness.names import ENTERPRISE, ERROR, GROUP, LIST, RESOURCE_TYPE, SCHEMA, SPC, USER
from harness.registry import cases, check

PLACES = ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas")
LISTS = PLACES[1:]


@cases("RFC7644 4, RFC7643 5", [(f"{place} answers", place) for place in PLACES])
def answers(w, place):
    answer = status(w.client.get(place), 200)
    equal(answer.type, "application/scim+json", "Content-Type")
    if place in LISTS:
        true(LIST in answer["schemas"], "schemas", answer["schemas"])
        equal(answer["totalResults"], len(answer.resources), "totalResults")
        true(answer.resources, "Resources")
    else:
        true(SPC in answer["schemas"], "schemas", answer["schemas"])


@cases("RFC7643 5, RFC7644 4", [
    ("patch (trap 52)", "patch", {"supported": bool}),
    ("bulk (traps 52, 55)", "bulk", {"supported": bool, "maxOperations": int, "maxPayloadSize": int}),
    ("filter (trap 52)", "filter", {"supported": bool, "maxResults": int}),
    ("changePassword (trap 52)", "changePassword", {"supported": bool}),
    ("sort (trap 52)", "sort", {"supported": bool}),
    ("etag (trap 52)", "etag", {"supported": bool}),
])
def config(w, name, types):
    said = w.config.get(name)
    true(isinstance(said, dict), f"{name} is there, supported or not", said)
    for sub, kind in types.items():
        true(isinstance(said.get(sub), kind) and (kind is bool or not isinstance(said[sub], bool)), f"{name}.{sub} is {kind.__name__}", said)


@check("RFC7643 5")
def schemes(w):
    """authenticationSchemes names how one gets in"""
    schemes_said = w.config.get("authenticationSchemes")
    true(isinstance(schemes_said, list) and schemes_said, "authenticationSchemes", schemes_said)
    for each in schemes_said:
        true(all(isinstance(each.get(name), str) for name in ("type", "name", "description")), "type, name and description", each)
        one_of(each["type"], ("oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"), "type")


@check("RFC7643 5, RFC7643 3.1")
def config_meta(w):
    """meta of ServiceProviderConfig"""
    equal(path(w.config, "meta", "resourceType"), "ServiceProviderConfig", "meta.resourceType")


@check("RFC7643 5, RFC7644 3.4.2")
def config_single(w):
    """ServiceProviderConfig is one object, no list (trap 52)"""
    true("Resources" not in w.config and LIST not in w.config["schemas"], "one object", w.config)


# --- resource types ---

@check("RFC7643 6")
def user_type(w):
    """User is a resource type at /Users"""
    user = w.types().get("User") or {}
    equal((user.get("endpoint"), user.get("schema")), ("/Users", USER), "endpoint and schema")


@check("RFC7643 6", needs="groups")
def group_type(w):
    """Group is a resource type at /Groups"""
    group = w.types()["Group"]
    equal((group.get("endpoint"), group.get("schema")), ("/Groups", GROUP), "endpoint and schema")


@check("RFC7643 6, RFC7644 4")
def type_shape(w):
    """each resource type has its attributes, and its schemas exist (trap 4)"""
    ids = {each["id"].lower() for each in w.document("/Schemas")["Resources"]}
    for each in w.types().values():
        true(RESOURCE_TYPE in each["schemas"], "schemas", each)
        true(all(isinstance(each.get(name), str) for name in ("name", "endpoint", "schema")), "name, endpoint, schema", each)
        for urn in [each["schema"], *(e["schema"] for e in each.get("schemaExtensions") or [])]:
            true(urn.lower() in ids, f"/Schemas has {urn}")
        for e in each.get("schemaExtensions") or []:
            true(isinstance(e.get("required"), bool), "schemaExtensions.required", e)


@check("RFC7644 4")
def one_type(w):
    """a resource type by itself"""
    for name, each in w.types().items():
        answer = status(w.client.get("/ResourceTypes/" + (each.get("id") or name)), 200)
        equal(answer.json, each, f"{name} against the list")


@check("RFC7643 6, RFC7644 3.4")
def endpoints(w):
    """each endpoint that is named answers a query"""
    for each in w.types().values():
        status(w.client.get(each["endpoint"], {"count": 0}), 200)


# --- schemas ---

@check("RFC7643 7, RFC7644 4")
def one_schema(w):
    """a schema by itself"""
    for each in w.document("/Schemas")["Resources"]:
        equal(status(w.client.get("/Schemas/" + each["id"]), 200).json, each, f"{each['id']} against the list")


@check("RFC7644 4, RFC7644 3.10")
def schema_any_case(w):
    """a schema's URN in any case (traps 1, 52)"""
    answer = status(w.client.get("/Schemas/" + USER.upper()), 200, 404)
    if answer.status == 404:
        skip("the id of a schema heeds case here, as other ids do (RFC 7643 3.1)")
    equal(answer["id"], USER, "id")


@check("RFC7644 4, RFC3986 2.1")
def schema_encoded(w):
    """a schema's URN percent-encoded (trap 54)"""
    answer = w.client.request("GET", "/Schemas/" + urllib.parse.quote(USER, safe=""))
    equal(status(answer, 200)["id"], USER, "id")


@check("RFC7643 7")
def schema_shape(w):
    """each attribute has its characteristics in their words (trap 3)"""
    words = {"type": ("string", "boolean", "decimal", "integer", "dateTime", "reference", "complex", "binary"),
             "mutability": ("readOnly", "readWrite", "immutable", "writeOnly"), "returned": ("always", "never", "default", "request"),
             "uniqueness": ("none", "server", "global")}

    def look(a, where, inside):
        where = f"{where} {a.get('name')}"
        one_of(a.get("type"), words["type"], f"{where}: type")
        true(isinstance(a.get("multiValued"), bool), f"{where}: multiValued", a.get("multiValued"))
        for name in ("mutability", "returned", "uniqueness"):
            one_of(a.get(name, words[name][0]), words[name], f"{where}: {name}")
        for name in ("required", "caseExact"):
            true(isinstance(a.get(name, False), bool), f"{where}: {name}", a.get(name))
        # the schema of schemas is the exception that the RFC makes itself (7643 8.7.2)
        true(a["type"] != "complex" or not inside or a["name"] == "subAttributes", f"{where}: no complex attribute in a complex one (trap 4)")
        for each in a.get("subAttributes") or []:
            look(each, where, True)

    for schema in w.document("/Schemas")["Resources"]:
        true(SCHEMA in schema.get("schemas", [SCHEMA]), "schemas", schema.get("schemas"))
        for a in schema["attributes"]:
            look(a, schema["id"], False)


@cases("RFC7643 4.1, RFC7643 8.7.1", [
    ("userName", "userName", {"type": "string", "required": True, "caseExact": False, "multiValued": False, "uniqueness": "server"}),
    ("password", "password", {"mutability": "writeOnly", "returned": "never"}),
    ("active", "active", {"type": "boolean"}),
    ("groups", "groups", {"mutability": "readOnly", "multiValued": True}),
    ("emails", "emails", {"type": "complex", "multiValued": True}),
    ("name", "name", {"type": "complex", "multiValued": False}),
])
def user_schema(w, name, want):
    said = w.attributes(USER).get(name.lower())
    if said is None and name != "userName":
        skip(f"the schema of users has no {name}")
    defaults = {"required": False, "caseExact": False, "mutability": "readWrite", "returned": "default", "uniqueness": "none"}
    equal({n: said.get(n, defaults.get(n)) for n in want}, want, f"characteristics of {name}")


@check("RFC7643 4.2, RFC7643 8.7.1", needs="groups")
def group_schema(w):
    """Group: displayName is required (trap 4), members have immutable values (trap 13)"""
    said = w.attributes(GROUP)
    equal(said["displayname"].get("required"), True, "displayName required, erratum 5368")
    equal(said["members.value"].get("mutability"), "immutable", "mutability of members.value")


@check("RFC7643 4.3", needs="enterprise")
def enterprise_schema(w):
    """the enterprise extension has its attributes"""
    true({"employeenumber", "department", "manager", "manager.value"} <= set(w.attributes(ENTERPRISE)), "attributes", sorted(w.attributes(ENTERPRISE)))


@check("RFC7643 7, RFC7643 3")
def nothing_hidden(w):
    """a user shows nothing that no schema has"""
    user = w.user("plain", title="Boss", nickName="Nick", emails=[{"value": w.address("mail"), "type": "work"}])
    known = set(w.attributes(USER)) | {"schemas", "id", "externalid", "meta"}
    true({name.lower() for name in user if not name.startswith("urn:")} <= known, "attributes", sorted(user))


# --- how they are asked ---

@cases("RFC7644 4", [(f"{place} with a filter is 403, or the filter does nothing (trap 52)", place) for place in PLACES])
def filtered(w, place):
    answer = w.client.get(place, {"filter": 'id eq "nothing"'})
    if answer.status == 200:  # SHALL be ignored; 403 is a SHOULD
        equal(answer.json, w.document(place), "the same as without")
    else:
        refused(answer, 403)


@cases("RFC7644 4", [(f"{place} ignores sort and pages (trap 52)", place) for place in LISTS])
def paged(w, place):
    answer = status(w.client.get(place, {"sortBy": "id", "sortOrder": "descending", "startIndex": 2, "count": 1}), 200)
    equal(answer.resources, w.document(place)["Resources"], "the same as without")


@cases("RFC7644 4, RFC9110 15.5.6", [(f"{method} of {place} is 405 with Allow (trap 52)", method, place) for place in PLACES
                                     for method in ("POST", "PUT", "PATCH", "DELETE")])
def methods(w, method, place):
    answer = w.client.request(method, place, None if method == "DELETE" else {})
    if answer.status == 501:
        refused(answer, 501)
        return
    refused(answer, 405)
    true("GET" in (answer.header("Allow") or ""), "Allow", answer.headers)


@cases("RFC7644 4, RFC7644 3.12", [
    ("a schema that is not there (trap 52)", "/Schemas/urn:example:none:2.0:User"),
    ("a resource type that is not there (trap 52)", "/ResourceTypes/None"),
    ("something below ServiceProviderConfig", "/ServiceProviderConfig/none"),
])
def nothing(w, place):
    true(ERROR in refused(w.client.get(place), 404)["schemas"], "schemas")
