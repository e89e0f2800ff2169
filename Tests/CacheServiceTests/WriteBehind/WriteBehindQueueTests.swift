// The queue with its event loops, and a shared level that can be broken.

import CacheEngine
import Locks
import NIOCore
import NIOPosix
import RedisClient
import Testing

@testable import CacheService

/// What stands in for the shared level: values by key, and a switch that breaks it.
private final class FakeLevel: Sendable {
    struct State: Sendable {
        var values: [String: String] = [:]
        var failure: RedisError?
        var sent = 0
        var version: UInt64 = 0
        /// Those who send and are held back; nil: nobody is.
        var held: [CheckedContinuation<Void, Never>]?
        var flushed: [String: UInt64] = [:]
        var reports: [WriteBehindReport] = []
    }

    let state = Locked(State())

    func send(_ write: PendingWrite) async throws(RedisError) -> UInt64 {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                state.sent += 1
                state.held?.append(continuation)
                return state.held == nil
            }
            if goesOn { continuation.resume() }
        }
        let key = String(decoding: write.key, as: UTF8.self)
        let result = state.withLock { state -> Result<UInt64, RedisError> in
            if let failure = state.failure { return .failure(failure) }
            state.values[key] = write.text
            state.version += 1
            return .success(state.version)
        }
        return try result.get()
    }

    func hold() { state.withLock { $0.held = [] } }

    func release() {
        let held = state.withLock { state in
            defer { state.held = nil }
            return state.held ?? []
        }
        for continuation in held { continuation.resume() }
    }

    func fail(_ error: RedisError?) { state.withLock { $0.failure = error } }

    /// Waits until something holds.
    func wait(until holds: (State) -> Bool) async throws {
        try await eventually { state.withLock { holds($0) } }
    }
}

@Suite struct WriteBehindQueueTests {
    private let level = FakeLevel()
    private let loops = Array(MultiThreadedEventLoopGroup.singleton.makeIterator())
    private let down = RedisError(.connectionLost, "gone", shard: "a")

    private func queue(
        _ change: (inout WriteBehindLimits) -> Void = { _ in }
    ) -> WriteBehindQueue {
        var limits = WriteBehindLimits()
        limits.firstPause = .milliseconds(1)
        limits.longestPause = .milliseconds(4)
        change(&limits)
        let level = level
        return WriteBehindQueue(
            limits, loops: loops, clock: ServiceClock(),
            send: { write, _ throws(RedisError) in try await level.send(write) },
            flushed: { write, version in
                level.state.withLock {
                    $0.flushed[String(decoding: write.key, as: UTF8.self)] = version
                }
            },
            report: { report in level.state.withLock { $0.reports.append(report) } })
    }

    private var soon: NIODeadline { .now() + .seconds(60) }

    private func pending(_ queue: WriteBehindQueue, _ key: String) -> String?? {
        Array(key.utf8).withUnsafeBytes { queue.pending($0, now: ServiceClock().now()) }
            .map(\.text)
    }

    @Test("writes of many threads arrive, each key's last one, and versions come back")
    func flushes() async {
        let queue = queue()
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for round in 0..<500 {
                        let key = "w\(writer):\(round % 50)"
                        #expect(queue.enqueue(.set(key, "\(round)", partition: round % 50)))
                    }
                }
            }
        }
        #expect(await queue.drain(deadline: soon) == 0)
        let state = level.state.withLock { $0 }
        #expect(state.values.count == 200)
        for writer in 0..<4 {
            for round in 450..<500 {
                #expect(state.values["w\(writer):\(round % 50)"] == "\(round)")
            }
        }
        #expect(state.flushed.count == 200)
        #expect(queue.statistics.entries == 0 && queue.statistics.bytes == 0)
        #expect(queue.statistics.flushed == UInt64(state.sent))
    }

    @Test("a pending key answers its readers until it is flushed, and a write waits for it")
    func readYourWrites() async throws {
        let queue = queue()
        level.hold()
        #expect(queue.enqueue(.set("a", "1")))
        try await level.wait { $0.held?.count == 1 }
        #expect(pending(queue, "a") == "1")
        #expect(queue.enqueue(.set("a", "2")))
        #expect(pending(queue, "a") == "2")
        let loop = loops[0]
        let deadline = soon
        let waiting = Task {
            try await queue.waitUntilFlushed(Array("a".utf8), on: loop, deadline: deadline)
            return level.state.withLock { $0.values["a"] }
        }
        level.release()
        #expect(try await waiting.value == "2")
        #expect(pending(queue, "a") == .none)
        try await queue.waitUntilFlushed(Array("a".utf8), on: loop, deadline: deadline)
    }

    @Test("an outage keeps the writes, tells of itself once, and ends")
    func outage() async throws {
        let queue = queue()
        level.fail(down)
        for key in 0..<20 { #expect(queue.enqueue(.set("k\(key)", "v", partition: key))) }
        try await level.wait { $0.sent >= 60 }
        #expect(queue.statistics.entries == 20)
        let deadline = soon
        let error = await #expect(throws: RedisError.self) {
            try await queue.waitUntilFlushed(
                Array("k3".utf8), on: loops[0], deadline: deadline)
        }
        #expect(error?.code == .connectionLost)
        #expect(pending(queue, "k3") == "v")
        level.fail(nil)
        try await level.wait { $0.values.count == 20 && $0.reports.count == 2 }
        let trouble = WriteBehindTrouble(down)
        #expect(
            level.state.withLock { $0.reports } == [.stalled(trouble, down), .recovered(trouble)])
        #expect(queue.statistics.failed > 0)
    }

    @Test("a full queue refuses, and takes writes again when some have gone")
    func full() async throws {
        let cost = PendingWrite.set("a", "1").costBytes
        let queue = queue { $0.maxBytes = 2 * cost }
        level.hold()
        #expect(queue.enqueue(.set("a", "1")))
        #expect(queue.enqueue(.set("b", "1")))
        #expect(!queue.enqueue(.set("c", "1")))
        try await level.wait { $0.held?.count == 2 }
        level.release()
        try await level.wait { $0.flushed.count == 2 }
        try await eventually { queue.enqueue(.set("c", "1")) }
        #expect(await queue.drain(deadline: soon) == 0)
        #expect(level.state.withLock { $0.values["c"] } == "1")
    }

    @Test("who waits for too long is told so, and the write stays")
    func waitingEnds() async {
        let queue = queue()
        level.hold()
        #expect(queue.enqueue(.set("a", "1")))
        let error = await #expect(throws: RedisError.self) {
            try await queue.waitUntilFlushed(
                Array("a".utf8), on: loops[0], deadline: .now() + .milliseconds(1))
        }
        #expect(error?.code == .timedOut)
        #expect(pending(queue, "a") == "1")
        level.release()
        #expect(await queue.drain(deadline: soon) == 0)
    }

    @Test("a drain that runs out of time says how many writes are left")
    func drainLeaves() async {
        let queue = queue()
        level.fail(down)
        for key in 0..<5 { #expect(queue.enqueue(.set("k\(key)", "v", partition: key))) }
        #expect(await queue.drain(deadline: .now() + .milliseconds(50)) == 5)
        #expect(!queue.enqueue(.set("late", "v")))
    }

    @Test("an invalidation of many removes what is pending, too")
    func removeAll() async {
        let queue = queue()
        level.hold()
        #expect(queue.enqueue(.set("a", "1", tags: ["red"])))
        #expect(queue.enqueue(.set("b", "1")))
        #expect(queue.removeAll(by: []) { $0.tagCount > 0 } == 1)
        #expect(pending(queue, "a") == .some(nil))
        level.release()
        #expect(await queue.drain(deadline: soon) == 0)
        #expect(level.state.withLock { $0.values } == ["b": "1"])
    }
}
