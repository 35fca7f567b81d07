// RUN: tercet-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{SPATIAL-G1: sizes of a grid are positive, got 1 x 0 x 4}}
func.func private @SPATIAL_G1() attributes {grid = #spatial.grid<1, 0, 4>}

// -----
// expected-error @below {{SPATIAL-G1: a grid of 65536 x 65536 x 1 has more than 2^31 - 1 tokens}}
func.func private @SPATIAL_G1_many() attributes {grid = #spatial.grid<65536, 65536, 1>}

// -----
// expected-error @below {{SPATIAL-G2: a tile has three sizes, got 2}}
func.func private @SPATIAL_G2_rank() attributes {grid = #spatial.grid<1, 8, 8, tile = [4, 4]>}

// -----
// expected-error @below {{SPATIAL-G2: size 2 of the tile along axis 0 is not from 1 to 1}}
func.func private @SPATIAL_G2() attributes {grid = #spatial.grid<1, 8, 8, tile = [2, 4, 4]>}

// -----
func.func @SPATIAL_T1(%x: tensor<4x8xf32>, %index: tensor<5xi32>) -> tensor<5x8xf32> {
  // expected-error @below {{SPATIAL-T1: takes [N, d] and [m] and gives [m, d] with m <= N}}
  %rows = spatial.gather %x, %index : tensor<4x8xf32>, tensor<5xi32> -> tensor<5x8xf32>
  return %rows : tensor<5x8xf32>
}

// -----
func.func @SPATIAL_T2(%x: tensor<16x8xf32>, %index: tensor<5xi32>, %rows: tensor<4x8xf32>) -> tensor<16x8xf32> {
  // expected-error @below {{SPATIAL-T2: takes [m, d], [m] and [N, d] with m <= N}}
  %y = spatial.scatter %rows, %index into %x : tensor<4x8xf32>, tensor<5xi32>, tensor<16x8xf32>
  return %y : tensor<16x8xf32>
}

// -----
func.func @SPATIAL_T3() -> tensor<15xi32> {
  // expected-error @below {{SPATIAL-T3: gives [m], a multiple of 2 frames up to 32 tokens, got 'tensor<15xi32>'}}
  %i = spatial.anchors grid<2, 4, 4> pattern(checker_border) seed(0) : tensor<15xi32>
  return %i : tensor<15xi32>
}

// -----
func.func @SPATIAL_T3_stride() -> tensor<16xi32> {
  // expected-error @below {{SPATIAL-T3: the stride is positive, got 0}}
  %i = spatial.anchors grid<2, 4, 4> pattern(stride) stride(0) seed(0) : tensor<16xi32>
  return %i : tensor<16xi32>
}

// -----
func.func @SPATIAL_T4(%i: tensor<5xi32>) -> tensor<15xi32> {
  // expected-error @below {{SPATIAL-T4: takes [m] and gives [N], N >= m > 0, of a grid of N tokens with sides below 2^15, got 'tensor<5xi32>', 'tensor<15xi32>'}}
  %m = spatial.nearest %i grid<1, 4, 4> : tensor<5xi32> -> tensor<15xi32>
  return %m : tensor<15xi32>
}

// -----
func.func @SPATIAL_T5(%u: tensor<5x8xf32>, %i: tensor<4xi32>, %m: tensor<16xi32>) -> tensor<16x8xf32> {
  // expected-error @below {{SPATIAL-T5: takes [m, d], [m] and [N] and gives [N, d]}}
  %v = spatial.lift %u, %i, %m grid<1, 4, 4> : tensor<5x8xf32>, tensor<4xi32>, tensor<16xi32> -> tensor<16x8xf32>
  return %v : tensor<16x8xf32>
}

// -----
func.func @SPATIAL_T6(%v: tensor<16x8xf32>) -> tensor<16xf32> {
  // expected-error @below {{SPATIAL-T6: takes [N, d] and gives [tiles] of a grid of N tokens}}
  %s = spatial.importance %v grid<1, 4, 4, tile = [1, 2, 2]> : tensor<16x8xf32> -> tensor<16xf32>
  return %s : tensor<16xf32>
}

// -----
func.func @SPATIAL_T7(%v: tensor<16x8xf32>) -> tensor<4xf32> {
  // expected-error @below {{SPATIAL-T7: takes a grid that tiles divide}}
  %s = spatial.importance %v grid<1, 4, 4, tile = [1, 3, 3]> : tensor<16x8xf32> -> tensor<4xf32>
  return %s : tensor<4xf32>
}

// -----
func.func @SPATIAL_T8(%i: tensor<5xi32>, %s: tensor<16xf32>) -> tensor<7xi32> {
  // expected-error @below {{SPATIAL-T8: takes [m] and [N] and gives [m'] and [m' - m] with 0 < m < m' <= N}}
  %n, %a = spatial.densify %i, %s : tensor<5xi32>, tensor<16xf32> -> tensor<7xi32>, tensor<3xi32>
  return %n : tensor<7xi32>
}

// -----
func.func @SPATIAL_T9(%y: tensor<16x8xf32>, %a: tensor<17xi32>) -> tensor<16x8xf32> {
  // expected-error @below {{SPATIAL-T9: takes y of [N, d] and added of [k], 0 < k <= N}}
  %z = spatial.micro_flow %y, %a, %y, %y sigma(0.5) weight(1.0) : tensor<16x8xf32>, tensor<17xi32>
  return %z : tensor<16x8xf32>
}

// -----
func.func @SPATIAL_T9_weight(%y: tensor<16x8xf32>, %a: tensor<2xi32>) -> tensor<16x8xf32> {
  // expected-error @below {{SPATIAL-T9: the weight is above 0 and at most 1, got 1.5}}
  %z = spatial.micro_flow %y, %a, %y, %y sigma(0.5) weight(1.5) : tensor<16x8xf32>, tensor<2xi32>
  return %z : tensor<16x8xf32>
}

// -----
func.func @SPATIAL_T10(%seed: tensor<1xi32>) -> tensor<16xf32> {
  // expected-error @below {{SPATIAL-T10: takes [2] and gives a static shape of at most 2^31 - 1 elements}}
  %e = spatial.random_normal %seed : tensor<1xi32> -> tensor<16xf32>
  return %e : tensor<16xf32>
}

// -----
func.func @SPATIAL_T11(%t: tensor<3xi32>) -> tensor<11xi32> {
  // expected-error @below {{SPATIAL-T11: takes [k] tiles and gives [k * tokens of a tile] of a grid that tiles divide}}
  %i = spatial.tile_tokens %t grid<1, 4, 4, tile = [1, 2, 2]> : tensor<3xi32> -> tensor<11xi32>
  return %i : tensor<11xi32>
}
