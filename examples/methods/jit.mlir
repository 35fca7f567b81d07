// Just-in-Time sampling (arXiv 2603.10744): the first steps compute a part of the tokens, and
// the set grows where the velocity varies. The model is the op's region; here it is small enough to
// be checked by hand. @jit is a grid of 8 x 8 tokens. @flux_4x and @flux_7x are the presets of the
// released code for 64 x 64 tokens of 64 values: 7 + 4 + 7 steps of 1433, 2539 and 4096 tokens, and
// 4 + 3 + 4 steps of 1310, 2457 and 4096, at times of the inverse of the distribution Beta(1.4, 0.42).
#nc = affine_map<(n, c) -> (n, c)>
func.func @jit(%noise: tensor<64x4xf32> {tercet.name = "noise"}, %c: tensor<64x4xf32> {tercet.name = "c"}) -> (tensor<64x4xf32> {tercet.name = "y"}) {
  %y = spatial.sample %noise grid<1, 8, 8> stages [[2, 22], [1, 40], [2, 64]]
      sigmas [1.0, 0.9, 0.75, 0.5, 0.25, 0.0] seed(7) blend [0.33333334] : tensor<64x4xf32> {
  ^bb0(%rows: tensor<?x4xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    // velocity = 0.5 * rows - c
    %half = arith.constant 0.5 : f32
    %to = spatial.gather %c, %index : tensor<64x4xf32>, tensor<?xi32> -> tensor<?x4xf32>
    %v = linalg.generic {indexing_maps = [#nc, #nc, #nc], iterator_types = ["parallel", "parallel"]} ins(%rows, %to : tensor<?x4xf32>, tensor<?x4xf32>) outs(%rows : tensor<?x4xf32>) {
    ^bb1(%a: f32, %b: f32, %out: f32):
      %p = arith.mulf %half, %a : f32
      %d = arith.subf %p, %b : f32
      linalg.yield %d : f32
    } -> tensor<?x4xf32>
    spatial.yield %v : tensor<?x4xf32>
  }
  return %y : tensor<64x4xf32>
}

func.func @flux_4x(%noise: tensor<4096x64xf32> {tercet.name = "noise"}, %c: tensor<4096x64xf32> {tercet.name = "c"}) -> (tensor<4096x64xf32> {tercet.name = "y"}) {
  %y = spatial.sample %noise grid<1, 64, 64> stages [[7, 1433], [4, 2539], [7, 4096]]
      sigmas [1.0, 0.752446, 0.611952, 0.50257, 0.412616, 0.336929, 0.272595, 0.217733, 0.171027, 0.131494, 0.098361, 0.071, 0.048874, 0.031505, 0.018451, 0.009277, 0.003527, 0.000677, 0.0]
      seed(7) blend [0.33333334] checkpoints : tensor<4096x64xf32> {
  ^bb0(%rows: tensor<?x64xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    %from = spatial.gather %noise, %index : tensor<4096x64xf32>, tensor<?xi32> -> tensor<?x64xf32>
    %to = spatial.gather %c, %index : tensor<4096x64xf32>, tensor<?xi32> -> tensor<?x64xf32>
    %v = linalg.sub ins(%from, %to : tensor<?x64xf32>, tensor<?x64xf32>) outs(%rows : tensor<?x64xf32>) -> tensor<?x64xf32>
    spatial.yield %v : tensor<?x64xf32>
  }
  return %y : tensor<4096x64xf32>
}

func.func @flux_7x(%noise: tensor<4096x64xf32> {tercet.name = "noise"}, %c: tensor<4096x64xf32> {tercet.name = "c"}) -> (tensor<4096x64xf32> {tercet.name = "y"}) {
  %y = spatial.sample %noise grid<1, 64, 64> stages [[4, 1310], [3, 2457], [4, 4096]]
      sigmas [1.0, 0.658391, 0.47639, 0.343307, 0.24159, 0.163331, 0.103939, 0.060324, 0.030147, 0.01142, 0.002187, 0.0]
      seed(7) blend [0.33333334] checkpoints : tensor<4096x64xf32> {
  ^bb0(%rows: tensor<?x64xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    %from = spatial.gather %noise, %index : tensor<4096x64xf32>, tensor<?xi32> -> tensor<?x64xf32>
    %to = spatial.gather %c, %index : tensor<4096x64xf32>, tensor<?xi32> -> tensor<?x64xf32>
    %v = linalg.sub ins(%from, %to : tensor<?x64xf32>, tensor<?x64xf32>) outs(%rows : tensor<?x64xf32>) -> tensor<?x64xf32>
    spatial.yield %v : tensor<?x64xf32>
  }
  return %y : tensor<4096x64xf32>
}
