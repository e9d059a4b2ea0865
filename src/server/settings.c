/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/server/server.h"

#include "roster/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool server_settings(struct conf *out, struct arena *a, const struct server_options *options, const char **message)
{
    if (!conf_read(out, a, options->config, message))
        return false;
    if (options->listen != NULL)
        out->server_listen = options->listen;
    if (options->workers > 0)
        out->server_workers = options->workers;
    *message = conf_fault(out, a);
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
