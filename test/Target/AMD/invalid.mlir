// RUN: not tercet-compile %s --target=hip:gfx999 -o %t 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not tercet-compile %s --target=hip:gfx803 -o %t 2>&1 | FileCheck %s --check-prefix=OLD
// RUN: not tercet-compile %s --target=hip: -o %t 2>&1 | FileCheck %s --check-prefix=EMPTY
// UNKNOWN: error: unknown AMD chip 'gfx999'; a target is hip:CHIP with CHIP one of gfx906, {{.*}}gfx90a, gfx942, gfx950, {{.*}}gfx1100, {{.*}}gfx1201
// OLD: error: unknown AMD chip 'gfx803'; a target is hip:CHIP
// EMPTY: error: unknown AMD chip ''; a target is hip:CHIP

func.func @f(%x: tensor<64xf32> {tercet.name = "x"}) -> (tensor<64xf32> {tercet.name = "y"}) {
  %0 = arith.mulf %x, %x : tensor<64xf32>
  return %0 : tensor<64xf32>
}
