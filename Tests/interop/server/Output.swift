// What the C library offers to say something at once; any thread.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Hands on what was printed.
func flushOutput() { fflush(nil) }
