/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "roster/base/json.h"
#include "roster/directory/sso.h"

#define MISMATCHES_DEFAULT 100
#define MISMATCHES_MAX     1000

static void write_text(struct buf *b, const char *name, struct str text)
{
    buf_json_name(b, name);
    if (text.p == NULL)
        buf_puts(b, "null");
    else
        buf_json(b, text);
}

static void write_user(struct buf *b, const struct sso_user *user)
{
    buf_json_name(b, "user");
    buf_putc(b, '{');
    write_text(b, "id", user->id);
    write_text(b, "userName", user->user_name);
    write_text(b, "email", user->email);
    write_text(b, "role", user->role);
    buf_json_name(b, "active");
    buf_puts(b, user->active ? "true}" : "false}");
}

/*
 * POST /api/v1/sso/match {"email":…}, the address that a login asserts: {"matched":true,"user":{…}}, or
 * {"matched":false,"reason":…,"message":…,"user":{…}}, without a user where none is meant.
 */
bool sso_match_address(struct api_call *c)
{
    struct json_object *email = json_member(c->body, "email");
    struct buf *b = &c->response->body;
    struct sso_match match;

    if (!json_object_is_type(email, json_type_string)) {
        error_set(c->error, ERR_MEMBER_REQUIRED, STR_LIT("email"));
        return false;
    }
    if (!sso_match(&c->call, json_str(email), &match))
        return false;
    answer_json(c, 200);
    buf_puts(b, match.reason == SSO_MATCHED ? "{\"matched\":true" : "{\"matched\":false");
    if (match.reason != SSO_MATCHED) {
        write_text(b, "reason", str_of(sso_reason_word(match.reason)));
        write_text(b, "message", str_of(sso_reason_message(match.reason)));
    }
    if (match.user.id.p != NULL)
        write_user(b, &match.user);
    buf_putc(b, '}');
    return true;
}

/* --- who cannot sign in as provisioned --- */

static void write_mismatch(struct buf *b, const struct sso_mismatch *m)
{
    char id[ID_TEXT_LEN + 1];

    id_format(&m->id, id);
    buf_putc(b, '{');
    write_text(b, "id", str_of(id));
    write_text(b, "userName", m->user_name);
    write_text(b, "email", m->email);
    buf_putc(b, '}');
}

static bool read_after(struct api_call *c, struct id *out)
{
    struct str text;

    *out = (struct id){{0}};
    if (!http_query(c->r, "after", &text, c->error))
        return false;
    if (text.p == NULL || id_parse(text, out))
        return true;
    error_set(c->error, ERR_PARAMETER_INVALID, STR_LIT("after"), text, STR_LIT("what next of the page before says"));
    return false;
}

/*
 * GET /api/v1/sso/mismatches?after=ID&limit=N: {"users":[…],"next":ID}. So many slices at most make a page, so a page may have
 * fewer users than the limit though others follow; next is null where none do.
 */
bool sso_list_mismatches(struct api_call *c)
{
    struct buf *b = &c->response->body;
    struct sso_mismatches slice;
    struct call call = c->call;
    char next[ID_TEXT_LEN + 1];
    long long limit;
    struct id last;

    if (!read_after(c, &last) || !answer_number(c, "limit", MISMATCHES_DEFAULT, &limit))
        return false;
    size_t most = limit < 1 ? 1 : limit > MISMATCHES_MAX ? MISMATCHES_MAX : (size_t)limit, written = 0, slices = 0;
    call.arena = c->api->scratch;
    answer_json(c, 200);
    buf_puts(b, "{\"users\":[");
    do {
        size_t want = most - written < SSO_SLICE ? most - written : SSO_SLICE;

        arena_reset(call.arena);
        if (!sso_mismatches(&call, id_is_set(&last) ? &last : NULL, want, &slice))
            return false;
        for (size_t i = 0; i < slice.n; i++) {
            if (written++ > 0)
                buf_putc(b, ',');
            write_mismatch(b, &slice.users[i]);
        }
        last = slice.last;
        http_response_spill(c->response);
    } while (slice.more && written < most && ++slices < MISMATCHES_MAX / SSO_SLICE);
    id_format(&last, next);
    buf_putc(b, ']');
    write_text(b, "next", slice.more ? str_of(next) : STR_NULL);
    buf_putc(b, '}');
    return true;
}
