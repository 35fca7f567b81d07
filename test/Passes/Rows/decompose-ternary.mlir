// Composites to rows ops, weight chains to declarations. No unpacked weight is
// left anywhere: the only ternary tensors are types of declarations.
// RUN: tercet-opt %s --select-codes --decompose-ternary --bind-weights | FileCheck %s
// RUN: tercet-opt %s --select-codes --decompose-ternary --bind-weights | FileCheck %s --check-prefix=PACKED

// PACKED-NOT: tensor<20x40xi8>
// CHECK-DAG: rows.weight @w.i2 key("layer.weight") encode code <i2> {{.*}} : tensor<20x40x!ternary.trit> -> tensor<2x192xi8>
// CHECK-DAG: rows.weight @scale.data key("scale") identity {{.*}} : tensor<f32> -> tensor<f32>
// CHECK-DAG: rows.weight @master.b33.2_4 key("master") ternarize_encode code <b33, <2:4>> sparsity <2:4> {{.*}} : tensor<20x40xf32> -> tensor<2x128xi8>
// CHECK-DAG: rows.weight @master.ternarize_scale key("master") ternarize_scale sparsity <2:4> {{.*}} : tensor<20x40xf32> -> tensor<f32>
// CHECK-NOT: ml_program.global
ml_program.global private @w(#ml_program.extern : tensor<20x40x!ternary.trit>) : tensor<20x40x!ternary.trit> {tercet.key = "layer.weight"}
ml_program.global private @scale(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @gain(#ml_program.extern : tensor<40xf32>) : tensor<40xf32>
ml_program.global private @bias(#ml_program.extern : tensor<20xf32>) : tensor<20xf32>
ml_program.global private @master(#ml_program.extern : tensor<20x40xf32>) : tensor<20x40xf32>
ml_program.global private @unused(#ml_program.extern : tensor<20x40xf32>) : tensor<20x40xf32>

// CHECK-LABEL: @linear
func.func @linear(%x: tensor<?x40xf32>) -> tensor<?x20xf32> {
  %w = ml_program.global_load_const @w : tensor<20x40x!ternary.trit>
  %s = ml_program.global_load_const @scale : tensor<f32>
  %g = ml_program.global_load_const @gain : tensor<40xf32>
  %b = ml_program.global_load_const @bias : tensor<20xf32>
  // Rows are padded to whole words of the code: 40 to 48.
  // CHECK: rows.quantize <absmax_i8> eps({{.*}}) ins(%{{.*}} : tensor<?x40xf32>, %{{.*}} : tensor<40xf32>) outs({{.*}} : tensor<?x48xi8>, tensor<?xf32>, tensor<?xi32>)
  // CHECK: rows.matmul <i2> k(40)
  // CHECK: %[[ACC:.*]] = arith.sitofp
  // CHECK: %[[SCALE:.*]] = arith.mulf
  // CHECK: %[[Y:.*]] = arith.mulf %[[ACC]], %[[SCALE]]
  // CHECK: arith.addf %[[Y]]
  %y = ternary.linear %x, %w scale(%s : tensor<f32>) norm(%g : tensor<40xf32>) bias(%b : tensor<20xf32>)
      : tensor<?x40xf32>, tensor<20x40x!ternary.trit> -> tensor<?x20xf32>
  return %y : tensor<?x20xf32>
}

// CHECK-LABEL: @from_master
func.func @from_master(%q: tensor<3x40xi8>) -> (tensor<3x20xi32>, tensor<f32>) {
  %m = ml_program.global_load_const @master : tensor<20x40xf32>
  %t, %s = ternary.ternarize %m sparsity(<2:4>) : tensor<20x40xf32> -> tensor<20x40x!ternary.trit>, tensor<f32>
  // CHECK: rows.pack ins(%{{.*}} : tensor<3x40xi8>) outs({{.*}} : tensor<3x48xi8>, tensor<3xi32>)
  // CHECK: rows.matmul <b33, <2:4>> k(40)
  // CHECK: rows.yield %{{.*}} : i32
  %y = ternary.matmul %q, %t : tensor<3x40xi8>, tensor<20x40x!ternary.trit> -> tensor<3x20xi32>
  return %y, %s : tensor<3x20xi32>, tensor<f32>
}
