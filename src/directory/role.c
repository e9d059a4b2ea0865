/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/role.h"

const struct role roles[] = {
    {"admin", "Admin", "Manages the account: its people, teams and settings, and everything that members can do."},
    {"member", "Member", "Works with everything that is shared in the account: reads, creates and changes."},
    {"viewer", "Viewer", "Reads what is shared in the account and comments on it, but changes nothing."},
    {"guest", "Guest", "Comes from outside and sees only what was shared with them by name."},
    {NULL, NULL, NULL},
};

const struct role *role_find(struct str id)
{
    for (const struct role *r = roles; r->id != NULL; r++)
        if (str_eq_nocase(id, str_of(r->id)))
            return r;
    return NULL;
}
