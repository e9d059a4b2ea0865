/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#define H(fn) ((void (*)(void))(fn))

/* Every address that Roster serves. */
const struct route api_routes[] = {
    {"/scim/v2", HTTP_GET, 0, SCOPE_SCIM, H(root_list)},
    {"/scim/v2/.search", HTTP_POST, ROUTE_BODY, SCOPE_SCIM, H(root_search)},
    {"/scim/v2/Users/.search", HTTP_POST, ROUTE_BODY, SCOPE_SCIM, H(users_search)},
    {"/scim/v2/Users", HTTP_GET, 0, SCOPE_SCIM, H(users_list)},
    {"/scim/v2/Users", HTTP_POST, ROUTE_BODY, SCOPE_SCIM, H(users_create)},
    {"/scim/v2/Users/{id}", HTTP_GET, 0, SCOPE_SCIM, H(users_read)},
    {"/scim/v2/Users/{id}", HTTP_PUT, ROUTE_BODY, SCOPE_SCIM, H(users_replace)},
    {"/scim/v2/Users/{id}", HTTP_PATCH, ROUTE_BODY, SCOPE_SCIM, H(users_patch)},
    {"/scim/v2/Users/{id}", HTTP_DELETE, 0, SCOPE_SCIM, H(users_remove)},
    {"/scim/v2/Groups/.search", HTTP_POST, ROUTE_BODY, SCOPE_SCIM, H(groups_search)},
    {"/scim/v2/Groups", HTTP_GET, 0, SCOPE_SCIM, H(groups_list)},
    {"/scim/v2/Groups", HTTP_POST, ROUTE_BODY, SCOPE_SCIM, H(groups_create)},
    {"/scim/v2/Groups/{id}", HTTP_GET, 0, SCOPE_SCIM, H(groups_read)},
    {"/scim/v2/Groups/{id}", HTTP_PUT, ROUTE_BODY, SCOPE_SCIM, H(groups_replace)},
    {"/scim/v2/Groups/{id}", HTTP_PATCH, ROUTE_BODY, SCOPE_SCIM, H(groups_patch)},
    {"/scim/v2/Groups/{id}", HTTP_DELETE, 0, SCOPE_SCIM, H(groups_remove)},
    {"/scim/v2/Me", HTTP_GET, 0, SCOPE_SCIM, H(me_redirect)},
    {"/scim/v2/Me", HTTP_PUT, 0, SCOPE_SCIM, H(me_redirect)},
    {"/scim/v2/Me", HTTP_PATCH, 0, SCOPE_SCIM, H(me_redirect)},
    {"/scim/v2/Me", HTTP_DELETE, 0, SCOPE_SCIM, H(me_redirect)},
    {"/scim/v2/Bulk", HTTP_POST, ROUTE_BODY, SCOPE_SCIM, H(bulk_run)},
    {"/scim/v2/Roles", HTTP_GET, 0, SCOPE_SCIM, H(roles_list)},
    {"/scim/v2/Roles/{id}", HTTP_GET, 0, SCOPE_SCIM, H(roles_read)},
    {"/scim/v2/ServiceProviderConfig", HTTP_GET, ROUTE_DISCOVERY, SCOPE_SCIM, H(discovery_read_config)},
    {"/scim/v2/ResourceTypes", HTTP_GET, ROUTE_DISCOVERY, SCOPE_SCIM, H(discovery_list_types)},
    {"/scim/v2/ResourceTypes/{name}", HTTP_GET, ROUTE_DISCOVERY, SCOPE_SCIM, H(discovery_read_type)},
    {"/scim/v2/Schemas", HTTP_GET, ROUTE_DISCOVERY, SCOPE_SCIM, H(discovery_list_schemas)},
    {"/scim/v2/Schemas/{urn}", HTTP_GET, ROUTE_DISCOVERY, SCOPE_SCIM, H(discovery_read_schema)},
    {"/api/v1/events", HTTP_GET, 0, SCOPE_EVENTS_READ, H(events_list)},
    {"/healthz", HTTP_GET, ROUTE_OPEN, 0, H(health_alive)},
    {"/readyz", HTTP_GET, ROUTE_OPEN, 0, H(health_ready)},
    {"/metrics", HTTP_GET, ROUTE_OPEN, 0, H(metrics_read)},
    {NULL, HTTP_OTHER, 0, 0, NULL},
};
