/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/base/log.h"

#include "roster/base/clock.h"

#include "word.h"

#include <errno.h>
#include <unistd.h>

#define LINE_MAX_ 2048
#define RESERVED  2 /* the closing quote of a value that is cut, and the newline */

static const char *const level_names[] = {
    [LOG_DEBUG_] = "debug", [LOG_INFO_] = "info", [LOG_WARN_] = "warn", [LOG_ERROR_] = "error"};

static enum log_level least = LOG_INFO_;
static int descriptor = STDERR_FILENO;
static const char *role;

void log_set_level(enum log_level level)
{
    least = level;
}

bool log_level_parse(struct str name, enum log_level *out)
{
    for (size_t i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
        if (str_eq(name, str_of(level_names[i]))) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

void log_set_fd(int fd)
{
    descriptor = fd;
}

void log_set_role(const char *name)
{
    role = name;
}

struct line {
    size_t len;
    bool full; /* something did not fit: the rest is left out, too */
    char text[LINE_MAX_];
};

/* All of p or nothing of it, so that no escape is cut. */
static void put(struct line *l, const char *p, size_t len)
{
    if (l->full || l->len + len > sizeof l->text - RESERVED) {
        l->full = true;
        return;
    }
    memcpy(l->text + l->len, p, len);
    l->len += len;
}

static void put_int(struct line *l, int64_t i)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t v = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;

    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    if (i < 0)
        digits[--at] = '-';
    put(l, digits + at, sizeof digits - at);
}

/* As much of s as there is room for. */
static void put_bare(struct line *l, struct str s)
{
    size_t room = l->full ? 0 : sizeof l->text - RESERVED - l->len;

    put(l, s.p, s.len < room ? s.len : room);
    l->full = l->full || s.len > room;
}

/* Letters, digits and -_.:/@+,% */
static bool is_plain(unsigned char c)
{
    unsigned char l = byte_lower(c);

    return (l >= 'a' && l <= 'z') || (c >= '+' && c <= ':') || c == '@' || c == '_' || c == '%';
}

static bool is_bare(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_plain((unsigned char)s.p[i]))
            return false;
    return s.len > 0;
}

static void put_quoted(struct line *l, struct str s)
{
    static const char hex[] = "0123456789abcdef";

    put(l, "\"", 1);
    if (l->full)
        return;
    for (size_t i = 0; i < s.len && !l->full; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\')
            put(l, s.p + i, 1);
        else
            put(l, (const char[]){'\\', 'x', hex[c >> 4], hex[c & 15]}, 4);
    }
    l->text[l->len++] = '"';
}

static void put_field(struct line *l, const char *key, struct str value)
{
    if (l->len > 0)
        put(l, " ", 1);
    put(l, key, strlen(key));
    put(l, "=", 1);
    if (is_bare(value))
        put_bare(l, value);
    else
        put_quoted(l, value);
}

static void put_int_field(struct line *l, const char *key, int64_t value)
{
    put(l, " ", 1);
    put(l, key, strlen(key));
    put(l, "=", 1);
    put_int(l, value);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t nfields)
{
    if (level < least)
        return;

    int saved = errno;
    struct line l;
    char now[CLOCK_TEXT_LEN + 1];

    l.len = 0;
    l.full = false;
    clock_format(clock_now(), now);
    put_field(&l, "time", (struct str){now, CLOCK_TEXT_LEN});
    put_field(&l, "level", str_of(level_names[level]));
    put_field(&l, "event", str_of(event));
    if (role != NULL)
        put_field(&l, "role", str_of(role));
    put_int_field(&l, "pid", getpid());
    for (size_t i = 1; i <= nfields; i++) {
        if (fields[i].type == LOG_INT)
            put_int_field(&l, fields[i].key, fields[i].i);
        else
            put_field(&l, fields[i].key, fields[i].s);
    }
    l.text[l.len++] = '\n';
    /* A line that cannot be written has nobody to be told to. */
    while (write(descriptor, l.text, l.len) < 0 && errno == EINTR)
        ;
    errno = saved;
}
