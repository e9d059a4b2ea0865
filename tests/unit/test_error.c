/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "roster/base/error.h"
#include "roster/base/utf8.h"

/* The words of RFC 7644 table 9, and those that RFC 9865 adds. */
static const char *const scim_types[] = {
    "invalidFilter", "tooMany",     "uniqueness", "mutability",    "invalidSyntax", "invalidPath",  "noTarget",
    "invalidValue",  "invalidVers", "sensitive",  "invalidCursor", "expiredCursor", "invalidCount",
};

static const int statuses[] = {400, 401, 403, 404, 405, 406, 409, 410, 411, 412,
                               413, 414, 415, 428, 429, 431, 500, 501, 502, 503};

static bool is_scim_type(const char *word)
{
    for (size_t i = 0; i < sizeof scim_types / sizeof scim_types[0]; i++)
        if (strcmp(word, scim_types[i]) == 0)
            return true;
    return false;
}

static bool is_status(int status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (status == statuses[i])
            return true;
    return false;
}

static size_t holes(const char *sentence)
{
    size_t n = 0;

    for (; (sentence = strstr(sentence, "{}")) != NULL; sentence += 2)
        n++;
    return n;
}

/* Braces stand in pairs, nothing but printable ASCII, no full stop at the end of a sentence, no space around. */
static bool is_text(const char *text)
{
    size_t len = strlen(text);

    if (len < 5 || text[0] == ' ' || text[len - 1] == ' ')
        return false;
    for (const char *p = text; *p != '\0'; p++)
        if (*p < 0x20 || *p > 0x7e)
            return false;
    return true;
}

/* Answers put cause and remedy behind one another. */
static bool is_whole(const char *text)
{
    return text[strlen(text) - 1] == '.';
}

static bool entry_is_good(const struct error_entry *e)
{
    bool good = is_status(e->status) && (e->scim_type == NULL || is_scim_type(e->scim_type)) && is_text(e->sentence) &&
                is_text(e->cause) && is_text(e->admin) && is_text(e->engineer) && holes(e->sentence) <= 3 &&
                e->sentence[strlen(e->sentence) - 1] != '.' && is_whole(e->cause) && is_whole(e->admin) &&
                is_whole(e->engineer);

    for (const char *p = e->code; *p != '\0'; p++)
        good = good && ((*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_');
    /* RFC 7644 table 9: a scimType explains a 400 or a 409, and uniqueness is a 409. */
    if (e->scim_type != NULL)
        good = good && (e->status == 409) == (strcmp(e->scim_type, "uniqueness") == 0);
    if (e->scim_type != NULL)
        good = good && (e->status == 400 || e->status == 409 || e->status >= 403);
    return good;
}

static void has_a_sound_catalogue(void)
{
    CHECK(ERR_COUNT > 40);
    for (int i = ERR_NONE + 1; i < ERR_COUNT; i++) {
        const struct error_entry *e = error_entry((enum error_code)i);
        if (!entry_is_good(e))
            CHECK_CSTR(e->code, "a sound entry");
        CHECK(error_find(str_of(e->code)) == e); /* so codes are unique */
    }
}

static void fills_every_sentence(void)
{
    static const char long_text[300] = {[0 ... 298] = 'x'};
    const struct str args[] = {STR_NULL, str_of(long_text), str_of(long_text), str_of(long_text), str_of(long_text)};

    for (int i = ERR_NONE + 1; i < ERR_COUNT; i++) {
        struct error e = ERROR_INIT;
        size_t n = holes(error_entry((enum error_code)i)->sentence);
        CHECK_FATAL(n < sizeof args / sizeof args[0]);
        error_set_args(&e, (enum error_code)i, args, n);
        CHECK_INT(e.code, i);
        CHECK(strlen(e.sentence) >= 10 + n * 20 && strlen(e.sentence) < ERROR_SENTENCE_MAX);
        CHECK(strstr(e.sentence, "{}") == NULL);
    }
}

static void finds_by_name(void)
{
    CHECK(error_find(STR_LIT("type_unknown")) == error_entry(ERR_TYPE_UNKNOWN));
    CHECK_CSTR(error_entry(ERR_TYPE_UNKNOWN)->code, "TYPE_UNKNOWN");
    CHECK(error_find(STR_LIT("TYPE_UNKNOWNX")) == NULL);
    CHECK(error_find(STR_NULL) == NULL);
}

static void keeps_the_first_cause(void)
{
    struct error e = ERROR_INIT;

    CHECK(!error_is_set(&e));
    error_set(&e, ERR_METHOD_NOT_ALLOWED, STR_LIT("TRACE"), STR_LIT("GET, POST"));
    CHECK(error_is_set(&e));
    error_set(&e, ERR_INTERNAL);
    CHECK_INT(e.code, ERR_METHOD_NOT_ALLOWED);
    CHECK_CSTR(e.sentence, "This address does not take TRACE; it takes GET, POST");
}

static struct str argument(struct error *e, struct str arg)
{
    static const size_t before = sizeof "There is no account " - 1;

    *e = ERROR_INIT;
    error_set(e, ERR_ACCOUNT_UNKNOWN, arg);
    CHECK(utf8_valid(str_of(e->sentence)));
    return str_sub(str_of(e->sentence), before, strlen(e->sentence));
}

static void makes_arguments_printable(void)
{
    struct error e;

    CHECK_STR(argument(&e, STR_LIT("a{}b")), STR_LIT("a{}b"));
    CHECK_STR(argument(&e, STR_NULL), STR_LIT(""));
    CHECK_STR(argument(&e, STR_LIT("a\n\0\x1f\x7f")), STR_LIT("a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"));
    CHECK_STR(argument(&e, STR_LIT("\xc2\x80\xc2\x9f\xc2\xa0")), STR_LIT("\xef\xbf\xbd\xef\xbf\xbd\xc2\xa0"));
    CHECK_STR(argument(&e, STR_LIT("\xff\xc3")), STR_LIT("\xef\xbf\xbd\xef\xbf\xbd"));
    CHECK_STR(argument(&e, STR_LIT("\xf0\x9f\x98\x80 J\xc3\xbcrgen")), STR_LIT("\xf0\x9f\x98\x80 J\xc3\xbcrgen"));
}

/* Characters of one to four bytes, at every length: 120 bytes pass whole, more are cut at a border and say so. */
static void shortens_arguments(void)
{
    static const struct str chars[] = {STR_LIT("x"), STR_LIT("\xc3\xbc"), STR_LIT("\xe2\x82\xac"),
                                       STR_LIT("\xf0\x9f\x98\x80")};
    static const struct str ellipsis = STR_LIT("\xe2\x80\xa6");

    for (size_t c = 0; c < 4; c++) {
        for (size_t lead = 0; lead < 4; lead++) {
            char text[1000];
            size_t len = lead;
            memset(text, '.', lead);
            for (; len < 200; len += chars[c].len) {
                struct error e;
                struct str out = argument(&e, str_make(text, len));
                if (len <= 120)
                    CHECK_STR(out, str_make(text, len));
                else
                    CHECK(out.len <= 120 && out.len > 112 && str_eq(str_sub(out, out.len - 3, out.len), ellipsis) &&
                          memcmp(out.p, text, out.len - 3) == 0);
                memcpy(text + len, chars[c].p, chars[c].len);
            }
        }
    }
}

static const struct unit_test tests[] = {
    UNIT(has_a_sound_catalogue), UNIT(fills_every_sentence),      UNIT(finds_by_name),
    UNIT(keeps_the_first_cause), UNIT(makes_arguments_printable), UNIT(shortens_arguments),
};

int main(void)
{
    return unit_run("error", tests, sizeof tests / sizeof tests[0]);
}
