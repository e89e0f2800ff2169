// Owns the attack on a client's connection by a hostile server.

import NIOCore
import NIOEmbedded

@testable import GRPC

final class ClientSessionTarget {
    private let channel = EmbeddedChannel()
    private let handler: ClientConnectionHandler
    private let connection: ClientConnection
    private var script = FrameScript(isClient: false)
    private var calls: [(stream: ClientStream, call: ClientCall)] = []
    private var sent = 0
    private var answered = 0
    private var isReadyAnswered = false

    static func run(_ input: inout FuzzInput) {
        let target = ClientSessionTarget()
        let mode = input.number(below: 3)
        target.open(&input)
        target.open(&input)
        if mode > 0 { target.receive([0, 0, 0, 4, 0, 0, 0, 0, 0]) }
        while !input.isEmpty, target.channel.isActive {
            if mode == 2 { target.act(&input) } else { target.receive(input.run()) }
        }
        target.end()
    }

    private init() {
        let ready = channel.eventLoop.makePromise(of: Void.self)
        var setup = ConnectionSetup(authority: "a")
        setup.messageBytes = 5_000
        let report = ConnectionReport()
        handler = ClientConnectionHandler(setup: setup, ready: ready, report: report)
        let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        connection = ClientConnection(channel: channel, handler: bound, report: report)
        let target = NIOLoopBound(self, eventLoop: channel.eventLoop)
        ready.futureResult.whenComplete { _ in target.value.isReadyAnswered = true }
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
            let address = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
            channel.connect(to: address, promise: nil)
        } catch {
            promise(false, "no connection: \(error)")
        }
        channel.settle()
    }

    private func act(_ input: inout FuzzInput) {
        let call = calls.isEmpty ? nil : input.choice(calls)
        switch input.number(below: 16) {
        case 0: script.anything(&input)
        case 1, 2: script.wellFormed(&input)
        case 3, 4, 5: answer(&input)
        case 6, 7: script.message(&input)
        case 8: script.append(input.run())
        case 9: open(&input)
        case 10: if let call { send(Int(input.byte()) * 300, call.call) }
        case 11: handler.finishSending(call?.call)
        case 12: call?.stream.cancel()
        case 13: while call?.stream.take().0 != nil {}
        case 14:
            channel.isWritable = input.bit()
            channel.pipeline.fireChannelWritabilityChanged()
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(Int64(input.byte())))
        default: receive(script.take())
        }
    }

    private func open(_ input: inout FuzzInput) {
        let timeout = input.byte()
        let stream = ClientStream(connection: connection)
        let call = ClientCall(stream: stream)
        do throws(GRPCStatus) {
            let options = CallOptions(timeout: timeout < 128 ? nil : .milliseconds(timeout))
            try handler.open("/s/M", options, call)
        } catch {
            promise(error.code == .unavailable, "a call is refused as \(error.code)")
            return
        }
        stream.attach(NIOLoopBound(call, eventLoop: channel.eventLoop))
        calls.append((stream, call))
    }

    private func send(_ length: Int, _ call: ClientCall) {
        let written = channel.eventLoop.makePromise(of: Void.self)
        let target = NIOLoopBound(self, eventLoop: channel.eventLoop)
        sent += 1
        written.futureResult.whenComplete { _ in target.value.answered += 1 }
        handler.send(FramedMessage([UInt8](repeating: 5, count: length)), on: call, written)
    }

    private func answer(_ input: inout FuzzInput) {
        let choice = input.byte()
        let stream = UInt32(input.number(below: 8))
        var fields: [(String, [UInt8])] = []
        if choice & 1 == 0 {
            fields.append((":status", Array(input.choice(["200", "100", "503", "x"]).utf8)))
        }
        if choice & 2 == 0 { fields.append(("content-type", Array("application/grpc".utf8))) }
        if choice & 4 != 0 { fields.append(("grpc-status", Array("\(input.byte() & 31)".utf8))) }
        if choice & 8 != 0 { fields.append(("grpc-message", input.run())) }
        if choice & 16 != 0 { fields.append(("grpc-status-details-bin", input.run())) }
        if choice & 32 != 0 { fields.append(("x-any-bin", input.run())) }
        script.frame(
            type: 1, flags: 4 | (choice >> 7), stream: stream, FrameScript.block(fields))
    }

    private func receive(_ bytes: [UInt8]) {
        channel.deliver(bytes)
        channel.settle()
    }

    private func end() {
        channel.isWritable = true
        channel.settle()
        channel.close(promise: nil)
        channel.embeddedEventLoop.run()
        promise(isReadyAnswered, "nobody says whether the connection is ready")
        promise(sent == answered, "\(sent - answered) messages are neither sent nor refused")
        for (stream, _) in calls {
            var isEnded = false
            while !isEnded {
                let (message, status) = stream.take()
                if message == nil, status == nil { promise(false, "a call never ends") }
                isEnded = message == nil
            }
        }
        channel.embeddedEventLoop.run()
    }
}
