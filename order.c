// SPDX-License-Identifier: Apache-2.0
// The front door: `order projector run …` runs `order-projector run …` from its own folder, never
// from $PATH. It holds no role and no rights, and knows nothing of what the programs do.
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The numbers of lib/runtime/exit_code.h; this file uses libc only. */
enum {
    CODE_OK = 0,
    CODE_FAILED = 1,
    CODE_USAGE = 2,
};

struct door {
    const char *name;
    const char *purpose;
};

static const struct door doors[] = {
    {"schema", "creates and migrates the database"},
    {"command", "decides commands from Kafka, appends events to PostgreSQL, replies"},
    {"projector", "turns events into the read models that people query"},
};

enum { DOOR_COUNT = sizeof(doors) / sizeof(doors[0]) };

static void print_help(FILE *out)
{
    (void)fprintf(
        out,
        "order: the front door of the order service\n\n"
        "Usage: order PROGRAM VERB [OPTIONS]\n\nPrograms:\n");
    for (size_t i = 0; i < DOOR_COUNT; i++)
        (void)fprintf(out, "  %-10s  %s\n", doors[i].name, doors[i].purpose);
    (void)fprintf(
        out,
        "\n'order help PROGRAM' explains a program, 'order PROGRAM VERB --help' one of its verbs.\n"
        "'order PROGRAM …' runs the program order-PROGRAM beside this one.\n");
}

static const struct door *find_door(const char *name)
{
    for (size_t i = 0; i < DOOR_COUNT; i++) {
        if (strcmp(doors[i].name, name) == 0)
            return &doors[i];
    }
    return NULL;
}

/* The folder this program lives in, links resolved, with a slash at its end. */
static bool own_folder(char *folder, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", folder, size - 1);
    if (length <= 0 || (size_t)length >= size - 1)
        return false;
    folder[length] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        return false;
    slash[1] = '\0';
    return true;
}

/* Becomes the program; returns only when that fails. argv[0] is replaced. */
static int enter(const struct door *door, char **argv)
{
    static char folder[PATH_MAX];
    static char path[PATH_MAX + 64];
    if (!own_folder(folder, sizeof(folder))) {
        (void)fprintf(stderr, "order: cannot find its own folder through /proc/self/exe\n");
        return CODE_FAILED;
    }
    (void)snprintf(path, sizeof(path), "%sorder-%s", folder, door->name);
    argv[0] = path;
    (void)execv(path, argv);
    if (errno == ENOENT)
        (void)fprintf(
            stderr,
            "order: order-%s is not in %s\nInstall it there, beside order.\n",
            door->name,
            folder);
    else
        (void)fprintf(stderr, "order: cannot run %s: %s\n", path, strerror(errno));
    return CODE_FAILED;
}

static int refuse(const char *word)
{
    (void)fprintf(stderr, "order: there is no program '%s'\n\n", word);
    print_help(stderr);
    return CODE_USAGE;
}

/* `order help`, or `order help PROGRAM [VERB]` by asking the program. */
static int help(int count, char **words)
{
    static char word[] = "help";
    if (count == 0) {
        print_help(stdout);
        return fflush(stdout) == 0 ? CODE_OK : CODE_FAILED;
    }
    const struct door *door = find_door(words[0]);
    if (door == NULL)
        return refuse(words[0]);
    char *argv[5] = {NULL, word};
    for (int i = 1; i < count && i < 3; i++)
        argv[i + 1] = words[i];
    return enter(door, argv);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return CODE_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "help") == 0)
        return help(argc - 2, argv + 2);
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return help(0, NULL);
    if (strcmp(word, "--version") == 0) {
        (void)printf("order %s\n", ORDER_VERSION);
        return CODE_OK;
    }
    const struct door *door = find_door(word);
    return door != NULL ? enter(door, argv + 1) : refuse(word);
}
