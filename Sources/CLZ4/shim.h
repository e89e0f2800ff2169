// Lets Swift import LZ4's blocks; only one target may: see TidyTests.
#include <lz4.h>
