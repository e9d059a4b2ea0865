/* SPDX-License-Identifier: Apache-2.0 */
/* people - in which accounts somebody is, for the operator's staff: "I am Ana, and I cannot get in". */
#include "internal.h"

#include "roster/directory/roll.h"

#define PEOPLE_MAX   1000 /* that are told */
#define PEOPLE_LOOKS 5000 /* accounts that one request looks at: two short reads each */
#define SLICE        100

static void write_person(struct buf *b, const struct account *account, const struct roll_entry *e)
{
    buf_json_comma(b);
    buf_puts(b, "{\"account\":{");
    buf_json_text(b, "slug", str_of(account->slug));
    buf_json_text(b, "name", account->name);
    buf_putc(b, '}');
    answer_id(b, "id", &e->id);
    buf_json_text(b, "userName", e->name);
    buf_json_text(b, "email", e->email);
    buf_printf(b, ",\"active\":%s}", e->active ? "true" : "false");
}

static bool look(struct api_call *c, const struct account *account, struct str email, size_t *written)
{
    struct call call = c->call;
    struct roll found;

    call.account = account;
    call.arena = c->api->scratch;
    arena_reset(call.arena);
    if (!roll_find(&call, email, &found))
        return false;
    for (size_t i = 0; i < found.n; i++)
        write_person(&c->response->body, account, &found.entries[i]);
    *written += found.n;
    http_response_spill(c->response);
    return true;
}

/*
 * GET /api/v1/people?email=ADDRESS&after=N: {"people":[{"account":{"slug":…,"name":…},"id":…,"userName":…,"email":…,"active":…}…],"next":N},
 * the users of all accounts who have the address, or are called so, without regard to case. next goes into after where
 * there are more accounts than one request looks at; else it is null.
 */
bool people_list(struct api_call *c)
{
    struct buf *b = &c->response->body;
    struct arena *names;
    struct account *accounts;
    size_t looked = 0, written = 0, n = SLICE;
    long long after;
    struct str email;
    bool done = true;

    if (!http_query(c->r, "email", &email, c->error) || !answer_number(c, "after", 0, &after))
        return false;
    if (str_trim(email).len == 0) {
        error_set(c->error, ERR_PARAMETER_INVALID, STR_LIT("email"), email, STR_LIT("an e-mail address"));
        return false;
    }
    after = after < 0 ? 0 : after > UINT32_MAX ? UINT32_MAX : after;
    answer_json(c, 200);
    buf_puts(b, "{\"people\":[");
    names = arena_new(0);
    while (done && n == SLICE && looked < PEOPLE_LOOKS && written < PEOPLE_MAX) {
        arena_reset(names);
        done = account_names(c->call.store, names, (uint32_t)after, SLICE, &accounts, &n, c->error);
        for (size_t i = 0; i < n && done; i++) {
            done = look(c, &accounts[i], str_trim(email), &written);
            after = accounts[i].number;
        }
        looked += n;
    }
    arena_free(&names);
    if (n == SLICE)
        buf_printf(b, "],\"next\":%lld}", after);
    else
        buf_puts(b, "],\"next\":null}");
    return done;
}
