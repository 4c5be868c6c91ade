// SPDX-License-Identifier: Apache-2.0
// Segments of Kafka's log: record batches (magic 2), each with its codec in its header. Raw bytes are
// looked at elsewhere; here compressed batches are decoded.
#ifndef SHREDDER_SCAN_KAFKA_H
#define SHREDDER_SCAN_KAFKA_H

#include "shredder/scan_work.h"

/* Whether a file of this name is a segment: twenty digits and .log, perhaps waiting to be deleted. */
bool scan_is_segment(const char *path);

/* Reads the segment batch by batch. */
void scan_segment(struct scan *scan, int fd);

#endif
