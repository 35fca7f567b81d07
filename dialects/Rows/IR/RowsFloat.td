//===- RowsFloat.td - products with float weights --------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_ROWS_IR_ROWSFLOAT
#define TERCET_DIALECTS_ROWS_IR_ROWSFLOAT

include "dialects/Rows/IR/RowsOps.td"

class Rows_FloatProduct<string mnemonic, list<Trait> traits = []>
    : Rows_KernelOp<mnemonic, !listconcat(traits,
        [SingleBlock, AttrSizedOperandSegments])> {
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$epilogue);
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
    int64_t getN();
    ::mlir::SmallVector<::mlir::AffineMap> getEpilogueMapsArray();
  }];
}

def Rows_FloatMatmulOp : Rows_FloatProduct<"float_matmul"> {
  let summary = "matrix product of f32 rows with float weights, with an epilogue";
  let description = [{
    `init[r, n] = epilogue(sum over k of input[m, k] * w[n, k], operands)` with
    m = index[r], or r where there is no index: rows are read where they lie.
    An element of index that is no row of input is undefined behaviour.
    The sum is 16 strided partial sums, each in order of k from 0 by multiply and
    then add (no fused operation), combined as a tree (8, 4, 2, 1): the same bits on
    every target. Epilogue maps are those of `rows.matmul`.

    `w` is `weight` [N, K] in f32, bf16 or f16, widened exactly, or, with a
    `format`, 4-bit floats: `weight` [N, K/2] holds two E2M1 values a byte, the even
    column in the low half, and `block_scales` a byte for each block of columns,

    | format  | block | scale | source |
    |---------|-------|-------|--------|
    | `nvfp4` | 16    | E4M3  | https://docs.nvidia.com/deeplearning/transformer-engine |
    | `mxfp4` | 32    | E8M0  | OCP Microscaling Formats (MX) 1.0 |

    and w = value * scale, which f32 holds exactly (a scale of E8M0 below 2^-126 has
    values that f32 rounds; NaN scales give NaN).

    Verifier: ROWS-F1: input is [M, K], weight [N, K] with a static K, init [M, N].
    ROWS-F2: epilogue maps and region are as in `rows.matmul`, the accumulator f32.
    ROWS-F3: bytes have a format and block_scales [N, K/block], other weights
    neither; K is a multiple of the block. ROWS-F4: with an index [M] in i32, input has
    any number of rows.

    ```mlir
    %y = rows.float_matmul ins(%x, %w : tensor<?x128xf32>, tensor<32x128xf32>)
        maps [] outs(%init : tensor<?x32xf32>) -> tensor<?x32xf32> {
    ^bb0(%acc: f32):
      rows.yield %acc : f32
    }
    ```
  }];
  let arguments = (ins Rows_Shaped<[F32]>:$input,
                       Rows_Shaped<[F32, BF16, F16, I8]>:$weight,
                       Optional<Rows_Shaped<[I8]>>:$block_scales,
                       Optional<Rows_Shaped<[I32]>>:$index,
                       Variadic<Rows_Shaped<[AnyType]>>:$epilogue_operands,
                       Rows_Shaped<[AnyType]>:$init,
                       OptionalAttr<Rows_BlockFormat>:$format,
                       AffineMapArrayAttr:$epilogue_maps,
                       OptionalAttr<DictionaryAttr>:$config);
  let assemblyFormat = [{
    ($format^)? attr-dict
    `ins` `(` $input `,` $weight (`,` $block_scales^)? `:` type($input) `,` type($weight) (`,` type($block_scales)^)? `)`
    (`index` `(` $index^ `:` type($index) `)`)?
    (`epilogue` `(` $epilogue_operands^ `:` type($epilogue_operands) `)`)?
    `maps` $epilogue_maps
    `outs` `(` $init `:` type($init) `)` (`->` type($results)^)? $epilogue
  }];
}

def Rows_GroupedFloatMatmulOp : Rows_FloatProduct<"grouped_float_matmul"> {
  let summary = "rows.float_matmul whose rows each have a weight slice of their own";
  let description = [{
    For every row r and output n, with m = index[r] (r where there is none) and g
    the row's slice:

        init[r, n] = epilogue(sum over k of input[m, k] * w[g, n, k],
                              operands at (r, n, g, m))

    The sum and `w` are those of `rows.float_matmul`, weight and block_scales with
    the slices as their first axis; slices, offsets, index and epilogue maps those
    of `rows.grouped_matmul`.

    Verifier: ROWS-H1: input is [M, K], weight [G, N, K] with static G and K. ROWS-H2:
    bytes have a format and block_scales [G, N, K/block], other weights neither; K is
    a multiple of the block. ROWS-H3: slices, offsets, index and init are as in
    ROWS-G3. ROWS-H4: epilogue maps are as in ROWS-G4. ROWS-H5: the region is as in
    `rows.matmul`, the accumulator f32.

    ```mlir
    %y = rows.grouped_float_matmul
        ins(%x, %w : tensor<?x64xf32>, tensor<32x128x64xbf16>)
        slices(%ids : tensor<?xi32>) maps [] outs(%init : tensor<?x128xf32>) -> tensor<?x128xf32> {
    ^bb0(%acc: f32):
      rows.yield %acc : f32
    }
    ```
  }];
  let arguments = (ins Rows_Shaped<[F32]>:$input,
                       Rows_Shaped<[F32, BF16, F16, I8]>:$weight,
                       Optional<Rows_Shaped<[I8]>>:$block_scales,
                       Optional<Rows_Shaped<[I32]>>:$slices,
                       Optional<Rows_Shaped<[I32]>>:$offsets,
                       Optional<Rows_Shaped<[I32]>>:$index,
                       Variadic<Rows_Shaped<[AnyType]>>:$epilogue_operands,
                       Rows_Shaped<[AnyType]>:$init,
                       OptionalAttr<Rows_BlockFormat>:$format,
                       AffineMapArrayAttr:$epilogue_maps,
                       OptionalAttr<DictionaryAttr>:$config);
  let assemblyFormat = [{
    ($format^)? attr-dict
    `ins` `(` $input `,` $weight (`,` $block_scales^)? `:` type($input) `,` type($weight) (`,` type($block_scales)^)? `)`
    (`slices` `(` $slices^ `:` type($slices) `)`)?
    (`offsets` `(` $offsets^ `:` type($offsets) `)`)?
    (`index` `(` $index^ `:` type($index) `)`)?
    (`epilogue` `(` $epilogue_operands^ `:` type($epilogue_operands) `)`)?
    `maps` $epilogue_maps
    `outs` `(` $init `:` type($init) `)` (`->` type($results)^)? $epilogue
  }];
}

#endif
