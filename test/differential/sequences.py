"""Random sequences of calls that share caches of keys and values.

A model has an entry point `step`, which reads some tokens from a position on, writes their keys
and values into states and attends to all of them, and `whole`, which reads all tokens at once
and has no state. Whatever pieces a text is read in, by `step`, results are those of `whole` on
the reference path, within a bound: blocks of keys differ. Reading a piece again from an
earlier position gives the same bits. A piece that does not fit is refused.
"""
import math
import shlex
from latent import NEAR, WIDTHS, LatentFunction, LatentGenerator, unpack
from reference import Call, Failure, evaluate, run
from tensors import Tensor, difference, distance, read_npy_bits, write_safetensors


class SequenceGenerator(LatentGenerator):
    def sequence(self):
        rng = self.rng
        f = LatentFunction("f", "?", rng.choice(WIDTHS))
        f.rows_of_cache = rng.choice([8, 20, 33, 64])
        f.groups, f.width, f.out = rng.choice([1, 2, 3]), rng.choice([4, 8, 16, 20, 32]), rng.choice([4, 8, 16, 32])
        f.heads, f.scale = f.groups * rng.choice([1, 2, 4]), rng.choice([0.25, 0.5])
        f.rotary, f.norm = rng.random() < 0.6, rng.random() < 0.4
        f.loads, f.clauses = [], {}
        for name, n in (("q", f.heads * f.width), ("k", f.groups * f.width), ("v", f.groups * f.out)):
            lines, clause = self.matrix(f, n, f.columns, element=rng.choice(["trit", "i8", "f32"]))
            f.loads += lines
            f.clauses[name] = [part.split(", ") for part in clause.split(" : ")]
        if f.norm:
            line, *f.gain = self.gain(f, f.width)
            f.loads.append(line)
        if f.rotary:
            f.tables = []
            for function in (math.cos, math.sin):
                line, *table = f.weight(Tensor("f32", (f.rows_of_cache, f.width // 2), [
                    function(p / (1 + i)) for p in range(f.rows_of_cache) for i in range(f.width // 2)]))
                f.loads.append(line)
                f.tables.append(table)
        tokens = rng.randint(1, f.rows_of_cache)
        x = self.tokens(f, tokens)
        cuts = sorted(rng.sample(range(1, tokens), min(tokens - 1, rng.randint(0, 4))))
        return f, x, list(zip([0] + cuts, cuts + [tokens]))


def project(f, name, heads, width):
    (weight, *scale), (type_, *scale_type) = f.clauses[name]
    flat = f.type(heads * width)
    given = f" scale({scale[0]} : {scale_type[0]})" if scale else ""
    return [f"%{name}0 = latent.project %x, {weight}{given} : {f.type(f.columns)}, {type_} -> {flat}",
            f"%{name}1 = tensor.expand_shape %{name}0 [[0], [1, 2]] output_shape [%m, {heads}, {width}] : {flat} into "
            f"tensor<?x{heads}x{width}xf32>"]


def body(f, cached):
    """The lines of an entry point; %position is the first token's."""
    types = {"q": f"tensor<?x{f.heads}x{f.width}xf32>", "k": f"tensor<?x{f.groups}x{f.width}xf32>",
             "v": f"tensor<?x{f.groups}x{f.out}xf32>"}
    lines = ["%c0 = arith.constant 0 : index", f"%m = tensor.dim %x, %c0 : {f.type(f.columns)}", *f.loads]
    lines += project(f, "q", f.heads, f.width) + project(f, "k", f.groups, f.width) + project(f, "v", f.groups, f.out)
    names = {"q": "%q1", "k": "%k1", "v": "%v1"}
    for name in "qk":
        if f.norm:
            lines.append(f"%{name}2 = latent.rms_norm {names[name]}, {f.gain[0]} : {types[name]}, {f.gain[1]}")
            names[name] = f"%{name}2"
        if f.rotary:
            (cos, type_), (sin, _) = f.tables
            lines.append(f"%{name}3 = latent.rotary {names[name]}, {cos}, {sin} at({'%position' if cached else '%c0'}) : "
                         f"{types[name]}, {type_}")
            names[name] = f"%{name}3"
    length = ""
    if cached:
        lines.append("%length = arith.addi %position, %m : index")
        length = "length(%length) "
        for name, width in (("k", f.width), ("v", f.out)):
            state = f"tensor<{f.rows_of_cache}x{f.groups}x{width}xf32>"
            lines += [f"%{name}s = ml_program.global_load @cache.{name} : {state}",
                      f"%{name}n = tensor.insert_slice {names[name]} into %{name}s[%position, 0, 0] "
                      f"[%m, {f.groups}, {width}] [1, 1, 1] : {types[name]} into {state}",
                      f"ml_program.global_store @cache.{name} = %{name}n : {state}"]
            names[name], types[name] = f"%{name}n", state
    y = f"tensor<?x{f.heads}x{f.out}xf32>"
    return lines + [f"%a = latent.attention {names['q']}, {names['k']}, {names['v']} {length}causal scale({f.scale}) : "
                    f"{types['q']}, {types['k']}, {types['v']} -> {y}",
                    f"%y = tensor.collapse_shape %a [[0], [1, 2]] : {y} into {f.type(f.heads * f.out)}",
                    f"return %y : {f.type(f.heads * f.out)}"]


class SequenceModel:
    """A generated sequence in a folder."""

    def __init__(self, folder, f, x, pieces, libraries):
        self.folder, self.f, self.x, self.pieces = folder, f, x, pieces
        self.path, self.weights = f"{folder}/model.mlir", f"{folder}/weights.safetensors"
        write_safetensors(self.weights, f.weights)
        result = f.type(f.heads * f.out)
        argument = f'%x: {f.type(f.columns)} {{tercet.name = "x", tercet.bound = [{f.rows_of_cache}, 0]}}'
        whole = "\n".join([*f.globals, f'func.func @whole({argument}) -> ({result} {{tercet.name = "y"}}) {{',
                           *body(f, False), "}"])
        states = [f"ml_program.global private mutable @cache.{name}(dense<0.0> : {state}) : {state}"
                  for name, state in (("k", f"tensor<{f.rows_of_cache}x{f.groups}x{f.width}xf32>"),
                                      ("v", f"tensor<{f.rows_of_cache}x{f.groups}x{f.out}xf32>"))]
        position = f'%position: index {{tercet.name = "position", tercet.bound = {f.rows_of_cache - 1}}}'
        step = "\n".join([*states, f'func.func @step({argument}, {position}) -> ({result} {{tercet.name = "y"}}) {{',
                          *body(f, True), "}"])
        with open(f"{folder}/whole.mlir", "w") as file:
            file.write(whole)
        with open(self.path, "w") as file:
            file.write(whole + "\n" + step)
        call = Call("whole", x, f.type(f.columns), result, f.weights)
        self.want = evaluate(f"{folder}/whole.mlir", [call], libraries)[0]
        self.x.write_npy(f"{folder}/whole.npy")
        values, self.files = unpack(x), []
        for i, (begin, end) in enumerate(pieces):
            self.files.append(f"{folder}/x{i}.npy")
            Tensor("f32", (end - begin, f.columns), values[begin * f.columns:end * f.columns]).write_npy(self.files[-1])

    def compile_command(self, targets, artifact, *options):
        return ["tercet-compile", self.path, f"--weights={self.weights}", "-o", artifact, *options,
                *[f"--target={target}" for target in targets]]

    def check(self, executors, targets, *options):
        """A sentence about the first difference and the command behind it, or None."""
        artifact, columns = f"{self.folder}/model.tercet", self.f.heads * self.f.out
        run(*self.compile_command(targets, artifact, *options))
        for target in targets:
            command = []

            def read(function, file, *more):
                nonlocal command
                command = executors.command(artifact, target, function, file, f"{self.folder}/y.npy") + list(more)
                run(*command)
                return read_npy_bits(f"{self.folder}/y.npy")

            def differs(sentence):
                return f"{target}: {sentence}\n  {shlex.join(command)}"
            try:
                far = distance(read("whole", f"{self.folder}/whole.npy"), self.want, columns, NEAR)
                if far:
                    return differs(f"all at once, {far}")
                found = []
                for i, ((begin, end), file) in enumerate(zip(self.pieces, self.files)):
                    restore = [f"--state-restore={self.folder}/state{i - 1}"] if i else []
                    got = read("step", file, f"--input=position={begin}", f"--state-save={self.folder}/state{i}", *restore)
                    far = distance(got, self.want[begin * columns:end * columns], columns, NEAR)
                    if far:
                        return differs(f"tokens {begin} to {end}, {far}")
                    found.append(got)
                # Again from an earlier position, over what is there.
                last = f"--state-restore={self.folder}/state{len(found) - 1}"
                for i in (len(found) - 1, 0):
                    begin = self.pieces[i][0]
                    again = difference("f32", read("step", self.files[i], f"--input=position={begin}", last), found[i])
                    if again:
                        return differs(f"tokens from {begin} read again, {again}")
            except Failure as failure:
                return differs(str(failure))
            beyond = self.f.rows_of_cache - self.pieces[0][1] + 1
            if beyond < self.f.rows_of_cache:
                try:
                    read("step", self.files[0], f"--input=position={beyond}")
                    return differs("a piece beyond the cache is not refused")
                except Failure as failure:
                    if "may be at most" not in str(failure):
                        return differs(f"a piece beyond the cache: {failure}")
        return None
