// What belongs to the process rather than to an index: tokens, what selectors are shared by, threads, SIMD targets.
#include <vector>

#include "base/staging.h"
#include "base/thread_pool.h"
#include "binding/args.h"
#include "binding/arrays.h"
#include "binding/call.h"
#include "binding/exports.h"
#include "binding/fault.h"
#include "binding/selector_arg.h"
#include "kernels/kernels.h"

namespace voronode {
namespace {

napi_value token(const Call& call) {
  const auto chosen = [&](const char* name, size_t i) {
    return !is_undefined(call.env, call[i]) && boolean_arg(call.env, name, call[i]);
  };
  return new_token(call.env, chosen("background", 0), chosen("transfer", 1));
}

napi_value cancel(const Call& call) {
  call.environment.jobs.fire(call.env, token_of(call.env, call[0]));
  return call.env.Undefined();
}

// The operation that is begun with this token is timed.
napi_value time_operation(const Call& call) {
  token_of(call.env, call[0])->timed = true;
  return call.env.Undefined();
}

// { merged, queuedMs, runMs } of the operation with this token; undefined unless it was timed, ran, and is settled.
napi_value run_times(const Call& call) {
  const RunTimes& times = token_of(call.env, call[0])->times;
  if (times.calls == 0) return call.env.Undefined();
  return object_with(call.env, {property("merged", Napi::Number::New(call.env, static_cast<double>(times.calls))),
                                property("queuedMs", Napi::Number::New(call.env, times.queued_ms)),
                                property("runMs", Napi::Number::New(call.env, times.run_ms))});
}

napi_value sharing(const Call& call) { return new_sharing(call.env); }

napi_value threads(const Call& call) {
  return Napi::Number::New(call.env, static_cast<double>(ThreadPool::instance().threads()));
}

napi_value set_threads(const Call& call) {
  ThreadPool::instance().set_threads(
      static_cast<size_t>(integer_arg(call.env, "n", call[0], 1, ThreadPool::kMaxThreads)));
  return call.env.Undefined();
}

// An array of numbers: ThreadPool::Counts, in the order of its members, and what the staging pool keeps.
napi_value task_counts(const Call& call) {
  const ThreadPool::Counts counts = ThreadPool::instance().counts();
  const Napi::Array out = Napi::Array::New(call.env, 5);
  const double values[] = {static_cast<double>(counts.tasks), static_cast<double>(counts.joined),
                           static_cast<double>(counts.passed), static_cast<double>(counts.waiting),
                           static_cast<double>(StagingPool::instance().kept_bytes())};
  for (uint32_t i = 0; i < 5; ++i) out.Set(i, Napi::Number::New(call.env, values[i]));
  return out;
}

napi_value simd_target(const Call& call) { return Napi::String::New(call.env, kernels().name); }

napi_value simd_targets(const Call& call) {
  std::vector<const Kernels*> tables(runnable_targets(nullptr, 0));
  runnable_targets(tables.data(), tables.size());
  const Napi::Array names = Napi::Array::New(call.env, tables.size());
  for (size_t i = 0; i < tables.size(); ++i)
    names.Set(static_cast<uint32_t>(i), Napi::String::New(call.env, tables[i]->name));
  return names;
}

#if defined(VORONODE_TEST_HOOKS)
// throwAt(place, what): 1 entry, 2 execute, 3 finish; 0 bad_alloc, 1 runtime_error, 2 int. throwAt(0, 0) disarms.
napi_value throw_at(const Call& call) {
  const uint64_t place = integer_arg(call.env, "place", call[0], 0, 3);
  armed_fault.thrown = static_cast<Thrown>(integer_arg(call.env, "what", call[1], 0, 2));
  armed_fault.place = static_cast<int>(place);
  return call.env.Undefined();
}
#endif

constexpr Export kExports[] = {
    {"token", entry<token>},
    {"cancel", entry<cancel>},
    {"timeOperation", entry<time_operation>},
    {"runTimes", entry<run_times>},
    {"sharing", entry<sharing>},
    {"threads", entry<threads>},
    {"setThreads", entry<set_threads>},
    {"taskCounts", entry<task_counts>},
    {"simdTarget", entry<simd_target>},
    {"simdTargets", entry<simd_targets>},
#if defined(VORONODE_TEST_HOOKS)
    {"throwAt", entry<throw_at>},
#endif
};

}  // namespace

std::span<const Export> process_exports() noexcept { return kExports; }

}  // namespace voronode
