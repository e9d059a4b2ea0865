# SPDX-License-Identifier: Apache-2.0
"""An account with two users and a group, for tests of what one request does; and an account that Okta has just been connected to."""

import json

from lib import group, newest, tap, user


class Scene:
    """One account: users id1 and id2, group gid with the members given, and what a request did to them."""

    def __init__(self, stack, slug, policy="workspace", members=(), first=None):
        self.client = stack.client(stack.account(slug, policy, passwords="on"))
        self.port = stack.port
        self.id1 = self.client.post("/Users", user("first", **(first or {}))).json["id"]
        self.id2 = self.client.post("/Users", user("second")).json["id"]
        who = {1: self.id1, 2: self.id2}
        self.gid = self.client.post("/Groups", group("Crew", [who[m] for m in members])).json["id"]
        self.before, self.crew, self.told = self.user(), self.team(), newest(stack.port, self.client.token)

    def fill(self, text):
        for name, value in (("id1", self.id1), ("id2", self.id2), ("gid", self.gid), ("id", self.id1)):
            text = text.replace("{" + name + "}", value)
        return text

    def user(self, who=None):
        return self.client.get("/Users/" + (who or self.id1)).json

    def team(self):
        return self.client.get("/Groups/" + self.gid).json

    def members(self):
        return sorted({self.id1: 1, self.id2: 2}.get(m["value"], m["value"]) for m in self.team()["members"])

    def events(self):
        return newest(self.port, self.client.token) - self.told

    def again(self):
        return self.client.request(self.method, self.path, self.body, self.headers)

    def send(self, shape):
        self.method, self.path = shape["method"], self.fill(shape["path"])
        self.body = json.loads(self.fill(json.dumps(shape["body"]))) if "body" in shape else None
        self.headers = shape.get("headers")
        return self.again()


def provision(okta):
    """What Okta sends, in its order: connection test, look-up, create, profile push, group push, a member more, deactivation."""
    answers = [okta.get("/Users?startIndex=1&count=2"), okta.find("Users", "userName", "test.joiner@example.com")]
    made = [okta.post("/Users", user(name)) for name in ("test.joiner", "second.joiner")]
    who, other = (answer.json["id"] for answer in made)
    whole = okta.get("/Users/" + who).json
    answers += [*made, okta.put("/Users/" + who, dict(whole, title="Engineer")), okta.find("Groups", "displayName", "Engineering")]
    pushed = okta.post("/Groups", group("Engineering", [who]))
    answers += [pushed, okta.patch("/Groups/" + pushed.json["id"], [{"op": "add", "path": "members", "value": [{"value": other}]}])]
    whole = okta.get("/Users/" + other).json
    answers.append(okta.put("/Users/" + other, dict(whole, active=False)))
    tap.ok(all(a.status in (200, 201, 204) for a in answers), "Okta's requests are all taken", *answers)
