// Reads of single entries; on the router's loop.

import Invalidation
package import NIOCore

extension SharedStore {
    /// Reads an entry. Costs the caller no task.
    ///
    /// - Parameters:
    ///   - readsReplica: Whether a replica may answer, which may be behind its master.
    ///   - completion: Gets the answer; what it means is for ``entry(in:)`` to tell.
    package func get(
        _ key: UnsafeRawBufferPointer, on router: RedisRouter, readsReplica: Bool = false,
        deadline: NIODeadline,
        _ completion: @escaping RedisRouter.Completion
    ) {
        let partition = Partitioning.partition(of: key)
        layout.withEntryStem(partition) { stem in
            router.read(
                stem, key, partition: partition, readsReplica: readsReplica, deadline: deadline,
                completion)
        }
    }

    /// Reads what the store knows of an entry without its value; nil as in `get`.
    package func head(
        _ key: UnsafeRawBufferPointer, on router: RedisRouter, readsReplica: Bool = false,
        deadline: NIODeadline,
        _ completion: @escaping (Result<StoredHead?, RedisError>) -> Void
    ) {
        let partition = Partitioning.partition(of: key)
        var command = RedisCommand(arguments: 4, traits: [.readOnly, .idempotent])
        command.expects = [.blob]
        command.append("GETRANGE")
        layout.append(.entry, partition, key: key, to: &command)
        command.append(0)
        command.append(EnvelopeHeader.byteCount - 1)
        router.send(command, partition: partition, readsReplica: readsReplica, deadline: deadline) {
            completion(self.head(in: $0))
        }
    }

    /// What `get` was answered; nil when there is no entry, or when what is there is no envelope:
    /// that is counted. The entry is a slice of what was read.
    package func entry(
        in result: Result<RESPValue, RedisError>
    ) -> Result<StoredEntry?, RedisError> {
        switch result {
        case .success(.null): .success(nil)
        case .success(.blob(let bytes)):
            .success(
                checked { () throws(EnvelopeFault) in
                    try StoredEntry(bytes, limit: maxEntryBytes)
                })
        case .success(let other): foreign(other)
        case .failure(let error): .failure(error)
        }
    }

    private func head(
        in result: Result<RESPValue, RedisError>
    ) -> Result<StoredHead?, RedisError> {
        switch result {
        // GETRANGE cannot tell nothing from an empty string; neither is an entry.
        case .success(.blob(let bytes)) where bytes.readableBytes == 0: .success(nil)
        case .success(.blob(let bytes)):
            .success(
                checked { () throws(EnvelopeFault) in
                    StoredHead(try EnvelopeHeader(fixedPartOf: bytes))
                })
        case .success(let other): foreign(other)
        case .failure(let error): .failure(error)
        }
    }

    /// What `read` makes of stored bytes; nil, and counted, when they are foreign.
    private func checked<Value>(_ read: () throws(EnvelopeFault) -> Value) -> Value? {
        do throws(EnvelopeFault) {
            return try read()
        } catch {
            counters.addForeignValue(error)
            return nil
        }
    }

    /// An answer that is neither bytes nor nothing: the key holds another type, or it is an error.
    private func foreign<Value>(_ value: RESPValue) -> Result<Value?, RedisError> {
        if case .error(let error) = value {
            guard error.code == "WRONGTYPE" else { return .failure(RedisError(refusal: error)) }
            counters.addForeignValue(.type)
            return .success(nil)
        }
        return .failure(RedisError(.protocolViolation, "a read was not answered with bytes"))
    }
}

extension StoredHead {
    init(_ header: EnvelopeHeader) {
        version = header.revision
        expiresAt = .init(expiryMilliseconds: header.expiresMilliseconds)
        isNegative = header.flags.contains(.negative)
    }
}
