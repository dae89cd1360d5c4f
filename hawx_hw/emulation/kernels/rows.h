/* Sums row by row, for few pixels: no tables are built. Rows are picked by the weight, words by
 * the activation. */
#ifndef HAWX_ROWS_H
#define HAWX_ROWS_H

#include "unfold.h"

void hawx_rows(const hawx_window *w, const hawx_products *products, const hawx_rule *rule,
               const uint8_t *input, int8_t *output, int64_t first, int64_t last, int64_t filter,
               int64_t filters, int64_t tile, uint8_t *scratch)
{
    int64_t taps = w->channels * w->kernel_height * w->kernel_width;
    int64_t stride = column_stride(tile, 1), area = w->out_height * w->out_width;
    uint32_t *sums = (uint32_t *)scratch;
    uint8_t *padded = scratch + round_up(tile * 4, 64);
    uint8_t *columns = padded + padded_bytes(w, 1);
    for (; first < last; first += tile) {
        int64_t count = least(tile, last - first);
        unfold(w, input, first, count, columns, stride, padded, 1);
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

#endif
