/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server - the processes: a master that only forks and counts, and workers that answer FastCGI requests one at a time.
 */
#ifndef ROSTER_SERVER_SERVER_H
#define ROSTER_SERVER_SERVER_H

#include "roster/base/conf.h"

#include <sys/types.h>

/* The greatest server.workers; conf.def has it too. */
#define WORKERS_MAX 256

/* What the command line and the environment say; it goes before what the configuration says, also when that is read again. */
struct server_options {
    const char *config; /* NULL: as conf_read() */
    const char *listen; /* NULL: conf.server_listen */
    int64_t workers;    /* 0: conf.server_workers */
};

/* server/settings: the configuration with the options applied, and checked. false: *message (in a) says what is wrong. */
bool server_settings(struct conf *out, struct arena *a, const struct server_options *options, const char **message);

/* Makes the log go where c says, now and again when the file was moved away. false: *message (in a) says why; nothing changed. */
bool server_log(const struct conf *c, struct arena *a, const char **message);

/* A listening socket. path is NULL where the web server handed it over: then there is nothing to guard or to remove. */
struct listener {
    int fd, lock;
    const char *path;
    dev_t device;
    ino_t inode;
};

/* server/listen: whether fd 0 is a listening socket, that is, whether the web server started this process. */
bool listen_inherited(void);

/*
 * Makes the UNIX socket at path: under a temporary name, given its mode and renamed into place, so that there is never a
 * moment without one. A lock on the file "path.lock" keeps a second master away. path must outlive *out.
 * false: *message (in a) says why.
 */
bool listen_open(struct listener *out, const char *path, const char *mode, struct arena *a, const char **message);

/* Removes the socket if it is still this listener's own, and gives up the lock. */
void listen_close(struct listener *l);

/*
 * server/relay: where the web server handed the socket over, takes its connections in a thread and passes them to the
 * workers through a channel, which l->fd becomes; no process that is forked later has the socket. So it is closed
 * when this process is killed, before its parent hears of that. Where that cannot be had, l is left as it is.
 */
void relay_start(struct listener *l);

/* Closes the socket. What waits in the channel is lost with it when the workers end. */
void relay_stop(void);

/*
 * server/master: runs until TERM, INT, QUIT or USR1; returns the exit status. Forks conf->server_workers workers and replaces those that end.
 * A worker that ended by itself within a second of its start, or before it could serve, is started again only after a pause
 * that doubles up to 30 s; one that was killed, or left because of the store, at once, unless very many have
 * done so without serving anything. TERM and INT: workers finish the request in hand and leave; after 6 s they are killed. HUP: the
 * configuration is read again and new workers take over, each old one leaving after its request, so that none is
 * lost. The master never opens the store; when it dies, its workers are killed. Where the web server handed the socket
 * over and ends, the master ends as after TERM.
 */
int master_run(const struct conf *conf, const struct server_options *options, struct listener *listener);

/* What a worker writes to report_fd about itself: when it can serve, and when it has served for the first time. */
struct worker_report {
    pid_t pid;
    enum worker_progress { WORKER_READY, WORKER_SERVED } progress;
};

/* server/worker: opens the store, answers until told to stop; the process's exit status. Called in the forked child. */
int worker_run(const struct conf *conf, int fd, int report_fd);

/* The exit status of a worker that cannot open the store. */
#define WORKER_EXIT_CONFIG 78

#endif
