/* SPDX-License-Identifier: Apache-2.0 */
/* scim - what the tests of the scim layer share. */
#ifndef ROSTER_TESTS_SCIM_H
#define ROSTER_TESTS_SCIM_H

#include "unit.h"

#include "roster/scim/resource.h"

#include <stdio.h>

/* A user as one client creates it: 547 bytes. */
#define USER_TEXT                                                                                                      \
    "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"userName\":\"test.joiner@example.com\","          \
    "\"name\":{\"givenName\":\"Test\",\"familyName\":\"Joiner\"},\"emails\":[{\"primary\":true,"                       \
    "\"value\":\"test.joiner@example.com\",\"type\":\"work\"}],\"externalId\":\"00u18ep2sjmnGT1wk698\","               \
    "\"groups\":[],\"password\":\"Kx7#pq02LmZZ\",\"displayName\":\"Test Joiner\",\"title\":\"Lead Engineer\","         \
    "\"locale\":\"en-US\",\"timezone\":\"America/New_York\",\"active\":true,"                                          \
    "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\":{\"department\":\"Product Development\","          \
    "\"manager\":{\"value\":\"26118915-6090-4610\"}}}"

/* Text as JSON; NULL (and a failed check) where it is none. */
static inline struct json_object *json_of(struct arena *a, const char *text)
{
    struct error e = ERROR_INIT;
    struct json_object *v = json_read(a, str_of(text), &e);

    if (!CHECK_INT(e.code, ERR_NONE))
        printf("# %s\n# %s\n", text, e.sentence);
    return v;
}

static inline struct str text_of(struct arena *a, struct json_object *v)
{
    struct buf b;

    buf_init(&b, a);
    json_write(&b, v);
    return buf_view(&b);
}

/* The normal form of a body that must be right. */
static inline struct json_object *resource_of(struct arena *a, const struct resource_type *type, const char *body)
{
    static const struct resource_options options = {.reject_unknown = false};
    struct error e = ERROR_INIT;
    struct json_object *v = resource_normalise(type, json_of(a, body), &options, a, NULL, &e);

    if (!CHECK_INT(e.code, ERR_NONE))
        printf("# %s\n# %s\n", body, e.sentence);
    return v;
}

#endif
