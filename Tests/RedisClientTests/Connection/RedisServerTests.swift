// The connection against the real server.

import Foundation
import NIOCore
import NIOPosix
import TLS
import Testing

@testable import RedisClient

/// The connection against the real server.
@Suite(.realServers) struct RedisServerTests {
    private static func configuration(
        user: String? = nil, password: String? = nil, database: Int = 0
    ) -> RedisConnectionConfiguration {
        var configuration = RedisConnectionConfiguration()
        configuration.credentials = password.map { RedisCredentials(username: user, password: $0) }
        configuration.database = database
        return configuration
    }

    /// What the server says to whoever may not come in.
    private static func refusal(
        _ address: RedisAddress, _ configuration: RedisConnectionConfiguration
    ) async throws -> RedisError {
        try await #require(throws: RedisError.self) {
            try await TestConnection(to: address, configuration)
        }
    }

    @Test func greetsAndAnswers() async throws {
        let server = try RedisServer()
        var configuration = Self.configuration(database: 3)
        configuration.clientName = "cache-manager-1"
        let client = try await TestConnection(to: server.address, configuration)
        #expect(client.connection.greeting.version.hasPrefix("7."))
        #expect(client.connection.greeting.mode == "standalone")
        #expect(client.connection.greeting.role == "master")
        #expect(try await client.send("SET", "a", "1").string == "OK")
        #expect(try await client.send("GET", "a") == .text("1"))
        #expect(try await client.send("GET", "b") == .null)
        #expect(try server.cli("-n", "3", "GET", "a") == "1")
        let list = try server.cli("CLIENT", "LIST")
        #expect(list.contains("id=\(client.connection.greeting.clientID) "))
        #expect(list.contains("name=cache-manager-1") && list.contains("db=3"))
        try await client.close()
        #expect(client.ended.map(\.code) == [.closed])
    }

    @Test func readsEveryKindOfReplyOfTheRealServer() async throws {
        let server = try RedisServer(["enable-debug-command yes"])
        let client = try await TestConnection(to: server.address)
        let kinds: [(String, RESPValue)] = [
            ("string", .text("Hello World")), ("integer", .integer(12_345)),
            ("double", .double(3.141)), ("null", .null), ("true", .boolean(true)),
            ("false", .boolean(false)), ("bignum", .text("1234567999999999999999999999999999999")),
            ("verbatim", .text("This is a verbatim\nstring")),
            ("array", .array([.integer(0), .integer(1), .integer(2)])),
            ("set", .array([.integer(0), .integer(1), .integer(2)])),
            (
                "map",
                .map([
                    .integer(0), .boolean(false), .integer(1), .boolean(true), .integer(2),
                    .boolean(false),
                ])
            ),
            ("attrib", .text("Some real reply following the attribute")),
        ]
        for (name, value) in kinds {
            #expect(try await client.send("DEBUG", "PROTOCOL", name) == value, "\(name)")
        }
        let info = try #require(try await client.send("INFO").string)
        #expect(info.contains("redis_version:\(client.connection.greeting.version)"))
    }

    @Test func aPasswordIsNeededTakenOrRefused() async throws {
        let server = try RedisServer(["requirepass right"])
        let client = try await TestConnection(
            to: server.address, Self.configuration(password: "right"))
        #expect(try await client.send("PING").string == "PONG")
        let wrong = try await Self.refusal(server.address, Self.configuration(password: "other"))
        #expect(wrong.code == .accessRefused && wrong.description.contains("password of"))
        #expect(!wrong.description.contains("other"))
        let absent = try await Self.refusal(server.address, Self.configuration())
        #expect(absent.code == .accessRefused && absent.description.contains("redis_password"))
    }

    @Test func aUserMayDoWhatItsLineSays() async throws {
        let server = try RedisServer([
            "user ada on >right ~cm:* &cm:* +get +set +ping +hello",
            "user bob on >right ~* +get -hello", "user default off",
        ])
        let ada = Self.configuration(user: "ada", password: "right")
        let client = try await TestConnection(to: server.address, ada)
        #expect(try await client.send("SET", "cm:a", "1").string == "OK")
        let refused = try #require(try await client.send("GET", "other").string)
        #expect(refused.hasPrefix("NOPERM "))
        #expect(try await client.send("DBSIZE").string?.hasPrefix("NOPERM ") == true)
        let select = try await Self.refusal(
            server.address, Self.configuration(user: "ada", password: "right", database: 1))
        #expect(select.code == .accessRefused && select.description.contains("SELECT"))
        let wrong = try await Self.refusal(
            server.address, Self.configuration(user: "ada", password: "other"))
        #expect(wrong.description.contains("'ada'") && !wrong.description.contains("other"))
    }

    @Test func aDatabaseThatIsNotThereIsRefused() async throws {
        let server = try RedisServer(["databases 2"])
        let error = try await Self.refusal(server.address, Self.configuration(database: 7))
        #expect(error.code == .accessRefused && error.description.contains("no database 7"))
    }

    @Test func aFullServerIsNoConnection() async throws {
        let server = try RedisServer(["maxclients 1"])
        let client = try await TestConnection(to: server.address)
        let error = try await Self.refusal(server.address, Self.configuration())
        #expect(error.code == .connectFailed, "\(error)")
        #expect(try await client.send("PING").string == "PONG")
    }

    @Test func nobodyListening() async throws {
        let port = try RedisServer.freePort()
        let tcp = try await Self.refusal(.tcp(host: "127.0.0.1", port: port), .init())
        #expect(tcp.code == .connectFailed)
        #expect(tcp.description == "cannot connect to 127.0.0.1:\(port): Connection refused")
        let unix = try await Self.refusal(.unix(path: "/nowhere/redis.sock"), .init())
        #expect(unix.code == .connectFailed && unix.description.contains("/nowhere/redis.sock"))
    }

    @Test func aUnixSocketIsAsGood() async throws {
        let server = try RedisServer()
        let client = try await TestConnection(to: server.socketAddress)
        #expect(try await client.send("PING").string == "PONG")
    }

    @Test func pushesComeBesideAnswers() async throws {
        let server = try RedisServer()
        let client = try await TestConnection(to: server.address)
        #expect(try await client.subscribe(["{1}:events", "{2}:events"]) == .integer(2))
        #expect(try await client.subscribe(["news"], sharded: false) == .integer(1))
        try server.cli("SPUBLISH", "{2}:events", "b")
        try server.cli("PUBLISH", "news", "c")
        #expect(try await client.send("SPUBLISH", "{1}:events", "a") == .integer(1))
        try await eventually { client.pushed.count == 3 }
        #expect(
            Set(client.pushed) == [
                [.text("smessage"), .text("{1}:events"), .text("a")],
                [.text("smessage"), .text("{2}:events"), .text("b")],
                [.text("message"), .text("news"), .text("c")],
            ])
        #expect(try await client.subscribe(["{1}:events"], undo: true) == .integer(1))
        #expect(try await client.send("SPUBLISH", "{1}:events", "d") == .integer(0))
        #expect(client.ended.isEmpty)
    }

    @Test func aHundredThousandCommandsAreAnsweredInOrder() async throws {
        let server = try RedisServer()
        var configuration = RedisConnectionConfiguration()
        configuration.limits.maxInFlight = 100_000
        // A loop of its own: the others' time must not stand still so long.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let eventLoop = group.next()
        let client = try await TestConnection(to: server.address, configuration, on: eventLoop)
        let count = 100_000
        let inOrder = try await eventLoop.flatSubmit { [connection = client.connection] in
            let promise = eventLoop.makePromise(of: Int.self)
            var inOrder = 0
            for index in 0..<count {
                let command = RedisCommand("ECHO", "\(index)")
                connection.send(command, deadline: .distantFuture) { result in
                    if case .success(.blob(let echo)) = result, String(buffer: echo) == "\(index)",
                        inOrder == index
                    {
                        inOrder += 1
                    }
                    if index == count - 1 { promise.succeed(inOrder) }
                }
            }
            return promise.futureResult
        }.get()
        #expect(inOrder == count)
        let rest = try await client.onLoop { ($0.inFlight, $0.queuedBytes) }
        #expect(rest == (0, 0))
        try await group.shutdownGracefully()
    }

    @Test func aKilledServerFailsWhatIsInFlightOnce() async throws {
        let server = try RedisServer()
        let client = try await TestConnection(to: server.address)
        server.pause()
        let failures = TestConnection.Heard()
        try await client.onLoop { connection in
            for _ in 0..<1_000 {
                connection.send(RedisCommand("PING"), deadline: .distantFuture) { result in
                    if case .failure(let error) = result { failures.end(error) }
                }
            }
        }
        server.kill()
        try await eventually { failures.ended.count == 1_000 }
        #expect(failures.ended.allSatisfy { $0.code == .connectionLost })
        #expect(client.ended.map(\.code) == [.connectionLost])
        let late = try await #require(throws: RedisError.self) { try await client.send("PING") }
        #expect(late.code == .connectFailed && late.isCertainlyUnexecuted)
    }

    @Test func aServerThatStandsStillIsGivenUp() async throws {
        let server = try RedisServer()
        var configuration = RedisConnectionConfiguration()
        configuration.limits.stuckAfter = .seconds(2)
        configuration.limits.probeInterval = .milliseconds(200)
        let client = try await TestConnection(to: server.address, configuration)
        #expect(try await client.send("PING").string == "PONG")
        server.pause()
        try await eventually { client.ended.map(\.code) == [.connectionLost] }
        configuration.connectTimeout = .milliseconds(200)
        let greeting = try await Self.refusal(server.address, configuration)
        #expect(
            greeting.code == .connectFailed
                && greeting.description.contains("does not answer in time"), "\(greeting)")
    }
}
