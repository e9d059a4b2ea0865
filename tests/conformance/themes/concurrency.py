# SPDX-License-Identifier: Apache-2.0
"""Many clients at once: nothing is lost, nothing is there twice, one of those who contend wins."""

import threading

from harness.client import Client, op
from harness.expect import equal, status, true
from harness.registry import check

HANDS = 8


def together(w, act):
    """The answers of act(client, number), asked at one time over a connection each."""
    answers, gate = [None] * HANDS, threading.Barrier(HANDS)

    def run(number):
        client = Client(w.url, w.client.token, w.note)
        gate.wait()
        answers[number] = act(client, number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(HANDS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    true(None not in answers, "each has an answer")
    return answers


def statuses(answers):
    return sorted(answer.status for answer in answers)


@check("RFC7644 3.3, RFC7643 4.1.1")
def one_name(w):
    """of many who create one userName one succeeds, the others are 409 (trap 46)"""
    body = w.user_body("race")
    answers = together(w, lambda client, number: client.post("/Users", body))
    equal(statuses(answers), [201] + [409] * (HANDS - 1), "status")


@check("RFC7644 3.5.2, RFC7644 3.5.2.1", needs="patch User.emails")
def adds(w):
    """values that many add to one user are all there (trap 34)"""
    where = "/Users/" + w.user("race")["id"]
    answers = together(w, lambda client, number: client.patch(where, op("add", "emails", [{"value": f"n{number}@many.example"}])))
    true(all(answer.status in (200, 204) for answer in answers), "status", statuses(answers))
    equal(sorted(each["value"] for each in w.read(where)["emails"]), [f"n{number}@many.example" for number in range(HANDS)], "emails")


@check("RFC7644 3.5.2, RFC7644 3.5.2.1", needs="patch groups")
def members(w):
    """members that many add to one group are all there (trap 34)"""
    who = [w.user("race")["id"] for _ in range(HANDS)]
    where = "/Groups/" + w.group("Race")["id"]
    answers = together(w, lambda client, number: client.patch(where, op("add", "members", [{"value": who[number]}])))
    true(all(answer.status in (200, 204) for answer in answers), "status", statuses(answers))
    equal(sorted(each["value"] for each in w.read(where)["members"]), sorted(who), "members")


@check("RFC7644 3.5.2, RFC7644 3.5.2.2", needs="patch groups")
def come_and_go(w):
    """members that some add while others remove: each change is there (trap 34)"""
    who = [w.user("race")["id"] for _ in range(HANDS)]
    where = "/Groups/" + w.group("Race", who[::2])["id"]

    def act(client, number):
        if number % 2:
            return client.patch(where, op("add", "members", [{"value": who[number]}]))
        return client.patch(where, op("remove", f'members[value eq "{who[number]}"]'))

    true(all(answer.status in (200, 204) for answer in together(w, act)), "status")
    equal(sorted(each["value"] for each in w.read(where)["members"]), sorted(who[1::2]), "members")


@check("RFC7644 3.14, RFC9110 13.1.1", needs="etag")
def one_version(w):
    """of many who replace one version one succeeds, the others are 412 (trap 50)"""
    body = w.user_body("race")
    user = w.create("/Users", body)
    where, tag = "/Users/" + user["id"], w.client.get("/Users/" + user["id"]).header("ETag")
    answers = together(w, lambda client, number: client.put(where, {**body, "title": f"t{number}"}, If_Match=tag))
    equal(statuses(answers), [200] + [412] * (HANDS - 1), "status")
    won = next(number for number, answer in enumerate(answers) if answer.status == 200)
    equal(w.read(where)["title"], f"t{won}", "title")


@check("RFC7644 3.5.1")
def whole(w):
    """of many who replace a user one is the last, and whole (trap 34)"""
    body = w.user_body("race")
    where = "/Users/" + w.create("/Users", body)["id"]
    answers = together(w, lambda client, number: client.put(where, {**body, "title": f"t{number}", "nickName": f"t{number}"}))
    equal(statuses(answers), [200] * HANDS, "status")
    user = w.read(where)
    equal(user["nickName"], user["title"], "nickName and title are of one")


@check("RFC7644 3.6")
def one_end(w):
    """of many who delete a user one succeeds, the others are 404 (trap 47)"""
    where = "/Users/" + w.user("race")["id"]
    equal(statuses(together(w, lambda client, number: client.delete(where))), [204] + [404] * (HANDS - 1), "status")


@check("RFC7643 3.1")
def ids(w):
    """users that are created at one time have ids of their own (trap 8)"""
    bodies = [w.user_body("race") for _ in range(HANDS)]
    answers = together(w, lambda client, number: client.post("/Users", bodies[number]))
    equal(statuses(answers), [201] * HANDS, "status")
    equal(len({answer["id"] for answer in answers}), HANDS, "ids")
    for answer in answers:
        equal(status(w.client.get("/Users/" + answer["id"]), 200)["userName"], answer["userName"], "userName")
