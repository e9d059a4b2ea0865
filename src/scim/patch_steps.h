/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patch_steps - what a PATCH message comes down to. Private to patch.c (reads) and patch_apply.c (does).
 *
 * An operation becomes any number of steps, each on one attribute: a path-less value one per key, a single-valued
 * complex value one per sub-attribute, so that merging needs no rule of its own.
 */
#ifndef ROSTER_SCIM_PATCH_STEPS_H
#define ROSTER_SCIM_PATCH_STEPS_H

#include "roster/scim/patch.h"

enum patch_verb { PATCH_ADD, PATCH_REPLACE, PATCH_REMOVE };

struct patch_step {
    enum patch_verb verb;
    size_t operation;          /* from 1 */
    struct str text;           /* the path as it was sent, for errors */
    struct attrpath path;      /* attribute NULL: the whole extension, only to remove it */
    struct filter *filter;     /* which values of a multi-valued attribute; NULL: all, or the attribute itself */
    struct json_object *value; /* normal form, never changed (clone it). NULL: unassign. A multi-valued attribute as a
                                  whole: an array, to remove: of what goes */
};

struct patch {
    struct patch_step *steps;
    size_t nsteps;
    struct member_change *changes;
    size_t nchanges;
    struct json_object *password;
    enum unmatched unmatched;
};

/* Puts the operation's place before what *e says, which must be set. Returns false. */
bool patch_located(struct error *e, struct arena *a, size_t operation);

/* PATCH_MUTABILITY for an operation; the attribute is named by path. Returns false. */
bool patch_immutable(struct error *e, struct arena *a, size_t operation, const struct attrpath *path);

#endif
