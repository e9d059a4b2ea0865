/* SPDX-License-Identifier: Apache-2.0 */
/* Requests from CGI parameters, and what headers say. */
#include "unit.h"

#include "roster/base/buf.h"
#include "roster/http/request.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* CGI parameters as name, value, …, NULL. */
static struct str param(void *ctx, const char *name)
{
    for (const char *const *p = ctx; *p != NULL; p += 2)
        if (strcmp(p[0], name) == 0)
            return str_of(p[1]);
    return STR_NULL;
}

static bool read_request(struct http_request *r, struct arena *a, const char *const *params, const char *mount)
{
    struct error e = ERROR_INIT;
    bool done = http_request_read(r, a, param, (void *)params, str_of(mount), &e);

    CHECK_INT(e.code, done ? ERR_NONE : ERR_PATH_MALFORMED);
    return done;
}

/* --- who sent it --- */

static void recognises_clients(void)
{
    static const struct {
        const char *name, *value, *uri, *client;
    } cases[] = {
        {"HTTP_USER_AGENT", "Okta SCIM Client 1.0.0", "/", "okta"},
        {"HTTP_USER_AGENT", "okta scim client", "/", "okta"},
        {"HTTP_USER_AGENT", "Okta", "/", "other"},
        {"HTTP_USER_AGENT", "Microsoft Azure AD SCIM provisioning 1.0.0", "/", "entra"},
        {"HTTP_ADSCIMVERSION", "Date: 2026-11-25", "/", "entra"},
        {"HTTP_ADSCIMVERSION", "", "/", "other"},
        {"HTTP_ACCEPT", "*/*", "/scim/v2/Users?aadOptscim062020", "entra"},
        {"HTTP_ACCEPT", "*/*", "/scim/v2/Users?x=1&AADOPTSCIM062020/Users?filter=a", "entra"},
        {"HTTP_ACCEPT", "*/*", "/scim/v2/Users?filter=x&AzureAdScimPatch2017", "entra"},
        {"HTTP_ACCEPT", "*/*", "/scim/v2/aadOptscim062020", "other"},
        {"HTTP_USER_AGENT", "OneLogin SCIM", "/", "onelogin"},
        {"HTTP_USER_AGENT", "Google-Auto-Provisioning", "/", "google"},
        {"HTTP_USER_AGENT", "authentik@2026.8.1", "/", "authentik"},
        {"HTTP_USER_AGENT", "Apache-HttpClient/4.5.14 (Java/17.0.9)", "/", "other"},
        {"HTTP_USER_AGENT", "", "/", "other"},
        {"HTTP_ACCEPT", "Okta SCIM Client", "/", "other"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *a = arena_new(0);
        const char *const params[] = {"REQUEST_URI", cases[i].uri, cases[i].name, cases[i].value, NULL};
        struct http_request r;

        CHECK(read_request(&r, a, params, ""));
        CHECK_CSTR(client_name(r.client), cases[i].client);
        arena_free(&a);
    }
}

/* --- addresses --- */

static const struct {
    const char *uri, *mount;
    const char *segments; /* joined by '|', or NULL: refused */
    bool outside;
} paths[] = {
    {"/scim/v2/Users", "", "scim|v2|Users", false},
    {"/scim/v2//Users/", "", "scim|v2|Users", false},
    {"/scim/v2/Users?filter=a/b", "", "scim|v2|Users", false},
    {"http://host:1/scim/v2/Users?x", "", "scim|v2|Users", false},
    {"HTTPS://host", "", "", false},
    {"/", "", "", false},
    {"/roster/scim/v2", "/roster", "scim|v2", false},
    {"//roster///scim", "/roster", "scim", false},
    {"/Roster/scim", "/roster", "", true},
    {"/other", "/roster", "", true},
    {"/scim/v2/Users/a%2Fb", "", "scim|v2|Users|a/b", false},
    {"/scim/v2/Users/a+b%20c", "", "scim|v2|Users|a+b c", false},
    {"/scim/v2/%E2%82%AC", "", "scim|v2|\xe2\x82\xac", false},
    {"/scim/v2/a%2", "", NULL, false},
    {"/scim/v2/a%zz", "", NULL, false},
    {"/scim/v2/a%00", "", NULL, false},
    {"/scim/v2/%ff", "", NULL, false},
};

static void splits_paths(void)
{
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct arena *a = arena_new(0);
        const char *const params[] = {"REQUEST_URI", paths[i].uri, "REQUEST_METHOD", "GET", NULL};
        struct http_request r;
        struct buf b;

        if (CHECK_INT(read_request(&r, a, params, paths[i].mount), paths[i].segments != NULL) &&
            paths[i].segments != NULL) {
            buf_init(&b, a);
            for (size_t j = 0; j < r.nsegments; j++) {
                buf_puts(&b, j == 0 ? "" : "|");
                buf_str(&b, r.segments[j]);
            }
            CHECK_STR(buf_view(&b), str_of(paths[i].segments));
            CHECK_INT(r.outside_mount, paths[i].outside);
        }
        arena_free(&a);
    }
}

static void counts_no_further_than_it_can(void)
{
    struct arena *a = arena_new(0);
    const char *const params[] = {"REQUEST_URI", "/1/2/3/4/5/6/7/8/9/10/11", NULL};
    struct http_request r;

    CHECK(read_request(&r, a, params, ""));
    CHECK_INT(r.nsegments, HTTP_SEGMENTS_MAX + 1);
    arena_free(&a);
}

/* Without REQUEST_URI the path came decoded: a percent sign in it is one. */
static void reads_a_path_that_was_decoded(void)
{
    struct arena *a = arena_new(0);
    const char *const params[] = {"SCRIPT_NAME", "/scim", "PATH_INFO", "/v2/50%", "QUERY_STRING", "count=1", NULL};
    struct http_request r;
    struct error e = ERROR_INIT;
    struct str count;

    CHECK(read_request(&r, a, params, ""));
    CHECK_STR(r.segments[2], STR_LIT("50%"));
    CHECK(http_query(&r, "count", &count, &e));
    CHECK_STR(count, STR_LIT("1"));
    arena_free(&a);
}

static const struct {
    const char *query, *name;
    const char *value; /* NULL: absent */
    bool malformed;
} queries[] = {
    {"filter=a%20b+c&count=1", "filter", "a b c", false},
    {"FILTER=x", "filter", "x", false},
    {"aadOptscim062020&count=1", "count", "1", false},
    {"aadOptscim062020?filter=a?b", "filter", "a?b", false},
    {"aadOptscim062020?x?count=1&filter=x?count=2", "count", "1", false},
    {"x=y?count=1", "count", NULL, false},
    {"fi%6Cter=x", "filter", "x", false},
    {"count=1&count=2", "count", "1", false},
    {"count=", "count", "", false},
    {"count", "count", "", false},
    {"counts=1", "count", NULL, false},
    {"", "count", NULL, false},
    {"a=b=c", "a", "b=c", false},
    {"%zz=1&count=2", "count", "2", false},
    {"count=%2", "count", NULL, true},
    {"count=%00", "count", NULL, true},
    {"count=%ff", "count", NULL, true},
};

static void finds_query_parameters(void)
{
    for (size_t i = 0; i < COUNT(queries); i++) {
        struct arena *a = arena_new(0);
        struct http_request r = {.arena = a, .query = str_of(queries[i].query)};
        struct error e = ERROR_INIT;
        struct str value;

        CHECK_INT(http_query(&r, queries[i].name, &value, &e), !queries[i].malformed);
        CHECK_INT(e.code, queries[i].malformed ? ERR_PATH_MALFORMED : ERR_NONE);
        CHECK_INT(value.p == NULL, queries[i].value == NULL);
        if (queries[i].value != NULL)
            CHECK_STR(value, str_of(queries[i].value));
        arena_free(&a);
    }
}

/* --- headers --- */

static const struct {
    const char *authorization;
    bool doubled;
} authorizations[] = {
    {"Bearer abc", false},  {"Bearer abc, Bearer abc", true}, {"Bearer abc,x", true},
    {"Bearer abc,", false}, {"Bearer abc,\t , ,", false},     {"", false},
};

static void tells_a_doubled_authorization(void)
{
    for (size_t i = 0; i < COUNT(authorizations); i++) {
        struct arena *a = arena_new(0);
        const char *const params[] = {"REQUEST_URI", "/", "HTTP_AUTHORIZATION", authorizations[i].authorization, NULL};
        struct http_request r;

        CHECK(read_request(&r, a, params, ""));
        CHECK_INT(r.authorization_doubled, authorizations[i].doubled);
        arena_free(&a);
    }
}

static void finds_the_authorization_that_apache_renamed(void)
{
    struct arena *a = arena_new(0);
    const char *const params[] = {"REQUEST_URI", "/", "REDIRECT_HTTP_AUTHORIZATION", "Bearer abc", NULL};
    struct http_request r;

    CHECK(read_request(&r, a, params, ""));
    CHECK_STR(r.authorization, STR_LIT("Bearer abc"));
    arena_free(&a);
}

static void knows_methods_by_case(void)
{
    static const struct {
        const char *text;
        enum http_method method;
    } methods[] = {{"GET", HTTP_GET},         {"HEAD", HTTP_HEAD},      {"PATCH", HTTP_PATCH}, {"patch", HTTP_OTHER},
                   {"OPTIONS", HTTP_OPTIONS}, {"PROPFIND", HTTP_OTHER}, {"", HTTP_OTHER},      {"OTHER", HTTP_OTHER}};

    for (size_t i = 0; i < COUNT(methods); i++) {
        struct arena *a = arena_new(0);
        const char *const params[] = {"REQUEST_URI", "/", "REQUEST_METHOD", methods[i].text, NULL};
        struct http_request r;

        CHECK(read_request(&r, a, params, ""));
        CHECK_INT(r.method, methods[i].method);
        arena_free(&a);
    }
}

static void takes_json_types_only(void)
{
    CHECK(http_is_json(STR_NULL));
    CHECK(http_is_json(STR_LIT("application/json")));
    CHECK(http_is_json(STR_LIT(" Application/SCIM+JSON ; charset=utf-8")));
    CHECK(!http_is_json(STR_LIT("text/json")));
    CHECK(!http_is_json(STR_LIT("application/json-patch+json")));
}

static void answers_as_json_only_where_nothing_else_is_taken(void)
{
    static const struct {
        const char *accept;
        bool plain;
    } accepts[] = {
        {"", false},
        {"*/*", false},
        {"application/json", true},
        {"APPLICATION/JSON; charset=utf-8", true},
        {"application/json, */*", false},
        {"application/json, application/*;q=0.1", false},
        {"application/json, application/scim+json", false},
        {"application/json, application/scim+json;q=0.0", true},
        {"application/json;q=0", false},
        {"text/html", false},
    };

    for (size_t i = 0; i < COUNT(accepts); i++) {
        const char *type = http_answer_type(str_of(accepts[i].accept));
        CHECK_CSTR(type, accepts[i].plain ? "application/json; charset=utf-8" : "application/scim+json; charset=utf-8");
    }
}

static void compares_entity_tags_weakly(void)
{
    static const struct {
        const char *list;
        bool in;
    } lists[] = {
        {"*", true},
        {" * ", true},
        {"W/\"17\"", true},
        {"\"17\"", true},
        {"\"1\", W/\"17\"", true},
        {"\"1\",\"17\"", true},
        {"W/\"17-gzip\"", true},
        {"\"17-br\"", true},
        {"\"-gzip\"", false},
        {"\"17-x\"", false},
        {"\"1\",\"7\"", false},
        {"\"a,b\" , \"17\"", true},
        {"17", false},
        {"W/17", false},
        {"\"17", false},
        {"", false},
        {"x, \"17\"", true},
        {"\"\"", false},
        {"w/\"17\"", false},
        {"\"17\" \"x", true},
    };

    for (size_t i = 0; i < COUNT(lists); i++)
        if (!CHECK_INT(http_etag_in(str_of(lists[i].list), STR_LIT("W/\"17\"")), lists[i].in))
            CHECK_CSTR(lists[i].list, "");
}

/* Only below /api: elsewhere no session counts, and looking for it costs. RFC 6265 4.2. */
static void finds_cookies(void)
{
    static const struct {
        const char *cookie, *value; /* NULL: none of the name */
    } cases[] = {
        {"a=1", "1"}, {"b=2; a=1", "1"}, {"a=1; a=2", "1"},    {" a=1 ;b=2", "1"},
        {"a=", ""},   {"a=x=y", "x=y"},  {"ab=1; ba=2", NULL}, {"A=1", NULL},
        {"a", NULL},  {"", NULL},        {";;a=1;", "1"},      {"b=;a", NULL},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        static const char *const uris[] = {"/api/v1/session", "/scim/v2/Users", "/m/api/v1/x"};

        for (size_t k = 0; k < COUNT(uris); k++) {
            const char *const params[] = {"REQUEST_URI",
                                          uris[k],
                                          "HTTP_COOKIE",
                                          cases[i].cookie,
                                          "HTTP_ORIGIN",
                                          "https://h",
                                          "HTTP_X_CSRF_TOKEN",
                                          "t",
                                          "HTTP_ROSTER_ACCOUNT",
                                          "acme",
                                          "HTTP_ROSTER_BACKGROUND",
                                          "1",
                                          NULL};
            struct arena *a = arena_new(0);
            struct http_request r;

            CHECK(read_request(&r, a, params, k == 2 ? "/m" : ""));
            CHECK_STR(http_cookie(&r, "a"), k == 1 || cases[i].value == NULL ? STR_NULL : str_of(cases[i].value));
            CHECK_STR(r.origin, k == 1 ? STR_NULL : STR_LIT("https://h"));
            CHECK_STR(r.csrf_token, k == 1 ? STR_NULL : STR_LIT("t"));
            CHECK_STR(r.account, k == 1 ? STR_NULL : STR_LIT("acme"));
            CHECK_INT(r.background, k != 1);
            arena_free(&a);
        }
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT(recognises_clients),
        UNIT(splits_paths),
        UNIT(counts_no_further_than_it_can),
        UNIT(reads_a_path_that_was_decoded),
        UNIT(finds_query_parameters),
        UNIT(tells_a_doubled_authorization),
        UNIT(finds_the_authorization_that_apache_renamed),
        UNIT(knows_methods_by_case),
        UNIT(takes_json_types_only),
        UNIT(answers_as_json_only_where_nothing_else_is_taken),
        UNIT(compares_entity_tags_weakly),
        UNIT(finds_cookies),
    };
    return unit_run("request", tests, COUNT(tests));
}
