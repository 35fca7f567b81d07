//===- RowsScan.td - recurrences over rows ---------------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_ROWS_IR_ROWSSCAN
#define TERCET_DIALECTS_ROWS_IR_ROWSSCAN

include "dialects/Rows/IR/RowsOps.td"

def Rows_CausalConvOp : Rows_KernelOp<"causal_conv"> {
  let summary = "depthwise causal convolution over time with SiLU";
  let description = [{
    `latent.causal_conv` on `input` [T, C], `weight` [C, W], `bias` [C] and `state`
    [W - 1, C]: the order of sums and the function are said there. The second result
    is the state afterwards. Loops: channels; a tile has all of its steps.

    Verifier: ROWS-V1: input and init are [T, C], weight [C, W] with a static W of 2
    or more, bias [C], state [W - 1, C].

    ```mlir
    %y, %s1 = rows.causal_conv ins(%x, %w, %b : tensor<?x96xf32>, tensor<96x4xf32>, tensor<96xf32>)
        outs(%init, %s0 : tensor<?x96xf32>, tensor<3x96xf32>) -> tensor<?x96xf32>, tensor<3x96xf32>
    ```
  }];
  let arguments = (ins Rows_Shaped<[F32]>:$input, Rows_Shaped<[F32]>:$weight,
                       Rows_Shaped<[F32]>:$bias, Rows_Shaped<[F32]>:$init,
                       Rows_Shaped<[F32]>:$state,
                       OptionalAttr<DictionaryAttr>:$config);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    attr-dict `ins` `(` $input `,` $weight `,` $bias `:` type($input) `,` type($weight) `,` type($bias) `)`
    `outs` `(` $init `,` $state `:` type($init) `,` type($state) `)` (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return {getOperation(), 3u, 2u};
    }
  }];
}

def Rows_ScanOp : Rows_KernelOp<"scan"> {
  let summary = "the selective state space of Mamba-2";
  let description = [{
    `latent.scan` on `input` [T, H, P], `dt` [T, H], `b` and `c` [T, G, S], `a_log`,
    `dt_bias` and `skip` [H] and `state` [H, P, S]; the definition is there. The
    second result is the state afterwards. Loops: heads and values of a head; a tile
    has all of its steps, and heads of whole groups or of one group.

    Verifier: ROWS-R1: sizes agree and are static but for T and, in a tile, P.
    ROWS-R2: H is a multiple of G. ROWS-R3: chunk is positive.

    ```mlir
    %y, %s1 = rows.scan chunk(128)
        ins(%x, %dt, %b, %c, %a, %bias, %d : tensor<?x4x16xf32>, tensor<?x4xf32>,
            tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>)
        outs(%init, %s0 : tensor<?x4x16xf32>, tensor<4x16x32xf32>)
        -> tensor<?x4x16xf32>, tensor<4x16x32xf32>
    ```
  }];
  let arguments = (ins Rows_Shaped<[F32]>:$input, Rows_Shaped<[F32]>:$dt,
                       Rows_Shaped<[F32]>:$b, Rows_Shaped<[F32]>:$c,
                       Rows_Shaped<[F32]>:$a_log, Rows_Shaped<[F32]>:$dt_bias,
                       Rows_Shaped<[F32]>:$skip, Rows_Shaped<[F32]>:$init,
                       Rows_Shaped<[F32]>:$state, I64Attr:$chunk,
                       OptionalAttr<F32Attr>:$min_step,
                       OptionalAttr<DictionaryAttr>:$config);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    `chunk` `(` $chunk `)` (`min_step` `(` $min_step^ `)`)? attr-dict
    `ins` `(` $input `,` $dt `,` $b `,` $c `,` $a_log `,` $dt_bias `,` $skip `:`
      type($input) `,` type($dt) `,` type($b) `,` type($c) `,` type($a_log) `,`
      type($dt_bias) `,` type($skip) `)`
    `outs` `(` $init `,` $state `:` type($init) `,` type($state) `)` (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return {getOperation(), 7u, 2u};
    }
    int64_t getHeads();
    int64_t getGroups();
    /// Heads that share a group's b and c.
    int64_t getHeadsPerGroup() { return getHeads() / getGroups(); }
    /// States of a value of a head (S).
    int64_t getStates();
  }];
}

#endif
