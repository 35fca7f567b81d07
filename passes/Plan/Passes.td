//===- Passes.td - from kernels to the plan --------------------*- tablegen -*-===//
#ifndef TERCET_PASSES_PLAN_PASSES
#define TERCET_PASSES_PLAN_PASSES

include "mlir/Pass/PassBase.td"

def BuildPlan : Pass<"build-plan", "::mlir::ModuleOp"> {
  let summary = "entry functions to plan programs";
  let description = [{
    Turns every entry function of a target's module into a `plan.program`:
    dispatches in program order, barriers where a command reads what the ones
    since the last barrier wrote, results in the output buffers or in one arena
    whose offsets are planned for the bounds, so that buffers that are not alive
    at the same time share memory.
  }];
  let dependentDialects = ["::tercet::plan::PlanDialect"];
  let statistics = [
    Statistic<"arenaBytes", "arena-bytes", "bytes of the arenas at the bounds">,
    Statistic<"unsharedBytes", "unshared-bytes", "what they would be without sharing">];
}

#endif
