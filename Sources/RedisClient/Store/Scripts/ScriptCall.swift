// A script with its keys and arguments, ready to be sent; a value, any thread.

import CacheEngine
import Invalidation
import NIOCore

/// One call of a script in one partition.
struct ScriptCall: Sendable {
    let script: StoreScript
    let partition: Int
    var command: RedisCommand

    /// What a script of ours never answers.
    static let surprise = RedisError(
        .protocolViolation, "a script was answered with something that it never returns")
}

extension StoreChange {
    /// How long something lives that expires then, in milliseconds and at least one; nil: for good.
    ///
    /// The server gets a span and not a moment, so that its clock may differ from ours.
    func lifetimeMilliseconds(until expiry: Timestamp) -> Int? {
        guard expiry != .never else { return nil }
        let (nanoseconds, overflow) = expiry.nanoseconds.subtractingReportingOverflow(
            now.nanoseconds)
        guard !overflow else { return expiry > now ? Int(Int64.max / 1_000_000) : 1 }
        return max(1, Int(nanoseconds / 1_000_000 + (nanoseconds % 1_000_000 > 0 ? 1 : 0)))
    }
}

extension SharedStore {
    /// Up to this size joining an envelope to its revision costs a server less than the second
    /// command that corrects it.
    private static let maxJoinedBytes = 512

    func setCall(
        _ header: EnvelopeHeader, _ write: StoreWrite, _ change: StoreChange
    ) -> ScriptCall {
        let (draft, condition, lease) = (write.draft, write.condition, write.lease)
        let conditions = lease != nil ? 2 : condition != .none ? 1 : 0
        var call = changeCall(
            .set, draft.key, kind: .set, change, arguments: 3 + conditions,
            capacity: header.totalByteCount)
        if header.totalByteCount > Self.maxJoinedBytes {
            call.command.append("")
            call.command.append(count: header.totalByteCount) { header.write(draft, to: &$0) }
        } else {
            call.command.append(count: EnvelopeHeader.revisionOffset) { header.writeHead(to: &$0) }
            call.command.append(count: header.restByteCount) { header.writeRest(draft, to: &$0) }
        }
        call.append(lifetime: change.lifetimeMilliseconds(until: write.expiresAt))
        if conditions > 0 {
            switch condition {
            case .none: call.command.append("")
            case .ifAbsent: call.command.append("a")
            case .ifPresent: call.command.append("p")
            case .ifVersion(let version): call.command.append(littleEndian: version)
            }
        }
        if let lease { call.command.append(littleEndian: lease.token) }
        return call
    }

    func removeCall(
        _ key: UnsafeRawBufferPointer, kind: InvalidationKind, ifVersion: UInt64?,
        _ change: StoreChange
    ) -> ScriptCall {
        var call = changeCall(
            .remove, key, kind: kind, change, arguments: ifVersion == nil ? 0 : 1)
        if let ifVersion { call.command.append(littleEndian: ifVersion) }
        return call
    }

    func touchCall(
        _ key: UnsafeRawBufferPointer, expiresAt: Timestamp, _ change: StoreChange
    ) -> ScriptCall {
        var call = changeCall(.touch, key, kind: .touch, change, arguments: 2)
        call.command.append(littleEndian: expiresAt.expiryMilliseconds)
        call.append(lifetime: change.lifetimeMilliseconds(until: expiresAt))
        return call
    }

    /// Tells a change in a partition (nil: that of what it names), wherever that is.
    func announceCall(
        _ target: InvalidationTarget, kind: InvalidationKind, _ change: StoreChange,
        in partition: Int? = nil
    ) -> ScriptCall {
        let body = EventBody(target, kind: kind, writer: change.writer, cause: change.cause)
        return changeCall(.announce, body, in: partition ?? body.partition, change, arguments: 0)
    }

    /// Tells a change of many keys in a partition of a shard that has it still, or fails: in
    /// another shard's log it would be of no use.
    ///
    /// - Parameter copyOf: as in `InvalidationEvent`. Who forgets twice forgets nothing else:
    ///   a copy may be sent again.
    func announceCall(
        _ target: InvalidationTarget, kind: InvalidationKind, _ change: StoreChange,
        in partition: Int, copyOf: UInt64
    ) -> ScriptCall {
        let body = EventBody(
            target, kind: kind, writer: change.writer, cause: change.cause, copyOf: copyOf)
        let traits: RedisCommand.Traits = copyOf == 0 ? [.stays] : [.stays, .idempotent]
        return changeCall(
            .announce, body, in: partition, change, arguments: 0, traits: traits)
    }

    /// Begins the call of a change of one key.
    private func changeCall(
        _ script: StoreScript, _ key: UnsafeRawBufferPointer, kind: InvalidationKind,
        _ change: StoreChange, arguments: Int, capacity: Int = 0
    ) -> ScriptCall {
        let body = EventBody(.key(key), kind: kind, writer: change.writer, cause: change.cause)
        return changeCall(
            script, body, in: body.partition, change, arguments: arguments, capacity: capacity)
    }

    /// Begins a call with the keys and the arguments that all changes have.
    private func changeCall(
        _ script: StoreScript, _ body: EventBody, in partition: Int, _ change: StoreChange,
        arguments: Int, capacity: Int = 0, traits: RedisCommand.Traits = []
    ) -> ScriptCall {
        let keys = body.key == nil ? 2 : change.endsLeases ? 4 : 3
        var command = script.begin(
            keys: keys, arguments: 4 + arguments, traits: traits,
            capacity: 512 + 3 * body.byteCount + capacity)
        command.expects = [.integer, .array]
        layout.append(.revision, partition, to: &command)
        layout.append(.log, partition, to: &command)
        if let key = body.key {
            layout.append(.entry, partition, key: key, to: &command)
            if change.endsLeases { layout.append(.lease, partition, key: key, to: &command) }
        }
        command.append(count: change.isAnnounced ? body.byteCount : 0) { buffer in
            if change.isAnnounced { body.write(to: &buffer) }
        }
        command.append(history)
        command.append(count: 16) { buffer in
            buffer.writeInteger(marks.next(), endianness: .little)
            buffer.writeInteger(
                change.isAnnounced ? change.now.milliseconds : change.now.unannouncedVersion,
                endianness: .little)
        }
        layout.append(.events, partition, to: &command)
        return ScriptCall(script: script, partition: partition, command: command)
    }
}

extension ScriptCall {
    fileprivate mutating func append(lifetime: Int?) {
        if let lifetime {
            command.append(lifetime)
        } else {
            command.append("")
        }
    }
}

extension RedisCommand {
    /// Adds a number as its eight bytes.
    mutating func append(littleEndian number: UInt64) {
        append(count: 8) { $0.writeInteger(number, endianness: .little) }
    }
}
