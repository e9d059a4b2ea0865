/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/http/metrics.h"

#include "roster/base/shared.h"

#include <assert.h>
#include <stdatomic.h>

/* Part of the file's name, with the sizes of the tables: to be raised when their order changes. */
#define FORMAT  1
#define CLASSES 6 /* of statuses, by their first digit */

/* The file. */
struct metrics {
    atomic_ullong requests[CLIENTS][HTTP_METHODS][CLASSES];
};

static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "processes share the counters");

struct metrics *metrics_open(const char *dir, struct arena *a, const char **message)
{
    const char *name = arena_printf(a, "metrics-%d-%d-%d", FORMAT, CLIENTS, HTTP_METHODS);

    return shared_open(dir, name, sizeof(struct metrics), a, message);
}

void metrics_close(struct metrics **m)
{
    shared_close(*m, sizeof **m);
    *m = NULL;
}

void metrics_count(struct metrics *m, enum client client, enum http_method method, int status)
{
    assert((unsigned)client < CLIENTS && (unsigned)method < HTTP_METHODS && status >= 100 && status < 600);
    if (m != NULL)
        atomic_fetch_add_explicit(&m->requests[client][method][status / 100], 1, memory_order_relaxed);
}

void metrics_write(struct buf *out, const struct metrics *m)
{
    buf_puts(out, "# HELP roster_requests_total Requests that were answered.\n"
                  "# TYPE roster_requests_total counter\n");
    for (size_t i = 0; i < (size_t)CLIENTS * HTTP_METHODS * CLASSES; i++) {
        enum client client = (enum client)(i / (HTTP_METHODS * CLASSES));
        enum http_method method = (enum http_method)(i / CLASSES % HTTP_METHODS);
        unsigned long long n = atomic_load_explicit(&m->requests[client][method][i % CLASSES], memory_order_relaxed);

        if (n > 0)
            buf_printf(out, "roster_requests_total{client=\"%s\",method=\"%s\",status=\"%zuxx\"} %llu\n",
                       client_name(client), http_method_name(method), i % CLASSES, n);
    }
}
