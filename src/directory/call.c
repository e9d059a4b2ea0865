/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/call.h"

struct id call_made(const struct call *c)
{
    return id_is_set(&c->made) ? c->made : id_new();
}

bool call_done(struct call *c, enum store_rc rc)
{
    if (rc == STORE_OK)
        return true;
    switch (rc) {
    case STORE_BUSY:
        error_set(c->error, ERR_BUSY);
        break;
    case STORE_FULL:
        error_set(c->error, ERR_STORAGE_FULL);
        break;
    default: /* a body that refuses has said why; anything else is the store's fault */
        error_set(c->error, ERR_STORAGE_FAULT);
        break;
    }
    return false;
}
