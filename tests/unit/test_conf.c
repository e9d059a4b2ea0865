/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "roster/base/conf.h"

#include <stdio.h>
#include <stdlib.h>

static struct arena *arena;
static struct conf conf;
static const char *message;

/* Reads text as a configuration file; message has the path's folder cut off. */
static bool read_text(struct str text)
{
    static const char *dir;

    arena_free(&arena);
    arena = arena_new(0);
    if (dir == NULL)
        dir = unit_tmpdir();
    const char *path = arena_printf(arena, "%s/roster.conf", dir);
    FILE *f = fopen(path, "w");
    if (f == NULL || (text.len > 0 && fwrite(text.p, 1, text.len, f) != text.len) || fclose(f) != 0)
        abort();
    message = NULL;
    bool good = conf_read(&conf, arena, path, &message);
    if (message != NULL && str_starts(str_of(message), str_of(dir)))
        message += strlen(dir) + 1;
    return good;
}

static void has_defaults(void)
{
    conf_defaults(&conf);
    CHECK_CSTR(conf.server_listen, "/run/roster/roster.sock");
    CHECK_CSTR(conf.server_public_url, "");
    CHECK_INT(conf.server_max_body, 1048576);
    CHECK_CSTR(conf.log_level, "info");
#define CONF_STR(section, name, dflt, meaning)           CHECK_CSTR(conf.section##_##name, dflt);
#define CONF_INT(section, name, dflt, min, max, meaning) CHECK_INT(conf.section##_##name, dflt);
#define CONF_BOOL(section, name, dflt, meaning)          CHECK_INT(conf.section##_##name, dflt);
#include "roster/conf.def"
#undef CONF_STR
#undef CONF_INT
#undef CONF_BOOL
}

static void has_a_sound_table(void)
{
#define CONF_STR(section, name, dflt, meaning) CHECK(strlen(meaning) > 10);
#define CONF_INT(section, name, dflt, min, max, meaning)                                                               \
    CHECK((min) <= (dflt) && (dflt) <= (max) && strlen(meaning) > 10);
#define CONF_BOOL(section, name, dflt, meaning) CHECK(strlen(meaning) > 10);
#include "roster/conf.def"
#undef CONF_STR
#undef CONF_INT
#undef CONF_BOOL
}

static void reads_settings(void)
{
    CHECK(read_text(STR_LIT("# a comment\n[server]\n  \nworkers = 4\npublic_url=https://scim.example.com\n"
                            "[store]\ndata = /srv/roster data\n[server]\nmax_body = 2048 ; inline\nmount =")));
    CHECK(message == NULL);
    CHECK_INT(conf.server_workers, 4);
    CHECK_CSTR(conf.server_public_url, "https://scim.example.com");
    CHECK_CSTR(conf.store_data, "/srv/roster data");
    CHECK_INT(conf.server_max_body, 2048);
    CHECK_CSTR(conf.server_mount, "");
    CHECK_CSTR(conf.log_level, "info");
    CHECK(read_text(STR_NULL));
    CHECK_INT(conf.server_workers, 4);
    CHECK(read_text(STR_LIT("[server]\r\nworkers = 256\r\n")));
    CHECK_INT(conf.server_workers, 256);
}

static void names_what_is_wrong(void)
{
    static const struct {
        struct str text;
        const char *message;
    } bad[] = {
        {STR_LIT("[server]\nworkers = 0\n"), "roster.conf:2: server.workers is a whole number from 1 to 256, not '0'"},
        {STR_LIT("[server]\nworkers = 257\n"),
         "roster.conf:2: server.workers is a whole number from 1 to 256, not '257'"},
        {STR_LIT("[server]\nworkers = 99999999999999999999\n"),
         "roster.conf:2: server.workers is a whole number from 1 to 256, not '99999999999999999999'"},
        {STR_LIT("[server]\nworkers =\n"), "roster.conf:2: server.workers is a whole number from 1 to 256, not ''"},
        {STR_LIT("[server]\nworkers = 4x\n"),
         "roster.conf:2: server.workers is a whole number from 1 to 256, not '4x'"},
        {STR_LIT("[server]\n\nworker = 4\nx = 1\n"), "roster.conf:3: there is no setting worker in [server]"},
        {STR_LIT("[server]\ndata = /x\n"), "roster.conf:2: there is no setting data in [server]"},
        {STR_LIT("[serve]\nworkers = 4\n"), "roster.conf:1: there is no section [serve]"},
        {STR_LIT("[log]\n[]\n"), "roster.conf:2: there is no section []"},
        {STR_LIT("workers = 4\n"), "roster.conf:1: workers stands before the first [section]"},
        {STR_LIT("[server]\nworkers\n"), "roster.conf:2: neither [section] nor name = value"},
        {STR_LIT("[server\nworkers = 1\n"), "roster.conf:1: the section's ] is missing"},
        {STR_LIT("[server]\nworkers = 4\nworkers = 5\n"), "roster.conf:3: server.workers is set twice"},
        {STR_LIT("[server]\nmount = /a\n  /b\n"), "roster.conf:3: server.mount is set twice"},
        {STR_LIT("[server]\nmount = /a\0b\n"), "roster.conf:2: the line has a NUL character"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(!read_text(bad[i].text));
        CHECK_CSTR(message, bad[i].message);
    }
}

/* Every length around the reader's buffer: either read whole or refused. */
static void refuses_lines_too_long(void)
{
    int refused = 0;

    for (int len = 150; len < 450; len++) {
        char text[600], expected[500];
        memset(expected, 'a', sizeof expected);
        expected[len] = '\0';
        snprintf(text, sizeof text, "[store]\ndata=%s\n[log]\nlevel=debug\n", expected);
        if (read_text(str_of(text))) {
            CHECK_CSTR(conf.store_data, expected);
            CHECK_CSTR(conf.log_level, "debug");
            CHECK_INT(refused, 0);
        } else {
            refused++;
            CHECK(str_starts(str_of(message), STR_LIT("roster.conf:2: the line is longer than")));
        }
    }
    CHECK(refused > 0 && refused < 300);
}

static void reads_what_it_writes(void)
{
    struct buf b;

    CHECK(
        read_text(STR_LIT("[server]\nworkers = 3\nlisten = /tmp/x.sock\n[store]\nballast_mb = 0\n[log]\nfile = /x\n")));
    buf_init(&b, arena);
    conf_write(&b, &conf);
    struct conf before = conf;
    char *text = malloc(b.len);
    CHECK_FATAL(text != NULL);
    memcpy(text, b.p, b.len);
    struct str copy = str_make(text, b.len);
    /* The strings of before live in the arena that read_text() ends. */
    const char *listen = strdup(before.server_listen);
    CHECK(read_text(copy));
    CHECK(message == NULL);
    CHECK_INT(conf.server_workers, 3);
    CHECK_INT(conf.store_ballast_mb, 0);
    CHECK_CSTR(conf.server_listen, listen);
    CHECK_CSTR(conf.log_file, "/x");
    buf_init(&b, arena);
    conf_write(&b, &conf);
    CHECK_STR(buf_view(&b), copy);
    CHECK(strstr(buf_cstr(&b),
                 "# processes that answer requests: about two for each processor (1 to 256)\nworkers = 3\n") != NULL);
    for (size_t at = 0, end; at < copy.len; at = end + 1) {
        end = str_find(copy, '\n', at);
        CHECK(end - at <= 120);
    }
    free(text);
    free((void *)(uintptr_t)listen);
}

static void finds_its_file(void)
{
    arena_free(&arena);
    arena = arena_new(0);
    const char *path = arena_printf(arena, "%s/other.conf", unit_tmpdir());

    message = NULL;
    CHECK(!conf_read(&conf, arena, path, &message));
    CHECK(message != NULL && strstr(message, "other.conf: No such file") != NULL);
    setenv("ROSTER_CONFIG", path, 1);
    CHECK(!conf_read(&conf, arena, NULL, &message));
    FILE *f = fopen(path, "w");
    CHECK_FATAL(f != NULL);
    fputs("[server]\nworkers = 77\n", f);
    fclose(f);
    CHECK(conf_read(&conf, arena, NULL, &message));
    CHECK_INT(conf.server_workers, 77);
    unsetenv("ROSTER_CONFIG");
    message = NULL;
    CHECK(!conf_read(&conf, arena, unit_tmpdir(), &message));
    CHECK(message != NULL && strstr(message, "directory") != NULL);
    arena_free(&arena);
}

static const struct unit_test tests[] = {
    UNIT(has_defaults),           UNIT(has_a_sound_table),    UNIT(reads_settings), UNIT(names_what_is_wrong),
    UNIT(refuses_lines_too_long), UNIT(reads_what_it_writes), UNIT(finds_its_file),
};

int main(void)
{
    return unit_run("conf", tests, sizeof tests / sizeof tests[0]);
}
