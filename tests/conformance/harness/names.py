# SPDX-License-Identifier: Apache-2.0
"""The names that the RFCs give."""

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
SPC = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"
RESOURCE_TYPE = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"

_MESSAGE = "urn:ietf:params:scim:api:messages:2.0:"
LIST, ERROR, PATCH, SEARCH = (_MESSAGE + name for name in ("ListResponse", "Error", "PatchOp", "SearchRequest"))
BULK_REQUEST, BULK_RESPONSE = _MESSAGE + "BulkRequest", _MESSAGE + "BulkResponse"

# RFC 7644 table 9 and RFC 9865 table 3: an error may have no other word.
SCIM_TYPES = {"invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath", "noTarget", "invalidValue",
              "invalidVers", "sensitive", "invalidCursor", "expiredCursor", "invalidCount"}
