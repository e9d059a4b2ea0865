/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "roster/base/json.h"
#include "roster/directory/sso.h"

static void write_user(struct buf *b, const struct sso_user *user)
{
    buf_json_name(b, "user");
    buf_putc(b, '{');
    buf_json_text(b, "id", user->id);
    buf_json_text(b, "userName", user->user_name);
    buf_json_text(b, "email", user->email);
    buf_json_text(b, "role", user->role);
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
        buf_json_text(b, "reason", str_of(sso_reason_word(match.reason)));
        buf_json_text(b, "message", str_of(sso_reason_message(match.reason)));
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
    buf_json_text(b, "id", str_of(id));
    buf_json_text(b, "userName", m->user_name);
    buf_json_text(b, "email", m->email);
    buf_putc(b, '}');
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
    size_t most, written = 0, slices = 0;
    struct id last;

    if (!answer_after(c, &last) || !answer_limit(c, &most))
        return false;
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
    } while (slice.more && written < most && ++slices < PAGE_MAX / SSO_SLICE);
    answer_next(b, &last, slice.more);
    return true;
}
