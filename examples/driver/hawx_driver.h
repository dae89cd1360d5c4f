/* A driver for the accelerator, in C11 and without an operating system: needs the header that
   `hawx emit` writes, and six functions of your system (struct hawx_bus).

   One accelerator is used from one thread at a time. */
#ifndef HAWX_DRIVER_H
#define HAWX_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include "hawx_registers.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the functions below return. */
enum hawx_outcome {
  HAWX_OK = 0,
  HAWX_NO_ACCELERATOR,      /* ID reads something else: a wrong address, no clock, in reset */
  HAWX_OTHER_BUILD,         /* the header is not the one of this accelerator */
  HAWX_BUS_FAILED,          /* a function of the bus reported a failure */
  HAWX_TIMED_OUT,           /* nothing has come after `patience` waits */
  HAWX_WRONG_SIZE,          /* a packet or a result has another number of bytes */
  HAWX_NOT_LOADED,          /* an image came before the parameters; it is dropped */
  HAWX_IMAGE_DROPPED,       /* an image packet was too short or too long; it is dropped */
  HAWX_PARAMETERS_DROPPED,  /* the parameter packet was; nothing is loaded */
  HAWX_TRAPPED,             /* the SIMT unit gave the image up: see trap of struct hawx */
  HAWX_OUT_OF_STEP          /* START_WHILE_BUSY: somebody else writes to the registers */
};

/* Your system. Functions return 0, or anything else where they fail. `context` is yours. */
struct hawx_bus {
  void *context;
  /* One access to a 32-bit register on s_axil, by its byte address within the accelerator. */
  int (*read)(void *context, uint32_t address, uint32_t *value);
  int (*write)(void *context, uint32_t address, uint32_t value);
  /* Send a packet to s_axis, TLAST with its last byte; return when that has been accepted. */
  int (*send)(void *context, const uint8_t *packet, size_t bytes);
  /* Take a packet from m_axis, up to the byte with TLAST; `received` gets the number of its
     bytes, of which at most `room` are stored. */
  int (*receive)(void *context, uint8_t *packet, size_t room, size_t *received);
  /* Return when irq is high, or when some time of your choice has passed: a tick, a turn of a
     loop. A system without the interrupt waits a little, or not at all. */
  int (*wait)(void *context);
};

/* One accelerator. */
struct hawx {
  const struct hawx_bus *bus;
  uint32_t patience;   /* calls of `wait` after which an operation has timed out */
  uint32_t errors;     /* bits of the register ERROR when an operation failed */
  uint32_t trap[3];    /* TRAP, TRAP_PC and TRAP_VALUE of a SIMT unit then */
};

/* Identify the accelerator, bring it to a known state and let images start by themselves. */
int hawx_open(struct hawx *device, const struct hawx_bus *bus, uint32_t patience);

/* Drop what is on its way: packets, images, results. Clear all errors. Parameters stay. */
int hawx_reset(struct hawx *device);

/* Load the parameters, mem/parameters.bin. Only where HAWX_PARAMETER_BYTES_VALUE is not 0. */
int hawx_load(struct hawx *device, const uint8_t *packet, size_t bytes);

/* Codes of an image of 8-bit pixels in raster order, the channels of a pixel together;
   both have HAWX_IMAGE_BYTES_VALUE bytes. */
void hawx_encode(const uint8_t *pixels, int8_t *image);

/* Send an image; it starts when the one before has ended. At most two images may be on their way:
   the third is sent after hawx_collect. */
int hawx_submit(struct hawx *device, const int8_t *image);

/* Wait for the result of the oldest image: HAWX_RESULT_BYTES_VALUE codes, the logits. */
int hawx_collect(struct hawx *device, int8_t *result);

/* Both, for one image at a time. */
int hawx_infer(struct hawx *device, const int8_t *image, int8_t *result);

/* Clock cycles of the last image, start to done. */
int hawx_cycles(struct hawx *device, uint32_t *cycles);

/* The class of a result: the first of the largest codes. */
size_t hawx_class(const int8_t *result, size_t classes);

/* An outcome in words. */
const char *hawx_text(int outcome);

#ifdef __cplusplus
}
#endif

#endif /* HAWX_DRIVER_H */
