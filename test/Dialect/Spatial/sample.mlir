// A sampler: round trip, its steps with the sizes of their stages, and kernels
// that the steps of a stage share.
// RUN: tercet-opt %s | tercet-opt | FileCheck %s
// RUN: tercet-opt %s --spatial-lower-sample --spatial-refine-sizes | FileCheck %s --check-prefix=STEPS
// RUN: tercet-opt %s --tercet-to-rows=targets=cpu:x86-64-v3 | FileCheck %s --check-prefix=KERNELS

// CHECK-LABEL: @sample
// CHECK: spatial.sample %{{.*}} grid<1, 8, 8> stages {{\[\[}}2, 20], [3, 64]] sigmas [1.000000e+00, 8.000000e-01, 5.000000e-01, 4.000000e-01, 2.000000e-01, 0.000000e+00] seed(7) blend [0.333333343] : tensor<64x4xf32> {
// CHECK: spatial.yield %{{.*}} : tensor<?x4xf32>

// STEPS-LABEL: @sample
// STEPS-NOT: tensor<?
// STEPS: arith.subf %{{.*}}, %{{.*}} : tensor<20x4xf32>
// STEPS-NOT: tensor<?
// STEPS: arith.subf %{{.*}}, %{{.*}} : tensor<20x4xf32>
// STEPS: spatial.densify
// STEPS-COUNT-1: spatial.micro_flow {{.*}} sigma(5.000000e-01) weight(0.333333343)
// STEPS: arith.subf %{{.*}}, %{{.*}} : tensor<64x4xf32>
// STEPS-NOT: spatial.lift
// STEPS-COUNT-2: arith.subf %{{.*}}, %{{.*}} : tensor<64x4xf32>
// STEPS-NOT: arith.subf

// The steps of a stage share the kernel that interpolates along an axis; the other axis, the
// scatter and Euler's step are one pass, which gives the next latent.
// KERNELS-LABEL: func.func @sample
// KERNELS: %[[MODEL:.*]] = rows.dispatch {{.*}} : (tensor<20x4xf32>, tensor<64x4xf32>) -> tensor<20x4xf32>
// KERNELS-NEXT: %[[ROWS:.*]] = rows.dispatch @kernels::@[[ALONG:generic_64x4_[0-9a-f]+]](%[[MODEL]])
// KERNELS-NEXT: %[[NEXT:.*]] = rows.dispatch @kernels::@generic_64x4_{{[0-9a-f]+}}(%arg0, %[[ROWS]], %[[MODEL]], %{{.*}})
// KERNELS: rows.dispatch @kernels::@generic_20x4_{{[0-9a-f]+}}(%[[NEXT]])
// KERNELS-NEXT: %[[MODEL:.*]] = rows.dispatch {{.*}} -> tensor<20x4xf32>
// KERNELS-NEXT: rows.dispatch @kernels::@[[ALONG]](%[[MODEL]])
// KERNELS: rows.dispatch @kernels::@[[ALONG]](
// KERNELS: rows.dispatch @kernels::@select_44
// KERNELS-NOT: @[[ALONG]]
// KERNELS: return
func.func @sample(%noise: tensor<64x4xf32>, %c: tensor<64x4xf32>) -> tensor<64x4xf32> {
  %r = spatial.sample %noise grid<1, 8, 8> stages [[2, 20], [3, 64]]
      sigmas [1.0, 0.8, 0.5, 0.4, 0.2, 0.0] seed(7) blend [0.33333334] : tensor<64x4xf32> {
  ^bb0(%rows: tensor<?x4xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    %cs = spatial.gather %c, %index : tensor<64x4xf32>, tensor<?xi32> -> tensor<?x4xf32>
    %v = arith.subf %cs, %rows : tensor<?x4xf32>
    spatial.yield %v : tensor<?x4xf32>
  }
  return %r : tensor<64x4xf32>
}
