// The published presets (arXiv 2603.10744) for 64 x 64 tokens: ratios 0.35, 0.62, 1
// of 18 steps and 0.32, 0.60, 1 of 11, cut at 0.4 and 0.65 of the steps. As many
// copies of the model as steps, each with the tokens of its stage.
// RUN: tercet-opt %s --spatial-lower-sample --spatial-refine-sizes | FileCheck %s

// CHECK-LABEL: @four
// CHECK-COUNT-7: math.tanh %{{.*}} : tensor<1433x4xf32>
// CHECK: spatial.densify {{.*}} -> tensor<2539xi32>, tensor<1106xi32>
// CHECK-COUNT-4: math.tanh %{{.*}} : tensor<2539x4xf32>
// CHECK: spatial.densify {{.*}} -> tensor<4096xi32>, tensor<1557xi32>
// CHECK-COUNT-7: math.tanh %{{.*}} : tensor<4096x4xf32>
// CHECK-NOT: math.tanh
func.func @four(%noise: tensor<4096x4xf32>) -> tensor<4096x4xf32> {
  %r = spatial.sample %noise grid<1, 64, 64> stages [[7, 1433], [4, 2539], [7, 4096]]
      sigmas [1.0000, 0.9444, 0.8889, 0.8333, 0.7778, 0.7222, 0.6667, 0.6111, 0.5556, 0.5000, 0.4444, 0.3889, 0.3333, 0.2778, 0.2222, 0.1667, 0.1111, 0.0556, 0.0000]
      seed(7) blend [0.33333334] : tensor<4096x4xf32> {
  ^bb0(%rows: tensor<?x4xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    %v = math.tanh %rows : tensor<?x4xf32>
    spatial.yield %v : tensor<?x4xf32>
  }
  return %r : tensor<4096x4xf32>
}

// CHECK-LABEL: @seven
// CHECK-COUNT-4: math.tanh %{{.*}} : tensor<1310x4xf32>
// CHECK: spatial.densify {{.*}} -> tensor<2457xi32>, tensor<1147xi32>
// CHECK-COUNT-3: math.tanh %{{.*}} : tensor<2457x4xf32>
// CHECK: spatial.densify {{.*}} -> tensor<4096xi32>, tensor<1639xi32>
// CHECK-COUNT-4: math.tanh %{{.*}} : tensor<4096x4xf32>
// CHECK-NOT: math.tanh
func.func @seven(%noise: tensor<4096x4xf32>) -> tensor<4096x4xf32> {
  %r = spatial.sample %noise grid<1, 64, 64> stages [[4, 1310], [3, 2457], [4, 4096]]
      sigmas [1.0000, 0.9091, 0.8182, 0.7273, 0.6364, 0.5455, 0.4545, 0.3636, 0.2727, 0.1818, 0.0909, 0.0000]
      seed(7) blend [0.33333334] : tensor<4096x4xf32> {
  ^bb0(%rows: tensor<?x4xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    %v = math.tanh %rows : tensor<?x4xf32>
    spatial.yield %v : tensor<?x4xf32>
  }
  return %r : tensor<4096x4xf32>
}
