/*
 * Takes turns with libmemcached as `child.rs` asks for them: `libmemcached_turns plain|weighted`.
 *
 * Standard input has a line `SERVERS KEYS WARM`, the servers as `host port`, the keys, and then one request a line.
 * Each is answered: `owners` by a line a key, `lookup` and `build` by nanoseconds of processor time and how often it was
 * done.
 */
#include <libmemcached/memcached.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char **keys;
static size_t *lengths;
static unsigned long warm, count;

static char *line(void) {
    static char text[4096];
    if (!fgets(text, sizeof text, stdin))
        exit(0);
    text[strcspn(text, "\n")] = 0;
    return text;
}

static unsigned long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static unsigned look_up(const memcached_st *client, unsigned long from, unsigned long to) {
    unsigned sum = 0;
    for (unsigned long at = from; at < to; at++)
        sum += memcached_generate_hash(client, keys[at], lengths[at]);
    return sum;
}

int main(int argc, char **argv) {
    int weighted = argc > 1 && !strcmp(argv[1], "weighted");
    memcached_st *client = memcached_create(NULL);
    memcached_server_st *list = NULL;
    memcached_return_t problem = MEMCACHED_SUCCESS;
    unsigned long servers;
    volatile unsigned sum = 0;

    memcached_behavior_set(
        client, weighted ? MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED : MEMCACHED_BEHAVIOR_KETAMA, 1);
    if (sscanf(line(), "%lu %lu %lu", &servers, &count, &warm) != 3)
        return 2;
    for (unsigned long at = 0; at < servers; at++) {
        char host[256];
        unsigned port;
        if (sscanf(line(), "%255s %u", host, &port) != 2)
            return 2;
        list = memcached_server_list_append_with_weight(list, host, port, 1, &problem);
    }
    if (memcached_server_push(client, list) != MEMCACHED_SUCCESS)
        return 2;
    keys = malloc(count * sizeof *keys);
    lengths = malloc(count * sizeof *lengths);
    for (unsigned long at = 0; at < count; at++) {
        keys[at] = strdup(line());
        lengths[at] = strlen(keys[at]);
    }
    for (;;) {
        char *request = line();
        if (!strcmp(request, "owners")) {
            for (unsigned long at = 0; at < count; at++)
                printf("%u\n", look_up(client, at, at + 1));
        } else if (!strcmp(request, "lookup")) {
            sum += look_up(client, 0, warm);
            unsigned long long start = now();
            sum += look_up(client, warm, count);
            printf("%llu %lu\n", now() - start, count - warm);
        } else if (!strcmp(request, "build")) {
            unsigned long long start = now();
            memcached_behavior_set_distribution(
                client, weighted ? MEMCACHED_DISTRIBUTION_CONSISTENT_WEIGHTED
                                 : MEMCACHED_DISTRIBUTION_CONSISTENT_KETAMA);
            printf("%llu 1\n", now() - start);
        } else {
            return 2;
        }
        fflush(stdout);
    }
}
