// SPDX-License-Identifier: Apache-2.0
// Bytes as PostgreSQL and Kafka would store them, with a mark inside that is not there in plain: its
// two halves stand before it in the wrong order, so that each codec refers back to them.
#ifndef SHREDDER_SCAN_PLANTS_H
#define SHREDDER_SCAN_PLANTS_H

#include "shredder/scan_codec.h"

enum { PLANT_PLAIN_SIZE = 800, PLANT_FILE_SIZE = 64 * 1024 };

/* Text that holds the mark once, and compresses. */
void plant_plain(const char *mark, struct writer *out);

/* The same, encoded. snappy: bare. */
void plant_encoded(enum scan_codec codec, struct slice plain, struct writer *out);

/* A page of a table with one tuple of these bytes behind its header. */
void plant_page(struct slice tuple_data, struct writer *out);

/* A value compressed in place: header, info, encoded bytes. */
void plant_value(enum scan_codec codec, const char *mark, struct writer *out);

/* A record batch of Kafka with these bytes as its records. */
void plant_batch(unsigned codec, struct slice records, struct writer *out);

/* Pages of WAL with one record; its body goes over page headers. */
void plant_wal(struct slice record, struct writer *out);

/* A WAL record with one compressed page image, or one with these bytes as its data. */
void plant_wal_image(enum scan_codec codec, const char *mark, struct writer *out);
void plant_wal_data(struct slice data, struct writer *out);

#endif
