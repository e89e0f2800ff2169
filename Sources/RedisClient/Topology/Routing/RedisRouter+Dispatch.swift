// Finds a server for a call, and makes it wait while there is none; the router's event loop only.

import NIOCore

extension RedisRouter {
    /// One try of a call.
    struct Try {
        /// The lane of the call's target.
        let lane: ShardLane
        /// The link it went over.
        let link: ServerLink
        /// When it was sent.
        let started: NIODeadline
    }

    /// Sends a call to whoever can answer it now, or makes it wait, or ends it.
    func dispatch(_ call: RoutedCall) {
        if let host {
            return host.eventLoop.execute { host.dispatch(call) }
        }
        guard !isShutDown else {
            return call.finish(.failure(RedisError(.closed, "the Redis client has ended")))
        }
        let now = NIODeadline.now()
        guard now < call.deadline else { return expire(call, now: now) }
        guard let lane = lane(of: call.target) else { return withoutLane(call) }
        if !call.isCounted {
            call.isCounted = true
            lane.begin()
        }
        if let refusal = refusal(of: call, lane) { return fail(call, lane, refusal) }
        if let redirection = call.redirection {
            deliver(call, lane, over: link(to: redirection.address, isReplica: false), now: now)
        } else if call.readsReplica, let replica = replica(of: lane, now: now) {
            deliver(call, lane, over: replica, now: now)
        } else {
            call.readsReplica = false
            deliver(call, lane, over: lane.master, now: now)
        }
    }

    /// Why nothing is sent to a shard, whoever is connected; nil: it is.
    private func refusal(of call: RoutedCall, _ lane: ShardLane) -> RedisError? {
        let health = lane.health
        if health.breaker.passes { return nil }
        guard health.breaker.reading(now: .now()).state != .closed else { return nil }
        return RedisError(
            .breakerOpen, "the circuit breaker of shard \(lane.id) is open", shard: lane.id.name)
    }

    private func deliver(
        _ call: RoutedCall, _ lane: ShardLane, over link: ServerLink, now: NIODeadline
    ) {
        guard let connection = link.connection else {
            return withoutConnection(call, lane, link, now: now)
        }
        call.tries += 1
        let hasAlternative = call.tries == 1 && (call.readsReplica || core.followsFailover)
        let deadline = firstDeadline(call.command, call.deadline, hasAlternative, now: now)
        let attempt = Try(lane: lane, link: link, started: now)
        let completion: RedisConnection.Completion = { [self] in ended(call, $0, attempt) }
        if let redirection = call.redirection, redirection.isAsk {
            connection.sendAsking(call.command, deadline: deadline, completion)
        } else {
            connection.send(call.command, deadline: deadline, completion)
        }
    }

    private func withoutConnection(
        _ call: RoutedCall, _ lane: ShardLane, _ link: ServerLink, now: NIODeadline
    ) {
        guard let failure = link.failure else {
            let error = RedisError(
                .connectFailed, "the connection to shard \(lane.id) is being made",
                shard: lane.id.name)
            // Waits before it opens the link, whose failure may be known at once.
            park(call, lane, error)
            return link.open()
        }
        let reason = RedisError(
            failure.needsCorrection ? failure.code : .connectFailed,
            "shard \(lane.id) cannot be reached: \(failure.description)", shard: lane.id.name)
        if call.redirection != nil {
            call.redirection = nil
            core.hintTopology()
            retryLater(call, lane, reason)
        } else if core.followsFailover, !failure.needsCorrection {
            park(call, lane, reason)
        } else {
            // That we are not let in says nothing of how well the server is.
            if !failure.needsCorrection { lane.failed(now: now) }
            fail(call, lane, reason)
        }
    }

    private func withoutLane(_ call: RoutedCall) {
        if let discoveryFailure, lanes.isEmpty {
            return call.finish(.failure(discoveryFailure))
        }
        core.hintTopology()
        park(call, nil, RedisError(.noShard, "no server is known that has the partition"))
    }

    /// A replica that is connected. Those that were never asked for are connected now.
    private func replica(of lane: ShardLane, now: NIODeadline) -> ServerLink? {
        if lane.replicas.count != lane.replicaAddresses.count {
            lane.replicas = lane.replicaAddresses.map { link(to: $0, isReplica: true) }
            for link in lane.replicas { link.open() }
        }
        return lane.takeReplica(now: now)
    }

    /// Makes a call wait until a connection or the topology changes, at most until its deadline.
    func park(_ call: RoutedCall, _ lane: ShardLane?, _ reason: RedisError) {
        call.lastError = reason
        wait(call, lane, until: call.deadline, forTime: false)
    }

    /// Sends a call again after a while.
    func retryLater(_ call: RoutedCall, _ lane: ShardLane, _ reason: RedisError) {
        call.lastError = reason
        call.redirections = 0
        lane.counters.retries += 1
        let next = NIODeadline.now() + call.backOff.next(jitter: .random(in: 0..<1))
        guard next < call.deadline else { return expire(call, now: .now()) }
        wait(call, lane, until: next, forTime: true)
    }

    private func wait(
        _ call: RoutedCall, _ lane: ShardLane?, until deadline: NIODeadline, forTime: Bool
    ) {
        guard parked.insert(call) else {
            let error = RedisError(
                .overloaded, "too many commands wait for a server", shard: lane?.id.name)
            return fail(call, lane, error)
        }
        call.waitsForTime = forTime
        call.timer = eventLoop.scheduleTask(deadline: deadline) { [self] in
            if parked.remove(call) { dispatch(call) }
        }
    }

    /// Tries the calls that wait again.
    func wake(alsoTimed: Bool) {
        for call in parked.removeAll(alsoTimed: alsoTimed) { dispatch(call) }
    }

    private func expire(_ call: RoutedCall, now: NIODeadline) {
        let lane = lane(of: call.target)
        let last = call.lastError
        if last?.code == .connectFailed { lane?.failed(now: now) }
        let error = RedisError(
            last?.code ?? .timedOut,
            "the deadline ended" + (last.map { ": \($0.description)" } ?? " before it was sent"),
            shard: lane?.id.name)
        fail(call, lane, error)
    }

    /// Ends a call without an answer.
    func fail(_ call: RoutedCall, _ lane: ShardLane?, _ error: RedisError) {
        lane?.counters.errors += 1
        guard call.mayHaveRun, error.isCertainlyUnexecuted else {
            return call.finish(.failure(error))
        }
        // The last try was not, but one before it may have been.
        call.finish(
            .failure(RedisError(.connectionLost, error.description, shard: error.shard)))
    }
}
