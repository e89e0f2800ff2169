// A service of every kind of call, and handlers that note what they hear.

import Locks
import NIOCore

@testable import GRPC

/// What handlers of a test saw, in order.
final class CallLog: Sendable {
    private let lines = Locked<[String]>([])

    func note(_ line: String) { lines.withLock { $0.append(line) } }

    var all: [String] { lines.withLock { $0 } }
}

/// Sends every message back; ends when the caller does.
final class EchoHandler: ServerCallHandler {
    private let call: ServerCall
    private let log: CallLog

    init(_ call: ServerCall, _ log: CallLog) {
        self.call = call
        self.log = log
        log.note("opened")
        if let value = call.metadata["x-echo"] { call.responseMetadata.add("x-echo", value) }
    }

    func received(_ message: UnsafeRawBufferPointer) {
        log.note("received \(message.count)")
        call.send(FramedMessage(message))
    }

    func receivedEnd() {
        var trailers = Metadata()
        if let bytes = call.metadata.bytes("x-trace-bin") {
            trailers.add("x-trace-bin", bytes: bytes)
        }
        call.finish(.ok, trailers: trailers)
    }

    func writable() { log.note("writable") }
    func draining(grace: Duration) { log.note("draining \(grace)") }
    func closed(_ reason: GRPCStatus) { log.note("closed \(reason.code.name)") }
}

/// Adds up the sizes of the messages and answers once.
final class SumHandler: ServerCallHandler {
    private let call: ServerCall
    private var sum = 0

    init(_ call: ServerCall) { self.call = call }

    func received(_ message: UnsafeRawBufferPointer) { sum += message.count }

    func receivedEnd() {
        call.send(FramedMessage(Array("\(sum)".utf8)))
        call.finish(.ok)
    }
}

/// Sends as many messages of 1,000 bytes as the request has bytes, as fast as they are taken.
final class FloodHandler: ServerCallHandler {
    private let call: ServerCall
    private let log: CallLog
    private var left = 0

    init(_ call: ServerCall, _ log: CallLog) {
        self.call = call
        self.log = log
    }

    func received(_ message: UnsafeRawBufferPointer) {
        left = message.count
        go()
    }

    func writable() { go() }

    private func go() {
        while left > 0 {
            left -= 1
            if !call.send(FramedMessage([UInt8](repeating: 7, count: 1_000))) {
                log.note("unsent \(call.unsentBytes)")
                return
            }
        }
        call.finish(.ok)
    }
}

enum EchoService {
    static func make(_ log: CallLog, gate: AsyncGate = AsyncGate()) -> Service {
        Service(
            "test.Echo",
            methods: [
                Method(
                    "Unary",
                    .unary { request, reply in
                        reply.reserve(request.message.count).copyMemory(from: request.message)
                        return .replied
                    }),
                Method(
                    "Large",
                    .unary { _, reply in
                        _ = reply.reserve(1_000_000).initializeMemory(as: UInt8.self, repeating: 3)
                        return .replied
                    }),
                Method(
                    "Fail",
                    .unary { request, _ in
                        .failed(
                            GRPCStatus(
                                .notFound, "kein Schlüssel: 100 %\n",
                                details: Array(request.message)))
                    }),
                Method(
                    "Wait",
                    .unary { _, _ in
                        .pending { () async throws(GRPCStatus) in
                            log.note("waiting")
                            let passed = await gate.wait()
                            log.note(passed ? "passed" : "cancelled")
                            return FramedMessage(Array("late".utf8))
                        }
                    }),
                // Ends when the gate opens, whether it is cancelled or not.
                Method(
                    "Stubborn",
                    .unary { _, _ in
                        .pending { () async throws(GRPCStatus) in
                            log.note("stubborn")
                            await gate.waitStubbornly()
                            return FramedMessage([])
                        }
                    }),
                Method("Bidi", .stream(clientStreaming: true) { EchoHandler($0, log) }),
                Method("Sum", .stream(clientStreaming: true) { SumHandler($0) }),
                Method("Flood", .stream(clientStreaming: false) { FloodHandler($0, log) }),
            ])
    }
}

/// Lets tasks wait until a test opens it; tells them when they were cancelled instead.
final class AsyncGate: Sendable {
    private struct State {
        var open = false
        var waiting: CheckedContinuation<Bool, Never>?
        var stubborn: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Locked(State())

    var isOpen: Bool { state.withLock { $0.open } }

    func open() {
        let waiting = state.withLock { state in
            state.open = true
            defer { state.stubborn = [] }
            return (state.waiting.take(), state.stubborn)
        }
        waiting.0?.resume(returning: true)
        for continuation in waiting.1 { continuation.resume() }
    }

    /// Waits, cancelled or not.
    func waitStubbornly() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.open { state.stubborn.append(continuation) }
                return state.open
            }
            if isOpen { continuation.resume() }
        }
    }

    func wait() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.open { state.waiting = continuation }
                    return state.open
                }
                if isOpen { continuation.resume(returning: true) }
            }
        } onCancel: {
            state.withLock { $0.waiting.take() }?.resume(returning: false)
        }
    }
}
