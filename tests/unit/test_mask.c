/* SPDX-License-Identifier: Apache-2.0 */
/* What clients sent, without its secrets. */
#include "unit.h"

#include "roster/base/json.h"
#include "roster/scim/mask.h"

#include <stdio.h>

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static void finds_the_signs(void)
{
    static const struct {
        const char *text;
        bool mentions;
    } cases[] = {
        {"", false},
        {"{\"userName\":\"ana@example.com\",\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"]}", false},
        {"password", true},
        {"PassWord", true},
        {"newPasswd", true},
        {"x:clientSecret", true},
        {"api_token", true},
        {"rst_acme_0", true},
        {"p\\u0061ssword", true},
        {"w", false},
        {"pass", false},
        {"to ken", false},
        {"work, secre, toke, rst, a_b", false},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        if (!CHECK_INT(mask_mentions(str_of(cases[i].text)), cases[i].mentions))
            fprintf(stderr, "  in %s\n", cases[i].text);
}

static void masks_bodies(void)
{
    static const struct {
        const char *body, *masked;
    } cases[] = {
        {"{\"userName\":\"ana\"}", "{\"userName\":\"ana\"}"},
        {"{ \"userName\" :\n\t\"ana\" }", "{ \"userName\" :  \"ana\" }"},
        {"{\"userName\":\"ana\",\"password\":\"hunter22\"}", "{\"userName\":\"ana\",\"password\":\"***\"}"},
        {"{\"PASSWORD\":12345678,\"a\":1}", "{\"PASSWORD\":\"***\",\"a\":1}"},
        {"{\"p\\u0061ssword\":\"hunter22\"}", "{\"password\":\"***\"}"},
        {"{\"password\":{\"value\":[\"hunter22\"]}}", "{\"password\":\"***\"}"},
        {"{\"password\":null}", "{\"password\":null}"},
        {"{\"Operations\":[{\"op\":\"replace\",\"path\":\"password\",\"value\":\"hunter22\"}]}",
         "{\"Operations\":[{\"op\":\"replace\",\"path\":\"password\",\"value\":\"***\"}]}"},
        {"{\"Operations\":[{\"value\":\"hunter22\",\"PATH\":\"urn:ietf:params:scim:schemas:core:2.0:User:password\"}]}",
         "{\"Operations\":[{\"value\":\"***\",\"PATH\":\"urn:ietf:params:scim:schemas:core:2.0:User:password\"}]}"},
        {"{\"Operations\":[{\"op\":\"replace\",\"value\":{\"title\":\"T\",\"password\":\"hunter22\"}}]}",
         "{\"Operations\":[{\"op\":\"replace\",\"value\":{\"title\":\"T\",\"password\":\"***\"}}]}"},
        {"{\"filter\":\"password eq \\\"hunter22\\\"\"}", "{\"filter\":\"***\"}"},
        {"{\"title\":\"rst_acme_0123\"}", "{\"title\":\"***\"}"},
        {"{\"title\":\"Bearer rst_acme_0123\"}", "{\"title\":\"***\"}"},
        {"{\"url\":\"https://x/rst_acme_0123\"}", "{\"url\":\"***\"}"},
        {"{\"nickName\":\"password:hunter22\"}", "{\"nickName\":\"***\"}"},
        {"{\"rst_acme_0123\":1}", "{\"***\":\"***\"}"},
        {"{\"tokens[value eq \\\"hunter22\\\"].pin\":5}", "{\"***\":\"***\"}"},
        {"{\"op\":\"add\",\"path\":\"password\",\"val\":\"hunter22\"}",
         "{\"op\":\"add\",\"path\":\"password\",\"val\":\"***\"}"},
        {"{\"path\":[\"password\"],\"value\":\"hunter22\"}", "{\"path\":[\"password\"],\"value\":\"***\"}"},
        {"{\"name\":\"password\",\"value\":\"hunter22\"}", "{\"name\":\"password\",\"value\":\"***\"}"},
        {"{\"displayName\":\"Token Ring\",\"members\":[]}", "{\"displayName\":\"***\",\"members\":[]}"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *a = arena_new(0);
        struct mask m;
        struct buf b;
        bool cut;

        buf_init(&b, a);
        mask_body(&b, str_of(cases[i].body), 1000, &m, &cut);
        CHECK_STR(buf_view(&b), str_of(cases[i].masked));
        CHECK(!cut);
        arena_free(&a);
    }
}

static void cuts_long_bodies(void)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    struct mask m;
    struct buf b;
    bool cut;

    buf_init(&b, a);
    mask_body(&b, STR_LIT("{\"a\":\"bü\"}"), 8, &m, &cut);
    CHECK(cut);
    CHECK_STR(json_str(json_read(a, buf_view(&b), &e)), STR_LIT("{\"a\":\"b")); /* not half a character */
    buf_clear(&b);
    mask_body(&b, STR_LIT("{\"value\":\"hunter22\",\"more\":\"xxxxxxxxxxxx\",\"path\":\"password\"}"), 20, &m, &cut);
    CHECK(cut);
    CHECK_STR(json_str(json_read(a, buf_view(&b), &e)), STR_LIT("{\"value\":\"***\",\"more"));
    CHECK_INT(m.n, 2);
    arena_free(&a);
}

/* What is kept of a body is a member of something: one level deeper than it came. */
static void deep_bodies_become_text(void)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    struct mask m;

    for (int depth = JSON_DEPTH_MAX - 2; depth <= JSON_DEPTH_MAX; depth++) {
        struct buf body, b;
        bool cut;

        buf_init(&body, a);
        buf_init(&b, a);
        for (int i = 0; i < depth; i++)
            buf_puts(&body, "[");
        for (int i = 0; i < depth; i++)
            buf_puts(&body, "]");
        buf_puts(&b, "{\"body\":");
        mask_body(&b, buf_view(&body), 1000, &m, &cut);
        buf_putc(&b, '}');
        CHECK_INT(cut, depth == JSON_DEPTH_MAX);
        CHECK(json_read(a, buf_view(&b), &e) != NULL);
    }
    arena_free(&a);
}

/* Errors shorten what they quote and write control characters in another way: then no word about the request is sure. */
static void secrets_that_are_quoted_otherwise_hide_all_words(void)
{
    static const char *const secrets[] = {"\\u0001secret-1", "\xc2\x85secret-2", "LONG"};

    for (size_t i = 0; i < COUNT(secrets); i++) {
        struct arena *a = arena_new(0);
        struct mask m;
        struct buf b;
        bool cut;

        buf_init(&b, a);
        mask_body(&b,
                  str_of(arena_printf(a, "{\"apiToken\":\"%s\"}", i < 2 ? secrets[i] : arena_printf(a, "%0150d", 1))),
                  1000, &m, &cut);
        CHECK_STR(buf_view(&b), STR_LIT("{\"apiToken\":\"***\"}"));
        CHECK_STR(mask_text(a, STR_LIT("Another User has the value"), &m), STR_LIT("***"));
        arena_free(&a);
    }
}

static void leaves_out_what_is_too_long_to_read(void)
{
    struct arena *a = arena_new(0);
    struct buf body, b;
    struct mask m;
    bool cut;

    buf_init(&body, a);
    buf_puts(&body, "{\"password\":\"hunter22\",\"x\":\"");
    while (body.len < MASK_READ_MAX)
        buf_puts(&body, "xxxxxxxxxxxxxxxx");
    buf_puts(&body, "\"}");
    buf_init(&b, a);
    mask_body(&b, buf_view(&body), 1000, &m, &cut);
    CHECK_STR(buf_view(&b), STR_LIT("\"***\""));
    CHECK_STR(mask_text(a, STR_LIT("anything"), &m), STR_LIT("***"));
    arena_free(&a);
}

static void takes_secrets_out_of_other_words(void)
{
    struct arena *a = arena_new(0);
    struct mask m;
    struct buf b;
    bool cut;

    buf_init(&b, a);
    mask_body(&b, STR_LIT("{\"password\":[\"hunter22\",\"hunter\",\"a\"]}"), 1000, &m, &cut);
    CHECK_STR(mask_text(a, STR_LIT("a hunter22 and hunter's"), &m), STR_LIT("a *** and ***'s"));
    CHECK_STR(mask_text(a, STR_LIT("nothing"), &m), STR_LIT("nothing"));
    arena_free(&a);
}

static const struct unit_test tests[] = {
    UNIT(finds_the_signs),
    UNIT(masks_bodies),
    UNIT(cuts_long_bodies),
    UNIT(deep_bodies_become_text),
    UNIT(secrets_that_are_quoted_otherwise_hide_all_words),
    UNIT(leaves_out_what_is_too_long_to_read),
    UNIT(takes_secrets_out_of_other_words),
};

int main(void)
{
    return unit_run("mask", tests, COUNT(tests));
}
