/* The product of weights and remapped activations, where all products of a layer are of rank 1:
 * sums of 16-bit products in pairs of taps, modulo 2^32, which is exact in integers. */
#ifndef HAWX_MULTIPLY_H
#define HAWX_MULTIPLY_H

#include "unfold.h"
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#define FEW 4                     /* filters at a time */
#define WIDE 2                    /* vectors of pixels at a time */
#define PIXELS (VECTOR / 4)       /* in a vector */
#define PANEL (WIDE * PIXELS)

typedef int8_t char_16 __attribute__((vector_size(16)));
typedef uint16_t half_8 __attribute__((vector_size(16)));
typedef int16_t short_16 __attribute__((vector_size(32)));

/* The sum of two 16-bit products in each 32-bit element. */
static inline words multiply_pairs(words a, words b)
{
#if VECTOR == 64 && defined(__AVX512BW__)
    return (words)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif VECTOR == 32 && defined(__AVX2__)
    return (words)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif VECTOR == 16 && defined(__SSE2__)
    return (words)_mm_madd_epi16((__m128i)a, (__m128i)b);
#else
    typedef int32_t integers __attribute__((vector_size(VECTOR)));
    integers x = (integers)a, y = (integers)b, low_x = (integers)(a << 16),
             low_y = (integers)(b << 16);
    return (words)((x >> 16) * (y >> 16)) + (words)((low_x >> 16) * (low_y >> 16));
#endif
}

/* panel[pair of taps][pixel]: two 16-bit activations, the first in the low half. Reads beyond
 * the last pixel stay in the slack of `unfolded`. */
static inline void pack_words(const uint8_t *unfolded, int64_t stride, int64_t taps, uint32_t *panel)
{
    for (int64_t k = 0; k < taps; k += 2, panel += PANEL)
        for (int p = 0; p < PANEL; p += 8) {
            half_8 low, high = {0};
            memcpy(&low, unfolded + k * stride + 2 * p, 16);
            if (k + 1 < taps)
                memcpy(&high, unfolded + (k + 1) * stride + 2 * p, 16);
            half_8 both[2] = {PICK(low, high, half_8, H8(0, 8)), PICK(low, high, half_8, H8(4, 8))};
            memcpy(panel + p, both, sizeof both);
        }
}

static inline void pack_bytes(const uint8_t *unfolded, int64_t stride, int64_t taps, uint32_t *panel)
{
    for (int64_t k = 0; k < taps; k += 2, panel += PANEL)
        for (int p = 0; p < PANEL; p += 16) {
            bytes16 low, high = {0};
            memcpy(&low, unfolded + k * stride + p, 16);
            if (k + 1 < taps)
                memcpy(&high, unfolded + (k + 1) * stride + p, 16);
            char_16 first = (char_16)PICK(low, high, bytes16, B8(0));
            char_16 second = (char_16)PICK(low, high, bytes16, B8(8));
            short_16 wide[2] = {__builtin_convertvector(first, short_16),
                                __builtin_convertvector(second, short_16)};
            memcpy(panel + p, wide, 4 * (PANEL < 16 ? PANEL : 16));
        }
}

/* sums[filter][pixel] of FEW filters and PANEL pixels. */
static inline void multiply_panel(const words *panel, const uint32_t *weights, int64_t pairs_of_taps,
                                  uint32_t *sums)
{
    words total[FEW][WIDE] = {{{0}}};
    for (int64_t k = 0; k < pairs_of_taps; k++, panel += WIDE, weights += FEW) {
#pragma GCC unroll 4
        for (int f = 0; f < FEW; f++) {
            words weight = weights[f] - (words){0};
#pragma GCC unroll 2
            for (int v = 0; v < WIDE; v++)
                total[f][v] += multiply_pairs(panel[v], weight);
        }
    }
    memcpy(sums, total, sizeof total);
}

/* Codes of `count` sums of one filter; a multiple of 4 is written. */
static inline void finish_filter(const uint32_t *sums, int64_t count, uint32_t offset,
                              double multiplier, const hawx_rule *rule, uint8_t *codes)
{
    const double_4 span = rule->span - (double_4){0};
    for (int64_t p = 0; p < count; p += 4) {
        int_4 sum;
        memcpy(&sum, sums + p, sizeof sum);
        sum += (int32_t)offset;
        double_4 u = __builtin_convertvector(sum, double_4) * multiplier + rule->constant;
        u = (double_4)((long_4)u & (u > 0));
        long_4 over = u > span;
        u = (double_4)(((long_4)u & ~over) | ((long_4)span & over));
        sum = (__builtin_convertvector(u, int_4) + (int32_t)rule->low) & (int32_t)rule->mask;
        char_4 code = __builtin_convertvector(sum, char_4);
        memcpy(codes + p, &code, sizeof code);
    }
}

/* Output pixels [first, last) of the packs of filters [pack, packs), FEW filters each. `input` and
 * the padding's code are remapped already to integers of `size` bytes, 1 or 2;
 * weights[pack][pair of taps][filter]. */
void hawx_multiply(const hawx_window *w, const uint32_t *weights, const int32_t *offset,
                   const hawx_rule *rule, const uint8_t *input, int8_t *output, int64_t first,
                   int64_t last, int64_t pack, int64_t packs, int64_t tile, uint8_t *scratch,
                   int64_t size)
{
    int64_t taps = w->channels * w->kernel_height * w->kernel_width, both = (taps + 1) / 2;
    int64_t stride = tap_stride(tile, (int)size), line = round_up(tile, PANEL);
    uint32_t *panel = (uint32_t *)scratch;
    uint8_t *codes = (uint8_t *)(panel + both * PANEL);
    uint8_t *padded = codes + round_up((packs - pack) * FEW * line, 64);
    uint8_t *unfolded = padded + padded_bytes(w, (int)size);
    for (; first < last; first += tile) {
        int64_t count = least(tile, last - first);
        unfold(w, input, first, count, unfolded, stride, padded, (int)size);
        for (int64_t p = 0; p < count; p += PANEL) {
            if (size == 1)
                pack_bytes(unfolded + p, stride, taps, panel);
            else
                pack_words(unfolded + 2 * p, stride, taps, panel);
            for (int64_t b = pack; b < packs; b++) {
                uint32_t sums[FEW * PANEL];
                multiply_panel((const words *)panel, weights + b * both * FEW, both, sums);
                for (int64_t f = 0; f < FEW && b * FEW + f < w->filters; f++)
                    finish_filter(sums + f * PANEL, PANEL, (uint32_t)offset[b * FEW + f],
                               rule->multiplier[b * FEW + f], rule,
                               codes + ((b - pack) * FEW + f) * line + p);
            }
        }
        scatter(w, codes, line, pack * FEW, least(packs * FEW, w->filters) - pack * FEW, first,
                count, output);
    }
}

/* Bytes of scratch memory, aligned to 64, that hawx_multiply needs. */
int64_t hawx_multiply_scratch(const hawx_window *w, int64_t tile, int64_t packs, int64_t size)
{
    int64_t taps = w->channels * w->kernel_height * w->kernel_width;
    return (taps + 1) / 2 * PANEL * 4 + round_up(packs * FEW * round_up(tile, PANEL), 64) +
           unfolded_bytes(w, tile, (int)size) + 128;
}

#endif
