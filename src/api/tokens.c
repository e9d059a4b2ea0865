/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tokens - the tokens of the token's own account. Who manages an account can make any token of it, also one with scopes that
 * his own lacks: he could as well give himself the rights of whoever has them.
 */
#include "internal.h"

#include "roster/base/json.h"
#include "roster/directory/user.h"

#include <sodium.h>

#define TOKENS_SLICE 100

/* GET /api/v1/tokens?after=ID&limit=N: {"tokens":[…],"next":ID}, in order of id; next is null where no others follow. */
bool tokens_list(struct api_call *c)
{
    struct buf *b = &c->response->body;
    size_t most, written = 0, n = 0, want;
    struct token *tokens;
    struct id last;

    if (!answer_after(c, &last) || !answer_limit(c, &most))
        return false;
    answer_json(c, 200);
    buf_puts(b, "{\"tokens\":[");
    do {
        want = most - written < TOKENS_SLICE ? most - written : TOKENS_SLICE;
        arena_reset(c->api->scratch);
        if (!token_page(c->call.store, c->api->scratch, c->call.account, id_is_set(&last) ? &last : NULL, want, &tokens,
                        &n, c->error))
            return false;
        for (size_t i = 0; i < n; i++) {
            buf_json_comma(b);
            token_write(b, &tokens[i], c->call.now);
            last = tokens[i].id;
        }
        written += n;
        http_response_spill(c->response);
    } while (n == want && written < most);
    answer_next(b, &last, n == want);
    return true;
}

/* What a new token is to be. */
struct wish {
    struct str name;
    uint32_t scopes;
    int64_t expires;
    struct id user;
};

static bool read_expiry(struct api_call *c, struct wish *w)
{
    struct json_object *v = json_get(c->body, "expires");
    struct str text = STR_NULL;

    if (v == NULL)
        return true;
    if (json_object_is_type(v, json_type_int))
        text = str_of(arena_printf(c->r->arena, "%lld", (long long)json_object_get_int64(v)));
    else if (json_object_is_type(v, json_type_string))
        text = json_str(v);
    if (text.p != NULL && token_read_expiry(text, c->call.now, &w->expires))
        return true;
    error_set(c->error, ERR_BODY_MEMBER_INVALID, STR_LIT("expires"), STR_LIT("a number of days or a date to come"));
    return false;
}

/* RESOURCE_NOT_FOUND where it is no user of the account. */
static bool read_user(struct api_call *c, struct wish *w)
{
    struct image im;
    struct str text;

    if (!answer_member(c, "user", false, &text))
        return false;
    return text.p == NULL || (user_get(&c->call, text, &im) && id_parse(im.id, &w->user));
}

static bool read_wish(struct api_call *c, struct wish *w)
{
    struct str scopes;

    *w = (struct wish){.scopes = SCOPE_SCIM};
    if (!answer_takes(c, "name, scopes, expires, user") || !answer_member(c, "name", true, &w->name) ||
        !answer_member(c, "scopes", false, &scopes))
        return false;
    if (scopes.p != NULL && (w->scopes = token_scopes_read(scopes)) == 0) {
        error_set(c->error, ERR_BODY_MEMBER_INVALID, STR_LIT("scopes"),
                  str_of(arena_printf(c->r->arena, "one or more of %s, parted by spaces",
                                      token_scope_words(UINT32_MAX, c->r->arena))));
        return false;
    }
    return read_expiry(c, w) && read_user(c, w);
}

bool tokens_make(struct api_call *c, const char *path)
{
    struct buf *b = &c->response->body;
    char secret[TOKEN_TEXT_MAX], id[ID_TEXT_LEN + 1];
    struct token token;
    struct wish w;

    if (!read_wish(c, &w) || !token_add(c->call.store, c->r->arena, c->call.account, w.name, w.scopes, w.expires,
                                        id_is_set(&w.user) ? &w.user : NULL, secret, &token, c->error))
        return false;
    id_format(&token.id, id);
    answer_created(c, path, str_of(id));
    token_write(b, &token, c->call.now);
    b->len--;
    buf_json_text(b, "secret", str_of(secret));
    buf_putc(b, '}');
    sodium_memzero(secret, sizeof secret);
    return true;
}

/* POST /api/v1/tokens {"name":…,"scopes":"scim manage","expires":…,"user":ID}: the token, with "secret", this once. */
bool tokens_create(struct api_call *c)
{
    return tokens_make(c, "/tokens");
}

bool tokens_end(struct api_call *c, struct str text)
{
    struct id id;

    if (!id_parse(text, &id)) {
        error_set(c->error, ERR_TOKEN_UNKNOWN, text);
        return false;
    }
    if (!token_revoke(c->call.store, c->r->arena, c->call.account, text, c->error))
        return false;
    c->response->status = 204;
    return true;
}

/* DELETE /api/v1/tokens/{id} */
bool tokens_revoke(struct api_call *c)
{
    return tokens_end(c, c->params[0]);
}
