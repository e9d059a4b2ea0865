/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "roster/directory/regional.h"

#include <stdio.h>

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
#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* Each name is behind the one before, and is found. */
static void check_table(const char *const *names, size_t n, bool (*has)(struct str name))
{
    for (size_t i = 0; i < n; i++) {
        bool fine = CHECK(i == 0 || strcmp(names[i - 1], names[i]) < 0);

        if (!CHECK(has(str_of(names[i]))) || !fine)
            printf("# %s\n", names[i]);
    }
}

static void tables_are_in_order(void)
{
    CHECK(COUNT(locales) > 500 && COUNT(timezones) > 500);
    check_table(locales, COUNT(locales), regional_has_locale);
    check_table(timezones, COUNT(timezones), regional_has_timezone);
}

static void locales_are_known(void)
{
    static const char *const good[] = {"en",    "de",    "en-US",      "en_US",      "EN-us",      "de-AT", "pt_BR",
                                       "zh-CN", "zh-TW", "zh-Hans-CN", "zh_Hant_TW", "sr-Latn-RS", "nb-NO", "no",
                                       "iw",    "he-IL", "es-419",     "fil-PH",     "uk",         "en_FR"};
    static const char *const bad[] = {
        "",       "e",      "xx",         "english",  "en-",         "-US",  "en US", "US",       "en-XX",    "en--US",
        "en-US-", "en-USA", "de_DE@euro", "en.UTF-8", "en-US.UTF-8", "root", "und",   "nonsense", "\xc3\xa9n"};

    for (size_t i = 0; i < COUNT(good); i++)
        if (!CHECK(regional_has_locale(str_of(good[i]))))
            printf("# %s\n", good[i]);
    for (size_t i = 0; i < COUNT(bad); i++)
        if (!CHECK(!regional_has_locale(str_of(bad[i]))))
            printf("# %s\n", bad[i]);
    CHECK(!regional_has_locale(STR_NULL));
    CHECK(!regional_has_locale(STR_LIT("en\0US")));
    CHECK(
        !regional_has_locale(STR_LIT("en-US-en-US-en-US-en-US-en-US-en-US-en-US-en-US-en-US-en-US-en-US-en-US-en-US")));
}

static void timezones_are_known(void)
{
    static const char *const good[] = {"Europe/Berlin", "America/Argentina/ComodRivadavia",
                                       "Asia/Calcutta", "Asia/Kolkata",
                                       "Europe/Kyiv",   "Europe/Kiev",
                                       "UTC",           "Etc/GMT+5",
                                       "US/Pacific",    "Europe/Brussels",
                                       "GMT0",          "Africa/Abidjan",
                                       "Zulu"};
    static const char *const bad[] = {
        "",        "Europe",       "europe/berlin",  "Europe/Berlin ", "Mars/Olympus", "CEST",
        "Factory", "Europe/Bonn",  "/Europe/Berlin", "posixrules",     "+01:00",       "Pacific Standard Time",
        "UTC+1",   "Europe_Berlin"};

    for (size_t i = 0; i < COUNT(good); i++)
        if (!CHECK(regional_has_timezone(str_of(good[i]))))
            printf("# %s\n", good[i]);
    for (size_t i = 0; i < COUNT(bad); i++)
        if (!CHECK(!regional_has_timezone(str_of(bad[i]))))
            printf("# %s\n", bad[i]);
    CHECK(!regional_has_timezone(STR_NULL));
    CHECK(!regional_has_timezone(STR_LIT("UTC\0")));
    CHECK(!regional_has_timezone(STR_LIT("America/Argentina/ComodRivadavia/America/Argentina/ComodRivadavia")));
}

static const struct unit_test tests[] = {
    UNIT(tables_are_in_order),
    UNIT(locales_are_known),
    UNIT(timezones_are_known),
};

int main(void)
{
    return unit_run("regional", tests, sizeof tests / sizeof tests[0]);
}
