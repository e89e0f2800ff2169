// How a connection begins, and what refusals of the greeting mean.

import NIOCore
import NIOEmbedded
import Testing

@testable import RedisClient

/// The greeting, and what refusals of it mean.
@Suite struct GreetingTests {
    private static let password = "s3cret"

    private static var configuration: RedisConnectionConfiguration {
        var configuration = RedisConnectionConfiguration()
        configuration.credentials = RedisCredentials(username: "ada", password: password)
        configuration.clientName = "cm"
        configuration.database = 3
        configuration.readsReplica = true
        return configuration
    }

    @Test func saysAllAtOnce() throws {
        let server = try ScriptedServer(Self.configuration, greets: false)
        let words = try server.takeWrites()
        #expect(words.count == 1)
        let lines = words.joined().split(separator: "\r\n").filter { !"*$".contains($0.prefix(1)) }
        #expect(
            lines == [
                "HELLO", "3", "AUTH", "ada", "s3cret", "SETNAME", "cm", "SELECT", "3", "READONLY",
            ])
        try server.say(ScriptedServer.greeting + "+OK\r\n")
        #expect(server.outcome == nil)
        try server.say("+OK\r\n")
        #expect(server.connection.isOpen && server.connection.greeting.version == "7.0.15")
    }

    @Test(arguments: [
        (
            "-NOAUTH HELLO must be called with the client already authenticated\r\n",
            RedisError.Code.accessRefused, "redis_password"
        ),
        (
            "-WRONGPASS invalid username-password pair or user is disabled.\r\n",
            .accessRefused, "'ada'"
        ),
        (
            "-NOPERM this user has no permissions to run the 'hello' command\r\n",
            .accessRefused, "does not allow the user 'ada' the command HELLO"
        ),
        (
            "-DENIED Redis is running in protected mode because s3cret\r\n",
            .accessRefused, "protected mode"
        ),
        (
            "-ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `s3cret`\r\n",
            .accessRefused, "older than Redis 6"
        ),
        ("-NOPROTO unsupported protocol version\r\n", .accessRefused, "Redis 7.0"),
        ("%1\r\n$7\r\nversion\r\n$5\r\n6.2.1\r\n", .accessRefused, "is Redis 6.2.1"),
        ("-ERR max number of clients reached\r\n", .connectFailed, "maxclients"),
        ("-LOADING Redis is loading the dataset in memory\r\n", .connectFailed, "loading"),
        ("-MASTERDOWN Link with MASTER is down\r\n", .connectFailed, "lost its master"),
        ("-WHATEVER s3cret\r\n", .accessRefused, "refuses HELLO with WHATEVER"),
        (
            ScriptedServer.greeting + "-ERR DB index is out of range\r\n", .accessRefused,
            "no database 3"
        ),
        (ScriptedServer.greeting + "-NOPERM this user\r\n", .accessRefused, "command SELECT"),
        (
            ScriptedServer.greeting + "+OK\r\n-ERR This instance has cluster support disabled\r\n",
            .accessRefused, "no node of a cluster"
        ),
        ("\u{15}\u{3}\u{3}", .connectFailed, "write rediss:// instead of redis://"),
        ("*2\r\n+server\r\n+redis\r\n", .protocolViolation, "another kind"),
        ("HTTP/1.1 400 Bad Request\r\n", .protocolViolation, "it may be no Redis"),
    ])
    func tellsWhatARefusalMeans(_ said: String, _ code: RedisError.Code, _ words: String) throws {
        let server = try ScriptedServer(Self.configuration, greets: false)
        _ = try server.takeWrites()
        try server.say(said)
        let outcome = try #require(server.outcome)
        let error = try #require(throws: RedisError.self) { try outcome.get() }
        #expect(error.code == code)
        #expect(error.description.contains(words), "\(error.description)")
        #expect(error.description.hasPrefix("redis:6379") || code == .protocolViolation)
        #expect(!error.description.contains(Self.password))
        #expect(server.ended.isEmpty, "nobody owns it yet")
        #expect(!server.channel.isActive)
    }

    @Test(arguments: [
        (RedisServerMode.standalone, "cluster", "redis+cluster://"),
        (.standalone, "sentinel", "redis+sentinel://"),
        (.cluster, "sentinel", "redis+sentinel://"),
        (.sentinel, "standalone", "redis://"),
        (.cluster, "standalone", nil), (.standalone, "standalone", nil),
        (.standalone, "something", nil), (nil, "cluster", nil),
    ])
    func aServerOfAnotherKindIsRefused(
        _ wanted: RedisServerMode?, _ said: String, _ advice: String?
    ) throws {
        var configuration = RedisConnectionConfiguration()
        configuration.mode = wanted
        let server = try ScriptedServer(configuration, greets: false)
        _ = try server.takeWrites()
        try server.say("%1\r\n$4\r\nmode\r\n$\(said.utf8.count)\r\n\(said)\r\n")
        let outcome = try #require(server.outcome)
        guard let advice else { return try outcome.get() }
        let error = try #require(throws: RedisError.self) { try outcome.get() }
        #expect(error.code == .accessRefused)
        #expect(error.description.hasSuffix(advice) || error.description.contains("\(advice), "))
    }

    @Test func leavingDuringTheGreetingIsNoConnection() throws {
        let server = try ScriptedServer(greets: false)
        server.channel.pipeline.fireChannelInactive()
        let outcome = try #require(server.outcome)
        let error = try #require(throws: RedisError.self) { try outcome.get() }
        #expect(error.code == .connectFailed)
        #expect(error.description.contains("write rediss:// instead of redis://"))
    }

    @Test(arguments: [(true, "replica"), (true, "master"), (true, "slave"), (false, "replica")])
    func aReplicaIsNoPlaceForWrites(_ needsMaster: Bool, _ role: String) throws {
        var configuration = RedisConnectionConfiguration()
        configuration.needsMaster = needsMaster
        let server = try ScriptedServer(configuration, greets: false)
        _ = try server.takeWrites()
        try server.say("%1\r\n$4\r\nrole\r\n$\(role.utf8.count)\r\n\(role)\r\n")
        let outcome = try #require(server.outcome)
        guard needsMaster, role != "master" else { return try outcome.get() }
        let error = try #require(throws: RedisError.self) { try outcome.get() }
        #expect(error.code == .connectFailed)
        #expect(error.description.contains("is a replica"))
        #expect(error.description.contains("name its master"))
    }
}
