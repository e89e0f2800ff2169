// Owns how a target reports what must not be: a sentence, and the end of the process.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Ends the process unless `holds`; libFuzzer then keeps the input.
func promise(_ holds: Bool, _ sentence: @autoclosure () -> String) {
    if holds { return }
    print("BROKEN PROMISE: \(sentence())")
    fflush(nil)
    abort()
}
