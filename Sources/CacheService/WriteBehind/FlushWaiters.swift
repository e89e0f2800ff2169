// Who waits until a pending write is sent; under the queue's lock.

import RedisClient

/// Those who wait, by partition: there are few at a time.
struct FlushWaiters: Sendable {
    /// How the waiting ended.
    typealias Outcome = Result<Void, RedisError>
    /// Whom to tell.
    typealias Resume = @Sendable (Outcome) -> Void

    private struct Waiter: Sendable {
        let id: UInt64
        let key: [UInt8]
        let ticket: UInt64
        let resume: Resume
    }

    private var waiters: [Int: [Waiter]] = [:]
    private var lastID: UInt64 = 0

    /// Somebody waits until the key's writes up to `ticket` are sent. Gives the name to take it
    /// back by.
    mutating func add(
        _ key: [UInt8], partition: Int, ticket: UInt64, _ resume: @escaping Resume
    ) -> UInt64 {
        lastID += 1
        waiters[partition, default: []].append(
            Waiter(id: lastID, key: key, ticket: ticket, resume: resume))
        return lastID
    }

    /// Takes the one of that name back; nil: it was told already.
    mutating func take(id: UInt64, partition: Int) -> Resume? {
        take(partition) { $0.id == id }.first
    }

    /// Takes those who wait for the key's writes up to `ticket`.
    mutating func take(_ key: [UInt8], partition: Int, upTo ticket: UInt64) -> [Resume] {
        take(partition) { $0.ticket <= ticket && $0.key == key }
    }

    /// Takes all who wait for the key, or for any key of its partition.
    mutating func take(_ key: [UInt8], partition: Int, orAll: Bool) -> [Resume] {
        take(partition) { orAll || $0.key == key }
    }

    private mutating func take(_ partition: Int, where isMeant: (Waiter) -> Bool) -> [Resume] {
        guard let all = waiters[partition] else { return [] }
        let rest = all.filter { !isMeant($0) }
        waiters[partition] = rest.isEmpty ? nil : rest
        return all.filter(isMeant).map(\.resume)
    }
}
