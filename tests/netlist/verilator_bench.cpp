// Clocks the module `bench`: a word of inputs after each rising edge, a word of outputs when all is settled.
#include <cstdint>
#include <cstdio>
#include <vector>

#include "Vbench.h"
#include "verilated.h"

namespace {
template <typename Wide>
constexpr std::size_t words(const Wide&) {
    return sizeof(Wide) / sizeof(std::uint32_t);
}
}  // namespace

int main(int argc, char** argv) {
    VerilatedContext context;
    context.commandArgs(argc, argv);
    Vbench bench{&context};
    std::FILE* given = std::fopen(argv[1], "rb");
    std::FILE* seen = std::fopen(argv[2], "wb");
    if (!given || !seen) return 1;
    const std::size_t count = words(bench.given);
    std::vector<std::uint32_t> word(count, 0);
    for (std::size_t i = 0; i < count; i++) bench.given[i] = 0;
    bench.clk = 0;
    bench.eval();
    while (std::fread(word.data(), sizeof(std::uint32_t), count, given) == count) {
        bench.clk = 1;
        bench.eval();
        for (std::size_t i = 0; i < count; i++) bench.given[i] = word[i];
        bench.eval();
        bench.clk = 0;
        bench.eval();
        for (std::size_t i = 0; i < words(bench.seen); i++) {
            const std::uint32_t value = bench.seen[i];
            std::fwrite(&value, sizeof value, 1, seen);
        }
    }
    std::fclose(given);
    return std::fclose(seen);
}
