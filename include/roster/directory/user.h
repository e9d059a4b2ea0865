/* SPDX-License-Identifier: Apache-2.0 */
/* user - the people of an account. Each function is one request: applied whole, with its event, or not at all. */
#ifndef ROSTER_DIRECTORY_USER_H
#define ROSTER_DIRECTORY_USER_H

#include "roster/base/json.h"
#include "roster/directory/call.h"
#include "roster/scim/image.h"
#include "roster/scim/patch.h"

/*
 * body: a User; USERNAME_TAKEN and every error of resource_normalise(), policy_judge_user(), standing_judge(), seat_change() and
 * password_take(), which the other changes have, too.
 */
bool user_create(struct call *c, struct json_object *body, struct image *out);

/* id as the client wrote it; RESOURCE_NOT_FOUND. */
bool user_get(struct call *c, struct str id, struct image *out);

/*
 * PUT and PATCH. `active` stays as it is where nothing is assigned to it (left out, null, "" or removed). No event and
 * no new version when nothing changes.
 */
bool user_replace(struct call *c, struct str id, struct json_object *body, const struct precondition *pre,
                  struct image *out);
bool user_patch(struct call *c, struct str id, const struct patch *patch, const struct precondition *pre,
                struct image *out);

bool user_delete(struct call *c, struct str id, const struct precondition *pre);

/* Whether a user, as a record has him, is active: one without `active` is. */
bool user_is_active(struct json_object *user);
bool user_image_is_active(const struct image *user);

#endif
