// Values byte for byte, through arguments, files, pipes and back.

import Foundation
import Testing

@Suite struct BinaryValueTests {
    /// Every byte, with NULs and line ends, and nothing that is UTF-8.
    private static let bytes =
        (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 7) } + [0x0A, 0xFF]

    @Test("standard input comes back from standard output and from a file unchanged")
    func roundTrip() async throws {
        try await ServerProcess.run { _, cachectl in
            let folder = try TemporaryFolder()
            #expect(try await cachectl.run("set", "k", "-", input: Self.bytes).exitCode == 0)
            #expect(try await cachectl.run("get", "k").bytes == Self.bytes)
            let get = try await cachectl.run("get", "k", "--output", folder.file("out"))
            #expect(get.exitCode == 0 && get.bytes.isEmpty)
            #expect(try folder.read("out") == Self.bytes)
            let json = try await cachectl.run("get", "k", "--json").object
            let base64 = json?["value_base64"] as? String ?? ""
            #expect(Data(base64Encoded: base64).map(Array.init) == Self.bytes)
            #expect(json?["value"] == nil)
        }
    }

    @Test("a file comes back unchanged, and so does an empty value")
    func files() async throws {
        try await ServerProcess.run { _, cachectl in
            let folder = try TemporaryFolder()
            let file = try folder.write("in", Self.bytes)
            #expect(try await cachectl.run("set", "k", "--file", file).exitCode == 0)
            #expect(try await cachectl.run("get", "k").bytes == Self.bytes)
            #expect(try await cachectl.run("set", "k", "").exitCode == 0)
            let get = try await cachectl.run("get", "k")
            #expect(get.exitCode == 0 && get.bytes.isEmpty)
            // A missing value is standard input, here an empty one.
            #expect(try await cachectl.run("set", "k2").exitCode == 0)
        }
    }

    @Test("a miss leaves the output file as it is")
    func missKeepsFile() async throws {
        try await ServerProcess.run { _, cachectl in
            let folder = try TemporaryFolder()
            let file = try folder.write("out", [1, 2, 3])
            #expect(try await cachectl.run("get", "nope", "--output", file).exitCode == 1)
            #expect(try folder.read("out") == [1, 2, 3])
        }
    }

    @Test("--verbose keeps the value alone on standard output")
    func verbose() async throws {
        try await ServerProcess.run { _, cachectl in
            _ = try await cachectl.run("set", "k", "v", "--tag", "red", "--no-expiry")
            let get = try await cachectl.run("get", "k", "--verbose")
            #expect(get.output == "v")
            for part in ["version", "never", "red", "l1"] { #expect(get.errors.contains(part)) }
        }
    }
}
