// A set of tokens that is no set is refused before anything runs.
// RUN: tercet-compile %s --target=cpu:x86-64-v2 -o %t.tercet
// RUN: %python -c "import struct; f=lambda n,v: open(n,'wb').write(b'\\x93NUMPY\\x01\\x00'+struct.pack('<H',118)+(\"{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }\".ljust(117)+chr(10)).encode()+struct.pack('<3i',*v)); f('%t.good.npy',(0,2,3)); f('%t.twice.npy',(0,2,2)); f('%t.far.npy',(0,2,4))"
// RUN: tercet-run %t.tercet --function=rows --input=x=splat:1 --input=i=@%t.good.npy | FileCheck %s
// CHECK: r: f32 [3, 2] = 1, 1, 1, 1
// RUN: not tercet-run %t.tercet --function=rows --input=x=splat:1 --input=i=@%t.twice.npy 2>&1 | FileCheck %s --check-prefix=TWICE
// TWICE: input "i" of "rows": element 2 is 2 behind 2; it takes ascending numbers without duplicates
// RUN: not tercet-run %t.tercet --function=rows --input=x=splat:1 --input=i=@%t.far.npy 2>&1 | FileCheck %s --check-prefix=FAR
// FAR: input "i" of "rows": element [2] is 4, allowed are 0 to 3
func.func @rows(%x: tensor<4x2xf32> {tercet.name = "x"},
                %i: tensor<3xi32> {tercet.name = "i", tercet.range = [0, 4], tercet.ascending})
    -> (tensor<3x2xf32> {tercet.name = "r"}) {
  %r = spatial.gather %x, %i : tensor<4x2xf32>, tensor<3xi32> -> tensor<3x2xf32>
  return %r : tensor<3x2xf32>
}
