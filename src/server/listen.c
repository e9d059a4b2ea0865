/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG       1024
#define LOCK_TRIES    10 /* a master that was killed may leave a child that has not closed its copy yet */
#define LOCK_PAUSE_US 20000

bool listen_inherited(void)
{
    int listens = 0;
    socklen_t size = sizeof listens;

    return getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0;
}

static bool complain(struct arena *a, const char **message, const char *verb, const char *path)
{
    *message = arena_printf(a, "cannot %s %s: %s", verb, path, strerror(errno));
    return false;
}

/* --- the lock --- */

static void name_holder(int fd, const char *path, struct arena *a, const char **message)
{
    char text[24] = "";
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    long pid = n > 0 ? strtol(text, NULL, 10) : 0;

    *message = pid > 0 ? arena_printf(a, "%s is served already, by process %ld", path, pid)
                       : arena_printf(a, "%s is served already", path);
}

static bool lock(struct listener *out, const char *path, struct arena *a, const char **message)
{
    const char *lock_path = arena_printf(a, "%s.lock", path);
    int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), tries = LOCK_TRIES;

    if (fd < 0)
        return complain(a, message, "open", lock_path);
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK && --tries > 0) {
            usleep(LOCK_PAUSE_US);
            continue;
        }
        if (errno == EWOULDBLOCK)
            name_holder(fd, path, a, message);
        else
            complain(a, message, "lock", lock_path);
        close(fd);
        return false;
    }
    if (ftruncate(fd, 0) != 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0) {
        complain(a, message, "write to", lock_path);
        close(fd);
        return false;
    }
    out->lock = fd;
    return true;
}

/* --- the socket --- */

static bool address_of(const char *path, struct sockaddr_un *out, struct arena *a, const char **message)
{
    size_t len = strlen(path);

    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (len >= sizeof out->sun_path) {
        *message = arena_printf(a, "the path of a socket has at most %zu bytes: %s", sizeof out->sun_path - 1, path);
        return false;
    }
    memcpy(out->sun_path, path, len);
    return true;
}

/* A socket that listens under the temporary name, with its permissions. */
static bool make_socket(struct listener *out, const char *temporary, mode_t mode, struct arena *a, const char **message)
{
    struct sockaddr_un address;
    struct stat st;

    if (!address_of(temporary, &address, a, message))
        return false;
    out->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (out->fd < 0)
        return complain(a, message, "make", temporary);
    unlink(temporary);
    if (bind(out->fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return complain(a, message, "make", temporary);
    if (listen(out->fd, BACKLOG) != 0 || chmod(temporary, mode) != 0 || lstat(temporary, &st) != 0) {
        complain(a, message, "prepare", temporary);
        unlink(temporary);
        return false;
    }
    out->device = st.st_dev;
    out->inode = st.st_ino;
    return true;
}

static bool make_listener(struct listener *out, const char *path, mode_t mode, struct arena *a, const char **message)
{
    const char *temporary = arena_printf(a, "%s.new", path);
    struct stat st;

    if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
        *message = arena_printf(a, "%s is not a socket, and is left as it is", path);
        return false;
    }
    if (!make_socket(out, temporary, mode, a, message))
        return false;
    if (rename(temporary, path) != 0) {
        complain(a, message, "make", path);
        unlink(temporary);
        return false;
    }
    out->path = path;
    return true;
}

bool listen_open(struct listener *out, const char *path, const char *mode, struct arena *a, const char **message)
{
    *out = (struct listener){.fd = -1, .lock = -1};
    if (lock(out, path, a, message) && make_listener(out, path, (mode_t)strtoul(mode, NULL, 8), a, message))
        return true;
    if (out->fd >= 0)
        close(out->fd);
    if (out->lock >= 0)
        close(out->lock);
    return false;
}

void listen_close(struct listener *l)
{
    struct stat st;

    if (l->path != NULL && lstat(l->path, &st) == 0 && st.st_dev == l->device && st.st_ino == l->inode)
        unlink(l->path);
    close(l->fd);
    if (l->lock >= 0)
        close(l->lock);
    *l = (struct listener){.fd = -1, .lock = -1};
}
