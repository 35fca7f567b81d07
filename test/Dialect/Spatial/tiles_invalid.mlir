// RUN: tercet-opt %s -split-input-file -verify-diagnostics

func.func @SPATIAL_B1() {
  // expected-error @below {{SPATIAL-B1: gives the places and ranks of 8 tokens, got 'tensor<7xi32>'}}
  %a, %b, %c = spatial.tile_order raster grid(#spatial.grid<1, 2, 4>) block(4) : tensor<8xi32>, tensor<7xi32>, tensor<3xi32>
  return
}

// -----
func.func @SPATIAL_B2_box() {
  // expected-error @below {{SPATIAL-B2: box takes a grid with a tile}}
  %a, %b, %c = spatial.tile_order box grid(#spatial.grid<1, 2, 4>) : tensor<8xi32>, tensor<8xi32>, tensor<3xi32>
  return
}

// -----
func.func @SPATIAL_B2_block() {
  // expected-error @below {{SPATIAL-B2: hilbert takes a block from 1 to 8 tokens}}
  %a, %b, %c = spatial.tile_order hilbert grid(#spatial.grid<1, 2, 4>) block(9) : tensor<8xi32>, tensor<8xi32>, tensor<2xi32>
  return
}

// -----
func.func @SPATIAL_B2_none() {
  // expected-error @below {{SPATIAL-B2: raster takes a block from 1 to 8 tokens}}
  %a, %b, %c = spatial.tile_order raster grid(#spatial.grid<1, 2, 4>) : tensor<8xi32>, tensor<8xi32>, tensor<2xi32>
  return
}

// -----
func.func @SPATIAL_B3() {
  // expected-error @below {{SPATIAL-B3: offsets of 2 blocks are one more, got 'tensor<2xi32>'}}
  %a, %b, %c = spatial.tile_order raster grid(#spatial.grid<1, 2, 4>) block(4) : tensor<8xi32>, tensor<8xi32>, tensor<2xi32>
  return
}

// -----
func.func @SPATIAL_B4(%x: tensor<8x2x4xf32>, %o: tensor<2xi32>) {
  // expected-error @below {{SPATIAL-B4: takes [N, H, d] and [nb + 1] and gives [nb, H, d]}}
  %m = spatial.block_mean %x, %o : tensor<8x2x4xf32>, tensor<2xi32> -> tensor<2x2x4xf32>
  return
}

// -----
func.func @SPATIAL_B5(%x: tensor<2x2x4xf32>, %o: tensor<3xi32>) {
  // expected-error @below {{SPATIAL-B5: takes [nb, H, d] and [nb + 1] and gives [N, H, d]}}
  %m = spatial.block_spread %x, %o : tensor<2x2x4xf32>, tensor<3xi32> -> tensor<8x2x5xf32>
  return
}

// -----
func.func @SPATIAL_B6() {
  // expected-error @below {{SPATIAL-B6: gives [1, nq, nk], static, got 'tensor<2x3x3xi8>'}}
  %m = spatial.block_mask dense : tensor<2x3x3xi8>
  return
}

// -----
func.func @SPATIAL_B7() {
  // expected-error @below {{SPATIAL-B7: a reach of 0 or more goes with window}}
  %m = spatial.block_mask window : tensor<1x3x3xi8>
  return
}

// -----
func.func @SPATIAL_B7_other() {
  // expected-error @below {{SPATIAL-B7: a reach of 0 or more goes with window, and with nothing else}}
  %m = spatial.block_mask dense reach(1) : tensor<1x3x3xi8>
  return
}

// -----
func.func @SPATIAL_B8() {
  // expected-error @below {{SPATIAL-B8: a grid, a block and a decay go with radial}}
  %m = spatial.block_mask radial grid(#spatial.grid<4, 2, 2>) block(2) : tensor<1x8x8xi8>
  return
}

// -----
func.func @SPATIAL_B8_positive() {
  // expected-error @below {{SPATIAL-B8: the block and the decay are positive}}
  %m = spatial.block_mask radial grid(#spatial.grid<4, 2, 2>) block(2) decay(0.0) : tensor<1x8x8xi8>
  return
}

// -----
func.func @SPATIAL_B8_blocks() {
  // expected-error @below {{SPATIAL-B8: the grid has 8 blocks, got 'tensor<1x8x7xi8>'}}
  %m = spatial.block_mask radial grid(#spatial.grid<4, 2, 2>) block(2) decay(1.0) : tensor<1x8x7xi8>
  return
}

// -----
func.func @SPATIAL_B9(%q: tensor<3x4x8xf32>, %k: tensor<5x2x8xf32>) {
  // expected-error @below {{SPATIAL-B9: takes [nq, H, d], [nk, Hk, d] with H a multiple of Hk}}
  %m = spatial.block_select %q, %k scale(1.0) top_k(1) : tensor<3x4x8xf32>, tensor<5x2x8xf32> -> tensor<2x3x5xi8>
  return
}

// -----
func.func @SPATIAL_B9_sizes(%q: tensor<3x4x8xf32>, %k: tensor<5x2x8xf32>, %o: tensor<5xi32>) {
  // expected-error @below {{SPATIAL-B9: takes [nq, H, d], [nk, Hk, d]}}
  %m = spatial.block_select %q, %k sizes(%o : tensor<5xi32>) scale(1.0) top_k(1) : tensor<3x4x8xf32>, tensor<5x2x8xf32> -> tensor<4x3x5xi8>
  return
}

// -----
func.func @SPATIAL_B10(%q: tensor<3x4x8xf32>, %k: tensor<5x2x8xf32>) {
  // expected-error @below {{SPATIAL-B10: the scale must be finite}}
  %m = spatial.block_select %q, %k scale(0x7F800000) top_k(1) : tensor<3x4x8xf32>, tensor<5x2x8xf32> -> tensor<4x3x5xi8>
  return
}

// -----
func.func @SPATIAL_B11(%q: tensor<3x4x8xf32>, %k: tensor<5x2x8xf32>) {
  // expected-error @below {{SPATIAL-B11: needs top_k or top_p}}
  %m = spatial.block_select %q, %k scale(1.0) : tensor<3x4x8xf32>, tensor<5x2x8xf32> -> tensor<4x3x5xi8>
  return
}

// -----
func.func @SPATIAL_B11_k(%q: tensor<3x4x8xf32>, %k: tensor<5x2x8xf32>) {
  // expected-error @below {{SPATIAL-B11: top_k is from 1 to 5}}
  %m = spatial.block_select %q, %k scale(1.0) top_k(6) : tensor<3x4x8xf32>, tensor<5x2x8xf32> -> tensor<4x3x5xi8>
  return
}

// -----
func.func @SPATIAL_B11_p(%q: tensor<3x4x8xf32>, %k: tensor<5x2x8xf32>) {
  // expected-error @below {{SPATIAL-B11: top_p is above 0 and at most 1}}
  %m = spatial.block_select %q, %k scale(1.0) top_p(1.5) : tensor<3x4x8xf32>, tensor<5x2x8xf32> -> tensor<4x3x5xi8>
  return
}

// -----
func.func @SPATIAL_B12(%q: tensor<3x4x8xf32>, %k: tensor<5x2x8xf32>) {
  // expected-error @below {{SPATIAL-B12: minimum, sinks and neighbours are from 0 to 5}}
  %m = spatial.block_select %q, %k scale(1.0) top_k(1) sinks(6) : tensor<3x4x8xf32>, tensor<5x2x8xf32> -> tensor<4x3x5xi8>
  return
}

// -----
func.func @SPATIAL_B13(%q: tensor<8x4x8xf32>, %k: tensor<9x2x8xf32>) {
  // expected-error @below {{SPATIAL-B13: takes [N, H, d], [S, Hk, d] and [S, Hk, dv]}}
  %y, %l = spatial.block_attention %q, %k, %k scale(1.0) : tensor<8x4x8xf32>, tensor<9x2x8xf32>, tensor<9x2x8xf32> -> tensor<8x4x8xf32>, tensor<8x2xf32>
  return
}

// -----
func.func @SPATIAL_B13_heads(%q: tensor<8x4x8xf32>, %k: tensor<9x3x8xf32>) {
  // expected-error @below {{SPATIAL-B13: takes [N, H, d], [S, Hk, d] and [S, Hk, dv]}}
  %y, %l = spatial.block_attention %q, %k, %k scale(1.0) : tensor<8x4x8xf32>, tensor<9x3x8xf32>, tensor<9x3x8xf32> -> tensor<8x4x8xf32>, tensor<8x4xf32>
  return
}

// -----
func.func @SPATIAL_B14(%q: tensor<8x4x8xf32>, %k: tensor<9x2x8xf32>) {
  // expected-error @below {{SPATIAL-B14: the scale must be finite}}
  %y, %l = spatial.block_attention %q, %k, %k scale(0x7FC00000) : tensor<8x4x8xf32>, tensor<9x2x8xf32>, tensor<9x2x8xf32> -> tensor<8x4x8xf32>, tensor<8x4xf32>
  return
}

// -----
func.func @SPATIAL_B15_heads(%q: tensor<8x4x8xf32>, %k: tensor<9x2x8xf32>, %m: tensor<3x2x3xi8>, %a: tensor<3xi32>, %b: tensor<4xi32>) {
  // expected-error @below {{SPATIAL-B15: a mask is [Hm, nq, nk] with Hm 1 or a multiple of 2 that divides 4, got 'tensor<3x2x3xi8>'}}
  %y, %l = spatial.block_attention %q, %k, %k mask(%m, %a, %b : tensor<3x2x3xi8>, tensor<3xi32>, tensor<4xi32>) scale(1.0) : tensor<8x4x8xf32>, tensor<9x2x8xf32>, tensor<9x2x8xf32> -> tensor<8x4x8xf32>, tensor<8x4xf32>
  return
}

// -----
func.func @SPATIAL_B15_offsets(%q: tensor<8x4x8xf32>, %k: tensor<9x2x8xf32>, %m: tensor<2x2x3xi8>, %a: tensor<3xi32>) {
  // expected-error @below {{SPATIAL-B15: blocks of 'tensor<2x2x3xi8>' have offsets [3] and [4], got 'tensor<3xi32>' and 'tensor<3xi32>'}}
  %y, %l = spatial.block_attention %q, %k, %k mask(%m, %a, %a : tensor<2x2x3xi8>, tensor<3xi32>, tensor<3xi32>) scale(1.0) : tensor<8x4x8xf32>, tensor<9x2x8xf32>, tensor<9x2x8xf32> -> tensor<8x4x8xf32>, tensor<8x4xf32>
  return
}

// -----
func.func @SPATIAL_B16(%ids: tensor<8xi32>) {
  // expected-error @below {{SPATIAL-B16: takes [N] and gives [N], [N] and [K + 1], all static, got 'tensor<8xi32>', 'tensor<8xi32>', 'tensor<7xi32>' and 'tensor<4xi32>'}}
  %p, %r, %o = spatial.block_order %ids : tensor<8xi32> -> tensor<8xi32>, tensor<7xi32>, tensor<4xi32>
  return
}
