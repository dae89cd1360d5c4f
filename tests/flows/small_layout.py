"""LEF and DEF of two cells with a wire between them."""

from __future__ import annotations

LEF = """\
VERSION 5.4 ;
UNITS
  DATABASE MICRONS 1000 ;
END UNITS
LAYER poly
  TYPE MASTERSLICE ;
END poly
LAYER metal1
  TYPE ROUTING ;
  DIRECTION HORIZONTAL ;
  PITCH 1 ;
  WIDTH 0.5 ;
  SPACING 0.3 ;
  RESISTANCE RPERSQ 0.08 ;
  CAPACITANCE CPERSQDIST 4e-05 ;
  EDGECAPACITANCE 8e-05 ;
END metal1
LAYER via
  TYPE CUT ;
END via
LAYER metal2
  TYPE ROUTING ;
  DIRECTION VERTICAL ;
  PITCH 1 ;
  WIDTH 0.25 ;
  SPACING 0.3 ;
  RESISTANCE RPERSQ 0.04 ;
  CAPACITANCE CPERSQDIST 2e-05 ;
  EDGECAPACITANCE 6e-05 ;
END metal2
VIA M2_M1 DEFAULT
  LAYER metal1 ;
    RECT -0.25 -0.25 0.25 0.25 ;
  LAYER via ;
    RECT -0.1 -0.1 0.1 0.1 ;
  LAYER metal2 ;
    RECT -0.25 -0.25 0.25 0.25 ;
END M2_M1
MACRO INV
  CLASS CORE ;
  ORIGIN 0 0 ;
  SIZE 2.5 BY 10.0 ;
  PIN A
    DIRECTION INPUT ;
    PORT
      LAYER metal1 ;
        RECT 0.0 4.0 0.5 5.0 ;
    END
  END A
  PIN Y
    DIRECTION OUTPUT ;
    PORT
      LAYER metal1 ;
        RECT 2.0 4.0 2.5 5.0 ;
    END
  END Y
  OBS
    LAYER metal1 ;
      RECT 1.0 1.0 1.5 9.0 ;
  END
END INV
END LIBRARY
"""

#: Net ``mid`` has 10 um of metal1 and 4 um of metal2; ``a`` has 3 um, 1 of them drawn twice.
DEF = """\
VERSION 5.6 ;
DIVIDERCHAR "/" ;
BUSBITCHARS "<>" ;
DESIGN small ;
UNITS DISTANCE MICRONS 100 ;
DIEAREA ( -100 0 ) ( 1900 1500 ) ;
COMPONENTS 2 ;
- INV_1 INV + PLACED ( 0 0 ) N ;
- INV_2 INV + PLACED ( 1000 0 ) N ;
END COMPONENTS
PINS 1 ;
- a + NET a
  + LAYER metal1 ( -25 -25 ) ( 25 25 )
  + PLACED ( 0 450 ) N ;
END PINS
NETS 2 ;
- mid
  ( INV_1 Y )
  ( INV_2 A )
+ ROUTED metal1 ( 225 450 ) ( 1200 * ) M2_M1
  NEW metal2 ( 1200 450 ) ( * 837 ) ;
- a
  ( PIN a )
  ( INV_1 A )
+ ROUTED metal1 ( 25 850 ) ( 275 * )
  NEW metal1 ( 175 850 ) ( 225 * ) ;
END NETS
SPECIALNETS 1 ;
- vdd
+ ROUTED metal2 200 ( 500 0 ) ( * 1500 ) ;
END SPECIALNETS
END DESIGN
"""
