/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "roster/scim/filter.h"
#include "roster/scim/resource.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* --- a type with what User and Group do not have: numbers, a simple multi-valued attribute, a binary one --- */

static const struct attribute thing_attributes[] = {
    {.number = 1000, .name = "count", .type = ATTRIBUTE_INTEGER},
    {.number = 1001, .name = "weight", .type = ATTRIBUTE_DECIMAL},
    {.number = 1002, .name = "tags", .type = ATTRIBUTE_STRING, .multi = true, .index = INDEX_VALUE},
    {.number = 1003, .name = "blob", .type = ATTRIBUTE_BINARY, .case_exact = true},
    {.number = 1004, .name = "due", .type = ATTRIBUTE_DATETIME},
    {.name = NULL},
};
static const struct schema thing_schema = {
    .urn = "urn:example:2.0:Thing", .name = "Thing", .description = "A thing.", .attributes = thing_attributes};
static const struct schema *const no_extensions[] = {NULL};
static const struct resource_type thing_type = {9, "Thing", "/Things", "Things.", &thing_schema, no_extensions};

static const struct resource_type *type_of(struct str name)
{
    if (str_eq(name, STR_LIT("Group")))
        return &resource_type_team;
    return str_eq(name, STR_LIT("Thing")) ? &thing_type : &resource_type_user;
}

static struct str printed(const struct filter *f, struct arena *a)
{
    struct buf b;

    buf_init(&b, a);
    filter_print(&b, f);
    return buf_view(&b);
}

/* Whether the filter is refused with the code, and a FILTER_SYNTAX at the position (0: not looked at). */
static void check_refused(const struct resource_type *type, struct str text, enum error_code code, size_t position)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    const char *where = arena_printf(a, "at position %zu:", position);

    CHECK(filter_parse(type, text, a, &e) == NULL);
    if (!CHECK_INT(e.code, code))
        printf("# filter: %.*s\n# %s\n", (int)(text.len < 200 ? text.len : 200), text.p, e.sentence);
    if (position > 0 && !CHECK(strstr(e.sentence, where) != NULL))
        printf("# filter: %.*s\n# %s %s\n", (int)text.len, text.p, where, e.sentence);
    arena_free(&a);
}

/* Whether the filter is taken, prints as expected, and what it prints is taken and prints the same. */
static void check_parsed(const struct resource_type *type, struct str text, struct str expected)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    struct filter *f = filter_parse(type, text, a, &e), *again;

    if (!CHECK(f != NULL)) {
        printf("# filter: %.*s\n# %s\n", (int)text.len, text.p, e.sentence);
    } else {
        CHECK_STR(printed(f, a), expected);
        again = filter_parse(type, printed(f, a), a, &e);
        CHECK(again != NULL);
        CHECK_STR(again == NULL ? STR_NULL : printed(again, a), expected);
    }
    arena_free(&a);
}

/* --- parsing --- */

struct parsed {
    const char *type, *text, *expected; /* NULL: as it stands */
};

static void takes_the_grammar(void)
{
    static const struct parsed cases[] = {
        /* RFC 7644 figure 2 */
        {"User", "userName eq \"bjensen\"", NULL},
        {"User", "name.familyName co \"O'Malley\"", NULL},
        {"User", "userName sw \"J\"", NULL},
        {"User", "urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"J\"", "userName sw \"J\""},
        {"User", "title pr", NULL},
        {"User", "meta.lastModified gt \"2011-05-13T04:42:34Z\"", NULL},
        {"User", "title pr and userType eq \"Employee\"", NULL},
        {"User", "title pr or userType eq \"Intern\"", NULL},
        {"User", "schemas eq \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"", NULL},
        {"User", "userType eq \"Employee\" and (emails co \"example.com\" or emails.value co \"example.org\")",
         "userType eq \"Employee\" and (emails.value co \"example.com\" or emails.value co \"example.org\")"},
        {"User", "userType ne \"Employee\" and not (emails co \"example.com\" or emails.value co \"example.org\")",
         "userType ne \"Employee\" and not (emails.value co \"example.com\" or emails.value co \"example.org\")"},
        {"User", "userType eq \"Employee\" and (emails.type eq \"work\")",
         "userType eq \"Employee\" and emails.type eq \"work\""},
        {"User", "userType eq \"Employee\" and emails[type eq \"work\" and value co \"@example.com\"]", NULL},
        {"User",
         "emails[type eq \"work\" and value co \"@example.com\"] or ims[type eq \"xmpp\" and value co \"@foo.com\"]",
         NULL},
        /* trap 1: names without regard to case */
        {"User", "USERNAME Eq \"x\"", "userName eq \"x\""},
        {"User", "URN:ietf:params:scim:schemas:Core:2.0:user:NAME.familyname PR", "name.familyName pr"},
        /* trap 20: precedence, operators without case, not with and without a space, no space before a string */
        {"User", "title pr or locale pr and timezone pr", NULL},
        {"User", "(title pr or locale pr) and timezone pr", NULL},
        {"User", "title pr and (locale pr and timezone pr)", NULL},
        {"User", "title pr or (locale pr or timezone pr)", NULL},
        {"User", "not(title pr)and(locale pr)", "not (title pr) and locale pr"},
        {"User", "NOT (title PR) AND locale pr OR timezone pr", "not (title pr) and locale pr or timezone pr"},
        {"User", "not (not (title pr))", NULL},
        {"User", " \t( ( title  pr ) ) ", "title pr"},
        {"Group", "members[value eq\"x\"]", "members[value eq \"x\"]"},
        {"User", "emails[not (type eq \"work\") or (primary eq true and display pr)]",
         "emails[not (type eq \"work\") or primary eq true and display pr]"},
        {"User", "emails[type eq \"work\" and (value sw \"a\" or value sw \"b\")]", NULL},
        /* every operator */
        {"User",
         "userName ne \"x\" or userName ew \"x\" or userName gt \"x\" or userName ge \"x\" or userName lt \"x\" or "
         "userName le \"x\"",
         NULL},
        /* values are JSON */
        {"User", "userName eq \"a\\\"b\\\\\\u0041\\n\"", "userName eq \"a\\\"b\\\\A\\n\""},
        {"User", "userName eq \"\\ud83d\\ude00\"", "userName eq \"\xF0\x9F\x98\x80\""},
        {"User", "userName eq \"\"", NULL},
        {"User", "title eq null and locale ne null", NULL},
        {"User", "active eq true and active ne false", NULL},
        {"Thing", "count eq -12 and weight lt 1.5e3", NULL},
        /* dialect: Entra's string booleans */
        {"User", "active eq \"True\"", "active eq true"},
        {"User", "roles[primary eq \"FALSE\"]", "roles[primary eq false]"},
        /* dialect: words without quotes, where a string is meant */
        {"User", "meta.resourceType eq User", "meta.resourceType eq \"User\""},
        {"User", "userName eq bob@example.com and title pr", "userName eq \"bob@example.com\" and title pr"},
        {"User", "emails[type eq work]", "emails[type eq \"work\"]"},
        {"User", "meta.created ge 2011-05-13T04:42:34Z", "meta.created ge \"2011-05-13T04:42:34Z\""},
        {"User", "externalId eq 5f3e9a", "externalId eq \"5f3e9a\""},
        /* trap 22: a complex attribute stands for its value where it has one */
        {"User", "emails co \"example.com\"", "emails.value co \"example.com\""},
        {"User", "manager eq \"26118915\"",
         "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq \"26118915\""},
        {"User", "name pr and emails pr", NULL},
        /* trap 26: extensions, meta, id, schemas */
        {"User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq \"x\"", NULL},
        {"User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.department eq \"x\"",
         "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"x\""},
        {"User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr", NULL},
        {"Group", "id eq \"G\" and members eq \"U\"", "id eq \"G\" and members.value eq \"U\""},
        {"User", "groups.value eq \"G\" and groups.$ref pr", NULL},
        {"User", "schemas[value sw \"urn:\"]", NULL},
        {"Thing", "tags[value eq \"x\"]", NULL},
        {"User", "name[familyName eq \"x\" and givenName pr]", NULL},
        /* trap 27: values that look like the grammar */
        {"User", "userName eq \"a] and (b or \\\"c\\\": pr\"", NULL},
        {"User", "emails[value eq \"x] or [y\"]", NULL},
        /* the dialect attr[…].sub OP value */
        {"User", "emails[type eq \"work\"].value eq \"a@b\"", "emails[type eq \"work\" and value eq \"a@b\"]"},
        {"User", "emails[type eq \"work\" or type eq \"home\"].value sw \"a\"",
         "emails[(type eq \"work\" or type eq \"home\") and value sw \"a\"]"},
        {"User", "emails[type eq \"work\"].display pr and title pr",
         "emails[type eq \"work\" and display pr] and title pr"},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        check_parsed(type_of(str_of(cases[i].type)), str_of(cases[i].text),
                     str_of(cases[i].expected != NULL ? cases[i].expected : cases[i].text));
}

struct refused {
    const char *type, *text;
    enum error_code code;
    size_t position;
};

static void refuses_with_the_place(void)
{
    static const struct refused cases[] = {
        {"User", "", ERR_FILTER_SYNTAX, 1},
        {"User", "   ", ERR_FILTER_SYNTAX, 4},
        {"User", "userName", ERR_FILTER_SYNTAX, 9},
        {"User", "userName eq", ERR_FILTER_SYNTAX, 12},
        {"User", "userName eq ", ERR_FILTER_SYNTAX, 13},
        {"User", "userName eq )", ERR_FILTER_SYNTAX, 13},
        {"User", "eq \"x\"", ERR_FILTER_ATTRIBUTE, 0},
        {"User", "userName \"x\"", ERR_FILTER_SYNTAX, 10},
        {"User", "userName eq \"x\" userName", ERR_FILTER_SYNTAX, 17},
        {"User", "userName eq \"x\" and", ERR_FILTER_SYNTAX, 20},
        {"User", "userName eq \"x\" and and title pr", ERR_FILTER_ATTRIBUTE, 0},
        {"User", "userName eq \"x\"and title pr", ERR_FILTER_SYNTAX, 16},
        {"User", "title pr) or (locale pr", ERR_FILTER_SYNTAX, 9},
        {"User", "(title pr", ERR_FILTER_SYNTAX, 10},
        {"User", "()", ERR_FILTER_SYNTAX, 2},
        {"User", "title pr \"x\"", ERR_FILTER_SYNTAX, 10},
        {"User", "'userName' eq \"x\"", ERR_FILTER_SYNTAX, 1},
        {"User", "userName eq \"x\";drop", ERR_FILTER_SYNTAX, 16},
        {"User", "*", ERR_FILTER_SYNTAX, 1},
        /* trap 20: not needs parentheses, single quotes are no quotes */
        {"User", "not title pr", ERR_FILTER_SYNTAX, 5},
        {"User", "not", ERR_FILTER_SYNTAX, 4},
        {"User", "displayName sw 'Group'", ERR_FILTER_SYNTAX, 16},
        /* trap 25: an operator that is none */
        {"User", "userName regex \"x\"", ERR_FILTER_SYNTAX, 10},
        {"User", "userName = \"x\"", ERR_FILTER_SYNTAX, 10},
        /* strings that are none */
        {"User", "userName eq \"x", ERR_FILTER_SYNTAX, 13},
        {"User", "userName eq \"x\\\"", ERR_FILTER_SYNTAX, 13},
        {"User", "userName eq \"\\ud800\"", ERR_FILTER_SYNTAX, 13},
        {"User", "userName eq \"\\u0000\"", ERR_FILTER_SYNTAX, 13},
        {"User", "userName eq \"\\q\"", ERR_FILTER_SYNTAX, 13},
        {"User", "userName eq \"a\nb\"", ERR_FILTER_SYNTAX, 13},
        {"User", "userName eq \"\xC3\"", ERR_FILTER_SYNTAX, 14},
        {"User", "title pr\xFF", ERR_FILTER_SYNTAX, 9},
        {"User", "userName eq a\x01z", ERR_FILTER_SYNTAX, 13},
        /* value paths */
        {"User", "emails[type eq \"work\"", ERR_FILTER_SYNTAX, 22},
        {"User", "emails[]", ERR_FILTER_SYNTAX, 8},
        {"User", "emails[type eq \"work\")", ERR_FILTER_SYNTAX, 22},
        {"User", "emails[type[value pr]]", ERR_FILTER_SYNTAX, 12},
        {"User", "emails[type eq \"work\"].", ERR_FILTER_SYNTAX, 23},
        {"User", "emails[type eq \"work\"] .value pr", ERR_FILTER_SYNTAX, 24},
        {"User", "emails[type eq \"work\"].nothing pr", ERR_FILTER_ATTRIBUTE, 0},
        {"User", "emails[userName eq \"x\"]", ERR_FILTER_ATTRIBUTE, 0},
        {"User", "userName[value eq \"x\"]", ERR_FILTER_TYPE, 0},
        {"User", "emails.value[value eq \"x\"]", ERR_FILTER_TYPE, 0},
        /* trap 24: unknown attributes */
        {"User", "shoeSize eq 43", ERR_FILTER_ATTRIBUTE, 0},
        {"User", "name.shoeSize eq \"x\"", ERR_FILTER_ATTRIBUTE, 0},
        {"User", "urn:example:userName eq \"x\"", ERR_FILTER_ATTRIBUTE, 0},
        {"Group", "userName eq \"x\"", ERR_FILTER_ATTRIBUTE, 0},
        /* trap 22: complex without value */
        {"User", "name eq \"x\"", ERR_FILTER_TYPE, 0},
        {"User", "meta gt \"x\"", ERR_FILTER_TYPE, 0},
        {"User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User eq \"x\"", ERR_FILTER_TYPE, 0},
        /* trap 23: operators and values that do not fit the type */
        {"User", "active gt true", ERR_FILTER_TYPE, 0},
        {"User", "active le \"true\"", ERR_FILTER_TYPE, 0},
        {"User", "active co true", ERR_FILTER_TYPE, 0},
        {"User", "active eq \"x\"", ERR_FILTER_TYPE, 0},
        {"User", "active eq 1", ERR_FILTER_TYPE, 0},
        {"User", "x509Certificates.value lt \"AAAA\"", ERR_FILTER_TYPE, 0},
        {"Thing", "blob ge \"AAAA\"", ERR_FILTER_TYPE, 0},
        {"Thing", "blob eq AAAA", ERR_FILTER_TYPE, 0},
        {"User", "userName eq 12", ERR_FILTER_TYPE, 0},
        {"User", "userName eq true", ERR_FILTER_TYPE, 0},
        {"User", "userName gt null", ERR_FILTER_TYPE, 0},
        {"User", "userName co null", ERR_FILTER_TYPE, 0},
        {"Thing", "count eq \"12\"", ERR_FILTER_TYPE, 0},
        {"Thing", "weight co 1", ERR_FILTER_TYPE, 0},
        {"User", "meta.created gt \"yesterday\"", ERR_FILTER_TYPE, 0},
        {"User", "meta.created eq 2026", ERR_FILTER_TYPE, 0},
        /* trap 11: nobody asks for passwords */
        {"User", "password eq \"x\"", ERR_FILTER_TYPE, 0},
        {"User", "password pr", ERR_FILTER_TYPE, 0},
        {"User", "title pr or not (password sw \"a\")", ERR_FILTER_TYPE, 0},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        check_refused(type_of(str_of(cases[i].type)), str_of(cases[i].text), cases[i].code, cases[i].position);
}

static void refuses_a_nul(void)
{
    check_refused(&resource_type_user, STR_LIT("title\0 pr"), ERR_FILTER_SYNTAX, 1);
    check_refused(&resource_type_user, STR_LIT("userName eq \"a\0b\""), ERR_FILTER_SYNTAX, 13);
    check_refused(&resource_type_user, STR_LIT("userName eq a\0b"), ERR_FILTER_SYNTAX, 13);
}

static void says_what_was_expected(void)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;

    CHECK(filter_parse(&resource_type_user, STR_LIT("userName regex \"x\""), a, &e) == NULL);
    CHECK_CSTR(e.sentence,
               "The filter is malformed at position 10: expected an operator (eq ne co sw ew pr gt ge lt le), "
               "found regex");
    arena_free(&a);
}

/* The first error is the one that is told, and one that was there before stays. */
static void keeps_the_first_error(void)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;

    error_set(&e, ERR_BODY_MISSING);
    CHECK(filter_parse(&resource_type_user, STR_LIT("title ("), a, &e) == NULL);
    CHECK_INT(e.code, ERR_BODY_MISSING);
    arena_free(&a);
}

/* --- files: type, filter, and the canonical form or the code and the position --- */

static struct str take_line(struct str *rest)
{
    size_t end = str_find(*rest, '\n', 0);
    struct str line = str_sub(*rest, 0, end);

    *rest = str_sub(*rest, end < rest->len ? end + 1 : end, rest->len);
    return line;
}

static void check_valid_file(const char *name, struct str rest)
{
    (void)name;
    struct str type = take_line(&rest), text = take_line(&rest);

    check_parsed(type_of(type), text, take_line(&rest));
}

static void check_invalid_file(const char *name, struct str rest)
{
    (void)name;
    struct str type = take_line(&rest), text = take_line(&rest), code = take_line(&rest), position = take_line(&rest);
    const struct error_entry *entry = error_find(code);
    long long at = 0;

    CHECK_FATAL(entry != NULL);
    CHECK(position.len == 0 || str_to_ll(position, &at));
    check_refused(type_of(type), text, (enum error_code)(entry - error_entry((enum error_code)1) + 1), (size_t)at);
}

static void takes_valid_files(void)
{
    unit_each_file("tests/data/filter/valid", 10, check_valid_file);
}

static void refuses_invalid_files(void)
{
    unit_each_file("tests/data/filter/invalid", 10, check_invalid_file);
}

/* --- matching --- */

static const char user_json[] =
    "{\"id\":\"2819c223\",\"externalId\":\"Ext-1\",\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],"
    "\"meta\":{\"resourceType\":\"User\",\"created\":\"2026-01-01T10:00:00.000Z\",\"lastModified\":\"2026-06-01T00:00:"
    "00Z\"},"
    "\"userName\":\"Stra\xC3\x9F"
    "e@Example.com\",\"name\":{\"familyName\":\"O'Malley\",\"givenName\":\"\xC3\x85sa\"},"
    "\"active\":true,\"profileUrl\":\"http://x/A\","
    "\"emails\":[{\"value\":\"a@work.com\",\"type\":\"work\",\"primary\":true},{\"value\":\"b@home.org\",\"type\":"
    "\"home\"},"
    "{\"value\":\"c@none.net\"}],"
    "\"roles\":[{\"value\":\"r\",\"primary\":false}],"
    "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\":{\"department\":\"Sales\",\"manager\":{\"value\":"
    "\"M1\"}}}";

struct matched {
    const char *text;
    bool expected;
};

/* Whether f asks for what the image of a test does not have as its JSON does. */
static bool asks_beyond_image(const struct filter *f)
{
    uint16_t number = f->path.attribute == NULL ? 0 : f->path.attribute->number;

    if (f->op == FILTER_AND || f->op == FILTER_OR)
        return asks_beyond_image(f->left) || asks_beyond_image(f->right);
    if (f->op == FILTER_NOT)
        return asks_beyond_image(f->left);
    return number == ATTR_ID || number == ATTR_SCHEMAS || number == ATTR_META || filter_is_derived(f);
}

/* What the stored form of resource v says. */
static bool matches_image(const struct filter *f, const struct resource_type *type, struct json_object *v,
                          struct arena *a)
{
    struct image_facts facts = {.version = 17};
    struct filter_record record = {.arena = a};
    struct json_object *resource = json_own(a, json_clone(v));
    struct image im;
    struct buf b;

    json_object_object_del(resource, "schemas");
    json_object_object_del(resource, "id");
    json_object_object_del(resource, "meta");
    buf_init(&b, a);
    image_build(&b, type, resource, &facts);
    CHECK(image_open(&im, type, buf_view(&b)));
    record.image = &im;
    return filter_match_image(f, &record);
}

static void check_matches(const struct resource_type *type, const char *resource, const struct matched *cases, size_t n,
                          bool stored)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    struct json_object *v = json_read(a, str_of(resource), &e);

    CHECK_FATAL(v != NULL);
    for (size_t i = 0; i < n; i++) {
        struct filter *f = filter_parse(type, str_of(cases[i].text), a, &e);

        if (!CHECK(f != NULL) || !CHECK_INT(filter_match(f, v, a), cases[i].expected))
            printf("# filter: %s %s\n", cases[i].text, e.sentence);
        else if (stored && !asks_beyond_image(f) && !CHECK_INT(matches_image(f, type, v, a), cases[i].expected))
            printf("# filter on the image: %s\n", cases[i].text);
    }
    arena_free(&a);
}

static void matches_users(void)
{
    static const struct matched cases[] = {
        /* trap 2, 16: caseExact per attribute, full case folding */
        {"userName eq \"STRASSE@example.COM\"", true},
        {"userName eq \"strase@example.com\"", false},
        {"userName co \"SSE@\"", true},
        {"userName sw \"stras\"", true},
        {"userName ew \".COM\"", true},
        {"userName ew \"xx.COM\"", false},
        {"name.givenName eq \"A\xCC\x8ASA\"", true}, /* a decomposed capital against a composed letter */
        {"externalId eq \"Ext-1\"", true},
        {"externalId eq \"ext-1\"", false},
        {"id eq \"2819c223\"", true},
        {"id eq \"2819C223\"", false},
        {"profileUrl eq \"http://x/a\"", false},
        {"userName gt \"strasse@example.com\"", false},
        {"userName ge \"strasse@example.com\"", true},
        {"userName lt \"u\"", true},
        {"userName le \"a\"", false},
        {"userName ne \"strasse@example.com\"", false},
        {"userName co \"\"", true},
        /* trap 21: any value, the same value, ne and not */
        {"emails.type eq \"work\" and emails.value co \"home\"", true},
        {"emails[type eq \"work\" and value co \"home\"]", false},
        {"emails[type eq \"work\"].value co \"work\"", true},
        {"emails[type eq \"work\"].value co \"home\"", false},
        {"emails.type ne \"work\"", true},
        {"not (emails.type eq \"work\")", false},
        {"not (emails.type eq \"other\")", true},
        {"emails[not (type pr)]", true},
        {"emails[not (value pr)]", false},
        {"emails[type ne \"work\" and value sw \"c\"]", true},
        {"phoneNumbers ne \"x\"", false},
        {"phoneNumbers[value ne \"x\"]", false},
        {"not (phoneNumbers eq \"x\")", true},
        {"title ne \"x\"", true},
        /* trap 22 */
        {"emails co \"none\"", true},
        {"manager eq \"M1\"", true},
        {"manager eq \"m1\"", false},
        /* trap 5, 23: present and null */
        {"title pr", false},
        {"title eq null", true},
        {"title ne null", false},
        {"userName eq null", false},
        {"userName ne null", true},
        {"emails pr and name pr and emails.primary pr", true},
        {"phoneNumbers pr or name.middleName pr or phoneNumbers.value pr", false},
        {"phoneNumbers eq null", true},
        {"emails.type eq null", false},
        {"emails[type eq null]", true},
        /* booleans: absent is not false when it is asked for */
        {"active eq true", true},
        {"active ne true", false},
        {"active eq \"TRUE\"", true},
        {"active eq false", false},
        {"roles[primary eq \"False\"]", true},
        {"emails.primary eq false", false},
        {"emails[primary eq true and type eq \"work\"]", true},
        /* dates by time, not by text */
        {"meta.created eq \"2026-01-01T11:00:00+01:00\"", true},
        {"meta.created eq \"2026-01-01T10:00:00Z\"", true},
        {"meta.created gt \"2026-01-01T10:30:00+01:00\"", true},
        {"meta.created lt \"2026-01-01T09:00:00.001-01:00\"", true},
        {"meta.lastModified le \"2025-12-31T23:59:59.9999999Z\"", false},
        {"meta.lastModified ne \"2026-06-01T00:00:00Z\"", false},
        {"meta.created sw \"2026-01\"", true},
        /* trap 26 */
        {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"sales\"", true},
        {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq \"M1\"", true},
        {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr", true},
        {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter pr", false},
        {"urn:ietf:params:scim:schemas:core:2.0:User:userName pr", true},
        {"schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"", true},
        {"schemas[value co \"enterprise\"]", false},
        {"meta.resourceType eq User", true},
        {"name[familyName eq \"o'malley\" and givenName pr]", true},
        {"name[familyName eq \"x\"]", false},
        /* trap 20: not before and before or */
        {"title pr and title pr or userName pr", true},
        {"userName pr or title pr and title pr", true},
        {"(userName pr or title pr) and title pr", false},
        {"not (title pr) and userName pr", true},
        {"not (title pr and userName pr)", true},
    };

    check_matches(&resource_type_user, user_json, cases, COUNT(cases), true);
}

static void matches_numbers_exactly(void)
{
    static const struct matched cases[] = {
        {"count eq 9007199254740993", true},
        {"count eq 9007199254740992", false},
        {"count gt 9007199254740992", true},
        {"count gt 9007199254740992.0", true},
        {"count eq 9007199254740992.0", false},
        {"count lt 1e30", true},
        {"count gt -1e30", true},
        {"count lt 9007199254740993.0", false},
        {"weight eq 1.5", true},
        {"weight gt 1", true},
        {"weight lt 2", true},
        {"weight ge 1.50", true},
        {"weight ne 1.5", false},
        {"tags eq \"RED\"", true},
        {"tags ne \"red\"", true},
        {"tags co \"e\" and tags eq \"blue\"", true},
        {"tags[value sw \"b\" and value ew \"d\"]", false},
        {"tags[value sw \"b\" and value ew \"e\"]", true},
        {"blob eq \"aGk=\"", true},
        {"blob eq \"AGK=\"", false},
    };

    check_matches(&thing_type,
                  "{\"count\":9007199254740993,\"weight\":1.5,\"tags\":[\"red\",\"Blue\"],\"blob\":\"aGk=\"}", cases,
                  COUNT(cases), true);
}

/* Values that are not of the schema's type (which no resource is stored with) match nothing but ne, and nothing breaks. */
static void bears_foreign_values(void)
{
    static const struct matched cases[] = {
        {"count eq 1", false},    {"count ne 1", true},
        {"tags eq \"x\"", false}, {"due gt \"2026-01-01T00:00:00Z\"", false},
        {"weight gt 1", false},   {"count pr", true},
    };

    check_matches(&thing_type, "{\"count\":\"1\",\"tags\":\"x\",\"due\":\"soon\",\"weight\":[1]}", cases, COUNT(cases),
                  false);
}

/* What an image has in its head, and what only the caller knows. */
static bool derived_is_asked(const struct filter *f, const struct image *im, void *ctx)
{
    (void)im;
    *(int *)ctx += 1;
    return f->op == FILTER_PATH;
}

static void matches_meta_of_images(void)
{
    static const struct matched cases[] = {
        {"meta pr and meta.created pr and meta.version pr", true},
        {"meta.created eq \"2026-01-01T11:00:00+01:00\"", true},
        {"meta.created gt \"2026-01-01T10:30:00+01:00\" and meta.created sw \"2026-01-01T10\"", true},
        {"meta.lastModified le \"2026-01-01T10:00:00Z\"", false},
        {"meta[created lt lastModified]", false},
        {"meta[resourceType eq \"User\" and version eq \"W/\\\"17\\\"\"]", true},
        {"meta.resourceType eq \"user\"", false},
        {"id eq \"00000000-0000-0000-0000-000000000000\" and schemas pr", true},
        {"meta.location eq \"http://h/scim/v2/Users/00000000-0000-0000-0000-000000000000\"", true},
        {"meta.location eq \"http://h/scim/V2/Users/00000000-0000-0000-0000-000000000000\"", false},
        {"meta[location pr and location co \"/Users/\" and resourceType eq \"User\"]", true},
        {"id eq null or schemas eq \"urn:ietf:params:scim:schemas:core:2.0:Group\"", false},
        {"schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"", true},
    };
    struct image_facts facts = {.version = 17, .created = 1767261600000, .modified = 1767261600001};
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    struct image im;
    struct buf b;
    int asked = 0;
    struct filter_record record = {
        .image = &im, .base = STR_LIT("http://h/scim/v2"), .arena = a, .derived = derived_is_asked, .ctx = &asked};

    buf_init(&b, a);
    image_build(&b, &resource_type_user, json_read(a, STR_LIT("{\"userName\":\"u\"}"), &e), &facts);
    CHECK_FATAL(image_open(&im, &resource_type_user, buf_view(&b)));
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct filter *f = filter_parse(&resource_type_user, str_of(cases[i].text), a, &e);

        if (f == NULL)
            CHECK(!cases[i].expected); /* a word is no date */
        else if (!CHECK_INT(filter_match_image(f, &record), cases[i].expected))
            printf("# filter: %s\n", cases[i].text);
        e = ERROR_INIT;
    }
    CHECK_INT(asked, 0);
    CHECK(filter_match_image(
        filter_parse(&resource_type_user,
                     STR_LIT("groups[value pr] and not (groups eq \"x\" or meta.location sw \"x\")"), a, &e),
        &record));
    CHECK_INT(asked, 2);
    arena_free(&a);
}

static void matches_one_value(void)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    struct attrpath emails, tags;
    struct filter *f;

    CHECK_FATAL(attrpath_resolve(&resource_type_user, STR_LIT("emails"), &emails));
    CHECK_FATAL(attrpath_resolve(&thing_type, STR_LIT("tags"), &tags));
    f = filter_parse_value(&resource_type_user, &emails, STR_LIT("type eq work and not (primary eq true)"), a, &e);
    CHECK_FATAL(f != NULL);
    CHECK(filter_match_value(f, json_read(a, STR_LIT("{\"type\":\"WORK\"}"), &e), NULL, a));
    CHECK(!filter_match_value(f, json_read(a, STR_LIT("{\"type\":\"work\",\"primary\":true}"), &e), NULL, a));
    f = filter_parse_value(&thing_type, &tags, STR_LIT("VALUE eq \"x\""), a, &e);
    CHECK_FATAL(f != NULL);
    CHECK(filter_match_value(f, json_read(a, STR_LIT("\"X\""), &e), NULL, a));
    CHECK(!filter_match_value(f, json_read(a, STR_LIT("\"y\""), &e), NULL, a));
    CHECK(filter_parse_value(&resource_type_user, &emails, STR_LIT("userName eq \"x\""), a, &e) == NULL);
    CHECK_INT(e.code, ERR_FILTER_ATTRIBUTE);
    arena_free(&a);
}

/* A scan gives back what comparing took. */
static void needs_no_memory_to_match(void)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    struct json_object *v = json_read(a, str_of(user_json), &e);
    struct filter *f = filter_parse(&resource_type_user, STR_LIT("userName eq \"x\" or emails co \"\xC3\x9F\""), a, &e);

    CHECK_FATAL(v != NULL && f != NULL);
    size_t used = arena_used(a);
    for (int i = 0; i < 100; i++)
        filter_match(f, v, a);
    CHECK_INT(arena_used(a), used);
    arena_free(&a);
}

/* --- names that a type does not have --- */

/* trap 24: at the root a name that one type does not have is an attribute without a value. */
static void takes_any_name_for_several_types(void)
{
    static const struct matched cases[] = {
        {"nonsense pr", false},
        {"not (nonsense pr)", true},
        {"nonsense eq \"x\"", false},
        {"nonsense ne \"x\"", true},
        {"nonsense eq null", true},
        {"nonsense.sub gt 5 or userName pr", true},
        {"members[value eq \"x\" and display pr].type eq \"User\"", false},
        {"not (members[value eq \"x\"])", true},
        {"urn:example:Nothing:name sw \"a\"", false},
    };
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    struct json_object *v = json_read(a, str_of(user_json), &e);

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct filter *f = filter_parse_any(&resource_type_user, str_of(cases[i].text), a, &e);

        if (!CHECK(f != NULL) || !CHECK_INT(filter_match(f, v, a), cases[i].expected))
            printf("# filter: %s %s\n", cases[i].text, e.sentence);
        else
            CHECK_INT(matches_image(f, &resource_type_user, v, a), cases[i].expected);
    }
    CHECK(filter_parse_any(&resource_type_user, STR_LIT("nonsense eq"), a, &e) == NULL);
    CHECK_INT(e.code, ERR_FILTER_SYNTAX);
    e = ERROR_INIT;
    CHECK(filter_parse_any(&resource_type_user, STR_LIT("password pr"), a, &e) == NULL);
    CHECK_INT(e.code, ERR_FILTER_TYPE);
    arena_free(&a);
}

/* --- bounds --- */

static struct str repeated(struct arena *a, const char *before, size_t n, const char *middle, const char *after)
{
    struct buf b;

    buf_init(&b, a);
    for (size_t i = 0; i < n; i++)
        buf_puts(&b, before);
    buf_puts(&b, middle);
    for (size_t i = 0; i < n; i++)
        buf_puts(&b, after);
    return buf_view(&b);
}

static void bounds_terms_depth_and_bytes(void)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    const struct resource_type *t = &resource_type_user;

    CHECK(filter_parse(t, repeated(a, "title pr and ", FILTER_TERMS_MAX - 1, "title pr", ""), a, &e) != NULL);
    check_refused(t, repeated(a, "title pr and ", FILTER_TERMS_MAX, "title pr", ""), ERR_FILTER_TOO_LARGE, 0);
    check_refused(t, repeated(a, "title pr or ", FILTER_TERMS_MAX, "title pr", ""), ERR_FILTER_TOO_LARGE, 0);
    CHECK(filter_parse(t, repeated(a, "(", FILTER_DEPTH_MAX, "title pr", ")"), a, &e) != NULL);
    check_refused(t, repeated(a, "(", FILTER_DEPTH_MAX + 1, "title pr", ")"), ERR_FILTER_TOO_LARGE, 0);
    CHECK(filter_parse(t, repeated(a, "not (", FILTER_DEPTH_MAX - 1, "emails[type pr]", ")"), a, &e) != NULL);
    check_refused(t, repeated(a, "not (", FILTER_DEPTH_MAX, "emails[type pr]", ")"), ERR_FILTER_TOO_LARGE, 0);
    check_refused(t, repeated(a, "(", FILTER_DEPTH_MAX - 1, "emails[type pr or type pr].value pr", ")"),
                  ERR_FILTER_TOO_LARGE, 0);
    /* 8,000 parentheses are past the bytes; 4,000 are past the depth */
    check_refused(t, repeated(a, "(", 8000, "title pr", ")"), ERR_FILTER_TOO_LARGE, 0);
    check_refused(t, repeated(a, "(", 4000, "", ""), ERR_FILTER_TOO_LARGE, 0);
    check_refused(t, repeated(a, "not(", 1000, "", ""), ERR_FILTER_TOO_LARGE, 0);
    CHECK(filter_parse(t, repeated(a, " ", FILTER_BYTES_MAX - 8, "title pr", ""), a, &e) != NULL);
    check_refused(t, repeated(a, " ", FILTER_BYTES_MAX - 7, "title pr", ""), ERR_FILTER_TOO_LARGE, 0);
    CHECK(!error_is_set(&e));
    arena_free(&a);
}

/* The deepest and longest that is taken, padded to the last byte; its values fold the long way. */
static struct str deepest_and_longest(struct arena *a)
{
    struct buf b;

    buf_init(&b, a);
    for (int i = 0; i < FILTER_DEPTH_MAX - 1; i++)
        buf_puts(&b, "not (");
    buf_puts(&b, "emails[value pr");
    for (int i = 1; i < FILTER_TERMS_MAX; i++)
        buf_puts(&b, i % 2 == 0 ? " or type eq \"\xC3\x9F\"" : " and value co \"@\"");
    buf_puts(&b, "]");
    for (int i = 0; i < FILTER_DEPTH_MAX - 1; i++)
        buf_puts(&b, ")");
    while (b.len < FILTER_BYTES_MAX)
        buf_putc(&b, ' ');
    return buf_view(&b);
}

/* What needs_little_stack() runs in a thread; *ctx is whether all went as it should. */
static void *bear_hostile_filters(void *ctx)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    struct json_object *v = json_read(a, str_of(user_json), &e);
    struct filter *f = filter_parse(&resource_type_user, deepest_and_longest(a), a, &e);
    bool fine = f != NULL && v != NULL && !filter_match(f, v, a) && printed(f, a).len > 0;
    const struct str hostile[] = {repeated(a, "(", 8000, "title pr", ")"), repeated(a, "(", 4000, "", ""),
                                  repeated(a, "not(", 1000, "", ""), repeated(a, "emails[", 500, "", ""),
                                  repeated(a, "title pr and ", FILTER_TERMS_MAX, "title pr", "")};

    for (size_t i = 0; i < COUNT(hostile); i++)
        fine = fine && filter_parse(&resource_type_user, hostile[i], a, &e) == NULL;
    f = filter_parse(&resource_type_user, STR_LIT("userName eq \"\xEF\xBC\xB3\xC3\x9F\""), a, &e);
    fine = fine && f != NULL && !filter_match(f, v, a);
    arena_free(&a);
    *(bool *)ctx = fine;
    return NULL;
}

#ifdef __SANITIZE_ADDRESS__
#define LITTLE_STACK ((size_t)512 << 10) /* the sanitizer's frames are larger */
#else
#define LITTLE_STACK ((size_t)64 << 10)
#endif

/* Parsing and matching take less than 64 KiB of stack, whatever came. A child dies in the parent's stead. */
static void needs_little_stack(void)
{
    pid_t child = fork();
    int status = 0;

    CHECK_FATAL(child >= 0);
    if (child == 0) {
        pthread_attr_t little;
        pthread_t thread;
        bool fine = false;
        if (pthread_attr_init(&little) != 0 || pthread_attr_setstacksize(&little, LITTLE_STACK) != 0 ||
            pthread_create(&thread, &little, bear_hostile_filters, &fine) != 0 || pthread_join(thread, NULL) != 0)
            _exit(2);
        _exit(fine ? 0 : 1);
    }
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
}

static const struct unit_test tests[] = {
    UNIT(takes_the_grammar),
    UNIT(refuses_with_the_place),
    UNIT(refuses_a_nul),
    UNIT(says_what_was_expected),
    UNIT(keeps_the_first_error),
    UNIT(takes_valid_files),
    UNIT(refuses_invalid_files),
    UNIT(matches_users),
    UNIT(matches_numbers_exactly),
    UNIT(bears_foreign_values),
    UNIT(matches_meta_of_images),
    UNIT(matches_one_value),
    UNIT(needs_no_memory_to_match),
    UNIT(takes_any_name_for_several_types),
    UNIT(bounds_terms_depth_and_bytes),
    UNIT(needs_little_stack),
};

int main(void)
{
    return unit_run("filter", tests, COUNT(tests));
}
