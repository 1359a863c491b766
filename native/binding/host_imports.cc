// On Windows, Node-API's functions as the program that loads the addon has them, whatever its name. An import library
// would bind them to `node.exe`, and no Electron, Bun or renamed Node would load the addon.
//
// A call of a function that is declared as imported goes through the pointer `__imp_<function>`, which the linker makes
// from an import library. Here they are plain variables, filled before anything calls. CMakeLists.txt says when; builds
// through cmake-js or node-gyp bring a hook of their own to the same end.
#ifdef VORONODE_HOST_IMPORTS
#include <node_api.h>
#include <windows.h>

namespace {

// In place of a function that the program lacks, as one that is no Node does: every call of it fails, as a status says.
INT_PTR absent() { return napi_generic_failure; }

FARPROC in_host(const char* name) {
  const HMODULE library = GetModuleHandleW(L"libnode.dll");  // of a Node built as a library
  const FARPROC found = GetProcAddress(library ? library : GetModuleHandleW(nullptr), name);
  return found ? found : reinterpret_cast<FARPROC>(absent);
}

}  // namespace

#define NODE_API(function) extern "C" FARPROC __imp_##function = in_host(#function);
#include "binding/node_api_functions.inc"
#endif
