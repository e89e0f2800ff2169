// One life of a redis-server process, which ends with this process at the latest.

import Foundation
import Locks

/// A running redis-server and the guard that watches over it.
final class RedisProcess: Sendable {
    /// Tells the server's number, then waits until our end of the input is closed, be it because
    /// this process was killed, and ends the server; by then the number may be another's. The
    /// last program gives the shell an occasion to hear of the server's end.
    private static let script = """
        redis-server "$@" </dev/null 2>&1 &
        server=$!
        echo "started as $server"
        exec >/dev/null 2>&1
        read -r line
        case $(ps -p $server -o args=) in *"$1"*) kill -9 $server ;; esac
        env true
        """
    private static let killTime = 30.0
    private static let maxLogBytes = 64 << 10

    private struct Output {
        var log = ""
        var number: Int32?
        var isReady = false
        var hasEnded = false

        mutating func take(_ line: String) {
            let mark = "started as "
            if number == nil, line.hasPrefix(mark) { number = Int32(line.dropFirst(mark.count)) }
            // A sentinel never says that it is ready, but which one it is.
            if line.contains("Ready to accept connections") || line.contains("Sentinel ID is") {
                isReady = true
            }
            if log.utf8.count < maxLogBytes { log += line + "\n" }
        }
    }

    private let shell: Process
    private let input = Pipe()
    // Written by the thread that reads, guarded by the condition.
    private let output = Locked(Output())
    private let changed = NSCondition()

    init(_ arguments: [String]) throws {
        shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", Self.script, "sh"] + arguments
        let printed = Pipe()
        shell.standardInput = input
        shell.standardOutput = printed
        shell.standardError = FileHandle.nullDevice
        try shell.run()
        let handle = printed.fileHandleForReading
        Thread.detachNewThread { self.read(handle) }
    }

    /// Waits until the server serves.
    func waitUntilReady(_ time: Duration) throws {
        let limit = Date(timeIntervalSinceNow: TimeInterval(time.components.seconds))
        let state = wait(until: limit) { $0.isReady || $0.hasEnded }
        guard state.isReady else {
            throw RedisServerFailure(
                "redis-server did not start; `make deps` installs it: \(state.log)")
        }
    }

    func signal(_ signal: Int32) {
        let number = output.withLock { $0.hasEnded ? nil : $0.number }
        if let number { _ = Foundation.kill(number, signal) }
    }

    /// Ends the server and waits until it has let go of its ports.
    func kill() {
        signal(SIGKILL)
        let state = wait(until: Date(timeIntervalSinceNow: Self.killTime)) { $0.hasEnded }
        precondition(state.hasEnded, "a killed redis-server ends")
        // Closing an input that is closed already does nothing.
        try? input.fileHandleForWriting.close()
    }

    private func wait(until limit: Date, _ condition: (Output) -> Bool) -> Output {
        changed.lock()
        defer { changed.unlock() }
        while true {
            let state = output.withLock { $0 }
            if condition(state) || !changed.wait(until: limit) { return output.withLock { $0 } }
        }
    }

    /// The next bytes, none at the end. `availableData` would end the process when a signal, of
    /// another test's process that ended, interrupts it.
    private static func bytes(of handle: FileHandle) -> [UInt8] {
        while true {
            var interrupted = false
            let bytes = [UInt8](unsafeUninitializedCapacity: 4_096) { buffer, count in
                let result = Foundation.read(
                    handle.fileDescriptor, buffer.baseAddress, buffer.count)
                count = max(0, result)
                interrupted = result < 0 && errno == EINTR
            }
            if !interrupted { return bytes }
        }
    }

    private func read(_ handle: FileHandle) {
        var rest = ""
        while true {
            let bytes = Self.bytes(of: handle)
            rest += String(decoding: bytes, as: UTF8.self)
            changed.lock()
            output.withLock { output in
                while let end = rest.firstIndex(of: "\n") {
                    output.take(String(rest[..<end]))
                    rest = String(rest[rest.index(after: end)...])
                }
                if bytes.isEmpty { output.hasEnded = true }
            }
            changed.broadcast()
            changed.unlock()
            if bytes.isEmpty { return }
        }
    }
}
