// How long an entry is to live, for the commands that say so; a value.

import ArgumentParser
import CacheManagerClient
import Console

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

    /// What was given.
    var timeToLive: TimeToLive {
        if let ttl { return .after(ttl.duration) }
        return noExpiry ? .never : .standard
    }

    func validate() throws {
        if ttl != nil, noExpiry {
            throw ValidationError("--ttl and --no-expiry contradict each other")
        }
    }
}
