/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/server/server.h"

#include "roster/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

/* A socket is made as "PATH.new" and then renamed. */
#define LISTEN_MAX (sizeof((struct sockaddr_un *)0)->sun_path - sizeof ".new")

static bool is_mode(const char *s)
{
    size_t len = strlen(s);

    return len >= 3 && len <= 4 && strspn(s, "01234567") == len && strtoul(s, NULL, 8) <= 0777;
}

static bool is_mount(const char *s)
{
    return *s == '\0' || (*s == '/' && s[strlen(s) - 1] != '/');
}

/* Scheme and host, nothing behind: it is put in front of paths. */
static bool is_url(const char *s)
{
    size_t scheme = strncmp(s, "https://", 8) == 0 ? 8 : strncmp(s, "http://", 7) == 0 ? 7 : 0, len = strlen(s);

    if (*s == '\0')
        return true;
    if (len > scheme && s[len - 1] == '/')
        len--;
    return scheme > 0 && len > scheme && strcspn(s + scheme, "/?# \t\"\\<>") == len - scheme;
}

static const char *first_fault(const struct conf *c, struct arena *a)
{
    enum log_level level;

    if (c->server_listen[0] != '/')
        return arena_printf(a, "server.listen is an absolute path, not '%s'", c->server_listen);
    if (strlen(c->server_listen) > LISTEN_MAX)
        return arena_printf(a, "server.listen has at most %zu bytes", LISTEN_MAX);
    if (!is_mode(c->server_socket_mode))
        return arena_printf(a, "server.socket_mode is an octal number such as 0660, not '%s'", c->server_socket_mode);
    if (!is_mount(c->server_mount))
        return arena_printf(a, "server.mount is empty or begins with '/' and does not end with one, not '%s'",
                            c->server_mount);
    if (!is_url(c->server_public_url))
        return arena_printf(a, "server.public_url is http:// or https:// and a host, not '%s'", c->server_public_url);
    if (!log_level_parse(str_of(c->log_level), &level))
        return arena_printf(a, "log.level is debug, info, warn or error, not '%s'", c->log_level);
    return NULL;
}

bool server_settings(struct conf *out, struct arena *a, const struct server_options *options, const char **message)
{
    if (!conf_read(out, a, options->config, message))
        return false;
    if (options->listen != NULL)
        out->server_listen = options->listen;
    if (options->workers > 0)
        out->server_workers = options->workers;
    *message = first_fault(out, a);
    return *message == NULL;
}

bool server_log(const struct conf *c, struct arena *a, const char **message)
{
    static int current = -1; /* the file's descriptor */
    enum log_level level = LOG_INFO_;
    int fd = -1;

    if (c->log_file[0] != '\0') {
        fd = open(c->log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
        if (fd < 0) {
            *message = arena_printf(a, "cannot open log.file %s: %s", c->log_file, strerror(errno));
            return false;
        }
    }
    log_set_fd(fd < 0 ? STDERR_FILENO : fd);
    if (current >= 0)
        close(current);
    current = fd;
    log_level_parse(str_of(c->log_level), &level);
    log_set_level(level);
    return true;
}
