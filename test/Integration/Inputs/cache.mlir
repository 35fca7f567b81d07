// A cache of 8 rows that calls fill from a position on, and read back by a reduction;
// other entry points of the same state.
ml_program.global private mutable @cache.k(dense<0.0> : tensor<8x4xf32>) : tensor<8x4xf32>

func.func @step(
    %k: tensor<?x4xf32> {tercet.name = "k", tercet.bound = 8, tercet.dims = ["tokens", ""]},
    %position: index {tercet.name = "position", tercet.bound = 7 : i64},
    %ids: tensor<?xi32> {tercet.name = "ids", tercet.bound = 8, tercet.dims = ["tokens"], tercet.range = [0, 5]})
    -> (tensor<8x4xf32> {tercet.name = "all"}, tensor<4xf32> {tercet.name = "sums"}, tensor<?xf32> {tercet.name = "places"}) {
  %zero = arith.constant 0 : index
  %m = tensor.dim %k, %zero : tensor<?x4xf32>
  %c0 = ml_program.global_load @cache.k : tensor<8x4xf32>
  %c1 = tensor.insert_slice %k into %c0[%position, 0] [%m, 4] [1, 1] : tensor<?x4xf32> into tensor<8x4xf32>
  ml_program.global_store @cache.k = %c1 : tensor<8x4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %f0 = arith.constant 0.0 : f32
  %f = linalg.fill ins(%f0 : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %sums = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]}
      ins(%c1 : tensor<8x4xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  %pe = tensor.empty(%m) : tensor<?xf32>
  %places = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%ids : tensor<?xi32>) outs(%pe : tensor<?xf32>) {
  ^bb0(%i: i32, %b: f32):
    %r = linalg.index 0 : index
    %p = arith.addi %position, %r : index
    %pi = arith.index_cast %p : index to i32
    %q = arith.addi %pi, %i : i32
    %pf = arith.sitofp %q : i32 to f32
    linalg.yield %pf : f32
  } -> tensor<?xf32>
  return %c1, %sums, %places : tensor<8x4xf32>, tensor<4xf32>, tensor<?xf32>
}

// The state as it is.
func.func @read() -> (tensor<8x4xf32> {tercet.name = "all"}) {
  %c0 = ml_program.global_load @cache.k : tensor<8x4xf32>
  return %c0 : tensor<8x4xf32>
}

// Two updates, and the version before them returned as well.
func.func @twice(
    %k: tensor<?x4xf32> {tercet.name = "k", tercet.bound = 8},
    %last: tensor<1x4xf32> {tercet.name = "last"},
    %position: index {tercet.name = "position", tercet.bound = 7 : i64})
    -> (tensor<8x4xf32> {tercet.name = "before"}, tensor<8x4xf32> {tercet.name = "after"}) {
  %zero = arith.constant 0 : index
  %m = tensor.dim %k, %zero : tensor<?x4xf32>
  %c0 = ml_program.global_load @cache.k : tensor<8x4xf32>
  %c1 = tensor.insert_slice %k into %c0[%position, 0] [%m, 4] [1, 1] : tensor<?x4xf32> into tensor<8x4xf32>
  %c2 = tensor.insert_slice %last into %c1[7, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<8x4xf32>
  ml_program.global_store @cache.k = %c2 : tensor<8x4xf32>
  return %c0, %c2 : tensor<8x4xf32>, tensor<8x4xf32>
}
