/* Gates that take time: within a clock cycle, changes spread tick by tick.

   Such a cycle begins and ends with the values of a settled one; it may stand anywhere among these.
   The counters of struct state get what a settled cycle adds. A record gets the same, and beside it
   the toggles with their pulses.

   A driver is one output of one cell. Between its present value and the one that it is bound for
   lie pending changes, a word for each tick in which some lane changes; as there are two values
   only, pending changes of a lane are flips. Those of a driver stand in a ring of delay + 1 nodes,
   those of all drivers that fall into the same tick are chained. */

struct timed {
  int64_t gates, drivers, nodes, nets, moments, inertial; /* moments: power of two above delays */
  const int32_t *function, *output, *delay;       /* by driver: gates first, then flip-flops */
  const int32_t *pins, *source, *net; /* where a gate's pins start; a flop's state; pins' nets */
  const int32_t *ring;                /* a driver's first node */
  const int32_t *fan_start, *fan;                 /* the gates that a net leads to */
  const int32_t *driver;                          /* by node */
  word *target, *flips;
  int32_t *following, *head, *marked;
  uint8_t *is_marked;
  word *before;                        /* values when the cycle begins */
  int64_t *toggles, *settled, *ones;   /* by record, then net */
};

static inline void spread(struct timed *t, int32_t net, int64_t *marked) {
  for (int32_t i = t->fan_start[net]; i < t->fan_start[net + 1]; i++) {
    int32_t gate = t->fan[i];
    if (t->is_marked[gate]) continue;
    t->is_marked[gate] = 1;
    t->marked[(*marked)++] = gate;
  }
}

static void start_timed(struct state *s) {
  for (int64_t i = 0; i < s->timed->moments; i++) s->timed->head[i] = -1;
}

static void begin_timed(const struct state *s) {
  struct timed *t = s->timed;
  memcpy(t->before, s->values, (size_t)t->nets * sizeof(word));
  for (int64_t i = 0; i < t->drivers; i++) t->target[i] = s->values[t->output[i]];
}

static void end_timed(struct state *s, int64_t *settled, int64_t *ones) {
  const word *before = s->timed->before;
  word mask = *s->mask;
  for (int64_t i = 0; i < s->timed->nets; i++) {
    int64_t changed = count((s->values[i] ^ before[i]) & mask), one = count(s->values[i] & mask);
    s->toggles[i] += changed;
    settled[i] += changed;
    s->ones[i] += one;
    ones[i] += one;
  }
}

/* A driver is bound for a new value, from tick on; returns how many nodes that adds. */
static int64_t bind(const struct state *s, int32_t driver, word new, int64_t tick) {
  struct timed *t = s->timed;
  word flips = new ^ t->target[driver];
  if (!any(flips)) return 0;
  int32_t delay = t->delay[driver], first = t->ring[driver];
  if (t->inertial) {
    /* A lane that returns before its change came out: the pulse is swallowed. */
    word back = flips & (t->target[driver] ^ s->values[t->output[driver]]);
    if (any(back)) {
      for (int32_t i = 0; i <= delay; i++) t->flips[first + i] &= ~back;
      flips &= ~back;
    }
  }
  t->target[driver] = new;
  if (!any(flips)) return 0;
  int64_t at = tick + delay;
  int32_t node = first + (int32_t)(at % (delay + 1)), *head = &t->head[at & (t->moments - 1)];
  t->flips[node] = flips;
  t->following[node] = *head;
  *head = node;
  return 1;
}

static void step_timed(struct state *s, int64_t inputs, const int32_t *nets, const word *words,
                       int64_t record) {
  struct timed *t = s->timed;
  int64_t *toggles = t->toggles + record * t->nets;
  begin_timed(s);
  word mask = *s->mask;
  int64_t marked = 0, pending = 0;
  /* Inputs and what memories give change with the clock's edge. */
  for (int64_t i = 0; i < inputs; i++) {
    if (any(s->values[nets[i]] ^ words[i])) spread(t, nets[i], &marked);
    change(s->values, toggles, mask, nets[i], words[i]);
  }
  for (int64_t i = 0; i < s->macros; i++)
    for (int64_t bit = 0; bit < s->macro[i].width; bit++) {
      int32_t net = s->macro[i].read_data[bit];
      if (any(s->values[net] ^ s->macro[i].data[bit])) spread(t, net, &marked);
      change(s->values, toggles, mask, net, s->macro[i].data[bit]);
    }
  for (int64_t i = t->gates; i < t->drivers; i++)
    pending += bind(s, (int32_t)i, evaluate_state(t->function[i], s->next[t->source[i]]), 0);
  for (int64_t tick = 0;; tick++) {
    int32_t *head = &t->head[tick & (t->moments - 1)];
    for (int32_t node = *head; node >= 0; node = t->following[node]) {
      word flips = t->flips[node];
      t->flips[node] ^= flips;
      pending--;
      if (!any(flips)) continue;
      int32_t net = t->output[t->driver[node]];
      toggles[net] += count(flips & mask);
      s->values[net] ^= flips;
      spread(t, net, &marked);
    }
    *head = -1;
    for (int64_t i = 0; i < marked; i++) {
      int32_t gate = t->marked[i];
      t->is_marked[gate] = 0;
      word new = evaluate_gate(t->function[gate], s->values, t->net + t->pins[gate]);
      pending += bind(s, gate, new, tick);
    }
    marked = 0;
    if (!pending) break;
  }
  end_timed(s, t->settled + record * t->nets, t->ones + record * t->nets);
}
