//===- KernelBench.cpp - ternary kernels beside the machine's limits ------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   tercet-kernel-bench --models=FOLDER [--threads=1,2] [Google Benchmark
//   flags]
//
// FOLDER holds artifacts of make_model.py, CODE_NxK.tercet, each with L equal
// layers and an entry point rROWS_LAYER for each number of rows and layer.
//
// A call is an entry point: it quantises the activations and multiplies. "dram"
// walks over copies of the artifact in memory whose weights sum to at least 640
// MiB, so no weight is in a cache when its turn comes; "cache" calls layer 0 of
// one copy. With one thread and few rows the calls of "dram" take turns with a
// plain read of as many other bytes (probe_s): what the memory gave meanwhile.
// Seconds are the median of the calls (counter median_s): with one thread the
// time that the thread ran, else the time that passed (always: wall_s).
//
//===----------------------------------------------------------------------===//
#include "Probes.h"
#include "tercet/runtime.h"
#include <algorithm>
#include <benchmark/benchmark.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace tercet::benchmarks;

namespace {

constexpr size_t dramBytes = size_t(640) << 20;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// What the caller's thread has run so far, times when it had to wait for other
/// programs left out.
double threadSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

[[noreturn]] void fail(const std::string &what) {
  std::fprintf(stderr, "tercet-kernel-bench: error: %s\n", what.c_str());
  std::exit(1);
}

void check(tercet_status *status, const std::string &where) {
  if (status)
    fail(where + ": " + tercet_status_message(status));
}

struct Free {
  void operator()(uint8_t *memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<uint8_t, Free>;

Memory allocate(size_t size) {
  void *memory = nullptr;
  if (posix_memalign(&memory, size_t(2) << 20, size))
    fail("no memory for " + std::to_string(size >> 20) + " MiB");
  return Memory((uint8_t *)memory);
}

/// What the name of an artifact and its entry points say.
struct Model {
  std::string path, code;
  int64_t n = 0, k = 0, layers = 0;
  std::set<int64_t> rows;
  double matrixBytes = 0;
};

/// The sessions of one model on one device: one, or as many as fill dramBytes.
class Loaded {
public:
  Loaded(const Model &model, int threads, bool dram);
  ~Loaded();
  Loaded(const Loaded &) = delete;
  Loaded &operator=(const Loaded &) = delete;

  const Model &model;
  const int threads;
  const bool dram;
  std::vector<tercet_session *> sessions;
  /// The copies of the artifact, one a session.
  std::vector<Memory> memory;

private:
  tercet_device *device = nullptr;
  std::vector<tercet_artifact *> artifacts;
};

} // namespace

static std::vector<uint8_t> readFile(const std::string &path) {
  std::vector<uint8_t> bytes;
  FILE *file = std::fopen(path.c_str(), "rb");
  if (!file)
    fail("cannot open '" + path + "'");
  std::fseek(file, 0, SEEK_END);
  bytes.resize(std::ftell(file));
  std::rewind(file);
  if (std::fread(bytes.data(), 1, bytes.size(), file) != bytes.size())
    fail("cannot read '" + path + "'");
  std::fclose(file);
  return bytes;
}

Loaded::Loaded(const Model &model, int threads, bool dram)
    : model(model), threads(threads), dram(dram) {
  tercet_device_options deviceOptions = {sizeof(deviceOptions), threads};
  check(tercet_device_open("cpu", &deviceOptions, &device), "cpu");
  std::vector<uint8_t> file = readFile(model.path);
  double weights = model.matrixBytes * model.layers;
  size_t copies = dram ? size_t(dramBytes / weights) + 1 : 1;
  for (size_t i = 0; i < copies; ++i) {
    memory.push_back(allocate(file.size()));
    std::memcpy(memory.back().get(), file.data(), file.size());
    tercet_open_options options = {sizeof(options), 1};
    tercet_artifact *artifact = nullptr;
    check(tercet_artifact_open_memory(memory.back().get(), file.size(),
                                      &options, &artifact),
          model.path);
    artifacts.push_back(artifact);
    tercet_session *session = nullptr;
    check(tercet_session_create(artifact, device, nullptr, &session),
          model.path);
    sessions.push_back(session);
  }
}

Loaded::~Loaded() {
  for (tercet_session *session : sessions)
    tercet_session_free(session);
  for (tercet_artifact *artifact : artifacts)
    tercet_artifact_close(artifact);
  tercet_device_close(device);
}

/// The models of a folder, by name. The bytes of a matrix are its share
/// of the largest segment, without the few bytes of scales.
static std::vector<Model> findModels(const std::string &folder) {
  std::vector<Model> models;
  DIR *dir = opendir(folder.c_str());
  if (!dir)
    fail("cannot open the folder '" + folder + "'");
  while (dirent *entry = readdir(dir)) {
    char code[16], rest[16];
    Model model;
    long long n, k;
    if (std::sscanf(entry->d_name, "%15[^_]_%lldx%lld.%15s", code, &n, &k,
                    rest) != 4 ||
        std::strcmp(rest, "tercet"))
      continue;
    model.path = folder + "/" + entry->d_name;
    model.code = code;
    model.n = n;
    model.k = k;
    tercet_artifact *artifact = nullptr;
    check(tercet_artifact_open(model.path.c_str(), nullptr, &artifact),
          model.path);
    for (size_t i = 0; i < tercet_artifact_entry_count(artifact); ++i) {
      long long rows, layer;
      if (std::sscanf(tercet_artifact_entry_name(artifact, i), "r%lld_%lld",
                      &rows, &layer) != 2)
        continue;
      model.rows.insert(rows);
      model.layers = std::max<int64_t>(model.layers, layer + 1);
    }
    size_t weights = 0, size = 0;
    for (size_t i = 0; tercet_artifact_segment(artifact, i, &size); ++i)
      weights = std::max(weights, size);
    tercet_artifact_close(artifact);
    if (!model.layers)
      fail(model.path +
           " has no entry point rROWS_LAYER; make it with make_model.py");
    model.matrixBytes = (double)(weights / model.layers / 64 * 64);
    models.push_back(model);
  }
  closedir(dir);
  std::sort(models.begin(), models.end(), [](const Model &a, const Model &b) {
    return std::make_tuple(a.code, -a.n * a.k, a.path) <
           std::make_tuple(b.code, -b.n * b.k, b.path);
  });
  return models;
}

/// The last sessions in use: neighbours in the list of benchmarks share them.
static std::unique_ptr<Loaded> loaded;

/// The value below which `share` of the values are.
static double quantile(std::vector<double> values, double share) {
  auto at = values.begin() + size_t(values.size() * share);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

static void report(benchmark::State &state,
                   const std::vector<double> &seconds) {
  if (seconds.empty())
    return;
  state.counters["median_s"] = quantile(seconds, 0.5);
  state.counters["best_s"] = quantile(seconds, 0.1);
  state.counters["calls"] = seconds.size();
}

static void runLinear(benchmark::State &state, const Model &model, int64_t rows,
                      int threads, bool dram) {
  if (!loaded || &loaded->model != &model || loaded->threads != threads ||
      loaded->dram != dram) {
    loaded.reset();
    loaded = std::make_unique<Loaded>(model, threads, dram);
  }
  std::vector<float> x(rows * model.k), y(rows * model.n);
  uint32_t random = 1;
  for (float &value : x)
    value =
        (float)((random = random * 1664525u + 1013904223u) >> 8) / (1 << 23) -
        1;
  int64_t inShape[2] = {rows, model.k}, outShape[2] = {rows, model.n};
  DLTensor in = {}, out = {};
  in.device = out.device = {kDLCPU, 0};
  in.dtype = out.dtype = {kDLFloat, 32, 1};
  in.ndim = out.ndim = 2;
  in.data = x.data();
  in.shape = inShape;
  out.data = y.data();
  out.shape = outShape;

  std::vector<std::string> entries;
  for (int64_t layer = 0; layer < model.layers; ++layer)
    entries.push_back("r" + std::to_string(rows) + "_" + std::to_string(layer));
  size_t session = 0, layer = 0;
  auto call = [&] {
    check(tercet_session_call(loaded->sessions[session], entries[layer].c_str(),
                              &in, 1, &out, 1),
          model.path);
  };
  call();
  std::vector<double> seconds, wall, probed;
  bool probe = dram && threads == 1 && rows <= 8;
  for (auto _ : state) {
    if (dram && ++layer == entries.size()) {
      layer = 0;
      session = (session + 1) % loaded->sessions.size();
    }
    Clock::time_point begin = Clock::now();
    double cpuBegin = threadSeconds();
    call();
    double cpu = threadSeconds() - cpuBegin;
    wall.push_back(since(begin));
    seconds.push_back(threads == 1 ? cpu : wall.back());
    state.SetIterationTime(seconds.back());
    if (!probe)
      continue;
    // As many bytes as the call read, from the copy that is farthest from it.
    size_t copies = loaded->sessions.size();
    const uint8_t *far = loaded->memory[(session + copies / 2) % copies].get();
    cpuBegin = threadSeconds();
    benchmark::DoNotOptimize(readAll(far + layer * size_t(model.matrixBytes),
                                     size_t(model.matrixBytes)));
    probed.push_back(threadSeconds() - cpuBegin);
  }
  report(state, seconds);
  if (probe && !probed.empty())
    state.counters["probe_s"] = quantile(probed, 0.5);
  state.counters["wall_s"] = quantile(wall, 0.5);
  double ops = 2.0 * rows * model.n * model.k;
  state.counters["ops"] = ops;
  state.counters["weight_bytes"] = model.matrixBytes;
}

/// Runs work(i) on `threads` threads at once and gives the seconds until the
/// last is done.
template <typename Work> static double together(int threads, Work work) {
  Clock::time_point begin = Clock::now();
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i)
    others.emplace_back([=] { work(i); });
  work(0);
  for (std::thread &other : others)
    other.join();
  return since(begin);
}

/// Reads a chunk an iteration, the chunks of 640 MiB in turn.
static void runDramProbe(benchmark::State &state, int threads) {
  constexpr size_t chunk = size_t(32) << 20;
  size_t share = chunk / threads / 4096 * 4096, at = 0;
  Memory memory = allocate(dramBytes);
  std::memset(memory.get(), 1, dramBytes);
  std::vector<double> seconds;
  for (auto _ : state) {
    const uint8_t *data = memory.get() + at;
    at = (at + chunk) % dramBytes;
    seconds.push_back(together(threads, [=](int i) {
      benchmark::DoNotOptimize(readAll(data + i * share, share));
    }));
    state.SetIterationTime(seconds.back());
  }
  report(state, seconds);
  state.counters["weight_bytes"] = (double)share * threads;
}

static void runInt8Probe(benchmark::State &state, int threads) {
  Int8Peak peak = int8Peak();
  double ops = 0;
  std::vector<double> seconds;
  for (auto _ : state) {
    seconds.push_back(together(threads, [&](int i) {
      double done = peak.run(4'000'000);
      if (i == 0)
        ops = done * threads;
    }));
    state.SetIterationTime(seconds.back());
  }
  report(state, seconds);
  state.counters["ops"] = ops;
}

/// The limits are measured before and after the kernels, for other work on the
/// machine may hide them for a while.
static void registerLimits(const std::vector<int> &threadCounts) {
  for (int threads : threadCounts) {
    std::string suffix = "threads:" + std::to_string(threads);
    benchmark::RegisterBenchmark(("limit/dram/" + suffix).c_str(), runDramProbe,
                                 threads)
        ->UseManualTime()
        ->Iterations(400);
    if (int8Peak().instruction)
      benchmark::RegisterBenchmark(("limit/int8/" + suffix).c_str(),
                                   runInt8Probe, threads)
          ->UseManualTime()
          ->Iterations(400);
  }
}

/// Takes --NAME=VALUE out of the arguments.
static std::string option(int &argc, char **argv, const char *name,
                          const char *otherwise) {
  std::string prefix = std::string("--") + name + "=", value = otherwise;
  int kept = 1;
  for (int i = 1; i < argc; ++i)
    if (std::strncmp(argv[i], prefix.c_str(), prefix.size()))
      argv[kept++] = argv[i];
    else
      value = argv[i] + prefix.size();
  argc = kept;
  return value;
}

int main(int argc, char **argv) {
  std::string folder = option(argc, argv, "models", "");
  std::string threadList = option(argc, argv, "threads", "1");
  if (folder.empty())
    fail("name the folder of make_model.py's artifacts with --models=FOLDER");
  std::vector<int> threadCounts;
  for (const char *at = threadList.c_str(); *at;) {
    char *end;
    threadCounts.push_back((int)std::strtol(at, &end, 10));
    if (end == at || threadCounts.back() < 1)
      fail("--threads takes numbers such as 1,2, not '" + threadList + "'");
    at = *end == ',' ? end + 1 : end;
  }
  std::vector<Model> models = findModels(folder);

  registerLimits(threadCounts);
  if (const char *instruction = int8Peak().instruction)
    benchmark::AddCustomContext("int8_instruction", instruction);
  for (int threads : threadCounts)
    for (const Model &model : models)
      for (bool dram : {true, false})
        for (int64_t rows : model.rows) {
          const char *kind = rows == 1 ? "gemv" : rows <= 8 ? "batch" : "gemm";
          std::string name = std::string("ternary/") + kind + "/" + model.code +
                             "/" + std::to_string(model.n) + "x" +
                             std::to_string(model.k) +
                             "/rows:" + std::to_string(rows) +
                             "/threads:" + std::to_string(threads) +
                             (dram ? "/dram" : "/cache");
          benchmark::RegisterBenchmark(
              name.c_str(),
              [&model, rows, threads, dram](benchmark::State &state) {
                runLinear(state, model, rows, threads, dram);
              })
              ->UseManualTime();
        }
  registerLimits(threadCounts);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  loaded.reset();
}
