// A tiled reduction would make a workgroup's result depend on the partition.
// RUN: tercet-opt %s --tile-kernels --verify-diagnostics

module attributes {tercet.target = "cpu:x86-64-v3"} {
  module @kernels {
    func.func @sum(%x: tensor<8x64xf32>, %init: tensor<8xf32>) -> tensor<8xf32> {
      // expected-error@+1 {{tile_sizes may only tile parallel loops, got 16 for a reduction loop}}
      %y = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>],
                           iterator_types = ["parallel", "reduction"], config = {tile_sizes = array<i64: 4, 16>}}
          ins(%x : tensor<8x64xf32>) outs(%init : tensor<8xf32>) {
      ^bb0(%in: f32, %acc: f32):
        %0 = arith.addf %acc, %in : f32
        linalg.yield %0 : f32
      } -> tensor<8xf32>
      return %y : tensor<8xf32>
    }
  }
}
