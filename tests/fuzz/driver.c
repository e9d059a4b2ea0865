/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target without a fuzzer: see fuzz.h. */
#include "fuzz.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX     ((size_t)1 << 20)
#define CUTS         40
#define CHANGES      200
#define CHANGED_MAX  ((size_t)16 << 10) /* larger files are run as they are and cut, but not changed */
#define SECONDS_EACH 60

static unsigned count;
static const char *current;

/* Small, the same everywhere: a run can be repeated. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* A copy of exactly its size, so that a sanitizer sees a read past the end. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);

    if (copy == NULL)
        abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

/* One to four small changes: a byte replaced, a piece left out, a piece doubled. */
static void run_changed(const uint8_t *data, size_t size, uint32_t *state)
{
    static const uint8_t telling[] = "{}[]\",:\\0e-.u \n\x7f\x80\xc0\xed\xf4\xff()'=";
    static uint8_t changed[CHANGED_MAX + 4 * 16];

    memcpy(changed, data, size);
    for (uint32_t n = next_random(state) % 4 + 1; n > 0 && size > 0; n--) {
        size_t at = next_random(state) % size, len = next_random(state) % 16 + 1;
        if (len > size - at)
            len = size - at;
        switch (next_random(state) % 4) {
        case 0:
            changed[at] = (uint8_t)next_random(state);
            break;
        case 1:
            changed[at] = telling[next_random(state) % sizeof telling];
            break;
        case 2:
            memmove(changed + at, changed + at + len, size - at - len);
            size -= len;
            break;
        default:
            memmove(changed + at + len, changed + at, size - at);
            size += len;
        }
    }
    run(changed, size);
}

static void run_file(const char *path)
{
    static uint8_t data[FILE_MAX];
    FILE *f = fopen(path, "r");
    uint32_t state = 1;

    current = path;
    if (f == NULL) {
        printf("not ok %u - %s: cannot be read\n", ++count, path);
        return;
    }
    size_t size = fread(data, 1, sizeof data, f);
    fclose(f);
    alarm(SECONDS_EACH);
    run(data, size);
    for (size_t i = 0; i < CUTS && i < size; i++)
        run(data, size <= CUTS ? i : size * i / CUTS);
    for (int i = 0; i < CHANGES && size > 0 && size <= CHANGED_MAX; i++)
        run_changed(data, size, &state);
    alarm(0);
    printf("ok %u - %s\n", ++count, path);
}

static int visit(const char *path, const struct stat *st, int type)
{
    (void)st;
    if (type == FTW_F)
        run_file(path);
    return 0;
}

static void on_signal(int signo)
{
    char line[512] = "Bail out! ";

    strncat(line, signo == SIGALRM ? "too long over " : "fault found with ", 32);
    strncat(line, current != NULL ? current : "?", 400);
    strncat(line, "\n", 2);
    if (write(STDOUT_FILENO, line, strlen(line)) < 0)
        _exit(2);
    _exit(1);
}

/* Runs over a folder of the source tree, where it is there. */
static void run_folder(const char *folder)
{
    char path[4096];
    const char *top = getenv("top_srcdir");

    if (snprintf(path, sizeof path, "%s/%s", top != NULL ? top : ".", folder) < (int)sizeof path)
        ftw(path, visit, 16);
}

/* What fuzzing found worth keeping for the target: tests/fuzz/corpus/json for the program fuzz_json. */
static void run_kept(const char *program)
{
    static const char prefix[] = "fuzz_";
    const char *slash = strrchr(program, '/'), *name = slash != NULL ? slash + 1 : program;
    char folder[256];

    if (strncmp(name, prefix, strlen(prefix)) == 0 &&
        snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", name + strlen(prefix)) < (int)sizeof folder)
        run_folder(folder);
}

int main(int argc, char **argv)
{

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGALRM, on_signal);
    signal(SIGABRT, on_signal);
    for (int i = 1; i < argc; i++)
        ftw(argv[i], visit, 16);
    if (argc < 2) {
        run_folder(fuzz_corpus);
        run_kept(argv[0]);
    }
    printf("1..%u\n", count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
