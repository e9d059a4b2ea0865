/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/http/client.h"

#include <assert.h>

static const char *const names[CLIENTS] = {
    [CLIENT_OTHER] = "other",       [CLIENT_OKTA] = "okta",     [CLIENT_ENTRA] = "entra",
    [CLIENT_ONELOGIN] = "onelogin", [CLIENT_GOOGLE] = "google", [CLIENT_AUTHENTIK] = "authentik",
};

static const char *const titles[CLIENTS] = {
    [CLIENT_OTHER] = "The identity provider", [CLIENT_OKTA] = "Okta",     [CLIENT_ENTRA] = "Entra ID",
    [CLIENT_ONELOGIN] = "OneLogin",           [CLIENT_GOOGLE] = "Google", [CLIENT_AUTHENTIK] = "authentik",
};

/*
 * By what they are known; the first that is there tells. What is sent by programs of many makers tells nothing:
 * PingFederate, the clients built on SCIM-SDK and others are an Apache-HttpClient like any.
 */
static const struct {
    const char *where; /* a CGI parameter; NULL: the query */
    struct str text;   /* is in it, in any case; of no bytes: it is there at all */
    enum client client;
} signs[] = {
    {"HTTP_USER_AGENT", STR_LIT("Okta SCIM Client"), CLIENT_OKTA},
    {"HTTP_USER_AGENT", STR_LIT("Azure AD SCIM"), CLIENT_ENTRA},
    {"HTTP_ADSCIMVERSION", STR_LIT(""), CLIENT_ENTRA},
    /* flags that an admin appends to the address; where exactly they end up differs */
    {NULL, STR_LIT("aadOptscim062020"), CLIENT_ENTRA},
    {NULL, STR_LIT("AzureAdScimPatch2017"), CLIENT_ENTRA},
    {"HTTP_USER_AGENT", STR_LIT("OneLogin"), CLIENT_ONELOGIN},
    {"HTTP_USER_AGENT", STR_LIT("Google-Auto-Provisioning"), CLIENT_GOOGLE},
    {"HTTP_USER_AGENT", STR_LIT("authentik@"), CLIENT_AUTHENTIK},
};

const char *client_name(enum client client)
{
    assert((unsigned)client < CLIENTS);
    return names[client];
}

const char *client_title(enum client client)
{
    assert((unsigned)client < CLIENTS);
    return titles[client];
}

static bool contains(struct str s, struct str part)
{
    for (size_t i = 0; i + part.len <= s.len; i++)
        if (str_starts_nocase(str_sub(s, i, s.len), part))
            return true;
    return false;
}

enum client client_recognise(struct str (*param)(void *ctx, const char *name), void *ctx, struct str query)
{
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        struct str value = signs[i].where == NULL ? query : param(ctx, signs[i].where);

        if (value.len > 0 && contains(value, signs[i].text))
            return signs[i].client;
    }
    return CLIENT_OTHER;
}
