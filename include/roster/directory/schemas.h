/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schemas - the extensions of User and Group that an account has of its own (RFC 7643 3.3).
 *
 * They are tables like the common ones, built from their definitions when the account is read, and drive everything that
 * tables drive. Each change of them gives them and the account a new revision: a change of a user or team that was read by
 * another revision is refused (edit_begin()), so that nothing of a record is lost that the one who writes it does not know.
 * Numbers of schemas and attributes are never given twice.
 */
#ifndef ROSTER_DIRECTORY_SCHEMAS_H
#define ROSTER_DIRECTORY_SCHEMAS_H

#include "roster/directory/account.h"
#include "roster/scim/schema_read.h"

#define SCHEMAS_MAX            16     /* of an account */
#define SCHEMAS_ATTRIBUTES_MAX 1000   /* of all its schemas, sub-attributes counted */
#define SCHEMAS_BYTES_MAX      262144 /* of all definitions, written out in full: no more than SCHEMA_BYTES_MAX */

/* The schemas' revision; 0 where the account never had any of its own. */
enum store_rc schemas_revision(struct store_txn *txn, uint64_t *out);

/* Builds the account's types in a, with everything that they refer to; sets user_type, team_type and schemas. STORE_ERROR
 * also where a definition that is stored cannot be read (then the types are those that could be built). */
enum store_rc schemas_load(struct store_txn *txn, struct arena *a, struct account *account);

/* The account's own schema of this URN, without regard to case, and the type that it extends; NULL where there is none. */
const struct schema *schemas_own(const struct account *account, struct str urn, const struct resource_type **type);

/*
 * Gives the account the extension that text defines (schema_read()), for users or teams (RESOURCE_USER, RESOURCE_TEAM).
 * false: *e is SCHEMA_INVALID, SCHEMA_TAKEN or SCHEMA_LIMIT.
 */
bool schemas_add(struct store *s, struct arena *a, const struct account *account, uint8_t type, struct str text,
                 struct error *e);

/* The same in a transaction of the account, for import; STORE_REFUSED with *e set. */
enum store_rc schemas_put(struct store_txn *txn, struct arena *arena, uint8_t type, struct str text, struct error *e);

/* Takes a schema away that nobody has values of. false: *e is SCHEMA_UNKNOWN or SCHEMA_IN_USE, or BUSY where the account is
 * changed without pause. */
bool schemas_remove(struct store *s, struct arena *a, const struct account *account, struct str urn, struct error *e);

/* One entry of the space `schema`; false: the bytes are none. definition is borrowed from bytes. */
bool schemas_entry_read(struct str bytes, uint8_t *type, uint16_t *first, struct str *definition);

/* The numbers given last, from the entry 0; false: the bytes are none. */
struct schemas_given {
    uint64_t revision;
    uint16_t schema, attribute;
};
bool schemas_given_read(struct str bytes, struct schemas_given *out);

#endif
