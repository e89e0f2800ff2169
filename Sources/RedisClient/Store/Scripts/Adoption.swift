// Where a partition stands on its server; a value, any thread.

package import CacheEngine
import NIOCore

/// The epoch and the revision of a partition, as the server that answers has them.
package struct Adoption: Hashable, Sendable {
    /// Tells one continuous run of revisions from another.
    package let epoch: UInt64
    /// The newest revision; the log need not hold it.
    package let revision: UInt64

    /// What a caller knew before: the same epoch with a larger revision is a loss.
    package init(epoch: UInt64, revision: UInt64) {
        self.epoch = epoch
        self.revision = revision
    }

    /// Reads the answer to `SharedStore.adoptCommand`.
    ///
    /// - Throws: `RedisError`, also when the answer is an error of the server.
    package init(answer: RESPValue) throws(RedisError) {
        if case .error(let refusal) = answer { throw RedisError(refusal: refusal) }
        guard case .array(let values) = answer, values.count == 2,
            case .blob(let epoch) = values[0], case .integer(let revision) = values[1],
            epoch.readableBytes == 8, revision >= 0,
            let number = epoch.getInteger(
                at: epoch.readerIndex, endianness: .little, as: UInt64.self)
        else { throw ScriptCall.surprise }
        self.init(epoch: number, revision: UInt64(revision))
    }
}

extension SharedStore {
    /// The command that tells where a partition stands. It begins a new epoch, and forgets the
    /// log, when the epoch was another server's or went back behind what the caller knows.
    ///
    /// It must be sent to the master of the partition, which must know `StoreScript.adopt`.
    ///
    /// - Parameters:
    ///   - home: The server's replication id (`master_replid` of INFO).
    ///   - known: What the caller knew of the partition before.
    package func adoptCommand(
        partition: Int, home: String, known: Adoption? = nil, now: Timestamp
    ) -> RedisCommand {
        var command = StoreScript.adopt.begin(keys: 2, arguments: 5)
        command.expects = [.array]
        layout.append(.revision, partition, to: &command)
        layout.append(.log, partition, to: &command)
        command.append(home)
        command.append(littleEndian: marks.next())
        command.append(Int(now.milliseconds))
        if let known {
            command.append(littleEndian: known.epoch)
            command.append(Int(known.revision))
        } else {
            command.append("")
            command.append("")
        }
        return command
    }
}
