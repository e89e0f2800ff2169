// Lets Swift import nghttp2; only one target may: see TidyTests.
#include <nghttp2/nghttp2.h>
