// Rows of a few dozen floats are copied by vectors, not by gathers over the rows.
// RUN: rm -rf %t && mkdir %t
// RUN: tercet-compile %s --target=cpu:x86-64-v4 --save-temps=%t -o %t/copy.tercet
// RUN: FileCheck %s --input-file=%t/cpu_x86-64-v4.opt.ll
// CHECK-NOT: {{masked.gather|masked.scatter}}
// CHECK: store <{{8|16}} x float>
// CHECK-NOT: {{masked.gather|masked.scatter}}
func.func @twice(%x: tensor<?x2x32xf32> {tercet.name = "x", tercet.bound = 512}) -> (tensor<?x2x32xf32> {tercet.name = "y"}) {
  %y = arith.addf %x, %x : tensor<?x2x32xf32>
  return %y : tensor<?x2x32xf32>
}
