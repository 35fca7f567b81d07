// Equal layers are one kernel with a name made of what it computes, so the same
// layer has the same name in every module.
// RUN: tercet-opt %s --tercet-to-rows=targets=cpu:x86-64-v3 | FileCheck %s

// CHECK: rows.dispatch @kernels::@[[Q:norm_quantize_mx32_[0-9a-f]+]](
// CHECK: rows.dispatch @kernels::@[[MM:matmul_i2_32x32_[0-9a-f]+]](
// CHECK: rows.dispatch @kernels::@[[Q]](
// CHECK: rows.dispatch @kernels::@[[MM]](
// CHECK: module @kernels
// CHECK-COUNT-2: func.func
// CHECK-NOT: func.func
ml_program.global private @w0(#ml_program.extern : tensor<32x32x!ternary.trit>) : tensor<32x32x!ternary.trit>
ml_program.global private @w1(#ml_program.extern : tensor<32x32x!ternary.trit>) : tensor<32x32x!ternary.trit>
ml_program.global private @s0(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @s1(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @g0(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @g1(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
func.func @two_layers(%x: tensor<?x32xf32> {tercet.bound = 8}) -> tensor<?x32xf32> {
  %w0 = ml_program.global_load_const @w0 : tensor<32x32x!ternary.trit>
  %w1 = ml_program.global_load_const @w1 : tensor<32x32x!ternary.trit>
  %s0 = ml_program.global_load_const @s0 : tensor<f32>
  %s1 = ml_program.global_load_const @s1 : tensor<f32>
  %g0 = ml_program.global_load_const @g0 : tensor<32xf32>
  %g1 = ml_program.global_load_const @g1 : tensor<32xf32>
  %0 = ternary.linear %x, %w0 scale(%s0 : tensor<f32>) norm(%g0 : tensor<32xf32>) : tensor<?x32xf32>, tensor<32x32x!ternary.trit> -> tensor<?x32xf32>
  %1 = ternary.linear %0, %w1 scale(%s1 : tensor<f32>) norm(%g1 : tensor<32xf32>) : tensor<?x32xf32>, tensor<32x32x!ternary.trit> -> tensor<?x32xf32>
  return %1 : tensor<?x32xf32>
}
