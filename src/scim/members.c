/* SPDX-License-Identifier: Apache-2.0 */
#include "members.h"

/* There are few: insertion is the fastest. */
void members_sort(struct members *out, const struct attribute *list, struct json_object *object, struct arena *a)
{
    size_t most = json_object_is_type(object, json_type_object) ? (size_t)json_object_object_length(object) : 0;

    out->n = 0;
    out->list = most <= MEMBERS_FEW ? out->few : arena_alloc_raw(a, most * sizeof *out->list);
    if (most == 0)
        return;
    json_object_object_foreach(object, key, value)
    {
        const struct attribute *attribute = attribute_find(list, str_of(key));
        size_t at = out->n;
        if (attribute == NULL)
            continue;
        for (; at > 0 && out->list[at - 1].attribute > attribute; at--)
            out->list[at] = out->list[at - 1];
        out->list[at] = (struct member){attribute, value};
        out->n++;
    }
}
