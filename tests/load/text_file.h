// SPDX-License-Identifier: Apache-2.0
// The bytes of a file, unpacked on the way when its name ends in .xz.
#ifndef LOAD_TEXT_FILE_H
#define LOAD_TEXT_FILE_H

#include "base/error.h"

#include <stdint.h>

struct text_file;

/* ERROR_not_found when there is no such file. Closed with text_file_close. */
MUST_USE bool text_file_open(struct text_file **out, const char *path, struct error *err);
void text_file_close(struct text_file *file);

/* A csv_read_function over a struct text_file *. */
MUST_USE bool
text_file_read(void *file, uint8_t *into, size_t capacity, size_t *out_size, struct error *err);

#endif
