// The handwritten digits of UCI, classified by a network of three BitLinear layers
// in three variants: float, dense ternary, and 2:4 sparse ternary. Weights are in
// digits.safetensors under the names of the globals; see README.md.

ml_program.global private @float.norm1.gain(#ml_program.extern : tensor<64xf32>) : tensor<64xf32>
ml_program.global private @float.fc1.weight(#ml_program.extern : tensor<256x64xf32>) : tensor<256x64xf32>
ml_program.global private @float.norm2.gain(#ml_program.extern : tensor<256xf32>) : tensor<256xf32>
ml_program.global private @float.fc2.weight(#ml_program.extern : tensor<256x256xf32>) : tensor<256x256xf32>
ml_program.global private @float.norm3.gain(#ml_program.extern : tensor<256xf32>) : tensor<256xf32>
ml_program.global private @float.fc3.weight(#ml_program.extern : tensor<10x256xf32>) : tensor<10x256xf32>
ml_program.global private @float.fc3.bias(#ml_program.extern : tensor<10xf32>) : tensor<10xf32>

ml_program.global private @ternary.norm1.gain(#ml_program.extern : tensor<64xf32>) : tensor<64xf32>
ml_program.global private @ternary.fc1.weight(#ml_program.extern : tensor<256x64x!ternary.trit>) : tensor<256x64x!ternary.trit>
ml_program.global private @ternary.fc1.scale(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @ternary.norm2.gain(#ml_program.extern : tensor<256xf32>) : tensor<256xf32>
ml_program.global private @ternary.fc2.weight(#ml_program.extern : tensor<256x256x!ternary.trit>) : tensor<256x256x!ternary.trit>
ml_program.global private @ternary.fc2.scale(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @ternary.norm3.gain(#ml_program.extern : tensor<256xf32>) : tensor<256xf32>
ml_program.global private @ternary.fc3.weight(#ml_program.extern : tensor<10x256x!ternary.trit>) : tensor<10x256x!ternary.trit>
ml_program.global private @ternary.fc3.scale(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @ternary.fc3.bias(#ml_program.extern : tensor<10xf32>) : tensor<10xf32>

ml_program.global private @sparse.norm1.gain(#ml_program.extern : tensor<64xf32>) : tensor<64xf32>
ml_program.global private @sparse.fc1.weight(#ml_program.extern : tensor<256x64x!ternary.trit>) : tensor<256x64x!ternary.trit> {ternary.sparsity = #ternary.sparsity<2:4>}
ml_program.global private @sparse.fc1.scale(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @sparse.norm2.gain(#ml_program.extern : tensor<256xf32>) : tensor<256xf32>
ml_program.global private @sparse.fc2.weight(#ml_program.extern : tensor<256x256x!ternary.trit>) : tensor<256x256x!ternary.trit> {ternary.sparsity = #ternary.sparsity<2:4>}
ml_program.global private @sparse.fc2.scale(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @sparse.norm3.gain(#ml_program.extern : tensor<256xf32>) : tensor<256xf32>
ml_program.global private @sparse.fc3.weight(#ml_program.extern : tensor<10x256x!ternary.trit>) : tensor<10x256x!ternary.trit> {ternary.sparsity = #ternary.sparsity<2:4>}
ml_program.global private @sparse.fc3.scale(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @sparse.fc3.bias(#ml_program.extern : tensor<10xf32>) : tensor<10xf32>

func.func private @relu(%x: tensor<?x256xf32>) -> tensor<?x256xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x256xf32>
  %init = tensor.empty(%m) : tensor<?x256xf32>
  %y = linalg.generic {
    indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>],
    iterator_types = ["parallel", "parallel"]
  } ins(%x : tensor<?x256xf32>)
    outs(%init : tensor<?x256xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.maximumf %in, %zero : f32
    linalg.yield %0 : f32
  } -> tensor<?x256xf32>
  return %y : tensor<?x256xf32>
}

func.func @ternary(%images: tensor<?x64xf32> {tercet.name = "images", tercet.bound = 360})
    -> (tensor<?x10xf32> {tercet.name = "logits"}) {
  %w1 = ml_program.global_load_const @ternary.fc1.weight : tensor<256x64x!ternary.trit>
  %s1 = ml_program.global_load_const @ternary.fc1.scale : tensor<f32>
  %g1 = ml_program.global_load_const @ternary.norm1.gain : tensor<64xf32>
  %y1 = ternary.linear %images, %w1 scale(%s1 : tensor<f32>) norm(%g1 : tensor<64xf32>)
      : tensor<?x64xf32>, tensor<256x64x!ternary.trit> -> tensor<?x256xf32>
  %h1 = call @relu(%y1) : (tensor<?x256xf32>) -> tensor<?x256xf32>
  %w2 = ml_program.global_load_const @ternary.fc2.weight : tensor<256x256x!ternary.trit>
  %s2 = ml_program.global_load_const @ternary.fc2.scale : tensor<f32>
  %g2 = ml_program.global_load_const @ternary.norm2.gain : tensor<256xf32>
  %y2 = ternary.linear %h1, %w2 scale(%s2 : tensor<f32>) norm(%g2 : tensor<256xf32>)
      : tensor<?x256xf32>, tensor<256x256x!ternary.trit> -> tensor<?x256xf32>
  %h2 = call @relu(%y2) : (tensor<?x256xf32>) -> tensor<?x256xf32>
  %w3 = ml_program.global_load_const @ternary.fc3.weight : tensor<10x256x!ternary.trit>
  %s3 = ml_program.global_load_const @ternary.fc3.scale : tensor<f32>
  %g3 = ml_program.global_load_const @ternary.norm3.gain : tensor<256xf32>
  %b3 = ml_program.global_load_const @ternary.fc3.bias : tensor<10xf32>
  %y3 = ternary.linear %h2, %w3 scale(%s3 : tensor<f32>) norm(%g3 : tensor<256xf32>)
      bias(%b3 : tensor<10xf32>)
      : tensor<?x256xf32>, tensor<10x256x!ternary.trit> -> tensor<?x10xf32>
  return %y3 : tensor<?x10xf32>
}

func.func @sparse(%images: tensor<?x64xf32> {tercet.name = "images", tercet.bound = 360})
    -> (tensor<?x10xf32> {tercet.name = "logits"}) {
  %w1 = ml_program.global_load_const @sparse.fc1.weight : tensor<256x64x!ternary.trit>
  %s1 = ml_program.global_load_const @sparse.fc1.scale : tensor<f32>
  %g1 = ml_program.global_load_const @sparse.norm1.gain : tensor<64xf32>
  %y1 = ternary.linear %images, %w1 scale(%s1 : tensor<f32>) norm(%g1 : tensor<64xf32>)
      : tensor<?x64xf32>, tensor<256x64x!ternary.trit> -> tensor<?x256xf32>
  %h1 = call @relu(%y1) : (tensor<?x256xf32>) -> tensor<?x256xf32>
  %w2 = ml_program.global_load_const @sparse.fc2.weight : tensor<256x256x!ternary.trit>
  %s2 = ml_program.global_load_const @sparse.fc2.scale : tensor<f32>
  %g2 = ml_program.global_load_const @sparse.norm2.gain : tensor<256xf32>
  %y2 = ternary.linear %h1, %w2 scale(%s2 : tensor<f32>) norm(%g2 : tensor<256xf32>)
      : tensor<?x256xf32>, tensor<256x256x!ternary.trit> -> tensor<?x256xf32>
  %h2 = call @relu(%y2) : (tensor<?x256xf32>) -> tensor<?x256xf32>
  %w3 = ml_program.global_load_const @sparse.fc3.weight : tensor<10x256x!ternary.trit>
  %s3 = ml_program.global_load_const @sparse.fc3.scale : tensor<f32>
  %g3 = ml_program.global_load_const @sparse.norm3.gain : tensor<256xf32>
  %b3 = ml_program.global_load_const @sparse.fc3.bias : tensor<10xf32>
  %y3 = ternary.linear %h2, %w3 scale(%s3 : tensor<f32>) norm(%g3 : tensor<256xf32>)
      bias(%b3 : tensor<10xf32>)
      : tensor<?x256xf32>, tensor<10x256x!ternary.trit> -> tensor<?x10xf32>
  return %y3 : tensor<?x10xf32>
}

// y = x * (1 / sqrt(mean(x^2) + 1e-5)) * gain
func.func private @norm64(%x: tensor<?x64xf32>, %gain: tensor<64xf32>) -> tensor<?x64xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %k = arith.constant 64.0 : f32
  %eps = arith.constant 1.0e-5 : f32
  %m = tensor.dim %x, %c0 : tensor<?x64xf32>
  %sums = tensor.empty(%m) : tensor<?xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%sums : tensor<?xf32>) -> tensor<?xf32>
  %squares = linalg.generic {
    indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>],
    iterator_types = ["parallel", "reduction"]
  } ins(%x : tensor<?x64xf32>) outs(%zeros : tensor<?xf32>) {
  ^bb0(%in: f32, %sum: f32):
    %0 = arith.mulf %in, %in : f32
    %1 = arith.addf %sum, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<?xf32>
  %init = tensor.empty(%m) : tensor<?x64xf32>
  %y = linalg.generic {
    indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
    iterator_types = ["parallel", "parallel"]
  } ins(%x, %squares, %gain : tensor<?x64xf32>, tensor<?xf32>, tensor<64xf32>)
    outs(%init : tensor<?x64xf32>) {
  ^bb0(%in: f32, %square: f32, %g: f32, %out: f32):
    %mean = arith.divf %square, %k : f32
    %shifted = arith.addf %mean, %eps : f32
    %root = math.sqrt %shifted : f32
    %inverse = arith.divf %one, %root : f32
    %scaled = arith.mulf %in, %inverse : f32
    %gained = arith.mulf %scaled, %g : f32
    linalg.yield %gained : f32
  } -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// y = x * (1 / sqrt(mean(x^2) + 1e-5)) * gain
func.func private @norm256(%x: tensor<?x256xf32>, %gain: tensor<256xf32>) -> tensor<?x256xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %k = arith.constant 256.0 : f32
  %eps = arith.constant 1.0e-5 : f32
  %m = tensor.dim %x, %c0 : tensor<?x256xf32>
  %sums = tensor.empty(%m) : tensor<?xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%sums : tensor<?xf32>) -> tensor<?xf32>
  %squares = linalg.generic {
    indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>],
    iterator_types = ["parallel", "reduction"]
  } ins(%x : tensor<?x256xf32>) outs(%zeros : tensor<?xf32>) {
  ^bb0(%in: f32, %sum: f32):
    %0 = arith.mulf %in, %in : f32
    %1 = arith.addf %sum, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<?xf32>
  %init = tensor.empty(%m) : tensor<?x256xf32>
  %y = linalg.generic {
    indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
    iterator_types = ["parallel", "parallel"]
  } ins(%x, %squares, %gain : tensor<?x256xf32>, tensor<?xf32>, tensor<256xf32>)
    outs(%init : tensor<?x256xf32>) {
  ^bb0(%in: f32, %square: f32, %g: f32, %out: f32):
    %mean = arith.divf %square, %k : f32
    %shifted = arith.addf %mean, %eps : f32
    %root = math.sqrt %shifted : f32
    %inverse = arith.divf %one, %root : f32
    %scaled = arith.mulf %in, %inverse : f32
    %gained = arith.mulf %scaled, %g : f32
    linalg.yield %gained : f32
  } -> tensor<?x256xf32>
  return %y : tensor<?x256xf32>
}

// x [m, k] times the transpose of w [n, k]
func.func private @linear256x64(%x: tensor<?x64xf32>, %w: tensor<256x64xf32>) -> tensor<?x256xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x64xf32>
  %empty = tensor.empty(%m) : tensor<?x256xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x256xf32>) -> tensor<?x256xf32>
  %y = linalg.generic {
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                     affine_map<(m, n, k) -> (m, n)>],
    iterator_types = ["parallel", "parallel", "reduction"]
  } ins(%x, %w : tensor<?x64xf32>, tensor<256x64xf32>) outs(%init : tensor<?x256xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %acc, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<?x256xf32>
  return %y : tensor<?x256xf32>
}
func.func private @linear256x256(%x: tensor<?x256xf32>, %w: tensor<256x256xf32>) -> tensor<?x256xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x256xf32>
  %empty = tensor.empty(%m) : tensor<?x256xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x256xf32>) -> tensor<?x256xf32>
  %y = linalg.generic {
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                     affine_map<(m, n, k) -> (m, n)>],
    iterator_types = ["parallel", "parallel", "reduction"]
  } ins(%x, %w : tensor<?x256xf32>, tensor<256x256xf32>) outs(%init : tensor<?x256xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %acc, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<?x256xf32>
  return %y : tensor<?x256xf32>
}
func.func private @linear10x256(%x: tensor<?x256xf32>, %w: tensor<10x256xf32>) -> tensor<?x10xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x256xf32>
  %empty = tensor.empty(%m) : tensor<?x10xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x10xf32>) -> tensor<?x10xf32>
  %y = linalg.generic {
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                     affine_map<(m, n, k) -> (m, n)>],
    iterator_types = ["parallel", "parallel", "reduction"]
  } ins(%x, %w : tensor<?x256xf32>, tensor<10x256xf32>) outs(%init : tensor<?x10xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %acc, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<?x10xf32>
  return %y : tensor<?x10xf32>
}

func.func @float(%images: tensor<?x64xf32> {tercet.name = "images", tercet.bound = 360})
    -> (tensor<?x10xf32> {tercet.name = "logits"}) {
  %w1 = ml_program.global_load_const @float.fc1.weight : tensor<256x64xf32>
  %g1 = ml_program.global_load_const @float.norm1.gain : tensor<64xf32>
  %x1 = call @norm64(%images, %g1) : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %y1 = call @linear256x64(%x1, %w1) : (tensor<?x64xf32>, tensor<256x64xf32>) -> tensor<?x256xf32>
  %h1 = call @relu(%y1) : (tensor<?x256xf32>) -> tensor<?x256xf32>
  %w2 = ml_program.global_load_const @float.fc2.weight : tensor<256x256xf32>
  %g2 = ml_program.global_load_const @float.norm2.gain : tensor<256xf32>
  %x2 = call @norm256(%h1, %g2) : (tensor<?x256xf32>, tensor<256xf32>) -> tensor<?x256xf32>
  %y2 = call @linear256x256(%x2, %w2) : (tensor<?x256xf32>, tensor<256x256xf32>) -> tensor<?x256xf32>
  %h2 = call @relu(%y2) : (tensor<?x256xf32>) -> tensor<?x256xf32>
  %w3 = ml_program.global_load_const @float.fc3.weight : tensor<10x256xf32>
  %g3 = ml_program.global_load_const @float.norm3.gain : tensor<256xf32>
  %x3 = call @norm256(%h2, %g3) : (tensor<?x256xf32>, tensor<256xf32>) -> tensor<?x256xf32>
  %y3 = call @linear10x256(%x3, %w3) : (tensor<?x256xf32>, tensor<10x256xf32>) -> tensor<?x10xf32>
  %bias = ml_program.global_load_const @float.fc3.bias : tensor<10xf32>
  %c0 = arith.constant 0 : index
  %m = tensor.dim %y3, %c0 : tensor<?x10xf32>
  %init = tensor.empty(%m) : tensor<?x10xf32>
  %logits = linalg.generic {
    indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
    iterator_types = ["parallel", "parallel"]
  } ins(%y3, %bias : tensor<?x10xf32>, tensor<10xf32>)
    outs(%init : tensor<?x10xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %0 = arith.addf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<?x10xf32>
  return %logits : tensor<?x10xf32>
}
