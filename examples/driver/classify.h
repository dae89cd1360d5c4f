/* The example's program, for any bus. */
#ifndef CLASSIFY_H
#define CLASSIFY_H

#include <stdio.h>

#include "hawx_driver.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Classify all images of a file of 8-bit pixels, and print class, cycles and logits of each.
   `parameters` is mem/parameters.bin, or NULL where they are built in. Returns an outcome. */
int classify(const struct hawx_bus *bus, FILE *images, FILE *parameters);

#ifdef __cplusplus
}
#endif

#endif /* CLASSIFY_H */
