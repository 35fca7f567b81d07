// Sparse VideoGen 2 (arXiv 2505.18875), one head: tokens are sorted by cluster, queries and
// keys each by their own; a cluster of queries sees the fewest clusters of keys that have
// 90 % of the weight, each counted with its size, and at least one of ten. Clusters and
// their centroids come from k-means; sizes are data, and attention knows them by offsets.
func.func @svg2(%q: tensor<96x1x8xf32> {tercet.name = "q"}, %k: tensor<96x1x8xf32> {tercet.name = "k"}, %v: tensor<96x1x8xf32> {tercet.name = "v"}, %qids: tensor<96xi32> {tercet.name = "qids", tercet.range = [0, 6]}, %kids: tensor<96xi32> {tercet.name = "kids", tercet.range = [0, 10]}, %qc: tensor<6x1x8xf32> {tercet.name = "qc"}, %kc: tensor<10x1x8xf32> {tercet.name = "kc"}) -> (tensor<96x1x8xf32> {tercet.name = "y"}, tensor<1x6x10xi8> {tercet.name = "mask"}) {
  %q_places, %q_ranks, %q_offsets = spatial.block_order %qids : tensor<96xi32> -> tensor<96xi32>, tensor<96xi32>, tensor<7xi32>
  %k_places, %k_ranks, %k_offsets = spatial.block_order %kids : tensor<96xi32> -> tensor<96xi32>, tensor<96xi32>, tensor<11xi32>
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
