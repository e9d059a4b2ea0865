/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regional - the names of locales and time zones that there are, by tables that come with Roster: an account must mean the same on
 * every machine, whatever that has installed.
 */
#ifndef ROSTER_DIRECTORY_REGIONAL_H
#define ROSTER_DIRECTORY_REGIONAL_H

#include "roster/base/str.h"

/*
 * Whether name is a locale of CLDR: language, script and region as language tags have them, compared without regard to case (RFC
 * 5646 2.1.1), with '-' between them or '_', which POSIX and Okta have: en, en-US, en_US, zh-Hans-CN.
 */
bool regional_has_locale(struct str name);

/* Whether name is a zone or a link of the tz database, as programs look it up: with case. */
bool regional_has_timezone(struct str name);

#endif
