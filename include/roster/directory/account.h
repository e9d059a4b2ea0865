/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account - the customer organisations: the registry in the system's maps, and each one's settings.
 */
#ifndef ROSTER_DIRECTORY_ACCOUNT_H
#define ROSTER_DIRECTORY_ACCOUNT_H

#include "roster/directory/policy.h"
#include "roster/directory/rules.h"
#include "roster/directory/walk.h"
#include "roster/scim/schema.h"
#include "roster/store/store.h"

#define ACCOUNT_SLUG_MAX 40

struct account {
    uint32_t number; /* from 1; never used again */
    char slug[ACCOUNT_SLUG_MAX + 1];
    struct str name; /* for people; in the arena it was read with */
    int64_t created;
    bool suspended;
    struct policy policy;
    struct rules rules; /* types by team */
    /* The account's types: the common ones, unless it has schemas of its own (directory/schemas.h). */
    const struct resource_type *user_type, *team_type;
    uint64_t schemas;  /* the revision that the types are of; 0: the account never had schemas of its own */
    uint64_t revision; /* of all that is here: who changes users or teams must know the latest (edit_begin()) */
};

/* The account's type by RESOURCE_USER or RESOURCE_TEAM; NULL for others. */
static inline const struct resource_type *account_type(const struct account *account, uint8_t number)
{
    return number == RESOURCE_USER ? account->user_type : number == RESOURCE_TEAM ? account->team_type : NULL;
}

/* All return false with *e set. The strings of *out live in a. */

/* ACCOUNT_NAME, ACCOUNT_TAKEN (also while one of the slug is being removed). Also writes the account's first state and policy. */
bool account_add(struct store *s, struct arena *a, struct str slug, struct str name, const struct policy *p,
                 struct account *out, struct error *e);

/* ACCOUNT_UNKNOWN. */
bool account_find(struct store *s, struct arena *a, struct str slug, struct account *out, struct error *e);

/* By number, for authentication: not found is not an error but *found = false. The types are the common ones until
 * account_load_types(), which is due where schemas is not 0. */
bool account_load(struct store *s, struct arena *a, uint32_t number, struct account *out, bool *found, struct error *e);

/* Builds the account's types as they are now, in types, which must outlive their use. scratch: for the reading. */
bool account_load_types(struct store *s, struct arena *scratch, struct arena *types, struct account *account,
                        struct error *e);

/* Every account in order of its number. */
bool account_list(struct store *s, struct arena *a, struct account **out, size_t *n, struct error *e);

/* Up to limit of them whose numbers are above `after`. The types are the common ones. */
bool account_page(struct store *s, struct arena *a, uint32_t after, size_t limit, struct account **out, size_t *n,
                  struct error *e);

/* The same without what is in their own maps, which is as in an account of no settings: policy, rules, schemas and revision. */
bool account_names(struct store *s, struct arena *a, uint32_t after, size_t limit, struct account **out, size_t *n,
                   struct error *e);

/* A policy setting, "preset", "status" (active, suspended) or "name". */
bool account_set(struct store *s, struct arena *a, struct str slug, struct str setting, struct str value,
                 struct error *e);

/* A setting as account_set() takes it; value STR_NULL: what the preset says. */
struct account_setting {
    struct str name, value;
};

/* Sets several of an account that is known already, all or none: the preset first, then the others in order. */
bool account_change(struct store *s, struct arena *a, const struct account *account,
                    const struct account_setting *settings, size_t n, struct error *e);

/* The same for the account's own staff, who do not end a suspension: ACCOUNT_SUSPENDED. */
bool account_change_own(struct store *s, struct arena *a, const struct account *account,
                        const struct account_setting *settings, size_t n, struct error *e);

/* The same of a policy that is not an account's yet; what is not the policy's is passed over. */
bool account_apply(struct policy *policy, const struct account_setting *settings, size_t n, struct error *e);

/* Appends the beginning of a JSON object, {"slug":…,"name":…,"status":…,"created":…, for the caller to go on with. */
void account_write(struct buf *b, const struct account *account);

/* Removes the account and everything in it, in steps: first the slug and the tokens' hashes, so that nobody comes in, then the
 * records in transactions of bounded size. Takes at least a second. Repeating it after a crash goes on where it was. */
bool account_remove(struct store *s, struct arena *a, struct str slug, struct error *e);

/* The same for about ms, at least once through, without waiting: never *done within a second of the first call. *done: it is
 * finished, else it goes on when it is repeated. */
bool account_remove_some(struct store *s, struct arena *a, struct str slug, int64_t ms, bool *done, struct error *e);

/* Appends the slugs whose removal was begun and is not finished, parted by spaces. */
bool account_removals(struct store *s, struct buf *out, struct error *e);

/* The next pairs of a space from key `from` on, as walk_batch(); account NULL: the system's own maps. For rosterctl dump. */
bool account_dump(struct store *s, struct arena *a, const struct account *account, enum store_space space,
                  struct str from, struct walk_pair **out, size_t *n, struct error *e);

#endif
