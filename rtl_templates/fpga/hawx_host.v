// A UART bridge to the accelerator's AXI faces: answers framed requests, one at a time.
//
//     request: "H" | command | argument, 4 bytes | data     | CRC-32, 4 bytes
//     answer:  "h" | command | data              | status   | CRC-32, 4 bytes
//
// Numbers are little-endian; a CRC is of everything between the first byte and itself. Commands:
//
//     "R"  read the register at address argument; the answer's data are its 4 bytes
//     "W"  write the 4 bytes of data to the register at address argument
//     "S"  send argument bytes of data as one packet: an image, or parameters
//     "Q"  receive argument bytes of a result: the answer's data; bytes that are not there are 0
//     "Z"  reset the accelerator
//
// A packet's last byte, with TLAST, is sent only where the CRC is right: a broken packet never becomes an
// image, and CONTROL.FLUSH drops what came of it.
//
// After a broken request the bridge waits until nothing has been received for 2 ** SILENCE_BITS cycles, and
// then answers with command "!" and the reason; a request that stops in its middle is broken by the same time.
`default_nettype none
module hawx_host #(
    parameter [15:0] DIVISOR = 16'd217,
    parameter SILENCE_BITS = 20
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       uart_rx,
    output wire       uart_tx,
    output wire       active,
    output reg        failed,
    output reg  [4:0] answers
);
    localparam [7:0]
        OK          = 8'd0,
        REFUSED     = 8'd1,  // the register's access was answered with an error
        EMPTY       = 8'd2,  // no result waits
        WRONG_SIZE  = 8'd3,  // the result has another number of bytes
        STALLED     = 8'd4,  // the last byte of a packet was not taken
        BAD_CRC     = 8'd16,
        TIMEOUT     = 8'd17, // the request stopped in its middle
        OVERRUN     = 8'd18, // the accelerator did not take the bytes as fast as they came
        BAD_BYTE    = 8'd19, // a byte without stop bit
        BAD_COMMAND = 8'd20, // an unknown command, or a packet without bytes
        BAD_BEGIN   = 8'd21; // another first byte than "H"
    localparam [31:0] RESIDUE = 32'hdebb20e3;

    localparam [3:0]
        IDLE    = 4'd0,
        COMMAND = 4'd1,
        FIELD   = 4'd2,  // the argument
        VALUE   = 4'd3,  // what is to be written
        PACKET  = 4'd4,
        CRC     = 4'd5,
        VERIFY  = 4'd6,
        ACCESS  = 4'd7,  // of a register
        FINISH  = 4'd8,  // the packet's last byte
        RESET   = 4'd9,
        BROKEN  = 4'd10,
        ANSWER  = 4'd11; // parts of it are numbered by part
    localparam [2:0] BEGIN = 3'd0, ECHO = 3'd1, REGISTER = 3'd2, RESULT = 3'd3, RESULT_STATUS = 3'd4, CHECKSUM = 3'd5;
    reg [3:0] state;
    reg [2:0] part;
    // Of the bytes of a number, or cycles of a reset.
    reg [2:0] count;

    reg [7:0] command, status;
    reg [31:0] argument, value;

    // ---- The line
    wire rx_valid, rx_broken, tx_ready, tx_valid;
    wire [7:0] rx_data;
    reg [7:0] tx_data;
    hawx_uart_rx #(.DIVISOR(DIVISOR)) receiver (
        .clk(clk), .rst(rst), .rx(uart_rx), .valid(rx_valid), .broken(rx_broken), .data(rx_data)
    );
    hawx_uart_tx #(.DIVISOR(DIVISOR)) transmitter (
        .clk(clk), .rst(rst), .valid(tx_valid), .data(tx_data), .ready(tx_ready), .tx(uart_tx)
    );

    // ---- Silence: cycles since something was received, or since the state changed.
    reg [SILENCE_BITS:0] silence;
    wire silent = silence[SILENCE_BITS];

    // ---- CRC of the request, then of the answer
    wire in_request = state == COMMAND || state == FIELD || state == VALUE || state == PACKET || state == CRC;
    wire crc_busy;
    wire [31:0] crc;
    wire answered = state == ANSWER && tx_valid && tx_ready;
    wire summed = answered && part != BEGIN && part != CHECKSUM;
    hawx_crc32 checksum (
        .clk(clk),
        .clear(state == IDLE || (answered && part == BEGIN)),
        .valid((in_request && rx_valid) || summed),
        .data(in_request ? rx_data : tx_data),
        .busy(crc_busy),
        .crc(crc)
    );

    // ---- Streams
    reg send_valid, send_last;
    // The last byte of the packet has been put on the stream.
    reg offered;
    reg [7:0] send_data;
    wire send_ready, result_valid, result_last;
    wire [7:0] result_data;
    // Bytes of a result were there; none was there when its turn came, and the rest of the answer is zeros.
    reg some, dry;
    wire result_ready = answered && part == RESULT && !dry;
    wire result_moved = result_ready && result_valid;

    // ---- Registers
    reg accessed;
    wire access_done, access_refused;
    wire [31:0] access_data;
    reg resetting, accelerator_rst;

    // ---- The answer's bytes
    assign tx_valid = state == ANSWER && !crc_busy;
    always @* begin
        case (part)
            BEGIN: tx_data = "h";
            ECHO: tx_data = command;
            REGISTER: tx_data = value[7:0];
            RESULT: tx_data = result_valid && !dry ? result_data : 8'd0;
            RESULT_STATUS: tx_data = status;
            default: tx_data = ~crc[8 * (2'd3 - count[1:0]) +: 8];
        endcase
    end

    assign active = state != IDLE;

    always @(posedge clk) begin
        accelerator_rst <= rst || resetting;
        silence <= silent ? silence : silence + 1'b1;
        accessed <= state == ACCESS && !access_done;
        if (send_ready) send_valid <= 1'b0;
        case (state)
            IDLE: begin
                status <= OK;
                silence <= {SILENCE_BITS + 1{1'b0}};
                if (rx_valid) begin
                    state <= rx_data == "H" ? COMMAND : BROKEN;
                    if (rx_data != "H") status <= BAD_BEGIN;
                end
            end
            COMMAND: if (rx_valid) begin
                command <= rx_data;
                count <= 3'd3;
                state <= FIELD;
            end
            FIELD: if (rx_valid) begin
                argument <= {rx_data, argument[31:8]};
                count <= count - 3'd1;
                if (count == 3'd0) begin
                    count <= 3'd3;
                    case (command)
                        "R", "Q", "Z": state <= CRC;
                        "W": state <= VALUE;
                        "S": state <= PACKET;
                        default: begin
                            status <= BAD_COMMAND;
                            state <= BROKEN;
                        end
                    endcase
                end
            end
            VALUE: if (rx_valid) begin
                value <= {rx_data, value[31:8]};
                count <= count - 3'd1;
                if (count == 3'd0) begin
                    count <= 3'd3;
                    state <= CRC;
                end
            end
            PACKET: if (argument == 32'd0) begin
                status <= BAD_COMMAND;
                state <= BROKEN;
            end else if (rx_valid) begin
                argument <= argument - 32'd1;
                if (argument == 32'd1) begin
                    value[7:0] <= rx_data;
                    state <= CRC;
                end else if (send_valid && !send_ready) begin
                    status <= OVERRUN;
                    state <= BROKEN;
                end else begin
                    send_data <= rx_data;
                    send_last <= 1'b0;
                    send_valid <= 1'b1;
                end
            end
            CRC: if (rx_valid) begin
                count <= count - 3'd1;
                if (count == 3'd0) state <= VERIFY;
            end
            VERIFY: if (!crc_busy) begin
                silence <= {SILENCE_BITS + 1{1'b0}};
                part <= BEGIN;
                count <= 3'd7;
                offered <= 1'b0;
                some <= 1'b0;
                dry <= 1'b0;
                if (crc != RESIDUE) begin
                    status <= BAD_CRC;
                    state <= BROKEN;
                end else begin
                    case (command)
                        "R", "W": state <= ACCESS;
                        "S": state <= FINISH;
                        "Z": begin
                            resetting <= 1'b1;
                            state <= RESET;
                        end
                        default: state <= ANSWER;
                    endcase
                end
            end
            // The registers have addresses of 12 bits: others would be answered by one of them.
            ACCESS: if (argument[31:12] != 20'd0) begin
                value <= 32'd0;
                status <= REFUSED;
                state <= ANSWER;
            end else if (access_done) begin
                value <= access_refused ? 32'd0 : access_data;
                if (access_refused) status <= REFUSED;
                state <= ANSWER;
            end
            FINISH: if (!send_valid || send_ready) begin
                send_data <= value[7:0];
                send_last <= 1'b1;
                send_valid <= !offered;
                offered <= 1'b1;
                if (offered) state <= ANSWER;
            end else if (silent) begin
                status <= STALLED;
                state <= ANSWER;
            end
            RESET: begin
                send_valid <= 1'b0;
                count <= count - 3'd1;
                if (count == 3'd0) begin
                    resetting <= 1'b0;
                    state <= ANSWER;
                end
            end
            BROKEN: begin
                command <= "!";
                part <= BEGIN;
                if (silent) state <= ANSWER;
            end
            default: if (answered) begin
                case (part)
                    BEGIN: part <= ECHO;
                    ECHO: begin
                        count <= 3'd3;
                        part <= command == "R" ? REGISTER
                              : command == "Q" && argument != 32'd0 ? RESULT : RESULT_STATUS;
                    end
                    REGISTER: begin
                        value <= value >> 8;
                        count <= count - 3'd1;
                        if (count == 3'd0) part <= RESULT_STATUS;
                    end
                    RESULT: begin
                        argument <= argument - 32'd1;
                        if (!result_valid && !dry) begin
                            status <= some ? WRONG_SIZE : EMPTY;
                            dry <= 1'b1;
                        end
                        if (result_moved) some <= 1'b1;
                        if (result_moved && result_last != (argument == 32'd1)) begin
                            status <= WRONG_SIZE;
                            dry <= 1'b1;
                        end
                        if (argument == 32'd1) part <= RESULT_STATUS;
                    end
                    RESULT_STATUS: begin
                        count <= 3'd3;
                        failed <= status != OK;
                        part <= CHECKSUM;
                    end
                    default: begin
                        count <= count - 3'd1;
                        if (count == 3'd0) begin
                            answers <= answers + 5'd1;
                            state <= IDLE;
                        end
                    end
                endcase
            end
        endcase
        if (rx_valid || rx_broken) silence <= {SILENCE_BITS + 1{1'b0}};
        if (rx_broken && (state == IDLE || in_request)) begin
            status <= BAD_BYTE;
            state <= BROKEN;
        end else if (in_request && silent) begin
            status <= TIMEOUT;
            state <= BROKEN;
        end
        if (rst) begin
            state <= IDLE;
            send_valid <= 1'b0;
            resetting <= 1'b0;
            accessed <= 1'b0;
            failed <= 1'b0;
            answers <= 5'd0;
        end
    end

    wire [11:0] awaddr, araddr;
    wire [2:0] awprot, arprot;
    wire [31:0] wdata, rdata;
    wire [3:0] wstrb;
    wire [1:0] bresp, rresp;
    wire irq;
    wire awvalid, awready, wvalid, wready, bvalid, bready, arvalid, arready, rvalid, rready;
    hawx_axil_master registers (
        .clk(clk),
        .rst(accelerator_rst),
        .request(state == ACCESS && !accessed && argument[31:12] == 20'd0),
        .write(command == "W"),
        .address(argument[11:0]),
        .write_data(value),
        .done(access_done),
        .refused(access_refused),
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
        .s_axis_tdata(send_data), .s_axis_tvalid(send_valid), .s_axis_tready(send_ready), .s_axis_tlast(send_last),
        .m_axis_tdata(result_data), .m_axis_tvalid(result_valid), .m_axis_tready(result_ready),
        .m_axis_tlast(result_last)
    );
endmodule
`default_nettype wire
