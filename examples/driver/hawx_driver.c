#include "hawx_driver.h"

#include "hawx_pixels.h"

_Static_assert(HAWX_INPUT_CHANNELS * HAWX_INPUT_HEIGHT * HAWX_INPUT_WIDTH == HAWX_IMAGE_BYTES_VALUE,
               "hawx_pixels.h and hawx_registers.h are of different accelerators");

#define TRY(operation)                   \
  do {                                   \
    int outcome_ = (operation);          \
    if (outcome_ != HAWX_OK) {           \
      return outcome_;                   \
    }                                    \
  } while (0)

/* All bits of a register whose bits are cleared by ones. */
#define ALL 0xffffffffu

static int read_register(struct hawx *device, uint32_t address, uint32_t *value) {
  const struct hawx_bus *bus = device->bus;
  return bus->read(bus->context, address, value) ? HAWX_BUS_FAILED : HAWX_OK;
}

static int write_register(struct hawx *device, uint32_t address, uint32_t value) {
  const struct hawx_bus *bus = device->bus;
  return bus->write(bus->context, address, value) ? HAWX_BUS_FAILED : HAWX_OK;
}

static int send_packet(struct hawx *device, const uint8_t *packet, size_t bytes) {
  const struct hawx_bus *bus = device->bus;
  return bus->send(bus->context, packet, bytes) ? HAWX_BUS_FAILED : HAWX_OK;
}

static int receive_packet(struct hawx *device, uint8_t *packet, size_t room, size_t *received) {
  const struct hawx_bus *bus = device->bus;
  return bus->receive(bus->context, packet, room, received) ? HAWX_BUS_FAILED : HAWX_OK;
}

static int wait_a_little(struct hawx *device) {
  const struct hawx_bus *bus = device->bus;
  return bus->wait(bus->context) ? HAWX_BUS_FAILED : HAWX_OK;
}

/* What went wrong, by the bits of ERROR; the first of these counts. */
static int failure(struct hawx *device) {
  TRY(read_register(device, HAWX_ERROR, &device->errors));
#ifdef HAWX_TRAP
  if (device->errors & HAWX_ERROR_CORE_TRAP_MASK) {
    TRY(read_register(device, HAWX_TRAP, &device->trap[0]));
    TRY(read_register(device, HAWX_TRAP_PC, &device->trap[1]));
    TRY(read_register(device, HAWX_TRAP_VALUE, &device->trap[2]));
    return HAWX_TRAPPED;
  }
#endif
  if (device->errors & HAWX_ERROR_START_WITHOUT_PARAMETERS_MASK) {
    return HAWX_NOT_LOADED;
  }
  if (device->errors & (HAWX_ERROR_IMAGE_TRUNCATED_MASK | HAWX_ERROR_IMAGE_OVERLONG_MASK)) {
    return HAWX_IMAGE_DROPPED;
  }
  if (device->errors &
      (HAWX_ERROR_PARAMETERS_TRUNCATED_MASK | HAWX_ERROR_PARAMETERS_OVERLONG_MASK)) {
    return HAWX_PARAMETERS_DROPPED;
  }
  return HAWX_OUT_OF_STEP;
}

/* Wait for a bit of STATUS, or for an error. */
static int await(struct hawx *device, uint32_t bit) {
  for (uint32_t waits = 0;; waits++) {
    uint32_t status;
    /* Cleared before STATUS is read: an end that comes after that raises the interrupt again, so
       that none is missed between the two. */
    TRY(write_register(device, HAWX_STATUS, HAWX_STATUS_DONE_MASK));
    TRY(read_register(device, HAWX_STATUS, &status));
    if (status & bit) {
      return HAWX_OK;
    }
    if (status & HAWX_STATUS_ERROR_MASK) {
      return failure(device);
    }
    if (waits == device->patience) {
      return HAWX_TIMED_OUT;
    }
    TRY(wait_a_little(device));
  }
}

int hawx_open(struct hawx *device, const struct hawx_bus *bus, uint32_t patience) {
  static const uint32_t constants[][2] = {
      {HAWX_VERSION, HAWX_VERSION_VALUE},
      {HAWX_CONFIG_HASH, HAWX_CONFIG_HASH_VALUE},
      {HAWX_IMAGE_BYTES, HAWX_IMAGE_BYTES_VALUE},
      {HAWX_RESULT_BYTES, HAWX_RESULT_BYTES_VALUE},
      {HAWX_PARAMETER_BYTES, HAWX_PARAMETER_BYTES_VALUE},
  };
  uint32_t value;
  *device = (struct hawx){.bus = bus, .patience = patience};
  TRY(read_register(device, HAWX_ID, &value));
  if (value != HAWX_ID_VALUE) {
    return HAWX_NO_ACCELERATOR;
  }
  for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
    TRY(read_register(device, constants[i][0], &value));
    if (value != constants[i][1]) {
      return HAWX_OTHER_BUILD;
    }
  }
  TRY(write_register(device, HAWX_IRQ_ENABLE,
                     HAWX_IRQ_ENABLE_DONE_MASK | HAWX_IRQ_ENABLE_ERROR_MASK));
  return hawx_reset(device);
}

/* Let what runs end, and take results that nobody collected. */
static int become_idle(struct hawx *device) {
  const uint32_t busy =
      HAWX_STATUS_BUSY_MASK | HAWX_STATUS_IMAGE_READY_MASK | HAWX_STATUS_RESULT_PENDING_MASK;
  for (uint32_t waits = 0; waits <= device->patience; waits++) {
    uint32_t status;
    size_t received;
    uint8_t byte;
    TRY(read_register(device, HAWX_STATUS, &status));
    if (!(status & busy)) {
      return HAWX_OK;
    }
    if (status & HAWX_STATUS_RESULT_PENDING_MASK) {
      TRY(receive_packet(device, &byte, 1, &received));
    } else {
      TRY(wait_a_little(device));
    }
  }
  return HAWX_TIMED_OUT;
}

int hawx_reset(struct hawx *device) {
  /* Not AUTO: an image that waits is not to start. Twice: the end of a packet that was interrupted
     may come between the two. */
  for (int turn = 0; turn < 2; turn++) {
    TRY(write_register(device, HAWX_CONTROL, HAWX_CONTROL_FLUSH_MASK));
    TRY(become_idle(device));
  }
  TRY(write_register(device, HAWX_ERROR, ALL));
  TRY(write_register(device, HAWX_STATUS, ALL));
  device->errors = 0;
  return write_register(device, HAWX_CONTROL, HAWX_CONTROL_AUTO_MASK);
}

int hawx_load(struct hawx *device, const uint8_t *packet, size_t bytes) {
  if (bytes != HAWX_PARAMETER_BYTES_VALUE || bytes == 0) {
    return HAWX_WRONG_SIZE;
  }
  TRY(write_register(device, HAWX_CONTROL,
                     HAWX_CONTROL_AUTO_MASK | HAWX_CONTROL_LOAD_PARAMETERS_MASK));
  TRY(send_packet(device, packet, bytes));
  return await(device, HAWX_STATUS_PARAMETERS_LOADED_MASK);
}

void hawx_encode(const uint8_t *pixels, int8_t *image) {
  for (size_t i = 0; i < HAWX_IMAGE_BYTES_VALUE; i++) {
    image[i] = hawx_pixel_codes[i % HAWX_INPUT_CHANNELS][pixels[i]];
  }
}

int hawx_submit(struct hawx *device, const int8_t *image) {
  return send_packet(device, (const uint8_t *)image, HAWX_IMAGE_BYTES_VALUE);
}

int hawx_collect(struct hawx *device, int8_t *result) {
  size_t received;
  TRY(await(device, HAWX_STATUS_RESULT_PENDING_MASK));
  TRY(receive_packet(device, (uint8_t *)result, HAWX_RESULT_BYTES_VALUE, &received));
  return received == HAWX_RESULT_BYTES_VALUE ? HAWX_OK : HAWX_WRONG_SIZE;
}

int hawx_infer(struct hawx *device, const int8_t *image, int8_t *result) {
  TRY(hawx_submit(device, image));
  return hawx_collect(device, result);
}

int hawx_cycles(struct hawx *device, uint32_t *cycles) {
  return read_register(device, HAWX_CYCLES, cycles);
}

size_t hawx_class(const int8_t *result, size_t classes) {
  size_t best = 0;
  for (size_t i = 1; i < classes; i++) {
    if (result[i] > result[best]) {
      best = i;
    }
  }
  return best;
}

const char *hawx_text(int outcome) {
  static const char *const texts[] = {
      [HAWX_OK] = "done",
      [HAWX_NO_ACCELERATOR] = "no accelerator at this address",
      [HAWX_OTHER_BUILD] = "the headers are of another build than the accelerator",
      [HAWX_BUS_FAILED] = "the bus failed",
      [HAWX_TIMED_OUT] = "no result in time",
      [HAWX_WRONG_SIZE] = "a packet of another size",
      [HAWX_NOT_LOADED] = "the parameters are not loaded",
      [HAWX_IMAGE_DROPPED] = "an image packet of another size was dropped",
      [HAWX_PARAMETERS_DROPPED] = "a parameter packet of another size was dropped",
      [HAWX_TRAPPED] = "the unit trapped and gave the image up",
      [HAWX_OUT_OF_STEP] = "start while busy",
  };
  if (outcome < 0 || (size_t)outcome >= sizeof texts / sizeof texts[0]) {
    return "unknown outcome";
  }
  return texts[outcome];
}
