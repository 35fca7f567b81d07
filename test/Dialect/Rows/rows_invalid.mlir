// A negative test for each numbered rule of the rows dialect.
// RUN: tercet-opt %s --split-input-file --verify-diagnostics

func.func @ROWS_Q1_rank(%x: tensor<64xf32>, %v: tensor<2x64xi8>, %s: tensor<2xf32>, %t: tensor<2xi32>) {
  // expected-error@+1 {{ROWS-Q1: input must be [M, K] with a static K, got 'tensor<64xf32>'}}
  %0:3 = rows.quantize <absmax_i8> eps(0.0) ins(%x : tensor<64xf32>)
    outs(%v, %s, %t : tensor<2x64xi8>, tensor<2xf32>, tensor<2xi32>) -> tensor<2x64xi8>, tensor<2xf32>, tensor<2xi32>
  return
}

// -----

func.func @ROWS_Q2_narrow(%x: tensor<2x64xf32>, %v: tensor<2x63xi8>, %s: tensor<2xf32>, %t: tensor<2xi32>) {
  // expected-error@+1 {{ROWS-Q2: values must be [M, KP] with KP >= 64, got 'tensor<2x63xi8>'}}
  %0:3 = rows.quantize <absmax_i8> eps(0.0) ins(%x : tensor<2x64xf32>)
    outs(%v, %s, %t : tensor<2x63xi8>, tensor<2xf32>, tensor<2xi32>) -> tensor<2x63xi8>, tensor<2xf32>, tensor<2xi32>
  return
}

// -----

func.func @ROWS_Q3_sums(%x: tensor<2x64xf32>, %v: tensor<2x64xi8>, %s: tensor<2xf32>, %t: tensor<3xi32>) {
  // expected-error@+1 {{ROWS-Q3: scale and sums must be [M], got 'tensor<3xi32>'}}
  %0:3 = rows.quantize <absmax_i8> eps(0.0) ins(%x : tensor<2x64xf32>)
    outs(%v, %s, %t : tensor<2x64xi8>, tensor<2xf32>, tensor<3xi32>) -> tensor<2x64xi8>, tensor<2xf32>, tensor<3xi32>
  return
}

// -----

func.func @ROWS_Q4_gain(%x: tensor<2x64xf32>, %g: tensor<2xf32>, %v: tensor<2x64xi8>, %s: tensor<2xf32>, %t: tensor<2xi32>) {
  // expected-error@+1 {{ROWS-Q4: gain must be [64], got 'tensor<2xf32>'}}
  %0:3 = rows.quantize <absmax_i8> eps(0.0) ins(%x : tensor<2x64xf32>, %g : tensor<2xf32>)
    outs(%v, %s, %t : tensor<2x64xi8>, tensor<2xf32>, tensor<2xi32>) -> tensor<2x64xi8>, tensor<2xf32>, tensor<2xi32>
  return
}

// -----

func.func @ROWS_P1_dynamic(%x: tensor<2x?xi8>, %v: tensor<2x64xi8>, %t: tensor<2xi32>) {
  // expected-error@+1 {{ROWS-P1: input must be [M, K] with a static K, got 'tensor<2x?xi8>'}}
  %0:2 = rows.pack ins(%x : tensor<2x?xi8>) outs(%v, %t : tensor<2x64xi8>, tensor<2xi32>) -> tensor<2x64xi8>, tensor<2xi32>
  return
}

// -----

func.func @ROWS_P2_rows(%x: tensor<2x60xi8>, %v: tensor<3x64xi8>, %t: tensor<2xi32>) {
  // expected-error@+1 {{ROWS-P2: values must be [M, KP] with KP >= 60, got 'tensor<3x64xi8>'}}
  %0:2 = rows.pack ins(%x : tensor<2x60xi8>) outs(%v, %t : tensor<3x64xi8>, tensor<2xi32>) -> tensor<3x64xi8>, tensor<2xi32>
  return
}

// -----

func.func @ROWS_P3_sums(%x: tensor<2x60xi8>, %v: tensor<2x64xi8>, %t: tensor<2x1xi32>) {
  // expected-error@+1 {{ROWS-P3: sums must be [M], got 'tensor<2x1xi32>'}}
  %0:2 = rows.pack ins(%x : tensor<2x60xi8>) outs(%v, %t : tensor<2x64xi8>, tensor<2x1xi32>) -> tensor<2x64xi8>, tensor<2x1xi32>
  return
}

// -----

func.func @ROWS_M1_padding(%q: tensor<2x60xi8>, %s: tensor<2xi32>, %w: tensor<1x256xi8>, %i: tensor<2x16xi32>) {
  // expected-error@+1 {{ROWS-M1: input must be [M, KP] with KP >= 64 (k = 60 in words of code i2), got 'tensor<2x60xi8>'}}
  %0 = rows.matmul #ternary.code<i2> k(60) ins(%q, %s, %w : tensor<2x60xi8>, tensor<2xi32>, tensor<1x256xi8>)
      maps [] outs(%i : tensor<2x16xi32>) -> tensor<2x16xi32> {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

func.func @ROWS_M2_panels(%q: tensor<2x64xi8>, %s: tensor<2xi32>, %w: tensor<1x256xi8>, %i: tensor<2x17xi32>) {
  // expected-error@+1 {{ROWS-M2: weight must be [ceil(N/16), 256] bytes of code i2, got 'tensor<1x256xi8>'}}
  %0 = rows.matmul #ternary.code<i2> k(64) ins(%q, %s, %w : tensor<2x64xi8>, tensor<2xi32>, tensor<1x256xi8>)
      maps [] outs(%i : tensor<2x17xi32>) -> tensor<2x17xi32> {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

func.func @ROWS_M3_sums(%q: tensor<2x64xi8>, %s: tensor<3xi32>, %w: tensor<1x256xi8>, %i: tensor<2x16xi32>) {
  // expected-error@+1 {{ROWS-M3: sums must be [M] and init [M, N], got 'tensor<3xi32>' and 'tensor<2x16xi32>'}}
  %0 = rows.matmul #ternary.code<i2> k(64) ins(%q, %s, %w : tensor<2x64xi8>, tensor<3xi32>, tensor<1x256xi8>)
      maps [] outs(%i : tensor<2x16xi32>) -> tensor<2x16xi32> {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

func.func @ROWS_M4_count(%q: tensor<2x64xi8>, %s: tensor<2xi32>, %w: tensor<1x256xi8>, %i: tensor<2x16xi32>) {
  // expected-error@+1 {{ROWS-M4: needs one map per epilogue operand, got 1 maps for 0}}
  %0 = rows.matmul #ternary.code<i2> k(64) ins(%q, %s, %w : tensor<2x64xi8>, tensor<2xi32>, tensor<1x256xi8>)
      maps [affine_map<(r, n) -> (r)>] outs(%i : tensor<2x16xi32>) -> tensor<2x16xi32> {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

func.func @ROWS_M4_transposed(%q: tensor<16x64xi8>, %s: tensor<16xi32>, %w: tensor<1x256xi8>, %e: tensor<16x16xi32>, %i: tensor<16x16xi32>) {
  // expected-error@+1 {{ROWS-M4: an epilogue map is one of (r, n) -> (), (r), (n) or (r, n), of the operand's rank, got affine_map<(d0, d1) -> (d1, d0)> for 'tensor<16x16xi32>'}}
  %0 = rows.matmul #ternary.code<i2> k(64) ins(%q, %s, %w : tensor<16x64xi8>, tensor<16xi32>, tensor<1x256xi8>)
      epilogue(%e : tensor<16x16xi32>) maps [affine_map<(r, n) -> (n, r)>] outs(%i : tensor<16x16xi32>) -> tensor<16x16xi32> {
  ^bb0(%acc: i32, %other: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

func.func @ROWS_M5_arguments(%q: tensor<2x64xi8>, %s: tensor<2xi32>, %w: tensor<1x256xi8>, %i: tensor<2x16xf32>) {
  // expected-error@+1 {{ROWS-M5: the region takes 'i32' and the element types of the epilogue operands}}
  %0 = rows.matmul #ternary.code<i2> k(64) ins(%q, %s, %w : tensor<2x64xi8>, tensor<2xi32>, tensor<1x256xi8>)
      maps [] outs(%i : tensor<2x16xf32>) -> tensor<2x16xf32> {
  ^bb0(%acc: f32):
    rows.yield %acc : f32
  }
  return
}

// -----

func.func @ROWS_M5_yield(%q: tensor<2x64xi8>, %s: tensor<2xi32>, %w: tensor<1x256xi8>, %i: tensor<2x16xf32>) {
  // expected-error@+1 {{ROWS-M5: the region yields init's element type, 'f32'}}
  %0 = rows.matmul #ternary.code<i2> k(64) ins(%q, %s, %w : tensor<2x64xi8>, tensor<2xi32>, tensor<1x256xi8>)
      maps [] outs(%i : tensor<2x16xf32>) -> tensor<2x16xf32> {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

func.func @ROWS_M5_no_yield(%q: tensor<2x64xi8>, %s: tensor<2xi32>, %w: tensor<1x256xi8>, %i: tensor<2x16xi32>) {
  // expected-error@+1 {{ROWS-M5: the region yields init's element type, 'i32'}}
  %0 = rows.matmul #ternary.code<i2> k(64) ins(%q, %s, %w : tensor<2x64xi8>, tensor<2xi32>, tensor<1x256xi8>)
      maps [] outs(%i : tensor<2x16xi32>) -> tensor<2x16xi32> {
  ^bb0(%acc: i32):
    %sum = arith.addi %acc, %acc : i32
  }
  return
}

// -----

func.func @ROWS_M6_load(%q: tensor<2x64xi8>, %s: tensor<2xi32>, %w: tensor<1x256xi8>, %i: tensor<2x16xi32>, %m: memref<i32>) {
  %0 = rows.matmul #ternary.code<i2> k(64) ins(%q, %s, %w : tensor<2x64xi8>, tensor<2xi32>, tensor<1x256xi8>)
      maps [] outs(%i : tensor<2x16xi32>) -> tensor<2x16xi32> {
  ^bb0(%acc: i32):
    // expected-error@+1 {{ROWS-M6: only elementwise scalar ops may stand in an epilogue}}
    %v = memref.load %m[] : memref<i32>
    rows.yield %v : i32
  }
  return
}

// -----

// expected-error@+1 {{ROWS-W1: a code is given exactly for the encoding transforms}}
rows.weight @ROWS_W1_no_code key("w") encode : tensor<16x64x!ternary.trit> -> tensor<1x256xi8>

// -----

// expected-error@+1 {{ROWS-W1}}
rows.weight @ROWS_W1_code key("w") identity code <i2> : tensor<4xf32> -> tensor<4xf32>

// -----

// expected-error@+1 {{ROWS-W2: 'tensor<17x64x!ternary.trit>' in code i2 is stored as [2, 256] bytes, got 'tensor<1x256xi8>'}}
rows.weight @ROWS_W2_bytes key("w") encode code <i2> : tensor<17x64x!ternary.trit> -> tensor<1x256xi8>

// -----

// expected-error@+1 {{ROWS-W2: an encoded weight has a static shape [N, K] or [E, N, K], got 'tensor<64x!ternary.trit>'}}
rows.weight @ROWS_W2_rank key("w") encode code <i2> : tensor<64x!ternary.trit> -> tensor<1x256xi8>

// -----

// expected-error@+1 {{ROWS-W5: selects slices that 'tensor<4x8xf32>' does not have}}
rows.weight @ROWS_W5 key("w") identity select [0, 4] : tensor<4x8xf32> -> tensor<2x8xf32>

// -----

// expected-error@+1 {{ROWS-W4: floats of 4 or 8 bits are stored as bytes, two of the former in one; got 'tensor<4x8xf4E2M1FN>' and 'tensor<4x8xi8>'}}
rows.weight @ROWS_W4 key("w") bytes : tensor<4x8xf4E2M1FN> -> tensor<4x8xi8>

// -----

// expected-error@+1 {{ROWS-W3: identity keeps the type, got 'tensor<4xf32>' and 'tensor<5xf32>'}}
rows.weight @ROWS_W3_type key("w") identity : tensor<4xf32> -> tensor<5xf32>

// -----

func.func @ROWS_A1_widths(%q: tensor<4x8x64xf32>, %k: tensor<9x2x32xf32>, %v: tensor<9x2x64xf32>, %n: index, %o: tensor<4x8x64xf32>) -> tensor<4x8x64xf32> {
  // expected-error@+1 {{ROWS-A1: q is [M, Hq, D], k [S, Hkv, D], v [S, Hkv, Dv] and init [M, Hq, Dv] with static heads and widths, got 'tensor<4x8x64xf32>', 'tensor<9x2x32xf32>'}}
  %0 = rows.attention scale(0.125) ins(%q, %k, %v : tensor<4x8x64xf32>, tensor<9x2x32xf32>, tensor<9x2x64xf32>) length(%n) outs(%o : tensor<4x8x64xf32>) -> tensor<4x8x64xf32>
  return %0 : tensor<4x8x64xf32>
}

// -----

func.func @ROWS_A1_keys(%q: tensor<4x8x64xf32>, %k: tensor<9x2x64xf32>, %v: tensor<8x2x64xf32>, %n: index, %o: tensor<4x8x64xf32>) -> tensor<4x8x64xf32> {
  // expected-error@+1 {{ROWS-A1}}
  %0 = rows.attention scale(0.125) ins(%q, %k, %v : tensor<4x8x64xf32>, tensor<9x2x64xf32>, tensor<8x2x64xf32>) length(%n) outs(%o : tensor<4x8x64xf32>) -> tensor<4x8x64xf32>
  return %0 : tensor<4x8x64xf32>
}

// -----

func.func @ROWS_A1_dynamic_heads(%q: tensor<4x?x64xf32>, %k: tensor<9x2x64xf32>, %v: tensor<9x2x64xf32>, %n: index, %o: tensor<4x?x64xf32>) -> tensor<4x?x64xf32> {
  // expected-error@+1 {{ROWS-A1}}
  %0 = rows.attention scale(0.125) ins(%q, %k, %v : tensor<4x?x64xf32>, tensor<9x2x64xf32>, tensor<9x2x64xf32>) length(%n) outs(%o : tensor<4x?x64xf32>) -> tensor<4x?x64xf32>
  return %0 : tensor<4x?x64xf32>
}

// -----

func.func @ROWS_A2_heads(%q: tensor<4x8x64xf32>, %k: tensor<9x3x64xf32>, %v: tensor<9x3x64xf32>, %n: index, %o: tensor<4x8x64xf32>) -> tensor<4x8x64xf32> {
  // expected-error@+1 {{ROWS-A2: 8 query heads cannot share 3 key heads evenly}}
  %0 = rows.attention scale(0.125) ins(%q, %k, %v : tensor<4x8x64xf32>, tensor<9x3x64xf32>, tensor<9x3x64xf32>) length(%n) outs(%o : tensor<4x8x64xf32>) -> tensor<4x8x64xf32>
  return %0 : tensor<4x8x64xf32>
}

// -----

func.func @ROWS_A3_scale(%q: memref<4x8x64xf32>, %k: memref<9x2x64xf32>, %v: memref<9x2x64xf32>, %n: index, %o: memref<4x8x64xf32>) {
  // expected-error@+1 {{ROWS-A3: the scale must be finite}}
  rows.attention scale(0x7F800000) ins(%q, %k, %v : memref<4x8x64xf32>, memref<9x2x64xf32>, memref<9x2x64xf32>) length(%n) outs(%o : memref<4x8x64xf32>)
  return
}

// -----

func.func @ROWS_A4_first(%q: memref<4x8x64xf32>, %k: memref<9x2x64xf32>, %v: memref<9x2x64xf32>, %n: index, %o: memref<4x8x64xf32>) {
  // expected-error@+1 {{ROWS-A4: only causal attention has a position of its first row}}
  rows.attention scale(1.0) ins(%q, %k, %v : memref<4x8x64xf32>, memref<9x2x64xf32>, memref<9x2x64xf32>) length(%n) first(%n) outs(%o : memref<4x8x64xf32>)
  return
}

// -----

func.func @ROWS_A5_heads(%q: memref<4x8x64xf32>, %k: memref<9x2x64xf32>, %v: memref<9x2x64xf32>, %n: index, %o: memref<4x8x64xf32>, %m: memref<3x2x3xi8>) {
  // expected-error@+1 {{ROWS-A5: blocks must be [Hm, nq, nk] with Hm 1 or a multiple of 2 that divides 8, got 'memref<3x2x3xi8>'}}
  rows.attention scale(1.0) ins(%q, %k, %v : memref<4x8x64xf32>, memref<9x2x64xf32>, memref<9x2x64xf32>) length(%n) blocks(%m : memref<3x2x3xi8>) block_size([2, 3]) outs(%o : memref<4x8x64xf32>)
  return
}

// -----

func.func @ROWS_A6_neither(%q: memref<4x8x64xf32>, %k: memref<9x2x64xf32>, %v: memref<9x2x64xf32>, %n: index, %o: memref<4x8x64xf32>, %m: memref<8x2x3xi8>) {
  // expected-error@+1 {{ROWS-A6: blocks need either offsets [nq + 1] and [nk + 1] or a block_size of two positive numbers}}
  rows.attention scale(1.0) ins(%q, %k, %v : memref<4x8x64xf32>, memref<9x2x64xf32>, memref<9x2x64xf32>) length(%n) blocks(%m : memref<8x2x3xi8>) outs(%o : memref<4x8x64xf32>)
  return
}

// -----

func.func @ROWS_A6_size(%q: memref<4x8x64xf32>, %k: memref<9x2x64xf32>, %v: memref<9x2x64xf32>, %n: index, %o: memref<4x8x64xf32>, %m: memref<8x2x3xi8>) {
  // expected-error@+1 {{ROWS-A6: blocks need either}}
  rows.attention scale(1.0) ins(%q, %k, %v : memref<4x8x64xf32>, memref<9x2x64xf32>, memref<9x2x64xf32>) length(%n) blocks(%m : memref<8x2x3xi8>) block_size([2, 0]) outs(%o : memref<4x8x64xf32>)
  return
}

// -----

func.func @ROWS_A6_offsets(%q: memref<4x8x64xf32>, %k: memref<9x2x64xf32>, %v: memref<9x2x64xf32>, %n: index, %o: memref<4x8x64xf32>, %m: memref<8x2x3xi8>, %s: memref<3xi32>) {
  // expected-error@+1 {{ROWS-A6: blocks need either}}
  rows.attention scale(1.0) ins(%q, %k, %v : memref<4x8x64xf32>, memref<9x2x64xf32>, memref<9x2x64xf32>) length(%n) blocks(%m : memref<8x2x3xi8>) offsets(%s, %s : memref<3xi32>, memref<3xi32>) outs(%o : memref<4x8x64xf32>)
  return
}

// -----

func.func @ROWS_A6_without(%q: memref<4x8x64xf32>, %k: memref<9x2x64xf32>, %v: memref<9x2x64xf32>, %n: index, %o: memref<4x8x64xf32>) {
  // expected-error@+1 {{ROWS-A6: offsets and block_size go with blocks}}
  rows.attention scale(1.0) ins(%q, %k, %v : memref<4x8x64xf32>, memref<9x2x64xf32>, memref<9x2x64xf32>) length(%n) block_size([2, 3]) outs(%o : memref<4x8x64xf32>)
  return
}

// -----

func.func @ROWS_A7_lse(%q: memref<4x8x64xf32>, %k: memref<9x2x64xf32>, %v: memref<9x2x64xf32>, %n: index, %o: memref<4x8x64xf32>, %l: memref<4x2xf32>) {
  // expected-error@+1 {{ROWS-A7: lse must be [M, 8], got 'memref<4x2xf32>'}}
  rows.attention scale(1.0) ins(%q, %k, %v : memref<4x8x64xf32>, memref<9x2x64xf32>, memref<9x2x64xf32>) length(%n) outs(%o : memref<4x8x64xf32>) lse(%l : memref<4x2xf32>)
  return
}

// -----

func.func @ROWS_I1_width(%x: tensor<?x8xf32>, %o: index, %s: tensor<16x9xf32>) {
  // expected-error@+1 {{ROWS-I1: input and init are [M, ...] and [S, ...] of one element type, of rank 2 or more, with equal static axes behind the first; got 'tensor<?x8xf32>' and 'tensor<16x9xf32>'}}
  %0 = rows.insert ins(%x : tensor<?x8xf32>) at(%o) outs(%s : tensor<16x9xf32>) -> tensor<16x9xf32>
  return
}

// -----

func.func @ROWS_I1_rank(%x: tensor<?xf32>, %o: index, %s: tensor<16xf32>) {
  // expected-error@+1 {{ROWS-I1: }}
  %0 = rows.insert ins(%x : tensor<?xf32>) at(%o) outs(%s : tensor<16xf32>) -> tensor<16xf32>
  return
}

// -----

func.func @ROWS_I2(%x: tensor<3x8xf32>, %s: tensor<16x8xf32>) {
  %o = arith.constant 14 : index
  // expected-error@+1 {{ROWS-I2: 3 rows from row 14 on leave the 16 rows of init}}
  %0 = rows.insert ins(%x : tensor<3x8xf32>) at(%o) outs(%s : tensor<16x8xf32>) -> tensor<16x8xf32>
  return
}

// -----

func.func @ROWS_L1(%m: index) {
  // expected-error@+1 {{ROWS-L1: the limit is not negative, got -1}}
  rows.limit %m at_most -1 "rows"
  return
}

// -----

func.func @ROWS_L2() {
  // expected-error@+1 {{ROWS-L2: a limit is one of a sum of sizes}}
  "rows.limit"() {limit = 4 : i64, meaning = "rows"} : () -> ()
  return
}
