#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Deletions and replacements that are taken back: rosterctl user deleted, restore and purge, team restore, the same under
/api/v1, and what the identity provider sees of it, which is nothing.
"""

import json

from lib import Client, events, group, is_error, main, tap, user
from stack import Stack


def members(client, team):
    return sorted(m["value"] for m in client.get("/Groups/" + team).json["members"])


def deleted(stack, account="acme"):
    return [json.loads(line) for line in stack.ctl("user", "deleted", account, "--json").stdout.splitlines()]


def not_done(done, code, name):
    tap.ok(done.returncode == 1 and done.stderr.startswith(code + ":") and done.stdout == "", f"{name}: {code}", done)


def people(stack, token, client):
    role = stack.ctl("role", "add", "acme", "Contractor", "--base", "guest").stdout.strip()
    boss = client.post("/Users", user("boss")).json["id"]
    ana = client.post("/Users", user("ana", userType=role, title="Chief", password="Tr0ub4dor-and-3",
                                     **{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": boss}}}))
    ana, was = ana.json["id"], ana.json
    crew = client.post("/Groups", group("Crew", [ana, boss])).json["id"]
    tap.equal(deleted(stack), [], "nobody has been deleted")
    tap.equal(client.delete("/Users/" + ana).status, 204, "DELETE")
    tap.ok(is_error(client.get("/Users/" + ana), 404) == "" and client.find("Users", "userName", "ana@example.com").json["totalResults"] == 0,
           "SCIM sees 404, and the userName is free")
    listed = deleted(stack)
    tap.ok(len(listed) == 1 and listed[0]["id"] == ana and listed[0]["userName"] == "ana@example.com" and
           listed[0]["deleted"] < listed[0]["expires"], "user deleted lists her", listed)
    plain = stack.ctl("user", "deleted", "acme").stdout
    tap.ok(plain.startswith(ana) and plain.endswith("ana@example.com\n"), "user deleted without --json", plain)
    second = client.post("/Users", user("ana")).json["id"]
    not_done(stack.ctl("user", "restore", "acme", ana, check=False), "USERNAME_TAKEN", "while another has the userName")
    client.delete("/Users/" + second)
    done = stack.ctl("user", "restore", "acme", ana)
    tap.equal(done.stdout, ana + "\n", "user restore prints the id")
    now = client.get("/Users/" + ana).json
    for side in (was, now):
        side.pop("meta"), side.pop("groups", None)
    tap.equal(now, was, "she is as she was")
    tap.equal(members(client, crew), sorted([ana, boss]), "in the team that she was in")
    tap.equal(json.loads(stack.ctl("user", "show", "acme", ana).stdout)["type"]["id"], role, "of the type that she had")
    told = events(stack.port, token)[-2:]
    tap.equal([(e["type"], e["actor"]["type"]) for e in told], [("user.restored", "operator"), ("team.updated", "operator")], "events")
    login = Client(stack.port, stack.token("acme", "app", ["authenticate"]), base="/api/v1")
    answer = login.post("/authenticate", {"userName": "ana@example.com", "password": "Tr0ub4dor-and-3"})
    tap.equal(answer.json, {"authenticated": False}, "the password has not been kept")
    not_done(stack.ctl("user", "restore", "acme", "nobody@example.com", check=False), "FORMER_UNKNOWN", "who was never there")
    done = stack.ctl("user", "purge", "acme", second, check=False)
    tap.ok(done.returncode == 2 and "--yes" in done.stderr, "purge asks for --yes", done)
    stack.ctl("user", "purge", "acme", second, "--yes")
    not_done(stack.ctl("user", "restore", "acme", second, check=False), "FORMER_UNKNOWN", "after a purge")


def teams(stack, client):
    ids = [client.post("/Users", user(f"team{i}")).json["id"] for i in range(3)]
    sales = client.post("/Groups", group("Sales", ids[:2])).json["id"]
    not_done(stack.ctl("team", "restore", "acme", "Sales", check=False), "FORMER_UNKNOWN", "a team that was not replaced")
    tap.equal(client.post("/Groups", group("sales", ids[2:])).json["id"], sales, "a pushed group replaces it")
    stack.ctl("team", "restore", "acme", "SALES")
    tap.equal(members(client, sales), sorted(ids[:2]), "team restore gives the members back")
    stack.ctl("team", "restore", "acme", sales)
    tap.equal(members(client, sales), ids[2:], "and back again")
    stack.ctl("account", "set", "acme", "restore_teams=on")
    who = ids[2]
    client.patch("/Users/" + who, [{"op": "replace", "value": {"active": False}}])
    client.patch("/Groups/" + sales, [{"op": "remove", "path": f'members[value eq "{who}"]'}])
    tap.equal(members(client, sales), [], "Okta takes who was deactivated out of the group")
    client.patch("/Users/" + who, [{"op": "replace", "value": {"active": True}}])
    tap.equal(members(client, sales), [who], "who is reactivated is in it again")


def api(stack, client):
    manage = Client(stack.port, stack.token("acme", "console", ["manage"]), base="/api/v1")
    ids = [client.post("/Users", user(f"api{i}")).json["id"] for i in range(5)]
    team = client.post("/Groups", group("Api", ids[:1])).json["id"]
    client.post("/Groups", group("Api", ids[1:2]))
    for i in ids:
        client.delete("/Users/" + i)
    seen, path = [], "/deleted-users?limit=2"
    while path:
        page = manage.get(path).json
        seen += page["users"]
        path = "next" in page and len(seen) < 100 and f"/deleted-users?limit=2&after={page['next']}"
    tap.equal((sorted(u["id"] for u in seen), [u["deleted"] for u in seen]), (sorted(ids), sorted(u["deleted"] for u in seen)),
              "GET /api/v1/deleted-users, in pages, oldest first")
    answer = manage.post(f"/deleted-users/{ids[0]}/restore", None)
    tap.equal((answer.status, answer.json), (200, {"id": ids[0], "userName": "api0@example.com"}), "restore")
    tap.equal(client.get("/Users/" + ids[0]).status, 200, "and he is there")
    tap.equal(manage.delete("/deleted-users/" + ids[1]).status, 204, "purge")
    for name, answer in (("restore", manage.post(f"/deleted-users/{ids[1]}/restore", None)), ("purge", manage.delete("/deleted-users/" + ids[1])),
                         ("a name instead of an id", manage.post("/deleted-users/api2@example.com/restore", None))):
        tap.ok(is_error(answer, 404) == "" and answer.code == "FORMER_UNKNOWN", f"{name}: FORMER_UNKNOWN", answer)
    tap.equal(manage.post(f"/teams/{team}/restore", None).json, {"id": team, "displayName": "Api"}, "team restore")
    tap.equal(members(client, team), [ids[0]], "has its member again")
    for path in ("/deleted-users?after=x", "/deleted-users?after=1.2", "/deleted-users?limit=x"):
        tap.equal(manage.get(path).code, "PARAMETER_INVALID", path)
    wrong = Client(stack.port, client.token, base="/api/v1")
    for answer in (wrong.get("/deleted-users"), wrong.post(f"/deleted-users/{ids[2]}/restore", None), wrong.delete("/deleted-users/" + ids[2]),
                   wrong.post(f"/teams/{team}/restore", None)):
        tap.ok(is_error(answer, 403) == "" and answer.code == "AUTH_SCOPE", "a SCIM token may not", answer)
    other = Client(stack.port, stack.token("beta", "console", ["manage"]), base="/api/v1")
    tap.equal(other.get("/deleted-users").json, {"users": []}, "another account sees nothing")
    tap.equal(other.post(f"/deleted-users/{ids[2]}/restore", None).code, "FORMER_UNKNOWN", "and gets nobody")


def moved(stack):
    """What was deleted does not move."""
    stack.write("acme.jsonl", "\n".join(line for line in stack.ctl("export", "acme").stdout.splitlines() if json.loads(line)["type"] != "token") + "\n")
    tap.ok(len(deleted(stack)) > 0, "there are deleted users")
    stack.ctl("import", stack.path("acme.jsonl"), "--account", "moved")
    tap.equal(deleted(stack, "moved"), [], "an import has none")


def test(front):
    with Stack(front) as stack:
        token = stack.account("acme", passwords="on")
        stack.account("beta")
        client = stack.client(token)
        people(stack, token, client)
        teams(stack, client)
        api(stack, client)
        moved(stack)
        done = stack.verify()
        tap.ok(done.returncode == 0, "verify", done)


if __name__ == "__main__":
    main(test, seconds=120)
