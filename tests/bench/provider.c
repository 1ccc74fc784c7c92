/* A provider that is never the bottleneck: answers what is asked, at once or after a while, and counts its calls.
 *
 * provider INVOICES CONTACTS PORT:MILLISECONDS ...
 *
 * Both files hold one JSON object a line. Any path may begin with /books/<n>: the books then begin 100 n invoices later.
 *   GET /invoices?limit=&offset=     {"total":n,"rows":[...]}, ends where the books end
 *   GET /invoices?limit=&page=       [...], pages from 0, which begin again where the books end
 *   GET /contacts?limit=&offset=     {"total":n,"rows":[...]}
 *   GET /contacts?ids=a,b            [...], or ids=a&ids=b
 *   GET /contacts/<id>
 *   GET /count                       [calls, rows given] so far; counts no call
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

enum { FILES = 65536, INPUT = 65536, WAITING = 65536, PORTS = 16, EVENTS = 256 };

typedef struct { char *text; size_t *start; long count; } rows;              /* row i is text[start[i]] .. start[i+1]-1 */
typedef struct { char *text; size_t length, room; } bytes;
typedef struct { int fd, line, blocked; unsigned born; size_t filled, sent; bytes out; char in[INPUT]; } peer;
typedef struct { int fd; unsigned born; double due; bytes answer; } waiting;
typedef struct { int socket; double seconds; waiting *queue; unsigned head, tail; } line; /* a port: one delay, so in order */

static rows invoices, contacts;
static peer *peers[FILES];
static unsigned births;
static line lines[PORTS];
static int line_count, poll_fd, timer_fd;
static long calls, given;

static void die(const char *what) { perror(what); exit(1); }

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void add(bytes *to, const char *text, size_t length) {
    if (to->length + length > to->room) {
        to->room = (to->length + length) * 2;
        if (!(to->text = realloc(to->text, to->room))) die("realloc");
    }
    memcpy(to->text + to->length, text, length);
    to->length += length;
}

/* Rows with commas between them, so that a page is one piece of the text. */
static rows read_rows(const char *name) {
    int fd = open(name, O_RDONLY);
    struct stat found;
    if (fd < 0 || fstat(fd, &found)) die(name);
    rows made = {malloc((size_t)found.st_size + 1), 0, 0};
    size_t length = 0;
    ssize_t got;
    while ((got = read(fd, made.text + length, (size_t)found.st_size - length)) > 0) length += (size_t)got;
    close(fd);
    for (size_t at = 0; at < length; at++) made.count += made.text[at] == '\n';
    made.start = malloc((size_t)(made.count + 1) * sizeof *made.start);
    long row = 0;
    made.start[0] = 0;
    for (size_t at = 0; at < length; at++)
        if (made.text[at] == '\n') { made.text[at] = ','; made.start[++row] = at + 1; }
    return made;
}

static void piece(bytes *to, const rows *from, long first, long end) {
    if (first < 0) first = 0;
    if (end > from->count) end = from->count;
    if (first >= end) return;
    given += end - first;
    add(to, from->text + from->start[first], from->start[end] - from->start[first] - 1);
}

static void head(bytes *to, const char *status, size_t length) {
    char text[160];
    int n = snprintf(text, sizeof text, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", status, length);
    add(to, text, (size_t)n);
}

static long number(const char *query, const char *name, long otherwise) {
    size_t length = strlen(name);
    for (const char *at = query; at && *at; at = strchr(at, '&') ? strchr(at, '&') + 1 : 0)
        if (!strncmp(at, name, length) && at[length] == '=') return atol(at + length + 1);
    return otherwise;
}

static long contact_number(const char *text, const char *end) {
    char *stop;
    if (text >= end || *text != 'c') return -1;
    long found = strtol(text + 1, &stop, 10);
    return stop == end && found >= 0 && found < contacts.count ? found : -1;
}

static void page(bytes *body, const rows *of, const char *query, long shift) {
    long limit = number(query, "limit", 100), turn = number(query, "page", -1);
    long first = shift + number(query, "offset", 0);
    if (limit < 1) limit = 1;
    if (turn >= 0) {
        long pages = (of->count - shift) / limit;
        first = shift + (pages > 0 ? turn % pages : 0) * limit;
        add(body, "[", 1);
    } else {
        char text[64];
        add(body, text, (size_t)snprintf(text, sizeof text, "{\"total\":%ld,\"rows\":[", of->count - shift));
    }
    piece(body, of, first, first + limit);
    add(body, "]}", turn >= 0 ? 1 : 2);
}

static void by_ids(bytes *body, const char *query) {
    int any = 0;
    add(body, "[", 1);
    for (const char *at = query; at && *at; at = strchr(at, '&') ? strchr(at, '&') + 1 : 0) {
        if (strncmp(at, "ids=", 4)) continue;
        for (const char *id = at + 4; *id && *id != '&';) {
            const char *end = id + strcspn(id, ",%&");
            long found = contact_number(id, end);
            if (found >= 0) {
                if (any++) add(body, ",", 1);
                piece(body, &contacts, found, found + 1);
            }
            id = *end == ',' ? end + 1 : *end == '%' ? end + 3 : end;
        }
    }
    add(body, "]", 1);
}

static bytes answer(char *path) {
    bytes made = {0}, body = {0};
    const char *status = "200 OK";
    long shift = 0;
    if (!strncmp(path, "/books/", 7)) {
        shift = strtol(path + 7, &path, 10) * 100;
    }
    char *query = strchr(path, '?');
    if (query) *query++ = 0; else query = path + strlen(path);
    calls++;
    if (!strcmp(path, "/invoices") || !strcmp(path, "/contacts")) {
        if (path[1] == 'i') page(&body, &invoices, query, shift);
        else if (strstr(query, "ids=")) by_ids(&body, query);
        else page(&body, &contacts, query, 0);
    } else if (!strncmp(path, "/contacts/", 10)) {
        long found = contact_number(path + 10, path + strlen(path));
        if (found >= 0) piece(&body, &contacts, found, found + 1); else { status = "404 Not Found"; add(&body, "{}", 2); }
    } else if (!strcmp(path, "/count")) {
        char text[64];
        add(&body, text, (size_t)snprintf(text, sizeof text, "[%ld,%ld]", --calls, given));
    } else {
        status = "404 Not Found";
        add(&body, "{}", 2);
    }
    head(&made, status, body.length);
    add(&made, body.text, body.length);
    free(body.text);
    return made;
}

static void drop(peer *one) {
    peers[one->fd] = 0;
    close(one->fd);
    free(one->out.text);
    free(one);
}

static void watch(peer *one, int how, unsigned what) {
    struct epoll_event event = {.events = what, .data.fd = one->fd};
    if (epoll_ctl(poll_fd, how, one->fd, &event)) die("epoll_ctl");
}

/* Whether the peer is still there. */
static int flush(peer *one) {
    while (one->sent < one->out.length) {
        ssize_t n = send(one->fd, one->out.text + one->sent, one->out.length - one->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            if (!one->blocked++) watch(one, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return 1;
        }
        if (n < 0) { drop(one); return 0; }
        one->sent += (size_t)n;
    }
    if (one->blocked) watch(one, EPOLL_CTL_MOD, EPOLLIN);
    one->blocked = 0;
    one->sent = one->out.length = 0;
    return 1;
}

static void arm(void) {
    double next = 0;
    for (int i = 0; i < line_count; i++)
        if (lines[i].head != lines[i].tail) {
            double due = lines[i].queue[lines[i].head % WAITING].due;
            if (!next || due < next) next = due;
        }
    struct itimerspec when = {0};
    if (next) {
        when.it_value.tv_sec = (time_t)next;
        when.it_value.tv_nsec = (long)((next - (double)(time_t)next) * 1e9);
    }
    timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &when, 0);
}

static void reply(peer *one, bytes made) {
    line *own = &lines[one->line];
    if (own->seconds > 0) {
        if (own->tail - own->head >= WAITING) { fprintf(stderr, "too many wait\n"); exit(1); }
        own->queue[own->tail++ % WAITING] = (waiting){one->fd, one->born, now() + own->seconds, made};
        arm();
        return;
    }
    add(&one->out, made.text, made.length);
    free(made.text);
}

static void due(void) {
    unsigned long times;
    if (read(timer_fd, &times, sizeof times) < 0 && errno != EAGAIN) die("timer");
    double moment = now();
    for (int i = 0; i < line_count; i++) {
        line *own = &lines[i];
        while (own->head != own->tail && own->queue[own->head % WAITING].due <= moment) {
            waiting *first = &own->queue[own->head++ % WAITING];
            peer *one = peers[first->fd];
            if (one && one->born == first->born) {
                add(&one->out, first->answer.text, first->answer.length);
                flush(one);
            }
            free(first->answer.text);
        }
    }
    arm();
}

static void take(peer *one) {
    ssize_t got = recv(one->fd, one->in + one->filled, INPUT - 1 - one->filled, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) { drop(one); return; }
    one->filled += (size_t)got;
    one->in[one->filled] = 0;
    char *at = one->in, *end;
    while ((end = strstr(at, "\r\n\r\n"))) {
        char *path = strchr(at, ' '), *stop = path ? strchr(path + 1, ' ') : 0;
        if (!stop || stop > end) { drop(one); return; }
        *stop = 0;
        reply(one, answer(path + 1));
        at = end + 4;
    }
    one->filled = (size_t)(one->in + one->filled - at);
    memmove(one->in, at, one->filled + 1);
    if (one->filled == INPUT - 1) { drop(one); return; }
    if (one->out.length) flush(one);
}

static void welcome(int number) {
    int fd, on = 1;
    while ((fd = accept4(lines[number].socket, 0, 0, SOCK_NONBLOCK)) >= 0) {
        if (fd >= FILES) { close(fd); continue; }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        peer *one = calloc(1, sizeof *one);
        if (!one) die("calloc");
        one->fd = fd;
        one->line = number;
        one->born = ++births;
        peers[fd] = one;
        watch(one, EPOLL_CTL_ADD, EPOLLIN);
    }
}

static void open_line(const char *text) {
    char *rest;
    long port = strtol(text, &rest, 10);
    line *own = &lines[line_count++];
    int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    own->seconds = *rest == ':' ? atof(rest + 1) / 1000 : 0;
    own->queue = calloc(WAITING, sizeof *own->queue);
    own->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(own->socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(own->socket, (void *)&address, sizeof address) || listen(own->socket, 1024)) die(text);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = own->socket};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, own->socket, &event);
}

static int line_of(int fd) {
    for (int i = 0; i < line_count; i++)
        if (lines[i].socket == fd) return i;
    return -1;
}

int main(int count, char **words) {
    struct epoll_event events[EVENTS];
    if (count < 4 || count > 3 + PORTS) { fprintf(stderr, "provider INVOICES CONTACTS PORT:MILLISECONDS ...\n"); return 2; }
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    invoices = read_rows(words[1]);
    contacts = read_rows(words[2]);
    poll_fd = epoll_create1(0);
    timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = timer_fd};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, timer_fd, &event);
    for (int i = 3; i < count; i++) open_line(words[i]);
    for (;;) {
        int found = epoll_wait(poll_fd, events, EVENTS, -1);
        for (int i = 0; i < found; i++) {
            int fd = events[i].data.fd, number = line_of(fd);
            if (number >= 0) { welcome(number); continue; }
            if (fd == timer_fd) { due(); continue; }
            peer *one = peers[fd];
            if (one && events[i].events & EPOLLOUT && !flush(one)) continue;
            if (one && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) take(one);
        }
    }
}
