/* Approximate convolution by look-up, and what surrounds it, for one instruction set.
 *
 * VECTOR is the width of a vector in bytes: 16, 32 or 64. Nothing here allocates; scratch memory
 * comes from the caller and its layout is in scratch_bytes().
 *
 * The look-up: for one tap and LANES = VECTOR / 2 filters, the products of all 256 activations
 * stand as 256 vectors of LANES 16-bit words. The activation of a pixel picks one vector; adding
 * it makes LANES exact multiply-accumulates, whatever the blocks are and however they are mixed.
 * A group of taps is added in 16-bit words (the caller proves that the largest sums fit), then
 * flushed into 32-bit ones. All sums are modulo 2^32; the caller proves that the true ones fit.
 */
#include "kernels.h"
#include <string.h>

#ifndef VECTOR
#define VECTOR 16
#endif
#define LANES (VECTOR / 2)
#define HALF (LANES / 2)
#define SLACK 64 /* bytes that copies may write or read beyond a run */

typedef uint8_t bytes16 __attribute__((vector_size(16), aligned(16)));
typedef uint16_t halves __attribute__((vector_size(VECTOR), aligned(VECTOR)));
typedef uint32_t words __attribute__((vector_size(VECTOR), aligned(VECTOR)));
typedef uint64_t pairs __attribute__((vector_size(VECTOR), aligned(VECTOR)));
typedef double double_4 __attribute__((vector_size(32)));
typedef int64_t long_4 __attribute__((vector_size(32)));
typedef int32_t int_4 __attribute__((vector_size(16)));
typedef int8_t char_4 __attribute__((vector_size(4)));
typedef uint64_t pair16 __attribute__((vector_size(16), aligned(1), may_alias));

int64_t hawx_lanes(void) { return LANES; }

static int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* ------------------------------------------------------------------ interleaving of lanes
 * Unpacking within each 16 bytes: what x86 does at full width, and what transposes 8 x 8 words. */
#if defined(__clang__)
#define PICK(a, b, mask, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define PICK(a, b, mask, ...) __builtin_shuffle(a, b, (mask){__VA_ARGS__})
#endif
#define B8(o) o, o + 16, o + 1, o + 17, o + 2, o + 18, o + 3, o + 19, \
              o + 4, o + 20, o + 5, o + 21, o + 6, o + 22, o + 7, o + 23
#define H8(o, n) o, o + n, o + 1, o + 1 + n, o + 2, o + 2 + n, o + 3, o + 3 + n
#define W4(o, n) o, o + n, o + 1, o + 1 + n
#define D2(o, n) o, o + n
#if VECTOR == 16
#define LO_H(a, b) PICK(a, b, halves, H8(0, 8))
#define HI_H(a, b) PICK(a, b, halves, H8(4, 8))
#define LO_W(a, b) PICK(a, b, words, W4(0, 4))
#define HI_W(a, b) PICK(a, b, words, W4(2, 4))
#define LO_D(a, b) PICK(a, b, pairs, D2(0, 2))
#define HI_D(a, b) PICK(a, b, pairs, D2(1, 2))
#elif VECTOR == 32
#define LO_H(a, b) PICK(a, b, halves, H8(0, 16), H8(8, 16))
#define HI_H(a, b) PICK(a, b, halves, H8(4, 16), H8(12, 16))
#define LO_W(a, b) PICK(a, b, words, W4(0, 8), W4(4, 8))
#define HI_W(a, b) PICK(a, b, words, W4(2, 8), W4(6, 8))
#define LO_D(a, b) PICK(a, b, pairs, D2(0, 4), D2(2, 4))
#define HI_D(a, b) PICK(a, b, pairs, D2(1, 4), D2(3, 4))
#else
#define LO_H(a, b) PICK(a, b, halves, H8(0, 32), H8(8, 32), H8(16, 32), H8(24, 32))
#define HI_H(a, b) PICK(a, b, halves, H8(4, 32), H8(12, 32), H8(20, 32), H8(28, 32))
#define LO_W(a, b) PICK(a, b, words, W4(0, 16), W4(4, 16), W4(8, 16), W4(12, 16))
#define HI_W(a, b) PICK(a, b, words, W4(2, 16), W4(6, 16), W4(10, 16), W4(14, 16))
#define LO_D(a, b) PICK(a, b, pairs, D2(0, 8), D2(2, 8), D2(4, 8), D2(6, 8))
#define HI_D(a, b) PICK(a, b, pairs, D2(1, 8), D2(3, 8), D2(5, 8), D2(7, 8))
#endif

/* The table of one tap: vector x of `table` holds word x of each lane's row. Piece i of a vector
 * of 16 bytes holds lanes 8 i to 8 i + 7. */
static void build_table(const uint16_t *rows, const uint32_t *lanes, halves *table)
{
    const uint16_t *row[LANES];
    for (int lane = 0; lane < LANES; lane++)
        row[lane] = rows + (int64_t)lanes[lane] * 256;
    for (int x = 0; x < 256; x += 8) {
        halves r[8];
        for (int i = 0; i < 8; i++) {
            pairs v;
            for (int piece = 0; piece < VECTOR / 16; piece++) {
                pair16 p = *(const pair16 *)(row[8 * piece + i] + x);
                v[2 * piece] = p[0];
                v[2 * piece + 1] = p[1];
            }
            r[i] = (halves)v;
        }
        halves a0 = LO_H(r[0], r[1]), a1 = HI_H(r[0], r[1]), a2 = LO_H(r[2], r[3]),
               a3 = HI_H(r[2], r[3]), a4 = LO_H(r[4], r[5]), a5 = HI_H(r[4], r[5]),
               a6 = LO_H(r[6], r[7]), a7 = HI_H(r[6], r[7]);
        words b0 = LO_W((words)a0, (words)a2), b1 = HI_W((words)a0, (words)a2),
              b2 = LO_W((words)a1, (words)a3), b3 = HI_W((words)a1, (words)a3),
              b4 = LO_W((words)a4, (words)a6), b5 = HI_W((words)a4, (words)a6),
              b6 = LO_W((words)a5, (words)a7), b7 = HI_W((words)a5, (words)a7);
        pairs *out = (pairs *)(table + x);
        out[0] = LO_D((pairs)b0, (pairs)b4);
        out[1] = HI_D((pairs)b0, (pairs)b4);
        out[2] = LO_D((pairs)b1, (pairs)b5);
        out[3] = HI_D((pairs)b1, (pairs)b5);
        out[4] = LO_D((pairs)b2, (pairs)b6);
        out[5] = HI_D((pairs)b2, (pairs)b6);
        out[6] = LO_D((pairs)b3, (pairs)b7);
        out[7] = HI_D((pairs)b3, (pairs)b7);
    }
}

/* Transpose 16 x 16 bytes; four rounds of unpacking rows i and i + 8. */
static void transpose16(const uint8_t *from, int64_t from_stride, uint8_t *to, int64_t to_stride)
{
    bytes16 a[16], b[16];
    for (int i = 0; i < 16; i++)
        memcpy(&a[i], from + i * from_stride, 16);
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 8; i++) {
            b[2 * i] = PICK(a[i], a[i + 8], bytes16, B8(0));
            b[2 * i + 1] = PICK(a[i], a[i + 8], bytes16, B8(8));
        }
        memcpy(a, b, sizeof a);
    }
    for (int i = 0; i < 16; i++)
        memcpy(to + i * to_stride, &a[i], 16);
}

/* ------------------------------------------------------------------ unfolding
 * columns[tap][pixel]: the activation byte that output pixel `first + pixel` sees at this tap. */
static void copy_run(uint8_t *to, const uint8_t *from, int64_t count)
{
    for (int64_t i = 0; i < count; i += 16)
        memcpy(to + i, from + i, 16);
}

/* Whole rows of at most 32 bytes. */
static void copy_rows(uint8_t *to, const uint8_t *from, int64_t height, int64_t width,
                      int64_t stride)
{
    if (width <= 16)
        for (int64_t y = 0; y < height; y++)
            memcpy(to + y * width, from + y * stride, 16);
    else
        for (int64_t y = 0; y < height; y++)
            memcpy(to + y * width, from + y * stride, 32);
}

static void unfold_vectors(const uint8_t *input, int64_t taps, int64_t first, int64_t count,
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

static void unfold(const hawx_window *w, const uint8_t *input, int64_t first, int64_t count,
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

/* ------------------------------------------------------------------ sums by look-up */
#define ADD(i) v += table[256 * (i) + column[p + (i) * stride]];
#define ACCUMULATE(T, ADDS)                                                                  \
    static void accumulate##T(const uint8_t *column, int64_t stride, const halves *table,    \
                              words *sums, int64_t count)                                    \
    {                                                                                        \
        (void)stride;                                                                        \
        for (int64_t p = 0; p < count; p++) {                                                \
            halves v = table[column[p]];                                                     \
            ADDS                                                                             \
            /* A word holds an even lane and, 2^16 times, an odd one: summed as they are, and \
             * the odd ones apart. */                                                        \
            sums[2 * p] += (words)v;                                                         \
            sums[2 * p + 1] += (words)v >> 16;                                               \
        }                                                                                    \
    }
ACCUMULATE(1, )
ACCUMULATE(2, ADD(1))
ACCUMULATE(3, ADD(1) ADD(2))
ACCUMULATE(4, ADD(1) ADD(2) ADD(3))
ACCUMULATE(5, ADD(1) ADD(2) ADD(3) ADD(4))
ACCUMULATE(6, ADD(1) ADD(2) ADD(3) ADD(4) ADD(5))
#define MOST_TAPS 6

typedef void accumulate(const uint8_t *, int64_t, const halves *, words *, int64_t);
static accumulate *const ACCUMULATES[] = {accumulate1, accumulate2, accumulate3,
                                          accumulate4, accumulate5, accumulate6};

/* Lanes to filters: even lanes are the first half of a block's filters, odd lanes the second. */
static void finish(const words *sums, int64_t count, const int32_t *offset, const double *scale,
                   int64_t filters, const hawx_rule *rule, int8_t *codes)
{
    const double_4 span = rule->span - (double_4){0};
    const int_4 low = (int32_t)rule->low - (int_4){0};
    words offsets[2];
    memcpy(offsets, offset, sizeof offsets);
    for (int64_t p = 0; p < count; p++) {
        words total[2];
        total[1] = sums[2 * p + 1] + offsets[1];
        total[0] = sums[2 * p] - (sums[2 * p + 1] << 16) + offsets[0];
        for (int64_t f = 0; f < filters; f += 4) {
            int_4 sum;
            double_4 factor;
            memcpy(&sum, (char *)total + 4 * f, sizeof sum);
            memcpy(&factor, scale + f, sizeof factor);
            double_4 u = __builtin_convertvector(sum, double_4) * factor + rule->constant;
            u = (double_4)((long_4)u & (u > 0));
            long_4 over = u > span;
            u = (double_4)(((long_4)u & ~over) | ((long_4)span & over));
            sum = (__builtin_convertvector(u, int_4) + low) & (int32_t)rule->mask;
            char_4 code = __builtin_convertvector(sum, char_4);
            memcpy(codes + p * LANES + f, &code, sizeof code);
        }
    }
}

/* Scatter codes[pixel][lane] to the planes of the output. */
static void scatter(const hawx_window *w, const int8_t *codes, int64_t filter, int64_t filters,
                    int64_t first, int64_t count, uint8_t *turned, int8_t *output)
{
    int64_t area = w->out_height * w->out_width, stride = round_up(count, 16);
    for (int64_t p = 0; p < count; p += 16)
        for (int lane = 0; lane < LANES; lane += 16) {
            if (LANES >= 16)
                transpose16((const uint8_t *)codes + p * LANES + lane, LANES,
                            turned + lane * stride + p, stride);
            else
                for (int i = 0; i < 16 * LANES; i++)
                    turned[i % LANES * stride + p + i / LANES] = (uint8_t)codes[p * LANES + i];
        }
    for (int64_t f = 0; f < filters; f++) {
        int64_t done = 0;
        while (done < count) {
            int64_t image = (first + done) / area, pixel = (first + done) % area;
            int64_t here = least(area - pixel, count - done);
            memcpy(output + (image * w->filters + filter + f) * area + pixel,
                   turned + f * stride + done, here);
            done += here;
        }
    }
}

static int8_t code(double sum, double multiplier, const hawx_rule *rule)
{
    double u = sum * multiplier + rule->constant;
    u = u > 0 ? u : 0;
    u = u < rule->span ? u : rule->span;
    return (int8_t)(((int32_t)u + (int32_t)rule->low) & (int32_t)rule->mask);
}

static int64_t padded_bytes(const hawx_window *w)
{
    return round_up(w->channels * (w->height + w->top + w->bottom) *
                            (w->width + w->left + w->right) + SLACK, 64);
}

/* Bytes of scratch memory, aligned to 64, that hawx_look_up needs for tiles of `tile` pixels. */
int64_t hawx_scratch(const hawx_window *w, int64_t tile)
{
    int64_t taps = w->channels * w->kernel_height * w->kernel_width;
    return round_up(taps * round_up(tile + SLACK, 64) + SLACK, 64) + padded_bytes(w) +
           MOST_TAPS * 256 * VECTOR + tile * 2 * VECTOR + 2 * round_up(tile, 16) * LANES + 64;
}

/* Sums and codes of output pixels [first, last) (counted over the batch) of filter blocks
 * [block, blocks), by tables indexed by the activation. */
void hawx_look_up(const hawx_window *w, const hawx_products *products, const hawx_rule *rule,
                  const uint8_t *input, int8_t *output, int64_t first, int64_t last,
                  int64_t block, int64_t blocks, int64_t tile, uint8_t *scratch)
{
    int64_t taps = w->channels * w->kernel_height * w->kernel_width;
    int64_t stride = round_up(tile + SLACK, 64);
    halves *table = (halves *)scratch;
    words *sums = (words *)(table + MOST_TAPS * 256);
    int8_t *codes = (int8_t *)(sums + 2 * tile);
    uint8_t *turned = (uint8_t *)codes + round_up(tile, 16) * LANES;
    uint8_t *padded = turned + round_up(tile, 16) * LANES;
    uint8_t *columns = padded + padded_bytes(w);
    for (; first < last; first += tile) {
        int64_t count = least(tile, last - first);
        unfold(w, input, first, count, columns, stride, padded);
        for (int64_t b = block; b < blocks; b++) {
            int64_t filter = b * LANES, filters = least(LANES, w->filters - filter);
            memset(sums, 0, count * 2 * VECTOR);
            for (int64_t k = 0; k < taps;) {
                int64_t step = products->steps[b * taps + k];
                for (int64_t t = 0; t < step; t++)
                    build_table(products->rows, products->lanes + (b * taps + k + t) * LANES,
                                table + 256 * t);
                ACCUMULATES[step - 1](columns + k * stride, stride, table, sums, count);
                k += step;
            }
            int32_t offset[LANES] = {0};
            double scale[LANES] = {0};
            memcpy(offset, products->offset + filter, filters * sizeof *offset);
            memcpy(scale, rule->multiplier + filter, filters * sizeof *scale);
            finish(sums, count, offset, scale, filters, rule, codes);
            scatter(w, codes, filter, filters, first, count, turned, output);
        }
    }
}

/* How many taps each group may add in 16-bit words: steps[block][tap] for taps where a group
 * starts. `range` holds the largest word of each row. */
void hawx_plan(const uint32_t *range, const uint32_t *lanes, int64_t blocks, int64_t taps,
               int32_t *steps)
{
    for (int64_t b = 0; b < blocks; b++)
        for (int64_t k = 0; k < taps;) {
            uint32_t total[LANES] = {0};
            int64_t step = 0;
            while (step < MOST_TAPS && k + step < taps) {
                uint32_t largest = 0;
                for (int lane = 0; lane < LANES; lane++) {
                    total[lane] += range[lanes[(b * taps + k + step) * LANES + lane]];
                    largest = total[lane] > largest ? total[lane] : largest;
                }
                if (largest > 65535)
                    break;
                step++;
            }
            steps[b * taps + k] = (int32_t)step;
            k += step;
        }
}

/* ------------------------------------------------------------------ sums row by row
 * For few pixels: no tables are built. Rows are picked by the weight, words by the activation. */
void hawx_rows(const hawx_window *w, const hawx_products *products, const hawx_rule *rule,
               const uint8_t *input, int8_t *output, int64_t first, int64_t last, int64_t filter,
               int64_t filters, int64_t tile, uint8_t *scratch)
{
    int64_t taps = w->channels * w->kernel_height * w->kernel_width;
    int64_t stride = round_up(tile + SLACK, 64), area = w->out_height * w->out_width;
    uint32_t *sums = (uint32_t *)scratch;
    uint8_t *padded = scratch + round_up(tile * 4, 64);
    uint8_t *columns = padded + padded_bytes(w);
    for (; first < last; first += tile) {
        int64_t count = least(tile, last - first);
        unfold(w, input, first, count, columns, stride, padded);
        for (int64_t f = filter; f < filters; f++) {
            for (int64_t p = 0; p < count; p++)
                sums[p] = (uint32_t)products->offset[f];
            for (int64_t k = 0; k < taps; k++) {
                const uint16_t *row = products->rows + (int64_t)products->flat[f * taps + k] * 256;
                const uint8_t *column = columns + k * stride;
                for (int64_t p = 0; p < count; p++)
                    sums[p] += row[column[p]];
            }
            for (int64_t p = 0; p < count; p++) {
                int64_t q = first + p;
                output[(q / area * w->filters + f) * area + q % area] =
                    code((int32_t)sums[p], rule->multiplier[f], rule);
            }
        }
    }
}

/* ------------------------------------------------------------------ the other nodes
 * Planes [first, last) of feature maps; window->channels and ->filters are not used. */
static int64_t span_start(int64_t at, int64_t before) { return at < before ? before - at : 0; }

void hawx_max_pool(const hawx_window *w, const int8_t *input, int8_t *output, int64_t first,
                   int64_t last, int8_t *line)
{
    int64_t cols = w->width + w->left + w->right;
    for (int64_t plane = first; plane < last; plane++)
        for (int64_t y = 0; y < w->out_height; y++) {
            int64_t top = y * w->stride_y;
            memset(line, -128, cols);
            for (int64_t i = span_start(top, w->top); i < w->kernel_height; i++) {
                if (top + i - w->top >= w->height)
                    break;
                const int8_t *row = input + (plane * w->height + top + i - w->top) * w->width;
                int8_t *to = line + w->left;
                for (int64_t x = 0; x < w->width; x++)
                    to[x] = to[x] > row[x] ? to[x] : row[x];
            }
            int8_t *out = output + (plane * w->out_height + y) * w->out_width;
            if (w->kernel_width == 2 && w->stride_x == 2)
                for (int64_t x = 0; x < w->out_width; x++)
                    out[x] = line[2 * x] > line[2 * x + 1] ? line[2 * x] : line[2 * x + 1];
            else
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

/* The caller proves that sums fit 32 bits; `line` holds a padded row of them. */
void hawx_average_pool(const hawx_window *w, const hawx_rule *rule, int64_t bias,
                       const int8_t *input, int8_t *output, int64_t first, int64_t last,
                       int32_t *line)
{
    int64_t cols = w->width + w->left + w->right;
    for (int64_t plane = first; plane < last; plane++)
        for (int64_t y = 0; y < w->out_height; y++) {
            for (int64_t x = 0; x < cols; x++)
                line[x] = (int32_t)(w->pad * w->kernel_height);
            for (int64_t i = 0; i < w->kernel_height; i++) {
                int64_t at = y * w->stride_y + i - w->top;
                if (at < 0 || at >= w->height)
                    continue;
                const int8_t *row = input + (plane * w->height + at) * w->width;
                for (int64_t x = 0; x < w->width; x++)
                    line[w->left + x] += row[x] - (int32_t)w->pad;
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

/* output = map[input as a byte], for codes [first, last). */
void hawx_map(const uint8_t *input, const int8_t *map, int8_t *output, int64_t first, int64_t last)
{
    for (int64_t i = first; i < last; i++)
        output[i] = map[input[i]];
}
