# The addon through node-gyp, for machines without CMake. Flags follow CMakeLists.txt; the sources are computed by the rule
# that it follows too (scripts/sources.mjs), so nothing is listed here.
{
  "targets": [
    {
      "target_name": "voronode",
      "sources": ["<!@(node scripts/sources.mjs --print)"],
      "include_dirs": ["native", "<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": [
        "NAPI_VERSION=9",
        "NODE_ADDON_API_CPP_EXCEPTIONS",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
        "NDEBUG"
      ],
      "cflags!": ["-fno-omit-frame-pointer"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++14", "-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": [
        "-std=c++20",
        "-fexceptions",
        "-frtti",
        "-O3",
        "-ffp-contract=off",
        "-fno-math-errno",
        "-fvisibility=hidden",
        "-fvisibility-inlines-hidden",
        "-Wall",
        "-Wextra",
        "-Wno-uninitialized",
        "-Wno-restrict"
      ],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
        "CLANG_CXX_LIBRARY": "libc++",
        "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
        "GCC_ENABLE_CPP_RTTI": "YES",
        "GCC_OPTIMIZATION_LEVEL": "3",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
        "OTHER_CPLUSPLUSFLAGS": ["-ffp-contract=off", "-fno-math-errno"]
      },
      "msvs_settings": {
        "VCCLCompilerTool": {
          "ExceptionHandling": 1,
          "RuntimeTypeInfo": "true",
          "FloatingPointModel": 0,
          "AdditionalOptions": ["/std:c++20", "/utf-8", "/bigobj"]
        }
      },
      "conditions": [
        ["OS=='win'", {"defines": ["NOMINMAX", "WIN32_LEAN_AND_MEAN", "_USE_MATH_DEFINES"]}],
        ["OS=='linux'", {
          "ldflags": [
            "-Wl,--version-script=<(module_root_dir)/native/binding/exports.map",
            "-Wl,--gc-sections",
            "-static-libstdc++",
            "-static-libgcc"
          ]
        }]
      ]
    }
  ]
}
