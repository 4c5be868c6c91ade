// SPDX-License-Identifier: Apache-2.0
// The system: where memory goes when it is not looked at (swap, hibernation, core files), and the disks
// that the vault is on.
#include "shredder/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/banned.h"

enum {
    LEAST_LOCKED_MB = 32, /* what the broker's slab takes */
    WANTED_LOCKED_MB = 128,
    WANTED_HOLDERS = 3,
    CAPABILITY_TO_LOCK = 14,
    LINE_SIZE = 512,
    PATH_SIZE = 1024,
};

static bool first_line(const char *path, char out[static LINE_SIZE])
{
    FILE *file = fopen(path, "r");
    bool read = file != NULL && fgets(out, LINE_SIZE, file) != NULL;
    if (file != NULL)
        (void)fclose(file);
    if (read)
        out[strcspn(out, "\n")] = '\0';
    return read;
}

/* CAP_IPC_LOCK: the limit does not count. */
static bool may_lock_all(void)
{
    char line[LINE_SIZE];
    unsigned long long rights = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "CapEff:", 7) == 0)
            rights = strtoull(line + 7, NULL, 16);
    }
    if (file != NULL)
        (void)fclose(file);
    return (rights >> CAPABILITY_TO_LOCK & 1) != 0;
}

static void look_at_memlock(struct doctor *doctor)
{
    static const struct check check = {
        .area = "system",
        .name = "locked memory",
        .why = "keys that cannot be locked may be swapped out",
        .remedy = "LimitMEMLOCK=128M in the unit, or ulimit -l 131072"};
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        return;
    if (limit.rlim_cur == RLIM_INFINITY || may_lock_all()) {
        doctor_add(doctor, &check, FINDING_OK, "unlimited for this user");
        return;
    }
    unsigned long long megabytes = limit.rlim_cur / (1024 * 1024);
    enum finding_state state = megabytes >= WANTED_LOCKED_MB  ? FINDING_OK
                               : megabytes >= LEAST_LOCKED_MB ? FINDING_WARN
                                                              : FINDING_BAD;
    doctor_add(doctor, &check, state, "%llu MB", megabytes);
}

/* A core file, or a program that is given one, would hold plaintext. Programs that hold keys forbid it
 * for themselves: this one does too, by the same call. */
static void look_at_cores(struct doctor *doctor)
{
    static const struct check pattern = {
        .area = "system",
        .name = "core_pattern",
        .why = "a program that is given core files sees memory, whatever the limit of their size",
        .remedy = "sysctl kernel.core_pattern=core, or a handler you trust"};
    static const struct check dumpable = {
        .area = "system",
        .name = "programs with keys leave no core",
        .why = "the kernel must be able to keep a process out of core files",
        .remedy = NULL};
    char line[LINE_SIZE];
    if (first_line("/proc/sys/kernel/core_pattern", line))
        doctor_add(doctor, &pattern, line[0] == '|' ? FINDING_WARN : FINDING_OK, "%.60s", line);
    int before = prctl(PR_GET_DUMPABLE);
    bool forbidden = prctl(PR_SET_DUMPABLE, 0) == 0 && prctl(PR_GET_DUMPABLE) == 0;
    doctor_add(doctor, &dumpable, forbidden ? FINDING_OK : FINDING_BAD, forbidden ? "yes" : "no");
    (void)prctl(PR_SET_DUMPABLE, before);
}

static void look_at_swap(struct doctor *doctor)
{
    static const struct check check = {
        .area = "system",
        .name = "swap",
        .why = "plaintext under way is not locked: only keys are",
        .remedy = "swapoff -a, or swap to an encrypted device"};
    char line[LINE_SIZE];
    size_t devices = 0;
    FILE *file = fopen("/proc/swaps", "r");
    if (file == NULL)
        return;
    while (fgets(line, sizeof(line), file) != NULL)
        devices += strncmp(line, "Filename", 8) != 0 && strstr(line, "/zram") == NULL;
    (void)fclose(file);
    doctor_add(
        doctor, &check, devices == 0 ? FINDING_OK : FINDING_WARN, "%zu devices or files", devices);
}

static void look_at_hibernation(struct doctor *doctor)
{
    static const struct check check = {
        .area = "system",
        .name = "hibernation",
        .why = "it writes all memory to a disk, locked or not",
        .remedy = "systemctl mask hibernate.target hybrid-sleep.target, no resume= at boot"};
    char states[LINE_SIZE] = "";
    char resume[LINE_SIZE] = "";
    (void)!first_line("/sys/power/state", states);
    bool possible = strstr(states, "disk") != NULL;
    bool is_set = first_line("/sys/power/resume", resume) && strcmp(resume, "0:0") != 0;
    if (!possible || !is_set)
        doctor_add(
            doctor,
            &check,
            FINDING_OK,
            "%s",
            possible ? "possible, nothing to resume from" : "not possible");
    else
        doctor_add(doctor, &check, FINDING_BAD, "possible, resumes from %.20s", resume);
}

void doctor_look_at_system(struct doctor *doctor)
{
    look_at_memlock(doctor);
    look_at_cores(doctor);
    look_at_swap(doctor);
    look_at_hibernation(doctor);
}

/* ---- the vault's disks ---- */

struct file_system {
    unsigned long magic;
    const char *name;
};

static const struct file_system copying[] = {
    {0x9123683e, "btrfs"},
    {0x2fc12fc1, "zfs"},
    {0x794c7630, "overlay"},
    {0xca451a4e, "bcachefs"},
    {0xf15f, "ecryptfs"},
};

static void look_at_place(struct doctor *doctor, const char *path)
{
    static const struct check disk = {
        .area = "vault",
        .name = "file system",
        .why = "one that copies what is overwritten keeps old root keys",
        .remedy = "put the vault on ext4 or xfs, on a disk of its own"};
    static const struct check rights = {
        .area = "vault",
        .name = "rights",
        .why = "who reads the root slots and the tree file has all keys",
        .remedy = "chmod 700 the folder, owned by the broker's user"};
    struct statfs system;
    struct stat status;
    if (statfs(path, &system) != 0 || stat(path, &status) != 0) {
        doctor_add(doctor, &disk, FINDING_BAD, "%.80s cannot be looked at", path);
        return;
    }
    const char *name = NULL;
    for (size_t i = 0; i < countof(copying); i++) {
        if ((unsigned long)system.f_type == copying[i].magic)
            name = copying[i].name;
    }
    doctor_add(
        doctor,
        &disk,
        name != NULL ? FINDING_BAD : FINDING_OK,
        "%.70s: %s",
        path,
        name != NULL ? name : "overwrites in place");
    doctor_add(
        doctor,
        &rights,
        (status.st_mode & (S_IRWXG | S_IRWXO)) != 0 ? FINDING_BAD : FINDING_OK,
        "%.70s: %03o",
        path,
        (unsigned)status.st_mode & 0777);
}

/* Holders on the vault's own disk are lost with it. */
static void look_at_holders(struct doctor *doctor, const char *vault, const char *holders)
{
    static const struct check check = {
        .area = "vault",
        .name = "holders of the root key",
        .why = "when the root key is lost everywhere, all personal data is",
        .remedy = "three holders or more, on other disks: --holders"};
    char path[PATH_SIZE];
    struct stat own, other;
    size_t count = 0;
    size_t apart = 0;
    bool known = stat(vault, &own) == 0;
    for (const char *rest = holders; rest != NULL && *rest != '\0';) {
        size_t size = strcspn(rest, ",");
        (void)snprintf(path, sizeof(path), "%.*s", (int)size, rest);
        look_at_place(doctor, path);
        count++;
        apart += known && stat(path, &other) == 0 && other.st_dev != own.st_dev;
        rest += size + (rest[size] == ',');
    }
    doctor_add(
        doctor,
        &check,
        count == 0                                ? FINDING_BAD
        : count < WANTED_HOLDERS || apart < count ? FINDING_WARN
                                                  : FINDING_OK,
        "%zu, %zu of them on another disk",
        count,
        apart);
}

void doctor_look_at_vault(struct doctor *doctor, const char *vault, const char *holders)
{
    static const struct check check = {
        .area = "vault",
        .name = "can be looked at",
        .why = "without it nothing is known of its disks",
        .remedy = "give --vault"};
    if (vault == NULL) {
        doctor_add(doctor, &check, FINDING_WARN, "no");
        return;
    }
    look_at_place(doctor, vault);
    look_at_holders(doctor, vault, holders);
}
