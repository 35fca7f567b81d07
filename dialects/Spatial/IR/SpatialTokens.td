//===- SpatialTokens.td - subsets of tokens --------------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_SPATIAL_IR_SPATIALTOKENS
#define TERCET_DIALECTS_SPATIAL_IR_SPATIALTOKENS

include "dialects/Spatial/IR/SpatialAttrs.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Spatial_Op<string mnemonic, list<Trait> traits = []>
    : Op<Spatial_Dialect, mnemonic, !listconcat(traits, [Pure])> {
  let hasVerifier = 1;
}

def Spatial_F32 : RankedTensorOf<[F32]>;
def Spatial_I32 : RankedTensorOf<[I32]>;

def Spatial_GatherOp : Spatial_Op<"gather"> {
  let summary = "rows of the active tokens";
  let description = [{
    `result[j] = input[index[j]]`: [N, d] and [m] give [m, d]. Numbers outside of
    0 .. N-1 are undefined here; an entry point refuses them when it is called
    where the argument has `tercet.range`.

    Verifier: SPATIAL-T1: input is [N, d], index [m], the result [m, d], all static.

    ```mlir
    %rows = spatial.gather %x, %index : tensor<4096x64xf32>, tensor<1433xi32>
    ```
  }];
  let arguments = (ins Spatial_F32:$input, Spatial_I32:$index);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = [{
    $input `,` $index attr-dict `:` type($input) `,` type($index)
    `->` type($result)
  }];
}

def Spatial_ScatterOp : Spatial_Op<"scatter", [AllTypesMatch<["base", "result"]>]> {
  let summary = "rows put in the places of the active tokens";
  let description = [{
    `base` [N, d] with row index[j] replaced by update[j], for each of the m rows
    of `update`. `index` is ascending without duplicates.

    Verifier: SPATIAL-T2: base is [N, d], update [m, d], index [m], all static.

    ```mlir
    %y = spatial.scatter %rows, %index into %x
        : tensor<1433x64xf32>, tensor<1433xi32>, tensor<4096x64xf32>
    ```
  }];
  let arguments = (ins Spatial_F32:$update, Spatial_I32:$index,
                       Spatial_F32:$base);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = [{
    $update `,` $index `into` $base attr-dict
    `:` type($update) `,` type($index) `,` type($base)
  }];
}

#endif
