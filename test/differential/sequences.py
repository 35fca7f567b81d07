"""Random sequences of calls that share states.

Attention: an entry point `step` reads some tokens from a position on, writes their keys and
values into states and attends to all of them; `whole` reads all tokens at once and has no state.
Whatever pieces a text is read in, by `step`, results are those of `whole` on the reference
path, within a bound: blocks of keys differ. Reading a piece again from an earlier position gives
the same bits. A piece that does not fit is refused.

Mamba-2 mixers: `step` goes on where the call before it ended; results are those of all tokens at
once, by the reference path within a bound, by `step` itself and on other targets to the bit.
Where values of a head and states are multiples of 16 a target may take many steps at once, in
another order of sums; then the bound holds there, too.
"""
import math
import shlex
from latent import NEAR, WIDTHS, LatentFunction, LatentGenerator, unpack
from reference import Call, Failure, evaluate, run
from tensors import Tensor, difference, distance, floats, read_npy_bits, write_safetensors


MIXER_NEAR = 1e-4  # exponentials of many steps


class SequenceGenerator(LatentGenerator):
    def sequence(self):
        return self.mixer() if self.rng.random() < 0.4 else self.attention_cache()

    def pieces(self, f, tokens):
        """The tokens and how they are cut."""
        cuts = sorted(self.rng.sample(range(1, tokens), min(tokens - 1, self.rng.randint(0, 4))))
        return f, self.tokens(f, tokens), list(zip([0] + cuts, cuts + [tokens]))

    def mixer(self):
        rng = self.rng
        f = LatentFunction("f", "?", rng.choice(WIDTHS))
        f.rows_of_cache, groups = 65, rng.choice([1, 2, 3])
        heads, width, states, window = groups * rng.choice([1, 2]), rng.choice([4, 5, 16, 32]), \
            rng.choice([5, 16, 20, 32]), rng.choice([2, 3, 4])
        f.is_exact = width % 16 != 0 or states % 16 != 0
        inner, channels = heads * width, heads * width + 2 * groups * states
        # A quantised product behind the recurrence would round what may differ.
        parts = {"in_project": self.matrix(f, inner + channels + heads, f.columns, element=rng.choice(["trit", "i8", "f32"])),
                 "out_project": self.matrix(f, f.columns, inner, element=rng.choice(["f32", "bf16"]))}
        lines = parts["in_project"][0] + parts["out_project"][0]

        def vectors(word, *weights):
            loaded = [f.weight(weight) for weight in weights]
            lines.extend(line for line, *_ in loaded)
            types = [type_ for *_, type_ in loaded]
            return f"{word}({', '.join(name for _, name, _ in loaded)} : {', '.join(types if word == 'conv' else types[:1])})"
        norm = vectors("norm", floats(rng, f.columns, low=0.5, high=1.5)) if rng.random() < 0.6 else ""
        conv = vectors("conv", floats(rng, channels, window, low=-1, high=1), floats(rng, channels, low=-0.3, high=0.3))
        of_heads = vectors("heads", floats(rng, heads, low=-2, high=1), floats(rng, heads, low=-3, high=0),
                           floats(rng, heads, low=-1, high=1))
        gate = vectors("gate_norm", floats(rng, inner, low=0.5, high=1.5))
        f.state_types = {"c": f"tensor<{window - 1}x{channels}xf32>", "s": f"tensor<{heads}x{width}x{states}xf32>"}
        x = f.type(f.columns)
        step = rng.choice(["", " min_step(0.01)"]) + rng.choice(["", " residual"])
        f.mixer = lines + [
            f"%y, %c1, %s1 = latent.mamba groups({groups}) %x {norm} in_project({parts['in_project'][1]}) {conv} {of_heads} "
            f"{gate} out_project({parts['out_project'][1]}) states(%c, %s : {', '.join(f.state_types.values())}){step} : {x}"]
        f.result = f.columns
        return self.pieces(f, rng.choice([1, 2, 5, 17, 40, 65]))

    def attention_cache(self):
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
        f.mixer, f.result = None, f.heads * f.out
        f.state_types = {"k": f"tensor<{f.rows_of_cache}x{f.groups}x{f.width}xf32>",
                         "v": f"tensor<{f.rows_of_cache}x{f.groups}x{f.out}xf32>"}
        return self.pieces(f, rng.randint(1, f.rows_of_cache))


def project(f, name, heads, width):
    (weight, *scale), (type_, *scale_type) = f.clauses[name]
    flat = f.type(heads * width)
    given = f" scale({scale[0]} : {scale_type[0]})" if scale else ""
    return [f"%{name}0 = latent.project %x, {weight}{given} : {f.type(f.columns)}, {type_} -> {flat}",
            f"%{name}1 = tensor.expand_shape %{name}0 [[0], [1, 2]] output_shape [%m, {heads}, {width}] : {flat} into "
            f"tensor<?x{heads}x{width}xf32>"]


def mixer_body(f, cached):
    lines = [f"%{name} = " + (f"ml_program.global_load @cache.{name} : {type_}" if cached else
                              f"arith.constant dense<0.0> : {type_}") for name, type_ in f.state_types.items()] + f.mixer
    if cached:
        lines += [f"ml_program.global_store @cache.{name} = %{name}1 : {type_}" for name, type_ in f.state_types.items()]
    return lines + [f"return %y : {f.type(f.columns)}"]


def body(f, cached):
    """The lines of an entry point; %position is the first token's."""
    if f.mixer:
        return mixer_body(f, cached)
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
            state = f.state_types[name]
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
        result = f.type(f.result)
        argument = f'%x: {f.type(f.columns)} {{tercet.name = "x", tercet.bound = [{f.rows_of_cache}, 0]}}'
        whole = "\n".join([*f.globals, f'func.func @whole({argument}) -> ({result} {{tercet.name = "y"}}) {{',
                           *body(f, False), "}"])
        states = [f"ml_program.global private mutable @cache.{name}(dense<0.0> : {state}) : {state}"
                  for name, state in f.state_types.items()]
        position = "" if f.mixer else \
            f', %position: index {{tercet.name = "position", tercet.bound = {f.rows_of_cache - 1}}}'
        step = "\n".join([*states, f'func.func @step({argument}{position}) -> ({result} {{tercet.name = "y"}}) {{',
                          *body(f, True), "}"])
        with open(f"{folder}/whole.mlir", "w") as file:
            file.write(whole)
        with open(self.path, "w") as file:
            file.write("\n".join([*f.globals, step]) if f.mixer else whole + "\n" + step)
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

    def differs_from(self, got, want):
        """Of a mixer's results, by other targets or in other pieces."""
        return difference("f32", got, want) if self.f.is_exact else distance(got, want, self.f.result, MIXER_NEAR)

    def check(self, executors, targets, *options):
        """A sentence about the first difference and the command behind it, or None."""
        artifact, columns = f"{self.folder}/model.tercet", self.f.result
        mixer, near, first = self.f.mixer, MIXER_NEAR if self.f.mixer else NEAR, None
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
                whole = read("step" if mixer else "whole", f"{self.folder}/whole.npy")
                far = distance(whole, self.want, columns, near)
                if mixer and not far:
                    first = first or whole
                    far = self.differs_from(whole, first)
                if far:
                    return differs(f"all at once, {far}")
                found = []
                for i, ((begin, end), file) in enumerate(zip(self.pieces, self.files)):
                    restore = [f"--state-restore={self.folder}/state{i - 1}"] if i else []
                    at = [] if mixer else [f"--input=position={begin}"]
                    got = read("step", file, *at, f"--state-save={self.folder}/state{i}", *restore)
                    part = slice(begin * columns, end * columns)
                    far = self.differs_from(got, whole[part]) if mixer else distance(got, self.want[part], columns, near)
                    if far:
                        return differs(f"tokens {begin} to {end}, {far}")
                    found.append(got)
                if mixer:
                    continue
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
