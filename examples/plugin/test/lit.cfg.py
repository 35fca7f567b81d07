# The plug-in's own tests.
import os

import lit.formats

config.name = "CountWork"
config.test_format = lit.formats.ShTest()
config.suffixes = [".mlir"]
config.substitutions.append(("%plugin", config.plugin))
config.environment["PATH"] = os.pathsep.join(
    [config.tercet_bin, config.llvm_tools, os.environ["PATH"]])
