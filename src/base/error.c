/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/base/error.h"

#include "roster/base/utf8.h"

#include <assert.h>

#define ARGUMENT_MAX 120
#define REPLACEMENT  "\xef\xbf\xbd" /* U+FFFD */
#define ELLIPSIS     "\xe2\x80\xa6"

static const struct error_entry entries[] = {
    [ERR_NONE] = {.code = ""},
#define ERROR(code_, status_, scim_type_, sentence_, cause_, admin_, engineer_)                                        \
    [ERR_##code_] = {.code = #code_,                                                                                   \
                     .status = (status_),                                                                              \
                     .scim_type = (scim_type_),                                                                        \
                     .sentence = (sentence_),                                                                          \
                     .cause = (cause_),                                                                                \
                     .admin = (admin_),                                                                                \
                     .engineer = (engineer_)},
#include "roster/errors.def"
#undef ERROR
};
static_assert(sizeof entries / sizeof entries[0] == ERR_COUNT, "a row for every code");

/* The bare sentence leaves room for at least two arguments of full length. */
#define ERROR(code, status, scim_type, sentence, cause, admin, engineer)                                               \
    static_assert(sizeof(sentence) <= ERROR_SENTENCE_MAX - 2 * ARGUMENT_MAX, #code ": sentence too long");             \
    static_assert((status) >= 400 && (status) <= 599, #code ": not an error's status");
#include "roster/errors.def"
#undef ERROR

/* Answers tell cause and remedy to people, in a field of the identity provider's page: some lines, not a manual. */
#define ERROR(code, status, scim_type, sentence, cause, admin, engineer)                                               \
    static_assert(sizeof(cause) + sizeof(admin) <= ERROR_SENTENCE_MAX, #code ": cause and remedy too long");
#include "roster/errors.def"
#undef ERROR

const struct error_entry *error_entry(enum error_code code)
{
    assert(code > ERR_NONE && code < ERR_COUNT);
    return &entries[code];
}

const struct error_entry *error_find(struct str code)
{
    for (size_t i = ERR_NONE + 1; i < ERR_COUNT; i++)
        if (str_eq_nocase(code, str_of(entries[i].code)))
            return &entries[i];
    return NULL;
}

struct text {
    char *p;
    size_t len, max;
};

/* All of it or nothing, so that no character is cut. */
static bool put(struct text *t, const char *p, size_t len)
{
    if (len > t->max - t->len)
        return false;
    memcpy(t->p + t->len, p, len);
    t->len += len;
    return true;
}

/* Takes the first character off *s; what must not stand in a message gives a U+FFFD. */
static struct str take_printable(struct str *s)
{
    size_t len = utf8_sequence(*s);
    uint32_t c = 0;

    if (len > 0)
        utf8_next(*s, &c);
    struct str printable = c < 0x20 || (c >= 0x7f && c < 0xa0) ? STR_LIT(REPLACEMENT) : str_sub(*s, 0, len);
    *s = str_sub(*s, len > 0 ? len : 1, s->len);
    return printable;
}

static void put_argument(struct text *t, struct str arg)
{
    char text[ARGUMENT_MAX];
    struct text shortened = {.p = text, .max = sizeof text};
    size_t fits = 0; /* the length at which an ellipsis still has room */

    while (arg.len > 0) {
        struct str c = take_printable(&arg);
        if (!put(&shortened, c.p, c.len)) {
            shortened.len = fits;
            put(&shortened, ELLIPSIS, sizeof ELLIPSIS - 1);
            break;
        }
        if (shortened.len + sizeof ELLIPSIS - 1 <= shortened.max)
            fits = shortened.len;
    }
    for (struct str rest = {text, shortened.len}; rest.len > 0;) {
        struct str c = take_printable(&rest);
        if (!put(t, c.p, c.len))
            break;
    }
}

void error_set_args(struct error *e, enum error_code code, const struct str *args, size_t nargs)
{
    if (error_is_set(e))
        return;

    struct text t = {.p = e->sentence, .max = sizeof e->sentence - 1};
    size_t used = 0;
    const char *from = error_entry(code)->sentence;
    for (const char *hole; (hole = strstr(from, "{}")) != NULL; from = hole + 2) {
        put(&t, from, (size_t)(hole - from));
        assert(used < nargs);
        put_argument(&t, args[++used]); /* args[0] is a filler */
    }
    assert(used == nargs);
    put(&t, from, strlen(from));
    e->sentence[t.len] = '\0';
    e->code = code;
}
