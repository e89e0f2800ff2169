// Owns the attack on a server's connection: raw bytes or made-up frames, cut anywhere, among
// what else happens to a connection.

import NIOCore
import NIOEmbedded

@testable import GRPC

final class ServerSessionTarget {
    private let channel = EmbeddedChannel()
    private let ledger = CallLedger()
    private let loop: ServerLoop
    private let handler: ServerConnectionHandler
    private var script = FrameScript(isClient: true)

    static func run(_ input: inout FuzzInput) {
        let target = ServerSessionTarget(isSmall: input.bit())
        let mode = input.number(below: 3)
        if mode > 0 { target.send(FrameScript.preface + [0, 0, 0, 4, 0, 0, 0, 0, 0]) }
        while !input.isEmpty, target.handler.isOpen {
            if mode == 2 { target.act(&input) } else { target.send(input.run()) }
        }
        target.end()
    }

    private init(isSmall: Bool) {
        var limits = ServerLimits()
        if isSmall {
            limits.messageBytes = 2_000
            limits.headerBytes = 600
            limits.concurrentStreams = 4
            limits.outboundBytes = 500
            limits.heldBytes = 3_000
            limits.unsentBytes = 2_000
        }
        let shared = ServerShared(
            services: [HostileService.make(ledger)], limits: limits, rejected: { _, _, _ in })
        loop = ServerLoop(index: 0, eventLoop: channel.eventLoop, shared: shared, seed: 1)
        handler = ServerConnectionHandler(loop: loop)
        channel.embeddedEventLoop.advanceTime(to: .now())
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
            let address = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
            channel.connect(to: address, promise: nil)
        } catch {
            promise(false, "no connection: \(error)")
        }
    }

    private func act(_ input: inout FuzzInput) {
        switch input.number(below: 16) {
        case 0: script.anything(&input)
        case 1, 2: script.wellFormed(&input)
        case 3, 4, 5: script.headers(request(&input), &input)
        case 6, 7, 8: script.message(&input)
        case 9: script.append(input.run())
        case 10:
            // What has been written so far comes in two reads.
            let bytes = script.take()
            let cut = min(bytes.count, Int(input.byte()))
            send(Array(bytes.prefix(cut)))
            send(Array(bytes.dropFirst(cut)))
        case 11: ledger.release()
        case 12:
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(1 << Int64(input.byte() & 31)))
        case 13:
            channel.isWritable = input.bit()
            channel.pipeline.fireChannelWritabilityChanged()
        case 14: handler.drain(grace: .seconds(Int(input.byte())))
        default: send(script.take())
        }
    }

    private func request(_ input: inout FuzzInput) -> [UInt8] {
        let choice = input.byte()
        let path = input.choice(["/s/U", "/s/F", "/s/W", "/s/B", "/s/S", "/s/N"])
        var fields: [(String, [UInt8])] = [
            (":method", Array((choice & 15 == 1 ? "GET" : "POST").utf8)),
            (":scheme", Array("http".utf8)), (":path", Array(path.utf8)),
            (":authority", Array("a".utf8)), ("te", Array("trailers".utf8)),
            ("content-type", Array((choice & 15 == 2 ? "text/html" : "application/grpc").utf8)),
        ]
        if choice & 16 != 0 { fields.append(("grpc-timeout", Array("\(input.byte())m".utf8))) }
        if choice & 32 != 0 { fields.append(("x-echo", input.run())) }
        if choice & 64 != 0 { fields.append(("x-any-bin", input.run())) }
        if choice & 128 != 0 { fields.append(("grpc-encoding", input.run())) }
        return FrameScript.block(fields)
    }

    private func send(_ bytes: [UInt8]) {
        channel.deliver(bytes)
        settle()
    }

    private func settle() {
        channel.settle()
        check()
    }

    /// What holds between any two reads.
    private func check() {
        guard handler.isOpen else { return }
        var (held, unsent, count) = (0, 0, 0)
        var stream = handler.recorder.pointee.open
        while let current = stream {
            held += current.pointee.heldBytes
            unsent += current.pointee.unsentBytes
            count += 1
            stream = current.pointee.next
        }
        let recorder = handler.recorder
        promise(held == recorder.pointee.heldBytes, "held bytes are miscounted")
        promise(unsent == recorder.pointee.unsentBytes, "unsent bytes are miscounted")
        promise(count == recorder.pointee.openCount, "open streams are miscounted")
        promise(held <= loop.shared.limits.heldBytes, "\(held) bytes are held")
    }

    private func end() {
        channel.isWritable = true
        channel.embeddedEventLoop.run()
        channel.close(promise: nil)
        channel.embeddedEventLoop.run()
        ledger.release()
        channel.embeddedEventLoop.run()
        let recorder = handler.recorder
        promise(!handler.isOpen, "the connection stays open")
        promise(
            recorder.pointee.open == nil && recorder.pointee.openCount == 0, "streams stay open")
        promise(recorder.pointee.heldBytes == 0, "\(recorder.pointee.heldBytes) bytes stay held")
        promise(recorder.pointee.unsentBytes == 0, "\(recorder.pointee.unsentBytes) stay unsent")
        promise(handler.parked.isEmpty, "calls stay parked")
        promise(ledger.opened == ledger.closed, "\(ledger.opened - ledger.closed) handlers live on")
        promise(ledger.pending == 0, "\(ledger.pending) tasks live on")
    }
}
