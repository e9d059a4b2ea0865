/* SPDX-License-Identifier: Apache-2.0 */
/* team - the teams of an account (Group on the wire). Each function is one request, applied whole or not at all. */
#ifndef ROSTER_DIRECTORY_TEAM_H
#define ROSTER_DIRECTORY_TEAM_H

#include "roster/base/json.h"
#include "roster/directory/call.h"
#include "roster/scim/image.h"
#include "roster/scim/patch.h"

/* POST. Where a team has the name already (folded), policy team_same_name decides: it is replaced (same id), merged into, or TEAM_NAME_TAKEN. */
bool team_create(struct call *c, struct json_object *body, struct image *out);
bool team_get(struct call *c, struct str id, struct image *out);

/* PUT. A body without `members` leaves the membership as it is; `members` null or [] empties it. */
bool team_replace(struct call *c, struct str id, struct json_object *body, const struct precondition *pre,
                  struct image *out);
bool team_patch(struct call *c, struct str id, const struct patch *patch, const struct precondition *pre,
                struct image *out);
bool team_delete(struct call *c, struct str id, const struct precondition *pre);

#endif
