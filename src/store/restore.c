/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/store/restore.h"

#include "roster/store/engine.h"
#include "roster/store/guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES ((size_t)256 * 1024)

/* A backup is one directory; the store has one for the records and one for the log. */
struct restoring {
    const char *from, *data, *log;
    size_t ndata, nlog;
    struct arena *arena;
    struct error *error;
};

static bool refuse(struct restoring *r, enum error_code code, const char *path, const char *why)
{
    error_set(r->error, code, str_of(path), str_of(why));
    return false;
}

/* The descriptor that keeps everybody out; -1: refused. */
static int keep_out(struct restoring *r, const char *regions)
{
    const char *message = NULL;
    int fd = store_directory(regions, r->arena, &message) ? guard_keep_out(regions, r->arena, &message) : -1;

    if (fd < 0 && message == NULL)
        error_set(r->error, ERR_STORE_IN_USE);
    else if (fd < 0)
        refuse(r, ERR_DIRECTORY_UNUSABLE, regions, message);
    return fd;
}

/* Makes the directory where it is missing; false: it is no good, or there is something in it. */
static bool empty_directory(struct restoring *r, const char *path)
{
    const char *message = NULL;
    const struct dirent *entry;
    bool empty = true;
    DIR *d;

    if (!store_directory(path, r->arena, &message))
        return refuse(r, ERR_DIRECTORY_UNUSABLE, path, message);
    if ((d = opendir(path)) == NULL)
        return refuse(r, ERR_DIRECTORY_UNUSABLE, path, strerror(errno));
    while ((entry = readdir(d)) != NULL)
        empty = empty && entry->d_name[0] == '.';
    closedir(d);
    return empty || refuse(r, ERR_DIRECTORY_UNUSABLE, path, "it is not empty");
}

static bool is_data(const char *name)
{
    size_t len = strlen(name);

    return len > 3 && strcmp(name + len - 3, ".db") == 0;
}

static bool is_log(const char *name)
{
    return strncmp(name, "log.", 4) == 0 && strlen(name) == 14 && strspn(name + 4, "0123456789") == 10;
}

static bool write_all(int fd, const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

static bool copy_bytes(int from, int to, char *bytes)
{
    ssize_t n;

    while ((n = read(from, bytes, COPY_BYTES)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || !write_all(to, bytes, (size_t)n))
            return false;
    }
    return fsync(to) == 0;
}

static bool copy_file(struct restoring *r, const char *from, const char *to)
{
    struct arena_mark mark = arena_mark(r->arena);
    char *bytes = arena_alloc_raw(r->arena, COPY_BYTES);
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = in >= 0 && out >= 0 && copy_bytes(in, out, bytes);
    int error = errno;

    if (out >= 0 && close(out) < 0 && ok) {
        error = errno;
        ok = false;
    }
    if (in >= 0)
        close(in);
    arena_rewind(r->arena, mark);
    return ok || refuse(r, in < 0 ? ERR_BACKUP_INVALID : ERR_DIRECTORY_UNUSABLE, in < 0 ? from : to, strerror(error));
}

/* Visits the files of the backup that are the store's; with remove, their copies are deleted instead of made. */
static bool each_file(struct restoring *r, bool remove)
{
    DIR *d = opendir(r->from);
    const struct dirent *entry;
    bool ok = true;

    if (d == NULL)
        return refuse(r, ERR_BACKUP_INVALID, r->from, strerror(errno));
    while (ok && (entry = readdir(d)) != NULL) {
        const char *name = entry->d_name, *into = is_data(name) ? r->data : is_log(name) ? r->log : NULL;

        if (into == NULL)
            continue;
        const char *to = arena_printf(r->arena, "%s/%s", into, name);
        if (remove) {
            unlink(to);
        } else {
            *(into == r->data ? &r->ndata : &r->nlog) += 1;
            ok = copy_file(r, arena_printf(r->arena, "%s/%s", r->from, name), to);
        }
    }
    closedir(d);
    return ok;
}

static bool sync_directory(struct restoring *r, const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    int error = errno;

    if (fd >= 0)
        close(fd);
    return ok || refuse(r, ERR_DIRECTORY_UNUSABLE, path, strerror(error));
}

static bool copy_all(struct restoring *r)
{
    if (!each_file(r, false))
        return false;
    if (r->ndata == 0 || r->nlog == 0)
        return refuse(r, ERR_BACKUP_INVALID, r->from, "files of the store are missing");
    return sync_directory(r, r->data) && sync_directory(r, r->log);
}

static bool restore(struct restoring *r, const char *top)
{
    const char *message = NULL;

    if (!store_directory(top, r->arena, &message))
        return refuse(r, ERR_DIRECTORY_UNUSABLE, top, message);
    if (!empty_directory(r, r->data) || !empty_directory(r, r->log))
        return false;
    if (copy_all(r))
        return true;
    if (r->ndata + r->nlog > 0)
        each_file(r, true);
    return false;
}

bool store_restore(const struct conf *c, const char *dir, struct arena *a, struct error *e)
{
    struct restoring r = {.from = dir,
                          .data = arena_printf(a, "%s/data", c->store_data),
                          .log = arena_printf(a, "%s/log", c->store_data),
                          .arena = a,
                          .error = e};
    int guard = keep_out(&r, c->store_regions);
    bool ok = guard >= 0 && restore(&r, c->store_data);

    if (guard >= 0)
        close(guard);
    return ok;
}
