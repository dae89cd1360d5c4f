#include "classify.h"

#include <string.h>

/* Waits until an operation has timed out; a wait of the simulation is up to 1,000 cycles. */
#define PATIENCE 100000u

static uint8_t parameter_packet[HAWX_PARAMETER_BYTES_VALUE + 1];

static int load(struct hawx *device, FILE *file) {
  size_t bytes = file ? fread(parameter_packet, 1, sizeof parameter_packet, file) : 0;
  return bytes ? hawx_load(device, parameter_packet, bytes) : HAWX_OK;
}

static int print_result(struct hawx *device, size_t number, const int8_t *result) {
  uint32_t cycles;
  int outcome = hawx_cycles(device, &cycles);
  printf("image %zu: class %zu, %lu cycles, logits", number,
         hawx_class(result, HAWX_RESULT_BYTES_VALUE), (unsigned long)cycles);
  for (size_t i = 0; i < HAWX_RESULT_BYTES_VALUE; i++) {
    printf(" %d", result[i]);
  }
  printf("\n");
  return outcome;
}

int classify(const struct hawx_bus *bus, FILE *images, FILE *parameters) {
  struct hawx device;
  uint8_t pixels[HAWX_IMAGE_BYTES_VALUE];
  int8_t image[HAWX_IMAGE_BYTES_VALUE];
  int8_t result[HAWX_RESULT_BYTES_VALUE];
  int outcome = hawx_open(&device, bus, PATIENCE);
  if (outcome == HAWX_OK) {
    outcome = load(&device, parameters);
  }
  for (size_t number = 0; outcome == HAWX_OK; number++) {
    if (fread(pixels, 1, sizeof pixels, images) < sizeof pixels) {
      break;
    }
    hawx_encode(pixels, image);
    outcome = hawx_infer(&device, image, result);
    if (outcome == HAWX_OK) {
      outcome = print_result(&device, number, result);
    }
  }
  if (outcome != HAWX_OK) {
    fprintf(stderr, "hawx: %s (ERROR %#lx)\n", hawx_text(outcome), (unsigned long)device.errors);
  }
  return outcome;
}
