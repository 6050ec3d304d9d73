// A member function bound to an object, in two words: what the kit calls when something happens. Copies freely,
// never allocates, never owns: the object is the one that owns the timer, watch or hook, and so outlives it.
#pragma once

#include "ngx/ngx.hpp"

namespace tribute::ngx {

template <class... Args>
class Callback {
 public:
  constexpr Callback() noexcept = default;

  /// Callback<>::of<&Owner::on_tick>(this)
  template <auto Method, class T>
  static constexpr Callback of(T* object) noexcept {
    return Callback(object, [](void* o, Args... args) { (static_cast<T*>(o)->*Method)(args...); });
  }

  constexpr explicit operator bool() const noexcept { return call_ != nullptr; }
  void operator()(Args... args) const {
    if (call_ != nullptr) call_(object_, args...);
  }

 private:
  using Call = void (*)(void*, Args...);
  constexpr Callback(void* object, Call call) noexcept : object_(object), call_(call) {}

  void* object_ = nullptr;
  Call call_ = nullptr;
};

}  // namespace tribute::ngx
