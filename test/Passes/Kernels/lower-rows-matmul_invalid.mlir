// RUN: tercet-opt %s --split-input-file --verify-diagnostics --lower-rows-matmul

func.func @no_config(%x: memref<1x32xi8>, %s: memref<1xi32>, %w: memref<1x128xi8>, %y: memref<1x16xi32>) {
  // expected-error @below {{cannot be lowered: needs memrefs and a config with the name of a dot engine}}
  rows.matmul <i2> k(32) ins(%x, %s, %w : memref<1x32xi8>, memref<1xi32>, memref<1x128xi8>) maps []
      outs(%y : memref<1x16xi32>) {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

func.func @unknown_engine(%x: memref<1x32xi8>, %s: memref<1xi32>, %w: memref<1x128xi8>, %y: memref<1x16xi32>) {
  // expected-error @below {{cannot be lowered: needs memrefs and a config with the name of a dot engine}}
  rows.matmul <i2> k(32) {config = {engine = "abacus"}} ins(%x, %s, %w : memref<1x32xi8>, memref<1xi32>, memref<1x128xi8>) maps []
      outs(%y : memref<1x16xi32>) {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}
