/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bulk requests: each operation is the change that it would be as a request of its own, in a transaction of its own, in
 * the order that scim/bulk found. The answer is written when all are done, so no part of it leaves before the disk has
 * what it tells of.
 */
#include "internal.h"

#include "roster/scim/bulk.h"

#include <assert.h>

/* What became of an operation; the place is that of the operation. */
struct result {
    int status;       /* 0: it was not run, or not yet */
    uint64_t version; /* of the resource; 0: there is none to tell */
    struct id id;     /* of the resource; promised beforehand where a POST makes it; not of DELETE */
    struct error *error;
};

struct run {
    struct api_call *c;
    struct bulk *bulk;
    struct result *results;
    size_t errors;
};

static const struct resource_ops *ops_of(const struct bulk_operation *op)
{
    return op->type->number == RESOURCE_USER ? &user_ops : &team_ops;
}

/* --- one operation --- */

/* `version` is the operation's If-Match. */
static bool version_holds(struct str etag, void *ctx)
{
    const struct bulk_operation *op = ctx;

    return op->version.p == NULL || http_etag_in(op->version, etag);
}

static int success_status(const struct bulk_operation *op)
{
    switch (op->method) {
    case BULK_POST:
        return 201;
    case BULK_DELETE:
        return 204;
    case BULK_PATCH:
        return ops_of(op)->patch_is_quiet ? 204 : 200;
    default:
        return 200;
    }
}

static void fail(struct run *run, size_t place, const struct error *e)
{
    struct result *result = &run->results[place];

    result->error = arena_alloc(run->c->r->arena, sizeof *result->error);
    *result->error = *e;
    if (!error_is_set(result->error))
        error_set(result->error, ERR_INTERNAL);
    result->status = error_entry(result->error->code)->status;
    result->version = 0;
    run->errors++;
}

static void fail_with(struct run *run, size_t place, size_t cause)
{
    struct error e = ERROR_INIT;

    error_set(&e, ERR_BULK_REFERENCE, run->bulk->operations[cause].bulk_id);
    fail(run, place, &e);
}

/* Puts the ids in the place of the references; false: one of them leads to something that failed. */
static bool resolve(struct run *run, size_t place)
{
    struct bulk_operation *op = &run->bulk->operations[place];

    for (size_t i = 0; i < op->nreferences; i++)
        if (run->results[op->references[i].to].error != NULL) {
            fail_with(run, place, op->references[i].to);
            return false;
        }
    for (size_t i = 0; i < op->nreferences; i++) {
        size_t to = op->references[i].to;
        char text[ID_TEXT_LEN + 1];

        id_format(&run->results[to].id, text);
        bulk_resolve(op, &op->references[i], run->bulk->operations[to].bulk_id,
                     arena_str(run->c->r->arena, str_of(text)), run->c->api->scratch);
    }
    return true;
}

/* The directory's call for an operation: what it takes of memory is given back after it. */
static struct call call_of(struct run *run, struct error *e)
{
    struct call call = run->c->call;

    arena_reset(run->c->api->scratch);
    call.arena = run->c->api->scratch;
    call.error = e;
    return call;
}

static void run_one(struct run *run, size_t place)
{
    static const enum http_method methods[] = {
        [BULK_POST] = HTTP_POST, [BULK_PUT] = HTTP_PUT, [BULK_PATCH] = HTTP_PATCH, [BULK_DELETE] = HTTP_DELETE};
    struct bulk_operation *op = &run->bulk->operations[place];
    struct result *result = &run->results[place];
    struct error e = ERROR_INIT;
    struct call call = call_of(run, &e);
    struct image im = {.version = 0};

    if (!resolve(run, place))
        return;
    struct precondition pre = {.holds = version_holds, .ctx = op};
    struct change change = {.method = methods[op->method], .id = op->target, .body = op->data, .pre = &pre};
    if (op->method == BULK_POST)
        call.made = result->id;
    if (!resource_change(&call, ops_of(op), &change, &im)) {
        fail(run, place, &e);
        return;
    }
    result->status = success_status(op);
    result->version = im.version;
    if (op->method != BULK_DELETE && !id_parse(im.id, &result->id)) /* a team that had the name keeps its id */
        assert(!"an image has an id");
}

/* --- a circle: users that name one another before they exist --- */

/* Takes a user back that names one which could not be made. If even that fails the user stays, and is told as made. */
static void take_back(struct run *run, size_t place, size_t cause)
{
    struct error e = ERROR_INIT;
    struct call call = call_of(run, &e);
    char text[ID_TEXT_LEN + 1];

    call.taking_back = true;
    id_format(&run->results[place].id, text);
    if (user_ops.remove(&call, str_of(text), NULL) || e.code == ERR_RESOURCE_NOT_FOUND)
        fail_with(run, place, cause);
}

/* The first of a circle's operations that is wrong by itself, or n. */
static size_t first_wrong(const struct run *run, const size_t *places, size_t n)
{
    size_t i = 0;

    while (i < n && run->bulk->operations[places[i]].error == NULL)
        i++;
    return i;
}

/* Runs the operations places[0 … n - 1], which stand or fall together. */
static void run_circle(struct run *run, const size_t *places, size_t n)
{
    size_t broken = first_wrong(run, places, n);

    for (size_t i = 0; i < n && broken == n; i++) {
        run_one(run, places[i]);
        if (run->results[places[i]].error != NULL)
            broken = i;
    }
    for (size_t i = 0; i < n && broken < n; i++) {
        const struct error *own = run->bulk->operations[places[i]].error;

        if (own != NULL)
            fail(run, places[i], own);
        else if (run->results[places[i]].status == 0)
            fail_with(run, places[i], places[broken]);
        else if (i < broken)
            take_back(run, places[i], places[broken]);
    }
}

/* Errors are counted as they come, a circle's all at once; what has not been begun when there are too many is not done. */
static void run_all(struct run *run)
{
    const struct bulk *b = run->bulk;

    for (size_t i = 0; i < b->n; i++)
        run->results[i].id = id_new();
    for (size_t i = 0, n; i < b->n && run->errors < b->errors_max; i += n) {
        for (n = 1; i + n < b->n && b->operations[b->order[i + n]].circle == b->operations[b->order[i]].circle;)
            n++;
        run_circle(run, &b->order[i], n);
    }
    arena_reset(run->c->api->scratch);
}

/* --- the answer --- */

static void write_location(struct run *run, size_t place)
{
    const struct bulk_operation *op = &run->bulk->operations[place];
    const struct result *result = &run->results[place];
    struct buf *b = &run->c->response->body;
    char text[ID_TEXT_LEN + 1];

    if (op->type == NULL || (op->method == BULK_POST && result->error != NULL))
        return;
    id_format(&result->id, text);
    struct str id = result->error != NULL || op->method == BULK_DELETE ? op->target : str_of(text);
    buf_puts(b, ",\"location\":");
    buf_json(b, resource_url(run->c->api->scratch, run->c->base, op->type, id));
}

static void write_result(struct run *run, size_t place)
{
    const struct bulk_operation *op = &run->bulk->operations[place];
    const struct result *result = &run->results[place];
    struct buf *b = &run->c->response->body, etag;

    buf_printf(b, "{\"status\":\"%d\"", result->status);
    if (op->method_text.p != NULL) {
        buf_puts(b, ",\"method\":");
        buf_json(b, op->method == BULK_METHODS ? op->method_text : str_of(bulk_method_name(op->method)));
    }
    if (op->bulk_id.p != NULL) {
        buf_puts(b, ",\"bulkId\":");
        buf_json(b, op->bulk_id);
    }
    if (result->version != 0) {
        buf_init(&etag, run->c->api->scratch);
        image_etag(&etag, result->version);
        buf_puts(b, ",\"version\":");
        buf_json(b, buf_view(&etag));
    }
    write_location(run, place);
    if (result->error != NULL) {
        buf_puts(b, ",\"response\":");
        answer_error_body(b, result->error);
    }
    buf_putc(b, '}');
}

static void write_answer(struct run *run)
{
    struct buf *b = &run->c->response->body;
    bool first = true;

    answer_begin(run->c, 200, 0);
    buf_puts(b, "{\"schemas\":[\"" URN_BULK_RESPONSE "\"],\"Operations\":[");
    for (size_t i = 0; i < run->bulk->n; i++) {
        if (run->results[i].status == 0)
            continue;
        if (!first)
            buf_putc(b, ',');
        first = false;
        write_result(run, i);
        arena_reset(run->c->api->scratch);
        http_response_spill(run->c->response);
    }
    buf_puts(b, "]}");
}

/* --- the sync log --- */

#define TOLD_BYTES 3072 /* of the operations that were refused */

static void tell_refused(struct run *run, struct buf *b, size_t place)
{
    const struct bulk_operation *op = &run->bulk->operations[place];
    const struct error *e = run->results[place].error;
    struct api_call *c = run->c;

    buf_json_comma(b);
    buf_printf(b, "{\"operation\":%zu,\"method\":", place + 1);
    buf_json(b, op->method == BULK_METHODS ? STR_LIT("") : str_of(bulk_method_name(op->method)));
    buf_printf(b, ",\"code\":\"%s\",\"sentence\":", error_entry(e->code)->code);
    buf_json(b, record_sentence(c, e));
    buf_putc(b, '}');
}

/* One entry for all operations; the first that were refused are named. */
static void tell(struct run *run)
{
    struct api_call *c = run->c;
    size_t done = 0;
    bool cut = false;
    struct buf b;

    if (c->call.log == NULL)
        return;
    buf_init(&b, c->r->arena);
    buf_puts(&b, "\"refused\":[");
    for (size_t i = 0; i < run->bulk->n; i++) {
        done += run->results[i].status != 0;
        cut = cut || c->log.entries == 0 || b.len > TOLD_BYTES;
        if (run->results[i].error == NULL)
            continue;
        synclog_refused(&c->log, run->results[i].error->code);
        if (!cut)
            tell_refused(run, &b, i);
    }
    buf_printf(&b, "],\"refusedCount\":%zu,\"operations\":%zu", run->errors, done);
    synclog_bulk(&c->log, &c->call, done, run->errors, buf_view(&b));
}

/* Whether nothing was done, because the account had changed: then the whole request is read again. */
static bool nothing_was_current(const struct run *run)
{
    bool changed = false;

    for (size_t i = 0; i < run->bulk->n; i++) {
        const struct result *result = &run->results[i];

        if (result->status != 0 && result->error == NULL)
            return false;
        changed = changed || (result->error != NULL && result->error->code == ERR_ACCOUNT_CHANGED);
    }
    return changed;
}

bool bulk_run(struct api_call *c)
{
    const struct resource_type *const types[BULK_TYPES] = {c->call.account->user_type, c->call.account->team_type};
    struct run run = {.c = c, .bulk = bulk_parse(c->body, types, c->base, c->r->arena, c->error)};

    if (run.bulk == NULL)
        return false;
    c->call.job = NULL; /* what is done by then could not be done again */
    c->log.bulk = true; /* one entry for all */
    run.results = arena_alloc(c->r->arena, run.bulk->n * sizeof *run.results);
    run_all(&run);
    if (nothing_was_current(&run)) {
        error_set(c->error, ERR_ACCOUNT_CHANGED);
        return false;
    }
    tell(&run);
    write_answer(&run);
    return true;
}
