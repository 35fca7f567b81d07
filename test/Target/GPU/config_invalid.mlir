// A workgroup size that a chip cannot have is refused where it is written.
// RUN: not tercet-opt %s --tercet-to-kernels 2>&1 | FileCheck %s
// CHECK: error: {{.*}}config has threads = 48 : i64; a workgroup takes a multiple of 32 up to 1024

module attributes {tercet.target = "cuda:sm_80"} {
  module @kernels {
    func.func @k(%x: tensor<64xf32>) -> tensor<64xf32> {
      %e = tensor.empty() : tensor<64xf32>
      %y = linalg.generic {config = {threads = 48 : i64},
          indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>],
          iterator_types = ["parallel"]} ins(%x : tensor<64xf32>) outs(%e : tensor<64xf32>) {
      ^bb0(%in: f32, %out: f32):
        %0 = arith.mulf %in, %in : f32
        linalg.yield %0 : f32
      } -> tensor<64xf32>
      return %y : tensor<64xf32>
    }
  }
}
