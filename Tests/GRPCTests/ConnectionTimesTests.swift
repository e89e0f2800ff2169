// What the clock of one connection decides, look by look; no clock, no network.

import NIOCore
import Testing

@testable import GRPC

@Suite struct ConnectionTimesTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    /// What is to be done, and after how many looks, one a second.
    private struct Due: Equatable {
        let action: ConnectionTimes.Action
        let seconds: Int

        init(_ action: ConnectionTimes.Action, _ seconds: Int) {
            self.action = action
            self.seconds = seconds
        }
    }

    /// A connection whose peer behaves, looked at once a second.
    private final class Clocked {
        let spans: ConnectionSpans
        var times: ConnectionTimes
        var now = ConnectionTimesTests.start
        var sight = ConnectionTimes.Sight(
            lastRead: ConnectionTimesTests.start, hasSettings: true, isAcknowledged: true,
            openStreams: 0, lastStream: 0, owes: false, progress: 0)

        init(ageFactor: Double = 1, _ change: (inout ServerLimits) -> Void = { _ in }) {
            var limits = ServerLimits()
            change(&limits)
            spans = ConnectionSpans(limits)
            times = ConnectionTimes(opened: now, spans: spans, ageFactor: ageFactor)
        }

        /// Looks once a second until there is something to do or the span is over.
        func run(
            seconds: Int, each: (inout ConnectionTimes.Sight, Int) -> Void = { _, _ in }
        ) -> Due? {
            for second in 1...seconds {
                now = now + .seconds(1)
                each(&sight, second)
                if let action = times.look(sight, now: now, spans: spans) {
                    return Due(action, second)
                }
            }
            return nil
        }
    }

    // MARK: - Handshake

    @Test("a peer has ten seconds for its preface and settings, whatever else it sends")
    func preface() {
        let clocked = Clocked()
        clocked.sight.hasSettings = false
        clocked.sight.isAcknowledged = false
        #expect(clocked.run(seconds: 9) == nil)
        #expect(clocked.run(seconds: 5) == Due(.reject(.prefaceTimeout), 1))
    }

    @Test("then it has ten seconds to acknowledge ours")
    func acknowledgement() {
        let clocked = Clocked()
        clocked.sight.hasSettings = false
        clocked.sight.isAcknowledged = false
        #expect(clocked.run(seconds: 8) == nil)
        clocked.sight.hasSettings = true
        #expect(
            clocked.run(seconds: 30) { sight, _ in sight.lastStream += 2 }
                == Due(.reject(.settingsTimeout), 11))
    }

    @Test("with both in time it is left alone")
    func inTime() {
        let clocked = Clocked()
        clocked.sight.isAcknowledged = false
        let due = clocked.run(seconds: 7_000) { sight, second in
            if second == 9 { sight.isAcknowledged = true }
        }
        #expect(due == nil)
    }

    // MARK: - Stall

    @Test("a connection stalls when nothing unsent moves for a minute")
    func stalled() {
        let clocked = Clocked()
        let due = clocked.run(seconds: 300) { sight, second in
            sight.owes = true
            if second.isMultiple(of: 50) { sight.progress += 1 }
        }
        #expect(due == nil)
        #expect(clocked.run(seconds: 100) == Due(.reject(.stalled), 61))
    }

    @Test("a connection to which nothing is unsent never stalls")
    func idleIsNotStalled() {
        let clocked = Clocked()
        #expect(clocked.run(seconds: 7_000) == nil)
        // Something is sent at every look, and taken before the next one.
        let due = clocked.run(seconds: 100) { sight, second in
            sight.owes = second.isMultiple(of: 2)
            sight.lastRead = sight.lastRead + .seconds(2)
        }
        #expect(due == nil)
    }

    // MARK: - Keepalive

    @Test("a silent peer is pinged after two hours, and given up 20 seconds later")
    func keepalive() {
        let clocked = Clocked()
        #expect(clocked.run(seconds: 10_000) == Due(.ping, 7_200))
        #expect(clocked.run(seconds: 100) == Due(.abandon, 20))
    }

    @Test("a peer that says anything lives on, and is pinged again after as long a silence")
    func keepaliveAnswered() {
        let clocked = Clocked()
        #expect(clocked.run(seconds: 7_200)?.action == .ping)
        let now = clocked.now
        clocked.sight.lastRead = now  // within the very turn of the loop
        #expect(clocked.run(seconds: 10_000) == Due(.ping, 7_200))
    }

    // MARK: - Age and idleness

    @Test("age and idleness have no limit by default")
    func unlimited() {
        let clocked = Clocked()
        let due = clocked.run(seconds: 100_000) { sight, second in
            sight.lastRead = ConnectionTimesTests.start + .seconds(Int64(second))
        }
        #expect(due == nil)
    }

    @Test("an old connection drains, and is closed when its grace is over")
    func age() {
        let clocked = Clocked {
            $0.connectionMaxAge = .seconds(100)
            $0.connectionMaxAgeGrace = .seconds(30)
        }
        clocked.sight.openStreams = 1
        #expect(clocked.run(seconds: 200) == Due(.drain(.age), 100))
        #expect(clocked.run(seconds: 200) == Due(.close, 30))
    }

    @Test("without a grace its calls take what they need")
    func ageWithoutGrace() {
        let clocked = Clocked { $0.connectionMaxAge = .seconds(100) }
        clocked.sight.openStreams = 1
        #expect(clocked.run(seconds: 200) == Due(.drain(.age), 100))
        #expect(clocked.run(seconds: 7_000) == nil)
    }

    @Test("the age varies by its factor", arguments: [(0.9, 90), (1.0, 100), (1.1, 110)])
    func ageFactor(factor: Double, seconds: Int) throws {
        let clocked = Clocked(ageFactor: factor) { $0.connectionMaxAge = .seconds(100) }
        #expect(clocked.run(seconds: 200) == Due(.drain(.age), seconds))
    }

    @Test("factors are spread over a tenth to either side, and a seed repeats them")
    func jitter() {
        var source = JitterSource(seed: 7)
        let factors = (0..<1_000).map { _ in source.ageFactor() }
        #expect(factors.allSatisfy { (0.9...1.1).contains($0) })
        #expect(factors.contains { $0 < 0.92 } && factors.contains { $0 > 1.08 })
        var again = JitterSource(seed: 7)
        #expect(factors.prefix(5) == (0..<5).map { _ in again.ageFactor() }[...])
        var other = JitterSource(seed: 8)
        #expect(other.ageFactor() != factors[0])
    }

    @Test("a connection without a call drains after its idle time, once")
    func idle() {
        let clocked = Clocked { $0.connectionMaxIdle = .seconds(100) }
        clocked.sight.openStreams = 1
        clocked.sight.lastStream = 1
        #expect(clocked.run(seconds: 300) == nil)
        // Short calls that no look ever sees open keep it as well.
        clocked.sight.openStreams = 0
        let due = clocked.run(seconds: 300) { sight, second in
            if second.isMultiple(of: 90) { sight.lastStream += 2 }
        }
        #expect(due == nil)
        #expect(clocked.run(seconds: 200)?.action == .drain(.idleness))
        #expect(clocked.run(seconds: 1_000) == nil)
    }

    @Test("one that never had a call is idle from the beginning")
    func idleFromTheBeginning() {
        let clocked = Clocked { $0.connectionMaxIdle = .seconds(100) }
        #expect(clocked.run(seconds: 200) == Due(.drain(.idleness), 100))
    }
}

@Suite final class PingStrikesTests {
    private var strikes = PingStrikes(interval: .seconds(300))
    private var now = NIODeadline.uptimeNanoseconds(5)

    private func ping(after seconds: Int64, hasCalls: Bool = true) -> Bool {
        now = now + .seconds(seconds)
        return strikes.pinged(at: now, hasCalls: hasCalls)
    }

    @Test("two pings that come too soon are borne, the third is one too many")
    func threeStrikes() {
        #expect((0..<4).map { _ in ping(after: 299) } == [false, false, false, true])
    }

    @Test("pings in good time are no strikes")
    func polite() {
        #expect((0..<100).allSatisfy { _ in !ping(after: 300) })
    }

    @Test("without a call two hours have to pass")
    func idle() {
        #expect((0..<4).map { _ in ping(after: 7_199, hasCalls: false) }.last == true)
    }

    @Test("without a call, after two hours, a ping is no strike")
    func politeIdle() {
        #expect((0..<100).allSatisfy { _ in !ping(after: 7_200, hasCalls: false) })
    }

    @Test("an answer resets the strikes and the time of the last ping")
    func answered() {
        for _ in 0..<1_000 {
            #expect((0..<3).allSatisfy { _ in !ping(after: 0) })
            strikes.answered()
        }
        #expect((0..<4).map { _ in ping(after: 0) }.last == true)
    }
}

@Suite struct SocketBacklogTests {
    @Test("a backlog makes progress when less is held than what was added")
    func progress() {
        var backlog = SocketBacklog()
        #expect(!backlog.mayHold(written: 0))
        backlog.look(written: 1_000, held: 1_000)
        #expect(backlog.progress == 0 && !backlog.isEmpty)
        #expect(backlog.mayHold(written: 1_000))
        backlog.look(written: 1_000, held: 1_000)
        backlog.look(written: 1_017, held: 1_017)
        backlog.look(written: 1_017, held: 1_040)  // TLS made it larger
        #expect(backlog.progress == 0)
        backlog.look(written: 2_000, held: 1_500)
        #expect(backlog.progress == 1)
        backlog.look(written: 2_000, held: 0)
        #expect(backlog.progress == 2 && backlog.isEmpty && !backlog.mayHold(written: 2_000))
    }
}

@Suite struct LastDepartureTests {
    @Test("a wait ends when what it waits for happens")
    func happened() async {
        let departure = LastDeparture()
        async let waited = departure.wait { false }
        await Self.untilSomebodyWaits { departure.happened() }
        #expect(await waited)
    }

    @Test("what has happened before is not waited for")
    func before() async {
        let departure = LastDeparture()
        departure.happened()
        #expect(await departure.wait { true })
    }

    @Test("patience that ends, even before the wait, ends it")
    func patience() async {
        let departure = LastDeparture()
        departure.endPatience()
        #expect(await departure.wait { false } == false)
    }

    @Test("a cancelled task does not wait")
    func cancelled() async {
        let departure = LastDeparture()
        let task = Task { await departure.wait { false } }
        task.cancel()
        #expect(await task.value == false)
    }

    /// Lets other tasks run, and says so again and again: nobody may have waited yet.
    private static func untilSomebodyWaits(_ body: () -> Void) async {
        for _ in 0..<10_000 {
            body()
            await Task.yield()
        }
    }
}
