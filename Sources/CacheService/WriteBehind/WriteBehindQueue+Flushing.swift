// How pending writes are sent; each partition's on one event loop.

import CacheEngine
import NIOCore
import RedisClient

extension WriteBehindQueue {
    /// Has a worker take its turn soon.
    func wake(_ worker: Int) {
        loops[worker].execute { self.takeTurn(worker) }
    }

    /// Begins to send what is due. Writes that begin together go out together: the connection
    /// flushes once per turn of its loop.
    private func takeTurn(_ worker: Int) {
        let now = clock.now()
        let turn = locked { $0.machine.turn(of: worker, now: now) }
        for flight in turn.flights { start(flight, on: worker) }
        if turn.isCutShort { wake(worker) }
        guard let timer = turn.timer else { return }
        let delay = TimeAmount.nanoseconds(max(0, timer.nanoseconds - now.nanoseconds))
        loops[worker].scheduleTask(in: delay) { self.takeTurn(worker) }
    }

    private func start(_ flight: WriteBehindStateMachine.Flight, on worker: Int) {
        Task.immediate(executorPreference: executors[worker]) {
            do throws(RedisError) {
                let version = try await self.send(flight.write, worker)
                // First, so that no reader finds neither the pending write nor its entry.
                self.flushed(flight.write, version)
                self.succeeded(flight)
            } catch {
                self.failed(flight, error)
            }
        }
    }

    private func succeeded(_ flight: WriteBehindStateMachine.Flight) {
        let write = flight.write
        let (landing, waiters, drainers) = locked { state in
            let landing = state.machine.succeeded(flight)
            let waiters = state.waiters.take(
                write.key, partition: write.partition, upTo: flight.ticket)
            return (landing, waiters, state.takeDrainers())
        }
        finish(landing)
        for resume in waiters { resume(.success(())) }
        for resume in drainers { resume() }
    }

    /// Where the shard does not answer, nobody waits who waits for any key of the partition:
    /// there is no telling for how long.
    private func failed(_ flight: WriteBehindStateMachine.Flight, _ error: RedisError) {
        let write = flight.write
        let now = clock.now()
        let random = Double.random(in: 0...1)
        let isOutage = WriteBehindTrouble(error).kind == .unreachable
        let (landing, waiters) = locked { state in
            let landing = state.machine.failed(flight, error, now: now, random: random)
            let waiters = state.waiters.take(
                write.key, partition: write.partition, orAll: isOutage)
            return (landing, waiters)
        }
        finish(landing)
        for resume in waiters { resume(.failure(error)) }
    }

    private func finish(_ landing: WriteBehindStateMachine.Landing) {
        landing.reports.forEach(report)
        if let worker = landing.wakes { wake(worker) }
    }
}
