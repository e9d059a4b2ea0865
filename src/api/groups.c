/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "roster/directory/team.h"

const struct resource_ops team_ops = {
    .number = RESOURCE_TEAM,
    .create = team_create,
    .get = team_get,
    .replace = team_replace,
    .patch = team_patch,
    .remove = team_delete,
    .reference = ATTR_TEAM_MEMBERS_VALUE,
    .reference_kind = "User",
    .tells_none = true,
    .patch_is_quiet = true,
};
