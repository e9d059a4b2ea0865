/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synclog_form - the entries of the sync log as they are stored, and their words. Only the files of synclog include this.
 *
 * An entry is a head of fixed size, then JSON without its beginning and end ("time":…,…) or, where it is a count, its numbers.
 */
#ifndef ROSTER_DIRECTORY_SYNCLOG_FORM_H
#define ROSTER_DIRECTORY_SYNCLOG_FORM_H

#include "roster/directory/synclog.h"
#include "roster/store/key.h"

enum entry_kind { ENTRY_COUNT = 1, ENTRY_DONE = 2, ENTRY_FAILED = 3 };

struct entry_head {
    enum entry_kind kind;
    int64_t time;                     /* ms; of a count the last one's */
    uint64_t first_event, last_event; /* 0: none */
    struct id request;                /* of a count: all zero */
};

/* Requests that went well and changed nothing. */
struct entry_count {
    struct id token;
    enum synclog_kind kind;
    uint64_t times;
    int64_t first, last;
    struct str client;
};

void entry_head_write(struct buf *out, const struct entry_head *head);
void entry_count_write(struct buf *out, const struct entry_count *count);

/* Takes the head off the front of *value. false: it is none. */
bool entry_head_take(struct str *value, struct entry_head *out);
/* rest: what entry_head_take() left. client borrows from it. */
bool entry_count_read(struct str rest, struct entry_count *out);

/* What happened, in one sentence without a full stop. */
void words_event(struct buf *out, const char *client, const struct event *ev);
void words_count(struct buf *out, struct str client, enum synclog_kind kind, uint64_t times);
void words_bulk(struct buf *out, const char *client, size_t operations, size_t refused);
void words_failure(struct buf *out, const char *client, const char *method, const struct synclog_failure *f);

#endif
