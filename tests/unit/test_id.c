/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "roster/base/id.h"

#include <sys/wait.h>
#include <unistd.h>

static const struct id zero;

static void makes_version_4(void)
{
    unsigned char always_one[ID_SIZE], ever_one[ID_SIZE] = {0};

    memset(always_one, 0xff, sizeof always_one);
    for (int i = 0; i < 200; i++) {
        struct id id = id_new();
        for (int j = 0; j < ID_SIZE; j++) {
            always_one[j] &= id.b[j];
            ever_one[j] |= id.b[j];
        }
    }
    for (int j = 0; j < ID_SIZE; j++) {
        CHECK_INT(always_one[j], j == 6 ? 0x40 : j == 8 ? 0x80 : 0);
        CHECK_INT(ever_one[j], j == 6 ? 0x4f : j == 8 ? 0xbf : 0xff);
    }
}

static void writes_and_reads(void)
{
    struct id id = {{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0x4d, 0xef, 0x80, 0x10, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54}};
    struct id back = zero;
    struct arena *a = arena_new(0);
    char text[ID_TEXT_LEN + 1];
    struct buf b;

    id_format(&id, text);
    CHECK_CSTR(text, "01234567-89ab-4def-8010-fedcba987654");
    buf_init(&b, a);
    id_write(&b, &id);
    CHECK_STR(buf_view(&b), STR_LIT("\"01234567-89ab-4def-8010-fedcba987654\""));
    arena_free(&a);
    CHECK(id_parse(str_of(text), &back));
    CHECK(id_eq(&id, &back));
    back = zero;
    CHECK(id_parse(STR_LIT("01234567-89AB-4DEF-8010-FEDCBA987654"), &back));
    CHECK(id_eq(&id, &back));
    CHECK(!id_eq(&id, &zero));
}

/* Every position, every byte. */
static void refuses_every_other_text(void)
{
    static const char good[] = "01234567-89ab-4def-8010-fedcba987654";

    for (size_t at = 0; at < ID_TEXT_LEN; at++) {
        for (int c = 0; c < 256; c++) {
            char text[ID_TEXT_LEN + 1];
            struct id id;
            memcpy(text, good, sizeof text);
            text[at] = (char)c;
            bool hyphen = good[at] == '-', hex = c != 0 && strchr("0123456789abcdefABCDEF", c) != NULL;
            bool read = id_parse(str_make(text, ID_TEXT_LEN), &id);
            if (read != (hyphen ? c == '-' : hex) || (!read && !id_eq(&id, &zero))) {
                CHECK_INT(at, -1);
                CHECK_INT(c, -1);
            }
        }
    }
}

static void refuses_other_lengths(void)
{
    static const char text[] = "01234567-89ab-4def-8010-fedcba9876540000";
    struct id id;

    for (size_t len = 0; len < sizeof text; len++)
        CHECK_INT(id_parse(str_make(text, len), &id), len == ID_TEXT_LEN);
    CHECK(!id_parse(STR_NULL, &id));
}

static void differs_in_a_forked_child(void)
{
    int ends[2];
    struct id first = id_new(), of_child = zero;

    CHECK_FATAL(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        struct id id = id_new();
        _exit(write(ends[1], &id, sizeof id) == (ssize_t)sizeof id ? 0 : 1);
    }
    struct id of_parent = id_new();
    CHECK_INT(read(ends[0], &of_child, sizeof of_child), sizeof of_child);
    CHECK_INT(waitpid(child, NULL, 0), child);
    close(ends[0]);
    close(ends[1]);
    CHECK(!id_eq(&of_parent, &of_child));
    CHECK(!id_eq(&first, &of_child));
}

static const struct unit_test tests[] = {
    UNIT(makes_version_4),       UNIT(writes_and_reads),          UNIT(refuses_every_other_text),
    UNIT(refuses_other_lengths), UNIT(differs_in_a_forked_child),
};

int main(void)
{
    return unit_run("id", tests, sizeof tests / sizeof tests[0]);
}
