// How long an entry is to live, for the commands that say so; a value.

import ArgumentParser
import Messages

/// `--ttl` and `--no-expiry`, of which at most one is given.
struct ExpiryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How long the entry lives: 250ms, 30s, 5m, 2h, 1d. (default: as its namespace says)",
            valueName: "duration"),
        transform: DurationArgument.parse)
    var ttl: DurationArgument?

    @Flag(help: "The entry never expires.")
    var noExpiry = false

    func validate() throws {
        if ttl != nil, noExpiry {
            throw ValidationError("--ttl and --no-expiry contradict each other")
        }
    }
}

extension DurationArgument {
    /// The same span in the contract's form.
    var message: ProtoDuration {
        let (seconds, attoseconds) = duration.components
        return ProtoDuration(seconds: seconds, nanos: Int32(attoseconds / 1_000_000_000))
    }
}
