// A real redis-server on free ports with a folder of its own, which never outlives its test.

import Foundation
import NIOCore
import NIOPosix
import Synchronization

@testable import RedisClient

/// A redis-server process. `make deps` installs the program.
final class RedisServer: Sendable {
    /// The files that a server needs for TLS.
    struct Certificates: Sendable {
        let caFile: String
        let certificateFile: String
        let keyFile: String
        /// Whether clients must show a certificate.
        var wantsClients = false
    }

    private static let startTime = Duration.seconds(30)
    private static let maxAttempts = 20

    /// The port of plain TCP.
    let port: Int
    /// The port of TLS; 0 without certificates.
    let tlsPort: Int
    /// The server's folder, with its files and its log.
    let folder: String
    private let lines: [String]
    private let arguments: [String]
    private let process = Mutex<RedisProcess?>(nil)

    var address: RedisAddress { .tcp(host: "127.0.0.1", port: port) }
    var tlsAddress: RedisAddress { .tcp(host: "127.0.0.1", port: tlsPort) }
    var socketPath: String { folder + "/redis.sock" }
    var socketAddress: RedisAddress { .unix(path: socketPath) }

    /// Starts a server and waits until it answers.
    ///
    /// - Parameters:
    ///   - lines: Lines for its configuration file, such as `requirepass x` and `user …`.
    ///   - port: Its port; nil: a free one.
    ///   - certificates: Has it listen for TLS, too.
    ///   - arguments: For its command line behind the file, such as `--sentinel`.
    init(
        _ lines: [String] = [], port: Int? = nil, certificates: Certificates? = nil,
        arguments: [String] = []
    ) throws {
        folder = try Self.makeFolder()
        self.arguments = arguments
        var started: (RedisProcess, [String], Int, Int)?
        // Somebody else may take a port between our look and the server's.
        for attempt in 1...Self.maxAttempts where started == nil {
            let port = try port ?? Self.freePort()
            let tlsPort = certificates == nil ? 0 : try Self.freePort()
            var all = ["port \(port)", "bind 127.0.0.1 -::1"]
            all += Self.tlsLines(certificates, tlsPort) + lines
            do {
                let process = try Self.start(all, folder, arguments)
                started = (process, all, port, tlsPort)
            } catch  where attempt < Self.maxAttempts {
                continue
            }
        }
        guard let started else { throw RedisServerFailure("no redis-server could be started") }
        (self.lines, self.port, self.tlsPort) = (started.1, started.2, started.3)
        process.withLock { $0 = started.0 }
    }

    deinit { stop() }

    /// Ends the server at once, as the kernel would, and waits until it is gone.
    func kill() { process.withLock { $0?.kill() } }

    /// Has the server do nothing until `resume`.
    func pause() { process.withLock { $0?.signal(SIGSTOP) } }

    func resume() { process.withLock { $0?.signal(SIGCONT) } }

    /// Starts a killed server again: the same ports, the same folder.
    func restart() throws {
        kill()
        let again = try Self.start(lines, folder, arguments)
        process.withLock { $0 = again }
    }

    /// Ends the server and removes its folder.
    func stop() {
        kill()
        // What is left of a temporary folder harms nobody.
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// What redis-cli prints for a command on the server's Unix socket.
    @discardableResult
    func cli(_ words: String...) throws -> String { try cli(words) }

    @discardableResult
    func cli(_ words: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["redis-cli", "-s", socketPath] + words
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: said, as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    /// A port that nobody listens on at this moment.
    static func freePort() throws -> Int {
        let channel = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).wait()
        guard let port = channel.localAddress?.port else {
            throw RedisServerFailure("there is no free port")
        }
        try channel.close().wait()
        return port
    }

    private static func tlsLines(_ certificates: Certificates?, _ port: Int) -> [String] {
        guard let certificates else { return [] }
        return [
            "tls-port \(port)", "tls-cert-file \(certificates.certificateFile)",
            "tls-key-file \(certificates.keyFile)", "tls-ca-cert-file \(certificates.caFile)",
            "tls-auth-clients \(certificates.wantsClients ? "yes" : "no")",
        ]
    }

    private static func makeFolder() throws -> String {
        // The path of a Unix socket has little room, so the name is short.
        let name = String(UInt32.random(in: .min ... .max), radix: 36)
        let folder =
            FileManager.default.temporaryDirectory.path(percentEncoded: false)
            + "redis-\(name)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    /// Starts the server and waits until it says that it is ready; our socket's file shows
    /// that it is this one which listens on the ports.
    private static func start(
        _ lines: [String], _ folder: String, _ arguments: [String]
    ) throws -> RedisProcess {
        let file = folder + "/redis.conf"
        // A sentinel and a cluster's node write their own state into what they were given.
        if !FileManager.default.fileExists(atPath: file) || arguments.isEmpty {
            let all =
                [
                    "dir \(folder)", "unixsocket \(folder)/redis.sock", "save \"\"", "daemonize no",
                    "set-proc-title no",
                ]
                + lines
            try Data((all.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: file))
        }
        let process = try RedisProcess([file] + arguments)
        do {
            try process.waitUntilReady(startTime)
        } catch {
            process.kill()
            throw error
        }
        return process
    }
}

struct RedisServerFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
