// The client's channel against real servers on loopback ports that come and go.

import NIOCore
import NIOPosix
import Testing

@testable import GRPC

@Suite(.timeLimit(.minutes(2))) struct ClientChannelTests {
    private static let waiting = CallOptions(timeout: .seconds(60), waitForReady: true)

    /// How a call ended that should have failed.
    private func failure(
        _ channel: ClientChannel, _ path: String = "/test.Echo/Unary",
        options: CallOptions = CallOptions(timeout: .seconds(60))
    ) async -> GRPCStatus? {
        do throws(GRPCStatus) {
            _ = try await channel.unary(path, [1], options: options)
            return nil
        } catch {
            return error
        }
    }

    @Test("a channel is idle until its first call, then ready, then shut down")
    func states() async throws {
        let server = try await TestServer.start()
        let channel = ClientChannel.test([server.target])
        #expect(channel.state == .idle)
        #expect(try await channel.unary("/test.Echo/Unary", [1, 2]) == [1, 2])
        #expect(channel.state == .ready)
        await channel.close()
        #expect(channel.state == .shutdown)
        #expect(await failure(channel)?.message == "the channel is closed")
        await server.stop()
    }

    @Test("calls of all kinds go over it, with metadata and failures")
    func kinds() async throws {
        let server = try await TestServer.start()
        let channel = ClientChannel.test([server.target])
        var options = CallOptions(timeout: .seconds(60))
        options.metadata.add("x-echo", "hello")
        let stream = try await channel.stream("/test.Echo/Bidi", options: options)
        for byte in UInt8(1)...3 {
            try await stream.send([byte])
            #expect(try await stream.next() == [byte])
        }
        #expect(stream.headers["x-echo"] == "hello")
        try await stream.finishSending()
        #expect(try await stream.next() == nil)
        #expect(await failure(channel, "/test.Echo/Fail")?.code == .notFound)
        await channel.close()
        await server.stop()
    }

    @Test("a server that goes and comes back on its port is found again")
    func reconnect() async throws {
        let first = try await TestServer.start()
        let channel = ClientChannel.test([first.target])
        _ = try await channel.unary("/test.Echo/Unary", [1])
        await first.stop()
        try await eventually { channel.state == .transientFailure }
        let status = await failure(channel)
        #expect(status?.code == .unavailable)
        #expect(status?.message.hasPrefix("no server at 127.0.0.1:\(first.port): ") == true)
        async let late = channel.unary("/test.Echo/Unary", [7], options: Self.waiting)
        let second = try await TestServer.start(port: first.port)
        #expect(try await late == [7])
        #expect(channel.state == .ready)
        await channel.close()
        await second.stop()
    }

    @Test("two servers get the calls in turn")
    func roundRobin() async throws {
        let servers = [try await TestServer.start(), try await TestServer.start()]
        let channel = ClientChannel.test(servers.map(\.target))
        while servers.contains(where: { $0.calls == 0 }) {
            _ = try await channel.unary("/test.Count/Unary", [])
        }
        let before = servers.map(\.calls)
        for _ in 0..<100 { _ = try await channel.unary("/test.Count/Unary", []) }
        #expect(zip(servers, before).map { $0.calls - $1 } == [50, 50])
        await channel.close()
        for server in servers { await server.stop() }
    }

    @Test("one of two servers is drained under load, and no call fails")
    func drainUnderLoad() async throws {
        let servers = [try await TestServer.start(), try await TestServer.start()]
        let channel = ClientChannel.test(servers.map(\.target))
        while servers.contains(where: { $0.calls == 0 }) {
            _ = try await channel.unary("/test.Count/Unary", [])
        }
        let done = CallCounter()
        let stop = AsyncGate()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    while !stop.isOpen {
                        _ = try await channel.unary("/test.Count/Unary", [])
                        done.increment()
                    }
                }
            }
            try await eventually { done.count > 500 }
            #expect(await servers[0].server.drain(timeout: .seconds(30)))
            let before = (done.count, servers[1].calls)
            try await eventually { done.count > before.0 + 500 }
            #expect(servers[1].calls >= before.1 + 450)
            stop.open()
            try await group.waitForAll()
        }
        await channel.close()
        await servers[1].stop()
    }

    @Test("a server that is replaced on its port under load fails no waiting call")
    func replacedUnderLoad() async throws {
        let first = try await TestServer.start()
        let channel = ClientChannel.test([first.target])
        let done = CallCounter()
        let stop = AsyncGate()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    while !stop.isOpen {
                        _ = try await channel.unary("/test.Count/Unary", [], options: Self.waiting)
                        done.increment()
                    }
                }
            }
            try await eventually { done.count > 200 }
            #expect(await first.server.drain(timeout: .seconds(30)))
            let second = try await TestServer.start(port: first.port)
            try await eventually { second.calls > 200 }
            stop.open()
            try await group.waitForAll()
            await second.stop()
        }
        await channel.close()
    }

    @Test("an open stream outlives the notice of a drain")
    func streamDuringDrain() async throws {
        let server = try await TestServer.start()
        let channel = ClientChannel.test([server.target])
        let stream = try await channel.stream("/test.Echo/Bidi")
        try await stream.send([1])
        #expect(try await stream.next() == [1])
        async let drained = server.server.drain(timeout: .seconds(30))
        try await eventually { channel.state != .ready }
        try await stream.send([2])
        #expect(try await stream.next() == [2])
        try await stream.finishSending()
        #expect(try await stream.next() == nil)
        #expect(await drained)
        await channel.close()
    }

    @Test("nobody there: fails fast with the reason, or waits until the deadline")
    func nobody() async throws {
        let gone = try await TestServer.start()
        await gone.stop()
        let channel = ClientChannel.test([gone.target])
        let fast = await failure(channel)
        #expect(fast?.code == .unavailable)
        #expect(fast?.message.contains("onnection refused") == true)
        let options = CallOptions(timeout: .milliseconds(50), waitForReady: true)
        #expect(await failure(channel, options: options)?.code == .deadlineExceeded)
        await channel.close()
    }

    @Test("the deadline covers connecting to a peer that never answers")
    func deadlineWhileConnecting() async throws {
        let peer = try await SilentPeer.start()
        let channel = ClientChannel.test([peer.target])
        let options = CallOptions(timeout: .milliseconds(50))
        #expect(await failure(channel, options: options)?.code == .deadlineExceeded)
        #expect(channel.state == .connecting)
        await channel.close()
        try await peer.stop()
    }

    @Test("a peer that takes connections and never greets counts as unreachable in time")
    func connectTimeout() async throws {
        let peer = try await SilentPeer.start()
        let channel = ClientChannel.test([peer.target]) { $0.connectTimeout = .milliseconds(30) }
        #expect(await failure(channel)?.message.contains("in time") == true)
        try await eventually { peer.connections > 2 }
        await channel.close()
        try await peer.stop()
    }

    @Test("a task that is cancelled stops waiting, for a connection and for an answer")
    func cancellation() async throws {
        let peer = try await SilentPeer.start()
        let connecting = ClientChannel.test([peer.target])
        let early = Task { await failure(connecting, options: CallOptions()) }
        try await eventually { peer.connections == 1 }
        early.cancel()
        #expect(await early.value?.code == .cancelled)
        let late = Task { await failure(connecting, options: CallOptions()) }
        late.cancel()
        #expect(await late.value?.code == .cancelled)
        await connecting.close()
        try await peer.stop()

        let server = try await TestServer.start()
        let channel = ClientChannel.test([server.target])
        _ = try await channel.unary("/test.Echo/Unary", [])
        let open = Task { await failure(channel, "/test.Echo/Wait", options: CallOptions()) }
        open.cancel()
        #expect(await open.value?.code == .cancelled)
        await channel.close()
        await server.stop()
    }

    @Test("localhost leads to a server on either family, and to both in turn")
    func localhost() async throws {
        let four = try await TestServer.start(host: "127.0.0.1")
        let channel = ClientChannel.test([ClientTarget(host: "localhost", port: four.port)])
        _ = try await channel.unary("/test.Count/Unary", [])
        #expect(four.calls == 1)
        await channel.close()
        let addresses = try await NameResolver.resolve(
            ClientTarget(host: "localhost", port: four.port),
            on: MultiThreadedEventLoopGroup.singleton.next()
        ).get()
        #expect(Set(addresses).count == addresses.count)
        if addresses.contains(where: { $0.protocol == .inet6 }) {
            let six = try await TestServer.start(host: "::1", port: four.port)
            let both = ClientChannel.test([ClientTarget(host: "localhost", port: four.port)])
            while four.calls == 1 || six.calls == 0 {
                _ = try await both.unary("/test.Count/Unary", [])
            }
            await both.close()
            await six.stop()
        }
        await four.stop()
    }

    @Test("a name that does not exist, a port that cannot, and no target at all")
    func unresolvable() async throws {
        let name = ClientChannel.test([ClientTarget(host: "nowhere.invalid", port: 1)])
        let status = await failure(name)
        #expect(status?.code == .unavailable)
        #expect(
            status?.message.hasPrefix("no server at nowhere.invalid:1: there is no such host")
                == true)
        #expect(name.state == .transientFailure)
        await name.close()
        let port = ClientChannel.test([ClientTarget(host: "127.0.0.1", port: 70_000)])
        #expect(
            await failure(port)?.message == "no server at 127.0.0.1:70000: there is no port 70000")
        await port.close()
        let none = ClientChannel.test([])
        #expect(await failure(none)?.message == "there is no server to call")
        await none.close()
    }

    @Test("a reachable target carries the calls while another has no address")
    func oneOfTwo() async throws {
        let server = try await TestServer.start()
        let channel = ClientChannel.test([
            ClientTarget(host: "nowhere.invalid", port: 1), server.target, server.target,
        ])
        _ = try await channel.unary("/test.Count/Unary", [])
        #expect(server.calls == 1)
        #expect(server.server.shared.connections == 1)
        await channel.close()
        await server.stop()
    }

    @Test("calls beyond the server's streams wait and are all answered on one connection")
    func concurrentStreams() async throws {
        var limits = ServerLimits()
        limits.concurrentStreams = 3
        let server = try await TestServer.start(limits: limits)
        let channel = ClientChannel.test([server.target])
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for byte in UInt8(0)..<100 {
                group.addTask { try await channel.unary("/test.Echo/Unary", [byte]) }
            }
            var replies: [UInt8] = []
            for try await reply in group { replies += reply }
            #expect(replies.sorted() == Array(0..<100))
        }
        #expect(server.server.shared.connections == 1)
        await channel.close()
        await server.stop()
    }

    @Test("a server that greets and says goodbye each time fails calls, and is paced")
    func greetAndLeave() async throws {
        let peer = try await SilentPeer.start(
            ScriptedServer.settings([]) + ScriptedServer.goAway(last: 0))
        let channel = ClientChannel.test([peer.target]) {
            $0.backoff.initial = .seconds(60)
            $0.backoff.maximum = .seconds(60)
        }
        let options = CallOptions(timeout: .milliseconds(100))
        #expect(await failure(channel, options: options)?.code == .deadlineExceeded)
        try await eventually { channel.state == .connecting }
        #expect(peer.connections == 1)
        await channel.close()
        try await peer.stop()
    }

    @Test("a refused call goes to another server, and to no third")
    func refusedCalls() async throws {
        let refusing = try await SilentPeer.start(ScriptedServer.settings([]), refuses: true)
        let alone = ClientChannel.test([refusing.target])
        #expect(await failure(alone)?.code == .unavailable)
        #expect(refusing.calls == 2)
        await alone.close()
        let server = try await TestServer.start()
        let channel = ClientChannel.test([refusing.target, server.target])
        // The refusing server may be the only one there at first.
        while server.calls == 0 { _ = await failure(channel, "/test.Count/Unary") }
        while refusing.calls < 12 {
            _ = try await channel.unary("/test.Count/Unary", [])
        }
        await channel.close()
        await server.stop()
        try await refusing.stop()
    }

    @Test("a stream waits for room at the server, and moves on when that one goes away")
    func streamWaitsForRoom() async throws {
        var limits = ServerLimits()
        limits.concurrentStreams = 1
        let first = try await TestServer.start(limits: limits)
        let channel = ClientChannel.test([first.target])
        let open = try await channel.stream("/test.Echo/Bidi")
        try await open.send([1])
        #expect(try await open.next() == [1])
        let given = Task { try await channel.stream("/test.Echo/Bidi") }
        given.cancel()
        await #expect(throws: GRPCStatus.self) { _ = try await given.value }
        let options = CallOptions(timeout: .milliseconds(30))
        do throws(GRPCStatus) {
            _ = try await channel.stream("/test.Echo/Bidi", options: options)
            Issue.record("the server takes one stream only")
        } catch {
            #expect(error.code == .deadlineExceeded)
        }
        async let moved = channel.stream("/test.Echo/Bidi", options: Self.waiting)
        async let drained = first.server.drain(timeout: .seconds(30))
        try await eventually { channel.state != .ready }
        let second = try await TestServer.start(port: first.port)
        let stream = try await moved
        try await stream.send([2])
        #expect(try await stream.next() == [2])
        try await open.finishSending()
        #expect(try await open.next() == nil)
        #expect(await drained)
        await channel.close()
        await second.stop()
    }

    @Test("closing fails what waits and what is open, and closes the connections")
    func close() async throws {
        let server = try await TestServer.start()
        let channel = ClientChannel.test([server.target])
        let stream = try await channel.stream("/test.Echo/Bidi")
        let peer = try await SilentPeer.start()
        let other = ClientChannel.test([peer.target])
        let waiting = Task { await failure(other, options: CallOptions()) }
        try await eventually { peer.connections == 1 }
        await channel.close()
        await other.close()
        #expect(await waiting.value?.message == "the channel is closed")
        await #expect(throws: GRPCStatus.self) { _ = try await stream.next() }
        try await eventually { server.server.shared.connections == 0 }
        await server.stop()
        try await peer.stop()
    }
}
