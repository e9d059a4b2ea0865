/* SPDX-License-Identifier: Apache-2.0 */
/* rosterctl log */
#include "ctl.h"
#include "roster/base/clock.h"
#include "roster/base/json.h"
#include "roster/directory/synclog.h"

#include <stdio.h>

static void put_words(struct json_object *entry)
{
    struct json_object *status = json_get(entry, "status");
    struct str time = json_text(entry, "time"), sentence = json_text(entry, "sentence");
    struct str code = json_text(entry, "code"), remedy = json_text(entry, "remedy");

    printf("%.*s %3s %.*s\n", (int)time.len, time.p, status == NULL ? "-" : json_object_get_string(status),
           (int)sentence.len, sentence.p);
    if (code.p != NULL)
        printf("    %.*s: %.*s\n", (int)code.len, code.p, (int)remedy.len, remedy.p);
}

static bool put_entry(struct ctl *c, const struct buf *b)
{
    struct json_object *entry;

    if (c->o.json) {
        ctl_print(b);
        return true;
    }
    entry = json_read(c->arena, buf_view(b), &c->error);
    if (entry != NULL)
        put_words(entry);
    return entry != NULL;
}

/* The newest entries, or those behind --after, oldest first; one by one, for each may be large. */
bool ctl_log(struct ctl *c)
{
    const struct synclog_query query = {.failed = c->o.failed};
    struct arena *work = arena_new(0);
    struct account account;
    struct call call = {.store = c->store, .arena = work, .account = &account, .now = clock_now(), .error = &c->error};
    struct synclog_found found = {.n = 1, .last = (uint64_t)c->o.after};
    size_t left = (size_t)c->o.limit;
    bool done = ctl_account(c, 0, &account);

    if (done && !c->o.after_given)
        done = synclog_start(&call, &query, left, SIZE_MAX, &found.last);
    while (done && left > 0 && found.n > 0) {
        struct arena_mark mark = arena_mark(c->arena);
        struct buf b;

        buf_init(&b, c->arena);
        done = synclog_read(&call, &query, found.last, 1, SIZE_MAX, &b, &found);
        if (done && found.n > 0)
            done = put_entry(c, &b);
        left--;
        arena_rewind(c->arena, mark);
        arena_reset(work);
    }
    arena_free(&work);
    return done;
}
