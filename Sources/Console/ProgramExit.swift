// What the exit codes mean; constants.

/// How the program ends, for scripts.
package enum ProgramExit: Int32, Sendable {
    /// Done.
    case ok = 0
    /// A miss, or a condition that was not met.
    case unmet = 1
    /// A wrong command line, or a local file that cannot be used.
    case usage = 2
    /// Nobody answers at the server's address, or it is going away.
    case unreachable = 3
    /// The server answered with an error, or not in time.
    case refused = 4
}

extension ProgramExit: Comparable {
    /// The worse of two outcomes has the higher code.
    package static func < (left: ProgramExit, right: ProgramExit) -> Bool {
        left.rawValue < right.rawValue
    }
}
