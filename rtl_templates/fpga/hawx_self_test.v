// Runs embedded images through the accelerator and compares results, classes and cycles.
//
// The test begins after the reset, and again when something is received. The ROM has, byte by byte: the
// parameter packet (PARAMETER_BYTES, 0 where the parameters are built in); then, for each image, its packet,
// the packet of its result, and its class in two bytes, the lower one first. The class of a result is the
// number of its largest byte, the first where several are.
//
// An image passes if its result is the same, byte by byte, and so are its class and its cycles. One that makes
// no progress for LIMIT cycles fails, and ends the test.
//
// A line of text for each image, and one for the test, go to the UART; numbers of images are decimal, all
// others hexadecimal:
//
//     image 01: class 0007, expected 0007, cycles 00001fbc: pass
//     design 91f0048c: 02 of 02 images: PASS
//
// passed or failed is high from the end of the test; count is the number of images that have passed.
`default_nettype none
module hawx_self_test #(
    parameter [15:0] DIVISOR = 16'd217,
    // Two decimal digits.
    parameter [7:0] IMAGES = 8'h01,
    parameter [31:0] CORE_CYCLES = 32'd1,
    parameter [31:0] LIMIT = 32'd1000000,
    parameter ROM_FILE = "self_test.hex",
    parameter ROM_DEPTH = 4,
    parameter ROM_ADDRESS_WIDTH = 2,
    parameter [ROM_ADDRESS_WIDTH:0] PARAMETER_BYTES = 0,
    parameter [ROM_ADDRESS_WIDTH:0] IMAGE_BYTES = 1,
    parameter [ROM_ADDRESS_WIDTH:0] RESULT_BYTES = 1
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       uart_rx,
    output wire       uart_tx,
    output wire       passed,
    output wire       failed,
    output wire [7:0] count
);
    // Registers of the accelerator, and bits of CONTROL and STATUS.
    localparam [11:0] CONFIG_HASH = 12'h008, CONTROL = 12'h010, STATUS = 12'h014, CYCLES = 12'h024;
    localparam [31:0] AUTO = 32'h2, LOAD_PARAMETERS = 32'h4;
    localparam LOADED_BIT = 4;

    localparam [3:0]
        BEGIN           = 4'd0,
        READ_HASH       = 4'd1,
        WRITE_CONTROL   = 4'd2,
        SEND_PARAMETERS = 4'd3,
        READ_STATUS     = 4'd4,
        NEXT_IMAGE      = 4'd5,
        SEND_IMAGE      = 4'd6,
        RECEIVE         = 4'd7,
        READ_CLASS      = 4'd8,
        READ_CYCLES     = 4'd9,
        JUDGE           = 4'd10,
        PRINT           = 4'd11,
        DONE            = 4'd12;
    reg [3:0] state;

    // A start of the test resets the accelerator: whatever ended the last one left it in any state.
    reg [2:0] start;
    reg accelerator_rst;

    // ---- The ROM: read_data is the byte at address in all cycles but the first after a change.
    reg [ROM_ADDRESS_WIDTH-1:0] address;
    reg fresh;
    wire [7:0] rom_data;
    wire advance;
    hawx_rom #(
        .WIDTH(8),
        .DEPTH(ROM_DEPTH),
        .ADDRESS_WIDTH(ROM_ADDRESS_WIDTH),
        .INIT_FILE(ROM_FILE)
    ) rom (
        .clk(clk),
        .read_enable(1'b1),
        .read_address(address),
        .read_data(rom_data)
    );

    // ---- Streams. left is the number of bytes that are still to come of what is sent or received.
    localparam [ROM_ADDRESS_WIDTH:0] ONE = {{ROM_ADDRESS_WIDTH{1'b0}}, 1'b1}, CLASS_BYTES = ONE << 1;
    reg [ROM_ADDRESS_WIDTH:0] left;
    wire last = left == ONE;
    wire send_ready, receive_valid, receive_last;
    wire [7:0] receive_data;
    wire send_valid = fresh && (state == SEND_PARAMETERS || state == SEND_IMAGE);
    wire receive_ready = fresh && state == RECEIVE;
    wire moved = (send_valid && send_ready) || (receive_valid && receive_ready);
    assign advance = moved || (fresh && state == READ_CLASS);

    // ---- Registers, each access in a state of its own, which it leaves with its answer.
    reg accessed;
    wire access = state == READ_HASH || state == WRITE_CONTROL || state == READ_STATUS || state == READ_CYCLES;
    wire access_done;
    wire [31:0] access_data;
    reg [11:0] access_address;
    always @* begin
        case (state)
            READ_HASH: access_address = CONFIG_HASH;
            WRITE_CONTROL: access_address = CONTROL;
            READ_STATUS: access_address = STATUS;
            default: access_address = CYCLES;
        endcase
    end

    // ---- What the images did.
    reg [31:0] hash, cycles, waited;
    reg [15:0] position, largest, expected;
    reg [7:0] best, number, good;
    reg wrong, timeout;
    wire late = waited == LIMIT;
    wire image_passed = !wrong && largest == expected && cycles == CORE_CYCLES;
    assign passed = state == DONE && good == IMAGES;
    assign failed = state == DONE && !passed;
    assign count = good;

    // Numbers of images have two decimal digits.
    function [7:0] successor(input [7:0] digits);
        successor = digits[3:0] == 4'd9 ? {digits[7:4] + 4'd1, 4'd0} : digits + 8'd1;
    endfunction

    // ---- Text: # is the next digit.
    localparam [8*60-1:0] PASS_LINE = "image ##: class ####, expected ####, cycles ########: pass\015\012";
    localparam [8*60-1:0] FAIL_LINE = "image ##: class ####, expected ####, cycles ########: FAIL\015\012";
    localparam [8*60-1:0] PASS_SUMMARY = "design ########: ## of ## images: PASS\015\012                    ";
    localparam [8*60-1:0] FAIL_SUMMARY = "design ########: ## of ## images: FAIL\015\012                    ";
    localparam [5:0] LINE_LENGTH = 6'd60, SUMMARY_LENGTH = 6'd40;
    reg [5:0] character, length;
    reg [4:0] digit;
    reg summary, verdict;
    wire [71:0] digits = summary ? {hash, good, IMAGES, 24'h0} : {number, largest, expected, cycles};
    wire [8*60-1:0] line = summary ? (verdict ? PASS_SUMMARY : FAIL_SUMMARY) : (verdict ? PASS_LINE : FAIL_LINE);
    wire [7:0] letter = line[8 * (6'd59 - character) +: 8];
    wire [3:0] value = digits[4 * (5'd17 - digit) +: 4];
    wire is_digit = letter == "#";
    wire [7:0] value_letter = value < 4'd10 ? "0" + value : "a" - 8'd10 + value;
    wire text_ready;

    // ---- Something received starts the test again: a low level, seen through two registers.
    reg [1:0] line_level;

    always @(posedge clk) begin
        accelerator_rst <= rst || start != 3'd0;
        fresh <= !advance && !rst && state != BEGIN;
        if (advance) address <= address + 1'b1;
        line_level <= {line_level[0], uart_rx};
        accessed <= access && !access_done;
        waited <= moved || state == NEXT_IMAGE || state == PRINT ? 32'd0 : waited + 32'd1;
        case (state)
            BEGIN: begin
                address <= {ROM_ADDRESS_WIDTH{1'b0}};
                left <= PARAMETER_BYTES;
                number <= 8'd0;
                good <= 8'd0;
                timeout <= 1'b0;
                waited <= 32'd0;
                if (start != 3'd0) start <= start - 3'd1;
                else state <= READ_HASH;
            end
            READ_HASH: if (access_done) begin
                hash <= access_data;
                state <= WRITE_CONTROL;
            end
            WRITE_CONTROL: if (access_done) state <= PARAMETER_BYTES == 0 ? NEXT_IMAGE : SEND_PARAMETERS;
            SEND_PARAMETERS: begin
                if (moved) left <= left - 1'b1;
                if (moved && last) state <= READ_STATUS;
            end
            READ_STATUS: if (access_done && access_data[LOADED_BIT]) state <= NEXT_IMAGE;
            NEXT_IMAGE: begin
                left <= IMAGE_BYTES;
                number <= successor(number);
                // What is not reached.
                largest <= 16'hffff;
                expected <= 16'hffff;
                cycles <= 32'd0;
                state <= SEND_IMAGE;
            end
            SEND_IMAGE: begin
                position <= 16'd0;
                wrong <= 1'b0;
                if (moved) left <= last ? RESULT_BYTES : left - 1'b1;
                if (moved && last) state <= RECEIVE;
            end
            RECEIVE: if (moved) begin
                left <= last ? CLASS_BYTES : left - 1'b1;
                position <= position + 16'd1;
                if (receive_data != rom_data || receive_last != last) wrong <= 1'b1;
                if (position == 16'd0 || $signed(receive_data) > $signed(best)) begin
                    best <= receive_data;
                    largest <= position;
                end
                if (last) state <= READ_CLASS;
            end
            READ_CLASS: if (fresh) begin
                left <= left - 1'b1;
                expected <= {rom_data, expected[15:8]};
                if (last) state <= READ_CYCLES;
            end
            READ_CYCLES: if (access_done) begin
                cycles <= access_data;
                state <= JUDGE;
            end
            JUDGE: begin
                if (image_passed) good <= successor(good);
                verdict <= image_passed;
                summary <= 1'b0;
                length <= LINE_LENGTH;
                character <= 6'd0;
                digit <= 5'd0;
                state <= PRINT;
            end
            PRINT: if (text_ready) begin
                character <= character + 6'd1;
                if (is_digit) digit <= digit + 5'd1;
                if (character + 6'd1 == length) begin
                    summary <= 1'b1;
                    verdict <= good == IMAGES;
                    length <= SUMMARY_LENGTH;
                    character <= 6'd0;
                    digit <= 5'd0;
                    if (summary) state <= DONE;
                    else if (number != IMAGES && !timeout) state <= NEXT_IMAGE;
                end
            end
            default: if (!line_level[1]) begin
                start <= 3'd7;
                state <= BEGIN;
            end
        endcase
        if (late && state != BEGIN && state != PRINT && state != DONE) begin
            timeout <= 1'b1;
            verdict <= 1'b0;
            summary <= 1'b0;
            length <= LINE_LENGTH;
            character <= 6'd0;
            digit <= 5'd0;
            state <= PRINT;
        end
        if (rst) begin
            start <= 3'd7;
            state <= BEGIN;
            line_level <= 2'b11;
            accessed <= 1'b0;
        end
    end

    wire [11:0] awaddr, araddr;
    wire [2:0] awprot, arprot;
    wire [31:0] wdata, rdata;
    wire [3:0] wstrb;
    wire [1:0] bresp, rresp;
    wire irq, refused;
    wire awvalid, awready, wvalid, wready, bvalid, bready, arvalid, arready, rvalid, rready;
    hawx_axil_master registers (
        .clk(clk),
        .rst(accelerator_rst),
        .request(access && !accessed),
        .write(state == WRITE_CONTROL),
        .address(access_address),
        .write_data(PARAMETER_BYTES == 0 ? AUTO : AUTO | LOAD_PARAMETERS),
        .done(access_done),
        .refused(refused),
        .read_data(access_data),
        .axil_awaddr(awaddr), .axil_awprot(awprot), .axil_awvalid(awvalid), .axil_awready(awready),
        .axil_wdata(wdata), .axil_wstrb(wstrb), .axil_wvalid(wvalid), .axil_wready(wready),
        .axil_bresp(bresp), .axil_bvalid(bvalid), .axil_bready(bready),
        .axil_araddr(araddr), .axil_arprot(arprot), .axil_arvalid(arvalid), .axil_arready(arready),
        .axil_rdata(rdata), .axil_rresp(rresp), .axil_rvalid(rvalid), .axil_rready(rready)
    );

    hawx_accelerator accelerator (
        .clk(clk),
        .rst(accelerator_rst),
        .irq(irq),
        .s_axil_awaddr(awaddr), .s_axil_awprot(awprot), .s_axil_awvalid(awvalid), .s_axil_awready(awready),
        .s_axil_wdata(wdata), .s_axil_wstrb(wstrb), .s_axil_wvalid(wvalid), .s_axil_wready(wready),
        .s_axil_bresp(bresp), .s_axil_bvalid(bvalid), .s_axil_bready(bready),
        .s_axil_araddr(araddr), .s_axil_arprot(arprot), .s_axil_arvalid(arvalid), .s_axil_arready(arready),
        .s_axil_rdata(rdata), .s_axil_rresp(rresp), .s_axil_rvalid(rvalid), .s_axil_rready(rready),
        .s_axis_tdata(rom_data), .s_axis_tvalid(send_valid), .s_axis_tready(send_ready), .s_axis_tlast(last),
        .m_axis_tdata(receive_data), .m_axis_tvalid(receive_valid), .m_axis_tready(receive_ready),
        .m_axis_tlast(receive_last)
    );

    hawx_uart_tx #(.DIVISOR(DIVISOR)) transmitter (
        .clk(clk),
        .rst(rst),
        .valid(state == PRINT),
        .data(is_digit ? value_letter : letter),
        .ready(text_ready),
        .tx(uart_tx)
    );
endmodule
`default_nettype wire
