// What cannot be compiled is said at once, by kind, count and place.
// RUN: rm -f %t.tercet && not tercet-compile %s --target=hip:gfx942 -o %t.tercet 2>&1 | FileCheck %s
// CHECK:      unsupported.mlir:[[#@LINE+10]]:8: error: the model has ops that cannot be compiled:
// CHECK-SAME: 'scf.for' (1 time), 'vector.print' (2 times), 'scf.yield' (1 time)
// CHECK-SAME: a model is made of
// CHECK-NOT:  error:
// RUN: not ls %t.tercet
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c1 = arith.constant 1 : index
  %f = arith.constant 1.0 : f32
  %y = scf.for %i = %c0 to %c4 step %c1 iter_args(%t = %x) -> tensor<4xf32> {
    vector.print %f : f32
    vector.print %f : f32
    scf.yield %t : tensor<4xf32>
  }
  return %y : tensor<4xf32>
}
