// RUN: tercet-opt %s --cpu-expand-floats="half fma" | FileCheck %s --check-prefixes=CHECK,EXPAND
// RUN: tercet-opt %s --cpu-expand-floats | FileCheck %s --check-prefixes=CHECK,KEEP

// CHECK-LABEL: @half
// KEEP: arith.extf %{{.*}} : vector<4xf16> to vector<4xf32>
// KEEP: arith.truncf %{{.*}} : vector<4xf32> to vector<4xf16>
// EXPAND-NOT: arith.extf
// EXPAND-NOT: arith.truncf
// CHECK: return
func.func @half(%x: vector<4xf16>) -> vector<4xf16> {
  %0 = arith.extf %x fastmath<contract> : vector<4xf16> to vector<4xf32>
  %1 = arith.mulf %0, %0 : vector<4xf32>
  %2 = arith.truncf %1 fastmath<contract> : vector<4xf32> to vector<4xf16>
  return %2 : vector<4xf16>
}

// CHECK-LABEL: @fma
// KEEP: math.fma
// EXPAND: arith.mulf %{{.*}} : f64
// EXPAND-NOT: math.fma
// EXPAND: arith.truncf %{{.*}} : f64 to f32
func.func @fma(%x: f32) -> f32 {
  %0 = math.fma %x, %x, %x : f32
  return %0 : f32
}
