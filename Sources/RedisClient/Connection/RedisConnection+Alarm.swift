// Deadlines, a server that says nothing, and the echo that proves the order; event loop only.

import NIOCore

extension RedisConnection {
    /// How close together two looks at the commands may be: deadlines are kept this exactly, with
    /// one timer for all of them.
    static let alarmGranularity = TimeAmount.milliseconds(5)

    /// Has the connection looked after at `deadline` at the latest.
    func setAlarm(_ deadline: NIODeadline) {
        let time = min(deadline, nextProbe, pipeline.stuckTime ?? .distantFuture)
        let next = max(time, pipeline.now + Self.alarmGranularity)
        guard next < pipeline.alarmTime else { return }
        alarm?.cancel()
        pipeline.alarmTime = next
        alarm = eventLoop.scheduleTask(deadline: next) { self.lookAfter() }
    }

    /// Starts the echoes.
    func beginProbing() {
        guard let interval = configuration.limits.probeInterval else { return }
        nextProbe = eventLoop.now + TimeAmount(interval)
        setAlarm(nextProbe)
    }

    private func lookAfter() {
        let now = eventLoop.now
        alarm = nil
        pipeline.beginTurn(now)
        if let stuckTime = pipeline.stuckTime, stuckTime <= now {
            // The loop may have stood still, not the server: one more turn reads what has come.
            guard suspectedSince == stuckTime else {
                suspectedSince = stuckTime
                return setAlarm(now)
            }
            return end(
                RedisError(
                    .connectionLost,
                    "\(address.place) has not answered for \(configuration.limits.stuckAfter): "
                        + "the connection was closed"))
        }
        let overdue = pipeline.takeOverdue()
        if now >= nextProbe { probe(now) }
        setAlarm(pipeline.earliestDeadline)
        guard !overdue.isEmpty else { return }
        let error = RedisError(.timedOut, "\(address.place) did not answer in time")
        for completion in overdue { completion(.failure(error)) }
    }

    /// Sends an echo of a number of this connection and moment. An answer that holds another is
    /// the answer to another command.
    private func probe(_ now: NIODeadline) {
        guard let interval = configuration.limits.probeInterval else { return }
        nextProbe = now + TimeAmount(interval)
        // A full pipeline asks already whether the server is alive.
        guard isOpen, pipeline.count < configuration.limits.maxInFlight else { return }
        let number = "\(UInt64.random(in: .min ... .max))"
        var command = RedisCommand("PING", number)
        command.expects = .blob
        submitUnchecked(command) { [unowned self] result in
            // A server that refuses PING answers it all the same.
            if case .success(.blob(let echo)) = result, String(buffer: echo) != number {
                end(violation("the answer to an echo is not what was sent"))
            }
        }
    }
}
