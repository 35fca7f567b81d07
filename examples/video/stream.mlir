// An endless clip, chunk after chunk, over the network of stream_network.py. Written by
// make_stream.py; weights are in stream.safetensors.

ml_program.global private @"0.down.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"0.down.weight"(#ml_program.extern : tensor<128x512x!ternary.trit>) : tensor<128x512x!ternary.trit>
ml_program.global private @"0.k.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"0.k_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"0.o.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"0.q.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"0.q_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"0.strength"(#ml_program.extern : tensor<4xf32>) : tensor<4xf32>
ml_program.global private @"0.up.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"0.up.weight"(#ml_program.extern : tensor<512x128x!ternary.trit>) : tensor<512x128x!ternary.trit>
ml_program.global private @"0.v.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"1.down.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"1.down.weight"(#ml_program.extern : tensor<128x512x!ternary.trit>) : tensor<128x512x!ternary.trit>
ml_program.global private @"1.k.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"1.k_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"1.o.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"1.q.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"1.q_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"1.strength"(#ml_program.extern : tensor<4xf32>) : tensor<4xf32>
ml_program.global private @"1.up.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"1.up.weight"(#ml_program.extern : tensor<512x128x!ternary.trit>) : tensor<512x128x!ternary.trit>
ml_program.global private @"1.v.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"2.down.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"2.down.weight"(#ml_program.extern : tensor<128x512x!ternary.trit>) : tensor<128x512x!ternary.trit>
ml_program.global private @"2.k.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"2.k_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"2.o.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"2.q.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"2.q_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"2.strength"(#ml_program.extern : tensor<4xf32>) : tensor<4xf32>
ml_program.global private @"2.up.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"2.up.weight"(#ml_program.extern : tensor<512x128x!ternary.trit>) : tensor<512x128x!ternary.trit>
ml_program.global private @"2.v.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"3.down.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"3.down.weight"(#ml_program.extern : tensor<128x512x!ternary.trit>) : tensor<128x512x!ternary.trit>
ml_program.global private @"3.k.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"3.k_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"3.o.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"3.q.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"3.q_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"3.strength"(#ml_program.extern : tensor<4xf32>) : tensor<4xf32>
ml_program.global private @"3.up.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"3.up.weight"(#ml_program.extern : tensor<512x128x!ternary.trit>) : tensor<512x128x!ternary.trit>
ml_program.global private @"3.v.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"class.weight"(#ml_program.extern : tensor<11x128xf32>) : tensor<11x128xf32>
ml_program.global private @"cond.bias"(#ml_program.extern : tensor<128xf32>) : tensor<128xf32>
ml_program.global private @"cond.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"in.weight"(#ml_program.extern : tensor<128x32xf32>) : tensor<128x32xf32>
ml_program.global private @"long.position"(#ml_program.extern : tensor<16x128xf32>) : tensor<16x128xf32>
ml_program.global private @"long.weight"(#ml_program.extern : tensor<128x2048xf32>) : tensor<128x2048xf32>
ml_program.global private @"middle.position"(#ml_program.extern : tensor<64x128xf32>) : tensor<64x128xf32>
ml_program.global private @"middle.weight"(#ml_program.extern : tensor<128x256xf32>) : tensor<128x256xf32>
ml_program.global private @"mod.bias"(#ml_program.extern : tensor<3328xf32>) : tensor<3328xf32>
ml_program.global private @"mod.weight"(#ml_program.extern : tensor<3328x128xf32>) : tensor<3328x128xf32>
ml_program.global private @"out.bias"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"out.weight"(#ml_program.extern : tensor<32x128xf32>) : tensor<32x128xf32>
ml_program.global private @"position"(#ml_program.extern : tensor<1024x128xf32>) : tensor<1024x128xf32>
ml_program.global private @"short.position"(#ml_program.extern : tensor<256x128xf32>) : tensor<256x128xf32>
ml_program.global private @"short.weight"(#ml_program.extern : tensor<128x32xf32>) : tensor<128x32xf32>
ml_program.global private @"time.weight"(#ml_program.extern : tensor<128x32xf32>) : tensor<128x32xf32>

func.func private @network(%history: tensor<336x128xf32>, %x: tensor<1024x32xf32>, %sigma: tensor<1xf32>, %class: tensor<1xi32>, %cos: tensor<1360x16xf32>, %sin: tensor<1360x16xf32>) -> tensor<1024x32xf32> {
  %0 = arith.constant dense<0.0> : tensor<2x128xf32>
  %1 = arith.constant dense<1.0> : tensor<128xf32>
  %2 = tensor.empty() : tensor<2xf32>
  %3 = linalg.generic {indexing_maps = [affine_map<(d0) -> (0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%sigma : tensor<1xf32>) outs(%2 : tensor<2xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %i = linalg.index 0 : index
    %c0 = arith.constant 0 : index
    %first = arith.cmpi eq, %i, %c0 : index
    %zero = arith.constant 0.0 : f32
    %s = arith.select %first, %zero, %a0 : f32
    linalg.yield %s : f32
  } -> tensor<2xf32>
  %4 = tensor.empty() : tensor<2x32xf32>
  %5 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%3 : tensor<2xf32>) outs(%4 : tensor<2x32xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %i = linalg.index 1 : index
    %j = arith.index_cast %i : index to i32
    %f = arith.sitofp %j : i32 to f32
    %last = arith.constant 31.0 : f32
    %centre = arith.divf %f, %last : f32
    %d = arith.subf %a0, %centre : f32
    %width = arith.constant 24.0 : f32
    %t = arith.mulf %d, %width : f32
    %q = arith.mulf %t, %t : f32
    %n = arith.negf %q : f32
    %s = math.exp %n : f32
    linalg.yield %s : f32
  } -> tensor<2x32xf32>
  %6 = ml_program.global_load_const @"class.weight" : tensor<11x128xf32>
  %7 = latent.embed %class, %6 : tensor<1xi32>, tensor<11x128xf32> -> tensor<1x128xf32>
  %8 = ml_program.global_load_const @"time.weight" : tensor<128x32xf32>
  %9 = latent.project %5, %8 : tensor<2x32xf32>, tensor<128x32xf32> -> tensor<2x128xf32>
  %10 = tensor.empty() : tensor<2x128xf32>
  %11 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%9, %7 : tensor<2x128xf32>, tensor<1x128xf32>) outs(%10 : tensor<2x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %v = arith.addf %a0, %a1 : f32
    %n = arith.negf %v : f32
    %e = math.exp %n : f32
    %one = arith.constant 1.0 : f32
    %d = arith.addf %e, %one : f32
    %s = arith.divf %v, %d : f32
    linalg.yield %s : f32
  } -> tensor<2x128xf32>
  %12 = ml_program.global_load_const @"cond.weight" : tensor<128x128xf32>
  %13 = latent.project %11, %12 : tensor<2x128xf32>, tensor<128x128xf32> -> tensor<2x128xf32>
  %14 = ml_program.global_load_const @"cond.bias" : tensor<128xf32>
  %15 = tensor.empty() : tensor<2x128xf32>
  %16 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%13, %14 : tensor<2x128xf32>, tensor<128xf32>) outs(%15 : tensor<2x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %v = arith.addf %a0, %a1 : f32
    %n = arith.negf %v : f32
    %e = math.exp %n : f32
    %one = arith.constant 1.0 : f32
    %d = arith.addf %e, %one : f32
    %s = arith.divf %v, %d : f32
    linalg.yield %s : f32
  } -> tensor<2x128xf32>
  %17 = ml_program.global_load_const @"mod.weight" : tensor<3328x128xf32>
  %18 = latent.project %16, %17 : tensor<2x128xf32>, tensor<3328x128xf32> -> tensor<2x3328xf32>
  %19 = ml_program.global_load_const @"mod.bias" : tensor<3328xf32>
  %20 = tensor.empty() : tensor<2x3328xf32>
  %21 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%18, %19 : tensor<2x3328xf32>, tensor<3328xf32>) outs(%20 : tensor<2x3328xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<2x3328xf32>
  %22 = tensor.empty() : tensor<2x3328xf32>
  %23 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%21 : tensor<2x3328xf32>) outs(%22 : tensor<2x3328xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %one = arith.constant 1.0 : f32
    %s = arith.subf %a0, %one : f32
    linalg.yield %s : f32
  } -> tensor<2x3328xf32>
  %24 = ml_program.global_load_const @"in.weight" : tensor<128x32xf32>
  %25 = latent.project %x, %24 : tensor<1024x32xf32>, tensor<128x32xf32> -> tensor<1024x128xf32>
  %26 = ml_program.global_load_const @"position" : tensor<1024x128xf32>
  %27 = tensor.empty() : tensor<1024x128xf32>
  %28 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%25, %26 : tensor<1024x128xf32>, tensor<1024x128xf32>) outs(%27 : tensor<1024x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<1024x128xf32>
  %29 = tensor.concat dim(0) %history, %28 : (tensor<336x128xf32>, tensor<1024x128xf32>) -> tensor<1360x128xf32>
  %30 = latent.rms_norm %29, %1 : tensor<1360x128xf32>, tensor<128xf32>
  %31 = tensor.extract_slice %23[0, 0] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %32 = tensor.extract_slice %21[0, 128] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %33 = spatial.segment_modulate %30, %31, %32 lengths([336, 1024]) : tensor<1360x128xf32>, tensor<2x128xf32>
  %34 = ml_program.global_load_const @"0.q_norm" : tensor<32xf32>
  %35 = ml_program.global_load_const @"0.q.weight" : tensor<128x128xf32>
  %36 = latent.project %33, %35 : tensor<1360x128xf32>, tensor<128x128xf32> -> tensor<1360x128xf32>
  %37 = tensor.expand_shape %36 [[0], [1, 2]] output_shape [1360, 4, 32] : tensor<1360x128xf32> into tensor<1360x4x32xf32>
  %38 = latent.rms_norm %37, %34 : tensor<1360x4x32xf32>, tensor<32xf32>
  %39 = spatial.rope halves %38, %cos, %sin : tensor<1360x4x32xf32>, tensor<1360x16xf32>
  %40 = ml_program.global_load_const @"0.k_norm" : tensor<32xf32>
  %41 = ml_program.global_load_const @"0.k.weight" : tensor<128x128xf32>
  %42 = latent.project %33, %41 : tensor<1360x128xf32>, tensor<128x128xf32> -> tensor<1360x128xf32>
  %43 = tensor.expand_shape %42 [[0], [1, 2]] output_shape [1360, 4, 32] : tensor<1360x128xf32> into tensor<1360x4x32xf32>
  %44 = latent.rms_norm %43, %40 : tensor<1360x4x32xf32>, tensor<32xf32>
  %45 = spatial.rope halves %44, %cos, %sin : tensor<1360x4x32xf32>, tensor<1360x16xf32>
  %46 = ml_program.global_load_const @"0.strength" : tensor<4xf32>
  %47 = spatial.scale_keys %45, %46 count(336) : tensor<1360x4x32xf32>, tensor<4xf32>
  %48 = ml_program.global_load_const @"0.v.weight" : tensor<128x128xf32>
  %49 = latent.project %33, %48 : tensor<1360x128xf32>, tensor<128x128xf32> -> tensor<1360x128xf32>
  %50 = tensor.expand_shape %49 [[0], [1, 2]] output_shape [1360, 4, 32] : tensor<1360x128xf32> into tensor<1360x4x32xf32>
  %51 = latent.attention %39, %47, %50 scale(0.1767766952966369) : tensor<1360x4x32xf32>, tensor<1360x4x32xf32>, tensor<1360x4x32xf32> -> tensor<1360x4x32xf32>
  %52 = tensor.collapse_shape %51 [[0], [1, 2]] : tensor<1360x4x32xf32> into tensor<1360x128xf32>
  %53 = ml_program.global_load_const @"0.o.weight" : tensor<128x128xf32>
  %54 = latent.project %52, %53 : tensor<1360x128xf32>, tensor<128x128xf32> -> tensor<1360x128xf32>
  %55 = tensor.extract_slice %23[0, 256] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %56 = spatial.segment_modulate %54, %55, %0 lengths([336, 1024]) : tensor<1360x128xf32>, tensor<2x128xf32>
  %57 = tensor.empty() : tensor<1360x128xf32>
  %58 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%29, %56 : tensor<1360x128xf32>, tensor<1360x128xf32>) outs(%57 : tensor<1360x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<1360x128xf32>
  %59 = latent.rms_norm %58, %1 : tensor<1360x128xf32>, tensor<128xf32>
  %60 = tensor.extract_slice %23[0, 384] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %61 = tensor.extract_slice %21[0, 512] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %62 = spatial.segment_modulate %59, %60, %61 lengths([336, 1024]) : tensor<1360x128xf32>, tensor<2x128xf32>
  %63 = ml_program.global_load_const @"0.up.weight" : tensor<512x128x!ternary.trit>
  %64 = ml_program.global_load_const @"0.up.scale" : tensor<f32>
  %65 = ternary.linear %62, %63 scale(%64 : tensor<f32>) : tensor<1360x128xf32>, tensor<512x128x!ternary.trit> -> tensor<1360x512xf32>
  %66 = tensor.empty() : tensor<1360x512xf32>
  %67 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%65 : tensor<1360x512xf32>) outs(%66 : tensor<1360x512xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %z = arith.constant 0.0 : f32
    %r = arith.maximumf %a0, %z : f32
    %s = arith.mulf %r, %r : f32
    linalg.yield %s : f32
  } -> tensor<1360x512xf32>
  %68 = ml_program.global_load_const @"0.down.weight" : tensor<128x512x!ternary.trit>
  %69 = ml_program.global_load_const @"0.down.scale" : tensor<f32>
  %70 = ternary.linear %67, %68 scale(%69 : tensor<f32>) : tensor<1360x512xf32>, tensor<128x512x!ternary.trit> -> tensor<1360x128xf32>
  %71 = tensor.extract_slice %23[0, 640] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %72 = spatial.segment_modulate %70, %71, %0 lengths([336, 1024]) : tensor<1360x128xf32>, tensor<2x128xf32>
  %73 = tensor.empty() : tensor<1360x128xf32>
  %74 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%58, %72 : tensor<1360x128xf32>, tensor<1360x128xf32>) outs(%73 : tensor<1360x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<1360x128xf32>
  %75 = latent.rms_norm %74, %1 : tensor<1360x128xf32>, tensor<128xf32>
  %76 = tensor.extract_slice %23[0, 768] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %77 = tensor.extract_slice %21[0, 896] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %78 = spatial.segment_modulate %75, %76, %77 lengths([336, 1024]) : tensor<1360x128xf32>, tensor<2x128xf32>
  %79 = ml_program.global_load_const @"1.q_norm" : tensor<32xf32>
  %80 = ml_program.global_load_const @"1.q.weight" : tensor<128x128xf32>
  %81 = latent.project %78, %80 : tensor<1360x128xf32>, tensor<128x128xf32> -> tensor<1360x128xf32>
  %82 = tensor.expand_shape %81 [[0], [1, 2]] output_shape [1360, 4, 32] : tensor<1360x128xf32> into tensor<1360x4x32xf32>
  %83 = latent.rms_norm %82, %79 : tensor<1360x4x32xf32>, tensor<32xf32>
  %84 = spatial.rope halves %83, %cos, %sin : tensor<1360x4x32xf32>, tensor<1360x16xf32>
  %85 = ml_program.global_load_const @"1.k_norm" : tensor<32xf32>
  %86 = ml_program.global_load_const @"1.k.weight" : tensor<128x128xf32>
  %87 = latent.project %78, %86 : tensor<1360x128xf32>, tensor<128x128xf32> -> tensor<1360x128xf32>
  %88 = tensor.expand_shape %87 [[0], [1, 2]] output_shape [1360, 4, 32] : tensor<1360x128xf32> into tensor<1360x4x32xf32>
  %89 = latent.rms_norm %88, %85 : tensor<1360x4x32xf32>, tensor<32xf32>
  %90 = spatial.rope halves %89, %cos, %sin : tensor<1360x4x32xf32>, tensor<1360x16xf32>
  %91 = ml_program.global_load_const @"1.strength" : tensor<4xf32>
  %92 = spatial.scale_keys %90, %91 count(336) : tensor<1360x4x32xf32>, tensor<4xf32>
  %93 = ml_program.global_load_const @"1.v.weight" : tensor<128x128xf32>
  %94 = latent.project %78, %93 : tensor<1360x128xf32>, tensor<128x128xf32> -> tensor<1360x128xf32>
  %95 = tensor.expand_shape %94 [[0], [1, 2]] output_shape [1360, 4, 32] : tensor<1360x128xf32> into tensor<1360x4x32xf32>
  %96 = latent.attention %84, %92, %95 scale(0.1767766952966369) : tensor<1360x4x32xf32>, tensor<1360x4x32xf32>, tensor<1360x4x32xf32> -> tensor<1360x4x32xf32>
  %97 = tensor.collapse_shape %96 [[0], [1, 2]] : tensor<1360x4x32xf32> into tensor<1360x128xf32>
  %98 = ml_program.global_load_const @"1.o.weight" : tensor<128x128xf32>
  %99 = latent.project %97, %98 : tensor<1360x128xf32>, tensor<128x128xf32> -> tensor<1360x128xf32>
  %100 = tensor.extract_slice %23[0, 1024] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %101 = spatial.segment_modulate %99, %100, %0 lengths([336, 1024]) : tensor<1360x128xf32>, tensor<2x128xf32>
  %102 = tensor.empty() : tensor<1360x128xf32>
  %103 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%74, %101 : tensor<1360x128xf32>, tensor<1360x128xf32>) outs(%102 : tensor<1360x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<1360x128xf32>
  %104 = latent.rms_norm %103, %1 : tensor<1360x128xf32>, tensor<128xf32>
  %105 = tensor.extract_slice %23[0, 1152] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %106 = tensor.extract_slice %21[0, 1280] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %107 = spatial.segment_modulate %104, %105, %106 lengths([336, 1024]) : tensor<1360x128xf32>, tensor<2x128xf32>
  %108 = ml_program.global_load_const @"1.up.weight" : tensor<512x128x!ternary.trit>
  %109 = ml_program.global_load_const @"1.up.scale" : tensor<f32>
  %110 = ternary.linear %107, %108 scale(%109 : tensor<f32>) : tensor<1360x128xf32>, tensor<512x128x!ternary.trit> -> tensor<1360x512xf32>
  %111 = tensor.empty() : tensor<1360x512xf32>
  %112 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%110 : tensor<1360x512xf32>) outs(%111 : tensor<1360x512xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %z = arith.constant 0.0 : f32
    %r = arith.maximumf %a0, %z : f32
    %s = arith.mulf %r, %r : f32
    linalg.yield %s : f32
  } -> tensor<1360x512xf32>
  %113 = ml_program.global_load_const @"1.down.weight" : tensor<128x512x!ternary.trit>
  %114 = ml_program.global_load_const @"1.down.scale" : tensor<f32>
  %115 = ternary.linear %112, %113 scale(%114 : tensor<f32>) : tensor<1360x512xf32>, tensor<128x512x!ternary.trit> -> tensor<1360x128xf32>
  %116 = tensor.extract_slice %23[0, 1408] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %117 = spatial.segment_modulate %115, %116, %0 lengths([336, 1024]) : tensor<1360x128xf32>, tensor<2x128xf32>
  %118 = tensor.empty() : tensor<1360x128xf32>
  %119 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%103, %117 : tensor<1360x128xf32>, tensor<1360x128xf32>) outs(%118 : tensor<1360x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<1360x128xf32>
  %120 = latent.rms_norm %119, %1 : tensor<1360x128xf32>, tensor<128xf32>
  %121 = tensor.extract_slice %23[0, 1536] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %122 = tensor.extract_slice %21[0, 1664] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %123 = spatial.segment_modulate %120, %121, %122 lengths([336, 1024]) : tensor<1360x128xf32>, tensor<2x128xf32>
  %124 = ml_program.global_load_const @"2.q_norm" : tensor<32xf32>
  %125 = ml_program.global_load_const @"2.q.weight" : tensor<128x128xf32>
  %126 = latent.project %123, %125 : tensor<1360x128xf32>, tensor<128x128xf32> -> tensor<1360x128xf32>
  %127 = tensor.expand_shape %126 [[0], [1, 2]] output_shape [1360, 4, 32] : tensor<1360x128xf32> into tensor<1360x4x32xf32>
  %128 = latent.rms_norm %127, %124 : tensor<1360x4x32xf32>, tensor<32xf32>
  %129 = spatial.rope halves %128, %cos, %sin : tensor<1360x4x32xf32>, tensor<1360x16xf32>
  %130 = ml_program.global_load_const @"2.k_norm" : tensor<32xf32>
  %131 = ml_program.global_load_const @"2.k.weight" : tensor<128x128xf32>
  %132 = latent.project %123, %131 : tensor<1360x128xf32>, tensor<128x128xf32> -> tensor<1360x128xf32>
  %133 = tensor.expand_shape %132 [[0], [1, 2]] output_shape [1360, 4, 32] : tensor<1360x128xf32> into tensor<1360x4x32xf32>
  %134 = latent.rms_norm %133, %130 : tensor<1360x4x32xf32>, tensor<32xf32>
  %135 = spatial.rope halves %134, %cos, %sin : tensor<1360x4x32xf32>, tensor<1360x16xf32>
  %136 = ml_program.global_load_const @"2.strength" : tensor<4xf32>
  %137 = spatial.scale_keys %135, %136 count(336) : tensor<1360x4x32xf32>, tensor<4xf32>
  %138 = ml_program.global_load_const @"2.v.weight" : tensor<128x128xf32>
  %139 = latent.project %123, %138 : tensor<1360x128xf32>, tensor<128x128xf32> -> tensor<1360x128xf32>
  %140 = tensor.expand_shape %139 [[0], [1, 2]] output_shape [1360, 4, 32] : tensor<1360x128xf32> into tensor<1360x4x32xf32>
  %141 = latent.attention %129, %137, %140 scale(0.1767766952966369) : tensor<1360x4x32xf32>, tensor<1360x4x32xf32>, tensor<1360x4x32xf32> -> tensor<1360x4x32xf32>
  %142 = tensor.collapse_shape %141 [[0], [1, 2]] : tensor<1360x4x32xf32> into tensor<1360x128xf32>
  %143 = ml_program.global_load_const @"2.o.weight" : tensor<128x128xf32>
  %144 = latent.project %142, %143 : tensor<1360x128xf32>, tensor<128x128xf32> -> tensor<1360x128xf32>
  %145 = tensor.extract_slice %23[0, 1792] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %146 = spatial.segment_modulate %144, %145, %0 lengths([336, 1024]) : tensor<1360x128xf32>, tensor<2x128xf32>
  %147 = tensor.empty() : tensor<1360x128xf32>
  %148 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%119, %146 : tensor<1360x128xf32>, tensor<1360x128xf32>) outs(%147 : tensor<1360x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<1360x128xf32>
  %149 = latent.rms_norm %148, %1 : tensor<1360x128xf32>, tensor<128xf32>
  %150 = tensor.extract_slice %23[0, 1920] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %151 = tensor.extract_slice %21[0, 2048] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %152 = spatial.segment_modulate %149, %150, %151 lengths([336, 1024]) : tensor<1360x128xf32>, tensor<2x128xf32>
  %153 = ml_program.global_load_const @"2.up.weight" : tensor<512x128x!ternary.trit>
  %154 = ml_program.global_load_const @"2.up.scale" : tensor<f32>
  %155 = ternary.linear %152, %153 scale(%154 : tensor<f32>) : tensor<1360x128xf32>, tensor<512x128x!ternary.trit> -> tensor<1360x512xf32>
  %156 = tensor.empty() : tensor<1360x512xf32>
  %157 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%155 : tensor<1360x512xf32>) outs(%156 : tensor<1360x512xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %z = arith.constant 0.0 : f32
    %r = arith.maximumf %a0, %z : f32
    %s = arith.mulf %r, %r : f32
    linalg.yield %s : f32
  } -> tensor<1360x512xf32>
  %158 = ml_program.global_load_const @"2.down.weight" : tensor<128x512x!ternary.trit>
  %159 = ml_program.global_load_const @"2.down.scale" : tensor<f32>
  %160 = ternary.linear %157, %158 scale(%159 : tensor<f32>) : tensor<1360x512xf32>, tensor<128x512x!ternary.trit> -> tensor<1360x128xf32>
  %161 = tensor.extract_slice %23[0, 2176] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %162 = spatial.segment_modulate %160, %161, %0 lengths([336, 1024]) : tensor<1360x128xf32>, tensor<2x128xf32>
  %163 = tensor.empty() : tensor<1360x128xf32>
  %164 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%148, %162 : tensor<1360x128xf32>, tensor<1360x128xf32>) outs(%163 : tensor<1360x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<1360x128xf32>
  %165 = latent.rms_norm %164, %1 : tensor<1360x128xf32>, tensor<128xf32>
  %166 = tensor.extract_slice %23[0, 2304] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %167 = tensor.extract_slice %21[0, 2432] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %168 = spatial.segment_modulate %165, %166, %167 lengths([336, 1024]) : tensor<1360x128xf32>, tensor<2x128xf32>
  %169 = ml_program.global_load_const @"3.q_norm" : tensor<32xf32>
  %170 = ml_program.global_load_const @"3.q.weight" : tensor<128x128xf32>
  %171 = latent.project %168, %170 : tensor<1360x128xf32>, tensor<128x128xf32> -> tensor<1360x128xf32>
  %172 = tensor.expand_shape %171 [[0], [1, 2]] output_shape [1360, 4, 32] : tensor<1360x128xf32> into tensor<1360x4x32xf32>
  %173 = latent.rms_norm %172, %169 : tensor<1360x4x32xf32>, tensor<32xf32>
  %174 = spatial.rope halves %173, %cos, %sin : tensor<1360x4x32xf32>, tensor<1360x16xf32>
  %175 = ml_program.global_load_const @"3.k_norm" : tensor<32xf32>
  %176 = ml_program.global_load_const @"3.k.weight" : tensor<128x128xf32>
  %177 = latent.project %168, %176 : tensor<1360x128xf32>, tensor<128x128xf32> -> tensor<1360x128xf32>
  %178 = tensor.expand_shape %177 [[0], [1, 2]] output_shape [1360, 4, 32] : tensor<1360x128xf32> into tensor<1360x4x32xf32>
  %179 = latent.rms_norm %178, %175 : tensor<1360x4x32xf32>, tensor<32xf32>
  %180 = spatial.rope halves %179, %cos, %sin : tensor<1360x4x32xf32>, tensor<1360x16xf32>
  %181 = ml_program.global_load_const @"3.strength" : tensor<4xf32>
  %182 = spatial.scale_keys %180, %181 count(336) : tensor<1360x4x32xf32>, tensor<4xf32>
  %183 = ml_program.global_load_const @"3.v.weight" : tensor<128x128xf32>
  %184 = latent.project %168, %183 : tensor<1360x128xf32>, tensor<128x128xf32> -> tensor<1360x128xf32>
  %185 = tensor.expand_shape %184 [[0], [1, 2]] output_shape [1360, 4, 32] : tensor<1360x128xf32> into tensor<1360x4x32xf32>
  %186 = latent.attention %174, %182, %185 scale(0.1767766952966369) : tensor<1360x4x32xf32>, tensor<1360x4x32xf32>, tensor<1360x4x32xf32> -> tensor<1360x4x32xf32>
  %187 = tensor.collapse_shape %186 [[0], [1, 2]] : tensor<1360x4x32xf32> into tensor<1360x128xf32>
  %188 = ml_program.global_load_const @"3.o.weight" : tensor<128x128xf32>
  %189 = latent.project %187, %188 : tensor<1360x128xf32>, tensor<128x128xf32> -> tensor<1360x128xf32>
  %190 = tensor.extract_slice %23[0, 2560] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %191 = spatial.segment_modulate %189, %190, %0 lengths([336, 1024]) : tensor<1360x128xf32>, tensor<2x128xf32>
  %192 = tensor.empty() : tensor<1360x128xf32>
  %193 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%164, %191 : tensor<1360x128xf32>, tensor<1360x128xf32>) outs(%192 : tensor<1360x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<1360x128xf32>
  %194 = latent.rms_norm %193, %1 : tensor<1360x128xf32>, tensor<128xf32>
  %195 = tensor.extract_slice %23[0, 2688] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %196 = tensor.extract_slice %21[0, 2816] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %197 = spatial.segment_modulate %194, %195, %196 lengths([336, 1024]) : tensor<1360x128xf32>, tensor<2x128xf32>
  %198 = ml_program.global_load_const @"3.up.weight" : tensor<512x128x!ternary.trit>
  %199 = ml_program.global_load_const @"3.up.scale" : tensor<f32>
  %200 = ternary.linear %197, %198 scale(%199 : tensor<f32>) : tensor<1360x128xf32>, tensor<512x128x!ternary.trit> -> tensor<1360x512xf32>
  %201 = tensor.empty() : tensor<1360x512xf32>
  %202 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%200 : tensor<1360x512xf32>) outs(%201 : tensor<1360x512xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %z = arith.constant 0.0 : f32
    %r = arith.maximumf %a0, %z : f32
    %s = arith.mulf %r, %r : f32
    linalg.yield %s : f32
  } -> tensor<1360x512xf32>
  %203 = ml_program.global_load_const @"3.down.weight" : tensor<128x512x!ternary.trit>
  %204 = ml_program.global_load_const @"3.down.scale" : tensor<f32>
  %205 = ternary.linear %202, %203 scale(%204 : tensor<f32>) : tensor<1360x512xf32>, tensor<128x512x!ternary.trit> -> tensor<1360x128xf32>
  %206 = tensor.extract_slice %23[0, 2944] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %207 = spatial.segment_modulate %205, %206, %0 lengths([336, 1024]) : tensor<1360x128xf32>, tensor<2x128xf32>
  %208 = tensor.empty() : tensor<1360x128xf32>
  %209 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%193, %207 : tensor<1360x128xf32>, tensor<1360x128xf32>) outs(%208 : tensor<1360x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<1360x128xf32>
  %210 = latent.rms_norm %209, %1 : tensor<1360x128xf32>, tensor<128xf32>
  %211 = tensor.extract_slice %23[0, 3072] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %212 = tensor.extract_slice %21[0, 3200] [2, 128] [1, 1] : tensor<2x3328xf32> to tensor<2x128xf32>
  %213 = spatial.segment_modulate %210, %211, %212 lengths([336, 1024]) : tensor<1360x128xf32>, tensor<2x128xf32>
  %214 = tensor.extract_slice %213[336, 0] [1024, 128] [1, 1] : tensor<1360x128xf32> to tensor<1024x128xf32>
  %215 = ml_program.global_load_const @"out.weight" : tensor<32x128xf32>
  %216 = latent.project %214, %215 : tensor<1024x128xf32>, tensor<32x128xf32> -> tensor<1024x32xf32>
  %217 = ml_program.global_load_const @"out.bias" : tensor<32xf32>
  %218 = tensor.empty() : tensor<1024x32xf32>
  %219 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%216, %217 : tensor<1024x32xf32>, tensor<32xf32>) outs(%218 : tensor<1024x32xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<1024x32xf32>
  return %219 : tensor<1024x32xf32>
}

ml_program.global private mutable @history(dense<-1.0> : tensor<14x64x64x1xf32>) : tensor<14x64x64x1xf32>

func.func @chunk(%seed: tensor<2xi32> {tercet.name = "seed"},
    %class: tensor<1xi32> {tercet.name = "class", tercet.range = [0, 10]})
    -> (tensor<8x64x64xf32> {tercet.name = "clip"}) {
  %none = arith.constant dense<10> : tensor<1xi32>
  %0 = ml_program.global_load @history : tensor<14x64x64x1xf32>
  %1 = tensor.extract_slice %0[0, 0, 0, 0] [8, 64, 64, 1] [1, 1, 1, 1] : tensor<14x64x64x1xf32> to tensor<8x64x64x1xf32>
  %2 = spatial.patchify %1 patch([8, 16, 16]) : tensor<8x64x64x1xf32> -> tensor<16x2048xf32>
  %3 = ml_program.global_load_const @"long.weight" : tensor<128x2048xf32>
  %4 = latent.project %2, %3 : tensor<16x2048xf32>, tensor<128x2048xf32> -> tensor<16x128xf32>
  %5 = ml_program.global_load_const @"long.position" : tensor<16x128xf32>
  %6 = tensor.empty() : tensor<16x128xf32>
  %7 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%4, %5 : tensor<16x128xf32>, tensor<16x128xf32>) outs(%6 : tensor<16x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<16x128xf32>
  %8 = tensor.extract_slice %0[8, 0, 0, 0] [4, 64, 64, 1] [1, 1, 1, 1] : tensor<14x64x64x1xf32> to tensor<4x64x64x1xf32>
  %9 = spatial.patchify %8 patch([4, 8, 8]) : tensor<4x64x64x1xf32> -> tensor<64x256xf32>
  %10 = ml_program.global_load_const @"middle.weight" : tensor<128x256xf32>
  %11 = latent.project %9, %10 : tensor<64x256xf32>, tensor<128x256xf32> -> tensor<64x128xf32>
  %12 = ml_program.global_load_const @"middle.position" : tensor<64x128xf32>
  %13 = tensor.empty() : tensor<64x128xf32>
  %14 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%11, %12 : tensor<64x128xf32>, tensor<64x128xf32>) outs(%13 : tensor<64x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<64x128xf32>
  %15 = tensor.extract_slice %0[12, 0, 0, 0] [2, 64, 64, 1] [1, 1, 1, 1] : tensor<14x64x64x1xf32> to tensor<2x64x64x1xf32>
  %16 = spatial.patchify %15 patch([2, 4, 4]) : tensor<2x64x64x1xf32> -> tensor<256x32xf32>
  %17 = ml_program.global_load_const @"short.weight" : tensor<128x32xf32>
  %18 = latent.project %16, %17 : tensor<256x32xf32>, tensor<128x32xf32> -> tensor<256x128xf32>
  %19 = ml_program.global_load_const @"short.position" : tensor<256x128xf32>
  %20 = tensor.empty() : tensor<256x128xf32>
  %21 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%18, %19 : tensor<256x128xf32>, tensor<256x128xf32>) outs(%20 : tensor<256x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<256x128xf32>
  %22 = tensor.concat dim(0) %7, %14, %21 : (tensor<16x128xf32>, tensor<64x128xf32>, tensor<256x128xf32>) -> tensor<336x128xf32>
  %23:2 = spatial.rope_table grid(#spatial.grid<4, 16, 16>) widths([8, 12, 12]) theta(32.0) start([0, 0, 0]) pool([4, 4, 4]) : tensor<16x16xf32>
  %24:2 = spatial.rope_table grid(#spatial.grid<2, 16, 16>) widths([8, 12, 12]) theta(32.0) start([4, 0, 0]) pool([2, 2, 2]) : tensor<64x16xf32>
  %25:2 = spatial.rope_table grid(#spatial.grid<1, 16, 16>) widths([8, 12, 12]) theta(32.0) start([6, 0, 0]) pool([1, 1, 1]) : tensor<256x16xf32>
  %26:2 = spatial.rope_table grid(#spatial.grid<4, 16, 16>) widths([8, 12, 12]) theta(32.0) start([7, 0, 0]) pool([1, 1, 1]) : tensor<1024x16xf32>
  %27 = tensor.concat dim(0) %23#0, %24#0, %25#0, %26#0 : (tensor<16x16xf32>, tensor<64x16xf32>, tensor<256x16xf32>, tensor<1024x16xf32>) -> tensor<1360x16xf32>
  %28 = tensor.concat dim(0) %23#1, %24#1, %25#1, %26#1 : (tensor<16x16xf32>, tensor<64x16xf32>, tensor<256x16xf32>, tensor<1024x16xf32>) -> tensor<1360x16xf32>
  %noise = spatial.random_normal %seed : tensor<2xi32> -> tensor<1024x32xf32>
  %tokens = spatial.sample %noise grid<4, 16, 16> stages [[6, 1024]] sigmas [1.0, 0.9374999999999999, 0.8571428571428571, 0.75, 0.6, 0.37499999999999994, 0.0]
      gives(clean) : tensor<1024x32xf32> {
  ^bb0(%any: tensor<?x32xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    // All tokens are active: the sizes are known.
    %x = tensor.cast %any : tensor<?x32xf32> to tensor<1024x32xf32>
    %named = func.call @network(%22, %x, %sigma, %class, %27, %28) : (tensor<336x128xf32>, tensor<1024x32xf32>, tensor<1xf32>, tensor<1xi32>, tensor<1360x16xf32>, tensor<1360x16xf32>) -> tensor<1024x32xf32>
    %free = func.call @network(%22, %x, %sigma, %none, %27, %28) : (tensor<336x128xf32>, tensor<1024x32xf32>, tensor<1xf32>, tensor<1xi32>, tensor<1360x16xf32>, tensor<1360x16xf32>) -> tensor<1024x32xf32>
    %empty = tensor.empty() : tensor<1024x32xf32>
    %clean = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
        ins(%named, %free : tensor<1024x32xf32>, tensor<1024x32xf32>) outs(%empty : tensor<1024x32xf32>) {
    ^bb1(%a: f32, %b: f32, %out: f32):
      %g = arith.constant 3.0 : f32
      %d = arith.subf %a, %b : f32
      %p = arith.mulf %g, %d : f32
      %s = arith.addf %b, %p : f32
      linalg.yield %s : f32
    } -> tensor<1024x32xf32>
    %given = tensor.cast %clean : tensor<1024x32xf32> to tensor<?x32xf32>
    spatial.yield %given : tensor<?x32xf32>
  }
  %made = spatial.unpatchify %tokens patch([2, 4, 4]) : tensor<1024x32xf32> -> tensor<8x64x64x1xf32>
  // What overshoots black or white would be amplified from chunk to chunk.
  %blank = tensor.empty() : tensor<8x64x64x1xf32>
  %video = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%made : tensor<8x64x64x1xf32>) outs(%blank : tensor<8x64x64x1xf32>) {
  ^bb1(%a: f32, %out: f32):
    %low = arith.constant -1.0 : f32
    %high = arith.constant 1.0 : f32
    %b = arith.maximumf %a, %low : f32
    %s = arith.minimumf %b, %high : f32
    linalg.yield %s : f32
  } -> tensor<8x64x64x1xf32>
  %new = spatial.history_push %0, %video : tensor<14x64x64x1xf32>, tensor<8x64x64x1xf32>
  ml_program.global_store @history = %new : tensor<14x64x64x1xf32>
  %clip = tensor.collapse_shape %video [[0], [1], [2, 3]] : tensor<8x64x64x1xf32> into tensor<8x64x64xf32>
  return %clip : tensor<8x64x64xf32>
}
