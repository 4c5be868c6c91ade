// SPDX-License-Identifier: Apache-2.0
#include "load/text_file.h"

#include <errno.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

enum {
    PACKED_SIZE = 64 * 1024,
    MOST_DICTIONARY =
        96 * 1024 * 1024, /* what a decoder may take; a file of `xz -9` needs 65 MiB */
};

struct text_file {
    FILE *stream;
    bool is_packed;
    bool ended; /* of the packed bytes */
    lzma_stream decoder;
    uint8_t packed[PACKED_SIZE];
};

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

bool text_file_open(struct text_file **out, const char *path, struct error *err)
{
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        return error_set(
            err,
            errno == ENOENT ? ERROR_not_found : ERROR_invalid,
            "cannot read %.300s (errno %d)",
            path,
            errno);
    struct text_file *file = calloc(1, sizeof(*file));
    if (file == NULL) {
        (void)fclose(stream);
        return error_set(err, ERROR_fatal, "out of memory");
    }
    file->stream = stream;
    file->is_packed = ends_with(path, ".xz");
    file->decoder = (lzma_stream)LZMA_STREAM_INIT;
    if (file->is_packed &&
        lzma_stream_decoder(&file->decoder, MOST_DICTIONARY, LZMA_CONCATENATED) != LZMA_OK) {
        text_file_close(file);
        return error_set(err, ERROR_fatal, "cannot start the xz decoder");
    }
    *out = file;
    return true;
}

void text_file_close(struct text_file *file)
{
    if (file == NULL)
        return;
    lzma_end(&file->decoder);
    (void)fclose(file->stream);
    free(file);
}

static bool read_packed(
    struct text_file *file, uint8_t *into, size_t capacity, size_t *out_size, struct error *err)
{
    lzma_stream *decoder = &file->decoder;
    decoder->next_out = into;
    decoder->avail_out = capacity;
    while (decoder->avail_out == capacity) {
        if (decoder->avail_in == 0 && !file->ended) {
            decoder->next_in = file->packed;
            decoder->avail_in = fread(file->packed, 1, sizeof(file->packed), file->stream);
            file->ended = decoder->avail_in == 0;
        }
        lzma_ret result = lzma_code(decoder, file->ended ? LZMA_FINISH : LZMA_RUN);
        if (result == LZMA_STREAM_END)
            break;
        if (result != LZMA_OK)
            return error_set(err, ERROR_invalid, "the file is no xz file, or cut short");
    }
    *out_size = capacity - decoder->avail_out;
    return true;
}

bool text_file_read(
    void *context, uint8_t *into, size_t capacity, size_t *out_size, struct error *err)
{
    struct text_file *file = context;
    if (file->is_packed) {
        if (!read_packed(file, into, capacity, out_size, err))
            return false;
    } else {
        *out_size = fread(into, 1, capacity, file->stream);
    }
    if (ferror(file->stream))
        return error_set(err, ERROR_fatal, "cannot read the file (errno %d)", errno);
    return true;
}
