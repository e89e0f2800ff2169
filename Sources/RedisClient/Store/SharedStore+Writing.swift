// Changes of single entries, each with its revision and its event; callable anywhere.

package import CacheEngine
import Invalidation
package import NIOCore

extension SharedStore {
    /// Stores an entry if its condition and its lease hold, and ends every lease of its key.
    ///
    /// Foreign bytes under the key count as no entry, and are overwritten.
    ///
    /// - Throws: `RedisError`; unless `isCertainlyUnexecuted`, the entry may be stored.
    package nonisolated(nonsending) func set(
        _ write: StoreWrite, _ change: StoreChange, on router: RedisRouter, deadline: NIODeadline
    ) async throws(RedisError) -> StoreOutcome {
        let header = EnvelopeHeader(write)
        guard header.totalByteCount <= maxEntryBytes else {
            throw RedisError(
                .server,
                "an entry of \(header.totalByteCount) bytes is larger than a stored one "
                    + "may be, \(maxEntryBytes) bytes")
        }
        guard change.isAnnounced || write.condition != .none || write.lease != nil else {
            return try await setPlainly(header, write, change, on: router, deadline: deadline)
        }
        let call = setCall(header, write, change)
        switch try await evaluate(call, on: router, deadline: deadline) {
        case .integer(let version): return .stored(version: UInt64(version))
        case .array(let refusal): return try StoreOutcome(refusal: refusal)
        default: throw ScriptCall.surprise
        }
    }

    /// Removes an entry if it has the version `ifVersion` (nil: any), and ends the leases of its
    /// key. Without a version the removal is an event also of a key that does not exist: others
    /// may hold it. Foreign bytes are removed, too, and count as existing only without a version.
    package nonisolated(nonsending) func delete(
        _ key: UnsafeRawBufferPointer, ifVersion: UInt64? = nil, _ change: StoreChange,
        on router: RedisRouter, deadline: NIODeadline
    ) async throws(RedisError) -> DeleteOutcome {
        let call = removeCall(key, kind: .delete, ifVersion: ifVersion, change)
        return try DeleteOutcome(
            removal: await evaluate(call, on: router, deadline: deadline))
    }

    /// Removes an entry as an invalidation does: the event says so, with its cause.
    package nonisolated(nonsending) func invalidate(
        _ key: UnsafeRawBufferPointer, _ change: StoreChange, on router: RedisRouter,
        deadline: NIODeadline
    ) async throws(RedisError) -> DeleteOutcome {
        let call = removeCall(key, kind: .invalidate, ifVersion: nil, change)
        return try DeleteOutcome(
            removal: await evaluate(call, on: router, deadline: deadline))
    }

    /// Gives an entry a new expiry and a new version; its value is not read, and is stale when it
    /// was before.
    ///
    /// - Returns: The entry as it is now; nil when there is none, or only foreign bytes.
    package nonisolated(nonsending) func touch(
        _ key: UnsafeRawBufferPointer, expiresAt: Timestamp, _ change: StoreChange,
        on router: RedisRouter, deadline: NIODeadline
    ) async throws(RedisError) -> TouchedEntry? {
        let call = touchCall(key, expiresAt: expiresAt, change)
        guard
            case .integer(let version) = try await evaluate(
                call, on: router, deadline: deadline)
        else { throw ScriptCall.surprise }
        return version == 0
            ? nil : TouchedEntry(version: UInt64(version), expiresAt: expiresAt)
    }

    /// A bare SET: what a change costs that nobody is told of.
    private nonisolated(nonsending) func setPlainly(
        _ header: EnvelopeHeader, _ write: StoreWrite, _ change: StoreChange,
        on router: RedisRouter, deadline: NIODeadline
    ) async throws(RedisError) -> StoreOutcome {
        let partition = Partitioning.partition(of: write.draft.key)
        var header = header
        header.revision = change.now.unannouncedVersion
        let lifetime = change.lifetimeMilliseconds(until: write.expiresAt)
        var command = RedisCommand(
            arguments: lifetime == nil ? 3 : 5,
            capacity: header.totalByteCount + write.draft.key.count + 128)
        command.expects = [.simpleString]
        command.append("SET")
        layout.append(.entry, partition, key: write.draft.key, to: &command)
        command.append(count: header.totalByteCount) { header.write(write.draft, to: &$0) }
        if let lifetime {
            command.append("PX")
            command.append(lifetime)
        }
        let version = header.revision
        guard
            case .simpleString = try await send(
                command, partition: partition, on: router, deadline: deadline)
        else { throw ScriptCall.surprise }
        return .stored(version: version)
    }
}

extension StoreOutcome {
    /// What the set script answers when it did not store.
    fileprivate init(refusal: [RESPValue]) throws(RedisError) {
        guard refusal.count == 2, case .integer(let reason) = refusal[0],
            case .integer(let version) = refusal[1]
        else { throw ScriptCall.surprise }
        let current = UInt64(clamping: version)
        switch reason {
        case 1: self = .notStored(.exists, currentVersion: current)
        case 2: self = .notStored(.absent, currentVersion: 0)
        case 3: self = .notStored(.versionMismatch, currentVersion: current)
        case 4: self = .leaseLost(currentVersion: current)
        default: throw ScriptCall.surprise
        }
    }
}

extension DeleteOutcome {
    /// What the remove script answers.
    fileprivate init(removal: RESPValue) throws(RedisError) {
        guard case .array(let values) = removal, values.count >= 2,
            case .integer(let reason) = values[0], case .integer(let version) = values[1]
        else { throw ScriptCall.surprise }
        switch (reason, values.last) {
        case (0, .integer(let existed)):
            self.init(
                existed: existed != 0, deleted: existed != 0, version: UInt64(clamping: version),
                currentVersion: 0)
        case (2, _): self.init(existed: false, deleted: false, version: 0, currentVersion: 0)
        case (3, _):
            self.init(
                existed: true, deleted: false, version: 0, currentVersion: UInt64(clamping: version)
            )
        default: throw ScriptCall.surprise
        }
    }
}
