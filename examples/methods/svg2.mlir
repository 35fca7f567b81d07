// Sparse VideoGen 2 (arXiv 2505.18875), one head: tokens are sorted by cluster, queries and
// keys each by their own; a cluster of queries sees the fewest clusters of keys that have
// 90 % of the weight, each counted with its size, and at least one of ten. Clusters and
// their centroids come from k-means; sizes are data, and attention knows them by offsets.
#own = affine_map<(n, m) -> (n)>
#other = affine_map<(n, m) -> (m)>
func.func @svg2(%q: tensor<96x1x8xf32> {tercet.name = "q"}, %k: tensor<96x1x8xf32> {tercet.name = "k"}, %v: tensor<96x1x8xf32> {tercet.name = "v"}, %qids: tensor<96xi32> {tercet.name = "qids", tercet.range = [0, 6]}, %kids: tensor<96xi32> {tercet.name = "kids", tercet.range = [0, 10]}, %qc: tensor<6x1x8xf32> {tercet.name = "qc"}, %kc: tensor<10x1x8xf32> {tercet.name = "kc"}) -> (tensor<96x1x8xf32> {tercet.name = "y"}, tensor<1x6x10xi8> {tercet.name = "mask"}) {
  %none = arith.constant 0 : i32
  %numbers = tensor.empty() : tensor<96xi32>
  %none_of = linalg.fill ins(%none : i32) outs(%numbers : tensor<96xi32>) -> tensor<96xi32>

  // A stable sort: a token's rank, the token at each place, where clusters begin.
  %q_ranks = linalg.generic {indexing_maps = [#own, #other, #own], iterator_types = ["parallel", "reduction"]} ins(%qids, %qids : tensor<96xi32>, tensor<96xi32>) outs(%none_of : tensor<96xi32>) {
  ^bb0(%a: i32, %b: i32, %acc: i32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %1 = arith.cmpi slt, %b, %a : i32
    %2 = arith.cmpi eq, %b, %a : i32
    %3 = arith.cmpi slt, %j, %i : index
    %4 = arith.andi %2, %3 : i1
    %5 = arith.ori %1, %4 : i1
    %6 = arith.extui %5 : i1 to i32
    %7 = arith.addi %acc, %6 : i32
    linalg.yield %7 : i32
  } -> tensor<96xi32>
  %q_places = linalg.generic {indexing_maps = [#other, #own], iterator_types = ["parallel", "reduction"]} ins(%q_ranks : tensor<96xi32>) outs(%none_of : tensor<96xi32>) {
  ^bb0(%r: i32, %acc: i32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %at = arith.index_cast %i : index to i32
    %token = arith.index_cast %j : index to i32
    %1 = arith.cmpi eq, %r, %at : i32
    %2 = arith.select %1, %token, %acc : i32
    linalg.yield %2 : i32
  } -> tensor<96xi32>
  %q_empty = tensor.empty() : tensor<7xi32>
  %q_none = linalg.fill ins(%none : i32) outs(%q_empty : tensor<7xi32>) -> tensor<7xi32>
  %q_offsets = linalg.generic {indexing_maps = [#other, #own], iterator_types = ["parallel", "reduction"]} ins(%qids : tensor<96xi32>) outs(%q_none : tensor<7xi32>) {
  ^bb0(%b: i32, %acc: i32):
    %i = linalg.index 0 : index
    %c = arith.index_cast %i : index to i32
    %1 = arith.cmpi slt, %b, %c : i32
    %2 = arith.extui %1 : i1 to i32
    %3 = arith.addi %acc, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<7xi32>
  %k_ranks = linalg.generic {indexing_maps = [#own, #other, #own], iterator_types = ["parallel", "reduction"]} ins(%kids, %kids : tensor<96xi32>, tensor<96xi32>) outs(%none_of : tensor<96xi32>) {
  ^bb0(%a: i32, %b: i32, %acc: i32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %1 = arith.cmpi slt, %b, %a : i32
    %2 = arith.cmpi eq, %b, %a : i32
    %3 = arith.cmpi slt, %j, %i : index
    %4 = arith.andi %2, %3 : i1
    %5 = arith.ori %1, %4 : i1
    %6 = arith.extui %5 : i1 to i32
    %7 = arith.addi %acc, %6 : i32
    linalg.yield %7 : i32
  } -> tensor<96xi32>
  %k_places = linalg.generic {indexing_maps = [#other, #own], iterator_types = ["parallel", "reduction"]} ins(%k_ranks : tensor<96xi32>) outs(%none_of : tensor<96xi32>) {
  ^bb0(%r: i32, %acc: i32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %at = arith.index_cast %i : index to i32
    %token = arith.index_cast %j : index to i32
    %1 = arith.cmpi eq, %r, %at : i32
    %2 = arith.select %1, %token, %acc : i32
    linalg.yield %2 : i32
  } -> tensor<96xi32>
  %k_empty = tensor.empty() : tensor<11xi32>
  %k_none = linalg.fill ins(%none : i32) outs(%k_empty : tensor<11xi32>) -> tensor<11xi32>
  %k_offsets = linalg.generic {indexing_maps = [#other, #own], iterator_types = ["parallel", "reduction"]} ins(%kids : tensor<96xi32>) outs(%k_none : tensor<11xi32>) {
  ^bb0(%b: i32, %acc: i32):
    %i = linalg.index 0 : index
    %c = arith.index_cast %i : index to i32
    %1 = arith.cmpi slt, %b, %c : i32
    %2 = arith.extui %1 : i1 to i32
    %3 = arith.addi %acc, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<11xi32>

  %qs_flat = tensor.collapse_shape %q [[0], [1, 2]] : tensor<96x1x8xf32> into tensor<96x8xf32>
  %qs_rows = spatial.gather %qs_flat, %q_places : tensor<96x8xf32>, tensor<96xi32> -> tensor<96x8xf32>
  %qs = tensor.expand_shape %qs_rows [[0], [1, 2]] output_shape [96, 1, 8] : tensor<96x8xf32> into tensor<96x1x8xf32>
  %ks_flat = tensor.collapse_shape %k [[0], [1, 2]] : tensor<96x1x8xf32> into tensor<96x8xf32>
  %ks_rows = spatial.gather %ks_flat, %k_places : tensor<96x8xf32>, tensor<96xi32> -> tensor<96x8xf32>
  %ks = tensor.expand_shape %ks_rows [[0], [1, 2]] output_shape [96, 1, 8] : tensor<96x8xf32> into tensor<96x1x8xf32>
  %vs_flat = tensor.collapse_shape %v [[0], [1, 2]] : tensor<96x1x8xf32> into tensor<96x8xf32>
  %vs_rows = spatial.gather %vs_flat, %k_places : tensor<96x8xf32>, tensor<96xi32> -> tensor<96x8xf32>
  %vs = tensor.expand_shape %vs_rows [[0], [1, 2]] output_shape [96, 1, 8] : tensor<96x8xf32> into tensor<96x1x8xf32>
  %mask = spatial.block_select %qc, %kc sizes(%k_offsets : tensor<11xi32>) scale(0.35355339) top_p(0.9) minimum(1) : tensor<6x1x8xf32>, tensor<10x1x8xf32> -> tensor<1x6x10xi8>
  %ys, %lse = spatial.block_attention %qs, %ks, %vs mask(%mask, %q_offsets, %k_offsets : tensor<1x6x10xi8>, tensor<7xi32>, tensor<11xi32>) scale(0.35355339) : tensor<96x1x8xf32>, tensor<96x1x8xf32>, tensor<96x1x8xf32> -> tensor<96x1x8xf32>, tensor<96x1xf32>
  %y_flat = tensor.collapse_shape %ys [[0], [1, 2]] : tensor<96x1x8xf32> into tensor<96x8xf32>
  %y_rows = spatial.gather %y_flat, %q_ranks : tensor<96x8xf32>, tensor<96xi32> -> tensor<96x8xf32>
  %y = tensor.expand_shape %y_rows [[0], [1, 2]] output_shape [96, 1, 8] : tensor<96x8xf32> into tensor<96x1x8xf32>
  return %y, %mask : tensor<96x1x8xf32>, tensor<1x6x10xi8>
}
