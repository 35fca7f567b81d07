//===- ExternalTool.cpp - disassemblers, where there are any --------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/inspect/ExternalTool.h"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace tercet::tools;

extern char **environ;

static std::string getEnv(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

static bool canRun(const std::string &path) {
  return access(path.c_str(), X_OK) == 0;
}

static std::string inPath(const std::string &name) {
  std::string path = getEnv("PATH");
  for (size_t at = 0; at <= path.size();) {
    size_t end = std::min(path.find(':', at), path.size());
    std::string file = path.substr(at, end - at) + "/" + name;
    if (end > at && canRun(file))
      return file;
    at = end + 1;
  }
  return "";
}

static std::vector<std::string> folderNames(const std::string &folder) {
  std::vector<std::string> names;
  if (DIR *dir = opendir(folder.c_str())) {
    while (dirent *entry = readdir(dir))
      if (entry->d_name[0] != '.')
        names.push_back(entry->d_name);
    closedir(dir);
  }
  std::sort(names.rbegin(), names.rend());
  return names;
}

/// PREFIX/lib/python3*/site-packages/nvidia/*/bin/NAME, the newest.
static std::string inPython(const std::string &prefix,
                            const std::string &name) {
  for (const char *lib : {"/lib", "/lib64", "/local/lib"})
    for (const std::string &python : folderNames(prefix + lib)) {
      if (python.compare(0, 7, "python3") != 0)
        continue;
      for (const char *packages : {"/site-packages", "/dist-packages"}) {
        std::string vendor = prefix + lib + "/" + python + packages + "/nvidia";
        for (const std::string &package : folderNames(vendor)) {
          std::string file = vendor + "/" + package + "/bin/" + name;
          if (canRun(file))
            return file;
        }
      }
    }
  return "";
}

std::string tercet::tools::findNvdisasm() {
  static const char name[] = "nvdisasm";
  std::string wanted = getEnv("TERCET_NVDISASM");
  if (!wanted.empty())
    return wanted == "none" ? "" : wanted;
  std::string found = inPath(name);
  for (const std::string &root :
       {getEnv("CUDA_HOME"), std::string("/usr/local/cuda")})
    if (found.empty() && !root.empty() && canRun(root + "/bin/" + name))
      found = root + "/bin/" + name;
  std::string home = getEnv("HOME");
  for (const std::string &prefix :
       {getEnv("VIRTUAL_ENV"), home.empty() ? home : home + "/.local",
        std::string("/usr/local"), std::string("/usr")})
    if (found.empty() && !prefix.empty())
      found = inPython(prefix, name);
  return found;
}

std::string tercet::tools::findObjdump() {
  std::string wanted = getEnv("TERCET_OBJDUMP");
  if (!wanted.empty())
    return wanted == "none" ? "" : wanted;
#ifdef TERCET_LLVM_TOOLS
  if (canRun(TERCET_LLVM_TOOLS "/llvm-objdump"))
    return TERCET_LLVM_TOOLS "/llvm-objdump";
#endif
  std::string found = inPath("llvm-objdump-22");
  return found.empty() ? inPath("llvm-objdump") : found;
}

namespace {
/// A folder of its own that goes with the object.
struct TemporaryFolder {
  std::string path;
  std::vector<std::string> files;
  TemporaryFolder() {
    std::string base = getEnv("TMPDIR");
    path = (base.empty() ? "/tmp" : base) + "/tercet-inspect-XXXXXX";
    if (!mkdtemp(path.data()))
      path.clear();
  }
  ~TemporaryFolder() {
    for (const std::string &file : files)
      unlink(file.c_str());
    if (!path.empty())
      rmdir(path.c_str());
  }
  std::string file(const char *name) {
    files.push_back(path + "/" + name);
    return files.back();
  }
};
} // namespace

static bool write(const std::string &path, Bytes bytes) {
  FILE *file = fopen(path.c_str(), "wb");
  if (!file)
    return false;
  bool done = fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
  return (fclose(file) == 0) && done;
}

static std::string readAll(const std::string &path) {
  std::string text;
  if (FILE *file = fopen(path.c_str(), "rb")) {
    char buffer[16384];
    while (size_t n = fread(buffer, 1, sizeof buffer, file))
      text.append(buffer, n);
    fclose(file);
  }
  return text;
}

std::string tercet::tools::runOnFile(const std::string &tool,
                                     const std::vector<std::string> &arguments,
                                     Bytes code, std::string &error) {
  TemporaryFolder folder;
  std::string input, output, said;
  if (!folder.path.empty()) {
    input = folder.file("code");
    output = folder.file("out");
    said = folder.file("err");
  }
  if (folder.path.empty() || !write(input, code)) {
    error = "cannot write a temporary file for '" + tool +
            "'; TMPDIR names another folder";
    return "";
  }
  std::vector<std::string> words = {tool};
  words.insert(words.end(), arguments.begin(), arguments.end());
  words.push_back(input);
  std::vector<char *> argv;
  argv.reserve(words.size() + 1);
  for (std::string &word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, output.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&files, 2, said.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child = 0;
  int status = 0;
  int failed =
      posix_spawn(&child, tool.c_str(), &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  while (!failed && waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      failed = errno;
  if (failed) {
    error = "cannot run '" + tool + "': " + strerror(failed);
    return "";
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return readAll(output);
  if (WIFEXITED(status)) {
    std::string text = readAll(said);
    if (size_t first = text.find_first_not_of(" \t\n");
        first != std::string::npos)
      text = text.substr(first);
    text = text.substr(0, text.find('\n'));
    for (size_t at; (at = text.find(input)) != std::string::npos;)
      text.replace(at, input.size(), "the code");
    error =
        "'" + tool + "' refuses the code" + (text.empty() ? "" : ": " + text);
  } else
    error = "'" + tool + "' ended abnormally; it may be older than the chip";
  return "";
}
