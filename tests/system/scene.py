# SPDX-License-Identifier: Apache-2.0
"""An account with two users and a group, for tests of what one request does."""

import json

from lib import group, newest, user


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
