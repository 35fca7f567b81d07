// RUN: tercet-opt %s --expand-math | FileCheck %s
// RUN: tercet-opt %s --expand-math | FileCheck %s --check-prefix=LEFT

// Nothing is left that is a function of libm.
// LEFT-NOT: math.{{(acos|acosh|asin|asinh|atan|atan2|atanh|cbrt|cos|cosh|erf|erfc|exp|exp2|expm1|log|log10|log1p|log2|powf|rsqrt|sin|sinh|tan|tanh) }}

// CHECK-LABEL: func @all
func.func @all(%x: f32, %y: f32) -> f32 {
  %0 = math.acos %x : f32
  %1 = math.asin %0 : f32
  %2 = math.atan %1 : f32
  %3 = math.atan2 %2, %y : f32
  %4 = math.cbrt %3 : f32
  %5 = math.cos %4 : f32
  %6 = math.erf %5 : f32
  %7 = math.erfc %6 : f32
  %8 = math.exp %7 : f32
  %9 = math.expm1 %8 : f32
  %10 = math.log %9 : f32
  %11 = math.log10 %10 : f32
  %12 = math.log1p %11 : f32
  %13 = math.log2 %12 : f32
  %14 = math.sin %13 : f32
  %15 = math.tanh %14 : f32
  %16 = math.sinh %15 : f32
  %17 = math.cosh %16 : f32
  %18 = math.tan %17 : f32
  %19 = math.asinh %18 : f32
  %20 = math.acosh %19 : f32
  %21 = math.atanh %20 : f32
  %22 = math.powf %21, %y : f32
  %23 = math.exp2 %22 : f32
  // CHECK: math.sqrt
  // CHECK: arith.divf
  %24 = math.rsqrt %23 : f32
  return %24 : f32
}

// CHECK-LABEL: func @vector
// CHECK: math.fma {{.*}} : vector<16xf32>
func.func @vector(%x: vector<16xf32>) -> vector<16xf32> {
  %0 = math.tanh %x : vector<16xf32>
  return %0 : vector<16xf32>
}

// CHECK-LABEL: func @half
// CHECK: arith.extf %{{.*}} : f16 to f32
// CHECK: arith.truncf %{{.*}} : f32 to f16
func.func @half(%x: f16) -> f16 {
  %0 = math.exp %x : f16
  return %0 : f16
}

// CHECK-LABEL: func @plain
// CHECK: math.sqrt
// CHECK: math.roundeven
// CHECK: math.absf
func.func @plain(%x: f64) -> f64 {
  %0 = math.sqrt %x : f64
  %1 = math.roundeven %0 : f64
  %2 = math.absf %1 : f64
  return %2 : f64
}

// Zeros have an order: of equal operands the bits are joined.
// CHECK-LABEL: func @extremes
// CHECK-DAG: arith.cmpf ugt, %arg0, %arg1
// CHECK-DAG: arith.cmpf uno, %arg1, %arg1
// CHECK-DAG: arith.cmpf oeq, %arg0, %arg1
// CHECK: arith.andi
// CHECK: arith.select
// CHECK: arith.ori {{.*}} : i32
// CHECK-NOT: arith.maximumf %arg0, %arg1
// A clamp needs none of it.
// CHECK: arith.maximumf %{{.*}}, %cst
func.func @extremes(%a: f32, %b: f32) -> (f32, f32, f32) {
  %0 = arith.maximumf %a, %b : f32
  %1 = arith.minimumf %a, %b : f32
  %z = arith.constant 0.0 : f32
  %2 = arith.maximumf %a, %z : f32
  return %0, %1, %2 : f32, f32, f32
}
