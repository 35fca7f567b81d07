// RUN: tercet-opt %s | tercet-opt | FileCheck %s
// RUN: tercet-opt %s --decompose-spatial | FileCheck %s --check-prefix=LINALG

// CHECK-LABEL: @round_trip
// CHECK: spatial.gather %{{.*}}, %{{.*}} : tensor<16x8xf32>, tensor<5xi32> -> tensor<5x8xf32>
// CHECK: spatial.scatter %{{.*}}, %{{.*}} into %{{.*}} : tensor<5x8xf32>, tensor<5xi32>, tensor<16x8xf32>
// LINALG-LABEL: @round_trip
// LINALG-NOT: spatial.{{gather|scatter}}
func.func @round_trip(%x: tensor<16x8xf32>, %index: tensor<5xi32>) -> tensor<16x8xf32> {
  %rows = spatial.gather %x, %index : tensor<16x8xf32>, tensor<5xi32> -> tensor<5x8xf32>
  %y = spatial.scatter %rows, %index into %x : tensor<5x8xf32>, tensor<5xi32>, tensor<16x8xf32>
  return %y : tensor<16x8xf32>
}

// CHECK-LABEL: @grids
// CHECK-SAME: #spatial.grid<1, 64, 64>
// CHECK-SAME: #spatial.grid<4, 16, 16, tile = [4, 4, 4]>
func.func private @grids() attributes {a = #spatial.grid<1, 64, 64>,
                                       b = #spatial.grid<4, 16, 16, tile = [4, 4, 4]>}
