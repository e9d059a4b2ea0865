/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/policy.h"

#include "roster/base/precis.h"
#include "roster/base/utf8.h"
#include "roster/directory/regional.h"

#include <assert.h>

struct setting {
    const char *name, *values, *preset[2], *meaning;
};

static const struct setting settings[POLICY_COUNT] = {
#define POLICY(NAME, name_, values_, workspace, rfc, meaning_)                                                         \
    [POLICY_##NAME] = {.name = #name_, .values = (values_), .preset = {(workspace), (rfc)}, .meaning = (meaning_)},
#include "roster/directory/policy.def"
#undef POLICY
};

static const char *const presets[] = {[PRESET_WORKSPACE] = "workspace", [PRESET_RFC] = "rfc"};
#define PRESET_WORDS "workspace, rfc"

/* Takes the next of the words parted by '|' off *rest. */
static struct str next_word(struct str *rest)
{
    size_t end = str_find(*rest, '|', 0);
    struct str word = str_sub(*rest, 0, end);

    *rest = str_sub(*rest, end < rest->len ? end + 1 : end, rest->len);
    return word;
}

/* What stands between two '|': a word, or numbers behind a text ("1/2..1000": behind "1/"). */
struct choice {
    struct str text;
    long long least, most; /* of the numbers; a word has one place: 0, 0 */
    bool numbers;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct choice choice_of(struct str word)
{
    size_t dots = str_find(word, '.', 0), first = dots;
    struct choice c = {.text = word};

    if (dots == word.len)
        return c;
    while (first > 0 && is_digit(word.p[first - 1]))
        first--;
    c.text = str_sub(word, 0, first);
    c.numbers =
        str_to_ll(str_sub(word, first, dots), &c.least) && str_to_ll(str_sub(word, dots + 2, word.len), &c.most);
    assert(c.numbers);
    return c;
}

/* The place of word in a choice, or -1. */
static long long choice_place(const struct choice *c, struct str word)
{
    long long n;

    if (!c->numbers)
        return str_eq(word, c->text) ? 0 : -1;
    if (!str_starts(word, c->text))
        return -1;
    struct str digits = str_sub(word, c->text.len, word.len);
    bool in_range = digits.len > 0 && is_digit(digits.p[0]) && str_to_ll(digits, &n) && n >= c->least && n <= c->most;
    return in_range ? n - c->least : -1;
}

/* The place of word among a setting's values, or -1. */
static long long value_place(enum policy_name n, struct str word)
{
    struct str rest = str_of(settings[n].values);

    for (long long place = 0; rest.len > 0;) {
        struct choice c = choice_of(next_word(&rest));
        long long here = choice_place(&c, word);

        if (here >= 0)
            return place + here;
        place += c.most - c.least + 1;
    }
    return -1;
}

static void put_value(struct buf *b, enum policy_name n, uint32_t value)
{
    struct str rest = str_of(settings[n].values);
    struct choice c = choice_of(next_word(&rest));
    long long place = value;

    for (; place > c.most - c.least; c = choice_of(next_word(&rest)))
        place -= c.most - c.least + 1;
    buf_str(b, c.text);
    if (c.numbers)
        buf_printf(b, "%lld", c.least + place);
}

static uint32_t preset_value(enum policy_name n, int preset)
{
    long long place = value_place(n, str_of(settings[n].preset[preset]));

    assert(place >= 0);
    return (uint32_t)place;
}

bool policy_preset(struct policy *out, struct str name)
{
    for (int preset = PRESET_WORKSPACE; preset <= PRESET_RFC; preset++) {
        if (!str_eq(name, str_of(presets[preset])))
            continue;
        *out = (struct policy){.preset = preset};
        for (enum policy_name n = 0; n < POLICY_COUNT; n++)
            out->value[n] = preset_value(n, preset);
        return true;
    }
    return false;
}

const char *policy_preset_name(const struct policy *p)
{
    return presets[p->preset];
}

const char *policy_setting_name(enum policy_name n)
{
    return settings[n].name;
}

const char *policy_setting_values(enum policy_name n)
{
    return settings[n].values;
}

const char *policy_setting_meaning(enum policy_name n)
{
    return settings[n].meaning;
}

const char *policy_setting_value(const struct policy *p, enum policy_name n, struct arena *a)
{
    struct buf b;

    buf_init(&b, a);
    put_value(&b, n, p->value[n]);
    return buf_cstr(&b);
}

const char *policy_setting_default(const struct policy *p, enum policy_name n, struct arena *a)
{
    struct buf b;

    buf_init(&b, a);
    put_value(&b, n, preset_value(n, (int)p->preset));
    return buf_cstr(&b);
}

static int find_setting(struct str name)
{
    for (int n = 0; n < POLICY_COUNT; n++)
        if (str_eq(name, str_of(settings[n].name)))
            return n;
    return -1;
}

bool policy_is_setting(struct str name)
{
    return str_eq(name, STR_LIT("preset")) || find_setting(name) >= 0;
}

bool policy_set(struct policy *p, struct str name, struct str value, struct error *e)
{
    if (str_eq(name, STR_LIT("preset"))) {
        if (policy_preset(p, value))
            return true;
        error_set(e, ERR_SETTING_VALUE, name, value, STR_LIT(PRESET_WORDS));
        return false;
    }
    int n = find_setting(name);
    if (n < 0) {
        error_set(e, ERR_SETTING_UNKNOWN, name);
        return false;
    }
    long long place =
        value.p == NULL ? preset_value((enum policy_name)n, (int)p->preset) : value_place((enum policy_name)n, value);
    if (place < 0) {
        error_set(e, ERR_SETTING_VALUE, name, value, str_of(settings[n].values));
        return false;
    }
    p->value[n] = (uint32_t)place;
    return true;
}

void policy_write(struct buf *out, const struct policy *p)
{
    buf_printf(out, "preset=%s\n", presets[p->preset]);
    for (enum policy_name n = 0; n < POLICY_COUNT; n++) {
        if (p->value[n] == preset_value(n, (int)p->preset))
            continue;
        buf_printf(out, "%s=", settings[n].name);
        put_value(out, n, p->value[n]);
        buf_putc(out, '\n');
    }
}

void policy_read(struct policy *out, struct str text)
{
    bool found = policy_preset(out, STR_LIT("workspace"));

    assert(found);
    (void)found;
    while (text.len > 0) {
        size_t end = str_find(text, '\n', 0);
        struct str line = str_sub(text, 0, end);
        size_t equals = str_find(line, '=', 0);
        struct error ignored = ERROR_INIT;

        if (equals < line.len)
            policy_set(out, str_sub(line, 0, equals), str_sub(line, equals + 1, line.len), &ignored);
        text = str_sub(text, end < text.len ? end + 1 : end, text.len);
    }
}

enum role_base policy_default_type(const struct policy *p)
{
    static const enum role_base types[] = {ROLE_MEMBER, ROLE_VIEWER, ROLE_GUEST};

    return types[p->value[POLICY_DEFAULT_TYPE]];
}

uint32_t policy_log_days(const struct policy *p)
{
    return p->value[POLICY_LOG_DAYS] + 1;
}

struct resource_options policy_options(const struct policy *p)
{
    return (struct resource_options){.reject_unknown = p->value[POLICY_UNKNOWN_ATTRIBUTES] == UNKNOWN_REJECT,
                                     .unmatched = (enum unmatched)p->value[POLICY_UNMATCHED_PATH]};
}

/* --- e-mail addresses --- */

#define EMAIL_MAX 254 /* RFC 5321 4.5.3.1.3 less the angle brackets */
#define LOCAL_MAX 64
#define LABEL_MAX 63

/* White space and controls, ASCII and not. */
static bool is_blank(uint32_t c)
{
    return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0x1680 || (c >= 0x2000 && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202f) || c == 0x205f || c == 0x3000 || c == 0xfeff;
}

static bool has_blank(struct str s)
{
    uint32_t c;

    for (size_t at = 0; at < s.len;) {
        at += utf8_next(str_sub(s, at, s.len), &c);
        if (is_blank(c))
            return true;
    }
    return false;
}

/* A label of a domain: letters, digits and hyphens inside; characters past ASCII belong to internationalised names. */
static bool label_ok(struct str label)
{
    if (label.len == 0 || label.len > LABEL_MAX || label.p[0] == '-' || label.p[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++) {
        unsigned char c = (unsigned char)label.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c >= 0x80))
            return false;
    }
    return true;
}

static bool domain_ok(struct str domain)
{
    size_t labels = 0;

    for (size_t from = 0, to; from <= domain.len; from = to + 1, labels++) {
        to = str_find(domain, '.', from);
        if (!label_ok(str_sub(domain, from, to)))
            return false;
    }
    return labels >= 2;
}

/* What is wrong with s as an address, or NULL. Quoted local parts and comments are not taken: nobody signs in by one. */
static const char *email_fault(struct str s)
{
    size_t at = str_find(s, '@', 0);

    if (s.len > EMAIL_MAX)
        return "it has more than 254 bytes";
    if (has_blank(s))
        return "it has a space or a control character";
    if (at == s.len)
        return "it has no @";
    if (str_find(s, '@', at + 1) < s.len)
        return "it has more than one @";
    if (at == 0)
        return "there is nothing before the @";
    if (at > LOCAL_MAX)
        return "there are more than 64 bytes before the @";
    for (size_t i = 0; i < at; i++)
        if (strchr("()<>[]\\,;:\"", s.p[i]) != NULL)
            return "it has a character before the @ that addresses do not have";
    if (!domain_ok(str_sub(s, at + 1, s.len)))
        return "what follows the @ is no domain name";
    return NULL;
}

/* --- the rules about users --- */

struct judging {
    const struct policy *policy;
    struct json_object *resource, *before;
    struct arena *arena;
    struct error *error;
};

/* The first control character of a name. */
static enum precis_verdict find_control(struct str name, struct precis_fault *out)
{
    struct precis_fault here = {.position = 1};

    for (size_t at = 0; at < name.len; here.position++) {
        at += utf8_next(str_sub(name, at, name.len), &here.character);
        if (here.character < 0x20 || (here.character >= 0x7f && here.character < 0xa0)) {
            *out = here;
            return PRECIS_CHARACTER;
        }
    }
    return PRECIS_FINE;
}

static bool judge_user_name_characters(struct judging *j, struct str name)
{
    static const enum error_code codes[] = {
        [PRECIS_CHARACTER] = ERR_USERNAME_BAD_CHARACTER, [PRECIS_DIRECTION] = ERR_USERNAME_DIRECTION};
    struct precis_fault fault;
    enum precis_verdict verdict = j->policy->value[POLICY_USERNAME_CHARACTERS] == USERNAME_ANY
                                      ? find_control(name, &fault)
                                      : precis_judge_username(j->arena, name, &fault);

    if (verdict == PRECIS_FINE)
        return true;
    error_set(j->error, codes[verdict], str_of(arena_printf(j->arena, "U+%04X", (unsigned)fault.character)),
              str_of(arena_printf(j->arena, "%zu", fault.position)));
    return false;
}

static bool judge_user_name(struct judging *j)
{
    struct str name = json_text(j->resource, "userName");

    if (name.p == NULL || (j->before != NULL && str_eq(name, json_text(j->before, "userName"))))
        return true;
    if (j->policy->value[POLICY_USERNAME_EMAIL] == POLICY_ON && email_fault(name) != NULL) {
        error_set(j->error, ERR_USERNAME_NOT_EMAIL, name);
        return false;
    }
    return judge_user_name_characters(j, name);
}

/* Whether the user had this address before. */
static bool had_email(const struct judging *j, struct str address)
{
    struct json_object *emails = json_member(j->before, "emails");
    size_t n = emails == NULL ? 0 : json_object_array_length(emails);

    for (size_t i = 0; i < n; i++)
        if (str_eq(address, json_text(json_object_array_get_idx(emails, i), "value")))
            return true;
    return false;
}

static bool judge_email(struct judging *j, struct json_object *email)
{
    struct str address = json_text(email, "value");

    if (address.p == NULL)
        return true;
    struct str lower = utf8_lower(j->arena, address);
    const char *fault = email_fault(lower);
    bool is_lower = str_eq(lower, address);
    if ((is_lower && fault == NULL) || had_email(j, address))
        return true;
    if (!is_lower) {
        if (j->policy->value[POLICY_EMAIL_CASE] == EMAIL_REJECT) {
            error_set(j->error, ERR_EMAIL_NOT_LOWERCASE, address);
            return false;
        }
        json_put_member(email, "value", json_object_new_string_len(lower.p, (int)lower.len));
    }
    if (fault == NULL || had_email(j, lower))
        return true;
    error_set(j->error, ERR_EMAIL_MALFORMED, lower, str_of(fault));
    return false;
}

static bool judge_emails(struct judging *j)
{
    struct json_object *emails = json_member(j->resource, "emails");
    size_t n = emails == NULL ? 0 : json_object_array_length(emails);

    if (j->policy->value[POLICY_EMAIL_CASE] == EMAIL_KEEP)
        return true;
    for (size_t i = 0; i < n; i++)
        if (!judge_email(j, json_object_array_get_idx(emails, i)))
            return false;
    return true;
}

/* One part of a name; path names it in the error, with its characters counted from 1. */
static bool judge_name_part(struct judging *j, const char *path, struct str name, struct str before)
{
    size_t position = 0;
    uint32_t c;

    if (name.p == NULL || (before.p != NULL && str_eq(name, before)))
        return true;
    for (size_t at = 0, len; at < name.len; at += len) {
        position++;
        len = utf8_next(str_sub(name, at, name.len), &c);
        if (utf8_is_name_char(c))
            continue;
        const char *what =
            is_blank(c) ? arena_printf(j->arena, "U+%04X", (unsigned)c) : arena_strndup(j->arena, name.p + at, len);
        const char *where = arena_printf(j->arena, "%zu", position);
        error_set(j->error, ERR_NAME_BAD_CHARACTER, str_of(path), str_of(what), str_of(where));
        return false;
    }
    return true;
}

static bool judge_names(struct judging *j)
{
    struct json_object *name = json_member(j->resource, "name"), *before = json_member(j->before, "name");

    if (j->policy->value[POLICY_NAME_CHARACTERS] == NAME_ANY)
        return true;
    if (!judge_name_part(j, "displayName", json_text(j->resource, "displayName"), json_text(j->before, "displayName")))
        return false;
    if (name == NULL || !json_object_is_type(name, json_type_object))
        return true;
    json_object_object_foreach(name, part, value)
    {
        if (json_object_is_type(value, json_type_string) &&
            !judge_name_part(j, arena_printf(j->arena, "name.%s", part), json_str(value), json_text(before, part)))
            return false;
    }
    return true;
}

/* An attribute whose values are names of a table, where the setting is on. */
static bool judge_known(struct judging *j, enum policy_name setting, const char *attribute,
                        bool (*is_known)(struct str name), enum error_code code)
{
    struct str name = json_text(j->resource, attribute);

    if (j->policy->value[setting] != POLICY_ON || name.p == NULL || str_eq(name, json_text(j->before, attribute)) ||
        is_known(name))
        return true;
    error_set(j->error, code, name);
    return false;
}

static bool judge_regional(struct judging *j)
{
    return judge_known(j, POLICY_CHECK_LOCALE, "locale", regional_has_locale, ERR_LOCALE_UNKNOWN) &&
           judge_known(j, POLICY_CHECK_TIMEZONE, "timezone", regional_has_timezone, ERR_TIMEZONE_UNKNOWN);
}

bool policy_judge_user(const struct policy *p, struct json_object *resource, struct json_object *before,
                       struct arena *a, struct error *e)
{
    struct judging j = {.policy = p, .resource = resource, .before = before, .arena = a, .error = e};

    return judge_user_name(&j) && judge_emails(&j) && judge_names(&j) && judge_regional(&j);
}
