/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/http/response.h"

#include <assert.h>

/* More than the head of an answer without a Location takes. */
#define HEAD_SIZE 512

void http_response_init(struct http_response *r, struct arena *a)
{
    *r = (struct http_response){.status = 0};
    buf_init(&r->body, a);
}

void http_response_spill(struct http_response *r)
{
    if (r->send == NULL || r->body.len < HTTP_SPILL_BYTES)
        return;
    if (!r->broken && !r->send(r, r->send_ctx))
        r->broken = true;
    r->head_sent = true;
    buf_clear(&r->body);
}

const char *http_status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = {
        {200, "200 OK"},
        {201, "201 Created"},
        {202, "202 Accepted"},
        {204, "204 No Content"},
        {304, "304 Not Modified"},
        {308, "308 Permanent Redirect"},
        {400, "400 Bad Request"},
        {401, "401 Unauthorized"},
        {403, "403 Forbidden"},
        {404, "404 Not Found"},
        {405, "405 Method Not Allowed"},
        {409, "409 Conflict"},
        {412, "412 Precondition Failed"},
        {413, "413 Content Too Large"},
        {415, "415 Unsupported Media Type"},
        {429, "429 Too Many Requests"},
        {431, "431 Request Header Fields Too Large"},
        {500, "500 Internal Server Error"},
        {501, "501 Not Implemented"},
        {502, "502 Bad Gateway"},
        {503, "503 Service Unavailable"},
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].status == status)
            return texts[i].text;
    assert(!"a status that no answer has");
    return "500 Internal Server Error";
}

static bool is_header_value(struct str value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.p[i] < 0x20 || value.p[i] == 0x7f)
            return false;
    return true;
}

static void header(struct buf *out, const char *name, struct str value)
{
    if (value.p == NULL)
        return;
    assert(is_header_value(value));
    buf_puts(out, name);
    buf_str(out, value);
    buf_add(out, "\r\n", 2);
}

static void number_header(struct buf *out, const char *name, uint64_t value)
{
    buf_puts(out, name);
    buf_u64(out, value);
    buf_add(out, "\r\n", 2);
}

static bool may_locate(int status)
{
    return status == 201 || status == 202 || status == 204 || status == 308;
}

void http_response_head(struct buf *out, const struct http_response *r, const char *request_id, bool final)
{
    static const char always[] = "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n";

    buf_reserve(out, HEAD_SIZE);
    buf_puts(out, "Status: ");
    buf_puts(out, http_status_text(r->status));
    buf_add(out, "\r\n", 2);
    if (http_status_has_body(r->status)) {
        if (r->body.len > 0 || !final)
            header(out, "Content-Type: ", str_of(r->content_type));
        if (final)
            number_header(out, "Content-Length: ", r->body.len);
    }
    header(out, "ETag: ", r->etag);
    if (may_locate(r->status))
        header(out, "Location: ", r->location);
    header(out, "Allow: ", r->allow);
    header(out, "Set-Cookie: ", r->set_cookie);
    if (r->www_authenticate)
        buf_puts(out, "WWW-Authenticate: Bearer realm=\"roster\"\r\n");
    if (r->retry_after > 0)
        number_header(out, "Retry-After: ", (uint64_t)r->retry_after);
    buf_puts(out, "X-Request-Id: ");
    buf_puts(out, request_id);
    buf_add(out, always, sizeof always - 1);
}
