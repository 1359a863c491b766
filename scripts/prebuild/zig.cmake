# A CMake toolchain file: zig's C++ compiler (clang, with libc++ linked statically) for one target. prebuild.mjs sets the
# environment; CMake reads this file anew for each of its trial builds, which see the environment but no variables.
#
#   VORONODE_ZIG             the program
#   VORONODE_ZIG_TARGET      what to build for, in zig's words: x86_64-linux-gnu.2.28
#   VORONODE_ZIG_SYSTEM      the same in CMake's: Linux, Windows, Darwin
#   VORONODE_ZIG_PROCESSOR   and: x86_64, aarch64
set(CMAKE_SYSTEM_NAME $ENV{VORONODE_ZIG_SYSTEM})
set(CMAKE_SYSTEM_PROCESSOR $ENV{VORONODE_ZIG_PROCESSOR})
set(CMAKE_CXX_COMPILER $ENV{VORONODE_ZIG} c++ -target $ENV{VORONODE_ZIG_TARGET})
