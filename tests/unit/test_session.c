/* SPDX-License-Identifier: Apache-2.0 */
/* Admins of the console over a real store: invitations, signing in, sessions and their ends, and what is kept of it. */
#include "account.h"

#include "roster/directory/session.h"

#include <liboath/oath.h>

#define PASSWORD STR_LIT("correct horse battery")
#define ANA      STR_LIT("Ana@example.com")
#define MINUTE   ((int64_t)60000)

static struct session session;
static char cookie[CONSOLE_SECRET_MAX];
static char recovery[FACTOR_CODES][FACTOR_CODE_TEXT];

/* What an authenticator with this secret shows now. */
static struct str code_of(const struct factor *f)
{
    char code[FACTOR_CODE_DIGITS + 1];

    CHECK_INT(oath_totp_generate((const char *)f->secret, sizeof f->secret, (time_t)(now / 1000), FACTOR_STEP_MS / 1000,
                                 0, FACTOR_CODE_DIGITS, code),
              OATH_OK);
    return arena_str(arena, str_of(code));
}

static int check_of(struct str text, bool quiet)
{
    struct session s;

    return session_check(call(), text, quiet, &s) ? ERR_NONE : (int)error.code;
}

static int check(bool quiet)
{
    return check_of(str_of(cookie), quiet);
}

static struct str invite(uint32_t number, struct str email)
{
    char text[CONSOLE_SECRET_MAX];

    return console_invite(call(), number, email, text) ? arena_str(arena, str_of(text)) : STR_NULL;
}

static struct audit_entry *an_entry(void)
{
    static struct audit_entry e;

    e = (struct audit_entry){
        .time = now, .method = STR_LIT("POST"), .path = STR_LIT("/api/v1/session"), .status = 201, .code = ""};
    return &e;
}

/* Takes an invitation with this code (STR_NULL: the right one); 0, or the error. */
static int accept_by(struct str invitation, struct str password, struct str code, struct factor *out)
{
    struct console_invitation i;

    if (!console_invitation(call(), invitation, &i) ||
        !session_accept(call(), invitation, password, code.p == NULL ? code_of(&i.factor) : code, an_entry(), recovery,
                        &session, cookie))
        return (int)error.code;
    *out = session.admin.factor;
    return ERR_NONE;
}

static int accept(struct str invitation, struct str password, struct factor *out)
{
    return accept_by(invitation, password, STR_NULL, out);
}

static struct factor admin_with_password(uint32_t number, struct str email)
{
    struct factor f = {.step = 0};

    CHECK_INT(accept(invite(number, email), PASSWORD, &f), ERR_NONE);
    now += FACTOR_STEP_MS; /* its code is used */
    return f;
}

/* 0, or the error. */
static int sign_in(uint32_t number, struct str email, struct str password, struct str code)
{
    struct sign_in in = {.number = number, .email = email, .password = password, .code = code};

    return session_sign_in(call(), throttle, &in, an_entry(), &session, cookie) ? ERR_NONE : (int)error.code;
}

static int confirm(struct str old, const struct factor *f)
{
    struct sign_in in = {
        .number = account.number, .email = ANA, .password = PASSWORD, .code = code_of(f), .admin = session.admin.id};

    return session_confirm(call(), throttle, old, &in, an_entry(), &session, cookie) ? ERR_NONE : (int)error.code;
}

/* Somebody fails, and the session is not touched. */
static void sign_in_elsewhere(struct str email)
{
    struct sign_in in = {.number = account.number, .email = email, .password = STR_LIT("x"), .code = STR_LIT("000000")};
    char other[CONSOLE_SECRET_MAX];
    struct session s;

    CHECK(!session_sign_in(call(), throttle, &in, an_entry(), &s, other));
}

/* How many entries the audit has that mention text. */
static int audited(uint32_t number, const char *text)
{
    struct buf b;
    uint64_t next;
    int n = 0;

    buf_init(&b, arena);
    CHECK_INT(audit_page(store, arena, number, 0, 1000, &b, &next), STORE_OK);
    for (const char *at = buf_cstr(&b); (at = strstr(at, text)) != NULL; at++)
        n++;
    return n;
}

/* --- invitations --- */

static void an_invitation_is_taken_once(void)
{
    struct factor f, other;

    begin_passwords();
    struct str invitation = invite(account.number, ANA);
    CHECK_INT(accept(invitation, PASSWORD, &f), ERR_NONE);
    CHECK_INT(f.ncodes, FACTOR_CODES);
    now += FACTOR_STEP_MS;
    CHECK_INT(accept(invitation, PASSWORD, &other), ERR_INVITATION_UNKNOWN);
    CHECK_INT(sign_in(account.number, ANA, PASSWORD, code_of(&f)), ERR_NONE);
    CHECK_INT(audited(account.number, "\"status\":201"), 2);
}

static void an_invitation_ends(void)
{
    struct factor f;

    begin_passwords();
    struct str invitation = invite(account.number, ANA);
    now += CONSOLE_INVITED_MS - 1;
    struct console_invitation i;
    CHECK(console_invitation(call(), invitation, &i));
    CHECK_STR(i.email, ANA);
    now += 1;
    CHECK_INT(accept(invitation, PASSWORD, &f), ERR_INVITATION_UNKNOWN);
    struct str second = invite(account.number, ANA), third = invite(account.number, STR_LIT("ANA@EXAMPLE.COM"));
    CHECK_INT(accept(second, PASSWORD, &f), ERR_INVITATION_UNKNOWN);
    CHECK(console_remove(call(), account.number, ANA));
    CHECK_INT(accept(third, PASSWORD, &f), ERR_INVITATION_UNKNOWN);
}

static void an_invitation_is_of_one_account(void)
{
    struct factor f;
    char *other;

    begin_passwords();
    struct str invitation = invite(account.number, ANA);
    other = arena_printf(arena, "%u%s", account.number + 1,
                         strchr(arena_printf(arena, "%.*s", (int)invitation.len, invitation.p), '.'));
    CHECK_INT(accept(str_of(other), PASSWORD, &f), ERR_INVITATION_UNKNOWN);
    static const char *const odd[] = {"",
                                      ".",
                                      "1",
                                      "1.x",
                                      "-1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                      "99999999999.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        CHECK_INT(accept(str_of(odd[i]), PASSWORD, &f), ERR_INVITATION_UNKNOWN);
    CHECK_INT(accept(invitation, PASSWORD, &f), ERR_NONE);
}

static void passwords_and_codes_are_judged(void)
{
    struct factor f;

    begin_passwords();
    struct str invitation = invite(account.number, ANA);
    CHECK_INT(accept(invitation, STR_LIT("seven77"), &f), ERR_PASSWORD_POLICY);
    CHECK_INT(accept(invitation, ANA, &f), ERR_PASSWORD_POLICY);
    CHECK_INT(accept(invitation,
                     STR_LIT("with\x01"
                             "control"),
                     &f),
              ERR_PASSWORD_BAD_CHARACTER);
    CHECK_INT(accept_by(invitation, PASSWORD, STR_LIT("00000"), &f), ERR_CODE_WRONG);
    CHECK_INT(check(false), ERR_SESSION_ENDED); /* none has begun */
    CHECK_INT(accept(invitation, PASSWORD, &f), ERR_NONE);
    CHECK_INT(check(false), ERR_NONE);
}

static void addresses_are_bounded(void)
{
    static const char *const bad[] = {"", "ana", "@x", "ana@", "a@b@c", "a b@c", "a\x7f@c"};
    char longest[210];

    begin_passwords();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(invite(account.number, str_of(bad[i])).p == NULL);
        CHECK_INT(error.code, ERR_ADMIN_EMAIL);
    }
    memset(longest, 'a', sizeof longest);
    longest[1] = '@';
    CHECK(invite(account.number, str_make(longest, 200)).p != NULL);
    CHECK(invite(account.number, str_make(longest, 201)).p == NULL);
    for (int i = 1; i < CONSOLE_ADMINS_MAX; i++)
        CHECK(invite(account.number, str_of(arena_printf(arena, "a%d@example.com", i))).p != NULL);
    CHECK(invite(account.number, ANA).p == NULL);
    CHECK_INT(error.code, ERR_ADMIN_LIMIT);
    CHECK(invite(account.number, STR_LIT("a1@example.com")).p != NULL); /* one who is there already */
    struct console_admin *admins;
    size_t n;
    CHECK(console_list(call(), account.number, &admins, &n));
    CHECK_INT(n, CONSOLE_ADMINS_MAX);
}

/* --- signing in --- */

static void signing_in_needs_everything(void)
{
    begin_passwords();
    struct factor f = admin_with_password(account.number, ANA);
    struct str code = code_of(&f), wrong = str_eq(code, STR_LIT("000000")) ? STR_LIT("000001") : STR_LIT("000000");

    CHECK_INT(sign_in(account.number, ANA, STR_LIT("correct horse batter"), code), ERR_SIGN_IN_FAILED);
    CHECK_INT(sign_in(account.number, ANA, PASSWORD, wrong), ERR_SIGN_IN_FAILED);
    CHECK_INT(sign_in(account.number, STR_LIT("bob@example.com"), PASSWORD, code), ERR_SIGN_IN_FAILED);
    CHECK_INT(sign_in(CONSOLE_STAFF, ANA, PASSWORD, code), ERR_SIGN_IN_FAILED);
    CHECK_INT(sign_in(UINT32_MAX, ANA, PASSWORD, code), ERR_SIGN_IN_FAILED);
    CHECK_INT(audited(account.number, "SIGN_IN_FAILED"), 1); /* not each of those that concern somebody */
    CHECK_INT(sign_in(account.number, STR_LIT(" ana@EXAMPLE.com"), PASSWORD, code), ERR_NONE);
    CHECK_INT(session.number, account.number);
    CHECK_INT(sign_in(account.number, ANA, PASSWORD, code), ERR_SIGN_IN_FAILED); /* twice */
    CHECK_INT(sign_in(account.number, ANA, PASSWORD, str_of(recovery[0])), ERR_NONE);
    CHECK_INT(session.admin.factor.ncodes, FACTOR_CODES - 1);
    CHECK_INT(sign_in(account.number, ANA, PASSWORD, str_of(recovery[0])), ERR_SIGN_IN_FAILED);
    CHECK_INT(audited(account.number, "correct horse"), 0);
}

/* The newest entries push out the oldest; somebody who fails on purpose must not be the one who decides which. */
static void failures_are_told_one_in_a_while(void)
{
    begin_passwords();
    admin_with_password(account.number, ANA);
    for (int i = 0; i < 5; i++)
        CHECK_INT(sign_in(account.number, ANA, STR_LIT("wrong"), STR_LIT("000000")), ERR_SIGN_IN_FAILED);
    CHECK_INT(audited(account.number, "SIGN_IN_FAILED"), 1);
    now += 15 * MINUTE;
    CHECK_INT(sign_in(account.number, ANA, STR_LIT("wrong"), STR_LIT("000000")), ERR_SIGN_IN_FAILED);
    CHECK_INT(audited(account.number, "SIGN_IN_FAILED"), 2);
}

/* Strangers who fail to sign in as somebody do not keep the one who is signed in from confirming. */
static void failures_do_not_keep_from_confirming(void)
{
    begin_passwords();
    struct factor f = admin_with_password(account.number, ANA);
    CHECK_INT(sign_in(account.number, ANA, PASSWORD, code_of(&f)), ERR_NONE);
    for (int i = 0; i < 11; i++)
        sign_in_elsewhere(ANA);
    CHECK_INT(error.code, ERR_RATE_LIMITED);
    now += FACTOR_STEP_MS;
    CHECK_INT(confirm(str_of(cookie), &f), ERR_NONE);
}

static void one_who_is_only_invited_cannot_sign_in(void)
{
    begin_passwords();
    invite(account.number, ANA);
    CHECK_INT(sign_in(account.number, ANA, STR_LIT(""), STR_LIT("000000")), ERR_SIGN_IN_FAILED);
}

static void who_fails_often_waits(void)
{
    int failures = 0;

    begin_passwords();
    struct factor f = admin_with_password(account.number, ANA);
    while (failures < 100 && sign_in(account.number, ANA, STR_LIT("wrong"), STR_LIT("000000")) == ERR_SIGN_IN_FAILED)
        failures++;
    CHECK_INT(failures, 10);
    CHECK_INT(error.code, ERR_RATE_LIMITED);
    CHECK_INT(sign_in(account.number, ANA, PASSWORD, code_of(&f)), ERR_RATE_LIMITED);
    now += 2 * MINUTE;
    CHECK_INT(sign_in(account.number, ANA, PASSWORD, code_of(&f)), ERR_NONE);
}

/* --- sessions --- */

static void a_session_ends_without_use(void)
{
    begin_passwords();
    struct factor f = admin_with_password(account.number, ANA);
    CHECK_INT(sign_in(account.number, ANA, PASSWORD, code_of(&f)), ERR_NONE);
    now += SESSION_IDLE_MS - 1;
    CHECK_INT(check(false), ERR_NONE); /* a use */
    now += SESSION_IDLE_MS - 1;
    CHECK_INT(check(true), ERR_NONE); /* none */
    now += 1;
    CHECK_INT(check(false), ERR_SESSION_ENDED);
}

static void a_session_ends_in_the_end(void)
{
    begin_passwords();
    struct factor f = admin_with_password(account.number, ANA);
    CHECK_INT(sign_in(account.number, ANA, PASSWORD, code_of(&f)), ERR_NONE);
    int64_t began = now;
    while (now + 10 * MINUTE < began + SESSION_MS) {
        now += 10 * MINUTE;
        CHECK_INT(check(false), ERR_NONE);
    }
    now = began + SESSION_MS - 1;
    CHECK_INT(check(false), ERR_NONE);
    now++;
    CHECK_INT(check(false), ERR_SESSION_ENDED);
}

static void a_session_ends_with_its_admin(void)
{
    begin_passwords();
    struct factor f = admin_with_password(account.number, ANA);
    CHECK_INT(sign_in(account.number, ANA, PASSWORD, code_of(&f)), ERR_NONE);
    struct str old = arena_str(arena, str_of(cookie));
    CHECK(console_remove(call(), account.number, STR_LIT("ANA@example.com")));
    CHECK_INT(check_of(old, false), ERR_SESSION_ENDED);
    admin_with_password(account.number, ANA); /* another admin of the same address */
    CHECK_INT(check_of(old, false), ERR_SESSION_ENDED);
    CHECK(!console_remove(call(), account.number, STR_LIT("bob@example.com")));
    CHECK_INT(error.code, ERR_ADMIN_UNKNOWN);
}

static void a_new_password_ends_sessions(void)
{
    begin_passwords();
    struct factor f = admin_with_password(account.number, ANA);
    CHECK_INT(sign_in(account.number, ANA, PASSWORD, code_of(&f)), ERR_NONE);
    struct str invitation = invite(account.number, ANA);
    CHECK_INT(check(false), ERR_NONE); /* until it is taken */
    struct str old = arena_str(arena, str_of(cookie));
    CHECK_INT(accept(invitation, STR_LIT("another battery"), &f), ERR_NONE);
    CHECK_INT(check_of(old, false), ERR_SESSION_ENDED);
    now += FACTOR_STEP_MS;
    CHECK_INT(sign_in(account.number, ANA, PASSWORD, code_of(&f)), ERR_SIGN_IN_FAILED);
}

static void a_session_is_ended(void)
{
    begin_passwords();
    struct factor f = admin_with_password(account.number, ANA);
    CHECK_INT(sign_in(account.number, ANA, PASSWORD, code_of(&f)), ERR_NONE);
    CHECK(session_end(call(), str_of(cookie), an_entry()));
    CHECK_INT(check(false), ERR_SESSION_ENDED);
    CHECK(session_end(call(), str_of(cookie), an_entry())); /* no error where there is none */
}

static void who_confirms_has_another_session(void)
{
    char csrf[SESSION_CSRF_MAX], later[SESSION_CSRF_MAX];

    begin_passwords();
    struct factor f = admin_with_password(account.number, ANA);
    CHECK_INT(sign_in(account.number, ANA, PASSWORD, code_of(&f)), ERR_NONE);
    int64_t began = session.created;
    struct str old = arena_str(arena, str_of(cookie));
    session_csrf(old, csrf);
    now += 6 * MINUTE;
    CHECK_INT(confirm(old, &f), ERR_NONE);
    CHECK_INT(session.created, began); /* the absolute end stays where it was */
    CHECK_INT(session.confirmed, now);
    CHECK_INT(check(false), ERR_NONE);
    session_csrf(str_of(cookie), later);
    CHECK(strcmp(csrf, later) != 0);
    now += FACTOR_STEP_MS;
    CHECK_INT(confirm(old, &f), ERR_SIGN_IN_FAILED); /* that one is over */
    CHECK_INT(check_of(old, false), ERR_SESSION_ENDED);
}

static void staff_are_nobody_elses(void)
{
    begin_passwords();
    struct factor f = admin_with_password(CONSOLE_STAFF, STR_LIT("op@example.com"));
    CHECK_INT(sign_in(account.number, STR_LIT("op@example.com"), PASSWORD, code_of(&f)), ERR_SIGN_IN_FAILED);
    CHECK_INT(sign_in(CONSOLE_STAFF, STR_LIT("op@example.com"), PASSWORD, code_of(&f)), ERR_NONE);
    CHECK_INT(session.number, CONSOLE_STAFF);
    CHECK_INT(check(false), ERR_NONE);
    CHECK(console_remove(call(), CONSOLE_STAFF, STR_LIT("op@example.com")));
    CHECK_INT(check(false), ERR_SESSION_ENDED);
}

/* Every admin, session and entry goes with the account: its number is not given again, and its maps are emptied. */
static void they_go_with_the_account(void)
{
    begin_passwords();
    struct factor f = admin_with_password(account.number, ANA);
    CHECK_INT(sign_in(account.number, ANA, PASSWORD, code_of(&f)), ERR_NONE);
    CHECK(account_remove(store, arena, str_of(account.slug), &error));
    CHECK_INT(check(false), ERR_SESSION_ENDED);
    CHECK_INT(audit_write(store, arena, account.number, STORE_WRITE, an_entry()), STORE_OK);
    CHECK(invite(account.number, ANA).p == NULL);
    CHECK_INT(error.code, ERR_ACCOUNT_UNKNOWN);
    CHECK_INT(audited(account.number, "seq"), 0); /* nothing comes into it any more */
}

static void the_audit_has_pages(void)
{
    struct buf b;
    uint64_t next;

    begin_passwords();
    for (int i = 0; i < 5; i++) {
        struct audit_entry *e = an_entry();

        e->path = str_of(arena_printf(arena, "/%d", i));
        CHECK_INT(audit_write(store, arena, account.number, STORE_WRITE, e), STORE_OK);
        CHECK_INT(e->seq, i + 1);
    }
    buf_init(&b, arena);
    CHECK_INT(audit_page(store, arena, account.number, 0, 2, &b, &next), STORE_OK);
    CHECK(strstr(buf_cstr(&b), "{\"seq\":5,") == b.p);
    CHECK_INT(next, 4);
    buf_clear(&b);
    CHECK_INT(audit_page(store, arena, account.number, next, 3, &b, &next), STORE_OK);
    CHECK(strstr(buf_cstr(&b), "\"/2\"") != NULL && strstr(buf_cstr(&b), "\"/3\"") == NULL);
    CHECK_INT(next, 0);
    struct json_object *all = json(arena_printf(arena, "[%s]", buf_cstr(&b)));
    CHECK_INT(json_object_array_length(all), 3);
}

static const struct unit_test tests[] = {
    UNIT(an_invitation_is_taken_once),
    UNIT(an_invitation_ends),
    UNIT(an_invitation_is_of_one_account),
    UNIT(passwords_and_codes_are_judged),
    UNIT(addresses_are_bounded),
    UNIT(signing_in_needs_everything),
    UNIT(failures_are_told_one_in_a_while),
    UNIT(failures_do_not_keep_from_confirming),
    UNIT(one_who_is_only_invited_cannot_sign_in),
    UNIT(who_fails_often_waits),
    UNIT(a_session_ends_without_use),
    UNIT(a_session_ends_in_the_end),
    UNIT(a_session_ends_with_its_admin),
    UNIT(a_new_password_ends_sessions),
    UNIT(a_session_is_ended),
    UNIT(who_confirms_has_another_session),
    UNIT(staff_are_nobody_elses),
    UNIT(they_go_with_the_account),
    UNIT(the_audit_has_pages),
};

int main(void)
{
    return end_passwords(unit_run("session", tests, sizeof tests / sizeof tests[0]));
}
