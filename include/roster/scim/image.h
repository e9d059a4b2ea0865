/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image - a resource as it is stored: made for being read.
 *
 * An image is one run of bytes with the rendered JSON text of the resource and a flat table of its values, so that
 * the common answer is a copy of bytes and a projection, a filter or a sort parses no JSON. Version 1, integers
 * little-endian:
 *
 *   u8 version = 1, u8 type, u16 nvalues, u32 text length
 *   u64 ordinal, u64 resource version, i64 created, i64 modified (ms)
 *   u32 attributes length: the part of the text from '{' up to `,"meta":` (comparing it tells whether anything changed)
 *   nvalues × { u16 attribute number, u16 element, u32 offset, u32 length and kind }
 *   text
 *
 * The text is `{"schemas":[…],"id":"…",…,"meta":{"resourceType":"User","created":"…","lastModified":"…","version":"W/\"17\""`:
 * it ends before what is derived. Attributes stand in the order of the schema's tables, extensions last. A row
 * exists for every top-level attribute (offset and length of `"name":value`), and for every leaf value (offset and length of the value's
 * text, with its quotes), element counting from 0 in a multi-valued attribute. Bytes from the store are trusted
 * only after image_open() has checked every bound.
 */
#ifndef ROSTER_SCIM_IMAGE_H
#define ROSTER_SCIM_IMAGE_H

#include "roster/base/buf.h"
#include "roster/base/id.h"
#include "roster/base/json.h"
#include "roster/scim/schema.h"

enum image_kind {
    IMAGE_MEMBER, /* a top-level attribute: `"name":value`; for an extension: `"urn":{…}`, attribute number 0, element its number */
    IMAGE_SUB, /* a sub-attribute of a single-valued complex attribute, or an attribute in an extension: `"name":value` */
    IMAGE_STRING,  /* leaf: text with quotes, without escapes in it */
    IMAGE_ESCAPED, /* leaf: text with quotes, with escapes in it */
    IMAGE_LITERAL  /* leaf: true, false or a number */
};

struct image_value {
    uint16_t attribute; /* number; of the sub-attribute where it is one */
    uint16_t element;
    enum image_kind kind;
    struct str text;
};

struct image {
    const struct resource_type *type;
    uint64_t ordinal, version;
    int64_t created, modified;
    struct str text;
    struct str attributes; /* the part of text that says what the resource is */
    struct str id;         /* 36 characters, in text */
    const unsigned char *rows;
    size_t nvalues;
};

struct image_facts {
    struct id id;
    uint64_t ordinal, version;
    int64_t created, modified;
};

/* Appends the image of a resource in normal form to out. */
void image_build(struct buf *out, const struct resource_type *type, struct json_object *resource,
                 const struct image_facts *facts);

/* Borrows bytes. false: they are no image of version 1 of the type (corruption). */
bool image_open(struct image *out, const struct resource_type *type, struct str bytes);

/* Row i < nvalues. */
struct image_value image_value(const struct image *im, size_t i);

/* The first row with the attribute number at or behind `from` and in front of `to` (at most nvalues), or `to`. */
size_t image_find(const struct image *im, size_t from, size_t to, uint16_t attribute);

/* The next row in front of `to`, at or behind *row, which it moves, that is a leaf with the attribute number; false: none. */
bool image_next_leaf(const struct image *im, size_t to, uint16_t attribute, size_t *row, struct image_value *out);

/* Whether the resource has something of the extension of its type. */
bool image_extension(const struct image *im, const struct schema *extension);

/* The string of a row of kind IMAGE_STRING or IMAGE_ESCAPED, without quotes, escapes resolved (in a only if there were any). */
struct str image_string(const struct image_value *v, struct arena *a);

/* The first leaf value of an attribute number, without quotes, escapes resolved (in a only if there were any); STR_NULL
 * where there is none. */
struct str image_leaf(const struct image *im, uint16_t attribute, struct arena *a);

/* The resource in normal form, read back; owned by the arena. Ends in an abort if the text is not what image_build
 * wrote (the store is checksummed). */
struct json_object *image_resource(const struct image *im, struct arena *a);

/* Appends the ETag, e.g. W/"17" (RFC 7644 3.14). */
void image_etag(struct buf *out, uint64_t version);

#endif
