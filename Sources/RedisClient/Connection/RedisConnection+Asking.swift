// A command that a cluster's node answers although its slot has not arrived; event loop only.

import NIOCore

extension RedisConnection {
    private static let asking = RedisCommand("ASKING")

    /// Sends ASKING and the command as one: in one write, both or none, and with nothing between.
    /// What ASKING allows would otherwise go to whichever command comes next.
    func sendAsking(
        _ command: RedisCommand, deadline: NIODeadline, _ completion: @escaping Completion
    ) {
        var bytes = ByteBufferAllocator().buffer(
            capacity: Self.asking.bytes.readableBytes + command.bytes.readableBytes)
        bytes.writeImmutableBuffer(Self.asking.bytes)
        bytes.writeImmutableBuffer(command.bytes)
        // Where ASKING is refused, so is the command.
        let asked = UnansweredCommand(
            completion: nil, deadline: .distantFuture, expected: .reply([.simpleString]))
        submit(
            bytes, asked,
            UnansweredCommand(
                completion: completion, deadline: deadline, expected: .reply(command.expects)))
    }
}
