// Reset of the design: for some cycles after the device was configured and the clock became stable, and for
// as long as the button is pressed.
//
// rst is synchronous. BUTTON_ACTIVE is the level of the button's pin while it is pressed.
`default_nettype none
module hawx_reset #(
    parameter BUTTON_ACTIVE = 1'b0
) (
    input  wire clk,
    input  wire locked,
    input  wire button,
    output wire rst
);
    // Registers of an FPGA begin at their initial value; those of the button's pin as if it were pressed.
    reg [4:0] count;
    reg [1:0] pressed;
    initial begin
        count = 5'd0;
        pressed = 2'b11;
    end
    assign rst = !count[4];
    always @(posedge clk) begin
        pressed <= {pressed[0], (button == BUTTON_ACTIVE) || !locked};
        if (pressed[1]) count <= 5'd0;
        else if (!count[4]) count <= count + 5'd1;
    end
endmodule
`default_nettype wire
