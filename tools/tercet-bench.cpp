//===- tercet-bench.cpp - times an artifact, kernel by kernel -------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Medians of repeated calls, and for every kernel the bytes and operations that
// the compiler wrote into its description. The read bandwidth of the memory
// behind the caches is measured in the same run with as many threads, so that
// the fraction means something on a shared machine. A kernel whose data fits in
// a cache may well be above it; then the cache, not the memory, feeds it.
//
//===----------------------------------------------------------------------===//
#include "tools/Json.h"
#include "tools/ManifestText.h"
#include <algorithm>
#include <cstring>
#include <map>
#include <thread>
#include <unistd.h>

using namespace tercet::tools;
using namespace tercet::schema;

static const char kHelp[] =
    R"(tercet-bench FILE.tercet [options]: times entry points and their kernels

  --function=NAME          one entry point (default: all)
  --threads=N              worker threads of the cpu device (default: all cores)
  --device=cpu|cuda|hip    the device (default: cpu)
  --device-plugin=LIB      a shared library that brings the device
  --target=NAME            a target of the artifact (default: the best that fits)
  --weight-file=FILE       weights that the artifact does not hold (default: the file
                           that it names, beside it)
  --input-shape=NAME=3x64  sizes of an input (default: the bounds)
  --seconds=S              time spent on each entry point (default: 1)
  --json=FILE              writes the figures as JSON ("-": the standard output)
)";

namespace {

struct Options {
  std::string file, function, device = "cpu", plugin, target, json, weightFile;
  long threads = 0;
  double seconds = 1;
  std::map<std::string, std::string> shapes;
};

/// Figures of one kernel within an entry point.
struct KernelFigures {
  std::string name, op, shape, code, engine;
  size_t dispatches = 0;
  double seconds = 0; // of all its dispatches in one call
  double bytes = 0, ops = 0;
  bool known = false; // bytes and ops are from the manifest
};

struct EntryFigures {
  std::string name;
  double seconds = 0;
  long calls = 0;
  std::vector<KernelFigures> kernels;
};

/// Sums of memory that is far larger than any cache, a part for each thread.
double readBandwidth(int threads) {
  long cache =
      std::max(sysconf(_SC_LEVEL3_CACHE_SIZE), sysconf(_SC_LEVEL2_CACHE_SIZE));
  size_t bytes = std::min<size_t>(
      std::max<size_t>(256u << 20,
                       4 * static_cast<size_t>(std::max(cache, 0l))),
      1u << 30);
  size_t words = bytes / 8;
  HostTensor memory;
  if (!memory.allocate({kDLInt, 64, 1}, {static_cast<int64_t>(words)}))
    return 0;
  auto *data = static_cast<uint64_t *>(memory.data.get());
  std::fill(data, data + words, 1); // real pages
  std::vector<double> times;
  std::vector<uint64_t> sums(static_cast<size_t>(threads) * 8);
  auto part = [&](int t) {
    size_t begin =
               words * static_cast<size_t>(t) / static_cast<size_t>(threads),
           end = words * (static_cast<size_t>(t) + 1) /
                 static_cast<size_t>(threads);
    uint64_t s[8] = {};
    for (size_t i = begin; i + 8 <= end; i += 8)
      for (size_t j = 0; j < 8; ++j)
        s[j] += data[i + j];
    for (size_t j = 0; j < 8; ++j)
      sums[static_cast<size_t>(t) * 8] += s[j];
  };
  for (int repeat = 0; repeat < 5; ++repeat) {
    double start = now();
    std::vector<std::thread> others;
    for (int t = 1; t < threads; ++t)
      others.emplace_back(part, t);
    part(0);
    for (std::thread &o : others)
      o.join();
    times.push_back(now() - start);
  }
  // The sum is used, so that the reads are.
  uint64_t total = 0;
  for (uint64_t s : sums)
    total += s;
  return total ? static_cast<double>(bytes) /
                     *std::min_element(times.begin(), times.end())
               : 0;
}

/// Expressions at given dimensions; false where one overflows or divides by 0.
bool evaluate(const flatbuffers::Vector<const ExprNode *> *nodes,
              const std::vector<int64_t> &dims, std::vector<int64_t> &values) {
  values.assign(sizeOf(nodes), 0);
  return tercet::runtime::evaluateExprs(nodes, dims.data(), values.data());
}

/// The dimensions that inputs of these shapes give.
std::vector<int64_t> dimsOf(const Program &p,
                            const std::vector<HostTensor> &inputs) {
  std::vector<int64_t> dims(sizeOf(p.dims()));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor *t = p.inputs()->Get(static_cast<uint32_t>(i));
    if (t->dim() >= 0)
      dims[static_cast<size_t>(t->dim())] =
          *static_cast<const int64_t *>(inputs[i].data.get());
    const auto *axes = t->axes();
    for (size_t j = 0; j < sizeOf(axes); ++j) {
      const ExprNode *n = p.exprs()->Get(axes->Get(static_cast<uint32_t>(j)));
      if (n->op() == ExprOp::dim)
        dims[static_cast<size_t>(n->a())] = inputs[i].shape[j];
    }
  }
  return dims;
}

/// Groups the commands of a program by kernel, with their bytes and operations.
void describeKernels(const Target &t, const Program &p,
                     const std::vector<int64_t> &dims,
                     const std::vector<std::vector<double>> &times,
                     EntryFigures &out) {
  std::vector<int64_t> values, costs;
  std::map<std::string, KernelFigures> byName;
  std::vector<std::string> order;
  bool sound = evaluate(p.exprs(), dims, values);
  for (size_t i = 0; i < sizeOf(p.commands()); ++i) {
    const Command *c = p.commands()->Get(static_cast<uint32_t>(i));
    if (c->kind() == CommandKind::barrier)
      continue;
    bool dispatch = c->kind() == CommandKind::dispatch;
    const Kernel *k = dispatch ? t.kernels()->Get(c->kernel()) : nullptr;
    std::string name =
        dispatch ? text(k->name()) : EnumNameCommandKind(c->kind());
    KernelFigures &f = byName[name];
    if (f.dispatches++ == 0) {
      order.push_back(name);
      f.name = name;
      f.known = true;
      if (k) {
        f.op = text(k->op());
        f.shape = text(k->shape());
        f.code = text(k->code());
        f.engine = text(k->engine());
      }
    }
    std::vector<double> samples;
    samples.reserve(times.size());
    for (const auto &call : times)
      samples.push_back(call[i]);
    f.seconds += median(samples);
    std::vector<int64_t> constants;
    for (size_t j = 0; sound && j < sizeOf(c->constants()); ++j)
      constants.push_back(
          values[c->constants()->Get(static_cast<uint32_t>(j))]);
    if (!dispatch && sound) {
      f.bytes += static_cast<double>(values[c->bytes()]) *
                 (c->kind() == CommandKind::copy ? 2 : 1);
    } else if (sound && sizeOf(k->exprs()) &&
               evaluate(k->exprs(), constants, costs)) {
      f.bytes += static_cast<double>(costs[k->bytes()]);
      f.ops += static_cast<double>(costs[k->ops()]);
    } else {
      f.known = false;
    }
  }
  for (const std::string &name : order)
    out.kernels.push_back(byName[name]);
  std::sort(out.kernels.begin(), out.kernels.end(),
            [](const KernelFigures &a, const KernelFigures &b) {
              return a.seconds != b.seconds ? a.seconds > b.seconds
                                            : a.name < b.name;
            });
}

bool measure(const Options &o, Runtime &rt, size_t entry, const Target &target,
             EntryFigures &out) {
  const char *name = tercet_artifact_entry_name(rt.artifact, entry);
  out.name = name;
  std::vector<HostTensor> inputs(
      tercet_artifact_input_count(rt.artifact, entry));
  std::vector<DLTensor> in,
      results(tercet_artifact_output_count(rt.artifact, entry));
  for (size_t i = 0; i < inputs.size(); ++i) {
    tercet_tensor_info info;
    tercet_artifact_input(rt.artifact, entry, i, &info);
    std::vector<int64_t> shape;
    auto given = o.shapes.find(info.name);
    if (!parseShape(given == o.shapes.end() ? "" : given->second, info, shape))
      return false;
    if (!inputs[i].allocate(info.dtype, shape)) {
      complain(std::string("input '") + info.name + "' does not fit in memory");
      return false;
    }
    // A position is the first, so that as many rows as possible follow it.
    InputValues values = valuesOf(rt.artifact, entry, i);
    if (!fill(inputs[i], values.isScalar() ? "0" : "random:1", info.name,
              values))
      return false;
    in.push_back(inputs[i].view());
  }
  auto call = [&] {
    for (DLTensor &t : results)
      t = {};
    return failed(tercet_session_call(rt.session, name, in.data(), in.size(),
                                      results.data(), results.size()));
  };
  if (call())
    return false;
  std::vector<double> times;
  for (double start = now(); times.size() < 5 || (now() - start < o.seconds &&
                                                  times.size() < 1000000);) {
    double begin = now();
    if (call())
      return false;
    times.push_back(now() - begin);
  }
  out.seconds = median(times);
  out.calls = static_cast<long>(times.size());

  std::vector<std::vector<double>> profiles;
  for (double start = now();
       profiles.size() < 5 ||
       (now() - start < o.seconds && profiles.size() < 1000);) {
    // A profile keeps every command; each call gets one of its own.
    size_t count = 0;
    if (failed(tercet_session_profile_begin(rt.session)) || call())
      return false;
    const double *seconds = tercet_session_command_seconds(rt.session, &count);
    profiles.emplace_back(seconds, seconds + count);
    if (failed(tercet_session_profile_end(rt.session, nullptr)))
      return false;
  }
  for (const Program *p : *target.programs())
    if (text(p->name()) == name)
      describeKernels(target, *p, dimsOf(*p, inputs), profiles, out);
  return true;
}

void print(const std::vector<EntryFigures> &entries, double bandwidth) {
  if (bandwidth > 0)
    printf("memory read: %.2f GB/s\n", bandwidth * 1e-9);
  for (const EntryFigures &e : entries) {
    double sum = 0;
    for (const KernelFigures &k : e.kernels)
      sum += k.seconds;
    printf("\n%s: median %.3f us of %ld calls (kernels %.3f us)\n",
           e.name.c_str(), e.seconds * 1e6, e.calls, sum * 1e6);
    printf("  %-40s %6s %10s %8s %8s %9s\n", "kernel", "times", "us", "GB/s",
           "Gop/s", "of memory");
    for (const KernelFigures &k : e.kernels) {
      printf("  %-40s %6zu %10.3f", k.name.c_str(), k.dispatches,
             k.seconds * 1e6);
      if (k.known && k.seconds > 0) {
        printf(" %8.2f %8.2f", k.bytes / k.seconds * 1e-9,
               k.ops / k.seconds * 1e-9);
        if (bandwidth > 0)
          printf(" %8.1f%%", 100 * k.bytes / k.seconds / bandwidth);
      }
      std::string about;
      for (const std::string *s : {&k.op, &k.shape, &k.code, &k.engine})
        if (!s->empty())
          about += " " + *s;
      printf("%s%s\n", about.empty() ? "" : "  ", about.c_str());
    }
  }
}

std::string toJson(const Options &o, const Runtime &rt,
                   const std::vector<EntryFigures> &entries, double bandwidth) {
  Json j;
  j.object([&] {
    j.pair("target", tercet_session_target(rt.session));
    j.pair("device", tercet_device_describe(rt.device));
    j.pair("threads", static_cast<int64_t>(o.threads));
    j.pair("read_gbytes_per_s", bandwidth * 1e-9);
    j.key("entry_points").array([&] {
      for (const EntryFigures &e : entries)
        j.object([&] {
          j.pair("name", e.name);
          j.pair("seconds", e.seconds);
          j.pair("calls", static_cast<int64_t>(e.calls));
          j.key("kernels").array([&] {
            for (const KernelFigures &k : e.kernels)
              j.object([&] {
                j.pair("name", k.name);
                j.pair("op", k.op);
                j.pair("shape", k.shape);
                j.pair("code", k.code);
                j.pair("engine", k.engine);
                j.pair("dispatches", static_cast<uint64_t>(k.dispatches));
                j.pair("seconds", k.seconds);
                if (!k.known || k.seconds <= 0)
                  return;
                j.pair("bytes", k.bytes);
                j.pair("ops", k.ops);
                j.pair("gbytes_per_s", k.bytes / k.seconds * 1e-9);
                j.pair("gops", k.ops / k.seconds * 1e-9);
                if (bandwidth > 0)
                  j.pair("fraction_of_memory", k.bytes / k.seconds / bandwidth);
              });
          });
        });
    });
  });
  return j.text + "\n";
}

int bench(Options &o) {
  Runtime rt;
  if (!openArtifact(o.file, o.weightFile, &rt.artifact))
    return 1;
  tercet_device_options deviceOptions = {sizeof deviceOptions,
                                         static_cast<int32_t>(o.threads)};
  if (o.plugin.empty() ? failed(tercet_device_open(o.device.c_str(),
                                                   &deviceOptions, &rt.device))
                       : failed(tercet_device_open_plugin(
                             o.plugin.c_str(), o.device.c_str(), &rt.device)))
    return 1;
  tercet_session_options sessionOptions = {
      sizeof sessionOptions, o.target.empty() ? nullptr : o.target.c_str()};
  if (failed(tercet_session_create(rt.artifact, rt.device, &sessionOptions,
                                   &rt.session)))
    return 1;
  const Manifest *m =
      GetManifest(tercet_artifact_manifest(rt.artifact, nullptr));
  const Target *target = nullptr;
  for (const Target *t : *m->targets())
    if (text(t->name()) == tercet_session_target(rt.session))
      target = t;
  size_t first = 0, last = tercet_artifact_entry_count(rt.artifact);
  if (!o.function.empty()) {
    if (!chooseEntry(rt.artifact, o.function, first))
      return 1;
    last = first + 1;
  }
  std::vector<EntryFigures> entries;
  for (size_t e = first; e < last; ++e)
    if (!measure(o, rt, e, *target, entries.emplace_back()))
      return 1;
  if (o.threads == 0)
    o.threads =
        std::max(1l, static_cast<long>(std::thread::hardware_concurrency()));
  double bandwidth = o.device == "cpu" && o.plugin.empty()
                         ? readBandwidth(static_cast<int>(o.threads))
                         : 0;
  std::string error,
      json = o.json.empty() ? "" : toJson(o, rt, entries, bandwidth);
  if (o.json == "-")
    fputs(json.c_str(), stdout);
  else
    print(entries, bandwidth);
  if (!o.json.empty() && o.json != "-" &&
      !writeWhole(o.json, {{json.data(), json.size()}}, error))
    return complain(error);
  return fflush(stdout) != 0 || ferror(stdout)
             ? complain("cannot write to the standard output")
             : 0;
}

} // namespace

int main(int argc, char **argv) {
  setToolName("tercet-bench");
  Options o;
  for (int i = 1; i < argc; ++i) {
    const char *a = argv[i];
    std::string v;
    bool ok = true;
    if (!strcmp(a, "--help") || !strcmp(a, "-h")) {
      fputs(kHelp, stdout);
      return 0;
    }
    if (!strcmp(a, "--version")) {
      printf("tercet-bench %s (format %s)\n", tercet_version(),
             tercet_format_version());
      return 0;
    }
    if (!strcmp(a, "--json"))
      o.json = "-";
    else if (option(a, "--function", o.function) ||
             option(a, "--device", o.device) ||
             option(a, "--weight-file", o.weightFile) ||
             option(a, "--device-plugin", o.plugin) ||
             option(a, "--target", o.target) || option(a, "--json", o.json))
      ;
    else if (option(a, "--threads", v))
      ok = integer(v, "--threads", 0, 1024, o.threads);
    else if (option(a, "--seconds", v))
      ok = number(v, "--seconds", o.seconds);
    else if (option(a, "--input-shape", v) && v.find('=') != std::string::npos)
      o.shapes[v.substr(0, v.find('='))] = v.substr(v.find('=') + 1);
    else if (a[0] == '-')
      return complain(std::string("unknown option ") + a +
                      "; --help lists them");
    else if (o.file.empty())
      o.file = a;
    else
      return complain("one file at a time: " + o.file + " and " + a);
    if (!ok)
      return 1;
  }
  if (o.file.empty())
    return complain("give a .tercet file; --help shows how");
  return bench(o);
}
