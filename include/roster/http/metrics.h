/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics - how many requests were answered, counted by all workers together.
 *
 * The counters are a small file that every process maps, in the directory of the shared memory files, so they serve a
 * master's workers and the single processes that mod_fcgid spawns alike, outlive each of them, and begin at zero when
 * the directory vanishes (with a reboot, where it is a tmpfs), which monitoring understands. Their number is fixed.
 */
#ifndef ROSTER_HTTP_METRICS_H
#define ROSTER_HTTP_METRICS_H

#include "roster/base/buf.h"
#include "roster/http/client.h"
#include "roster/http/request.h"

struct metrics;

/* Maps the counters of dir, and makes them where there are none. NULL: *message (in a) says why; the process then counts
 * nothing. */
struct metrics *metrics_open(const char *dir, struct arena *a, const char **message);

/* *m may be NULL; it is set to NULL. The counters stay. */
void metrics_close(struct metrics **m);

/* Counts an answer of this HTTP status (100 to 599). m may be NULL: then nothing is counted. */
void metrics_count(struct metrics *m, enum client client, enum http_method method, int status);

/* Appends all counters that are not zero, in the text format of Prometheus (version 0.0.4). */
void metrics_write(struct buf *out, const struct metrics *m);

#endif
