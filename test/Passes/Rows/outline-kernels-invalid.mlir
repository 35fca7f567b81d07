// RUN: tercet-opt %s --outline-kernels --split-input-file --verify-diagnostics

func.func @unsupported(%x: tensor<8xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // expected-error@+1 {{'tensor.extract_slice' is not supported in an entry function (2 uses)}}
  %0 = tensor.extract_slice %x[0] [4] [1] : tensor<8xf32> to tensor<4xf32>
  %1 = tensor.extract_slice %x[4] [4] [1] : tensor<8xf32> to tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// expected-error@+1 {{already has a symbol @kernels}}
module {
  func.func private @kernels()
}

// -----

// A kernel changes a state's value, not what it makes itself.
func.func @no_state(%x: tensor<2x8xf32>, %p: index) -> tensor<16x8xf32> {
  %e = tensor.empty() : tensor<16x8xf32>
  // expected-error@+1 {{takes a state's value and rows that were computed before}}
  %0 = rows.insert ins(%x : tensor<2x8xf32>) at(%p) outs(%e : tensor<16x8xf32>) -> tensor<16x8xf32>
  return %0 : tensor<16x8xf32>
}

// -----

// Columns are read where they are if their place is known.
func.func @columns(%x: tensor<2x8xf32>, %at: index) -> tensor<2x4xf32> {
  // expected-error@+1 {{'tensor.extract_slice' is not supported in an entry function (1 use)}}
  %0 = tensor.extract_slice %x[0, %at] [2, 4] [1, 1] : tensor<2x8xf32> to tensor<2x4xf32>
  %e = tensor.empty() : tensor<2x4xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %a : f32
    linalg.yield %s : f32
  } -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}

// -----

func.func @constant_state(%x: tensor<1x2xf32>, %w: tensor<2x2xf32>, %b: tensor<2xf32>) -> tensor<1x2xf32> {
  %s = arith.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  // expected-error@+1 {{begins with a state that is a constant of several values; make it a weight, an input or a state}}
  %y, %n = rows.causal_conv ins(%x, %w, %b : tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) outs(%e, %s : tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>, tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
