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

// -----

// expected-error@+1 {{argument 0 of @no_bound is an index and needs the greatest value that it can have: {tercet.bound = N}}}
func.func @no_bound(%position: index {tercet.name = "position"}) {
  return
}

// -----

// expected-error@+1 {{argument 1 of @same_name is called "tokens", which is the name of another dimension as well}}
func.func @same_name(%x: tensor<?xf32> {tercet.bound = 4, tercet.dims = ["tokens"]}, %n: index {tercet.name = "tokens", tercet.bound = 4}) {
  return
}

// -----

// expected-error@+1 {{argument 0 of @float_range of type 'tensor<4xf32>' has tercet.range = [0, 4]; a tensor of i32 or i64 takes [least, one past the greatest]}}
func.func @float_range(%x: tensor<4xf32> {tercet.range = [0, 4]}) {
  return
}

// -----

// expected-error@+1 {{has tercet.range = [4, 4]}}
func.func @empty_range(%x: tensor<4xi32> {tercet.range = [4, 4]}) {
  return
}

// -----

// expected-error@+1 {{has tercet.range = [0]}}
func.func @half_range(%x: tensor<4xi32> {tercet.range = [0]}) {
  return
}

// -----

// expected-error@+1 {{has tercet.range = [0, 2147483649]}}
func.func @wide_range(%x: tensor<4xi32> {tercet.range = [0, 2147483649]}) {
  return
}

// -----

// A position that shrinks as a size grows is no size.
func.func @difference(%x: tensor<?x4xf32> {tercet.bound = 8}, %n: index {tercet.bound = 8}) {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x4xf32>
  %d = arith.subi %n, %m : index
  // expected-error@+1 {{a size does not follow from the arguments of the entry point, so that it cannot be kept within the 8 rows of state 's'}}
  rows.limit %d, %m at_most 8 "rows of state 's'"
  return
}

// -----

func.func @never(%x: tensor<?x4xf32> {tercet.bound = 8}) {
  %c0 = arith.constant 0 : index
  %c9 = arith.constant 9 : index
  %m = tensor.dim %x, %c0 : tensor<?x4xf32>
  // expected-error@+1 {{no call can stay within the 8 rows of state 's': at least 9 are needed}}
  rows.limit %c9, %m at_most 8 "rows of state 's'"
  return
}

// -----

// expected-error@+1 {{argument 0 of @set of type 'tensor<4xi32>' has tercet.ascending; it stands alone, on a tensor of one axis beside a tercet.range}}
func.func @set(%x: tensor<4xi32> {tercet.ascending}) {
  return
}
