/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attrpath - an attribute's name as clients write it: [URN ":"] name ["." sub], without regard to case.
 *
 * Taken: `userName`, `name.givenName`, the core or an extension URN in front of either, a whole extension's URN, the
 * old dotted form `urn:…:User.manager` of one client, and an extension's attribute without its URN where no core or
 * common attribute has the name (`manager`; RFC 7644 3.10 only recommends the URN). A URN holds dots and digits, so the
 * longest schema URN that begins the text is taken off first.
 */
#ifndef ROSTER_SCIM_ATTRPATH_H
#define ROSTER_SCIM_ATTRPATH_H

#include "roster/scim/schema.h"

struct attrpath {
    const struct schema *extension;    /* the extension that it is in, or NULL: common or core */
    const struct attribute *attribute; /* NULL: the whole extension */
    const struct attribute *sub;       /* NULL: the attribute itself */
};

/* false: s names nothing of the type. */
bool attrpath_resolve(const struct resource_type *type, struct str s, struct attrpath *out);

/* The same for what stands behind the URN of an extension: name ["." sub]. */
bool attrpath_resolve_in(const struct resource_type *type, const struct schema *extension, struct str s,
                         struct attrpath *out);

/* The attribute whose values are meant: sub where there is one, else attribute. */
static inline const struct attribute *attrpath_leaf(const struct attrpath *p)
{
    return p->sub != NULL ? p->sub : p->attribute;
}

#endif
