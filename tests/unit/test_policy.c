/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "roster/directory/policy.h"

static struct arena *arena;
static struct error error;
static struct policy policy;

static void begin(const char *preset)
{
    if (arena == NULL)
        arena = arena_new(0);
    arena_reset(arena);
    error = ERROR_INIT;
    CHECK(policy_preset(&policy, str_of(preset)));
}

static struct json_object *json(const char *text)
{
    struct json_object *v = json_read(arena, str_of(text), &error);

    CHECK(v != NULL);
    return v;
}

static void set(const char *name, const char *value)
{
    CHECK(policy_set(&policy, str_of(name), str_of(value), &error));
}

/* The code that a user gets, "" if none. */
static const char *judged(struct json_object *user, struct json_object *before)
{
    error = ERROR_INIT;
    return policy_judge_user(&policy, user, before, arena, &error) ? "" : error_entry(error.code)->code;
}

static const char *user(const char *text)
{
    return judged(json(text), NULL);
}

static void check_text(struct json_object *v, const char *expected)
{
    struct buf b;

    buf_init(&b, arena);
    json_write(&b, v);
    CHECK_STR(buf_view(&b), str_of(expected));
}

static void values_have_their_places(void)
{
    static const struct {
        enum policy_name name;
        int place;
        const char *word;
    } rows[] = {
        {POLICY_USERNAME_EMAIL, POLICY_ON, "on"},
        {POLICY_USERNAME_EMAIL, POLICY_OFF, "off"},
        {POLICY_USERNAME_CHARACTERS, USERNAME_PRECIS, "precis"},
        {POLICY_USERNAME_CHARACTERS, USERNAME_ANY, "any"},
        {POLICY_EMAIL_CASE, EMAIL_LOWER, "lower"},
        {POLICY_EMAIL_CASE, EMAIL_REJECT, "reject"},
        {POLICY_EMAIL_CASE, EMAIL_KEEP, "keep"},
        {POLICY_NAME_CHARACTERS, NAME_LETTERS, "letters"},
        {POLICY_NAME_CHARACTERS, NAME_ANY, "any"},
        {POLICY_CHECK_LOCALE, POLICY_ON, "on"},
        {POLICY_CHECK_LOCALE, POLICY_OFF, "off"},
        {POLICY_CHECK_TIMEZONE, POLICY_ON, "on"},
        {POLICY_CHECK_TIMEZONE, POLICY_OFF, "off"},
        {POLICY_USER_TYPES, TYPES_KNOWN, "known"},
        {POLICY_USER_TYPES, TYPES_ANY, "any"},
        {POLICY_USER_TYPE_BLANK, TYPE_BLANK_KEEP, "keep"},
        {POLICY_USER_TYPE_BLANK, TYPE_BLANK_CLEAR, "clear"},
        {POLICY_TEAM_SAME_NAME, SAME_NAME_REPLACE, "replace"},
        {POLICY_TEAM_SAME_NAME, SAME_NAME_MERGE, "merge"},
        {POLICY_TEAM_SAME_NAME, SAME_NAME_REFUSE, "refuse"},
        {POLICY_TEAM_SAME_NAME, SAME_NAME_ALLOW, "allow"},
        {POLICY_UNKNOWN_ATTRIBUTES, UNKNOWN_IGNORE, "ignore"},
        {POLICY_UNKNOWN_ATTRIBUTES, UNKNOWN_REJECT, "reject"},
        {POLICY_UNMATCHED_PATH, UNMATCHED_CREATE, "create"},
        {POLICY_UNMATCHED_PATH, UNMATCHED_ADD, "add"},
        {POLICY_UNMATCHED_PATH, UNMATCHED_REFUSE, "refuse"},
    };

    begin("workspace");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        policy.value[rows[i].name] = 99;
        set(policy_setting_name(rows[i].name), rows[i].word);
        CHECK_INT(policy.value[rows[i].name], rows[i].place);
        CHECK_CSTR(policy_setting_value(&policy, rows[i].name, arena), rows[i].word);
    }
}

static void presets_differ(void)
{
    begin("workspace");
    CHECK_INT(policy.value[POLICY_USERNAME_EMAIL], POLICY_ON);
    CHECK_INT(policy.value[POLICY_TEAM_SAME_NAME], SAME_NAME_REPLACE);
    CHECK_INT(policy.value[POLICY_USER_TYPE_BLANK], TYPE_BLANK_KEEP);
    CHECK_INT(policy_options(&policy).unmatched, UNMATCHED_CREATE);
    CHECK_CSTR(policy_preset_name(&policy), "workspace");
    begin("rfc");
    CHECK_INT(policy.value[POLICY_USERNAME_EMAIL], POLICY_OFF);
    CHECK_INT(policy.value[POLICY_EMAIL_CASE], EMAIL_KEEP);
    CHECK_INT(policy.value[POLICY_NAME_CHARACTERS], NAME_ANY);
    CHECK_INT(policy.value[POLICY_TEAM_SAME_NAME], SAME_NAME_ALLOW);
    CHECK_INT(policy.value[POLICY_USER_TYPE_BLANK], TYPE_BLANK_CLEAR);
    CHECK_INT(policy_options(&policy).unmatched, UNMATCHED_ADD);
    CHECK_CSTR(policy_preset_name(&policy), "rfc");
    CHECK(!policy_preset(&policy, STR_LIT("Workspace")));
}

static void refuses_unknown_settings(void)
{
    begin("workspace");
    CHECK(!policy_set(&policy, STR_LIT("email"), STR_LIT("on"), &error));
    CHECK_INT(error.code, ERR_SETTING_UNKNOWN);
    error = ERROR_INIT;
    CHECK(!policy_set(&policy, STR_LIT("email_case"), STR_LIT("low"), &error));
    CHECK_INT(error.code, ERR_SETTING_VALUE);
    CHECK_CSTR(error.sentence, "The setting email_case does not take low; it takes lower|reject|keep");
    error = ERROR_INIT;
    CHECK(!policy_set(&policy, STR_LIT("preset"), STR_LIT("strict"), &error));
    CHECK_INT(error.code, ERR_SETTING_VALUE);
}

static void is_written_and_read(void)
{
    struct policy copy;
    struct buf b;

    begin("rfc");
    set("email_case", "reject");
    set("user_types", "any"); /* as the preset: not written */
    buf_init(&b, arena);
    policy_write(&b, &policy);
    CHECK_STR(buf_view(&b), STR_LIT("preset=rfc\nemail_case=reject\n"));
    policy_read(&copy, buf_view(&b));
    CHECK_INT(copy.preset, PRESET_RFC);
    for (int n = 0; n < POLICY_COUNT; n++)
        CHECK_INT(copy.value[n], policy.value[n]);
    policy_read(&copy, STR_LIT("preset=rfc\nof_tomorrow=on\nuser_types=known"));
    CHECK_INT(copy.value[POLICY_USER_TYPES], TYPES_KNOWN);
    CHECK_INT(copy.value[POLICY_USERNAME_EMAIL], POLICY_OFF);
    policy_read(&copy, STR_NULL);
    CHECK_INT(copy.preset, PRESET_WORKSPACE);
}

static void user_name_is_an_address(void)
{
    static const char *const good[] = {"ana@example.com", "Ana.Lima+x@Example.com", "o'neil@a-b.example.org",
                                       "jos\xc3\xa9@m\xc3\xbcller.example", "a@b.c"};
    static const char *const bad[] = {"ana",         "ana@",           "@example.com",   "a@b@example.com",
                                      "a b@ex.com",  "ana@ex ample.c", "ana@localhost",  "ana@-a.com",
                                      "ana@a-.com",  "ana@.com",       "ana@a..com",     "ana@a.com.",
                                      "<ana@a.com>", "ana@a_b.com",    "a\xc2\xa0@b.com"};

    begin("workspace");
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CHECK_CSTR(user(arena_printf(arena, "{\"userName\":\"%s\"}", good[i])), "");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_CSTR(user(arena_printf(arena, "{\"userName\":\"%s\"}", bad[i])), "USERNAME_NOT_EMAIL");
    CHECK_CSTR(user(arena_printf(arena, "{\"userName\":\"a@%0240d.example.com\"}", 1)), "USERNAME_NOT_EMAIL");
    CHECK_CSTR(user(arena_printf(arena, "{\"userName\":\"%065d@example.com\"}", 1)), "USERNAME_NOT_EMAIL");
    set("username_email", "off");
    CHECK_CSTR(user("{\"userName\":\"ana\"}"), "");
}

static void user_name_keeps_its_case(void)
{
    begin("workspace");
    struct json_object *u = json("{\"userName\":\"Ana@Example.com\",\"emails\":[{\"value\":\"Ana@EXAMPLE.com\"}]}");
    CHECK_CSTR(judged(u, NULL), "");
    check_text(u, "{\"userName\":\"Ana@Example.com\",\"emails\":[{\"value\":\"ana@example.com\"}]}");
}

static void addresses_are_lowered_refused_or_kept(void)
{
    const char *text = "{\"userName\":\"a@b.cc\",\"emails\":[{\"type\":\"work\",\"value\":\"\xc3\x84na@B.cc\"}]}";

    begin("workspace");
    struct json_object *u = json(text);
    CHECK_CSTR(judged(u, NULL), "");
    check_text(u, "{\"userName\":\"a@b.cc\",\"emails\":[{\"type\":\"work\",\"value\":\"\xc3\xa4na@b.cc\"}]}");
    set("email_case", "reject");
    CHECK_CSTR(user(text), "EMAIL_NOT_LOWERCASE");
    CHECK_CSTR(error.sentence, "The e-mail address \xc3\x84na@B.cc is not lower case");
    set("email_case", "keep");
    u = json(text);
    CHECK_CSTR(judged(u, NULL), "");
    check_text(u, text);
}

static void addresses_have_their_form(void)
{
    const char *text = "{\"userName\":\"a@b.cc\",\"emails\":[{\"type\":\"home\"},{\"value\":\"nobody\"}]}";

    begin("workspace");
    CHECK_CSTR(user(text), "EMAIL_MALFORMED");
    CHECK_CSTR(error.sentence, "nobody is not an e-mail address: it has no @");
    set("email_case", "reject");
    CHECK_CSTR(user(text), "EMAIL_MALFORMED");
    set("email_case", "keep");
    CHECK_CSTR(user(text), "");
}

static void names_are_of_letters(void)
{
    begin("workspace");
    CHECK_CSTR(user("{\"userName\":\"a@b.cc\",\"displayName\":\"Ana-Mar\xc3\xad\x61 O'Neil, Jr. (QA) 2\","
                    "\"name\":{\"givenName\":\"\xe5\xb1\xb1\xe7\x94\xb0\",\"familyName\":\"d\xe2\x80\x99"
                    "Arc\"}}"),
               "");
    CHECK_CSTR(user("{\"userName\":\"a@b.cc\",\"name\":{\"givenName\":\"J\xc3\xb8rn&Co\"}}"), "NAME_BAD_CHARACTER");
    CHECK_CSTR(error.sentence, "name.givenName has the character & at position 5, which names here do not have");
    CHECK_CSTR(user("{\"userName\":\"a@b.cc\",\"displayName\":\"<b>\"}"), "NAME_BAD_CHARACTER");
    CHECK_CSTR(error.sentence, "displayName has the character < at position 1, which names here do not have");
    CHECK_CSTR(user("{\"userName\":\"a@b.cc\",\"name\":{\"formatted\":\"a\\tb\"}}"), "NAME_BAD_CHARACTER");
    CHECK_CSTR(error.sentence, "name.formatted has the character U+0009 at position 2, which names here do not have");
    CHECK_CSTR(user("{\"userName\":\"a@b.cc\",\"nickName\":\"<b>\"}"), "");
    set("name_characters", "any");
    CHECK_CSTR(user("{\"userName\":\"a@b.cc\",\"displayName\":\"<b>\"}"), "");
}

static void locales_and_time_zones_are_known(void)
{
    const char *text = "{\"userName\":\"a@b.cc\",\"locale\":\"xx-YY\",\"timezone\":\"Mars/Olympus\"}";

    begin("workspace");
    CHECK_CSTR(user(text), "");
    set("check_locale", "on");
    CHECK_CSTR(user(text), "LOCALE_UNKNOWN");
    CHECK_CSTR(error.sentence, "locale xx-YY is not the name of a locale");
    CHECK_CSTR(user("{\"userName\":\"a@b.cc\",\"locale\":\"en_US\",\"timezone\":\"Mars/Olympus\"}"), "");
    CHECK_CSTR(judged(json(text), json(text)), "");
    CHECK_CSTR(judged(json(text), json("{\"locale\":\"xx-ZZ\"}")), "LOCALE_UNKNOWN");
    CHECK_CSTR(user("{\"userName\":\"a@b.cc\"}"), "");
    begin("rfc");
    CHECK_CSTR(user(text), "");
    set("check_timezone", "on");
    CHECK_CSTR(user(text), "TIMEZONE_UNKNOWN");
    CHECK_CSTR(error.sentence, "timezone Mars/Olympus is not the name of a time zone");
    CHECK_CSTR(user("{\"userName\":\"a@b.cc\",\"locale\":\"xx-YY\",\"timezone\":\"Asia/Calcutta\"}"), "");
    CHECK_CSTR(judged(json(text), json(text)), "");
    CHECK_CSTR(user("{\"userName\":\"a@b.cc\"}"), "");
}

static void user_names_are_prepared(void)
{
    static const char *const presets[] = {"workspace", "rfc"};

    for (size_t i = 0; i < 2; i++) {
        begin(presets[i]);
        CHECK_CSTR(user("{\"userName\":\"o'neil+a_b%c@x.org\"}"), "");
        CHECK_CSTR(user("{\"userName\":\"Zoe\xcc\x88.M\xc3\xbcller@b\xc3\xbc"
                        "cher.de\"}"),
                   "");
        CHECK_CSTR(user("{\"userName\":\"\xd7\x90\xd7\x91@x.org\"}"), "");
        CHECK_CSTR(user("{\"userName\":\"a\xe2\x85\xa3@x.org\"}"), "USERNAME_BAD_CHARACTER");
        CHECK_CSTR(error.sentence, "userName has the character U+2163 at position 2, which user names do not have");
        CHECK_CSTR(user("{\"userName\":\"\xd7\x90z@x.org\"}"), "USERNAME_DIRECTION");
        CHECK_CSTR(error.sentence, "userName breaks the rule for text from right to left at the character U+007A at "
                                   "position 2");
        set("username_characters", "any");
        CHECK_CSTR(user("{\"userName\":\"a\xe2\x85\xa3@x.org\"}"), "");
        CHECK_CSTR(user("{\"userName\":\"\xd7\x90z@x.org\"}"), "");
    }
    CHECK_CSTR(user("{\"userName\":\"\xf0\x9f\x98\x80 <>\"}"), "");
    CHECK_CSTR(user("{\"userName\":\"a\\u0007\"}"), "USERNAME_BAD_CHARACTER"); /* controls never */
    CHECK_CSTR(error.sentence, "userName has the character U+0007 at position 2, which user names do not have");
    CHECK_CSTR(user("{\"userName\":\"\xc3\xa9\xc2\x9f\"}"), "USERNAME_BAD_CHARACTER");
    CHECK_CSTR(user("{\"userName\":\"\x7f\"}"), "USERNAME_BAD_CHARACTER");
    begin("rfc");
    CHECK_CSTR(user("{\"userName\":\"foo bar\"}"), "");
    CHECK_CSTR(user("{\"userName\":\" foo\"}"), "USERNAME_BAD_CHARACTER");
    CHECK_CSTR(judged(json("{\"userName\":\" foo\",\"title\":\"x\"}"), json("{\"userName\":\" foo\"}")), "");
}

/* What of a value is taken for a number, and what comes back. */
static void numbers_are_settings(void)
{
    static const struct {
        const char *name, *value;
        long long place; /* -1: refused */
    } cases[] = {
        {"seat_limit", "none", 0},        {"seat_limit", "0", 1},
        {"seat_limit", "7", 8},           {"seat_limit", "1000000000", 1000000001},
        {"seat_limit", "1000000001", -1}, {"seat_limit", "-1", -1},
        {"seat_limit", "+1", -1},         {"seat_limit", "1 ", -1},
        {"seat_limit", "1.5", -1},        {"seat_limit", "", -1},
        {"seat_limit", "None", -1},       {"seat_limit", "99999999999999999999", -1},
        {"seat_guest", "0", 0},           {"seat_guest", "1", 1},
        {"seat_guest", "1/2", 2},         {"seat_guest", "1/1000", 1000},
        {"seat_guest", "1/1001", -1},     {"seat_guest", "1/1", -1},
        {"seat_guest", "1/", -1},         {"seat_guest", "1/-2", -1},
        {"seat_guest", "2", -1},          {"seat_guest", "/", -1},
        {"default_type", "admin", -1},    {"default_type", "guest", 2},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum policy_name n = 0;

        begin("workspace");
        while (strcmp(policy_setting_name(n), cases[i].name) != 0)
            n++;
        if (!policy_set(&policy, str_of(cases[i].name), str_of(cases[i].value), &error)) {
            CHECK_INT(-1, cases[i].place);
            CHECK_INT(error.code, ERR_SETTING_VALUE);
            continue;
        }
        CHECK_INT(policy.value[n], cases[i].place);
        CHECK_CSTR(policy_setting_value(&policy, n, arena), cases[i].value);
    }
}

static void what_was_there_is_not_judged_again(void)
{
    const char *text = "{\"userName\":\"ana\",\"displayName\":\"A&B\",\"name\":{\"givenName\":\"A&\"},"
                       "\"emails\":[{\"value\":\"ANA\"}]}";

    begin("workspace");
    struct json_object *before = json(text), *after = json(text);
    CHECK_CSTR(judged(after, before), "");
    check_text(after, text);
    CHECK_CSTR(judged(json("{\"userName\":\"ana2\"}"), before), "USERNAME_NOT_EMAIL");
    CHECK_CSTR(judged(json("{\"userName\":\"ana\",\"name\":{\"familyName\":\"A&\"}}"), before), "NAME_BAD_CHARACTER");
    CHECK_CSTR(judged(json("{\"userName\":\"ana\",\"emails\":[{\"value\":\"ANA\"},{\"value\":\"b\"}]}"), before),
               "EMAIL_MALFORMED");
}

static const struct unit_test tests[] = {
    UNIT(values_have_their_places),
    UNIT(presets_differ),
    UNIT(refuses_unknown_settings),
    UNIT(is_written_and_read),
    UNIT(user_name_is_an_address),
    UNIT(user_name_keeps_its_case),
    UNIT(addresses_are_lowered_refused_or_kept),
    UNIT(addresses_have_their_form),
    UNIT(names_are_of_letters),
    UNIT(locales_and_time_zones_are_known),
    UNIT(user_names_are_prepared),
    UNIT(numbers_are_settings),
    UNIT(what_was_there_is_not_judged_again),
};

int main(void)
{
    int status = unit_run("policy", tests, sizeof tests / sizeof tests[0]);

    arena_free(&arena);
    return status;
}
