// One connection to one server: commands in, answers out in the same order; its event loop only.

package import NIOCore

/// A connection that has been greeted. It is never made again: who owns it hears of its end and
/// makes another.
// Used on its event loop only.
package final class RedisConnection: @unchecked Sendable {
    /// Takes an answer.
    package typealias Completion = (Result<RESPValue, RedisError>) -> Void

    /// From the connected socket to the end.
    enum State {
        case greeting
        case open
        case ended(RedisError)
    }

    /// Where it lives.
    package let eventLoop: any EventLoop
    /// The server.
    package let address: RedisAddress
    let configuration: RedisConnectionConfiguration
    /// Succeeds when the server has taken the greeting.
    let ready: EventLoopPromise<Void>
    /// What the server said of itself.
    package internal(set) var greeting = RedisGreeting()
    /// Bytes of all that came.
    package internal(set) var bytesReceived = 0

    private(set) var state = State.greeting
    /// Whether the greeting is on its way: TLS, if there is any, is there.
    private(set) var hasBegun = false
    var pipeline: CommandPipeline
    var parser: RESPParser
    var alarm: Scheduled<Void>?
    var nextProbe = NIODeadline.distantFuture
    /// The time at which the server first seemed stuck.
    var suspectedSince: NIODeadline?
    var takePush: ([RESPValue]) -> Void
    private var tellEnd: (RedisError) -> Void
    private var context: ChannelHandlerContext?

    init(
        eventLoop: any EventLoop, address: RedisAddress,
        configuration: RedisConnectionConfiguration,
        pushed: @escaping ([RESPValue]) -> Void, closed: @escaping (RedisError) -> Void
    ) {
        self.eventLoop = eventLoop
        self.address = address
        self.configuration = configuration
        ready = eventLoop.makePromise()
        parser = RESPParser(limits: configuration.limits.reply)
        pipeline = CommandPipeline(limits: configuration.limits)
        takePush = pushed
        tellEnd = closed
    }

    // MARK: - What there is

    /// Commands without an answer, those that timed out included.
    package var inFlight: Int { pipeline.count }

    /// Bytes that wait for the socket.
    package var queuedBytes: Int { pipeline.queuedBytes }

    /// Bytes of all commands that were sent.
    package var bytesSent: Int { pipeline.bytesSent }

    /// The time of the turn: the clock is read for its first command.
    var turnTime: NIODeadline { pipeline.time { eventLoop.now } }

    /// Whether commands can be sent.
    package var isOpen: Bool { pipeline.isOpen }

    // MARK: - Commands

    /// Sends a command with the others of this turn of the loop.
    ///
    /// - Parameters:
    ///   - command: One with exactly one reply: no SUBSCRIBE, MONITOR, CLIENT REPLY.
    ///   - deadline: When it fails with `timedOut`, give or take a few milliseconds.
    ///   - completion: Called exactly once, on the loop, after `send` has returned. What a server
    ///     refuses is `.success(.error(…))`.
    package func send(
        _ command: RedisCommand, deadline: NIODeadline, _ completion: @escaping Completion
    ) {
        submit(
            command.bytes,
            UnansweredCommand(
                completion: completion, deadline: deadline, expected: .reply(command.expects)))
    }

    /// Takes a command that the server is to get, unless it cannot.
    func submit(_ bytes: ByteBuffer, _ command: UnansweredCommand) {
        eventLoop.assertInEventLoop()
        switch pipeline.add(bytes, command, now: { eventLoop.now }) {
        case .gathered: break
        case .act: act(on: bytes, command.deadline)
        case .refuse(let reason): deliver(reason, to: command)
        }
    }

    /// Takes two commands whose bytes are one, or neither of them; only the second is waited for.
    func submit(_ bytes: ByteBuffer, _ first: UnansweredCommand, _ second: UnansweredCommand) {
        eventLoop.assertInEventLoop()
        if case .refuse(let reason) = pipeline.add(bytes, first, now: { eventLoop.now }) {
            return deliver(reason, to: second)
        }
        _ = pipeline.addUnchecked(ByteBuffer(), second, now: { eventLoop.now })
        act(on: bytes, second.deadline)
    }

    private func deliver(_ reason: CommandPipeline.Refusal, to command: UnansweredCommand) {
        guard let completion = command.completion else { return }
        let refusal = Refusal(error: error(reason), completion: completion)
        eventLoop.execute(refusal.deliver)
    }

    /// Sends a command of the connection's own, whatever its state.
    func submitUnchecked(_ command: RedisCommand, _ completion: @escaping Completion) {
        let unanswered = UnansweredCommand(
            completion: completion, deadline: .distantFuture, expected: .reply(command.expects))
        _ = pipeline.addUnchecked(command.bytes, unanswered, now: { eventLoop.now })
        act(on: command.bytes, .distantFuture)
    }

    private func act(on bytes: ByteBuffer, _ deadline: NIODeadline) {
        setAlarm(deadline)
        if bytes.readableBytes >= CommandPipeline.ownWriteBytes {
            writeGathered()
            pipeline.unwrittenBytes += bytes.readableBytes
            write(bytes)
        } else if pipeline.isFull {
            writeGathered()
        }
        arrangeFlush()
    }

    /// Sends a GET with the others of this turn of the loop.
    ///
    /// - Parameters:
    ///   - run: What takes the answer. It was answered in full, or is the one that is open.
    ///   - stem, rest: The key, in two parts.
    /// - Returns: Why it is not sent; nil: it is.
    @inline(__always)
    func send(
        _ read: ReadRun.Read, in run: ReadRun, stem: UnsafeRawBufferPointer,
        rest: UnsafeRawBufferPointer
    ) -> RedisError? {
        switch pipeline.add(read, to: run, stem: stem, rest: rest, now: { eventLoop.now }) {
        case .gathered: return nil
        case .act:
            setAlarm(read.tryDeadline)
            if pipeline.isFull { writeGathered() }
            arrangeFlush()
            return nil
        case .refuse(let reason): return error(reason)
        }
    }

    private func arrangeFlush() {
        if pipeline.isFlushComing { return }
        pipeline.isFlushComing = true
        // Runs when this turn's other events have been handled, with what they had to send.
        eventLoop.execute { self.flush() }
    }

    private func error(_ refusal: CommandPipeline.Refusal) -> RedisError {
        switch refusal {
        case .tooManyCommands:
            RedisError(
                .overloaded,
                "\(configuration.limits.maxInFlight) commands wait for \(address.place) already; "
                    + "it is slower than what is asked of it")
        case .tooManyBytes(let queued):
            RedisError(
                .overloaded,
                "\(queued) bytes wait for the connection to \(address.place) already; it takes "
                    + "them more slowly than they come")
        case .ended: endedBeforeSending
        }
    }

    private var endedBeforeSending: RedisError {
        guard case .ended(let error) = state, error.code != .closed else {
            return RedisError(.closed, "the connection to \(address.place) was closed here")
        }
        return RedisError(
            .connectFailed,
            "the connection ended before the command was sent: \(error.description)")
    }

    /// Sends now what waits for the end of the turn.
    package func flush() {
        eventLoop.assertInEventLoop()
        guard pipeline.markSent() else { return }
        writeGathered()
        context?.flush()
    }

    private func writeGathered() {
        if let bytes = pipeline.takeGathered() { write(bytes) }
    }

    private func write(_ bytes: ByteBuffer) {
        guard let context else { return }
        let count = bytes.readableBytes
        let written = context.eventLoop.makePromise(of: Void.self)
        // A failure to write ends the channel, which tells why.
        written.futureResult.whenComplete { _ in self.pipeline.unwrittenBytes -= count }
        context.write(NIOAny(bytes), promise: written)
    }

    // MARK: - The channel's events

    func attach(_ context: ChannelHandlerContext) { self.context = context }

    func detach() {
        end(RedisError(.connectionLost, "the connection to \(address.place) was given up"))
        context = nil
    }

    func began() {
        hasBegun = true
        greet()
    }

    func greeted() {
        state = .open
        pipeline.isOpen = true
        beginProbing()
        ready.succeed()
    }

    func read(_ bytes: ByteBuffer) {
        // The flush comes when all that there is to read has been read.
        pipeline.isFlushComing = true
        receive(bytes)
    }

    func readCompleted() { flush() }

    // MARK: - The end

    /// Ends the connection; commands without an answer fail with `closed` (never sent) or
    /// `connectionLost`.
    package func close() {
        eventLoop.assertInEventLoop()
        end(RedisError(.closed, "the connection to \(address.place) was closed here"))
    }

    /// Ends the connection for the reason given, once: tells the owner, then fails what is
    /// unanswered.
    func end(_ error: RedisError) {
        if case .ended = state { return }
        let wasOpen = isOpen
        state = .ended(error)
        alarm?.cancel()
        alarm = nil
        let lost = pipeline.end()
        let (tellEnd, context) = (tellEnd, context)
        self.tellEnd = { _ in }
        takePush = { _ in }
        if wasOpen { tellEnd(error) }
        // A command that was handed to the channel may have been executed.
        let sentError =
            error.code == .closed ? RedisError(.connectionLost, error.description) : error
        let unsentError = endedBeforeSending
        for (completion, wasSent) in lost {
            completion(.failure(wasSent ? sentError : unsentError))
        }
        if !wasOpen { ready.fail(error) }
        context?.close(promise: nil)
    }
}

/// A completion that is called later, with an error.
// Made and called on the same event loop.
private struct Refusal: @unchecked Sendable {
    let error: RedisError
    let completion: RedisConnection.Completion

    @Sendable func deliver() { completion(.failure(error)) }
}
