/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections are accepted here and handed to the library as if it had kept them open: so they have time limits before
 * their first byte is read, and several kept ones can be waited for at once, where the library would block on one.
 *
 * An answer that tells of a change leaves when the change is on disk. While another request is there already, the
 * answer waits and that request is done first, so that one wait for the disk serves both.
 *
 * A request that needs a password hashed is parked until the hasher's thread has done it, and then answered anew.
 */
#include "roster/server/fcgi.h"

#include "roster/base/clock.h"
#include "roster/base/log.h"
#include "roster/server/records.h"

#include <assert.h>
#include <errno.h>
#include <fcgiapp.h>
#include <fcgios.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256    /* kept open at a time; one more, and the one that was used longest ago is closed */
#define FIRST_BYTE_MS   20     /* a new connection that says nothing for so long waits among the kept ones */
#define IO_SECONDS      30     /* of silence in the middle of a request */
#define REQUEST_MS      120000 /* within which all of a request must have come */
#define PAUSE_US        50000  /* after an accept that failed for want of descriptors or memory */
#define SIGNALS_EVERY   16     /* requests in a row */
#define BODY_STEP       ((size_t)16 << 10)
#define DISCARD_MAX     ((size_t)64 << 20) /* of a body that is too large */
#define ARENA_LIMIT     ((size_t)256 << 20)
#define WAITING_MAX     16    /* answers that wait for the disk together, and the one in hand */
#define PARKED_MAX      192   /* requests that wait for a hash */
#define HASHES_MAX      4     /* for a request: another one is asked for where somebody else has changed the password */
#define WHOLE_MAX       16384 /* bytes of a request that others' answers wait for, and of an answer they wait behind */
#define PARAMS_SHARE    16    /* so many times server.max_params are read, so that they can be answered with 431 */

struct connection {
    FCGX_Request request;
    bool open, watched; /* watched: in the epoll set */
    bool waiting;       /* its request is parked, or the answer waits for the disk */
    uint64_t used;      /* when, by fcgi.uses */
};

/* A request and its answer. */
struct exchange {
    struct fcgi *fcgi;
    struct connection *connection;
    struct arena *arena;
    struct api *api;
    struct http_request request;
    struct http_response response;
    struct buf head;
    struct api_trace trace;
    char id[ID_TEXT_LEN + 1], token_id[ID_TEXT_LEN + 1];
    char *input; /* the library's buffer, of which input_size bytes were used */
    size_t input_size;
    int64_t began;
    struct hasher_job job;
    unsigned hashes;       /* that were asked for */
    struct exchange *next; /* of those not in use */
    bool final;            /* what is in the response's body is all of it */
    bool drained;
};

struct fcgi {
    const struct conf *conf;
    struct str mount;
    int listen_fd, epoll_fd; /* listen_fd: where connections come from; see passed */
    sigset_t waiting;        /* the mask to wait with */
    bool busy;               /* a new connection was served last: there is likely to be another */
    bool leaving;
    bool passed;       /* connections are accepted by the master, which passes them on (server/relay) */
    unsigned in_a_row; /* requests since signals were let in */
    uint64_t uses;
    size_t nwatched;
    struct exchange *waiting_for_disk[WAITING_MAX];
    size_t nwaiting;
    size_t nparked;
    struct exchange *unused;
    struct connection hashes; /* none: stands in the epoll set for the hasher's finished jobs */
    struct connection connections[CONNECTIONS_MAX];
};

/* --- the library and its descriptors --- */

/* Of the request in hand: a process has one at a time. */
static struct {
    struct records records;
    int64_t deadline; /* clock_ticks() */
    char *buffer;     /* the library's, which has always the same for a request */
    size_t size;      /* of what has been in it */
} incoming;

/*
 * Takes the place of the library's own function of this name, through which it reads everything: a program's functions
 * go before those of its libraries. So no record reaches the library that it could not stand. It reads on before it
 * closes a connection, for as long as something comes: hence the shutdown.
 */
int OS_Read(int fd, char *buf, size_t len)
{
    ssize_t n = clock_ticks() < incoming.deadline ? read(fd, buf, len) : 0;

    if (buf != incoming.buffer)
        incoming.size = 0;
    incoming.buffer = buf;
    if (n > 0 && (size_t)n > incoming.size)
        incoming.size = (size_t)n;
    if (n > 0 && records_judge(&incoming.records, (const unsigned char *)buf, (size_t)n))
        return (int)n;
    explicit_bzero(buf, len);
    shutdown(fd, SHUT_RD);
    return n < 0 ? -1 : 0;
}

static void watch(struct fcgi *f, int fd, uint32_t events, struct connection *c)
{
    struct epoll_event event = {.events = events, .data.ptr = c};

    if (epoll_ctl(f->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        log_event(LOG_ERROR_, "fatal", LOG_C("reason", "epoll"), LOG_C("error", strerror(errno)));
        exit(EXIT_FAILURE);
    }
}

static void prepare_signals(struct fcgi *f)
{
    sigset_t held;

    sigemptyset(&held);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGINT);
    sigprocmask(SIG_BLOCK, &held, &f->waiting);
    sigdelset(&f->waiting, SIGTERM);
    sigdelset(&f->waiting, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
}

static bool listens(int fd)
{
    int value = 0;
    socklen_t size = sizeof value;

    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0;
}

struct fcgi *fcgi_new(const struct conf *c, int listen_fd)
{
    struct fcgi *f = calloc(1, sizeof *f);

    if (f == NULL)
        arena_no_memory(sizeof *f);
    FCGX_Init();
    prepare_signals(f); /* after FCGX_Init(), which sets handlers of its own */
    *f = (struct fcgi){.conf = c,
                       .mount = str_of(c->server_mount),
                       .listen_fd = listen_fd,
                       .passed = !listens(listen_fd),
                       .epoll_fd = epoll_create1(EPOLL_CLOEXEC),
                       .waiting = f->waiting};
    fcntl(listen_fd, F_SETFL, fcntl(listen_fd, F_GETFL) | O_NONBLOCK);
    watch(f, listen_fd, EPOLLIN | EPOLLEXCLUSIVE, NULL);
    return f;
}

/* After the library is done with a connection, with its descriptor still open or not. */
static void settle(struct fcgi *f, struct connection *c, bool keep)
{
    int fd = c->request.ipcFd;

    if (fd >= 0 && keep) {
        if (!c->watched)
            watch(f, fd, EPOLLIN, c);
        f->nwatched += !c->watched;
        c->watched = true;
        c->used = ++f->uses;
        return;
    }
    if (fd >= 0)
        close(fd);
    c->request.ipcFd = -1;
    f->nwatched -= c->watched;
    c->open = c->watched = false;
}

void fcgi_free(struct fcgi **f)
{
    if (*f == NULL)
        return;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        if ((*f)->connections[i].open)
            settle(*f, &(*f)->connections[i], false);
    close((*f)->epoll_fd);
    assert((*f)->nwaiting == 0 && (*f)->nparked == 0);
    for (struct exchange *x; (x = (*f)->unused) != NULL;) {
        (*f)->unused = x->next;
        arena_free(&x->arena);
        free(x);
    }
    free(*f);
    *f = NULL;
}

/* --- the parameters --- */

struct param {
    const char *text; /* NAME=VALUE */
    size_t name_len;
};

struct params {
    struct param *list;
    size_t n;
    struct arena *arena;
};

/* Lists the parameters that fit into max bytes, each with its NUL. false: some do not. */
static bool list_params(struct params *out, struct arena *a, char *const *envp, size_t max)
{
    size_t count = 0, bytes = 0;
    bool fit = true;

    while (envp[count] != NULL)
        count++;
    *out = (struct params){.arena = a};
    out->list = arena_alloc_raw(a, (count < max ? count : max) * sizeof *out->list);
    for (; *envp != NULL; envp++) {
        const char *equals = strchr(*envp, '=');
        size_t len = equals == NULL ? 0 : (size_t)(equals - *envp) + strlen(equals) + 1;
        if (equals == NULL)
            continue;
        if (len > max - bytes) {
            fit = false;
            continue;
        }
        bytes += len;
        out->list[out->n++] = (struct param){.text = *envp, .name_len = (size_t)(equals - *envp)};
    }
    return fit;
}

/* One that came more than once is all its values, as HTTP joins them (RFC 9110 5.3): none of them goes unseen. */
static struct str find_param(void *ctx, const char *name)
{
    const struct params *params = ctx;
    struct str found = STR_NULL;
    size_t len = strlen(name);

    for (size_t i = 0; i < params->n; i++) {
        const struct param *p = &params->list[i];
        if (p->name_len != len || memcmp(p->text, name, len) != 0)
            continue;
        const char *value = p->text + len + 1;
        found = str_of(found.p == NULL ? value : arena_printf(params->arena, "%s, %s", found.p, value));
    }
    return found;
}

/* --- the body --- */

/* Reads on to the end of the body and forgets it. false: there is too much of it, or the connection broke. */
static bool discard(FCGX_Stream *in)
{
    char scratch[8192];

    for (size_t got = 0; got < DISCARD_MAX;) {
        int n = FCGX_GetStr(scratch, sizeof scratch, in);
        if (n < (int)sizeof scratch)
            return FCGX_GetError(in) == 0;
        got += (size_t)n;
    }
    return false;
}

/* Reads up to max + 1 bytes, where there are so many. One read suffices if first is more than there are. */
static void read_bytes(struct buf *body, FCGX_Stream *in, size_t first, size_t max)
{
    for (size_t room = first; body->len <= max; room = BODY_STEP) {
        if (room > max + 1 - body->len)
            room = max + 1 - body->len;
        buf_reserve(body, room);
        int n = FCGX_GetStr(body->p + body->len, (int)room, in);
        body->len += (size_t)n;
        if ((size_t)n < room)
            return;
    }
}

/* CONTENT_LENGTH is absent or empty where there is no body, or where its length was not known before; else digits. */
static bool read_length(struct params *params, bool *declared, long long *length)
{
    struct str text = find_param(params, "CONTENT_LENGTH");

    *declared = text.len > 0;
    *length = 0;
    return !*declared || (*text.p >= '0' && *text.p <= '9' && str_to_ll(text, length));
}

/* Fills body, body_complete and body_too_large. false: the body was not read to its end. */
static bool read_body(const struct conf *conf, struct params *params, FCGX_Stream *in, struct http_request *r)
{
    size_t max = (size_t)conf->server_max_body;
    bool declared, sound;
    long long length;
    struct buf body;

    buf_init(&body, params->arena);
    sound = read_length(params, &declared, &length);
    r->body_too_large = sound && (unsigned long long)length > max;
    if (!r->body_too_large) {
        read_bytes(&body, in, sound && declared ? (size_t)length + 1 : 1, max);
        r->body_too_large = body.len > max;
    }
    if (r->body_too_large)
        return discard(in);
    bool whole = FCGX_GetError(in) == 0;
    r->body = buf_view(&body);
    r->body_complete = whole && sound && (!declared || body.len == (size_t)length);
    return whole;
}

/* --- the answer --- */

static bool put(FCGX_Stream *out, struct str s)
{
    assert(s.len <= INT_MAX);
    return s.len == 0 || FCGX_PutStr(s.p, (int)s.len, out) == (int)s.len;
}

static void send_answers(struct fcgi *f);

static bool send_piece(struct http_response *response, void *ctx)
{
    struct exchange *x = ctx;
    FCGX_Stream *out = x->connection->request.out;

    if (!response->head_sent) {
        if (!x->final) /* of pieces, which may have to wait for their reader: the others' answers leave before */
            send_answers(x->fcgi);
        api_sync(x->api);
        http_response_head(&x->head, response, x->id, x->final);
        if (!put(out, buf_view(&x->head)))
            return false;
    }
    if (x->request.method == HTTP_HEAD || !http_status_has_body(response->status))
        return true;
    response->bytes_sent += response->body.len;
    return put(out, buf_view(&response->body));
}

static void log_request(const struct exchange *x)
{
    const struct http_response *response = &x->response;
    const struct api_trace *trace = &x->trace;

    log_event(response->status >= 500 ? LOG_WARN_ : LOG_INFO_, "request", LOG_C("id", x->id),
              LOG_C("method", http_method_name(x->request.method)), LOG_C("route", trace->route),
              LOG_I("status", response->status), LOG_I("ms", clock_ticks() - x->began),
              LOG_I("bytes", response->bytes_sent), LOG_I("account", trace->account), LOG_C("token", x->token_id),
              LOG_C("error", trace->error_code), LOG_C("auth", trace->auth),
              LOG_C("client", client_name(x->request.client)));
}

/* Reads the request's parameters and body; what is wrong with them is in *e. */
static void read_request(struct fcgi *f, struct exchange *x, struct error *e)
{
    FCGX_Request *io = &x->connection->request;
    struct params params;

    if (!list_params(&params, x->arena, io->envp, (size_t)f->conf->server_max_params))
        error_set(e, ERR_HEADERS_TOO_LARGE,
                  str_of(arena_printf(x->arena, "%lld", (long long)f->conf->server_max_params)));
    http_request_read(&x->request, x->arena, find_param, &params, f->mount, e);
    x->drained = read_body(f->conf, &params, io->in, &x->request);
    x->input = incoming.buffer;
    x->input_size = incoming.size;
}

/* Tokens and passwords do not stay in what the library is about to free. */
static void wipe(const struct exchange *x)
{
    static const char *const secrets[] = {
        "HTTP_AUTHORIZATION=", "REDIRECT_HTTP_AUTHORIZATION=", "HTTP_COOKIE=", "HTTP_X_CSRF_TOKEN="};

    explicit_bzero(x->input, x->input_size);
    for (char **p = x->connection->request.envp; *p != NULL; p++)
        for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
            if (**p == *secrets[i] && strncmp(*p, secrets[i], strlen(secrets[i])) == 0)
                explicit_bzero(*p, strlen(*p));
}

/* Ends a request. The connection is closed here, at once, and not by the library, which would wait before it does. */
static void end_request(struct fcgi *f, const struct exchange *x)
{
    FCGX_Request *io = &x->connection->request;
    bool keep = io->keepConnection && x->drained && !x->response.broken && !f->leaving;

    if (x->response.broken) /* the answer ended in the middle, and must not look whole */
        shutdown(io->ipcFd, SHUT_RDWR);
    io->keepConnection = 1;
    FCGX_ClearError(io->in);
    if (FCGX_FClose(io->err) != 0 || FCGX_FClose(io->out) != 0)
        shutdown(io->ipcFd, SHUT_RDWR);
    wipe(x);
    FCGX_Finish_r(io);
    x->connection->waiting = false;
    settle(f, x->connection, keep);
}

/* Sends the answers that wait: one wait for the disk is enough for all. */
static void send_answers(struct fcgi *f)
{
    for (size_t i = 0; i < f->nwaiting; i++) {
        struct exchange *x = f->waiting_for_disk[i];

        if (!x->response.broken && !send_piece(&x->response, x))
            x->response.broken = true;
        end_request(f, x);
        api_count(x->api, &x->request, &x->response);
        log_request(x);
        arena_reset(x->arena);
        x->next = f->unused;
        f->unused = x;
    }
    f->nwaiting = 0;
}

static struct exchange *new_exchange(struct fcgi *f)
{
    struct exchange *x = f->unused;

    if (x != NULL) {
        f->unused = x->next;
        return x;
    }
    if ((x = calloc(1, sizeof *x)) == NULL)
        arena_no_memory(sizeof *x);
    x->arena = arena_new(ARENA_LIMIT);
    return x;
}

static struct exchange *begin_exchange(struct fcgi *f, struct connection *c, struct api *api, int64_t began)
{
    struct exchange *x = new_exchange(f);

    *x = (struct exchange){.fcgi = f, .connection = c, .arena = x->arena, .api = api, .began = began, .job.owner = x};
    buf_init(&x->head, x->arena);
    http_response_init(&x->response, x->arena);
    x->response.send = send_piece;
    x->response.send_ctx = x;
    return x;
}

/* Nothing is read from its connection meanwhile. false: there are too many. */
static bool park(struct fcgi *f, struct exchange *x)
{
    struct connection *c = x->connection;
    struct epoll_event unused;

    if (f->nparked == PARKED_MAX || x->hashes == HASHES_MAX || !hasher_submit(api_hasher(x->api), &x->job))
        return false;
    if (!f->hashes.watched)
        watch(f, hasher_fd(api_hasher(x->api)), EPOLLIN, &f->hashes);
    f->hashes.watched = true;
    if (c->watched)
        epoll_ctl(f->epoll_fd, EPOLL_CTL_DEL, c->request.ipcFd, &unused);
    f->nwatched -= c->watched;
    c->watched = false;
    x->hashes++;
    f->nparked++;
    return true;
}

/* Answers a request, which is then one of those whose answers wait; or parks it. */
static void answer(struct fcgi *f, struct exchange *x, struct error *e)
{
    assert(f->nwaiting < WAITING_MAX);
    x->connection->waiting = true;
    if (!api_answer(x->api, &x->request, &x->response, e, &x->job)) {
        if (park(f, x))
            return;
        x->job.state = HASHER_FULL;
        api_answer(x->api, &x->request, &x->response, e, &x->job);
    }
    x->final = true;
    x->trace = *api_trace(x->api);
    memcpy(x->token_id, x->trace.token_id, strlen(x->trace.token_id) + 1);
    f->waiting_for_disk[f->nwaiting++] = x;
}

/* A parked request whose hash is there, if there is one. */
static bool resume(struct fcgi *f, struct api *api)
{
    struct hasher_job *job = hasher_finished(api_hasher(api));
    struct error e = ERROR_INIT;

    if (job == NULL)
        return false;
    f->nparked--;
    answer(f, job->owner, &e);
    return true;
}

/* --- waiting --- */

/* A slot for a new connection; where all are taken, the one used longest ago gives way. */
static struct connection *free_slot(struct fcgi *f)
{
    struct connection *oldest = NULL;

    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *c = &f->connections[i];
        if (!c->open)
            return c;
        if (!c->waiting && (oldest == NULL || c->used < oldest->used))
            oldest = c;
    }
    assert(oldest != NULL); /* there are more connections than may wait */
    settle(f, oldest, false);
    return oldest;
}

/* A connection that the master has accepted; -1: there is none. */
static int receive_connection(const struct fcgi *f)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    char byte;
    struct iovec content = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &content, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
    ssize_t n = recvmsg(f->listen_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    const struct cmsghdr *c = n == 1 ? CMSG_FIRSTHDR(&message) : NULL;
    int fd = -1;

    if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof fd))
        memcpy(&fd, CMSG_DATA(c), sizeof fd);
    else if (n == 1)
        errno = EMFILE; /* it was lost on its way: this process has too many descriptors */
    return fd;
}

/* The next new connection, if its request begins to arrive within so many milliseconds. */
static struct connection *accept_connection(struct fcgi *f, int first_byte_ms)
{
    static const struct timeval limit = {.tv_sec = IO_SECONDS};
    int fd = f->passed ? receive_connection(f) : accept4(f->listen_fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            usleep(PAUSE_US);
        return NULL; /* most often another worker was faster */
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    struct connection *c = free_slot(f);
    FCGX_InitRequest(&c->request, -1, 0);
    c->request.ipcFd = fd;
    c->open = true;
    if (poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, first_byte_ms) != 0)
        return c;
    settle(f, c, true);
    return NULL;
}

/* c: also hashes. */
static bool serve(struct fcgi *f, struct connection *c, struct api *api)
{
    int64_t began = clock_ticks();
    struct error e = ERROR_INIT;
    struct exchange *x;

    if (c == &f->hashes)
        return resume(f, api);
    incoming.deadline = began + REQUEST_MS;
    incoming.size = 0;
    records_begin(&incoming.records, PARAMS_SHARE * (size_t)f->conf->server_max_params);
    c->request.keepConnection = 1; /* else the library closes it before it begins */
    if (FCGX_Accept_r(&c->request) != 0) {
        settle(f, c, false); /* the web server has closed it, or does not speak FastCGI */
        return false;
    }
    if (FCGX_GetError(c->request.in) != 0) { /* the library takes an end between two parameters for the end of all */
        FCGX_Free(&c->request, 1);
        settle(f, c, false);
        return false;
    }
    x = begin_exchange(f, c, api, began);
    read_request(f, x, &e);
    id_format(&x->request.id, x->id);
    answer(f, x, &e);
    return true;
}

/* Lets signals in that have come, after so many more requests: epoll_pwait() is not called while more are ready. */
static void let_signals_in(struct fcgi *f, unsigned requests)
{
    sigset_t held;

    f->in_a_row += requests;
    if (f->in_a_row < SIGNALS_EVERY)
        return;
    f->in_a_row = 0;
    sigprocmask(SIG_SETMASK, &f->waiting, &held);
    sigprocmask(SIG_SETMASK, &held, NULL);
}

/* Also when the relay has ended: its channel is ready for ever then, so that no signal would come in. */
static void stop_listening(struct fcgi *f)
{
    struct epoll_event unused;

    epoll_ctl(f->epoll_fd, EPOLL_CTL_DEL, f->listen_fd, &unused);
}

static struct connection *next_connection(struct fcgi *f, int timeout_ms)
{
    int first_byte_ms = timeout_ms == 0 ? 0 : FIRST_BYTE_MS;
    struct epoll_event event;
    struct connection *c;

    if (f->busy && f->nwatched == 0 && f->nparked == 0 && (c = accept_connection(f, first_byte_ms)) != NULL)
        return c;
    f->busy = false;
    if (epoll_pwait(f->epoll_fd, &event, 1, timeout_ms, &f->waiting) <= 0)
        return NULL;
    if (event.data.ptr != NULL)
        return event.data.ptr;
    c = accept_connection(f, first_byte_ms);
    f->busy = c != NULL;
    if (!f->busy && (event.events & EPOLLHUP) != 0)
        stop_listening(f);
    return c;
}

/* Whether all of a request has come, and it is a short one: others' answers may wait while it is done. */
static bool is_whole(const struct fcgi *f, const struct connection *c)
{
    static unsigned char seen[WHOLE_MAX];
    struct records records;
    ssize_t n;

    if (c == &f->hashes)
        return true;
    n = recv(c->request.ipcFd, seen, sizeof seen, MSG_PEEK | MSG_DONTWAIT);
    if (n <= 0)
        return false;
    records_begin(&records, (size_t)f->conf->server_max_params);
    bool whole = records_judge(&records, seen, (size_t)n) && records.type == 0;
    explicit_bzero(seen, (size_t)n);
    return whole;
}

/*
 * Serves what is there while answers have a change to wait for, and sends them: none waits for a request that is still on
 * its way, nor for a long one. Comes to an end also where there is always more. How many requests there were, with the
 * one before.
 */
static unsigned serve_waiting(struct fcgi *f, struct api *api)
{
    unsigned served = 1;

    for (; f->nwaiting > 0; served++) {
        const struct exchange *last = f->waiting_for_disk[f->nwaiting - 1];
        bool is_long = last->response.body.len > WHOLE_MAX; /* may wait for its reader */
        bool more = api_unsynced(api) && served < WAITING_MAX && !is_long && !f->leaving;
        struct connection *c = more ? next_connection(f, 0) : NULL;

        if (c != NULL && c->waiting)
            c = NULL; /* the web server has gone, or is ahead of the answer */
        if (c == NULL || !is_whole(f, c)) {
            send_answers(f);
            api_after(api);
        }
        if (c != NULL)
            serve(f, c, api);
    }
    return served;
}

int fcgi_serve(struct fcgi *f, struct api *api, int timeout_ms)
{
    struct connection *c = next_connection(f, timeout_ms);
    bool served = c != NULL && serve(f, c, api);

    if (served)
        let_signals_in(f, serve_waiting(f, api));
    return served;
}

void fcgi_leave(struct fcgi *f, struct api *api)
{
    struct epoll_event event;
    int n;

    f->leaving = true;
    stop_listening(f);
    while ((n = epoll_wait(f->epoll_fd, &event, 1, f->nparked > 0 ? -1 : 0)) == 1 || f->nparked > 0) {
        if (n != 1)
            continue; /* a signal */
        serve(f, event.data.ptr, api);
        serve_waiting(f, api);
    }
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        if (f->connections[i].open)
            settle(f, &f->connections[i], false);
}
