/* SPDX-License-Identifier: Apache-2.0 */
/* internal - what the handlers share. Only src/api includes this. */
#ifndef ROSTER_API_INTERNAL_H
#define ROSTER_API_INTERNAL_H

#include "roster/api/api.h"
#include "roster/base/clock.h"
#include "roster/directory/call.h"
#include "roster/directory/member.h"
#include "roster/directory/session.h"
#include "roster/directory/synclog.h"
#include "roster/directory/token.h"
#include "roster/scim/mask.h"
#include "roster/scim/projection.h"

struct api {
    const struct conf *conf;
    struct store *store;
    struct access_cache *cache;
    struct metrics *metrics; /* or NULL */
    struct hasher *hasher;   /* NULL: passwords are neither set nor checked */
    struct throttle *throttle;
    struct synclog *synclog;
    struct arena *scratch; /* for one item of an answer, or for work between requests */
    struct api_trace trace;
    char token_id[ID_TEXT_LEN + 1];
};

struct resource_ops;

/* A request on its way through a handler. */
struct api_call {
    struct api *api;
    struct http_request *r;
    struct http_response *response;
    struct error *error;
    struct str params[HTTP_SEGMENTS_MAX]; /* what the route's {…} took */
    const struct resource_ops *ops;       /* what the route is about: users or teams, or NULL */
    struct json_object *body;             /* an object, on routes with ROUTE_BODY */
    struct str base;                      /* "https://x/scim/v2" */
    struct call call;                     /* for the directory; not on open routes */
    struct id user;                       /* who /Me is; all zero: nobody */
    struct hasher_job *job;               /* as api_answer() has it */
    struct synclog_request log;           /* call.log, where the sync log is told of the request */
    struct mask masked;                   /* the secrets of its body; once it was described */
    struct session *session;              /* whose request it is, where no token came; or NULL */
    struct audit_entry *audit;            /* what is kept of it; or NULL */
    uint32_t audited;                     /* where: the account's number, or CONSOLE_STAFF */
};

/* Answers, or returns false with *c->error set. */
typedef bool api_handler(struct api_call *c);

/* --- answer.c: everything that is the same in all answers --- */

/* Renders e into the response; what was written before is dropped. */
void answer_error(struct api *a, struct http_request *r, struct http_response *response, const struct error *e);

/* Appends the SCIM error message that tells e: code, what happened, the cause and what to do about it. */
void answer_error_body(struct buf *b, const struct error *e);

/* Scheme, host and mount under which the client reached us, with `path` behind it. */
struct str answer_base(const struct api *a, const struct http_request *r, const char *path);

/* Sets status, content type and, unless version is 0, the ETag. */
void answer_begin(struct api_call *c, int status, uint64_t version);

/* Sets the status and the content type of what is not SCIM's: application/json. */
void answer_json(struct api_call *c, int status);

/* 201's and 204's Location: base/endpoint/id. */
void answer_location(struct api_call *c, const struct resource_type *type, struct str id);

/* An integer parameter of the address; absent: dflt. false: PARAMETER_INVALID. */
bool answer_number(struct api_call *c, const char *name, long long dflt, long long *out);

/* The same of the parameter's text; STR_NULL: absent. */
bool answer_integer(struct api_call *c, const char *name, struct str text, long long dflt, long long *out);

/* The parameter `after` of lists in order of id; all zero where it is absent. false: PARAMETER_INVALID. */
bool answer_after(struct api_call *c, struct id *out);

/* The parameter `limit`, at least 1 and at most PAGE_MAX. false: PARAMETER_INVALID. */
#define PAGE_DEFAULT 100
#define PAGE_MAX     1000
bool answer_limit(struct api_call *c, size_t *out);

/* A text of the body; absent or null: STR_NULL. false: MEMBER_REQUIRED, where it is required or another kind of value. */
bool answer_member(struct api_call *c, const char *name, bool required, struct str *out);

/* Whether all members of the body are of words, which are parted by ", ". false: BODY_MEMBER_UNKNOWN. */
bool answer_takes(struct api_call *c, const char *words);

/* Appends a member of an object: an id, or null where it is all zero. */
void answer_id(struct buf *b, const char *name, const struct id *id);

/* Ends a list of records in order of id, "],"next":ID}": last is the last one that was looked at, more: others follow. */
void answer_next(struct buf *b, const struct id *last, bool more);

/* 201, whose Location is path (below /api/v1) and id. */
void answer_created(struct api_call *c, const char *path, struct str id);

/* Appends an element of `groups` or `members` (list) that leads to a resource of type; what p leaves out is not written. */
void reference_write(struct buf *b, const struct projection *p, const struct attribute *list, struct str base,
                     const struct resource_type *type, const struct member_ref *ref, const char *kind);

/* --- record.c: what the sync log is told --- */

/* From here on the log knows of the request. */
void record_begin(struct api_call *c, const struct access *access);

/* Before a handler: what a request that may change something asks. */
void record_change(struct api_call *c);

/* What an error says, without the secrets of the request. */
struct str record_sentence(struct api_call *c, const struct error *e);

/* When it is answered; done false: *c->error says why not. */
void record_outcome(struct api_call *c, bool done);

/* The address, decoded, without secrets, no longer than the log takes. own: a route was found for it, so its path has none. */
struct str record_path(struct api_call *c, bool own);

/* --- console.c: requests of the console's pages --- */

/* The text of the session's cookie, borrowed; STR_NULL: there is none. */
struct str console_cookie(const struct http_request *r);

/* The answer sets the cookie to text; STR_NULL: it ends it. */
void console_give_cookie(struct api_call *c, struct str text);

/* Whether a page of ours sent the request. false: ORIGIN_FOREIGN. */
bool console_is_own_page(struct api_call *c);

/* The call is about this account from here on, about none where number is CONSOLE_STAFF. false: gone, where there is no such account. */
bool console_enter(struct api_call *c, uint32_t number, enum error_code gone);

/* A call that is about no account yet, for routes without token. */
void console_call(struct api_call *c);

/* Whose session it is, what the route asks of it, and which account the request is about. */
bool console_authenticate(struct api_call *c, const struct route *route);

/* What an audit entry has of the request and whoever is signed in. */
void console_entry(struct api_call *c, struct audit_entry *out);

/* Before a handler changes something for a session: the entry without an outcome. false: it could not be written. */
bool console_begin(struct api_call *c, const struct route *route);

/* When it is answered: the outcome. */
void console_outcome(struct api_call *c);

/* --- account.c --- */

/* The token's account as it is in the store: c->call.account may be half a second old. false: it is gone, or could not be read. */
bool account_now(struct api_call *c, struct account *out);

/* Tells it, whose account is also that of the call: 200. */
bool account_tell(struct api_call *c, const struct account *account);

/* The members name and status of the body, behind the n settings that there are already. */
bool account_settings(struct api_call *c, struct account_setting *settings, size_t *n);

/* --- overview.c --- */

/* Appends the members state, words, client, lastRequest, lastChange, users, active and seats. */
struct overview;
void overview_tell(struct buf *b, const struct overview *o);

/* --- policy.c --- */

/* Appends the preset and all settings as a JSON object. */
void policy_tell(struct buf *b, const struct policy *policy);

/* The members of an object as settings of the policy, behind the n settings that there are already. */
#define POLICY_SETTINGS_MAX (POLICY_COUNT + 1) /* and the preset; a name cannot stand twice in an object */
bool policy_settings(struct api_call *c, struct json_object *object, struct account_setting *settings, size_t *n);

/* --- tokens.c: of the call's account --- */

/* Makes one by the body and tells it, at path below /api/v1. */
bool tokens_make(struct api_call *c, const char *path);

/* Ends the one with the id; names are not taken. */
bool tokens_end(struct api_call *c, struct str text);

/* --- resource.c: the verbs that users and groups share --- */

/* What the two resource types do differently. */
struct resource_ops {
    uint8_t number; /* RESOURCE_…: the type is the account's */
    bool (*create)(struct call *c, struct json_object *body, struct image *out);
    bool (*get)(struct call *c, struct str id, struct image *out);
    bool (*replace)(struct call *c, struct str id, struct json_object *body, const struct precondition *pre,
                    struct image *out);
    bool (*patch)(struct call *c, struct str id, const struct patch *patch, const struct precondition *pre,
                  struct image *out);
    bool (*remove)(struct call *c, struct str id, const struct precondition *pre);
    uint16_t reference;         /* the attribute `value` of what memberships give: a user's groups, a team's members */
    const char *reference_kind; /* each one's `type` */
    bool tells_none;            /* an empty list of them is told */
    bool begins_without;        /* what has just been created has none of them */
    bool patch_is_quiet;        /* PATCH answers 204 unless attributes are asked for: the resource may be large */
};
extern const struct resource_ops user_ops, team_ops;

/* A change to a resource, whether it is a request of its own or an operation of a bulk request. */
struct change {
    enum http_method method;        /* POST, PUT, PATCH or DELETE */
    struct str id;                  /* as the client wrote it; not of POST */
    struct json_object *body;       /* not of DELETE */
    const struct precondition *pre; /* not of POST; may be NULL */
};

/* Makes the change. *out is what the resource has become; not of DELETE. */
bool resource_change(struct call *call, const struct resource_ops *ops, const struct change *change, struct image *out);

/* What `attributes` and `excludedAttributes` leave of a resource of type; *out is NULL where that is everything. */
bool resource_projection(struct api_call *c, const struct resource_type *type, struct projection **out);

/* Appends one resource to the response, which may spill. item is for the work on it. */
bool resource_write(struct api_call *c, const struct resource_ops *ops, struct call *item, const struct image *im,
                    const struct projection *p);

/* --- the handlers of the route table --- */
api_handler resource_create, resource_read, resource_replace, resource_patch, resource_remove; /* of c->ops */
api_handler resource_list, resource_search, root_list, root_search; /* from the address, or the body of a search */
api_handler me_redirect;
api_handler bulk_run;
api_handler discovery_read_config, discovery_list_types, discovery_read_type, discovery_list_schemas,
    discovery_read_schema;
api_handler roles_list, roles_read;
api_handler events_list, log_list, log_read;
api_handler overview_show, refusals_list, overviews_list, people_list;
api_handler errors_list, errors_read;
api_handler authenticate_check;
api_handler deleted_list, deleted_restore, deleted_purge, team_members_restore;
api_handler sso_match_address, sso_list_mismatches;
api_handler account_read, account_patch, policy_read_all, policy_patch, seats_read;
api_handler own_roles_list, own_roles_create, own_roles_patch, own_roles_remove;
api_handler rules_read_all, rules_create, rules_try, rules_end;
api_handler tokens_list, tokens_create, tokens_revoke;
api_handler roll_users, roll_user, roll_protect, roll_unprotect, roll_teams, roll_team;
api_handler accounts_list, accounts_create, accounts_read, accounts_patch, accounts_remove, accounts_tokens_list,
    accounts_tokens_create, accounts_tokens_revoke;
api_handler session_create, session_read, session_prove, session_remove, invitation_read, invitation_accept;
api_handler audit_list, console_admins_list;
api_handler health_alive, health_ready, metrics_read;

#endif
