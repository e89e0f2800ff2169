// The scripts by name; values, any thread.

import NIOCore

/// One of the scripts of `StoreScriptTable`.
package enum StoreScript: String, CaseIterable, Sendable {
    /// Stores an entry.
    case set
    /// Removes an entry, for Delete and for Invalidate.
    case remove
    /// Gives an entry a new life time.
    case touch
    /// Makes a change known that is no entry's.
    case announce
    /// Tells where a partition stands, in a new epoch if the server is another one.
    case adopt
    /// Gives a lease back.
    case release
    /// Tells which of the commands that we need are denied to us.
    case probe

    /// The SCRIPT LOAD that gives a server the script.
    package var loadCommand: RedisCommand {
        var command = RedisCommand("SCRIPT", "LOAD", text, traits: .idempotent)
        command.expects = [.blob, .simpleString]
        return command
    }

    /// Begins an EVALSHA with `keys` keys and `arguments` arguments, which are then appended.
    func begin(
        keys: Int, arguments: Int, traits: RedisCommand.Traits = [], capacity: Int = 512
    ) -> RedisCommand {
        var command = RedisCommand(
            arguments: 3 + keys + arguments, traits: traits, capacity: capacity)
        command.append("EVALSHA")
        command.append(digest)
        command.append(keys)
        return command
    }
}
