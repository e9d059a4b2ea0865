/* SPDX-License-Identifier: Apache-2.0 */
/* role - what a user of an account can be: the values of userType, and the resources below /Roles. */
#ifndef ROSTER_DIRECTORY_ROLE_H
#define ROSTER_DIRECTORY_ROLE_H

#include "roster/base/str.h"

struct role {
    const char *id, *name, *description; /* id: the value of userType and of roles */
};

/* In the order in which they are listed; ends with a row whose id is NULL. */
extern const struct role roles[];

/* The role with the id, without regard to case, as userType is compared (RFC 7643 4.1.1); NULL where there is none. */
const struct role *role_find(struct str id);

#endif
