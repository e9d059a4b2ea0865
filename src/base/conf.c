/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/base/conf.h"

#include "roster/base/log.h"

#include <assert.h>
#include <errno.h>
#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/un.h>

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif
#define DEFAULT_PATH SYSCONFDIR "/roster/roster.conf"

struct setting {
    const char *section, *name;
    enum { SETTING_STR, SETTING_INT, SETTING_BOOL } type;
    size_t offset; /* of the member in struct conf */
    const char *text;
    int64_t number, min, max; /* number is the default; of a truth value, too */
    const char *meaning;
};

static const struct setting settings[] = {
#define CONF_STR(section_, name_, dflt, meaning_)                                                                      \
    {.section = #section_,                                                                                             \
     .name = #name_,                                                                                                   \
     .type = SETTING_STR,                                                                                              \
     .offset = offsetof(struct conf, section_##_##name_),                                                              \
     .text = (dflt),                                                                                                   \
     .meaning = (meaning_)},
#define CONF_INT(section_, name_, dflt, min_, max_, meaning_)                                                          \
    {.section = #section_,                                                                                             \
     .name = #name_,                                                                                                   \
     .type = SETTING_INT,                                                                                              \
     .offset = offsetof(struct conf, section_##_##name_),                                                              \
     .number = (dflt),                                                                                                 \
     .min = (min_),                                                                                                    \
     .max = (max_),                                                                                                    \
     .meaning = (meaning_)},
#define CONF_BOOL(section_, name_, dflt, meaning_)                                                                     \
    {.section = #section_,                                                                                             \
     .name = #name_,                                                                                                   \
     .type = SETTING_BOOL,                                                                                             \
     .offset = offsetof(struct conf, section_##_##name_),                                                              \
     .number = (dflt),                                                                                                 \
     .meaning = (meaning_)},
#include "roster/conf.def"
#undef CONF_STR
#undef CONF_INT
#undef CONF_BOOL
};
#define NSETTINGS (sizeof settings / sizeof settings[0])

static void set_text(struct conf *c, const struct setting *s, const char *value)
{
    assert(s->type == SETTING_STR);
    memcpy((char *)c + s->offset, &value, sizeof value);
}

static void set_number(struct conf *c, const struct setting *s, int64_t value)
{
    bool truth = value != 0;

    if (s->type == SETTING_INT)
        memcpy((char *)c + s->offset, &value, sizeof value);
    else
        memcpy((char *)c + s->offset, &truth, sizeof truth);
}

static const char *get_text(const struct conf *c, const struct setting *s)
{
    const char *value;

    memcpy(&value, (const char *)c + s->offset, sizeof value);
    return value;
}

static int64_t get_number(const struct conf *c, const struct setting *s)
{
    int64_t value;
    bool truth;

    if (s->type == SETTING_INT) {
        memcpy(&value, (const char *)c + s->offset, sizeof value);
        return value;
    }
    memcpy(&truth, (const char *)c + s->offset, sizeof truth);
    return truth;
}

void conf_defaults(struct conf *out)
{
    *out = (struct conf){0};
    for (size_t i = 0; i < NSETTINGS; i++) {
        if (settings[i].type == SETTING_STR)
            set_text(out, &settings[i], settings[i].text);
        else
            set_number(out, &settings[i], settings[i].number);
    }
}

/* --- reading --- */

struct reader {
    FILE *file;
    const char *path;
    unsigned line;
    struct conf *conf;
    struct arena *arena;
    bool seen[NSETTINGS];
    const char *message; /* the first error */
};

static void __attribute__((format(printf, 2, 3))) complain(struct reader *r, const char *format, ...)
{
    va_list args;

    if (r->message != NULL)
        return;
    va_start(args, format);
    r->message = arena_printf(r->arena, "%s:%u: %s", r->path, r->line, arena_vprintf(r->arena, format, args));
    va_end(args);
}

static bool section_known(struct str section)
{
    for (size_t i = 0; i < NSETTINGS; i++)
        if (str_eq(section, str_of(settings[i].section)))
            return true;
    return false;
}

/* libinih tells of a section only with its first setting. */
static void check_section(struct reader *r, struct str line)
{
    line = str_trim(line);
    size_t end = str_find(line, ']', 0);
    if (line.len == 0 || line.p[0] != '[')
        return;
    if (end == line.len) {
        complain(r, "the section's ] is missing");
        return;
    }
    struct str section = str_sub(line, 1, end);
    if (!section_known(section))
        complain(r, "there is no section [%.*s]", (int)section.len, section.p);
}

/*
 * libinih's source of lines. It would cut a line that is longer than its buffer into two and read a NUL as a line's
 * end, so both are refused here.
 */
static char *read_line(char *out, int size, void *stream)
{
    struct reader *r = stream;
    int c, len = 0;
    bool cut = false, nul = false;

    r->line++;
    while ((c = getc(r->file)) != EOF) {
        nul = nul || c == '\0';
        if (len < size - 1)
            out[len++] = (char)c;
        else
            cut = cut || c != '\n';
        if (c == '\n')
            break;
    }
    if (c == EOF && len == 0)
        return NULL;
    out[len] = '\0';
    if (cut)
        complain(r, "the line is longer than %d bytes", size - 2);
    if (nul)
        complain(r, "the line has a NUL character");
    check_section(r, str_make(out, (size_t)len));
    return out;
}

static const struct setting *find_setting(const char *section, const char *name)
{
    for (size_t i = 0; i < NSETTINGS; i++)
        if (strcmp(settings[i].section, section) == 0 && strcmp(settings[i].name, name) == 0)
            return &settings[i];
    return NULL;
}

static void read_int(struct reader *r, const struct setting *s, const char *value)
{
    long long number;

    if (!str_to_ll(str_of(value), &number) || number < s->min || number > s->max)
        complain(r, "%s.%s is a whole number from %lld to %lld, not '%s'", s->section, s->name, (long long)s->min,
                 (long long)s->max, value);
    else
        set_number(r->conf, s, number);
}

static void read_bool(struct reader *r, const struct setting *s, const char *value)
{
    static const char *const words[][2] = {{"off", "on"}, {"no", "yes"}, {"false", "true"}, {"0", "1"}};

    for (size_t i = 0; i < 2 * (sizeof words / sizeof words[0]); i++) {
        if (strcasecmp(value, words[i / 2][i % 2]) == 0) {
            set_number(r->conf, s, (int64_t)(i % 2));
            return;
        }
    }
    complain(r, "%s.%s is on or off, not '%s'", s->section, s->name, value);
}

/* libinih's handler; always 1, for errors are kept by ourselves. */
static int read_setting(void *user, const char *section, const char *name, const char *value)
{
    struct reader *r = user;
    const struct setting *s = find_setting(section, name);

    if (s == NULL && *section == '\0') {
        complain(r, "%s stands before the first [section]", name);
    } else if (s == NULL) {
        complain(r, "there is no setting %s in [%s]", name, section);
    } else if (r->seen[s - settings]) {
        complain(r, "%s.%s is set twice", section, name);
    } else {
        r->seen[s - settings] = true;
        if (s->type == SETTING_STR)
            set_text(r->conf, s, arena_strdup(r->arena, value));
        else if (s->type == SETTING_INT)
            read_int(r, s, value);
        else
            read_bool(r, s, value);
    }
    return 1;
}

static void read_file(struct reader *r)
{
    int wrong_line = ini_parse_stream(read_line, r, read_setting, r);

    if (ferror(r->file)) {
        complain(r, "cannot read on: %s", strerror(errno));
    } else if (wrong_line > 0) {
        r->line = (unsigned)wrong_line;
        complain(r, "neither [section] nor name = value");
    } else if (wrong_line < 0) {
        arena_no_memory(0);
    }
}

bool conf_read(struct conf *out, struct arena *a, const char *path, const char **message)
{
    struct reader r = {.conf = out, .arena = a, .path = path};
    bool named = true;

    conf_defaults(out);
    if (r.path == NULL)
        r.path = getenv("ROSTER_CONFIG");
    if (r.path == NULL || *r.path == '\0') {
        r.path = DEFAULT_PATH;
        named = false;
    }
    r.file = fopen(r.path, "re");
    if (r.file == NULL) {
        if (!named && errno == ENOENT)
            return true;
        *message = arena_printf(a, "%s: %s", r.path, strerror(errno));
        return false;
    }
    read_file(&r);
    fclose(r.file);
    *message = r.message;
    return r.message == NULL;
}

/* --- writing --- */

#define COMMENT_WIDTH 100

/* text as comment lines, broken at spaces. */
static void write_comment(struct buf *b, struct str text)
{
    while (text.len > 0) {
        size_t end = text.len;
        if (end > COMMENT_WIDTH) {
            end = COMMENT_WIDTH;
            while (end > 0 && text.p[end] != ' ')
                end--;
            if (end == 0)
                end = str_find(text, ' ', 0);
        }
        buf_puts(b, "# ");
        buf_str(b, str_sub(text, 0, end));
        buf_putc(b, '\n');
        text = str_trim(str_sub(text, end, text.len));
    }
}

static void write_setting(struct buf *b, const struct conf *c, const struct setting *s)
{
    const char *meaning = s->meaning;

    if (s->type == SETTING_INT)
        meaning = arena_printf(b->arena, "%s (%lld to %lld)", meaning, (long long)s->min, (long long)s->max);
    write_comment(b, str_of(meaning));
    if (s->type == SETTING_STR)
        buf_printf(b, "%s = %s\n", s->name, get_text(c, s));
    else if (s->type == SETTING_INT)
        buf_printf(b, "%s = %lld\n", s->name, (long long)get_number(c, s));
    else
        buf_printf(b, "%s = %s\n", s->name, get_number(c, s) != 0 ? "on" : "off");
}

void conf_write(struct buf *b, const struct conf *c)
{
    const char *section = "";

    for (size_t i = 0; i < NSETTINGS; i++) {
        if (strcmp(section, settings[i].section) != 0) {
            section = settings[i].section;
            buf_printf(b, "%s[%s]\n", i > 0 ? "\n" : "", section);
        }
        write_setting(b, c, &settings[i]);
    }
}

/* --- values whose form is more than a range --- */

/* A socket is made as "PATH.new" and then renamed. */
#define LISTEN_MAX (sizeof((struct sockaddr_un *)0)->sun_path - sizeof ".new")

static bool is_mode(const char *s)
{
    size_t len = strlen(s);

    return len >= 3 && len <= 4 && strspn(s, "01234567") == len && strtoul(s, NULL, 8) <= 0777;
}

static bool is_mount(const char *s)
{
    return *s == '\0' || (*s == '/' && s[strlen(s) - 1] != '/');
}

/* Scheme and host, nothing behind: it is put in front of paths. */
static bool is_url(const char *s)
{
    size_t scheme = strncmp(s, "https://", 8) == 0 ? 8 : strncmp(s, "http://", 7) == 0 ? 7 : 0, len = strlen(s);

    if (*s == '\0')
        return true;
    if (len > scheme && s[len - 1] == '/')
        len--;
    return scheme > 0 && len > scheme && strcspn(s + scheme, "/?# \t\"\\<>") == len - scheme;
}

const char *conf_fault(const struct conf *c, struct arena *a)
{
    enum log_level level;

    if (c->server_listen[0] != '/')
        return arena_printf(a, "server.listen is an absolute path, not '%s'", c->server_listen);
    if (strlen(c->server_listen) > LISTEN_MAX)
        return arena_printf(a, "server.listen has at most %zu bytes", LISTEN_MAX);
    if (!is_mode(c->server_socket_mode))
        return arena_printf(a, "server.socket_mode is an octal number such as 0660, not '%s'", c->server_socket_mode);
    if (!is_mount(c->server_mount))
        return arena_printf(a, "server.mount is empty or begins with '/' and does not end with one, not '%s'",
                            c->server_mount);
    if (!is_url(c->server_public_url))
        return arena_printf(a, "server.public_url is http:// or https:// and a host, not '%s'", c->server_public_url);
    if (!log_level_parse(str_of(c->log_level), &level))
        return arena_printf(a, "log.level is debug, info, warn or error, not '%s'", c->log_level);
    return NULL;
}
