// The rows that a set picks are no copy: the product behind them has the set as an operand.
// RUN: tercet-opt %s --tercet-to-rows=targets=cpu:x86-64-v3 | FileCheck %s

ml_program.global private @w(#ml_program.extern : tensor<16x32xf32>) : tensor<16x32xf32>

// CHECK-LABEL: func.func @entry
// CHECK-SAME: %[[X:.*]]: tensor<64x32xf32> {{.*}}, %[[SET:.*]]: tensor<20xi32>
// CHECK: rows.load_weight
// CHECK-NEXT: rows.dispatch @kernels::@float_matmul_{{.*}}(%[[X]], %{{.*}}, %[[SET]])
// CHECK-NEXT: return
func.func @entry(%x: tensor<64x32xf32> {tercet.name = "x"},
    %set: tensor<20xi32> {tercet.name = "set", tercet.range = [0, 64], tercet.ascending}) -> tensor<20x16xf32> {
  %w = ml_program.global_load_const @w : tensor<16x32xf32>
  %rows = spatial.gather %x, %set : tensor<64x32xf32>, tensor<20xi32> -> tensor<20x32xf32>
  %y = latent.project %rows, %w : tensor<20x32xf32>, tensor<16x32xf32> -> tensor<20x16xf32>
  return %y : tensor<20x16xf32>
}
