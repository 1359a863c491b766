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
  return [this, listener](size_t run, size_t iteration, const ClusteringIteration& found) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      reports_.push_back({run, iteration, found});
    }
    listener->news();
  };
}

void Progress::tell(Napi::Env env) {
  std::vector<Report> reports;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    reports = std::exchange(reports_, {});
  }
  for (const Report& report : reports) {
    const auto number = [env](double value) { return Napi::Number::New(env, value); };
    function_.Call(env.Undefined(), {number(static_cast<double>(report.run)),
                                     number(static_cast<double>(report.iteration)), number(report.found.objective),
                                     number(report.found.imbalance), number(static_cast<double>(report.found.splits))});
  }
}

}  // namespace voronode
