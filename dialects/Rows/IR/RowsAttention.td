//===- RowsAttention.td - attention ----------------------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_ROWS_IR_ROWSATTENTION
#define TERCET_DIALECTS_ROWS_IR_ROWSATTENTION

include "dialects/Rows/IR/RowsOps.td"

def Rows_AttentionOp : Rows_KernelOp<"attention", [AttrSizedOperandSegments]> {
  let summary = "softmax(scale * q k^T) v, head by head, over a cache of keys";
  let description = [{
    `q` [M, Hq, D], `k` [S, Hkv, D], `v` [S, Hkv, Dv] and the result [M, Hq, Dv]
    are f32; query head h reads key and value head h / (Hq / Hkv).

        score[r, h, j] = scale * sum over d of q[r, h, d] * k[j, h', d]
        init[r, h, :]  = sum over j of softmax(score[r, h, :])[j] * v[j, h', :]

    Of the S keys only the first `length` count; what lies behind them is never
    read (length <= S). With `causal` the query row r stands at the position
    `first` + r and sees the keys 0 .. first + r; where `first` is not given, the
    queries are the last ones: first = length - M. A query that sees no key gives
    zeros. A value that is no finite number may reach every row of its block of
    queries, seen or not.

    Keys are taken block by block with a running maximum and sum, so no row of
    scores is ever in memory. Targets may sum and round differently; on one target
    a result does not depend on threads or partition.

    With `blocks` [Hm, nq, nk] i8 a query sees the keys of chosen blocks only: those
    where blocks[h * Hm / Hq, i, j] is not 0, i being the query's block and j the
    key's; other blocks are neither read nor computed. Blocks are rows that follow
    each other, either of `block_size` (queries, keys) rows each, the last ones
    smaller, or of sizes of their own: block i of the queries has the rows
    query_offsets[i] - query_offsets[0] up to query_offsets[i + 1] -
    query_offsets[0], block j of the keys the rows key_offsets[j] up to
    key_offsets[j + 1]. Offsets ascend and cover all queries; keys behind the last
    offset are not seen. Offsets that do not are undefined, but nothing outside
    of the operands is touched.

    `lse` [M, Hq] is log(sum over j of exp(score[r, h, j])), of the seen keys, minus
    infinity where there is none: what combines results over parts of the keys.

    Verifier: ROWS-A1: q, k, v and init have rank 3, sizes that agree, and static
    heads and widths. ROWS-A2: Hq is a multiple of Hkv. ROWS-A3: scale is finite.
    ROWS-A4: `first` goes with `causal`. ROWS-A5: blocks is [Hm, nq, nk] with Hm 1 or
    a multiple of Hkv that divides Hq. ROWS-A6: blocks go with either offsets
    [nq + 1] and [nk + 1] or a block_size of two positive numbers. ROWS-A7: lse is
    [M, Hq].

    ```mlir
    %y = rows.attention causal scale(0.125)
        ins(%q, %k, %v : tensor<?x8x64xf32>, tensor<?x2x64xf32>, tensor<?x2x64xf32>)
        length(%length) outs(%init : tensor<?x8x64xf32>) -> tensor<?x8x64xf32>
    %o, %l = rows.attention scale(0.125)
        ins(%q, %k, %v : tensor<4096x8x64xf32>, tensor<4096x2x64xf32>, tensor<4096x2x64xf32>)
        length(%n) blocks(%mask : tensor<8x64x64xi8>) block_size([64, 64])
        outs(%init : tensor<4096x8x64xf32>) lse(%sums : tensor<4096x8xf32>)
        -> tensor<4096x8x64xf32>, tensor<4096x8xf32>
    ```
  }];
  let arguments = (ins Rows_Shaped<[F32]>:$q, Rows_Shaped<[F32]>:$k,
                       Rows_Shaped<[F32]>:$v, Index:$length,
                       Optional<Index>:$first,
                       Optional<Rows_Shaped<[I8]>>:$blocks,
                       Optional<Rows_Shaped<[I32]>>:$query_offsets,
                       Optional<Rows_Shaped<[I32]>>:$key_offsets,
                       Rows_Shaped<[F32]>:$init,
                       Optional<Rows_Shaped<[F32]>>:$lse,
                       F32Attr:$scale, UnitAttr:$causal,
                       OptionalAttr<DenseI64ArrayAttr>:$block_size,
                       OptionalAttr<DictionaryAttr>:$config);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    (`causal` $causal^)? `scale` `(` $scale `)` attr-dict
    `ins` `(` $q `,` $k `,` $v `:` type($q) `,` type($k) `,` type($v) `)`
    `length` `(` $length `)` (`first` `(` $first^ `)`)?
    (`blocks` `(` $blocks^ `:` type($blocks) `)`)?
    (`offsets` `(` $query_offsets^ `,` $key_offsets `:` type($query_offsets) `,` type($key_offsets) `)`)?
    (`block_size` `(` $block_size^ `)`)?
    `outs` `(` $init `:` type($init) `)` (`lse` `(` $lse^ `:` type($lse) `)`)?
    (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      unsigned inits = getLse() ? 2 : 1;
      return {getOperation(), getOperation()->getNumOperands() - inits, inits};
    }
    int64_t getHeads();
    int64_t getKeyHeads();
    /// Heads of the block mask, one where there is none.
    int64_t getMaskHeads();
    /// Parts of the query heads of a key head that have a mask of their own.
    int64_t getMasksPerKeyHead() {
      return std::max<int64_t>(1, getMaskHeads() / getKeyHeads());
    }
    /// Query heads that share a key and value head.
    int64_t getGroup() { return getHeads() / getKeyHeads(); }
    /// Floats of a key, and of a value.
    int64_t getKeyWidth();
    int64_t getValueWidth();
  }];
}

#endif
