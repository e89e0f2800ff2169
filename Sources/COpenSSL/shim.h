// Lets Swift import OpenSSL; only one target may: see TidyTests.
#include <openssl/err.h>
#include <openssl/rand.h>
