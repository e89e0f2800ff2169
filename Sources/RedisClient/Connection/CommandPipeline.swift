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
    }

    /// Takes the answer; nil: it came too late for whoever asked.
    var completion: RedisConnection.Completion?
    let deadline: NIODeadline
    var sent = NIODeadline.uptimeNanoseconds(0)
    let expected: Expected
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
    private(set) var answered = 0
    /// Bytes that the channel has taken and not written.
    var unwrittenBytes = 0
    private var commands = CircularBuffer<UnansweredCommand>()
    /// How many of the last commands have not been handed to the channel.
    private(set) var unsent = 0
    private var gathered = ByteBuffer()
    private var isGatheredTaken = true

    init(limits: RedisConnectionLimits) {
        maxCommands = limits.maxInFlight
        maxQueuedBytes = limits.maxQueuedBytes
        stuckAfter = TimeAmount(limits.stuckAfter)
    }

    // MARK: - Sending

    var count: Int { commands.count }

    var queuedBytes: Int { gatheredBytes + unwrittenBytes }

    private var gatheredBytes: Int { isGatheredTaken ? 0 : gathered.readableBytes }

    /// Takes a command, unless that would break a bound.
    mutating func add(
        _ bytes: ByteBuffer, _ command: UnansweredCommand, now: () -> NIODeadline
    ) -> Step {
        guard isOpen else { return .refuse(.ended) }
        guard commands.count < maxCommands else { return .refuse(.tooManyCommands) }
        let queued = queuedBytes
        guard queued == 0 || queued + bytes.readableBytes <= maxQueuedBytes else {
            return .refuse(.tooManyBytes(queued: queued))
        }
        return addUnchecked(bytes, command, now: now)
    }

    /// Takes a command of the connection's own.
    mutating func addUnchecked(
        _ bytes: ByteBuffer, _ command: UnansweredCommand, now clock: () -> NIODeadline
    ) -> Step {
        var command = command
        command.sent = time(clock)
        commands.append(command)
        unsent += 1
        let count = bytes.readableBytes
        bytesSent += count
        let isLarge = count >= Self.ownWriteBytes
        if !isLarge { gather(bytes) }
        let isEarly = command.deadline < alarmTime || now + stuckAfter < alarmTime
        let isFull = isLarge || gathered.readableBytes >= Self.fullBytes
        return isFlushComing && !isEarly && !isFull ? .gathered : .act
    }

    /// The time of the turn.
    @inline(__always)
    mutating func time(_ clock: () -> NIODeadline) -> NIODeadline {
        if unsent == 0 { now = clock() }
        return now
    }

    private mutating func gather(_ bytes: ByteBuffer) {
        if isGatheredTaken {
            // Uses the same memory again once the channel has let go of it, or else other memory.
            gathered.clear()
            isGatheredTaken = false
        }
        gathered.writeImmutableBuffer(bytes)
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
        defer { unsent = 0 }
        return unsent > 0
    }

    // MARK: - Answers

    /// The command whose answer comes next. Answers to what was not sent are none.
    var first: UnansweredCommand? { commands.count > unsent ? commands.first : nil }

    mutating func popFirst() -> UnansweredCommand? {
        guard commands.count > unsent else { return nil }
        answered &+= 1
        return commands.removeFirst()
    }

    mutating func putBack(_ command: UnansweredCommand) { commands.prepend(command) }

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
        for index in commands.indices where commands[index].deadline <= now {
            guard let completion = commands[index].completion else { continue }
            commands[index].completion = nil
            overdue.append(completion)
        }
        return overdue
    }

    /// The earliest deadline of those that still wait.
    var earliestDeadline: NIODeadline {
        commands.reduce(.distantFuture) { earliest, command in
            command.completion == nil ? earliest : min(earliest, command.deadline)
        }
    }

    // MARK: - The end

    /// Takes no more, and gives away all completions with whether their commands were sent.
    mutating func end() -> [(completion: RedisConnection.Completion, wasSent: Bool)] {
        isOpen = false
        let boundary = commands.count - unsent
        let lost = commands.enumerated().compactMap { index, command in
            command.completion.map { (completion: $0, wasSent: index < boundary) }
        }
        commands = CircularBuffer()
        (gathered, isGatheredTaken, unsent) = (ByteBuffer(), true, 0)
        return lost
    }
}
