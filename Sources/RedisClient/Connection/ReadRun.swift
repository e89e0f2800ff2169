// GETs that go out one behind the other; their connection's event loop only.

import NIOCore

/// GETs to one server, gathered in one turn of the loop and answered one by one in their order:
/// all of them in one object that is used again, for nearly every command is a GET.
// Used on its event loop only.
final class ReadRun: @unchecked Sendable {
    /// Takes an answer.
    typealias Completion = RedisConnection.Completion

    /// One of more reads does not keep its memory for the next.
    static let maxSpareReads = 1_024
    /// What a GET is answered with.
    static let shapes: RESPShapes = [.blob, .null]

    /// One GET.
    struct Read {
        /// The partition of its key.
        let partition: Int
        /// When whoever asked gets a failure at the latest.
        let deadline: NIODeadline
        /// When this try fails.
        let tryDeadline: NIODeadline
        /// Takes the answer; nil: it came too late for whoever asked.
        var completion: Completion?
    }

    /// Takes the answer to the read of that index, for whoever asked.
    typealias Ended = (ReadRun, Int, @escaping Completion, Result<RESPValue, RedisError>) -> Void

    /// Whose reads they are; nil: they are over.
    private(set) var owner: AnyObject?
    private var ended: Ended = { _, _, _, _ in }
    /// The time of the turn in which it was sent.
    private(set) var started = NIODeadline.uptimeNanoseconds(0)
    private var reads: [Read] = []
    /// Where the keys end among `keys`, and those, one behind the other.
    private var ends: [Int] = []
    private var keys: [UInt8] = []
    /// The read whose answer comes next.
    private var next = 0

    /// Becomes an empty run.
    ///
    /// - Parameter ended: Called once for each read.
    func begin(for owner: AnyObject, ended: @escaping Ended) {
        self.owner = owner
        self.ended = ended
        reads.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
        next = 0
    }

    /// Is over: lets go of whose it was.
    func retire() {
        owner = nil
        ended = { _, _, _, _ in }
    }

    /// Is sent in the turn of that time.
    func start(_ now: NIODeadline) { started = now }

    /// How many reads it has had.
    var count: Int { reads.count }

    /// How many answers are missing.
    var missing: Int { reads.count - next }

    /// Adds a GET; its key is `stem` and `rest`, one behind the other.
    @inline(__always)
    func append(_ read: Read, stem: UnsafeRawBufferPointer, rest: UnsafeRawBufferPointer) {
        reads.append(read)
        keys.append(contentsOf: stem)
        keys.append(contentsOf: rest)
        ends.append(keys.count)
    }

    /// The answer to the read whose turn it is.
    func answered(_ value: consuming RESPValue) {
        let index = next
        next += 1
        guard let completion = takeCompletion(index) else { return }
        ended(self, index, completion, .success(value))
    }

    /// Those of a read that its answer does not need.
    subscript(index: Int) -> (partition: Int, deadline: NIODeadline) {
        (reads[index].partition, reads[index].deadline)
    }

    /// The GET alone, to be sent again.
    func command(_ index: Int) -> RedisCommand {
        Self.command(keys[(index == 0 ? 0 : ends[index - 1])..<ends[index]])
    }

    /// A GET by itself.
    static func command(_ key: some Collection<UInt8>) -> RedisCommand {
        var command = RedisCommand(arguments: 2, traits: [.readOnly, .idempotent])
        command.expects = shapes
        command.append("GET")
        command.append(key)
        return command
    }

    /// The earliest time at which one of those that still wait fails.
    var earliestDeadline: NIODeadline {
        reads[next...].reduce(.distantFuture) { earliest, read in
            read.completion == nil ? earliest : min(earliest, read.tryDeadline)
        }
    }

    /// Takes those out that still wait and are overdue at `now`; their answers will come.
    func takeOverdue(_ now: NIODeadline) -> [Completion] { take { $0.tryDeadline <= now } }

    /// Takes all out that still wait.
    func takeAll() -> [Completion] { take { _ in true } }

    private func take(where isTaken: (Read) -> Bool) -> [Completion] {
        (next..<reads.count).compactMap { index in
            guard isTaken(reads[index]), let completion = takeCompletion(index) else { return nil }
            return { [self] in ended(self, index, completion, $0) }
        }
    }

    // `Optional.take` is generic: it would wrap the closure in another one.
    @inline(__always)
    private func takeCompletion(_ index: Int) -> Completion? {
        let completion = reads[index].completion
        reads[index].completion = nil
        return completion
    }
}
