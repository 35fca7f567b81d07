// Samplers over the network of video.mlir. Written by make_sampler.py.

ml_program.global private @"0.down.weight"(#ml_program.extern : tensor<128x512xf32>) : tensor<128x512xf32>
ml_program.global private @"0.k.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"0.k_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"0.o.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"0.q.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"0.q_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"0.up.weight"(#ml_program.extern : tensor<512x128xf32>) : tensor<512x128xf32>
ml_program.global private @"0.v.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"1.down.weight"(#ml_program.extern : tensor<128x512xf32>) : tensor<128x512xf32>
ml_program.global private @"1.k.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"1.k_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"1.o.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"1.q.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"1.q_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"1.up.weight"(#ml_program.extern : tensor<512x128xf32>) : tensor<512x128xf32>
ml_program.global private @"1.v.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"2.down.weight"(#ml_program.extern : tensor<128x512xf32>) : tensor<128x512xf32>
ml_program.global private @"2.k.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"2.k_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"2.o.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"2.q.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"2.q_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"2.up.weight"(#ml_program.extern : tensor<512x128xf32>) : tensor<512x128xf32>
ml_program.global private @"2.v.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"3.down.weight"(#ml_program.extern : tensor<128x512xf32>) : tensor<128x512xf32>
ml_program.global private @"3.k.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"3.k_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"3.o.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"3.q.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"3.q_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"3.up.weight"(#ml_program.extern : tensor<512x128xf32>) : tensor<512x128xf32>
ml_program.global private @"3.v.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"class.weight"(#ml_program.extern : tensor<11x128xf32>) : tensor<11x128xf32>
ml_program.global private @"cond.bias"(#ml_program.extern : tensor<128xf32>) : tensor<128xf32>
ml_program.global private @"cond.weight"(#ml_program.extern : tensor<128x128xf32>) : tensor<128x128xf32>
ml_program.global private @"in.weight"(#ml_program.extern : tensor<128x32xf32>) : tensor<128x32xf32>
ml_program.global private @"mod.bias"(#ml_program.extern : tensor<3328xf32>) : tensor<3328xf32>
ml_program.global private @"mod.weight"(#ml_program.extern : tensor<3328x128xf32>) : tensor<3328x128xf32>
ml_program.global private @"out.bias"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"out.weight"(#ml_program.extern : tensor<32x128xf32>) : tensor<32x128xf32>
ml_program.global private @"position"(#ml_program.extern : tensor<1024x128xf32>) : tensor<1024x128xf32>
ml_program.global private @"time.weight"(#ml_program.extern : tensor<128x32xf32>) : tensor<128x32xf32>
ml_program.global private @"rope.cos"(#ml_program.extern : tensor<1024x16xf32>) : tensor<1024x16xf32>
ml_program.global private @"rope.sin"(#ml_program.extern : tensor<1024x16xf32>) : tensor<1024x16xf32>

func.func private @network(%x: tensor<?x32xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>, %class: tensor<1xi32>) -> tensor<?x32xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x32xf32>
  %0 = tensor.empty() : tensor<1x32xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%sigma : tensor<1xf32>) outs(%0 : tensor<1x32xf32>) {
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
  } -> tensor<1x32xf32>
  %2 = ml_program.global_load_const @"time.weight" : tensor<128x32xf32>
  %3 = latent.project %1, %2 : tensor<1x32xf32>, tensor<128x32xf32> -> tensor<1x128xf32>
  %4 = ml_program.global_load_const @"class.weight" : tensor<11x128xf32>
  %5 = latent.embed %class, %4 : tensor<1xi32>, tensor<11x128xf32> -> tensor<1x128xf32>
  %6 = tensor.empty() : tensor<1x128xf32>
  %7 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%3, %5 : tensor<1x128xf32>, tensor<1x128xf32>) outs(%6 : tensor<1x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %v = arith.addf %a0, %a1 : f32
    %n = arith.negf %v : f32
    %e = math.exp %n : f32
    %one = arith.constant 1.0 : f32
    %d = arith.addf %e, %one : f32
    %s = arith.divf %v, %d : f32
    linalg.yield %s : f32
  } -> tensor<1x128xf32>
  %8 = ml_program.global_load_const @"cond.weight" : tensor<128x128xf32>
  %9 = latent.project %7, %8 : tensor<1x128xf32>, tensor<128x128xf32> -> tensor<1x128xf32>
  %10 = ml_program.global_load_const @"cond.bias" : tensor<128xf32>
  %11 = tensor.empty() : tensor<1x128xf32>
  %12 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%9, %10 : tensor<1x128xf32>, tensor<128xf32>) outs(%11 : tensor<1x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %v = arith.addf %a0, %a1 : f32
    %n = arith.negf %v : f32
    %e = math.exp %n : f32
    %one = arith.constant 1.0 : f32
    %d = arith.addf %e, %one : f32
    %s = arith.divf %v, %d : f32
    linalg.yield %s : f32
  } -> tensor<1x128xf32>
  %13 = ml_program.global_load_const @"mod.weight" : tensor<3328x128xf32>
  %14 = latent.project %12, %13 : tensor<1x128xf32>, tensor<3328x128xf32> -> tensor<1x3328xf32>
  %15 = tensor.collapse_shape %14 [[0, 1]] : tensor<1x3328xf32> into tensor<3328xf32>
  %16 = ml_program.global_load_const @"mod.bias" : tensor<3328xf32>
  %17 = tensor.empty() : tensor<3328xf32>
  %18 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%15, %16 : tensor<3328xf32>, tensor<3328xf32>) outs(%17 : tensor<3328xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<3328xf32>
  %19 = ml_program.global_load_const @"rope.cos" : tensor<1024x16xf32>
  %20 = latent.embed %index, %19 : tensor<?xi32>, tensor<1024x16xf32> -> tensor<?x16xf32>
  %21 = ml_program.global_load_const @"rope.sin" : tensor<1024x16xf32>
  %22 = latent.embed %index, %21 : tensor<?xi32>, tensor<1024x16xf32> -> tensor<?x16xf32>
  %23 = ml_program.global_load_const @"in.weight" : tensor<128x32xf32>
  %24 = latent.project %x, %23 : tensor<?x32xf32>, tensor<128x32xf32> -> tensor<?x128xf32>
  %25 = ml_program.global_load_const @"position" : tensor<1024x128xf32>
  %26 = latent.embed %index, %25 : tensor<?xi32>, tensor<1024x128xf32> -> tensor<?x128xf32>
  %27 = tensor.empty(%m) : tensor<?x128xf32>
  %28 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%24, %26 : tensor<?x128xf32>, tensor<?x128xf32>) outs(%27 : tensor<?x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<?x128xf32>
  %29 = tensor.extract_slice %18[0] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %30 = latent.rms_norm %28, %29 : tensor<?x128xf32>, tensor<128xf32>
  %31 = tensor.extract_slice %18[128] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %32 = tensor.empty(%m) : tensor<?x128xf32>
  %33 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%30, %31 : tensor<?x128xf32>, tensor<128xf32>) outs(%32 : tensor<?x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<?x128xf32>
  %34 = ml_program.global_load_const @"0.q_norm" : tensor<32xf32>
  %35 = ml_program.global_load_const @"0.q.weight" : tensor<128x128xf32>
  %36 = latent.project %33, %35 : tensor<?x128xf32>, tensor<128x128xf32> -> tensor<?x128xf32>
  %37 = tensor.expand_shape %36 [[0], [1, 2]] output_shape [%m, 4, 32] : tensor<?x128xf32> into tensor<?x4x32xf32>
  %38 = latent.rms_norm %37, %34 : tensor<?x4x32xf32>, tensor<32xf32>
  %39 = latent.rotary %38, %20, %22 at(%c0) : tensor<?x4x32xf32>, tensor<?x16xf32>
  %40 = ml_program.global_load_const @"0.k_norm" : tensor<32xf32>
  %41 = ml_program.global_load_const @"0.k.weight" : tensor<128x128xf32>
  %42 = latent.project %33, %41 : tensor<?x128xf32>, tensor<128x128xf32> -> tensor<?x128xf32>
  %43 = tensor.expand_shape %42 [[0], [1, 2]] output_shape [%m, 4, 32] : tensor<?x128xf32> into tensor<?x4x32xf32>
  %44 = latent.rms_norm %43, %40 : tensor<?x4x32xf32>, tensor<32xf32>
  %45 = latent.rotary %44, %20, %22 at(%c0) : tensor<?x4x32xf32>, tensor<?x16xf32>
  %46 = ml_program.global_load_const @"0.v.weight" : tensor<128x128xf32>
  %47 = latent.project %33, %46 : tensor<?x128xf32>, tensor<128x128xf32> -> tensor<?x128xf32>
  %48 = tensor.expand_shape %47 [[0], [1, 2]] output_shape [%m, 4, 32] : tensor<?x128xf32> into tensor<?x4x32xf32>
  %49 = latent.attention %39, %45, %48 scale(0.1767766952966369) : tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<?x4x32xf32> -> tensor<?x4x32xf32>
  %50 = tensor.collapse_shape %49 [[0], [1, 2]] : tensor<?x4x32xf32> into tensor<?x128xf32>
  %51 = ml_program.global_load_const @"0.o.weight" : tensor<128x128xf32>
  %52 = latent.project %50, %51 : tensor<?x128xf32>, tensor<128x128xf32> -> tensor<?x128xf32>
  %53 = tensor.extract_slice %18[256] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %54 = tensor.empty(%m) : tensor<?x128xf32>
  %55 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%28, %52, %53 : tensor<?x128xf32>, tensor<?x128xf32>, tensor<128xf32>) outs(%54 : tensor<?x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %a2: f32, %out: f32):
    %p = arith.mulf %a1, %a2 : f32
    %s = arith.addf %a0, %p : f32
    linalg.yield %s : f32
  } -> tensor<?x128xf32>
  %56 = tensor.extract_slice %18[384] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %57 = latent.rms_norm %55, %56 : tensor<?x128xf32>, tensor<128xf32>
  %58 = tensor.extract_slice %18[512] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %59 = tensor.empty(%m) : tensor<?x128xf32>
  %60 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%57, %58 : tensor<?x128xf32>, tensor<128xf32>) outs(%59 : tensor<?x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<?x128xf32>
  %61 = ml_program.global_load_const @"0.up.weight" : tensor<512x128xf32>
  %62 = latent.project %60, %61 : tensor<?x128xf32>, tensor<512x128xf32> -> tensor<?x512xf32>
  %63 = tensor.empty(%m) : tensor<?x512xf32>
  %64 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%62 : tensor<?x512xf32>) outs(%63 : tensor<?x512xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %z = arith.constant 0.0 : f32
    %r = arith.maximumf %a0, %z : f32
    %s = arith.mulf %r, %r : f32
    linalg.yield %s : f32
  } -> tensor<?x512xf32>
  %65 = ml_program.global_load_const @"0.down.weight" : tensor<128x512xf32>
  %66 = latent.project %64, %65 : tensor<?x512xf32>, tensor<128x512xf32> -> tensor<?x128xf32>
  %67 = tensor.extract_slice %18[640] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %68 = tensor.empty(%m) : tensor<?x128xf32>
  %69 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%55, %66, %67 : tensor<?x128xf32>, tensor<?x128xf32>, tensor<128xf32>) outs(%68 : tensor<?x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %a2: f32, %out: f32):
    %p = arith.mulf %a1, %a2 : f32
    %s = arith.addf %a0, %p : f32
    linalg.yield %s : f32
  } -> tensor<?x128xf32>
  %70 = tensor.extract_slice %18[768] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %71 = latent.rms_norm %69, %70 : tensor<?x128xf32>, tensor<128xf32>
  %72 = tensor.extract_slice %18[896] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %73 = tensor.empty(%m) : tensor<?x128xf32>
  %74 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%71, %72 : tensor<?x128xf32>, tensor<128xf32>) outs(%73 : tensor<?x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<?x128xf32>
  %75 = ml_program.global_load_const @"1.q_norm" : tensor<32xf32>
  %76 = ml_program.global_load_const @"1.q.weight" : tensor<128x128xf32>
  %77 = latent.project %74, %76 : tensor<?x128xf32>, tensor<128x128xf32> -> tensor<?x128xf32>
  %78 = tensor.expand_shape %77 [[0], [1, 2]] output_shape [%m, 4, 32] : tensor<?x128xf32> into tensor<?x4x32xf32>
  %79 = latent.rms_norm %78, %75 : tensor<?x4x32xf32>, tensor<32xf32>
  %80 = latent.rotary %79, %20, %22 at(%c0) : tensor<?x4x32xf32>, tensor<?x16xf32>
  %81 = ml_program.global_load_const @"1.k_norm" : tensor<32xf32>
  %82 = ml_program.global_load_const @"1.k.weight" : tensor<128x128xf32>
  %83 = latent.project %74, %82 : tensor<?x128xf32>, tensor<128x128xf32> -> tensor<?x128xf32>
  %84 = tensor.expand_shape %83 [[0], [1, 2]] output_shape [%m, 4, 32] : tensor<?x128xf32> into tensor<?x4x32xf32>
  %85 = latent.rms_norm %84, %81 : tensor<?x4x32xf32>, tensor<32xf32>
  %86 = latent.rotary %85, %20, %22 at(%c0) : tensor<?x4x32xf32>, tensor<?x16xf32>
  %87 = ml_program.global_load_const @"1.v.weight" : tensor<128x128xf32>
  %88 = latent.project %74, %87 : tensor<?x128xf32>, tensor<128x128xf32> -> tensor<?x128xf32>
  %89 = tensor.expand_shape %88 [[0], [1, 2]] output_shape [%m, 4, 32] : tensor<?x128xf32> into tensor<?x4x32xf32>
  %90 = latent.attention %80, %86, %89 scale(0.1767766952966369) : tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<?x4x32xf32> -> tensor<?x4x32xf32>
  %91 = tensor.collapse_shape %90 [[0], [1, 2]] : tensor<?x4x32xf32> into tensor<?x128xf32>
  %92 = ml_program.global_load_const @"1.o.weight" : tensor<128x128xf32>
  %93 = latent.project %91, %92 : tensor<?x128xf32>, tensor<128x128xf32> -> tensor<?x128xf32>
  %94 = tensor.extract_slice %18[1024] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %95 = tensor.empty(%m) : tensor<?x128xf32>
  %96 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%69, %93, %94 : tensor<?x128xf32>, tensor<?x128xf32>, tensor<128xf32>) outs(%95 : tensor<?x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %a2: f32, %out: f32):
    %p = arith.mulf %a1, %a2 : f32
    %s = arith.addf %a0, %p : f32
    linalg.yield %s : f32
  } -> tensor<?x128xf32>
  %97 = tensor.extract_slice %18[1152] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %98 = latent.rms_norm %96, %97 : tensor<?x128xf32>, tensor<128xf32>
  %99 = tensor.extract_slice %18[1280] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %100 = tensor.empty(%m) : tensor<?x128xf32>
  %101 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%98, %99 : tensor<?x128xf32>, tensor<128xf32>) outs(%100 : tensor<?x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<?x128xf32>
  %102 = ml_program.global_load_const @"1.up.weight" : tensor<512x128xf32>
  %103 = latent.project %101, %102 : tensor<?x128xf32>, tensor<512x128xf32> -> tensor<?x512xf32>
  %104 = tensor.empty(%m) : tensor<?x512xf32>
  %105 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%103 : tensor<?x512xf32>) outs(%104 : tensor<?x512xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %z = arith.constant 0.0 : f32
    %r = arith.maximumf %a0, %z : f32
    %s = arith.mulf %r, %r : f32
    linalg.yield %s : f32
  } -> tensor<?x512xf32>
  %106 = ml_program.global_load_const @"1.down.weight" : tensor<128x512xf32>
  %107 = latent.project %105, %106 : tensor<?x512xf32>, tensor<128x512xf32> -> tensor<?x128xf32>
  %108 = tensor.extract_slice %18[1408] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %109 = tensor.empty(%m) : tensor<?x128xf32>
  %110 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%96, %107, %108 : tensor<?x128xf32>, tensor<?x128xf32>, tensor<128xf32>) outs(%109 : tensor<?x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %a2: f32, %out: f32):
    %p = arith.mulf %a1, %a2 : f32
    %s = arith.addf %a0, %p : f32
    linalg.yield %s : f32
  } -> tensor<?x128xf32>
  %111 = tensor.extract_slice %18[1536] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %112 = latent.rms_norm %110, %111 : tensor<?x128xf32>, tensor<128xf32>
  %113 = tensor.extract_slice %18[1664] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %114 = tensor.empty(%m) : tensor<?x128xf32>
  %115 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%112, %113 : tensor<?x128xf32>, tensor<128xf32>) outs(%114 : tensor<?x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<?x128xf32>
  %116 = ml_program.global_load_const @"2.q_norm" : tensor<32xf32>
  %117 = ml_program.global_load_const @"2.q.weight" : tensor<128x128xf32>
  %118 = latent.project %115, %117 : tensor<?x128xf32>, tensor<128x128xf32> -> tensor<?x128xf32>
  %119 = tensor.expand_shape %118 [[0], [1, 2]] output_shape [%m, 4, 32] : tensor<?x128xf32> into tensor<?x4x32xf32>
  %120 = latent.rms_norm %119, %116 : tensor<?x4x32xf32>, tensor<32xf32>
  %121 = latent.rotary %120, %20, %22 at(%c0) : tensor<?x4x32xf32>, tensor<?x16xf32>
  %122 = ml_program.global_load_const @"2.k_norm" : tensor<32xf32>
  %123 = ml_program.global_load_const @"2.k.weight" : tensor<128x128xf32>
  %124 = latent.project %115, %123 : tensor<?x128xf32>, tensor<128x128xf32> -> tensor<?x128xf32>
  %125 = tensor.expand_shape %124 [[0], [1, 2]] output_shape [%m, 4, 32] : tensor<?x128xf32> into tensor<?x4x32xf32>
  %126 = latent.rms_norm %125, %122 : tensor<?x4x32xf32>, tensor<32xf32>
  %127 = latent.rotary %126, %20, %22 at(%c0) : tensor<?x4x32xf32>, tensor<?x16xf32>
  %128 = ml_program.global_load_const @"2.v.weight" : tensor<128x128xf32>
  %129 = latent.project %115, %128 : tensor<?x128xf32>, tensor<128x128xf32> -> tensor<?x128xf32>
  %130 = tensor.expand_shape %129 [[0], [1, 2]] output_shape [%m, 4, 32] : tensor<?x128xf32> into tensor<?x4x32xf32>
  %131 = latent.attention %121, %127, %130 scale(0.1767766952966369) : tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<?x4x32xf32> -> tensor<?x4x32xf32>
  %132 = tensor.collapse_shape %131 [[0], [1, 2]] : tensor<?x4x32xf32> into tensor<?x128xf32>
  %133 = ml_program.global_load_const @"2.o.weight" : tensor<128x128xf32>
  %134 = latent.project %132, %133 : tensor<?x128xf32>, tensor<128x128xf32> -> tensor<?x128xf32>
  %135 = tensor.extract_slice %18[1792] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %136 = tensor.empty(%m) : tensor<?x128xf32>
  %137 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%110, %134, %135 : tensor<?x128xf32>, tensor<?x128xf32>, tensor<128xf32>) outs(%136 : tensor<?x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %a2: f32, %out: f32):
    %p = arith.mulf %a1, %a2 : f32
    %s = arith.addf %a0, %p : f32
    linalg.yield %s : f32
  } -> tensor<?x128xf32>
  %138 = tensor.extract_slice %18[1920] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %139 = latent.rms_norm %137, %138 : tensor<?x128xf32>, tensor<128xf32>
  %140 = tensor.extract_slice %18[2048] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %141 = tensor.empty(%m) : tensor<?x128xf32>
  %142 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%139, %140 : tensor<?x128xf32>, tensor<128xf32>) outs(%141 : tensor<?x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<?x128xf32>
  %143 = ml_program.global_load_const @"2.up.weight" : tensor<512x128xf32>
  %144 = latent.project %142, %143 : tensor<?x128xf32>, tensor<512x128xf32> -> tensor<?x512xf32>
  %145 = tensor.empty(%m) : tensor<?x512xf32>
  %146 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%144 : tensor<?x512xf32>) outs(%145 : tensor<?x512xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %z = arith.constant 0.0 : f32
    %r = arith.maximumf %a0, %z : f32
    %s = arith.mulf %r, %r : f32
    linalg.yield %s : f32
  } -> tensor<?x512xf32>
  %147 = ml_program.global_load_const @"2.down.weight" : tensor<128x512xf32>
  %148 = latent.project %146, %147 : tensor<?x512xf32>, tensor<128x512xf32> -> tensor<?x128xf32>
  %149 = tensor.extract_slice %18[2176] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %150 = tensor.empty(%m) : tensor<?x128xf32>
  %151 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%137, %148, %149 : tensor<?x128xf32>, tensor<?x128xf32>, tensor<128xf32>) outs(%150 : tensor<?x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %a2: f32, %out: f32):
    %p = arith.mulf %a1, %a2 : f32
    %s = arith.addf %a0, %p : f32
    linalg.yield %s : f32
  } -> tensor<?x128xf32>
  %152 = tensor.extract_slice %18[2304] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %153 = latent.rms_norm %151, %152 : tensor<?x128xf32>, tensor<128xf32>
  %154 = tensor.extract_slice %18[2432] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %155 = tensor.empty(%m) : tensor<?x128xf32>
  %156 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%153, %154 : tensor<?x128xf32>, tensor<128xf32>) outs(%155 : tensor<?x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<?x128xf32>
  %157 = ml_program.global_load_const @"3.q_norm" : tensor<32xf32>
  %158 = ml_program.global_load_const @"3.q.weight" : tensor<128x128xf32>
  %159 = latent.project %156, %158 : tensor<?x128xf32>, tensor<128x128xf32> -> tensor<?x128xf32>
  %160 = tensor.expand_shape %159 [[0], [1, 2]] output_shape [%m, 4, 32] : tensor<?x128xf32> into tensor<?x4x32xf32>
  %161 = latent.rms_norm %160, %157 : tensor<?x4x32xf32>, tensor<32xf32>
  %162 = latent.rotary %161, %20, %22 at(%c0) : tensor<?x4x32xf32>, tensor<?x16xf32>
  %163 = ml_program.global_load_const @"3.k_norm" : tensor<32xf32>
  %164 = ml_program.global_load_const @"3.k.weight" : tensor<128x128xf32>
  %165 = latent.project %156, %164 : tensor<?x128xf32>, tensor<128x128xf32> -> tensor<?x128xf32>
  %166 = tensor.expand_shape %165 [[0], [1, 2]] output_shape [%m, 4, 32] : tensor<?x128xf32> into tensor<?x4x32xf32>
  %167 = latent.rms_norm %166, %163 : tensor<?x4x32xf32>, tensor<32xf32>
  %168 = latent.rotary %167, %20, %22 at(%c0) : tensor<?x4x32xf32>, tensor<?x16xf32>
  %169 = ml_program.global_load_const @"3.v.weight" : tensor<128x128xf32>
  %170 = latent.project %156, %169 : tensor<?x128xf32>, tensor<128x128xf32> -> tensor<?x128xf32>
  %171 = tensor.expand_shape %170 [[0], [1, 2]] output_shape [%m, 4, 32] : tensor<?x128xf32> into tensor<?x4x32xf32>
  %172 = latent.attention %162, %168, %171 scale(0.1767766952966369) : tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<?x4x32xf32> -> tensor<?x4x32xf32>
  %173 = tensor.collapse_shape %172 [[0], [1, 2]] : tensor<?x4x32xf32> into tensor<?x128xf32>
  %174 = ml_program.global_load_const @"3.o.weight" : tensor<128x128xf32>
  %175 = latent.project %173, %174 : tensor<?x128xf32>, tensor<128x128xf32> -> tensor<?x128xf32>
  %176 = tensor.extract_slice %18[2560] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %177 = tensor.empty(%m) : tensor<?x128xf32>
  %178 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%151, %175, %176 : tensor<?x128xf32>, tensor<?x128xf32>, tensor<128xf32>) outs(%177 : tensor<?x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %a2: f32, %out: f32):
    %p = arith.mulf %a1, %a2 : f32
    %s = arith.addf %a0, %p : f32
    linalg.yield %s : f32
  } -> tensor<?x128xf32>
  %179 = tensor.extract_slice %18[2688] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %180 = latent.rms_norm %178, %179 : tensor<?x128xf32>, tensor<128xf32>
  %181 = tensor.extract_slice %18[2816] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %182 = tensor.empty(%m) : tensor<?x128xf32>
  %183 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%180, %181 : tensor<?x128xf32>, tensor<128xf32>) outs(%182 : tensor<?x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<?x128xf32>
  %184 = ml_program.global_load_const @"3.up.weight" : tensor<512x128xf32>
  %185 = latent.project %183, %184 : tensor<?x128xf32>, tensor<512x128xf32> -> tensor<?x512xf32>
  %186 = tensor.empty(%m) : tensor<?x512xf32>
  %187 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%185 : tensor<?x512xf32>) outs(%186 : tensor<?x512xf32>) {
  ^bb0(%a0: f32, %out: f32):
    %z = arith.constant 0.0 : f32
    %r = arith.maximumf %a0, %z : f32
    %s = arith.mulf %r, %r : f32
    linalg.yield %s : f32
  } -> tensor<?x512xf32>
  %188 = ml_program.global_load_const @"3.down.weight" : tensor<128x512xf32>
  %189 = latent.project %187, %188 : tensor<?x512xf32>, tensor<128x512xf32> -> tensor<?x128xf32>
  %190 = tensor.extract_slice %18[2944] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %191 = tensor.empty(%m) : tensor<?x128xf32>
  %192 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%178, %189, %190 : tensor<?x128xf32>, tensor<?x128xf32>, tensor<128xf32>) outs(%191 : tensor<?x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %a2: f32, %out: f32):
    %p = arith.mulf %a1, %a2 : f32
    %s = arith.addf %a0, %p : f32
    linalg.yield %s : f32
  } -> tensor<?x128xf32>
  %193 = tensor.extract_slice %18[3072] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %194 = latent.rms_norm %192, %193 : tensor<?x128xf32>, tensor<128xf32>
  %195 = tensor.extract_slice %18[3200] [128] [1] : tensor<3328xf32> to tensor<128xf32>
  %196 = tensor.empty(%m) : tensor<?x128xf32>
  %197 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%194, %195 : tensor<?x128xf32>, tensor<128xf32>) outs(%196 : tensor<?x128xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<?x128xf32>
  %198 = ml_program.global_load_const @"out.weight" : tensor<32x128xf32>
  %199 = latent.project %197, %198 : tensor<?x128xf32>, tensor<32x128xf32> -> tensor<?x32xf32>
  %200 = ml_program.global_load_const @"out.bias" : tensor<32xf32>
  %201 = tensor.empty(%m) : tensor<?x32xf32>
  %202 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%199, %200 : tensor<?x32xf32>, tensor<32xf32>) outs(%201 : tensor<?x32xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %s = arith.addf %a0, %a1 : f32
    linalg.yield %s : f32
  } -> tensor<?x32xf32>
  return %202 : tensor<?x32xf32>
}

func.func @dense(%noise: tensor<1024x32xf32> {tercet.name = "noise"},
    %class: tensor<1xi32> {tercet.name = "class", tercet.range = [0, 10]})
    -> (tensor<8x64x64xf32> {tercet.name = "clip"}) {
  %tokens = spatial.sample %noise grid<4, 16, 16> stages [[9, 1024]] sigmas [1.0, 0.96, 0.9130434782608697, 0.8571428571428571, 0.7894736842105263, 0.7058823529411764, 0.6, 0.4615384615384615, 0.2727272727272728, 0.0]
      pattern(stride) stride(2) seed(7) gives(clean) lifts(clean) scores(clean) : tensor<1024x32xf32> {
  ^bb0(%rows: tensor<?x32xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    %none = arith.constant dense<10> : tensor<1xi32>
    %named = func.call @network(%rows, %index, %sigma, %class) : (tensor<?x32xf32>, tensor<?xi32>, tensor<1xf32>, tensor<1xi32>) -> tensor<?x32xf32>
    %free = func.call @network(%rows, %index, %sigma, %none) : (tensor<?x32xf32>, tensor<?xi32>, tensor<1xf32>, tensor<1xi32>) -> tensor<?x32xf32>
    %c0 = arith.constant 0 : index
    %m = tensor.dim %rows, %c0 : tensor<?x32xf32>
    %empty = tensor.empty(%m) : tensor<?x32xf32>
    %clean = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
        ins(%named, %free : tensor<?x32xf32>, tensor<?x32xf32>) outs(%empty : tensor<?x32xf32>) {
    ^bb1(%a: f32, %b: f32, %out: f32):
      %g = arith.constant 3.0 : f32
      %d = arith.subf %a, %b : f32
      %p = arith.mulf %g, %d : f32
      %s = arith.addf %b, %p : f32
      linalg.yield %s : f32
    } -> tensor<?x32xf32>
    spatial.yield %clean : tensor<?x32xf32>
  }
  %video = spatial.unpatchify %tokens patch([2, 4, 4]) : tensor<1024x32xf32> -> tensor<8x64x64x1xf32>
  %clip = tensor.collapse_shape %video [[0], [1], [2, 3]] : tensor<8x64x64x1xf32> into tensor<8x64x64xf32>
  return %clip : tensor<8x64x64xf32>
}

func.func @jit(%noise: tensor<1024x32xf32> {tercet.name = "noise"},
    %class: tensor<1xi32> {tercet.name = "class", tercet.range = [0, 10]})
    -> (tensor<8x64x64xf32> {tercet.name = "clip"}) {
  %tokens = spatial.sample %noise grid<4, 16, 16> stages [[3, 360], [3, 636], [3, 1024]] sigmas [1.0, 0.96, 0.9130434782608697, 0.8571428571428571, 0.7894736842105263, 0.7058823529411764, 0.6, 0.4615384615384615, 0.2727272727272728, 0.0]
      pattern(stride) stride(2) seed(7) blend [1.0] gives(clean) lifts(clean) scores(clean) checkpoints : tensor<1024x32xf32> {
  ^bb0(%rows: tensor<?x32xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    %none = arith.constant dense<10> : tensor<1xi32>
    %named = func.call @network(%rows, %index, %sigma, %class) : (tensor<?x32xf32>, tensor<?xi32>, tensor<1xf32>, tensor<1xi32>) -> tensor<?x32xf32>
    %free = func.call @network(%rows, %index, %sigma, %none) : (tensor<?x32xf32>, tensor<?xi32>, tensor<1xf32>, tensor<1xi32>) -> tensor<?x32xf32>
    %c0 = arith.constant 0 : index
    %m = tensor.dim %rows, %c0 : tensor<?x32xf32>
    %empty = tensor.empty(%m) : tensor<?x32xf32>
    %clean = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
        ins(%named, %free : tensor<?x32xf32>, tensor<?x32xf32>) outs(%empty : tensor<?x32xf32>) {
    ^bb1(%a: f32, %b: f32, %out: f32):
      %g = arith.constant 3.0 : f32
      %d = arith.subf %a, %b : f32
      %p = arith.mulf %g, %d : f32
      %s = arith.addf %b, %p : f32
      linalg.yield %s : f32
    } -> tensor<?x32xf32>
    spatial.yield %clean : tensor<?x32xf32>
  }
  %video = spatial.unpatchify %tokens patch([2, 4, 4]) : tensor<1024x32xf32> -> tensor<8x64x64x1xf32>
  %clip = tensor.collapse_shape %video [[0], [1], [2, 3]] : tensor<8x64x64x1xf32> into tensor<8x64x64xf32>
  return %clip : tensor<8x64x64xf32>
}

func.func @step(%latent: tensor<1024x32xf32> {tercet.name = "latent"}, %sigma: tensor<1xf32> {tercet.name = "sigma"},
    %next: tensor<1xf32> {tercet.name = "next"}, %class: tensor<1xi32> {tercet.name = "class", tercet.range = [0, 10]})
    -> (tensor<1024x32xf32> {tercet.name = "latent"}) {
  %all = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 142, 143, 144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159, 160, 161, 162, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 174, 175, 176, 177, 178, 179, 180, 181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191, 192, 193, 194, 195, 196, 197, 198, 199, 200, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211, 212, 213, 214, 215, 216, 217, 218, 219, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235, 236, 237, 238, 239, 240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255, 256, 257, 258, 259, 260, 261, 262, 263, 264, 265, 266, 267, 268, 269, 270, 271, 272, 273, 274, 275, 276, 277, 278, 279, 280, 281, 282, 283, 284, 285, 286, 287, 288, 289, 290, 291, 292, 293, 294, 295, 296, 297, 298, 299, 300, 301, 302, 303, 304, 305, 306, 307, 308, 309, 310, 311, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 322, 323, 324, 325, 326, 327, 328, 329, 330, 331, 332, 333, 334, 335, 336, 337, 338, 339, 340, 341, 342, 343, 344, 345, 346, 347, 348, 349, 350, 351, 352, 353, 354, 355, 356, 357, 358, 359, 360, 361, 362, 363, 364, 365, 366, 367, 368, 369, 370, 371, 372, 373, 374, 375, 376, 377, 378, 379, 380, 381, 382, 383, 384, 385, 386, 387, 388, 389, 390, 391, 392, 393, 394, 395, 396, 397, 398, 399, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 419, 420, 421, 422, 423, 424, 425, 426, 427, 428, 429, 430, 431, 432, 433, 434, 435, 436, 437, 438, 439, 440, 441, 442, 443, 444, 445, 446, 447, 448, 449, 450, 451, 452, 453, 454, 455, 456, 457, 458, 459, 460, 461, 462, 463, 464, 465, 466, 467, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477, 478, 479, 480, 481, 482, 483, 484, 485, 486, 487, 488, 489, 490, 491, 492, 493, 494, 495, 496, 497, 498, 499, 500, 501, 502, 503, 504, 505, 506, 507, 508, 509, 510, 511, 512, 513, 514, 515, 516, 517, 518, 519, 520, 521, 522, 523, 524, 525, 526, 527, 528, 529, 530, 531, 532, 533, 534, 535, 536, 537, 538, 539, 540, 541, 542, 543, 544, 545, 546, 547, 548, 549, 550, 551, 552, 553, 554, 555, 556, 557, 558, 559, 560, 561, 562, 563, 564, 565, 566, 567, 568, 569, 570, 571, 572, 573, 574, 575, 576, 577, 578, 579, 580, 581, 582, 583, 584, 585, 586, 587, 588, 589, 590, 591, 592, 593, 594, 595, 596, 597, 598, 599, 600, 601, 602, 603, 604, 605, 606, 607, 608, 609, 610, 611, 612, 613, 614, 615, 616, 617, 618, 619, 620, 621, 622, 623, 624, 625, 626, 627, 628, 629, 630, 631, 632, 633, 634, 635, 636, 637, 638, 639, 640, 641, 642, 643, 644, 645, 646, 647, 648, 649, 650, 651, 652, 653, 654, 655, 656, 657, 658, 659, 660, 661, 662, 663, 664, 665, 666, 667, 668, 669, 670, 671, 672, 673, 674, 675, 676, 677, 678, 679, 680, 681, 682, 683, 684, 685, 686, 687, 688, 689, 690, 691, 692, 693, 694, 695, 696, 697, 698, 699, 700, 701, 702, 703, 704, 705, 706, 707, 708, 709, 710, 711, 712, 713, 714, 715, 716, 717, 718, 719, 720, 721, 722, 723, 724, 725, 726, 727, 728, 729, 730, 731, 732, 733, 734, 735, 736, 737, 738, 739, 740, 741, 742, 743, 744, 745, 746, 747, 748, 749, 750, 751, 752, 753, 754, 755, 756, 757, 758, 759, 760, 761, 762, 763, 764, 765, 766, 767, 768, 769, 770, 771, 772, 773, 774, 775, 776, 777, 778, 779, 780, 781, 782, 783, 784, 785, 786, 787, 788, 789, 790, 791, 792, 793, 794, 795, 796, 797, 798, 799, 800, 801, 802, 803, 804, 805, 806, 807, 808, 809, 810, 811, 812, 813, 814, 815, 816, 817, 818, 819, 820, 821, 822, 823, 824, 825, 826, 827, 828, 829, 830, 831, 832, 833, 834, 835, 836, 837, 838, 839, 840, 841, 842, 843, 844, 845, 846, 847, 848, 849, 850, 851, 852, 853, 854, 855, 856, 857, 858, 859, 860, 861, 862, 863, 864, 865, 866, 867, 868, 869, 870, 871, 872, 873, 874, 875, 876, 877, 878, 879, 880, 881, 882, 883, 884, 885, 886, 887, 888, 889, 890, 891, 892, 893, 894, 895, 896, 897, 898, 899, 900, 901, 902, 903, 904, 905, 906, 907, 908, 909, 910, 911, 912, 913, 914, 915, 916, 917, 918, 919, 920, 921, 922, 923, 924, 925, 926, 927, 928, 929, 930, 931, 932, 933, 934, 935, 936, 937, 938, 939, 940, 941, 942, 943, 944, 945, 946, 947, 948, 949, 950, 951, 952, 953, 954, 955, 956, 957, 958, 959, 960, 961, 962, 963, 964, 965, 966, 967, 968, 969, 970, 971, 972, 973, 974, 975, 976, 977, 978, 979, 980, 981, 982, 983, 984, 985, 986, 987, 988, 989, 990, 991, 992, 993, 994, 995, 996, 997, 998, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015, 1016, 1017, 1018, 1019, 1020, 1021, 1022, 1023]> : tensor<1024xi32>
  %index = tensor.cast %all : tensor<1024xi32> to tensor<?xi32>
  %rows = tensor.cast %latent : tensor<1024x32xf32> to tensor<?x32xf32>
    %none = arith.constant dense<10> : tensor<1xi32>
    %named = func.call @network(%rows, %index, %sigma, %class) : (tensor<?x32xf32>, tensor<?xi32>, tensor<1xf32>, tensor<1xi32>) -> tensor<?x32xf32>
    %free = func.call @network(%rows, %index, %sigma, %none) : (tensor<?x32xf32>, tensor<?xi32>, tensor<1xf32>, tensor<1xi32>) -> tensor<?x32xf32>
    %c0 = arith.constant 0 : index
    %m = tensor.dim %rows, %c0 : tensor<?x32xf32>
    %empty = tensor.empty(%m) : tensor<?x32xf32>
    %clean = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
        ins(%named, %free : tensor<?x32xf32>, tensor<?x32xf32>) outs(%empty : tensor<?x32xf32>) {
    ^bb1(%a: f32, %b: f32, %out: f32):
      %g = arith.constant 3.0 : f32
      %d = arith.subf %a, %b : f32
      %p = arith.mulf %g, %d : f32
      %s = arith.addf %b, %p : f32
      linalg.yield %s : f32
    } -> tensor<?x32xf32>
    %guess = tensor.cast %clean : tensor<?x32xf32> to tensor<1024x32xf32>
  %fresh = tensor.empty() : tensor<1024x32xf32>
  // latent + (next - sigma) * velocity
  %result = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (0)>, affine_map<(d0, d1) -> (0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
      ins(%latent, %guess, %sigma, %next : tensor<1024x32xf32>, tensor<1024x32xf32>, tensor<1xf32>, tensor<1xf32>) outs(%fresh : tensor<1024x32xf32>) {
  ^bb0(%y: f32, %x: f32, %now: f32, %then: f32, %out: f32):
    %rest = arith.subf %y, %x : f32
    %v = arith.divf %rest, %now : f32
    %length = arith.subf %then, %now : f32
    %move = arith.mulf %length, %v : f32
    %r = arith.addf %y, %move : f32
    linalg.yield %r : f32
  } -> tensor<1024x32xf32>
  return %result : tensor<1024x32xf32>
}

func.func @noise(%seed: tensor<2xi32> {tercet.name = "seed"}) -> (tensor<1024x32xf32> {tercet.name = "noise"}) {
  %noise = spatial.random_normal %seed : tensor<2xi32> -> tensor<1024x32xf32>
  return %noise : tensor<1024x32xf32>
}
func.func @first() -> (tensor<360xi32> {tercet.name = "tokens"}) {
  %tokens = spatial.anchors grid<4, 16, 16> pattern(stride) stride(2) seed(7) : tensor<360xi32>
  return %tokens : tensor<360xi32>
}
