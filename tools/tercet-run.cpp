//===- tercet-run.cpp - runs an artifact ----------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/ExpertProfile.h"
#include "tools/RunSupport.h"
#include <cmath>
#include <cstring>
#include <map>

using namespace tercet::tools;

static const char kHelp[] =
    R"(tercet-run FILE.tercet [options]: calls an entry point of an artifact

  --function=NAME            the entry point (default: the only one)
  --device=cpu|cuda|hip      the device, cuda:1 for the second (default: cpu)
  --device-plugin=LIB        a shared library that brings the device
  --target=NAME              a target of the artifact (default: the best that fits)
  --weight-file=FILE         weights that the artifact does not hold (default: the file
                             that it names, beside it)
  --threads=N                worker threads of the cpu device (default: all cores)
  --input=NAME=@x.npy        an input from a NumPy file; NAME or its number
  --input=NAME=splat:VALUE   every element the same
  --input=NAME=random:SEED   reals in [-1, 1), bytes of all values, integers 0 to 99
                             or within the range that the model gives
  --input=NAME=5             an input that is a size or a position
  --input-shape=NAME=3x64    sizes for splat and random (default: the bounds)
  --output=NAME=@y.npy       writes a result (without any: prints all)
  --compare=NAME=@ref.npy    compares a result: |got - ref| <= A + R |ref|
  --atol=A --rtol=R          for the comparisons (default: 0, equal)
  --argmax-labels=NAME=@l.npy   prints how often the largest of a row is its label
  --time=N                   prints the median seconds of N calls
  --state-restore=FILE --state-save=FILE   states before and after
  --profile-experts=FILE     which experts the tokens of all calls chose, as JSON, of a model
                             that counts them (tercet-compile --count-experts)
  --profile=FILE             a Chrome trace of the commands
  --json                     prints one JSON object instead of text
  --list-devices             what this machine has
)";

namespace {

struct Options {
  std::string file, function, device = "cpu", plugin, target, restore, save,
                              profile, profileExperts, weightFile;
  long threads = 0, time = 0;
  double atol = 0, rtol = 0;
  bool json = false;
  // By NAME as given; later ones win.
  std::vector<std::pair<std::string, std::string>> inputs, shapes, outputs,
      compares, labels;
};

/// "NAME=REST", for options that have one.
bool named(const std::string &value, const char *what,
           std::vector<std::pair<std::string, std::string>> &out) {
  size_t at = value.find('=');
  if (at == std::string::npos || at == 0 || at + 1 == value.size()) {
    complain(std::string(what) + "=" + value + ": write NAME=VALUE after it");
    return false;
  }
  out.emplace_back(value.substr(0, at), value.substr(at + 1));
  return true;
}

/// 0 to go on, else the exit code plus 1.
int parse(int argc, char **argv, Options &o) {
  for (int i = 1; i < argc; ++i) {
    const char *a = argv[i];
    std::string v;
    bool ok = true;
    if (!strcmp(a, "--help") || !strcmp(a, "-h")) {
      fputs(kHelp, stdout);
      return 1;
    }
    if (!strcmp(a, "--version")) {
      printf("tercet-run %s (format %s)\n", tercet_version(),
             tercet_format_version());
      return 1;
    }
    if (!strcmp(a, "--list-devices")) {
      char *list = tercet_device_list();
      fputs(list ? list : "", stdout);
      free(list);
      return 1;
    }
    if (!strcmp(a, "--json"))
      o.json = true;
    else if (option(a, "--function", o.function) ||
             option(a, "--device", o.device) ||
             option(a, "--weight-file", o.weightFile) ||
             option(a, "--device-plugin", o.plugin) ||
             option(a, "--target", o.target) ||
             option(a, "--state-restore", o.restore) ||
             option(a, "--state-save", o.save) ||
             option(a, "--profile-experts", o.profileExperts) ||
             option(a, "--profile", o.profile))
      ;
    else if (option(a, "--threads", v))
      ok = integer(v, "--threads", 0, 1024, o.threads);
    else if (option(a, "--time", v))
      ok = integer(v, "--time", 1, 100000000, o.time);
    else if (option(a, "--atol", v))
      ok = number(v, "--atol", o.atol);
    else if (option(a, "--rtol", v))
      ok = number(v, "--rtol", o.rtol);
    else if (option(a, "--input", v))
      ok = named(v, "--input", o.inputs);
    else if (option(a, "--input-shape", v))
      ok = named(v, "--input-shape", o.shapes);
    else if (option(a, "--output", v))
      ok = named(v, "--output", o.outputs);
    else if (option(a, "--compare", v))
      ok = named(v, "--compare", o.compares);
    else if (option(a, "--argmax-labels", v))
      ok = named(v, "--argmax-labels", o.labels);
    else if (a[0] == '-')
      return complain(std::string("unknown option ") + a +
                      "; --help lists them") +
             1;
    else if (o.file.empty())
      o.file = a;
    else
      return complain(std::string("one file at a time: ") + o.file + " and " +
                      a) +
             1;
    if (!ok)
      return 2;
  }
  if (o.file.empty())
    return complain("give a .tercet file; --help shows how") + 1;
  return 0;
}

/// "@file.npy" without its sign; complains about anything else.
bool fileOf(const std::string &value, const char *what, std::string &path) {
  if (value.size() > 1 && value[0] == '@') {
    path = value.substr(1);
    return true;
  }
  complain(std::string(what) + ": '" + value +
           "' is no file; write it as @FILE.npy");
  return false;
}

bool makeInputs(const Options &o, const tercet_artifact *artifact, size_t entry,
                std::vector<HostTensor> &inputs) {
  size_t count = tercet_artifact_input_count(artifact, entry);
  std::vector<std::string> how(count), shapes(count);
  size_t n;
  for (auto &[name, value] : o.inputs) {
    if (!chooseTensor(artifact, entry, false, name, n))
      return false;
    how[n] = value;
  }
  for (auto &[name, value] : o.shapes) {
    if (!chooseTensor(artifact, entry, false, name, n))
      return false;
    shapes[n] = value;
  }
  inputs.resize(count);
  for (size_t i = 0; i < count; ++i) {
    tercet_tensor_info info;
    tercet_artifact_input(artifact, entry, i, &info);
    InputValues values = valuesOf(artifact, entry, i);
    std::string error;
    if (how[i].empty()) {
      complain(std::string("input '") + info.name +
               "' is missing: give --input=" + info.name +
               (values.isScalar() ? "=NUMBER"
                                  : "=@FILE.npy, splat:VALUE or random:SEED"));
      return false;
    }
    if (how[i][0] == '@') {
      if (!shapes[i].empty()) {
        complain(std::string("--input-shape=") + info.name +
                 " is for splat and random inputs; a file has its own");
        return false;
      }
      if (!readNpy(how[i].substr(1), inputs[i], error)) {
        complain(error);
        return false;
      }
      continue;
    }
    std::vector<int64_t> shape;
    if (!parseShape(shapes[i], info, shape))
      return false;
    if (!inputs[i].allocate(info.dtype, shape)) {
      complain(std::string("input '") + info.name + "' does not fit in memory");
      return false;
    }
    if (!fill(inputs[i], how[i], info.name, values))
      return false;
  }
  return true;
}

/// Prints or adds to `json`; returns whether all elements are near enough.
bool compare(const std::string &name, const DLTensor &got, DLTensor ref,
             const Options &o, std::string &json) {
  bool sameShape = got.ndim == ref.ndim;
  for (int32_t i = 0; sameShape && i < got.ndim; ++i)
    sameShape = got.shape[i] == ref.shape[i];
  if (!sameShape) {
    complain("result '" + name + "' is " + describe(got) +
             " and its reference " + describe(ref));
    return false;
  }
  int64_t wrong = 0, first = -1, n = elementCount(got);
  double worst = 0;
  for (int64_t i = 0; i < n; ++i) {
    double g = element(got, i), r = element(ref, i);
    if (g == r || (std::isnan(g) && std::isnan(r)))
      continue;
    double difference = std::fabs(g - r);
    worst = std::isnan(difference) ? INFINITY : std::max(worst, difference);
    if (!(difference <= o.atol + o.rtol * std::fabs(r)) && wrong++ == 0)
      first = i;
  }
  char line[256];
  if (o.json) {
    snprintf(line, sizeof line,
             "{\"name\":%s,\"ok\":%s,\"elements\":%lld,\"wrong\":%lld,\"max_"
             "abs_error\":%.9g}",
             jsonQuote(name).c_str(), wrong ? "false" : "true", (long long)n,
             (long long)wrong, std::isfinite(worst) ? worst : 1e308);
    json += (json.empty() ? "" : ",") + std::string(line);
  } else {
    printf("compare %s: %s, %lld elements, largest difference %.9g\n",
           name.c_str(), wrong ? "DIFFERENT" : "ok", (long long)n, worst);
  }
  if (wrong) {
    snprintf(line, sizeof line,
             "' differs from its reference in %lld of %lld elements; the first "
             "is %lld: %.9g, not %.9g",
             (long long)wrong, (long long)n, (long long)first,
             element(got, first), element(ref, first));
    complain("result '" + name + line);
  }
  return wrong == 0;
}

/// The share of rows whose largest element is at the label.
bool accuracy(const std::string &name, const DLTensor &got, DLTensor labels,
              const Options &o, std::string &json) {
  int64_t rows = got.ndim ? elementCount(got) /
                                std::max<int64_t>(1, got.shape[got.ndim - 1])
                          : 0;
  if (got.ndim < 1 || got.shape[got.ndim - 1] < 1 ||
      elementCount(labels) != rows) {
    complain("result '" + name + "' is " + describe(got) + " and its labels " +
             describe(labels) + ": one label for each row is needed");
    return false;
  }
  int64_t width = got.shape[got.ndim - 1], right = 0;
  for (int64_t r = 0; r < rows; ++r) {
    int64_t best = 0;
    for (int64_t j = 1; j < width; ++j)
      if (element(got, r * width + j) > element(got, r * width + best))
        best = j;
    right += static_cast<double>(best) == element(labels, r);
  }
  double share =
      rows ? static_cast<double>(right) / static_cast<double>(rows) : 0;
  if (o.json) {
    char line[160];
    snprintf(line, sizeof line,
             "{\"name\":%s,\"right\":%lld,\"of\":%lld,\"accuracy\":%.6f}",
             jsonQuote(name).c_str(), (long long)right, (long long)rows, share);
    json += (json.empty() ? "" : ",") + std::string(line);
  } else {
    printf("accuracy %s: %lld of %lld right, %.2f %%\n", name.c_str(),
           (long long)right, (long long)rows, 100 * share);
  }
  return true;
}

std::string values(const DLTensor &t, int64_t limit) {
  int64_t n = elementCount(t);
  std::string text;
  for (int64_t i = 0; i < n && i < limit; ++i) {
    char value[40];
    double v = element(t, i);
    snprintf(value, sizeof value, "%.9g", v);
    text +=
        (i ? ", " : "") + (std::isfinite(v) ? std::string(value)
                                            : "\"" + std::string(value) + "\"");
  }
  return text;
}

void printResult(const std::string &name, const DLTensor &t) {
  std::string text = values(t, 16);
  printf("%s: %s = %s%s\n", name.c_str(), describe(t).c_str(), text.c_str(),
         elementCount(t) > 16 ? ", ..." : "");
}

std::string jsonResult(const std::string &name, const DLTensor &t) {
  std::string shape;
  for (int32_t i = 0; i < t.ndim; ++i)
    shape += (i ? "," : "") + std::to_string(t.shape[i]);
  return "{\"name\":" + jsonQuote(name) +
         ",\"dtype\":" + jsonQuote(typeName(t.dtype)) + ",\"shape\":[" + shape +
         "],\"first_values\":[" + values(t, 16) + "]}";
}

bool prepare(const Options &o, Runtime &rt) {
  if (!openArtifact(o.file, o.weightFile, &rt.artifact))
    return false;
  tercet_device_options deviceOptions = {sizeof deviceOptions,
                                         static_cast<int32_t>(o.threads)};
  if (o.plugin.empty() ? failed(tercet_device_open(o.device.c_str(),
                                                   &deviceOptions, &rt.device))
                       : failed(tercet_device_open_plugin(
                             o.plugin.c_str(), o.device.c_str(), &rt.device)))
    return false;
  tercet_session_options sessionOptions = {
      sizeof sessionOptions, o.target.empty() ? nullptr : o.target.c_str()};
  if (failed(tercet_session_create(rt.artifact, rt.device, &sessionOptions,
                                   &rt.session)))
    return false;
  return o.restore.empty() ||
         !failed(tercet_session_state_restore(rt.session, o.restore.c_str()));
}

int run(const Options &o) {
  Runtime rt;
  double begin = now();
  if (!prepare(o, rt))
    return 1;
  double load = now() - begin;
  if (!o.profileExperts.empty() && !countsExperts(rt.artifact))
    return complain(o.file + " does not count which experts are chosen: compile "
                             "it with tercet-compile --count-experts");
  size_t entry;
  std::vector<HostTensor> inputs;
  if (!chooseEntry(rt.artifact, o.function, entry) ||
      !makeInputs(o, rt.artifact, entry, inputs))
    return 1;
  // Names and files are checked before the work is done.
  struct Use {
    size_t number;
    std::string path;
    HostTensor data;
  };
  std::vector<Use> outputs, compares, labels;
  for (auto [list, uses, what] :
       {std::tuple(&o.outputs, &outputs, "--output"),
        std::tuple(&o.compares, &compares, "--compare"),
        std::tuple(&o.labels, &labels, "--argmax-labels")})
    for (auto &[name, value] : *list) {
      Use use = {};
      std::string error;
      if (!chooseTensor(rt.artifact, entry, true, name, use.number) ||
          !fileOf(value, what, use.path))
        return 1;
      if (uses != &outputs && !readNpy(use.path, use.data, error))
        return complain(error);
      uses->push_back(std::move(use));
    }

  const char *function = tercet_artifact_entry_name(rt.artifact, entry);
  std::vector<DLTensor> in,
      out(tercet_artifact_output_count(rt.artifact, entry));
  for (HostTensor &t : inputs)
    in.push_back(t.view());
  auto call = [&] {
    for (DLTensor &t : out)
      t = {};
    return tercet_session_call(rt.session, function, in.data(), in.size(),
                               out.data(), out.size());
  };
  if (!o.profile.empty() && failed(tercet_session_profile_begin(rt.session)))
    return 1;
  if (failed(call()))
    return 1;
  if (!o.profile.empty() &&
      failed(tercet_session_profile_end(rt.session, o.profile.c_str())))
    return 1;
  std::vector<std::string> names(out.size());
  for (size_t i = 0; i < out.size(); ++i) {
    tercet_tensor_info info;
    tercet_artifact_output(rt.artifact, entry, i, &info);
    names[i] = info.name;
  }

  std::string error, results, comparisons, accuracies;
  for (Use &use : outputs)
    if (!writeNpy(use.path, out[use.number], error))
      return complain(error);
  if (!o.save.empty() &&
      failed(tercet_session_state_save(rt.session, o.save.c_str())))
    return 1;
  bool good = true;
  for (Use &use : compares)
    good = compare(names[use.number], out[use.number], use.data.view(), o,
                   comparisons) &&
           good;
  for (Use &use : labels)
    good = accuracy(names[use.number], out[use.number], use.data.view(), o,
                    accuracies) &&
           good;
  for (size_t i = 0; i < out.size(); ++i) {
    if (o.json)
      results += (i ? "," : "") + jsonResult(names[i], out[i]);
    else if (outputs.empty() && compares.empty() && labels.empty())
      printResult(names[i], out[i]);
  }
  // After the results are used: timed calls of a model with states change them.
  std::vector<double> times;
  for (long i = 0; i < o.time; ++i) {
    double start = now();
    if (failed(call()))
      return 1;
    times.push_back(now() - start);
  }
  if (!o.profileExperts.empty() &&
      !writeExpertProfile(rt.artifact, rt.session, o.profileExperts, error))
    return complain(error);
  if (o.json) {
    printf("{\"function\":%s,\"target\":%s,\"device\":%s,\"load_seconds\":%.9f,"
           "\"results\":[%s],\"compare\":[%s],"
           "\"accuracy\":[%s]",
           jsonQuote(function).c_str(),
           jsonQuote(tercet_session_target(rt.session)).c_str(),
           jsonQuote(tercet_device_describe(rt.device)).c_str(), load,
           results.c_str(), comparisons.c_str(), accuracies.c_str());
    if (o.time)
      printf(",\"median_seconds\":%.9f,\"calls\":%ld", median(times), o.time);
    printf(",\"ok\":%s}\n", good ? "true" : "false");
  } else if (o.time) {
    printf("time: median %.9f s of %ld calls, load %.6f s\n", median(times),
           o.time, load);
  }
  if (fflush(stdout) != 0 || ferror(stdout))
    return complain("cannot write to the standard output");
  return good ? 0 : 1;
}

} // namespace

int main(int argc, char **argv) {
  setToolName("tercet-run");
  Options o;
  if (int stop = parse(argc, argv, o))
    return stop - 1;
  return run(o);
}
