// What becomes of a connection that was cut off while its peer takes nothing; one thread.

import NIOCore
import NIOEmbedded
import Testing

@testable import GRPC

@Suite struct CutOffTests {
    @Test("the timer of a drain reads nothing out of a session that was cut off")
    func drainTimerAfterCutOff() throws {
        let peer = try RawPeer([EchoService.make(CallLog())])
        let socket = FullSocket()
        try peer.channel.pipeline.syncOperations.addHandler(socket, position: .first)
        peer.channel.isWritable = false
        peer.send(RawPeer.request(1, "/test.Echo/Large"))
        peer.handler.drain(grace: .seconds(4))
        let ping = RawPeer.frame(RawPeer.FrameType.ping, [UInt8](repeating: 0, count: 8))
        for _ in 0..<4 { peer.send(ping) }
        #expect(peer.shared.rejections == [.tooManyPings: 1])
        #expect(peer.handler.isCutOff && peer.handler.isOpen)
        #expect(peer.handler.recorder.pointee.openCount == 0)
        let written = peer.handler.writtenBytes
        peer.channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(peer.handler.isOpen)
        #expect(peer.handler.writtenBytes == written)
        socket.breakOff()
    }

    @Test("answers to calls that were reset do not pile up for a peer that reads none")
    func unreadAnswersOfResetCalls() throws {
        var limits = ServerLimits()
        limits.concurrentStreams = 100
        limits.resetsPerSecond = 100_000
        let peer = try RawPeer([EchoService.make(CallLog())], limits: limits)
        peer.channel.isWritable = false
        for round in 0..<110 where peer.rejections.isEmpty {
            let streams = (0..<100).map { UInt32(200 * round + 2 * $0 + 1) }
            peer.send(streams.flatMap { RawPeer.headers($0, "/unknown", end: true) })
            // What was answered is reset in another read: else it would not have been answered.
            peer.send(streams.flatMap { RawPeer.reset($0) })
        }
        #expect(peer.shared.rejections == [.controlFlood: 1])
    }
}

/// A socket whose peer reads nothing: it holds whatever is written.
private final class FullSocket: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var promises: [EventLoopPromise<Void>] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if let promise { promises.append(promise) }
    }

    /// The connection is lost, and with it all that was written.
    func breakOff() {
        for promise in promises { promise.fail(ChannelError.ioOnClosedChannel) }
        promises = []
    }
}
