// RUN: tercet-opt %s --build-plan --split-input-file --verify-diagnostics

// expected-error@+1 {{axis 0 of argument 0 of @f is dynamic and needs an upper bound: {tercet.bound = N}}}
func.func @f(%x: tensor<?x8xf32>) {
  return
}

// -----

// expected-error@+1 {{dimension 'batch' of @g has two different bounds, 4 and 8}}
func.func @g(%x: tensor<?xf32> {tercet.bound = 4, tercet.dims = ["batch"]}, %y: tensor<?xf32> {tercet.bound = 8, tercet.dims = ["batch"]}) {
  return
}

// -----

// expected-error@+1 {{argument 0 of @h must be a ranked tensor of integers or floats}}
func.func @h(%x: f32) {
  return
}

// -----

func.func @not_lowered(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'arith.addf' cannot be part of a plan; run tercet-to-rows first}}
  %0 = arith.addf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
