#include "binding/progress.h"

#include <utility>

#include "binding/args.h"

namespace voronode {

Progress::Progress(const Call& call, size_t at) {
  if (call.sync || is_undefined(call.env, call[at])) return;
  const Napi::Value value(call.env, call[at]);
  if (!value.IsFunction()) throw wrong_type(call.env, "progress", "of type function", value);
  function_ = Napi::Persistent(value.As<Napi::Function>());
}

ClusteringProgress Progress::sink(Listener* listener) {
  if (function_.IsEmpty() || listener == nullptr) return nullptr;
  return [this, listener](const ClusteringStep& step) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      reports_.push_back(step);
    }
    listener->news();
  };
}

void Progress::tell(Napi::Env env) {
  std::vector<ClusteringStep> reports;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    reports = std::exchange(reports_, {});
  }
  for (const ClusteringStep& report : reports) {
    const auto number = [env](double value) { return Napi::Number::New(env, value); };
    const auto count = [number](size_t value) { return number(static_cast<double>(value)); };
    const auto& [run, runs, iteration, iterations, found] = report;
    function_.Call(env.Undefined(), {count(run), count(runs), count(iteration), count(iterations),
                                     number(found.objective), number(found.imbalance), count(found.splits)});
  }
}

}  // namespace voronode
