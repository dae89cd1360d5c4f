// The accelerator's Verilog, compiled by Verilator, as the bus of the driver: software can be
// tried before there is hardware.
//
//     simulation IMAGES [PARAMETERS]            classify all images of a file of 8-bit pixels
//     simulation --check IMAGES [PARAMETERS]    provoke errors, with the first image

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "Vhawx_accelerator.h"
#include "check.h"
#include "classify.h"
#include "verilated.h"

namespace {

// Cycles after which a transfer has failed, and those of a wait without an interrupt.
constexpr int TRANSFER_CYCLES = 10'000'000;
constexpr int WAIT_CYCLES = 1'000;

class Board {
 public:
  Board() : top_(&context_) {
    top_.rst = 1;
    for (int i = 0; i < 4; i++) clock();
    top_.rst = 0;
    clock();
  }

  int read(uint32_t address, uint32_t *value) {
    int response = 0;
    top_.s_axil_araddr = address;
    top_.s_axil_arvalid = 1;
    const bool asked = cycles_until([&] { return top_.s_axil_arready; });
    top_.s_axil_arvalid = 0;
    top_.s_axil_rready = 1;
    const bool answered = asked && cycles_until([&] {
      *value = top_.s_axil_rdata;
      response = top_.s_axil_rresp;
      return top_.s_axil_rvalid;
    });
    top_.s_axil_rready = 0;
    return !answered || response != 0;
  }

  int write(uint32_t address, uint32_t value) {
    bool address_accepted = false, data_accepted = false;
    int response = 0;
    top_.s_axil_awaddr = address;
    top_.s_axil_wdata = value;
    top_.s_axil_wstrb = 0xf;
    for (int i = 0; i < TRANSFER_CYCLES && !(address_accepted && data_accepted); i++) {
      top_.s_axil_awvalid = !address_accepted;
      top_.s_axil_wvalid = !data_accepted;
      settle();
      address_accepted |= top_.s_axil_awvalid && top_.s_axil_awready;
      data_accepted |= top_.s_axil_wvalid && top_.s_axil_wready;
      clock();
    }
    top_.s_axil_awvalid = top_.s_axil_wvalid = 0;
    top_.s_axil_bready = 1;
    const bool answered = cycles_until([&] {
      response = top_.s_axil_bresp;
      return top_.s_axil_bvalid;
    });
    top_.s_axil_bready = 0;
    return !answered || response != 0;
  }

  int send(const uint8_t *packet, size_t bytes) {
    bool accepted = true;
    if (shortened_) bytes--;
    shortened_ = false;
    top_.s_axis_tvalid = 1;
    for (size_t i = 0; accepted && i < bytes; i++) {
      top_.s_axis_tdata = packet[i];
      top_.s_axis_tlast = i + 1 == bytes;
      accepted = cycles_until([&] { return top_.s_axis_tready; });
    }
    top_.s_axis_tvalid = 0;
    return !accepted;
  }

  int receive(uint8_t *packet, size_t room, size_t *received) {
    bool last = false, offered = true;
    top_.m_axis_tready = 1;
    for (*received = 0; offered && !last; ++*received) {
      uint8_t byte = 0;
      offered = cycles_until([&] {
        byte = top_.m_axis_tdata;
        last = top_.m_axis_tlast;
        return top_.m_axis_tvalid;
      });
      if (*received < room) packet[*received] = byte;
    }
    top_.m_axis_tready = 0;
    return !offered;
  }

  int wait() {
    for (int i = 0; i < WAIT_CYCLES && !top_.irq; i++) clock();
    return 0;
  }

  void shorten() { shortened_ = true; }

 private:
  void settle() {
    top_.clk = 0;
    top_.eval();
  }

  void clock() {
    settle();
    top_.clk = 1;
    top_.eval();
  }

  // Cycles up to the one in which the other side agrees, as seen before the edge of the clock.
  template <typename Agrees>
  bool cycles_until(Agrees agrees) {
    bool done = false;
    for (int i = 0; i < TRANSFER_CYCLES && !done; i++) {
      settle();
      done = agrees();
      clock();
    }
    return done;
  }

  VerilatedContext context_;
  Vhawx_accelerator top_;
  bool shortened_ = false;
};

Board &board(void *context) { return *static_cast<Board *>(context); }

hawx_bus bus_of(Board &board_) {
  return {
      &board_,
      [](void *c, uint32_t address, uint32_t *value) { return board(c).read(address, value); },
      [](void *c, uint32_t address, uint32_t value) { return board(c).write(address, value); },
      [](void *c, const uint8_t *packet, size_t bytes) { return board(c).send(packet, bytes); },
      [](void *c, uint8_t *packet, size_t room, size_t *received) {
        return board(c).receive(packet, room, received);
      },
      [](void *c) { return board(c).wait(); },
  };
}

using File = std::unique_ptr<FILE, int (*)(FILE *)>;

File open(const char *path) {
  File file(std::fopen(path, "rb"), std::fclose);
  if (!file) std::perror(path);
  return file;
}

int check_on(const hawx_bus &bus, FILE *images, FILE *parameters) {
  std::vector<uint8_t> pixels(HAWX_IMAGE_BYTES_VALUE);
  std::vector<uint8_t> packet(HAWX_PARAMETER_BYTES_VALUE);
  std::vector<int8_t> image(HAWX_IMAGE_BYTES_VALUE);
  if (std::fread(pixels.data(), 1, pixels.size(), images) != pixels.size() ||
      (parameters && std::fread(packet.data(), 1, packet.size(), parameters) != packet.size())) {
    std::fprintf(stderr, "a file is too short\n");
    return 1;
  }
  hawx_encode(pixels.data(), image.data());
  return check(&bus, image.data(), parameters ? packet.data() : nullptr,
               [](void *c) { board(c).shorten(); });
}

}  // namespace

int main(int argc, char **argv) {
  const bool checks = argc > 1 && std::string(argv[1]) == "--check";
  char **files = argv + 1 + checks;
  const int count = argc - 1 - checks;
  if (count < 1 || count > 2) {
    std::fprintf(stderr, "usage: %s [--check] IMAGES [PARAMETERS]\n", argv[0]);
    return 2;
  }
  File images = open(files[0]);
  File parameters = count > 1 ? open(files[1]) : File(nullptr, std::fclose);
  if (!images || (count > 1 && !parameters)) return 2;
  const auto simulated = std::make_unique<Board>();
  const hawx_bus bus = bus_of(*simulated);
  const int failed = checks ? check_on(bus, images.get(), parameters.get())
                            : classify(&bus, images.get(), parameters.get());
  return failed != 0;
}
