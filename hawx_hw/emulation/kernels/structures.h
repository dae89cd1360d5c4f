/* What the C kernels promise Python; see native.py, which declares the same structures. */
#ifndef HAWX_STRUCTURES_H
#define HAWX_STRUCTURES_H

#include <stdint.h>

/* Geometry of a convolution; a linear layer is one of 1 x 1 maps. */
typedef struct {
    int64_t channels, height, width;         /* of the input */
    int64_t filters, out_height, out_width;  /* of the output */
    int64_t kernel_height, kernel_width;
    int64_t stride_y, stride_x;
    int64_t top, left, bottom, right;
    int64_t pad;                             /* the code that fills the padding */
} hawx_window;

/* code = (low + clamp(floor(sum * multiplier + constant), 0, span)) & mask, exact in double
 * precision: multiplier is m / 2^s, constant is step / 2 + zero_point - low, mask is -step. */
typedef struct {
    const double *multiplier;                /* one a filter */
    double constant, span;
    int64_t low, mask;
} hawx_rule;

/* The products of a layer: rows of 256 unsigned 16-bit words, indexed by the activation's byte. */
typedef struct {
    const uint16_t *rows;
    const uint32_t *lanes;                   /* row of [block of filters][tap][lane] */
    const int32_t *order;                    /* [block][tap]: the tap that these lanes are for */
    const int32_t *steps;                    /* [block][tap]: taps in the group that starts there */
    const uint32_t *flat;                    /* row of [filter][tap] */
    const int32_t *offset;                   /* one a filter: bias and what the rows leave out */
} hawx_products;

/* One sum at a time; look_up.h and multiply.h do four. */
static inline int8_t code(double sum, double multiplier, const hawx_rule *rule)
{
    double u = sum * multiplier + rule->constant;
    u = u > 0 ? u : 0;
    u = u < rule->span ? u : rule->span;
    return (int8_t)(((int32_t)u + (int32_t)rule->low) & (int32_t)rule->mask);
}

#endif
