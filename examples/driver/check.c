#include "check.h"

#include <stdio.h>
#include <string.h>

#define PATIENCE 100000u

static int failed;

static void expect(const char *what, int outcome, int expected) {
  if (outcome == expected) {
    printf("right: %s: %s\n", what, hawx_text(outcome));
  } else {
    printf("wrong: %s: %s, not: %s\n", what, hawx_text(outcome), hawx_text(expected));
    failed++;
  }
}

/* Without parameters no image is computed, and a packet that ends early loads none. */
static void check_parameters(struct hawx *device, const int8_t *image, const uint8_t *parameters,
                             void (*shorten)(void *context)) {
  int8_t result[HAWX_RESULT_BYTES_VALUE];
  expect("image before parameters", hawx_infer(device, image, result), HAWX_NOT_LOADED);
  expect("reset", hawx_reset(device), HAWX_OK);
  shorten(device->bus->context);
  expect("short parameters", hawx_load(device, parameters, HAWX_PARAMETER_BYTES_VALUE),
         HAWX_PARAMETERS_DROPPED);
  expect("reset", hawx_reset(device), HAWX_OK);
  expect("parameters of another size", hawx_load(device, parameters, 1), HAWX_WRONG_SIZE);
  expect("parameters", hawx_load(device, parameters, HAWX_PARAMETER_BYTES_VALUE), HAWX_OK);
}

static void check_images(struct hawx *device, const int8_t *image,
                         void (*shorten)(void *context)) {
  int8_t first[HAWX_RESULT_BYTES_VALUE], result[HAWX_RESULT_BYTES_VALUE];
  expect("image", hawx_infer(device, image, first), HAWX_OK);
  shorten(device->bus->context);
  expect("short image", hawx_infer(device, image, result), HAWX_IMAGE_DROPPED);
  expect("reset", hawx_reset(device), HAWX_OK);
  for (int i = 0; i < 2; i++) {
    expect("image on its way", hawx_submit(device, image), HAWX_OK);
  }
  expect("reset with images on their way", hawx_reset(device), HAWX_OK);
  device->patience = 0;
  expect("no patience", hawx_infer(device, image, result), HAWX_TIMED_OUT);
  device->patience = PATIENCE;
  expect("collect it later", hawx_collect(device, result), HAWX_OK);
  for (int i = 0; i < 2; i++) {
    expect("image back to back", hawx_submit(device, image), HAWX_OK);
  }
  for (int i = 0; i < 2; i++) {
    memset(result, 0, sizeof result);
    expect("result", hawx_collect(device, result), HAWX_OK);
    expect("equal", memcmp(first, result, sizeof result) ? HAWX_WRONG_SIZE : HAWX_OK, HAWX_OK);
  }
}

#ifdef HAWX_WATCHDOG
/* A unit that takes longer than it may traps; the image after it is right. */
static void check_trap(struct hawx *device, const int8_t *image) {
  const struct hawx_bus *bus = device->bus;
  int8_t result[HAWX_RESULT_BYTES_VALUE];
  bus->write(bus->context, HAWX_WATCHDOG, 10);
  expect("image with a watchdog of 10 cycles", hawx_infer(device, image, result), HAWX_TRAPPED);
  expect("trap is reported", device->trap[0] & HAWX_TRAP_VALID_MASK ? HAWX_OK : HAWX_BUS_FAILED,
         HAWX_OK);
  bus->write(bus->context, HAWX_WATCHDOG, 0);
  expect("reset", hawx_reset(device), HAWX_OK);
}
#endif

int check(const struct hawx_bus *bus, const int8_t *image, const uint8_t *parameters,
          void (*shorten)(void *context)) {
  struct hawx device;
  failed = 0;
  expect("open", hawx_open(&device, bus, PATIENCE), HAWX_OK);
  if (parameters != NULL) {
    check_parameters(&device, image, parameters, shorten);
  } else {
    expect("parameters that are built in", hawx_load(&device, (const uint8_t *)image, 1),
           HAWX_WRONG_SIZE);
  }
#ifdef HAWX_WATCHDOG
  check_trap(&device, image);
#endif
  check_images(&device, image, shorten);
  return failed;
}
