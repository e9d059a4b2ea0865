/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "roster/directory/user.h"

const struct resource_ops user_ops = {
    .number = RESOURCE_USER,
    .create = user_create,
    .get = user_get,
    .replace = user_replace,
    .patch = user_patch,
    .remove = user_delete,
    .reference = ATTR_USER_GROUPS_VALUE,
    .reference_kind = "direct",
    .begins_without = true,
};
