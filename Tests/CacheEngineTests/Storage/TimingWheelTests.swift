// Tests the timing wheel against a dictionary of deadlines.

import Testing

@testable import CacheEngine

@Suite struct TimingWheelTests {
    /// Sets and meets timers as the table does, beside a dictionary that does the same.
    private struct Model {
        var wheel = TimingWheel(timers: 500)
        var deadlines: [Int: Int64] = [:]
        var random: SeededGenerator

        mutating func set(_ timer: Int, _ deadline: Int64) {
            wheel.schedule(timer, at: deadline)
            deadlines[timer] = min(deadlines[timer] ?? .max, deadline)
        }

        mutating func cancel(_ timer: Int) {
            wheel.cancel(timer)
            deadlines[timer] = nil
        }

        /// Cancels what is due, in calls of so few steps; answers which that was.
        mutating func meet(_ now: Int64) -> Set<Int> {
            var met: Set<Int> = []
            var calls = 0
            while calls < 100_000 {
                calls += 1
                let granted = Int.random(in: 1...7, using: &random)
                var steps = granted
                let timer = wheel.firstDue(now, steps: &steps)
                #expect(steps >= 0)
                if let timer {
                    met.insert(timer)
                    wheel.cancel(timer)
                } else if steps > 0 {
                    return met
                }
            }
            Issue.record("the wheel does not come to an end")
            return met
        }
    }

    @Test(
        "Through months of leaps it meets each timer when it is due, never before",
        arguments: [1, 2, 3])
    func months(seed: UInt64) {
        var model = Model(random: SeededGenerator(state: seed))
        defer { model.wheel.deallocate() }
        var now: Int64 = 1_700_000_000_000
        let end = now + 180 * 86_400_000
        var leaps = 0
        while now < end {
            for _ in 0..<Int.random(in: 0..<40, using: &model.random) {
                let timer = Int.random(in: 0..<500, using: &model.random)
                // From a millisecond to some months, each length as likely as any other.
                let bits = Int64.random(in: 0..<34, using: &model.random)
                let span = Int64.random(in: 0...(1 << bits), using: &model.random)
                if span % 5 == 0 { model.cancel(timer) } else { model.set(timer, now + span) }
            }
            #expect(model.wheel.count == model.deadlines.count)
            now += Int64.random(
                in: 0...(1 << Int64.random(in: 0..<29, using: &model.random)), using: &model.random)
            let due = Set(model.deadlines.filter { $0.value <= now }.keys)
            #expect(model.meet(now) == due, "at \(now)")
            for timer in due { model.deadlines[timer] = nil }
            leaps += 1
        }
        #expect(leaps > 100)
        let left = Set(model.deadlines.keys)
        #expect(model.meet(end + 1 << 40) == left)
        #expect(model.wheel.count == 0)
    }

    @Test("A step handles one timer, however many are at a place")
    func steps() {
        var wheel = TimingWheel(timers: 10_000)
        defer { wheel.deallocate() }
        var steps = 1
        #expect(wheel.firstDue(1_000, steps: &steps) == nil)
        for timer in 0..<10_000 { wheel.schedule(timer, at: 1_000_000 + Int64(timer % 7)) }
        // They wait on a higher wheel, and go down one by one.
        var calls = 0
        var met = 0
        while met < 10_000 && calls < 100_000 {
            calls += 1
            steps = 1
            guard let timer = wheel.firstDue(1_000_007, steps: &steps) else { continue }
            wheel.cancel(timer)
            met += 1
        }
        #expect(met == 10_000)
        #expect(calls > 20_000, "each of them was moved in steps of their own")
    }

    @Test("A clock that goes back lets nothing come early, and nothing is lost")
    func backwards() {
        var wheel = TimingWheel(timers: 4)
        defer { wheel.deallocate() }
        var steps = 100
        wheel.schedule(0, at: 5_000)
        #expect(wheel.firstDue(4_000, steps: &steps) == nil)
        wheel.schedule(1, at: 2_000)
        #expect(wheel.firstDue(1_000, steps: &steps) == nil)
        #expect(wheel.firstDue(4_000, steps: &steps) == 1)
        wheel.cancel(1)
        #expect(wheel.firstDue(4_999, steps: &steps) == nil)
        #expect(wheel.firstDue(5_000, steps: &steps) == 0)
    }
}
