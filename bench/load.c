/* Browsers that sign in, one login after the other: ./run bench builds it.
 *
 * Each connection plays one browser at a time. It sends the request that begins a login, finds the token (OAuth 1.0a)
 * or the state and nonce (OpenID Connect) in the answer, keeps the cookies, and sends the callback, as the user who
 * comes back from the provider would. Then the next browser comes. One thread waits for all connections, so that this
 * program costs little beside the server that is measured. It prints one line of JSON.
 *
 *   load -p PORT -c CONNECTIONS -d SECONDS -S "POST /start" -C /callback [-m oauth1|oidc]
 *        [-B BODY] [-T CONTENT-TYPE] [-H "Header: value"]... [-K name=value] [-U USERS] [-o FIRST] [-R]
 *
 * %L in BODY is 22 random characters, new for each login. -K is a cookie that each browser has before. Users are FIRST
 * to FIRST + USERS - 1, in turns, or with -R at random.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "browser.h"

enum { REQUEST = 65536, HEADERS = 2048, MOST = 4000000 };

static int port, connections = 16, at_random, is_oidc;
static double seconds = 3;
static const char *start = "POST /", *callback = "/", *body = "", *type = "application/json", *first_cookie = "";
static char headers[HEADERS];
static unsigned long users = 1000, first_user;

static int epoll;
static unsigned long begun, done, errors;
static float *taken; /* seconds of each login */
static unsigned long taken_count;
static char error[400];
static double end;

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec * 1e-9;
}

static void hang_up(struct browser *one) {
    if (one->connected) close(one->socket);
    one->connected = 0;
}

static void dial(struct browser *one) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
    int yes = 1;
    one->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(one->socket, (struct sockaddr *)&to, sizeof to)) {
        perror("connect");
        exit(2);
    }
    setsockopt(one->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    epoll_ctl(epoll, EPOLL_CTL_ADD, one->socket, &event);
    one->connected = 1;
}

/* The body with a login id in the place of %L. */
static const char *fresh_body(void) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    static char made[VALUE];
    const char *place = strstr(body, "%L");
    char id[23] = "";
    if (!place) return body;
    for (int i = 0; i < 22; i++) id[i] = alphabet[random() & 63];
    snprintf(made, sizeof made, "%.*s%s%s", (int)(place - body), body, id, place + 2);
    return made;
}

/* Send what the phase asks for, over the connection that there is or a new one. */
static void ask(struct browser *one) {
    static char request[REQUEST], cookies[COOKIES * COOKIE];
    int length, at = 0;
    cookies[0] = 0;
    for (int i = 0; i < one->cookie_count; i++)
        at += sprintf(cookies + at, "%s%s", i ? "; " : "Cookie: ", one->cookies[i]);
    if (at) strcpy(cookies + at, "\r\n");
    if (one->phase == RETURNING) {
        const char *format = is_oidc ? "GET %s?state=%s&code=v%lu.%s" : "GET %s?oauth_token=%s&oauth_verifier=v%lu%s";
        length = sprintf(request, format, callback, one->token, one->user, is_oidc ? one->nonce : "");
    } else
        length = sprintf(request, "%s", start);
    length += sprintf(request + length, " HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s%s", port, headers, cookies);
    if (one->phase == STARTING && strncmp(start, "GET ", 4)) {
        const char *content = fresh_body();
        length += sprintf(
            request + length, "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", type, strlen(content), content);
    } else
        length += sprintf(request + length, "\r\n");
    if (!one->connected) dial(one);
    one->length = 0;
    one->sent_at = now();
    if (write(one->socket, request, length) != length) {
        hang_up(one);
        dial(one);
        if (write(one->socket, request, length) != length) perror("write");
    }
}

static void begin(struct browser *one) {
    unsigned long number = at_random ? ((unsigned long)random() << 31 | random()) : begun;
    one->phase = STARTING;
    one->retried = 0;
    one->user = first_user + number % users;
    one->cookie_count = *first_cookie != 0;
    strcpy(one->cookies[0], first_cookie);
    begun++;
    ask(one);
}

/* The next browser, while there is time. */
static int next(struct browser *one) {
    if (now() < end) {
        begin(one);
        return 1;
    }
    hang_up(one);
    return 0;
}

static int fail(struct browser *one, const char *what) {
    errors++;
    snprintf(error, sizeof error, "%s: %.300s", what, one->answer);
    return next(one);
}

/* Read what has come. Returns 0 when the connection has nothing more to do. */
static int hear(struct browser *one) {
    int got = read(one->socket, one->answer + one->length, ANSWER - 1 - one->length);
    const char *end_of_head;
    double at;
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 1;
    if (got > 0) one->length += got;
    if (!(end_of_head = complete(one, got <= 0))) {
        if (got > 0) return 1;
        hang_up(one);
        if (one->length || one->retried) return fail(one, "hung up");
        one->retried = 1; /* the server had closed a kept connection */
        ask(one);
        return 1;
    }
    at = now();
    if (got <= 0 || header(one, end_of_head, "\r\nconnection: close")) hang_up(one);
    if (atoi(one->answer + 9) >= 400) return fail(one, one->phase == STARTING ? "start" : "callback");
    keep_cookies(one, end_of_head);
    if (one->phase == STARTING) {
        if (!find(one, is_oidc ? "state" : "oauth_token", one->token)) return fail(one, "start, no token");
        if (is_oidc && !find(one, "nonce", one->nonce)) return fail(one, "start, no nonce");
        one->start_seconds = at - one->sent_at;
        one->phase = RETURNING;
        one->retried = 0;
        ask(one);
        return 1;
    }
    done++;
    if (taken_count < MOST) taken[taken_count++] = one->start_seconds + at - one->sent_at;
    return next(one);
}

static int by_size(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double percentile(double share) { return taken_count ? taken[(size_t)(share * (taken_count - 1))] * 1e3 : 0; }

int main(int count, char **arguments) {
    struct epoll_event events[256];
    struct browser *browsers;
    int option, active;
    while ((option = getopt(count, arguments, "p:c:d:S:C:m:B:T:H:K:U:o:R")) > 0) switch (option) {
        case 'p': port = atoi(optarg); break;
        case 'c': connections = atoi(optarg); break;
        case 'd': seconds = atof(optarg); break;
        case 'S': start = optarg; break;
        case 'C': callback = optarg; break;
        case 'm': is_oidc = !strcmp(optarg, "oidc"); break;
        case 'B': body = optarg; break;
        case 'T': type = optarg; break;
        case 'H': strcat(strcat(headers, optarg), "\r\n"); break;
        case 'K': first_cookie = optarg; break;
        case 'U': users = strtoul(optarg, 0, 10); break;
        case 'o': first_user = strtoul(optarg, 0, 10); break;
        case 'R': at_random = 1; break;
        default: return 2;
        }
    srandom(getpid() ^ (unsigned)(now() * 1e6));
    signal(SIGPIPE, SIG_IGN);
    epoll = epoll_create1(0);
    taken = malloc(MOST * sizeof *taken);
    browsers = calloc(connections, sizeof *browsers);
    end = now() + seconds;
    active = connections;
    for (int i = 0; i < connections; i++) begin(&browsers[i]);
    while (active > 0 && now() < end + 30) {
        int ready = epoll_wait(epoll, events, 256, 1000);
        for (int i = 0; i < ready; i++) {
            struct browser *one = events[i].data.ptr;
            if (one->connected && !hear(one)) active--;
        }
    }
    errors += active; /* no answer after so long */
    qsort(taken, taken_count, sizeof *taken, by_size);
    for (char *at = error; *at; at++)
        if (*at < ' ' || *at == '"' || *at == '\\') *at = ' ';
    printf(
        "{\"done\": %lu, \"errors\": %lu, \"begun\": %lu, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"error\": \"%s\"}\n",
        done, errors, begun, percentile(.5), percentile(.99), error);
    return 0;
}
