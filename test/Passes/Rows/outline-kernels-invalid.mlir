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
