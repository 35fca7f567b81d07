// Ops on sets of tokens: round trip, what folds, and both lowerings.
// RUN: tercet-opt %s | tercet-opt | FileCheck %s
// RUN: tercet-opt %s --canonicalize | FileCheck %s --check-prefix=FOLD
// RUN: tercet-opt %s --decompose-spatial | FileCheck %s --check-prefix=ROWS
// RUN: tercet-opt %s --decompose-spatial=reference | FileCheck %s --check-prefix=LINALG

// CHECK-LABEL: @step
// FOLD-LABEL: @step
// ROWS-LABEL: @step
// LINALG-LABEL: @step
func.func @step(%y: tensor<16x4xf32>, %u: tensor<6x4xf32>, %i: tensor<6xi32>, %e: tensor<16x4xf32>) -> (tensor<16x4xf32>, tensor<9xi32>) {
  // CHECK: spatial.nearest %{{.*}} grid<1, 4, 4> : tensor<6xi32> -> tensor<16xi32>
  %m = spatial.nearest %i grid<1, 4, 4> : tensor<6xi32> -> tensor<16xi32>
  // CHECK: spatial.lift %{{.*}}, %{{.*}}, %{{.*}} grid<1, 4, 4> : tensor<6x4xf32>, tensor<6xi32>, tensor<16xi32> -> tensor<16x4xf32>
  %v = spatial.lift %u, %i, %m grid<1, 4, 4> : tensor<6x4xf32>, tensor<6xi32>, tensor<16xi32> -> tensor<16x4xf32>
  // CHECK: spatial.importance %{{.*}} grid<1, 4, 4> : tensor<16x4xf32> -> tensor<16xf32>
  %s = spatial.importance %v grid<1, 4, 4> : tensor<16x4xf32> -> tensor<16xf32>
  // CHECK: spatial.densify %{{.*}}, %{{.*}} : tensor<6xi32>, tensor<16xf32> -> tensor<9xi32>, tensor<3xi32>
  // ROWS-COUNT-2: rows.select
  // LINALG-NOT: rows.select
  %n, %a = spatial.densify %i, %s : tensor<6xi32>, tensor<16xf32> -> tensor<9xi32>, tensor<3xi32>
  // CHECK: spatial.micro_flow %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} sigma(5.000000e-01) weight(1.000000e+00) : tensor<16x4xf32>, tensor<3xi32>
  %z = spatial.micro_flow %y, %a, %v, %e sigma(0.5) weight(1.0) : tensor<16x4xf32>, tensor<3xi32>
  // ROWS-NOT: spatial.{{[a-z]}}
  // LINALG-NOT: spatial.{{[a-z]}}
  // ROWS: return
  // LINALG: return
  return %z, %n : tensor<16x4xf32>, tensor<9xi32>
}

// CHECK-LABEL: @constants
// FOLD-LABEL: @constants
func.func @constants() -> (tensor<5xi32>, tensor<9xi32>, tensor<8xi32>) {
  // CHECK: spatial.anchors grid<1, 3, 3> pattern(stride) stride(3) seed(1) : tensor<5xi32>
  // FOLD-DAG: arith.constant dense<[0, 2, {{.*}}]> : tensor<5xi32>
  // FOLD-DAG: arith.constant dense<[2, 3, 6, 7, 8, 9, 12, 13]> : tensor<8xi32>
  // FOLD-NOT: spatial.
  %i = spatial.anchors grid<1, 3, 3> pattern(stride) stride(3) seed(1) : tensor<5xi32>
  %m = spatial.nearest %i grid<1, 3, 3> : tensor<5xi32> -> tensor<9xi32>
  %t = arith.constant dense<[1, 2]> : tensor<2xi32>
  // CHECK: spatial.tile_tokens %{{.*}} grid<1, 4, 4, tile = [1, 2, 2]> : tensor<2xi32> -> tensor<8xi32>
  %tokens = spatial.tile_tokens %t grid<1, 4, 4, tile = [1, 2, 2]> : tensor<2xi32> -> tensor<8xi32>
  return %i, %m, %tokens : tensor<5xi32>, tensor<9xi32>, tensor<8xi32>
}

// All tokens are active: nothing is searched or blurred. What is gathered may be in
// another order.
// FOLD-LABEL: @whole
// FOLD-SAME: %[[X:[^:]*]]: tensor<4x2xf32>
// FOLD: %[[G:.*]] = spatial.gather
// FOLD-NOT: spatial.
// FOLD: return %[[X]], %[[X]], %[[G]], %[[X]]
func.func @whole(%x: tensor<4x2xf32>, %i: tensor<4xi32>) -> (tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>) {
  %m = spatial.nearest %i grid<1, 2, 2> : tensor<4xi32> -> tensor<4xi32>
  %g = spatial.gather %x, %i : tensor<4x2xf32>, tensor<4xi32> -> tensor<4x2xf32>
  %v = spatial.lift %x, %i, %m grid<1, 2, 2> : tensor<4x2xf32>, tensor<4xi32>, tensor<4xi32> -> tensor<4x2xf32>
  %s = spatial.scatter %x, %i into %g : tensor<4x2xf32>, tensor<4xi32>, tensor<4x2xf32>
  %all = arith.constant dense<[0, 1, 2, 3]> : tensor<4xi32>
  %h = spatial.gather %x, %all : tensor<4x2xf32>, tensor<4xi32> -> tensor<4x2xf32>
  return %v, %s, %g, %h : tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>
}

// CHECK-LABEL: @noise
// ROWS-LABEL: @noise
func.func @noise(%seed: tensor<2xi32>) -> tensor<4x2xf32> {
  // CHECK: spatial.random_normal %{{.*}} : tensor<2xi32> -> tensor<4x2xf32>
  // ROWS: linalg.generic
  %e = spatial.random_normal %seed : tensor<2xi32> -> tensor<4x2xf32>
  return %e : tensor<4x2xf32>
}

// A number of rows that is not known yet.
// CHECK-LABEL: @some
// ROWS-LABEL: @some
func.func @some(%x: tensor<4x2xf32>, %i: tensor<?xi32>) -> tensor<?x2xf32> {
  // CHECK: spatial.gather %{{.*}}, %{{.*}} : tensor<4x2xf32>, tensor<?xi32> -> tensor<?x2xf32>
  // ROWS: linalg.generic
  %g = spatial.gather %x, %i : tensor<4x2xf32>, tensor<?xi32> -> tensor<?x2xf32>
  return %g : tensor<?x2xf32>
}
