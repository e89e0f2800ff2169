// One step of SCAN; values, any thread.

import NIOCore

/// What a server answered to SCAN.
struct ScanStep {
    /// Where to go on; 0: the walk is over.
    let next: UInt64
    /// The keys it found.
    let keys: [ByteBuffer]

    init(_ answer: RESPValue) throws(RedisError) {
        guard case .array(let values) = answer, values.count == 2,
            case .blob(let cursor) = values[0], let next = UInt64(String(buffer: cursor)),
            case .array(let found) = values[1]
        else { throw Self.surprise }
        self.next = next
        var keys: [ByteBuffer] = []
        keys.reserveCapacity(found.count)
        for case .blob(let key) in found { keys.append(key) }
        guard keys.count == found.count else { throw Self.surprise }
        self.keys = keys
    }

    static func command(cursor: UInt64, pattern: [UInt8], count: Int) -> RedisCommand {
        var command = RedisCommand(arguments: 6, traits: [.readOnly, .idempotent])
        command.expects = [.array]
        command.append("SCAN")
        command.append(String(cursor))
        command.append("MATCH")
        command.append(pattern)
        command.append("COUNT")
        command.append(count)
        return command
    }

    private static let surprise = RedisError(
        .protocolViolation, "SCAN was answered with something else than a cursor and keys")
}
