// RUN: tercet-opt %s --split-input-file --verify-diagnostics --cpu-expand-floats="half fma"

func.func @double_to_half(%x: f64) -> f16 {
  // expected-error @below {{a CPU kernel has no conversion between 'f16' and 'f64'; go by way of f32}}
  %0 = arith.truncf %x : f64 to f16
  return %0 : f16
}

// -----

func.func @double_fma(%x: f64) -> f64 {
  // expected-error @below {{a CPU without fused multiply-add has none on 'f64'; use f32, or a target such as cpu:x86-64-v3}}
  %0 = math.fma %x, %x, %x : f64
  return %0 : f64
}

// -----

func.func @remainder(%x: f32) -> f32 {
  // expected-error @below {{a CPU kernel has no remainder of floats, which a library computes; write x - trunc(x / y) * y}}
  %0 = arith.remf %x, %x : f32
  return %0 : f32
}
