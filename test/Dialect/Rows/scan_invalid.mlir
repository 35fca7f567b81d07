// A negative test for each numbered rule of recurrences, and of norms by group.
// RUN: tercet-opt %s --split-input-file --verify-diagnostics

func.func @ROWS_N3(%x: tensor<2x20xf32>, %g: tensor<20xf32>, %y: tensor<2x20xf32>) {
  // expected-error@+1 {{ROWS-N3: 20 columns cannot be 3 equal groups}}
  %0 = rows.norm eps(0.0) {groups = 3 : i64} ins(%x, %g : tensor<2x20xf32>, tensor<20xf32>) outs(%y : tensor<2x20xf32>) -> tensor<2x20xf32>
  return
}

// -----

func.func @ROWS_V1(%x: tensor<2x8xf32>, %w: tensor<8x4xf32>, %b: tensor<8xf32>, %s: tensor<4x8xf32>) {
  // expected-error@+1 {{ROWS-V1: input and init are [T, C], weight [C, W] with a static W of 2 or more, bias [C], state [W - 1, C]; got 'tensor<2x8xf32>', 'tensor<8x4xf32>', 'tensor<8xf32>' and 'tensor<4x8xf32>'}}
  %0:2 = rows.causal_conv ins(%x, %w, %b : tensor<2x8xf32>, tensor<8x4xf32>, tensor<8xf32>) outs(%x, %s : tensor<2x8xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>, tensor<4x8xf32>
  return
}

// -----

func.func @ROWS_R1(%x: tensor<2x4x3xf32>, %dt: tensor<2x4xf32>, %b: tensor<2x2x5xf32>, %h: tensor<4xf32>, %s: tensor<4x3x6xf32>) {
  // expected-error@+1 {{ROWS-R1: input and init are [T, H, P], dt [T, H], b and c [T, G, S], the values of heads [H], the state [H, P, S]; got}}
  %0:2 = rows.scan chunk(8) ins(%x, %dt, %b, %b, %h, %h, %h : tensor<2x4x3xf32>, tensor<2x4xf32>, tensor<2x2x5xf32>, tensor<2x2x5xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) outs(%x, %s : tensor<2x4x3xf32>, tensor<4x3x6xf32>) -> tensor<2x4x3xf32>, tensor<4x3x6xf32>
  return
}

// -----

func.func @ROWS_R2(%x: tensor<2x4x3xf32>, %dt: tensor<2x4xf32>, %b: tensor<2x3x5xf32>, %h: tensor<4xf32>, %s: tensor<4x3x5xf32>) {
  // expected-error@+1 {{ROWS-R2: 4 heads cannot share 3 groups evenly}}
  %0:2 = rows.scan chunk(8) ins(%x, %dt, %b, %b, %h, %h, %h : tensor<2x4x3xf32>, tensor<2x4xf32>, tensor<2x3x5xf32>, tensor<2x3x5xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) outs(%x, %s : tensor<2x4x3xf32>, tensor<4x3x5xf32>) -> tensor<2x4x3xf32>, tensor<4x3x5xf32>
  return
}

// -----

func.func @ROWS_R3(%x: tensor<2x4x3xf32>, %dt: tensor<2x4xf32>, %b: tensor<2x2x5xf32>, %h: tensor<4xf32>, %s: tensor<4x3x5xf32>) {
  // expected-error@+1 {{ROWS-R3: chunk must be positive}}
  %0:2 = rows.scan chunk(0) ins(%x, %dt, %b, %b, %h, %h, %h : tensor<2x4x3xf32>, tensor<2x4xf32>, tensor<2x2x5xf32>, tensor<2x2x5xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) outs(%x, %s : tensor<2x4x3xf32>, tensor<4x3x5xf32>) -> tensor<2x4x3xf32>, tensor<4x3x5xf32>
  return
}
