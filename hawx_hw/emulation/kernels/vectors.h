/* Vectors of VECTOR bytes: 16, 32 or 64. */
#ifndef HAWX_VECTORS_H
#define HAWX_VECTORS_H

#include <stdint.h>
#include <string.h>

#ifndef VECTOR
#define VECTOR 16
#endif
#define ELEMENTS (VECTOR / 2)
#define HALF (ELEMENTS / 2)
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

static inline int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* Unpacking within each 16 bytes: one x86 instruction, and the step of transposing 8 x 8 words. */
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

/* Transpose 16 x 16 bytes; four rounds of unpacking lines i and i + 8. */
static inline void transpose16(const uint8_t *from, int64_t from_stride, uint8_t *to, int64_t to_stride)
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

#endif
