// Owns the source tree as the rules see it: the real one, or a sample in memory; a value.

import Foundation

/// All Swift files under `Sources`, `Tests`, `Benchmarks` and `examples`, the manifest, and what
/// is committed.
struct SourceTree: Sendable {
    let files: [SourceFile]
    let manifest: PackageManifest
    /// The paths that the version control holds.
    let committed: [String]

    var sources: [SourceFile] { files.filter { !$0.isInTests } }
    var tests: [SourceFile] { files.filter(\.isInTests) }

    /// A sample: Swift files by path, for a rule's own tests.
    init(_ files: [String: String], manifest: String = "", committed: [String] = []) {
        self.files = files.sorted { $0.key < $1.key }.map {
            SourceFile(path: $0.key, text: $0.value)
        }
        self.manifest = PackageManifest(manifest)
        self.committed = committed
    }

    /// The project that this file belongs to.
    static let project: Result<SourceTree, any Error> = Result {
        var files: [String: String] = [:]
        for folder in ["Sources", "Tests", "Benchmarks", "examples"] {
            let url = root.appending(path: folder)
            let names = try FileManager.default.subpathsOfDirectory(atPath: url.path)
            for name in names where name.hasSuffix(".swift") {
                let text = try String(contentsOf: url.appending(path: name), encoding: .utf8)
                files["\(folder)/\(name)"] = text
            }
        }
        let manifest = root.appending(path: "Package.swift")
        return SourceTree(
            files, manifest: try String(contentsOf: manifest, encoding: .utf8),
            committed: try committedPaths())
    }

    private static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// What git tracks; nothing when the tree is not a clone, as in a source archive.
    private static func committedPaths() throws -> [String] {
        guard FileManager.default.fileExists(atPath: root.appending(path: ".git").path) else {
            return []
        }
        let git = Process()
        git.executableURL = URL(filePath: "/usr/bin/env")
        git.arguments = ["git", "-C", root.path, "ls-files"]
        let output = Pipe()
        git.standardOutput = output
        try git.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        git.waitUntilExit()
        guard git.terminationStatus == 0 else {
            throw CocoaError(.executableRuntimeMismatch)
        }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
