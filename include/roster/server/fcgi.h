/* SPDX-License-Identifier: Apache-2.0 */
/* fcgi - requests from and answers to the web server, on libfcgi. The only user of fcgiapp.h. */
#ifndef ROSTER_SERVER_FCGI_H
#define ROSTER_SERVER_FCGI_H

#include "roster/api/api.h"

struct fcgi;

/*
 * After the last fork; c outlives it. listen_fd is made non-blocking. Blocks TERM and INT, which from then on come through only while
 * fcgi_serve() waits, and ignores PIPE and USR1, which the library would take.
 */
struct fcgi *fcgi_new(const struct conf *c, int listen_fd);

/* Closes the connections, not listen_fd. *f may be NULL; it is set to NULL. */
void fcgi_free(struct fcgi **f);

/*
 * Waits up to timeout_ms for a request, reads it with the caps of conf, answers it through api and logs its line.
 * Connections that the web server keeps open are waited for together with new ones.
 * 1: one was served; 0: none came, or a signal did; the caller looks at its flags and calls again.
 */
int fcgi_serve(struct fcgi *f, struct api *api, int timeout_ms);

/* Before the process ends: takes no new connection, answers what has come on the ones kept open, closes them. */
void fcgi_leave(struct fcgi *f, struct api *api);

#endif
