/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seat - who takes a seat of the account, how many are taken, and who cannot be touched.
 *
 * The account keeps count of its users by type: by the base type that is named for them, by custom role (space `tally`),
 * and of those for whom nothing names one; the active ones and the others apart. The seats taken follow from these numbers by the rules of the policy (seat_admin …:
 * every n-th user takes one), so that a changed rule, default type or role counts at once and for everybody.
 *
 * Nobody loses a seat: a change is refused, or by policy seat_overflow makes the user a viewer, where it would take more than
 * seat_limit and seat_grace allow and more than are taken now. Such a user has a mark (space `overflow`), and gets the type that
 * is named for him with the first change that finds a seat.
 */
#ifndef ROSTER_DIRECTORY_SEAT_H
#define ROSTER_DIRECTORY_SEAT_H

#include "roster/directory/standing.h"
#include "roster/directory/state.h"

/* What a user counts as. */
struct holder {
    bool there; /* false: nobody */
    bool active;
    bool overflowed; /* is a viewer for want of a seat */
    struct standing standing;
    struct str name; /* userName, for refusals; STR_NULL: nobody */
};

/* The user as the account has him; user NULL: nobody. What out borrows lives as long as arena and user. */
enum store_rc seat_holder(struct store_txn *txn, struct arena *arena, struct call *c, const struct state *state,
                          const struct id *id, const struct image *user, struct holder *out);

/* The type that the holder has: that of the standing, or viewer. */
const struct role *seat_role(const struct holder *h);

/*
 * Counts the user as after instead of as before, in state, too. after->overflowed is set here. STORE_REFUSED with *c->error
 * SEATS_EXCEEDED, LAST_ADMIN (policy last_admin) or USER_PROTECTED.
 */
enum store_rc seat_change(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                          const struct id *id, const struct holder *before, struct holder *after);

/* The active users and the seats they take. */
struct seats {
    uint64_t users[ROLE_BASES]; /* by the base type that they have */
    uint64_t overflowed;        /* of the viewers: for want of a seat */
    uint64_t used;
    uint64_t limit; /* with the grace; SEATS_UNLIMITED */
};
#define SEATS_UNLIMITED UINT64_MAX

/*
 * Changes of many users, of which only the sum matters: that one goes makes room for one who comes, in whatever order. Between
 * begin and judge each is counted by seat_sum_change(), which is as seat_change() but for SEATS_EXCEEDED and LAST_ADMIN. (Where
 * the overflow becomes viewer, it does so one by one.) role: what SEATS_EXCEEDED names.
 */
struct seat_sum {
    struct seats was;
    bool had_admin;
};
enum store_rc seat_sum_begin(struct store_txn *txn, struct arena *arena, struct call *c, const struct state *state,
                             struct seat_sum *out);
enum store_rc seat_sum_change(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                              const struct id *id, const struct holder *before, struct holder *after);
enum store_rc seat_sum_judge(struct store_txn *txn, struct arena *arena, struct call *c, const struct state *state,
                             const struct seat_sum *sum, const struct role *role);

/*
 * As seat_change(), of the user of the event, who was old and becomes new (NULL: is not there); the event gets the type, where it
 * becomes another one, and revoke_sessions.
 */
struct event;
enum store_rc seat_stand(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                         const struct image *old, const struct image *new, struct event *ev);

/* As they are, in a transaction of its own. */
bool seat_report(struct call *c, struct seats *out);

/* The same without waiting for the account's writers, so that counters may be of two moments. */
bool seat_look(struct call *c, struct seats *out);

/* Appends them as a JSON object. */
void seat_write(struct buf *b, const struct seats *seats);

/* What a user counts as, and why; reason is a sentence in c->arena. RESOURCE_NOT_FOUND. */
struct explanation {
    struct holder holder;
    bool is_protected;
    struct str reason;
};
bool seat_explain(struct call *c, struct str user, struct explanation *out);

/* Appends it as a JSON object. */
void seat_write_type(struct buf *b, const struct explanation *e);

/* Whose type is to be tried out. */
struct seat_trial {
    struct str user;          /* the id of one who is there; STR_NULL: a new one, of whom the others tell */
    struct json_object *body; /* his userType, roles and entitlements, as SCIM has them */
    const struct str *teams;  /* the ids of those that he is in */
    size_t nteams;
};

/*
 * What his type is by the rules as they are now, or would be; nothing is changed. Seats are not asked for a new one.
 * RESOURCE_NOT_FOUND (the user, a team), TYPE_UNKNOWN, ROLE_DELETED, or what resource_normalise() says of the body.
 */
bool seat_try(struct call *c, const struct seat_trial *trial, struct explanation *out);

/* The seats that would be taken if the role were removed in favour of successor. */
enum store_rc seat_judge_removal(struct store_txn *txn, struct arena *arena, struct call *c, const struct state *state,
                                 const struct role *role, const struct role *successor);

/* A role that a user can be given, and how many users have it, active or not, whatever decided it. */
struct role_users {
    struct role role;
    uint64_t users;
};

/* As role_list(), and in its order. */
bool seat_roles(struct call *c, struct role_users **out, size_t *n);

/* The users for whom a custom role is named. */
struct role_tally {
    uint64_t active, inactive;
};

/* What the account's numbers must be. */
struct tally {
    uint64_t typed[ROLE_BASES], inactive[ROLE_BASES], defaulted, overflowed; /* as in struct state */
    struct {
        struct str role;
        struct role_tally n;
    } custom[ROLES_MAX];
    size_t ncustom;
};

/* Counts all users; for an account that has not all numbers yet (state.tallied), and for verify. */
enum store_rc seat_count(struct store_txn *txn, struct arena *arena, const struct account *account, struct tally *out);

/* Counts all users and writes the numbers: state->tallied is STATE_TALLIED afterwards. */
enum store_rc seat_recount(struct store_txn *txn, struct arena *arena, const struct account *account,
                           struct state *state);

/*
 * Counts all users by an account that is to be as `changed`, and writes the numbers. STORE_REFUSED with *c->error
 * SEATS_EXCEEDED where they would take more seats than there are and than they take now, or LAST_ADMIN.
 */
enum store_rc seat_judge_account(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                                 const struct account *changed);

/* The numbers kept for a custom role. */
enum store_rc seat_of_role(struct store_txn *txn, struct str role, struct role_tally *n);

/* Marks of a user, written as they are (import), and whether he has them. */
enum store_rc seat_mark(struct store_txn *txn, enum store_space space, const struct id *user, bool on);

/* Protects a user from being deactivated, deleted or given another type by SCIM; or no longer. RESOURCE_NOT_FOUND. */
bool seat_protect(struct call *c, struct str user, bool on);

#endif
