// Owns the service that a fuzzed server offers: every kind of call, driven by its messages.

import NIOCore

@testable import GRPC

/// Counts the handlers of one run, and holds those that wait; on the embedded loop's thread.
// One thread touches it: the fuzzer's, which runs the embedded loop as well.
final class CallLedger: @unchecked Sendable {
    var opened = 0
    var closed = 0
    var pending = 0
    var paused: [ServerCall] = []
    var waiting: [CheckedContinuation<Void, Never>] = []

    /// Lets everything that waits go on.
    func release() {
        let (calls, tasks) = (paused, waiting)
        paused = []
        waiting = []
        for call in calls { call.resumeReading() }
        for task in tasks { task.resume() }
    }
}

/// Does what the first byte of each message says, and answers with the message.
private final class ObedientHandler: ServerCallHandler {
    private let call: ServerCall
    private let ledger: CallLedger
    private var isClosed = false

    init(_ call: ServerCall, _ ledger: CallLedger) {
        self.call = call
        self.ledger = ledger
        ledger.opened += 1
        if let value = call.metadata["x-echo"] { call.responseMetadata.add("x-echo", value) }
    }

    func received(_ message: UnsafeRawBufferPointer) {
        promise(!isClosed, "a message comes after the end")
        call.send(FramedMessage(message))
        switch message.count % 8 {
        case 1: call.finish(.ok)
        case 2:
            call.pauseReading()
            ledger.paused.append(call)
        case 3: for _ in 0..<20 { call.send(FramedMessage([UInt8](repeating: 1, count: 200))) }
        case 4: call.finish(GRPCStatus(.aborted, "told to: 100 %", details: Array(message)))
        default: return
        }
    }

    func receivedEnd() {
        promise(!isClosed, "an end comes after the end")
        call.finish(.ok)
    }

    func writable() { promise(!isClosed, "a handler may write after the end") }

    func draining(grace: Duration) { promise(!isClosed, "a handler drains after the end") }

    func closed(_ reason: GRPCStatus) {
        promise(!isClosed, "a handler is closed twice")
        isClosed = true
        ledger.closed += 1
    }
}

enum HostileService {
    static func make(_ ledger: CallLedger) -> Service {
        Service(
            "s",
            methods: [
                Method(
                    "U",
                    .unary { request, reply in
                        reply.reserve(request.message.count).copyMemory(from: request.message)
                        return .replied
                    }),
                Method(
                    "F",
                    .unary { request, _ in
                        .failed(.refused(reason: "R", field: "f", "no: \(request.message.count)"))
                    }),
                Method("W", .unary { _, _ in .pending { await wait(ledger) } }),
                Method("B", .stream(clientStreaming: true) { ObedientHandler($0, ledger) }),
                Method("S", .stream(clientStreaming: false) { ObedientHandler($0, ledger) }),
            ])
    }

    private static func wait(_ ledger: CallLedger) async -> FramedMessage {
        ledger.pending += 1
        await withCheckedContinuation { ledger.waiting.append($0) }
        ledger.pending -= 1
        return FramedMessage([1, 2, 3])
    }
}
