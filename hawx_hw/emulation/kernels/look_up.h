/* The look-up: for one tap and a pack of ELEMENTS = VECTOR / 2 filters, the products with all 256
 * activations are a table of 256 vectors of ELEMENTS 16-bit words. The activation of a pixel selects
 * one vector; adding it does ELEMENTS exact multiply-accumulates, for any mix of blocks. A group of
 * taps is added in 16-bit words (the caller proves that the largest sums fit), then added to
 * 32-bit ones. All sums are modulo 2^32; the caller proves that the true ones fit.
 */
#ifndef HAWX_LOOK_UP_H
#define HAWX_LOOK_UP_H

#include "unfold.h"

/* The table of one tap: vector x of `table` holds word x of each element's table entry. Piece i of a
 * vector, of 16 bytes, holds elements 8 i to 8 i + 7. */
static void build_table(const uint16_t *entries, const uint32_t *indices, halves *table)
{
    const uint16_t *entry[ELEMENTS];
    for (int element = 0; element < ELEMENTS; element++)
        entry[element] = entries + (int64_t)indices[element] * 256;
    for (int x = 0; x < 256; x += 8) {
        halves r[8];
        for (int i = 0; i < 8; i++) {
            pairs v;
            for (int piece = 0; piece < VECTOR / 16; piece++) {
                pair16 p = *(const pair16 *)(entry[8 * piece + i] + x);
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

#define TAKE(i) const uint8_t *tap##i = taps[i];
#define ADD(i) v += table[256 * (i) + tap##i[p]];
#define ACCUMULATE(T, TAKES, ADDS)                                                           \
    static void accumulate##T(const uint8_t *const *taps, const halves *table,               \
                              words *sums, int64_t count)                                    \
    {                                                                                        \
        TAKE(0) TAKES                                                                        \
        for (int64_t p = 0; p < count; p++) {                                                \
            halves v = table[tap0[p]];                                                       \
            ADDS                                                                             \
            /* A word is an even element plus 2^16 times an odd one: their sums, and those   \
             * of the odd ones alone. */                                                     \
            sums[2 * p] += (words)v;                                                         \
            sums[2 * p + 1] += (words)v >> 16;                                               \
        }                                                                                    \
    }
#define TO_2(X) X(1)
#define TO_3(X) TO_2(X) X(2)
#define TO_4(X) TO_3(X) X(3)
#define TO_5(X) TO_4(X) X(4)
#define TO_6(X) TO_5(X) X(5)
ACCUMULATE(1, , )
ACCUMULATE(2, TO_2(TAKE), TO_2(ADD))
ACCUMULATE(3, TO_3(TAKE), TO_3(ADD))
ACCUMULATE(4, TO_4(TAKE), TO_4(ADD))
ACCUMULATE(5, TO_5(TAKE), TO_5(ADD))
ACCUMULATE(6, TO_6(TAKE), TO_6(ADD))
#define MOST_TAPS 6

typedef void accumulate(const uint8_t *const *, const halves *, words *, int64_t);
static accumulate *const ACCUMULATES[] = {accumulate1, accumulate2, accumulate3,
                                          accumulate4, accumulate5, accumulate6};

/* Elements to filters: even elements are the first half of a pack's filters, odd ones the second. */
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
            memcpy(codes + p * ELEMENTS + f, &code, sizeof code);
        }
    }
}

/* transposed[element][pixel] = codes[pixel][element]. */
static void transpose_codes(const int8_t *codes, int64_t count, uint8_t *transposed, int64_t stride)
{
    for (int64_t p = 0; p < count; p += 16)
        for (int element = 0; element < ELEMENTS; element += 16) {
            if (ELEMENTS >= 16)
                transpose16((const uint8_t *)codes + p * ELEMENTS + element, ELEMENTS,
                            transposed + element * stride + p, stride);
            else
                for (int i = 0; i < 16 * ELEMENTS; i++)
                    transposed[i % ELEMENTS * stride + p + i / ELEMENTS] =
                        (uint8_t)codes[p * ELEMENTS + i];
        }
}

/* Bytes of scratch memory, aligned to 64, that hawx_look_up needs for tiles of `tile` pixels. */
int64_t hawx_scratch(const hawx_window *w, int64_t tile)
{
    return MOST_TAPS * 256 * VECTOR + tile * 2 * VECTOR + 2 * round_up(tile, 16) * ELEMENTS +
           unfolded_bytes(w, tile, 1) + 64;
}

/* Sums and codes of output pixels [first, last) (counted over the batch) of the packs of
 * filters [pack, packs), by tables indexed by the activation. */
void hawx_look_up(const hawx_window *w, const hawx_products *products, const hawx_rule *rule,
                  const uint8_t *input, int8_t *output, int64_t first, int64_t last,
                  int64_t pack, int64_t packs, int64_t tile, uint8_t *scratch)
{
    int64_t taps = w->channels * w->kernel_height * w->kernel_width;
    int64_t stride = tap_stride(tile, 1);
    halves *table = (halves *)scratch;
    words *sums = (words *)(table + MOST_TAPS * 256);
    int8_t *codes = (int8_t *)(sums + 2 * tile);
    uint8_t *transposed = (uint8_t *)codes + round_up(tile, 16) * ELEMENTS;
    uint8_t *padded = transposed + round_up(tile, 16) * ELEMENTS;
    uint8_t *unfolded = padded + padded_bytes(w, 1);
    for (; first < last; first += tile) {
        int64_t count = least(tile, last - first);
        unfold(w, input, first, count, unfolded, stride, padded, 1);
        for (int64_t b = pack; b < packs; b++) {
            int64_t filter = b * ELEMENTS, filters = least(ELEMENTS, w->filters - filter);
            memset(sums, 0, count * 2 * VECTOR);
            for (int64_t k = 0; k < taps;) {
                int64_t step = products->steps[b * taps + k];
                const uint8_t *group[MOST_TAPS];
                for (int64_t t = 0; t < step; t++) {
                    build_table(products->entries, products->indices + (b * taps + k + t) * ELEMENTS,
                                table + 256 * t);
                    group[t] = unfolded + products->order[b * taps + k + t] * stride;
                }
                ACCUMULATES[step - 1](group, table, sums, count);
                k += step;
            }
            int32_t offset[ELEMENTS] = {0};
            double scale[ELEMENTS] = {0};
            memcpy(offset, products->offset + filter, filters * sizeof *offset);
            memcpy(scale, rule->multiplier + filter, filters * sizeof *scale);
            finish(sums, count, offset, scale, filters, rule, codes);
            transpose_codes(codes, count, transposed, round_up(count, 16));
            scatter(w, transposed, round_up(count, 16), filter, filters, first, count, output);
        }
    }
}

/* Groups of taps that may be added in 16-bit words: group[pack][tap]. `range` holds the largest word
 * of each entry. First fit, among the groups opened last; best for taps with decreasing ranges. */
#define OPEN 64

void hawx_plan(const uint32_t *range, const uint32_t *indices, int64_t packs, int64_t taps,
               int32_t *group)
{
    for (int64_t b = 0; b < packs; b++, indices += taps * ELEMENTS, group += taps) {
        uint32_t total[OPEN][ELEMENTS];
        int taken[OPEN];
        int32_t opened = 0;
        for (int64_t k = 0; k < taps; k++) {
            uint32_t own[ELEMENTS];
            for (int element = 0; element < ELEMENTS; element++)
                own[element] = range[indices[k * ELEMENTS + element]];
            int32_t g = opened > OPEN ? opened - OPEN : 0;
            for (; g < opened; g++) {
                uint32_t largest = 0;
                for (int element = 0; element < ELEMENTS; element++) {
                    uint32_t sum = total[g % OPEN][element] + own[element];
                    largest = sum > largest ? sum : largest;
                }
                if (largest <= 65535 && taken[g % OPEN] < MOST_TAPS)
                    break;
            }
            if (g == opened) {
                memset(total[g % OPEN], 0, sizeof total[0]);
                taken[g % OPEN] = 0;
                opened++;
            }
            for (int element = 0; element < ELEMENTS; element++)
                total[g % OPEN][element] += own[element];
            taken[g % OPEN]++;
            group[k] = g;
        }
    }
}

#endif
