/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords over a real store: which are taken, where they are kept, who may sign in by them, and how often one may fail. */
#include "account.h"

#include "roster/directory/login.h"
#include "roster/directory/password.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void enter(void)
{
    begin_passwords();
    set("passwords", "on");
}

/* A user ana@example.com with this password; NULL: none. The id, or STR_NULL and error. */
static struct str make_ana(const char *password)
{
    struct json_object *body =
        json("{\"schemas\":[\"" URN_USER "\"],\"userName\":\"Ana.Lima@example.com\",\"displayName\":"
             "\"Ana Maria Lima\",\"name\":{\"familyName\":\"Lima-Oliveira\"}}");
    struct image im;

    if (password != NULL)
        json_put_member(body, "password", json_object_new_string(password));
    return user_create(call(), body, &im) ? arena_str(arena, im.id) : STR_NULL;
}

/* 1: signed in; 0: not; -1: error. address: NULL where it is not known. */
static int sign_in_from(const char *address, const char *name, const char *password)
{
    struct login login = {.name = str_of(name), .password = str_of(password), .address = STR_NULL};
    struct login_result result;

    if (address != NULL)
        login.address = str_of(address);
    if (!login_try(call(), throttle, &login, &result))
        return -1;
    return result.authenticated;
}

static int sign_in(const char *name, const char *password)
{
    return sign_in_from(NULL, name, password);
}

static void passwords_are_judged(void)
{
    char longest[PASSWORD_BYTES_MAX + 2];
    static const struct {
        const char *password, *why; /* NULL: taken */
    } cases[] = {
        {"1mz050nq", NULL}, /* as Okta makes them */
        {"seven77", "it has fewer than 8 bytes"},
        {"correct horse battery staple", NULL},
        {"12345678", "it is one that many people have"},
        {"PassWord", "it is one that many people have"},
        {"Password1!", "it is one that many people have"},
        {"trustno1", "it is one that many people have"},
        {"ana.lima@example.com", "it is the user's own name or address"},
        {"ANA.LIMA", "it is the user's own name or address"},
        {"ana.lima2026!", "it is the user's own name or address"},
        {"ana maria lima", "it is the user's own name or address"},
        {"lima-oliveira", "it is the user's own name or address"},
        {"lima-oliveira is not all", NULL},
        {"\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f", NULL}, /* eight bytes */
    };

    enter();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str id = make_ana(cases[i].password);

        CHECK((id.p != NULL) == (cases[i].why == NULL));
        if (cases[i].why != NULL) {
            CHECK_INT(error.code, ERR_PASSWORD_POLICY);
            CHECK(strstr(error.sentence, cases[i].why) != NULL);
            CHECK(strstr(error.sentence, cases[i].password) == NULL);
        } else {
            CHECK_INT(sign_in("ana.lima@example.com", cases[i].password), 1);
            CHECK(user_delete(call(), id, NULL));
        }
    }
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    CHECK(make_ana(longest).p == NULL);
    longest[PASSWORD_BYTES_MAX] = '\0';
    CHECK(make_ana(longest).p != NULL);
    CHECK_INT(sign_in("ana.lima@example.com", longest), 1);
    longest[PASSWORD_BYTES_MAX - 1] = 'y'; /* nothing is cut off */
    CHECK_INT(sign_in("ana.lima@example.com", longest), 0);
    verified();
}

/* RFC 8265 4.2: spaces are one space, and NFC; capitals are not lowered. */
static void passwords_are_prepared(void)
{
    enter();
    CHECK(make_ana("caf\xc3\xa9\xe2\x80\x83sesame").p != NULL);
    CHECK_INT(sign_in("ana.lima@example.com", "cafe\xcc\x81 sesame"), 1);
    CHECK_INT(sign_in("ana.lima@example.com", "Caf\xc3\xa9 sesame"), 0);
    CHECK_INT(sign_in("ana.lima@example.com", "cafe sesame"), 0);
}

static void passwords_change_and_go(void)
{
    enter();
    struct str id = make_ana("first-one-here");
    CHECK(patch(id, "{\"title\":\"T\"}")); /* absence says nothing */
    CHECK_INT(sign_in("ANA.LIMA@EXAMPLE.COM", "first-one-here"), 1);
    CHECK(patch(id, "{\"password\":\"second-one-here\",\"title\":\"U\"}"));
    CHECK_INT(sign_in("ana.lima@example.com", "first-one-here"), 0);
    CHECK_INT(sign_in("ana.lima@example.com", "second-one-here"), 1);
    CHECK(!patch(id, "{\"password\":\"Ana.Lima@example.com\",\"title\":\"partly\"}"));
    CHECK_INT(error.code, ERR_PASSWORD_POLICY);
    CHECK(!patch(id,
                 "{\"password\":\"frank.lima\",\"userName\":\"frank.lima@example.com\"}")); /* the name it will have */
    CHECK_INT(error.code, ERR_PASSWORD_POLICY);
    CHECK(patch(id, "{\"active\":false}"));
    CHECK_INT(sign_in("ana.lima@example.com", "second-one-here"), 0);
    CHECK(patch(id, "{\"active\":true}"));
    CHECK_INT(sign_in("ana.lima@example.com", "second-one-here"), 1);
    CHECK(user_delete(call(), id, NULL));
    verified();
    CHECK(make_ana(NULL).p != NULL); /* one of the same name is another */
    CHECK_INT(sign_in("ana.lima@example.com", "second-one-here"), 0);
    verified();
}

static void off_means_off(void)
{
    enter();
    set("passwords", "off");
    struct str id = make_ana("12345678"); /* the random one of a creation, whatever it is */
    CHECK(id.p != NULL);
    CHECK_INT(sign_in("ana.lima@example.com", "12345678"), 0);
    CHECK(!patch(id, "{\"password\":\"second-one-here\",\"title\":\"partly\"}"));
    CHECK_INT(error.code, ERR_PASSWORDS_OFF);
    CHECK(password_set(call(), id, STR_LIT("by the operator")));
    CHECK_INT(sign_in("ana.lima@example.com", "by the operator"), 1);
    CHECK(!password_set(call(), id, STR_LIT("a\x07 bell in it")));
    CHECK_INT(error.code, ERR_PASSWORD_BAD_CHARACTER);
    CHECK(!password_set(call(), STR_LIT("nobody"), STR_LIT("by the operator")));
    CHECK_INT(error.code, ERR_RESOURCE_NOT_FOUND);
    verified();
}

/* --- failures --- */

static void names_that_fail_wait(void)
{
    enter();
    make_ana("first-one-here");
    for (int i = 0; i < LOGIN_FAILURES_OF_NAME; i++) {
        CHECK_INT(sign_in("ana.lima@example.com", "wrong-one"), 0);
        CHECK_INT(sign_in("nobody@example.com", "wrong-one"), 0);
    }
    CHECK_INT(sign_in("Ana.Lima@Example.com", "first-one-here"), -1); /* also with the right one */
    CHECK_INT(error.code, ERR_RATE_LIMITED);
    CHECK_INT(sign_in("nobody@example.com", "wrong-one"), -1);
    CHECK_INT(error.code, ERR_RATE_LIMITED);
    CHECK_INT(sign_in("other@example.com", "wrong-one"), 0);
    enter(); /* another account's Ana is another */
    make_ana("first-one-here");
    for (int i = 0; i < 3 * LOGIN_FAILURES_OF_NAME; i++) {
        CHECK_INT(sign_in("ana.lima@example.com", i % 3 == 2 ? "first-one-here" : "wrong-one"), i % 3 == 2);
    }
}

static void failures_come_back_one_by_one(void)
{
    static const struct throttle_rule rule = {3, 1000};
    struct str name = STR_LIT("somebody");
    int64_t start = 1800000000000;

    enter();
    for (int i = 0; i < 3; i++) {
        CHECK_INT(throttle_wait(throttle, &rule, 1, name, start), 0);
        throttle_fail(throttle, &rule, 1, name, start);
    }
    CHECK_INT(throttle_wait(throttle, &rule, 1, name, start), 1000);
    CHECK_INT(throttle_wait(throttle, &rule, 2, name, start), 0);
    CHECK_INT(throttle_wait(throttle, &rule, 1, name, start + 999), 1);
    CHECK_INT(throttle_wait(throttle, &rule, 1, name, start + 1000), 0);
    throttle_fail(throttle, &rule, 1, name, start + 1000);
    CHECK_INT(throttle_wait(throttle, &rule, 1, name, start + 1000), 1000);
    throttle_forgive(throttle, 1, name);
    CHECK_INT(throttle_wait(throttle, &rule, 1, name, start + 1000), 0);
    /* many names share the table; who failed last is not forgotten */
    for (int i = 0; i < 200000; i++)
        throttle_fail(throttle, &rule, 3, str_of(arena_printf(arena, "n%d", i)), start + i);
    for (int i = 0; i < 3; i++)
        throttle_fail(throttle, &rule, 3, name, start + 200000);
    CHECK(throttle_wait(throttle, &rule, 3, name, start + 200000) > 0);
}

/* Who is killed while hashing does not keep the place; who waits does not wait for ever. */
static void places_come_back_from_the_dead(void)
{
    char hash[HASH_TEXT_MAX];
    const char *message = "";
    struct conf slow = conf;
    int ready[2];
    char byte;

    enter();
    slow = conf;
    slow.password_memory_kb = 65536;
    slow.password_passes = 100;
    slow.password_hashers = conf.password_hashers = 1;
    CHECK_FATAL(pipe(ready) == 0);
    pid_t child = fork();
    if (child == 0) {
        struct hasher *h = hasher_open(&slow, arena, &message);

        if (write(ready[1], "x", 1) == 1)
            hasher_hash(h, NULL, STR_LIT("x"), hash);
        _exit(0);
    }
    CHECK_INT(read(ready[0], &byte, 1), 1);
    usleep(100000);
    struct hasher *one = hasher_open(&conf, arena, &message);
    CHECK_FATAL(one != NULL);
    pid_t waiter = fork();
    if (waiter == 0) {
        struct hasher *h = hasher_open(&conf, arena, &message);

        _exit(hasher_hash(h, NULL, STR_LIT("x"), hash) == HASHER_OK ? 0 : 1); /* waits for the place */
    }
    usleep(100000);
    CHECK_INT(waitpid(waiter, NULL, WNOHANG), 0);
    kill(child, SIGKILL);
    int status = -1;
    waitpid(child, &status, 0);
    waitpid(waiter, &status, 0);
    CHECK_INT(status, 0);
    CHECK_INT(hasher_hash(one, NULL, STR_LIT("x"), hash), HASHER_OK);
    CHECK_INT(hasher_verify(one, NULL, hash, STR_LIT("x")), HASHER_OK);
    CHECK_INT(hasher_verify(one, NULL, hash, STR_LIT("y")), HASHER_WRONG);
    CHECK_INT(hasher_verify(one, NULL, NULL, STR_LIT("x")), HASHER_WRONG);
    hasher_close(&one);
    close(ready[0]);
    close(ready[1]);
}

/* Waits for the job that was asked of h. */
static void finish(struct hasher *h, struct hasher_job *job)
{
    CHECK_INT(job->state, HASHER_ASKED);
    CHECK(hasher_finished(h) == NULL);
    CHECK(hasher_submit(h, job));
    CHECK_INT(poll(&(struct pollfd){.fd = hasher_fd(h), .events = POLLIN}, 1, 20000), 1);
    CHECK(hasher_finished(h) == job);
    CHECK_INT(job->state, HASHER_FINISHED);
}

static void a_job_is_asked_done_and_found(void)
{
    struct hasher_job job = {.verify = false};
    const char *message = "";
    char hash[HASH_TEXT_MAX];

    enter();
    conf.password_hashers = 1;
    struct hasher *h = hasher_open(&conf, arena, &message);
    CHECK_FATAL(h != NULL);
    CHECK_INT(hasher_hash(h, &job, STR_LIT("x"), hash), HASHER_LATER);
    finish(h, &job);
    CHECK_INT(hasher_hash(h, &job, STR_LIT("x"), hash), HASHER_OK);
    CHECK(hasher_text_ok(str_of(hash)));
    CHECK_INT(hasher_hash(h, &job, STR_LIT("y"), hash), HASHER_LATER); /* not what was hashed */
    finish(h, &job);
    CHECK_INT(hasher_hash(h, &job, STR_LIT("y"), hash), HASHER_OK);
    CHECK_INT(hasher_verify(h, &job, hash, STR_LIT("y")), HASHER_LATER); /* nor is it verified */
    finish(h, &job);
    CHECK_INT(hasher_verify(h, &job, hash, STR_LIT("y")), HASHER_OK);
    CHECK_INT(hasher_verify(h, &job, hash, STR_LIT("z")), HASHER_LATER);
    finish(h, &job);
    CHECK_INT(hasher_verify(h, &job, hash, STR_LIT("z")), HASHER_WRONG);
    CHECK_INT(hasher_verify(h, &job, NULL, STR_LIT("z")), HASHER_LATER); /* by another hash */
    finish(h, &job);
    CHECK_INT(hasher_verify(h, &job, NULL, STR_LIT("z")), HASHER_WRONG);
    job.state = HASHER_FULL;
    CHECK_INT(hasher_verify(h, &job, NULL, STR_LIT("z")), HASHER_BUSY);
    CHECK_INT(hasher_hash(NULL, NULL, STR_LIT("z"), hash), HASHER_BUSY);
    hasher_close(&h);
    CHECK(h == NULL);
}

static void jobs_are_finished_in_their_order(void)
{
    struct hasher_job jobs[8] = {{.verify = false}};
    const char *message = "";
    char hash[HASH_TEXT_MAX];

    enter();
    struct hasher *h = hasher_open(&conf, arena, &message);
    CHECK_FATAL(h != NULL);
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < 8; i++) {
            jobs[i] = (struct hasher_job){.owner = &jobs[i]};
            CHECK_INT(hasher_hash(h, &jobs[i], STR_LIT("x"), hash), HASHER_LATER);
            CHECK(jobs[i].owner == &jobs[i]);
            CHECK(hasher_submit(h, &jobs[i]));
        }
        for (size_t i = 0; i < 8 && round == 0; i++) {
            CHECK_INT(poll(&(struct pollfd){.fd = hasher_fd(h), .events = POLLIN}, 1, 20000), 1);
            CHECK(hasher_finished(h) == &jobs[i]);
        }
    }
    hasher_close(&h); /* with jobs that are not finished */
}

static void common_ones_are_in_order(void)
{
    static const char *const words[] = {
#define COMMON(text) (text),
#include "roster/common_passwords.def"
#undef COMMON
    };

    CHECK(sizeof words / sizeof words[0] > 3000);
    for (size_t i = 1; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i - 1], words[i]) >= 0)
            CHECK_CSTR(words[i - 1], words[i]);
}

/* Whoever has one IPv6 address has 2 to the 64th of them. */
static void networks_are_counted_not_their_addresses(void)
{
    enter();
    for (int i = 0; i < LOGIN_FAILURES_OF_ADDRESS; i++)
        CHECK_INT(
            sign_in_from(arena_printf(arena, "2001:db8::%x:7", i), arena_printf(arena, "n%d@example.com", i), "x"), 0);
    CHECK_INT(sign_in_from("2001:db8:0:0:ffff::1", "one@example.com", "x"), -1);
    CHECK_INT(error.code, ERR_RATE_LIMITED);
    CHECK_INT(sign_in_from("2001:db8:0:1::1", "one@example.com", "x"), 0);
    for (int i = 0; i < LOGIN_FAILURES_OF_ADDRESS; i++)
        CHECK_INT(sign_in_from(arena_printf(arena, "192.0.2.%d", i), arena_printf(arena, "m%d@example.com", i), "x"),
                  0);
    CHECK_INT(sign_in_from("192.0.2.200", "one@example.com", "x"), 0);
}

static const struct unit_test tests[] = {
    UNIT(passwords_are_judged),
    UNIT(passwords_are_prepared),
    UNIT(passwords_change_and_go),
    UNIT(off_means_off),
    UNIT(networks_are_counted_not_their_addresses),
    UNIT(names_that_fail_wait),
    UNIT(failures_come_back_one_by_one),
    UNIT(common_ones_are_in_order),
    UNIT(places_come_back_from_the_dead),
    UNIT(a_job_is_asked_done_and_found),
    UNIT(jobs_are_finished_in_their_order),
};

int main(void)
{
    return end_passwords(unit_run("password", tests, sizeof tests / sizeof tests[0]));
}
