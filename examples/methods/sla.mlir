// SLA (arXiv 2509.24006): softmax attention for the three blocks that match best, and
// linear attention with a softmax as its feature map for the rest, through a projection.
// Blocks of 8 tokens in raster order; means of keys are taken less the mean of all.
#nhc = affine_map<(n, h, c) -> (n, h, c)>
#nh = affine_map<(n, h, c) -> (n, h)>
#h = affine_map<(n, h, c) -> (h, c)>
func.func @sla(%q: tensor<96x2x8xf32> {tercet.name = "q"}, %k: tensor<96x2x8xf32> {tercet.name = "k"}, %v: tensor<96x2x8xf32> {tercet.name = "v"}, %w: tensor<8x8xf32> {tercet.name = "w"}) -> (tensor<96x2x8xf32> {tercet.name = "y"}) {
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %all = tensor.empty() : tensor<96x2x8xf32>
  %rows = tensor.empty() : tensor<96x2xf32>
  %places, %ranks, %o = spatial.tile_order raster grid(#spatial.grid<4, 4, 6>) block(8) : tensor<96xi32>, tensor<96xi32>, tensor<13xi32>
  %whole = arith.constant dense<[0, 96]> : tensor<2xi32>

  // Sparse.
  %qm = spatial.block_mean %q, %o : tensor<96x2x8xf32>, tensor<13xi32> -> tensor<12x2x8xf32>
  %km = spatial.block_mean %k, %o : tensor<96x2x8xf32>, tensor<13xi32> -> tensor<12x2x8xf32>
  %mean = spatial.block_mean %k, %whole : tensor<96x2x8xf32>, tensor<2xi32> -> tensor<1x2x8xf32>
  %all_keys = tensor.collapse_shape %mean [[0, 1], [2]] : tensor<1x2x8xf32> into tensor<2x8xf32>
  %blocks = tensor.empty() : tensor<12x2x8xf32>
  %kc = linalg.generic {indexing_maps = [#nhc, #h, #nhc], iterator_types = ["parallel", "parallel", "parallel"]} ins(%km, %all_keys : tensor<12x2x8xf32>, tensor<2x8xf32>) outs(%blocks : tensor<12x2x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %1 = arith.subf %a, %b : f32
    linalg.yield %1 : f32
  } -> tensor<12x2x8xf32>
  %mask = spatial.block_select %qm, %kc scale(0.35355339) top_k(3) : tensor<12x2x8xf32>, tensor<12x2x8xf32> -> tensor<2x12x12xi8>
  %sparse, %lse = spatial.block_attention %q, %k, %v mask(%mask, %o, %o : tensor<2x12x12xi8>, tensor<13xi32>, tensor<13xi32>) scale(0.35355339) : tensor<96x2x8xf32>, tensor<96x2x8xf32>, tensor<96x2x8xf32> -> tensor<96x2x8xf32>, tensor<96x2xf32>

  // Linear: phi(q) (phi(k)^T v) / (phi(q) sum of phi(k)).
  %fq_low = linalg.fill ins(%low : f32) outs(%rows : tensor<96x2xf32>) -> tensor<96x2xf32>
  %fq_top = linalg.generic {indexing_maps = [#nhc, #nh], iterator_types = ["parallel", "parallel", "reduction"]} ins(%q : tensor<96x2x8xf32>) outs(%fq_low : tensor<96x2xf32>) {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.maximumf %a, %b : f32
    linalg.yield %1 : f32
  } -> tensor<96x2xf32>
  %fq_exp = linalg.generic {indexing_maps = [#nhc, #nh, #nhc], iterator_types = ["parallel", "parallel", "parallel"]} ins(%q, %fq_top : tensor<96x2x8xf32>, tensor<96x2xf32>) outs(%all : tensor<96x2x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %1 = arith.subf %a, %b : f32
    %2 = math.exp %1 : f32
    linalg.yield %2 : f32
  } -> tensor<96x2x8xf32>
  %fq_zero = linalg.fill ins(%zero : f32) outs(%rows : tensor<96x2xf32>) -> tensor<96x2xf32>
  %fq_sum = linalg.generic {indexing_maps = [#nhc, #nh], iterator_types = ["parallel", "parallel", "reduction"]} ins(%fq_exp : tensor<96x2x8xf32>) outs(%fq_zero : tensor<96x2xf32>) {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.addf %a, %b : f32
    linalg.yield %1 : f32
  } -> tensor<96x2xf32>
  %fq = linalg.generic {indexing_maps = [#nhc, #nh, #nhc], iterator_types = ["parallel", "parallel", "parallel"]} ins(%fq_exp, %fq_sum : tensor<96x2x8xf32>, tensor<96x2xf32>) outs(%all : tensor<96x2x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %1 = arith.divf %a, %b : f32
    linalg.yield %1 : f32
  } -> tensor<96x2x8xf32>
  %fk_low = linalg.fill ins(%low : f32) outs(%rows : tensor<96x2xf32>) -> tensor<96x2xf32>
  %fk_top = linalg.generic {indexing_maps = [#nhc, #nh], iterator_types = ["parallel", "parallel", "reduction"]} ins(%k : tensor<96x2x8xf32>) outs(%fk_low : tensor<96x2xf32>) {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.maximumf %a, %b : f32
    linalg.yield %1 : f32
  } -> tensor<96x2xf32>
  %fk_exp = linalg.generic {indexing_maps = [#nhc, #nh, #nhc], iterator_types = ["parallel", "parallel", "parallel"]} ins(%k, %fk_top : tensor<96x2x8xf32>, tensor<96x2xf32>) outs(%all : tensor<96x2x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %1 = arith.subf %a, %b : f32
    %2 = math.exp %1 : f32
    linalg.yield %2 : f32
  } -> tensor<96x2x8xf32>
  %fk_zero = linalg.fill ins(%zero : f32) outs(%rows : tensor<96x2xf32>) -> tensor<96x2xf32>
  %fk_sum = linalg.generic {indexing_maps = [#nhc, #nh], iterator_types = ["parallel", "parallel", "reduction"]} ins(%fk_exp : tensor<96x2x8xf32>) outs(%fk_zero : tensor<96x2xf32>) {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.addf %a, %b : f32
    linalg.yield %1 : f32
  } -> tensor<96x2xf32>
  %fk = linalg.generic {indexing_maps = [#nhc, #nh, #nhc], iterator_types = ["parallel", "parallel", "parallel"]} ins(%fk_exp, %fk_sum : tensor<96x2x8xf32>, tensor<96x2xf32>) outs(%all : tensor<96x2x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %1 = arith.divf %a, %b : f32
    linalg.yield %1 : f32
  } -> tensor<96x2x8xf32>
  %pairs = tensor.empty() : tensor<2x8x8xf32>
  %kv_zero = linalg.fill ins(%zero : f32) outs(%pairs : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %kv = linalg.generic {indexing_maps = [affine_map<(h, c, e, n) -> (n, h, c)>, affine_map<(h, c, e, n) -> (n, h, e)>, affine_map<(h, c, e, n) -> (h, c, e)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%fk, %v : tensor<96x2x8xf32>, tensor<96x2x8xf32>) outs(%kv_zero : tensor<2x8x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %1 = arith.mulf %a, %b : f32
    %2 = arith.addf %c, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<2x8x8xf32>
  %sums = tensor.empty() : tensor<2x8xf32>
  %ksum_zero = linalg.fill ins(%zero : f32) outs(%sums : tensor<2x8xf32>) -> tensor<2x8xf32>
  %ksum = linalg.generic {indexing_maps = [affine_map<(h, c, n) -> (n, h, c)>, affine_map<(h, c, n) -> (h, c)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%fk : tensor<96x2x8xf32>) outs(%ksum_zero : tensor<2x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.addf %a, %b : f32
    linalg.yield %1 : f32
  } -> tensor<2x8xf32>
  %num_zero = linalg.fill ins(%zero : f32) outs(%all : tensor<96x2x8xf32>) -> tensor<96x2x8xf32>
  %num = linalg.generic {indexing_maps = [affine_map<(n, h, e, c) -> (n, h, c)>, affine_map<(n, h, e, c) -> (h, c, e)>, affine_map<(n, h, e, c) -> (n, h, e)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%fq, %kv : tensor<96x2x8xf32>, tensor<2x8x8xf32>) outs(%num_zero : tensor<96x2x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %1 = arith.mulf %a, %b : f32
    %2 = arith.addf %c, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<96x2x8xf32>
  %den_zero = linalg.fill ins(%zero : f32) outs(%rows : tensor<96x2xf32>) -> tensor<96x2xf32>
  %den = linalg.generic {indexing_maps = [#nhc, #h, #nh], iterator_types = ["parallel", "parallel", "reduction"]} ins(%fq, %ksum : tensor<96x2x8xf32>, tensor<2x8xf32>) outs(%den_zero : tensor<96x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %1 = arith.mulf %a, %b : f32
    %2 = arith.addf %c, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<96x2xf32>
  %linear = linalg.generic {indexing_maps = [#nhc, #nh, #nhc], iterator_types = ["parallel", "parallel", "parallel"]} ins(%num, %den : tensor<96x2x8xf32>, tensor<96x2xf32>) outs(%all : tensor<96x2x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %1 = arith.divf %a, %b : f32
    linalg.yield %1 : f32
  } -> tensor<96x2x8xf32>
  %projected_zero = linalg.fill ins(%zero : f32) outs(%all : tensor<96x2x8xf32>) -> tensor<96x2x8xf32>
  %projected = linalg.generic {indexing_maps = [affine_map<(n, h, e, c) -> (n, h, c)>, affine_map<(n, h, e, c) -> (e, c)>, affine_map<(n, h, e, c) -> (n, h, e)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%linear, %w : tensor<96x2x8xf32>, tensor<8x8xf32>) outs(%projected_zero : tensor<96x2x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %1 = arith.mulf %a, %b : f32
    %2 = arith.addf %c, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<96x2x8xf32>
  %y = arith.addf %sparse, %projected : tensor<96x2x8xf32>
  return %y : tensor<96x2x8xf32>
}
