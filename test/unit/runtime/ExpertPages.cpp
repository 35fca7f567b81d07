//===- ExpertPages.cpp - which pages of expert weights a call reads -------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   tercet-expert-pages FILE.tercet
//
// Calls every entry point, which takes tokens [M, K] and the ids [M, k] of
// their experts, with every page of expert weights (three axes) taken away. A
// read of such a page faults; the handler writes the page down and gives it
// back. What was written down has to be the pages of the slices that the ids
// name, no page less and none more; ends with 1 where it is not.
//
// Pages that an expert's slice shares with another weight count as neither. The
// file is placed so that the first expert weight begins with a page.
//
//===----------------------------------------------------------------------===//
#include "tools/ManifestText.h"
#include "tools/RunSupport.h"
#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <sys/mman.h>
#include <unistd.h>

using namespace tercet::schema;
using namespace tercet::tools;

namespace {
/// The memory that the handler watches; a byte for each page: it was read.
uint8_t *memory;
size_t memoryBytes, pageBytes;
uint8_t *touched;

void onFault(int signal, siginfo_t *info, void *) {
  auto *at = static_cast<uint8_t *>(info->si_addr);
  if (at < memory || at >= memory + memoryBytes) {
    // A real one: end as without a handler.
    ::signal(signal, SIG_DFL);
    return;
  }
  size_t page = size_t(at - memory) / pageBytes;
  touched[page] = 1;
  mprotect(memory + page * pageBytes, pageBytes, PROT_READ);
}

/// A weight with a slice for each expert, in bytes of `memory`.
struct Experts {
  std::string name;
  size_t begin, slice, count;
};

std::vector<Experts> findExperts(const tercet_artifact *artifact) {
  std::vector<Experts> found;
  const Manifest *manifest =
      GetManifest(tercet_artifact_manifest(artifact, nullptr));
  for (size_t i = 0; i < sizeOf(manifest->weights()); ++i) {
    const Weight *weight = manifest->weights()->Get(uint32_t(i));
    if (sizeOf(weight->shape()) != 3)
      continue;
    auto *segment = static_cast<const uint8_t *>(
        tercet_artifact_segment(artifact, weight->data()->segment(), nullptr));
    auto count = size_t(weight->shape()->Get(0));
    found.push_back({text(weight->name()),
                     size_t(segment - memory) + weight->data()->offset(),
                     weight->data()->length() / count, count});
  }
  return found;
}

/// Takes the pages away that hold nothing but the weight's bytes.
template <typename F> void forOwnPages(const Experts &e, F f) {
  size_t first = (e.begin + pageBytes - 1) / pageBytes,
         last = (e.begin + e.slice * e.count) / pageBytes;
  for (size_t page = first; page < last; ++page)
    f(page);
}

/// Calls an entry point once and compares; false where a page is wrong.
bool check(const std::string &entry, tercet_session *session,
           HostTensor &tokens, HostTensor &ids,
           const std::vector<Experts> &experts) {
  memset(touched, 0, memoryBytes / pageBytes);
  for (const Experts &e : experts)
    forOwnPages(e, [](size_t page) {
      mprotect(memory + page * pageBytes, pageBytes, PROT_NONE);
    });
  DLTensor in[] = {tokens.view(), ids.view()}, out = {};
  bool bad =
      failed(tercet_session_call(session, entry.c_str(), in, 2, &out, 1));
  mprotect(memory, memoryBytes, PROT_READ);
  if (bad)
    return false;

  auto *begin = static_cast<const int32_t *>(ids.data.get());
  std::set<int32_t> chosen(begin, begin + ids.count());
  size_t bytes = 0, number = 0;
  for (const Experts &e : experts) {
    std::set<size_t> expected, allowed;
    number = 0;
    for (int32_t id : chosen) {
      if (id < 0 || size_t(id) >= e.count) {
        // The slot is dropped; a kernel may multiply with slice 0 all the same.
        for (size_t page = e.begin / pageBytes;
             page * pageBytes < e.begin + e.slice; ++page)
          allowed.insert(page);
        continue;
      }
      ++number;
      size_t first = e.begin + size_t(id) * e.slice;
      for (size_t page = first / pageBytes; page * pageBytes < first + e.slice;
           ++page)
        expected.insert(page);
    }
    size_t missing = 0, more = 0;
    forOwnPages(e, [&](size_t page) {
      if (&e == &experts.front())
        bytes += touched[page] ? pageBytes : 0;
      missing += !touched[page] && expected.count(page);
      more += touched[page] && !expected.count(page) && !allowed.count(page);
    });
    if (missing || more) {
      printf("%s: of %s, %zu pages of chosen experts were not read and %zu "
             "pages of others were\n",
             entry.c_str(), e.name.c_str(), missing, more);
      return false;
    }
  }
  printf("%s: %zu of %zu experts, %zu bytes of %s\n", entry.c_str(), number,
         experts[0].count, bytes, experts[0].name.c_str());
  return true;
}

bool run(tercet_artifact *artifact, tercet_session *session) {
  std::vector<Experts> experts = findExperts(artifact);
  if (experts.empty())
    return complain("the artifact has no experts") == 0;
  std::mt19937 rng(1);
  for (size_t i = 0; i < tercet_artifact_entry_count(artifact); ++i) {
    std::string entry = tercet_artifact_entry_name(artifact, i);
    HostTensor tensors[2];
    for (size_t j = 0; j < 2; ++j) {
      tercet_tensor_info info;
      tercet_artifact_input(artifact, i, j, &info);
      if (!tensors[j].allocate(info.dtype,
                               {info.bounds, info.bounds + info.ndim}))
        return complain("no memory") == 0;
    }
    if (!fill(tensors[0], "random:1", "x", {}))
      return false;
    auto *ids = static_cast<int32_t *>(tensors[1].data.get());
    auto slots = size_t(tensors[1].count());
    // Different experts in every slot, drawn anew; then all slots with one;
    // then none at all.
    std::vector<int32_t> all(experts[0].count);
    for (size_t e = 0; e < all.size(); ++e)
      all[e] = int32_t(e);
    for (int repeat = 0; repeat < 4; ++repeat) {
      std::shuffle(all.begin(), all.end(), rng);
      std::copy_n(all.begin(), slots, ids);
      if (!check(entry, session, tensors[0], tensors[1], experts))
        return false;
    }
    for (int32_t id : {int32_t(all.size()) - 1, -1}) {
      std::fill_n(ids, slots, id);
      if (!check(entry, session, tensors[0], tensors[1], experts))
        return false;
    }
  }
  return true;
}
} // namespace

int main(int argc, char **argv) {
  setToolName("tercet-expert-pages");
  if (argc != 2)
    return complain("name an artifact");
  std::ifstream stream(argv[1], std::ios::binary);
  std::vector<char> file((std::istreambuf_iterator<char>(stream)),
                         std::istreambuf_iterator<char>());
  pageBytes = size_t(sysconf(_SC_PAGESIZE));
  memoryBytes = (file.size() / pageBytes + 2) * pageBytes;
  memory =
      static_cast<uint8_t *>(mmap(nullptr, memoryBytes, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  std::vector<uint8_t> pages(memoryBytes / pageBytes);
  touched = pages.data();
  if (memory == MAP_FAILED)
    return complain("no memory");

  // Once to see where the weights are, once where they begin with a page.
  size_t shift = 0;
  bool good = false;
  for (bool placed : {false, true}) {
    Runtime runtime;
    mprotect(memory, memoryBytes, PROT_READ | PROT_WRITE);
    memcpy(memory + shift, file.data(), file.size());
    tercet_device_options options = {sizeof options, 1};
    if (failed(tercet_artifact_open_memory(memory + shift, file.size(), nullptr,
                                           &runtime.artifact)) ||
        failed(tercet_device_open("cpu", &options, &runtime.device)) ||
        failed(tercet_session_create(runtime.artifact, runtime.device, nullptr,
                                     &runtime.session)))
      return 1;
    std::vector<Experts> experts = findExperts(runtime.artifact);
    if (!placed) {
      shift = experts.empty()
                  ? 0
                  : (pageBytes - experts[0].begin % pageBytes) % pageBytes;
      continue;
    }
    struct sigaction action = {};
    action.sa_sigaction = onFault;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, nullptr);
    sigaction(SIGBUS, &action, nullptr);
    good = run(runtime.artifact, runtime.session);
  }
  return good ? 0 : 1;
}
