/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#define H(fn) ((void (*)(void))(fn))

/* Every address that Roster serves. */
const struct route api_routes[] = {
    {"/scim/v2", HTTP_GET, 0, SCOPE_SCIM, H(root_list), NULL},
    {"/scim/v2/.search", HTTP_POST, ROUTE_BODY, SCOPE_SCIM, H(root_search), NULL},
    {"/scim/v2/Users/.search", HTTP_POST, ROUTE_BODY, SCOPE_SCIM, H(resource_search), &user_ops},
    {"/scim/v2/Users", HTTP_GET, 0, SCOPE_SCIM, H(resource_list), &user_ops},
    {"/scim/v2/Users", HTTP_POST, ROUTE_BODY, SCOPE_SCIM, H(resource_create), &user_ops},
    {"/scim/v2/Users/{id}", HTTP_GET, 0, SCOPE_SCIM, H(resource_read), &user_ops},
    {"/scim/v2/Users/{id}", HTTP_PUT, ROUTE_BODY, SCOPE_SCIM, H(resource_replace), &user_ops},
    {"/scim/v2/Users/{id}", HTTP_PATCH, ROUTE_BODY, SCOPE_SCIM, H(resource_patch), &user_ops},
    {"/scim/v2/Users/{id}", HTTP_DELETE, 0, SCOPE_SCIM, H(resource_remove), &user_ops},
    {"/scim/v2/Groups/.search", HTTP_POST, ROUTE_BODY, SCOPE_SCIM, H(resource_search), &team_ops},
    {"/scim/v2/Groups", HTTP_GET, 0, SCOPE_SCIM, H(resource_list), &team_ops},
    {"/scim/v2/Groups", HTTP_POST, ROUTE_BODY, SCOPE_SCIM, H(resource_create), &team_ops},
    {"/scim/v2/Groups/{id}", HTTP_GET, 0, SCOPE_SCIM, H(resource_read), &team_ops},
    {"/scim/v2/Groups/{id}", HTTP_PUT, ROUTE_BODY, SCOPE_SCIM, H(resource_replace), &team_ops},
    {"/scim/v2/Groups/{id}", HTTP_PATCH, ROUTE_BODY, SCOPE_SCIM, H(resource_patch), &team_ops},
    {"/scim/v2/Groups/{id}", HTTP_DELETE, 0, SCOPE_SCIM, H(resource_remove), &team_ops},
    {"/scim/v2/Me", HTTP_GET, 0, SCOPE_SCIM, H(me_redirect), NULL},
    {"/scim/v2/Me", HTTP_PUT, 0, SCOPE_SCIM, H(me_redirect), NULL},
    {"/scim/v2/Me", HTTP_PATCH, 0, SCOPE_SCIM, H(me_redirect), NULL},
    {"/scim/v2/Me", HTTP_DELETE, 0, SCOPE_SCIM, H(me_redirect), NULL},
    {"/scim/v2/Bulk", HTTP_POST, ROUTE_BODY, SCOPE_SCIM, H(bulk_run), NULL},
    {"/scim/v2/Roles", HTTP_GET, 0, SCOPE_SCIM, H(roles_list), NULL},
    {"/scim/v2/Roles/{id}", HTTP_GET, 0, SCOPE_SCIM, H(roles_read), NULL},
    {"/scim/v2/ServiceProviderConfig", HTTP_GET, ROUTE_DISCOVERY, SCOPE_SCIM, H(discovery_read_config), NULL},
    {"/scim/v2/ResourceTypes", HTTP_GET, ROUTE_DISCOVERY, SCOPE_SCIM, H(discovery_list_types), NULL},
    {"/scim/v2/ResourceTypes/{name}", HTTP_GET, ROUTE_DISCOVERY, SCOPE_SCIM, H(discovery_read_type), NULL},
    {"/scim/v2/Schemas", HTTP_GET, ROUTE_DISCOVERY, SCOPE_SCIM, H(discovery_list_schemas), NULL},
    {"/scim/v2/Schemas/{urn}", HTTP_GET, ROUTE_DISCOVERY, SCOPE_SCIM, H(discovery_read_schema), NULL},
    {"/api/v1/events", HTTP_GET, 0, SCOPE_EVENTS_READ, H(events_list), NULL},
    {"/api/v1/errors", HTTP_GET, ROUTE_OPEN, 0, H(errors_list), NULL},
    {"/api/v1/errors/{code}", HTTP_GET, ROUTE_OPEN, 0, H(errors_read), NULL},
    {"/api/v1/authenticate", HTTP_POST, ROUTE_BODY, SCOPE_AUTHENTICATE, H(authenticate_check), NULL},
    {"/healthz", HTTP_GET, ROUTE_OPEN, 0, H(health_alive), NULL},
    {"/readyz", HTTP_GET, ROUTE_OPEN, 0, H(health_ready), NULL},
    {"/metrics", HTTP_GET, ROUTE_OPEN, 0, H(metrics_read), NULL},
    {NULL, HTTP_OTHER, 0, 0, NULL, NULL},
};
