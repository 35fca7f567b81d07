// What a target chooses shows in the IR, and what the user has set stays.
// RUN: tercet-opt %s --split-input-file --tile-kernels | FileCheck %s

module attributes {tercet.target = "cpu:x86-64-v4+avx512vbmi+avx512vnni"} {
  module @kernels {
    // CHECK-LABEL: @chosen
    // CHECK: scf.forall (%{{.*}}, %{{.*}}) = (0, 0) to (%{{.*}}, 4096) step (64, 128)
    // CHECK: config = {engine = "avx512vnni+vbmi", prefetch = 2048 : i64, row_block = 16 : i64, tile_sizes = array<i64: 64, 128>}
    func.func @chosen(%x: tensor<?x64xi8> {tercet.dims = array<i64: 0, -1>}, %s: tensor<?xi32> {tercet.dims = array<i64: 0>},
                      %w: tensor<256x256xi8>, %m: index) -> (tensor<?x4096xi32> {tercet.dims = array<i64: 0, -1>}) {
      %init = tensor.empty(%m) : tensor<?x4096xi32>
      %y = rows.matmul <i2> k(64) ins(%x, %s, %w : tensor<?x64xi8>, tensor<?xi32>, tensor<256x256xi8>)
          maps [] outs(%init : tensor<?x4096xi32>) -> tensor<?x4096xi32> {
      ^bb0(%acc: i32):
        rows.yield %acc : i32
      }
      return %y : tensor<?x4096xi32>
    }

    // CHECK-LABEL: @given
    // CHECK: scf.forall (%{{.*}}, %{{.*}}) = (0, 0) to (%{{.*}}, 4096) step (8, 32)
    // CHECK: config = {engine = "avx2", prefetch = 2048 : i64, row_block = 16 : i64, tile_sizes = array<i64: 8, 32>}
    func.func @given(%x: tensor<?x64xi8> {tercet.dims = array<i64: 0, -1>}, %s: tensor<?xi32> {tercet.dims = array<i64: 0>},
                     %w: tensor<256x256xi8>, %m: index) -> (tensor<?x4096xi32> {tercet.dims = array<i64: 0, -1>}) {
      %init = tensor.empty(%m) : tensor<?x4096xi32>
      %y = rows.matmul <i2> k(64) {config = {engine = "avx2", tile_sizes = array<i64: 8, 32>}}
          ins(%x, %s, %w : tensor<?x64xi8>, tensor<?xi32>, tensor<256x256xi8>)
          maps [] outs(%init : tensor<?x4096xi32>) -> tensor<?x4096xi32> {
      ^bb0(%acc: i32):
        rows.yield %acc : i32
      }
      return %y : tensor<?x4096xi32>
    }
  }
}
