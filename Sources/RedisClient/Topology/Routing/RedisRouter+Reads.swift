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
                ReadRun.command(Array(stem) + Array(rest)), partition: partition,
                readsReplica: readsReplica, deadline: deadline,
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
            again(
                command, partition, deadline, completion, .failure(refusal), lane,
                started: connection.turnTime)
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
    @inline(__always)
    private func ended(
        _ run: ReadRun, _ index: Int, _ completion: @escaping Completion,
        _ result: Result<RESPValue, RedisError>, _ lane: ShardLane
    ) {
        guard case .success(let value) = result, !value.isError else {
            let (command, (partition, deadline)) = (run.command(index), run[index])
            let started = run.started
            if run.missing == 0 { spare(run, lane) }
            return again(command, partition, deadline, completion, result, lane, started: started)
        }
        lane.succeeded(run.started)
        if run.missing == 0 { spare(run, lane) }
        completion(result)
    }

    private func spare(_ run: ReadRun, _ lane: ShardLane) {
        run.retire()
        guard lane.spareRuns.count < ShardLane.maxSpareRuns, run.count <= ReadRun.maxSpareReads
        else { return }
        lane.spareRuns.append(run)
    }

    /// Goes on with a read that had no answer at its first try.
    private func again(
        _ command: RedisCommand, _ partition: Int, _ deadline: NIODeadline,
        _ completion: @escaping Completion, _ result: Result<RESPValue, RedisError>,
        _ lane: ShardLane, started: NIODeadline
    ) {
        let call = RoutedCall(
            command, target: .partition(partition), readsReplica: false, deadline: deadline,
            home: eventLoop, completion: completion)
        call.isCounted = true
        call.tries = 1
        ended(call, result, Try(lane: lane, link: lane.master, started: started))
    }
}
