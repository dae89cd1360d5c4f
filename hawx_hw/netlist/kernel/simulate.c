/* Gate-level simulation of many copies of a design side by side, one in each bit of a word.

   generated.h holds a function for each kind of cell; see hawx_hw/netlist/cells.py. */
#include <stdint.h>
#include <string.h>

#if WORDS == 1
typedef uint64_t word;
static inline int64_t count(word w) { return __builtin_popcountll(w); }
static inline int any(word w) { return w != 0; }
#else
typedef uint64_t word __attribute__((vector_size(8 * WORDS)));
static inline int64_t count(word w) {
  int64_t n = 0;
  for (int i = 0; i < WORDS; i++) n += __builtin_popcountll(w[i]);
  return n;
}
static inline int any(word w) {
  uint64_t all = 0;
  for (int i = 0; i < WORDS; i++) all |= w[i];
  return all != 0;
}
#endif

/* Cells of one kind that depend on none of each other; pins by cell, as the kind orders them. */
struct batch {
  int64_t kind, cells;
  const int32_t *pins;
};

/* A memory macro. Of a single-port memory both addresses are the same nets. Contents by address,
   then bit: a byte where all lanes hold the same, else a word. */
struct macro {
  int64_t width, depth, address_bits, single_port;
  const int32_t *read_enable, *read_address, *read_data;
  const int32_t *write_enable, *write_address, *write_data;
  const uint8_t *rom;
  word *ram, *data;
  int64_t reads, writes;
};

struct state {
  word *values;
  int64_t *toggles, *ones;
  const word *mask;
  word *next; /* of all flip-flops, one after another */
  int64_t flop_batches, gate_batches, macros, inputs;
  const struct batch *flops, *gates;
  struct macro *macro;
  const int32_t *input; /* nets of all inputs but the clock */
  struct timed *timed;  /* null where no step is timed */
};

static inline void change(word *restrict values, int64_t *restrict toggles, word mask,
                          int32_t net, word new) {
  toggles[net] += count((values[net] ^ new) & mask);
  values[net] = new;
}

static inline void put(word *restrict values, int64_t *restrict toggles, int64_t *restrict ones,
                       word mask, int32_t net, word new) {
  change(values, toggles, mask, net, new);
  ones[net] += count(new & mask);
}

#include "generated.h"
#include "timed.h"

static void settle(struct state *s) {
  for (int64_t i = 0; i < s->gate_batches; i++)
    gates[s->gates[i].kind](s, s->gates[i].pins, s->gates[i].cells);
}

static word same_address(const struct state *s, const int32_t *address, int64_t bits, word of,
                         int64_t *number) {
  int lane = 0, part = 0;
#if WORDS > 1
  while (!of[part]) part++;
  lane = __builtin_ctzll(of[part]);
#else
  lane = __builtin_ctzll(of);
#endif
  *number = 0;
  for (int64_t bit = 0; bit < bits; bit++) {
    word value = s->values[address[bit]];
#if WORDS > 1
    uint64_t one = value[part] >> lane & 1;
#else
    uint64_t one = value >> lane & 1;
#endif
    *number |= (int64_t)one << bit;
    of &= one ? value : ~value;
  }
  return of;
}

/* The word that each lane reads goes to m->data; lanes that read none keep theirs. */
static void read_macro(const struct state *s, struct macro *m) {
  word open = s->values[*m->read_enable] & *s->mask;
  if (m->single_port) open &= ~s->values[*m->write_enable];
  m->reads += count(open);
  while (any(open)) {
    int64_t number;
    word lanes = same_address(s, m->read_address, m->address_bits, open, &number);
    for (int64_t bit = 0; bit < m->width; bit++) {
      word value = m->data[bit] ^ m->data[bit];
      if (number < m->depth)
        value = m->rom ? value - m->rom[number * m->width + bit] : m->ram[number * m->width + bit];
      m->data[bit] = (m->data[bit] & ~lanes) | (value & lanes);
    }
    open &= ~lanes;
  }
}

static void write_macro(const struct state *s, struct macro *m) {
  word open = s->values[*m->write_enable] & *s->mask;
  if (m->single_port) open &= s->values[*m->read_enable];
  m->writes += count(open);
  while (any(open)) {
    int64_t number;
    word lanes = same_address(s, m->write_address, m->address_bits, open, &number);
    if (number < m->depth)
      for (int64_t bit = 0; bit < m->width; bit++) {
        word *cell = &m->ram[number * m->width + bit];
        *cell = (*cell & ~lanes) | (s->values[m->write_data[bit]] & lanes);
      }
    open &= ~lanes;
  }
}

static void show_states(struct state *s) {
  int64_t first = 0;
  for (int64_t i = 0; i < s->flop_batches; i++) {
    outputs[s->flops[i].kind](s, s->flops[i].pins, s->flops[i].cells, s->next + first);
    first += s->flops[i].cells;
  }
  for (int64_t i = 0; i < s->macros; i++)
    for (int64_t bit = 0; bit < s->macro[i].width; bit++)
      put(s->values, s->toggles, s->ones, *s->mask, s->macro[i].read_data[bit],
          s->macro[i].data[bit]);
}

/* The state before the first edge: flip-flops are 0, inputs as they stand in values. */
void hawx_start(struct state *s) {
  show_states(s);
  settle(s);
  if (s->timed) start_timed(s);
}

/* A rising edge of the clock, then new inputs (a word for each net), then everything settles: with
   delays where there is a record to count in, >= 0. */
void hawx_step(struct state *s, int64_t inputs, const int32_t *nets, const word *words,
               int64_t record) {
  int64_t first = 0;
  for (int64_t i = 0; i < s->flop_batches; i++) {
    states[s->flops[i].kind](s, s->flops[i].pins, s->flops[i].cells, s->next + first);
    first += s->flops[i].cells;
  }
  for (int64_t i = 0; i < s->macros; i++) {
    /* What is read in the cycle of its writing is the old word. */
    read_macro(s, &s->macro[i]);
    if (s->macro[i].ram) write_macro(s, &s->macro[i]);
  }
  if (record >= 0) {
    step_timed(s, inputs, nets, words, record);
    return;
  }
  show_states(s);
  for (int64_t i = 0; i < inputs; i++)
    change(s->values, s->toggles, *s->mask, nets[i], words[i]);
  settle(s);
  /* Those that were not given anew, too. */
  for (int64_t i = 0; i < s->inputs; i++)
    s->ones[s->input[i]] += count(s->values[s->input[i]] & *s->mask);
}

/* Steps with known inputs: words by step, then net; likewise what is seen on some nets. */
void hawx_steps(struct state *s, int64_t steps, int64_t inputs, const int32_t *nets,
                const word *words, int64_t watched, const int32_t *seen, word *observed,
                int64_t record) {
  for (int64_t t = 0; t < steps; t++) {
    hawx_step(s, inputs, nets, words + t * inputs, record);
    for (int64_t i = 0; i < watched; i++) observed[t * watched + i] = s->values[seen[i]];
  }
}
