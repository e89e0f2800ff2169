// Owns the check that the committed C code is what the contract generates.

import Foundation
import Testing

@Suite struct GeneratedCodeTests {
    @Test("The committed C code and descriptors are what scripts/generate makes of proto/")
    func committedCodeIsCurrent() throws {
        let fresh = FileManager.default.temporaryDirectory
            .appendingPathComponent("generated-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: fresh) }
        let script = ExternalTool.project.appendingPathComponent("scripts/generate").path
        let output = try ExternalTool.run(["bash", script, fresh.path])
        guard output.succeeded else { return }

        let committed = ExternalTool.project.appendingPathComponent("Sources/CMessages")
        let expected = try contents(of: fresh)
        let actual = try contents(of: committed)
        #expect(expected.count > 20)
        #expect(Set(expected.keys) == Set(actual.keys), "run `make generate`")
        for (name, bytes) in expected where actual[name] != bytes {
            Issue.record("Sources/CMessages/\(name) is out of date: run `make generate`")
        }
    }

    /// Every file below a folder, by its path within.
    private func contents(of folder: URL) throws -> [String: Data] {
        let folder = folder.resolvingSymlinksInPath()
        var found: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
            let file = folder.appendingPathComponent(name)
            guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true
            else { continue }
            found[name] = try Data(contentsOf: file)
        }
        return found
    }
}
