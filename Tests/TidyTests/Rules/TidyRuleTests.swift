// Checks that each rule about the source tree can fail, and does not fail for nothing.

import Testing

@Suite("Rules about the source tree")
struct TidyRuleTests {
    @Test("each rule has a sample", arguments: TidyRule.all)
    func hasSample(_ rule: TidyRule) {
        #expect(TidySample.all.count { rule.sentence.hasPrefix($0.rule) } == 1)
    }

    @Test("each rule finds what its sample breaks, and nothing in the one that breaks nothing")
    func findings() throws {
        for sample in TidySample.all {
            let rule = try #require(TidyRule.all.first { $0.sentence.hasPrefix(sample.rule) })
            let findings = rule.findings(sample.bad)
            #expect(findings.count == sample.count, "\(rule.sentence): \(findings)")
            #expect(
                findings.first?.contains(sample.finding) == true, "\(rule.sentence): \(findings)")
            let nothing = rule.findings(sample.good)
            #expect(nothing.isEmpty, "\(rule.sentence): \(nothing)")
        }
    }

    @Test("the layers of a real manifest are read, its products are not")
    func manifest() {
        let manifest = PackageManifest(
            """
            let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
            let package = Package(
                name: "x",
                targets: [
                    // .target(name: "Ghost"),
                    .executableTarget(
                        name: "cachectl",
                        dependencies: [
                            "GRPC", "Yams", logging, .product(name: "A", package: "B"),
                            "Messages",
                        ], swiftSettings: strict),
                    .target(name: "GRPC"), .target(name: "Messages"),
                    .testTarget(name: "GRPCTests", dependencies: ["GRPC"]),
                ])
            """)
        #expect(manifest.targets.keys.sorted() == ["GRPC", "GRPCTests", "Messages", "cachectl"])
        #expect(manifest.targets["cachectl"]?.dependencies == ["GRPC", "Messages"])
        #expect(manifest.targets["cachectl"]?.kind == .executable)
    }
}
