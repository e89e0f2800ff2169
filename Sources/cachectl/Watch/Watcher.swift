// Follows the stream of invalidations through lost connections; one task.

import Foundation
import GRPC
import Messages

/// Prints what the stream says, and connects again whenever it ends.
struct Watcher {
    /// What is asked of the server.
    struct Interest: Sendable {
        /// Globs over whole keys; none: every key.
        var patterns: [String]
        var heartbeat: DurationArgument?
        /// The writer whose changes are left out; empty: nobody's.
        var skippedOrigin: String

        /// A stream that is silent for longer is dead: three heartbeats are missing.
        var silence: Duration { (heartbeat?.duration ?? Self.serverHeartbeat) * 3 }

        /// What the server does when it is not told.
        private static let serverHeartbeat = Duration.seconds(30)
    }

    private let interest: Interest
    private let options: GlobalOptions
    private let output: Output
    private var state: StateMachine

    /// A watcher that continues after the token; empty: from now on.
    init(_ interest: Interest, since token: [UInt8], _ options: GlobalOptions) {
        self.interest = interest
        self.options = options
        output = Output(isJSON: options.json)
        state = StateMachine(since: token)
    }

    /// Watches until a failure that another attempt cannot mend.
    mutating func run() async throws(CommandFailure) {
        while true {
            let failure = await attempt()
            switch state.ended(failure, random: .random(in: 0..<1)) {
            case .giveUp(let failure): throw failure
            case .retry(let pause, let remark):
                say(remark)
                do {
                    try await Task.sleep(for: pause)
                } catch {
                    return  // cancelled: nobody waits for more
                }
            }
        }
    }

    /// One connection, from its beginning to its end.
    private mutating func attempt() async -> CommandFailure {
        do throws(CommandFailure) {
            let cache = try await CacheConnection.open(options)
            let failure = await follow(cache)
            await cache.close()
            return failure
        } catch {
            return error
        }
    }

    /// Reads the stream until it ends; tells why it did.
    private mutating func follow(_ cache: CacheConnection) async -> CommandFailure {
        let silence = SilenceTimer(first: options.callTimeout, limit: interest.silence)
        do {
            let stream = try await open(cache)
            let watchdog = Task { if await silence.wait() { stream.cancel() } }
            defer { watchdog.cancel() }
            while let bytes = try await stream.next() {
                silence.heard()
                let message = try cache.decode(bytes) { WatchMessage($0) }
                try show(message)
                // The server waits for its last stream to leave: going at once lets it go.
                if message.content == .draining { return .ended(cache.server, "it is draining") }
            }
            return .ended(cache.server, "the server ended the stream")
        } catch let failure as CommandFailure {
            return failure
        } catch let status as GRPCStatus {
            if silence.isOver { return .ended(cache.server, "nothing was heard for too long") }
            return status.code == .unavailable
                ? .ended(cache.server, status.message) : .call(cache.server, status)
        } catch {
            preconditionFailure("neither a failure nor a status: \(error)")
        }
    }

    private func open(_ cache: CacheConnection) async throws(GRPCStatus) -> ClientStream {
        let token = state.token
        return try await cache.stream(CacheMethod.streamInvalidations) { arena in
            var request = StreamInvalidationsRequest()
            request.patterns = interest.patterns.map(arena.copy)
            request.resumeToken = arena.copy(token)
            request.heartbeatInterval = interest.heartbeat?.message
            request.skipOriginId = arena.copy(interest.skippedOrigin)
            return request
        }
    }

    private mutating func show(_ message: WatchMessage) throws(CommandFailure) {
        let remark = state.received(message)
        let answers = WatchAnswer.all(of: message, now: Moment(Date()))
        try output.show(output.isJSON ? answers : answers.filter(\.isEvent))
        say(remark)
    }

    private func say(_ remark: WatchRemark?) {
        guard let remark else { return }
        if output.isJSON {
            output.say(JSONLine.text(remark))
        } else {
            output.remark(remark.sentence)
        }
    }
}

extension CommandFailure {
    /// The stream ended, for a reason that goes into "lost the connection: …".
    fileprivate static func ended(_ server: ServerAddress, _ reason: String) -> CommandFailure {
        CommandFailure(
            exit: .unreachable, code: StatusCode.unavailable.name, message: "\(server): \(reason)",
            advice: "try again")
    }
}
