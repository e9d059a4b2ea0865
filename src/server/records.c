/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/server/records.h"

#include <string.h>

/* FastCGI 1.0, section 8 */
enum { VERSION = 1, BEGIN_REQUEST = 1, PARAMS = 4, STDIN = 5, RESPONDER = 1, BEGIN_BODY = 8 };

void records_begin(struct records *r, size_t max_params)
{
    *r = (struct records){.max_params = max_params, .type = BEGIN_REQUEST};
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* --- the parameters --- */

static size_t length_size(unsigned char first)
{
    return first < 0x80 ? 1 : 4;
}

static size_t length_at(const unsigned char *p)
{
    return *p < 0x80 ? *p : (size_t)(*p & 0x7f) << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

/* Whether lengths holds both lengths of a pair. */
static bool lengths_complete(const struct records *r)
{
    size_t first = r->lengths_len == 0 ? 0 : length_size(r->lengths[0]);

    return r->lengths_len > first && r->lengths_len == first + length_size(r->lengths[first]);
}

static bool judge_params(struct records *r, const unsigned char *p, size_t len)
{
    while (len > 0) {
        size_t step = min(r->pair, len), size;

        r->pair -= step;
        p += step;
        len -= step;
        if (len == 0)
            break;
        r->lengths[r->lengths_len++] = *p++;
        len--;
        if (!lengths_complete(r))
            continue;
        r->pair = length_at(r->lengths) + length_at(r->lengths + length_size(r->lengths[0]));
        size = r->lengths_len + r->pair; /* even a pair of nothing takes some memory */
        r->lengths_len = 0;
        if (size > r->max_params - r->params)
            return false;
        r->params += size;
    }
    return true;
}

/* --- the records --- */

static uint16_t request_of(const struct records *r)
{
    return (uint16_t)(r->head[2] << 8 | r->head[3]);
}

/* BEGIN_REQUEST, then parameters to an empty record, then the body to an empty record. */
static bool judge_order(struct records *r)
{
    if (r->head[1] != r->type)
        return false;
    if (r->type == BEGIN_REQUEST) {
        r->type = PARAMS;
        return r->content == BEGIN_BODY;
    }
    if (r->content > 0)
        return true;
    if (r->type == PARAMS && (r->pair > 0 || r->lengths_len > 0))
        return false;
    r->type = r->type == PARAMS ? STDIN : 0;
    return true;
}

static bool judge_head(struct records *r)
{
    uint16_t request = request_of(r);

    r->content = (size_t)r->head[4] << 8 | r->head[5];
    r->padding = r->head[6];
    if (r->type == BEGIN_REQUEST)
        r->request = request;
    if (r->head[0] != VERSION || request == 0)
        return false;
    return request != r->request || judge_order(r);
}

/* Its first two bytes are the role. */
static bool judge_begin(struct records *r, const unsigned char *p, size_t len)
{
    static const unsigned char role[2] = {0, RESPONDER};

    for (size_t i = 0; i < len && r->begun < sizeof role; i++)
        if (p[i] != role[r->begun++])
            return false;
    return true;
}

static bool judge_content(struct records *r, const unsigned char *p, size_t len)
{
    if (request_of(r) != r->request)
        return true; /* the library refuses a second request, and passes over its records */
    if (r->head[1] == BEGIN_REQUEST)
        return judge_begin(r, p, len);
    return r->head[1] != PARAMS || judge_params(r, p, len);
}

bool records_judge(struct records *r, const unsigned char *p, size_t len)
{
    while (len > 0 && r->type != 0) {
        size_t step;

        if (r->head_len < RECORD_HEAD) {
            step = min(RECORD_HEAD - r->head_len, len);
            memcpy(r->head + r->head_len, p, step);
            r->head_len += step;
            if (r->head_len == RECORD_HEAD && !judge_head(r))
                return false;
        } else if (r->content > 0) {
            step = min(r->content, len);
            r->content -= step;
            if (!judge_content(r, p, step))
                return false;
        } else {
            step = min(r->padding, len);
            r->padding -= step;
        }
        if (r->head_len == RECORD_HEAD && r->content == 0 && r->padding == 0)
            r->head_len = 0;
        p += step;
        len -= step;
    }
    return true;
}
