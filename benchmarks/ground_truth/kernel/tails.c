/* The linear layers behind the last convolution, for every way to choose its filters' blocks.
 *
 * What the first linear layer sums up is a sum over the convolution's filters; half of them come
 * from one table and half from another, so that a configuration's sums cost one addition each. Only
 * the layers after it are computed for each configuration and image, four configurations at a time,
 * in vectors over outputs: all in integers, or in doubles that hold every integer on the way.
 *
 * Nothing here allocates: scratch memory comes from the caller.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512BW__)
#include <immintrin.h>
#define LANES 16
typedef __m512i vector;
#define LOAD(at) _mm512_loadu_si512((const void *)(at))
#define STORE(at, v) _mm512_storeu_si512((void *)(at), v)
#define BROADCAST(x) _mm512_set1_epi32(x)
#define ADD(a, b) _mm512_add_epi32(a, b)
#define PAIRS(a, b) _mm512_madd_epi16(a, b)
#elif defined(__AVX2__)
#include <immintrin.h>
#define LANES 8
typedef __m256i vector;
#define LOAD(at) _mm256_loadu_si256((const __m256i *)(at))
#define STORE(at, v) _mm256_storeu_si256((__m256i *)(at), v)
#define BROADCAST(x) _mm256_set1_epi32(x)
#define ADD(a, b) _mm256_add_epi32(a, b)
#define PAIRS(a, b) _mm256_madd_epi16(a, b)
#elif defined(__SSE2__)
#include <emmintrin.h>
#define LANES 4
typedef __m128i vector;
#define LOAD(at) _mm_loadu_si128((const __m128i *)(at))
#define STORE(at, v) _mm_storeu_si128((__m128i *)(at), v)
#define BROADCAST(x) _mm_set1_epi32(x)
#define ADD(a, b) _mm_add_epi32(a, b)
#define PAIRS(a, b) _mm_madd_epi16(a, b)
#else
#define LANES 1
typedef int32_t vector;
static inline vector LOAD(const void *at) {
  vector v;
  memcpy(&v, at, sizeof v);
  return v;
}
static inline void STORE(void *at, vector v) { memcpy(at, &v, sizeof v); }
#define BROADCAST(x) (x)
#define ADD(a, b) ((a) + (b))
static inline vector PAIRS(vector a, vector b) {
  int16_t x[2], y[2];
  memcpy(x, &a, 4);
  memcpy(y, &b, 4);
  return (int32_t)x[0] * y[0] + (int32_t)x[1] * y[1];
}
#endif

/* Configurations that share a load of weights, and vectors of outputs that share their inputs. */
#define ROWS 4
#define WIDE 3
/* Configurations between two visits of a layer. */
#define BATCH 32

/* How sums become codes; scale is multiplier * 2**-shift. */
typedef struct {
  int64_t count; /* a multiple of 16 */
  const double *scale;
  double zero_point, low, high;
  int64_t step;
} hawx_rule;

typedef struct {
  int64_t pairs;          /* of inputs */
  const int16_t *weights; /* [pairs][outputs][2] */
  const int32_t *bias;    /* [outputs] */
  hawx_rule rule;         /* rule.count: outputs */
} hawx_dense;

int64_t hawx_tails_batch(void) { return BATCH; }

static void requantize(const int32_t *restrict sums, const hawx_rule *rule,
                       int16_t *restrict codes) {
  const double half = 0.5 * (double)rule->step, zero = rule->zero_point;
  const double low = rule->low, high = rule->high;
  const double *restrict scale = rule->scale;
  const int32_t mask = -(int32_t)rule->step;
  for (int64_t i = 0; i < rule->count; i++) {
    double code = floor((double)sums[i] * scale[i] + half) + zero;
    code = code < low ? low : code;
    code = code > high ? high : code;
    codes[i] = (int16_t)((int32_t)code & mask);
  }
}

static inline __attribute__((always_inline)) void tile(
    const hawx_dense *layer, const int16_t *inputs, int64_t stride, int64_t output,
    const int wide, int32_t *sums) {
  const int64_t outputs = layer->rule.count;
  vector total[ROWS][WIDE];
  for (int v = 0; v < wide; v++) {
    const vector bias = LOAD(layer->bias + output + v * LANES);
    for (int r = 0; r < ROWS; r++) total[r][v] = bias;
  }
  const int16_t *weights = layer->weights + 2 * output;
  for (int64_t p = 0; p < layer->pairs; p++, weights += 2 * outputs) {
    vector row[WIDE];
    for (int v = 0; v < wide; v++) row[v] = LOAD(weights + 2 * v * LANES);
    for (int r = 0; r < ROWS; r++) {
      int32_t both;
      memcpy(&both, inputs + r * stride + 2 * p, sizeof both);
      const vector input = BROADCAST(both);
      for (int v = 0; v < wide; v++) total[r][v] = ADD(total[r][v], PAIRS(input, row[v]));
    }
  }
  for (int r = 0; r < ROWS; r++)
    for (int v = 0; v < wide; v++) STORE(sums + r * outputs + output + v * LANES, total[r][v]);
}

static void dense(const hawx_dense *layer, const int16_t *inputs, int64_t stride, int32_t *sums) {
  const int64_t outputs = layer->rule.count;
  int64_t output = 0;
  for (; output + WIDE * LANES <= outputs; output += WIDE * LANES)
    tile(layer, inputs, stride, output, WIDE, sums);
  for (; output + 2 * LANES <= outputs; output += 2 * LANES)
    tile(layer, inputs, stride, output, 2, sums);
  for (; output < outputs; output += LANES) tile(layer, inputs, stride, output, 1, sums);
}

/* What all configurations share, and scratch memory: codes have `stride` places a configuration, as
 * many as the widest layer; `codes` and `other` hold BATCH of them, `sums` ROWS rows of 32 bits. */
typedef struct {
  const hawx_rule *first;
  int64_t layers;
  const hawx_dense *layer;
  int64_t classes, stride;
  int16_t *codes, *other;
  int32_t *sums;
} hawx_tail;

/* Adds to right[b] one for each of BATCH configurations whose class comes out as the label; what
 * the first linear layer sums up is above[b] + below[b]. */
static void batch(const hawx_tail *tail, const int32_t *const *above, const int32_t *const *below,
                  int64_t label, int32_t *right) {
  const int64_t width = tail->first->count, stride = tail->stride;
  for (int64_t b = 0; b < BATCH; b++) {
    for (int64_t i = 0; i < width; i++) tail->sums[i] = above[b][i] + below[b][i];
    requantize(tail->sums, tail->first, tail->codes + b * stride);
  }
  int16_t *from = tail->codes, *to = tail->other;
  for (int64_t n = 0; n < tail->layers; n++) {
    const hawx_dense *layer = tail->layer + n;
    for (int64_t b = 0; b < BATCH; b += ROWS) {
      dense(layer, from + b * stride, stride, tail->sums);
      for (int64_t r = 0; r < ROWS; r++)
        requantize(tail->sums + r * layer->rule.count, &layer->rule, to + (b + r) * stride);
    }
    int16_t *swap = from;
    from = to;
    to = swap;
  }
  for (int64_t b = 0; b < BATCH; b++) {
    const int16_t *code = from + b * stride;
    int64_t best = 0;
    for (int64_t c = 1; c < tail->classes; c++) best = code[c] > code[best] ? c : best;
    right[b] += best == label;
  }
}

/* Adds to right[p] one for every image whose class comes out as its label, for pairs of rows
 * high[image][pairs[p][0]] and low[image][pairs[p][1]].
 *
 * high (images, highs, first->count) and low (images, lows, first->count): their sums are those of
 * the first linear layer, bias included; count is a multiple of BATCH.
 */
void hawx_tails(int64_t images, int64_t highs, int64_t lows, const int32_t *high,
                const int32_t *low, const int64_t *labels, const hawx_tail *tail, int64_t count,
                const int32_t *pairs, int32_t *right) {
  const int64_t width = tail->first->count;
  const int32_t *above[BATCH], *below[BATCH];
  for (int64_t image = 0; image < images; image++, high += highs * width, low += lows * width) {
    for (int64_t start = 0; start < count; start += BATCH) {
      for (int64_t b = 0; b < BATCH; b++) {
        above[b] = high + pairs[2 * (start + b)] * width;
        below[b] = low + pairs[2 * (start + b) + 1] * width;
      }
      batch(tail, above, below, labels[image], right + start);
    }
  }
}
