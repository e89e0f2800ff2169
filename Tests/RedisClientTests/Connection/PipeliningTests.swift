// How a connection sends commands and gives answers back.

import Foundation
import NIOCore
import NIOEmbedded
import Testing

@testable import RedisClient

/// How commands are sent and answers given back.
@Suite struct PipeliningTests {
    @Test func commandsOfATurnGoOutInOneWriteAndAreAnsweredInOrder() throws {
        let server = try ScriptedServer()
        let answers = server.get(0..<3)
        #expect(try server.channel.readOutbound(as: ByteBuffer.self) == nil)
        #expect(server.connection.inFlight == 3 && server.connection.queuedBytes == 3 * 20)
        let get = "*2\r\n$3\r\nGET\r\n$1\r\n"
        #expect(try server.takeWrites() == ["\(get)0\r\n\(get)1\r\n\(get)2\r\n"])
        #expect(server.connection.queuedBytes == 0)
        try server.say("$1\r\na\r\n_\r\n$1\r\nc\r\n")
        #expect(answers.keys == [0, 1, 2] && answers.values == ["a", nil, "c"])
        #expect(server.connection.inFlight == 0)
        _ = server.get(3..<4)
        #expect(try server.takeWrites() == ["\(get)3\r\n"])
    }

    @Test func aLargeCommandIsWrittenByItselfAndInItsPlace() throws {
        let server = try ScriptedServer()
        var large = RedisCommand(arguments: 1)
        large.append([UInt8](repeating: 0x61, count: 20_000))
        _ = server.get(0..<1)
        server.connection.send(large, deadline: .distantFuture) { _ in }
        _ = server.get(1..<2)
        let writes = try server.takeWrites()
        #expect(writes.map(\.utf8.count) == [20, large.bytes.readableBytes, 20])
    }

    @Test func completionsMaySendMore() throws {
        let server = try ScriptedServer()
        var answered: [String?] = []
        func send(_ rest: Int) {
            server.connection.send(RedisCommand("PING"), deadline: .distantFuture) { result in
                answered.append(try? result.get().string)
                if rest > 0 { send(rest - 1) }
            }
        }
        send(2)
        for index in 0..<3 {
            #expect(try server.takeWrites().count == 1)
            try server.say("+\(index)\r\n")
        }
        #expect(answered == ["0", "1", "2"] && server.connection.inFlight == 0)
    }

    @Test func whatACompletionSendsGoesOutAtTheEndOfTheRead() throws {
        let server = try ScriptedServer()
        for _ in 0..<2 {
            server.connection.send(RedisCommand("PING"), deadline: .distantFuture) { _ in
                _ = server.get(7..<8)
            }
        }
        #expect(try server.takeWrites().count == 1)
        try server.say("+PONG\r\n+PONG\r\n")
        let write = try #require(try server.channel.readOutbound(as: ByteBuffer.self))
        #expect(write.readableBytes == 40, "both in one write, before the loop's next turn")
    }

    @Test func aCompletionMayCloseTheConnection() throws {
        let server = try ScriptedServer()
        var codes: [RedisError.Code?] = []
        for _ in 0..<3 {
            server.connection.send(RedisCommand("PING"), deadline: .distantFuture) { result in
                if case .failure(let error) = result { codes.append(error.code) }
                if case .success = result { codes.append(nil) }
                server.connection.close()
            }
        }
        server.connection.flush()
        _ = server.get(0..<1)
        try server.say("+PONG\r\n+PONG\r\n+PONG\r\n")
        #expect(codes == [nil, .connectionLost, .connectionLost])
        #expect(server.ended.map(\.code) == [.closed])
    }

    @Test func closingTellsWhatMayHaveBeenExecuted() throws {
        let server = try ScriptedServer()
        let sent = server.get(0..<2)
        server.connection.flush()
        let unsent = server.get(2..<4)
        server.connection.close()
        #expect(sent.codes == [.connectionLost, .connectionLost])
        #expect(unsent.codes == [.closed, .closed])
        let late = server.get(4..<5)
        #expect(late.codes.isEmpty, "a completion is never called inside send")
        server.loop.run()
        #expect(late.codes == [.closed])
    }

    @Test func tenThousandInFlightFailOnceAndMaySendAgain() throws {
        let server = try ScriptedServer()
        let count = 10_000
        var failures = 0
        var refusals = 0
        func send(_ rest: Int) {
            server.connection.send(RedisCommand("PING"), deadline: .distantFuture) { result in
                guard case .failure(let error) = result else { return }
                if error.code == .connectionLost { failures += 1 } else { refusals += 1 }
                if rest > 0 { send(rest - 1) }
            }
        }
        for _ in 0..<count { send(3) }
        server.connection.flush()
        server.channel.pipeline.fireChannelInactive()
        #expect(failures == count)
        for _ in 0..<3 { server.loop.run() }
        #expect(refusals == 3 * count)
        #expect(server.ended.map(\.code) == [.connectionLost])
    }

    @Test(arguments: [10, 20_000])
    func askingAndItsCommandAreOneWrite(byteCount: Int) throws {
        let server = try ScriptedServer()
        var command = RedisCommand(arguments: 2)
        command.append("GET")
        command.append([UInt8](repeating: 0x61, count: byteCount))
        let before = server.get(0..<1)
        var replies: [String?] = []
        server.connection.sendAsking(command, deadline: .distantFuture) {
            replies.append(try? $0.get().string)
        }
        let after = server.get(1..<2)
        let writes = try server.takeWrites()
        let asking = String(buffer: RedisCommand("ASKING").bytes)
        let pair = asking + String(buffer: command.bytes)
        #expect(writes.count { $0.contains(pair) } == 1, "\(writes.map(\.count))")
        #expect(writes.joined().components(separatedBy: asking).count == 2)
        #expect(server.connection.inFlight == 4)
        try server.say("$1\r\na\r\n+OK\r\n$1\r\nb\r\n$1\r\nc\r\n")
        #expect(before.values == ["a"] && replies == ["b"] && after.values == ["c"])
    }

    @Test func askingIsNotSentWithoutItsCommand() throws {
        var configuration = RedisConnectionConfiguration()
        configuration.limits.maxQueuedBytes = 50
        let server = try ScriptedServer(configuration)
        let first = server.get(0..<1)
        var codes: [RedisError.Code] = []
        // ASKING alone would have room.
        server.connection.sendAsking(RedisCommand("GET", "key"), deadline: .distantFuture) {
            if case .failure(let error) = $0 { codes.append(error.code) }
        }
        #expect(codes.isEmpty, "a completion is never called inside send")
        #expect(try server.takeWrites().joined().contains("ASKING") == false)
        #expect(codes == [.overloaded] && server.connection.inFlight == 1)
        try server.say("$1\r\na\r\n")
        #expect(first.values == ["a"])
    }

    @Test func whatAskingIsAnsweredIsForNobody() throws {
        let server = try ScriptedServer()
        var replies: [RESPValue] = []
        server.connection.sendAsking(RedisCommand("GET", "k"), deadline: .distantFuture) {
            if case .success(let value) = $0 { replies.append(value) }
        }
        _ = try server.takeWrites()
        try server.say("-ERR This instance has cluster support disabled\r\n")
        #expect(replies.isEmpty)
        try server.say("_\r\n")
        #expect(replies == [.null])
    }

    @Test func refusesCommandsBeyondItsBounds() throws {
        var configuration = RedisConnectionConfiguration()
        configuration.limits.maxInFlight = 3
        configuration.limits.maxQueuedBytes = 50
        let server = try ScriptedServer(configuration)
        let tooLong = server.get(0..<3)
        server.loop.run()
        #expect(tooLong.codes == [.overloaded], "the third would be the 60th byte")
        let one = server.get(3..<4)
        let tooMany = server.get(4..<5)
        server.loop.run()
        #expect(tooMany.codes == [.overloaded] && one.codes.isEmpty)
        try server.say("_\r\n_\r\n_\r\n")
        #expect(tooLong.all.count == 3 && one.all.count == 1)
        var large = RedisCommand(arguments: 1)
        large.append([UInt8](repeating: 0x61, count: 100))
        server.connection.send(large, deadline: .distantFuture) { _ in }
        #expect(server.connection.inFlight == 1, "any length is taken where nothing waits")
    }
}
