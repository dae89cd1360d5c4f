/* Approximate convolution, and what surrounds it, for one instruction set: see look_up.h.
 *
 * Nothing here allocates; scratch memory comes from the caller, as many bytes as hawx_scratch says.
 */
#include "look_up.h"
#include "multiply.h"
#include "nodes.h"
#include "rows.h"

int64_t hawx_lanes(void) { return LANES; }
