// Compiles and runs every line of code of docs/swift-client.md, and compares the two.

import CacheManagerClient
import Foundation
import Testing

@Suite struct DocumentationTests {
    private static let source = URL(filePath: #filePath)
    private static let page = source.deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/swift-client.md")

    /// The lines of a text with single spaces, without indentation, and without empty ones.
    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            .filter { !$0.isEmpty }
    }

    /// The blocks of Swift on the page.
    private static func blocks() throws -> [String] {
        let text = try String(contentsOf: page, encoding: .utf8)
        return text.components(separatedBy: "```swift\n").dropFirst()
            .map { $0.components(separatedBy: "```")[0] }
    }

    @Test("every block of code on the page stands in this file")
    func blocksAreCompiled() throws {
        let compiled = Self.lines(try String(contentsOf: Self.source, encoding: .utf8))
        let blocks = try Self.blocks()
        #expect(blocks.count >= 8)
        for block in blocks {
            let lines = Self.lines(block)
            let stands = compiled.indices.contains { compiled[$0...].starts(with: lines) }
            #expect(stands, "\(block)")
        }
    }

    @Test("the code on the page does what it says")
    func codeRuns() async throws {
        try await LiveServer.run { _, cache in
            try await writesAndReads(cache)
            try await handlesErrors(cache)
            let watching = Task { try await watches(cache) }
            watching.cancel()
            try await watching.value
        }
    }

    @Test("a client and a configuration are made as on the page")
    func configured() async throws {
        let cache = try CacheClient("127.0.0.1:50051")
        var configuration = CacheClient.Configuration(servers: ["cache-1:50051", "cache-2:50051"])
        configuration.timeout = .milliseconds(250)
        configuration.originID = "billing-7"
        configuration.tls = .init(caFile: "ca.pem", certificateFile: "me.pem", keyFile: "me.key")
        #expect(configuration.servers.count == 2)
        var hasty = cache
        hasty.timeout = .milliseconds(50)
        #expect(cache.timeout == .seconds(5))
        await cache.close()
    }

    private func writesAndReads(_ cache: CacheClient) async throws {
        try await cache.set("user:123", Array("Ada".utf8), ttl: .seconds(300), tags: ["vip"])
        if let entry = try await cache.get("user:123") {
            print(String(decoding: entry.value, as: UTF8.self), entry.version)
        }
        let lock = try await cache.set("lock:nightly", [1], ttl: .seconds(30), if: .absent)
        if lock.isStored { print("it is ours") }
        #expect(lock.isStored)
        for item in try await cache.get(all: ["user:123", "user:124"]) {
            print(item.key, try item.get()?.version ?? 0)
        }
        for try await page in cache.keys(matching: "user:*") { print(page.count) }
        try await cache.invalidate(.tag("vip"), reason: "new price list")
        #expect(try await cache.get("user:123") == nil)
    }

    private func watches(_ cache: CacheClient) async throws {
        var kept = Invalidations.Position(bytes: [])
        for try await event in cache.watch(["user:*"]) {
            switch event.content {
            case .change(let change): print(change.kind, change.target)
            case .reset: print("changes were lost: forget what you hold")
            case .state: break
            }
            if let position = event.position { kept = position }
        }
        let later = cache.watch(["user:*"], from: Invalidations.Position(bytes: kept.bytes))
        _ = later.makeAsyncIterator()
    }

    private func handlesErrors(_ cache: CacheClient) async throws(CacheError) {
        do {
            try await cache.delete("user:123")
        } catch {
            guard error.isRetryable else { throw error }
            print("later:", error.message)
        }
    }
}
