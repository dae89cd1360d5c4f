/* Images to unfolded activations, and codes back to images. */
#ifndef HAWX_UNFOLD_H
#define HAWX_UNFOLD_H

#include "structures.h"
#include "vectors.h"

/* unfolded[tap][pixel]: the activation at this tap of the window of output pixel `first + pixel`.
 * Activations are codes or, remapped, of `size` bytes, 1 or 2; `stride` is in bytes. */
static inline void copy_run(uint8_t *to, const uint8_t *from, int64_t bytes)
{
    for (int64_t i = 0; i < bytes; i += 16)
        memcpy(to + i, from + i, 16);
}

/* Whole lines of at most 32 bytes. */
static inline void copy_lines(uint8_t *to, const uint8_t *from, int64_t height, int64_t width,
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
                                  uint8_t *unfolded, int64_t stride, int size)
{
    int64_t p = 0;
    for (; size == 1 && p + 16 <= count; p += 16) {
        const uint8_t *from = input + (first + p) * taps;
        int64_t k = 0;
        for (; k + 16 <= taps; k += 16)
            transpose16(from + k, taps, unfolded + k * stride + p, stride);
        for (; k < taps; k++)
            copy_strided(unfolded + k * stride + p, from + k, 16, taps, 1);
    }
    for (int64_t k = 0; k < taps; k++)
        copy_strided(unfolded + k * stride + p * size, input + ((first + p) * taps + k) * size,
                     count - p, taps, size);
}

/* One image with its padding. */
static inline void pad_image(const hawx_window *w, const uint8_t *image, uint8_t *padded, int size)
{
    int64_t padded_height = w->height + w->top + w->bottom;
    int64_t padded_width = w->width + w->left + w->right;
    if (size == 1)
        memset(padded, (uint8_t)w->pad, w->channels * padded_height * padded_width);
    else
        for (int64_t i = 0; i < w->channels * padded_height * padded_width; i++)
            ((int16_t *)padded)[i] = (int16_t)w->pad;
    for (int64_t c = 0; c < w->channels; c++)
        for (int64_t y = 0; y < w->height; y++)
            memcpy(padded + ((c * padded_height + y + w->top) * padded_width + w->left) * size,
                   image + (c * w->height + y) * w->width * size, w->width * size);
}

static inline void unfold(const hawx_window *w, const uint8_t *input, int64_t first, int64_t count,
                          uint8_t *unfolded, int64_t stride, uint8_t *padded, int size)
{
    int64_t taps = w->channels * w->kernel_height * w->kernel_width;
    if (w->height == 1 && w->width == 1 && w->kernel_height == 1 && w->kernel_width == 1) {
        unfold_vectors(input, taps, first, count, unfolded, stride, size);
        return;
    }
    int64_t padded_height = w->height + w->top + w->bottom;
    int64_t padded_width = w->width + w->left + w->right;
    int64_t area = w->out_height * w->out_width, width = w->out_width, done = 0;
    while (done < count) {
        int64_t image = (first + done) / area, pixel = (first + done) % area;
        int64_t here = least(area - pixel, count - done);
        pad_image(w, input + image * w->channels * w->height * w->width * size, padded, size);
        uint8_t *to = unfolded + done * size;
        for (int64_t c = 0; c < w->channels; c++)
            for (int64_t i = 0; i < w->kernel_height; i++)
                for (int64_t j = 0; j < w->kernel_width; j++, to += stride) {
                    const uint8_t *corner =
                        padded + ((c * padded_height + i) * padded_width + j) * size;
                    /* Each run may write beyond its end: the next one overwrites that. */
                    if (here == area && w->stride_x == 1 && width * size <= 32) {
                        copy_lines(to, corner, w->out_height, width * size,
                                  w->stride_y * padded_width * size);
                        continue;
                    }
                    int64_t y = pixel / width, x = pixel % width;
                    for (int64_t at = 0; at < here; y++, x = 0) {
                        int64_t run = least(width - x, here - at);
                        const uint8_t *from =
                            corner + (y * w->stride_y * padded_width + x * w->stride_x) * size;
                        if (w->stride_x == 1)
                            copy_run(to + at * size, from, run * size);
                        else
                            copy_strided(to + at * size, from, run, w->stride_x, size);
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
    int64_t padded_height = w->height + w->top + w->bottom;
    int64_t padded_width = w->width + w->left + w->right;
    return round_up(w->channels * padded_height * padded_width * size + SLACK, 64);
}

/* Bytes from one tap to the next, for tiles of `tile` pixels. */
static inline int64_t tap_stride(int64_t tile, int size)
{
    return round_up(tile * size + SLACK, 64);
}

/* Bytes that unfold writes. */
static inline int64_t unfolded_bytes(const hawx_window *w, int64_t tile, int size)
{
    int64_t taps = w->channels * w->kernel_height * w->kernel_width;
    return padded_bytes(w, size) + taps * tap_stride(tile, size) + SLACK;
}

#endif
