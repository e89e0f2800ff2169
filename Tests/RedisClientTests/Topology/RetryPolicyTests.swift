// Holds the rules for what is sent again, where and how often.

import NIOCore
import Testing

@testable import RedisClient

@Suite("What is sent again")
struct RetryPolicyTests {
    private static let server = RedisAddress.tcp(host: "h", port: 1)
    private static let shard = RedisShardID("s")

    private static func verdict(
        _ result: Result<RESPValue, RedisError>, _ traits: RedisCommand.Traits = []
    ) -> RetryPolicy.Verdict {
        RetryPolicy.verdict(result, traits: traits, shard: shard, server: server)
    }

    private static func refused(_ code: String, _ message: String = "m") -> RetryPolicy.Verdict {
        verdict(.success(.error(RESPError(code: code, message: message))))
    }

    @Test("answers go to the caller, and so do NOSCRIPT and WRONGTYPE")
    func answers() {
        #expect(Self.verdict(.success(.null)) == .answer(.success(.null)))
        for code in ["NOSCRIPT", "WRONGTYPE"] {
            let told = RESPValue.error(RESPError(code: code, message: "m"))
            #expect(Self.verdict(.success(told)) == .answer(.success(told)))
        }
    }

    @Test(
        "what a server does not do yet waits",
        arguments: [
            ("TRYAGAIN", RetryPolicy.Hint.none), ("LOADING", .none), ("BUSY", .none),
            ("CLUSTERDOWN", .topology), ("MASTERDOWN", .topology), ("READONLY", .demoted),
        ])
    func waits(_ code: String, _ hint: RetryPolicy.Hint) {
        guard case .wait(let error, hint) = Self.refused(code) else {
            Issue.record("\(code) does not wait")
            return
        }
        #expect(error.shard == "s")
    }

    @Test("redirections are followed, and waited out where they name nobody")
    func redirects() {
        guard case .redirect(let redirection) = Self.refused("MOVED", "1 :5") else {
            Issue.record("MOVED is not followed")
            return
        }
        #expect(redirection.address == .tcp(host: "h", port: 5))
        guard case .wait(_, .topology) = Self.refused("MOVED", "nonsense") else {
            Issue.record("a MOVED to nowhere does not wait")
            return
        }
    }

    @Test("what stays with its shard follows no redirection")
    func stays() {
        for code in ["MOVED", "ASK"] {
            let told = RESPValue.error(RESPError(code: code, message: "1 :5"))
            guard case .answer(.failure(let error)) = Self.verdict(.success(told), .stays) else {
                Issue.record("\(code) is followed")
                return
            }
            #expect(error.code == .noShard && error.shard == "s" && error.isCertainlyUnexecuted)
        }
    }

    @Test(
        "what may have been executed is sent again only where that changes nothing",
        arguments: [RedisError.Code.connectionLost, .timedOut, .protocolViolation])
    func spends(_ code: RedisError.Code) {
        let error = RedisError(code, "d", shard: "s")
        #expect(Self.verdict(.failure(error)) == .answer(.failure(error)))
        #expect(Self.verdict(.failure(error), .idempotent) == .spend(error))
        #expect(Self.verdict(.failure(error), .readOnly) == .spend(error))
    }

    @Test("what was never sent waits, and what was refused here is told")
    func unsent() {
        let closed = RedisError(.closed, "d", shard: "s")
        #expect(Self.verdict(.failure(closed)) == .wait(closed, .none))
        let full = RedisError(.overloaded, "d", shard: "s")
        #expect(Self.verdict(.failure(full), .idempotent) == .answer(.failure(full)))
    }

    @Test(
        "refusals have a code of ours",
        arguments: [
            ("OOM", RedisError.Code.outOfMemory), ("WRONGPASS", .accessRefused),
            ("NOPERM", .accessRefused), ("ERR", .server), ("MISCONF", .server),
        ])
    func refusals(_ code: String, _ expected: RedisError.Code) {
        guard case .answer(.failure(let error)) = Self.refused(code) else {
            Issue.record("\(code) is not told")
            return
        }
        #expect(error.code == expected)
        #expect(error.shard == "s")
    }

    @Test("a tenth of the calls may be sent again, beside a burst of ten")
    func budget() {
        var budget = RetryBudget()
        func withdrawn() -> Int { (0..<20).count { _ in budget.withdraw() } }
        #expect(withdrawn() == 10)
        for _ in 0..<9 { budget.deposit() }
        #expect(withdrawn() == 0)
        budget.deposit()
        #expect(withdrawn() == 1)
        for _ in 0..<1_000 { budget.deposit() }
        #expect(withdrawn() == 10)
    }

    @Test("waits double, end at the longest, and begin anew after a success")
    func backOff() {
        var backOff = BackOff(first: .milliseconds(100), longest: .seconds(1))
        let waits = (0..<6).map { _ in backOff.next(jitter: 0).nanoseconds / 1_000_000 }
        #expect(waits == [50, 100, 200, 400, 500, 500])
        #expect(backOff.next(jitter: 0.999_999).nanoseconds > 999_000_000)
        backOff.reset()
        #expect(backOff.next(jitter: 0) == .milliseconds(50))
        var long = BackOff.connecting
        for _ in 0..<100 { #expect(long.next(jitter: 0.9) <= .seconds(5)) }
    }

    @Test("the connections that settings allow are shared out, the first loops first")
    func quota() {
        let quota = ConnectionQuota(4)
        let places = (0..<5).map { _ in quota.take() }
        #expect(places.map { $0 != nil } == [true, true, true, true, false])
        places[0]?.give()
        places[0]?.give()
        #expect(quota.take() != nil)
        #expect(quota.take() == nil)
        #expect(quota.connectingLoops(of: 8, masters: 1) == 4)
        #expect(quota.connectingLoops(of: 2, masters: 1) == 2)
        #expect(quota.connectingLoops(of: 8, masters: 3) == 1)
        #expect(quota.connectingLoops(of: 8, masters: 9) == 1)
    }
}
