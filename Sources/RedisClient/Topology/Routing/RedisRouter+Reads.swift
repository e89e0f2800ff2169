// The short way of reads, which nearly all commands are; the router's event loop only.

import NIOCore

extension RedisRouter {
    /// Sends a GET of the key `stem` and `rest`, one behind the other, to the shard of its
    /// partition; otherwise as `send`.
    func read(
        _ stem: UnsafeRawBufferPointer, _ rest: UnsafeRawBufferPointer, partition: Int,
        readsReplica: Bool, deadline: NIODeadline, _ completion: @escaping Completion
    ) {
        eventLoop.assertInEventLoop()
        guard !readsReplica, let lane = laneOfPartition[partition], lane.health.breaker.passes,
            let connection = lane.master.connection
        else {
            return send(
                ReadRun.command(Array(stem) + Array(rest)), partition: partition, readsReplica: readsReplica, deadline: deadline,
                completion)
        }
        lane.begin()
        let read = ReadRun.Read(
            partition: partition, deadline: deadline,
            tryDeadline: followsFailover
                ? halfway(to: deadline, now: connection.turnTime) : deadline,
            completion: completion)
        let run = run(of: lane, over: connection)
        if let refusal = connection.send(read, in: run, stem: stem, rest: rest) {
            let command = ReadRun.command(Array(stem) + Array(rest))
            again(command, read, .failure(refusal), completion, lane, connection.turnTime)
        }
    }

    /// The run that a read can join, or one to begin with.
    @inline(__always)
    private func run(of lane: ShardLane, over connection: RedisConnection) -> ReadRun {
        if let run = connection.pipeline.openRun, run.owner === lane { return run }
        let run = lane.spareRuns.popLast() ?? ReadRun()
        run.begin(for: lane) { [self] in ended($0, $1, $2, $3, lane) }
        return run
    }

    /// A read of a run that gave an answer, or none.
    private func ended(
        _ run: ReadRun, _ index: Int, _ read: ReadRun.Read,
        _ result: Result<RESPValue, RedisError>, _ lane: ShardLane
    ) {
        let started = run.started
        guard let completion = read.completion else { return }
        if case .success(let value) = result, !value.isError {
            if run.missing == 0 { spare(run, lane) }
            lane.succeeded(started)
            return completion(result)
        }
        let command = run.command(index)
        if run.missing == 0 { spare(run, lane) }
        again(command, read, result, completion, lane, started)
    }

    private func spare(_ run: ReadRun, _ lane: ShardLane) {
        run.retire()
        if lane.spareRuns.count < ShardLane.maxSpareRuns { lane.spareRuns.append(run) }
    }

    /// Goes on with a read that had no answer at its first try.
    private func again(
        _ command: RedisCommand, _ read: ReadRun.Read, _ result: Result<RESPValue, RedisError>,
        _ completion: @escaping Completion, _ lane: ShardLane, _ started: NIODeadline
    ) {
        let call = RoutedCall(
            command, target: .partition(read.partition), readsReplica: false,
            deadline: read.deadline, home: eventLoop, completion: completion)
        call.isCounted = true
        call.tries = 1
        ended(call, result, Try(lane: lane, link: lane.master, started: started))
    }
}
