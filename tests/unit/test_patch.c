/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "roster/scim/patch.h"

#include <stdio.h>
#include <stdlib.h>

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define EXT         "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

/* JSON in these tables has ' for ": it is read more easily. */
static struct str quoted(struct arena *a, const char *s)
{
    char *copy = arena_strdup(a, s);

    for (char *p = copy; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    return str_of(copy);
}

static struct json_object *read_json(struct arena *a, struct str text)
{
    struct error e = ERROR_INIT;
    struct json_object *v = json_read(a, text, &e);

    if (v == NULL)
        printf("# not JSON: %.*s: %s\n", (int)text.len, text.p, e.sentence);
    return v;
}

static struct str json_printed(struct arena *a, struct json_object *v)
{
    struct buf b;

    buf_init(&b, a);
    json_write(&b, v);
    return buf_view(&b);
}

static struct str message(struct arena *a, struct str operations)
{
    return str_of(
        arena_printf(a, "{\"schemas\":[\"" URN_PATCH "\"],\"Operations\":%.*s}", (int)operations.len, operations.p));
}

/* "add a,b; remove c; replace; remove_if [filter]" */
static struct str changes_text(struct arena *a, const struct member_change *changes, size_t n)
{
    static const char *const names[] = {"add", "remove", "remove_if", "replace"};
    struct buf b;

    buf_init(&b, a);
    for (size_t i = 0; i < n; i++) {
        const struct member_change *c = &changes[i];

        buf_puts(&b, i == 0 ? "" : "; ");
        buf_puts(&b, names[c->op]);
        for (size_t j = 0; c->values != NULL && j < json_object_array_length(c->values); j++) {
            buf_putc(&b, j == 0 ? ' ' : ',');
            buf_str(&b, json_str(json_member(json_object_array_get_idx(c->values, j), "value")));
        }
        if (c->filter != NULL) {
            buf_putc(&b, ' ');
            filter_print(&b, c->filter);
        }
    }
    return buf_view(&b);
}

struct outcome {
    struct error error;
    struct json_object *resource;
    struct str members, password;
};

/* Applies the message twice, to two copies: the second must not see what the first did. */
static struct outcome run(struct arena *a, const struct resource_type *type, struct str resource, struct str operations,
                          bool reject_unknown)
{
    struct resource_options options = {.reject_unknown = reject_unknown};
    struct outcome out = {.error = ERROR_INIT};
    struct json_object *before = read_json(a, resource), *body = read_json(a, message(a, operations)), *again;
    struct member_change *changes = NULL;
    struct patch *p;
    size_t n = 0;

    CHECK(before != NULL && body != NULL);
    if (before == NULL || body == NULL)
        return out;
    p = patch_parse(type, body, &options, a, &out.error);
    if (p == NULL)
        return out;
    out.resource = json_own(a, json_clone(before));
    if (!patch_apply(p, type, out.resource, a, &changes, &n, &out.error))
        return out;
    again = json_own(a, json_clone(before));
    CHECK(patch_apply(p, type, again, a, NULL, NULL, &out.error));
    CHECK(json_object_equal(again, out.resource));
    CHECK_STR(json_printed(a, body), json_printed(a, read_json(a, message(a, operations))));
    out.members = changes_text(a, changes, n);
    out.password = patch_password(p) == NULL ? STR_NULL : json_str(patch_password(p));
    return out;
}

static bool check_applied(const struct resource_type *type, struct str resource, struct str operations,
                          struct str expected, struct str members)
{
    struct arena *a = arena_new(0);
    struct outcome out = run(a, type, resource, operations, false);
    struct json_object *wanted = read_json(a, expected);
    bool ok = CHECK_INT(out.error.code, ERR_NONE);

    if (!ok)
        printf("# %s\n", out.error.sentence);
    else if (!json_object_equal(out.resource, wanted))
        ok = CHECK_STR(json_printed(a, out.resource), json_printed(a, wanted));
    ok &= CHECK_STR(out.members, members);
    if (!ok)
        printf("# operations: %.*s\n", (int)operations.len, operations.p);
    arena_free(&a);
    return ok;
}

static void check_refused(const struct resource_type *type, struct str resource, struct str operations,
                          enum error_code code, size_t operation)
{
    struct arena *a = arena_new(0);
    struct outcome out = run(a, type, resource, operations, false);
    const char *where = arena_printf(a, "Operation %zu:", operation);
    bool ok = CHECK_INT(out.error.code, code);

    if (operation > 0)
        ok &= CHECK(strncmp(out.error.sentence, where, strlen(where)) == 0);
    if (!ok)
        printf("# operations: %.*s\n# %s\n", (int)operations.len, operations.p, out.error.sentence);
    arena_free(&a);
}

/* --- users --- */

struct applied {
    const char *resource, *operations;
    const char *expected; /* NULL: nothing changes */
};

static void check_users(const struct applied *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct arena *a = arena_new(0);

        check_applied(&resource_type_user, quoted(a, cases[i].resource), quoted(a, cases[i].operations),
                      quoted(a, cases[i].expected != NULL ? cases[i].expected : cases[i].resource), STR_LIT(""));
        arena_free(&a);
    }
}

#define TWO "'emails':[{'value':'a','type':'work','primary':true},{'value':'b','type':'home'}]"

static void single_values(void)
{
    static const struct applied cases[] = {
        {"{'userName':'u'}", "[{'op':'add','path':'title','value':'x'}]", "{'userName':'u','title':'x'}"},
        {"{'userName':'u','title':'x'}", "[{'op':'add','path':'title','value':'y'}]", "{'userName':'u','title':'y'}"},
        {"{'userName':'u','title':'x'}", "[{'op':'replace','path':'title','value':'y'}]",
         "{'userName':'u','title':'y'}"},
        {"{'userName':'u','title':'x'}", "[{'op':'remove','path':'title'}]", "{'userName':'u'}"},
        {"{'userName':'u'}", "[{'op':'remove','path':'title'}]", NULL},
        {"{'userName':'u'}", "[{'op':'replace','path':'externalId','value':'e'}]", "{'userName':'u','externalId':'e'}"},
        {"{'userName':'u','externalId':'e'}", "[{'op':'remove','path':'externalId'}]", "{'userName':'u'}"},
        /* trap 1: names without regard to case, the canonical ones are kept */
        {"{'userName':'u'}", "[{'op':'add','path':'NICKNAME','value':'x'}]", "{'userName':'u','nickName':'x'}"},
        {"{'userName':'u'}", "[{'op':'add','value':{'nickname':'x'}}]", "{'userName':'u','nickName':'x'}"},
        /* trap 38: replace of what is not there adds */
        {"{'userName':'u'}", "[{'op':'replace','path':'title','value':'y'}]", "{'userName':'u','title':'y'}"},
        /* trap 42: op and the message's names without regard to case */
        {"{'userName':'u','active':true}", "[{'OP':'Replace','Path':'active','Value':false}]",
         "{'userName':'u','active':false}"},
        {"{'userName':'u','title':'x'}", "[{'op':'REMOVE','path':'title','name':'ignored'}]", "{'userName':'u'}"},
        /* trap 45: booleans as strings, "" and null unassign */
        {"{'userName':'u','active':true}", "[{'op':'Replace','path':'active','value':'False'}]",
         "{'userName':'u','active':false}"},
        {"{'userName':'u','title':'x','nickName':'y'}",
         "[{'op':'Replace','path':'title','value':''},{'op':'Add','path':'nickName','value':null}]",
         "{'userName':'u'}"},
        /* dialect: a single value in an array */
        {"{'userName':'u'}", "[{'op':'add','path':'title','value':['x']}]", "{'userName':'u','title':'x'}"},
        {"{'userName':'u','title':'x'}", "[{'op':'replace','path':'title','value':[]}]", "{'userName':'u'}"},
        /* an empty path is none */
        {"{'userName':'u'}", "[{'op':'replace','path':'','value':{'title':'x'}}]", "{'userName':'u','title':'x'}"},
        {"{'userName':'u'}", "[{'op':'add','path':' title ','value':'x'}]", "{'userName':'u','title':'x'}"},
    };

    check_users(cases, COUNT(cases));
}

static void trap_36_equal_values_change_nothing(void)
{
    static const struct applied cases[] = {
        {"{'userName':'u','title':'x'}", "[{'op':'add','path':'title','value':'x'}]", NULL},
        {"{'userName':'u','active':true}", "[{'op':'replace','value':{'active':'True'}}]", NULL},
        {"{'userName':'u'," TWO "}", "[{'op':'add','path':'emails','value':[{'value':'b','type':'home'}]}]", NULL},
        {"{'userName':'u'," TWO "}",
         "[{'op':'add','path':'emails','value':[{'type':'home','value':'b'},"
         "{'primary':true,'type':'work','value':'a'}]}]",
         NULL},
        {"{'userName':'u'," TWO "}", "[{'op':'add','path':'emails','value':{'value':'B','type':'HOME'}}]", NULL},
        {"{'userName':'u'," TWO "}",
         "[{'op':'add','path':'emails','value':[{'value':'b','type':'home','primary':false}]}]", NULL},
        {"{'userName':'u'," TWO "}",
         "[{'op':'replace','path':'emails','value':[{'primary':true,'type':'work',"
         "'value':'a'},{'value':'b','type':'home'}]}]",
         NULL},
        {"{'userName':'u'," TWO "}", "[{'op':'add','path':'emails[type eq \\'work\\']','value':{'value':'a'}}]", NULL},
        {"{'userName':'u'," TWO "}", "[{'op':'add','path':'emails','value':[]}]", NULL},
        /* an add takes nothing away: it removed all values */
        {"{'userName':'u'," TWO "}", "[{'op':'add','path':'emails','value':null}]", NULL},
        {"{'userName':'u'," TWO "}", "[{'op':'add','path':'emails','value':''}]", NULL},
        {"{'userName':'u'," TWO "}", "[{'op':'add','value':{'emails':null}}]", NULL},
        {"{'userName':'u','addresses':[{'locality':'X','country':'DE'}]}",
         "[{'op':'add','path':'addresses','value':[{'country':'DE','locality':'X'}]}]", NULL},
        {"{'userName':'u','name':{'givenName':'G'}}", "[{'op':'add','path':'name','value':{}}]", NULL},
        {"{'userName':'u'}", "[{'op':'add','value':{}}]", NULL},
    };

    check_users(cases, COUNT(cases));
}

static void trap_35_filters_that_match_nothing(void)
{
    static const struct applied cases[] = {
        {"{'userName':'u'," TWO "}", "[{'op':'remove','path':'emails[type eq \\'other\\']'}]", NULL},
        {"{'userName':'u'}", "[{'op':'remove','path':'emails[type eq \\'other\\']'}]", NULL},
        {"{'userName':'u'}", "[{'op':'remove','path':'emails[type eq \\'other\\'].value'}]", NULL},
        {"{'userName':'u'," TWO "}", "[{'op':'replace','path':'emails[type eq \\'other\\'].value','value':''}]", NULL},
        /* the element is made from the eq terms (Entra ID), beside the others and as the first one */
        {"{'userName':'u','phoneNumbers':[{'value':'1','type':'mobile'}]}",
         "[{'op':'Replace','path':'phoneNumbers[type eq \\'work\\'].value','value':'+1 555'}]",
         "{'userName':'u','phoneNumbers':[{'value':'1','type':'mobile'},{'type':'work','value':'+1 555'}]}"},
        {"{'userName':'u'}", "[{'op':'Add','path':'addresses[type eq \\'work\\'].formatted','value':'1111 Street Rd'}]",
         "{'userName':'u','addresses':[{'type':'work','formatted':'1111 Street Rd'}]}"},
        {"{'userName':'u'}", "[{'op':'add','path':'emails[type eq \\'work\\']','value':{'value':'x','display':'d'}}]",
         "{'userName':'u','emails':[{'type':'work','value':'x','display':'d'}]}"},
        {"{'userName':'u'}", "[{'op':'replace','path':'emails[type eq \\'work\\']','value':'x'}]",
         "{'userName':'u','emails':[{'type':'work','value':'x'}]}"},
        {"{'userName':'u','roles':[{'value':'r','primary':false}]}",
         "[{'op':'replace','path':'roles[primary eq \\'True\\'].value','value':'Admin'}]",
         "{'userName':'u','roles':[{'value':'r','primary':false},{'value':'Admin','primary':true}]}"},
        {"{'userName':'u'," TWO "}",
         "[{'op':'add','path':'emails[type eq \\'other\\' and primary eq true].value','value':'c'}]",
         "{'userName':'u','emails':[{'value':'a','type':'work','primary':false},{'value':'b','type':'home'},"
         "{'value':'c','type':'other','primary':true}]}"},
    };

    check_users(cases, COUNT(cases));
}

/* What a filter says becomes a value only where that may be one; a value that is there keeps its own. */
static void values_of_filters_are_judged(void)
{
    static const struct applied kept[] = {
        {"{'userName':'u'," TWO "}", "[{'op':'replace','path':'emails[type eq \\'WORK\\']','value':{'value':'c'}}]",
         "{'userName':'u','emails':[{'type':'work','value':'c'},{'value':'b','type':'home'}]}"},
    };
    static const char *const refused[] = {
        "[{'op':'replace','path':'x509Certificates[value eq \\'not base64 %%%\\'].display','value':'d'}]",
        "[{'op':'add','path':'x509Certificates[value eq \\'not base64 %%%\\']','value':{'display':'d'}}]",
    };

    check_users(kept, COUNT(kept));
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct arena *a = arena_new(0);

        check_refused(&resource_type_user, STR_LIT("{\"userName\":\"u\"}"), quoted(a, refused[i]), ERR_PATCH_NO_TARGET,
                      1);
        arena_free(&a);
    }
}

/* By the account's policy: which operations make a value, and which have no target. */
static void trap_35_as_the_policy_says(void)
{
    static const struct {
        const char *operation;
        bool made[3]; /* by enum unmatched */
    } cases[] = {
        {"{'op':'add','path':'emails[type eq \\'work\\'].value','value':'x'}", {true, true, false}},
        {"{'op':'add','path':'emails[type eq \\'work\\']','value':{'value':'x'}}", {true, true, false}},
        {"{'op':'replace','path':'emails[type eq \\'work\\'].value','value':'x'}", {true, false, false}},
        {"{'op':'replace','path':'emails[type eq \\'work\\']','value':{'value':'x'}}", {true, false, false}},
        {"{'op':'replace','value':{'emails[type eq \\'work\\'].value':'x'}}", {true, false, false}},
        /* what matches, or selects nothing, or removes, has nothing to do with it */
        {"{'op':'replace','path':'emails[type eq \\'home\\'].value','value':'x'}", {true, true, true}},
        {"{'op':'replace','path':'phoneNumbers.value','value':'x'}", {true, true, true}},
        {"{'op':'remove','path':'emails[type eq \\'work\\']'}", {true, true, true}},
        {"{'op':'replace','path':'emails[type eq \\'work\\'].value','value':null}", {true, true, true}},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        for (int unmatched = UNMATCHED_CREATE; unmatched <= UNMATCHED_REFUSE; unmatched++) {
            struct arena *a = arena_new(0);
            struct resource_options o = {.unmatched = (enum unmatched)unmatched};
            struct error e = ERROR_INIT;
            struct json_object *user =
                read_json(a, quoted(a, "{'userName':'u','emails':[{'value':'h','type':'home'}]}"));
            struct str text = quoted(a, arena_printf(a, "[%s]", cases[i].operation));
            struct patch *p = patch_parse(&resource_type_user, read_json(a, message(a, text)), &o, a, &e);

            CHECK_FATAL(p != NULL);
            if (!CHECK_INT(patch_apply(p, &resource_type_user, user, a, NULL, NULL, &e), cases[i].made[unmatched]) ||
                !CHECK_INT(e.code, cases[i].made[unmatched] ? ERR_NONE : ERR_PATCH_NO_TARGET))
                printf("# %s\n", cases[i].operation);
            arena_free(&a);
        }
    }
}

static void trap_37_one_primary(void)
{
    static const struct applied cases[] = {
        {"{'userName':'u'," TWO "}", "[{'op':'add','path':'emails','value':[{'value':'c','primary':true}]}]",
         "{'userName':'u','emails':[{'value':'a','type':'work','primary':false},{'value':'b','type':'home'},"
         "{'value':'c','primary':true}]}"},
        {"{'userName':'u'," TWO "}", "[{'op':'replace','path':'emails[type eq \\'home\\'].primary','value':'True'}]",
         "{'userName':'u','emails':[{'value':'a','type':'work','primary':false},{'value':'b','type':'home',"
         "'primary':true}]}"},
        {"{'userName':'u'," TWO "}",
         "[{'op':'replace','path':'emails[value eq \\'b\\']','value':{'value':'c','primary':true}}]",
         "{'userName':'u','emails':[{'value':'a','type':'work','primary':false},{'value':'c','primary':true}]}"},
        {"{'userName':'u'," TWO "}",
         "[{'op':'add','path':'emails','value':[{'value':'b','type':'home','primary':true}]}]",
         "{'userName':'u','emails':[{'value':'a','type':'work','primary':false},{'value':'b','type':'home',"
         "'primary':true}]}"},
        /* several match: one after the other, so the last one has it */
        {"{'userName':'u'," TWO "}", "[{'op':'replace','path':'emails.primary','value':true}]",
         "{'userName':'u','emails':[{'value':'a','type':'work','primary':false},{'value':'b','type':'home',"
         "'primary':true}]}"},
        {"{'userName':'u'," TWO "}", "[{'op':'add','path':'emails[value pr]','value':{'primary':true}}]",
         "{'userName':'u','emails':[{'value':'a','type':'work','primary':false},{'value':'b','type':'home',"
         "'primary':true}]}"},
        {"{'userName':'u'," TWO "}", "[{'op':'replace','path':'emails[type eq \\'work\\'].primary','value':false}]",
         "{'userName':'u','emails':[{'value':'a','type':'work','primary':false},{'value':'b','type':'home'}]}"},
    };

    check_users(cases, COUNT(cases));
}

static void trap_38_replace(void)
{
    static const struct applied cases[] = {
        /* complex: the others stay */
        {"{'userName':'u','name':{'givenName':'G','familyName':'F'}}",
         "[{'op':'replace','path':'name','value':{'givenName':'H','middleName':null}}]",
         "{'userName':'u','name':{'givenName':'H','familyName':'F'}}"},
        {"{'userName':'u','name':{'givenName':'G','middleName':'M'}}",
         "[{'op':'replace','path':'name','value':{'GIVENNAME':'H','middleName':''}}]",
         "{'userName':'u','name':{'givenName':'H'}}"},
        {"{'userName':'u','name':{'givenName':'G','familyName':'F'}}",
         "[{'op':'replace','path':'name.givenName','value':'H'}]",
         "{'userName':'u','name':{'givenName':'H','familyName':'F'}}"},
        {"{'userName':'u'}", "[{'op':'replace','path':'name.givenName','value':'H'}]",
         "{'userName':'u','name':{'givenName':'H'}}"},
        {"{'userName':'u','name':{'givenName':'G','familyName':'F'}}", "[{'op':'replace','path':'name','value':null}]",
         "{'userName':'u'}"},
        {"{'userName':'u','name':{'givenName':'G'}}", "[{'op':'remove','path':'name.givenName'}]", "{'userName':'u'}"},
        /* multi-valued without filter: all */
        {"{'userName':'u'," TWO "}", "[{'op':'replace','path':'emails','value':[{'value':'c'}]}]",
         "{'userName':'u','emails':[{'value':'c'}]}"},
        {"{'userName':'u'," TWO "}", "[{'op':'replace','path':'emails','value':{'value':'c'}}]",
         "{'userName':'u','emails':[{'value':'c'}]}"},
        {"{'userName':'u'," TWO "}", "[{'op':'replace','path':'emails','value':'c'}]",
         "{'userName':'u','emails':[{'value':'c'}]}"},
        {"{'userName':'u'," TWO "}", "[{'op':'replace','path':'emails','value':[]}]", "{'userName':'u'}"},
        {"{'userName':'u'," TWO "}", "[{'op':'replace','path':'emails','value':null}]", "{'userName':'u'}"},
        /* with filter: every value that matches; what the filter says of it stays */
        {"{'userName':'u','emails':[{'value':'a','type':'work','display':'A'},{'value':'b','type':'work'},"
         "{'value':'c','type':'home'}]}",
         "[{'op':'replace','path':'emails[type eq \\'work\\']','value':{'value':'x'}}]",
         "{'userName':'u','emails':[{'value':'x','type':'work'},{'value':'x','type':'work'},{'value':'c','type':'home'}"
         "]}"},
        {"{'userName':'u','addresses':[{'type':'work','locality':'L','streetAddress':'S'}]}",
         "[{'op':'replace','path':'addresses[type eq "
         "\\'work\\']','value':{'type':'work','streetAddress':'T','primary':true}}]",
         "{'userName':'u','addresses':[{'type':'work','streetAddress':'T','primary':true}]}"},
        {"{'userName':'u','emails':[{'value':'a','type':'work','primary':true}]}",
         "[{'op':'replace','path':'emails[type eq \\'work\\']','value':'x'}]",
         "{'userName':'u','emails':[{'value':'x','type':'work','primary':true}]}"},
        {"{'userName':'u','emails':[{'value':'a','type':'work'},{'value':'b','type':'work'},{'value':'c'}]}",
         "[{'op':'replace','path':'emails[type eq \\'work\\'].display','value':'D'}]",
         "{'userName':'u','emails':[{'value':'a','type':'work','display':'D'},{'value':'b','type':'work','display':'D'}"
         ","
         "{'value':'c'}]}"},
        {"{'userName':'u'," TWO "}", "[{'op':'replace','path':'emails[type eq \\'work\\']','value':null}]",
         "{'userName':'u','emails':[{'value':'b','type':'home'}]}"},
        /* a sub-attribute without filter: of all values, of a new one where there is none */
        {"{'userName':'u','emails':[{'value':'a'},{'value':'b'}]}",
         "[{'op':'replace','path':'emails.type','value':'work'}]",
         "{'userName':'u','emails':[{'value':'a','type':'work'},{'value':'b','type':'work'}]}"},
        {"{'userName':'u'}", "[{'op':'add','path':'emails.value','value':'a'}]",
         "{'userName':'u','emails':[{'value':'a'}]}"},
        /* add through a filter merges */
        {"{'userName':'u'," TWO "}", "[{'op':'add','path':'emails[type eq \\'home\\']','value':{'display':'D'}}]",
         "{'userName':'u','emails':[{'value':'a','type':'work','primary':true},{'value':'b','type':'home','display':'D'"
         "}]}"},
        {"{'userName':'u'," TWO "}",
         "[{'op':'add','path':'emails','value':[{'value':'b','type':'home','display':'D'}]}]",
         "{'userName':'u','emails':[{'value':'a','type':'work','primary':true},{'value':'b','type':'home','display':'D'"
         "}]}"},
        {"{'userName':'u','emails':[{'value':'a','type':'work'}]}",
         "[{'op':'add','path':'emails','value':[{'value':'a','type':'home'},{'value':'a','type':'home'}]}]",
         "{'userName':'u','emails':[{'value':'a','type':'work'},{'value':'a','type':'home'}]}"},
    };

    check_users(cases, COUNT(cases));
}

static void trap_39_remove(void)
{
    static const struct applied cases[] = {
        {"{'userName':'u'," TWO "}", "[{'op':'remove','path':'emails'}]", "{'userName':'u'}"},
        {"{'userName':'u'," TWO "}", "[{'op':'remove','path':'emails[type eq \\'work\\']'}]",
         "{'userName':'u','emails':[{'value':'b','type':'home'}]}"},
        {"{'userName':'u'," TWO "}", "[{'op':'remove','path':'emails[value pr]'}]", "{'userName':'u'}"},
        {"{'userName':'u'," TWO "}", "[{'op':'remove','path':'emails[type eq \\'work\\'].primary'}]",
         "{'userName':'u','emails':[{'value':'a','type':'work'},{'value':'b','type':'home'}]}"},
        {"{'userName':'u'," TWO "}", "[{'op':'remove','path':'emails.type'}]",
         "{'userName':'u','emails':[{'value':'a','primary':true},{'value':'b'}]}"},
        {"{'userName':'u','emails':[{'value':'a'}]}", "[{'op':'remove','path':'emails[value eq \\'a\\'].value'}]",
         "{'userName':'u'}"},
        /* the RFC's own: a value path with two terms */
        {"{'userName':'u','emails':[{'value':'a@example.com','type':'work'},{'value':'a@x.org','type':'work'}]}",
         "[{'op':'remove','path':'emails[type eq \\'work\\' and value ew \\'example.com\\']'}]",
         "{'userName':'u','emails':[{'value':'a@x.org','type':'work'}]}"},
        {"{'userName':'u','name':{'givenName':'G'}}", "[{'op':'remove','path':'name'}]", "{'userName':'u'}"},
    };

    check_users(cases, COUNT(cases));
}

static void trap_40_without_path(void)
{
    static const struct applied cases[] = {
        {"{'userName':'u','active':true}", "[{'op':'replace','value':{'active':false}}]",
         "{'userName':'u','active':false}"},
        {"{'userName':'u'}",
         "[{'op':'replace','value':{'displayName':'D','name.givenName':'G','name.familyName':'F','" EXT
         ":employeeNumber':'7'}}]",
         "{'userName':'u','displayName':'D','name':{'givenName':'G','familyName':'F'},'" EXT
         "':{'employeeNumber':'7'}}"},
        {"{'userName':'u','name':{'givenName':'G'}}", "[{'op':'add','value':{'name':{'familyName':'F'}}}]",
         "{'userName':'u','name':{'givenName':'G','familyName':'F'}}"},
        {"{'userName':'u','" EXT "':{'department':'D'}}",
         "[{'op':'replace','value':{'" EXT "':{'employeeNumber':'7','manager':{'value':'m','displayName':'ignored'},"
         "'manager.$ref':'r'}}}]",
         "{'userName':'u','" EXT "':{'department':'D','employeeNumber':'7','manager':{'value':'m','$ref':'r'}}}"},
        {"{'userName':'u','" EXT "':{'department':'D'}}", "[{'op':'replace','value':{'" EXT "':null}}]",
         "{'userName':'u'}"},
        {"{'userName':'u'}",
         "[{'op':'add','value':{'urn:ietf:params:scim:schemas:core:2.0:User:title':'T',"
         "'urn:ietf:params:scim:schemas:core:2.0:User':{'locale':'de'}}}]",
         "{'userName':'u','title':'T','locale':'de'}"},
        {"{'userName':'u','emails':[{'value':'a'}]}",
         "[{'op':'add','value':{'emails':[{'value':'b'}],'nickname':'N'}}]",
         "{'userName':'u','emails':[{'value':'a'},{'value':'b'}],'nickName':'N'}"},
        {"{'userName':'u','emails':[{'value':'a'}]}", "[{'op':'replace','value':{'emails':[{'value':'b'}]}}]",
         "{'userName':'u','emails':[{'value':'b'}]}"},
        {"{'userName':'u'}", "[{'op':'replace','value':{'emails[type eq \\'work\\'].value':'a'}}]",
         "{'userName':'u','emails':[{'type':'work','value':'a'}]}"},
        {"{'userName':'u','title':'x'}", "[{'op':'replace','value':{'title':null,'nickName':''}}]", "{'userName':'u'}"},
        /* what is read-only or unknown is passed over, also inside */
        {"{'userName':'u'}",
         "[{'op':'replace','value':{'id':'i','schemas':['x'],'meta':{'version':'1'},'groups':[],"
         "'shoeSize':43,'name':{'nothing':1},'meta.version':'1'}}]",
         NULL},
        {"{'userName':'u'}", "[{'op':'add','value':{'" EXT "':{'managerId':'x'},'urn:example:x':{'y':1}}}]", NULL},
    };

    check_users(cases, COUNT(cases));
}

static void trap_41_paths(void)
{
    static const struct applied cases[] = {
        {"{'userName':'u'}", "[{'op':'add','path':'" EXT ":department','value':'D'}]",
         "{'userName':'u','" EXT "':{'department':'D'}}"},
        {"{'userName':'u'}", "[{'op':'add','path':'" EXT "','value':{'department':'D'}}]",
         "{'userName':'u','" EXT "':{'department':'D'}}"},
        {"{'userName':'u','" EXT "':{'department':'D'}}", "[{'op':'remove','path':'" EXT ":department'}]",
         "{'userName':'u'}"},
        {"{'userName':'u','" EXT "':{'department':'D'}}", "[{'op':'remove','path':'" EXT "'}]", "{'userName':'u'}"},
        {"{'userName':'u'}", "[{'op':'remove','path':'" EXT ":manager.value'}]", NULL},
        {"{'userName':'u'}",
         "[{'op':'add','path':'urn:ietf:params:scim:schemas:core:2.0:User:name.givenName','value':'G'}]",
         "{'userName':'u','name':{'givenName':'G'}}"},
        {"{'userName':'u'," TWO "}",
         "[{'op':'remove','path':'urn:ietf:params:scim:schemas:core:2.0:User:emails[value eq \\'a\\']'}]",
         "{'userName':'u','emails':[{'value':'b','type':'home'}]}"},
        {"{'userName':'u','emails':[{'value':'a]b'},{'value':'c'}]}",
         "[{'op':'remove','path':'emails[value eq \\'a]b\\']'}]", "{'userName':'u','emails':[{'value':'c'}]}"},
        {"{'userName':'u','emails':[{'value':'a'},{'value':'c'}]}",
         "[{'op':'remove','path':'emails[not (value eq \\'a\\') or display pr]'}]",
         "{'userName':'u','emails':[{'value':'a'}]}"},
        /* `schemas` follows from what is there */
        {"{'userName':'u'}", "[{'op':'add','path':'schemas','value':['" EXT "']}]", NULL},
    };

    check_users(cases, COUNT(cases));
}

static void trap_44_in_order(void)
{
    static const struct applied cases[] = {
        {"{'userName':'u'}", "[{'op':'remove','path':'userName'},{'op':'add','path':'userName','value':'v'}]",
         "{'userName':'v'}"},
        {"{'userName':'u'}",
         "[{'op':'add','path':'emails','value':[{'value':'a','type':'work'}]},"
         "{'op':'replace','path':'emails[type eq \\'work\\'].value','value':'b'},"
         "{'op':'add','path':'emails','value':[{'value':'c','primary':true}]},"
         "{'op':'remove','path':'emails[value eq \\'b\\']'}]",
         "{'userName':'u','emails':[{'value':'c','primary':true}]}"},
        {"{'userName':'u'}",
         "[{'op':'add','path':'title','value':'x'},{'op':'remove','path':'title'},"
         "{'op':'replace','path':'title','value':'y'}]",
         "{'userName':'u','title':'y'}"},
        /* two primary values are only wrong at the end */
        {"{'userName':'u'}",
         "[{'op':'add','path':'emails','value':[{'value':'a','primary':true},{'value':'b','primary':true}]},"
         "{'op':'remove','path':'emails[value eq \\'a\\']'}]",
         "{'userName':'u','emails':[{'value':'b','primary':true}]}"},
    };

    check_users(cases, COUNT(cases));
}

static void trap_45_entra(void)
{
    static const struct applied cases[] = {
        /* manager as a string, an object, an array; with the dotted URN; without one */
        {"{'userName':'u'}", "[{'op':'Add','path':'" EXT ":manager','value':'271'}]",
         "{'userName':'u','" EXT "':{'manager':{'value':'271'}}}"},
        {"{'userName':'u','" EXT "':{'manager':{'value':'1','$ref':'r1'}}}",
         "[{'op':'Replace','path':'" EXT ".manager','value':'271'}]",
         "{'userName':'u','" EXT "':{'manager':{'value':'271'}}}"},
        /* as SCIM 1.1 had it */
        {"{'userName':'u'}", "[{'op':'Add','path':'manager','value':{'managerId':'271','displayName':'M'}}]",
         "{'userName':'u','" EXT "':{'manager':{'value':'271'}}}"},
        {"{'userName':'u'}", "[{'op':'Add','path':'" EXT ":manager.managerId','value':'271'}]",
         "{'userName':'u','" EXT "':{'manager':{'value':'271'}}}"},
        {"{'userName':'u'}", "[{'op':'Add','path':'manager','value':[{'$ref':null,'value':'271'}]}]",
         "{'userName':'u','" EXT "':{'manager':{'value':'271'}}}"},
        {"{'userName':'u'}", "[{'op':'Add','path':'manager','value':[{'$ref':'r','value':'271'}]}]",
         "{'userName':'u','" EXT "':{'manager':{'value':'271','$ref':'r'}}}"},
        {"{'userName':'u','" EXT "':{'manager':{'value':'1','$ref':'r1'}}}",
         "[{'op':'Replace','path':'" EXT ":manager','value':{'$ref':'r2','value':'2'}}]",
         "{'userName':'u','" EXT "':{'manager':{'value':'2','$ref':'r2'}}}"},
        {"{'userName':'u','" EXT "':{'manager':{'value':'1','$ref':'r1'}}}",
         "[{'op':'Replace','path':'" EXT ":manager','value':{'value':'1'}}]", NULL},
        {"{'userName':'u','" EXT "':{'manager':{'value':'1'},'department':'D'}}",
         "[{'op':'Remove','path':'" EXT ":manager'}]", "{'userName':'u','" EXT "':{'department':'D'}}"},
        {"{'userName':'u','" EXT "':{'manager':{'value':'1','$ref':'r'}}}",
         "[{'op':'Replace','path':'" EXT ":manager','value':''}]", "{'userName':'u'}"},
        {"{'userName':'u','" EXT "':{'manager':{'value':'1','$ref':'r'}}}",
         "[{'op':'Replace','path':'manager','value':{'value':null}}]", "{'userName':'u'}"},
        {"{'userName':'u','" EXT "':{'manager':{'value':'1'}}}",
         "[{'op':'Replace','path':'" EXT ":manager','value':null}]", "{'userName':'u'}"},
        /* remove with a value removes, it does not set */
        {"{'userName':'u'," TWO "}", "[{'op':'Remove','path':'emails[type eq \\'work\\'].value','value':'a'}]",
         "{'userName':'u','emails':[{'type':'work','primary':true},{'value':'b','type':'home'}]}"},
        {"{'userName':'u','title':'x'}", "[{'op':'Remove','path':'title','value':'x'}]", "{'userName':'u'}"},
        {"{'userName':'u'," TWO "}", "[{'op':'Remove','path':'emails','value':[{'value':'A'}]}]",
         "{'userName':'u','emails':[{'value':'b','type':'home'}]}"},
        {"{'userName':'u'," TWO "}", "[{'op':'Remove','path':'emails','value':[{'value':'a','type':'home'}]}]", NULL},
        {"{'userName':'u'," TWO "}", "[{'op':'Remove','path':'emails','value':{'value':'b','type':'home'}}]",
         "{'userName':'u','emails':[{'value':'a','type':'work','primary':true}]}"},
        {"{'userName':'u'," TWO "}", "[{'op':'Remove','path':'emails','value':['a','b','c']}]", "{'userName':'u'}"},
        {"{'userName':'u'," TWO "}", "[{'op':'Remove','path':'emails','value':[]}]", NULL},
        {"{'userName':'u'," TWO "}", "[{'op':'Remove','path':'emails','value':null}]", "{'userName':'u'}"},
        {"{'userName':'u'," TWO "}",
         "[{'op':'Remove','path':'emails','value':[{'value':'a','type':'work','primary':true},"
         "{'value':'b','type':'home'}]}]",
         "{'userName':'u'}"},
        {"{'userName':'u','addresses':[{'type':'work','locality':'L'},{'type':'home'}]}",
         "[{'op':'Remove','path':'addresses','value':[{'type':'work'}]}]",
         "{'userName':'u','addresses':[{'type':'home'}]}"},
        /* roles: JSON in a string is a string */
        {"{'userName':'u'}", "[{'op':'Add','path':'roles','value':[{'value':'{\\'id\\':\\'1\\'}'}]}]",
         "{'userName':'u','roles':[{'value':'{\\'id\\':\\'1\\'}'}]}"},
        {"{'userName':'u','roles':[{'value':'r'}]}",
         "[{'op':'replace','path':'roles','value':[{'primary':'False','type':'T','display':'User','value':'User'}]}]",
         "{'userName':'u','roles':[{'primary':false,'type':'T','display':'User','value':'User'}]}"},
        {"{'userName':'u','emails':[{'value':'w','type':'work'}]}",
         "[{'op':'Replace','path':'displayName','value':'P'},{'op':'Replace','path':'emails[type eq \\'work\\'].value',"
         "'value':'T@t'},{'op':'Replace','path':'name.givenName','value':'G'},{'op':'Replace','path':'externalId','"
         "value':'E'},"
         "{'op':'Replace','path':'" EXT ":employeeNumber','value':'7'}]",
         "{'userName':'u','displayName':'P','emails':[{'value':'T@t','type':'work'}],'name':{'givenName':'G'},"
         "'externalId':'E','" EXT "':{'employeeNumber':'7'}}"},
    };

    check_users(cases, COUNT(cases));
}

/* --- refusals --- */

struct refused {
    const char *operations;
    enum error_code code;
    size_t operation;
};

static void refuses(void)
{
    static const struct refused cases[] = {
        /* the message */
        {"[]", ERR_PATCH_SYNTAX, 1},
        {"{'op':'add'}", ERR_PATCH_SYNTAX, 1},
        {"null", ERR_PATCH_SYNTAX, 1},
        {"[1]", ERR_PATCH_SYNTAX, 1},
        {"[{'path':'title','value':'x'}]", ERR_PATCH_SYNTAX, 1},
        {"[{'op':'move','path':'title'}]", ERR_PATCH_SYNTAX, 1},
        {"[{'op':null,'path':'title'}]", ERR_PATCH_SYNTAX, 1},
        {"[{'op':'add','path':7,'value':'x'}]", ERR_PATCH_SYNTAX, 1},
        /* trap 35: remove without path */
        {"[{'op':'remove'}]", ERR_PATCH_NO_TARGET, 1},
        {"[{'op':'remove','value':{'title':'x'}}]", ERR_PATCH_NO_TARGET, 1},
        {"[{'op':'remove','path':''}]", ERR_PATCH_NO_TARGET, 1},
        /* trap 35: nothing matches, and no eq terms say what to make */
        {"[{'op':'replace','path':'emails[type eq \\'a\\' or type eq \\'b\\'].value','value':'x'}]",
         ERR_PATCH_NO_TARGET, 1},
        {"[{'op':'replace','path':'emails[type sw \\'a\\'].value','value':'x'}]", ERR_PATCH_NO_TARGET, 1},
        {"[{'op':'add','path':'emails[not (type eq \\'a\\')]','value':{'value':'x','type':'a'}}]", ERR_PATCH_NO_TARGET,
         1},
        {"[{'op':'replace','path':'emails[value eq \\'a\\'].value','value':'x'}]", ERR_PATCH_NO_TARGET, 1},
        {"[{'op':'replace','path':'emails[type eq \\'a\\']','value':{'type':'b','value':'x'}}]", ERR_PATCH_NO_TARGET,
         1},
        {"[{'op':'add','path':'title','value':'x'},{'op':'replace','path':'emails[value pr].type','value':'x'}]",
         ERR_PATCH_NO_TARGET, 2},
        /* trap 39, 13: required and read-only */
        {"[{'op':'remove','path':'userName'}]", ERR_PATCH_MUTABILITY, 1},
        {"[{'op':'replace','path':'title','value':'x'},{'op':'replace','path':'userName','value':''}]",
         ERR_PATCH_MUTABILITY, 2},
        {"[{'op':'replace','value':{'userName':null}}]", ERR_PATCH_MUTABILITY, 1},
        {"[{'op':'replace','path':'id','value':'x'}]", ERR_PATCH_MUTABILITY, 1},
        {"[{'op':'add','path':'meta.version','value':'x'}]", ERR_PATCH_MUTABILITY, 1},
        {"[{'op':'remove','path':'meta'}]", ERR_PATCH_MUTABILITY, 1},
        {"[{'op':'add','path':'groups','value':[{'value':'x'}]}]", ERR_PATCH_MUTABILITY, 1},
        {"[{'op':'remove','path':'groups[value eq \\'x\\']'}]", ERR_PATCH_MUTABILITY, 1},
        {"[{'op':'remove','path':'schemas'}]", ERR_PATCH_MUTABILITY, 1},
        {"[{'op':'replace','path':'" EXT ":manager.displayName','value':'x'}]", ERR_PATCH_MUTABILITY, 1},
        {"[{'op':'remove','path':'password'}]", ERR_PATCH_MUTABILITY, 1},
        /* trap 41: paths */
        {"[{'op':'add','path':'shoeSize','value':1}]", ERR_PATCH_PATH, 1},
        {"[{'op':'remove','path':'name.shoeSize'}]", ERR_PATCH_PATH, 1},
        {"[{'op':'add','path':'members','value':[]}]", ERR_PATCH_PATH, 1},
        {"[{'op':'replace','path':'emails[0].value','value':'x'}]", ERR_PATCH_PATH, 1},
        {"[{'op':'replace','path':'emails[ 12 ]','value':'x'}]", ERR_PATCH_PATH, 1},
        {"[{'op':'remove','path':'emails[type eq \\'work\\''}]", ERR_PATCH_PATH, 1},
        {"[{'op':'remove','path':'emails[type eq \\'work\\']value'}]", ERR_PATCH_PATH, 1},
        {"[{'op':'remove','path':'emails[type eq \\'work\\'].shoeSize'}]", ERR_PATCH_PATH, 1},
        {"[{'op':'remove','path':'emails[type eq \\'work\\'].'}]", ERR_PATCH_PATH, 1},
        {"[{'op':'remove','path':'title[value eq \\'x\\']'}]", ERR_PATCH_PATH, 1},
        {"[{'op':'remove','path':'name[givenName eq \\'x\\']'}]", ERR_PATCH_PATH, 1},
        {"[{'op':'remove','path':'emails.value[value eq \\'x\\']'}]", ERR_PATCH_PATH, 1},
        {"[{'op':'remove','path':'[value eq \\'x\\']'}]", ERR_PATCH_PATH, 1},
        {"[{'op':'remove','path':'urn:example:x'}]", ERR_PATCH_PATH, 1},
        {"[{'op':'remove','path':'title eq \\'x\\''}]", ERR_PATCH_PATH, 1},
        {"[{'op':'remove','path':'emails[type eq]'}]", ERR_PATCH_FILTER, 1},
        {"[{'op':'remove','path':'emails[]'}]", ERR_PATCH_FILTER, 1},
        {"[{'op':'remove','path':'emails[shoeSize eq 1]'}]", ERR_PATCH_FILTER, 1},
        {"[{'op':'remove','path':'emails[primary gt true]'}]", ERR_PATCH_FILTER, 1},
        {"[{'op':'replace','value':{'emails[type].value':'x'}}]", ERR_PATCH_FILTER, 1},
        /* values */
        {"[{'op':'add','path':'title'}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'replace'}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'replace','value':'x'}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'add','path':'manager','value':[['x']]}]", ERR_PATCH_VALUE, 1}, /* POST refuses it as well */
        {"[{'op':'replace','value':[{'title':'x'}]}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'add','path':'title','value':7}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'add','path':'title','value':['a','b']}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'add','path':'title','value':{'a':'b'}}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'add','path':'active','value':'maybe'}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'add','path':'name','value':'x'}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'add','path':'name','value':[{'givenName':'x'},{'givenName':'y'}]}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'add','path':'name','value':{'givenName':7}}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'add','path':'emails','value':[7]}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'add','path':'emails','value':[{'value':7}]}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'add','path':'emails[type eq \\'work\\']','value':[{'value':'a'},{'value':'b'}]}]", ERR_PATCH_VALUE,
         1},
        {"[{'op':'add','path':'" EXT "','value':'x'}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'add','path':'password','value':''}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'replace','value':{'password':7}}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'replace','value':{'password':'\\u0007'}}]", ERR_PASSWORD_BAD_CHARACTER, 0},
        {"[{'op':'add','path':'password','value':'a\\u200b'}]", ERR_PASSWORD_BAD_CHARACTER, 0},
        /* trap 6: two primary values in one array, at the end */
        {"[{'op':'add','path':'emails','value':[{'value':'a','primary':true},{'value':'b','primary':true}]}]",
         ERR_PRIMARY_TWICE, 0},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *a = arena_new(0);

        check_refused(&resource_type_user, quoted(a, "{'userName':'u'}"), quoted(a, cases[i].operations), cases[i].code,
                      cases[i].operation);
        arena_free(&a);
    }
}

static void refuses_bodies(void)
{
    static const struct {
        const char *body;
        enum error_code code;
    } cases[] = {
        {"[]", ERR_BODY_NOT_OBJECT},
        {"{'Operations':[{'op':'remove','path':'title'}]}", ERR_SCHEMAS_MISSING},
        {"{'schemas':[],'Operations':[{'op':'remove','path':'title'}]}", ERR_SCHEMAS_MISSING},
        {"{'schemas':'" URN_PATCH "','Operations':[{'op':'remove','path':'title'}]}", ERR_SCHEMAS_MISSING},
        {"{'schemas':['" URN_USER "',7]}", ERR_SCHEMAS_MISSING},
        {"{'schemas':['" URN_PATCH "']}", ERR_PATCH_SYNTAX},
        {"{'Schemas':['" URN_USER "','URN:ietf:params:scim:api:messages:2.0:patchop'],'operations':[{'op':'remove',"
         "'path':'title'}]}",
         ERR_NONE},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *a = arena_new(0);
        struct resource_options o = {.reject_unknown = false};
        struct error e = ERROR_INIT;
        struct patch *p = patch_parse(&resource_type_user, read_json(a, quoted(a, cases[i].body)), &o, a, &e);

        if (!CHECK_INT(e.code, cases[i].code) || !CHECK((p == NULL) == (cases[i].code != ERR_NONE)))
            printf("# body: %s\n", cases[i].body);
        arena_free(&a);
    }
}

static void refuses_the_unknown_when_asked(void)
{
    static const char *const cases[] = {
        "[{'op':'add','value':{'shoeSize':1}}]",
        "[{'op':'add','value':{'name':{'shoeSize':1}}}]",
        "[{'op':'add','value':{'emails':[{'value':'x','shoeSize':1}]}}]",
        "[{'op':'add','value':{'" EXT "':{'shoeSize':1}}}]",
        "[{'op':'add','path':'name','value':{'shoeSize':1}}]",
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *a = arena_new(0);

        struct outcome out = run(a, &resource_type_user, quoted(a, "{'userName':'u'}"), quoted(a, cases[i]), true);

        CHECK_INT(out.error.code, ERR_ATTRIBUTE_UNKNOWN);
        CHECK(strncmp(out.error.sentence, "Operation 1: The attribute ", 27) == 0);
        CHECK_INT(run(a, &resource_type_user, quoted(a, "{'userName':'u'}"), quoted(a, cases[i]), false).error.code,
                  ERR_NONE);
        arena_free(&a);
    }
}

/* Trap 34: the message is refused as a whole; the caller's resource is not touched before patch_apply(). */
static void trap_34_says_which_operation(void)
{
    struct arena *a = arena_new(0);
    struct outcome out =
        run(a, &resource_type_user, quoted(a, "{'userName':'u'}"),
            quoted(a, "[{'op':'add','path':'title','value':'x'},{'op':'add','path':'active','value':3}]"), false);

    CHECK_CSTR(out.error.sentence, "Operation 2: active must be a boolean, but a whole number was sent");
    CHECK(out.resource == NULL);
    arena_free(&a);
}

static void passwords_are_set_aside(void)
{
    static const struct {
        const char *operations, *password;
    } cases[] = {
        {"[{'op':'replace','value':{'password':'n3w'}}]", "n3w"},
        {"[{'op':'replace','path':'password','value':'n3w'}]", "n3w"},
        {"[{'op':'add','path':'urn:ietf:params:scim:schemas:core:2.0:User:PASSWORD','value':'n3w'}]", "n3w"},
        {"[{'op':'add','path':'password','value':'a'},{'op':'replace','value':{'password':'b'}}]", "b"},
        {"[{'op':'replace','value':{'password':null}}]", NULL},
        {"[{'op':'replace','value':{'password':''}}]", NULL},
        {"[{'op':'remove','path':'title'}]", NULL},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *a = arena_new(0);
        struct outcome out =
            run(a, &resource_type_user, quoted(a, "{'userName':'u'}"), quoted(a, cases[i].operations), false);

        CHECK_INT(out.error.code, ERR_NONE);
        CHECK_STR(out.password, str_of(cases[i].password));
        CHECK_STR(json_printed(a, out.resource), STR_LIT("{\"userName\":\"u\"}"));
        arena_free(&a);
    }
}

/* --- teams --- */

struct team {
    const char *operations, *expected, *members; /* expected NULL: {'displayName':'T'} */
};

static void members_are_told_in_order(void)
{
    static const struct team cases[] = {
        {"[{'op':'add','path':'members','value':[{'value':'a','display':'A'},{'value':'b','$ref':null}]}]", NULL,
         "add a,b"},
        {"[{'op':'add','path':'members','value':{'value':'a'}}]", NULL, "add a"},
        {"[{'op':'add','path':'members','value':['a','b']}]", NULL, "add a,b"},
        {"[{'op':'add','path':'members','value':'a'}]", NULL, "add a"},
        {"[{'op':'add','value':{'members':[{'value':'a'}]}}]", NULL, "add a"},
        {"[{'op':'add','path':'members','value':[]}]", NULL, ""},
        {"[{'op':'add','path':'members','value':null}]", NULL, ""},
        {"[{'op':'add','path':'urn:ietf:params:scim:schemas:core:2.0:Group:members','value':[{'value':'a'}]}]", NULL,
         "add a"},
        {"[{'op':'replace','path':'members','value':[{'value':'a'}]}]", NULL, "replace a"},
        {"[{'op':'replace','path':'members','value':[]}]", NULL, "replace"},
        {"[{'op':'replace','path':'members','value':null}]", NULL, "replace"},
        /* Okta's rename, its push of an empty group, its remove and add */
        {"[{'op':'replace','value':{'id':'x','displayName':'New'}}]", "{'displayName':'New'}", ""},
        {"[{'op':'replace','value':{'members':[],'id':'x','displayName':'New'}}]", "{'displayName':'New'}", "replace"},
        {"[{'op':'remove','path':'members[value eq \\'a\\']'},{'op':'add','path':'members','value':[{'value':'b',"
         "'display':'u@x'}]}]",
         NULL, "remove a; add b"},
        /* remove */
        {"[{'op':'remove','path':'members'}]", NULL, "replace"},
        {"[{'op':'remove','path':'members','value':null}]", NULL, "replace"},
        {"[{'op':'remove','path':'members'},{'op':'add','path':'members','value':[{'value':'a'}]}]", NULL,
         "replace; add a"},
        /* trap 45: only these, never all */
        {"[{'op':'Remove','path':'members','value':[{'$ref':null,'value':'a'},{'value':'b'}]}]", NULL, "remove a,b"},
        {"[{'op':'Remove','path':'members','value':{'value':'a'}}]", NULL, "remove a"},
        {"[{'op':'Remove','path':'members','value':[]}]", NULL, ""},
        {"[{'op':'Remove','path':'members','value':''}]", NULL, ""},
        {"[{'op':'remove','path':'members[value eq\\'a\\']'}]", NULL, "remove a"},
        {"[{'op':'remove','path':'members[value eq \\'a\\' or (value eq \\'b\\' or value eq \\'c\\')]'}]", NULL,
         "remove a,b,c"},
        {"[{'op':'remove','path':'members[type eq \\'User\\' and value eq \\'a\\']'}]", NULL,
         "remove_if members.type eq \"User\" and members.value eq \"a\""},
        {"[{'op':'remove','path':'members[display sw \\'a\\' or value eq \\'b\\']'}]", NULL,
         "remove_if members.display sw \"a\" or members.value eq \"b\""},
        /* one operation per user */
        {"[{'op':'add','path':'members','value':[{'value':'a'}]},{'op':'add','path':'members','value':[{'value':'b'}]}"
         "]",
         NULL, "add a; add b"},
        {"[{'op':'replace','value':{'schemas':['x'],'externalId':'E','displayName':'D','id':'i','members':[{'value':'a'"
         "}]}}]",
         "{'displayName':'D','externalId':'E'}", "replace a"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *a = arena_new(0);

        check_applied(&resource_type_team, quoted(a, "{'displayName':'T'}"), quoted(a, cases[i].operations),
                      quoted(a, cases[i].expected != NULL ? cases[i].expected : "{'displayName':'T'}"),
                      str_of(cases[i].members));
        arena_free(&a);
    }
}

static void refuses_in_members(void)
{
    static const struct refused cases[] = {
        {"[{'op':'replace','path':'members[value eq \\'a\\']','value':{'value':'b'}}]", ERR_PATCH_MUTABILITY, 1},
        {"[{'op':'replace','path':'members[value eq \\'a\\'].display','value':'D'}]", ERR_PATCH_MUTABILITY, 1},
        {"[{'op':'remove','path':'members[value eq \\'a\\'].display'}]", ERR_PATCH_MUTABILITY, 1},
        {"[{'op':'add','path':'members.value','value':'a'}]", ERR_PATCH_MUTABILITY, 1},
        {"[{'op':'remove','path':'displayName'}]", ERR_PATCH_MUTABILITY, 1},
        {"[{'op':'add','path':'members','value':[{'display':'a'}]}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'add','path':'members','value':[{'value':''}]}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'add','path':'members','value':{'value':null}}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'add','path':'members','value':[{'value':'a'},{'value':7}]}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'remove','path':'members','value':[{'display':'a'}]}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'remove','path':'members[0]'}]", ERR_PATCH_PATH, 1},
        {"[{'op':'remove','path':'members[userName eq \\'a\\']'}]", ERR_PATCH_FILTER, 1},
        {"[{'op':'remove','path':'userName'}]", ERR_PATCH_PATH, 1},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *a = arena_new(0);

        check_refused(&resource_type_team, quoted(a, "{'displayName':'T'}"), quoted(a, cases[i].operations),
                      cases[i].code, cases[i].operation);
        arena_free(&a);
    }
}

/* --- a type with immutable and simple multi-valued attributes, and a required one in a complex attribute --- */

static const struct attribute thing_attributes[];
static const struct attribute box_subs[] = {
    {.number = 1011, .name = "size", .type = ATTRIBUTE_INTEGER, .required = true, .parent = &thing_attributes[1]},
    {.number = 1012, .name = "marks", .type = ATTRIBUTE_STRING, .multi = true, .parent = &thing_attributes[1]},
    {.name = NULL},
};
static const struct attribute lock_subs[] = {
    {.number = 1031, .name = "value", .type = ATTRIBUTE_STRING, .parent = &thing_attributes[3]},
    {.number = 1032,
     .name = "code",
     .type = ATTRIBUTE_STRING,
     .mutability = MUTABILITY_IMMUTABLE,
     .parent = &thing_attributes[3]},
    {.name = NULL},
};
static const struct attribute thing_attributes[] = {
    {.number = 1000, .name = "serial", .type = ATTRIBUTE_STRING, .mutability = MUTABILITY_IMMUTABLE},
    {.number = 1010, .name = "box", .type = ATTRIBUTE_COMPLEX, .subs = box_subs},
    {.number = 1020, .name = "tags", .type = ATTRIBUTE_STRING, .multi = true},
    {.number = 1030, .name = "locks", .type = ATTRIBUTE_COMPLEX, .multi = true, .subs = lock_subs},
    {.name = NULL},
};
static const struct schema thing_schema = {
    .urn = "urn:example:2.0:Thing", .name = "Thing", .description = "A thing.", .attributes = thing_attributes};
static const struct schema *const no_extensions[] = {NULL};
static const struct resource_type thing_type = {9, "Thing", "/Things", "Things.", &thing_schema, no_extensions};

static void simple_lists_and_immutable_values(void)
{
    static const struct applied cases[] = {
        {"{}", "[{'op':'add','path':'serial','value':'1'}]", "{'serial':'1'}"},
        {"{'serial':'1'}", "[{'op':'replace','path':'serial','value':'1'}]", NULL},
        {"{}", "[{'op':'add','path':'tags','value':['a','B','b']}]", "{'tags':['a','B']}"},
        {"{'tags':['a']}", "[{'op':'add','path':'tags','value':'b'}]", "{'tags':['a','b']}"},
        {"{'tags':['a']}", "[{'op':'add','path':'tags','value':['A']}]", NULL},
        /* trap 41: the name in the filter is value */
        {"{'tags':['a','b']}", "[{'op':'remove','path':'tags[value eq \\'A\\']'}]", "{'tags':['b']}"},
        {"{'tags':['a','b']}", "[{'op':'remove','path':'tags[value eq \\'c\\']'}]", NULL},
        {"{'tags':['a','b']}", "[{'op':'replace','path':'tags[value eq \\'a\\']','value':'c'}]", "{'tags':['c','b']}"},
        {"{'tags':['a','b']}", "[{'op':'remove','path':'tags','value':['B']}]", "{'tags':['a']}"},
        {"{'tags':['a']}", "[{'op':'remove','path':'tags','value':['a']}]", "{}"},
        {"{'tags':['a']}", "[{'op':'add','path':'tags[value eq \\'x\\']','value':'X'}]", "{'tags':['a','X']}"},
        {"{'box':{'size':1}}", "[{'op':'add','path':'box.marks','value':['x','x']}]",
         "{'box':{'size':1,'marks':['x']}}"},
        {"{'box':{'size':1,'marks':['x','y']}}", "[{'op':'remove','path':'box.marks','value':['x']}]",
         "{'box':{'size':1,'marks':['y']}}"},
        {"{'box':{'size':1,'marks':['x','y']}}", "[{'op':'replace','path':'box','value':{'marks':['z']}}]",
         "{'box':{'size':1,'marks':['z']}}"},
        {"{'box':{'size':1}}", "[{'op':'remove','path':'box'}]", "{}"},
        /* a value comes and goes with what is immutable in it */
        {"{'locks':[{'value':'a','code':'1'}]}", "[{'op':'remove','path':'locks[value eq \\'a\\']'}]", "{}"},
        {"{'locks':[{'value':'a'}]}", "[{'op':'add','path':'locks','value':[{'value':'a','code':'1'}]}]",
         "{'locks':[{'value':'a','code':'1'}]}"},
        {"{'locks':[{'value':'a','code':'1'}]}", "[{'op':'add','path':'locks','value':[{'value':'a','code':'1'}]}]",
         NULL},
    };
    static const struct refused refusals[] = {
        {"[{'op':'replace','path':'serial','value':'2'}]", ERR_PATCH_MUTABILITY, 1},
        {"[{'op':'remove','path':'serial'}]", ERR_PATCH_MUTABILITY, 1},
        {"[{'op':'add','path':'tags','value':['x']},{'op':'remove','path':'box.size'}]", ERR_PATCH_MUTABILITY, 2},
        {"[{'op':'replace','path':'tags[value eq \\'z\\']','value':'y'}]", ERR_PATCH_NO_TARGET, 1},
        {"[{'op':'replace','path':'tags[value eq \\'z\\'].value','value':'y'}]", ERR_PATCH_PATH, 1},
        {"[{'op':'replace','path':'box.size','value':1.5}]", ERR_PATCH_VALUE, 1},
        {"[{'op':'replace','path':'locks[value eq \\'l\\'].code','value':'2'}]", ERR_PATCH_MUTABILITY, 1},
        {"[{'op':'add','path':'locks[value eq \\'l\\']','value':{'code':'2'}}]", ERR_PATCH_MUTABILITY, 1},
        {"[{'op':'add','path':'locks','value':[{'value':'l','code':'2'}]}]", ERR_PATCH_MUTABILITY, 1},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *a = arena_new(0);

        check_applied(&thing_type, quoted(a, cases[i].resource), quoted(a, cases[i].operations),
                      quoted(a, cases[i].expected != NULL ? cases[i].expected : cases[i].resource), STR_LIT(""));
        arena_free(&a);
    }
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct arena *a = arena_new(0);

        check_refused(&thing_type,
                      quoted(a, "{'serial':'1','box':{'size':1,'marks':['m']},'locks':[{'value':'l','code':'1'}]}"),
                      quoted(a, refusals[i].operations), refusals[i].code, refusals[i].operation);
        arena_free(&a);
    }
}

/* --- bounds --- */

static struct str list_of(struct arena *a, const char *before, const char *format, size_t n, const char *after)
{
    struct buf b;

    buf_init(&b, a);
    buf_puts(&b, before);
    for (size_t i = 0; i < n; i++) {
        buf_puts(&b, i == 0 ? "" : ",");
        buf_puts(&b, arena_printf(a, format, i));
    }
    buf_puts(&b, after);
    return buf_view(&b);
}

static void bounds_operations_and_values(void)
{
    struct arena *a = arena_new(0);
    struct str user = STR_LIT("{\"userName\":\"u\"}");
    const struct resource_type *t = &resource_type_user;

    CHECK_INT(run(a, t, user,
                  list_of(a, "[", "{\"op\":\"add\",\"path\":\"title\",\"value\":\"%zu\"}", PATCH_OPERATIONS_MAX, "]"),
                  false)
                  .error.code,
              ERR_NONE);
    check_refused(
        t, user,
        list_of(a, "[", "{\"op\":\"add\",\"path\":\"title\",\"value\":\"%zu\"}", PATCH_OPERATIONS_MAX + 1, "]"),
        ERR_PATCH_SYNTAX, PATCH_OPERATIONS_MAX + 1);
    CHECK_INT(
        run(a, t, user,
            list_of(a, "[{\"op\":\"add\",\"path\":\"emails\",\"value\":[", "\"%zu\"", ATTRIBUTE_VALUES_MAX, "]}]"),
            false)
            .error.code,
        ERR_NONE);
    check_refused(
        t, user,
        list_of(a, "[{\"op\":\"add\",\"path\":\"emails\",\"value\":[", "\"%zu\"", ATTRIBUTE_VALUES_MAX + 1, "]}]"),
        ERR_VALUES_TOO_MANY, 1);
    /* far more than is taken is refused as well, without being read */
    check_refused(t, user, list_of(a, "[", "{\"op\":\"add\",\"path\":\"title\",\"value\":\"%zu\"}", 10000, "]"),
                  ERR_PATCH_SYNTAX, PATCH_OPERATIONS_MAX + 1);
    check_refused(t, user, list_of(a, "[{\"op\":\"add\",\"path\":\"emails\",\"value\":[", "\"%zu\"", 100000, "]}]"),
                  ERR_VALUES_TOO_MANY, 1);
    check_refused(t, user, list_of(a, "[{\"op\":\"remove\",\"path\":\"emails\",\"value\":[", "\"%zu\"", 100000, "]}]"),
                  ERR_VALUES_TOO_MANY, 1);
    check_refused(t, user,
                  list_of(a,
                          "[{\"op\":\"add\",\"path\":\"emails\",\"value\":[\"a\"]},{\"op\":\"add\",\"path\":"
                          "\"emails\",\"value\":[",
                          "\"%zu\"", ATTRIBUTE_VALUES_MAX, "]}]"),
                  ERR_VALUES_TOO_MANY, 2);
    check_refused(t, user,
                  list_of(a, "[{\"op\":\"add\",\"path\":\"emails\",\"value\":[", "\"%zu\"", ATTRIBUTE_VALUES_MAX,
                          "]},{\"op\":\"add\",\"path\":\"emails[type eq 'x'].value\",\"value\":\"y\"}]"),
                  ERR_PATCH_FILTER, 2);
    check_refused(t, user,
                  list_of(a, "[{\"op\":\"add\",\"path\":\"emails\",\"value\":[", "\"%zu\"", ATTRIBUTE_VALUES_MAX,
                          "]},{\"op\":\"add\",\"path\":\"emails[type eq \\\"x\\\"].value\",\"value\":\"y\"}]"),
                  ERR_VALUES_TOO_MANY, 2);
    arena_free(&a);
}

/* Each step may pass over a thousand values: what a message asks for in all has a bound too. */
static void bounds_steps(void)
{
    struct arena *a = arena_new(0);
    struct str user = STR_LIT("{\"userName\":\"u\"}");
    const char *three = "{\"op\":\"add\",\"value\":{\"title\":\"%zu\",\"nickName\":\"n\",\"userType\":\"t\"}}";

    CHECK_INT(run(a, &resource_type_user, user, list_of(a, "[", three, PATCH_STEPS_MAX / 3, "]"), false).error.code,
              ERR_NONE);
    check_refused(&resource_type_user, user, list_of(a, "[", three, PATCH_STEPS_MAX / 3 + 1, "]"), ERR_PATCH_SYNTAX,
                  PATCH_STEPS_MAX / 3 + 1);
    struct str gone = list_of(a, "{\"op\":\"remove\",\"path\":\"emails\",\"value\":[", "{\"display\":\"%zu\"}",
                              ATTRIBUTE_VALUES_MAX, "]}");
    const char *often = arena_printf(a, "%.*s", (int)gone.len, gone.p);
    CHECK_INT(run(a, &resource_type_user, user, list_of(a, "[", often, 4, "]"), false).error.code, ERR_NONE);
    check_refused(&resource_type_user, user, list_of(a, "[", often, 5, "]"), ERR_PATCH_FILTER, 5);
    arena_free(&a);
}

/* Path filters that nest for their own sake, and paths of any length. */
static void bounds_paths(void)
{
    static const struct {
        const char *before, *piece, *after;
        size_t n;
        enum error_code code;
    } cases[] = {
        {"emails[", "(", "type eq \\\"work\\\"", 8000, ERR_PATCH_PATH},
        {"emails[", "(", "type eq \\\"work\\\"]", 8000, ERR_PATCH_FILTER},
        {"emails[", "(", "type pr]", FILTER_DEPTH_MAX + 1, ERR_PATCH_FILTER},
        {"emails[", "not (", "type pr]", 8000, ERR_PATCH_FILTER},
        {"emails[", "emails[", "type pr]", 2000, ERR_PATCH_FILTER},
        {"emails[type eq \\\"", "\\\\\\\"", "\\\"].value", 8000, ERR_PATCH_FILTER},
        {"name", ".name", "", 8000, ERR_PATCH_PATH},
        {"emails[type pr]", "[type pr]", "", 8000, ERR_PATCH_PATH},
        {"", "x", "", 500000, ERR_PATCH_PATH},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *a = arena_new(0);
        struct buf b;

        buf_init(&b, a);
        buf_puts(&b, "[{\"op\":\"remove\",\"path\":\"");
        buf_puts(&b, cases[i].before);
        for (size_t j = 0; j < cases[i].n; j++)
            buf_puts(&b, cases[i].piece);
        buf_puts(&b, cases[i].after);
        buf_puts(&b, "\"}]");
        check_refused(&resource_type_user, STR_LIT("{\"userName\":\"u\"}"), buf_view(&b), cases[i].code, 1);
        arena_free(&a);
    }
}

/* 63 operations of 64 terms are too many by 32, one fewer is not. */
static void bounds_terms_of_filters(void)
{
    struct arena *a = arena_new(0);
    struct str user = STR_LIT("{\"userName\":\"u\"}");
    struct str filter = STR_LIT("type pr");
    char *operation;

    for (int i = 1; i < FILTER_TERMS_MAX; i++)
        filter = str_of(arena_printf(a, "%.*s or type pr", (int)filter.len, filter.p));
    operation = arena_printf(a, "{\"op\":\"remove\",\"path\":\"emails[%.*s]\"}", (int)filter.len, filter.p);
    for (size_t n = 62; n <= 63; n++) {
        struct buf b;

        buf_init(&b, a);
        for (size_t i = 0; i < n; i++) {
            buf_puts(&b, i == 0 ? "[" : ",");
            buf_puts(&b, operation);
        }
        buf_puts(&b, "]");
        CHECK_INT(run(a, &resource_type_user, user, buf_view(&b), false).error.code,
                  n * FILTER_TERMS_MAX > PATCH_TERMS_MAX ? ERR_PATCH_FILTER : ERR_NONE);
    }
    arena_free(&a);
}

/* Each looks at every member of a team of any size. */
static void bounds_filters_on_members(void)
{
    struct arena *a = arena_new(0);
    struct str team = STR_LIT("{\"displayName\":\"T\"}");
    const char *asks = "{\"op\":\"remove\",\"path\":\"members[display sw \\\"%zu\\\"]\"}";
    const char *names = "{\"op\":\"remove\",\"path\":\"members[value eq \\\"%zu\\\"]\"}";
    const struct resource_type *t = &resource_type_team;

    CHECK_INT(run(a, t, team, list_of(a, "[", asks, PATCH_MEMBER_FILTERS_MAX, "]"), false).error.code, ERR_NONE);
    check_refused(t, team, list_of(a, "[", asks, PATCH_MEMBER_FILTERS_MAX + 1, "]"), ERR_PATCH_FILTER,
                  PATCH_MEMBER_FILTERS_MAX + 1);
    CHECK_INT(run(a, t, team, list_of(a, "[", names, PATCH_OPERATIONS_MAX, "]"), false).error.code, ERR_NONE);
    arena_free(&a);
}

static void takes_ten_thousand_members(void)
{
    struct arena *a = arena_new(0);
    struct resource_options o = {.reject_unknown = true};
    struct error e = ERROR_INIT;
    struct json_object *team = read_json(a, STR_LIT("{\"displayName\":\"T\"}"));
    struct str operations = list_of(a, "[{\"op\":\"add\",\"path\":\"members\",\"value\":[",
                                    "{\"value\":\"2819c223-7f76-453a-919d-%012zu\",\"display\":\"x\"}", 10000, "]}]");
    struct json_object *body = read_json(a, message(a, operations));
    struct member_change *changes;
    size_t n;
    struct patch *p = patch_parse(&resource_type_team, body, &o, a, &e);

    CHECK_FATAL(p != NULL);
    CHECK_FATAL(patch_apply(p, &resource_type_team, team, a, &changes, &n, &e));
    CHECK_INT(n, 1);
    CHECK_INT(json_object_array_length(changes[0].values), 10000);
    CHECK_INT(changes[0].operation, 1);
    arena_free(&a);
}

/* Many operations on a full list: a cost that grew with the product of both would take minutes. */
static void many_operations_on_many_values(void)
{
    struct arena *a = arena_new(0);
    struct str user = list_of(a, "{\"userName\":\"u\",\"emails\":[", "{\"value\":\"%zu\",\"type\":\"work\"}",
                              ATTRIBUTE_VALUES_MAX, "]}");
    struct str operations =
        list_of(a, "[", "{\"op\":\"replace\",\"path\":\"emails.primary\",\"value\":true,\"x\":%zu}", 100, "]");

    CHECK_INT(run(a, &resource_type_user, user, operations, false).error.code, ERR_NONE);
    operations = list_of(a, "[", "{\"op\":\"add\",\"path\":\"emails\",\"value\":{\"value\":\"%zu\",\"type\":\"work\"}}",
                         100, "]");
    CHECK_INT(run(a, &resource_type_user, user, operations, false).error.code, ERR_NONE);
    arena_free(&a);
}

/* Every term folded every value anew: 45 seconds for 74 KB, in a transaction. */
static void long_values_are_folded_once(void)
{
    struct arena *a = arena_new(0);
    struct buf b;

    buf_init(&b, a);
    buf_puts(&b, "{\"userName\":\"u\",\"emails\":[");
    for (int i = 0; i < 32; i++) {
        buf_printf(&b, "%s{\"value\":\"", i == 0 ? "" : ",");
        for (int j = 0; j < 3900; j++)
            buf_puts(&b, "\xc3\xa9");
        buf_printf(&b, "%d\"}", i);
    }
    buf_puts(&b, "]}");
    struct str user = buf_view(&b), filter = STR_LIT("value eq \\\"a\\\"");
    for (int i = 1; i < FILTER_TERMS_MAX; i++)
        filter = str_of(arena_printf(a, "%.*s or value eq \\\"a\\\"", (int)filter.len, filter.p));
    const char *asks =
        arena_printf(a, "{\"op\":\"remove\",\"path\":\"emails[%.*s]\",\"x\":%%zu}", (int)filter.len, filter.p);
    CHECK_INT(run(a, &resource_type_user, user, list_of(a, "[", asks, PATCH_TERMS_MAX / FILTER_TERMS_MAX, "]"), false)
                  .error.code,
              ERR_NONE);
    const char *adds = "{\"op\":\"add\",\"path\":\"emails\",\"value\":[{\"value\":\"q\"}],\"x\":%zu}";
    CHECK_INT(run(a, &resource_type_user, user, list_of(a, "[", adds, PATCH_OPERATIONS_MAX, "]"), false).error.code,
              ERR_NONE);
    arena_free(&a);
}

/* Values without braces are no objects, which bodies are bounded by: a megabyte of them took 200. */
static void bounds_values_of_all_operations(void)
{
    struct arena *a = arena_new(0);
    struct str half =
        list_of(a, "{\"op\":\"add\",\"path\":\"members\",\"value\":[", "\"%zu\"", PATCH_VALUES_MAX / 2, "]}");
    const char *one = arena_printf(a, "%.*s", (int)half.len, half.p);
    struct str team = STR_LIT("{\"displayName\":\"T\"}");

    CHECK_INT(run(a, &resource_type_team, team, list_of(a, "[", one, 2, "]"), false).error.code, ERR_NONE);
    check_refused(&resource_type_team, team, list_of(a, "[", one, 3, "]"), ERR_VALUES_TOO_MANY, 3);
    arena_free(&a);
}

/* --- files: {type, resource, operations} and {expected, members} or {error, operation} --- */

static struct str text_of(struct json_object *v)
{
    return v == NULL ? STR_LIT("") : json_str(v);
}

static void check_case(struct json_object *v, struct arena *a)
{
    struct json_object *expected = json_member(v, "expected"), *error = json_member(v, "error");
    struct str operations = json_printed(a, json_member(v, "operations"));
    struct str resource = json_printed(a, json_member(v, "resource"));
    const struct resource_type *type =
        str_eq(text_of(json_member(v, "type")), STR_LIT("Group")) ? &resource_type_team : &resource_type_user;

    if (expected != NULL) {
        check_applied(type, resource, operations, json_printed(a, expected), text_of(json_member(v, "members")));
    } else {
        const struct error_entry *entry = error == NULL ? NULL : error_find(json_str(error));

        CHECK_FATAL(entry != NULL);
        check_refused(type, resource, operations, (enum error_code)(entry - error_entry((enum error_code)1) + 1),
                      (size_t)json_object_get_int64(json_member(v, "operation")));
    }
}

static void check_file(const char *name, struct str text)
{
    struct arena *a = arena_new(0);
    struct json_object *v = read_json(a, text);

    (void)name;
    if (CHECK(v != NULL))
        check_case(v, a);
    arena_free(&a);
}

static void takes_valid_files(void)
{
    unit_each_file("tests/data/patch/valid", 10, check_file);
}

static void refuses_invalid_files(void)
{
    unit_each_file("tests/data/patch/invalid", 10, check_file);
}

static const struct unit_test tests[] = {
    UNIT(single_values),
    UNIT(trap_34_says_which_operation),
    UNIT(trap_35_filters_that_match_nothing),
    UNIT(trap_35_as_the_policy_says),
    UNIT(trap_36_equal_values_change_nothing),
    UNIT(values_of_filters_are_judged),
    UNIT(trap_37_one_primary),
    UNIT(trap_38_replace),
    UNIT(trap_39_remove),
    UNIT(trap_40_without_path),
    UNIT(trap_41_paths),
    UNIT(trap_44_in_order),
    UNIT(trap_45_entra),
    UNIT(refuses),
    UNIT(refuses_bodies),
    UNIT(refuses_the_unknown_when_asked),
    UNIT(passwords_are_set_aside),
    UNIT(members_are_told_in_order),
    UNIT(refuses_in_members),
    UNIT(simple_lists_and_immutable_values),
    UNIT(bounds_steps),
    UNIT(bounds_operations_and_values),
    UNIT(bounds_paths),
    UNIT(bounds_terms_of_filters),
    UNIT(bounds_filters_on_members),
    UNIT(takes_ten_thousand_members),
    UNIT(many_operations_on_many_values),
    UNIT(long_values_are_folded_once),
    UNIT(bounds_values_of_all_operations),
    UNIT(takes_valid_files),
    UNIT(refuses_invalid_files),
};

int main(void)
{
    return unit_run("patch", tests, COUNT(tests));
}
