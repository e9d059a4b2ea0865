/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "roster/base/clock.h"
#include "roster/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static int ends[2];

static void open_log(void)
{
    if (pipe2(ends, O_DIRECT | O_NONBLOCK) != 0)
        unit_skip_all("no packet pipes here");
    log_set_fd(ends[1]);
    log_set_level(LOG_INFO_);
    log_set_role(NULL);
}

static void close_log(void)
{
    close(ends[0]);
    close(ends[1]);
    log_set_fd(STDERR_FILENO);
}

/* One packet, that is what one write() wrote; without the time, which is checked. "" where nothing was written. */
static struct str logged(void)
{
    static char line[65536];
    ssize_t len = read(ends[0], line, sizeof line);

    if (len <= 0)
        return STR_LIT("");
    struct str s = str_make(line, (size_t)len), time = STR_LIT("time=");
    int64_t ms;
    CHECK(str_starts(s, time));
    CHECK(clock_parse(str_sub(s, time.len, time.len + CLOCK_TEXT_LEN), &ms) && clock_now() - ms < 5000);
    return str_sub(s, time.len + CLOCK_TEXT_LEN + 1, s.len);
}

static const char *with_pid(const char *before, const char *after)
{
    static char text[4096];

    snprintf(text, sizeof text, "%s pid=%d%s", before, (int)getpid(), after);
    return text;
}

static void writes_fields(void)
{
    open_log();
    log_event(LOG_INFO_, "start");
    CHECK_STR(logged(), str_of(with_pid("level=info event=start", "\n")));
    log_set_role("worker");
    log_event(LOG_ERROR_, "stop", LOG_I("a", 0), LOG_I("b", INT64_MIN), LOG_I("c", INT64_MAX), LOG_C("d", "x/y.z"),
              LOG_S("e", STR_LIT("abcd")), LOG_C("f", NULL), LOG_C("g", ""));
    CHECK_STR(logged(), str_of(with_pid("level=error event=stop role=worker",
                                        " a=0 b=-9223372036854775808 c=9223372036854775807 d=x/y.z e=abcd f=\"\" "
                                        "g=\"\"\n")));
    close_log();
}

static void stays_one_line(void)
{
    open_log();
    log_event(LOG_WARN_, "config", LOG_S("a", STR_LIT("x y=\"z\"\n\\\0\x7f\xc3\xbc")));
    CHECK_STR(logged(),
              str_of(with_pid("level=warn event=config", " a=\"x y=\\x22z\\x22\\x0a\\x5c\\x00\\x7f\\xc3\\xbc\"\n")));
    close_log();
}

/* A value stands bare if it has nothing but what no reader of a log could take for something else. */
static void quotes_what_is_not_plain(void)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/@+,%";

    open_log();
    for (int c = 0; c < 256; c++) {
        char value[2] = {'x', (char)c};
        bool bare = c != 0 && strchr(plain, c) != NULL;

        log_event(LOG_INFO_, "start", LOG_S("k", str_make(value, sizeof value)));
        struct str line = logged();
        CHECK_INT(str_find(line, '"', 0) == line.len, bare);
    }
    close_log();
}

static void keeps_to_its_level(void)
{
    enum log_level level = LOG_INFO_;

    open_log();
    log_event(LOG_DEBUG_, "start");
    CHECK_STR(logged(), STR_LIT(""));
    log_set_level(LOG_DEBUG_);
    log_event(LOG_DEBUG_, "start");
    CHECK_STR(logged(), str_of(with_pid("level=debug event=start", "\n")));
    log_set_level(LOG_ERROR_);
    log_event(LOG_WARN_, "start");
    CHECK_STR(logged(), STR_LIT(""));
    CHECK(log_level_parse(STR_LIT("warn"), &level) && level == LOG_WARN_);
    CHECK(log_level_parse(STR_LIT("debug"), &level) && level == LOG_DEBUG_);
    CHECK(!log_level_parse(STR_LIT("Warn"), &level));
    CHECK(!log_level_parse(STR_NULL, &level));
    CHECK_INT(level, LOG_DEBUG_);
    close_log();
}

/* Values around the limit, bare, quoted and of escapes alone: at most 2,048 bytes, quotes closed, no escape cut. */
static void cuts_long_lines(void)
{
    static const char fill[] = {'a', ' ', '\n'};
    static char value[3000];

    open_log();
    for (size_t kind = 0; kind < sizeof fill; kind++) {
        for (size_t len = kind == 2 ? 450 : 1900; len < 2100; len++) {
            memset(value, fill[kind], sizeof value);
            log_event(LOG_INFO_, "start", LOG_S("k", str_make(value, len)), LOG_I("last", 1));
            struct str line = logged();
            size_t whole = line.len + strlen("time= ") + CLOCK_TEXT_LEN, quote = str_find(line, '"', 0);
            CHECK(whole <= 2048 && line.p[line.len - 1] == '\n' && str_find(line, '\n', 0) == line.len - 1);
            CHECK_INT(quote == line.len, kind == 0);
            if (kind > 0) {
                size_t close = str_find(line, '"', quote + 1);
                CHECK(close < line.len);
                CHECK_INT((close - quote - 1) % (kind == 2 ? 4 : 1), 0);
            }
            if (len > 2050 || (kind == 2 && len > 520))
                CHECK(whole >= 2043);
        }
    }
    close_log();
}

static void keeps_errno(void)
{
    open_log();
    close_log();
    log_set_fd(ends[1]);
    errno = EDOM;
    log_event(LOG_INFO_, "start");
    CHECK_INT(errno, EDOM);
    log_set_fd(STDERR_FILENO);
}

static const struct unit_test tests[] = {
    UNIT(writes_fields),      UNIT(stays_one_line),  UNIT(quotes_what_is_not_plain),
    UNIT(keeps_to_its_level), UNIT(cuts_long_lines), UNIT(keeps_errno),
};

int main(void)
{
    return unit_run("log", tests, sizeof tests / sizeof tests[0]);
}
