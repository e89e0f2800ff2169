// Owns a source tree that breaks each rule and one that does not; constants.

/// Two small trees for one rule.
struct TidySample: Sendable {
    /// The rule's sentence, or the beginning of it.
    let rule: String
    /// A tree that breaks the rule.
    let bad: SourceTree
    /// Part of the first finding in the bad tree.
    let finding: String
    /// How many findings the bad tree has.
    var count = 1
    /// A tree that looks like the bad one and breaks nothing.
    let good: SourceTree

    private static func target(_ name: String, _ dependencies: String...) -> String {
        let list = dependencies.map { "\"\($0)\"" }.joined(separator: ", ")
        return ".target(name: \"\(name)\", dependencies: [\(list)]),\n"
    }

    private static let system = ".systemLibrary(name: \"CNghttp2\"),\n"
    private static let opened = "// Owns a sample.\n"

    static let all: [TidySample] = [
        TidySample(
            rule: "every target has a layer",
            bad: SourceTree(
                [:],
                manifest: target("CacheEngine", "Invalidation") + target("Invalidation")
                    + target("Attic")),
            finding: "Attic has no layer", count: 2,
            good: SourceTree(
                [:],
                manifest: target("GRPC", "Messages", "Yams") + target("Messages")
                    + target("CMessages", "CProtobufC") + target("CProtobufC"))),
        TidySample(
            rule: "a target imports exactly",
            bad: SourceTree(
                ["Sources/GRPC/A.swift": "package import struct TLS.Digest"],
                manifest: target("GRPC", "CMessages") + target("CMessages")),
            finding: "Sources/GRPC/A.swift:1: imports TLS without declaring it", count: 2,
            good: SourceTree(
                ["Sources/GRPC/A.swift": "import CMessages\n// import TLS\nlet a = \"import TLS\""],
                manifest: target("GRPC", "CMessages") + target("CMessages"))),
        TidySample(
            rule: "each C module is imported",
            bad: SourceTree(
                [
                    "Sources/GRPC/A.swift": "import CNghttp2",
                    "Sources/TLS/A.swift": "import CNghttp2",
                ],
                manifest: system),
            finding: "CNghttp2 is imported by GRPC, TLS",
            good: SourceTree(
                [
                    "Sources/GRPC/A.swift": "import CNghttp2",
                    "Sources/GRPC/B.swift": "import CNghttp2",
                ],
                manifest: system)),
        TidySample(
            rule: "layer 2 knows no I/O",
            bad: SourceTree([
                "Sources/CacheEngine/A.swift": "@preconcurrency import Foundation",
                "Sources/Messages/A.swift": "import NIOCore\nlet now = ContinuousClock.now",
            ]),
            finding: "Sources/CacheEngine/A.swift:1: layer 2 imports Foundation", count: 3,
            good: SourceTree([
                "Sources/CacheEngine/A.swift": "import Synchronization",
                "Sources/GRPC/A.swift": "import NIOCore",
            ])),
        TidySample(
            rule: "a file has at most 500 lines",
            bad: SourceTree(["Sources/A/A.swift": String(repeating: "a\n", count: 501)]),
            finding: "Sources/A/A.swift: 501 lines",
            good: SourceTree([
                "Sources/A/A.swift": String(repeating: "a\n", count: 500),
                "Sources/A/ATable.swift": String(repeating: "a\n", count: 501),
            ])),
        TidySample(
            rule: "half of the source files",
            bad: SourceTree([
                "Sources/A/A.swift": "a", "Sources/A/B.swift": String(repeating: "a\n", count: 151),
            ]),
            finding: "the median file has 151 lines",
            good: SourceTree([
                "Sources/A/A.swift": "a", "Sources/A/B.swift": "b",
                "Sources/A/C.swift": String(repeating: "a\n", count: 151),
            ])),
        TidySample(
            rule: "a line has at most 100 columns",
            bad: SourceTree(["Tests/A/A.swift": "\n" + String(repeating: "a", count: 101)]),
            finding: "Tests/A/A.swift:2: 101 columns",
            good: SourceTree(["Tests/A/A.swift": String(repeating: "ä", count: 100)])),
        TidySample(
            rule: "a function has at most 60 lines",
            bad: SourceTree([
                "Sources/A/A.swift": """
                struct A {
                    var b: Int { 1 }
                    func c(
                        d: () -> Void = { }
                    ) throws(E) {
                        let text = "{"
                \(String(repeating: "        call()\n", count: 57))
                    }
                }
                """
            ]),
            finding: "Sources/A/A.swift:3: a function of 63 lines",
            good: SourceTree([
                "Sources/A/A.swift": """
                protocol P { func a(); init(); var b: Int { get } }
                func c() {
                    self.init()
                    let text = "}"
                \(String(repeating: "    call()\n", count: 55))
                }
                \(String(repeating: "let a = 1\n", count: 61))
                """
            ])),
        TidySample(
            rule: "comments are 12 to 20 %",
            bad: SourceTree(["Sources/A/A.swift": "// a\nlet a = \"// no\" // no\n\n" + lines(9)]),
            finding: "comments are 9.1 % of the lines",
            good: SourceTree(["Sources/A/A.swift": "// a\n/* b\n c */\n\n" + lines(17)])),
        TidySample(
            rule: "nothing is left to do",
            bad: SourceTree([
                "Sources/A/A.swift": "// TODO: a\ntry! b()\nlet a = b as! C\nfatalError(\"\")"
            ]),
            finding: "Sources/A/A.swift:2: try!", count: 4,
            good: SourceTree(["Tests/A/A.swift": "try b(\"try! TODO \\(c(\"as!\"))\") as? C"])),
        TidySample(
            rule: "a promise the compiler cannot check",
            bad: SourceTree([
                "Sources/A/A.swift": """
                // far away

                /// Says what, not why.
                final class A: @unchecked Sendable {
                    nonisolated(unsafe) var a = "// no reason"
                """
            ]),
            finding: "Sources/A/A.swift:4: @unchecked Sendable without a reason", count: 2,
            good: SourceTree([
                "Sources/A/A.swift": """
                // Everything in it is behind the lock.
                final class A: @unchecked Sendable {
                    nonisolated(unsafe) var a = 1  // written before the threads start
                """
            ])),
        TidySample(
            rule: "a test never sleeps",
            bad: SourceTree(["Tests/A/A.swift": "try await Task.sleep(for: .seconds(1))"]),
            finding: "Tests/A/A.swift:1: Task.sleep",
            good: SourceTree([
                "Sources/A/A.swift": "try await Task.sleep(for: .seconds(1))",
                "Tests/A/A.swift": "// Task.sleep\nlet word = \"Task.sleep\"",
            ])),
        TidySample(
            rule: "a file opens with a sentence",
            bad: SourceTree([
                "Sources/A/A.swift": "/// A.\nstruct A {}", "Sources/A/B.swift": "import B",
                "Sources/A/C.swift": "// no sentence\nimport C",
            ]),
            finding: "Sources/A/A.swift:1: does not open", count: 3,
            good: SourceTree([
                "Sources/A/A.swift": "// Owns a thing,\n// on one thread.\n//\n// And more\n",
                "Sources/A/B.swift": opened,
            ])),
        TidySample(
            rule: "every package and public declaration",
            bad: SourceTree([
                "Sources/A/A.swift": """
                package import B
                package struct A {
                    // Not documentation.
                    @inlinable
                    package static func a() {}
                """
            ]),
            finding: "Sources/A/A.swift:2: no /// above package struct A", count: 2,
            good: SourceTree([
                "Sources/A/A.swift": """
                package import B
                /// A.
                @frozen
                package struct A {
                    /// Documented.
                    // And explained.
                    @inlinable
                    package static func a() {}
                    let b = Target(name: "x", package: "y")
                    struct Hidden {}
                """
            ])),
        TidySample(
            rule: "no OpaquePointer",
            bad: SourceTree([
                "Sources/A/A.swift": """
                package func a(
                    session: OpaquePointer?
                ) {}
                """
            ]),
            finding: "Sources/A/A.swift:1: OpaquePointer in package func a(",
            good: SourceTree([
                "Sources/A/A.swift": """
                package func a() { let b: OpaquePointer? = nil }
                private let session: OpaquePointer
                """
            ])),
        TidySample(
            rule: "a folder is named",
            bad: SourceTree(["Sources/A/Helpers/A.swift": ""]),
            finding: "Sources/A/Helpers/A.swift: its folder says nothing",
            good: SourceTree(["Sources/A/Wire/Helpers.swift": ""])),
        TidySample(
            rule: "what a build makes",
            bad: SourceTree([:], committed: [".build/debug/a", "Package.resolved", "Tests/a.pyc"]),
            finding: ".build/debug/a is committed", count: 3,
            good: SourceTree([:], committed: ["Package.swift", "docs/settings.md", ".gitignore"])),
    ]

    private static func lines(_ count: Int) -> String {
        String(repeating: "let a = 1\n", count: count)
    }
}
