/* Approximate convolution and the other nodes for one instruction set: see look_up.h.
 *
 * No function allocates memory; the caller passes scratch memory of hawx_scratch bytes.
 */
#include "entries.h"
#include "look_up.h"
#include "multiply.h"
#include "nodes.h"

int64_t hawx_elements(void) { return ELEMENTS; }
