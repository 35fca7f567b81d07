// Experts run straight from their coded weights: nothing gathers them, nothing loops
// over those that no token chose.
// RUN: tercet-opt %s --decompose-experts --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,GROUPED
// RUN: tercet-opt %s --decompose-experts=strategy=pairs --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,PAIRS
// RUN: not tercet-opt %s --decompose-experts=strategy=both 2>&1 | FileCheck %s --check-prefix=BAD
// BAD: error: no strategy is called 'both'; choose auto, pairs or grouped

ml_program.global private @u(#ml_program.extern : tensor<32x24x16x!ternary.trit>) : tensor<32x24x16x!ternary.trit>
ml_program.global private @d(#ml_program.extern : tensor<32x16x24x!ternary.trit>) : tensor<32x16x24x!ternary.trit>

// CHECK: rows.weight @u.i2 key("u") encode code <i2> {{.*}} : tensor<32x24x16x!ternary.trit> -> tensor<32x2x64xi8>
// CHECK: rows.weight @d.i2 key("d") encode code <i2> {{.*}} : tensor<32x16x24x!ternary.trit> -> tensor<32x1x128xi8>

// CHECK-LABEL: @experts
// CHECK-NOT: tensor.gather
// CHECK-NOT: linalg.{{.*}}i8
// Ids that the caller gives are brought into range; their slots give 0 in the end.
// CHECK: arith.cmpi ult
// GROUPED: %[[SORTED:.*]]:3 = rows.group ins(
// CHECK: rows.quantize <absmax_i8> eps(0.000000e+00) ins(%arg0 : tensor<?x16xf32>)
// PAIRS: rows.grouped_matmul <i2> k(16) {{.*}} slices({{.*}} index(
// GROUPED: rows.grouped_matmul <i2> k(16) {{.*}} offsets(%[[SORTED]]#0 : tensor<33xi32>) index(
// The activation is in the epilogue.
// CHECK: arith.maximumf
// CHECK: rows.yield
// CHECK: rows.quantize
// CHECK: rows.grouped_matmul <i2> k(24)
// CHECK-NOT: index(
// CHECK: arith.select
// CHECK: rows.yield
// CHECK-NOT: tensor<32x{{[0-9]+}}x{{[0-9]+}}xf32>
// CHECK: return
func.func @experts(%x: tensor<?x16xf32>, %ids: tensor<?x4xi32>, %us: tensor<32xf32>, %ds: tensor<32xf32>) -> tensor<?x4x16xf32> {
  %u = ml_program.global_load_const @u : tensor<32x24x16x!ternary.trit>
  %d = ml_program.global_load_const @d : tensor<32x16x24x!ternary.trit>
  %ue = ternary.encode %u : tensor<32x24x16x!ternary.trit> -> tensor<32x24x16x!ternary.trit, #ternary.code<i2>>
  %de = ternary.encode %d : tensor<32x16x24x!ternary.trit> -> tensor<32x16x24x!ternary.trit, #ternary.code<i2>>
  %y = latent.experts <relu2> %x, %ids
      up(%ue, %us : tensor<32x24x16x!ternary.trit, #ternary.code<i2>>, tensor<32xf32>)
      down(%de, %ds : tensor<32x16x24x!ternary.trit, #ternary.code<i2>>, tensor<32xf32>)
      : tensor<?x16xf32>, tensor<?x4xi32> -> tensor<?x4x16xf32>
  return %y : tensor<?x4x16xf32>
}

// Few tokens for many experts: pairs by the rule, and a remark says so.
// RUN: tercet-opt %s --decompose-experts --mlir-print-debuginfo=false -o %t 2>&1 | FileCheck %s --check-prefix=REMARK
// REMARK: remark: experts run grouped: pairs sorted by expert, weights read once
// REMARK: remark: experts run as pairs: a product for each token and expert

// CHECK-LABEL: @one_token
// CHECK-NOT: rows.group
// CHECK: rows.grouped_matmul <i2> k(16) {{.*}} slices(
func.func @one_token(%x: tensor<1x16xf32>, %ids: tensor<1x4xi32>, %us: tensor<32xf32>, %ds: tensor<32xf32>) -> tensor<1x4x16xf32> {
  %u = ml_program.global_load_const @u : tensor<32x24x16x!ternary.trit>
  %d = ml_program.global_load_const @d : tensor<32x16x24x!ternary.trit>
  %ue = ternary.encode %u : tensor<32x24x16x!ternary.trit> -> tensor<32x24x16x!ternary.trit, #ternary.code<i2>>
  %de = ternary.encode %d : tensor<32x16x24x!ternary.trit> -> tensor<32x16x24x!ternary.trit, #ternary.code<i2>>
  %y = latent.experts <relu2> %x, %ids
      up(%ue, %us : tensor<32x24x16x!ternary.trit, #ternary.code<i2>>, tensor<32xf32>)
      down(%de, %ds : tensor<32x16x24x!ternary.trit, #ternary.code<i2>>, tensor<32xf32>)
      : tensor<1x16xf32>, tensor<1x4xi32> -> tensor<1x4x16xf32>
  return %y : tensor<1x4x16xf32>
}

// Float experts of 4 bits are read as the bytes that they are, and rows need no
// quantiser.
ml_program.global private @v(#ml_program.extern : tensor<32x24x32xf4E2M1FN>) : tensor<32x24x32xf4E2M1FN>
ml_program.global private @b(#ml_program.extern : tensor<32x24x2xf8E4M3FN>) : tensor<32x24x2xf8E4M3FN>

// CHECK-LABEL: @floats
// CHECK-NOT: rows.quantize
// CHECK: %[[V:.*]] = rows.load_weight @v.bytes : tensor<32x24x16xi8>
// CHECK: %[[B:.*]] = rows.load_weight @b.bytes : tensor<32x24x2xi8>
// CHECK: rows.grouped_float_matmul nvfp4 ins(%arg0, %[[V]], %[[B]] : tensor<1x32xf32>, tensor<32x24x16xi8>, tensor<32x24x2xi8>) slices(
// CHECK: rows.grouped_float_matmul ins({{.*}} : tensor<4x24xf32>, tensor<32x8x24xbf16>) slices(
// CHECK: return
func.func @floats(%x: tensor<1x32xf32>, %ids: tensor<1x4xi32>, %s: tensor<32xf32>, %d: tensor<32x8x24xbf16>) -> tensor<1x4x8xf32> {
  %v = ml_program.global_load_const @v : tensor<32x24x32xf4E2M1FN>
  %b = ml_program.global_load_const @b : tensor<32x24x2xf8E4M3FN>
  %u = latent.dequantize %v, %b : tensor<32x24x32xf4E2M1FN>, tensor<32x24x2xf8E4M3FN> -> tensor<32x24x32xf32>
  %y = latent.experts <relu2> %x, %ids up(%u, %s : tensor<32x24x32xf32>, tensor<32xf32>) down(%d : tensor<32x8x24xbf16>)
      {strategy = #latent.strategy<pairs>} : tensor<1x32xf32>, tensor<1x4xi32> -> tensor<1x4x8xf32>
  return %y : tensor<1x4x8xf32>
}
