/* What a browser of load.c keeps from one answer to the next, and how it reads an answer. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ANSWER = 65536, COOKIES = 12, COOKIE = 4096, VALUE = 1024 };
enum phase { STARTING, RETURNING };

struct browser {
    int socket, connected, retried;
    enum phase phase;
    unsigned long user;
    double sent_at, start_seconds;
    char cookies[COOKIES][COOKIE];
    int cookie_count;
    char token[VALUE], nonce[VALUE];
    char answer[ANSWER];
    int length;
};

/* The value of a parameter, wherever it stands in the answer: in an address, in a form, or in JSON. */
static int find(struct browser *one, const char *name, char *value) {
    size_t length = strlen(name);
    for (char *at = one->answer; (at = strstr(at, name)); at += length) {
        const char *from = at + length;
        int i = 0;
        if (at > one->answer && (at[-1] == '_' || (at[-1] >= 'a' && at[-1] <= 'z'))) continue; /* another name's end */
        if (*from == '=')
            from++;
        else if (!strncmp(from, "%3D", 3))
            from += 3;
        else if (*from == '"') {
            from += strspn(from + 1, " :") + 1;
            if (*from++ != '"') continue;
        } else
            continue;
        while (i < VALUE - 1 && *from && !strchr("&\"\r\n;\\'", *from)) value[i++] = *from++;
        value[i] = 0;
        if (i) return 1;
    }
    return 0;
}

static void keep_cookies(struct browser *one, const char *end_of_head) {
    for (char *at = one->answer; (at = strcasestr(at, "\r\nset-cookie:")) && at < end_of_head;) {
        int length, name, i;
        at += strlen("\r\nset-cookie:");
        at += strspn(at, " ");
        length = strcspn(at, ";\r");
        name = strcspn(at, "=") + 1;
        if (name > length || length >= COOKIE) continue;
        for (i = 0; i < one->cookie_count && strncmp(one->cookies[i], at, name); i++)
            ;
        if (i == COOKIES) continue;
        if (i == one->cookie_count) one->cookie_count++;
        memcpy(one->cookies[i], at, length);
        one->cookies[i][length] = 0;
    }
}

/* A header of the answer, at its value. */
static const char *header(struct browser *one, const char *end_of_head, const char *name) {
    const char *at = strcasestr(one->answer, name);
    return at && at < end_of_head ? at + strlen(name) : NULL;
}

/* The end of the head, if the whole answer is there. */
static const char *complete(struct browser *one, int is_over) {
    const char *end_of_head, *length;
    one->answer[one->length] = 0;
    if (!(end_of_head = strstr(one->answer, "\r\n\r\n"))) return NULL;
    if ((length = header(one, end_of_head, "\r\ncontent-length:")))
        return one->answer + one->length - (end_of_head + 4) >= atol(length) ? end_of_head : NULL;
    if (header(one, end_of_head, "\r\ntransfer-encoding: chunked"))
        return one->length > 5 && !memcmp(one->answer + one->length - 5, "0\r\n\r\n", 5) ? end_of_head : NULL;
    return is_over ? end_of_head : NULL;
}
