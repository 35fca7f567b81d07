// Region-adaptive sampling (arXiv 2502.10389): a step of a sampler computes the 40 tokens
// of 96 whose last update varied most over its channels, raised for tokens that were left
// out often; the others reuse their last prediction. The network is one product.
#nc = affine_map<(n, c) -> (n, c)>
#n = affine_map<(n, c) -> (n)>
#own = affine_map<(n, m) -> (n)>
#other = affine_map<(n, m) -> (m)>
func.func @ras(%x: tensor<96x8xf32> {tercet.name = "x"}, %before: tensor<96x8xf32> {tercet.name = "before"}, %skipped: tensor<96xf32> {tercet.name = "skipped"}, %w: tensor<8x8xf32> {tercet.name = "w"}) -> (tensor<96x8xf32> {tercet.name = "y"}, tensor<96x8xf32> {tercet.name = "prediction"}, tensor<96xf32> {tercet.name = "counts"}) {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %channels = arith.constant 8.0 : f32
  %delta = arith.constant -0.125 : f32
  %starvation = arith.constant 0.25 : f32
  %none = arith.constant 0 : i32
  %most = arith.constant 40 : i32
  %per_token = tensor.empty() : tensor<96xf32>
  %numbers = tensor.empty() : tensor<96xi32>
  %places_of = tensor.empty() : tensor<40xi32>
  %rows = tensor.empty() : tensor<40x8xf32>
  %all = tensor.empty() : tensor<96x8xf32>

  // The standard deviation of a token's update, times exp(starvation * times skipped).
  %zeros = linalg.fill ins(%zero : f32) outs(%per_token : tensor<96xf32>) -> tensor<96xf32>
  %sum = linalg.generic {indexing_maps = [#nc, #n], iterator_types = ["parallel", "reduction"]} ins(%before : tensor<96x8xf32>) outs(%zeros : tensor<96xf32>) {
  ^bb0(%v: f32, %acc: f32):
    %1 = arith.mulf %delta, %v : f32
    %2 = arith.addf %acc, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<96xf32>
  %squares = linalg.generic {indexing_maps = [#nc, #n, #n], iterator_types = ["parallel", "reduction"]} ins(%before, %sum : tensor<96x8xf32>, tensor<96xf32>) outs(%zeros : tensor<96xf32>) {
  ^bb0(%v: f32, %s: f32, %acc: f32):
    %1 = arith.mulf %delta, %v : f32
    %2 = arith.divf %s, %channels : f32
    %3 = arith.subf %1, %2 : f32
    %4 = arith.mulf %3, %3 : f32
    %5 = arith.addf %acc, %4 : f32
    linalg.yield %5 : f32
  } -> tensor<96xf32>
  %metric = linalg.generic {indexing_maps = [affine_map<(n) -> (n)>, affine_map<(n) -> (n)>, affine_map<(n) -> (n)>], iterator_types = ["parallel"]} ins(%squares, %skipped : tensor<96xf32>, tensor<96xf32>) outs(%per_token : tensor<96xf32>) {
  ^bb0(%s: f32, %k: f32, %out: f32):
    %1 = arith.divf %s, %channels : f32
    %2 = math.sqrt %1 : f32
    %3 = arith.mulf %starvation, %k : f32
    %4 = math.exp %3 : f32
    %5 = arith.mulf %2, %4 : f32
    linalg.yield %5 : f32
  } -> tensor<96xf32>

  // The set of the greatest, ascending: a token's rank, then its place among the chosen.
  %none_of = linalg.fill ins(%none : i32) outs(%numbers : tensor<96xi32>) -> tensor<96xi32>
  %rank = linalg.generic {indexing_maps = [#own, #other, #own], iterator_types = ["parallel", "reduction"]} ins(%metric, %metric : tensor<96xf32>, tensor<96xf32>) outs(%none_of : tensor<96xi32>) {
  ^bb0(%a: f32, %b: f32, %acc: i32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %1 = arith.cmpf ogt, %b, %a : f32
    %2 = arith.cmpf oeq, %b, %a : f32
    %3 = arith.cmpi slt, %j, %i : index
    %4 = arith.andi %2, %3 : i1
    %5 = arith.ori %1, %4 : i1
    %6 = arith.extui %5 : i1 to i32
    %7 = arith.addi %acc, %6 : i32
    linalg.yield %7 : i32
  } -> tensor<96xi32>
  %place = linalg.generic {indexing_maps = [#other, #own], iterator_types = ["parallel", "reduction"]} ins(%rank : tensor<96xi32>) outs(%none_of : tensor<96xi32>) {
  ^bb0(%r: i32, %acc: i32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %1 = arith.cmpi slt, %r, %most : i32
    %2 = arith.cmpi slt, %j, %i : index
    %3 = arith.andi %1, %2 : i1
    %4 = arith.extui %3 : i1 to i32
    %5 = arith.addi %acc, %4 : i32
    linalg.yield %5 : i32
  } -> tensor<96xi32>
  %no_places = linalg.fill ins(%none : i32) outs(%places_of : tensor<40xi32>) -> tensor<40xi32>
  %index = linalg.generic {indexing_maps = [#other, #other, #own], iterator_types = ["parallel", "reduction"]} ins(%rank, %place : tensor<96xi32>, tensor<96xi32>) outs(%no_places : tensor<40xi32>) {
  ^bb0(%r: i32, %q: i32, %acc: i32):
    %p = linalg.index 0 : index
    %j = linalg.index 1 : index
    %at = arith.index_cast %p : index to i32
    %token = arith.index_cast %j : index to i32
    %1 = arith.cmpi slt, %r, %most : i32
    %2 = arith.cmpi eq, %q, %at : i32
    %3 = arith.andi %1, %2 : i1
    %4 = arith.select %3, %token, %acc : i32
    linalg.yield %4 : i32
  } -> tensor<40xi32>

  // The network on those, the last prediction elsewhere, a step of the whole grid.
  %active = spatial.gather %x, %index : tensor<96x8xf32>, tensor<40xi32> -> tensor<40x8xf32>
  %no_rows = linalg.fill ins(%zero : f32) outs(%rows : tensor<40x8xf32>) -> tensor<40x8xf32>
  %computed = linalg.generic {indexing_maps = [affine_map<(n, e, c) -> (n, c)>, affine_map<(n, e, c) -> (e, c)>, affine_map<(n, e, c) -> (n, e)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%active, %w : tensor<40x8xf32>, tensor<8x8xf32>) outs(%no_rows : tensor<40x8xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %1 = arith.mulf %a, %b : f32
    %2 = arith.addf %acc, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<40x8xf32>
  %prediction = spatial.scatter %computed, %index into %before : tensor<40x8xf32>, tensor<40xi32>, tensor<96x8xf32>
  %y = linalg.generic {indexing_maps = [#nc, #nc, #nc], iterator_types = ["parallel", "parallel"]} ins(%x, %prediction : tensor<96x8xf32>, tensor<96x8xf32>) outs(%all : tensor<96x8xf32>) {
  ^bb0(%a: f32, %v: f32, %out: f32):
    %1 = arith.mulf %delta, %v : f32
    %2 = arith.addf %a, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<96x8xf32>
  %counts = linalg.generic {indexing_maps = [affine_map<(n) -> (n)>, affine_map<(n) -> (n)>, affine_map<(n) -> (n)>], iterator_types = ["parallel"]} ins(%rank, %skipped : tensor<96xi32>, tensor<96xf32>) outs(%per_token : tensor<96xf32>) {
  ^bb0(%r: i32, %k: f32, %out: f32):
    %1 = arith.cmpi slt, %r, %most : i32
    %2 = arith.addf %k, %one : f32
    %3 = arith.select %1, %zero, %2 : f32
    linalg.yield %3 : f32
  } -> tensor<96xf32>
  return %y, %prediction, %counts : tensor<96x8xf32>, tensor<96x8xf32>, tensor<96xf32>
}
