//===- RowsAttention.td - attention ----------------------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_ROWS_IR_ROWSATTENTION
#define TERCET_DIALECTS_ROWS_IR_ROWSATTENTION

include "dialects/Rows/IR/RowsOps.td"

def Rows_AttentionOp : Rows_KernelOp<"attention"> {
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

    Verifier: ROWS-A1: q, k, v and init have rank 3, sizes that agree, and static
    heads and widths. ROWS-A2: Hq is a multiple of Hkv. ROWS-A3: scale is finite.
    ROWS-A4: `first` goes with `causal`.

    ```mlir
    %y = rows.attention causal scale(0.125)
        ins(%q, %k, %v : tensor<?x8x64xf32>, tensor<?x2x64xf32>, tensor<?x2x64xf32>)
        length(%length) outs(%init : tensor<?x8x64xf32>) -> tensor<?x8x64xf32>
    ```
  }];
  let arguments = (ins Rows_Shaped<[F32]>:$q, Rows_Shaped<[F32]>:$k,
                       Rows_Shaped<[F32]>:$v, Index:$length,
                       Optional<Index>:$first, Rows_Shaped<[F32]>:$init,
                       F32Attr:$scale, UnitAttr:$causal,
                       OptionalAttr<DictionaryAttr>:$config);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    (`causal` $causal^)? `scale` `(` $scale `)` attr-dict
    `ins` `(` $q `,` $k `,` $v `:` type($q) `,` type($k) `,` type($v) `)`
    `length` `(` $length `)` (`first` `(` $first^ `)`)?
    `outs` `(` $init `:` type($init) `)` (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
    int64_t getHeads();
    int64_t getKeyHeads();
    /// Query heads that share a key and value head.
    int64_t getGroup() { return getHeads() / getKeyHeads(); }
    /// Floats of a key, and of a value.
    int64_t getKeyWidth();
    int64_t getValueWidth();
  }];
}

#endif
