// RUN: tercet-opt %s | tercet-opt | FileCheck %s
// RUN: tercet-opt %s --decompose-spatial | FileCheck %s --check-prefix=LINALG

// LINALG-NOT: spatial.
// CHECK-LABEL: @stream
func.func @stream(%video: tensor<5x6x7x2xf32>, %q: tensor<?x3x12xf32>, %x: tensor<10x4xf32>,
                  %mod: tensor<2x4xf32>, %strength: tensor<3xf32>, %noise: tensor<2x8x12x3xf32>,
                  %one: tensor<f32>)
    -> (tensor<5x6x7x2xf32>, tensor<?x3x12xf32>, tensor<4x6x7x2xf32>, tensor<10x4xf32>, tensor<2x8x12x3xf32>) {
  // CHECK: spatial.patchify %{{.*}} patch([2, 3, 3]) : tensor<5x6x7x2xf32> -> tensor<18x36xf32>
  %tokens = spatial.patchify %video patch([2, 3, 3]) : tensor<5x6x7x2xf32> -> tensor<18x36xf32>
  // CHECK: spatial.unpatchify %{{.*}} patch([2, 3, 3]) : tensor<18x36xf32> -> tensor<5x6x7x2xf32>
  %back = spatial.unpatchify %tokens patch([2, 3, 3]) : tensor<18x36xf32> -> tensor<5x6x7x2xf32>
  // CHECK: spatial.rope_table grid(<2, 2, 3>) widths([4, 4, 4]) theta(1.000000e+04) start([5, 0, 0]) : tensor<12x6xf32>
  %cos, %sin = spatial.rope_table grid(#spatial.grid<2, 2, 3>) widths([4, 4, 4]) theta(10000.0) start([5, 0, 0]) : tensor<12x6xf32>
  // CHECK: pool([1, 2, 2]) : tensor<4x6xf32>
  %cos2, %sin2 = spatial.rope_table grid(#spatial.grid<2, 2, 3>) widths([4, 4, 4]) theta(10000.0) pool([1, 2, 2]) : tensor<4x6xf32>
  %c = tensor.cast %cos : tensor<12x6xf32> to tensor<?x6xf32>
  %s = tensor.cast %sin : tensor<12x6xf32> to tensor<?x6xf32>
  // CHECK: spatial.rope %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x3x12xf32>, tensor<?x6xf32>
  %r = spatial.rope %q, %c, %s : tensor<?x3x12xf32>, tensor<?x6xf32>
  // CHECK: spatial.rope halves %{{.*}}
  %r2 = spatial.rope halves %r, %c, %s : tensor<?x3x12xf32>, tensor<?x6xf32>
  // CHECK: spatial.scale_keys %{{.*}}, %{{.*}} count(7) : tensor<?x3x12xf32>, tensor<3xf32>
  %k = spatial.scale_keys %r2, %strength count(7) : tensor<?x3x12xf32>, tensor<3xf32>
  %old = tensor.empty() : tensor<4x6x7x2xf32>
  // CHECK: spatial.history_push %{{.*}}, %{{.*}} : tensor<4x6x7x2xf32>, tensor<5x6x7x2xf32>
  %history = spatial.history_push %old, %back : tensor<4x6x7x2xf32>, tensor<5x6x7x2xf32>
  // CHECK: spatial.segment_modulate %{{.*}}, %{{.*}}, %{{.*}} lengths([3, 7]) : tensor<10x4xf32>, tensor<2x4xf32>
  %m = spatial.segment_modulate %x, %mod, %mod lengths([3, 7]) : tensor<10x4xf32>, tensor<2x4xf32>
  // CHECK: spatial.pyramid_down %{{.*}} : tensor<2x8x12x3xf32> -> tensor<2x4x6x3xf32>
  %small = spatial.pyramid_down %noise : tensor<2x8x12x3xf32> -> tensor<2x4x6x3xf32>
  // CHECK: spatial.pyramid_jump %{{.*}}, %{{.*}} sigma(5.000000e-01) gamma(2.500000e-01) : tensor<2x4x6x3xf32>, tensor<2x8x12x3xf32>
  %up = spatial.pyramid_jump %small, %noise sigma(0.5) gamma(0.25) : tensor<2x4x6x3xf32>, tensor<2x8x12x3xf32>
  // CHECK: spatial.level_step %{{.*}} : tensor<2x8x12x3xf32>, tensor<f32>, tensor<f32>
  %step = spatial.level_step %up, %noise, %up, %one, %one : tensor<2x8x12x3xf32>, tensor<f32>, tensor<f32>
  return %back, %k, %history, %m, %step : tensor<5x6x7x2xf32>, tensor<?x3x12xf32>, tensor<4x6x7x2xf32>, tensor<10x4xf32>, tensor<2x8x12x3xf32>
}
