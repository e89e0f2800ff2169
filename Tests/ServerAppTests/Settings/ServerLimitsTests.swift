// Whether the limits of the gRPC port are the ones that the settings say; pure.

import GRPC
import Testing

@testable import ServerApp

@Suite struct ServerLimitsTests {
    @Test("the settings' defaults are the limits that a server has without any settings")
    func defaults() {
        #expect(ServerLimits(Settings()) == ServerLimits())
    }

    @Test("the defaults are those that operators are promised")
    func promised() {
        let limits = ServerLimits()
        #expect(limits.messageBytes == 4 << 20)
        #expect(limits.headerBytes == 16 << 10)
        #expect(limits.concurrentStreams == 1_000)
        #expect(limits.resetsPerSecond == 1_000)
        #expect(limits.handshakeTimeout == .seconds(10))
        #expect(limits.stallTimeout == .seconds(60))
        #expect(limits.keepaliveTime == .seconds(2 * 3_600))
        #expect(limits.keepaliveTimeout == .seconds(20))
        #expect(limits.keepaliveMinPingInterval == .seconds(5 * 60))
        #expect(limits.drainPing == .seconds(20))
        #expect(limits.connectionMaxAge == nil && limits.connectionMaxIdle == nil)
    }

    @Test("every setting of a limit reaches it")
    func reached() {
        var settings = Settings()
        settings.maxMessageBytes = 101 << 20
        settings.compressRepliesAbove = 102
        settings.maxConcurrentStreams = 103
        settings.maxConnections = 104
        settings.maxHeaderBytes = 105
        settings.maxUnsentBytes = 106
        settings.maxResetsPerSecond = 107
        settings.maxStreamErrorsPerSecond = 108
        settings.maxControlFramesPerSecond = 109
        settings.handshakeTimeout = .seconds(110)
        settings.stallTimeout = .seconds(111)
        settings.keepaliveTime = .seconds(112)
        settings.keepaliveTimeout = .seconds(113)
        settings.keepaliveMinPingInterval = .seconds(114)
        settings.connectionMaxAge = .seconds(115)
        settings.connectionMaxAgeGrace = .seconds(116)
        settings.connectionMaxIdle = .seconds(117)

        var limits = ServerLimits()
        limits.messageBytes = 101 << 20
        limits.heldBytes = 202 << 20  // room for two such messages at least
        limits.compressRepliesAboveBytes = 102
        limits.concurrentStreams = 103
        limits.connections = 104
        limits.headerBytes = 105
        limits.unsentBytes = 106
        limits.resetsPerSecond = 107
        limits.streamErrorsPerSecond = 108
        limits.controlFramesPerSecond = 109
        limits.handshakeTimeout = .seconds(110)
        limits.stallTimeout = .seconds(111)
        limits.keepaliveTime = .seconds(112)
        limits.keepaliveTimeout = .seconds(113)
        limits.keepaliveMinPingInterval = .seconds(114)
        limits.connectionMaxAge = .seconds(115)
        limits.connectionMaxAgeGrace = .seconds(116)
        limits.connectionMaxIdle = .seconds(117)
        #expect(ServerLimits(settings) == limits)
    }
}
