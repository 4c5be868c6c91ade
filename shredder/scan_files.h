// SPDX-License-Identifier: Apache-2.0
// Files and folders: every byte of them, and what else their content shows them to be: pages of
// tables (core files and swap may hold those too), WAL, segments of Kafka.
#ifndef SHREDDER_SCAN_FILES_H
#define SHREDDER_SCAN_FILES_H

#include "shredder/scan_work.h"

/* A file, a device, or a folder with all below it; not through symbolic links inside of it. What
 * cannot be read is noted as trouble. False: stopped by a signal. */
MUST_USE bool scan_path(struct scan *scan, const char *path);

/* Everything that is swapped to, as /proc/swaps lists it. */
MUST_USE bool scan_swap(struct scan *scan);

/* Bytes below the path, for the progress; 0 when it cannot be said. */
int64_t scan_estimate(const char *path);

#endif
