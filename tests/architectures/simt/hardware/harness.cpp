// Runs programs on a unit, one after the other, and writes down what it does.
//
// Reads "programs.bin" and writes "runs.bin", both of 32-bit words; run.py has their formats.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "Vunit.h"
#include "shape.h"
#include "verilated.h"
#include "verilated_vpi.h"

using Words = std::vector<std::uint32_t>;

namespace {

constexpr std::uint32_t NEVER = ~0u;

Words given, done;
std::size_t place = 0;

std::uint32_t next() { return given.at(place++); }

// Ports of up to 64 bits are numbers, others arrays.
template <class Port>
void put(Port& port, const std::uint32_t* words, int count) {
  std::uint64_t value = words[0];
  if (count > 1) value |= std::uint64_t(words[1]) << 32;
  port = Port(value);
}
template <std::size_t N>
void put(VlWide<N>& port, const std::uint32_t* words, int count) {
  for (std::size_t n = 0; n < N; ++n) port[n] = int(n) < count ? words[n] : 0;
}
template <class Port>
void get(const Port& port, std::uint32_t* words, int count) {
  words[0] = std::uint32_t(port);
  if (count > 1) words[1] = std::uint32_t(std::uint64_t(port) >> 32);
}
template <std::size_t N>
void get(const VlWide<N>& port, std::uint32_t* words, int count) {
  for (int n = 0; n < count; ++n) words[n] = port[n];
}

vpiHandle handle_of(const std::string& name) {
  return vpi_handle_by_name(const_cast<PLI_BYTE8*>(name.c_str()), nullptr);
}

// A signal or a word of a memory inside of the design.
class Inside {
 public:
  explicit Inside(const std::string& name) { find(handle_of(name), name); }
  Inside(vpiHandle memory, int index, const std::string& name) {
    find(vpi_handle_by_index(memory, index), name);
  }
  void read(Words& out) const {
    s_vpi_value value;
    value.format = vpiVectorVal;
    vpi_get_value(handle_, &value);
    for (int n = 0; n < words_; ++n) out.push_back(value.value.vector[n].aval);
  }
  std::uint32_t number() const {
    Words out;
    read(out);
    return out[0];
  }
  void write(const std::uint32_t* words) const {
    std::vector<t_vpi_vecval> vector(words_);
    for (int n = 0; n < words_; ++n) vector[n] = {words ? words[n] : 0, 0};
    s_vpi_value value;
    value.format = vpiVectorVal;
    value.value.vector = vector.data();
    vpi_put_value(handle_, &value, nullptr, vpiNoDelay);
  }
  int words() const { return words_; }

 private:
  void find(vpiHandle handle, const std::string& name) {
    if (!handle) {
      std::fprintf(stderr, "There is no signal %s\n", name.c_str());
      std::exit(1);
    }
    handle_ = handle;
    words_ = (vpi_get(vpiSize, handle) + 31) / 32;
  }
  vpiHandle handle_;
  int words_;
};

std::vector<Inside> memory(const std::string& path, int depth) {
  const std::string name = path + ".macro.words";
  vpiHandle handle = handle_of(name);
  std::vector<Inside> words;
  for (int n = 0; n < depth; ++n) {
    if (!handle) Inside missing(name);
    words.emplace_back(handle, n, name);
  }
  return words;
}

class Unit {
 public:
  Unit(VerilatedContext* context) : dut_(context) {
    for (int warp = 0; warp < WARPS; ++warp) {
      const std::string w = std::to_string(warp);
      pcs_.emplace_back(FRONT_END + "own_pc_" + w);
      scalars_.push_back(memory(SCALARS_OF + w, 16));
      registers_.push_back(memory(REGISTERS_OF + w, REGISTERS));
      for (int number = 1; number < 4; ++number)
        predicates_.emplace_back(PREDICATES + "p" + std::to_string(number) + "_of_" + w);
    }
    retired_.emplace_back(FRONT_END + "retired");
    activations_ = memory(ACTIVATIONS, ACTIVATION_WORDS);
    // Ports are random too.
    dut_.start = dut_.result_free = dut_.watchdog = dut_.parameter___05Fvalid = 0;
    dut_.image___05Fvalid = 0;
    dut_.rst = 1;
    tick();
    tick();
    dut_.rst = 0;
  }

  void run() {
    load();
    clear();
    const std::uint32_t free = next(), watchdog = next(), limit = next(), idle = next();
    Words result(RESULT_WORDS * WORD_WORDS, 0);
    dut_.start = 1;
    tick();
    dut_.start = 0;
    std::uint32_t cycle = 0, finished = NEVER, released = NEVER;
    Words trap, ended, layers;
    for (; cycle < limit; ++cycle) {
      dut_.result_free = cycle >= free;
      dut_.watchdog = watchdog && cycle == watchdog;
      dut_.eval();
      if (!dut_.busy) break;
      if (dut_.done) finished = cycle;
      if (dut_.input_release && released == NEVER) released = cycle;
      if (dut_.layer_done) layers.insert(layers.end(), {cycle, std::uint32_t(dut_.layer)});
      if (dut_.trap___05Fvalid)
        trap = {dut_.trap___05Fcause, dut_.trap___05Fsource, dut_.trap___05Faddress,
                dut_.trap___05Fvalue, cycle - 1};
      if (dut_.result___05Fvalid) {
        const std::uint32_t address = dut_.result___05Faddress;
        if (address >= RESULT_WORDS) std::exit(2);
        get(dut_.result___05Fdata, &result[address * WORD_WORDS], WORD_WORDS);
      }
      const std::uint32_t retired = retired_[0].number();
      tick();
      for (int warp = 0; warp < WARPS; ++warp)
        if (retired >> warp & 1)
          ended.insert(ended.end(), {cycle, std::uint32_t(warp), pcs_[warp].number()});
    }
    const std::uint32_t trapped = trap.empty() ? 0 : 1;
    trap.resize(5);
    done.insert(done.end(), {cycle, finished, released, trapped});
    append(trap);
    done.push_back(ended.size() / 3);
    append(ended);
    done.push_back(layers.size() / 2);
    append(layers);
    for (const Inside& word : activations_) word.read(done);
    append(result);
    for (const auto& warp : scalars_)
      for (const Inside& word : warp) word.read(done);
    for (const Inside& lanes : predicates_) lanes.read(done);
    for (const auto& warp : registers_)
      for (const Inside& word : warp) word.read(done);
    if (cycle >= limit) {  // it hangs: begin anew
      dut_.rst = 1;
      tick();
      dut_.rst = 0;
    }
    for (std::uint32_t n = 0; n < idle; ++n) tick();
  }

  void end() { dut_.final(); }

 private:
  void tick() {
    dut_.clk = 1;
    dut_.eval();
    dut_.clk = 0;
    dut_.eval();
  }
  void append(const Words& words) { done.insert(done.end(), words.begin(), words.end()); }

  void load() {
    const std::uint32_t count = next();
    for (std::uint32_t n = 0; n < count; ++n) {
      dut_.parameter___05Fvalid = 1;
      dut_.parameter___05Fmemory = next();
      dut_.parameter___05Faddress = next();
      put(dut_.parameter___05Fdata, &given.at(place), PARAMETER_WORDS);
      place += PARAMETER_WORDS;
      tick();
    }
    dut_.parameter___05Fvalid = 0;
    for (const Inside& word : activations_) {
      word.write(&given.at(place));
      place += WORD_WORDS;
    }
  }

  void clear() {
    for (const auto& warp : scalars_)
      for (const Inside& word : warp) word.write(nullptr);
    for (const Inside& lanes : predicates_) lanes.write(nullptr);
    for (const auto& warp : registers_)
      for (const Inside& word : warp) word.write(nullptr);
  }

  Vunit dut_;
  std::vector<Inside> pcs_, retired_, predicates_, activations_;
  std::vector<std::vector<Inside>> scalars_, registers_;
};

}  // namespace

int main(int count, char** arguments) {
  VerilatedContext context;
  context.commandArgs(count, arguments);
  std::FILE* file = std::fopen("programs.bin", "rb");
  if (!file) return 1;
  std::uint32_t buffer[4096];
  for (std::size_t got; (got = std::fread(buffer, 4, 4096, file)) > 0;)
    given.insert(given.end(), buffer, buffer + got);
  std::fclose(file);
  Unit unit(&context);
  const std::uint32_t programs = next();
  for (std::uint32_t n = 0; n < programs; ++n) unit.run();
  unit.end();
  file = std::fopen("runs.bin", "wb");
  if (!file || std::fwrite(done.data(), 4, done.size(), file) != done.size()) return 1;
  return std::fclose(file) ? 1 : 0;
}
