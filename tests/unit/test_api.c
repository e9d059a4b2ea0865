/* SPDX-License-Identifier: Apache-2.0 */
/* What the server answers while it has no store, and how errors are rendered. */
#include "unit.h"

#include "roster/api/api.h"
#include "roster/base/json.h"
#include "roster/directory/call.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define TOKEN       "Bearer rst_x_0000000000000000000000000000000000000000000000000"

static struct conf conf;

static struct str param(void *ctx, const char *name)
{
    const char *const *line = ctx; /* method and address */

    if (strcmp(name, "REQUEST_METHOD") == 0)
        return str_of(line[0]);
    if (strcmp(name, "REQUEST_URI") == 0)
        return str_of(line[1]);
    return strcmp(name, "HTTP_AUTHORIZATION") == 0 ? STR_LIT(TOKEN) : STR_NULL;
}

/* The answer of a server without a store; e as found while reading. */
static struct http_response answer(struct arena *a, const char *method, const char *address, struct error e)
{
    const char *line[] = {method, address};
    struct http_response response;
    struct http_request r;
    struct api *api = api_new(&conf, NULL);

    http_response_init(&response, a);
    http_request_read(&r, a, param, line, STR_LIT(""), &e);
    api_answer(api, &r, &response, &e, NULL);
    api_after(api);
    api_free(&api);
    return response;
}

/* The member of the answer's body; it is said where there is none. */
static struct str text_of(struct arena *a, const struct http_response *response, const char *name)
{
    struct error e = ERROR_INIT;
    struct json_object *member = json_member(json_read(a, buf_view(&response->body), &e), name);

    return CHECK(member != NULL) ? json_str(member) : STR_LIT("");
}

/* The code that the detail of an error body begins with. */
static const char *code_of(struct arena *a, const struct http_response *response)
{
    struct str detail = text_of(a, response, "detail");

    return arena_strndup(a, detail.p, str_find(detail, ':', 0));
}

static void has_a_sound_route_table(void)
{
    route_table_check(api_routes);
    for (const struct route *row = api_routes; row->path != NULL; row++)
        CHECK_INT(row->scope == 0, (row->flags & (ROUTE_OPEN | ROUTE_SESSION)) != 0);
}

static void answers_without_a_store(void)
{
    static const struct {
        const char *method, *address;
        int status;
        const char *code; /* or "" */
    } cases[] = {
        {"GET", "/healthz", 200, ""},
        {"HEAD", "/healthz", 200, ""},
        {"GET", "/readyz", 503, "STORAGE_FAULT"},
        {"GET", "/scim/v2/Users", 503, "STORAGE_FAULT"},
        {"POST", "/scim/v2/Users", 503, "STORAGE_FAULT"},
        {"GET", "/scim/v2/Schemas", 503, "STORAGE_FAULT"},
        {"GET", "/api/v1/events", 503, "STORAGE_FAULT"},
        {"POST", "/healthz", 405, "METHOD_NOT_ALLOWED"},
        {"TRACE", "/scim/v2/Users", 405, "METHOD_NOT_ALLOWED"},
        {"GET", "/scim/v2/Nothing", 404, "PATH_UNKNOWN"},
        {"GET", "/scim/v2/%zz", 400, "PATH_MALFORMED"},
        {"GET", "/api/v1/errors", 200, ""},
        {"GET", "/api/v1/errors/LAST_ADMIN", 200, ""},
        {"GET", "/api/v1/errors/LAST_ADMIN/x", 404, "PATH_UNKNOWN"},
        {"GET", "/api/v1/errors/LAST", 404, "CODE_UNKNOWN"},
        {"POST", "/api/v1/errors", 405, "METHOD_NOT_ALLOWED"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *a = arena_new(0);
        struct http_response r = answer(a, cases[i].method, cases[i].address, ERROR_INIT);

        CHECK_INT(r.status, cases[i].status);
        CHECK_INT(r.retry_after, cases[i].status == 503 ? 2 : 0);
        CHECK_INT(r.allow.p != NULL, cases[i].status == 405);
        if (cases[i].code[0] != '\0')
            CHECK_CSTR(code_of(a, &r), cases[i].code);
        arena_free(&a);
    }
}

/* Every code becomes an answer that a client can read, with what its status demands. */
static void renders_every_code(void)
{
    for (int code = ERR_NONE + 1; code < ERR_COUNT; code++) {
        static const struct str args[] = {STR_LIT("\"a\\"), STR_LIT("b"), STR_LIT("c"), STR_LIT("d")};
        const struct error_entry *entry = error_entry((enum error_code)code);
        struct arena *a = arena_new(0);
        struct error e = ERROR_INIT;
        struct buf head;
        size_t holes = 0;

        for (const char *p = strstr(entry->sentence, "{}"); p != NULL; p = strstr(p + 2, "{}"))
            holes++;
        error_set_args(&e, (enum error_code)code, args, holes);
        struct http_response r = answer(a, "GET", "/healthz", e);
        CHECK_INT(r.status, entry->status);
        CHECK_STR(text_of(a, &r, "detail"), str_of(arena_printf(a, "%s: %s. Why: %s What to do: %s", entry->code,
                                                                e.sentence, entry->cause, entry->admin)));
        CHECK_INT(r.retry_after > 0, entry->status == 503 || entry->status == 429);
        CHECK_INT(r.www_authenticate, entry->status == 401);
        buf_init(&head, a);
        http_response_head(&head, &r, "id", true);
        CHECK(strncmp(buf_cstr(&head), "Status: ", 8) == 0);
        arena_free(&a);
    }
}

/* The catalogue is told whole, and each row of it by its name. */
static void tells_the_catalogue(void)
{
    struct arena *a = arena_new(0);
    struct http_response all = answer(a, "GET", "/api/v1/errors", ERROR_INIT);
    struct error e = ERROR_INIT;
    struct json_object *rows = json_member(json_read(a, buf_view(&all.body), &e), "errors");

    CHECK_CSTR(all.content_type, "application/json; charset=utf-8");
    CHECK_FATAL(json_object_is_type(rows, json_type_array));
    CHECK_INT(json_object_array_length(rows), ERR_COUNT - 1);
    for (int code = ERR_NONE + 1; code < ERR_COUNT; code++) {
        const struct error_entry *entry = error_entry((enum error_code)code);
        struct json_object *row = json_object_array_get_idx(rows, (size_t)code - 1);
        struct http_response one = answer(a, "GET", arena_printf(a, "/api/v1/errors/%s", entry->code), ERROR_INIT);

        CHECK_STR(json_text(row, "code"), str_of(entry->code));
        CHECK_STR(json_text(row, "engineer"), str_of(entry->engineer));
        CHECK(json_object_equal(row, json_read(a, buf_view(&one.body), &e)));
    }
    arena_free(&a);
}

static void what_the_store_says_becomes_an_error(void)
{
    static const struct {
        enum store_rc rc;
        enum error_code code;
    } results[] = {
        {STORE_OK, ERR_NONE},
        {STORE_BUSY, ERR_BUSY},
        {STORE_FULL, ERR_STORAGE_FULL},
        {STORE_ERROR, ERR_STORAGE_FAULT},
        {STORE_NOTFOUND, ERR_STORAGE_FAULT},
    };

    for (size_t i = 0; i < COUNT(results); i++) {
        struct error e = ERROR_INIT, said = ERROR_INIT;
        struct call c = {.error = &e};

        CHECK_INT(call_done(&c, results[i].rc), results[i].rc == STORE_OK);
        CHECK_INT(e.code, results[i].code);
        error_set(&said, ERR_BODY_MISSING);
        c.error = &said;
        CHECK(!call_done(&c, STORE_REFUSED));
        CHECK_INT(said.code, ERR_BODY_MISSING);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT(has_a_sound_route_table),
        UNIT(answers_without_a_store),
        UNIT(renders_every_code),
        UNIT(tells_the_catalogue),
        UNIT(what_the_store_says_becomes_an_error),
    };
    conf_defaults(&conf);
    return unit_run("api", tests, COUNT(tests));
}
