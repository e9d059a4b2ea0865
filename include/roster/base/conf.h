/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf - roster.conf: an INI file (libinih) read into one struct, by the table conf.def.
 *
 * conf.def is the only list of settings: section, name, type, default, least, greatest, meaning. The man page's table,
 * `rosterctl config` and the reader come from it. Unknown sections or names, and values out of range, are errors
 * with the line number.
 */
#ifndef ROSTER_BASE_CONF_H
#define ROSTER_BASE_CONF_H

#include "roster/base/arena.h"
#include "roster/base/buf.h"
#include "roster/base/str.h"

#include <stdint.h>

struct conf {
#define CONF_STR(section, name, dflt, meaning)           const char *section##_##name;
#define CONF_INT(section, name, dflt, min, max, meaning) int64_t section##_##name;
#define CONF_BOOL(section, name, dflt, meaning)          bool section##_##name;
#include "roster/conf.def"
#undef CONF_STR
#undef CONF_INT
#undef CONF_BOOL
};

/* Every setting at its default. The strings are static. */
void conf_defaults(struct conf *out);

/*
 * Defaults, then what the file at path says; strings live in a. path NULL: $ROSTER_CONFIG, else SYSCONFDIR/roster/roster.conf,
 * which may be absent (then the defaults stand); a path that was named must exist.
 * false: *message (in a) says what is wrong, with file and line.
 */
bool conf_read(struct conf *out, struct arena *a, const char *path, const char **message);

/*
 * What is wrong with a value whose form is more than a range (paths, permissions, addresses, words), in a sentence in a;
 * NULL: nothing. Apart from conf_read(), because options of a command line may replace settings in between.
 */
const char *conf_fault(const struct conf *c, struct arena *a);

/* The configuration as a file with each setting's meaning as a comment (rosterctl config). */
void conf_write(struct buf *b, const struct conf *c);

#endif
