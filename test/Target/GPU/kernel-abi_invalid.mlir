// RUN: tercet-opt %s --split-input-file --verify-diagnostics --gpu-kernel-abi

// expected-error @below {{axis 0 of argument 0 is dynamic and tercet.dims does not name an index argument for it}}
func.func @no_dims(%a: memref<?xf32>, %n: index) {
  return
}

// -----

// expected-error @below {{axis 0 of argument 0 is dynamic and tercet.dims does not name an index argument for it}}
func.func @dims_out_of_range(%a: memref<?xf32> {tercet.dims = array<i64: 1>}, %n: index) {
  return
}

// -----

// expected-error @below {{takes memrefs and then index values, not 'f32'}}
func.func @scalar(%a: memref<4xf32>, %x: f32) {
  return
}

// -----

// expected-error @below {{has no place in the kernel ABI; it takes contiguous memrefs}}
func.func @strided(%a: memref<4xf32, strided<[2]>>) {
  return
}

// -----

// expected-error @below {{has a body and returns nothing}}
func.func @result(%a: memref<4xf32>) -> index {
  %c0 = arith.constant 0 : index
  return %c0 : index
}
