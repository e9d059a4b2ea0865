/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy - an account's settings: a preset and what differs from it. The table is policy.def.
 */
#ifndef ROSTER_DIRECTORY_POLICY_H
#define ROSTER_DIRECTORY_POLICY_H

#include "roster/base/buf.h"
#include "roster/base/error.h"
#include "roster/base/json.h"
#include "roster/directory/base_type.h"
#include "roster/scim/resource.h"

#include <stdint.h>

enum policy_name {
#define POLICY(NAME, name, values, workspace, rfc, meaning) POLICY_##NAME,
#include "roster/directory/policy.def"
#undef POLICY
    POLICY_COUNT
};

/* Values by their place in the table (a unit test compares). */
enum { POLICY_ON = 0, POLICY_OFF = 1 };
enum { USERNAME_PRECIS = 0, USERNAME_ANY = 1 };
enum { EMAIL_LOWER = 0, EMAIL_REJECT = 1, EMAIL_KEEP = 2 };
enum { NAME_LETTERS = 0, NAME_ANY = 1 };
enum { TYPES_KNOWN = 0, TYPES_ANY = 1 };
enum { TYPE_BLANK_KEEP = 0, TYPE_BLANK_CLEAR = 1 };
enum { SAME_NAME_REPLACE = 0, SAME_NAME_MERGE = 1, SAME_NAME_REFUSE = 2, SAME_NAME_ALLOW = 3 };
enum { UNKNOWN_IGNORE = 0, UNKNOWN_REJECT = 1 };
enum { LAST_ADMIN_KEEP = 0, LAST_ADMIN_FREE = 1 };
enum { SEAT_LIMIT_NONE = 0 }; /* else the limit and 1 */
enum { OVERFLOW_REFUSE = 0, OVERFLOW_VIEWER = 1 };
/* Of unmatched_path: the values of enum unmatched (resource.h). */

struct policy {
    enum { PRESET_WORKSPACE, PRESET_RFC } preset;
    uint32_t value[POLICY_COUNT];
};

/* The preset called name ("workspace", "rfc"); false: there is none. */
bool policy_preset(struct policy *out, struct str name);
const char *policy_preset_name(const struct policy *p);

/* The row's name, its values and the one in force; static memory. */
const char *policy_setting_name(enum policy_name n);
const char *policy_setting_values(enum policy_name n);
const char *policy_setting_meaning(enum policy_name n);
const char *policy_setting_value(const struct policy *p, enum policy_name n, struct arena *a);

/* Whether name is a row's, or "preset". */
bool policy_is_setting(struct str name);

/* What the setting is by the policy's preset; in a. */
const char *policy_setting_default(const struct policy *p, enum policy_name n, struct arena *a);

/* Sets one setting from text, STR_NULL: to what it is by the preset; "preset" sets all. false: *e is SETTING_UNKNOWN or SETTING_VALUE. */
bool policy_set(struct policy *p, struct str name, struct str value, struct error *e);

/* The stored form: lines name=value, the preset first, then what differs. Reading passes over names it does not know. */
void policy_write(struct buf *out, const struct policy *p);
void policy_read(struct policy *out, struct str text);

/* The base type of default_type; never admin. */
enum role_base policy_default_type(const struct policy *p);

/* How many days an entry of the sync log is kept. */
uint32_t policy_log_days(const struct policy *p);

/* What the policy says about reading bodies and PATCH messages. */
struct resource_options policy_options(const struct policy *p);

/*
 * The rules about a user's attributes, but for the type (standing.h). resource is in normal form and may be changed (addresses lowered). before is the user
 * as it was, or NULL: values that were there already are not judged again, so that an old user can still be
 * deactivated after the rules became stricter. false: *e.
 */
bool policy_judge_user(const struct policy *p, struct json_object *resource, struct json_object *before,
                       struct arena *a, struct error *e);

#endif
