/* SPDX-License-Identifier: Apache-2.0 */
/* {request}: the order has every operation once and what is referred to first; resolved, nothing is left to resolve. */
#include "fuzz.h"

#include "roster/scim/bulk.h"

#include <stdlib.h>

const char fuzz_corpus[] = "tests/data/bulk";

#define ID "2819c223-7f76-453a-919d-413861904646"

static const struct resource_type *const types[BULK_TYPES] = {&resource_type_user, &resource_type_team};

static void check_order(const struct bulk *b, size_t *turn)
{
    for (size_t i = 0; i < b->n; i++)
        turn[i] = SIZE_MAX;
    for (size_t i = 0; i < b->n; i++) {
        if (b->order[i] >= b->n || turn[b->order[i]] != SIZE_MAX)
            abort();
        turn[b->order[i]] = i;
    }
}

static void check_operation(const struct bulk *b, const struct bulk_operation *op, const size_t *turn)
{
    size_t own = turn[op - b->operations];

    if (op->error != NULL
            ? !error_is_set(op->error)
            : op->type == NULL || op->method >= BULK_METHODS || (op->data == NULL) != (op->method == BULK_DELETE) ||
                  (op->target.len == 0) != (op->method == BULK_POST))
        abort();
    for (size_t i = 0; i < op->nreferences; i++) {
        const struct bulk_operation *other;

        if (op->references[i].to >= b->n)
            abort();
        other = &b->operations[op->references[i].to];
        if (other->method != BULK_POST || (other->circle != op->circle && turn[op->references[i].to] > own))
            abort();
        if (other->circle == op->circle && op->error == NULL && op->type->number != RESOURCE_USER)
            abort();
    }
}

static void resolve(struct arena *a, struct bulk *b)
{
    for (size_t i = 0; i < b->n; i++)
        for (size_t j = 0; j < b->operations[i].nreferences; j++) {
            const struct bulk_reference *r = &b->operations[i].references[j];

            bulk_resolve(&b->operations[i], r, b->operations[r->to].bulk_id, STR_LIT(ID), a);
        }
}

static void check_again(struct arena *a, struct json_object *request, const struct bulk *first)
{
    struct error e = ERROR_INIT;
    struct bulk *b = bulk_parse(request, types, STR_LIT("https://h/scim/v2"), a, &e);

    if (b == NULL || b->n != first->n)
        abort();
    for (size_t i = 0; i < b->n; i++) /* paths are resolved in the operation, not in the request */
        for (size_t j = 0; first->operations[i].error == NULL && j < b->operations[i].nreferences; j++)
            if (b->operations[i].references[j].value != NULL)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT, why = ERROR_INIT;
    struct json_object *request = json_member(json_read(a, str_make(data, size), &e), "request");
    struct bulk *b = bulk_parse(request, types, STR_LIT("https://h/scim/v2"), a, &why);

    if ((b == NULL) != error_is_set(&why))
        abort();
    if (b != NULL) {
        size_t *turn = arena_alloc(a, b->n * sizeof *turn);

        check_order(b, turn);
        for (size_t i = 0; i < b->n; i++)
            check_operation(b, &b->operations[i], turn);
        resolve(a, b);
        check_again(a, request, b);
    }
    arena_free(&a);
    return 0;
}
