// What a connection has been given to send and has not had answered; a value, one event loop.

import NIOCore

/// A command whose answer has not come.
struct UnansweredCommand {
    /// What the server says to a command.
    enum Expected {
        /// One reply of these kinds.
        case reply(RESPShapes)
        /// One push for each channel, or an error.
        case confirmations(ChannelConfirmations)
        /// The answers of a run, which takes them itself: there is no completion.
        case reads(ReadRun)
    }

    /// Takes the answer; nil: it came too late for whoever asked.
    var completion: RedisConnection.Completion?
    let deadline: NIODeadline
    var sent = NIODeadline.uptimeNanoseconds(0)
    let expected: Expected

    fileprivate func takeCompletions() -> [RedisConnection.Completion] {
        if case .reads(let run) = expected { return run.takeAll() }
        return completion.map { [$0] } ?? []
    }
}

/// Commands in their order, first gathered, then sent, then answered.
struct CommandPipeline {
    /// A command of at least so many bytes is written by itself: a write costs less than its copy.
    static let ownWriteBytes = 16 << 10
    /// From here on what has been gathered is written before the turn ends.
    private static let fullBytes = 64 << 10

    /// What the connection has to do about a command that it was given.
    enum Step {
        /// Nothing more: the turn's flush takes it along.
        case gathered
        /// Write it, arrange for the flush, set the alarm, whatever of it is needed.
        case act
        case refuse(Refusal)
    }

    /// Why a command is not taken.
    enum Refusal {
        case tooManyCommands
        case tooManyBytes(queued: Int)
        case ended
    }

    private let maxCommands: Int
    private let maxQueuedBytes: Int
    private let stuckAfter: TimeAmount

    /// Whether commands are taken.
    var isOpen = false
    /// Whether the turn ends with a flush anyway.
    var isFlushComing = false
    /// When the alarm is set to.
    var alarmTime = NIODeadline.distantFuture
    /// The time of the turn.
    private(set) var now = NIODeadline.uptimeNanoseconds(0)
    /// When an answer, or a part of one, came last.
    private var lastProgress = NIODeadline.uptimeNanoseconds(0)
    private(set) var bytesSent = 0
    /// How many commands have been answered.
    var answered = 0
    /// Bytes that the channel has taken and not written.
    var unwrittenBytes = 0
    var commands = CircularBuffer<UnansweredCommand>()
    /// How many of the last commands have not been handed to the channel.
    var unsent = 0
    /// How many answers are missing.
    var count = 0
    /// The run that is the last command and can grow, and the one whose answers come next.
    var openRun: ReadRun?
    var firstRun: ReadRun?
    var gathered = ByteBuffer()
    private var isGatheredTaken = true

    init(limits: RedisConnectionLimits) {
        maxCommands = limits.maxInFlight
        maxQueuedBytes = limits.maxQueuedBytes
        stuckAfter = TimeAmount(limits.stuckAfter)
    }

    // MARK: - Sending

    var queuedBytes: Int { gatheredBytes + unwrittenBytes }

    private var gatheredBytes: Int { isGatheredTaken ? 0 : gathered.readableBytes }

    /// Takes a command, unless that would break a bound.
    mutating func add(
        _ bytes: ByteBuffer, _ command: UnansweredCommand, now: () -> NIODeadline
    ) -> Step {
        if let refusal = refusal(bytes: bytes.readableBytes) { return .refuse(refusal) }
        return addUnchecked(bytes, command, now: now)
    }

    /// Why a command of so many bytes is not taken; nil: it is.
    @inline(__always)
    func refusal(bytes: Int) -> Refusal? {
        guard isOpen else { return .ended }
        guard count < maxCommands else { return .tooManyCommands }
        let queued = queuedBytes
        return queued == 0 || queued + bytes <= maxQueuedBytes ? nil : .tooManyBytes(queued: queued)
    }

    /// Takes a command of the connection's own.
    mutating func addUnchecked(
        _ bytes: ByteBuffer, _ command: UnansweredCommand, now clock: () -> NIODeadline
    ) -> Step {
        append(command, now: clock)
        count += 1
        openRun = nil
        let isLarge = bytes.readableBytes >= Self.ownWriteBytes
        if !isLarge {
            beginGathering()
            gathered.writeImmutableBuffer(bytes)
        }
        return added(bytes: bytes.readableBytes, command.deadline, isLarge: isLarge)
    }

    mutating func append(_ command: UnansweredCommand, now clock: () -> NIODeadline) {
        var command = command
        command.sent = time(clock)
        commands.append(command)
        unsent += 1
    }

    /// What is to be done now that a command was added.
    @inline(__always)
    mutating func added(bytes: Int, _ deadline: NIODeadline, isLarge: Bool) -> Step {
        bytesSent += bytes
        let isEarly = deadline < alarmTime || now + stuckAfter < alarmTime
        let isFull = isLarge || gathered.readableBytes >= Self.fullBytes
        return isFlushComing && !isEarly && !isFull ? .gathered : .act
    }

    /// The time of the turn.
    @inline(__always)
    mutating func time(_ clock: () -> NIODeadline) -> NIODeadline {
        if unsent == 0 { now = clock() }
        return now
    }

    /// Makes `gathered` ready to be written to.
    @inline(__always)
    mutating func beginGathering() {
        guard isGatheredTaken else { return }
        // Uses the same memory again once the channel has let go of it, or else other memory.
        gathered.clear()
        isGatheredTaken = false
    }

    /// What has been gathered, to be written; nil: nothing.
    mutating func takeGathered() -> ByteBuffer? {
        if isGatheredTaken { return nil }
        isGatheredTaken = true
        unwrittenBytes += gathered.readableBytes
        return gathered
    }

    /// What has been gathered is full.
    var isFull: Bool { gatheredBytes >= Self.fullBytes }

    /// Everything has been handed to the channel; false: there was nothing.
    mutating func markSent() -> Bool {
        isFlushComing = false
        openRun = nil
        defer { unsent = 0 }
        return unsent > 0
    }

    // MARK: - Answers

    /// The command whose answer comes next. Answers to what was not sent are none.
    var first: UnansweredCommand? { commands.count > unsent ? commands.first : nil }

    mutating func popFirst() -> UnansweredCommand? {
        guard commands.count > unsent else { return nil }
        answered &+= 1
        count -= 1
        return removeFirst()
    }

    mutating func putBack(_ command: UnansweredCommand) {
        commands.prepend(command)
        firstRun = nil
        count += 1
    }

    // MARK: - Time

    /// When the connection becomes stuck, if no answer comes; nil: none is awaited.
    var stuckTime: NIODeadline? { commands.first.map { max($0.sent, lastProgress) + stuckAfter } }

    mutating func noteProgress(_ now: NIODeadline) { lastProgress = now }

    /// The alarm rang.
    mutating func beginTurn(_ now: NIODeadline) {
        self.now = now
        alarmTime = .distantFuture
    }

    /// Takes the completions of those that are overdue. Their places stay, because their answers
    /// will come.
    mutating func takeOverdue() -> [RedisConnection.Completion] {
        var overdue: [RedisConnection.Completion] = []
        for index in commands.indices {
            if case .reads(let run) = commands[index].expected {
                overdue += run.takeOverdue(now)
            }
            guard commands[index].deadline <= now, let completion = commands[index].completion
            else { continue }
            commands[index].completion = nil
            overdue.append(completion)
        }
        return overdue
    }

    /// The earliest deadline of those that still wait.
    var earliestDeadline: NIODeadline {
        commands.reduce(.distantFuture) { earliest, command in
            if case .reads(let run) = command.expected {
                return min(earliest, run.earliestDeadline)
            }
            return command.completion == nil ? earliest : min(earliest, command.deadline)
        }
    }

    // MARK: - The end

    /// Takes no more, and gives away all completions with whether their commands were sent.
    mutating func end() -> [(completion: RedisConnection.Completion, wasSent: Bool)] {
        isOpen = false
        let boundary = commands.count - unsent
        let lost = commands.enumerated().flatMap { index, command in
            command.takeCompletions().map { (completion: $0, wasSent: index < boundary) }
        }
        commands = CircularBuffer()
        (openRun, firstRun, count) = (nil, nil, 0)
        (gathered, isGatheredTaken, unsent) = (ByteBuffer(), true, 0)
        return lost
    }
}
