//===- BlockBench.cpp - blocks, attention, states beside the limits -------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   tercet-block-bench --plan=FILE --out=FILE [--threads=1] [--min-time=0.2]
//                      [--tries=1] [--probe-mib=640]
//
// Each line of the plan is a row, tab-separated, in the order of struct Row
// (benchmarks/make_blocks.py writes it). A call takes the next of `copies`
// random inputs and the next of `sessions`, so that what it touches is what a
// new token touches: one token again and again would find its experts in the
// cache. The artifact is mapped, as users run it, and read once before.
//
// Bytes of weights: all that a row's entry point binds; a weight with three
// axes counts the slices of the experts that the tokens chose, asked of the
// entry point `route`, whose first result is their ids.
//
// Between calls that read little, other memory is read: the weights that every
// call needs are in no cache, as if other layers had run meanwhile.
//
// Seconds are the median of the calls, with one thread those that the thread
// ran. Limits are measured before and after every row; the caller takes the
// best tenth of all of them. Assumes entry points without scalar inputs; says
// so and ends where there is one.
//
//===----------------------------------------------------------------------===//
#include "Probes.h"
#include "tools/Json.h"
#include "tools/ManifestText.h"
#include <algorithm>
#include <cstring>
#include <ctime>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

using namespace tercet::benchmarks;
using namespace tercet::tools;
using namespace tercet::schema;

namespace {

struct Options {
  std::string plan, out;
  long threads = 1, tries = 1, probeMib = 640;
  double minTime = 0.2;
};

struct Row {
  std::string artifact, name, entry, route;
  long copies = 1, sessions = 1;
  double scale = 1;
  long calls = 5; // at least
};

/// What a call of a row reads of the artifact's weights.
struct WeightBytes {
  double fixed = 0, perExpert = 0, distinct = 0;
  double total() const { return fixed + distinct * perExpert; }
};

struct Figures {
  std::string name;
  double median = 0, best = 0, wall = 0, probe = 0;
  double kernels = 0, outside = 0;
  /// Bytes of the process beyond what it had before, after the first calls
  /// and after the last one.
  double residentFirst = 0, residentLast = 0;
  size_t calls = 0;
  WeightBytes weights;
};

/// Best tenth of what a probe gave, in units a second.
struct Limits {
  std::vector<double> dram, update, int8, fma;
  static double best(std::vector<double> values) {
    if (values.empty())
      return 0;
    auto at = values.begin() + long(double(values.size()) * 0.9);
    std::nth_element(values.begin(), at, values.end());
    return *at;
  }
};

double threadSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

/// Bytes of memory that the process has; 0 where the system does not say.
double residentBytes() {
  std::ifstream file("/proc/self/statm");
  double all = 0, resident = 0;
  file >> all >> resident;
  return resident * double(sysconf(_SC_PAGESIZE));
}

double quantile(std::vector<double> values, double share) {
  auto at = values.begin() + long(double(values.size()) * share);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// More than the caches of one core's share of a machine hold.
constexpr size_t kCaches = size_t(128) << 20;

/// Keeps reads whose result nobody needs.
volatile uint64_t sink;

class Bench {
public:
  explicit Bench(const Options &options) : options(options) {}
  bool prepare();
  bool measure(const Row &row);
  std::string toJson() const;

private:
  bool open(const Row &row);
  bool makeInputs(const Row &row);
  bool countWeights(const Row &row, WeightBytes &out);
  bool call(const std::string &entry, size_t copy, size_t session,
            std::vector<DLTensor> &results);
  bool profile(const Row &row, Figures &out);
  double readProbe(size_t bytes, bool update = false);
  void measureLimits(int repeats);
  template <typename Work> double together(Work work);

  const Options &options;
  std::unique_ptr<void, void (*)(void *)> memory{nullptr, std::free};
  size_t memoryBytes = 0, at = 0; // for plain reads
  Limits limits;
  std::string path;
  std::unique_ptr<Runtime> runtime;
  std::vector<tercet_session *> more; // beyond the first
  std::vector<std::vector<HostTensor>> inputs;
  std::vector<std::vector<DLTensor>> views;
  std::vector<Figures> figures;
};

} // namespace

/// Runs work(i) on all threads at once; the seconds until the last is done,
/// with one thread those that it ran.
template <typename Work> double Bench::together(Work work) {
  double cpu = threadSeconds(), begin = now();
  std::vector<std::thread> others;
  for (long i = 1; i < options.threads; ++i)
    others.emplace_back([=] { work(i); });
  work(0);
  for (std::thread &other : others)
    other.join();
  return options.threads == 1 ? threadSeconds() - cpu : now() - begin;
}

/// In large pages, where the system has them: the limit is what the memory can
/// give, not what address translation leaves of it.
bool Bench::prepare() {
  constexpr size_t page = size_t(2) << 20;
  memoryBytes = size_t(options.probeMib) << 20;
  void *data = nullptr;
  if (posix_memalign(&data, page, memoryBytes))
    return complain("no memory for the probe of the read rate") == 0;
  memory.reset(data);
#ifdef MADV_HUGEPAGE
  madvise(data, memoryBytes, MADV_HUGEPAGE);
#endif
  std::memset(data, 1, memoryBytes);
  return true;
}

/// Reads (and writes, with `update`) as many bytes of memory that no cache
/// holds, and gives the seconds.
double Bench::readProbe(size_t bytes, bool update) {
  size_t share = bytes / size_t(options.threads) / 4096 * 4096;
  if (at + share * size_t(options.threads) > memoryBytes)
    at = 0;
  uint8_t *begin = static_cast<uint8_t *>(memory.get()) + at;
  at += share * size_t(options.threads);
  return together([=](long i) {
    if (update)
      updateAll(begin + size_t(i) * share, share);
    else
      sink = readAll(begin + size_t(i) * share, share);
  });
}

void Bench::measureLimits(int repeats) {
  size_t chunk =
      std::min<size_t>(size_t(32) << 20, memoryBytes / 4) / 4096 * 4096;
  Int8Peak int8 = int8Peak();
  FmaPeak fma = fmaPeak();
  for (int i = 0; i < repeats; ++i) {
    limits.dram.push_back(double(chunk) / readProbe(chunk));
    limits.update.push_back(2 * double(chunk) / readProbe(chunk, true));
    double ops = 0;
    if (int8.instruction) {
      double seconds = together([&](long t) {
        double done = int8.run(500'000);
        if (t == 0)
          ops = done * double(options.threads);
      });
      limits.int8.push_back(ops / seconds);
    }
    if (fma.instruction) {
      double seconds = together([&](long t) {
        double done = fma.run(500'000);
        if (t == 0)
          ops = done * double(options.threads);
      });
      limits.fma.push_back(ops / seconds);
    }
  }
}

bool Bench::open(const Row &row) {
  if (path != row.artifact) {
    for (tercet_session *session : more)
      tercet_session_free(session);
    more.clear();
    runtime = std::make_unique<Runtime>();
    path = row.artifact;
    tercet_open_options open = {};
    open.size = sizeof open;
    open.skip_data_digests = 1;
    tercet_device_options device = {sizeof device, int32_t(options.threads)};
    if (failed(tercet_artifact_open(path.c_str(), &open, &runtime->artifact)) ||
        failed(tercet_device_open("cpu", &device, &runtime->device)) ||
        failed(tercet_session_create(runtime->artifact, runtime->device,
                                     nullptr, &runtime->session)))
      return false;
    // The pages of the mapping.
    size_t size = 0;
    for (size_t i = 0; const void *segment =
                           tercet_artifact_segment(runtime->artifact, i, &size);
         ++i)
      sink = readAll(static_cast<const uint8_t *>(segment), size / 512 * 512);
  }
  while (long(more.size()) + 1 < row.sessions) {
    more.push_back(nullptr);
    if (failed(tercet_session_create(runtime->artifact, runtime->device,
                                     nullptr, &more.back())))
      return false;
  }
  return true;
}

/// Random values, for each copy others.
bool Bench::makeInputs(const Row &row) {
  size_t entry = 0;
  if (!chooseEntry(runtime->artifact, row.entry, entry))
    return false;
  inputs.clear();
  views.clear();
  uint64_t random = 88172645463325252u;
  for (long copy = 0; copy < row.copies; ++copy) {
    inputs.emplace_back();
    views.emplace_back();
    for (size_t i = 0;
         i < tercet_artifact_input_count(runtime->artifact, entry); ++i) {
      tercet_tensor_info info;
      tercet_artifact_input(runtime->artifact, entry, i, &info);
      HostTensor &tensor = inputs.back().emplace_back();
      if (info.dtype.code != kDLFloat || info.dtype.bits != 32)
        return complain(row.name + ": its inputs have to be f32") == 0;
      if (!tensor.allocate(info.dtype, {info.bounds, info.bounds + info.ndim}))
        return complain(row.name + ": its inputs do not fit in memory") == 0;
      auto *values = static_cast<float *>(tensor.data.get());
      for (int64_t j = 0, n = tensor.count(); j < n; ++j) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        values[j] = float(row.scale) *
                    (float(int64_t(random >> 40) - (1 << 23)) / (1 << 23));
      }
      views.back().push_back(tensor.view());
    }
  }
  return true;
}

bool Bench::call(const std::string &entry, size_t copy, size_t session,
                 std::vector<DLTensor> &results) {
  for (DLTensor &result : results)
    result = {};
  tercet_session *on = session ? more[session - 1] : runtime->session;
  return !failed(tercet_session_call(on, entry.c_str(), views[copy].data(),
                                     views[copy].size(), results.data(),
                                     results.size()));
}

static const Program *findProgram(const Runtime &runtime,
                                  const std::string &entry,
                                  const Manifest *&manifest) {
  manifest = GetManifest(tercet_artifact_manifest(runtime.artifact, nullptr));
  for (const Target *target : *manifest->targets())
    if (text(target->name()) == tercet_session_target(runtime.session))
      for (const Program *program : *target->programs())
        if (text(program->name()) == entry)
          return program;
  return nullptr;
}

bool Bench::countWeights(const Row &row, WeightBytes &out) {
  const Manifest *manifest = nullptr;
  const Program *program = findProgram(*runtime, row.entry, manifest);
  if (!program)
    return complain(row.name + ": there is no entry point " + row.entry) == 0;
  std::set<uint32_t> bound;
  for (size_t i = 0; i < sizeOf(program->buffers()); ++i) {
    const Buffer *buffer = program->buffers()->Get(uint32_t(i));
    if (buffer->kind() == BufferKind::weight)
      bound.insert(buffer->index());
  }
  for (uint32_t index : bound) {
    const Weight *weight = manifest->weights()->Get(index);
    if (sizeOf(weight->shape()) == 3 && !row.route.empty())
      out.perExpert +=
          double(weight->data()->length()) / double(weight->shape()->Get(0));
    else
      out.fixed += double(weight->data()->length());
  }
  if (row.route.empty())
    return true;
  std::vector<DLTensor> ids(1);
  for (size_t copy = 0; copy < inputs.size(); ++copy) {
    if (!call(row.route, copy, 0, ids))
      return false;
    auto *begin = static_cast<const int32_t *>(ids[0].data);
    out.distinct += double(
        std::set<int32_t>(begin, begin + ids[0].shape[0] * ids[0].shape[1])
            .size());
  }
  out.distinct /= double(inputs.size());
  return true;
}

/// Which share of a call is spent outside of the kernels that read a matrix of
/// weights, and how many kernels a call runs.
bool Bench::profile(const Row &row, Figures &out) {
  const Manifest *manifest = nullptr;
  const Program *program = findProgram(*runtime, row.entry, manifest);
  std::vector<bool> reads(sizeOf(program->commands()));
  for (size_t i = 0; i < reads.size(); ++i) {
    const Command *command = program->commands()->Get(uint32_t(i));
    out.kernels += command->kind() == CommandKind::dispatch;
    for (size_t j = 0; j < sizeOf(command->buffers()); ++j) {
      const Buffer *buffer =
          program->buffers()->Get(command->buffers()->Get(uint32_t(j)));
      reads[i] =
          reads[i] ||
          (buffer->kind() == BufferKind::weight &&
           sizeOf(manifest->weights()->Get(buffer->index())->shape()) > 1);
    }
  }
  size_t entry = 0;
  if (!chooseEntry(runtime->artifact, row.entry, entry))
    return false;
  std::vector<DLTensor> results(
      tercet_artifact_output_count(runtime->artifact, entry));
  std::vector<double> shares;
  double begin = now();
  for (size_t i = 0; i < 5 || (i < 100 && now() - begin < options.minTime / 2);
       ++i) {
    if (failed(tercet_session_profile_begin(runtime->session)))
      return false;
    double start = now();
    bool good = call(row.entry, i % inputs.size(), 0, results);
    double seconds = now() - start, inside = 0;
    if (!good)
      return false;
    size_t count = 0;
    const double *times =
        tercet_session_command_seconds(runtime->session, &count);
    for (size_t j = 0; j < count; ++j)
      inside += reads[j] ? times[j] : 0;
    shares.push_back(1 - inside / seconds);
    if (failed(tercet_session_profile_end(runtime->session, nullptr)))
      return false;
  }
  out.outside = quantile(shares, 0.5);
  return true;
}

bool Bench::measure(const Row &row) {
  Figures f;
  f.name = row.name;
  double resident = residentBytes();
  if (!open(row) || !makeInputs(row) || !countWeights(row, f.weights))
    return false;
  size_t entry = 0;
  if (!chooseEntry(runtime->artifact, row.entry, entry))
    return false;
  std::vector<DLTensor> results(
      tercet_artifact_output_count(runtime->artifact, entry));
  measureLimits(20);
  size_t copy = 0, session = 0;
  // Other memory is read between calls, so that the next one finds no weights
  // in a cache: they would not be there if other layers had run. Where the call
  // reads much by itself, it need not be.
  auto weightBytes = size_t(f.weights.total());
  size_t between = std::min(std::max(weightBytes, kCaches), memoryBytes / 2);
  bool probe = weightBytes > (1u << 20) && weightBytes < 2 * kCaches;
  // Once each: the pages of a new session's states come with their first use.
  for (; session < size_t(row.sessions); ++session)
    if (!call(row.entry, copy, session, results))
      return false;
  session = 0;
  f.residentFirst = residentBytes() - resident;
  std::vector<double> seconds, wall, probed;
  double begin = now();
  while (seconds.size() < size_t(row.calls) ||
         (seconds.size() < 100000 && now() - begin < options.minTime)) {
    copy = (copy + 1) % inputs.size();
    session = (session + 1) % size_t(row.sessions);
    double cpu = threadSeconds(), start = now();
    if (!call(row.entry, copy, session, results))
      return false;
    wall.push_back(now() - start);
    seconds.push_back(options.threads == 1 ? threadSeconds() - cpu
                                           : wall.back());
    if (probe)
      probed.push_back(readProbe(between) * double(weightBytes) /
                       double(between));
  }
  f.residentLast = residentBytes() - resident;
  measureLimits(20);
  f.calls = seconds.size();
  f.median = quantile(seconds, 0.5);
  f.best = quantile(seconds, 0.1);
  f.wall = quantile(wall, 0.5);
  if (probe)
    f.probe = quantile(probed, 0.5);
  if (!profile(row, f))
    return false;
  figures.push_back(f);
  return true;
}

std::string Bench::toJson() const {
  Json j;
  j.object([&] {
    j.pair("threads", int64_t(options.threads));
    j.key("limits").object([&] {
      j.pair("dram_bytes_per_s", Limits::best(limits.dram));
      j.pair("update_bytes_per_s", Limits::best(limits.update));
      if (const char *instruction = int8Peak().instruction) {
        j.pair("int8_ops_per_s", Limits::best(limits.int8));
        j.pair("int8_instruction", instruction);
      }
      if (const char *instruction = fmaPeak().instruction) {
        j.pair("f32_ops_per_s", Limits::best(limits.fma));
        j.pair("f32_instruction", instruction);
      }
    });
    j.key("rows").array([&] {
      for (const Figures &f : figures)
        j.object([&] {
          j.pair("name", f.name);
          j.pair("median_s", f.median);
          j.pair("best_s", f.best);
          j.pair("wall_s", f.wall);
          if (f.probe > 0)
            j.pair("probe_s", f.probe);
          j.pair("calls", uint64_t(f.calls));
          j.pair("kernels", f.kernels);
          j.pair("outside_share", f.outside);
          j.pair("resident_first", f.residentFirst);
          j.pair("resident_last", f.residentLast);
          j.pair("weight_bytes", f.weights.total());
          j.pair("expert_bytes", f.weights.perExpert);
          j.pair("distinct_experts", f.weights.distinct);
        });
    });
  });
  return j.text + "\n";
}

static bool readPlan(const std::string &path, std::vector<Row> &rows) {
  std::ifstream file(path);
  if (!file)
    return complain("cannot open '" + path + "'") == 0;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> cells;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, '\t');)
      cells.push_back(cell);
    Row row;
    if (cells.size() != 8 ||
        !integer(cells[4], "copies", 1, 1 << 20, row.copies) ||
        !integer(cells[5], "sessions", 1, 1 << 20, row.sessions) ||
        !number(cells[6], "scale", row.scale) ||
        !integer(cells[7], "calls", 1, 1 << 20, row.calls))
      return complain("'" + path + "': a row has eight cells, got '" + line +
                      "'") == 0;
    row.artifact = cells[0];
    row.name = cells[1];
    row.entry = cells[2];
    row.route = cells[3];
    rows.push_back(row);
  }
  return true;
}

int main(int argc, char **argv) {
  setToolName("tercet-block-bench");
  Options o;
  for (int i = 1; i < argc; ++i) {
    std::string v;
    bool good = true;
    if (option(argv[i], "--plan", v))
      o.plan = v;
    else if (option(argv[i], "--out", v))
      o.out = v;
    else if (option(argv[i], "--threads", v))
      good = integer(v, "--threads", 1, 1024, o.threads);
    else if (option(argv[i], "--tries", v))
      good = integer(v, "--tries", 1, 1000, o.tries);
    else if (option(argv[i], "--probe-mib", v))
      good = integer(v, "--probe-mib", 1, 1 << 16, o.probeMib);
    else if (option(argv[i], "--min-time", v))
      good = number(v, "--min-time", o.minTime);
    else
      return complain(std::string("unknown option '") + argv[i] + "'");
    if (!good)
      return 1;
  }
  std::vector<Row> rows;
  if (o.plan.empty() || o.out.empty())
    return complain("give --plan=FILE and --out=FILE");
  Bench bench(o);
  if (!readPlan(o.plan, rows) || !bench.prepare())
    return 1;
  for (long i = 0; i < o.tries; ++i)
    for (const Row &row : rows) {
      fprintf(stderr, "%s\n", row.name.c_str());
      if (!bench.measure(row))
        return 1;
    }
  std::string json = bench.toJson(), error;
  return writeWhole(o.out, {{json.data(), json.size()}}, error)
             ? 0
             : complain(error);
}
