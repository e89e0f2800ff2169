// What load is asked for on the command line; a value.

import ArgumentParser
import CacheManagerClient
import Console

/// The options that make a plan.
struct LoadOptions: ParsableArguments {
    @Option(help: "How many connections, up to 1,000.")
    var connections = 1

    @Option(help: "How many calls at once on each connection, up to 1,000.")
    var streams = 16

    @Option(
        help: ArgumentHelp(
            "Calls per second, all together. (default: as many as are answered)",
            valueName: "calls"))
    var rate: Double?

    @Option(
        help: ArgumentHelp("How long. (default: 10s)", valueName: "duration"),
        transform: DurationArgument.parse)
    var duration: DurationArgument?

    @Option(help: "How many different keys, up to 10,000,000.")
    var keys = 10_000

    @Option(help: ArgumentHelp("The size of each value, up to 16 MiB.", valueName: "bytes"))
    var valueSize = 100

    @Option(help: ArgumentHelp("The share of reads, 0 to 1.", valueName: "share"))
    var reads = 0.9

    @Option(
        help: ArgumentHelp(
            "Zipf's exponent, 0 to 10: 0 draws all keys alike.", valueName: "exponent"))
    var zipf = 0.99

    @Option(
        help: ArgumentHelp(
            "How long what is written lives. (default: as its namespace says)",
            valueName: "duration"),
        transform: DurationArgument.parse)
    var ttl: DurationArgument?

    @Option(
        help: ArgumentHelp(
            "What keys begin with; its part before a : is their namespace.", valueName: "text"))
    var prefix = "load:"

    @Flag(help: "Write every key before the measurement.")
    var fill = false

    mutating func validate() throws {
        func check(_ holds: Bool, _ sentence: String) throws {
            if !holds { throw ValidationError(sentence) }
        }
        try check((1...1_000).contains(connections), "--connections must be 1 to 1000")
        try check((1...1_000).contains(streams), "--streams must be 1 to 1000")
        try check((1...10_000_000).contains(keys), "--keys must be 1 to 10000000")
        try check((0...16 << 20).contains(valueSize), "--value-size must be 0 to 16777216")
        try check((0...1).contains(reads), "--reads must be 0 to 1")
        try check((0...10).contains(zipf), "--zipf must be 0 to 10")
        if let rate { try check((0.001...1e8).contains(rate), "--rate must be 0.001 to 100000000") }
        let longest = Duration.seconds(7 * 86_400)
        if let duration = duration?.duration {
            try check(
                duration > .zero && duration <= longest,
                "--duration must be more than zero, up to 7d")
        }
    }

    /// The plan that these options make.
    var plan: LoadPlan {
        LoadPlan(
            connections: connections, streams: streams, rate: rate,
            duration: duration?.duration ?? .seconds(10), keys: keys, valueBytes: valueSize,
            reads: reads, zipf: zipf, ttl: ttl.map { .after($0.duration) } ?? .standard,
            prefix: prefix, isFilled: fill)
    }
}
