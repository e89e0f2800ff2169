// Does what a reply or a failure asks for; the router's event loop only.

import NIOCore

extension RedisRouter {
    /// The most servers that send a call elsewhere.
    private static let maxRedirections = 8

    /// A try ended.
    func ended(_ call: RoutedCall, _ result: Result<RESPValue, RedisError>, _ attempt: Try) {
        let lane = attempt.lane
        count(call, result, attempt)
        let verdict = RetryPolicy.verdict(
            result, traits: call.command.traits, shard: lane.id, server: attempt.link.address)
        switch verdict {
        case .answer(.success(let value)): call.finish(.success(value))
        case .answer(.failure(let error)): fail(call, lane, error)
        case .redirect(let redirection): redirect(call, lane, redirection)
        case .wait(let error, let hint):
            follow(hint, attempt)
            again(call, error, attempt)
        case .spend(let error):
            core.hintTopology()
            call.mayHaveRun = true
            guard lane.budget.withdraw() else { return fail(call, lane, error) }
            again(call, error, attempt)
        }
    }

    private func count(
        _ call: RoutedCall, _ result: Result<RESPValue, RedisError>, _ attempt: Try
    ) {
        switch result {
        case .success: attempt.lane.succeeded(attempt.started)
        case .failure(let error) where error.code == .timedOut:
            let now = NIODeadline.now()
            if attempt.link.isReplica {
                attempt.link.avoid(now: now)
            } else if call.redirection == nil {
                attempt.lane.timedOut(given: now - attempt.started, now: now)
            }
        // A lost connection is counted once, by its link, and not for each of its commands.
        case .failure: break
        }
    }

    private func follow(_ hint: RetryPolicy.Hint, _ attempt: Try) {
        switch hint {
        case .none: break
        case .topology: core.hintTopology()
        case .demoted:
            // Where nobody tells of failovers, the name may lead to another server by now.
            if core.followsFailover { core.hintTopology() } else { attempt.link.reconnect() }
        }
    }

    private func again(_ call: RoutedCall, _ error: RedisError, _ attempt: Try) {
        call.redirection = nil
        guard attempt.link.isReplica else { return retryLater(call, attempt.lane, error) }
        call.readsReplica = false
        call.lastError = error
        attempt.lane.counters.retries += 1
        dispatch(call)
    }

    private func redirect(_ call: RoutedCall, _ lane: ShardLane, _ redirection: Redirection) {
        lane.counters.redirects += 1
        call.redirections += 1
        call.readsReplica = false
        guard call.redirections <= Self.maxRedirections else {
            let error = RedisError(
                .server, "the servers of the cluster send the command around in a circle",
                shard: lane.id.name)
            return fail(call, lane, error)
        }
        if !redirection.isAsk {
            core.hintTopology()
            moved(call, to: redirection.address)
        }
        call.redirection = redirection
        dispatch(call)
    }

    /// The commands that follow need not go the long way until the new topology is known.
    private func moved(_ call: RoutedCall, to address: RedisAddress) {
        guard case .partition(let partition) = call.target,
            let owner = lanes.values.first(where: { $0.master.address == address })
        else { return }
        laneOfPartition[partition] = owner
    }
}
