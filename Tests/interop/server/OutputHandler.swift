// One StreamingOutputCall, FullDuplexCall or HalfDuplexCall; event loop only.

import GRPC
import NIOCore

/// Sends the responses that the requests ask for, in order, each after its interval.
final class OutputHandler: ServerCallHandler {
    private let call: ServerCall
    private let echoed: EchoedMetadata
    /// Whether nothing is sent before the last request is there.
    private let startsAtEnd: Bool
    private var waiting: [ResponseParameters] = []
    private var timer: Scheduled<Void>?
    private var isEnded = false
    private var isPaused = false

    /// The most responses that may be asked for before they are sent.
    private static let maxWaiting = 100_000

    init(_ call: ServerCall, startsAtEnd: Bool) {
        self.call = call
        self.startsAtEnd = startsAtEnd
        echoed = EchoedMetadata(call)
    }

    func received(_ message: UnsafeRawBufferPointer) {
        do throws(GRPCStatus) {
            let request = try OutputRequest(message)
            if let status = request.status { throw status }
            if request.responses.contains(where: { $0.isCompressed == true }) {
                call.compressMessages()
            }
            waiting += request.responses
            if waiting.count > Self.maxWaiting {
                throw GRPCStatus(.resourceExhausted, "too many responses at once")
            }
            go()
            if !startsAtEnd, !waiting.isEmpty, !isPaused {
                // What is asked for later waits in the caller's window.
                isPaused = true
                call.pauseReading()
            }
        } catch {
            waiting = []
            call.finish(error, trailers: echoed.trailers)
        }
    }

    func receivedEnd() {
        isEnded = true
        go()
    }

    func writable() { go() }

    func closed(_ reason: GRPCStatus) { timer?.cancel() }

    private func go() {
        guard timer == nil, !startsAtEnd || isEnded else { return }
        do throws(GRPCStatus) {
            try sendWaiting()
        } catch {
            waiting = []
            return call.finish(error, trailers: echoed.trailers)
        }
        guard waiting.isEmpty else { return }
        if isEnded {
            call.finish(.ok, trailers: echoed.trailers)
        } else if isPaused {
            isPaused = false
            call.resumeReading()
        }
    }

    /// Sends what may be sent now.
    private func sendWaiting() throws(GRPCStatus) {
        var sent = 0
        defer { waiting.removeFirst(sent) }
        while sent < waiting.count, call.isWritable {
            let next = waiting[sent]
            if next.interval > .zero { return wait(next.interval) }
            call.send(
                try Payload.response(ofSize: next.bytes), compressed: next.isCompressed ?? false)
            sent += 1
        }
    }

    private func wait(_ interval: Duration) {
        let bound = NIOLoopBound(self, eventLoop: call.loop.eventLoop)
        timer = call.loop.eventLoop.scheduleTask(in: TimeAmount(interval)) {
            bound.value.timer = nil
            guard !bound.value.waiting.isEmpty else { return }
            bound.value.waiting[0].interval = .zero
            bound.value.go()
        }
    }
}
