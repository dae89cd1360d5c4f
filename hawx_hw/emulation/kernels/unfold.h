/* From images to columns of activations, and from codes back to images. */
#ifndef HAWX_UNFOLD_H
#define HAWX_UNFOLD_H

#include "structures.h"
#include "vectors.h"

/* columns[tap][pixel]: the activation that output pixel `first + pixel` sees at this tap.
 * Activations are codes or, remapped, of `size` bytes, 1 or 2; `stride` is in bytes. */
static inline void copy_run(uint8_t *to, const uint8_t *from, int64_t bytes)
{
    for (int64_t i = 0; i < bytes; i += 16)
        memcpy(to + i, from + i, 16);
}

/* Whole rows of at most 32 bytes. */
static inline void copy_rows(uint8_t *to, const uint8_t *from, int64_t height, int64_t width,
                             int64_t stride)
{
    if (width <= 16)
        for (int64_t y = 0; y < height; y++)
            memcpy(to + y * width, from + y * stride, 16);
    else
        for (int64_t y = 0; y < height; y++)
            memcpy(to + y * width, from + y * stride, 32);
}

static inline void copy_strided(uint8_t *to, const uint8_t *from, int64_t count, int64_t stride,
                                int size)
{
    if (size == 1)
        for (int64_t i = 0; i < count; i++)
            to[i] = from[i * stride];
    else
        for (int64_t i = 0; i < count; i++)
            memcpy(to + 2 * i, from + 2 * i * stride, 2);
}

/* A linear layer's inputs: pixels are images. */
static inline void unfold_vectors(const uint8_t *input, int64_t taps, int64_t first, int64_t count,
                                  uint8_t *columns, int64_t stride, int size)
{
    int64_t p = 0;
    for (; size == 1 && p + 16 <= count; p += 16) {
        const uint8_t *from = input + (first + p) * taps;
        int64_t k = 0;
        for (; k + 16 <= taps; k += 16)
            transpose16(from + k, taps, columns + k * stride + p, stride);
        for (; k < taps; k++)
            copy_strided(columns + k * stride + p, from + k, 16, taps, 1);
    }
    for (int64_t k = 0; k < taps; k++)
        copy_strided(columns + k * stride + p * size, input + ((first + p) * taps + k) * size,
                     count - p, taps, size);
}

/* One image with its padding. */
static inline void pad_image(const hawx_window *w, const uint8_t *image, uint8_t *padded, int size)
{
    int64_t rows = w->height + w->top + w->bottom, cols = w->width + w->left + w->right;
    if (size == 1)
        memset(padded, (uint8_t)w->pad, w->channels * rows * cols);
    else
        for (int64_t i = 0; i < w->channels * rows * cols; i++)
            ((int16_t *)padded)[i] = (int16_t)w->pad;
    for (int64_t c = 0; c < w->channels; c++)
        for (int64_t y = 0; y < w->height; y++)
            memcpy(padded + ((c * rows + y + w->top) * cols + w->left) * size,
                   image + (c * w->height + y) * w->width * size, w->width * size);
}

static inline void unfold(const hawx_window *w, const uint8_t *input, int64_t first, int64_t count,
                          uint8_t *columns, int64_t stride, uint8_t *padded, int size)
{
    int64_t taps = w->channels * w->kernel_height * w->kernel_width;
    if (w->height == 1 && w->width == 1 && w->kernel_height == 1 && w->kernel_width == 1) {
        unfold_vectors(input, taps, first, count, columns, stride, size);
        return;
    }
    int64_t rows = w->height + w->top + w->bottom, cols = w->width + w->left + w->right;
    int64_t area = w->out_height * w->out_width, width = w->out_width, done = 0;
    while (done < count) {
        int64_t image = (first + done) / area, pixel = (first + done) % area;
        int64_t here = least(area - pixel, count - done);
        pad_image(w, input + image * w->channels * w->height * w->width * size, padded, size);
        uint8_t *column = columns + done * size;
        for (int64_t c = 0; c < w->channels; c++)
            for (int64_t i = 0; i < w->kernel_height; i++)
                for (int64_t j = 0; j < w->kernel_width; j++, column += stride) {
                    const uint8_t *corner = padded + ((c * rows + i) * cols + j) * size;
                    /* Each run may write beyond its end: the next one overwrites that. */
                    if (here == area && w->stride_x == 1 && width * size <= 32) {
                        copy_rows(column, corner, w->out_height, width * size,
                                  w->stride_y * cols * size);
                        continue;
                    }
                    int64_t y = pixel / width, x = pixel % width;
                    for (int64_t at = 0; at < here; y++, x = 0) {
                        int64_t run = least(width - x, here - at);
                        const uint8_t *from =
                            corner + (y * w->stride_y * cols + x * w->stride_x) * size;
                        if (w->stride_x == 1)
                            copy_run(column + at * size, from, run * size);
                        else
                            copy_strided(column + at * size, from, run, w->stride_x, size);
                        at += run;
                    }
                }
        done += here;
    }
}

/* Copy codes[filter][pixel] of `filters` filters to the planes of the output. */
static inline void scatter(const hawx_window *w, const uint8_t *codes, int64_t stride,
                           int64_t filter, int64_t filters, int64_t first, int64_t count,
                           int8_t *output)
{
    int64_t area = w->out_height * w->out_width;
    for (int64_t f = 0; f < filters; f++) {
        int64_t done = 0;
        while (done < count) {
            int64_t image = (first + done) / area, pixel = (first + done) % area;
            int64_t here = least(area - pixel, count - done);
            memcpy(output + (image * w->filters + filter + f) * area + pixel,
                   codes + f * stride + done, here);
            done += here;
        }
    }
}

static inline int64_t padded_bytes(const hawx_window *w, int size)
{
    int64_t rows = w->height + w->top + w->bottom, cols = w->width + w->left + w->right;
    return round_up(w->channels * rows * cols * size + SLACK, 64);
}

/* Bytes from one tap's column to the next, for tiles of `tile` pixels. */
static inline int64_t column_stride(int64_t tile, int size)
{
    return round_up(tile * size + SLACK, 64);
}

/* Bytes of all that unfold writes. */
static inline int64_t unfolded_bytes(const hawx_window *w, int64_t tile, int size)
{
    int64_t taps = w->channels * w->kernel_height * w->kernel_width;
    return padded_bytes(w, size) + taps * column_stride(tile, size) + SLACK;
}

#endif
