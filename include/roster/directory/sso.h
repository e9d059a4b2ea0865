/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sso - whether the address that a single sign-on asserts is a provisioned user's, and whose addresses cannot agree.
 *
 * The application signs people in by user.email: the e-mail address that is marked primary, else the first. An address is matched
 * as the account stores addresses: where it lowers them (email_case=lower) without regard to case, else byte by byte. Case
 * is all that is overlooked: a character that only looks like another one's capital matches nobody.
 */
#ifndef ROSTER_DIRECTORY_SSO_H
#define ROSTER_DIRECTORY_SSO_H

#include "roster/directory/call.h"
#include "roster/scim/image.h"

/* user.email; STR_NULL: the user has no address. Borrows from the image or is in a. */
struct str sso_email(const struct image *user, struct arena *a);

/* --- one address --- */

/* So many users at most are looked at who have the address in any place; more than that are SSO_SEVERAL. */
#define SSO_CANDIDATES 1000

/* What became of an address. Of several users who could be meant, the one with the first of these counts. */
enum sso_reason {
    SSO_MATCHED,
    SSO_CASE_DIFFERS,   /* user.email of an active user, but for capital letters */
    SSO_DEACTIVATED,    /* user.email of a user who is not active, whatever the case */
    SSO_OTHER_ADDRESS,  /* another address of a user, or the userName: user.email is not this one */
    SSO_NEVER_ASSIGNED, /* nobody's */
    SSO_SEVERAL,        /* user.email of more than one active user: nobody is to be signed in */
    SSO_REASONS
};

struct sso_user {
    struct str id, user_name, role; /* role: the id of the user's type */
    struct str email;               /* STR_NULL: none */
    bool active;
};

struct sso_match {
    enum sso_reason reason;
    struct sso_user user; /* id is STR_NULL where nobody is meant (SSO_NEVER_ASSIGNED, SSO_SEVERAL) */
};

/* Finds the user whom an address means, by the indexes; any text is taken for one. All of *out is in c->arena. */
bool sso_match(struct call *c, struct str address, struct sso_match *out);

/* The reason as programs read it ("other_address"), and as people do: what it is and what to do. Not of SSO_MATCHED. */
const char *sso_reason_word(enum sso_reason reason);
const char *sso_reason_message(enum sso_reason reason);

/* --- everybody --- */

#define SSO_LOOKS 10000 /* so many users at most are looked at by one call */
#define SSO_SLICE 50    /* so many are asked for in one go: each one's names may have many kilobytes */

/* A user whose userName is not user.email, without regard to case. */
struct sso_mismatch {
    struct id id;
    struct str user_name;
    struct str email; /* STR_NULL: none */
};

struct sso_mismatches {
    struct sso_mismatch *users; /* in order of id */
    size_t n;
    struct id last; /* who was looked at last: the next call goes on behind */
    bool more;      /* not all have been looked at */
};

/* The next of them behind an id (NULL: the first), at most `most`; all in c->arena. There may be none though there are more. */
bool sso_mismatches(struct call *c, const struct id *after, size_t most, struct sso_mismatches *out);

/* The same from the first user on, of whom only so many are looked at. */
bool sso_sample(struct call *c, size_t looks, size_t most, struct sso_mismatches *out);

#endif
