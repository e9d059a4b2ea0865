/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/regional.h"

#include <stdlib.h>

static const char *const locales[] = {
#define LOCALE(name) (name),
#include "roster/locales.def"
#undef LOCALE
};

static const char *const timezones[] = {
#define TIMEZONE(name) (name),
#include "roster/timezones.def"
#undef TIMEZONE
};

#define LOCALE_MAX 64 /* bytes: longer than any */

static int compare(const void *name, const void *row)
{
    return str_cmp(*(const struct str *)name, str_of(*(const char *const *)row));
}

static bool find(struct str name, const char *const *table, size_t n)
{
    return bsearch(&name, table, n, sizeof *table, compare) != NULL;
}

/* As the table of locales has it. */
static char folded(char c)
{
    if (c == '_')
        return '-';
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool regional_has_locale(struct str name)
{
    char text[LOCALE_MAX];

    if (name.len > sizeof text)
        return false;
    for (size_t i = 0; i < name.len; i++)
        text[i] = folded(name.p[i]);
    return find(str_make(text, name.len), locales, sizeof locales / sizeof locales[0]);
}

bool regional_has_timezone(struct str name)
{
    return find(name, timezones, sizeof timezones / sizeof timezones[0]);
}
