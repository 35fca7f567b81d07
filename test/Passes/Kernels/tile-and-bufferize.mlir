// From a kernel over tensors to tiles over memrefs, written in place: no buffer is
// allocated and nothing is copied.
// RUN: tercet-opt %s --tile-kernels | FileCheck %s --check-prefix=TILE
// RUN: tercet-opt %s --tile-kernels --canonicalize --cse --bufferize-kernels | FileCheck %s

module attributes {tercet.target = "cpu:x86-64-v3"} {
  module @kernels {
    // TILE-LABEL: @matmul
    // TILE: scf.forall (%[[R:.*]], %[[N:.*]]) = (0, 0) to (%{{.*}}, 256) step (64, 32)
    // TILE: tensor.extract_slice {{.*}} : tensor<16x256xi8> to tensor<2x256xi8>
    // TILE: rows.matmul {{.*}}config = {engine = "avx2"

    // CHECK-LABEL: @matmul
    // CHECK-SAME: %[[X:.*]]: memref<?x64xi8> {tercet.access = 1 : i64, tercet.dims = array<i64: 0, -1>}
    // CHECK-SAME: %[[Y:[a-z0-9]*]]: memref<?x256xf32> {tercet.access = 2 : i64, tercet.dims = array<i64: 0, -1>}, %[[M:.*]]: index)
    // CHECK-SAME: tercet.grid = #[[GRID:map[0-9]*]]
    // CHECK-NOT: memref.alloc
    // CHECK-NOT: memref.copy
    // CHECK: scf.forall
    // CHECK: memref.subview %[[Y]]
    // CHECK: rows.matmul
    func.func @matmul(%x: tensor<?x64xi8> {tercet.dims = array<i64: 0, -1>}, %s: tensor<?xi32> {tercet.dims = array<i64: 0>},
                      %w: tensor<16x256xi8> {tercet.dims = array<i64: -1, -1>}, %a: tensor<?xf32> {tercet.dims = array<i64: 0>},
                      %m: index) -> (tensor<?x256xf32> {tercet.dims = array<i64: 0, -1>}) {
      %init = tensor.empty(%m) : tensor<?x256xf32>
      %y = rows.matmul <i2> k(64) {config = {engine = "avx2", row_block = 4, tile_sizes = array<i64: 64, 32>}}
          ins(%x, %s, %w : tensor<?x64xi8>, tensor<?xi32>, tensor<16x256xi8>)
          epilogue(%a : tensor<?xf32>) maps [affine_map<(r, n) -> (r)>]
          outs(%init : tensor<?x256xf32>) -> tensor<?x256xf32> {
      ^bb0(%acc: i32, %scale: f32):
        %0 = arith.sitofp %acc : i32 to f32
        %1 = arith.mulf %0, %scale : f32
        rows.yield %1 : f32
      }
      return %y : tensor<?x256xf32>
    }

    // A reduction keeps its loop whole and takes its fill along.
    // TILE-LABEL: @sum
    // TILE: scf.forall
    // TILE: linalg.fill
    // TILE: linalg.generic
    // CHECK-LABEL: @sum
    // CHECK-NOT: memref.alloc
    // CHECK: scf.forall
    func.func @sum(%x: tensor<?x64xf32> {tercet.dims = array<i64: 0, -1>}, %m: index) -> (tensor<?xf32> {tercet.dims = array<i64: 0>}) {
      %zero = arith.constant 0.0 : f32
      %e = tensor.empty(%m) : tensor<?xf32>
      %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
      %y = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>],
                           iterator_types = ["parallel", "reduction"]}
          ins(%x : tensor<?x64xf32>) outs(%z : tensor<?xf32>) {
      ^bb0(%in: f32, %acc: f32):
        %0 = arith.addf %acc, %in : f32
        linalg.yield %0 : f32
      } -> tensor<?xf32>
      return %y : tensor<?xf32>
    }
  }
}
