/* From images to columns of activations, and from codes back to images. */
#ifndef HAWX_UNFOLD_H
#define HAWX_UNFOLD_H

#include "structures.h"
#include "vectors.h"

/* columns[tap][pixel]: the activation byte that output pixel `first + pixel` sees at this tap. */
static inline void copy_run(uint8_t *to, const uint8_t *from, int64_t count)
{
    for (int64_t i = 0; i < count; i += 16)
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

static inline void unfold_vectors(const uint8_t *input, int64_t taps, int64_t first, int64_t count,
                           uint8_t *columns, int64_t stride)
{
    int64_t p = 0;
    for (; p + 16 <= count; p += 16) {
        const uint8_t *from = input + (first + p) * taps;
        int64_t k = 0;
        for (; k + 16 <= taps; k += 16)
            transpose16(from + k, taps, columns + k * stride + p, stride);
        for (; k < taps; k++)
            for (int64_t i = 0; i < 16; i++)
                columns[k * stride + p + i] = from[i * taps + k];
    }
    for (; p < count; p++)
        for (int64_t k = 0; k < taps; k++)
            columns[k * stride + p] = input[(first + p) * taps + k];
}

static inline void unfold(const hawx_window *w, const uint8_t *input, int64_t first, int64_t count,
                   uint8_t *columns, int64_t stride, uint8_t *padded)
{
    int64_t taps = w->channels * w->kernel_height * w->kernel_width;
    if (w->height == 1 && w->width == 1 && w->kernel_height == 1 && w->kernel_width == 1) {
        unfold_vectors(input, taps, first, count, columns, stride);
        return;
    }
    int64_t rows = w->height + w->top + w->bottom, cols = w->width + w->left + w->right;
    int64_t area = w->out_height * w->out_width, done = 0;
    while (done < count) {
        int64_t image = (first + done) / area, pixel = (first + done) % area;
        int64_t here = least(area - pixel, count - done);
        const uint8_t *from = input + image * w->channels * w->height * w->width;
        memset(padded, (uint8_t)w->pad, w->channels * rows * cols);
        for (int64_t c = 0; c < w->channels; c++)
            for (int64_t y = 0; y < w->height; y++)
                memcpy(padded + (c * rows + y + w->top) * cols + w->left,
                       from + (c * w->height + y) * w->width, w->width);
        uint8_t *column = columns + done;
        for (int64_t c = 0; c < w->channels; c++)
            for (int64_t i = 0; i < w->kernel_height; i++)
                for (int64_t j = 0; j < w->kernel_width; j++, column += stride) {
                    int64_t y = pixel / w->out_width, x = pixel % w->out_width;
                    /* Each run may write beyond its end: the next one overwrites that. */
                    if (pixel == 0 && here == area && w->stride_x == 1 && w->out_width <= 32) {
                        copy_rows(column, padded + (c * rows + i) * cols + j, w->out_height,
                                  w->out_width, w->stride_y * cols);
                        continue;
                    }
                    for (int64_t at = 0; at < here; y++, x = 0) {
                        int64_t run = least(w->out_width - x, here - at);
                        const uint8_t *source =
                            padded + (c * rows + y * w->stride_y + i) * cols + x * w->stride_x + j;
                        if (w->stride_x == 1)
                            copy_run(column + at, source, run);
                        else
                            for (int64_t n = 0; n < run; n++)
                                column[at + n] = source[n * w->stride_x];
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

static inline int64_t padded_bytes(const hawx_window *w)
{
    return round_up(w->channels * (w->height + w->top + w->bottom) *
                            (w->width + w->left + w->right) + SLACK, 64);
}

#endif
