// From what the server says to what the delegate is told.

import Invalidation
import NIOCore

extension ShardFeed {
    /// The most reads of the log that are on their way at once: each keeps the server busy.
    private static let maxReads = 8

    /// A message came.
    func hear(_ payload: ByteBuffer, on channel: ByteBuffer) {
        guard let index = surroundings.channels.partition(channel) else {
            statistics.malformed += 1
            return
        }
        // One that was given back is not heard any more.
        guard let partition = held[index] else { return }
        guard
            let (epoch, change) = FeedDecoder.message(payload, partition: partition.partition)
        else {
            statistics.malformed += 1
            return take(partition.machine.receivedMalformed(), for: partition)
        }
        switch partition.machine.received(change, epoch: epoch) {
        case .none: break
        case .ignoreDuplicate: statistics.duplicates += 1
        case .deliver:
            if change.copyOf == 0 { statistics.events += 1 }
            surroundings.delegate.apply(FeedEvent(epoch: epoch, change: change))
        case .take(let step): take(step, for: partition)
        }
    }

    /// Tells and asks what the machine wants.
    func take(_ step: PartitionFeedStateMachine.Step, for partition: PartitionFeed) {
        if step.isGap { statistics.gaps += 1 }
        let delegate = surroundings.delegate
        for news in step.news {
            switch news {
            case .began(let place, let events):
                delegate.began(
                    partition: partition.partition, epoch: place.epoch, revision: place.revision,
                    events: events)
            case .events(let events, let areFromLog):
                guard let epoch = partition.machine.place?.epoch else { continue }
                let count = UInt64(events.count { $0.copyOf == 0 })
                statistics.events += count
                if areFromLog { statistics.repairedEvents += count }
                for event in events { delegate.apply(FeedEvent(epoch: epoch, change: event)) }
            case .reset(let place):
                statistics.resets += 1
                delegate.reset(
                    partition: partition.partition, epoch: place.epoch, revision: place.revision)
            case .live: noteLive()
            }
        }
        if let request = step.request { ask(request, for: partition) }
    }

    private func ask(
        _ request: PartitionFeedStateMachine.Request, for partition: PartitionFeed
    ) {
        let log = surroundings.store.layout.log(partition.index)
        switch request {
        case .adopt:
            adopt([partition])
        case .load(let last, let count):
            var command = RedisCommand(arguments: 6, traits: [.readOnly, .idempotent])
            command.append("XREVRANGE")
            command.append(log)
            command.append(String(last))
            command.append("-")
            command.append("COUNT")
            command.append(count)
            readLog(command, count, for: partition) { $0.loaded($1) }
        case .read(let revision, let count):
            var command = RedisCommand(arguments: 6, traits: [.readOnly, .idempotent])
            command.append("XRANGE")
            command.append(log)
            command.append(String(revision + 1))
            command.append("+")
            command.append("COUNT")
            command.append(count)
            readLog(command, count, for: partition) { $0.read($1) }
        }
    }

    private func readLog(
        _ command: RedisCommand, _ count: Int, for partition: PartitionFeed,
        _ step:
            @escaping @Sendable (
                inout PartitionFeedStateMachine, PartitionFeedStateMachine.Batch
            ) -> PartitionFeedStateMachine.Step
    ) {
        guard readsInFlight < Self.maxReads else {
            let attachment = partition.attachment
            waitingReads.append {
                guard partition.attachment == attachment else { return }
                self.readLog(command, count, for: partition, step)
            }
            return
        }
        readsInFlight += 1
        ask(command, for: partition) { reply in
            guard
                let batch = FeedDecoder.batch(
                    reply, partition: partition.partition, asked: count)
            else { return false }
            if !batch.isReadable { self.statistics.malformed += 1 }
            self.take(step(&partition.machine, batch), for: partition)
            return true
        } always: {
            self.readsInFlight -= 1
            while self.readsInFlight < Self.maxReads, !self.waitingReads.isEmpty {
                self.waitingReads.removeFirst()()
            }
        }
    }

    /// Asks where a live partition stands, which changes nothing if it stands where it is known to.
    func audit(_ partition: PartitionFeed) {
        var command = RedisCommand(arguments: 4, traits: [.readOnly, .idempotent])
        command.append("HMGET")
        command.append(surroundings.store.layout.revision(partition.index))
        command.append("epoch")
        command.append("rev")
        command.expects = [.array]
        ask(command, for: partition) { reply in
            guard case .array(let values) = reply else { return false }
            self.take(partition.machine.audited(FeedPlace(fields: values)), for: partition)
            return true
        }
    }

    /// Asks the server something about a partition. `answer` gets its reply, unless the partition
    /// was detached meanwhile, and tells whether that was one; else it is attached again later.
    /// `always` is called before, unless the connection was lost.
    func ask(
        _ command: RedisCommand, for partition: PartitionFeed,
        _ answer: @escaping (RESPValue) -> Bool, always: @escaping () -> Void = {}
    ) {
        guard let connection else { return }
        let attachment = partition.attachment
        let deadline = NIODeadline.now() + TimeAmount(surroundings.times.answerLimit)
        connection.send(command, deadline: deadline) { [weak connection] result in
            guard let connection, connection === self.connection else { return }
            always()
            guard attachment == partition.attachment else { return }
            switch result {
            case .success(.error(let refusal)):
                self.refuse([partition], RedisError(refusal: refusal))
            case .success(let reply):
                if !answer(reply) { self.refuse([partition], ScriptCall.surprise) }
            case .failure(let error):
                // Too late, or the connection is about to end: what it brings after a question
                // without an answer cannot be placed.
                self.connectionLost(error)
            }
        }
    }
}
