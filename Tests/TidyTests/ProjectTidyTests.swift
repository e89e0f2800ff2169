// Holds the project itself to every rule about its source tree.

import Testing

@Suite("The source tree")
struct ProjectTidyTests {
    private static let mostFindings = 40

    @Test("follows the rule", arguments: TidyRule.all)
    func followsRule(_ rule: TidyRule) throws {
        let findings = rule.findings(try SourceTree.project.get())
        for finding in findings.prefix(Self.mostFindings) { Issue.record("\(finding)") }
        if findings.count > Self.mostFindings { Issue.record("\(findings.count) findings in all") }
    }

    @Test("was really read")
    func wasRead() throws {
        let tree = try SourceTree.project.get()
        #expect(tree.files.contains { $0.path == "Tests/TidyTests/ProjectTidyTests.swift" })
        #expect(tree.sources.contains { $0.path == "Sources/TLS/RandomBytes.swift" })
        #expect(tree.manifest.targets["TLS"]?.dependencies == ["COpenSSL", "Locks"])
        #expect(tree.manifest.targets["TidyTests"]?.kind == .test)
        let lines = tree.sources.map(\.lines.count).sorted()
        let share = (TidyRule.commentShare(tree.sources) * 10).rounded() / 10
        print(
            "tidy: \(lines.count) files, median \(lines[lines.count / 2]) lines, "
                + "comments \(share) %")
    }
}
