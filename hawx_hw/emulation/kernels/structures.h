/* The interface of the C kernels; structures.py declares the same structures. */
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

/* The products of a layer: table entries of 256 unsigned 16-bit words, one for each weight code of
 * each block, indexed by the activation's byte. */
typedef struct {
    const uint16_t *entries;
    const uint32_t *indices;                 /* entry of [pack of filters][tap][vector element] */
    const int32_t *order;                    /* [pack][tap]: the tap of these indices */
    const int32_t *steps;                    /* [pack][tap]: taps in the group that starts there */
    const uint32_t *flat;                    /* entry of [filter][tap] */
    const int32_t *offset;                   /* one a filter: bias, least products */
} hawx_products;

/* The rule for one sum; look_up.h and multiply.h apply it to four at a time. */
static inline int8_t code(double sum, double multiplier, const hawx_rule *rule)
{
    double u = sum * multiplier + rule->constant;
    u = u > 0 ? u : 0;
    u = u < rule->span ? u : rule->span;
    return (int8_t)(((int32_t)u + (int32_t)rule->low) & (int32_t)rule->mask);
}

#endif
