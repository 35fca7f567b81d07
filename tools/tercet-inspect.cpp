//===- tercet-inspect.cpp - what is in an artifact ------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/core/WeightFile.h"
#include "runtime/schema/Header.h"
#include "tools/Json.h"
#include "tools/ManifestText.h"
#include "tools/inspect/PlanText.h"
#include "tools/inspect/ReportText.h"
#include <cstring>

using namespace tercet::tools;
using namespace tercet::schema;
using tercet::runtime::isEncoded;

static const char kHelp[] =
    R"(tercet-inspect FILE.tercet [options]: shows what an artifact holds

  --verify     also checks every digest, and says so; of a weight file too
  --weight-file=FILE  weights that the artifact does not hold (default: the file that
               it names, beside it)
  --kernels    also lists the kernels of every target with a report of their code:
               registers, spills, memory, occupancy, instructions by what they do
               (nvdisasm and llvm-objdump where they are found: TERCET_NVDISASM,
               TERCET_OBJDUMP; "none" for neither)
  --plan       also lists the commands of every entry point
  --json       prints everything as one JSON object
)";

namespace {

struct Options {
  std::string file, weightFile;
  const uint8_t *bytes = nullptr; // of the artifact
  bool verify = false, kernels = false, plan = false, json = false;
};

std::string tensorText(const tercet_tensor_info &t, const InputValues &v) {
  if (v.isScalar())
    return std::string(t.name) + ": index <= " + std::to_string(v.high - 1);
  std::string out = std::string(t.name) + ": " + typeName(t.dtype) + " [";
  for (int32_t i = 0; i < t.ndim; ++i)
    out += (i ? ", " : "") + std::string(t.is_dynamic[i] ? "<= " : "") +
           std::to_string(t.bounds[i]);
  out += "]";
  if (v.kind)
    out += ", " + std::to_string(v.low) + " to " + std::to_string(v.high - 1);
  return out;
}

/// An entry point of the first target; all have the same signature.
const Program *programOf(const Manifest &m, size_t e) {
  return m.targets()->Get(0)->programs()->Get(static_cast<uint32_t>(e));
}

void printTargets(const Manifest &m, const Options &o) {
  for (const Target *t : *m.targets()) {
    printf("\ntarget %s: device %s, %s%s%s\n", text(t->name()).c_str(),
           text(t->device()).c_str(), text(t->triple()).c_str(),
           text(t->chip()).empty() ? "" : ", ", text(t->chip()).c_str());
    std::string features;
    for (size_t i = 0; i < sizeOf(t->features()); ++i)
      features += " " + text(t->features()->Get(static_cast<uint32_t>(i)));
    if (!features.empty())
      printf("  requires%s\n", features.c_str());
    for (size_t i = 0; i < sizeOf(t->blobs()); ++i) {
      const Blob *b = t->blobs()->Get(static_cast<uint32_t>(i));
      printf("  code: %s%s%s, %s\n", EnumNameBlobFormat(b->format()),
             text(b->chip()).empty() ? "" : " for ", text(b->chip()).c_str(),
             formatBytes(b->data()->length()).c_str());
    }
    printf("  kernels: %zu\n", sizeOf(t->kernels()));
    TargetReport report;
    if (o.kernels)
      report = reportTarget(m, *t, o.bytes);
    for (const std::string &note : report.notes)
      printf("    note: %s\n", note.c_str());
    for (size_t i = 0; o.kernels && i < sizeOf(t->kernels()); ++i) {
      const Kernel *k = t->kernels()->Get(static_cast<uint32_t>(i));
      std::string about;
      for (auto [label, value] :
           {std::pair("op", k->op()), std::pair("shape", k->shape()),
            std::pair("code", k->code()), std::pair("engine", k->engine()),
            std::pair("config", k->config())})
        if (!text(value).empty())
          about += std::string(about.empty() ? "" : ", ") + label + " " +
                   text(value);
      printf("    %s (%u buffers, %u constants, workgroup %u, shared %u B, "
             "scratch %u B)%s%s\n",
             text(k->name()).c_str(), k->buffers(), k->constants(),
             k->workgroup_size(), k->shared_bytes(), k->scratch_bytes(),
             about.empty() ? "" : ": ", about.c_str());
      fputs(reportText(report.kernels[i]).c_str(), stdout);
    }
    for (size_t i = 0; i < sizeOf(t->programs()); ++i) {
      const Program *p = t->programs()->Get(static_cast<uint32_t>(i));
      size_t dispatches = 0;
      for (size_t j = 0; j < sizeOf(p->commands()); ++j)
        dispatches += p->commands()->Get(static_cast<uint32_t>(j))->kind() ==
                      CommandKind::dispatch;
      printf("  program %s: %zu commands, %zu of them dispatches; arena %s\n",
             text(p->name()).c_str(), sizeOf(p->commands()), dispatches,
             formatBytes(static_cast<uint64_t>(atBounds(*p, p->arena_bytes())))
                 .c_str());
      if (o.plan)
        fputs(planText(*p, *t, m).c_str(), stdout);
    }
  }
}

/// The weight file's name and whether it is there and fits.
std::string weightFileState(const Manifest &m, const Options &o) {
  std::string name = text(m.external()->name());
  for (const Segment *s : *m.segments())
    if (s->external() && !isEncoded(*s))
      return name + ", not encoded yet (tercet-encode)";
  Runtime rt;
  tercet_open_options options = {
      sizeof options, 1, o.weightFile.empty() ? nullptr : o.weightFile.c_str()};
  tercet_status *status =
      tercet_artifact_open(o.file.c_str(), &options, &rt.artifact);
  std::string state = status ? tercet_status_message(status)
                             : name + (o.verify ? ", verified" : ", in place");
  tercet_status_free(status);
  return state;
}

void printText(const tercet_artifact *a, const Manifest &m, const Header &h,
               const Options &o) {
  printf("%s: %s, format %u.%u, made by %s%s%s\n", o.file.c_str(),
         formatBytes(h.fileLength).c_str(), h.major, h.minor,
         text(m.producer()).c_str(),
         text(m.source_name()).empty() ? "" : " from ",
         text(m.source_name()).c_str());
  for (size_t e = 0; e < tercet_artifact_entry_count(a); ++e) {
    printf("\nentry point %s\n", tercet_artifact_entry_name(a, e));
    std::string doc = text(programOf(m, e)->doc());
    if (!doc.empty())
      printf("  %s\n", doc.c_str());
    tercet_tensor_info info;
    for (size_t i = 0; i < tercet_artifact_input_count(a, e); ++i) {
      tercet_artifact_input(a, e, i, &info);
      printf("  input  %s\n", tensorText(info, valuesOf(a, e, i)).c_str());
    }
    for (size_t i = 0; i < tercet_artifact_output_count(a, e); ++i) {
      tercet_artifact_output(a, e, i, &info);
      printf("  result %s\n", tensorText(info, {}).c_str());
    }
    const Program *p = programOf(m, e);
    for (size_t i = 0; i < sizeOf(p->constraints()); ++i) {
      const Constraint *c = p->constraints()->Get(static_cast<uint32_t>(i));
      printf("  limit  %s <= %lld%s%s\n",
             expression(p->exprs(), c->expr(), dimNames(*p)).c_str(),
             (long long)c->limit(), text(c->meaning()).empty() ? "" : ", the ",
             text(c->meaning()).c_str());
    }
  }
  printTargets(m, o);
  uint64_t weightBytes = 0;
  for (size_t i = 0; i < sizeOf(m.weights()); ++i) {
    const Weight *w = m.weights()->Get(static_cast<uint32_t>(i));
    if (i == 0)
      printf("\nweights\n  %-24s %-8s %-16s %12s %8s\n", "name", "code",
             "shape", "bytes", "bits");
    std::string code =
        text(w->code()).empty() ? EnumNameDType(w->dtype()) : text(w->code());
    printf("  %-24s %-8s %-16s %12llu %8.3f%s%s%s\n", text(w->name()).c_str(),
           code.c_str(), weightShape(*w).c_str(),
           (unsigned long long)w->data()->length(), bitsPerWeight(*w),
           text(w->sparsity()).empty() ? "" : "  ", text(w->sparsity()).c_str(),
           w->rebindable() ? "  rebindable" : "");
    weightBytes += w->data()->length();
  }
  uint64_t stateBytes = 0;
  for (size_t i = 0; i < sizeOf(m.states()); ++i) {
    const State *s = m.states()->Get(static_cast<uint32_t>(i));
    if (i == 0)
      printf("\nstates\n");
    printf("  %-24s %-8s %12llu bytes\n", text(s->name()).c_str(),
           EnumNameDType(s->dtype()), (unsigned long long)s->bytes());
    stateBytes += s->bytes();
  }
  printf("\nmemory: weights %s, states %s\n\nsegments\n",
         formatBytes(weightBytes).c_str(), formatBytes(stateBytes).c_str());
  for (size_t i = 0; i < sizeOf(m.segments()); ++i) {
    const Segment *s = m.segments()->Get(static_cast<uint32_t>(i));
    printf("  %-12s %12llu +%-12llu sha256 %s%s%s\n", text(s->name()).c_str(),
           (unsigned long long)s->offset(), (unsigned long long)s->length(),
           isEncoded(*s) ? hex(s->digest()).c_str() : "unknown",
           s->external() ? " in " : "",
           s->external() ? text(m.external()->name()).c_str() : "");
  }
  if (m.external())
    printf("\nweight file: %s\n", weightFileState(m, o).c_str());
  if (o.verify)
    printf("\nverified: structure, plans and all digests\n");
}

void jsonTensors(Json &j, const tercet_artifact *a, size_t e, bool output) {
  size_t count = output ? tercet_artifact_output_count(a, e)
                        : tercet_artifact_input_count(a, e);
  j.array([&] {
    for (size_t i = 0; i < count; ++i)
      j.object([&] {
        tercet_tensor_info t;
        (output ? tercet_artifact_output : tercet_artifact_input)(a, e, i, &t);
        j.pair("name", t.name);
        j.pair("dtype", typeName(t.dtype));
        j.key("bounds").array([&] {
          for (int32_t k = 0; k < t.ndim; ++k)
            j.value(t.bounds[k]);
        });
        j.key("dynamic").array([&] {
          for (int32_t k = 0; k < t.ndim; ++k)
            j.value(t.is_dynamic[k] != 0);
        });
        InputValues v = output ? InputValues() : valuesOf(a, e, i);
        if (v.kind) {
          j.pair("scalar", v.isScalar());
          j.key("values").array([&] {
            j.value(v.low);
            j.value(v.high);
          });
        }
      });
  });
}

void jsonTarget(Json &j, const Manifest &m, const Target &t, const Options &o) {
  TargetReport report;
  if (o.kernels)
    report = reportTarget(m, t, o.bytes);
  j.pair("name", text(t.name()));
  j.pair("device", text(t.device()));
  j.pair("triple", text(t.triple()));
  j.pair("chip", text(t.chip()));
  j.pair("wavefront", t.wavefront());
  j.key("features").array([&] {
    for (size_t i = 0; i < sizeOf(t.features()); ++i)
      j.value(text(t.features()->Get(static_cast<uint32_t>(i))));
  });
  j.key("blobs").array([&] {
    for (size_t i = 0; i < sizeOf(t.blobs()); ++i)
      j.object([&] {
        const Blob *b = t.blobs()->Get(static_cast<uint32_t>(i));
        j.pair("format", EnumNameBlobFormat(b->format()));
        j.pair("chip", text(b->chip()));
        j.pair("bytes", b->data()->length());
      });
  });
  j.key("kernels").array([&] {
    for (size_t i = 0; i < sizeOf(t.kernels()); ++i)
      j.object([&] {
        const Kernel *k = t.kernels()->Get(static_cast<uint32_t>(i));
        j.pair("name", text(k->name()));
        j.pair("op", text(k->op()));
        j.pair("shape", text(k->shape()));
        j.pair("code", text(k->code()));
        j.pair("engine", text(k->engine()));
        j.pair("config", text(k->config()));
        j.pair("buffers", k->buffers());
        j.pair("constants", k->constants());
        j.pair("workgroup_size", k->workgroup_size());
        j.pair("shared_bytes", k->shared_bytes());
        j.pair("scratch_bytes", k->scratch_bytes());
        if (o.kernels)
          j.key("report").object([&] { reportJson(j, report.kernels[i]); });
      });
  });
  if (o.kernels)
    j.key("report_notes").array([&] {
      for (const std::string &note : report.notes)
        j.value(note);
    });
  j.key("programs").array([&] {
    for (size_t i = 0; i < sizeOf(t.programs()); ++i)
      j.object([&] {
        const Program *p = t.programs()->Get(static_cast<uint32_t>(i));
        std::vector<std::string> dims = dimNames(*p);
        j.pair("name", text(p->name()));
        j.pair("arena_bytes", atBounds(*p, p->arena_bytes()));
        j.key("commands").array([&] {
          for (size_t c = 0; c < sizeOf(p->commands()); ++c)
            j.object([&] {
              const Command *command =
                  p->commands()->Get(static_cast<uint32_t>(c));
              j.pair("kind", EnumNameCommandKind(command->kind()));
              if (command->kind() != CommandKind::dispatch)
                return;
              j.pair("kernel",
                     text(t.kernels()->Get(command->kernel())->name()));
              j.pair("grid", expression(p->exprs(), command->grid(), dims));
            });
        });
      });
  });
}

std::string json(const tercet_artifact *a, const Manifest &m, const Header &h,
                 const Options &o) {
  Json j;
  j.object([&] {
    j.pair("file_bytes", h.fileLength);
    j.pair("format", std::to_string(h.major) + "." + std::to_string(h.minor));
    j.pair("producer", text(m.producer()));
    j.pair("source", text(m.source_name()));
    j.pair("verified", o.verify);
    j.key("entry_points").array([&] {
      for (size_t e = 0; e < tercet_artifact_entry_count(a); ++e)
        j.object([&] {
          j.pair("name", tercet_artifact_entry_name(a, e));
          j.key("inputs");
          jsonTensors(j, a, e, false);
          j.key("results");
          jsonTensors(j, a, e, true);
          j.key("limits").array([&] {
            const Program *p = programOf(m, e);
            for (size_t i = 0; i < sizeOf(p->constraints()); ++i)
              j.object([&] {
                const Constraint *c =
                    p->constraints()->Get(static_cast<uint32_t>(i));
                j.pair("expression",
                       expression(p->exprs(), c->expr(), dimNames(*p)));
                j.pair("limit", c->limit());
                j.pair("meaning", text(c->meaning()));
              });
          });
        });
    });
    j.key("targets").array([&] {
      for (const Target *t : *m.targets())
        j.object([&] { jsonTarget(j, m, *t, o); });
    });
    j.key("weights").array([&] {
      for (size_t i = 0; i < sizeOf(m.weights()); ++i)
        j.object([&] {
          const Weight *w = m.weights()->Get(static_cast<uint32_t>(i));
          j.pair("name", text(w->name()));
          j.pair("key", text(w->key()));
          j.pair("dtype", EnumNameDType(w->dtype()));
          j.pair("code", text(w->code()));
          j.pair("sparsity", text(w->sparsity()));
          j.pair("rows", w->rows());
          j.pair("k", w->k());
          j.pair("shape", weightShape(*w));
          j.pair("bytes", w->data()->length());
          j.pair("bits_per_weight", bitsPerWeight(*w));
          j.pair("rebindable", w->rebindable());
        });
    });
    j.key("states").array([&] {
      for (size_t i = 0; i < sizeOf(m.states()); ++i)
        j.object([&] {
          const State *s = m.states()->Get(static_cast<uint32_t>(i));
          j.pair("name", text(s->name()));
          j.pair("dtype", EnumNameDType(s->dtype()));
          j.pair("bytes", s->bytes());
        });
    });
    j.key("segments").array([&] {
      for (size_t i = 0; i < sizeOf(m.segments()); ++i)
        j.object([&] {
          const Segment *s = m.segments()->Get(static_cast<uint32_t>(i));
          j.pair("name", text(s->name()));
          j.pair("offset", s->offset());
          j.pair("length", s->length());
          j.pair("sha256", isEncoded(*s) ? hex(s->digest()) : "");
          if (s->external())
            j.pair("weight_file", text(m.external()->name()));
        });
    });
  });
  return j.text;
}

int inspect(Options o) {
  Runtime rt;
  // Without --verify the weights are not read: listing a large file is instant.
  // Nor is a weight file needed.
  tercet_open_options options = {sizeof options, !o.verify, ""};
  if (o.verify)
    options.weight_file = o.weightFile.empty() ? nullptr : o.weightFile.c_str();
  if (failed(tercet_artifact_open(o.file.c_str(), &options, &rt.artifact)) ||
      (o.verify && failed(tercet_artifact_verify(rt.artifact))))
    return 1;
  const auto *bytes =
      static_cast<const char *>(tercet_artifact_manifest(rt.artifact, nullptr));
  Header h;
  memcpy(&h, bytes - sizeof h, sizeof h);
  const Manifest &m = *GetManifest(bytes);
  o.bytes = reinterpret_cast<const uint8_t *>(bytes - sizeof h);
  if (o.json)
    puts(json(rt.artifact, m, h, o).c_str());
  else
    printText(rt.artifact, m, h, o);
  return fflush(stdout) != 0 || ferror(stdout)
             ? complain("cannot write to the standard output")
             : 0;
}

} // namespace

int main(int argc, char **argv) {
  setToolName("tercet-inspect");
  Options o;
  for (int i = 1; i < argc; ++i) {
    const char *a = argv[i];
    if (!strcmp(a, "--help") || !strcmp(a, "-h")) {
      fputs(kHelp, stdout);
      return 0;
    }
    if (!strcmp(a, "--version")) {
      printf("tercet-inspect %s (format %s)\n", tercet_version(),
             tercet_format_version());
      return 0;
    }
    if (!strcmp(a, "--verify"))
      o.verify = true;
    else if (option(a, "--weight-file", o.weightFile))
      ;
    else if (!strcmp(a, "--kernels"))
      o.kernels = true;
    else if (!strcmp(a, "--plan"))
      o.plan = true;
    else if (!strcmp(a, "--json"))
      o.json = true;
    else if (a[0] == '-')
      return complain(std::string("unknown option ") + a +
                      "; --help lists them");
    else if (o.file.empty())
      o.file = a;
    else
      return complain("one file at a time: " + o.file + " and " + a);
  }
  if (o.file.empty())
    return complain("give a .tercet file; --help shows how");
  return inspect(o);
}
