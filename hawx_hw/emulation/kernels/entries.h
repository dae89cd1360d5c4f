/* Sums entry by entry, for few pixels: no tables are built. An entry is selected by the weight, a
 * word of it by the activation. */
#ifndef HAWX_ENTRIES_H
#define HAWX_ENTRIES_H

#include "unfold.h"

void hawx_entries(const hawx_window *w, const hawx_products *products, const hawx_rule *rule,
               const uint8_t *input, int8_t *output, int64_t first, int64_t last, int64_t filter,
               int64_t filters, int64_t tile, uint8_t *scratch)
{
    int64_t taps = w->channels * w->kernel_height * w->kernel_width;
    int64_t stride = tap_stride(tile, 1), area = w->out_height * w->out_width;
    uint32_t *sums = (uint32_t *)scratch;
    uint8_t *padded = scratch + round_up(tile * 4, 64);
    uint8_t *unfolded = padded + padded_bytes(w, 1);
    for (; first < last; first += tile) {
        int64_t count = least(tile, last - first);
        unfold(w, input, first, count, unfolded, stride, padded, 1);
        for (int64_t f = filter; f < filters; f++) {
            for (int64_t p = 0; p < count; p++)
                sums[p] = (uint32_t)products->offset[f];
            for (int64_t k = 0; k < taps; k++) {
                const uint16_t *entry =
                    products->entries + (int64_t)products->flat[f * taps + k] * 256;
                const uint8_t *activations = unfolded + k * stride;
                for (int64_t p = 0; p < count; p++)
                    sums[p] += entry[activations[p]];
            }
            for (int64_t p = 0; p < count; p++) {
                int64_t q = first + p;
                output[(q / area * w->filters + f) * area + q % area] =
                    code((int32_t)sums[p], rule->multiplier[f], rule);
            }
        }
    }
}

#endif
