/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client - which identity provider sent a request, as far as it can be told: for the log and the metrics alone.
 *
 * Nothing that is answered may depend on it: anybody can send these signs, and many clients send none.
 */
#ifndef ROSTER_HTTP_CLIENT_H
#define ROSTER_HTTP_CLIENT_H

#include "roster/base/str.h"

enum client { CLIENT_OTHER, CLIENT_OKTA, CLIENT_ENTRA, CLIENT_ONELOGIN, CLIENT_GOOGLE, CLIENT_AUTHENTIK, CLIENTS };

/* "okta" …; "other" for those that are not known. Static memory. */
const char *client_name(enum client client);

/* For people: "Okta", "Entra ID" …; "The identity provider" for those that are not known. Static memory. */
const char *client_title(enum client client);

/* param: a CGI parameter by name, or STR_NULL (as in http/request.h). query: of the address, as it was sent. */
enum client client_recognise(struct str (*param)(void *ctx, const char *name), void *ctx, struct str query);

#endif
