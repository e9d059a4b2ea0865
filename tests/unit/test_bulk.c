/* SPDX-License-Identifier: Apache-2.0 */
/* Bulk requests: what is read from them, what refers to what, and the order (traps 55, 57 and 59). */
#include "roster/scim/bulk.h"
#include "scim.h"

#include <stdlib.h>

#define BASE STR_LIT("https://h/scim/v2")

static const struct resource_type *const types[BULK_TYPES] = {&resource_type_user, &resource_type_team};

static const char *code_of(const struct error *e)
{
    return e == NULL ? "" : error_entry(e->code)->code;
}

static struct json_object *at(struct json_object *list, size_t i)
{
    return json_object_is_type(list, json_type_array) && i < json_object_array_length(list)
               ? json_object_array_get_idx(list, i)
               : NULL;
}

static size_t length(struct json_object *list)
{
    return list == NULL ? 0 : json_object_array_length(list);
}

/* --- files: {request} and {order, errors, references, circles, resolved} or {error} --- */

static void check_order(const struct bulk *b, struct json_object *order)
{
    CHECK_INT(b->n, length(order));
    for (size_t i = 0; i < b->n; i++)
        CHECK_INT(b->order[i], json_object_get_int64(at(order, i)));
}

static void check_errors(const struct bulk *b, struct json_object *errors)
{
    for (size_t i = 0; i < b->n; i++) {
        struct json_object *code = at(errors, i);

        CHECK_CSTR(code_of(b->operations[i].error), code == NULL ? "" : json_object_get_string(code));
    }
}

static void check_references(const struct bulk *b, struct json_object *lists)
{
    for (size_t i = 0; lists != NULL && i < b->n; i++) {
        const struct bulk_operation *op = &b->operations[i];

        CHECK_INT(op->nreferences, length(at(lists, i)));
        for (size_t j = 0; j < op->nreferences; j++)
            CHECK_INT(op->references[j].to, json_object_get_int64(at(at(lists, i), j)));
    }
}

/* Equal numbers within each of the circles that the file lists, and nowhere else. */
static void check_circles(const struct bulk *b, struct json_object *circles)
{
    for (size_t i = 0; i < b->n; i++)
        for (size_t j = 0; j < i; j++) {
            bool together = false;

            for (size_t k = 0; k < length(circles); k++) {
                size_t found = 0;

                for (size_t m = 0; m < length(at(circles, k)); m++) {
                    size_t place = (size_t)json_object_get_int64(at(at(circles, k), m));
                    found += place == i || place == j;
                }
                together = together || found == 2;
            }
            CHECK_INT(b->operations[i].circle == b->operations[j].circle, together);
        }
}

/* Every reference in the place of which the id "ID-" and the name stands. */
static void check_resolved(struct arena *a, struct bulk *b, struct json_object *resolved)
{
    for (size_t i = 0; resolved != NULL && i < b->n; i++) {
        struct bulk_operation *op = &b->operations[i];

        for (size_t j = 0; j < op->nreferences; j++) {
            struct str name = b->operations[op->references[j].to].bulk_id;
            const char *id = arena_printf(a, "ID-%.*s", (int)name.len, name.p);

            bulk_resolve(op, &op->references[j], name, str_of(id), a);
            if (op->references[j].value == NULL)
                CHECK_STR(op->target, str_of(id));
        }
        if (at(resolved, i) != NULL)
            CHECK_STR(text_of(a, op->data), text_of(a, at(resolved, i)));
    }
}

static void check_case(struct arena *a, struct json_object *v)
{
    struct json_object *error = json_member(v, "error");
    struct error e = ERROR_INIT;
    struct bulk *b = bulk_parse(json_member(v, "request"), types, BASE, a, &e);

    CHECK_CSTR(e.code == ERR_NONE ? "" : code_of(&e), error == NULL ? "" : json_object_get_string(error));
    CHECK((b == NULL) == (error != NULL));
    if (b == NULL)
        return;
    check_order(b, json_member(v, "order"));
    check_errors(b, json_member(v, "errors"));
    check_references(b, json_member(v, "references"));
    if (json_member(v, "circles") != NULL)
        check_circles(b, json_member(v, "circles"));
    check_resolved(a, b, json_member(v, "resolved"));
}

static void check_file(const char *name, struct str text)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;

    (void)name;
    check_case(a, json_read(a, text, &e));
    CHECK_INT(e.code, ERR_NONE);
    arena_free(&a);
}

static void takes_valid_files(void)
{
    unit_each_file("tests/data/bulk/valid", 10, check_file);
}

static void refuses_invalid_files(void)
{
    unit_each_file("tests/data/bulk/invalid", 10, check_file);
}

/* --- many --- */

/* n users; the manager of each is the one at (its own place + step) modulo n, where step is not 0. */
static struct bulk *chain(struct arena *a, size_t n, size_t step, bool round, struct error *e)
{
    struct buf b;

    buf_init(&b, a);
    buf_puts(&b, "{\"schemas\":[\"" URN_BULK_REQUEST "\"],\"Operations\":[");
    for (size_t i = 0; i < n; i++) {
        buf_printf(&b, "%s{\"method\":\"POST\",\"path\":\"/Users\",\"bulkId\":\"%zu\",\"data\":{\"userName\":\"u\"",
                   i == 0 ? "" : ",", i);
        if (round || i + step < n)
            buf_printf(&b, ",\"manager\":\"bulkId:%zu\"", (i + step) % n);
        buf_puts(&b, "}}");
    }
    buf_puts(&b, "]}");
    return bulk_parse(json_of(a, buf_cstr(&b)), types, BASE, a, e);
}

static void trap_55_counts_operations(void)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;

    CHECK(chain(a, BULK_OPERATIONS_MAX, 1, false, &e) != NULL);
    CHECK_INT(e.code, ERR_NONE);
    CHECK(chain(a, BULK_OPERATIONS_MAX + 1, 1, false, &e) == NULL);
    CHECK_INT(e.code, ERR_BULK_TOO_MANY_OPERATIONS);
    CHECK_INT(error_entry(e.code)->status, 413);
    CHECK(strstr(e.sentence, "maxOperations, which is 1000") != NULL);
    arena_free(&a);
}

/* Each refers to the next, the last one to nothing: the request turned round. */
static void trap_57_the_longest_chain(void)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    struct bulk *b = chain(a, BULK_OPERATIONS_MAX, 1, false, &e);

    CHECK_FATAL(b != NULL);
    for (size_t i = 0; i < b->n; i++) {
        CHECK_INT(b->order[i], b->n - 1 - i);
        CHECK_INT(b->operations[b->order[i]].circle, i);
    }
    arena_free(&a);
}

/* One circle of all keeps the order of the request; with a step of 4 there are four circles. */
static void trap_57_the_longest_circle(void)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    struct bulk *b = chain(a, BULK_OPERATIONS_MAX, 1, true, &e);

    CHECK_FATAL(b != NULL);
    for (size_t i = 0; i < b->n; i++) {
        CHECK_INT(b->order[i], i);
        CHECK_INT(b->operations[i].circle, 0);
    }
    b = chain(a, BULK_OPERATIONS_MAX, 4, true, &e);
    CHECK_FATAL(b != NULL);
    for (size_t i = 0; i < b->n; i++) {
        CHECK_INT(b->operations[i].circle, i % 4);
        CHECK_INT(b->order[i], i % 250 * 4 + i / 250);
    }
    arena_free(&a);
}

static void trap_56_fail_on_errors(void)
{
    struct arena *a = arena_new(0);
    static const char text[] =
        "{\"schemas\":[\"" URN_BULK_REQUEST "\"],\"failOnErrors\":%s,\"Operations\":[{\"method\":\"DELETE\"}]}";
    struct error e = ERROR_INIT;
    struct bulk *b = bulk_parse(json_of(a, arena_printf(a, text, "3")), types, BASE, a, &e);

    CHECK_FATAL(b != NULL);
    CHECK_INT(b->errors_max, 3);
    b = bulk_parse(json_of(a, arena_printf(a, text, "null")), types, BASE, a, &e);
    CHECK_FATAL(b != NULL);
    CHECK(b->errors_max == SIZE_MAX);
    arena_free(&a);
}

/* Each reference in a path costs a pass over it: a megabyte of them must not cost the square of that. */
static void bounds_the_references_in_a_path(void)
{
    static const size_t values[] = {1, 63, 64, 65, 100, 1000};

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct arena *a = arena_new(0);
        struct error e = ERROR_INIT;
        struct buf b;

        buf_init(&b, a);
        buf_puts(&b,
                 "{\"schemas\":[\"" URN_BULK_REQUEST "\"],\"Operations\":[{\"method\":\"POST\",\"path\":\"/Users\","
                 "\"bulkId\":\"a\",\"data\":{}},{\"method\":\"PATCH\",\"path\":\"/Groups/1\",\"data\":{\"Operations\":["
                 "{\"op\":\"remove\",\"path\":\"members[");
        for (size_t j = 0; j < values[i]; j++)
            buf_printf(&b, "%svalue eq \\\"bulkId:a\\\"", j == 0 ? "" : " or ");
        buf_puts(&b, "]\"}]}}]}");
        struct bulk *bulk = bulk_parse(json_of(a, buf_cstr(&b)), types, BASE, a, &e);
        CHECK_FATAL(bulk != NULL);
        CHECK(bulk->operations[1].error == NULL);
        struct bulk_operation *op = &bulk->operations[1];
        CHECK_INT(op->nreferences, values[i] < 64 ? values[i] : values[i] > 100 ? 0 : 64);
        size_t used = arena_used(a); /* it kept a copy of the path for each, which ended the worker */
        for (size_t j = 0; j < op->nreferences; j++)
            bulk_resolve(op, &op->references[j], STR_LIT("a"), STR_LIT("ID"), a);
        CHECK_INT(arena_used(a), used);
        arena_free(&a);
    }
}

/* The result names the operation for those who sent it: what they sent stays as it was. */
static void keeps_what_identifies_an_operation(void)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    struct bulk *b =
        bulk_parse(json_of(a, "{\"SCHEMAS\":[\"URN:ietf:params:scim:api:messages:2.0:bulkrequest\"],"
                              "\"operations\":[{\"Method\":\"pAtCh\",\"PATH\":\"/Users/X\",\"BULKID\":\"n\","
                              "\"Version\":\"W/\\\"1\\\"\",\"DATA\":{}},{\"method\":\"PURGE\"}]}"),
                   types, BASE, a, &e);

    CHECK_FATAL(b != NULL);
    const struct bulk_operation *op = &b->operations[0];
    CHECK(op->error == NULL);
    CHECK_INT(op->method, BULK_PATCH);
    CHECK_CSTR(bulk_method_name(op->method), "PATCH");
    CHECK_STR(op->target, STR_LIT("X"));
    CHECK_STR(op->bulk_id, STR_LIT("n"));
    CHECK_STR(op->version, STR_LIT("W/\"1\""));
    op = &b->operations[1];
    CHECK_STR(op->method_text, STR_LIT("PURGE"));
    CHECK_INT(op->method, BULK_METHODS);
    CHECK(op->bulk_id.p == NULL && op->version.p == NULL && op->type == NULL);
    CHECK(strstr(op->error->sentence, "Operation 2 of the bulk request") != NULL);
    arena_free(&a);
}

static const struct unit_test tests[] = {
    UNIT(takes_valid_files),
    UNIT(refuses_invalid_files),
    UNIT(trap_55_counts_operations),
    UNIT(trap_56_fail_on_errors),
    UNIT(trap_57_the_longest_chain),
    UNIT(trap_57_the_longest_circle),
    UNIT(bounds_the_references_in_a_path),
    UNIT(keeps_what_identifies_an_operation),
};

int main(void)
{
    return unit_run("bulk", tests, sizeof tests / sizeof tests[0]);
}
