// RUN: tercet-opt %s --cpu-expand-copies | FileCheck %s

// CHECK-LABEL: @copy
// CHECK-NOT: memref.copy
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : memref<4x?xf32>) outs(%{{.*}} : memref<4x?xf32>)
func.func @copy(%a: memref<4x?xf32>, %b: memref<4x?xf32>) {
  memref.copy %a, %b : memref<4x?xf32> to memref<4x?xf32>
  return
}
