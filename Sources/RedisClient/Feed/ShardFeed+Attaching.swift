// How partitions come to be heard: subscribe, ask who the server is, ask where they stand.

import NIOCore

extension ShardFeed {
    /// The most channels of one command, where they need not be of one slot.
    private static let maxChannels = 64

    /// Attaches partitions that are held, if there is a connection; else that follows.
    func attach(_ partitions: [PartitionFeed]) {
        guard let connection, !partitions.isEmpty else { return }
        // In a cluster, channels of different slots need commands of their own.
        let size = connection.greeting.mode == "cluster" ? 1 : Self.maxChannels
        for start in stride(from: 0, to: partitions.count, by: size) {
            subscribe(Array(partitions[start..<min(start + size, partitions.count)]))
        }
    }

    private func subscribe(_ partitions: [PartitionFeed]) {
        guard let connection else { return }
        for partition in partitions { partition.attach() }
        let attachments = partitions.map(\.attachment)
        let names = partitions.map { surroundings.channels.name($0.index) }
        let deadline = NIODeadline.now() + TimeAmount(surroundings.times.answerLimit)
        connection.subscribe(names, deadline: deadline) { [weak connection] result in
            guard let connection, connection === self.connection else { return }
            let current = zip(partitions, attachments).filter { $0.attachment == $1 }.map(\.0)
            switch result {
            case .success(.error(let refusal)):
                self.refuse(current, RedisError(refusal: refusal))
            case .success: self.adopt(current)
            case .failure(let error): self.connectionLost(error)
            }
        }
    }

    /// Takes the subscriptions of partitions back that are no longer held.
    func unsubscribe(_ partitions: [PartitionFeed]) {
        guard let connection, connection.isOpen, !partitions.isEmpty else { return }
        let size = connection.greeting.mode == "cluster" ? 1 : Self.maxChannels
        let deadline = NIODeadline.now() + TimeAmount(surroundings.times.answerLimit)
        let names = partitions.map { surroundings.channels.name($0.index) }
        for start in stride(from: 0, to: names.count, by: size) {
            let some = Array(names[start..<min(start + size, names.count)])
            // Whether it is refused or not: messages of partitions not held are not heard.
            connection.unsubscribe(some, deadline: deadline) { _ in }
        }
    }

    /// The server took a subscription back: the partition is elsewhere now, or will be.
    func unsubscribed(from channel: ByteBuffer) {
        guard let index = surroundings.channels.partition(channel), let partition = held[index]
        else { return }
        refuse([partition], RedisError(.noShard, "a partition's events moved to another server"))
    }

    // MARK: - Adoption

    /// Asks where partitions stand that the server has confirmed. Who the server is comes first
    /// each time, for it may have become another on the same connection.
    func adopt(_ partitions: [PartitionFeed]) {
        adopting += partitions
        guard !isIdentifying, !adopting.isEmpty, let connection else { return }
        isIdentifying = true
        let partitions = adopting
        let attachments = partitions.map(\.attachment)
        adopting = []
        let deadline = NIODeadline.now() + TimeAmount(surroundings.times.answerLimit)
        if !knowsScript {
            knowsScript = true
            // A refusal shows when the script is called.
            connection.send(StoreScript.adopt.loadCommand, deadline: deadline) { _ in }
        }
        var info = RedisCommand("INFO", "replication", traits: [.readOnly, .idempotent])
        info.expects = [.blob]
        connection.send(info, deadline: deadline) { [weak connection] result in
            guard let connection, connection === self.connection else { return }
            self.isIdentifying = false
            let current = zip(partitions, attachments).filter { $0.attachment == $1 }.map(\.0)
            switch result {
            case .success(.error(let refusal)):
                self.refuse(current, RedisError(refusal: refusal))
            case .success(let reply):
                if let home = Self.replicationID(reply) {
                    for partition in current { self.adopt(partition, home: home) }
                } else {
                    self.refuse(current, RedisError(.noShard, "the server is a replica by now"))
                }
            case .failure(let error): return self.connectionLost(error)
            }
            self.adopt([])
        }
    }

    private func adopt(_ partition: PartitionFeed, home: String) {
        let known = partition.machine.place.map {
            Adoption(epoch: $0.epoch, revision: $0.revision)
        }
        let command = surroundings.store.adoptCommand(
            partition: partition.index, home: home, known: known, now: surroundings.now())
        ask(command, for: partition) { reply in
            do throws(RedisError) {
                let place = try FeedPlace(Adoption(answer: reply))
                self.take(partition.machine.adopted(place), for: partition)
                self.retryBackOff.reset()
                return true
            } catch {
                return false
            }
        }
    }

    /// The id of a master's history; nil for a replica, which must not be asked to change.
    private static func replicationID(_ reply: RESPValue) -> String? {
        guard case .blob(let bytes) = reply else { return nil }
        let info = RedisServerInfo(String(buffer: bytes))
        return info.text("role") == "master" ? info.text("master_replid") : nil
    }

    // MARK: - Refusals

    /// The server does not serve partitions, now: they are attached again a little later, here
    /// or, when the topology says so, elsewhere.
    func refuse(_ partitions: [PartitionFeed], _ error: RedisError) {
        guard !partitions.isEmpty else { return }
        // The server may have forgotten its scripts, or the pool not heard of a move.
        knowsScript = false
        surroundings.hint()
        noteRefusal(error)
        lose(partitions)
        refused += partitions
        guard !isRetrying else { return }
        isRetrying = true
        eventLoop.scheduleTask(in: retryBackOff.next(jitter: .random(in: 0..<1))) {
            self.isRetrying = false
            let partitions = self.refused.filter { self.held[$0.index] === $0 }
            self.refused = []
            self.attach(partitions)
        }
    }
}
