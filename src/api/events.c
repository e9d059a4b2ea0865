/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "roster/directory/event.h"

#define EVENTS_DEFAULT 100
#define EVENTS_MAX     1000
#define EVENTS_SLICE   50 /* read in one go: an event may have tens of kilobytes */

/* GET /api/v1/events?after=N&limit=M: {"events":[…],"last":N,"newest":N}. The reader goes on with after=last. */
bool events_list(struct api_call *c)
{
    struct buf *b = &c->response->body;
    struct call slice = c->call;
    long long after, limit;
    uint64_t last, newest = 0;
    size_t written = 0, n = 1;

    if (!answer_number(c, "after", 0, &after) || !answer_number(c, "limit", EVENTS_DEFAULT, &limit))
        return false;
    last = after < 0 ? 0 : (uint64_t)after;
    limit = limit < 1 ? 1 : limit > EVENTS_MAX ? EVENTS_MAX : limit;
    answer_json(c, 200);
    slice.arena = c->api->scratch;
    buf_puts(b, "{\"events\":[");
    while (n > 0 && written < (size_t)limit) {
        size_t want = (size_t)limit - written < EVENTS_SLICE ? (size_t)limit - written : EVENTS_SLICE, comma = b->len;

        arena_reset(slice.arena);
        if (written > 0)
            buf_putc(b, ',');
        if (!event_read(&slice, last, want, b, &n, &last, &newest))
            return false;
        if (n == 0)
            b->len = comma;
        written += n;
        http_response_spill(c->response);
    }
    buf_printf(b, "],\"last\":%llu,\"newest\":%llu}", (unsigned long long)last, (unsigned long long)newest);
    return true;
}
