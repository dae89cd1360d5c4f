/* What this CPU can run: bit 0, AVX2 and FMA; bit 1, AVX-512 with byte and word lanes. */
#include <stdint.h>

int64_t hawx_features(void)
{
    int64_t found = 0;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        found |= 1;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        found |= 2;
#endif
    return found;
}
