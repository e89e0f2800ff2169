// What is sent when, and what becomes of it; pure.

import CacheEngine
import RedisClient

extension WriteBehindStateMachine {
    /// One write that is being sent.
    struct Flight: Sendable {
        let write: PendingWrite
        let ticket: UInt64
        /// The pauses of its partition before it.
        let pauses: UInt64
    }

    /// What a worker has to do now.
    struct Turn: Sendable {
        /// Begin to send these.
        var flights: [Flight] = []
        /// Take another turn soon: there is more than one turn may begin.
        var isCutShort = false
        /// Set a timer for another turn then.
        var timer: Timestamp?
    }

    /// What follows from an attempt.
    struct Landing: Sendable {
        /// What to tell the operator.
        var reports: [WriteBehindReport] = []
        /// The worker that has to be woken.
        var wakes: Int?
    }

    /// A worker's turn.
    mutating func turn(of worker: Int, now: Timestamp) -> Turn {
        var turn = Turn()
        guard phase != .closed else { return turn }
        endPauses(of: worker, now: now)
        while let lane = workers[worker].due.popFirst() {
            lanes[lane].isDue = false
            while lanes[lane].canSend(limits), turn.flights.count < limits.flightsPerTurn {
                turn.flights.append(launch(from: lane, now: now))
            }
            guard turn.flights.count < limits.flightsPerTurn else {
                _ = makeDue(lane)
                break
            }
        }
        turn.isCutShort = !workers[worker].due.isEmpty
        workers[worker].isAwake = turn.isCutShort
        turn.timer = nextTimer(of: worker)
        return turn
    }

    /// The shared level has taken a write.
    mutating func succeeded(_ flight: Flight) -> Landing {
        let lane = flight.write.partition
        flushed += 1
        lanes[lane].inFlight -= 1
        lanes[lane].failures = 0
        lanes[lane].pausedUntil = nil
        var landing = Landing()
        setTrouble(of: lane, nil, &landing)
        guard let slot = slots[flight.write.key], let flying = slot.flying else {
            preconditionFailure("what lands was under way")
        }
        bytes -= flying.write.costBytes
        if let waiting = slot.waiting {
            slots[flight.write.key] = Slot(waiting: waiting)
            lanes[lane].ready.append(flight.write.key)
        } else {
            slots[flight.write.key] = nil
        }
        landing.wakes = makeDue(lane)
        return landing
    }

    /// An attempt failed; the write stays, unless a newer one of its key has come.
    ///
    /// - Parameter random: from 0 to 1, for the jitter.
    mutating func failed(
        _ flight: Flight, _ error: RedisError, now: Timestamp, random: Double
    ) -> Landing {
        let lane = flight.write.partition
        failed += 1
        lanes[lane].inFlight -= 1
        guard let slot = slots[flight.write.key], var flying = slot.flying else {
            preconditionFailure("what fails was under way")
        }
        if var waiting = slot.waiting {
            bytes -= flying.write.costBytes
            waiting.beginning = flying.beginning
            flying = waiting
        }
        slots[flight.write.key] = Slot(waiting: flying)
        lanes[lane].ready.append(flight.write.key)
        if flight.pauses == lanes[lane].pauses { pause(lane, now: now, random: random) }
        var landing = Landing()
        setTrouble(of: lane, error, &landing)
        // Where it pauses, the worker's next turn sets the timer.
        landing.wakes = makeDue(lane) ?? wake(lane % workers.count)
        return landing
    }

    // MARK: - Partitions

    /// Puts a key into its partition's line; gives the worker that has to be woken.
    mutating func makeReady(_ key: [UInt8], _ lane: Int) -> Int? {
        while lanes.count <= lane { lanes.append(WriteBehindLane()) }
        lanes[lane].ready.append(key)
        return makeDue(lane)
    }

    /// Puts a partition that may send into its worker's line; gives the worker to wake.
    mutating func makeDue(_ lane: Int) -> Int? {
        guard !lanes[lane].isDue, lanes[lane].canSend(limits) else { return nil }
        lanes[lane].isDue = true
        workers[lane % workers.count].due.append(lane)
        return wake(lane % workers.count)
    }

    private mutating func wake(_ worker: Int) -> Int? {
        guard !workers[worker].isAwake else { return nil }
        workers[worker].isAwake = true
        return worker
    }

    /// A value whose time is up is not sent. Its key is removed instead: the shared level may
    /// hold what the value replaced.
    private mutating func launch(from lane: Int, now: Timestamp) -> Flight {
        let key = lanes[lane].ready.removeFirst()
        guard var item = slots[key]?.waiting else {
            preconditionFailure("a ready key has a write")
        }
        if let expiresAt = item.write.expiresAt, expiresAt <= now {
            let removal = item.write.removal(by: item.write.writer)
            bytes += removal.costBytes - item.write.costBytes
            item.write = removal
            dropped += 1
        }
        slots[key] = Slot(flying: item)
        lanes[lane].inFlight += 1
        return Flight(write: item.write, ticket: item.ticket, pauses: lanes[lane].pauses)
    }

    // MARK: - Pauses

    private mutating func pause(_ lane: Int, now: Timestamp, random: Double) {
        let longest = phase == .draining ? limits.firstPause : limits.longestPause
        let doublings = min(lanes[lane].failures, 20)
        let pause = min(longest, limits.firstPause * (1 << doublings))
        lanes[lane].failures += 1
        lanes[lane].pauses += 1
        lanes[lane].pausedUntil = now + pause * (1 - limits.jitter * random)
        workers[lane % workers.count].paused.append(lane)
    }

    private mutating func endPauses(of worker: Int, now: Timestamp) {
        let paused = workers[worker].paused
        workers[worker].paused = []
        for lane in paused {
            if let end = lanes[lane].pausedUntil, end > now {
                workers[worker].paused.append(lane)
            } else {
                lanes[lane].pausedUntil = nil
                _ = makeDue(lane)
            }
        }
        if let timer = workers[worker].timer, timer <= now { workers[worker].timer = nil }
    }

    /// When the worker's first pause ends, unless a timer will ring before.
    private mutating func nextTimer(of worker: Int) -> Timestamp? {
        let ends = workers[worker].paused.compactMap { lanes[$0].pausedUntil }
        guard let first = ends.min(), first < workers[worker].timer ?? .never else { return nil }
        workers[worker].timer = first
        return first
    }

    /// Only the first partition that gets into a trouble and the last one that gets out of it
    /// are reported.
    private mutating func setTrouble(
        of lane: Int, _ error: RedisError?, _ landing: inout Landing
    ) {
        let trouble = error.map(WriteBehindTrouble.init)
        let before = lanes[lane].trouble
        guard trouble != before else { return }
        lanes[lane].trouble = trouble
        if let trouble, let error {
            troubles[trouble, default: 0] += 1
            if troubles[trouble] == 1 { landing.reports.append(.stalled(trouble, error)) }
        }
        if let before {
            troubles[before, default: 1] -= 1
            guard troubles[before] == 0 else { return }
            troubles[before] = nil
            landing.reports.append(.recovered(before))
        }
    }
}
