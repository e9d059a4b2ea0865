/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log - structured lines: time=… level=… event=… key=value …, one write() each, to standard error or a file.
 *
 * The event and the keys are words of logkeys.def (a lint compares the source with it). Values are written bare where
 * they are plain and quoted with \xHH escapes where not, so a line is always one line. No token, password or other
 * secret and no personal data (name, userName, e-mail, phone, address, client address) is ever given to it: name things by id. Saves and restores errno; allocates nothing.
 */
#ifndef ROSTER_BASE_LOG_H
#define ROSTER_BASE_LOG_H

#include "roster/base/str.h"

#include <stdint.h>

enum log_level { LOG_DEBUG_, LOG_INFO_, LOG_WARN_, LOG_ERROR_ };

/* The least level written; info at start. */
void log_set_level(enum log_level level);

/* A name of a level ("debug", "info", "warn", "error"); false where it is none. */
bool log_level_parse(struct str name, enum log_level *out);

/* Where lines go; 2 at start. The descriptor stays the caller's. */
void log_set_fd(int fd);

/* "master", "worker", "ctl"; static memory. Written as role=…, with pid=… */
void log_set_role(const char *role);

/* A field of a line. */
struct log_field {
    const char *key;
    enum { LOG_STR, LOG_INT } type;
    struct str s;
    int64_t i;
};
#define LOG_S(k, v) ((struct log_field){.key = (k), .type = LOG_STR, .s = (v)})
#define LOG_C(k, v) ((struct log_field){.key = (k), .type = LOG_STR, .s = str_of(v)})
#define LOG_I(k, v) ((struct log_field){.key = (k), .type = LOG_INT, .i = (int64_t)(v)})

/* log_event(LOG_INFO_, "request", LOG_I("status", 200), …): a line cut at 2,048 bytes. */
#define log_event(level, event, ...)                                                                                   \
    log_write((level), (event), (const struct log_field[]){{.key = NULL}, ##__VA_ARGS__},                              \
              sizeof((const struct log_field[]){{.key = NULL}, ##__VA_ARGS__}) / sizeof(struct log_field) - 1)
/* fields[0] is a filler, the nfields real ones follow. Use the macro. */
void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t nfields);

#endif
