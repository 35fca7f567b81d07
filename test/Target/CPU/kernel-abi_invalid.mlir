// RUN: tercet-opt %s --split-input-file --verify-diagnostics --cpu-kernel-abi

// expected-error @below {{axis 0 of argument 0 is dynamic and tercet.dims does not name an index argument for it}}
func.func @no_dims(%a: memref<?xf32>, %n: index, %begin: index, %end: index) {
  return
}

// -----

// expected-error @below {{a CPU kernel takes memrefs and then index values, not 'f32'}}
func.func @scalar(%a: memref<4xf32>, %x: f32, %begin: index, %end: index) {
  return
}

// -----

// expected-error @below {{a CPU kernel ends with its range of workgroups; run distribute-workgroups}}
func.func @no_range(%a: memref<4xf32>) {
  return
}

// -----

// expected-error @below {{argument 0 of type 'memref<4x4xf32, strided<[8, 1]>>' has no place in the kernel ABI; it takes contiguous memrefs}}
func.func @strided(%a: memref<4x4xf32, strided<[8, 1]>>, %begin: index, %end: index) {
  return
}

// -----

// expected-error @below {{a CPU kernel has one block and no results here}}
func.func @result(%a: memref<4xf32>, %begin: index, %end: index) -> index {
  return %begin : index
}
