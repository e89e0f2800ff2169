// Lets Swift import protobuf-c; only one target may: see TidyTests.
#include <protobuf-c/protobuf-c.h>
