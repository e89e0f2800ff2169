// `cachectl watch`: prints changes as they come; any task.

import ArgumentParser
import CacheManagerClient
import Console
import Foundation

/// Goes on until a signal ends it, or a failure that waiting cannot mend.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Prints every change of the matching keys as it comes.",
        discussion: """
            One line an event: when it came, what happened, to which key, and the version, the \
            origin and the cause where there are any. It goes on by itself after the server \
            restarts or the network drops, and says on standard error whether something was lost. \
            With --json, objects of the types event, subscribed, progress, reset and draining \
            carry tokens for --since. Ctrl-C ends it with exit code 0.

            EXAMPLES:
              $ cachectl watch 'user:*'
              $ cachectl watch 'user:*' 'session:*' --json
              $ cachectl watch --since "$TOKEN" --heartbeat 10s --json
            """)

    /// What the server does when it is not told.
    private static let defaultHeartbeat = Duration.seconds(30)

    @Argument(help: "Which keys, as for 'keys'; any of them. (default: every key)")
    var patterns: [String] = []

    @Option(
        help: ArgumentHelp("Continue after this token.", valueName: "token"),
        transform: TokenArgument.parse)
    var since: TokenArgument?

    @Option(
        help: ArgumentHelp(
            "How long the stream may be idle, 1s to 1h. (default: 30s)", valueName: "duration"),
        transform: DurationArgument.parse)
    var heartbeat: DurationArgument?

    @Option(
        help: ArgumentHelp("Leave out the events of this writer's --origin-id.", valueName: "id"))
    var skipOrigin: String?

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() async throws {
        // Everything is written as it comes, so that nothing is left to do.
        let signals = EndSignals.handle { _exit(ProgramExit.ok.rawValue) }
        try await options.ask { cache, output in
            let heartbeat = heartbeat?.duration ?? Self.defaultHeartbeat
            var narrator = WatchNarrator(isContinuing: since != nil)
            let events = cache.watch(
                patterns, from: since.map { Invalidations.Position(bytes: $0.bytes) },
                heartbeat: heartbeat, skippingOrigin: skipOrigin)
            for try await event in events {
                if let error = narrator.failure(event) { throw error }
                try show(event, narrator.remark(event), output)
            }
        }
        withExtendedLifetime(signals) {}
    }

    private func show(
        _ event: Invalidations.Event, _ remark: WatchRemark?, _ output: Output
    ) throws(CommandFailure) {
        let answer = WatchAnswer(event, now: CacheInstant(Date()))
        if let answer, output.isJSON || answer.isEvent { try output.show(answer) }
        guard let remark else { return }
        if output.isJSON {
            output.say(JSONLine.text(remark))
        } else {
            output.remark(remark.sentence)
        }
    }
}
