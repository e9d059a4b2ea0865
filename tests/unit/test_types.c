/* SPDX-License-Identifier: Apache-2.0 */
/*
 * types - attributes of every type, in the core schema and in an extension, single, multi-valued and inside complex
 * ones, on their whole way: body, PATCH, difference, image, projection. User and Group have but a few of them.
 */
#include "scim.h"

#include "roster/scim/image.h"
#include "roster/scim/patch.h"
#include "roster/scim/projection.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define URN_CORE    "urn:example:2.0:Device"
#define URN_MORE    "urn:example:more:2.0:Device"
#define ID_TEXT     "2819c223-7f76-453a-919d-413861904646"
#define BASE        "https://x/scim/v2"

static const struct attribute core[], more[];

#define PORTS (core + 7)
#define CASE_ (more + 4)

static const struct attribute port_subs[] = {
    {.number = 1071, .name = "value", .type = ATTRIBUTE_INTEGER, .required = true, .parent = PORTS},
    {.number = 1072, .name = "type", .parent = PORTS},
    {.number = 1073, .name = "load", .type = ATTRIBUTE_DECIMAL, .parent = PORTS},
    {.number = 1074, .name = "primary", .type = ATTRIBUTE_BOOLEAN, .parent = PORTS},
    {.number = 1075, .name = "secret", .returned = RETURNED_REQUEST, .parent = PORTS},
    {.number = 1076, .name = "serial", .mutability = MUTABILITY_READ_ONLY, .parent = PORTS},
    {.name = NULL},
};

static const struct attribute case_subs[] = {
    {.number = 1141, .name = "height", .type = ATTRIBUTE_DECIMAL, .parent = CASE_},
    {.number = 1142, .name = "marks", .type = ATTRIBUTE_INTEGER, .multi = true, .parent = CASE_},
    {.number = 1143, .name = "opened", .type = ATTRIBUTE_DATETIME, .multi = true, .parent = CASE_},
    {.name = NULL},
};

static const struct attribute core[] = {
    {.number = 1000, .name = "label", .required = true},
    {.number = 1001, .name = "price", .type = ATTRIBUTE_DECIMAL},
    {.number = 1002, .name = "count", .type = ATTRIBUTE_INTEGER},
    {.number = 1003, .name = "bought", .type = ATTRIBUTE_DATETIME},
    {.number = 1004, .name = "blob", .type = ATTRIBUTE_BINARY, .case_exact = true},
    {.number = 1005, .name = "page", .type = ATTRIBUTE_REFERENCE, .case_exact = true},
    {.number = 1006, .name = "used", .type = ATTRIBUTE_BOOLEAN},
    {.number = 1070, .name = "ports", .type = ATTRIBUTE_COMPLEX, .multi = true, .subs = port_subs},
    {.number = 1008, .name = "pin", .returned = RETURNED_REQUEST},
    {.number = 1009, .name = "key", .returned = RETURNED_NEVER},
    {.name = NULL},
};

static const struct attribute more[] = {
    {.number = 1100, .name = "weights", .type = ATTRIBUTE_DECIMAL, .multi = true},
    {.number = 1101, .name = "serviced", .type = ATTRIBUTE_DATETIME, .multi = true},
    {.number = 1102, .name = "flags", .type = ATTRIBUTE_BOOLEAN, .multi = true},
    {.number = 1103, .name = "links", .type = ATTRIBUTE_REFERENCE, .multi = true, .case_exact = true},
    {.number = 1140, .name = "case", .type = ATTRIBUTE_COMPLEX, .subs = case_subs, .returned = RETURNED_REQUEST},
    {.number = 1105, .name = "note"},
    {.name = NULL},
};

static const struct schema schema_core = {.urn = URN_CORE, .name = "Device", .description = "D.", .attributes = core};
static const struct schema schema_more = {.urn = URN_MORE, .name = "More", .description = "M.", .attributes = more};
static const struct schema *const extensions[] = {&schema_more, NULL};
static const struct resource_type device = {.number = 9,
                                            .name = "Device",
                                            .endpoint = "/Devices",
                                            .description = "D.",
                                            .core = &schema_core,
                                            .extensions = extensions};

/* JSON in the tables has ' for ". */
static struct str quoted(struct arena *a, const char *s)
{
    char *copy = arena_strdup(a, s);

    for (char *p = copy; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    return str_of(copy);
}

static struct json_object *quoted_json(struct arena *a, const char *s)
{
    return json_of(a, quoted(a, s).p);
}

static const char *body_of(struct arena *a, const char *rest)
{
    return quoted(a, arena_printf(a, "{'schemas':['" URN_CORE "'],'label':'L'%s}", rest)).p;
}

/* --- bodies --- */

/* Trap 7: numbers and times keep the text they came in; what a type does not have is refused, and where is said. */
static void trap_7_reads_every_type(void)
{
    static const char *const taken[] = {
        ",'price':1234567890123456.10",
        ",'price':0.1000000000000000055511151231257827",
        ",'price':-1.50E+3",
        ",'price':7",
        ",'count':-9223372036854775808",
        ",'bought':'2026-01-31T23:59:59-14:00'",
        ",'bought':'2026-01-31T12:00:00.1234567+05:30'",
        ",'blob':'AAEC/w==','page':'../Users/x','used':false",
        ",'ports':[{'value':80,'load':0.10},{'value':443,'primary':true}]",
        ",'" URN_MORE
        "':{'weights':[1.0,1.00,2],'serviced':['2026-01-31T12:00:00Z'],'flags':[true,false],'links':['a','A'],"
        "'case':{'height':1.80,'marks':[1,2],'opened':['2026-01-31T12:00:00Z']}}",
    };
    static const struct {
        const char *rest, *sentence;
    } refused[] = {
        {",'count':1.0", "count must be a whole number, but a decimal number was sent"},
        {",'count':1e3", "count must be a whole number, but a decimal number was sent"},
        {",'price':'1.5'", "price must be a number, but a string was sent"},
        {",'bought':'2026-01-31'", "bought must be a dateTime such as 2026-01-31T12:00:00Z, but a string was sent"},
        {",'bought':'2026-01-31T23:59:60Z'", "bought must be a dateTime"},
        {",'bought':'yesterday'", "bought must be a dateTime"},
        {",'bought':'2026-13-01T12:00:00Z'", "bought must be a dateTime"},
        {",'bought':1700000000", "bought must be a string, but a whole number was sent"},
        {",'ports':[{'value':'80'}]", "ports[0].value must be a whole number"},
        {",'ports':[{'type':'tcp'}]", "ports[0].value is required"},
        {",'" URN_MORE "':{'serviced':['2026-01-31T12:00:00Z','never']}", URN_MORE ":serviced[1] must be a dateTime"},
        {",'" URN_MORE "':{'weights':[1,true]}", URN_MORE ":weights[1] must be a number"},
        {",'" URN_MORE "':{'weights':1}", URN_MORE ":weights must be an array"},
        {",'" URN_MORE "':{'flags':['perhaps']}", URN_MORE ":flags[0] must be a boolean"},
        {",'" URN_MORE "':{'case':{'marks':[1.5]}}", URN_MORE ":case.marks[0] must be a whole number"},
    };

    for (size_t i = 0; i < COUNT(taken); i++) {
        struct arena *a = arena_new(0);
        CHECK_STR(text_of(a, resource_of(a, &device, body_of(a, taken[i]))),
                  quoted(a, arena_printf(a, "{'label':'L'%s}", taken[i])));
        arena_free(&a);
    }
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct arena *a = arena_new(0);
        struct resource_options o = {.reject_unknown = false};
        struct error e = ERROR_INIT;

        CHECK(resource_normalise(&device, json_of(a, body_of(a, refused[i].rest)), &o, a, NULL, &e) == NULL);
        if (!CHECK(strstr(e.sentence, refused[i].sentence) != NULL))
            printf("# %s\n# %s\n", refused[i].rest, e.sentence);
        arena_free(&a);
    }
}

/* --- PATCH and differences --- */

static const struct {
    const char *before, *operation, *after, *difference; /* after NULL: it is refused, difference is the sentence */
} patches[] = {
    {"", "{'op':'add','path':'price','value':1.50}", ",'price':1.50", "[{'path':'price','new':1.50}]"},
    {",'price':1.50", "{'op':'replace','path':'price','value':1.50}", ",'price':1.50", "[]"},
    /* a digit that no double has */
    {",'price':1234567890123456.10", "{'op':'replace','path':'price','value':1234567890123456.11}",
     ",'price':1234567890123456.11", "[{'path':'price','old':1234567890123456.10,'new':1234567890123456.11}]"},
    {"", "{'op':'add','path':'count','value':7}", ",'count':7", "[{'path':'count','new':7}]"},
    {"", "{'op':'add','path':'count','value':7.0}", NULL,
     "Operation 1: count must be a whole number, but a decimal number was sent"},
    {",'bought':'2026-01-31T12:00:00Z'", "{'op':'replace','value':{'bought':'2026-01-31T13:00:00+01:00'}}",
     ",'bought':'2026-01-31T13:00:00+01:00'",
     "[{'path':'bought','old':'2026-01-31T12:00:00Z','new':'2026-01-31T13:00:00+01:00'}]"},
    {"", "{'op':'add','path':'bought','value':'31.1.2026'}", NULL, "Operation 1: bought must be a dateTime"},
    {",'used':true", "{'op':'Replace','path':'used','value':'False'}", ",'used':false",
     "[{'path':'used','old':true,'new':false}]"},
    {",'blob':'AA=='", "{'op':'replace','path':'blob','value':'aa=='}", ",'blob':'aa=='",
     "[{'path':'blob','old':'AA==','new':'aa=='}]"},
    {",'ports':[{'value':80}]", "{'op':'add','path':'ports[value eq 80].load','value':0.10}",
     ",'ports':[{'value':80,'load':0.10}]", "[{'path':'ports','old':[{'value':80}],'new':[{'value':80,'load':0.10}]}]"},
    {",'ports':[{'value':80},{'value':443}]", "{'op':'remove','path':'ports[value gt 80]'}", ",'ports':[{'value':80}]",
     "[{'path':'ports','old':[{'value':80},{'value':443}],'new':[{'value':80}]}]"},
    {",'ports':[{'value':80}]", "{'op':'add','path':'ports','value':[{'value':80},{'value':81}]}",
     ",'ports':[{'value':80},{'value':81}]",
     "[{'path':'ports','old':[{'value':80}],'new':[{'value':80},{'value':81}]}]"},
    {",'ports':[{'value':80}]", "{'op':'replace','path':'ports[value eq 22].type','value':'ssh'}",
     ",'ports':[{'value':80},{'type':'ssh','value':22}]",
     "[{'path':'ports','old':[{'value':80}],'new':[{'value':80},{'type':'ssh','value':22}]}]"},
    {",'ports':[{'value':80,'type':'a'},{'value':81,'type':'a'},{'value':82,'primary':true}]",
     "{'op':'replace','path':'ports[type eq \\'a\\'].primary','value':true}",
     ",'ports':[{'value':80,'type':'a','primary':false},{'value':81,'type':'a','primary':true},{'value':82,'primary':"
     "false}]",
     NULL},
    /* what a filter says was stored unjudged, and no export with it could be imported */
    {"", "{'op':'add','path':'ports[value eq 1.5].type','value':'t'}", NULL, "nothing matches"},
    {"", "{'op':'add','path':'ports[value eq 1 and serial eq \\'x\\'].type','value':'t'}", NULL, "nothing matches"},
    {"", "{'op':'add','path':'ports[value eq 22]','value':{'type':'ssh'}}", ",'ports':[{'value':22,'type':'ssh'}]",
     NULL},
    /* what is required is asked of what the value becomes */
    {",'ports':[{'value':80}]", "{'op':'add','path':'ports[value eq 80]','value':{'type':'t'}}",
     ",'ports':[{'value':80,'type':'t'}]", NULL},
    {",'ports':[{'value':80,'type':'a'}]", "{'op':'replace','path':'ports[type eq \\'a\\']','value':{'load':1}}", NULL,
     "ports[0].value is required"},
    {"", "{'op':'add','path':'" URN_MORE ":weights','value':[1.10,1.1,2]}", ",'" URN_MORE "':{'weights':[1.10,1.1,2]}",
     "[{'path':'" URN_MORE ":weights','new':[1.10,1.1,2]}]"},
    {",'" URN_MORE "':{'weights':[1.10,2]}", "{'op':'remove','path':'" URN_MORE ":weights[value eq 2]'}",
     ",'" URN_MORE "':{'weights':[1.10]}", "[{'path':'" URN_MORE ":weights','old':[1.10,2],'new':[1.10]}]"},
    {",'" URN_MORE "':{'weights':[1.10,2]}", "{'op':'remove','path':'" URN_MORE ":weights','value':[1.10]}",
     ",'" URN_MORE "':{'weights':[2]}", "[{'path':'" URN_MORE ":weights','old':[1.10,2],'new':[2]}]"},
    {",'" URN_MORE "':{'serviced':['2026-01-31T12:00:00Z']}",
     "{'op':'remove','path':'" URN_MORE ":serviced[value eq \\'2026-01-31T13:00:00+01:00\\']'}", "",
     "[{'path':'" URN_MORE ":serviced','old':['2026-01-31T12:00:00Z']}]"},
    {",'" URN_MORE "':{'flags':[true]}", "{'op':'add','path':'" URN_MORE ":flags','value':['False','true']}",
     ",'" URN_MORE "':{'flags':[true,false]}", "[{'path':'" URN_MORE ":flags','old':[true],'new':[true,false]}]"},
    {",'" URN_MORE "':{'links':['a']}", "{'op':'add','path':'" URN_MORE ":links','value':'A'}",
     ",'" URN_MORE "':{'links':['a','A']}", "[{'path':'" URN_MORE ":links','old':['a'],'new':['a','A']}]"},
    {",'" URN_MORE "':{'case':{'height':1.80}}", "{'op':'replace','value':{'" URN_MORE "':{'case':{'marks':[3,3]}}}}",
     ",'" URN_MORE "':{'case':{'height':1.80,'marks':[3]}}", "[{'path':'" URN_MORE ":case.marks','new':[3]}]"},
    {",'" URN_MORE "':{'case':{'height':1.80}}", "{'op':'add','path':'case.opened','value':['x']}", NULL,
     "Operation 1: case.opened[0] must be a dateTime"},
};

static void patches_every_type(void)
{
    for (size_t i = 0; i < COUNT(patches); i++) {
        struct arena *a = arena_new(0);
        struct resource_options o = {.reject_unknown = false};
        struct error e = ERROR_INIT;
        struct json_object *before = quoted_json(a, arena_printf(a, "{'label':'L'%s}", patches[i].before));
        struct json_object *after = json_own(a, json_clone(before)), *body;
        const char *wanted = patches[i].difference;
        struct buf b;

        body = quoted_json(a, arena_printf(a, "{'schemas':['" URN_PATCH "'],'Operations':[%s]}", patches[i].operation));
        struct patch *p = patch_parse(&device, body, &o, a, &e);
        bool done = p != NULL && patch_apply(p, &device, after, a, NULL, NULL, &e);

        if (patches[i].after == NULL) {
            if (!CHECK(!done) || !CHECK(strstr(e.sentence, wanted) != NULL))
                printf("# %s\n# %s\n", patches[i].operation, e.sentence);
            arena_free(&a);
            continue;
        }
        if (!CHECK_INT(e.code, ERR_NONE) ||
            !CHECK(json_equal(after, quoted_json(a, arena_printf(a, "{'label':'L'%s}", patches[i].after)))))
            printf("# %s\n# %s\n# %s\n", patches[i].operation, e.sentence, text_of(a, after).p);
        buf_init(&b, a);
        resource_diff(&b, &device, before, after);
        CHECK(wanted == NULL || CHECK_STR(buf_view(&b), quoted(a, wanted)));
        arena_free(&a);
    }
}

/* --- images and answers --- */

#define WHOLE                                                                                                          \
    ",'price':1.50,'count':7,'bought':'2026-01-31T12:00:00Z','blob':'AA==','page':'p','used':false,'ports':[{'value':" \
    "80,'load':0.10},{'value':443,'secret':'s'}],'pin':'1234','key':'k','" URN_MORE "':{'weights':[1.10,2],"           \
    "'serviced':['2026-01-31T12:00:00Z'],'flags':[true,false],'links':['l'],'case':{'height':1.80,'marks':[1,2]},"     \
    "'note':'n'}"

static struct image image_of(struct arena *a, const char *rest)
{
    struct image_facts facts = {.ordinal = 7, .version = 17, .created = 1000, .modified = 2000};
    struct image im;
    struct buf b;

    CHECK(id_parse(STR_LIT(ID_TEXT), &facts.id));
    buf_init(&b, a);
    image_build(&b, &device, resource_of(a, &device, body_of(a, rest)), &facts);
    CHECK(image_open(&im, &device, buf_view(&b)));
    return im;
}

static void images_hold_every_type(void)
{
    struct arena *a = arena_new(0);
    struct image im = image_of(a, WHOLE);
    struct json_object *body = resource_of(a, &device, body_of(a, WHOLE));

    CHECK(json_equal(image_resource(&im, a), body));
    CHECK_STR(text_of(a, image_resource(&im, a)), text_of(a, body));
    CHECK_STR(image_leaf(&im, 1001, a), STR_LIT("1.50"));
    CHECK_STR(image_leaf(&im, 1002, a), STR_LIT("7"));
    CHECK_STR(image_leaf(&im, 1006, a), STR_LIT("false"));
    CHECK_STR(image_leaf(&im, 1073, a), STR_LIT("0.10"));
    CHECK_STR(image_leaf(&im, 1100, a), STR_LIT("1.10"));
    CHECK_STR(image_leaf(&im, 1142, a), STR_LIT("1"));
    arena_free(&a);
}

/* An answer: to what was asked for, to a GET or to a write; operation: of a PATCH, else it is a POST or PUT. */
struct answer {
    bool written;
    const char *attributes, *excluded, *operation;
    const char *has[4], *lacks[4];
};

static bool named(const struct schema *extension, const struct attribute *attribute, const void *ctx)
{
    return patch_names(ctx, extension, attribute);
}

static const char *answer_of(struct arena *a, const struct answer *c)
{
    struct resource_options o = {.reject_unknown = false};
    struct image im = image_of(a, WHOLE);
    struct error e = ERROR_INIT;
    struct patch *patch = NULL;
    struct projection *p;
    struct buf b;

    if (c->operation != NULL) {
        const char *message = arena_printf(a, "{'schemas':['" URN_PATCH "'],'Operations':[%s]}", c->operation);
        patch = patch_parse(&device, quoted_json(a, message), &o, a, &e);
    }
    if (c->written)
        p = projection_parse_write(&device, str_of(c->attributes), str_of(c->excluded), patch == NULL ? NULL : named,
                                   patch, a, &e);
    else
        p = projection_parse(&device, str_of(c->attributes), str_of(c->excluded), a, &e);
    CHECK_INT(e.code, ERR_NONE);
    buf_init(&b, a);
    projection_write(&b, &im, p, STR_LIT(BASE));
    buf_putc(&b, '}');
    return buf_cstr(&b);
}

/* Trap 11 (RFC 7643 7): never is never; on request is where a list or the write itself names it. */
static void trap_11_answers_by_returned(void)
{
    static const struct answer cases[] = {
        {false, NULL, NULL, NULL, {"'price':1.50", "'note':'n'", "{'value':443}"}, {"'pin'", "'secret'", "'case'"}},
        {false, "pin", NULL, NULL, {"'pin'", "'schemas'"}, {"'price'", "'case'"}},
        {false, "key", NULL, NULL, {"'id'"}, {"'pin'", "'price'"}},
        {false, "ports", NULL, NULL, {"'secret':'s'", "'load':0.10"}, {"'pin'"}},
        {false, "case.marks", NULL, NULL, {"'case':{'marks':[1,2]}"}, {"'height'", "'note'"}},
        {false, URN_MORE, NULL, NULL, {"'weights':[1.10,2]", "'case':{'height':1.80,'marks':[1,2]}"}, {"'price'"}},
        {false,
         "weights,serviced,flags",
         NULL,
         NULL,
         {"'flags':[true,false]", "'serviced':['"},
         {"'links'", "'price'"}},
        {false, NULL, "price", NULL, {"'count':7", "'blob'"}, {"'price'", "'pin'", "'secret'", "'case'"}},
        /* POST and PUT name all that there is; a list still counts */
        {true, NULL, NULL, NULL, {"'pin'", "'secret'", "'case'", "'note'"}, {NULL}},
        {true, NULL, "pin,case", NULL, {"'secret'", "'note'"}, {"'pin'", "'case'"}},
        {true, "note", NULL, NULL, {"'note'"}, {"'pin'", "'secret'", "'case'"}},
        /* PATCH names what its paths say */
        {true, NULL, NULL, "{'op':'add','path':'note','value':'x'}", {"'note'"}, {"'pin'", "'secret'", "'case'"}},
        {true, NULL, NULL, "{'op':'add','path':'PIN','value':'x'}", {"'pin'"}, {"'secret'", "'case'"}},
        {true, NULL, NULL, "{'op':'add','value':{'pin':'x'}}", {"'pin'"}, {"'secret'", "'case'"}},
        {true, NULL, NULL, "{'op':'add','path':'case.height','value':2}", {"'case'"}, {"'pin'", "'secret'"}},
        {true, NULL, NULL, "{'op':'remove','path':'" URN_MORE "'}", {"'case'"}, {"'pin'", "'secret'"}},
        {true, NULL, NULL, "{'op':'remove','path':'ports[value eq 1].secret'}", {"'secret'"}, {"'pin'", "'case'"}},
        {true, NULL, NULL, "{'op':'add','path':'ports','value':{'value':1}}", {"'secret'"}, {"'pin'", "'case'"}},
        {true, "note", NULL, "{'op':'add','path':'pin','value':'x'}", {"'note'"}, {"'pin'", "'secret'", "'case'"}},
        {true, NULL, "pin", "{'op':'add','path':'pin','value':'x'}", {"'note'"}, {"'pin'", "'secret'", "'case'"}},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *a = arena_new(0);
        const char *answer = answer_of(a, &cases[i]);
        bool ok = CHECK(json_of(a, answer) != NULL) && CHECK(strstr(answer, "\"key\"") == NULL);

        for (size_t j = 0; j < COUNT(cases[i].has); j++) {
            ok &= cases[i].has[j] == NULL || CHECK(strstr(answer, quoted(a, cases[i].has[j]).p) != NULL);
            ok &= cases[i].lacks[j] == NULL || CHECK(strstr(answer, quoted(a, cases[i].lacks[j]).p) == NULL);
        }
        if (!ok)
            printf("# case %zu: %s\n", i, answer);
        arena_free(&a);
    }
}

/* Decimals are found and told apart by their value, whatever their text. */
static void matches_by_type(void)
{
    static const struct {
        const char *filter;
        bool matches;
    } cases[] = {
        {"price eq 1.5", true},
        {"price gt 1", true},
        {"count le 7", true},
        {"bought eq '2026-01-31T13:00:00+01:00'", true},
        {"bought gt '2026-01-31T12:00:00Z'", false},
        {"used eq 'False'", true},
        {"ports[value eq 80 and load lt 0.2]", true},
        {"weights eq 1.1", true},
        {"flags eq false", true},
        {"links eq 'L'", false},
        {"case.height ge 1.8", true},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *a = arena_new(0);
        struct error e = ERROR_INIT;
        struct filter *f = filter_parse(&device, quoted(a, cases[i].filter), a, &e);

        if (!CHECK(f != NULL) ||
            !CHECK_INT(filter_match(f, resource_of(a, &device, body_of(a, WHOLE)), a), cases[i].matches))
            printf("# %s: %s\n", cases[i].filter, e.sentence);
        arena_free(&a);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT(trap_7_reads_every_type),     UNIT(patches_every_type), UNIT(images_hold_every_type),
        UNIT(trap_11_answers_by_returned), UNIT(matches_by_type),
    };
    return unit_run("types", tests, COUNT(tests));
}
