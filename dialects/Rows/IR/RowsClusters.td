//===- RowsClusters.td - nearest rows and sums by number --------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_ROWS_IR_ROWSCLUSTERS
#define TERCET_DIALECTS_ROWS_IR_ROWSCLUSTERS

include "dialects/Rows/IR/RowsOps.td"

def Rows_NearestOp : Rows_KernelOp<"nearest"> {
  let summary = "the nearest of some vectors for each row";
  let description = [{
    For row m of `input` [M, D] and each vector k of `vectors` [K, D], whose squared
    length is `norms` [K]:

        score[k] = norms[k] - 2 * (input[m, :] . vectors[k, :])

    which is the squared distance less the row's own squared length, or, with
    `row_norms` [M], the squared distance, at least 0:
    max(0, (row_norms[m] + norms[k]) - 2 * (input[m, :] . vectors[k, :])).
    `ids[m]` is the k of the least score, the lowest of equal ones, `scores[m]` that
    score. A score that is no number is never the least; where none is a number,
    the id is 0 and the score infinity.

    No matrix of scores is ever in memory. Targets may sum and round the product
    differently; on one target a result does not depend on threads or partition.

    With input [B, M, D] and vectors [B, K, D] each batch has vectors of its own, and
    B is in front of every other operand. A tile is of one batch, and without that
    axis.

    Verifier: ROWS-J1: input is [M, D], vectors [K, D] with static K and D, K not 0,
    or both with a static B in front. ROWS-J2: norms is [K], ids and scores [M], and
    row_norms if it is there, or all with B in front.
  }];
  let arguments = (ins Rows_Shaped<[F32]>:$input, Rows_Shaped<[F32]>:$vectors,
                       Rows_Shaped<[F32]>:$norms,
                       Optional<Rows_Shaped<[F32]>>:$row_norms,
                       Rows_Shaped<[I32]>:$ids, Rows_Shaped<[F32]>:$scores,
                       OptionalAttr<DictionaryAttr>:$config);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    attr-dict `ins` `(` $input `,` $vectors `,` $norms `:` type($input) `,` type($vectors) `,` type($norms) `)`
    (`row_norms` `(` $row_norms^ `:` type($row_norms) `)`)?
    `outs` `(` $ids `,` $scores `:` type($ids) `,` type($scores) `)` (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return {getOperation(), getOperation()->getNumOperands() - 2u, 2u};
    }
    int64_t getCount();
    int64_t getWidth();
    /// Rows of a batch, perhaps not known.
    int64_t getRows();
    /// Axes of batches: one or none.
    int64_t getBatchAxes();
  }];
}

def Rows_SegmentSumOp : Rows_KernelOp<"segment_sum"> {
  let summary = "sums of the rows that name the same number";
  let description = [{
    The M rows of `input` [M, D] are cut into C chunks of ceil(M / C) rows, the last
    ones shorter. `init` [C, K, D + 1] has, for chunk c and number k, the sum of those
    of its rows r with numbers[r] = k, in the order of the rows, and behind it how
    many they are. Numbers are from 0 to K - 1. C says in which order sums are
    taken, not who takes them: results depend on neither threads nor machine.

    Verifier: ROWS-J3: input is [M, D], numbers [M], init [C, K, D + 1], static but M.
  }];
  let arguments = (ins Rows_Shaped<[F32]>:$input, Rows_Shaped<[I32]>:$numbers,
                       Rows_Shaped<[F32]>:$init,
                       OptionalAttr<DictionaryAttr>:$config);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    attr-dict `ins` `(` $input `,` $numbers `:` type($input) `,` type($numbers) `)`
    `outs` `(` $init `:` type($init) `)` (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
    /// Axes of batches: one or none.
    int64_t getBatchAxes();
  }];
}

#endif
