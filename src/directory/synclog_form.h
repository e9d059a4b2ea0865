/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synclog_form - the entries of the sync log as they are stored, and their words. Only the files of synclog include this.
 *
 * An entry is a head of fixed size, then the facts of a request and JSON, or the numbers of a count. What it takes in
 * bytes costs more than anything else of writing it, so facts are binary and the sentence has the name, which is not there twice.
 */
#ifndef ROSTER_DIRECTORY_SYNCLOG_FORM_H
#define ROSTER_DIRECTORY_SYNCLOG_FORM_H

#include "roster/directory/synclog.h"
#include "roster/store/key.h"

enum entry_kind { ENTRY_COUNT = 1, ENTRY_DONE = 2, ENTRY_FAILED = 3 };

struct entry_head {
    enum entry_kind kind;
    int64_t time; /* ms; of a count the last one's */
};

/* A request that changed something or failed. Of a text at most 65,535 bytes. */
struct entry_request {
    struct id id, token;
    uint64_t first_event, last_event; /* 0: none */
    uint32_t microseconds;
    uint16_t status;
    uint8_t type; /* of the resource it was about; 0: none is known */
    struct id resource;
    struct str client, method, path, sentence;
    uint16_t name_at, name_len; /* where in the sentence the name of the resource is; name_len 0: nowhere */
    struct str more;            /* members of JSON; may be empty */
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
void entry_request_write(struct buf *out, const struct entry_request *r);
void entry_count_write(struct buf *out, const struct entry_count *count);

/* Takes the head off the front of *value. false: it is none. */
bool entry_head_take(struct str *value, struct entry_head *out);
/* rest: what entry_head_take() left, from which the texts are borrowed. */
bool entry_request_read(struct str rest, struct entry_request *out);
bool entry_count_read(struct str rest, struct entry_count *out);

/* A sentence, and where in it the name of the resource is. */
struct sentence {
    struct buf text;
    size_t name_at, name_len;
};

/* What happened, without a full stop. out->text is initialised. */
void words_event(struct sentence *out, const char *client, const struct event *ev);
void words_count(struct sentence *out, struct str client, enum synclog_kind kind, uint64_t times);
void words_bulk(struct sentence *out, const char *client, size_t operations, size_t refused);
void words_failure(struct sentence *out, const char *client, const char *method, const struct synclog_failure *f);

#endif
