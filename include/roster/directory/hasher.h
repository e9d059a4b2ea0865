/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hasher - slow hashes of passwords: Argon2id by libsodium, as many at a time as the configuration allows in all processes together.
 *
 * A hash takes the time and memory that it is meant to take, so whoever sends many passwords could take all of both. Who may
 * hash has a lock on one of a few bytes of a file, which the kernel takes back from a process that dies; the others queue.
 *
 * A process that serves others meanwhile gives each request a job. What asks for a hash is told HASHER_LATER, and the job
 * holds what was asked; it is submitted to a thread of low priority, and when it is finished the request is read again
 * from its beginning: this time the answer is there. Without a job the hash is waited for.
 */
#ifndef ROSTER_DIRECTORY_HASHER_H
#define ROSTER_DIRECTORY_HASHER_H

#include "roster/base/conf.h"

#define HASH_TEXT_MAX 128 /* of a hash with its parameters, and the NUL */

struct hasher;

enum hasher_rc {
    HASHER_OK,
    HASHER_WRONG, /* it is not the password of the hash */
    HASHER_BUSY,  /* too many at a time, or no memory */
    HASHER_LATER  /* the job holds it */
};

/* What a request asks for, and what came of it. All zero: nothing yet. */
struct hasher_job {
    enum {
        HASHER_NOTHING,
        HASHER_ASKED,
        HASHER_FINISHED,
        HASHER_FULL
    } state;                  /* FULL: set by the owner, who can keep no more jobs */
    bool verify;              /* else a hash is to be made */
    struct str password;      /* the asker's, which outlives the job */
    char hash[HASH_TEXT_MAX]; /* to verify by ("": nobody's), or made */
    enum hasher_rc rc;
    struct hasher_job *next;
    void *owner; /* the owner's */
};

/* One for a process that is not forked afterwards. NULL: *message, in a, says why. */
struct hasher *hasher_open(const struct conf *c, struct arena *a, const char **message);

/* What was submitted is forgotten. *h may be NULL; it is set to NULL. */
void hasher_close(struct hasher **h);

/* In both h may be NULL: HASHER_BUSY. */

/* Of a password in the form that precis_password() gives; out tells algorithm, cost and salt. job: see above, or NULL. */
enum hasher_rc hasher_hash(struct hasher *h, struct hasher_job *job, struct str password, char out[HASH_TEXT_MAX]);

/* hash NULL: as much work as for another, and never right. */
enum hasher_rc hasher_verify(struct hasher *h, struct hasher_job *job, const char *hash, struct str password);

/* Whether text is a hash that hasher_verify() takes. */
bool hasher_text_ok(struct str text);

/* --- jobs; by the thread that opened the hasher --- */

/* Readable while hasher_finished() has a job to give. */
int hasher_fd(const struct hasher *h);

/* The job is ASKED, and the hasher's until it is finished. The first one starts the thread. false: it cannot be started. */
bool hasher_submit(struct hasher *h, struct hasher_job *job);

/* A job that is FINISHED; NULL: none is. Those submitted first are finished first. */
struct hasher_job *hasher_finished(struct hasher *h);

#endif
