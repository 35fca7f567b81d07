"""Random programs, compiled by clang for the host, for both AMD chips and to PTX: what
the emulators compute must be what the host does. Arguments: clang, the folder of
amdgpu-run and ptx-run, seeds "1-4". The programs have every integer and real type, vectors of them, branches and
loops that lanes take differently, arrays by index and, without optimisation (AMD),
calls and memory for everything."""
import random
import struct
import subprocess
import sys

INTEGERS = {"char": 8, "uchar": 8, "short": 16, "ushort": 16, "int": 32, "uint": 32,
            "long": 64, "ulong": 64}
REALS = ["float", "double", "half"]
VECTORS = {"v2s": ("short", 2), "v2us": ("ushort", 2), "v2f": ("float", 2), "v4c": ("char", 4),
           "v2i": ("int", 2), "v2h": ("half", 2)}
LANES, INPUTS = 128, 8

TYPES = "".join(f"typedef unsigned {t} u{t}; " for t in ("char", "short", "int", "long"))


def unsigned(t):
    return t if t.startswith("u") else "u" + t


def helpers():
    out = [f"typedef {t} {v} __attribute__((ext_vector_type({n})));"
           for v, (t, n) in VECTORS.items()]
    out += [f"typedef u{t} u{v} __attribute__((ext_vector_type({n})));"
            for v, (t, n) in VECTORS.items() if t in ("short", "char", "int")]
    out.append("""
static inline uint bits_float(float x) { union { float f; uint u; } b; b.f = x; return x != x ? 0x7fc00000u : b.u; }
static inline ulong bits_double(double x) { union { double f; ulong u; } b; b.f = x; return x != x ? 0x7ff8000000000000ul : b.u; }
static inline uint bits_half(half x) { union { half f; ushort u; } b; b.f = x; return x != x ? 0x7e00u : b.u; }""")
    for t in REALS:
        out.append(f"static inline int whole_{t}({t} a) {{ return a != a ? 5 : a > ({t})30000 ? 30000 : "
                   f"a < ({t})-30000 ? -30000 : (int)a; }}")
    for t in INTEGERS:
        signed = not t.startswith("u")
        for name, op, zero, minus in (("div", "/", 1, f"({t})(-({unsigned(t)})a)"), ("rem", "%", 2, "0")):
            edge = f" if (b == ({t})-1) return {minus};" if signed else ""
            out.append(f"static inline {t} {name}_{t}({t} a, {t} b) {{ if (!b) return {zero};{edge} "
                       f"return ({t})(a {op} b); }}")
    return "\n".join(out) + "\n"


class Program:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.variables = {}
        self.lines = []
        for i, t in enumerate(["uint", "int", "ulong", "uchar", "short", "float", "double", "char",
                               "ushort", "long", "half"]):
            x, y = f"in[{i % INPUTS}]", f"in[{(i + 3) % INPUTS}]"
            e = {"ulong": f"(ulong){x} << 32 | {y}", "long": f"(long)((ulong){x} << 32 | {y})",
                 "float": f"(float)(int){x} * 0x1p-16f", "double": f"(double)(int){x} * 0.37",
                 "half": f"(half)((int)({x} % 4001u) - 2000) * (half)0.25"}.get(t, f"({t}){x}")
            self.lines.append(f"  {t} x{i} = {e};")
            self.variables[f"x{i}"] = t
        for v, (t, n) in VECTORS.items():
            for k in range(3):
                self.lines.append(f"  {v} {v}_{k};")
                self.lines += [f"  {v}_{k}.{c} = {self.converted(t)};" for c in "xyzw"[:n]]
        self.lines += self.statements(24, 2, "  ")

    def variable(self, t):
        return self.r.choice([v for v, k in self.variables.items() if k == t])

    def constant(self, t):
        if t in REALS:
            # No zero: LLVM's AMD back end takes 0.0 - x for -x, whose zero has another sign.
            return f"(({t}){self.r.choice(['1.0', '0.5', '-2.0', '0.1', '-7.5', '1e-3', '100.0'])})"
        bits = INTEGERS[t]
        v = self.r.choice([0, 1, 2, 7, 15, 63, 64, 127, 128, 255, 256, 65535, 0x7fffffff, 0x80000000,
                           0xffffffff, self.r.getrandbits(bits), -1, -5]) & ((1 << bits) - 1)
        return f"(({t})0x{v:x}{'ul' if bits == 64 else 'u'})"

    def converted(self, t):
        v = self.r.choice(list(self.variables))
        of = self.variables[v]
        if of in REALS and t in INTEGERS:
            return f"(({t})whole_{of}({v}))"
        return f"(({t})({v}))"

    def condition(self, depth):
        t = self.r.choice(list(INTEGERS) + REALS)
        return (f"({self.expression(t, depth - 1)} {self.r.choice(['<', '<=', '==', '!=', '>', '>='])} "
                f"{self.expression(t, depth - 1)})")

    def expression(self, t, depth):
        if depth <= 0 or self.r.random() < 0.12:
            pick = self.r.random()
            return (self.variable(t) if pick < 0.7 else
                    self.constant(t) if pick < 0.9 else self.converted(t))
        def a():
            return self.expression(t, depth - 1)
        chosen = f"({t})({self.condition(depth - 1)} ? {a()} : {a()})"
        both = f"__builtin_elementwise_{self.r.choice(['min', 'max'])}(({t}){a()}, ({t}){a()})"
        if t in REALS:
            forms = [f"({t})({a()} {op} {a()})" for op in "+-*"] + [
                f"__builtin_elementwise_fma(({t}){a()}, ({t}){a()}, ({t}){a()})", chosen, f"({t})(-{a()})",
                self.converted(t)]
            if t != "half":
                forms.append(f"({a()} / {a()})")
            forms += [f"__builtin_elementwise_{f}(({t}){a()})"
                      for f in ("floor", "roundeven", "trunc", "ceil", "abs")]
            return self.r.choice(forms)
        u, bits = unsigned(t), INTEGERS[t]
        forms = [f"({t})(({u}){a()} {op} ({u}){a()})" for op in ("+", "-", "&", "|", "^", "* (ulong)")]
        forms += [f"({t})(({u}){a()} << ({a()} & {bits - 1}))", f"({t})({a()} >> ({a()} & {bits - 1}))",
                  f"({t})(~{a()})", chosen, both, f"div_{t}({a()}, {a()})", f"rem_{t}({a()}, {a()})",
                  f"__builtin_elementwise_{self.r.choice(['add', 'sub'])}_sat(({t}){a()}, ({t}){a()})",
                  self.converted(t)]
        if bits >= 32:
            l = "l" if bits == 64 else ""
            forms += [f"({t})__builtin_popcount{l}({a()})", f"({t})__builtin_clz{l}({a()} | 1)",
                      f"({t})__builtin_ctz{l}({a()} | ({u})1 << {bits - 2})",
                      f"({t})__builtin_bitreverse{bits}({a()})", f"({t})__builtin_bswap32((uint){a()})"]
        return self.r.choice(forms)

    def vector(self, indent):
        v = self.r.choice(list(VECTORS))
        t, n = VECTORS[v]
        x, y, z, to = (f"{v}_{self.r.randrange(3)}" for _ in range(4))
        elementwise = "__builtin_elementwise_"
        u = "u" + v if t in ("short", "char", "int") else v

        def to_unsigned(e):
            return e if u == v else f"AS({e}, {u})"

        def back(e):
            return e if u == v else f"AS({e}, {v})"
        forms = [back(f"({to_unsigned(x)} {op} {to_unsigned(y)})") for op in "+-*"]
        forms.append(x + ("." + ("yx" if n == 2 else "wxzy")))
        if t in REALS:
            forms += [f"{elementwise}fma({x}, {y}, {z})", f"(-{x})", f"{elementwise}abs({x})", f"({x} * {y}.x)"]
        else:
            forms += [f"{elementwise}{f}({x}, {y})" for f in ("min", "max", "add_sat", "sub_sat")]
            forms += [back(f"({to_unsigned(x)} << ({to_unsigned(y)} & ({u})7))"), f"({x} >> ({y} & ({v})7))"]
        form = self.r.choice(forms)
        out = [f"{indent}{to} = {form};"]
        element = f"{v}_{self.r.randrange(3)}.{self.r.choice('xyzw'[:n])}"
        if self.r.random() < 0.4:
            out.append(f"{indent}{element} = {self.converted(t)};")
        elif self.r.random() < 0.6:
            out.append(f"{indent}{self.variable(t)} = {element};")
        return out

    def statements(self, count, depth, indent):
        out = []
        for _ in range(count):
            pick = self.r.random()
            t = self.r.choice(list(INTEGERS) + REALS)
            if pick < 0.35:
                out += self.vector(indent)
            elif pick < 0.65 or not depth:
                out.append(f"{indent}{self.variable(t)} = {self.expression(t, 3)};")
            elif pick < 0.82:
                out.append(f"{indent}if {self.condition(2)} {{")
                out += self.statements(3, depth - 1, indent + "  ")
                if self.r.random() < 0.6:
                    out.append(indent + "} else {")
                    out += self.statements(2, depth - 1, indent + "  ")
                out.append(indent + "}")
            elif pick < 0.92:
                i = f"i{self.r.getrandbits(30)}"
                out.append(f"{indent}for (uint {i} = 0; {i} < ({self.variable('uint')} & 7) && {i} < 9; ++{i}) {{")
                out += self.statements(2, depth - 1, indent + "  ")
                out.append(indent + "}")
            else:
                out.append(f"{indent}array[{self.variable('uint')} & 15] += {self.expression('int', 2)}; "
                           f"{self.variable('int')} = array[{self.variable('uchar')} & 15];")
        return out

    def outputs(self):
        values = [(v, t) for v, t in self.variables.items()]
        values += [(f"{v}_{k}.{c}", t) for v, (t, n) in VECTORS.items() for k in range(3) for c in "xyzw"[:n]]
        lines = []
        for v, t in values:
            bits = f"bits_{t}({v})" if t in REALS else f"({t if t in ('long', 'ulong') else 'uint'}){v}"
            n = len(lines)
            lines.append(f"  out[{n}] = (uint){bits};")
            if t in ("long", "ulong", "double"):
                lines.append(f"  out[{n + 1}] = (uint)((ulong){bits} >> 32);")
        return lines

    def function(self, space):
        return (f"static void work({space} const uint *in, {space} uint *out) {{\n"
                "  int array[16]; for (int i = 0; i < 16; ++i) array[i] = i * 3 + (int)in[1];\n"
                + "\n".join(self.lines + self.outputs()) + "\n}\n")


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def check(clang, tools, seed):
    p = Program(seed)
    words = len(p.outputs())
    write("device.cl", "#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n"
          "#pragma OPENCL EXTENSION cl_khr_fp16 : enable\n#define AS(x, t) __builtin_astype(x, t)\n"
          + TYPES + "\n" + helpers() + p.function("__global")
          + "kernel void k(__global const uint *in, __global uint *out) {\n"
          "  uint id = __builtin_amdgcn_workgroup_id_x() * 64 + __builtin_amdgcn_workitem_id_x();\n"
          f"  work(in + id * {INPUTS}, out + id * {words});\n}}\n")
    # OpenCL has no half there.
    write("device.c", "typedef _Float16 half;\n#define AS(x, t) ((t)(x))\n"
          "#define __global __attribute__((address_space(1)))\n" + TYPES + "\n" + helpers()
          + p.function("__global")
          + "__attribute__((nvptx_kernel)) void k(__global const uint *in, __global uint *out) {\n"
          "  uint id = __nvvm_read_ptx_sreg_ctaid_x() * 64 + __nvvm_read_ptx_sreg_tid_x();\n"
          f"  work(in + id * {INPUTS}, out + id * {words});\n}}\n")
    write("host.c", "typedef _Float16 half;\n#define AS(x, t) ((t)(x))\n" + TYPES + "\n" + helpers()
          + p.function("") + f"""
#include <stdio.h>
static uint in[{LANES * INPUTS}], out[{LANES * words}];
int main(int argc, char **argv) {{
  FILE *f = fopen("in.bin", "rb");
  if (!f || fread(in, 1, sizeof in, f) != sizeof in)
    return 1;
  for (int i = 0; i < {LANES}; ++i)
    work(in + i * {INPUTS}, out + i * {words});
  f = fopen("host.bin", "wb");
  return !f || fwrite(out, 1, sizeof out, f) != sizeof out || fclose(f);
}}
""")
    r = random.Random(seed + 1)
    values = [r.choice([r.getrandbits(32), r.getrandbits(32), r.getrandbits(8), r.getrandbits(16), 0,
                        0xffffffff, 0x80000000, 1]) for _ in range(LANES * INPUTS)]
    with open("in.bin", "wb") as f:
        f.write(struct.pack(f"<{len(values)}I", *values))
    common = ["-ffp-contract=off", "-fwrapv", "-w"]
    subprocess.run([clang, "-std=c11", "-O1", "-fno-strict-aliasing"] + common
                   + ["host.c", "-o", "host", "-lm"], check=True)
    subprocess.run(["./host"], check=True)
    expected = open("host.bin", "rb").read()
    for chip in ("gfx942", "gfx1100", "sm_80"):
        # PTX has no calls here, so something has to inline.
        level = "-O2" if seed % 4 else "-O1" if chip == "sm_80" else "-O0"
        if chip == "sm_80":
            subprocess.run([clang, "-target", "nvptx64-nvidia-cuda", "-march=" + chip, "-Xclang",
                            "-target-feature", "-Xclang", "+ptx80", "-std=c11", "-fno-strict-aliasing", "-S", "-nogpulib", level]
                           + common + ["device.c", "-o", chip + ".ptx"], check=True)
            run = [tools + "/ptx-run", chip + ".ptx"]
        else:
            subprocess.run([clang, "-target", "amdgcn-amd-amdhsa", "-mcpu=" + chip, "-nogpulib",
                            "-x", "cl", "-cl-std=CL2.0", "-mcode-object-version=5",
                            "-cl-fp32-correctly-rounded-divide-sqrt", level] + common
                           + ["device.cl", "-o", chip + ".hsaco"], check=True)
            run = [tools + "/amdgpu-run", chip, chip + ".hsaco"]
        subprocess.run(run + ["k", "64", str(LANES // 64), "in.bin", chip + ".bin", str(len(expected))],
                       check=True)
        got = open(chip + ".bin", "rb").read()
        if got != expected:
            at = next(i for i in range(0, len(got), 4) if got[i:i + 4] != expected[i:i + 4]) // 4
            sys.exit(f"seed {seed} {chip} {level}: output {at % words} of lane {at // words} is "
                     f"0x{got[4 * at:4 * at + 4][::-1].hex()}, on the host "
                     f"0x{expected[4 * at:4 * at + 4][::-1].hex()}")
        print(f"seed {seed} {chip} {level}: {words} outputs of {LANES} lanes are equal")


first, last = sys.argv[3].split("-")
for seed in range(int(first), int(last) + 1):
    check(sys.argv[1], sys.argv[2], seed)
