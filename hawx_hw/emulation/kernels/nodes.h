/* The nodes without weights. */
#ifndef HAWX_NODES_H
#define HAWX_NODES_H

#include "structures.h"
#include "vectors.h"

static int64_t span_start(int64_t at, int64_t before) { return at < before ? before - at : 0; }

typedef int8_t codes_16 __attribute__((vector_size(16)));

static inline codes_16 larger(codes_16 a, codes_16 b)
{
    codes_16 first = a > b;
    return (a & first) | (b & ~first);
}

/* to[i] = max(to[i], from[i]); the last 16 may overlap the previous ones. */
static inline void larger_line(int8_t *to, const int8_t *from, int64_t count)
{
    if (count < 16) {
        for (int64_t x = 0; x < count; x++)
            to[x] = to[x] > from[x] ? to[x] : from[x];
        return;
    }
    for (int64_t x = 0; x < count; x += 16) {
        int64_t at = least(x, count - 16);
        codes_16 a, b;
        memcpy(&a, to + at, 16);
        memcpy(&b, from + at, 16);
        a = larger(a, b);
        memcpy(to + at, &a, 16);
    }
}

#define EACH_SECOND(o) o, o + 2, o + 4, o + 6, o + 8, o + 10, o + 12, o + 14, \
                       o + 16, o + 18, o + 20, o + 22, o + 24, o + 26, o + 28, o + 30

/* out[i] = max(line[2 i], line[2 i + 1]); reads up to 31 codes beyond the last. */
static inline void larger_of_two(const int8_t *line, int64_t count, int8_t *out)
{
    for (int64_t x = 0; x < count; x += 16) {
        codes_16 a, b;
        memcpy(&a, line + 2 * x, 16);
        memcpy(&b, line + 2 * x + 16, 16);
        codes_16 even = PICK(a, b, codes_16, EACH_SECOND(0));
        codes_16 odd = PICK(a, b, codes_16, EACH_SECOND(1));
        even = larger(even, odd);
        int64_t left = count - x;
        if (left >= 16) {
            memcpy(out + x, &even, 16);
        } else if (left >= 8) {
            memcpy(out + x, &even, 8);
            memcpy(out + x + left - 8, (char *)&even + left - 8, 8);
        } else {
            for (int64_t i = 0; i < left; i++)
                out[x + i] = even[i];
        }
    }
}

/* Planes [first, last) of feature maps; window->channels and ->filters are not used. `line` holds a
 * padded line and 64 codes more. */
void hawx_max_pool(const hawx_window *w, const int8_t *input, int8_t *output, int64_t first,
                   int64_t last, int8_t *line)
{
    int64_t padded_width = w->width + w->left + w->right;
    for (int64_t plane = first; plane < last; plane++)
        for (int64_t y = 0; y < w->out_height; y++) {
            int64_t top = y * w->stride_y;
            for (int64_t x = 0; x < padded_width; x += 16)
                memset(line + x, -128, 16);
            for (int64_t i = span_start(top, w->top); i < w->kernel_height; i++) {
                if (top + i - w->top >= w->height)
                    break;
                const int8_t *from = input + (plane * w->height + top + i - w->top) * w->width;
                larger_line(line + w->left, from, w->width);
            }
            int8_t *out = output + (plane * w->out_height + y) * w->out_width;
            if (w->kernel_width == 2 && w->stride_x == 2) {
                larger_of_two(line, w->out_width, out);
                continue;
            }
            for (int64_t x = 0; x < w->out_width; x++) {
                int8_t most = -128;
                for (int64_t j = 0; j < w->kernel_width; j++) {
                    int8_t code = line[x * w->stride_x + j];
                    most = code > most ? code : most;
                }
                out[x] = most;
            }
        }
}

/* The caller proves that sums fit 32 bits; `line` holds a padded line of sums. */
void hawx_average_pool(const hawx_window *w, const hawx_rule *rule, int64_t bias,
                       const int8_t *input, int8_t *output, int64_t first, int64_t last,
                       int32_t *line)
{
    int64_t padded_width = w->width + w->left + w->right;
    for (int64_t plane = first; plane < last; plane++)
        for (int64_t y = 0; y < w->out_height; y++) {
            for (int64_t x = 0; x < padded_width; x++)
                line[x] = (int32_t)(w->pad * w->kernel_height);
            for (int64_t i = 0; i < w->kernel_height; i++) {
                int64_t at = y * w->stride_y + i - w->top;
                if (at < 0 || at >= w->height)
                    continue;
                const int8_t *from = input + (plane * w->height + at) * w->width;
                for (int64_t x = 0; x < w->width; x++)
                    line[w->left + x] += from[x] - (int32_t)w->pad;
            }
            for (int64_t x = 0; x < w->out_width; x++) {
                int64_t total = bias;
                for (int64_t j = 0; j < w->kernel_width; j++)
                    total += line[x * w->stride_x + j];
                output[(plane * w->out_height + y) * w->out_width + x] =
                    code((double)total, rule->multiplier[0], rule);
            }
        }
}

/* Codes [first, last) of a residual addition; the caller proves that 32 bits hold every step. */
void hawx_add(const int8_t *a, const int8_t *b, int64_t multiplier_a, int64_t multiplier_b,
              int64_t constant, int64_t shift, int64_t low, int64_t high, int64_t mask,
              int8_t *output, int64_t first, int64_t last)
{
    int32_t ma = (int32_t)multiplier_a, mb = (int32_t)multiplier_b, c = (int32_t)constant;
    int32_t l = (int32_t)low, h = (int32_t)high, m = (int32_t)mask;
    for (int64_t i = first; i < last; i++) {
        int32_t sum = (a[i] * ma + b[i] * mb + c) >> shift;
        sum = sum > l ? sum : l;
        output[i] = (int8_t)((sum < h ? sum : h) & m);
    }
}

/* output = map[input as a byte], for codes [first, last), to integers of 8 and of 16 bits. */
void hawx_map(const uint8_t *input, const int8_t *map, int8_t *output, int64_t first, int64_t last)
{
    for (int64_t i = first; i < last; i++)
        output[i] = map[input[i]];
}

void hawx_map_wide(const uint8_t *input, const int16_t *map, int16_t *output, int64_t first,
                   int64_t last)
{
    for (int64_t i = first; i < last; i++)
        output[i] = map[input[i]];
}

#endif
