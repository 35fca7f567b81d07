// A negative test for each numbered rule of norms, products by slice, float products,
// choice and order.
// RUN: tercet-opt %s --split-input-file --verify-diagnostics

func.func @ROWS_N1(%x: tensor<2x20xf32>, %g: tensor<20xf32>, %y: tensor<2x21xf32>) {
  // expected-error@+1 {{ROWS-N1: input must be [M, K] with a static K and init like it, got 'tensor<2x20xf32>' and 'tensor<2x21xf32>'}}
  %0 = rows.norm eps(0.0) ins(%x, %g : tensor<2x20xf32>, tensor<20xf32>) outs(%y : tensor<2x21xf32>) -> tensor<2x21xf32>
  return
}

// -----

func.func @ROWS_N2(%x: tensor<2x20xf32>, %g: tensor<2xf32>, %y: tensor<2x20xf32>) {
  // expected-error@+1 {{ROWS-N2: gain must be [20], got 'tensor<2xf32>'}}
  %0 = rows.norm eps(0.0) ins(%x, %g : tensor<2x20xf32>, tensor<2xf32>) outs(%y : tensor<2x20xf32>) -> tensor<2x20xf32>
  return
}

// -----

func.func @ROWS_G1(%x: tensor<2x63xi8>, %s: tensor<2xi32>, %w: tensor<8x2x256xi8>, %i: tensor<2xi32>, %y: tensor<2x32xi32>) {
  // expected-error@+1 {{ROWS-G1: input must be [M, KP] with KP >= 64 and sums [M], got 'tensor<2x63xi8>' and 'tensor<2xi32>'}}
  %0 = rows.grouped_matmul <i2> k(64) ins(%x, %s, %w : tensor<2x63xi8>, tensor<2xi32>, tensor<8x2x256xi8>)
      slices(%i : tensor<2xi32>) maps [] outs(%y : tensor<2x32xi32>) -> tensor<2x32xi32> {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

func.func @ROWS_G2(%x: tensor<2x64xi8>, %s: tensor<2xi32>, %w: tensor<2x256xi8>, %i: tensor<2xi32>, %y: tensor<2x32xi32>) {
  // expected-error@+1 {{ROWS-G2: weight must be [G, ceil(N/16), 256] bytes of code i2, got 'tensor<2x256xi8>'}}
  %0 = rows.grouped_matmul <i2> k(64) ins(%x, %s, %w : tensor<2x64xi8>, tensor<2xi32>, tensor<2x256xi8>)
      slices(%i : tensor<2xi32>) maps [] outs(%y : tensor<2x32xi32>) -> tensor<2x32xi32> {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

func.func @ROWS_G3_neither(%x: tensor<2x64xi8>, %s: tensor<2xi32>, %w: tensor<8x2x256xi8>, %y: tensor<2x32xi32>) {
  // expected-error@+1 {{ROWS-G3: needs either slices [R] or offsets [G + 1]}}
  %0 = rows.grouped_matmul <i2> k(64) ins(%x, %s, %w : tensor<2x64xi8>, tensor<2xi32>, tensor<8x2x256xi8>)
      maps [] outs(%y : tensor<2x32xi32>) -> tensor<2x32xi32> {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

func.func @ROWS_G3_rows(%x: tensor<2x64xi8>, %s: tensor<2xi32>, %w: tensor<8x2x256xi8>, %i: tensor<6xi32>, %y: tensor<6x32xi32>) {
  // expected-error@+1 {{ROWS-G3: needs either slices [R] or offsets [G + 1], an index of [R] or as many input rows}}
  %0 = rows.grouped_matmul <i2> k(64) ins(%x, %s, %w : tensor<2x64xi8>, tensor<2xi32>, tensor<8x2x256xi8>)
      slices(%i : tensor<6xi32>) maps [] outs(%y : tensor<6x32xi32>) -> tensor<6x32xi32> {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

func.func @ROWS_G3_offsets(%x: tensor<2x64xi8>, %s: tensor<2xi32>, %w: tensor<8x2x256xi8>, %o: tensor<8xi32>, %y: tensor<2x32xi32>) {
  // expected-error@+1 {{ROWS-G3: offsets must be [9], got 'tensor<8xi32>'}}
  %0 = rows.grouped_matmul <i2> k(64) ins(%x, %s, %w : tensor<2x64xi8>, tensor<2xi32>, tensor<8x2x256xi8>)
      offsets(%o : tensor<8xi32>) maps [] outs(%y : tensor<2x32xi32>) -> tensor<2x32xi32> {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

func.func @ROWS_G4(%x: tensor<2x64xi8>, %s: tensor<2xi32>, %w: tensor<8x2x256xi8>, %i: tensor<2xi32>, %a: tensor<32x2xf32>, %y: tensor<2x32xi32>) {
  // expected-error@+1 {{ROWS-G4: an epilogue map is one of (r, n, g, m) -> (), (r), (n), (g), (m) or (r, n), of the operand's rank}}
  %0 = rows.grouped_matmul <i2> k(64) ins(%x, %s, %w : tensor<2x64xi8>, tensor<2xi32>, tensor<8x2x256xi8>)
      slices(%i : tensor<2xi32>) epilogue(%a : tensor<32x2xf32>) maps [affine_map<(r, n, g, m) -> (n, r)>]
      outs(%y : tensor<2x32xi32>) -> tensor<2x32xi32> {
  ^bb0(%acc: i32, %b: f32):
    rows.yield %acc : i32
  }
  return
}

// -----

func.func @ROWS_G5(%x: tensor<2x64xi8>, %s: tensor<2xi32>, %w: tensor<8x2x256xi8>, %i: tensor<2xi32>, %y: tensor<2x32xf32>) {
  // expected-error@+1 {{ROWS-G5: the region yields init's element type, 'f32'}}
  %0 = rows.grouped_matmul <i2> k(64) ins(%x, %s, %w : tensor<2x64xi8>, tensor<2xi32>, tensor<8x2x256xi8>)
      slices(%i : tensor<2xi32>) maps [] outs(%y : tensor<2x32xf32>) -> tensor<2x32xf32> {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

func.func @ROWS_F1(%x: tensor<2x20xf32>, %w: tensor<8x21xf32>, %y: tensor<2x8xf32>) {
  // expected-error@+1 {{ROWS-F1: input is [M, K] with the static K of the weight, got 'tensor<2x20xf32>' and 'tensor<8x21xf32>'}}
  %0 = rows.float_matmul ins(%x, %w : tensor<2x20xf32>, tensor<8x21xf32>) maps [] outs(%y : tensor<2x8xf32>) -> tensor<2x8xf32> {
  ^bb0(%acc: f32):
    rows.yield %acc : f32
  }
  return
}

// -----

func.func @ROWS_F1_outputs(%x: tensor<2x20xf32>, %w: tensor<9x20xf32>, %y: tensor<2x8xf32>) {
  // expected-error@+1 {{ROWS-F1: input is [M, K], weight [N, K] with a static K, init [M, N]}}
  %0 = rows.float_matmul ins(%x, %w : tensor<2x20xf32>, tensor<9x20xf32>) maps [] outs(%y : tensor<2x8xf32>) -> tensor<2x8xf32> {
  ^bb0(%acc: f32):
    rows.yield %acc : f32
  }
  return
}

// -----

func.func @ROWS_F2(%x: tensor<2x20xf32>, %w: tensor<8x20xf32>, %y: tensor<2x8xf32>) {
  // expected-error@+1 {{ROWS-F2: the region takes 'f32' and the element types of the epilogue operands}}
  %0 = rows.float_matmul ins(%x, %w : tensor<2x20xf32>, tensor<8x20xf32>) maps [] outs(%y : tensor<2x8xf32>) -> tensor<2x8xf32> {
  ^bb0(%acc: i32):
    %1 = arith.sitofp %acc : i32 to f32
    rows.yield %1 : f32
  }
  return
}

// -----

func.func @ROWS_F3_format(%x: tensor<2x32xf32>, %w: tensor<8x16xi8>, %i: tensor<2xi32>, %y: tensor<2x8xf32>) {
  // expected-error@+1 {{ROWS-F3: a weight of bytes has a format and block scales, other weights have neither}}
  %0 = rows.float_matmul ins(%x, %w : tensor<2x32xf32>, tensor<8x16xi8>)
      maps [] outs(%y : tensor<2x8xf32>) -> tensor<2x8xf32> {
  ^bb0(%acc: f32):
    rows.yield %acc : f32
  }
  return
}

// -----

func.func @ROWS_F3_scales(%x: tensor<2x32xf32>, %w: tensor<8x16xi8>, %s: tensor<8x1xi8>, %i: tensor<2xi32>, %y: tensor<2x8xf32>) {
  // expected-error@+1 {{ROWS-F3: K is a multiple of 16 with a scale for each block}}
  %0 = rows.float_matmul nvfp4 ins(%x, %w, %s : tensor<2x32xf32>, tensor<8x16xi8>, tensor<8x1xi8>)
      maps [] outs(%y : tensor<2x8xf32>) -> tensor<2x8xf32> {
  ^bb0(%acc: f32):
    rows.yield %acc : f32
  }
  return
}

// -----

func.func @ROWS_F3_floats(%x: tensor<2x32xf32>, %w: tensor<8x32xf32>, %s: tensor<8x1xi8>, %i: tensor<2xi32>, %y: tensor<2x8xf32>) {
  // expected-error@+1 {{ROWS-F3}}
  %0 = rows.float_matmul mxfp4 ins(%x, %w, %s : tensor<2x32xf32>, tensor<8x32xf32>, tensor<8x1xi8>)
      maps [] outs(%y : tensor<2x8xf32>) -> tensor<2x8xf32> {
  ^bb0(%acc: f32):
    rows.yield %acc : f32
  }
  return
}

// -----

func.func @ROWS_H1_rank(%x: tensor<2x32xf32>, %w: tensor<8x32xf32>, %i: tensor<2xi32>, %y: tensor<2x8xf32>) {
  // expected-error@+1 {{ROWS-H1: weight is [G, N, K] with static G and K and the N of init}}
  %0 = rows.grouped_float_matmul ins(%x, %w : tensor<2x32xf32>, tensor<8x32xf32>)
      slices(%i : tensor<2xi32>) maps [] outs(%y : tensor<2x8xf32>) -> tensor<2x8xf32> {
  ^bb0(%acc: f32):
    rows.yield %acc : f32
  }
  return
}

// -----

func.func @ROWS_H1_columns(%x: tensor<2x32xf32>, %w: tensor<4x8x31xf32>, %i: tensor<2xi32>, %y: tensor<2x8xf32>) {
  // expected-error@+1 {{ROWS-H1: input is [M, K] with the static K of the weight}}
  %0 = rows.grouped_float_matmul ins(%x, %w : tensor<2x32xf32>, tensor<4x8x31xf32>)
      slices(%i : tensor<2xi32>) maps [] outs(%y : tensor<2x8xf32>) -> tensor<2x8xf32> {
  ^bb0(%acc: f32):
    rows.yield %acc : f32
  }
  return
}

// -----

func.func @ROWS_H2(%x: tensor<2x32xf32>, %w: tensor<4x8x16xi8>, %s: tensor<4x8x2xi8>, %i: tensor<2xi32>, %y: tensor<2x8xf32>) {
  // expected-error@+1 {{ROWS-H2: K is a multiple of 32 with a scale for each block}}
  %0 = rows.grouped_float_matmul mxfp4 ins(%x, %w, %s : tensor<2x32xf32>, tensor<4x8x16xi8>, tensor<4x8x2xi8>)
      slices(%i : tensor<2xi32>) maps [] outs(%y : tensor<2x8xf32>) -> tensor<2x8xf32> {
  ^bb0(%acc: f32):
    rows.yield %acc : f32
  }
  return
}

// -----

func.func @ROWS_H3(%x: tensor<2x32xf32>, %w: tensor<4x8x32xbf16>, %i: tensor<2xi32>, %y: tensor<2x8xf32>) {
  // expected-error@+1 {{ROWS-H3: needs either slices [R] or offsets [G + 1]}}
  %0 = rows.grouped_float_matmul ins(%x, %w : tensor<2x32xf32>, tensor<4x8x32xbf16>)
      maps [] outs(%y : tensor<2x8xf32>) -> tensor<2x8xf32> {
  ^bb0(%acc: f32):
    rows.yield %acc : f32
  }
  return
}

// -----

func.func @ROWS_H5(%x: tensor<2x32xf32>, %w: tensor<4x8x32xbf16>, %i: tensor<2xi32>, %y: tensor<2x8xf32>) {
  // expected-error@+1 {{ROWS-H5: the region takes 'f32'}}
  %0 = rows.grouped_float_matmul ins(%x, %w : tensor<2x32xf32>, tensor<4x8x32xbf16>)
      slices(%i : tensor<2xi32>) maps [] outs(%y : tensor<2x8xf32>) -> tensor<2x8xf32> {
  ^bb0(%acc: i32):
    %1 = arith.sitofp %acc : i32 to f32
    rows.yield %1 : f32
  }
  return
}

// -----

func.func @ROWS_H4(%x: tensor<2x32xf32>, %w: tensor<4x8x32xf16>, %i: tensor<2xi32>, %a: tensor<8x2xf32>, %y: tensor<2x8xf32>) {
  // expected-error@+1 {{ROWS-H4: an epilogue map is one of (r, n, g, m) -> (), (r), (n), (g), (m) or (r, n), of the operand's rank}}
  %0 = rows.grouped_float_matmul ins(%x, %w : tensor<2x32xf32>, tensor<4x8x32xf16>) slices(%i : tensor<2xi32>)
      epilogue(%a : tensor<8x2xf32>) maps [affine_map<(r, n, g, m) -> (n, r)>]
      outs(%y : tensor<2x8xf32>) -> tensor<2x8xf32> {
  ^bb0(%acc: f32, %b: f32):
    rows.yield %acc : f32
  }
  return
}

// -----

func.func @ROWS_K1(%x: tensor<2x8xf32>, %y: tensor<2x9xi32>) {
  // expected-error@+1 {{ROWS-K1: values must be [M, E] and ids [M, k] with static k <= E, got 'tensor<2x8xf32>' and 'tensor<2x9xi32>'}}
  %0 = rows.topk ins(%x : tensor<2x8xf32>) outs(%y : tensor<2x9xi32>) -> tensor<2x9xi32>
  return
}

// -----

func.func @ROWS_S1(%x: tensor<6xi32>, %o: tensor<1xi32>, %r: tensor<6xi32>) {
  // expected-error@+1 {{ROWS-S1: slices, order and rank must be [R] and offsets [G + 1]}}
  %0:3 = rows.group ins(%x : tensor<6xi32>) outs(%o, %r, %r : tensor<1xi32>, tensor<6xi32>, tensor<6xi32>) -> tensor<1xi32>, tensor<6xi32>, tensor<6xi32>
  return
}

// -----

func.func @ROWS_C1(%x: tensor<6xi32>, %y: tensor<7xi32>) {
  // expected-error@+1 {{ROWS-C1: keys must be [N] and chosen [k] with static k from 1 to N, got 'tensor<6xi32>' and 'tensor<7xi32>'}}
  %0 = rows.select ins(%x : tensor<6xi32>) outs(%y : tensor<7xi32>) -> tensor<7xi32>
  return
}

// -----

func.func @ROWS_F4(%x: tensor<9x20xf32>, %w: tensor<8x20xf32>, %index: tensor<3xi32>, %y: tensor<2x8xf32>) {
  // expected-error@+1 {{ROWS-F4: index has an element for each row of init, got 'tensor<3xi32>' and 'tensor<2x8xf32>'}}
  %0 = rows.float_matmul ins(%x, %w : tensor<9x20xf32>, tensor<8x20xf32>) index(%index : tensor<3xi32>) maps [] outs(%y : tensor<2x8xf32>) -> tensor<2x8xf32> {
  ^bb0(%acc: f32):
    rows.yield %acc : f32
  }
  return
}
