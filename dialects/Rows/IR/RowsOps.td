//===- RowsOps.td - operations ---------------------------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_ROWS_IR_ROWSOPS
#define TERCET_DIALECTS_ROWS_IR_ROWSOPS

include "dialects/Rows/IR/RowsDialect.td"
include "dialects/Rows/IR/RowsEnums.td"
include "dialects/Ternary/IR/TernaryAttrs.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/TilingInterface.td"

class Rows_Op<string mnemonic, list<Trait> traits = []>
    : Op<Rows_Dialect, mnemonic, traits>;

/// A destination-style op over tensors or memrefs that tiles over rows.
class Rows_KernelOp<string mnemonic, list<Trait> traits = []>
    : Rows_Op<mnemonic, !listconcat(traits, [
        DestinationStyleOpInterface,
        DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
        DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
          ["reifyResultShapes"]>,
        DeclareOpInterfaceMethods<TilingInterface, [
          "getLoopIteratorTypes", "getIterationDomain", "getTiledImplementation",
          "getResultTilePosition"]>])> {
  let hasVerifier = 1;
}

class Rows_Shaped<list<Type> types>
    : AnyTypeOf<[RankedTensorOf<types>, MemRefOf<types>]>;

def Rows_QuantizeOp : Rows_KernelOp<"quantize"> {
  let summary = "[norm ->] quantise rows of activations, with their sums";
  let description = [{
    For each row of `input` [M, K] f32: RMSNorm with `gain` [K] if given, then the
    rule of `ternary.quantize`. Results: `values` [M, KP] i8 with columns K..KP-1
    zero, `scale` [M] f32, `sums` [M] i32 (the sum of the row's values, which
    corrects a product with unsigned codes).

    Reductions over K run as 16 strided partial sums combined as a tree (see
    `ternary.linear`), so every target gives the same bits.

    Verifier: ROWS-Q1: input is [M, K]. ROWS-Q2: values is [M, KP], KP >= K, both
    static. ROWS-Q3: scale and sums are [M]. ROWS-Q4: gain is [K].
  }];
  let arguments = (ins Rows_Shaped<[F32]>:$input,
                       Optional<Rows_Shaped<[F32]>>:$gain,
                       Rows_Shaped<[I8]>:$values, Rows_Shaped<[F32]>:$scale,
                       Rows_Shaped<[I32]>:$sums,
                       Ternary_QuantModeAttr:$mode, F32Attr:$eps,
                       UnitAttr:$hadamard, OptionalAttr<DictionaryAttr>:$config);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $mode (`hadamard` $hadamard^)? `eps` `(` $eps `)` attr-dict
    `ins` `(` $input `:` type($input) (`,` $gain^ `:` type($gain))? `)`
    `outs` `(` $values `,` $scale `,` $sums `:` type($values) `,` type($scale) `,` type($sums) `)`
    (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return {getOperation(), getGain() ? 2u : 1u, 3u};
    }
  }];
}

def Rows_NormOp : Rows_KernelOp<"norm"> {
  let summary = "RMSNorm of rows";
  let description = [{
    `init = input * (1 / sqrt(mean(input^2) + eps)) * gain` for each row of `input`
    [M, K]: the norm of `rows.quantize`, to the bit, where floats are wanted. With
    `groups` each of that many equal parts of a row has a mean of its own.

    Verifier: ROWS-N1: input is [M, K] with a static K and init like it.
    ROWS-N2: gain is [K]. ROWS-N3: K is a multiple of groups.
  }];
  let arguments = (ins Rows_Shaped<[F32]>:$input, Rows_Shaped<[F32]>:$gain,
                       Rows_Shaped<[F32]>:$init, F32Attr:$eps,
                       DefaultValuedAttr<I64Attr, "1">:$groups,
                       OptionalAttr<DictionaryAttr>:$config);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    `eps` `(` $eps `)` attr-dict
    `ins` `(` $input `,` $gain `:` type($input) `,` type($gain) `)`
    `outs` `(` $init `:` type($init) `)` (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
  }];
}

def Rows_PackOp : Rows_KernelOp<"pack"> {
  let summary = "pad rows of i8 activations and sum them";
  let description = [{
    Makes the operands of a `rows.matmul` out of plain i8 rows: `values` [M, KP] is
    `input` [M, K] with zero columns behind it, `sums` [M] i32 the sum of each row.

    Verifier: ROWS-P1: input is [M, K] i8. ROWS-P2: values is [M, KP], KP >= K.
    ROWS-P3: sums is [M].
  }];
  let arguments = (ins Rows_Shaped<[I8]>:$input, Rows_Shaped<[I8]>:$values,
                       Rows_Shaped<[I32]>:$sums,
                       OptionalAttr<DictionaryAttr>:$config);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    attr-dict `ins` `(` $input `:` type($input) `)`
    `outs` `(` $values `,` $sums `:` type($values) `,` type($sums) `)`
    (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return {getOperation(), 1u, 2u};
    }
  }];
}

def Rows_MatmulOp : Rows_KernelOp<"matmul", [
    SingleBlock]> {
  let summary = "matrix product of i8 rows with encoded weights, with an epilogue";
  let description = [{
    For every row r and output n:

        acc[r, n]  = sum over k of input[r, k] * weight[n, k]       exact i32
        init[r, n] = epilogue(acc[r, n], operands at (r, n))

    `input` is [M, KP] i8 (zero beyond column `k`), `sums` [M] i32 the sum of each
    input row, `weight` the packed bytes [P, B] i8: P = ceil(N / 16) panels of 16
    outputs, B bytes a panel, coded by `code` (docs/codes.md). The region takes
    the accumulator and one scalar per epilogue operand; `epilogue_maps` has an
    affine map (r, n) -> (...) for each, exactly like a linalg indexing map:
    `()`, `(r)`, `(n)` or `(r, n)`. Scalar arith and math ops only.

    Rows with weight slices of their own are `rows.grouped_matmul`.

    Verifier: ROWS-M1: input is [M, KP] and KP covers the words of the code.
    ROWS-M2: weight is [ceil(N/16), B] with B as the code says. ROWS-M3: sums is
    [M], init [M, N]. ROWS-M4: one map per epilogue operand, over (r, n), of the
    operand's rank. ROWS-M5: the region's arguments are i32 and the operands'
    element types, and it yields init's element type. ROWS-M6: only elementwise
    scalar ops in the region.

    ```mlir
    %y = rows.matmul #ternary.code<i2> k(64)
        ins(%q, %sums, %w : tensor<?x64xi8>, tensor<?xi32>, tensor<16x256xi8>)
        epilogue(%s, %b : tensor<?xf32>, tensor<256xf32>)
        maps [affine_map<(r, n) -> (r)>, affine_map<(r, n) -> (n)>]
        outs(%init : tensor<?x256xf32>) -> tensor<?x256xf32> {
    ^bb0(%acc: i32, %scale: f32, %bias: f32):
      %0 = arith.sitofp %acc : i32 to f32
      %1 = arith.mulf %0, %scale : f32
      %2 = arith.addf %1, %bias : f32
      rows.yield %2 : f32
    }
    ```
  }];
  let arguments = (ins Ternary_CodeAttr:$code, I64Attr:$k,
                       Rows_Shaped<[I8]>:$input, Rows_Shaped<[I32]>:$sums,
                       Rows_Shaped<[I8]>:$weight,
                       Variadic<Rows_Shaped<[AnyType]>>:$epilogue_operands,
                       Rows_Shaped<[AnyType]>:$init,
                       AffineMapArrayAttr:$epilogue_maps,
                       OptionalAttr<DictionaryAttr>:$config);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$epilogue);
  let assemblyFormat = [{
    $code `k` `(` $k `)` attr-dict
    `ins` `(` $input `,` $sums `,` $weight `:` type($input) `,` type($sums) `,` type($weight) `)`
    (`epilogue` `(` $epilogue_operands^ `:` type($epilogue_operands) `)`)?
    `maps` $epilogue_maps
    `outs` `(` $init `:` type($init) `)` (`->` type($results)^)? $epilogue
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
    /// Output rows of the weight (N), from init.
    int64_t getN();
    ::mlir::SmallVector<::mlir::AffineMap> getEpilogueMapsArray();
  }];
}

def Rows_YieldOp : Rows_Op<"yield", [Pure, Terminator, ReturnLike,
                                     ParentOneOf<["MatmulOp",
                                     "GroupedMatmulOp", "FloatMatmulOp",
                                     "GroupedFloatMatmulOp"]>]> {
  let summary = "the value that an epilogue stores";
  let arguments = (ins AnyType:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def Rows_InsertOp : Rows_KernelOp<"insert"> {
  let summary = "write rows into a state, from a row on";
  let description = [{
    Rows `offset` to `offset + M - 1` of the result are the rows of `input`
    [M, ...], the others those of `init` [S, ...]. In a kernel the result is the
    state's own memory: nothing but the rows is written. The caller sees to it that
    offset + M <= S (`rows.limit`).

    Verifier: ROWS-I1: input and init are [M, ...] and [S, ...] of equal element
    type, of rank 2 or more, with equal static axes behind the first. ROWS-I2: where
    offset and both sizes are constants, the rows lie inside of init.

    ```mlir
    %c1 = rows.insert ins(%k : tensor<?x64xf32>) at(%position)
        outs(%c0 : tensor<512x64xf32>) -> tensor<512x64xf32>
    ```
  }];
  let arguments = (ins Rows_Shaped<[AnyType]>:$input, Index:$offset,
                       Rows_Shaped<[AnyType]>:$init,
                       OptionalAttr<DictionaryAttr>:$config);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    attr-dict `ins` `(` $input `:` type($input) `)` `at` `(` $offset `)`
    `outs` `(` $init `:` type($init) `)` (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
  }];
}

def Rows_LimitOp : Rows_Op<"limit"> {
  let summary = "no call may go on where a sum of sizes is above a limit";
  let description = [{
    Stands in an entry function and becomes a constraint of its program: the runtime
    refuses a call at whose sizes the sum of the operands is more than `limit`,
    before anything runs. `meaning` says what the limit is, for the message.

    Verifier: ROWS-L1: the limit is not negative. ROWS-L2: it has an operand.

    ```mlir
    rows.limit %position, %m at_most 512 "rows of state 'cache.k'"
    ```
  }];
  let arguments = (ins Variadic<Index>:$operands, I64Attr:$limit,
                       StrAttr:$meaning);
  let assemblyFormat = "$operands `at_most` $limit $meaning attr-dict";
  let hasVerifier = 1;
}

def Rows_WeightOp : Rows_Op<"weight", [Symbol]> {
  let summary = "a weight as the artifact will store it";
  let description = [{
    Declares constant data of the program. The bytes come from a weight file by
    `key` when the artifact is written and never enter the IR. `source_type` is the
    type the model declared (what the bound tensor must match), `transform` what
    happens to the data:

    * `identity`: stored as it is;
    * `encode`: trits (i8 values -1, 0, 1) packed by `code`;
    * `ternarize_encode`: float master weights through `ternary.ternarize`, packed;
    * `ternarize_scale`: the scale that `ternary.ternarize` gives;
    * `bytes`: floats of 4 or 8 bits as the bytes they are, two of the former to a
      byte.

    With `select` only those slices along the first axis are taken, in that order,
    before the transform.

    `type` is the stored tensor: bytes [P, B] for packed weights [N, K], [E, P, B]
    for packed weights of experts [E, N, K].

    Verifier: ROWS-W1: a code is given exactly for the two encoding transforms.
    ROWS-W2: `type` has the bytes that the code says. ROWS-W3: identity keeps the type.
    ROWS-W4: `bytes` are for floats of 4 and 8 bits. ROWS-W5: selected slices are
    of those that there are.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$key,
                       TypeAttrOf<AnyRankedTensor>:$source_type,
                       Rows_WeightTransform:$transform,
                       OptionalAttr<Ternary_CodeAttr>:$code,
                       OptionalAttr<Ternary_SparsityAttr>:$sparsity,
                       OptionalAttr<DenseI64ArrayAttr>:$select,
                       TypeAttrOf<AnyRankedTensor>:$type,
                       UnitAttr:$rebindable,
                       OptionalAttr<StrAttr>:$sym_visibility);
  let assemblyFormat = [{
    $sym_name `key` `(` $key `)` $transform (`code` $code^)?
    (`sparsity` $sparsity^)? (`select` $select^)? attr-dict `:` $source_type `->` $type
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// `source_type` with the selected slices.
    ::mlir::RankedTensorType getSelectedType();
  }];
}

def Rows_LoadWeightOp : Rows_Op<"load_weight", [Pure,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the stored tensor of a rows.weight";
  let arguments = (ins FlatSymbolRefAttr:$weight);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$weight attr-dict `:` type($result)";
}

def Rows_DispatchOp : Rows_Op<"dispatch", [Pure]> {
  let summary = "call of a kernel function over tensors";
  let description = [{
    `kernel` names a function of the nested module @kernels. Operands are its
    tensor arguments and then its index arguments, results its results. The op
    does not look at the kernel's types: from the kernels level on the function
    is over memrefs while the entry function still passes tensors.

    A result of the kernel that has `tercet.tied = N` is operand N, changed in
    place.

    ```mlir
    %q, %s, %sums = rows.dispatch @kernels::@quantize_64(%x, %m)
        : (tensor<?x64xf32>, index) -> (tensor<?x64xi8>, tensor<?xf32>, tensor<?xi32>)
    ```
  }];
  let arguments = (ins SymbolRefAttr:$kernel, Variadic<AnyType>:$operands);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $kernel `(` $operands `)` attr-dict `:` functional-type($operands, $results)
  }];
}

#endif
