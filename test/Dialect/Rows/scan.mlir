// Recurrences: printing, one kernel each, their tiles, the state in place.
// RUN: tercet-opt %s --verify-roundtrip | FileCheck %s
// RUN: tercet-opt %s --tercet-to-rows=targets=cpu:x86-64-v3 | FileCheck %s --check-prefix=ROWS
// RUN: tercet-opt %s --tercet-to-rows=targets=cpu:x86-64-v3 --tercet-to-kernels | FileCheck %s --check-prefix=TILES
// RUN: tercet-opt %s --tercet-to-rows=targets=cpu:x86-64-v3 --tercet-to-kernels --tercet-to-plan | FileCheck %s --check-prefix=PLAN

ml_program.global private mutable @conv(dense<0.0> : tensor<3x288xf32>) : tensor<3x288xf32>
ml_program.global private mutable @ssm(dense<0.0> : tensor<8x16x32xf32>) : tensor<8x16x32xf32>

// CHECK: rows.causal_conv ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<?x288xf32>, tensor<288x4xf32>, tensor<288xf32>) outs(%{{.*}}, %{{.*}} : tensor<?x288xf32>, tensor<3x288xf32>) -> tensor<?x288xf32>, tensor<3x288xf32>
// CHECK: rows.scan chunk(128) min_step(5.000000e-01) ins(

// Columns are read where they are, by a view in the kernel; the state is its result.
// ROWS: func.func @step
// ROWS: %[[MIXED:.*]]:2 = rows.dispatch @kernels::@[[CONV:causal_conv_.*]](%arg0, %arg1, %arg2, %{{.*}}, %{{.*}}) : (tensor<?x296xf32>, {{.*}}, tensor<3x288xf32>, index)
// ROWS: %[[Y:.*]]:2 = rows.dispatch @kernels::@[[SCAN:scan_.*]](%[[MIXED]]#0, %arg0, %arg3, %{{.*}}, %{{.*}}) : (tensor<?x288xf32>, tensor<?x296xf32>, tensor<8xf32>, tensor<8x16x32xf32>, index)
// ROWS-NOT: tensor.extract_slice
// ROWS: func.func @[[CONV]]
// ROWS-SAME: tensor<3x288xf32> {tercet.dims = array<i64: -1, -1>, tercet.tied = 3 : i64}
// ROWS: tensor.extract_slice %{{.*}}[0, 0] [%{{.*}}, 288]
// ROWS: func.func @[[SCAN]]
// ROWS-SAME: tensor<8x16x32xf32> {tercet.dims = array<i64: -1, -1, -1>, tercet.tied = 3 : i64}
// ROWS-COUNT-4: tensor.extract_slice

// A tile has heads of one group, all of their steps and that group.
// TILES-DAG: #[[TWO:.*]] = affine_map<(d0) -> (2)>
// TILES-DAG: #[[GROUP:.*]] = affine_map<(d0) -> (d0 floordiv 4)>
// TILES: func.func @causal_conv{{.*}}tercet.grid = #[[TWO]]
// TILES: scf.forall (%{{.*}}) = (0) to (288) step (256)
// TILES-NOT: memref.alloc
// TILES-NOT: memref.copy
// TILES: func.func @scan{{.*}}tercet.grid = #[[TWO]]
// TILES: scf.forall (%[[H:.*]]) = (0) to (8) step (4)
// TILES: affine.apply #[[GROUP]](%[[H]])
// TILES: rows.scan
// TILES-NOT: memref.alloc
// TILES-NOT: memref.copy

// PLAN: plan.program @step
// PLAN-NOT: plan.copy
// PLAN: plan.program @pure
func.func @step(%x: tensor<?x296xf32> {tercet.bound = [16, 0]}, %w: tensor<288x4xf32>, %bias: tensor<288xf32>, %h: tensor<8xf32>) -> tensor<?x8x16xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x296xf32>
  %s0 = ml_program.global_load @conv : tensor<3x288xf32>
  %xbc = tensor.extract_slice %x[0, 0] [%m, 288] [1, 1] : tensor<?x296xf32> to tensor<?x288xf32>
  %init = tensor.empty(%m) : tensor<?x288xf32>
  %y, %s1 = rows.causal_conv ins(%xbc, %w, %bias : tensor<?x288xf32>, tensor<288x4xf32>, tensor<288xf32>)
      outs(%init, %s0 : tensor<?x288xf32>, tensor<3x288xf32>) -> tensor<?x288xf32>, tensor<3x288xf32>
  ml_program.global_store @conv = %s1 : tensor<3x288xf32>
  %u = tensor.extract_slice %y[0, 0] [%m, 128] [1, 1] : tensor<?x288xf32> to tensor<?x128xf32>
  %us = tensor.expand_shape %u [[0], [1, 2]] output_shape [%m, 8, 16] : tensor<?x128xf32> into tensor<?x8x16xf32>
  %b = tensor.extract_slice %y[0, 128] [%m, 64] [1, 1] : tensor<?x288xf32> to tensor<?x64xf32>
  %bs = tensor.expand_shape %b [[0], [1, 2]] output_shape [%m, 2, 32] : tensor<?x64xf32> into tensor<?x2x32xf32>
  %c = tensor.extract_slice %y[0, 192] [%m, 64] [1, 1] : tensor<?x288xf32> to tensor<?x64xf32>
  %cs = tensor.expand_shape %c [[0], [1, 2]] output_shape [%m, 2, 32] : tensor<?x64xf32> into tensor<?x2x32xf32>
  %dt = tensor.extract_slice %x[0, 288] [%m, 8] [1, 1] : tensor<?x296xf32> to tensor<?x8xf32>
  %t0 = ml_program.global_load @ssm : tensor<8x16x32xf32>
  %out = tensor.empty(%m) : tensor<?x8x16xf32>
  %z, %t1 = rows.scan chunk(128) min_step(0.5) ins(%us, %dt, %bs, %cs, %h, %h, %h : tensor<?x8x16xf32>, tensor<?x8xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>)
      outs(%out, %t0 : tensor<?x8x16xf32>, tensor<8x16x32xf32>) -> tensor<?x8x16xf32>, tensor<8x16x32xf32>
  ml_program.global_store @ssm = %t1 : tensor<8x16x32xf32>
  return %z : tensor<?x8x16xf32>
}

// A state that is an input is not changed: the plan copies it.
// PLAN: plan.copy
func.func @pure(%x: tensor<1x288xf32>, %w: tensor<288x4xf32>, %bias: tensor<288xf32>, %s0: tensor<3x288xf32>) -> (tensor<1x288xf32>, tensor<3x288xf32>) {
  %init = tensor.empty() : tensor<1x288xf32>
  %y, %s1 = rows.causal_conv ins(%x, %w, %bias : tensor<1x288xf32>, tensor<288x4xf32>, tensor<288xf32>)
      outs(%init, %s0 : tensor<1x288xf32>, tensor<3x288xf32>) -> tensor<1x288xf32>, tensor<3x288xf32>
  return %y, %s1 : tensor<1x288xf32>, tensor<3x288xf32>
}

// One that begins with a constant makes its part of it in each tile.
// PLAN: plan.program @zero
// PLAN-NOT: plan.copy
func.func @zero(%x: tensor<1x288xf32>, %w: tensor<288x4xf32>, %bias: tensor<288xf32>) -> (tensor<1x288xf32>, tensor<3x288xf32>) {
  %s0 = arith.constant dense<0.0> : tensor<3x288xf32>
  %init = tensor.empty() : tensor<1x288xf32>
  %y, %s1 = rows.causal_conv ins(%x, %w, %bias : tensor<1x288xf32>, tensor<288x4xf32>, tensor<288xf32>)
      outs(%init, %s0 : tensor<1x288xf32>, tensor<3x288xf32>) -> tensor<1x288xf32>, tensor<3x288xf32>
  return %y, %s1 : tensor<1x288xf32>, tensor<3x288xf32>
}
