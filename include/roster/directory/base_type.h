/* SPDX-License-Identifier: Apache-2.0 */
/* base_type - the four types that every account has; what else a user can be is made from one of them (role.h). */
#ifndef ROSTER_DIRECTORY_BASE_TYPE_H
#define ROSTER_DIRECTORY_BASE_TYPE_H

/* By what they may do: the first may do most. */
enum role_base { ROLE_ADMIN, ROLE_MEMBER, ROLE_VIEWER, ROLE_GUEST, ROLE_BASES };

#endif
