/* Instruction sets of this CPU: bit 0, AVX2 and FMA; bit 1, AVX-512 with byte and word elements. */
#include <stdint.h>

int64_t hawx_features(void)
{
    int64_t features = 0;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        features |= 1;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        features |= 2;
#endif
    return features;
}
