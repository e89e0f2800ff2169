// Leases: who may fill a key, one at a time in the whole fleet; callable anywhere.

import Invalidation
package import NIOCore

extension SharedStore {
    /// Takes the right to fill a key; nil when somebody has it.
    ///
    /// It ends with its time, with any change of the key, and with the set that gives it. A plain
    /// SET of a namespace without events does not end it: there, fill with `ifAbsent`.
    ///
    /// - Parameter lifetime: How long it holds at most; a millisecond or more.
    package nonisolated(nonsending) func acquireLease(
        _ key: UnsafeRawBufferPointer, lifetime: Duration, on router: RedisRouter,
        deadline: NIODeadline
    ) async throws(RedisError) -> FillLease? {
        let partition = Partitioning.partition(of: key)
        let lease = FillLease(token: marks.next())
        var command = RedisCommand(arguments: 6)
        command.expects = [.simpleString, .null]
        command.append("SET")
        layout.append(.lease, partition, key: key, to: &command)
        command.append(littleEndian: lease.token)
        command.append("NX")
        command.append("PX")
        command.append(max(1, Int(lifetime / .milliseconds(1))))
        switch try await send(command, partition: partition, on: router, deadline: deadline) {
        case .null: return nil
        default: return lease
        }
    }

    /// Gives a lease back that was not used; one that is gone is none to give back.
    package nonisolated(nonsending) func releaseLease(
        _ lease: FillLease, of key: UnsafeRawBufferPointer, on router: RedisRouter,
        deadline: NIODeadline
    ) async throws(RedisError) {
        let partition = Partitioning.partition(of: key)
        var command = StoreScript.release.begin(keys: 1, arguments: 1)
        command.expects = [.integer]
        layout.append(.lease, partition, key: key, to: &command)
        command.append(littleEndian: lease.token)
        let call = ScriptCall(script: .release, partition: partition, command: command)
        _ = try await evaluate(call, on: router, deadline: deadline)
    }
}
