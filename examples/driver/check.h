/* Whether the driver recovers from errors, on any bus: for a simulation, and for a new board. */
#ifndef CHECK_H
#define CHECK_H

#include "hawx_driver.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Provoke errors, recover from each, and compare the result of the image with that before.
   `parameters` is the packet, or NULL where they are built in; `shorten` makes the next packet
   that `bus` sends end a byte early. Returns the number of checks that failed. */
int check(const struct hawx_bus *bus, const int8_t *image, const uint8_t *parameters,
          void (*shorten)(void *context));

#ifdef __cplusplus
}
#endif

#endif /* CHECK_H */
