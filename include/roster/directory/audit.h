/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit - what was done in the console: who, from where, what it asked, what it was before and what became of it. Of each
 * account, and of the operator's staff where no account is concerned.
 *
 * An entry is written before the change is made, in an earlier transaction, so that no change is without one, and again with
 * its outcome; one without an outcome says that the process died in between. The newest AUDIT_MAX entries are kept.
 */
#ifndef ROSTER_DIRECTORY_AUDIT_H
#define ROSTER_DIRECTORY_AUDIT_H

#include "roster/base/buf.h"
#include "roster/base/id.h"
#include "roster/store/store.h"

#define AUDIT_MAX      50000
#define AUDIT_JSON_MAX 4096 /* bytes of body and before */

struct audit_entry {
    uint64_t seq; /* 0: not written yet */
    int64_t time; /* ms */
    struct id admin, request;
    struct str email, address, method, path; /* address: STR_NULL where it is not known */
    struct str body, before; /* JSON objects without secrets; STR_NULL: there is none, or it is too long */
    int status;              /* HTTP's; 0: not known yet */
    const char *code;        /* of the error; "": there was none */
};

/* Writes it, and gives it its number where it has none. In the maps of the account that the transaction is in. */
enum store_rc audit_put(struct store_txn *txn, struct arena *arena, struct audit_entry *e);

/*
 * The same in a transaction of its own; number as in console.h. STORE_URGENT where it tells of what takes something away. Nothing
 * is written, and that is no error, where the account is being removed.
 */
enum store_rc audit_write(struct store *s, struct arena *a, uint32_t number, enum store_mode mode,
                          struct audit_entry *e);

/* Appends up to limit entries, as JSON objects parted by commas, newest first, whose numbers are below before (0: from the newest).
 * *next: the number of the last where others follow it, else 0. */
enum store_rc audit_page(struct store *s, struct arena *a, uint32_t number, uint64_t before, size_t limit,
                         struct buf *out, uint64_t *next);

#endif
