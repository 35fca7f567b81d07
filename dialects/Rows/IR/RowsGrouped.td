//===- RowsGrouped.td - products by expert, choice, order ------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_ROWS_IR_ROWSGROUPED
#define TERCET_DIALECTS_ROWS_IR_ROWSGROUPED

include "dialects/Rows/IR/RowsOps.td"

def Rows_GroupedMatmulOp : Rows_KernelOp<"grouped_matmul", [
    SingleBlock, AttrSizedOperandSegments]> {
  let summary = "rows.matmul whose rows each have a weight slice of their own";
  let description = [{
    For every row r and output n, with m = index[r] (r where there is none) and g
    the row's slice:

        acc[r, n]  = sum over k of input[m, k] * weight[g, n, k]    exact i32
        init[r, n] = epilogue(acc[r, n], operands at (r, n, g, m))

    The slice is run-time data, in one of two forms. `slices` [R] i32 names it for
    each row, for few rows. With `offsets` [G + 1] i32 rows are sorted: slice g has
    the rows offsets[g] .. offsets[g + 1] - 1; each slice that has any is read
    once a tile of outputs. Slices and indices outside of their range are
    undefined. Neither weights nor unused slices are touched otherwise.

    `input`, `sums`, `weight` and `code` are as in `rows.matmul`, the weight with
    the slices as its first axis. An epilogue map is one of (r, n, g, m) -> (),
    (r), (n), (g), (m) or (r, n).

    Verifier: ROWS-G1: input is [M, KP] covering the words of the code, sums [M].
    ROWS-G2: weight is [G, ceil(N/16), B] with B as the code says. ROWS-G3: either
    slices [R] or offsets [G + 1]; index [R]; init [R, N]; without index M = R.
    ROWS-G4: epilogue maps are of the forms above, of the operand's rank. ROWS-G5:
    the region is as in `rows.matmul`.

    ```mlir
    %y = rows.grouped_matmul #ternary.code<i2> k(64)
        ins(%q, %sums, %w : tensor<?x64xi8>, tensor<?xi32>, tensor<32x8x256xi8>)
        slices(%ids : tensor<?xi32>) index(%tokens : tensor<?xi32>)
        epilogue(%a, %s : tensor<?xf32>, tensor<32xf32>)
        maps [affine_map<(r, n, g, m) -> (m)>, affine_map<(r, n, g, m) -> (g)>]
        outs(%init : tensor<?x128xf32>) -> tensor<?x128xf32> {
    ^bb0(%acc: i32, %scale: f32, %slice_scale: f32):
      ...
    }
    ```
  }];
  let arguments = (ins Ternary_CodeAttr:$code, I64Attr:$k,
                       Rows_Shaped<[I8]>:$input, Rows_Shaped<[I32]>:$sums,
                       Rows_Shaped<[I8]>:$weight,
                       Optional<Rows_Shaped<[I32]>>:$slices,
                       Optional<Rows_Shaped<[I32]>>:$offsets,
                       Optional<Rows_Shaped<[I32]>>:$index,
                       Variadic<Rows_Shaped<[AnyType]>>:$epilogue_operands,
                       Rows_Shaped<[AnyType]>:$init,
                       AffineMapArrayAttr:$epilogue_maps,
                       OptionalAttr<DictionaryAttr>:$config);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$epilogue);
  let assemblyFormat = [{
    $code `k` `(` $k `)` attr-dict
    `ins` `(` $input `,` $sums `,` $weight `:` type($input) `,` type($sums) `,` type($weight) `)`
    (`slices` `(` $slices^ `:` type($slices) `)`)?
    (`offsets` `(` $offsets^ `:` type($offsets) `)`)?
    (`index` `(` $index^ `:` type($index) `)`)?
    (`epilogue` `(` $epilogue_operands^ `:` type($epilogue_operands) `)`)?
    `maps` $epilogue_maps
    `outs` `(` $init `:` type($init) `)` (`->` type($results)^)? $epilogue
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
    int64_t getN();
    ::mlir::SmallVector<::mlir::AffineMap> getEpilogueMapsArray();
  }];
}

def Rows_TopKOp : Rows_KernelOp<"topk"> {
  let summary = "the numbers of the k largest values of each row";
  let description = [{
    `ids[m, j]` is the column of the j-th largest of `values[m, :]`. Equal values (0
    and -0 among them) keep the lower column first; NaN ranks below all others.

    Verifier: ROWS-K1: values is [M, E], ids [M, k] with static k <= E.
  }];
  let arguments = (ins Rows_Shaped<[F32]>:$values, Rows_Shaped<[I32]>:$ids,
                       OptionalAttr<DictionaryAttr>:$config);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    attr-dict `ins` `(` $values `:` type($values) `)`
    `outs` `(` $ids `:` type($ids) `)` (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getIdsMutable(); }
  }];
}

def Rows_GroupOp : Rows_KernelOp<"group"> {
  let summary = "sort rows by the slice that they name";
  let description = [{
    A stable counting sort of `slices` [R] i32, values in [0, G): `offsets` [G + 1]
    is where each slice begins in the sorted order, `order` [R] the row at each
    sorted position, `rank` [R] the position of each row.

    Verifier: ROWS-S1: slices, order and rank are [R], offsets [G + 1] static.
  }];
  let arguments = (ins Rows_Shaped<[I32]>:$slices, Rows_Shaped<[I32]>:$offsets,
                       Rows_Shaped<[I32]>:$order, Rows_Shaped<[I32]>:$rank,
                       OptionalAttr<DictionaryAttr>:$config);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    attr-dict `ins` `(` $slices `:` type($slices) `)`
    `outs` `(` $offsets `,` $order `,` $rank `:` type($offsets) `,` type($order) `,` type($rank) `)`
    (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return {getOperation(), 1u, 3u};
    }
  }];
}

def Rows_SelectOp : Rows_KernelOp<"select"> {
  let summary = "the numbers of the k largest of many values, ascending";
  let description = [{
    `chosen` [k] are the numbers of the k largest of `keys` [N] (signed), ascending;
    of equal keys those with lower numbers are taken. One workgroup does it, with a
    number of passes over `keys` that does not depend on k.

    Verifier: ROWS-C1: keys is [N], chosen [k] with static k from 1 to N.
  }];
  let arguments = (ins Rows_Shaped<[I32]>:$keys, Rows_Shaped<[I32]>:$chosen,
                       OptionalAttr<DictionaryAttr>:$config);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    attr-dict `ins` `(` $keys `:` type($keys) `)`
    `outs` `(` $chosen `:` type($chosen) `)` (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getChosenMutable(); }
  }];
}

#endif
