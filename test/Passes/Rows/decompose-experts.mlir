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
