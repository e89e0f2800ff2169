// Subscribing to channels on a connection that also takes commands; event loop only.

package import NIOCore

extension RedisConnection {
    /// Subscribes to channels (SSUBSCRIBE, in a cluster all of one slot; SUBSCRIBE if not
    /// `sharded`).
    ///
    /// - Parameters:
    ///   - channels: At least one.
    ///   - sharded: Whether they are sharded channels.
    ///   - deadline: As for `send`.
    ///   - completion: Gets how many channels were confirmed, all of them, as an integer, or
    ///     the server's refusal as an error value. Messages may come before.
    package func subscribe(
        _ channels: [String], sharded: Bool = true, deadline: NIODeadline,
        _ completion: @escaping Completion
    ) {
        submit(sharded ? .ssubscribe : .subscribe, channels, deadline, completion)
    }

    /// Takes subscriptions back; otherwise as `subscribe`.
    package func unsubscribe(
        _ channels: [String], sharded: Bool = true, deadline: NIODeadline,
        _ completion: @escaping Completion
    ) {
        submit(sharded ? .sunsubscribe : .unsubscribe, channels, deadline, completion)
    }

    private func submit(
        _ kind: PushKind, _ channels: [String], _ deadline: NIODeadline,
        _ completion: @escaping Completion
    ) {
        precondition(!channels.isEmpty, "a subscription names channels")
        var command = RedisCommand(arguments: 1 + channels.count)
        command.append(kind.rawValue)
        for channel in channels { command.append(channel) }
        submit(
            command.bytes,
            UnansweredCommand(
                completion: completion, deadline: deadline,
                expected: .confirmations(ChannelConfirmations(kind, channels))))
    }
}
