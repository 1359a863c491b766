// The entry of voronode_tests. `voronode_tests --help` tells how to choose test cases.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
