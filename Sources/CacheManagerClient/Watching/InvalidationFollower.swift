// Follows the stream of invalidations through lost connections; one task at a time.

import GRPC
import Messages

/// The stream of one iteration: opened when it is wanted, again when it ends, left with its owner.
final class InvalidationFollower {
    /// A stream that is open, and who watches over its silence.
    private struct Open {
        let stream: ClientStream
        /// Kept, for the connections of a channel that nobody holds are closed.
        let channel: ClientChannel
        let silence: SilenceTimer
        let watchdog: Task<Void, Never>
    }

    /// So many heartbeats must be missing before a stream counts as dead.
    private static let missedHeartbeats = 3

    private let watch: Invalidations
    private var state: Invalidations.StateMachine
    private var open: Open?
    /// What was read and not handed on yet, the next one last.
    private var pending: [Invalidations.Event] = []
    /// How long to wait before the next attempt.
    private var pause: Duration?
    private var isOver = false

    init(_ watch: Invalidations) {
        self.watch = watch
        state = Invalidations.StateMachine(since: watch.start?.bytes ?? [])
    }

    deinit { leave() }

    /// The next event; nil once it is over.
    func next(
        isolation actor: isolated (any Actor)?
    ) async throws(CacheError) -> Invalidations.Event? {
        while !isOver {
            if let event = pending.popLast() { return event }
            do throws(CacheError) {
                try await read(isolation: actor)
            } catch {
                try recover(from: error)
            }
        }
        return nil
    }

    /// Reads one message, from a new stream if there is none. Throws how the stream ended.
    private func read(isolation actor: isolated (any Actor)?) async throws(CacheError) {
        if let pause {
            self.pause = nil
            guard await watch.client.core.closing.pause(pause) else {
                isOver = true
                return
            }
        }
        let isNew = open == nil
        let open = try await connected(isolation: actor)
        open.silence.startWaiting(atMost: isNew ? watch.client.timeout : nil)
        let bytes: [UInt8]?
        do throws(GRPCStatus) {
            bytes = try await open.stream.next()
        } catch {
            guard open.silence.isOver else { throw CacheError(error) }
            watch.client.core.abandon(open.channel)
            throw CacheError(.unavailable, "nothing was heard for too long")
        }
        open.silence.stopWaiting()
        guard let bytes else {
            throw CacheError(.unavailable, "the server ended the stream")
        }
        let message = try ClientCore.decode(bytes) {
            (response: StreamInvalidationsResponse) throws(CacheError) in WatchMessage(response)
        }
        state.received(message)
        pending = message.events.reversed()
        // The server waits for its last stream to leave: going at once lets it go.
        if message.content == .draining {
            try recover(from: CacheError(.unavailable, "the server is draining"))
        }
    }

    private func connected(isolation actor: isolated (any Actor)?) async throws(CacheError) -> Open
    {
        if let open { return open }
        let request = try ClientCore.encode { arena in
            var request = StreamInvalidationsRequest()
            request.patterns = watch.patterns.map(arena.copy)
            request.resumeToken = arena.copy(state.token)
            request.heartbeatInterval = watch.heartbeat.message
            request.skipOriginId = arena.copy(watch.skippedOrigin)
            return request
        }
        let channel = watch.client.core.channel
        let stream: ClientStream
        do throws(GRPCStatus) {
            stream = try await watch.client.core.stream(
                .streamInvalidations, request, on: channel, waitForReady: state.isLost)
        } catch {
            throw CacheError(error)
        }
        let silence = SilenceTimer(limit: watch.heartbeat * Self.missedHeartbeats)
        let watchdog = Task { if await silence.watch() { stream.cancel() } }
        let made = Open(
            stream: stream, channel: channel, silence: silence, watchdog: watchdog)
        open = made
        return made
    }

    /// The stream has ended: tells so, and has the next attempt wait. Throws what another one
    /// cannot mend.
    private func recover(from error: CacheError) throws(CacheError) {
        leave()
        let closing = watch.client.core.closing
        if Task.isCancelled || closing.isClosed {
            isOver = true
            return
        }
        switch state.ended(error, random: .random(in: 0..<1)) {
        case .giveUp(let error):
            isOver = true
            throw error
        case .retry(let pause, let loss):
            self.pause = pause
            // Told before the pause, which the next call waits for, if there is one.
            guard let loss else { return }
            pending = [Invalidations.Event(content: .state(.lost(loss)), position: nil)]
        }
    }

    private func leave() {
        open?.watchdog.cancel()
        open?.stream.cancel()
        open = nil
    }
}
