// The spatial dialect at sizes that show on a GPU: attention over blocks of 64 tokens with each
// kind of mask, 256 centroids for 4096 points, a level of a streaming model's chunk.
func.func @dense(%q: tensor<1024x4x32xf32> {tercet.name = "q"}, %k: tensor<1024x4x32xf32> {tercet.name = "k"}, %v: tensor<1024x4x32xf32> {tercet.name = "v"}) -> (tensor<1024x4x32xf32> {tercet.name = "y"}) {
  %o = arith.constant dense<[0, 64, 128, 192, 256, 320, 384, 448, 512, 576, 640, 704, 768, 832, 896, 960, 1024]> : tensor<17xi32>
  %m = spatial.block_mask dense : tensor<1x16x16xi8>
  %y, %l = spatial.block_attention %q, %k, %v mask(%m, %o, %o : tensor<1x16x16xi8>, tensor<17xi32>, tensor<17xi32>) scale(0.17677669) : tensor<1024x4x32xf32>, tensor<1024x4x32xf32>, tensor<1024x4x32xf32> -> tensor<1024x4x32xf32>, tensor<1024x4xf32>
  return %y : tensor<1024x4x32xf32>
}
func.func @causal(%q: tensor<1024x4x32xf32> {tercet.name = "q"}, %k: tensor<1024x4x32xf32> {tercet.name = "k"}, %v: tensor<1024x4x32xf32> {tercet.name = "v"}) -> (tensor<1024x4x32xf32> {tercet.name = "y"}) {
  %o = arith.constant dense<[0, 64, 128, 192, 256, 320, 384, 448, 512, 576, 640, 704, 768, 832, 896, 960, 1024]> : tensor<17xi32>
  %m = spatial.block_mask causal : tensor<1x16x16xi8>
  %y, %l = spatial.block_attention causal %q, %k, %v mask(%m, %o, %o : tensor<1x16x16xi8>, tensor<17xi32>, tensor<17xi32>) scale(0.17677669) : tensor<1024x4x32xf32>, tensor<1024x4x32xf32>, tensor<1024x4x32xf32> -> tensor<1024x4x32xf32>, tensor<1024x4xf32>
  return %y : tensor<1024x4x32xf32>
}
func.func @window(%q: tensor<1024x4x32xf32> {tercet.name = "q"}, %k: tensor<1024x4x32xf32> {tercet.name = "k"}, %v: tensor<1024x4x32xf32> {tercet.name = "v"}) -> (tensor<1024x4x32xf32> {tercet.name = "y"}) {
  %o = arith.constant dense<[0, 64, 128, 192, 256, 320, 384, 448, 512, 576, 640, 704, 768, 832, 896, 960, 1024]> : tensor<17xi32>
  %m = spatial.block_mask window reach(2) : tensor<1x16x16xi8>
  %y, %l = spatial.block_attention %q, %k, %v mask(%m, %o, %o : tensor<1x16x16xi8>, tensor<17xi32>, tensor<17xi32>) scale(0.17677669) : tensor<1024x4x32xf32>, tensor<1024x4x32xf32>, tensor<1024x4x32xf32> -> tensor<1024x4x32xf32>, tensor<1024x4xf32>
  return %y : tensor<1024x4x32xf32>
}
func.func @radial(%q: tensor<1024x4x32xf32> {tercet.name = "q"}, %k: tensor<1024x4x32xf32> {tercet.name = "k"}, %v: tensor<1024x4x32xf32> {tercet.name = "v"}) -> (tensor<1024x4x32xf32> {tercet.name = "y"}) {
  %o = arith.constant dense<[0, 64, 128, 192, 256, 320, 384, 448, 512, 576, 640, 704, 768, 832, 896, 960, 1024]> : tensor<17xi32>
  %m = spatial.block_mask radial grid(#spatial.grid<16, 8, 8>) block(64) decay(1.0) : tensor<1x16x16xi8>
  %y, %l = spatial.block_attention %q, %k, %v mask(%m, %o, %o : tensor<1x16x16xi8>, tensor<17xi32>, tensor<17xi32>) scale(0.17677669) : tensor<1024x4x32xf32>, tensor<1024x4x32xf32>, tensor<1024x4x32xf32> -> tensor<1024x4x32xf32>, tensor<1024x4xf32>
  return %y : tensor<1024x4x32xf32>
}
func.func @selected(%q: tensor<1024x4x32xf32> {tercet.name = "q"}, %k: tensor<1024x4x32xf32> {tercet.name = "k"}, %v: tensor<1024x4x32xf32> {tercet.name = "v"}) -> (tensor<1024x4x32xf32> {tercet.name = "y"}, tensor<4x16x16xi8> {tercet.name = "m"}) {
  %o = arith.constant dense<[0, 64, 128, 192, 256, 320, 384, 448, 512, 576, 640, 704, 768, 832, 896, 960, 1024]> : tensor<17xi32>
  %qm = spatial.block_mean %q, %o : tensor<1024x4x32xf32>, tensor<17xi32> -> tensor<16x4x32xf32>
  %km = spatial.block_mean %k, %o : tensor<1024x4x32xf32>, tensor<17xi32> -> tensor<16x4x32xf32>
  %m = spatial.block_select %qm, %km scale(0.17677669) top_k(4) neighbours(1) : tensor<16x4x32xf32>, tensor<16x4x32xf32> -> tensor<4x16x16xi8>
  %y, %l = spatial.block_attention %q, %k, %v mask(%m, %o, %o : tensor<4x16x16xi8>, tensor<17xi32>, tensor<17xi32>) scale(0.17677669) : tensor<1024x4x32xf32>, tensor<1024x4x32xf32>, tensor<1024x4x32xf32> -> tensor<1024x4x32xf32>, tensor<1024x4xf32>
  return %y, %m : tensor<1024x4x32xf32>, tensor<4x16x16xi8>
}

// Whole numbers: products and sums are exact, so labels are to the bit.
#same = affine_map<(n, d) -> (n, d)>
func.func @assign(%x: tensor<4096x64xf32> {tercet.name = "x"}, %c: tensor<256x64xf32> {tercet.name = "c"}) -> (tensor<4096xi32> {tercet.name = "ids"}, tensor<4096xf32> {tercet.name = "scores"}) {
  %eight = arith.constant 8.0 : f32
  %xe = tensor.empty() : tensor<4096x64xf32>
  %xw = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4096x64xf32>) outs(%xe : tensor<4096x64xf32>) {
  ^bb0(%a: f32, %e: f32):
    %s = arith.mulf %a, %eight : f32
    %w = math.roundeven %s : f32
    linalg.yield %w : f32
  } -> tensor<4096x64xf32>
  %ce = tensor.empty() : tensor<256x64xf32>
  %cw = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel", "parallel"]} ins(%c : tensor<256x64xf32>) outs(%ce : tensor<256x64xf32>) {
  ^bb0(%a: f32, %e: f32):
    %s = arith.mulf %a, %eight : f32
    %w = math.roundeven %s : f32
    linalg.yield %w : f32
  } -> tensor<256x64xf32>
  %ids, %scores = spatial.kmeans_assign clamp0 %xw, %cw : tensor<4096x64xf32>, tensor<256x64xf32> -> tensor<4096xi32>, tensor<4096xf32>
  return %ids, %scores : tensor<4096xi32>, tensor<4096xf32>
}

// A chunk becomes history; that as tokens with places, modulated by segments, as keys; a step of a
// level, and on to the next one.
func.func @stream(%history: tensor<4x32x32x8xf32> {tercet.name = "history"}, %chunk: tensor<2x32x32x8xf32> {tercet.name = "chunk"}, %x: tensor<4x32x32x8xf32> {tercet.name = "x"}, %v: tensor<4x32x32x8xf32> {tercet.name = "v"}, %z: tensor<4x64x64x8xf32> {tercet.name = "z"}, %mod: tensor<2x32xf32> {tercet.name = "mod"}, %strength: tensor<4xf32> {tercet.name = "strength"}, %t: tensor<f32> {tercet.name = "t"}) -> (tensor<4x32x32x8xf32> {tercet.name = "kept"}, tensor<1024x4x8xf32> {tercet.name = "keys"}, tensor<4x64x64x8xf32> {tercet.name = "up"}, tensor<4x16x16x8xf32> {tercet.name = "down"}) {
  %kept = spatial.history_push %history, %chunk : tensor<4x32x32x8xf32>, tensor<2x32x32x8xf32>
  %tokens = spatial.patchify %kept patch([1, 2, 2]) : tensor<4x32x32x8xf32> -> tensor<1024x32xf32>
  %m = spatial.segment_modulate %tokens, %mod, %mod lengths([512, 512]) : tensor<1024x32xf32>, tensor<2x32xf32>
  %h = tensor.expand_shape %m [[0], [1, 2]] output_shape [1024, 4, 8] : tensor<1024x32xf32> into tensor<1024x4x8xf32>
  %cos, %sin = spatial.rope_table grid(#spatial.grid<4, 16, 16>) widths([4, 2, 2]) theta(10000.0) : tensor<1024x4xf32>
  %r = spatial.rope %h, %cos, %sin : tensor<1024x4x8xf32>, tensor<1024x4xf32>
  %keys = spatial.scale_keys %r, %strength count(512) : tensor<1024x4x8xf32>, tensor<4xf32>
  %step = spatial.level_step %x, %kept, %v, %t, %t : tensor<4x32x32x8xf32>, tensor<f32>, tensor<f32>
  %up = spatial.pyramid_jump %step, %z sigma(0.5) gamma(0.25) : tensor<4x32x32x8xf32>, tensor<4x64x64x8xf32>
  %down = spatial.pyramid_down %x : tensor<4x32x32x8xf32> -> tensor<4x16x16x8xf32>
  return %kept, %keys, %up, %down : tensor<4x32x32x8xf32>, tensor<1024x4x8xf32>, tensor<4x64x64x8xf32>, tensor<4x16x16x8xf32>
}
