// RUN: tercet-opt %s | tercet-opt | FileCheck %s
// RUN: tercet-opt %s --canonicalize | FileCheck %s --check-prefix=FOLD
// RUN: tercet-opt %s --decompose-spatial | FileCheck %s --check-prefix=LINALG
// RUN: tercet-opt %s --decompose-spatial --decompose-block-attention | FileCheck %s --check-prefix=ROWS
// RUN: tercet-opt %s --tercet-to-reference | FileCheck %s --check-prefix=REFERENCE
// REFERENCE-NOT: spatial.

// CHECK-LABEL: @orders
// CHECK: spatial.tile_order raster grid(<1, 2, 4>) block(3) : tensor<8xi32>, tensor<8xi32>, tensor<4xi32>
// CHECK: spatial.tile_order box grid(<1, 2, 4, tile = [1, 2, 3]>) : tensor<8xi32>, tensor<8xi32>, tensor<3xi32>
// CHECK: spatial.tile_order hilbert grid(<1, 2, 4>) block(4) : tensor<8xi32>, tensor<8xi32>, tensor<3xi32>
// FOLD-LABEL: @orders
// FOLD-DAG: arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7]> : tensor<8xi32>
// FOLD-DAG: arith.constant dense<[0, 1, 2, 4, 5, 6, 3, 7]> : tensor<8xi32>
// FOLD-DAG: arith.constant dense<[0, 6, 8]> : tensor<3xi32>
// FOLD-DAG: arith.constant dense<[0, 4, 5, 1, 2, 6, 7, 3]> : tensor<8xi32>
// FOLD-NOT: spatial.
// FOLD: return
// LINALG-LABEL: @orders
// LINALG-NOT: spatial.
// LINALG: return
func.func @orders() -> (tensor<8xi32>, tensor<8xi32>, tensor<3xi32>, tensor<8xi32>) {
  %a, %ra, %oa = spatial.tile_order raster grid(#spatial.grid<1, 2, 4>) block(3) : tensor<8xi32>, tensor<8xi32>, tensor<4xi32>
  %b, %rb, %ob = spatial.tile_order box grid(#spatial.grid<1, 2, 4, tile = [1, 2, 3]>) : tensor<8xi32>, tensor<8xi32>, tensor<3xi32>
  %c, %rc, %oc = spatial.tile_order hilbert grid(#spatial.grid<1, 2, 4>) block(4) : tensor<8xi32>, tensor<8xi32>, tensor<3xi32>
  return %ra, %b, %ob, %c : tensor<8xi32>, tensor<8xi32>, tensor<3xi32>, tensor<8xi32>
}

// CHECK-LABEL: @masks
// CHECK: spatial.block_mask window reach(1) : tensor<1x3x3xi8>
// CHECK: spatial.block_mask radial grid(<4, 2, 2>) block(2) decay(5.000000e-01) : tensor<1x8x8xi8>
// FOLD-LABEL: @masks
// FOLD: arith.constant dense<{{\[\[}}[1, 1, 0], [1, 1, 1], [0, 1, 1]]]> : tensor<1x3x3xi8>
// FOLD-NOT: spatial.
// FOLD: return
func.func @masks() -> (tensor<1x3x3xi8>, tensor<1x8x8xi8>) {
  %a = spatial.block_mask window reach(1) : tensor<1x3x3xi8>
  %b = spatial.block_mask radial grid(#spatial.grid<4, 2, 2>) block(2) decay(0.5) : tensor<1x8x8xi8>
  return %a, %b : tensor<1x3x3xi8>, tensor<1x8x8xi8>
}

// Offsets of equal blocks become a size; the last block of 40 tokens is smaller. Of
// constant offsets the largest block says how far a mean goes.
// CHECK-LABEL: @chosen
// CHECK: spatial.block_mean %{{.*}}, %{{.*}} : tensor<40x4x8xf32>, tensor<4xi32> -> tensor<3x4x8xf32>
// CHECK: spatial.block_select %{{.*}}, %{{.*}} sizes(%{{.*}} : tensor<4xi32>) scale(2.500000e-01) top_k(1) top_p(5.000000e-01) minimum(1) sinks(1) neighbours(0) : tensor<3x4x8xf32>, tensor<3x4x8xf32> -> tensor<4x3x3xi8>
// CHECK: spatial.block_attention %{{.*}}, %{{.*}}, %{{.*}} mask(%{{.*}}, %{{.*}}, %{{.*}} : tensor<4x3x3xi8>, tensor<4xi32>, tensor<4xi32>) scale(2.500000e-01) : tensor<40x4x8xf32>, tensor<40x4x8xf32>, tensor<40x4x8xf32> -> tensor<40x4x8xf32>, tensor<40x4xf32>
// CHECK: spatial.block_spread
// LINALG-LABEL: @chosen
// LINALG: arith.constant dense<0> : tensor<16xi8>
// LINALG-NOT: spatial.block_{{mean|select|spread}}
// ROWS-LABEL: @chosen
// ROWS: rows.attention scale(2.500000e-01) ins({{.*}}) length(%{{.*}}) blocks(%{{.*}} : tensor<4x3x3xi8>) block_size([16, 16]) outs(%{{.*}} : tensor<40x4x8xf32>) -> tensor<40x4x8xf32>
func.func @chosen(%q: tensor<40x4x8xf32>) -> (tensor<40x4x8xf32>, tensor<40x4x8xf32>) {
  %places, %ranks, %o = spatial.tile_order hilbert grid(#spatial.grid<2, 4, 5>) block(16) : tensor<40xi32>, tensor<40xi32>, tensor<4xi32>
  %m = spatial.block_mean %q, %o : tensor<40x4x8xf32>, tensor<4xi32> -> tensor<3x4x8xf32>
  %mask = spatial.block_select %m, %m sizes(%o : tensor<4xi32>) scale(0.25) top_k(1) top_p(0.5) minimum(1) sinks(1) neighbours(0) : tensor<3x4x8xf32>, tensor<3x4x8xf32> -> tensor<4x3x3xi8>
  %y, %lse = spatial.block_attention %q, %q, %q mask(%mask, %o, %o : tensor<4x3x3xi8>, tensor<4xi32>, tensor<4xi32>) scale(0.25) : tensor<40x4x8xf32>, tensor<40x4x8xf32>, tensor<40x4x8xf32> -> tensor<40x4x8xf32>, tensor<40x4xf32>
  %s = spatial.block_spread %m, %o : tensor<3x4x8xf32>, tensor<4xi32> -> tensor<40x4x8xf32>
  return %y, %s : tensor<40x4x8xf32>, tensor<40x4x8xf32>
}

// CHECK-LABEL: @sorted
// CHECK: spatial.block_order %{{.*}} : tensor<8xi32> -> tensor<8xi32>, tensor<8xi32>, tensor<4xi32>
// ROWS-LABEL: @sorted
// ROWS: %[[S:.*]]:3 = rows.group ins(%{{.*}} : tensor<8xi32>) outs(%{{.*}} : tensor<4xi32>, tensor<8xi32>, tensor<8xi32>)
// ROWS: return %[[S]]#1, %[[S]]#2, %[[S]]#0
func.func @sorted(%ids: tensor<8xi32>) -> (tensor<8xi32>, tensor<8xi32>, tensor<4xi32>) {
  %p, %r, %o = spatial.block_order %ids : tensor<8xi32> -> tensor<8xi32>, tensor<8xi32>, tensor<4xi32>
  return %p, %r, %o : tensor<8xi32>, tensor<8xi32>, tensor<4xi32>
}

// ROWS-LABEL: @data
// ROWS: rows.attention causal scale(1.000000e+00) ins({{.*}}) length(%{{.*}}) blocks(%{{.*}} : tensor<1x2x3xi8>) offsets(%{{.*}}, %{{.*}} : tensor<3xi32>, tensor<4xi32>) outs(%{{.*}}) lse(%{{.*}} : tensor<8x2xf32>) -> tensor<8x2x4xf32>, tensor<8x2xf32>
// ROWS: rows.attention scale(1.000000e+00) ins({{.*}}) length(%{{[^)]*}}) outs(
func.func @data(%q: tensor<8x2x4xf32>, %k: tensor<9x1x4xf32>, %mask: tensor<1x2x3xi8>, %qo: tensor<3xi32>, %ko: tensor<4xi32>) -> (tensor<8x2x4xf32>, tensor<8x2xf32>, tensor<8x2x4xf32>) {
  %y, %lse = spatial.block_attention causal %q, %k, %k mask(%mask, %qo, %ko : tensor<1x2x3xi8>, tensor<3xi32>, tensor<4xi32>) scale(1.0) : tensor<8x2x4xf32>, tensor<9x1x4xf32>, tensor<9x1x4xf32> -> tensor<8x2x4xf32>, tensor<8x2xf32>
  %d, %unused = spatial.block_attention %q, %k, %k scale(1.0) : tensor<8x2x4xf32>, tensor<9x1x4xf32>, tensor<9x1x4xf32> -> tensor<8x2x4xf32>, tensor<8x2xf32>
  return %y, %lse, %d : tensor<8x2x4xf32>, tensor<8x2xf32>, tensor<8x2x4xf32>
}
